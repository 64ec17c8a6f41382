"""Counts of what has no serial number, beside the stock that was booked: a difference waits for a person's decision.

A count changes no stock by itself. Of each type at each of our sites the last count speaks, compared with what was
booked until that very moment, until an adjustment names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of, instant_of
from boucle.events import Event
from boucle.quantity import facts_of
from boucle.reference import Book
from boucle_server import amending
from boucle_server.projections import SqlStore, event_of
from boucle_server.read_tables import CELL
from boucle_server.server_device import Draft
from boucle_server.tables import RECORD

COUNTED: Final = "item.counted"
ADJUSTED: Final = "stock.adjusted"

_MOVING: Final = ("item.commissioned", "item.shipped", "item.received", "item.moved", "item.retired", ADJUSTED)
"""Kinds that change the stock of a site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One count that disagrees with the stock: `event` is the count's, `n` what was counted, `booked` what was not."""

    event: str
    site: str
    type: str
    n: int
    booked: int
    at_ms: int

    def adjustment(self, reason: str) -> Draft:
        """Give the decision that makes the stock what was counted."""
        fields = {"item_type": self.type, "qty": self.n - self.booked, "place": self.site, "against": self.event}
        return Draft(kind=ADJUSTED, fields={**fields, "body": {"reason": reason}})


def differences(connection: Connection, org: str) -> list[Difference]:
    """Give the counts that disagree with the stock and that nobody has answered, the oldest first."""
    store = SqlStore(connection, org)
    book = store.book()
    standing = amending.standing(store, _quantities(connection, org, (COUNTED, ADJUSTED)))
    answered = {event.against for event in standing if event.kind == ADJUSTED}
    last: dict[tuple[str, str], Event] = {}
    for event in standing:
        site = book.site(event.place, event.teff)
        if event.kind == COUNTED and not site.partner and not _is_serialised(book, event):
            last[site.key, event.item_type] = event
    found = []
    for (site_key, type_key), event in last.items():
        booked = _booked(store, book, event, site_key) if event.id not in answered else event.qty
        if booked != event.qty:
            found.append(
                Difference(event=event.id, site=site_key, type=type_key, n=event.qty, booked=booked, at_ms=event.teff)
            )
    return sorted(found, key=lambda each: (each.at_ms, each.event))


def booked_now(connection: Connection, org: str, site_key: str) -> dict[str, int]:
    """Give the pieces of each type without serial numbers that should stand at a site of ours now."""
    query = (
        sa.select(CELL.c.type, sa.func.sum(CELL.c.n).label("n"))
        .where(CELL.c.org == org, CELL.c.cell == "day", CELL.c.measure == "stock", CELL.c.site == site_key)
        .group_by(CELL.c.type)
    )
    return {row.type: int(row.n) for row in connection.execute(query)}


def find(connection: Connection, org: str, event: str) -> Difference | None:
    """Give the difference that a count found, None when it is answered, outdated or none."""
    return next((each for each in differences(connection, org) if each.event == event), None)


def _is_serialised(book: Book, event: Event) -> bool:
    kind = book.item_type(event.item_type, event.teff)
    return kind.known and kind.serialised


def _quantities(connection: Connection, org: str, kinds: Sequence[str], *also: sa.ColumnElement[bool]) -> list[Event]:
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == org,
        RECORD.c.kind.in_([f"{kind}/1" for kind in kinds]),
        RECORD.c.status == "accepted",
        RECORD.c.subject.like("qty:%"),
        *also,
    )
    return [event_of(row.payload, row.teff, row.tq) for row in connection.execute(query)]


def _booked(store: SqlStore, book: Book, count: Event, site_key: str) -> int:
    """Give the stock that was booked until a count: the sums of the days before, and the events of its own day."""
    connection, org = store.connection, store.org
    zone = book.site(site_key, count.teff).zone
    day = day_of(count.teff, zone)
    before = sa.or_(CELL.c.month < day[:7], sa.and_(CELL.c.month == day[:7], CELL.c.bucket < day[8:]))
    query = sa.select(sa.func.coalesce(sa.func.sum(CELL.c.n), 0)).where(
        CELL.c.org == org, CELL.c.cell == "day", CELL.c.measure == "stock", before,
        CELL.c.site == site_key, CELL.c.type == count.item_type,
    )  # fmt: skip
    booked = int(connection.execute(query).scalar_one())
    start_ms = instant_of(datetime.fromisoformat(day), zone)
    today = _quantities(connection, org, _MOVING, RECORD.c.teff.between(start_ms, count.teff))
    for event in amending.standing(store, today):
        if start_ms <= event.teff and event.order < count.order:
            booked += sum(
                fact.n
                for fact in facts_of(event, book)
                if (fact.at.cell, fact.at.measure, fact.at.site, fact.at.type)
                == ("day", "stock", site_key, count.item_type)
            )
    return booked
