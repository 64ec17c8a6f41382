"""The tally: sums of cells after a filter, from which every figure is computed and nothing else.

A database gives a tally with one grouped query, a test with a handful of cells. Buckets may be coarser than in the
cells (an age rounded down to the next limit that a definition asks for), never finer.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from boucle.clock import month_end_ms, month_start_ms
from boucle.facts import Cell

DIMENSIONS = ("loop", "partner", "site", "type")
"""What a figure can be narrowed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a figure is narrowed to; None means all of it, `""` what has none (a movement outside every loop)."""

    loop: str | None = None
    partner: str | None = None
    site: str | None = None
    type: str | None = None

    @property
    def narrowed(self) -> dict[str, str]:
        """Give the dimensions that are set."""
        values = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: value for name, value in values.items() if value is not None}

    def holds(self, cell: Cell) -> bool:
        """Tell whether a cell belongs to it."""
        return all(getattr(cell, name) == value for name, value in self.narrowed.items())


class Sum(NamedTuple):
    """The address of one sum of a tally."""

    cell: str
    month: str
    type: str
    measure: str
    bucket: str


class Line:
    """The sums of one measure of one month, by `(type, bucket)`; what is asked of it often is summed once.

    Fill it with `add` before asking; it is shared between tallies and does not change afterwards.
    """

    __slots__ = ("_buckets", "_total", "_types", "sums")

    def __init__(self) -> None:
        self.sums: dict[tuple[str, str], int] = {}
        self._total: int | None = None
        self._buckets: dict[str, int] | None = None
        self._types: dict[str, int] | None = None

    def add(self, address: tuple[str, str], n: int) -> None:
        """Add to the sum of `(type, bucket)`."""
        self.sums[address] = self.sums.get(address, 0) + n

    @property
    def total(self) -> int:
        """The sum of all."""
        if self._total is None:
            self._total = sum(self.sums.values())
        return self._total

    @property
    def buckets(self) -> Mapping[str, int]:
        """The sums by bucket."""
        if self._buckets is None:
            self._buckets = self._by(1)
        return self._buckets

    @property
    def types(self) -> Mapping[str, int]:
        """The sums by type."""
        if self._types is None:
            self._types = self._by(0)
        return self._types

    def _by(self, part: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for address, n in self.sums.items():
            found[address[part]] = found.get(address[part], 0) + n
        return found

    def of_type(self, type_key: str) -> "Line":
        """Give the line of one type alone."""
        line = Line()
        line.sums = {address: n for address, n in self.sums.items() if address[0] == type_key}
        return line


Part = dict[str, Line]
"""The lines of one family and month, by measure."""


class Tally:
    """Sums by cell family, month, type, measure and bucket."""

    __slots__ = ("_months", "_running", "_sums")

    def __init__(self, sums: Iterable[tuple[Sum, int]] = ()) -> None:
        """Gather sums; equal addresses add up."""
        found: defaultdict[tuple[str, str], dict[str, Line]] = defaultdict(dict)
        for (cell, month, type_key, measure, bucket), n in sums:
            found[cell, measure].setdefault(month, Line()).add((type_key, bucket), n)
        self._take(dict(found))

    def _take(self, sums: dict[tuple[str, str], dict[str, Line]]) -> None:
        self._sums = sums
        self._months = {key: sorted(months) for key, months in sums.items()}
        self._running: dict[tuple[str, str], list[int]] = {}

    @classmethod
    def joined(cls, parts: Mapping[tuple[str, str], Part], *, type_key: str | None = None) -> "Tally":
        """Join parts by family and month, of one type when it is named; the lines are shared, not copied."""
        found: defaultdict[tuple[str, str], dict[str, Line]] = defaultdict(dict)
        for (cell, month), part in parts.items():
            for measure, line in part.items():
                kept = line if type_key is None else line.of_type(type_key)
                if kept.sums:
                    found[cell, measure][month] = kept
        tally = cls()
        tally._take(dict(found))
        return tally

    @classmethod
    def of(cls, cells: Mapping[Cell, int], narrowed: Slice | None = None) -> "Tally":
        """Gather cells that belong to a slice."""
        wanted = narrowed or Slice()
        return cls(
            (Sum(at.cell, at.month, at.type, at.measure, at.bucket), n) for at, n in cells.items() if wanted.holds(at)
        )

    @property
    def first_month(self) -> str | None:
        """The first month of which anything is known, None for none."""
        return min((months[0] for months in self._months.values() if months), default=None)

    def months(self, cell: str, measure: str) -> list[str]:
        """Give the months in which a measure has sums, in order."""
        return self._months.get((cell, measure), [])

    def total(self, cell: str, measure: str, months: Iterable[str], *, bucket: str | None = None) -> int:
        """Sum a measure over months; of one bucket when it is named."""
        lines = self._sums.get((cell, measure), {})
        chosen = (lines[month] for month in months if month in lines)
        return sum(line.total if bucket is None else line.buckets.get(bucket, 0) for line in chosen)

    def by_bucket(self, cell: str, measure: str, months: Iterable[str]) -> dict[str, int]:
        """Sum a measure over months for each bucket."""
        lines = self._sums.get((cell, measure), {})
        return _added(lines[month].buckets for month in months if month in lines)

    def by_type(self, cell: str, measure: str, months: Iterable[str]) -> dict[str, int]:
        """Sum a measure over months for each type."""
        lines = self._sums.get((cell, measure), {})
        return _added(lines[month].types for month in months if month in lines)

    def until(self, cell: str, measure: str, month: str) -> int:
        """Sum a measure from the first month to the end of `month`."""
        key = (cell, measure)
        months = self._months.get(key, [])
        if key not in self._running:
            self._running[key] = [0, *accumulate(self.total(cell, measure, [each]) for each in months)]
        return self._running[key][bisect_right(months, month)]

    def stock(self, measure: str, day: str) -> int:
        """Give a stock at the end of a local day: the sum of all its moves until then."""
        month, number = day[:7], day[8:]
        later = sum(n for bucket, n in self.by_bucket("day", measure, [month]).items() if bucket > number)
        return self.until("day", measure, month) - later

    def by_day(self, cell: str, measure: str) -> dict[str, int]:
        """Give the sums of a family addressed by a calendar day (due, loss, visit), by day."""
        return {
            f"{month}-{bucket}": n
            for month in self.months(cell, measure)
            for bucket, n in self.by_bucket(cell, measure, [month]).items()
        }

    def seconds(self, measure: str, months: Iterable[str], zone: str, *, until_ms: int) -> int:
        """Give the seconds that a stock lasted in months: 700 containers through a day are 700 x 86 400 s.

        Each move adds the seconds from it to the end of its month; what was there before the month began lasts
        through all of it; what is left after `until_ms` is taken off again. The length of a month is the zone's.
        """
        total = 0
        for month in months:
            elapsed_s = seconds_of([month], zone, until_ms=until_ms)
            if not elapsed_s:
                continue
            length_s = (month_end_ms(month, zone) - month_start_ms(month, zone)) // 1000
            closing = self.until("day", measure, month)
            opening = closing - self.total("day", measure, [month])
            total += opening * length_s + self.total("month", f"{measure}_s", [month])
            total -= closing * (length_s - elapsed_s)
        return total


def _added(maps: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in maps:
        for key, n in each.items():
            found[key] = found.get(key, 0) + n
    return found


def seconds_of(months: Iterable[str], zone: str, *, until_ms: int) -> int:
    """Give the seconds of months that have passed at `until_ms`."""
    return sum(
        max(0, min(month_end_ms(month, zone), until_ms) - month_start_ms(month, zone)) // 1000 for month in months
    )
