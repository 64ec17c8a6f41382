"""Seasons: which days are worked, how busy each is, and what instant a local time of day is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from boucle.clock import DEFAULT_ZONE, Month, months_between, next_month
from boucle.closed_days import Holidays, holidays_of

_ZONE: Final = ZoneInfo(DEFAULT_ZONE)
_AUGUST: Final = 0.70
_LATE_DECEMBER: Final = 0.60
_DECEMBER_HOLIDAYS: Final = 20
_SATURDAY: Final = 5
_CLOSED: Final = 3
"""So many months are closed before the last complete one, which is left to whoever tries the demonstration."""
_CLOSING_DAY: Final = 8
CLOSING_HOUR: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days that are simulated: whole months up to the day before `today`, on which nothing happened yet."""

    months: int
    today: date

    @property
    def first(self) -> date:
        """The first day: the first of the month, `months` months before the present one."""
        year, month = next_month(f"{self.today:%Y-%m}", -self.months).split("-")
        return date(int(year), int(month), 1)

    @property
    def worked(self) -> list[date]:
        """Every working day before today, in order."""
        return [day for day in days(self.first, self.today) if is_worked(day)]

    def day(self, share: float) -> date:
        """Give the working day after this share of the whole span, for a story that has its time."""
        worked = self.worked
        return worked[min(len(worked) - 1, int(share * len(worked)))]


def days(first: date, end: date) -> Iterator[date]:
    """Give every day from `first` up to the one before `end`."""
    day = first
    while day < end:
        yield day
        day += timedelta(days=1)


@lru_cache(maxsize=4096)
def is_worked(day: date) -> bool:
    """Tell whether people work on this day."""
    return day.weekday() < _SATURDAY and day not in holidays_of(Holidays.ALSACE_MOSELLE, day.year)


def next_worked(day: date) -> date:
    """Give the first working day after this one."""
    day += timedelta(days=1)
    while not is_worked(day):
        day += timedelta(days=1)
    return day


def round_day(day: date, weekday: int) -> bool:
    """Tell whether the weekly round of `weekday` (Monday 0) drives today: on its day, or the next one worked."""
    planned = day - timedelta(days=day.weekday() - weekday)
    return planned <= day and is_worked(day) and not any(is_worked(other) for other in days(planned, day))


def closed_months(span: Span) -> list[Month]:
    """Give the months that the manager closes: the last but one that is complete, and some before it."""
    return list(months_between(f"{span.first:%Y-%m}", next_month(f"{span.today:%Y-%m}", -2)))[-_CLOSED:]


def closing_day(month: str) -> date:
    """Give the working day on which a month is closed."""
    day = date.fromisoformat(f"{next_month(month)}-{_CLOSING_DAY:02d}")
    return day if is_worked(day) else next_worked(day)


def busyness(day: date) -> float:
    """Give how much moves on a day, against an ordinary day: less in August and at the end of December."""
    if day.month == 8:  # noqa: PLR2004
        return _AUGUST
    if day.month == 12 and day.day >= _DECEMBER_HOLIDAYS:  # noqa: PLR2004
        return _LATE_DECEMBER
    return 1.0


def instant(day: date, hour: float) -> int:
    """Give the instant (ms, UTC) of a local hour, such as 13.5 for half past one."""
    seconds = round(hour * 3600)
    moment = datetime(day.year, day.month, day.day, tzinfo=_ZONE)
    local = moment.replace(hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60)
    return int(local.timestamp()) * 1000
