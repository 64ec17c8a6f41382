"""How long something lasts, said the same everywhere: in whole days, under a day in hours, under an hour in minutes.

Always rounded down, and by time that went by, not by dates: what began yesterday evening is some hours old, beside
whatever else of it is told in time.
"""

from typing import Final

from boucle.units import DAY_MS
from boucle.words import say

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS


def days_of(span_ms: int) -> int:
    """Give the whole days of a span; none of one that a clock set back makes negative."""
    return max(0, span_ms) // DAY_MS


def lasted(span_ms: int, lang: str) -> str:
    """Say a span."""
    whole = max(0, span_ms)
    if whole >= DAY_MS:
        return say("lasting.days", lang, n=days_of(whole))
    if whole >= _HOUR_MS:
        return say("lasting.hours", lang, n=whole // _HOUR_MS)
    return say("lasting.minutes", lang, n=whole // _MINUTE_MS)
