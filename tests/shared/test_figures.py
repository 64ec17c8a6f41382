"""The figures: the worked examples with their exact numbers, and what every value carries."""

from fractions import Fraction
from typing import Any

import pytest

from boucle.catalogue import CATALOGUE, answers, find
from boucle.clock import day_after, month_end_ms, month_start_ms, months_between, parse_instant
from boucle.donor_parts import TABLE
from boucle.estimate import expected_trips, product_limit, quantile, wilson
from boucle.events import Event
from boucle.facts import Cell, Cells
from boucle.kpi import Maturity, NoValue, Question, Span, Value, micro
from boucle.kpi_loop import return_curve, settle_days
from boucle.opening_hours import WEEK
from boucle.reference import Book
from boucle.replay import book_of, replay
from boucle.tally import DIMENSIONS, Slice, Tally
from boucle.treatment import Route, route
from boucle.units import DAY_S
from boucle.words import LANGUAGES, say
from tests.builders import SITES, Device, code, network

PARIS = "Europe/Paris"
_SHARES = ("ratio", "days", "trips", "per_year")


def cells(*rows: tuple[str, str, str, str, int], **where: str) -> Cells:
    """Give cells of `(family, month, measure, bucket, n)`, all at one place."""
    at = {"site": "s", "partner": "p", "loop": "l", "type": "bac", "material": ""} | where
    return {
        Cell(family, month, at["site"], at["partner"], at["loop"], at["type"], at["material"], measure, bucket): n
        for family, month, measure, bucket, n in rows
    }


def value(definition_id: str, found: Cells, *months: str, as_of: str = "2027-06-15", **asked: Any) -> Value:
    question = Question(months=months or ("2026-01",), as_of_ms=parse_instant(as_of), **asked)
    return answers(Tally.of(found, question.narrowed), question, [definition_id])[definition_id]


def test_w1_a_cohort_is_final_when_its_last_dispatch_is_sixty_days_old() -> None:
    found = cells(
        ("cohort", "2026-01", "shipped", "", 400),
        ("cohort", "2026-01", "returned", "0014", 351),
        ("cohort", "2026-01", "returned_implied", "0059", 21),
        ("cohort", "2026-01", "returned", "0060", 9),
        ("cohort", "2026-01", "returned", "0091", 5),
    )
    rate = value("K1", found, as_of="2026-04-30")
    assert (rate.value, rate.numerator, rate.denominator, rate.n) == (Fraction(93, 100), 372, 400, 400)
    assert (rate.period, rate.maturity, rate.reason) == ("2026-01", Maturity.FINAL, None)
    assert value("K1-90", found, as_of="2026-04-30").numerator == 381
    assert value("K1-90", found, as_of="2026-04-30").maturity is Maturity.PROVISIONAL
    assert value("K1-180", found).numerator == 386
    last_moment = month_end_ms("2026-01", PARIS) + 60 * DAY_S * 1000
    for moment, maturity in ((last_moment - 1, Maturity.PROVISIONAL), (last_moment, Maturity.FINAL)):
        question = Question(months=("2026-01",), as_of_ms=moment)
        assert answers(Tally.of(found), question, ["K1"])["K1"].maturity is maturity


def test_the_implied_returns_of_a_cohort_are_those_that_its_rate_counts_and_not_those_of_its_month() -> None:
    found = cells(
        ("cohort", "2026-01", "shipped", "", 400),
        ("cohort", "2026-01", "returned", "0014", 351),
        ("cohort", "2026-01", "returned_implied", "0059", 21),
        ("cohort", "2026-01", "returned_implied", "0060", 3),
        ("month", "2026-01", "return_implied", "", 8),
    )
    told = {id_: value(id_, found).quality.implied for id_ in ("K1", "K1-90", "K2", "K20")}
    assert told == {"K1": 21, "K1-90": 24, "K2": 8, "K20": 8}


def test_w1_the_flow_of_a_month_may_exceed_one() -> None:
    found = cells(
        ("month", "2026-04", "dispatch", "", 311),
        ("month", "2026-04", "qty_dispatch", "", 69),
        ("month", "2026-04", "return", "", 330),
        ("month", "2026-04", "return_implied", "", 17),
        ("month", "2026-04", "qty_return", "", 63),
    )
    rate = value("K2", found, "2026-04")
    assert (rate.value, micro(rate.value), rate.quality.implied) == (Fraction(410, 380), 1_078_947, 17)


