"""Figures of the loop: what comes back, how fast, how often, and what is lost on the way.

The cohort of a month is what was shipped in it; everything that became of it is counted there, whenever it happens.
"""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from boucle.clock import day_after, days_of, month_end_ms, next_month
from boucle.estimate import Rung, expected_trips, life_table, product_limit, quantile, wilson
from boucle.kpi import NoValue, Parts, Question, share
from boucle.reference import ANY_TYPE, Book
from boucle.tally import Tally
from boucle.units import DAY_MS

DEFAULT_SETTLE_DAYS = 210
"""Due after 30 days and lost 180 days later, as for a type that says nothing else."""
LANE_SIGNS = 2
"""A lane's key is `origin>destination>type`."""
WINDOW = 12
"""Months of a trailing figure."""
FEWEST_LOSSES = 30
"""Below, the error of 1/(1-s) is larger than the estimate: only the lower bound is given."""
HALF = Fraction(1, 2)
NINE_IN_TEN = Fraction(9, 10)
AGE_BANDS = ((30, "0-30"), (60, "31-60"), (90, "61-90"))
OLDEST_BAND = ">90"


class Cohorts(NamedTuple):
    """What became of the dispatches of settled months."""

    months: tuple[str, ...]
    shipped: int
    lost: int
    """Not back when their presumed-loss day had passed: written off, not found again, or presumed lost."""


def most_uses(book: Book, at_ms: int) -> dict[str, int]:
    """Give by type after how many uses a container is retired by rule, as it stands at an instant."""
    kinds = (book.item_type(key, at_ms) for key in book.keys("item_type"))
    return {kind.key: kind.most_uses for kind in kinds if kind.most_uses}


def settle_days(book: Book) -> dict[str, int]:
    """Give by type the days from shipping after which every open loan counts as lost, over all versions and lanes."""
    days: dict[str, int] = {}
    for version in book.standing:
        if version.table == "item_type":
            kind = book.item_type(version.key, version.valid_from)
            days[kind.key] = max(days.get(kind.key, 0), kind.due_days + kind.loss_days)
    for version in book.standing:
        if version.table == "lane" and version.key.count(">") == LANE_SIGNS:
            origin, destination, wanted = version.key.split(">")
            for key in days if wanted == ANY_TYPE else {wanted} & days.keys():
                days[key] = max(days[key], _lane_days(book, (origin, destination, key), version.valid_from))
    return days


def _lane_days(book: Book, way: tuple[str, str, str], at_ms: int) -> int:
    lane, kind = book.lane(*way, at_ms=at_ms), book.item_type(way[2], at_ms)
    due = kind.due_days if lane.due_days is None else lane.due_days
    return due + (kind.loss_days if lane.loss_days is None else lane.loss_days)


def return_rate(horizon_days: int) -> Callable[[Tally, Question], Parts]:
    """Make K1 at a horizon: dispatches of the months that were back before `horizon_days` x 86 400 s had passed."""

    def compute(tally: Tally, question: Question) -> Parts:
        shipped = tally.total("cohort", "shipped", question.months)
        back = sum(
            n
            for measure in ("returned", "returned_implied")
            for age, n in tally.by_bucket("cohort", measure, question.months).items()
            if int(age) < horizon_days
        )
        settled = question.as_of_ms >= month_end_ms(question.last, question.zone) + horizon_days * DAY_MS
        low, high = _sure(back, shipped)
        return share(back, shipped, low=low, high=high, settled=settled)

    return compute


def _sure(part: int, whole: int) -> tuple[Fraction | None, Fraction | None]:
    """Give the interval of a share; none for parts that make no share, which no history gives."""
    return wilson(part, whole) if 0 <= part <= whole and whole else (None, None)


def flow_rate(tally: Tally, question: Question) -> Parts:
    """Compute K2: returns of the months, scanned or implied, over their dispatches; quantities count in both."""
    returns = sum(tally.total("month", name, question.months) for name in ("return", "return_implied", "qty_return"))
    dispatches = sum(tally.total("month", name, question.months) for name in ("dispatch", "qty_dispatch"))
    return share(returns, dispatches)


def cohorts(tally: Tally, question: Question) -> Cohorts:
    """Gather the last twelve months, at or before the one asked for, of which every open loan counts as lost."""
    months: list[str] = []
    for month in reversed(tally.months("cohort", "shipped")):
        if month <= question.last and len(months) < WINDOW and _is_settled(month, tally, question):
            months.append(month)
    months.reverse()
    shipped = tally.total("cohort", "shipped", months)
    back = sum(tally.total("cohort", measure, months) for measure in ("returned", "returned_implied"))
    return Cohorts(tuple(months), shipped, shipped - back)


