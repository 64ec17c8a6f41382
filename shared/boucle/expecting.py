"""Expecting: which items an action at a place should meet, by what is known of each."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from boucle.item import Item
from boucle.lifecycle import HELD, HOME, Stage
from boucle.lines import Line
from boucle.reasons import INFERENCES
from boucle.telling import Outcome
from boucle.units import DAY_MS

WAITING: Final[Mapping[str, Callable[[Item], bool]]] = {
    "control": lambda item: item.stage == Stage.RECEIVED,
    "clean": lambda item: item.stage == Stage.CLEANING,
    "unhold": lambda item: bool(item.hold) and item.stage in HOME,
    "release": lambda item: item.stage == Stage.REQUALIFYING,
}
"""The actions for which things wait at a site of ours, each with what tells them; others may be taken as well."""
LISTED: Final = frozenset({"collect", "deliver", "receive", "count"})
"""The actions whose expectation is a list, so that what is not on it is unexpected."""


LONGEST_OUTBOUND_MS: Final = 3 * DAY_MS
"""What was loaded on a Friday may stand in the vehicle until Monday; what was sent earlier is where it was sent."""
_INFERRED: Final = frozenset(f"reason.{reason}" for reason in INFERENCES)


def is_expected(item: Item, action: str, place: str, *, at_home: bool, now_ms: int) -> bool:
    """Tell whether an action at a place should meet an item; `at_home` is a site of ours."""
    match action:
        case "collect":
            return item.place == place and (item.stage in HELD or was_left_unscanned(item, now_ms))
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


def was_left_unscanned(item: Item, now_ms: int) -> bool:
    """Tell whether an item that is on its way to a partner must be there by now: nobody scanned it when it was left."""
    return item.stage == Stage.OUTBOUND and now_ms - item.custody_ms > LONGEST_OUTBOUND_MS


def was_listed(line: Line) -> bool:
    """Tell whether an item that was met was on the list: nothing had to be inferred to explain it."""
    if not line.item or line.outcome is not Outcome.ACCEPTED:
        return False
    return not any(key in _INFERRED for key, _ in line.why)


def comes_by_itself(item: Item) -> bool:
    """Tell whether a receipt of no round waits for an item on its way: for no label of which nobody knows the type."""
    return bool(item.type)


def is_within_plan(action: str, item_type: str, plan: Mapping[str, int] | None, met: Mapping[str, int]) -> bool:
    """Tell whether an item that is on no list is one that a plan leaves here: nobody scans all that is loaded."""
    return action == "deliver" and plan is not None and met.get(item_type, 0) < plan.get(item_type, 0)


def wanted(action: str, plan: Mapping[str, int] | None, listed: Mapping[str, int]) -> Counter[str]:
    """Give how many of each type an action waits for: as planned, else as listed; to leave, whatever is more.

    What is known by its label alone, without a type, is waited for where a round brings it, and nowhere else.
    """
    typed = Counter({each: n for each, n in listed.items() if each or action == "receive"})
    if plan is None:
        return typed
    return Counter(plan) | typed if action == "deliver" else Counter(plan)
