"""Returns as a desk asks for them: every return with its lines and its state, the numbered products in one."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.amend import standing_of
from boucle.binding import PROVISIONAL
from boucle.clock import month_end_ms, month_start_ms
from boucle.confirming import DECIDED, Settled, settle
from boucle.events import Event
from boucle.facts import Cell
from boucle.item import Back, Item, load
from boucle.reference import Book
from boucle.return_counts import Return, back_of, gather
from boucle.rma import STAGE_OF
from boucle.units import DAY_MS
from boucle_server import amending
from boucle_server.projections import SqlStore, event_of
from boucle_server.read_tables import CELL, ITEM
from boucle_server.repairs import codes_of
from boucle_server.tables import RECORD

_QUANTITIES: Final = ("qty:", "qty;")
"""Between these stand the subjects of events about quantities, compared by bytes."""
_ZONES_MS: Final = DAY_MS
HANDED_OVER: Final = "item.collected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A numbered product of a return."""

    item: Item
    code: str

    @property
    def back(self) -> Back:
        """Its way back."""
        return back_of(self.item)


def returns(connection: Connection, org: str, rma: str = "", *, today: str = "") -> list[Return]:
    """Give every return, or the one with a number, the latest month first; `today` as of `gather`."""
    where = [CELL.c.org == org, CELL.c.cell == "return", CELL.c.n != 0]
    if rma:
        where.append(CELL.c.bucket == rma)
    cells: defaultdict[str, list[tuple[Cell, int]]] = defaultdict(list)
    for row in connection.execute(sa.select(CELL).where(*where)):
        at = Cell(row.cell, row.month, row.site, row.partner, row.loop, row.type, row.material, row.measure, row.bucket)
        cells[row.bucket].append((at, int(row.n)))
    numbered = _numbered(connection, org, rma)
    found = [gather(key, listed, numbered.get(key, []), today=today) for key, listed in cells.items()]
    return sorted(found, key=lambda one: (one.month, one.rma), reverse=True)


def products(connection: Connection, org: str, rma: str) -> list[Product]:
    """Give the numbered products that belong to a return, in the order in which they came to be."""
    items = _items(connection, org, rma)
    codes = codes_of(connection, org, [item.id for item in items])
    return [
        Product(item=item, code=codes.get(item.id, item.id.removeprefix(PROVISIONAL)))
        for item in sorted(items, key=lambda item: item.id)
    ]


def waiting(connection: Connection, org: str, stages: Iterable[str]) -> list[Product]:
    """Give the numbered products whose return stands at some stages."""
    query = sa.select(ITEM.c.state).where(ITEM.c.org == org, ITEM.c.back != "", ITEM.c.back.in_(list(stages)))
    items = [load(row.state) for row in connection.execute(query)]
    codes = codes_of(connection, org, [item.id for item in items])
    return [Product(item=item, code=codes.get(item.id, item.id.removeprefix(PROVISIONAL))) for item in items]


class Said(NamedTuple):
    """What was said of a return in quantities: the events that stand, in order, and what confirmations came to."""

    events: list[Event]
    settled: Settled

    def decision(self, event_id: str) -> Event | None:
        """Give a decision that stands by its id."""
        return next((each for each in self.events if each.id == event_id and each.kind == DECIDED), None)


def said_of(connection: Connection, org: str, of: Return, zone: str, book: Book) -> Said:
    """Give what was said of a return in quantities, without what was voided or corrected."""
    found = _of_quantities(connection, org, of, zone, STAGE_OF)
    mine = {event.id: event for event in found if of.rma in (event.task, event.against, event.id)}
    events, known = _standing(connection, org, mine)
    return Said(events, settle(events, known, book))


def handed_over(
    connection: Connection, org: str, of: Return, zone: str, book: Book, *, types: Collection[str]
) -> list[Event]:
    """Give what the partner of a return handed over of some types without numbers, without what was voided.

    Whoever takes pieces up says from whom, not for which return: all that was taken up there counts.
    """
    found = _of_quantities(connection, org, of, zone, (HANDED_OVER,)) if types else []
    mine = {event.id: event for event in found if event.item_type in types and _giver(event, book) == of.partner}
    return _standing(connection, org, mine)[0]


def _giver(event: Event, book: Book) -> str:
    return book.site(event.place, event.teff).partner


def _of_quantities(connection: Connection, org: str, of: Return, zone: str, kinds: Iterable[str]) -> list[Event]:
    """Read what was recorded about quantities in the months of a return."""
    first_ms = month_start_ms(of.month, zone) - _ZONES_MS
    last_ms = month_end_ms(of.last, zone) + _ZONES_MS
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == org,
        RECORD.c.kind.in_([f"{kind}/1" for kind in kinds]),
        RECORD.c.teff.between(first_ms, last_ms),
        RECORD.c.status == "accepted",
        RECORD.c.subject >= _QUANTITIES[0],
        RECORD.c.subject < _QUANTITIES[1],
    )
    return [event_of(row.payload, row.teff, row.tq) for row in connection.execute(query)]


def _standing(connection: Connection, org: str, mine: dict[str, Event]) -> tuple[list[Event], dict[str, Event]]:
    """Give what stands of some events, or in their place, in order, and all that amends them with them."""
    known = amending.closed(SqlStore(connection, org), mine.values())
    return standing_of(mine, known), known


def _items(connection: Connection, org: str, rma: str) -> list[Item]:
    where = [ITEM.c.org == org, ITEM.c.rma != ""]
    if rma:
        where.append(ITEM.c.rma == rma)
    return [load(row.state) for row in connection.execute(sa.select(ITEM.c.state).where(*where))]


def _numbered(connection: Connection, org: str, rma: str) -> dict[str, list[Item]]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in _items(connection, org, rma):
        if isinstance(item.back, Back):
            found[item.back.rma].append(item)
    return found
