"""Delivery notes: what one visit sent to one place, as it stands, and what of it was corrected since.

A note is opened by any of its events, and is made anew from the ledger each time. It names who sent as a pseudonym.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.amend import in_order, standing_of, voided
from boucle.clock import day_of
from boucle.correction import VOID, adds_only_photos
from boucle.events import Event
from boucle.item import Item
from boucle.reference import Book
from boucle.units import DAY_MS
from boucle_server import amending
from boucle_server.driven import planned_place
from boucle_server.projections import FETCH, SqlStore, event_of, load_book
from boucle_server.receptions import items_of
from boucle_server.tables import ORG, RECORD

SHIPPED: Final = "item.shipped"
_AROUND_MS: Final = int(timedelta(days=2).total_seconds() * 1000)
"""A visit is over long before: nobody loads one vehicle for two days."""
_LATELY_DAYS: Final = 60
_DIGITS: Final = 6


class Change(StrEnum):
    """What became of a line after it was recorded; the words are `web.note_change_<value>`."""

    VOIDED = "voided"
    CORRECTED = "corrected"


class Line(NamedTuple):
    """Pieces of one type: how many, the codes of those with labels, what they weigh (None where nobody knows)."""

    item_type: str
    n: int
    codes: tuple[str, ...]
    mass_g: int | None


class Changed(NamedTuple):
    """A line as it was recorded first, what became of it, when."""

    event: Event
    item_type: str
    change: Change
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What one visit sent to one place. `events` are those that stand, in their order."""

    org_name: str
    number: str
    event: str
    from_place: str
    to_place: str
    at_ms: int
    zone: str
    day: str
    actors: tuple[str, ...]
    lines: tuple[Line, ...]
    changes: tuple[Changed, ...]
    book: Book

    @property
    def pieces(self) -> int:
        """How many pieces it names."""
        return sum(line.n for line in self.lines)

    @property
    def mass_g(self) -> int | None:
        """What all of it weighs, None where that of any line is unknown."""
        masses = [line.mass_g for line in self.lines]
        return sum(mass for mass in masses if mass is not None) if masses and None not in masses else None


class Sent(NamedTuple):
    """A visit that sent something to a place: one of its events, when it began, how many pieces."""

    event: str
    place: str
    at_ms: int
    pieces: int


def note_of(connection: Connection, org: str, event_id: str) -> Note | None:
    """Give the note that an event of a shipment belongs to; None for any other event, and for one of no visit."""
    named = connection.execute(_shipped(org).where(RECORD.c.id == event_id)).one_or_none()
    row = connection.execute(sa.select(ORG.c.name, ORG.c.zone).where(ORG.c.org == org)).one_or_none()
    if named is None or row is None:
        return None
    first = event_of(*named)
    if not first.task or not first.text("to"):
        return None
    near = RECORD.c.teff.between(first.teff - _AROUND_MS, first.teff + _AROUND_MS)
    raw = {event.id: event for event in _read(connection, _shipped(org).where(near)) if _belongs(event, first)}
    store = SqlStore(connection, org)
    known = amending.closed(store, raw.values())
    standing = [event for event in standing_of(raw, known) if event.kind == SHIPPED and _belongs(event, first)]
    items = items_of(store, {event.subject for event in (*raw.values(), *standing) if event.code})
    left = {event.id for event in standing}
    gone = in_order(event for event in raw.values() if event.id not in left)
    read = _Read(first, standing, [each for event in gone if (each := _change(event, known, items))], items)
    return _note((row.name, row.zone), read, load_book(connection, org))


def sent_to(connection: Connection, org: str, places: Sequence[str], *, now_ms: int, most: int) -> list[Sent]:
    """Give the visits that sent something to some places lately, the latest first, without what was taken back."""
    since = now_ms - _LATELY_DAYS * DAY_MS
    lately = _read(connection, _shipped(org).where(RECORD.c.teff >= since))
    raw = [event for event in lately if event.text("to") in places and event.task]
    found: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in amending.standing(SqlStore(connection, org), raw):
        if event.kind == SHIPPED and event.text("to") in places:
            found[event.task, event.text("to")].append(event)
    sent = [
        Sent(events[0].id, place, events[0].teff, sum(event.qty or 1 for event in _each_once(events)))
        for (_, place), events in found.items()
    ]
    return sorted(sent, key=lambda each: each.at_ms, reverse=True)[:most]


