"""What a benchmark gives: measured figures, each beside its baseline and its goal, kept as JSON for the page.

A benchmark is a module of this package with `measure() -> list[Figure]`; `python -m benchmarks NAME` runs it and
writes `results/NAME.json`, from which docs/performance.md is made. Absolute figures drift by half from one machine
to another; ratios taken in one run hold, so every goal is a ratio or is said to be a wish.
"""

import json
import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the page: what was measured, in which unit, against what, and what was hoped for.

    `ratio` is the figure that the goal speaks of, as the goal words it (`value / baseline` or its inverse); None
    where the goal speaks of the value itself. `met` is None where there is no goal.
    """

    job: str
    value: float
    unit: str
    baseline: str = ""
    baseline_value: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one benchmark gave on one machine on one day."""

    benchmark: str
    day: str
    machine: str
    figures: tuple[Figure, ...]


def machine() -> str:
    """Say on what was measured."""
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    return f"{system}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def write(name: str, figures: Iterable[Figure]) -> Path:
    """Write the result of a benchmark; give the file."""
    result = Result(
        benchmark=name, day=time.strftime("%Y-%m-%d", time.gmtime()), machine=machine(), figures=tuple(figures)
    )
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(asdict(result), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def read_all() -> list[Result]:
    """Read every result there is, by name."""
    found = []
    for path in sorted(RESULTS.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        figures = tuple(Figure(**row) for row in data.pop("figures"))
        found.append(Result(**data, figures=figures))
    return found


def seconds(act: Callable[[], object]) -> float:
    """Give how long an act took, in seconds."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def median(values: Sequence[float]) -> float:
    """Give the median."""
    return statistics.median(values)


def at_share(values: Sequence[float], share: float) -> float:
    """Give the value below which this share of all lies, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-round(share * 1000) * len(ordered) // 1000) - 1))]
