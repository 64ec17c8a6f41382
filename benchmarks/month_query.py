"""The figures of a month, and the board of 24 months, at ten thousand and at a million events.

The events are cycles of reusable boxes over 24 months and 40 lanes (3 hubs, 20 partners, 8 types, 9 loops), five
scans each. Their cells are added up as the fold would (it was not run: it would take minutes) and their records are
written without a real payload, so that the tables have the size and the indexes that they would have. Beside each
question stands the same board summed up from all cells in SQL, and a plain count over the records.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

import sqlalchemy as sa

from benchmarks import disk
from benchmarks.figures import Figure, median
from boucle.catalogue import answers
from boucle.clock import day_of, month_end_ms, month_of, month_start_ms, months_between
from boucle.facts import Cell, Cells
from boucle.projection import Changes
from boucle.units import DAY_MS
from boucle_server import organisations, partial_sums, projections, reports, rows
from boucle_server.db import Database
from boucle_server.read_tables import CELL
from boucle_server.schema import prepare
from boucle_server.tables import RECORD
from boucle_server.web.month_lines import LOOPS, YEAR

ORG: Final = "bench"
ZONE: Final = "Europe/Paris"
FIRST, LAST = "2024-11", "2026-10"
NOW: Final = month_start_ms("2026-11", ZONE) + 9 * DAY_MS
SCANS: Final = 5
SMALL, LARGE = 10_000, 1_000_000
REPEATS: Final = 7
TYPES: Final = 8
LANES: Final = 40
_RECORD: Final = (
    "org", "id", "variant", "hash", "dev", "epoch", "seq", "kind", "subject", "payload", "teff", "tq", "salt",
    "generation", "leaf", "status", "reason", "received_ms",
)  # fmt: skip
_KINDS: Final = ("item.shipped/1", "item.delivered/1", "item.collected/1", "item.received/1", "item.sorted/1")


def measure() -> list[Figure]:
    """Measure a small and a large ledger, one after the other."""
    found: dict[int, dict[str, float]] = {}
    for events in (SMALL, LARGE):
        with disk.directory() as directory:
            found[events] = _timed(_filled(directory, events))
    return _figures(found)


def _figures(found: dict[int, dict[str, float]]) -> list[Figure]:
    small, large = found[SMALL], found[LARGE]
    rows_of = f"{small['cells']:.0f} cells at ten thousand events, {large['cells']:.0f} at a million"
    figures = [
        Figure(
            job=f"{name}, a million events",
            value=large[key],
            unit="ms",
            baseline="the same at ten thousand events",
            baseline_value=small[key],
            ratio=large[key] / small[key],
            goal=goal,
            met=None if not goal else large[key] <= 50 and large[key] / small[key] <= 1.2,
            note=note,
        )
        for key, name, goal, note in (
            ("month", "all figures of a month", "", rows_of),
            ("board", "board of 24 months", "≤ 50 ms and ≤ 1.2 ×", "sums of unchanged months are kept in memory"),
            ("touched", "board of 24 months after one more scan", "", "the months that it touched are summed up again"),
            ("cold", "board of 24 months, first question of a process", "", "every month is summed up"),
        )
    ]
    figures += [
        Figure(
            job="board of 24 months, a million events",
            value=large["board"],
            unit="ms",
            baseline=name,
            baseline_value=large[key],
            ratio=large["board"] / large[key],
        )
        for key, name in (
            ("all_cells", "all its cells summed up in SQL"),
            ("records", "a count over all records by kind"),
        )
    ]
    return figures


def _timed(database: Database) -> dict[str, float]:
    scan = next(_cycles(1, Random(9)))
    found = {"cold": _ms(lambda: _board(database), before=partial_sums.forget)}
    found["board"] = _ms(lambda: _board(database))
    found["month"] = _ms(lambda: _month(database))
    found["touched"] = _ms(lambda: _board(database), before=lambda: _write(database, scan))
    found["all_cells"] = _ms(lambda: _sum_up(database))
    found["records"] = _ms(lambda: _count(database), repeats=2)
    with database.reading() as connection:
        found["cells"] = float(connection.execute(sa.select(sa.func.count()).select_from(CELL)).scalar_one())
    database.close()
    return found


def _ms(act: object, *, before: object = None, repeats: int = REPEATS) -> float:
    """Give the median of several runs in milliseconds of processor time, SQLite's included; `before` is not counted."""
    spent = []
    for _ in range(repeats):
        if callable(before):
            before()
        began = time.process_time()
        if callable(act):
            act()
        spent.append((time.process_time() - began) * 1000)
    return median(spent)


def _month(database: Database) -> None:
    with database.reading() as connection:
        late = reports.late_events(connection, ORG, [LAST], ZONE)
        reports.figures(connection, ORG, reports.question(connection, ORG, [LAST], as_of_ms=NOW, late=late))


def _board(database: Database) -> None:
    """Answer what the first page asks, for 24 months instead of 12."""
    with database.reading() as connection:
        late = reports.late_events(connection, ORG, [LAST], ZONE)
        asked = reports.question(connection, ORG, [LAST], as_of_ms=NOW, late=late)
        tally = reports.tally(connection, ORG)
        answers(tally, asked)
        for month in months_between(FIRST, LAST):
            answers(tally, replace(asked, months=(month,)), YEAR)
        for each in reports.tallies(connection, ORG, "loop").values():
            answers(each, asked, LOOPS)


