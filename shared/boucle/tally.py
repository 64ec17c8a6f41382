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


Line = dict[tuple[str, str], int]
"""The sums of one measure of one month, by `(type, bucket)`."""
Part = dict[str, Line]
"""The lines of one family and month, by measure."""


class Tally:
    """Sums by cell family, month, type, measure and bucket."""

    __slots__ = ("_months", "_running", "_sums")

    def __init__(self, sums: Iterable[tuple[Sum, int]] = ()) -> None:
        """Gather sums; equal addresses add up."""
        found: defaultdict[tuple[str, str], dict[str, Line]] = defaultdict(dict)
        for (cell, month, type_key, measure, bucket), n in sums:
            line = found[cell, measure].setdefault(month, {})
            line[type_key, bucket] = line.get((type_key, bucket), 0) + n
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
                kept = line if type_key is None else {at: n for at, n in line.items() if at[0] == type_key}
                if kept:
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

    def months(self, cell: str, measure: str) -> list[str]:
        """Give the months in which a measure has sums, in order."""
        return self._months.get((cell, measure), [])

    def total(self, cell: str, measure: str, months: Iterable[str], *, bucket: str | None = None) -> int:
        """Sum a measure over months; of one bucket when it is named."""
        lines = self._sums.get((cell, measure), {})
        return sum(
            n for month in months for (_, found), n in lines.get(month, {}).items() if bucket is None or found == bucket
        )

    def by_bucket(self, cell: str, measure: str, months: Iterable[str]) -> dict[str, int]:
        """Sum a measure over months for each bucket."""
        return self._gathered(cell, measure, months, 1)

    def by_type(self, cell: str, measure: str, months: Iterable[str]) -> dict[str, int]:
        """Sum a measure over months for each type."""
        return self._gathered(cell, measure, months, 0)

    def _gathered(self, cell: str, measure: str, months: Iterable[str], part: int) -> dict[str, int]:
        lines = self._sums.get((cell, measure), {})
        found: defaultdict[str, int] = defaultdict(int)
        for month in months:
            for address, n in lines.get(month, {}).items():
                found[address[part]] += n
        return dict(found)

    def of_type(self, cell: str, measure: str, month: str, type_key: str) -> dict[str, int]:
        """Give one type's sums of a month by bucket."""
        line = self._sums.get((cell, measure), {}).get(month, {})
        return {bucket: n for (found, bucket), n in line.items() if found == type_key}

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


def seconds_of(months: Iterable[str], zone: str, *, until_ms: int) -> int:
    """Give the seconds of months that have passed at `until_ms`."""
    return sum(
        max(0, min(month_end_ms(month, zone), until_ms) - month_start_ms(month, zone)) // 1000 for month in months
    )
