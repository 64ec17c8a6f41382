"""Figures of the pool: how much of it there is, how much is out, how often it turns, how much of it shrinks."""

from fractions import Fraction

from boucle.clock import days_of, next_month
from boucle.kpi import NoValue, Parts, Question
from boucle.kpi_loop import WINDOW
from boucle.tally import Tally, seconds_of

DAY_S = 86_400
YEAR_S = 365 * DAY_S
LEAST_OBSERVED_S = 7 * DAY_S
"""Below a week the rhythm of a working week is not seen once, and a figure of a year would be made of nothing."""


def rotations(tally: Tally, question: Question) -> Parts:
    """Compute K6: dispatches of the months over the seconds of pool they had; the scale makes it a year of 365 days."""
    pool_s = tally.seconds("pool", question.months, question.zone, until_ms=question.as_of_ms)
    dispatches = tally.total("month", "dispatch", question.months)
    return Parts(dispatches, pool_s, n=dispatches, reason=_too_short(tally, question, question.months))


def _too_short(tally: Tally, question: Question, months: tuple[str, ...]) -> NoValue | None:
    """Say that the pool has not been there for a week of the months, as long as it has not."""
    begun = next(iter(tally.months("day", "pool")), None)
    if begun is None:
        return None
    elapsed_s = seconds_of([each for each in months if each >= begun], question.zone, until_ms=question.as_of_ms)
    if begun in months:
        elapsed_s -= (int(min(tally.by_bucket("day", "pool", [begun]))) - 1) * DAY_S
    return NoValue.TOO_SHORT if 0 < elapsed_s < LEAST_OBSERVED_S else None


def in_circulation(tally: Tally, question: Question) -> Parts:
    """Compute K12: open loans at the end of the last month, or at `as_of` while it lasts."""
    last_day = f"{question.last}-{days_of(question.last):02d}"
    out = tally.stock("out", min(last_day, question.today))
    return Parts(out, n=out)


def shrinkage(tally: Tally, question: Question) -> Parts:
    """Compute K15: written off less found in twelve months, with loans presumed lost in them, over the mean pool.

    A pool younger than twelve months is measured over the months it has, and the value is not settled.
    """
    begun = next(iter(tally.months("day", "pool")), question.last)
    first = max(next_month(question.last, 1 - WINDOW), min(begun, question.last))
    months = tuple(next_month(question.last, -back) for back in range(WINDOW - 1, -1, -1))
    months = tuple(month for month in months if month >= first)
    written_off = tally.total("month", "lost", months) - tally.total("month", "found", months)
    presumed = sum(n for day, n in tally.by_day("loss", "open").items() if day[:7] in months and day < question.today)
    lost = written_off + presumed
    pool_s = tally.seconds("pool", months, question.zone, until_ms=question.as_of_ms)
    elapsed_s = seconds_of(months, question.zone, until_ms=question.as_of_ms)
    return Parts(
        lost,
        pool_s,
        n=lost,
        value=Fraction(lost * elapsed_s, pool_s) if pool_s > 0 else None,
        reason=_too_short(tally, question, months),
        months=months,
        settled=len(months) == WINDOW,
        bands={"written_off": written_off, "presumed": presumed},
    )