def _sum_up(database: Database) -> None:
    with database.reading() as connection:
        for cell in partial_sums.FAMILIES:
            partial_sums.sum_up(connection, ORG, cell=cell)


def _count(database: Database) -> None:
    with database.reading() as connection:
        connection.execute(sa.select(RECORD.c.kind, sa.func.count(RECORD.c.payload)).group_by(RECORD.c.kind)).all()


def _filled(directory: Path, events: int) -> Database:
    database = Database.embedded_at(directory / str(events) / "boucle.sqlite3")
    prepare(database)
    with database.writing(ORG) as connection:
        organisations.create(connection, org=ORG, name="Bench", origin_host="bench.example", now_ms=NOW)
    random, cells, records = Random(1), defaultdict[Cell, int](int), list[tuple[object, ...]]()
    for number, cycle in enumerate(_cycles(events // SCANS, random)):
        for at, n in cycle.items():
            cells[at] += n
        records += _records(number, cycle)
        if len(records) >= 50_000:
            _insert(database, records)
            records = []
    _insert(database, records)
    _write(database, cells)
    return database


def _insert(database: Database, records: list[tuple[object, ...]]) -> None:
    with database.writing(ORG) as connection:
        rows.insert(connection, RECORD, _RECORD, records)


def _write(database: Database, cells: Cells) -> None:
    with database.writing(ORG) as connection:
        projections.write(connection, ORG, Changes(cells={at: n for at, n in cells.items() if n}))


def _records(number: int, cycle: "Cycle") -> Iterator[tuple[object, ...]]:
    for step, (kind, at_ms) in enumerate(zip(_KINDS, cycle.times, strict=True)):
        id_ = f"{number:012d}-{step}"
        late_ms = 2 * DAY_MS if number % 20 == 0 else 60_000
        place = (ORG, id_, 0, id_, f"d{number % 11}", "e", number * SCANS + step + 1, kind, f"C/{number % 40_000}")
        yield (*place, bytes(300), at_ms, 0, bytes(16), 1, 0, "accepted", "", at_ms + late_ms)


class Cycle(dict[Cell, int]):
    """What one cycle adds to the cells, with the times of its five scans."""

    times: tuple[int, int, int, int, int]


def _cycles(count: int, random: Random) -> Iterator[Cycle]:
    """Give cycles of boxes: shipped, delivered, collected, received, sorted, as the fold counts them."""
    begin, end = month_start_ms(FIRST, ZONE), month_end_ms(LAST, ZONE)
    for _ in range(count):
        lane = random.randrange(LANES)
        hub, site = f"hub{lane % 3}", f"site{lane % 20}"
        partner, loop, kind = f"p{lane % 20}", f"loop{lane % 9}", f"type{lane % TYPES}"
        ship = random.randrange(begin, end - 60 * DAY_MS)
        deliver = ship + DAY_MS // 4
        collect = deliver + round(random.lognormvariate(3, 0.6) * DAY_MS)
        back = collect + DAY_MS // 3
        cycle = Cycle()
        cycle.times = (ship, deliver, collect, back, back + 3_600_000)
        _month_cells(cycle, (hub, site, partner, loop, kind), cycle.times)
        for measure, place, who, sign, at_ms in (
            ("out", hub, partner, 1, ship),
            ("out", hub, partner, -1, back),
            ("transit", site, partner, 1, ship),
            ("transit", site, partner, -1, deliver),
            ("held", site, partner, 1, deliver),
            ("held", site, partner, -1, collect),
            ("inbound", site, partner, 1, collect),
            ("inbound", site, partner, -1, back),
        ):
            day = day_of(at_ms, ZONE)
            cycle[Cell("day", day[:7], place, who, loop, kind, "m", measure, day[8:])] = sign
        yield cycle


def _month_cells(cycle: Cycle, where: tuple[str, str, str, str, str], times: tuple[int, ...]) -> None:
    hub, site, partner, loop, kind = where
    ship, deliver, collect, back, _ = times
    shipped, held_in = month_of(ship, ZONE), month_of(deliver, ZONE)
    lag_s = (back - ship) // 1000

    def add(at_ms: int, place: str, measure: str, n: int = 1, bucket: str = "", *, of_loop: str = loop) -> None:
        cycle[Cell("month", month_of(at_ms, ZONE), place, partner, of_loop, kind, "m", measure, bucket)] = n

    for measure, n in (("dispatch", 1), ("reuse_g", 2_000), ("cycle_n", 1), ("cycle_s", 3 * lag_s), ("out_s", lag_s)):
        add(ship, hub, measure, n)
    for measure, n in (("collected", 1), ("dwell_n", 1), ("dwell_s", lag_s)):
        add(collect, site, measure, n)
    for measure, n in (("return", 1), ("lag_n", 1), ("lag_s", lag_s), ("received_units", 1), ("received_g", 2_000)):
        add(back, hub, measure, n)
    add(back, hub, "sorted", 1, "ok", of_loop="")
    for at_ms, place in ((ship, hub), (collect, site), (back, hub)):
        add(at_ms, place, "evidence", 1, "scanned", of_loop="")
    age, stay = (f"{span // DAY_MS:04d}" for span in (back - ship, collect - deliver))
    cycle[Cell("cohort", shipped, hub, partner, loop, kind, "m", "shipped", "")] = 1
    cycle[Cell("cohort", shipped, hub, partner, loop, kind, "m", "returned", age)] = 1
    cycle[Cell("dwell", held_in, site, partner, loop, kind, "m", "closed", stay)] = 1
