"""Jobs: once for each organisation and period, by however many threads and processes; what each of them does."""

import json
import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE
from boucle.clock import FixedClock, month_end_ms, parse_instant
from boucle.events import Event
from boucle.item import Item
from boucle_server import eventlog, feed
from boucle_server.db import Database
from boucle_server.jobs import Job, Ran, daily, hourly, monthly_from, run_due, run_once, scheduled
from boucle_server.notices import JOBS, notice_id
from boucle_server.schema import prepare
from boucle_server.tables import CHANGE, CHECKPOINT, JOB_RUN, LOG_HEAD, MONTH_CLOSING
from tests.builders import DAY, START_MS, code
from tests.server.figures_world import _network, draft, events_in, record
from tests.server.people import NOW, an_org

PARIS = "Europe/Paris"


def at(text: str) -> int:
    return parse_instant(text, PARIS)


@pytest.mark.parametrize(
    ("instant", "day", "second", "sixth"),
    [
        ("2026-11-23T05:59", "2026-11-22", "2026-10", "2026-10"),
        ("2026-11-23T06:00", "2026-11-23", "2026-10", "2026-10"),
        ("2026-12-01T23:59", "2026-12-01", "2026-10", "2026-10"),
        ("2026-12-02T05:59", "2026-12-01", "2026-10", "2026-10"),
        ("2026-12-02T06:00", "2026-12-02", "2026-11", "2026-10"),
        ("2026-12-06T06:00", "2026-12-06", "2026-11", "2026-11"),
        ("2027-01-02T06:00", "2027-01-02", "2026-12", "2026-11"),
        # The night the clock goes back has two hours of two; the morning comes once.
        ("2026-10-25T02:30", "2026-10-24", "2026-09", "2026-09"),
        ("2026-10-25T06:00", "2026-10-25", "2026-09", "2026-09"),
    ],
)
def test_periods_come_due_in_the_morning_of_the_zone(instant: str, day: str, second: str, sixth: str) -> None:
    now = at(instant)
    assert (daily(now, PARIS), monthly_from(2)(now, PARIS), monthly_from(6)(now, PARIS)) == (day, second, sixth)


def test_hours_are_counted_in_universal_time() -> None:
    assert hourly(at("2026-11-23T00:30"), PARIS) == "2026-11-22T23"


def a_mark(connection: Connection, org: str, period: str, _now_ms: int) -> str:
    """Leave a trace that a second run would double."""
    feed.note_changes(connection, org, [("mark", period)])
    return "{}"


MARK = Job(name="mark", due=daily, body=a_mark)


def marks(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        query = sa.select(CHANGE.c.org, CHANGE.c.key).where(CHANGE.c.tbl == "mark")
        return sorted((row.org, row.key) for row in connection.execute(query))


def test_a_job_runs_once_for_each_organisation_and_period(database: Database) -> None:
    an_org(database)
    an_org(database, "other")
    morning = at("2026-11-23T07:00")
    first = [ran.org for ran in run_due(database, [MARK], morning)]
    again = list(run_due(database, [MARK], morning + 3_600_000))
    next_day = [(ran.org, ran.period) for ran in run_due(database, [MARK], morning + 3 * DAY)]
    assert (first, again) == (["acme", "other"], [])
    assert next_day == [("acme", "2026-11-26"), ("other", "2026-11-26")]
    assert marks(database) == [(org, day) for org in ("acme", "other") for day in ("2026-11-23", "2026-11-26")]


def test_threads_that_ask_at_once_run_it_once(database: Database) -> None:
    an_org(database)
    start = threading.Barrier(6)
    ran: list[Ran] = []

    def ask() -> None:
        start.wait()
        found = run_once(database, MARK, "acme", period="p", now_ms=NOW)
        if found is not None:
            ran.append(found)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ran) == 1
    assert marks(database) == [("acme", "p")]