def test_w2_trips_so_far_and_expected_trips() -> None:
    found = cells(
        ("month", "2025-03", "dispatch", "", 9_100),
        ("month", "2026-01", "dispatch", "", 2_900),
        ("month", "2025-02", "opening_uses", "", 600),
        ("month", "2025-02", "opening_n", "", 40),
        ("month", "2025-03", "first_use", "", 850),
        ("month", "2026-01", "first_use", "", 10),
        ("month", "2026-02", "dispatch", "", 77),
    )
    trips = value("K4", found)
    assert (trips.numerator, trips.denominator, trips.value) == (12_600, 900, Fraction(14))
    expected = expected_trips(Fraction("0.965"))
    capped = expected_trips(Fraction("0.965"), 60)
    assert (micro(expected), micro(capped)) == (28_571_429, 25_201_887)
    assert expected_trips(Fraction(1)) is None
    assert expected_trips(Fraction(1), 60) == 60


def test_the_three_populations_of_trips_are_told_apart() -> None:
    found = cells(
        ("month", "2026-01", "dispatch", "", 700),
        ("month", "2026-01", "first_use", "", 100),
        ("month", "2026-01", "left_n", "", 20),
        ("month", "2026-01", "left_uses", "", 260),
    )
    assert value("K4", found).value == 7
    assert value("K4-left", found).value == 13
    assert value("K4-stock", found).value == Fraction(440, 80)


def a_year_of_pool(dispatches: int, pool: int) -> Cells:
    """700 containers that stand in the pool since before the year, and what left in it."""
    return cells(("month", "2026-07", "dispatch", "", dispatches), ("day", "2025-12", "pool", "30", pool))


def test_w3_rotations_per_year_use_the_mean_pool() -> None:
    rotations = value("K6", a_year_of_pool(2_900, 700), *months_between("2026-01", "2026-12"))
    assert (rotations.value, micro(rotations.value)) == (Fraction(2_900, 700), 4_142_857)
    assert rotations.denominator == 700 * 365 * DAY_S
    assert rotations.value is not None
    assert round(Fraction(365) / rotations.value, 2) == Fraction("88.10")


