"""The life of a month: it runs, it is over but may still change, it is final, it was closed by a person.

Why a month may still change is told with names and numbers: what a device has not sent, a hole in a device's chain,
a time that is known only as an interval across the month's end. This depends on what has arrived, so it is never part
of canonical exports.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.catalogue import answers
from boucle.clock import month_end_ms, month_start_ms
from boucle.kpi import Maturity, Question
from boucle.push import STANDING
from boucle.tally import Tally
from boucle_server import reports, watermarks
from boucle_server.projections import load_book
from boucle_server.read_tables import WATERMARK
from boucle_server.tables import DEVICE, INTERVAL, MONTH_CLOSING, RECORD

NEVER: Final = 2**62
"""Later than any time (ms)."""
AGEING: Final = ("K1", "K1-90", "K1-180")
"""Figures of a month that go on changing while its dispatches grow old."""


class MonthState(StrEnum):
    """Where a month stands."""

    OPEN = "open"
    PROVISIONAL = "provisional"
    FINAL = "final"
    CLOSED = "closed"

    @property
    def words(self) -> str:
        """Give the key of its words."""
        return f"month.{self.value}"


class Why(StrEnum):
    """Why a month that is over may still change."""

    UNSYNCED = "unsynced"
    """A device that was in use has not been heard since the month ended."""
    GAP = "gap"
    """A hole in a device's chain, between events that frame the month or part of it."""
    LOST = "lost"
    """What a device that was cut off had told of and never sent."""
    INTERVAL = "interval"
    """Times known only as an interval that lies across the month's end."""

    @property
    def words(self) -> str:
        """Give the key of its sentence."""
        return f"month.why_{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One reason: which, of which device where one is meant, how many events (0 where nobody can know)."""

    why: Why
    device: str = ""
    n: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The last time a month was closed."""

    revision: int
    closed_ms: int
    by: str
    digest: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A month: its state, why it may still change, its closing, and which figures still wait for age."""

    month: str
    state: MonthState
    causes: tuple[Cause, ...] = ()
    closing: Closing | None = None
    ageing: tuple[str, ...] = field(default=())


def lives(connection: Connection, org: str, months: Sequence[str], *, now_ms: int) -> list[Life]:
    """Give the life of each month."""
    zone = reports.zone_of(connection, org)
    causes = causes_of(connection, org, months, zone=zone, now_ms=now_ms)
    closings = last_closings(connection, org)
    settle_days = reports.settled(load_book(connection, org))
    found = []
    for month in months:
        asked = Question(months=(month,), as_of_ms=now_ms, zone=zone, settle_days=settle_days)
        found.append(
            Life(
                month=month,
                state=_state(asked, causes.get(month, ()), closings.get(month)),
                causes=causes.get(month, ()),
                closing=closings.get(month),
                ageing=_ageing(asked),
            )
        )
    return found


def causes_of(
    connection: Connection, org: str, months: Iterable[str], *, zone: str, now_ms: int
) -> dict[str, tuple[Cause, ...]]:
    """Give, for each month that is over, why it may still change."""
    ends = {month: month_end_ms(month, zone) for month in months}
    over = {month: end for month, end in ends.items() if end <= now_ms}
    if not over:
        return {}
    unsynced = _unsynced(connection, org)
    gaps = _gaps(connection, org)
    lost = _lost(connection, org)
    intervals = _intervals(connection, org, min(over.values()))
    found: dict[str, tuple[Cause, ...]] = {}
    for month, end in over.items():
        start = month_start_ms(month, zone)
        causes = [
            Cause(why=Why.UNSYNCED, device=name) for name, enrolled, seen in unsynced if enrolled < end and seen < end
        ]
        missing: defaultdict[str, int] = defaultdict(int)
        for name, after, before, n in gaps:
            if after < end and before >= start:
                missing[name] += n
        causes += [Cause(why=Why.GAP, device=name, n=n) for name, n in sorted(missing.items())]
        causes += [
            Cause(why=Why.LOST, device=name, n=n) for name, after, cut, n in lost if after < end and cut >= start
        ]
        across = sum(1 for after, teff in intervals if after < end <= teff)
        causes += [Cause(why=Why.INTERVAL, n=across)] if across else []
        found[month] = tuple(causes)
    return found


def reasons_of(causes: dict[str, tuple[Cause, ...]]) -> dict[str, tuple[str, ...]]:
    """Give why months may still change, as a question about figures wants it."""
    return {month: tuple(sorted({cause.why.value for cause in found})) for month, found in causes.items()}


def last_closings(connection: Connection, org: str) -> dict[str, Closing]:
    """Give the last closing of every month that was closed."""
    names = ("month", "revision", "closed_ms", "by", "digest", "reason")
    query = sa.select(*(MONTH_CLOSING.c[name] for name in names)).where(MONTH_CLOSING.c.org == org)
    found: dict[str, Closing] = {}
    for row in connection.execute(query.order_by(MONTH_CLOSING.c.revision)):
        found[row.month] = Closing(
            revision=row.revision, closed_ms=row.closed_ms, by=row.by, digest=row.digest, reason=row.reason
        )
    return found


