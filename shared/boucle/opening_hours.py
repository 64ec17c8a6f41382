"""Opening hours of a site: its week, its closed days, and how much of a span of time it was open.

A row of reference data says `hours` (`mon:08:00-12:00,13:30-17:00 tue:…`), the public `holidays` that the site keeps
and its own `closures`. A span belongs to the day on which it begins: one that passes midnight ends on the next day, and
a closed day takes away what begins on it. Open is what the clock on the wall says: an hour that comes twice is open
twice, one that is left out never. A site without hours, or with hours that make no sense, is not "always open":
nothing is known, and nothing is guessed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from boucle.clock import is_zone, offset_ms
from boucle.closed_days import Closure, Holidays, holidays_of, read_closures
from boucle.reference import Book, Site
from boucle.shape import LAST_MS
from boucle.units import DAY_MS

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of a week as a row names them, in the order of `date.weekday`."""
HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000
_DAY_MIN: Final = 1_440
LONGEST_NIGHT_MIN: Final = 720
"""A span that ends on the next day lasts twelve hours at most: a longer one is an end before its start."""
MOST_SPANS: Final = 6
"""Of one day."""
LONGEST_MS: Final = 3_653 * DAY_MS
"""Nothing is measured over more than ten years: a clock was wrong, and every day would be looked at."""
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Span(NamedTuple):
    """Minutes after the midnight with which its day begins; beyond 1440 on the next day."""

    opens: int
    closes: int


Week = tuple[tuple[Span, ...], ...]
"""The spans of each day of a week, in their order."""


@dataclass(frozen=True, slots=True)
class Opening:
    """When a site is open."""

    week: Week
    holidays: Holidays
    closures: tuple[Closure, ...]
    zone: str

    def is_closed(self, day: date) -> bool:
        """Tell whether a day is a public holiday that the site keeps, or within a closure."""
        return day in holidays_of(self.holidays, day.year) or any(one.first <= day <= one.last for one in self.closures)


def span_of(opens: str, closes: str) -> Span | None:
    """Make a span of two times `HH:MM`, the second up to `24:00`; None for one that ends before it begins.

    One that ends earlier in the day than it begins ends on the next, unless that made it longer than any night.
    """
    first, last = _minutes(opens), _minutes(closes)
    if first is None or last is None or first == _DAY_MIN:
        return None
    if last > first:
        return Span(first, last)
    return Span(first, last + _DAY_MIN) if last + _DAY_MIN - first <= LONGEST_NIGHT_MIN else None


def _minutes(time: str) -> int | None:
    hours, mark, minutes = time.partition(":")
    digits = f"{hours}{minutes}"
    if not mark or len(hours) != 2 or len(minutes) != 2 or not (digits.isascii() and digits.isdecimal()):  # noqa: PLR2004 - two digits
        return None
    found = int(hours) * 60 + int(minutes)
    return found if int(minutes) < 60 and found <= _DAY_MIN else None  # noqa: PLR2004 - minutes of an hour


def time_of(minutes: int) -> str:
    """Write minutes after midnight as `HH:MM`; midnight at the end of a span as `24:00`."""
    rest = minutes if minutes <= _DAY_MIN else minutes - _DAY_MIN
    return f"{rest // 60:02d}:{rest % 60:02d}"


def clash(week: Sequence[Sequence[Span]]) -> int | None:
    """Give the first day on which two spans overlap, that of the later one; None where none do."""
    placed = sorted(
        (day * _DAY_MIN + span.opens, day * _DAY_MIN + span.closes, day)
        for day, spans in enumerate(week)
        for span in spans
    )
    for (_, ended, _), (begun, _, day) in pairwise(placed):
        if begun < ended:
            return day
    if placed and placed[-1][1] - len(WEEK) * _DAY_MIN > placed[0][0]:
        return placed[0][2]
    return None


def write_week(spans: Mapping[int, Sequence[Span]]) -> str:
    """Write the spans of days for a site's row, in the order of the week."""
    written = {
        day: ",".join(f"{time_of(span.opens)}-{time_of(span.closes)}" for span in sorted(spans[day]))
        for day in sorted(spans)
        if spans[day]
    }
    return " ".join(f"{WEEK[day]}:{said}" for day, said in written.items())