def _is_settled(month: str, tally: Tally, question: Question) -> bool:
    last_day = f"{month}-{days_of(month):02d}"
    return all(
        day_after(last_day, question.settle_days.get(key, DEFAULT_SETTLE_DAYS)) < question.today
        for key in tally.by_type("cohort", "shipped", [month])
    )


def _unsettled(tally: Tally, question: Question) -> Parts:
    has_data = any(month <= question.last for month in tally.months("cohort", "shipped"))
    return Parts(0, reason=NoValue.NOT_SETTLED if has_data else NoValue.NO_DATA)


def expected_uses(tally: Tally, question: Question) -> Parts:
    """Compute K5: 1/(1-s) with s the share of settled dispatches neither lost nor retired, Wilson on s.

    Of one type with a most number of uses M: (1-s^M)/(1-s), where retirements by that rule are no deaths by chance.
    Fewer than thirty losses give no value, only the lower bound; it is what carbon figures may use.
    """
    found = cohorts(tally, question)
    if not found.shipped:
        return _unsettled(tally, question)
    retired = tally.total("cohort", "retired", found.months)
    ended = found.lost + retired
    low, high = _sure(found.shipped - ended, found.shipped)
    limit = question.most_uses.get(question.narrowed.type or "")
    few = found.lost < FEWEST_LOSSES
    return Parts(
        found.shipped,
        ended,
        n=found.shipped,
        low=None if low is None else expected_trips(low, limit),
        high=None if few or high is None else expected_trips(high, limit),
        value=None if few or limit is None else expected_trips(1 - Fraction(ended, found.shipped), limit),
        reason=NoValue.FEW_LOSSES if few else None,
        months=found.months,
        bands={"lost": found.lost, "retired": retired},
    )


def loss_per_trip(tally: Tally, question: Question) -> Parts:
    """Compute K14: losses of settled cohorts over their dispatches."""
    found = cohorts(tally, question)
    if not found.shipped:
        return _unsettled(tally, question)
    low, high = _sure(found.lost, found.shipped)
    return share(found.lost, found.shipped, low=low, high=high, months=found.months)


def trips_so_far(tally: Tally, question: Question) -> Parts:
    """Compute K4: all uses over all containers that were ever used, since the first day."""
    uses, containers = _ever(tally, question)
    return share(uses, containers)


def trips_of_those_that_left(tally: Tally, question: Question) -> Parts:
    """Compute K4 of the containers that were lost or retired, found ones taken off again."""
    return share(*_left(tally, question))


def trips_of_the_stock(tally: Tally, question: Question) -> Parts:
    """Compute K4 of the containers that are still in the pool."""
    uses, containers = _ever(tally, question)
    left_uses, left = _left(tally, question)
    return share(uses - left_uses, containers - left)


def _ever(tally: Tally, question: Question) -> tuple[int, int]:
    uses = tally.until("month", "dispatch", question.last) + tally.until("month", "opening_uses", question.last)
    used = tally.until("month", "first_use", question.last) + tally.until("month", "opening_n", question.last)
    return uses, used


def _left(tally: Tally, question: Question) -> tuple[int, int]:
    return tally.until("month", "left_uses", question.last), tally.until("month", "left_n", question.last)


def reuse_share(tally: Tally, question: Question) -> Parts:
    """Compute K7: dispatches that were not a container's first use, over all dispatches."""
    dispatches = tally.total("month", "dispatch", question.months)
    return share(dispatches - tally.total("month", "first_use", question.months), dispatches)


def mean_of(name: str) -> Callable[[Tally, Question], Parts]:
    """Make a mean duration: the seconds of what was completed in the months over how many were (K10, K11)."""

    def compute(tally: Tally, question: Question) -> Parts:
        return share(
            tally.total("month", f"{name}_s", question.months), tally.total("month", f"{name}_n", question.months)
        )

    return compute


def time_out_by_stock(tally: Tally, question: Question) -> Parts:
    """Compute K10 by Little's law: seconds spent out in the months over dispatches; open loans count as they are."""
    out_s = tally.seconds("out", question.months, question.zone, until_ms=question.as_of_ms)
    return share(out_s, tally.total("month", "dispatch", question.months))