def number_of(first: Event, zone: str) -> str:
    """Give the number of a note: its day, and what tells it from others of that day."""
    digits = "".join(each for each in first.task if each.isalnum()).upper()
    return f"{day_of(first.teff, zone)}-{digits[-_DIGITS:]}"


class _Read(NamedTuple):
    """What was read of a note: the event that names it, what stands, what changed, the item of each subject."""

    first: Event
    standing: Sequence[Event]
    changes: Sequence[Changed]
    items: Mapping[str, Item]


def _note(org: tuple[str, str], read: _Read, book: Book) -> Note:
    first, items = read.first, read.items
    events = sorted(read.standing, key=lambda event: event.order)
    began = events[0] if events else first
    zone = book.site(first.place, began.teff).zone or org[1]
    return Note(
        org_name=org[0],
        number=number_of(began, zone),
        event=first.id,
        from_place=planned_place(book, first.place, began.teff) if first.place else "",
        to_place=planned_place(book, first.text("to"), began.teff),
        at_ms=began.teff,
        zone=zone,
        day=day_of(began.teff, zone),
        actors=tuple(dict.fromkeys(event.actor for event in events if event.actor)),
        lines=tuple(_lines(events, items, book)),
        changes=tuple(read.changes),
        book=book,
    )


def _lines(events: Sequence[Event], items: Mapping[str, Item], book: Book) -> list[Line]:
    """Give the pieces by type, the most first."""
    by_type: defaultdict[str, list[Event]] = defaultdict(list)
    for event in _each_once(events):
        by_type[_type_of(event, items)].append(event)
    lines = [
        Line(
            item_type,
            sum(event.qty or 1 for event in of),
            tuple(event.code for event in of if event.code),
            _mass(of, items, book),
        )
        for item_type, of in by_type.items()
    ]
    return sorted(lines, key=lambda line: (-line.n, line.item_type))


def _mass(events: Sequence[Event], items: Mapping[str, Item], book: Book) -> int | None:
    """Give what some pieces weigh: weighed where somebody did, else what one of them weighs empty."""
    whole = 0
    for event in events:
        item = items.get(event.subject)
        kind = event.item_type or (item.type if item else "")
        tare = (item.tare_g if item else 0) or (book.item_type(kind, event.teff).tare_g if kind else 0)
        mass = event.number("mass_g") or (event.qty or 1) * tare
        if not mass:
            return None
        whole += mass
    return whole


def _each_once(events: Iterable[Event]) -> list[Event]:
    """Give what was sent: one item that was sent twice is one."""
    found: dict[str, Event] = {}
    for event in events:
        found.setdefault(event.subject, event)
    return list(found.values())


def _type_of(event: Event, items: Mapping[str, Item]) -> str:
    return event.item_type or (items[event.subject].type if event.subject in items else "")


def _change(event: Event, known: Mapping[str, Event], items: Mapping[str, Item]) -> Changed | None:
    """Give what became of a line that stands no more; a photo that was added, and then its line, is one line."""
    before = known.get(event.corrects)
    if before is not None and adds_only_photos(event, before):
        return None
    away, corrections = voided(known), [each for each in in_order(known.values()) if each.corrects]
    live: dict[str, Event] = {}
    for each in reversed(corrections):  # a photo that went with a void leaves the correction behind it standing
        if each.id not in away or each.id in live:
            live.setdefault(each.corrects, each)
    voids = {each.text("target"): each for each in known.values() if each.kind == VOID and each.text("target") in away}
    after = {each.corrects: each for each in corrections} | voids | live
    by, passed = event, {event.id}
    while (later := after.get(by.id)) is not None and later.id not in passed:
        passed.add(later.id)
        if not adds_only_photos(later, by):
            change = Change.VOIDED if later.kind == VOID else Change.CORRECTED
            return None if _says(later) == _says(event) else Changed(event, _type_of(event, items), change, later.teff)
        by = later
    return None


def _says(event: Event) -> tuple[object, ...]:
    return (event.kind, event.code, event.item_type, event.qty, event.text("to"), event.number("mass_g"))


def _belongs(event: Event, first: Event) -> bool:
    return event.task == first.task and event.text("to") == first.text("to")


def _shipped(org: str) -> sa.Select[Any]:
    return sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == org, RECORD.c.kind == f"{SHIPPED}/1", RECORD.c.status == "accepted"
    )


def _read(connection: Connection, query: sa.Select[Any]) -> list[Event]:
    with connection.execute(query, execution_options={"yield_per": FETCH}) as found:
        return [event_of(*row) for row in found]
