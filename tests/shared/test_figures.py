"""The figures: the worked examples of loops and trips with their exact numbers."""

from fractions import Fraction
from typing import Any

import pytest

from boucle.catalogue import answers
from boucle.clock import month_end_ms, month_start_ms, months_between, parse_instant
from boucle.estimate import expected_trips, product_limit, quantile
from boucle.kpi import Maturity, NoValue, Question, micro
from boucle.kpi_loop import return_curve, settle_days
from boucle.reference import Book
from boucle.replay import book_of, replay
from boucle.tally import Slice, Tally
from boucle.units import DAY_S
from tests.builders import Device, code, network
from tests.shared.figure_cells import PARIS, a_year_of_pool, cells, value


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
