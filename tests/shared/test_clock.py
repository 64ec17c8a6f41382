"""Time: where a local day and month are cut, in the zone of a site and nowhere else."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boucle.clock import (
    DEFAULT_ZONE,
    EARLIEST_MS,
    FixedClock,
    SystemClock,
    day_after,
    day_of,
    days_of,
    is_zone,
    iso,
    month_end_ms,
    month_of,
    month_start_ms,
    months_between,
    next_month,
    parse_instant,
)
from tests.builders import DAY

LATEST_MS = 4_102_444_800_000  # 2100
ZONES = sorted(name for name in available_timezones() if is_zone(name))
zones = st.sampled_from(ZONES)


def ms(text: str) -> int:
    return parse_instant(text)


@pytest.mark.parametrize(("instant", "zone", "day"), [
    ("2026-01-31T22:59:59.999Z", "Europe/Paris", "2026-01-31"),
    ("2026-01-31T23:00:00Z", "Europe/Paris", "2026-02-01"),
    ("2026-01-31T23:30:00Z", "Atlantic/Azores", "2026-01-31"),
    ("2026-02-01T00:59:59Z", "Atlantic/Azores", "2026-01-31"),
    ("2026-06-30T22:00:00Z", "Europe/Paris", "2026-07-01"),  # summer time: two hours
    ("2026-03-28T23:30:00Z", "Europe/Paris", "2026-03-29"),  # the night of 23 hours
    ("2026-03-29T21:59:59Z", "Europe/Paris", "2026-03-29"),
    ("2026-10-24T21:59:59Z", "Europe/Paris", "2026-10-24"),  # the night of 25 hours
    ("2026-10-25T22:59:59Z", "Europe/Paris", "2026-10-25"),
    ("2026-10-25T23:00:00Z", "Europe/Paris", "2026-10-26"),
    ("2025-12-31T18:15:00Z", "Asia/Kathmandu", "2026-01-01"),  # five hours and three quarters
    ("2025-12-31T18:14:59Z", "Asia/Kathmandu", "2025-12-31"),
    ("2026-01-01T11:59:59Z", "Etc/GMT+12", "2025-12-31"),
    ("2025-12-31T10:00:00Z", "Pacific/Kiritimati", "2026-01-01"),
])  # fmt: skip
def test_a_day_is_that_of_the_sites_zone(instant: str, zone: str, day: str) -> None:
    assert day_of(ms(instant), zone) == day
    assert month_of(ms(instant), zone) == day[:7]


# Before 2012 some zones changed their clocks at one minute past midnight; no ledger of this product is that old.
@given(st.integers(ms("2012-01-01T00:00Z"), LATEST_MS), zones)
@example(ms("2026-10-25T00:30Z"), "Europe/Paris")
@example(ms("2026-03-29T01:00Z"), "Europe/Paris")
def test_the_day_is_what_the_calendar_of_the_zone_says(instant: int, zone: str) -> None:
    assert day_of(instant, zone) == datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).date().isoformat()


@given(st.integers(ms("2012-01-01T00:00Z"), LATEST_MS), zones)
def test_every_instant_lies_within_its_month(instant: int, zone: str) -> None:
    month = month_of(instant, zone)
    assert month_start_ms(month, zone) <= instant < month_end_ms(month, zone)
    assert month_end_ms(month, zone) == month_start_ms(next_month(month), zone)


def test_a_month_is_as_long_as_its_nights() -> None:
    hours = {month: (month_end_ms(month, "Europe/Paris") - month_start_ms(month, "Europe/Paris")) // 3_600_000
             for month in ("2026-02", "2026-03", "2026-10", "2028-02")}  # fmt: skip
    assert hours == {"2026-02": 28 * 24, "2026-03": 31 * 24 - 1, "2026-10": 31 * 24 + 1, "2028-02": 29 * 24}
    assert [days_of(month) for month in hours] == [28, 31, 31, 29]


@pytest.mark.parametrize("name", [
    "", "Europe", "Mars/Olympus", "europe/../Europe/Paris", "../../etc/passwd", "/etc/localtime", "localtime",
    "right/Europe/Paris", "posix/Europe/Paris", "posixrules", "Factory", "Europe/Paris ", "Europe/Paris\n", "\x00",
    "x" * 100_000, "\ud800", "é", "tzdata.zi", "zone.tab", "Europe/", "a/b/c/d",
])  # fmt: skip
def test_what_is_no_zone_counts_as_europe_paris(name: str) -> None:
    assert not is_zone(name)
    assert day_of(ms("2026-01-31T23:30Z"), name) == "2026-02-01"
    assert month_start_ms("2026-02", name) == month_start_ms("2026-02", DEFAULT_ZONE)


@given(st.text(max_size=40))
def test_no_text_is_too_strange_to_be_asked(name: str) -> None:
    assert is_zone(name) in (True, False)
    day_of(EARLIEST_MS, name)


def test_places_and_offsets_are_zones() -> None:
    for name in (
        "Europe/Paris",
        "UTC",
        "Etc/GMT+12",
        "America/Argentina/Buenos_Aires",
        "America/Port-au-Prince",
        "EST5EDT",
    ):
        assert is_zone(name)
    assert len(ZONES) > 400


def test_months_follow_each_other_over_the_turn_of_the_year() -> None:
    assert (next_month("2026-12"), next_month("2026-01", -1), next_month("2026-05", 30)) == (
        "2027-01", "2025-12", "2028-11",
    )  # fmt: skip
    assert months_between("2025-11", "2026-02") == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert months_between("2026-02", "2026-02") == ["2026-02"]
    assert months_between("2026-03", "2026-02") == []


def test_days_are_counted_on_the_calendar() -> None:
    assert day_after("2026-02-27", 3) == "2026-03-02"
    assert day_after("2028-02-27", 3) == "2028-03-01"
    assert day_after("2026-01-01", -1) == "2025-12-31"
    assert day_after("2026-03-28", 1) == "2026-03-29"  # a day of 23 hours is a day


@pytest.mark.parametrize(("instant", "text"), [
    (0, "1970-01-01T00:00:00.000Z"),
    (1_767_247_200_001, "2026-01-01T06:00:00.001Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
])  # fmt: skip
def test_an_instant_is_written_with_its_milliseconds(instant: int, text: str) -> None:
    assert iso(instant) == text
    assert parse_instant(text) == instant


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_a_written_instant_is_read_back(instant: int) -> None:
    assert parse_instant(iso(instant)) == instant


def test_an_instant_without_a_zone_is_one_of_the_given_zone() -> None:
    assert parse_instant("2026-07-14", "Europe/Paris") == ms("2026-07-13T22:00Z")
    assert parse_instant("2026-07-14T08:30", "Atlantic/Azores") == ms("2026-07-14T08:30Z")
    assert parse_instant(" 2026-01-01T07:00:00+01:00 ") == ms("2026-01-01T06:00Z")
    assert parse_instant("2026-10-25T02:30", "Europe/Paris") == ms("2026-10-25T00:30Z")  # of the two, the first


@given(st.text(max_size=30))
@example("2026-02-30")
@example("0000-01-01")
@example("9999-12-31T23:59:59-23:59")
@example("0001-01-01T00:00:00+23:59")
@example("\ud800")
def test_a_text_is_an_instant_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse_instant(text), int)


def test_a_clock_is_handed_in() -> None:
    clock = FixedClock(5)
    assert clock.now_ms() == 5
    clock.ms += DAY
    assert clock.now_ms() == 5 + DAY
    before = datetime.now(UTC).timestamp() * 1000
    assert before - 1000 < SystemClock().now_ms() < before + 60_000
