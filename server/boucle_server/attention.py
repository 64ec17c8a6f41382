"""What wants a person's attention: contradictions, what was set aside, gaps, silence, loans past their day."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle_server import watermarks
from boucle_server.projections import load_book
from boucle_server.read_tables import CELL, TASK, WATERMARK
from boucle_server.tables import DEVICE

GAPS_SHOWN: Final = 20
"""Holes of one epoch: a device with more is broken, and the count tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A contradiction that somebody should look at."""

    item: str
    event: str
    reason: str
    teff: int


Shown = tuple[int, str, str]
"""`(teff, event, reason)` of a task: its place in the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers of a device's chain that never came, though later ones did."""

    dev: str
    epoch: str
    missing: tuple[tuple[int, int], ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A device that said it still holds events, when it was last heard."""

    dev: str
    name: str
    unsent: int
    last_seen_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A device, and when it was last heard; None when it never was."""

    name: str
    last_seen_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loans:
    """Open loans past the end of their due day, and of them those that count as presumed lost."""

    overdue: int
    presumed_lost: int


def tasks_by_reason(connection: Connection, org: str) -> dict[str, int]:
    """Count the contradictions by reason."""
    query = sa.select(TASK.c.reason, sa.func.count().label("n")).where(TASK.c.org == org).group_by(TASK.c.reason)
    return {row.reason: int(row.n) for row in connection.execute(query)}


def tasks(connection: Connection, org: str, *, after: Shown | None, limit: int) -> list[Task]:
    """Give contradictions, the latest first, those that come after the last one `Shown`."""
    query = sa.select(TASK.c.item, TASK.c.event, TASK.c.reason, TASK.c.teff).where(TASK.c.org == org)
    if after is not None:
        teff, event, reason = after
        same = sa.and_(TASK.c.teff == teff, TASK.c.event == event, TASK.c.reason > reason)
        query = query.where(sa.or_(TASK.c.teff < teff, sa.and_(TASK.c.teff == teff, TASK.c.event < event), same))
    ordered = query.order_by(TASK.c.teff.desc(), TASK.c.event.desc(), TASK.c.reason).limit(limit)
    return [
        Task(item=row.item, event=row.event, reason=row.reason, teff=row.teff) for row in connection.execute(ordered)
    ]


def all_gaps(connection: Connection, org: str) -> Iterator[Gap]:
    """Give the epochs of which numbers are missing, and not decided about."""
    query = sa.select(WATERMARK.c.dev, WATERMARK.c.epoch, WATERMARK.c.ranges).where(WATERMARK.c.org == org)
    for row in sorted(connection.execute(query), key=lambda row: (row.dev, row.epoch)):
        missing = watermarks.holes(connection, org, row.dev, epoch=row.epoch, stored=json.loads(row.ranges))
        if missing:
            count = sum(last - first + 1 for first, last in missing)
            yield Gap(dev=row.dev, epoch=row.epoch, missing=missing[:GAPS_SHOWN], count=count)


def unsent(connection: Connection, org: str) -> list[Unsent]:
    """Give the devices that still held events when they were last heard, the longest silent first."""
    columns = (DEVICE.c.dev, DEVICE.c.name, DEVICE.c.unsent, DEVICE.c.last_seen_ms)
    query = sa.select(*columns).where(DEVICE.c.org == org, DEVICE.c.unsent > 0)
    found = [
        Unsent(dev=row.dev, name=row.name, unsent=row.unsent, last_seen_ms=row.last_seen_ms)
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda each: (each.last_seen_ms or 0, each.dev))


def last_to_sync(connection: Connection, org: str) -> Heard | None:
    """Give the active device that was last heard the longest ago, one that never was before all; None without any."""
    query = (
        sa.select(DEVICE.c.name, DEVICE.c.last_seen_ms)
        .where(DEVICE.c.org == org, DEVICE.c.status == "active")
        .order_by(sa.func.coalesce(DEVICE.c.last_seen_ms, 0), DEVICE.c.dev)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Heard(name=row.name, last_seen_ms=row.last_seen_ms)


def loans(connection: Connection, org: str, *, now_ms: int) -> Loans:
    """Count the open loans past a day that is over in the zone of the site they left."""
    book = load_book(connection, org)
    columns = (CELL.c.cell, CELL.c.site, CELL.c.month, CELL.c.bucket, sa.func.sum(CELL.c.n).label("n"))
    query = (
        sa.select(*columns)
        .where(CELL.c.org == org, CELL.c.cell.in_(("due", "loss")), CELL.c.measure == "open")
        .group_by(CELL.c.cell, CELL.c.site, CELL.c.month, CELL.c.bucket)
    )
    past: Counter[str] = Counter()
    for row in connection.execute(query):
        if f"{row.month}-{row.bucket}" < day_of(now_ms, book.site(row.site, now_ms).zone):
            past[row.cell] += int(row.n)
    return Loans(overdue=past["due"], presumed_lost=past["loss"])
