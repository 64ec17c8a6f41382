"""Pieces without labels on this phone: what its own events add to numbers that the server told.

The server's word has some of them already: those that `folded` says, and those that stand in `holds` of a row that a
pull has brought before it was whole.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from boucle.amend import effective
from boucle.events import Event
from boucle.facts import Cell
from boucle.quantity import facts_of
from boucle_field.outbox import as_event
from boucle_field.phone import Phone
from boucle_field.stop_events import VOID

EVENT: Final = "payload, teff, tq, wall_ms"
OURS: Final = "folded = 0 AND o.state IN ('new', 'acked', 'held')"
"""Events that the server's last word does not have yet."""
_LOOSE: Final = f"SELECT {EVENT} FROM outbox AS o WHERE {OURS} AND subject >= 'qty:' AND subject < 'qty;'"  # noqa: S608
SETTLED: Final = f"SELECT {EVENT} FROM outbox WHERE id = ? AND state = 'acked' AND folded = 1"  # noqa: S608


def added(
    phone: Phone, row_of: Callable[[Cell], str], holds: Mapping[str, Collection[str]]
) -> Iterator[tuple[Cell, int]]:
    """Give what our events add to the server's numbers, and what one takes away that it counts and that was undone.

    All of it is what our events come to, less what those of them come to that the server's numbers have already.
    `row_of` names the row of numbers that a cell belongs to, `""` for none; `holds` our events that each row has.
    """
    every, inside = _events(phone)
    book = phone.mirror.book()
    spoken: defaultdict[str, dict[str, Event]] = defaultdict(dict)
    for event in every.values():
        about = every.get(event.text("target"), event) if event.kind == VOID else event
        for at, _ in facts_of(about, book):
            if row_of(at):
                spoken[row_of(at)][event.id] = event
    for row, mine in spoken.items():
        there = {each: mine[each] for each in mine if each in inside or each in holds.get(row, ())}
        for events, sign in ((mine, 1), (there, -1)):
            for event in effective(events)[0]:
                yield from ((at, sign * n) for at, n in facts_of(event, book) if row_of(at) == row)


def _events(phone: Phone) -> tuple[dict[str, Event], set[str]]:
    """Give our events about quantities since the server's word, with those they amend, which it has."""
    with phone.store.reading() as db:
        every = {event.id: event for event in (event_of(*row) for row in db.execute(_LOOSE).fetchall())}
        inside, ahead = set[str](), list(every.values())
        while ahead:
            event = ahead.pop()
            target = event.text("target") if event.kind == VOID else event.corrects
            row = db.execute(SETTLED, (target,)).fetchone() if target and target not in every else None
            if row is not None:
                amended = event_of(*row)
                every[amended.id] = amended
                inside.add(amended.id)
                ahead.append(amended)
    return every, inside


def event_of(payload: bytes, teff: int | None, tq: int | None, wall_ms: int) -> Event:
    """Give an event of the outbox, by the phone's own clock where it has no effective time yet."""
    return as_event(payload, wall_ms if teff is None else teff, tq)