def test_the_pool_is_integrated_over_its_moves_and_not_read_at_month_ends() -> None:
    # 700 until the 11th at noon UTC, 640 from then on.
    moved_ms = parse_instant("2026-06-11T12:00:00Z")
    left_s = (month_end_ms("2026-06", PARIS) - moved_ms) // 1000
    found = cells(
        ("day", "2025-12", "pool", "30", 700),
        ("day", "2026-06", "pool", "11", -60),
        ("month", "2026-06", "pool_s", "", -60 * left_s),
    )
    tally = Tally.of(found)
    seconds = tally.seconds("pool", ["2026-06"], PARIS, until_ms=month_end_ms("2026-07", PARIS))
    assert seconds == 700 * 30 * DAY_S - 60 * left_s
    assert tally.seconds("pool", ["2026-07"], PARIS, until_ms=month_end_ms("2026-07", PARIS)) == 640 * 31 * DAY_S
    # While the month lasts only what has passed of it counts.
    now_ms = parse_instant("2026-06-16T00:00:00+02:00")
    passed_s = (now_ms - month_start_ms("2026-06", PARIS)) // 1000
    now = tally.seconds("pool", ["2026-06", "2026-07"], PARIS, until_ms=now_ms)
    assert now == 700 * passed_s - 60 * ((now_ms - moved_ms) // 1000)


def test_a_month_with_a_change_of_clocks_has_its_real_length() -> None:
    found = cells(("day", "2025-12", "pool", "30", 10))
    march = Tally.of(found).seconds("pool", ["2026-03"], PARIS, until_ms=month_end_ms("2026-12", PARIS))
    assert march == 10 * (31 * DAY_S - 3_600)


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


def test_w6_open_visits_count_in_the_median_and_not_in_the_mean() -> None:
    found = cells(
        *(("dwell", "2026-01", "closed", age, 1) for age in ("0006", "0009", "0030")),
        ("visit", "2026-01", "open", "10", 1),
        ("month", "2026-01", "dwell_n", "", 3),
        ("month", "2026-01", "dwell_s", "", 45 * DAY_S),
    )
    curve = product_limit({6: 1, 9: 1, 30: 1}, {41: 1})
    assert curve == [(6, Fraction(3, 4)), (9, Fraction(1, 2)), (30, Fraction(1, 4))]
    asked: dict[str, Any] = {"as_of": "2026-02-20T10:00:00+01:00"}
    assert value("K11", found, **asked).value == 15
    median = value("K11-median", found, **asked)
    assert (median.value, median.numerator, median.denominator) == (Fraction(9), 3, 4)
    still = value("K11-open", found, **asked)
    assert (still.value, still.denominator, still.period) == (Fraction(41), 1, "2026-02-20")
    assert still.bands == {"0-30": 0, "31-60": 1, "61-90": 0, ">90": 0}


def test_ends_come_before_censorings_and_a_curve_that_stays_high_has_no_median() -> None:
    assert product_limit({5: 1}, {5: 1}) == [(5, Fraction(1, 2))]
    assert product_limit({6: 1, 30: 1}, {9: 2}) == [(6, Fraction(3, 4)), (30, Fraction(0))]
    assert quantile(product_limit({5: 1}, {9: 3}), Fraction(1, 2)) is None
    found = cells(("dwell", "2026-01", "closed", "0005", 1), ("visit", "2026-01", "open", "10", 3))
    assert value("K11-median", found).reason is NoValue.NOT_REACHED
    assert value("K11-median", {}).reason is NoValue.NO_DATA


def test_w7_the_reuse_share_of_the_pool_leaves_first_uses_out() -> None:
    found = cells(("month", "2026-01", "dispatch", "", 5_000), ("month", "2026-01", "first_use", "", 350))
    share = value("K7", found)
    assert (share.value, share.numerator) == (Fraction(93, 100), 4_650)


W8 = (
    ("month", "2026-01", "treated_g", "R0|", 420_000),
    ("month", "2026-01", "treated_g", "R4|", 1_100_000),
    ("month", "2026-01", "treated_g", "R3|recycling", 800_000),
    ("month", "2026-01", "treated_g", "R1|", 300_000),
    ("month", "2026-01", "treated_g", "D5|", 180_000),
    ("month", "2026-01", "pending_g", "", 140_000),
    ("month", "2026-01", "treated_g", "R13|", 37_000),
    ("month", "2026-01", "treated_g", "R3|", 23_000),
)


def test_the_return_curve_keeps_open_loans_in_until_they_are_as_old_as_they_are() -> None:
    # Ten went out: back after 5, 9 and 9 days; one lost at 12, seen again at 20, back at 21; six are out for 15 days.
    found = cells(
        ("cohort", "2026-01", "returned", "0005", 1),
        ("cohort", "2026-01", "returned", "0009", 1),
        ("cohort", "2026-01", "returned_implied", "0009", 1),
        ("cohort", "2026-01", "returned", "0021", 1),
        ("cohort", "2026-01", "lost", "0012", 1),
        ("cohort", "2026-01", "found", "0020", 1),
        ("visit", "2026-01", "loan", "10", 6),
    )
    question = Question(months=("2026-01",), as_of_ms=parse_instant("2026-01-25"))
    curve = return_curve(Tally.of(found), question)
    steps = [(rung.duration, rung.at_risk, rung.lasting) for rung in curve if rung.ended]
    assert steps == [(5, 10, Fraction(9, 10)), (9, 9, Fraction(7, 10)), (21, 1, Fraction(0))]
    assert [(rung.duration, rung.entered, rung.censored) for rung in curve if not rung.ended] == [
        (12, 0, 1),
        (15, 0, 6),
        (20, 1, 0),
    ]
    median = value("K3", found, as_of="2026-01-25")
    assert (median.value, median.numerator, median.denominator) == (Fraction(21), 4, 10)
    assert median.bands == {"returned": 4, "open": 6, "lost": 0}
    assert median.maturity is Maturity.PROVISIONAL
    young = {at: n for at, n in found.items() if at.bucket not in ("0020", "0021")}
    assert value("K3", young, as_of="2026-01-25").reason is NoValue.NOT_REACHED
    # Without the open loans the few that came back early would pass for all of them.
    naive = {at: n for at, n in found.items() if at.cell == "cohort"}
    assert value("K3", naive, as_of="2026-01-25").value == 9


def test_w8_diversion_counts_burning_as_disposal_and_what_waits_as_not_diverted() -> None:
    found = cells(*W8)
    diverted, left = value("K23", found), value("K24", found)
    assert (diverted.numerator, diverted.denominator, micro(diverted.value)) == (2_320_000, 3_000_000, 773_333)
    assert (left.numerator, left.denominator, micro(left.value)) == (480_000, 2_800_000, 171_429)


def test_w8_what_is_pending_is_outside_the_valorisation_rate_and_printed_beside() -> None:
    found = cells(*W8)
    rate = value("K22", found)
    assert (rate.numerator, rate.denominator) == (2_620_000, 2_800_000)
    assert micro(rate.value) == 935_714
    assert micro(value("K22-material", found).value) == 828_571
    assert rate.factor_set_id == "codes-2025"
    pending = value("K21-pending", found)
    assert pending.value == 200_000
    assert pending.bands == {"retired": 140_000, "intermediate": 37_000, "unrouted": 23_000}
    routes = {name: value(f"K21-{name}", found).value for name in ("preparation", "recycling", "energy", "disposal")}
    assert routes == {"preparation": 420_000, "recycling": 1_900_000, "energy": 300_000, "disposal": 180_000}


def test_w8_comes_out_of_the_events_of_a_month_as_it_does_of_its_sums() -> None:
    phone = Device()
    film: dict[str, Any] = {"item_type": "film", "place": "strasbourg"}
    treated = (
        ("R0", "", 420_000),
        ("R4", "", 1_100_000),
        ("R3", "recycling", 800_000),
        ("R1", "", 300_000),
        ("D5", "", 180_000),
        ("R3", "", 23_000),
    )
    # 590 pieces of 300 g wait: what an intermediate treatment weighed stays there at the mass with which it was put.
    history = [
        phone.event("item.retired", at=3, qty=590, **film),
        phone.event("item.treated", at=4, qty=123, body={"code": "R13", "mass_g": 35_000}, **film),
    ]
    for code_, mode, mass_g in treated:
        body = {"code": code_, "mass_g": mass_g} | ({"mode": mode} if mode else {})
        history.append(phone.event("item.retired", at=4, qty=100, **film))
        history.append(phone.event("item.treated", at=5, qty=100, body=body, **film))
    found = replay([*network(), *history]).cells
    summed = cells(*W8)
    for definition_id in ("K22", "K22-material", "K23", "K24"):
        assert value(definition_id, found).value == value(definition_id, summed).value, definition_id
    assert micro(value("K22", found).value) == 935_714
    assert micro(value("K23", found).value) == 773_333
    assert value("K21-pending", found).value == 200_000


def test_pending_mass_is_a_stock_that_lasts_over_months() -> None:
    found = cells(("month", "2026-01", "pending_g", "", 900), ("month", "2026-03", "pending_g", "", -300))
    assert [value("K21-pending", found, month).value for month in ("2026-01", "2026-02", "2026-03")] == [900, 900, 600]


@pytest.mark.parametrize(
    ("typed", "mode", "expected"),
    [
        ("r 3", "other", Route.OTHER_MATERIAL),
        ("R3", "energy", Route.UNROUTED),
        ("R11", "energy", Route.ENERGY),
        ("R9", "reuse", Route.PREPARATION),
        ("D9", "", Route.PENDING),
        ("d9f", "", Route.DISPOSAL),
        ("R12", "recycling", Route.PENDING),
        ("R99", "", Route.UNROUTED),
        ("", "", Route.UNROUTED),
    ],
)
def test_a_code_has_a_route_or_says_that_it_has_none(typed: str, mode: str, expected: Route) -> None:
    assert route(typed, mode, "2026-01") is expected


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


def test_overdue_loans_are_past_the_end_of_their_due_day() -> None:
    found = cells(
        ("due", "2026-03", "open", "31", 4),
        ("due", "2026-04", "open", "01", 11),
        ("due", "2026-02", "open", "20", 3),
        ("due", "2025-11", "open", "02", 2),
    )
    late = value("K13", found, as_of="2026-04-01T23:00:00+02:00")
    assert (late.value, late.numerator, late.period) == (Fraction(9, 20), 9, "2026-04-01")
    assert late.bands == {"0-30": 4, "31-60": 3, "61-90": 0, ">90": 2}
    ends = cells(
        *(("due", day[:7], "open", day[8:], 1) for day in ("2026-03-02", "2026-03-01", "2026-01-31", "2026-01-30"))
    )
    late = value("K13", ends, as_of="2026-04-01T23:00:00+02:00")
    assert late.bands == {"0-30": 1, "31-60": 2, "61-90": 1, ">90": 0}


def test_what_is_out_is_read_at_the_end_of_the_month_or_today() -> None:
    found = cells(
        ("day", "2026-01", "out", "08", 31),
        ("day", "2026-01", "out", "20", -12),
        ("day", "2026-02", "out", "03", 5),
    )
    assert value("K12", found).value == 19
    assert value("K12", found, as_of="2026-01-19T12:00:00+01:00").value == 31
    assert value("K12", found, as_of="2026-01-20T00:00:00+01:00").value == 19
    assert value("K12", found, "2026-02").value == 24


def test_means_divide_what_was_completed() -> None:
    found = cells(
        ("month", "2026-01", "cycle_n", "", 7),
        ("month", "2026-01", "cycle_s", "", 11 * 21 * DAY_S),
        ("month", "2026-01", "lag_n", "", 9),
        ("month", "2026-01", "lag_s", "", 130 * DAY_S),
        ("month", "2026-01", "dispatch", "", 62),
        ("day", "2025-12", "out", "01", 40),
    )
    assert value("K10", found).value == 33
    assert value("K10-return", found).value == Fraction(130, 9)
    assert value("K10-little", found).value == Fraction(40 * 31, 62)


def test_collected_mass_says_how_much_of_it_was_weighed() -> None:
    found = cells(
        ("month", "2026-01", "received_units", "", 13),
        ("month", "2026-01", "received_g", "", 29_000),
        ("month", "2026-01", "weighed_g", "", 11_600),
        ("month", "2026-01", "reuse_g", "", 18_000),
        ("month", "2026-01", "evidence", "scanned", 33),
        ("month", "2026-01", "evidence", "declared", 5),
        ("month", "2026-01", "evidence", "inferred", 6),
        ("month", "2026-01", "repeat", "", 4),
    )
    assert [value(name, found).value for name in ("K20", "K20-mass", "K20-weighed")] == [13, 29_000, Fraction(2, 5)]
    assert value("K21-reuse", found).value == 18_000
    share = value("evidence", found)
    assert (share.value, share.quality.inferred, share.quality.duplicates) == (Fraction(3, 4), 6, 4)
    assert share.quality.unweighed_share == Fraction(3, 5)


def test_a_quarter_divides_sums_and_never_averages() -> None:
    found = cells(
        ("cohort", "2026-01", "shipped", "", 10),
        ("cohort", "2026-01", "returned", "0005", 9),
        ("cohort", "2026-03", "shipped", "", 190),
        ("cohort", "2026-03", "returned", "0005", 95),
    )
    quarter = value("K1", found, "2026-01", "2026-02", "2026-03")
    assert (quarter.value, quarter.period) == (Fraction(104, 200), "2026-01/2026-03")


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_without_data_there_is_no_share_and_no_mean(definition_id: str) -> None:
    nothing = value(definition_id, {})
    if CATALOGUE[definition_id].unit in _SHARES or CATALOGUE[definition_id].span is not Span.NOW:
        assert (nothing.value, nothing.reason) == (None, NoValue.NO_DATA)
    else:
        assert (nothing.value, nothing.reason) == (Fraction(0), None)


def test_a_count_is_nought_only_where_something_is_known_and_its_month_has_come() -> None:
    found = cells(("month", "2026-02", "dispatch", "", 4), ("day", "2026-02", "out", "03", 4))
    for month, count in (("2026-01", None), ("2026-02", 0), ("2026-03", 0), ("2027-07", None)):
        assert value("K20", found, month).value == count, month


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_a_filter_that_a_figure_cannot_honour_gives_no_value_and_says_which(definition_id: str) -> None:
    found = cells(*W8, ("day", "2025-12", "pool", "30", 700), ("month", "2026-01", "dispatch", "", 7))
    for name in DIMENSIONS:
        answer = value(definition_id, found, narrowed=Slice(**{name: "elsewhere"}))
        honoured = name in CATALOGUE[definition_id].by
        assert (answer.reason == f"not_by_{name}") is not honoured
        if not honoured:
            assert (answer.value, answer.numerator) == (None, 0)


def test_a_figure_is_narrowed_to_its_slice_and_to_what_has_none() -> None:
    found = cells(("month", "2026-01", "received_units", "", 7), loop="alsace")
    found |= cells(("month", "2026-01", "received_units", "", 5), loop="")
    assert value("K20", found).value == 12
    assert value("K20", found, narrowed=Slice(loop="alsace")).value == 7
    assert value("K20", found, narrowed=Slice(loop="")).value == 5


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_every_value_carries_all_it_must_in_integers_and_texts(definition_id: str) -> None:
    written = value(definition_id, cells(*W8), late={"2026-01": 3}).as_json()
    assert set(written) == {
        "definition_id", "value_micro", "unit", "numerator", "denominator", "n", "period", "timezone", "as_of", "view",
        "maturity", "ci_low_micro", "ci_high_micro", "quality", "reason", "bands", "factor_set_id",
    }  # fmt: skip
    kinds = {type(each) for each in (*written.values(), *written["quality"].values())}
    assert kinds <= {int, str, dict, type(None)}
    assert written["quality"]["late"] in (0, 3)


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_every_definition_has_its_words_and_is_found_by_id_and_slug(definition_id: str) -> None:
    definition = CATALOGUE[definition_id]
    assert find(definition_id.lower()) is find(definition.slug) is definition
    for lang in LANGUAGES:
        for part in ("name", "means", "formula"):
            assert say(definition.words(part), lang)
        assert say(definition.unit.words, lang)
        for measure in definition.measures:  # beside each event behind it
            assert say(f"web.measure_{measure.partition(':')[2]}", lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_without_a_value_has_its_words(lang: str) -> None:
    assert all(say(reason.words, lang) for reason in NoValue)


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_a_definition_reads_the_measures_that_it_names_and_no_other(definition_id: str) -> None:
    definition = CATALOGUE[definition_id]
    tally = _Recording()
    question = Question(months=("2026-01",), as_of_ms=parse_instant("2027-06-15"))
    definition.compute(tally, question)
    assert tally.asked <= {*definition.measures}
    # Some are asked for only when there is something to measure.
    everything = {f"{at.cell}:{at.measure}" for at in replay(_everything()).cells}
    assert {*definition.measures} <= everything | {"cohort:retired", "cohort:found", "month:found"}


class _Recording(Tally):
    """A tally that notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def months(self, cell: str, measure: str) -> list[str]:
        self.asked.add(f"{cell}:{measure}")
        return super().months(cell, measure)

    def total(self, cell: str, measure: str, months: Any, *, bucket: str | None = None) -> int:
        self.asked.add(f"{cell}:{measure}")
        return super().total(cell, measure, months, bucket=bucket)

    def until(self, cell: str, measure: str, month: str) -> int:
        self.asked.add(f"{cell}:{measure}")
        return super().until(cell, measure, month)

    def by_bucket(self, cell: str, measure: str, months: Any) -> dict[str, int]:
        self.asked.add(f"{cell}:{measure}")
        return super().by_bucket(cell, measure, months)


def _everything() -> list[Event]:
    """A history in which every measure moves."""
    phone = Device()
    hub: dict[str, Any] = {"place": "strasbourg"}
    film: dict[str, Any] = {"item_type": "film", "qty": 9, **hub}
    one, two, three, four = (code(n) for n in range(4))
    rhin, recycled = {"to": "mulhouse"}, {"code": "R3", "mode": "recycling"}
    open_hub = {**SITES["strasbourg"], "hours": " ".join(f"{day}:00:00-24:00" for day in WEEK)}
    return [
        *network(),
        phone.event("reference.set", body={"table": "site", "key": "strasbourg", "valid_from": 0, "row": open_hub}),
        *(phone.event("item.commissioned", n, body={"type": "bac", "opening_uses": 2}, **hub) for n in (one, two)),
        *(phone.event("item.commissioned", n, body={"type": "bac"}, **hub) for n in (three, four)),
        *(phone.event("item.shipped", n, body=rhin, **hub) for n in (one, two, three, four)),
        *(phone.event("item.delivered", n, place="mulhouse") for n in (one, two, three)),
        *(phone.event("item.collected", n, at=9, place="mulhouse") for n in (one, two)),
        *(phone.event("item.received", n, body={"mass_g": 2_100}, **hub) for n in (one, two)),
        *(phone.event("item.shipped", n, body=rhin, **hub) for n in (one, three)),
        phone.event("item.retired", two, body=recycled, **hub),
        phone.event("item.written_off", one, **hub),
        phone.event("item.shipped", body=rhin, **film),
        phone.event("item.received", body={"from": "mulhouse"}, **film),
        phone.event("item.retired", body={"route": "resale"}, **film),
        phone.event("item.retired", **film),
        phone.event("item.delivered", four, place="mulhouse"),
        *_repairs(phone, hub),
    ]


def _repairs(phone: Device, hub: dict[str, Any]) -> list[Event]:
    """A part that was recovered, repaired, built in and repaired again; one with its day; one failed, taken apart."""
    part, crate, broken = code(8), code(9), code(11)
    fixed = {"certificate": "C-1", "cost_cents": 700}
    holds = {"table": TABLE, "key": "bac>film", "valid_from": 0}
    return [
        phone.event("item.commissioned", part, body={"type": "bac", "origin": "recovered"}, other=crate, **hub),
        phone.event("item.commissioned", crate, body={"type": "bac"}, **hub),
        phone.event("work.opened", part, **hub),
        phone.event("work.held", part, body={"reason": "doubt"}, **hub),
        phone.event("work.unheld", part, at=10, **hub),
        phone.event("work.repaired", part, **hub),
        phone.event("work.tested", part, body={"passed": True}, **hub),
        phone.event("work.requalified", part, body=fixed, **hub),
        phone.event("part.installed", part, other=code(3), body={"avoided_cents": 8_600}, **hub),
        phone.event("work.opened", part, **hub),
        phone.event("work.opened", crate, body={"due_ms": phone.now_ms + 1}, **hub),
        phone.event("item.commissioned", broken, body={"type": "bac"}, **hub),
        phone.event("work.opened", broken, **hub),
        phone.event("work.not_repairable", broken, body={"barrier": "no_part"}, **hub),
        phone.event("reference.set", body={**holds, "row": {"expected_n": 2}}),
        phone.event("work.harvested", broken, body={"parts": [{"type": "film"}]}, **hub),
    ]


def settle(*rows: tuple[str, str, dict[str, Any]]) -> dict[str, int]:
    server = Device(dev="d-serveur")
    return settle_days(
        book_of(
            server.event("reference.set", body={"table": table, "key": key, "valid_from": 0, "row": row})
            for table, key, row in rows
        )
    )


def test_a_type_is_settled_when_its_slowest_lane_is() -> None:
    days = settle(
        ("item_type", "bac", {"due_days": 30, "loss_days": 60}),
        ("item_type", "roll", {"due_days": 21, "loss_days": 90}),
        ("lane", "a>b>bac", {"loop": "x", "due_days": 75}),
        ("lane", "a>c>*", {"loop": "x", "loss_days": 100}),
        ("lane", "no lane at all", {"loop": "x"}),
    )
    assert days == {"bac": 135, "roll": 121}
    assert settle_days(Book()) == {}


@pytest.mark.parametrize(
    ("moment", "month"), [("2026-10-31T23:30:00Z", "2026-11"), ("2026-06-30T22:30:00Z", "2026-07")]
)
def test_w20_a_month_is_cut_in_the_zone_of_the_site(moment: str, month: str) -> None:
    phone = Device()
    events = [
        *network(),
        phone.event("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "bac"}),
    ]
    phone.now_ms = parse_instant(moment) - 60_000
    events.append(phone.event("item.shipped", code(1), place="strasbourg", body={"to": "mulhouse"}))
    found = replay(events).cells
    for asked in months_between("2026-05", "2026-12"):
        flow = value("K2", found, asked)
        assert flow.denominator == (1 if asked == month else 0), asked


def test_the_figures_of_a_small_world_are_what_counting_on_fingers_gives() -> None:
    """Five crates in January: four shipped to Mulhouse, one twice; three back scanned, one implied, one written off."""
    phone = Device()
    hub: dict[str, Any] = {"place": "strasbourg"}
    events = [*network()]
    events += [phone.event("item.commissioned", code(n), at=0, body={"type": "bac"}, **hub) for n in range(5)]
    events += [phone.event("item.shipped", code(n), at=1, body={"to": "mulhouse"}, **hub) for n in range(4)]
    events += [phone.event("item.delivered", code(n), at=2, place="mulhouse") for n in (2, 3)]
    events += [phone.event("item.collected", code(n), at=10, place="mulhouse") for n in range(2)]
    events += [phone.event("item.received", code(n), at=11, body={"mass_g": 2_150}, **hub) for n in range(2)]
    events += [phone.event("item.shipped", code(0), at=15, body={"to": "nancy"}, **hub)]
    events += [phone.event("item.shipped", code(2), at=16, body={"to": "nancy"}, **hub)]
    events += [phone.event("item.received", code(0), at=25, **hub)]
    events += [phone.event("item.written_off", code(3), at=28, **hub)]
    found = replay(events).cells
    asked: dict[str, Any] = {"as_of": "2026-02-01T00:00:00+01:00"}

    def parts(definition_id: str, **more: Any) -> tuple[int, int | None]:
        answer = value(definition_id, found, **asked, **more)
        return answer.numerator, answer.denominator

    assert parts("K1") == (4, 6)
    assert parts("K1", narrowed=Slice(partner="rhin")) == (3, 4)
    assert parts("K1", narrowed=Slice(loop="lorraine")) == (1, 2)
    assert parts("K2") == (4, 6)
    assert parts("K4") == (6, 4)
    assert parts("K4-left") == (1, 1)
    assert parts("K7") == (2, 6)
    assert parts("K10") == (sum((14 * DAY_S, 15 * DAY_S)), 2)
    assert parts("K10-return") == (sum((10 * DAY_S, 10 * DAY_S, 10 * DAY_S)), 3)
    assert parts("K12") == (1, None)
    assert parts("K13") == (1, 1)
    assert parts("K20") == (3, None)
    assert parts("K20-mass") == (2 * 2_150 + 2_000, None)
    assert parts("K21-reuse") == (2 * 2_000, None)


@pytest.mark.parametrize(("as_of", "known"), [("2026-01-30T12:00:00Z", False), ("2026-02-09T12:00:00Z", True)])
def test_a_pool_of_less_than_a_week_says_nothing_of_a_year(as_of: str, *, known: bool) -> None:
    found = cells(
        ("day", "2026-01", "pool", "30", 6),
        ("month", "2026-01", "pool_s", "", 6 * DAY_S),
        ("month", "2026-01", "dispatch", "", 6),
    )
    for definition_id in ("K6", "K15"):
        told = value(definition_id, found, as_of[:7], as_of=as_of)
        assert (told.value is not None, told.reason) == (known, None if known else NoValue.TOO_SHORT)


def test_what_a_filter_cannot_tell_apart_is_not_known_of_it_and_never_nought() -> None:
    found = cells(("month", "2026-01", "evidence", "inferred", 3), ("month", "2026-01", "repeat", "", 2), loop="")
    found |= cells(("month", "2026-01", "return_implied", "", 1))
    by = {
        name: value("K2", found, narrowed=Slice(**{name: at})).quality for name, at in (("loop", "l"), ("partner", "p"))
    }
    assert (by["partner"].inferred, by["partner"].duplicates, by["partner"].implied) == (3, 2, 1)
    assert (by["loop"].inferred, by["loop"].duplicates, by["loop"].implied) == (None, None, 1)
    assert value("K2", found, narrowed=Slice(type="bac")).quality.unknown is None
    assert by["loop"].as_json()["inferred"] is None


def test_late_events_of_a_trailing_figure_are_those_of_all_its_months_or_not_known() -> None:
    found = cells(("visit", "2026-01", "open", "05", 3), ("dwell", "2026-01", "closed", "0004", 9))
    months = [str(month) for month in months_between("2025-07", "2026-06")]
    late = dict.fromkeys(months, 0) | {"2026-02": 4, "2026-06": 1}
    assert value("K11-median", found, "2026-06", late=late).quality.late == 5
    assert value("K11", found, "2026-06", late=late).quality.late == 1
    assert value("K11-median", found, "2026-06", late={"2026-06": 1}).quality.late is None
