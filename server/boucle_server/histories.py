"""One item's history: every event about any of its codes, with what became of it and why.

Marks are not kept anywhere: the closed part of the history is replayed, which costs the same among ten thousand
events as among ten million. What was set aside at the door stands in its place too, without effect.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.amend import REVIEWED, effective
from boucle.binding import PROVISIONAL, Binding, owner
from boucle.codes import Misread, Reason, read_label
from boucle.events import Event
from boucle.fold import Mark
from boucle.ids import is_uuid7
from boucle.item import Item
from boucle.projection import closed_history
from boucle.replay import replay
from boucle.wire import Unreadable, read, subject_of
from boucle_server import rows
from boucle_server.errors import NotFoundError
from boucle_server.projections import SqlStore
from boucle_server.read_tables import TASK
from boucle_server.tables import RECORD

LONGEST_CODE = 60
"""Characters of a misread code that are repeated."""

ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An item as the read tables have it: its state, and the codes that name it."""

    item: Item
    codes: tuple[str, ...]
    tasks: tuple[tuple[str, str], ...]
    """`(event, reason)` of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event of a history. `mark` is None for what has no effect on any item, or none at all.

    `amended_by` are the events that void or correct it; `superseded` tells that one of them holds.
    """

    event: Event
    status: str
    reason: str
    received_ms: int
    generation: int
    leaf: int
    mark: Mark | None
    amended_by: tuple[str, ...]
    superseded: bool


def find(connection: Connection, org: str, text: str) -> Known:
    """Find an item by whatever a scanner or a person gives: any form of a label, or the item's id.

    NotFoundError for a code that no event of this organisation mentions.
    """
    store = SqlStore(connection, org)
    wanted = _item_id(store, text)
    state = store.items([wanted]).get(wanted)
    if state is None:
        raise _nothing(text)
    codes = set(store.codes_of([wanted])) or {wanted.removeprefix(PROVISIONAL)}
    query = sa.select(TASK.c.event, TASK.c.reason).where(TASK.c.org == org, TASK.c.item == wanted)
    tasks = sorted((row.event, row.reason) for row in connection.execute(query))
    return Known(item=state, codes=tuple(sorted(codes)), tasks=tuple(tasks))


def history(connection: Connection, org: str, text: str) -> list[Told]:
    """Give all that was ever received about an item, in the order of events; NotFoundError as in `find`.

    An item that amendments left without any standing event is no item any more, but its events still tell why.
    """
    store = SqlStore(connection, org)
    wanted = _item_id(store, text)
    codes = set(store.codes_of([wanted])) or {_subject(text), wanted.removeprefix(PROVISIONAL)}
    counted = closed_history(codes, store)
    received = _received(connection, org, {event.subject for event in counted} | codes)
    amenders: defaultdict[str, set[str]] = defaultdict(set)
    reviews = {event.id for event in counted if event.kind == REVIEWED}
    for edge in store.edges(event.id for event in counted):
        if edge.amender not in reviews:
            amenders[edge.target].add(edge.amender)
    world = replay(counted, store.book())
    standing = {event.id: event for event in effective({event.id: event for event in counted})[0]}
    marks = {mark.event: mark for several in world.marks.values() for mark in several}
    told = [
        _told(row, event, marks=marks, standing=standing, amenders=amenders)
        for row, event in received
        if owner(event.subject, world.bindings) == wanted or event.subject in codes
    ]
    if not told:
        raise _nothing(text)
    return sorted(told, key=lambda each: (_place(each.event, standing), each.leaf))


def _item_id(store: SqlStore, text: str) -> str:
    if is_uuid7(text) or text.startswith(PROVISIONAL):
        return text
    subject = _subject(text)
    bindings: Mapping[str, Binding] = store.bindings([subject])
    return owner(subject, bindings)


def _nothing(text: str) -> NotFoundError:
    """Say why a text leads to no item: a code that fails its check was misread, any other is not known yet."""
    found = read_label(text)
    if isinstance(found, Misread) and found.reason is Reason.MISREAD:
        return NotFoundError("api.misread", code=text[:LONGEST_CODE])
    return NotFoundError("api.no_item")


def _subject(text: str) -> str:
    """Give the canonical key of a label in any form; a canonical key itself is one."""
    return text if text.startswith("raw:") else subject_of(text, "", "")


def _received(connection: Connection, org: str, subjects: set[str]) -> list[tuple[Any, Event]]:
    columns = ("payload", "teff", "tq", "status", "reason", "received_ms", "generation", "leaf")
    found = rows.select(connection, RECORD, columns, org=org, key="subject", keys=subjects)
    read_back = ((row, read(bytes(row.payload), row.teff, row.tq)) for row in found)
    return [(row, event) for row, event in read_back if not isinstance(event, Unreadable)]


def _told(
    row: Any,
    event: Event,
    *,
    marks: Mapping[str, Mark],
    standing: Mapping[str, Event],
    amenders: Mapping[str, set[str]],
) -> Told:
    counts = row.status == ACCEPTED
    amended_by = tuple(sorted(amenders.get(event.id, ()))) if counts else ()
    return Told(
        event=event,
        status=row.status,
        reason=row.reason,
        received_ms=row.received_ms,
        generation=row.generation,
        leaf=row.leaf,
        mark=marks.get(event.id) if counts else None,
        amended_by=amended_by,
        superseded=counts and event.kind != "event.voided" and event.id not in standing,
    )


def _place(event: Event, standing: Mapping[str, Event]) -> tuple[int, str, str, int, str]:
    """Give the place of an event in the history: where a correction puts it, else its own."""
    return standing[event.id].order if event.id in standing else event.order
