"""Opening hours: how long a site was open, minute by minute by the clock on its wall, and never guessed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.clock import offset_ms, parse_instant
from boucle.closed_days import Closure, Holidays, easter, holidays_of, read_closures, write_closures
from boucle.opening_hours import (
    HOUR_MS,
    LONGEST_MS,
    WEEK,
    Opening,
    Span,
    clash,
    open_ms,
    open_ms_at,
    opening_of,
    read_week,
    span_of,
    write_week,
)
from boucle.opening_words import day_words
from boucle.reference import Book, Site, Version
from boucle.rounds import Stop
from boucle.units import DAY_MS
from tests.builders import Device

PARIS = "Europe/Paris"
OFFICE = "mon:08:00-12:00,13:30-17:00 tue:08:00-12:00,13:30-17:00 wed:08:00-12:00 fri:22:00-06:00 sat:09:00-12:15"
MINUTE_MS = 60_000
ZONES = (PARIS, "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "UTC")


def at(text: str) -> int:
    return parse_instant(text)


def opened(hours: str = OFFICE, holidays: str = "", closures: str = "", zone: str = PARIS) -> Opening:
    found = opening_of(Site(key="ici", hours=hours, holidays=holidays, closures=closures, zone=zone))
    assert found is not None
    return found


def by_the_minute(opening: Opening, start_ms: int, end_ms: int) -> int:
    """Look at the clock on the wall once a minute; the two ends are whole minutes."""
    return MINUTE_MS * sum(is_open(opening, ms) for ms in range(start_ms, end_ms, MINUTE_MS))


def is_open(opening: Opening, ms: int) -> bool:
    wall = datetime.fromtimestamp(ms // 1000, ZoneInfo(opening.zone))
    for back in (0, 1):
        day = wall.date() - timedelta(days=back)
        minute = wall.hour * 60 + wall.minute + back * 1440
        spans = [] if opening.is_closed(day) else opening.week[day.weekday()]
        if any(span.opens <= minute < span.closes for span in spans):
            return True
    return False


@st.composite
def openings(draw: st.DrawFn) -> Opening:
    """Draw a week without a clash, of a zone with clocks that are changed, with holidays and a closure."""
    random = Random(draw(st.integers(0, 2**32)))
    spans: dict[int, list[Span]] = {}
    for day in range(7):
        times = sorted(random.sample(range(0, 1_440, 5), 2 * random.randrange(3)))
        spans[day] = [Span(opens, closes) for opens, closes in zip(times[::2], times[1::2], strict=True)]
        if random.random() < 0.4 and (not times or times[-1] < 1_300):
            spans[day].append(Span(1_300, 1_440 + random.randrange(1, 500)))
    week = tuple(tuple(spans[day]) for day in range(7))
    first = date(2026, 1, 1) + timedelta(days=random.randrange(365))
    closure = Closure(first, first + timedelta(days=random.randrange(9)))
    return Opening(week, draw(st.sampled_from(Holidays)), (closure,), draw(st.sampled_from(ZONES)))


TURNS = [at(text) for text in ("2026-03-28", "2026-10-24", "2026-04-04", "2026-10-03", "2026-12-23", "2018-11-03")]
STARTS = st.one_of(st.sampled_from(TURNS), st.integers(at("2026-01-01") // DAY_MS, at("2026-12-31") // DAY_MS))


@given(openings(), st.sampled_from(TURNS), st.integers(-2_000, 2_000), st.integers(0, 3_000))
def test_it_is_what_looking_at_the_clock_every_minute_gives(
    opening: Opening, near: int, off: int, minutes: int
) -> None:
    start = near + off * MINUTE_MS
    end = start + minutes * MINUTE_MS
    overlaps = any(each.closes > 1_440 for spans in opening.week for each in spans) and clash(opening.week) is not None
    found = open_ms(opening, start, end)
    assert overlaps or found == by_the_minute(opening, start, end)


@given(openings(), st.lists(st.integers(at("2026-01-01"), at("2027-01-01")), min_size=2, max_size=5))
def test_parts_add_up_and_none_is_more_than_it_lasted(opening: Opening, cuts: Sequence[int]) -> None:
    cuts = sorted(cuts)
    parts = [open_ms(opening, first, last) for first, last in pairwise(cuts)]
    assert sum(parts) == open_ms(opening, cuts[0], cuts[-1])
    if clash(opening.week) is None:
        assert all(0 <= part <= last - first for part, (first, last) in zip(parts, pairwise(cuts), strict=True))


def test_a_lunch_break_a_night_a_weekend_and_what_ends_before_it_begins() -> None:
    office = opened()
    assert open_ms(office, at("2026-11-23T09:00"), at("2026-11-23T14:00")) == 3.5 * HOUR_MS
    assert open_ms(office, at("2026-11-23T12:00"), at("2026-11-23T13:30")) == 0
    assert open_ms(office, at("2026-11-27T20:00"), at("2026-11-28T07:00")) == 8 * HOUR_MS
    assert open_ms(office, at("2026-11-28T12:15"), at("2026-11-30T08:00")) == 0
    assert open_ms(office, at("2026-11-24T09:00"), at("2026-11-23T09:00")) == 0
    week = 7.5 * 2 + 4 + 8 + 3.25
    assert open_ms(office, at("2026-11-23"), at("2026-12-07")) == 2 * week * HOUR_MS


def test_a_night_shift_has_an_hour_more_in_october_and_one_less_in_march() -> None:
    night = opened("sat:22:00-06:00")
    assert open_ms(night, at("2026-10-24"), at("2026-10-26")) == 9 * HOUR_MS
    assert open_ms(night, at("2026-03-28"), at("2026-03-30")) == 7 * HOUR_MS
    assert open_ms(opened("sun:02:15-03:15"), at("2026-03-29"), at("2026-03-30")) == HOUR_MS // 4
    assert offset_ms(at("2026-03-29T03:00"), PARIS) == 2 * HOUR_MS


def test_a_closed_day_takes_away_what_begins_on_it_and_leaves_what_began_the_day_before() -> None:
    always = " ".join(f"{day}:20:00-04:00" for day in WEEK)
    closed = opened(always, closures="2026-08-04/2026-08-05")
    assert open_ms(closed, at("2026-08-03T12:00"), at("2026-08-07")) == (8 + 4) * HOUR_MS
    assert open_ms(closed, at("2026-08-04T04:00"), at("2026-08-06T20:00")) == 0


def test_a_public_holiday_counts_where_it_is_kept() -> None:
    hours = " ".join(f"{day}:08:00-18:00" for day in WEEK)
    friday, stephen = at("2026-04-03"), at("2026-12-26")
    for holidays, on_friday, on_stephen in (("", 10, 10), ("france", 10, 10), ("alsace-moselle", 0, 0)):
        kept = opened(hours, holidays)
        assert open_ms(kept, friday, friday + DAY_MS) == on_friday * HOUR_MS
        assert open_ms(kept, stephen, stephen + DAY_MS) == on_stephen * HOUR_MS
    assert open_ms(opened(hours, "france"), at("2026-07-14"), at("2026-07-15")) == 0


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1818, "03-22"),
        (1943, "04-25"),
        (1981, "04-19"),
        (2000, "04-23"),
        (2024, "03-31"),
        (2038, "04-25"),
        (2025, "04-20"),
        (2026, "04-05"),
        (2027, "03-28"),
        (2285, "03-22"),
    ],
)
def test_easter_is_where_the_calendar_has_it(year: int, day: str) -> None:
    assert easter(year) == date.fromisoformat(f"{year}-{day}")


def test_the_holidays_of_2026_are_those_of_the_law() -> None:
    days = "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"
    france = {date.fromisoformat(f"2026-{day}") for day in days.split()}
    assert holidays_of(Holidays.FRANCE, 2026) == france
    assert holidays_of(Holidays.ALSACE_MOSELLE, 2026) == france | {date(2026, 4, 3), date(2026, 12, 26)}
    assert holidays_of(Holidays.NONE, 2026) == frozenset()


@pytest.mark.parametrize(
    "hours",
    [
        "",
        "mon",
        "mon:8-12",
        "lun:08:00-12:00",
        "mon:08:00-12:00 mon:14:00-15:00",
        "mon:12:00-08:00-",
        "mon:08:61-12:00",
        "mon:08:00-12:00,11:00-13:00",
        "mon:17:00-08:00 tue:07:00-08:00",
        "mon:24:00-08:00",
        "mon:08:00-25:00",
        "mon:08:00-08:00",
        "mon:22:00-06:00 tue:05:00-09:00",
        "sun:22:00-06:00 mon:05:59-09:00",
        "mon:²8:00-12:00",
    ],
)
def test_hours_that_say_nothing_or_make_no_sense_are_unknown(hours: str) -> None:
    assert read_week(hours) is None
    assert opening_of(Site(key="ici", hours=hours)) is None


@pytest.mark.parametrize("more", [{"holidays": "lune"}, {"closures": "2026-08-05/2026-08-04"}, {"closures": "août"}])
def test_closed_days_that_make_no_sense_leave_everything_unknown(more: dict[str, str]) -> None:
    assert opening_of(site_of({"hours": OFFICE, **more})) is None


def test_a_week_is_written_as_it_is_read_and_a_span_may_touch_the_next() -> None:
    text = "mon:00:00-24:00 tue:08:00-12:00,12:00-17:00 sun:22:00-06:00"
    week = read_week(text.replace("sun:22:00-06:00", "sun:22:00-24:00"))
    assert week is not None
    assert week[0] == (Span(0, 1_440),)
    assert read_week(text) is None, "the night of Sunday runs into Monday"
    assert write_week(dict(enumerate(read_week(OFFICE) or ()))) == OFFICE
    assert span_of("17:00", "08:00") is None, "fifteen hours are no night"
    assert span_of("20:00", "08:00") == Span(1_200, 1_920)


def test_closures_that_touch_are_written_as_one() -> None:
    said = [("2026-12-24", "2026-12-24"), ("2026-08-03", "2026-08-14"), ("2026-08-15", "2026-08-21")]
    closures = [Closure(date.fromisoformat(first), date.fromisoformat(last)) for first, last in said]
    written = write_closures(closures)
    assert written == "2026-08-03/2026-08-21 2026-12-24/2026-12-24"
    assert len(read_closures(written) or ()) == 2


def site_of(row: dict[str, str]) -> Site:
    return book_of((0, row)).site("ici", 0)


def book_of(*rows: tuple[int, dict[str, str]]) -> Book:
    server = Device()
    body = {"table": "site", "key": "ici"}
    events = [server.event("reference.set", body={**body, "valid_from": start, "row": row}) for start, row in rows]
    return Book([Version.of(each) for each in events])


def test_each_moment_is_judged_by_the_version_that_held_then() -> None:
    monday, long = at("2026-11-23"), {"hours": "mon:08:00-18:00 tue:08:00-18:00"}
    short = {"hours": "mon:08:00-12:00 tue:08:00-12:00"}
    book = book_of((0, long), (at("2026-11-24"), short))
    assert open_ms_at(book, "ici", monday, end_ms=monday + 2 * DAY_MS) == (10 + 4) * HOUR_MS
    assert open_ms_at(book, "ici", monday + 2 * DAY_MS, end_ms=monday) == 0


def test_hours_that_were_unknown_for_a_moment_leave_the_whole_unknown() -> None:
    monday, known = at("2026-11-23"), {"hours": "mon:08:00-18:00"}
    book = book_of((0, {"name": "Ici"}), (monday, known))
    assert open_ms_at(book, "ici", monday - 1, end_ms=monday + DAY_MS) is None
    assert open_ms_at(book, "ici", monday, end_ms=monday + DAY_MS) == 10 * HOUR_MS
    assert open_ms_at(book, "ailleurs", monday, end_ms=monday + DAY_MS) is None
    assert open_ms_at(book, "ici", monday, end_ms=monday + LONGEST_MS + 1) is None, "no repair lasts so long"


def test_utc_has_no_offset() -> None:
    assert offset_ms(int(datetime(2026, 7, 1, tzinfo=UTC).timestamp()) * 1000, "UTC") == 0


def told(row: dict[str, str], day: str, lang: str = "fr", *, opens: str = "", closes: str = "") -> str:
    return day_words(
        site_of(row), date.fromisoformat(day), Stop(id="1", place="ici", opens=opens, closes=closes), lang=lang
    )


def test_a_stop_is_told_when_its_place_is_open_that_day_and_that_it_is_closed() -> None:
    row = {"hours": OFFICE, "holidays": "france", "closures": "2026-08-03/2026-08-21"}
    assert told(row, "2026-11-23") == "ouvert 08:00–12:00, 13:30–17:00"
    assert told(row, "2026-11-27", "en") == "open 22:00–06:00"
    for day in ("2026-11-26", "2026-04-06", "2026-08-04"):
        assert told(row, day) == "⚠ fermé ce jour-là, d’après ses heures d’ouverture"
        assert told(row, day, opens="08:00").startswith("⚠ fermé"), "whatever was planned"
    assert told(row, "2026-11-23", closes="10:30") == "", "the stop has hours of its own"
    assert told({"name": "Ici"}, "2026-11-23") == ""