def median_dwell(tally: Tally, question: Question) -> Parts:
    """Compute K11: the median of visits that began in the last twelve months, open ones censored at `as_of`."""
    months = _year_to(question)
    ended = {int(age): n for age, n in tally.by_bucket("dwell", "closed", months).items()}
    still: dict[int, int] = {}
    for day, n in tally.by_day("visit", "open").items():
        if day[:7] in months:
            age = _days_since(day, question)
            still[age] = still.get(age, 0) + n
    closed, total = sum(ended.values()), sum(ended.values()) + sum(still.values())
    if not total:
        return share(0, 0, months=months)
    median = quantile(product_limit(ended, still), HALF)
    reason = NoValue.NOT_REACHED if median is None else None
    value = None if median is None else Fraction(median)
    return share(closed, total, value=value, reason=reason, months=months, settled=not still)


def return_curve(tally: Tally, question: Question) -> list[Rung]:
    """Give K3: at each age in days, how many dispatches of twelve months came back, and the share not back yet.

    Open loans are censored at `as_of`, those written off at their loss; one found again is observed again from then.
    """
    return life_table(*_ways_back(tally, question))


def _ways_back(tally: Tally, question: Question) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    months = _year_to(question)
    back, gone, found = (
        _by_age(tally, measures, months) for measures in (("returned", "returned_implied"), ("lost",), ("found",))
    )
    for age, n in _loans(tally, question).items():
        gone[age] = gone.get(age, 0) + n
    return back, gone, found


def _by_age(tally: Tally, measures: tuple[str, ...], months: tuple[str, ...]) -> dict[int, int]:
    ages: dict[int, int] = {}
    for measure in measures:
        for age, n in tally.by_bucket("cohort", measure, months).items():
            ages[int(age)] = ages.get(int(age), 0) + n
    return ages


def _loans(tally: Tally, question: Question) -> dict[int, int]:
    """Give the open loans of the twelve months by their age at `as_of`."""
    ages: dict[int, int] = {}
    months = _year_to(question)
    for day, n in tally.by_day("visit", "loan").items():
        if day[:7] in months:
            age = _days_since(day, question)
            ages[age] = ages.get(age, 0) + n
    return ages


def _year_to(question: Question) -> tuple[str, ...]:
    return tuple(next_month(question.last, -back) for back in range(WINDOW - 1, -1, -1))


def return_time_at(rank: Fraction) -> Callable[[Tally, Question], Parts]:
    """Make the age by which a share of the dispatches of twelve months is back, read off their curve (K3)."""

    def compute(tally: Tally, question: Question) -> Parts:
        months = _year_to(question)
        back, gone, found = _ways_back(tally, question)
        still = sum(_loans(tally, question).values())
        returned, total = sum(back.values()), sum(back.values()) + sum(gone.values()) - sum(found.values())
        if not total:
            return share(0, 0, months=months)
        days = quantile(product_limit(back, gone, found), rank)
        return share(
            returned,
            total,
            value=None if days is None else Fraction(days),
            reason=NoValue.NOT_REACHED if days is None else None,
            months=months,
            settled=not still,
            bands={"returned": returned, "open": still, "lost": total - returned - still},
        )

    return compute


def open_visits(tally: Tally, question: Question) -> Parts:
    """Compute the mean age of visits open at `as_of`, with how many are of which age."""
    ages = {_days_since(day, question): n for day, n in tally.by_day("visit", "open").items()}
    return share(sum(age * n for age, n in ages.items()), sum(ages.values()), bands=_banded(ages))


def ages_of_loans(tally: Tally, question: Question) -> dict[str, int]:
    """Give how many of the loans open at `as_of` left how long ago, wherever they are now."""
    ages: dict[int, int] = {}
    for day, n in tally.by_day("visit", "loan").items():
        age = _days_since(day, question)
        ages[age] = ages.get(age, 0) + n
    return _banded(ages)


def overdue(tally: Tally, question: Question) -> Parts:
    """Compute K13: open loans past the end of their due day over all open loans, with how long they are past it."""
    loans = tally.by_day("due", "open")
    late = {_days_since(day, question): n for day, n in loans.items() if day < question.today}
    return share(sum(late.values()), sum(loans.values()), bands=_banded(late))


def _days_since(day: str, question: Question) -> int:
    return max(0, (date.fromisoformat(question.today) - date.fromisoformat(day)).days)


def _banded(ages: dict[int, int]) -> dict[str, int]:
    bands = {name: 0 for _, name in AGE_BANDS} | {OLDEST_BAND: 0}
    for age, n in ages.items():
        bands[next((name for limit, name in AGE_BANDS if age <= limit), OLDEST_BAND)] += n
    return bands
