"""Estimates: what a count of few cases allows to be said about the many, exactly and without floats.

Everything is a `Fraction`. Square roots are taken once in a decimal context of 40 digits, so that every machine
gives the same digits.
"""

from collections.abc import Mapping
from decimal import Context, Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

_CONTEXT = Context(prec=40)
Z_95 = Fraction("1.959963984540054235524594430520551527956")
"""The normal quantile of a two-sided interval of 95 %."""


class Rung(NamedTuple):
    """One duration of a life table: who came under observation, how many were watched then, what became of them."""

    duration: int
    entered: int
    at_risk: int
    ended: int
    censored: int
    lasting: Fraction
    """The share that lasts longer (Kaplan and Meier)."""


class Interval(NamedTuple):
    """Bounds of 95 % confidence."""

    low: Fraction
    high: Fraction


def root(value: Fraction) -> Fraction:
    """Give the square root, to 40 digits."""
    quotient = _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Fraction(_CONTEXT.sqrt(quotient))


def wilson(successes: int, trials: int) -> Interval:
    """Give the Wilson score interval of a share (E. B. Wilson, 1927); ValueError for what is no share."""
    if not 0 <= successes <= trials or not trials:
        raise ValueError(f"{successes} of {trials} is no share")
    share, z2 = Fraction(successes, trials), Z_95**2
    middle = share + z2 / (2 * trials)
    half = Z_95 * root(share * (1 - share) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    # At the ends the exact bounds are 0 and 1; only the root's last digit would say otherwise.
    low = Fraction(0) if successes == 0 else (middle - half) / scale
    high = Fraction(1) if successes == trials else (middle + half) / scale
    return Interval(low, high)


def expected_trips(survival: Fraction, limit: int | None = None) -> Fraction | None:
    """Give the expected trips of a container that survives each trip with `survival`: 1/(1-s) (PEF, equation 4).

    With a retirement limit M in trips: (1-s^M)/(1-s). None when nothing is ever lost and there is no limit.
    """
    if survival == 1:
        return None if limit is None else Fraction(limit)
    return (1 - (survival**limit if limit is not None else 0)) / (1 - survival)


def life_table(
    ended: Mapping[int, int], censored: Mapping[int, int], entered: Mapping[int, int] = MappingProxyType({})
) -> list[Rung]:
    """Give, for each duration at which something happened, what it did to the share that lasts longer.

    `ended` counts what ended by duration, `censored` what was last seen still going on, `entered` what came under
    observation late. At equal durations those who enter come before ends, and ends before censorings.
    """
    at_risk = sum(ended.values()) + sum(censored.values()) - sum(entered.values())
    survival, table = Fraction(1), list[Rung]()
    for duration in sorted({*ended, *censored, *entered}):
        came, ends, left = (counts.get(duration, 0) for counts in (entered, ended, censored))
        at_risk += came
        if ends:
            survival *= Fraction(at_risk - ends, at_risk)
        table.append(Rung(duration, came, at_risk, ends, left, survival))
        at_risk -= ends + left
    return table


def product_limit(
    ended: Mapping[int, int], censored: Mapping[int, int], entered: Mapping[int, int] = MappingProxyType({})
) -> list[tuple[int, Fraction]]:
    """Give Kaplan and Meier's curve: after each duration at which something ended, the share that lasts longer."""
    return [(rung.duration, rung.lasting) for rung in life_table(ended, censored, entered) if rung.ended]


def quantile(curve: list[tuple[int, Fraction]], share: Fraction) -> int | None:
    """Give the first duration by which `share` has ended; None when the curve never falls that far."""
    return next((duration for duration, lasting in curve if lasting <= 1 - share), None)


def nearest_rank(counts: Mapping[int, int], share: Fraction) -> int:
    """Give the smallest value that at least `share` of the cases do not exceed; ValueError without cases."""
    wanted, passed = share * sum(counts.values()), 0
    for value in sorted(counts):
        passed += counts[value]
        if passed and passed >= wanted:
            return value
    raise ValueError("no cases, no rank")


def rank_median(counts: Mapping[int, int]) -> Fraction:
    """Give the median: the middle case, or the mean of the two in the middle; ValueError without cases."""
    total = sum(counts.values())
    if total < 1:
        raise ValueError("no cases, no median")
    low = nearest_rank(counts, Fraction((total + 1) // 2, total))
    return Fraction(low + nearest_rank(counts, Fraction(total // 2 + 1, total)), 2)
