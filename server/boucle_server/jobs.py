"""Scheduled jobs: each is run once for each organisation and period, however many workers ask.

The scheduler of every worker only asks, often; a job runs when its latest due period has no row in `job_run`. The
row is written in the transaction that holds the job's work, so that a failed run leaves no row, and is tried
again. A server that was off runs what came due meanwhile as soon as it is back, the latest period only.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.engine import Connection

from boucle.clock import Clock, iso, next_month
from boucle_server.db import Database
from boucle_server.incidents import note_incident
from boucle_server.tables import JOB_RUN, ORG

ASK_EVERY_S: Final = 60
MORNING: Final = 6
"""The local hour at which a day's work is prepared."""

Body = Callable[[Connection, str, str, int], str]
"""`(connection, org, period, now_ms)` of an organisation's writing transaction to the outcome, in JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job: `due` gives, for an instant and a zone, the latest period whose time has come."""

    name: str
    due: Callable[[int, str], str]
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run that took place here."""

    org: str
    job: str
    period: str
    outcome: str


def hourly(now_ms: int, _zone: str) -> str:
    """Give the hour that runs, in UTC: `2026-11-23T14`."""
    return iso(now_ms)[:13]


def daily(now_ms: int, zone: str) -> str:
    """Give the local day whose morning came last."""
    morning = _local(now_ms, zone) - timedelta(hours=MORNING)
    return morning.date().isoformat()


def monthly_from(day: int) -> Callable[[int, str], str]:
    """Give a period: the last month that was over when the local morning of this day of the month last came."""

    def due(now_ms: int, zone: str) -> str:
        passed = _local(now_ms, zone) - timedelta(hours=MORNING, days=day - 1)
        return str(next_month(passed.strftime("%Y-%m"), -1))

    return due


def run_due(database: Database, jobs: Sequence[Job], now_ms: int) -> Iterator[Ran]:
    """Run whatever is due and was not run; a job that fails is noted, and stops no other."""
    with database.reading() as connection:
        zones = {row.org: row.zone for row in connection.execute(sa.select(ORG.c.org, ORG.c.zone))}
    for org in sorted(zones):
        for job in jobs:
            try:
                ran = run_once(database, job, org, period=job.due(now_ms, zones[org]), now_ms=now_ms)
            except Exception as error:  # noqa: BLE001 - tomorrow's jobs must not wait for today's bug
                note_incident(error, f"job {job.name}")
                continue
            if ran is not None:
                yield ran


def run_once(database: Database, job: Job, org: str, *, period: str, now_ms: int) -> Ran | None:
    """Run a job for a period unless it was run for it; None when it was."""
    with database.reading() as connection:
        if _was_run(connection, job, org, period):
            return None
    with database.writing(org) as connection:
        # Asked again: the reader above held no lock, and another worker may have been quicker.
        if _was_run(connection, job, org, period):
            return None
        outcome = job.body(connection, org, period, now_ms)
        connection.execute(
            sa.insert(JOB_RUN).values(
                org=org, name=job.name, period=period, started_ms=now_ms, finished_ms=now_ms, outcome=outcome
            )
        )
    return Ran(org=org, job=job.name, period=period, outcome=outcome)


@contextmanager
def scheduled(database: Database, jobs: Sequence[Job], clock: Clock) -> Iterator[BackgroundScheduler]:
    """Ask for every job once a minute, and at once, until the block ends."""
    scheduler = BackgroundScheduler(timezone=UTC)
    for job in jobs:
        scheduler.add_job(
            lambda job=job: list(run_due(database, [job], clock.now_ms())),
            IntervalTrigger(seconds=ASK_EVERY_S, jitter=ASK_EVERY_S // 6, timezone=UTC),
            id=job.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.shutdown(wait=True)


def _was_run(connection: Connection, job: Job, org: str, period: str) -> bool:
    query = sa.select(JOB_RUN.c.period).where(
        JOB_RUN.c.org == org, JOB_RUN.c.name == job.name, JOB_RUN.c.period == period
    )
    return connection.execute(query).first() is not None


def _local(now_ms: int, zone: str) -> datetime:
    """Give the wall clock of a zone, without the zone, so that days and hours are counted as people do."""
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).replace(tzinfo=None)
