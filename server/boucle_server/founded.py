"""Whether each stored status follows from the records themselves, or from the last decision in the log.

A record's first status is not in the log: it is ruled again here, as far as that does not depend on what came first.
Of two contents of one event, or of one number of a chain, nothing stored says which came first; that one of them at
most counts is all that is looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.admission import FUTURE_MS, RESERVED, Why
from boucle.clock import EARLIEST_MS
from boucle.events import KINDS, Event, Quality
from boucle.push import STANDING, Status
from boucle.roles import DECISIONS
from boucle.wire import FIRST_PREV, digest
from boucle_server.ledger import WAS, first_reason, first_status, holds_place
from boucle_server.organisations import SERVER_DEV
from boucle_server.tables import DEVICE, RAW, RECORD, STATUS_CHANGE

REVOKED_SLACK_MS: Final = 60_000
"""A push that waited for its turn may be stored a little after the revocation that it overtook."""
_QUALITIES: Final = (Quality.ANCHORED, Quality.INTERVAL, Quality.WALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What statuses depend on beside the records: the last change of each, and when devices were cut off (ms)."""

    connection: Connection
    org: str
    changes: Mapping[int, tuple[str, str]]
    revoked: Mapping[str, int]


def context(connection: Connection, org: str) -> Context:
    """Read what the statuses of an organisation depend on."""
    columns = (STATUS_CHANGE.c.record, STATUS_CHANGE.c.status, STATUS_CHANGE.c.reason)
    query = sa.select(*columns).where(STATUS_CHANGE.c.org == org).order_by(STATUS_CHANGE.c.cid)
    changes = {row.record: (row.status, row.reason) for row in connection.execute(query)}
    cut = sa.select(DEVICE.c.dev, DEVICE.c.revoked_ms).where(DEVICE.c.org == org, DEVICE.c.status == "revoked")
    revoked = {row.dev: row.revoked_ms or 0 for row in connection.execute(cut)}
    return Context(connection=connection, org=org, changes=changes, revoked=revoked)


def is_as_decided(known: Context, row: Any) -> bool:
    """Tell whether a status is that of the last change in the log or, without one, one that the door gives."""
    change = known.changes.get(row.rid)
    if change is not None:
        return change == (row.status, row.reason)
    return row.status in tuple(Status) and not row.reason.startswith(WAS)


def is_founded(known: Context, row: Any, event: Event) -> bool:
    """Tell whether the status that a record was given at its first receipt follows from what is stored."""
    status, reason = first_status(row.status, row.reason), first_reason(row.reason)
    match status:
        case Status.ACCEPTED:
            known_kind = event.major == 1 and event.kind in KINDS
            return not reason and known_kind and not any(_faults(known, row, event).values())
        case Status.HELD:
            return not reason and not any(_faults(known, row, event).values())
        case Status.QUARANTINED:
            return _quarantined(known, row, event, reason)
        case Status.CONFLICT:
            return _any(known, RECORD, RECORD.c.id == row.id, RECORD.c.rid != row.rid)
        case Status.FORK:
            return _forked(known, row, event, reason)
        case _:
            return False


def doubled(connection: Connection, org: str) -> Iterator[str]:
    """Name what counts twice: an event of which two contents stand, a number of a chain that two records hold."""
    several = sa.func.count() > 1
    standing = (RECORD.c.org == org, RECORD.c.status.in_(STANDING))
    for event_id in connection.execute(sa.select(RECORD.c.id).where(*standing).group_by(RECORD.c.id).having(several)):
        yield f"event {event_id.id}"
    chain = (RECORD.c.dev, RECORD.c.epoch, RECORD.c.seq)
    places = sa.select(*chain).where(RECORD.c.org == org, holds_place()).group_by(*chain).having(several)
    for row in connection.execute(places):
        yield f"{row.dev} {row.epoch} {row.seq}"


def _faults(known: Context, row: Any, event: Event) -> dict[str, bool]:
    """Say of each fault that a record can have in itself whether it has it."""
    cut_ms = known.revoked.get(row.dev)
    at_ms = event.number("at_ms")
    return {
        Why.TIME_FUTURE: row.teff > row.received_ms + FUTURE_MS,
        Why.TIME_IMPOSSIBLE: row.teff < EARLIEST_MS
        or row.tq not in _QUALITIES
        or ("at_ms" in event.body and not EARLIEST_MS <= at_ms <= row.teff),
        Why.RESERVED_KIND: event.kind in RESERVED and row.dev != SERVER_DEV,
        Why.REVOKED_DEVICE: cut_ms is not None and row.received_ms > cut_ms + REVOKED_SLACK_MS,
    }


def _quarantined(known: Context, row: Any, event: Event, reason: str) -> bool:
    match reason:
        case Why.TIME_ORDER:
            chain = (RECORD.c.dev == row.dev, RECORD.c.epoch == row.epoch, RECORD.c.seq < row.seq)
            return _any(known, RECORD, *chain, RECORD.c.teff > row.teff)
        case Why.PRIVATE_MISMATCH:
            return row.priv is None or digest(bytes(row.priv)) != event.priv
        case Why.REVOKED_DEVICE:
            return row.dev in known.revoked and row.received_ms >= known.revoked[row.dev] - REVOKED_SLACK_MS
        case Why.NOT_PERMITTED:  # roles are no part of the log, and change: that it is a decision is all that is left
            return event.kind in DECISIONS and row.dev != SERVER_DEV
        case Why.TIME_FUTURE | Why.TIME_IMPOSSIBLE | Why.RESERVED_KIND:
            return _faults(known, row, event)[reason]
        case _:  # a record that was made of bytes, for the reason for which these were kept
            return _any(known, RAW, RAW.c.hash == row.hash, RAW.c.reason == reason)


def _forked(known: Context, row: Any, event: Event, reason: str) -> bool:
    if reason == Why.SEQ_TAKEN:
        return bool(_holders(known, row, row.seq))
    if reason == Why.CHAIN_BROKEN:
        before = _holders(known, row, row.seq - 1)
        return (row.seq == 1) != (event.prev == FIRST_PREV) or bool(before - {event.prev})
    return False


def _holders(known: Context, row: Any, seq: int) -> set[str]:
    """Give the hashes of what holds a number of the chain of a record, beside itself."""

    def of_chain(table: sa.Table) -> list[sa.ColumnElement[bool]]:
        same = {"org": known.org, "dev": row.dev, "epoch": row.epoch, "seq": seq}
        return [table.c[name] == value for name, value in same.items()]

    records = sa.select(RECORD.c.hash).where(*of_chain(RECORD), holds_place(), RECORD.c.rid != row.rid)
    raws = sa.select(RAW.c.hash).where(*of_chain(RAW), RAW.c.seal.is_not(None))
    return {content for query in (records, raws) for content in known.connection.execute(query).scalars()}


def _any(known: Context, table: sa.Table, *wanted: sa.ColumnElement[bool]) -> bool:
    query = sa.select(sa.literal(1)).select_from(table).where(table.c.org == known.org, *wanted).limit(1)
    return known.connection.execute(query).first() is not None
