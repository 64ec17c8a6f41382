"""One scan a request, from one device and from eight, beside a bare route that makes one durable commit.

Each scan is a sealed push of one event, answered after its commit; the baseline is a FastAPI route that inserts one
row of the same bytes and commits, in a process of its own. The two take turns.
"""

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks import disk
from benchmarks.figures import Figure, at_share, median, seconds
from boucle.push import write_push
from boucle_server.db import Database
from boucle_server.schema import prepare
from tests.builders import ORG, Device, code
from tests.server.handset import Handset, a_network
from tests.server.people import Phone, a_phone
from tests.server.processes import serving

DEVICES = 8
SCANS = 400
EACH = 60
"""Scans of each device when eight scan at once."""
WARM = 20

Post = Callable[[bytes], None]


def measure() -> list[Figure]:
    """Measure one device, then eight at once."""
    with disk.directory() as directory:
        phones = _phones(directory / "data")
        with serving(directory / "data") as server, _bare(directory / "bare.sqlite3") as bare:
            alone, commits = _alone(phones[0], server.host, bare)
            together = _together(phones, server.host)
    return [
        _beside("one device, p50", median(alone), median(commits), most=1.5),
        _beside("one device, p95", at_share(alone, 0.95), at_share(commits, 0.95)),
        _spread(together),
        Figure(
            job="eight devices at once",
            value=1000 * DEVICES / median([one for several in together for one in several]),
            unit="scans/s",
            baseline="one device after the other",
            baseline_value=1000 / median(alone),
            note="from the median times.",
        ),
        _starving(together),
    ]


def _alone(scanner: "Scanner", host: str, bare: str) -> tuple[list[float], list[float]]:
    scans, commits = [], []
    with _posting(host, "/v1/sync/push", scanner.phone.header) as push, _posting(bare, "/bare", {}) as commit:
        for _ in range(WARM + SCANS):
            body = scanner.body()
            commits.append(1000 * seconds(lambda body=body: commit(body)))  # type: ignore[misc]
            scans.append(1000 * seconds(lambda body=body: push(body)))  # type: ignore[misc]
    return scans[WARM:], commits[WARM:]


def _together(scanners: "list[Scanner]", host: str) -> list[list[float]]:
    """Let every device scan as fast as it is answered; give the times of each."""
    found: list[list[float]] = [[] for _ in scanners]
    start = threading.Barrier(len(scanners))

    def scan(scanner: Scanner, times: list[float]) -> None:
        bodies = [scanner.body() for _ in range(EACH)]
        with _posting(host, "/v1/sync/push", scanner.phone.header) as push:
            start.wait()
            times += [1000 * seconds(lambda body=body: push(body)) for body in bodies]  # type: ignore[misc]

    pairs = zip(scanners, found, strict=True)
    threads = [threading.Thread(target=scan, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(times) for times in found] == [EACH] * len(scanners)
    return found


class Scanner:
    """An enrolled device that scans one box after the other."""

    def __init__(self, phone: Phone, number: int) -> None:
        self.phone = phone
        device = Device(dev=phone.enrolled.dev, epoch=f"{number:016x}")
        device.random.seed(number)
        self._handset = Handset(device=device, enrolled_key=phone.key)
        self._first = number * 1_000

    def body(self) -> bytes:
        """Give the push of the next scan."""
        self._handset.scan("item.counted", code(self._first + self._handset.sent), place="metz")
        return write_push(self._handset.push())


def _phones(data: Path) -> list[Scanner]:
    with closing(Database.embedded_at(data / "boucle.sqlite3")) as database:
        prepare(database)
        a_network(database, "d-depot")
        return [Scanner(a_phone(database, ORG), number) for number in range(DEVICES)]


@contextmanager
def _posting(host: str, path: str, headers: dict[str, str]) -> Iterator[Post]:
    """Give a way to post over one connection that stays open; the answer must be 200 and no refusal."""
    with closing(http.client.HTTPConnection(host, timeout=60)) as connection:

        def post(body: bytes) -> None:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            told = answer.read()
            assert answer.status == 200, told
            results = json.loads(told).get("results", [])
            assert all(result["status"] == "accepted" for result in results), told

        yield post


@contextmanager
def _bare(file: Path) -> Iterator[str]:
    """Serve the bare route for the time of the block; give its host and port."""
    command = [sys.executable, "-m", "benchmarks.bare_route", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _beside(job: str, value: float, baseline: float, *, most: float | None = None) -> Figure:
    ratio = value / baseline
    return Figure(
        job=job,
        value=value,
        unit="ms",
        baseline="a bare FastAPI route, one row, one FULL commit",
        baseline_value=baseline,
        ratio=ratio,
        goal="" if most is None else f"≤ {most:g} × the bare route",
        met=None if most is None else ratio <= most,
    )


def _spread(together: list[list[float]]) -> Figure:
    times = [one for several in together for one in several]
    p50, p95 = median(times), at_share(times, 0.95)
    return Figure(
        job="eight devices at once, p95",
        value=p95,
        unit="ms",
        baseline="p50 of the same scans",
        baseline_value=p50,
        ratio=p95 / p50,
        goal="≤ 4 × p50",
        met=p95 <= 4 * p50,
    )


def _starving(together: list[list[float]]) -> Figure:
    medians = sorted(median(times) for times in together)
    return Figure(
        job="eight devices at once, p50 of the device that waits longest",
        value=medians[-1],
        unit="ms",
        baseline="of the one that waits least",
        baseline_value=medians[0],
        ratio=medians[-1] / medians[0],
        goal="none starves: ≤ 2 ×",
        met=medians[-1] <= 2 * medians[0],
    )