def _state(asked: Question, causes: tuple[Cause, ...], closing: Closing | None) -> MonthState:
    if closing is not None:
        return MonthState.CLOSED
    if not asked.is_over(asked.last):
        return MonthState.OPEN
    return MonthState.PROVISIONAL if causes else MonthState.FINAL


def _ageing(asked: Question) -> tuple[str, ...]:
    if not asked.is_over(asked.last):
        return ()
    young = answers(Tally(), asked, AGEING)
    return tuple(id_ for id_ in AGEING if young[id_].maturity is Maturity.PROVISIONAL)


def _unsynced(connection: Connection, org: str) -> list[tuple[str, int, int]]:
    """Give every active device: its name, when it was let in, when it was last heard (ms)."""
    columns = (DEVICE.c.dev, DEVICE.c.name, DEVICE.c.enrolled_ms, DEVICE.c.last_seen_ms)
    query = sa.select(*columns).where(DEVICE.c.org == org, DEVICE.c.status == "active")
    rows = sorted(connection.execute(query), key=lambda row: row.dev)
    return [(row.name or row.dev, row.enrolled_ms, row.last_seen_ms or 0) for row in rows]


def _lost(connection: Connection, org: str) -> list[tuple[str, int, int, int]]:
    """Give what devices that were cut off never sent: the name, between which times it lies (ms), how many events."""
    names = ("dev", "name", "enrolled_ms", "revoked_ms", "unsent")
    query = sa.select(*(DEVICE.c[name] for name in names)).where(
        DEVICE.c.org == org, DEVICE.c.status == "revoked", DEVICE.c.unsent > 0
    )
    return [
        (row.name or row.dev, _last_time(connection, org, row.dev) or row.enrolled_ms, row.revoked_ms or 0, row.unsent)
        for row in sorted(connection.execute(query), key=lambda row: row.dev)
    ]


def _last_time(connection: Connection, org: str, dev: str) -> int:
    query = sa.select(sa.func.max(RECORD.c.teff)).where(
        RECORD.c.org == org, RECORD.c.dev == dev, RECORD.c.status.in_(STANDING)
    )
    return connection.execute(query).scalar() or 0


def _gaps(connection: Connection, org: str) -> list[tuple[str, int, int, int]]:
    """Give every hole in a device's chain: its name, between which times it lies (ms), how many events it lacks."""
    names = {
        row.dev: (row.name or row.dev, row.enrolled_ms)
        for row in connection.execute(
            sa.select(DEVICE.c.dev, DEVICE.c.name, DEVICE.c.enrolled_ms).where(DEVICE.c.org == org)
        )
    }
    query = sa.select(WATERMARK.c.dev, WATERMARK.c.epoch, WATERMARK.c.ranges).where(WATERMARK.c.org == org)
    found = []
    for row in connection.execute(query):
        name, enrolled = names.get(row.dev, (row.dev, 0))
        for begin, end in watermarks.holes(connection, org, row.dev, epoch=row.epoch, stored=json.loads(row.ranges)):
            chain = (RECORD.c.org == org, RECORD.c.dev == row.dev, RECORD.c.epoch == row.epoch)
            after = _time(connection, *chain, RECORD.c.seq < begin, order=RECORD.c.seq.desc())
            before = _time(connection, *chain, RECORD.c.seq > end, order=RECORD.c.seq)
            found.append(
                (name, enrolled if after is None else after, NEVER if before is None else before, end - begin + 1)
            )
    return sorted(found)


def _time(connection: Connection, *wanted: sa.ColumnElement[bool], order: sa.ColumnElement[int]) -> int | None:
    """Give the time of the first event in an order that counts: what does not may say any time, or none."""
    query = sa.select(RECORD.c.teff).where(*wanted, RECORD.c.status.in_(STANDING)).order_by(order).limit(1)
    return connection.execute(query).scalar()


def _intervals(connection: Connection, org: str, from_ms: int) -> list[tuple[int, int]]:
    """Give for events known as an interval, from a time on: a time surely before them, and the end of it (ms)."""
    earlier = RECORD.alias("earlier")
    sure = (
        sa.select(earlier.c.teff)
        .where(
            earlier.c.org == RECORD.c.org,
            earlier.c.dev == RECORD.c.dev,
            earlier.c.epoch == RECORD.c.epoch,
            earlier.c.seq < RECORD.c.seq,
            earlier.c.tq != 1,
        )
        .order_by(earlier.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(RECORD.c.teff, RECORD.c.dev, sure.label("sure")).where(
        RECORD.c.org == org, RECORD.c.teff >= from_ms, RECORD.c.status == "accepted", sa.text(f"record.{INTERVAL}")
    )
    enrolled = {
        row.dev: row.enrolled_ms
        for row in connection.execute(sa.select(DEVICE.c.dev, DEVICE.c.enrolled_ms).where(DEVICE.c.org == org))
    }
    return [(row.sure or enrolled.get(row.dev, 0), row.teff) for row in connection.execute(query)]
