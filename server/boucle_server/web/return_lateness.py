"""How many pieces without numbers of a return were sent back after their last day, by what was said and taken up.

As for a numbered product: what was handed over in time and travelled long is not late, and what was said until then
counts: another last day that is said later changes nothing. Pieces leave a vehicle in the order in which they were
taken up; those that nobody took up were handed over where they came in.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from boucle.amend import in_order
from boucle.clock import day_of
from boucle.events import Event
from boucle.reference import Book
from boucle.return_rules import deadline
from boucle_server.returns import HANDED_OVER


class Late(NamedTuple):
    """So many pieces of one receipt were handed over after their last day."""

    n: int
    last: str


def late_of(said: Iterable[Event], handed: Iterable[Event], book: Book) -> dict[str, Late]:
    """Give what of each receipt is late, by its event; a receipt of which nothing is late is left out.

    `said` is what was said of the return in quantities, `handed` what its partner handed over.
    """
    found: dict[str, Late] = {}
    last: dict[str, str] = {}
    aboard: dict[str, deque[tuple[int, str]]] = {}
    for event in in_order([*said, *handed]):
        kind, day = event.item_type, day_of(event.teff, book.site(event.place, event.teff).zone)
        until = deadline(event.text("until"))
        if until:
            last[kind] = max(until, last.get(kind, ""))
        elif event.kind == HANDED_OVER:
            aboard.setdefault(kind, deque()).append((event.qty, day))
        elif event.kind == "item.received":
            taken = _taken(aboard.setdefault(kind, deque()), event.qty, day)
            late = sum(n for n, since in taken if "" < last.get(kind, "") < since)
            if late:
                found[event.id] = Late(late, last[kind])
    return found


def _taken(aboard: deque[tuple[int, str]], n: int, day: str) -> list[tuple[int, str]]:
    """Take so many pieces out of the vehicle, each with its day; what was never in it was handed over today."""
    taken: list[tuple[int, str]] = []
    while n and aboard:
        here, since = aboard.popleft()
        part = min(n, here)
        taken.append((part, since))
        n -= part
        if here > part:
            aboard.appendleft((here - part, since))
    return [*taken, (n, day)] if n else taken
