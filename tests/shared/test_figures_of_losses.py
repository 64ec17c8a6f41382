"""The figures of losses and of how long a container serves: shrinkage, expected trips, and their bounds."""

from fractions import Fraction

import pytest

from boucle.clock import day_after, months_between
from boucle.estimate import wilson
from boucle.kpi import Maturity, NoValue, micro
from boucle.tally import Slice
from boucle.units import DAY_S
from tests.shared.figure_cells import cells, value


def test_w5_losses_per_trip_and_a_year() -> None:
    found = cells(
        ("cohort", "2026-01", "shipped", "", 400),
        ("cohort", "2026-01", "returned", "0021", 371),
        ("cohort", "2026-01", "returned_implied", "0170", 15),
        ("cohort", "2026-01", "lost", "0090", 6),
    )
    loss = value("K14", found, "2026-06")
    assert (loss.value, loss.numerator, loss.denominator) == (Fraction(14, 400), 14, 400)
    assert loss.period == "2026-01"
    yearly = Fraction(14, 400) * Fraction(2_900, 700)
    assert micro(yearly) == 145_000


def test_losses_are_told_only_of_cohorts_in_which_every_open_loan_counts_as_lost() -> None:
    found = cells(("cohort", "2026-01", "shipped", "", 400), ("cohort", "2026-01", "returned", "0021", 386))
    settled_on = day_after("2026-01-31", 210)
    for day, reason in ((settled_on, NoValue.NOT_SETTLED), (day_after(settled_on, 1), None)):
        assert value("K14", found, "2026-06", as_of=f"{day}T09:00:00+02:00").reason is reason
    assert value("K14", found, "2026-06", as_of="2026-09-01", settle_days={"bac": 300}).reason is NoValue.NOT_SETTLED
    assert value("K14", {}, "2026-06").reason is NoValue.NO_DATA
    # A month asked for does not look into its future.
    assert value("K14", found, "2025-12").reason is NoValue.NO_DATA


def test_annual_shrinkage_counts_written_off_found_and_presumed() -> None:
    found = cells(
        ("day", "2024-12", "pool", "30", 700),
        ("month", "2026-03", "lost", "", 41),
        ("month", "2026-05", "found", "", 9),
        ("month", "2025-06", "lost", "", 1_000),
        ("loss", "2026-06", "open", "11", 6),
        ("loss", "2026-06", "open", "29", 80),
        ("loss", "2025-06", "open", "11", 500),
    )
    shrinkage = value("K15", found, "2026-06", as_of="2026-06-29T12:00:00+02:00")
    assert shrinkage.bands == {"written_off": 32, "presumed": 6}
    assert (shrinkage.value, shrinkage.numerator) == (Fraction(38, 700), 38)
    assert shrinkage.period == "2025-07/2026-06"
    assert value("K15", found, "2026-06", as_of="2026-07-02").value == Fraction(118, 700)


def test_a_pool_younger_than_a_year_is_measured_over_the_months_it_has() -> None:
    found = cells(("day", "2026-05", "pool", "01", 50), ("month", "2026-05", "pool_s", "", 50 * 31 * DAY_S))
    young = value("K15", found | cells(("month", "2026-06", "lost", "", 3)), "2026-06")
    assert (young.period, young.value, young.maturity) == ("2026-05/2026-06", Fraction(3, 50), Maturity.PROVISIONAL)


@pytest.mark.parametrize(
    ("returned", "shipped", "bounds"),
    [
        (386, 400, (942_115, 979_039)),
        (3_860, 4_000, (958_844, 970_264)),
        (0, 7, (0, 354_330)),
        (7, 7, (645_670, 10**6)),
    ],
)
def test_w21_the_interval_of_a_return_rate(returned: int, shipped: int, bounds: tuple[int, int]) -> None:
    found = cells(("cohort", "2026-01", "shipped", "", shipped), ("cohort", "2026-01", "returned", "0012", returned))
    rate = value("K1-180", found)
    assert (micro(rate.ci_low), micro(rate.ci_high)) == bounds


def test_w21_below_thirty_losses_only_the_lower_bound_of_expected_trips_is_told() -> None:
    few = cells(("cohort", "2026-01", "shipped", "", 400), ("cohort", "2026-01", "returned", "0012", 386))
    trips = value("K5", few, "2026-06")
    assert (trips.value, trips.reason, trips.ci_high) == (None, NoValue.FEW_LOSSES, None)
    assert micro(trips.ci_low) == 17_275_591
    many = cells(("cohort", "2026-01", "shipped", "", 4_000), ("cohort", "2026-01", "returned", "0012", 3_860))
    trips = value("K5", many, "2026-06")
    assert (micro(trips.value), micro(trips.ci_low), micro(trips.ci_high)) == (28_571_429, 24_297_703, 33_629_125)
    assert wilson(386, 400).low < Fraction(386, 400) < wilson(386, 400).high


def test_w2_a_type_that_is_retired_after_so_many_uses_is_expected_to_serve_less() -> None:
    many = cells(("cohort", "2026-01", "shipped", "", 4_000), ("cohort", "2026-01", "returned", "0012", 3_860))
    limited = value("K5", many, "2026-06", most_uses={"bac": 60}, narrowed=Slice(type="bac"))
    assert micro(limited.value) == 25_201_887  # s = 0.965
    assert (micro(limited.ci_low), micro(limited.ci_high)) == (22_345_890, 28_132_360)
    several = value("K5", many, "2026-06", most_uses={"bac": 60})
    assert micro(several.value) == 28_571_429
    other = value("K5", many, "2026-06", most_uses={"roll": 60}, narrowed=Slice(type="bac"))
    assert other.value == several.value


def test_retirements_end_lives_but_are_no_losses() -> None:
    found = cells(
        ("cohort", "2026-01", "shipped", "", 4_000),
        ("cohort", "2026-01", "returned", "0012", 3_950),
        ("cohort", "2026-01", "retired", "", 30),
    )
    trips = value("K5", found, "2026-06")
    assert (trips.value, trips.bands) == (Fraction(50), {"lost": 50, "retired": 30})
    assert value("K14", found, "2026-06").numerator == 50


def test_only_the_last_twelve_settled_cohorts_speak_for_losses() -> None:
    months = months_between("2025-01", "2026-03")
    found = cells(
        *(("cohort", month, "shipped", "", 100) for month in months),
        *(("cohort", month, "returned", "0012", 100 - number) for number, month in enumerate(months)),
    )
    loss = value("K14", found, "2026-03", as_of="2027-06-15")
    assert (loss.period, loss.denominator, loss.numerator) == ("2025-04/2026-03", 1_200, sum(range(3, 15)))
