"""Arrivals: what drivers took up and is on its way to a site of ours, round by round, as far as this phone knows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

from boucle.expecting import comes_by_itself
from boucle.item import Item
from boucle.receiving import expected_of
from boucle.rounds import Round, rounds_in, stop_of_task
from boucle.visiting import sources_of, stop_answered
from boucle_field import driving
from boucle_field.phone import Phone

STILL_COMING: Final = timedelta(days=3)
"""A round that was not unloaded in so many days is looked for by its items, not by its day."""


class Arrival(NamedTuple):
    """A round that comes to a site: the items on their way that this phone knows of."""

    round: Round
    items: int


def arrivals(phone: Phone, place: str, items: "list[Item]") -> list[Arrival]:
    """Give the rounds of these days that unload at a site, with how many of the items come with each."""
    day = driving.today(phone)
    planned = rounds_in(phone.mirror.book(), at_ms=phone.desk.now_ms())
    lately = [each for each in planned if day - STILL_COMING <= each.day <= day and _home(phone, each) == place]
    counts = {each.key: 0 for each in lately}
    for item in items:
        key = round_of(item.collect_task)
        if key in counts:
            counts[key] += 1
    return [Arrival(each, counts[each.key]) for each in lately if counts[each.key] or each.day == day]


def arriving_at(phone: Phone, place: str, *, task: str = "") -> Callable[[Item], bool]:
    """Give what tells whether an item on its way comes with the round of `task`, else whether it comes to a site.

    What no round of ours brings may come anywhere; what a round brings comes where the round ends. Labels of which
    nobody knows the type are waited for with their own round alone.
    """
    if driving.find_round(phone, task) is not None:
        return lambda item: round_of(item.collect_task) == task
    homes: dict[str, str] = {}

    def comes_here(item: Item) -> bool:
        key = round_of(item.collect_task)
        if key and key not in homes:
            of = driving.find_round(phone, key)
            homes[key] = _home(phone, of) if of else ""
        return comes_by_itself(item) and (not key or homes[key] in ("", place))

    return comes_here


def answered(phone: Phone, item: Item, *, task: str) -> str:
    """Give the task of the stop that a receipt answers, under the round of `task` where it is one."""
    return stop_answered(item, driving.find_round(phone, task))


def planned(phone: Phone, task: str) -> dict[str, int]:
    """Give the pieces without labels that a round brings, by type: as signed at its stops, else as planned."""
    of = driving.find_round(phone, task)
    if of is None:
        return {}
    book, now = phone.mirror.book(), phone.desk.now_ms()
    brought = expected_of(of, {}, driving.signed(phone, of), book, now)
    return {key: n for key, n in brought.items() if n and not book.item_type(key, now).serialised}


def sources(phone: Phone, task: str, item_type: str) -> list[tuple[str, str]]:
    """Give the stops of a round at which pieces of a type were to be taken, as place and task."""
    return sources_of(driving.find_round(phone, task), item_type)


def round_of(task: str) -> str:
    """Give the round that the task of a stop names, `""` for another kind of task."""
    named = stop_of_task(task)
    return named[0] if named else ""


def _home(phone: Phone, of: Round) -> str:
    return of.home or phone.desk.context().home