@lru_cache(maxsize=1024)
def read_week(text: str) -> Week | None:
    """Read the hours of a site's row; None where it says none, or what makes no sense."""
    week: list[tuple[Span, ...]] = [()] * len(WEEK)
    for each in text.split():
        name, _, said = each.partition(":")
        if name not in WEEK or week[WEEK.index(name)]:
            return None
        pairs = [one.partition("-") for one in said.split(",")]
        spans = [span_of(opens, closes) for opens, _, closes in pairs]
        if None in spans or len(spans) > MOST_SPANS:
            return None
        week[WEEK.index(name)] = tuple(sorted(span for span in spans if span))
    return tuple(week) if any(week) and clash(week) is None else None


def opening_of(site: Site) -> Opening | None:
    """Give when a site is open; None where nobody said, or what was said makes no sense."""
    return _opening(site.hours, site.holidays, site.closures, site.zone)


@lru_cache(maxsize=1024)
def _opening(hours: str, holidays: str, closures: str, zone: str) -> Opening | None:
    week, closed = read_week(hours), read_closures(closures)
    kept = holidays or Holidays.NONE
    if week is None or closed is None or kept not in set(Holidays) or not is_zone(zone):
        return None
    return Opening(week, Holidays(kept), closed, zone)


def spans_on(opening: Opening, day: date) -> tuple[Span, ...]:
    """Give the spans that begin on a day, none where the site is closed."""
    return () if opening.is_closed(day) else opening.week[day.weekday()]


def is_closed_on(site: Site, day: date) -> bool:
    """Tell whether a site is known to open at no time of a day; of one without hours nothing is known."""
    opening = opening_of(site)
    return opening is not None and not spans_on(opening, day)


def open_ms(opening: Opening, start_ms: int, end_ms: int) -> int:
    """Give for how many milliseconds a site was open from one instant to another; 0 where the second is earlier."""
    found = 0
    for first_ms, last_ms, offset in _evenly(start_ms, end_ms, opening.zone):
        first, last = first_ms + offset, last_ms + offset
        for day in range(first // DAY_MS, (last - 1) // DAY_MS + 1):
            for opens, closes in _open_on(opening, day):
                found += max(0, min(last, closes) - max(first, opens))
    return found


def open_ms_at(book: Book, place: str, start_ms: int, *, end_ms: int) -> int | None:
    """Give for how long a site was open between two instants, each moment by the version of its row that held then.

    None where its hours were unknown at any of them, for more than ten years, and at the end of all calendars.
    """
    if end_ms - start_ms > LONGEST_MS or end_ms > LAST_MS - 2 * DAY_MS:
        return None
    starts = {version.valid_from for version in book.versions_of("site", place)}
    cuts = [start_ms, *sorted(each for each in starts if start_ms < each < end_ms), max(start_ms, end_ms)]
    found = 0
    for first_ms, last_ms in pairwise(cuts):
        opening = opening_of(book.site(place, first_ms))
        if opening is None:
            return None
        found += open_ms(opening, first_ms, last_ms)
    return found


def _evenly(start_ms: int, end_ms: int, zone: str) -> Iterator[tuple[int, int, int]]:
    """Cut a span of time where the clocks are changed; each piece comes with what local time is ahead of UTC."""
    for day in range(start_ms // DAY_MS, (end_ms - 1) // DAY_MS + 1):
        for first_ms, last_ms, offset in _pieces_of(day, zone):
            begins, ends = max(first_ms, start_ms), min(last_ms, end_ms)
            if begins < ends:
                yield begins, ends, offset


@lru_cache(maxsize=16_384)
def _pieces_of(day: int, zone: str) -> tuple[tuple[int, int, int], ...]:
    """Cut a day of UTC where the clocks are changed: once at most, on a whole minute."""
    starts, ends = day * DAY_MS, (day + 1) * DAY_MS
    before, after = offset_ms(starts, zone), offset_ms(ends - 1, zone)
    if before == after:
        return ((starts, ends, before),)
    low, high = starts // _MINUTE_MS, ends // _MINUTE_MS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_ms(middle * _MINUTE_MS, zone) == before else (low, middle)
    return ((starts, high * _MINUTE_MS, before), (high * _MINUTE_MS, ends, after))


@lru_cache(maxsize=16_384)
def _open_on(opening: Opening, day: int) -> tuple[tuple[int, int], ...]:
    """Give the spans of a local day, and what the day before left of its own, in local milliseconds since 1970."""
    found = []
    for begun in (day - 1, day):
        for span in spans_on(opening, date.fromordinal(_EPOCH + begun)):
            opens = max(begun * DAY_MS + span.opens * _MINUTE_MS, day * DAY_MS)
            closes = min(begun * DAY_MS + span.closes * _MINUTE_MS, (day + 1) * DAY_MS)
            if opens < closes:
                found.append((opens, closes))
    return tuple(found)
