"""Expecting: which items an action at a place should meet, by what is known of each."""

from collections.abc import Callable, Mapping
from typing import Final

from boucle.item import Item
from boucle.lifecycle import HELD, HOME, Stage

WAITING: Final[Mapping[str, Callable[[Item], bool]]] = {
    "control": lambda item: item.stage == Stage.RECEIVED,
    "clean": lambda item: item.stage == Stage.CLEANING,
    "unhold": lambda item: bool(item.hold) and item.stage in HOME,
    "release": lambda item: item.stage == Stage.REQUALIFYING,
}
"""The actions for which things wait at a site of ours, each with what tells them; others may be taken as well."""
LISTED: Final = frozenset({"collect", "deliver", "receive", "count"})
"""The actions whose expectation is a list, so that what is not on it is unexpected."""


def is_expected(item: Item, action: str, place: str, *, at_home: bool) -> bool:
    """Tell whether an action at a place should meet an item; `at_home` is a site of ours."""
    match action:
        case "collect":
            return item.place == place and item.stage in HELD
        case "deliver":
            return item.place == place and item.stage == Stage.OUTBOUND
        case "receive":
            return item.stage == Stage.INBOUND
        case "count" if at_home:
            return item.site == place and item.stage in HOME and item.known
        case "count":
            return item.place == place and item.stage in HELD
        case _:
            return action in WAITING and item.site == place and WAITING[action](item)
