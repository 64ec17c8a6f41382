"""Differences: what was expected and not seen, and what was seen and not expected, item by item."""

from typing import NamedTuple

from boucle.binding import PROVISIONAL
from boucle.item import Item
from boucle.lines import Line
from boucle.telling import Outcome
from boucle_field.expected import items_expected
from boucle_field.phone import Phone
from boucle_field.visit import Visit

MOST_SHOWN = 100
"""More lines than this nobody walks through on a phone; the numbers by type say how many there are."""


class Missing(NamedTuple):
    """An item that should have been met: a code that it carries, its type, where it was last known to be."""

    code: str
    item_type: str
    place: str
    zone: str
    item: str = ""


def missing(visit: Visit) -> list[Missing]:
    """Give the items that were expected and not seen in a visit, by where they come from, then by type."""
    seen = {line.item for line in visit.lines if line.counts}
    phone = visit.phone
    known = items_expected(phone, visit.action, visit.place, task=visit.task)
    left = [item for key, item in known.items() if key in visit.expected and key not in seen]
    return _listed(phone, left)


def standing_here(phone: Phone, place: str, action: str = "count") -> list[Missing]:
    """Give the items that should stand at a place, as for a count of it, or that wait there for an action."""
    return _listed(phone, list(items_expected(phone, action, place).values()))


def unexpected(visit: Visit) -> list[Line]:
    """Give the lines of a visit that nobody expected, the last first."""
    return [line for line in reversed(visit.lines) if line.counts and line.outcome is Outcome.UNEXPECTED]


def _listed(phone: Phone, items: list[Item]) -> list[Missing]:
    codes = _codes(phone, items)
    found = [Missing(codes.get(item.id, ""), item.type, item.place or item.site, item.zone, item.id) for item in items]
    return sorted(found, key=lambda each: (each.place, each.item_type, each.zone, each.code))


def _codes(phone: Phone, items: list[Item]) -> dict[str, str]:
    """Give one code for each item: of several the first, as it was bound."""
    wanted = {item.id for item in items}
    with phone.store.reading() as db:
        rows = db.execute("SELECT item, code FROM item_code ORDER BY code DESC").fetchall()
        born = db.execute("SELECT id, subject FROM outbox WHERE kind = 'item.commissioned'").fetchall()
    bare = [(item, item.removeprefix(PROVISIONAL)) for item in wanted if item.startswith(PROVISIONAL)]
    return {item: code for item, code in [*bare, *born, *rows] if item in wanted}
