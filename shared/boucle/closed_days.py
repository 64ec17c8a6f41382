"""Days on which a site is closed though its week says otherwise: public holidays, worked out by a rule, and its own.

French law names eleven public holidays (code du travail, L3133-1); in Alsace and Moselle Good Friday and 26 December
are two more (L3134-13). A calendar names days for any year; nothing is looked up.
"""

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

_FIXED: Final = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
"""Month and day: New Year, Labour Day, 1945, National Day, Assumption, All Saints, 1918, Christmas."""
_AFTER_EASTER: Final = (1, 39, 50)
"""Days from Easter Sunday: Easter Monday, Ascension, Whit Monday."""
_GOOD_FRIDAY: Final = -2
_SAINT_STEPHEN: Final = (12, 26)
_RANGE: Final = "/"


class Holidays(StrEnum):
    """Which public holidays a site keeps; the words are `holidays.<value>`."""

    NONE = "none"
    """None of them, or only those among its own closures."""
    FRANCE = "france"
    ALSACE_MOSELLE = "alsace-moselle"


def easter(year: int) -> date:
    """Give Easter Sunday of the Gregorian calendar (the rule of Meeus, Jones and Butcher, without a table)."""
    century, rest = divmod(year, 100)
    leap, off = divmod(century, 4)
    moved = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * (year % 19) + century - leap - moved + 15) % 30
    fours, ones = divmod(rest, 4)
    sunday = (32 + 2 * off + 2 * fours - moon - ones) % 7
    late = (year % 19 + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=1024)
def holidays_of(kept: Holidays, year: int) -> frozenset[date]:
    """Give the public holidays of a year."""
    if kept is Holidays.NONE:
        return frozenset()
    sunday = easter(year)
    moving = [sunday + timedelta(days=days) for days in _AFTER_EASTER]
    fixed = [date(year, month, day) for month, day in _FIXED]
    if kept is Holidays.ALSACE_MOSELLE:
        moving.append(sunday + timedelta(days=_GOOD_FRIDAY))
        fixed.append(date(year, *_SAINT_STEPHEN))
    return frozenset((*moving, *fixed))


class Closure(NamedTuple):
    """From the first to the last day on which a site is closed, both among them."""

    first: date
    last: date


def read_closures(text: str) -> tuple[Closure, ...] | None:
    """Read the closures of a site's row, `first/last` parted by blanks; None for what makes no sense."""
    found = []
    for each in text.split():
        first, _, last = each.partition(_RANGE)
        try:
            closure = Closure(date.fromisoformat(first), date.fromisoformat(last))
        except ValueError:
            return None
        if closure.last < closure.first:
            return None
        found.append(closure)
    return tuple(found)


def write_closures(closures: list[Closure]) -> str:
    """Write closures for a site's row, those that touch or overlap as one, in their order."""
    joined: list[Closure] = []
    for each in sorted(closures):
        if joined and each.first <= joined[-1].last + timedelta(days=1):
            joined[-1] = Closure(joined[-1].first, max(joined[-1].last, each.last))
        else:
            joined.append(each)
    return " ".join(f"{first}{_RANGE}{last}" for first, last in joined)
