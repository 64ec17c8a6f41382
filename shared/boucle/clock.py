"""Time as the ledger knows it: the clock that is passed in, and where a local day or month is cut.

Instants are integer milliseconds of UTC. A month or a day is a calendar period of the *site's* zone; this
module is the only place where one becomes the other.
"""

import re
import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NewType, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Month = NewType("Month", str)
"""A calendar month written `2026-10`."""
Day = NewType("Day", str)
"""A calendar day written `2026-10-31`."""

DEFAULT_ZONE = "Europe/Paris"
EARLIEST_MS = 946_684_800_000
"""2000-01-01: nothing this product records happened before."""
_QUARTER_MS = 900_000
"""Since 2000 every zone's offset is a multiple of fifteen minutes, so the instants of a quarter share one local day."""
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_NOT_A_PLACE = ("localtime", "posixrules", "Factory", "posix/", "right/")
"""Names under which a machine keeps what is its own, or clocks with leap seconds."""


class Clock(Protocol):
    """Where the present comes from; tests hand in their own."""

    def now_ms(self) -> int:
        """Give the present instant in milliseconds of UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now_ms(self) -> int:
        """Give the present instant in milliseconds of UTC."""
        return time.time_ns() // 1_000_000


class FixedClock:
    """A clock that stands where it is put, for tests and simulations."""

    def __init__(self, now_ms: int) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        """Give the instant the clock was put at."""
        return self.ms


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name if is_zone(name) else DEFAULT_ZONE)


@lru_cache(maxsize=256)
def is_zone(name: str) -> bool:
    """Tell whether `name` is a place's time zone, and one that this machine knows."""
    if not _ZONE.fullmatch(name) or name.startswith(_NOT_A_PLACE):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: `Europe` is a directory
        return False
    return True


@lru_cache(maxsize=65_536)
def _day_of_quarter(quarter: int, zone: str) -> Day:
    return Day(datetime.fromtimestamp(quarter * 900, _zone(zone)).date().isoformat())


def day_of(ms: int, zone: str) -> Day:
    """Give the calendar day of an instant in a zone; an unknown zone counts as Europe/Paris."""
    return _day_of_quarter(ms // _QUARTER_MS, zone)


def month_of(ms: int, zone: str) -> Month:
    """Give the calendar month of an instant in a zone."""
    return Month(_day_of_quarter(ms // _QUARTER_MS, zone)[:7])


def offset_ms(ms: int, zone: str) -> int:
    """Give by how much the clocks of a zone are ahead of UTC at an instant."""
    ahead = datetime.fromtimestamp(ms // 1000, _zone(zone)).utcoffset() or timedelta()
    return ahead // timedelta(milliseconds=1)


@lru_cache(maxsize=4096)
def month_start_ms(month: str, zone: str) -> int:
    """Give the first instant of a month in a zone."""
    year, number = month.split("-")
    return int(datetime(int(year), int(number), 1, tzinfo=_zone(zone)).timestamp()) * 1000


def month_end_ms(month: str, zone: str) -> int:
    """Give the first instant after a month in a zone."""
    return month_start_ms(next_month(month), zone)


@lru_cache(maxsize=4096)
def next_month(month: str, steps: int = 1) -> Month:
    """Give the month `steps` after `month` (before it, when negative)."""
    year, number = month.split("-")
    index = int(year) * 12 + int(number) - 1 + steps
    return Month(f"{index // 12:04d}-{index % 12 + 1:02d}")


def months_between(first: str, last: str) -> list[Month]:
    """Give every month from `first` to `last`, both included; none when `last` is earlier."""
    months = []
    month = Month(first)
    while month <= last:
        months.append(month)
        month = next_month(month)
    return months


@lru_cache(maxsize=65_536)
def day_after(day: str, days: int) -> Day:
    """Give the calendar day `days` after `day`."""
    return Day((date.fromisoformat(day) + timedelta(days=days)).isoformat())


@lru_cache(maxsize=4096)
def days_of(month: str) -> int:
    """Give the number of calendar days of a month."""
    return (date.fromisoformat(f"{next_month(month)}-01") - date.fromisoformat(f"{month}-01")).days


def iso(ms: int) -> str:
    """Write an instant as `2026-10-31T23:30:00.000Z`."""
    whole = datetime.fromtimestamp(ms // 1000, UTC).isoformat()
    return f"{whole.removesuffix('+00:00')}.{ms % 1000:03d}Z"


def parse_instant(text: str, zone: str = DEFAULT_ZONE) -> int:
    """Read an ISO 8601 instant, or a bare date as the start of that day in `zone`; ValueError otherwise."""
    return instant_of(datetime.fromisoformat(text.strip()), zone)


def instant_of(moment: datetime, zone: str) -> int:
    """Give the instant of a moment; one without an offset is local time in `zone`."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(zone))
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return delta // timedelta(milliseconds=1)
