"""A look at To do, where a few cases are open and fifty thousand were ever answered.

Twenty devices hold events, and all of them were followed up; the other answers are about cases of years ago. They are
real events that came in by the door of the server. Beside a look at the table of answers stands the way it was done
before, in the same run: every answer read from the ledger.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from benchmarks import disk
from benchmarks.figures import Figure, median
from boucle.answering import ANSWERED, answer_of, last_answers
from boucle.clock import DEFAULT_ZONE
from boucle.units import DAY_MS
from boucle_server import case_answers, organisations
from boucle_server.db import Database
from boucle_server.ingest import accept_own
from boucle_server.schema import prepare
from boucle_server.server_device import Draft
from boucle_server.standing import standing
from boucle_server.tables import DEVICE
from boucle_server.web import inbox
from boucle_server.web.inbox_case import Asker, Heap

ORG: Final = "bench"
NOW: Final = 1_790_000_000_000
FEW, MANY = 500, 50_000
OPEN: Final = 20
REPEATS: Final = 9
DEVICES: Final = [f"d{number:02d}" for number in range(OPEN)]


def measure() -> list[Figure]:
    """Measure a ledger with a few answers and one with many, one after the other."""
    found: dict[int, dict[str, float]] = {}
    for count in (FEW, MANY):
        with disk.directory() as directory:
            found[count] = _timed(_filled(directory, count))
    few, many = found[FEW], found[MANY]
    open_of = f"{OPEN} open cases among {MANY} answers"
    return [
        Figure(
            job=f"the answers of what is open, {open_of}",
            value=many["asked"],
            unit="ms",
            baseline="all answers read from the ledger",
            baseline_value=many["ledger"],
            ratio=many["asked"] / many["ledger"],
            goal="≤ 0.05 ×",
            met=many["asked"] / many["ledger"] <= 0.05,
        ),
        Figure(
            job=f"the whole of To do counted, {open_of}",
            value=many["counted"],
            unit="ms",
            baseline=f"the same with {FEW} answers",
            baseline_value=few["counted"],
            ratio=many["counted"] / few["counted"],
            goal="≤ 1.5 ×",
            met=many["counted"] / few["counted"] <= 1.5,
        ),
    ]


def _timed(database: Database) -> dict[str, float]:
    def asked() -> None:
        with database.reading() as connection:
            assert len(case_answers.answers(connection, ORG, str(Heap.UNSENT), DEVICES)) == OPEN

    def ledger() -> None:
        with database.reading() as connection:
            known = last_answers(map(answer_of, standing(connection, ORG, ANSWERED)))
            assert len([known[str(Heap.UNSENT), dev] for dev in DEVICES]) == OPEN

    def counted() -> None:
        with database.reading() as connection:
            asker = Asker(connection=connection, org=ORG, zone=DEFAULT_ZONE, now_ms=NOW, devices={})
            assert inbox.counted(asker)[Heap.UNSENT] == 0

    found = {name: _ms(act) for name, act in (("asked", asked), ("ledger", ledger), ("counted", counted))}
    database.close()
    return found


def _ms(act: Callable[[], None]) -> float:
    """Give the median of several runs in milliseconds of processor time, without the first."""
    spent = []
    for _ in range(REPEATS + 1):
        began = time.process_time()
        act()
        spent.append((time.process_time() - began) * 1000)
    return median(spent[1:])


def _filled(directory: Path, count: int) -> Database:
    database = Database.embedded_at(directory / str(count) / "boucle.sqlite3")
    prepare(database)
    keys = [*(f"gone-{number}" for number in range(count - OPEN)), *DEVICES]
    bodies = [{"case": str(Heap.UNSENT), "key": key, "n": 3, "reason": "vu", "until": "2099-01-01"} for key in keys]
    drafts = [Draft(kind=ANSWERED, fields={"body": body}) for body in bodies]
    with database.writing(ORG) as connection:
        organisations.create(connection, org=ORG, name="Bench", origin_host="bench.example", now_ms=NOW - DAY_MS)
        shared = {"org": ORG, "role": "driver", "site": "", "public_key": bytes(32), "status": "active"}
        rows = [{**shared, "dev": dev, "name": dev, "enrolled_ms": NOW - DAY_MS, "unsent": 3} for dev in DEVICES]
        connection.execute(sa.insert(DEVICE), rows)
        accept_own(connection, ORG, drafts, actor="", now_ms=NOW - DAY_MS)
    return database