def ask_in_a_process(place: str, start: Any) -> None:
    """Run the mark for eleven periods, as another worker would."""
    database = Database.at_url(place) if "://" in place else Database.embedded_at(Path(place))
    start.wait()
    for period in range(11):
        run_once(database, MARK, "acme", period=str(period), now_ms=NOW)
    database.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_processes_that_ask_at_once_run_it_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite":
        place = str(tmp_path / "boucle.sqlite3")
        database = Database.embedded_at(Path(place))
    else:
        fresh: Callable[[], str] = request.getfixturevalue("fresh_postgres")
        place = fresh()
        database = Database.at_url(place)
    prepare(database)
    an_org(database)
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(3)
    workers = [context.Process(target=ask_in_a_process, args=(place, start)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = marks(database)
    database.close()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert found == sorted(("acme", str(period)) for period in range(11))


def test_a_job_that_fails_leaves_nothing_stops_no_other_and_is_tried_again(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    an_org(database)
    broken = True

    def fail_once(connection: Connection, org: str, period: str, now_ms: int) -> str:
        outcome = a_mark(connection, org, period, now_ms)
        if broken:
            raise KeyError("canary")
        return outcome

    jobs = [Job(name="fragile", due=daily, body=fail_once), MARK]
    assert [ran.job for ran in run_due(database, jobs, NOW)] == ["mark"]
    assert "job fragile" in caplog.text
    assert "canary" not in caplog.text
    assert len(marks(database)) == 1
    broken = False
    assert [ran.job for ran in run_due(database, jobs, NOW)] == ["fragile"]
    assert len(marks(database)) == 2


def test_the_scheduler_runs_what_is_due_as_soon_as_it_starts(database: Database) -> None:
    an_org(database)
    done = threading.Event()

    def tell(connection: Connection, org: str, period: str, now_ms: int) -> str:
        done.set()
        return a_mark(connection, org, period, now_ms)

    with scheduled(database, [Job(name="mark", due=daily, body=tell)], FixedClock(NOW)):
        assert done.wait(timeout=60)
    assert len(marks(database)) == 1


def outcomes(database: Database, now_ms: int) -> dict[str, Any]:
    return {ran.job: json.loads(ran.outcome) for ran in run_due(database, JOBS, now_ms)}


def a_year_with_loans(database: Database) -> str:
    """Ship five crates: due after 30 days, lost 60 days later; one comes back, one is of a type due after 21."""
    org = an_org(database)
    moves = [
        draft("item.commissioned", code(n), at=0, body={"type": "roll" if n == 4 else "bac"}, place="strasbourg")
        for n in range(5)
    ]
    moves += [
        draft("item.shipped", code(n), at=1, body={"to": "mulhouse" if n < 3 else "colmar"}, place="strasbourg")
        for n in range(5)
    ]
    moves.append(draft("item.received", code(0), at=9, place="strasbourg"))
    record(database, org, [*_network(), *moves], now_ms=START_MS + 10 * DAY)
    return org


def notices(database: Database, org: str) -> list[Event]:
    with database.reading() as connection:
        return [event for event in events_in(connection, org) if event.kind == "item.presumed_lost"]


def test_overdue_loans_are_counted_by_partner_from_the_day_after_they_were_due(database: Database) -> None:
    a_year_with_loans(database)
    due_day = START_MS + 31 * DAY
    assert outcomes(database, due_day)["overdue"] == {
        "day": "2026-02-01", "overdue": 1, "by_partner": {"rhin": 1},
    }  # fmt: skip
    assert outcomes(database, due_day + DAY)["overdue"]["overdue"] == 4
    assert outcomes(database, due_day + DAY) == {}


def test_a_presumed_loss_is_noted_once_a_cycle_however_often_the_job_runs(database: Database) -> None:
    org = a_year_with_loans(database)
    lost_day = START_MS + 91 * DAY
    assert outcomes(database, lost_day)["presumed_lost"]["new"] == 0
    first = outcomes(database, lost_day + DAY)["presumed_lost"]
    second = outcomes(database, lost_day + 2 * DAY)["presumed_lost"]
    assert (first["new"], second["new"], second["presumed_lost"]) == (3, 0, 3)
    found = notices(database, org)
    assert sorted(event.subject for event in found) == sorted(code(n) for n in (1, 2, 3))
    assert {event.number("cycle") for event in found} == {1}
    assert {event.dev for event in found} == {"server"}


def test_a_crate_that_was_found_and_lost_again_is_noted_again(database: Database) -> None:
    org = a_year_with_loans(database)
    outcomes(database, START_MS + 92 * DAY)
    again = [
        draft("item.received", code(1), at=93, place="strasbourg"),
        draft("item.shipped", code(1), at=94, place="strasbourg", body={"to": "mulhouse"}),
    ]
    record(database, org, again, now_ms=START_MS + 95 * DAY)
    assert outcomes(database, START_MS + 186 * DAY)["presumed_lost"]["new"] == 2  # and the roll
    cycles = sorted(event.number("cycle") for event in notices(database, org) if event.subject == code(1))
    assert cycles == [1, 2]


def test_the_id_of_a_notice_depends_on_organisation_item_and_cycle_alone() -> None:
    item = Item("i", cycle=1, loss="2026-04-02", stage="anything")
    assert notice_id("acme", item) == notice_id("acme", item._replace(stage="else", due="2026-01-01"))
    others = [("other", item), ("acme", item._replace(cycle=2)), ("acme", item._replace(id="j"))]
    assert len({notice_id("acme", item), *(notice_id(org, each) for org, each in others)}) == 4


def test_a_month_is_drafted_after_a_day_and_reminded_of_until_it_is_closed(database: Database) -> None:
    org = a_year_with_loans(database)
    over = month_end_ms("2026-01", PARIS)
    assert outcomes(database, over + DAY)["month_draft"]["month"] == "2025-12"
    circulating = next(found for found, definition in CATALOGUE.items() if definition.slug == "in_circulation")
    drafted = outcomes(database, over + DAY + 7 * 3_600_000)
    assert drafted["month_draft"]["month"] == "2026-01"
    assert drafted["month_draft"]["figures"][circulating]["numerator"] == 4
    assert outcomes(database, over + 6 * DAY)["month_reminder"] == {"month": "2026-01", "closed": False}
    closing = {"org": org, "month": "2026-02", "revision": 1, "closed_ms": 1, "by": "p", "snapshot": b""}
    with database.writing(org) as connection:
        connection.execute(sa.insert(MONTH_CLOSING).values(**closing, digest="", size=1, reason=""))
    assert outcomes(database, over + 40 * DAY)["month_reminder"] == {"month": "2026-02", "closed": True}


def test_the_log_is_published_every_hour(database: Database) -> None:
    org = an_org(database)
    size = outcomes(database, NOW)["checkpoint"]["size"]
    with database.writing(org) as connection:
        assert eventlog.published(connection, org) is not None
        assert connection.execute(sa.select(CHECKPOINT.c.size)).scalars().all() == [size]
        assert connection.execute(sa.select(LOG_HEAD.c.signed_size)).scalar() == size
    assert "checkpoint" not in outcomes(database, NOW + 1)


def test_every_run_is_kept_with_what_came_of_it(database: Database) -> None:
    an_org(database)
    ran = outcomes(database, NOW)
    with database.reading() as connection:
        kept = {row.name: json.loads(row.outcome) for row in connection.execute(sa.select(JOB_RUN))}
    assert kept == ran
    assert kept.keys() == {job.name for job in JOBS}
