"""Bytes that the door kept raw: whether they read as an event by now, and since when nobody has to decide about them.

They wait no more once a record has the very same bytes, or once a person dismissed them. That follows from what is
stored, so it is kept in a read table and can be made again.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.admission import RESERVED
from boucle.clock import EARLIEST_MS
from boucle.events import Event, Quality
from boucle.wire import Unreadable, read
from boucle_server import ledger, rows
from boucle_server.projections import FETCH
from boucle_server.read_tables import SETTLED
from boucle_server.tables import RAW, RECORD

SETTLED_COLUMNS: Final = ("org", "hash")
DISMISSAL: Final = "event.dismissed"


def settle(connection: Connection, org: str, *, hashes: Iterable[str], events: Iterable[Event] = ()) -> None:
    """Note which kept bytes wait no more, of those that were just stored or decided about.

    `hashes` are the contents of records and bytes that were just stored, `events` the newly accepted ones. One
    statement where no bytes are concerned.
    """
    named = {event.text("hash") for event in events if event.kind == DISMISSAL}
    asked = {*hashes, *named}
    found = dict(rows.select(connection, RAW, ("hash", "content"), org=org, key="hash", keys=asked))
    if not found:
        return
    done = _recorded(connection, org, found)
    if found.keys() - done:
        done |= found.keys() & (named | set(_dismissed(connection, org)))
    rows.upsert(connection, SETTLED, SETTLED_COLUMNS, [(org, each) for each in sorted(done)])


def settled(connection: Connection, org: str) -> Iterator[tuple[str, str]]:
    """Give the rows of the read table as they follow from all that is stored: the definition."""
    same = (RECORD.c.org == RAW.c.org) & (RECORD.c.hash == RAW.c.hash)
    recorded = sa.select(RAW.c.hash).select_from(RECORD).join(RAW, same).where(RECORD.c.org == org).distinct()
    found = set(connection.execute(recorded).scalars())
    dismissed = set(_dismissed(connection, org))
    for each in connection.execute(sa.select(RAW.c.hash).where(RAW.c.org == org).distinct()).scalars():
        if each in found or each in dismissed:
            yield org, each


def first(connection: Connection, org: str, content_hash: str) -> Any:
    """Give the row of kept bytes with a hash, the first received of several; None when there is none."""
    query = sa.select(RAW).where(RAW.c.org == org, RAW.c.hash == content_hash).order_by(RAW.c.rid).limit(1)
    return connection.execute(query).one_or_none()


def id_in(connection: Connection, org: str, content_hash: str) -> str:
    """Give the id that kept bytes say, whoever sent them; empty when they say none."""
    row = first(connection, org, content_hash)
    event = None if row is None else read(bytes(row.content), EARLIEST_MS, Quality.INTERVAL)
    return event.id if isinstance(event, Event) else ""


def waits() -> sa.ColumnElement[bool]:
    """Select the kept bytes that wait for a person."""
    return ~sa.exists().where(SETTLED.c.org == RAW.c.org, SETTLED.c.hash == RAW.c.hash)


def event_in(row: Any, org: str) -> Event | None:
    """Give the event that a row of kept bytes is, None when a person cannot admit it as one.

    It has to be of the device that brought it, at the place for which it was brought, and of a kind that devices
    record. Where no seal tells its time, the device's clock is believed as far as the day of receipt.
    """
    event = read(bytes(row.content), row.received_ms, Quality.INTERVAL)
    if isinstance(event, Unreadable) or (event.org, event.dev) != (org, row.dev) or event.kind in RESERVED:
        return None
    if row.seq and (event.epoch, event.seq) != (row.epoch, row.seq):
        return None
    if row.teff is not None:
        return replace(event, teff=row.teff, tq=row.tq)
    if EARLIEST_MS <= event.wall <= row.received_ms:
        return replace(event, teff=event.wall, tq=Quality.WALL)
    return event


def _recorded(connection: Connection, org: str, found: dict[str, bytes]) -> set[str]:
    """Give which of the contents a record has."""
    ids = {}
    for content_hash, content in found.items():
        event = read(bytes(content), EARLIEST_MS, Quality.INTERVAL)
        if isinstance(event, Event):
            ids[content_hash] = event.id
    stored = ledger.contents_of(connection, org, set(ids.values()))
    return {
        content_hash
        for content_hash, event_id in ids.items()
        if any(content.hash == content_hash for content in stored.get(event_id, ()))
    }


def _dismissed(connection: Connection, org: str) -> Collection[str]:
    """Give the hashes that decisions which stand dismissed by name."""
    query = sa.select(RECORD.c.payload).where(
        RECORD.c.org == org, RECORD.c.kind == f"{DISMISSAL}/1", RECORD.c.status == "accepted"
    )
    with connection.execute(query, execution_options={"yield_per": FETCH}) as stored:
        return {str(json.loads(bytes(row.payload)).get("body", {}).get("hash", "")) for row in stored}
