"""Figures of the workshop: how repairs end, how long they take, what they save. None speaks of a person.

A repair counts in the month in which it is over. What is still open is outside of every rate and shown beside it.
"""

from collections.abc import Callable
from fractions import Fraction

from boucle.clock import days_of, month_end_ms
from boucle.estimate import nearest_rank, rank_median
from boucle.job_figures import Ending
from boucle.kpi import NoValue, Parts, Question, share
from boucle.repair import REPEAT_DAYS
from boucle.tally import Tally
from boucle.units import DAY_MS

P90 = Fraction(9, 10)
INSTALLED = "installed"
"""The bucket of what was built in elsewhere; what serves again as it is was shipped."""


def _ended(tally: Tally, question: Question) -> dict[str, int]:
    found = tally.by_bucket("month", "repair_closed", question.months)
    return {str(ending): found.get(ending, 0) for ending in Ending}


def success(tally: Tally, question: Question) -> Parts:
    """Compute K30: repaired over repaired and given up; neither what had no fault nor what nobody knows."""
    ended = _ended(tally, question)
    fixed = ended[Ending.FIXED]
    return share(fixed, fixed + ended[Ending.NOT_FIXED], bands=ended)


def success_of_all(tally: Tally, question: Question) -> Parts:
    """Compute K30 over every repair that is over, with how many ended in which way."""
    ended = _ended(tally, question)
    return share(ended[Ending.FIXED], sum(ended.values()), bands=ended)


def first_pass(tally: Tally, question: Question) -> Parts:
    """Compute K31: repairs that passed their first test without rework, over those tested for the first time."""
    return share(
        tally.total("month", "first_passed", question.months), tally.total("month", "first_tested", question.months)
    )


def requalification(tally: Tally, question: Question) -> Parts:
    """Compute K33: repairs that ended with an item fit to serve, over all that are over."""
    ended = _ended(tally, question)
    return share(ended[Ending.FIXED] + ended[Ending.NO_FAULT], sum(ended.values()), bands=ended)


def requalified(tally: Tally, question: Question) -> Parts:
    """Compute how many items were found fit to serve again."""
    ended = _ended(tally, question)
    fit = ended[Ending.FIXED] + ended[Ending.NO_FAULT]
    return Parts(fit, n=fit)


def turnaround_mean(tally: Tally, question: Question) -> Parts:
    """Compute K32: seconds from an item's arrival for repair until it serves again, over how many did."""
    return share(
        tally.total("month", "turnaround_s", question.months),
        tally.total("month", "turnaround_n", question.months),
        bands={
            "open": _open_at(tally, question),
            "idle_s": tally.total("month", "turnaround_idle_s", question.months),
        },
    )


def turnaround_at(rank: Fraction | None) -> Callable[[Tally, Question], Parts]:
    """Make K32 at a rank (nearest rank) or, without one, its median, in whole days of 86 400 s."""

    def compute(tally: Tally, question: Question) -> Parts:
        days = {int(age): n for age, n in tally.by_bucket("dwell", "turnaround", question.months).items()}
        over = sum(days.values())
        bands = {"open": _open_at(tally, question)}
        if not over:
            return Parts(0, 0, n=0, bands=bands)
        value = rank_median(days) if rank is None else Fraction(nearest_rank(days, rank))
        return Parts(over, over, n=over, value=value, bands=bands)

    return compute


def hours_mean(tally: Tally, question: Question) -> Parts:
    """Compute K32 in working hours: opening seconds of the site until it serves again, over how many are known."""
    counted = tally.total("month", "turnaround_hours_n", question.months)
    bands = _of_hours(tally, question, counted)
    if not counted and bands["without_hours"]:
        return Parts(0, 0, n=0, reason=NoValue.NO_OPENING_HOURS, bands=bands)
    return share(tally.total("month", "turnaround_hours_s", question.months), counted, bands=bands)


def hours_at(rank: Fraction | None) -> Callable[[Tally, Question], Parts]:
    """Make K32 in working hours at a rank (nearest rank) or, without one, its median, in whole hours."""

    def compute(tally: Tally, question: Question) -> Parts:
        hours = {int(lasted): n for lasted, n in tally.by_bucket("dwell", "turnaround_hours", question.months).items()}
        counted = sum(hours.values())
        bands = _of_hours(tally, question, counted)
        if not counted:
            return Parts(0, 0, n=0, reason=NoValue.NO_OPENING_HOURS if bands["without_hours"] else None, bands=bands)
        value = rank_median(hours) if rank is None else Fraction(nearest_rank(hours, rank))
        return Parts(counted, counted, n=counted, value=value, bands=bands)

    return compute


def _of_hours(tally: Tally, question: Question, counted: int) -> dict[str, int]:
    """Give what is said beside a figure in working hours: what is open, and what has no hours and is not in it."""
    over = sum(tally.by_bucket("dwell", "turnaround", question.months).values())
    return {"open": _open_at(tally, question), "without_hours": over - counted}


def _open_at(tally: Tally, question: Question) -> int:
    return tally.stock("jobs", min(f"{question.last}-{days_of(question.last):02d}", question.today))


def open_jobs(tally: Tally, question: Question) -> Parts:
    """Compute K34: repairs that are not over at the end of the last month, or at `as_of` while it lasts."""
    still = _open_at(tally, question)
    return Parts(still, n=still)


def late_jobs(tally: Tally, question: Question) -> Parts:
    """Compute K34 past its promise: open repairs whose day has passed, over all open repairs."""
    late = sum(n for day, n in tally.by_day("due", "job").items() if day < question.today)
    return share(late, sum(tally.by_day("visit", "job").values()))


def repeats(tally: Tally, question: Question) -> Parts:
    """Compute K35: repairs of the months after which the item came back within 90 days, over those that succeeded."""
    ended = _ended(tally, question)
    ripe = question.as_of_ms >= month_end_ms(question.last, question.zone) + REPEAT_DAYS * DAY_MS
    again = tally.total("month", "repair_again", question.months)
    return share(again, ended[Ending.FIXED] + ended[Ending.NO_FAULT], settled=ripe)


def installed(tally: Tally, question: Question) -> Parts:
    """Compute how many recovered or repaired parts were built in where they saved a purchase."""
    parts = tally.by_bucket("month", "avoided_n", question.months).get(INSTALLED, 0)
    return Parts(parts, n=parts)


def harvest_yield(tally: Tally, question: Question) -> Parts:
    """Compute the yield of K36: of the parts that were expected in donors, how many were taken out to serve again."""
    taken, expected = (tally.total("month", name, question.months) for name in ("harvest_taken", "harvest_expected"))
    return share(taken, expected)


def avoided(tally: Tally, question: Question) -> Parts:
    """Compute K37 gross: the price of a new one, on that day, of each that served again instead."""
    return Parts(
        tally.total("month", "avoided_cents", question.months), n=tally.total("month", "avoided_n", question.months)
    )


def avoided_net(tally: Tally, question: Question) -> Parts:
    """Compute K37 net: gross less what requalifying them has cost."""
    gross, cost = (tally.total("month", name, question.months) for name in ("avoided_cents", "requal_cents"))
    return Parts(
        gross - cost,
        n=tally.total("month", "avoided_n", question.months),
        bands={"gross_cents": gross, "requalification_cents": cost},
    )
