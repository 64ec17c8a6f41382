"""Batches of events through the write door, beside the bare insertion of the same ledger rows.

The events are the loop of reusable boxes: shipped, delivered, collected, received, cleaned, a truckload at a time,
each event about another box. A batch of ours and a batch of the baseline take turns, so that whatever else the
machine does meets both alike.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks import disk
from benchmarks.bare import Bare, BarePostgres, BareSqlite, last_row, ledger_rows
from benchmarks.figures import Figure, seconds
from boucle.codes import Kind, mint
from boucle.push import Push, read_push, write_push
from boucle_server.db import Database
from boucle_server.ingest import ingest
from boucle_server.schema import prepare
from tests.builders import ORG, Device
from tests.postgres import running
from tests.server.handset import LATER, Handset, a_network, taken
from tests.server.people import Phone, a_phone
from tests.server.processes import serving

BOXES = 2_000
ROUNDS = 3
"""How often each box makes a step, of each way of sending."""
WARM = 2
STEPS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("item.shipped", "strasbourg", {"to": "mulhouse"}),
    ("item.delivered", "mulhouse", {}),
    ("item.collected", "mulhouse", {}),
    ("item.received", "strasbourg", {"from": "mulhouse"}),
    ("item.cleaned", "strasbourg", {}),
)
WAYS = (("over HTTP", 200), ("in process", 200), ("in process", 500))
GOALS = {"SQLite": 0.20, "PostgreSQL": 0.25}


@dataclass(slots=True, kw_only=True)
class Fleet:
    """The boxes, and the one phone that scans them all."""

    phone: Phone
    handset: Handset
    codes: list[str]
    steps: int = 0

    def round(self, size: int) -> Iterator[Push]:
        """Let every box make its next step, in truckloads of `size`."""
        kind, place, body = STEPS[self.steps % len(STEPS)]
        self.steps += 1
        for first in range(0, len(self.codes), size):
            for code in self.codes[first : first + size]:
                self.handset.device.now_ms += 1_000
                self.handset.take(self.handset.device.payload(kind, code, place=place, body=body))
            yield self.handset.push()


def measure() -> list[Figure]:
    """Measure both databases, one after the other."""
    with disk.directory() as directory:
        embedded = Database.embedded_at(directory / "data" / "boucle.sqlite3")
        bare = BareSqlite(directory / "bare.sqlite3")
        figures = _measure("SQLite", embedded, bare, directory / "data", {})
        with running() as postgres:
            url = postgres.new_database()
            other = BarePostgres(postgres.new_database())
            data = directory / "other"
            figures += _measure("PostgreSQL", Database.at_url(url), other, data, {"BOUCLE_DATABASE_URL": url})
    return figures


def _measure(kind: str, database: Database, bare: Bare, data: Path, environment: dict[str, str]) -> list[Figure]:
    figures = []
    with closing(database), closing(bare):
        fleet = _fleet(database)
        for way, size in WAYS:
            pushes = [push for _ in range(ROUNDS) for push in fleet.round(size)]
            with _served(data, fleet, environment) if way == "over HTTP" else _inside(database) as send:
                turns = _turns(database, bare, pushes, send)
            figures.append(_figure(f"{kind}, batches of {size}, {way}", turns, GOALS[kind]))
            if way == "in process" and kind == "SQLite":
                figures.append(_computing(f"{kind}, batches of {size}, {way}, processor time alone", turns))
    return figures


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turns:
    events: int
    ours_s: float
    bare_s: float
    ours_cpu_s: float
    bare_cpu_s: float
    bare: str


Send = Callable[[bytes], None]


def _turns(database: Database, bare: Bare, pushes: list[Push], send: Send) -> _Turns:
    """Send each push, and right after it insert the rows that it left."""
    ours_s = bare_s = ours_cpu_s = bare_cpu_s = 0.0
    events = 0
    seen = last_row(database, ORG)
    for number, push in enumerate(pushes):
        body = write_push(push)
        cpu = [time.process_time()]
        took = seconds(lambda body=body: send(body))  # type: ignore[misc]
        cpu.append(time.process_time())
        rows = ledger_rows(database, ORG, after=seen)
        seen += len(rows)
        assert len(rows) == len(push.records)
        cpu.append(time.process_time())
        took_bare = seconds(lambda rows=rows: bare.insert(rows))  # type: ignore[misc]
        cpu.append(time.process_time())
        if number >= WARM:
            events += len(rows)
            ours_s += took
            bare_s += took_bare
            ours_cpu_s += cpu[1] - cpu[0]
            bare_cpu_s += cpu[3] - cpu[2]
    return _Turns(
        events=events, ours_s=ours_s, bare_s=bare_s, ours_cpu_s=ours_cpu_s, bare_cpu_s=bare_cpu_s, bare=bare.name
    )


def _figure(job: str, turns: _Turns, goal: float) -> Figure:
    ours, bare = turns.events / turns.ours_s, turns.events / turns.bare_s
    return Figure(
        job=job,
        value=ours,
        unit="events/s",
        baseline=turns.bare,
        baseline_value=bare,
        ratio=ours / bare,
        goal=f"≥ {goal:.2f}",
        met=ours / bare >= goal,
    )


def _computing(job: str, turns: _Turns) -> Figure:
    ours, bare = turns.events / turns.ours_cpu_s, turns.events / turns.bare_cpu_s
    return Figure(
        job=job,
        value=ours,
        unit="events/s",
        baseline=turns.bare,
        baseline_value=bare,
        ratio=ours / bare,
        note="of one processor, without waiting for the disk or for other programs: what a quiet machine comes near.",
    )


def _fleet(database: Database) -> Fleet:
    """Make the network, its boxes and the phone."""
    prepare(database)
    a_network(database, "d-depot")
    random = Random(1)
    codes = [mint(Kind.CONTAINER, random.randbytes).text for _ in range(BOXES)]
    depot = Handset(device=Device(dev="d-depot", random=random))
    for code in codes:
        depot.scan("item.commissioned", code, place="strasbourg", body={"type": "bac"})
    while depot.waiting:
        batch, depot.waiting = depot.waiting[:500], depot.waiting[500:]
        first, depot.sent = depot.sent + 1, depot.sent + len(batch)
        taken(database, depot.push(batch, first=first))
    phone = a_phone(database, ORG)
    device = Device(dev=phone.enrolled.dev, epoch="00000000000000b2", now_ms=depot.device.now_ms, random=random)
    return Fleet(phone=phone, handset=Handset(device=device, enrolled_key=phone.key), codes=codes)


@contextmanager
def _inside(database: Database) -> Iterator[Send]:
    """Give the door itself, from the body's bytes to the commit."""

    def send(body: bytes) -> None:
        with database.writing(ORG) as connection:
            answer = ingest(connection, read_push(body), now_ms=LATER)
        assert all(result.status == "accepted" for result in answer.results)

    yield send


@contextmanager
def _served(data: Path, fleet: Fleet, environment: dict[str, str]) -> Iterator[Send]:
    """Give the way through a served process, over one connection that stays open."""
    with serving(data, environment) as server, closing(server.connect()) as connection:

        def send(body: bytes) -> None:
            connection.request("POST", "/v1/sync/push", body, fleet.phone.header)
            answer = connection.getresponse()
            told = answer.read()
            assert answer.status == 200, told
            assert told.count(b'"status":"accepted"') == len(told.split(b'"status"')) - 1

        yield send
