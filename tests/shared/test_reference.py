"""Reference data: what each version says, from when on, and what a row that makes no sense says: nothing."""

from itertools import permutations
from typing import Any

import pytest

from boucle.clock import DEFAULT_ZONE
from boucle.events import Event
from boucle.reference import MAX_DAYS, NO_LANE, Book, ItemType, Lane, Site, Version, lane_key
from boucle.shape import MAX_NAME, MAX_TARE_G
from tests.builders import DAY, START_MS, Device


def row(device: Device, table: str, key: str, valid_from: int = 0, /, **values: Any) -> Event:
    body = {"table": table, "key": key, "valid_from": valid_from, "row": values}
    return device.event("reference.set", body=body)


def book(*events: Event) -> Book:
    return Book(Version.of(event) for event in events)


def test_each_version_speaks_from_its_start_and_the_first_one_also_for_the_time_before() -> None:
    server = Device()
    known = book(
        row(server, "item_type", "bac", START_MS + 10 * DAY, tare_g=2_300),
        row(server, "item_type", "bac", START_MS, tare_g=2_000),
    )
    weights = {at: known.item_type("bac", START_MS + at).tare_g for at in (-DAY, 0, 10 * DAY - 1, 10 * DAY, 99 * DAY)}
    assert weights == {-DAY: 2_000, 0: 2_000, 10 * DAY - 1: 2_000, 10 * DAY: 2_300, 99 * DAY: 2_300}
    assert known.row("item_type", "bac", START_MS + 10 * DAY) == {"tare_g": 2_300}
    assert known.first_start("item_type", "bac") == START_MS
    assert (known.row("item_type", "roll", START_MS), known.first_start("site", "bac")) == (None, None)
    assert (known.has("item_type", "bac"), known.has("site", "bac")) == (True, False)


def test_of_two_versions_with_one_start_the_later_event_holds_in_any_order_of_arrival() -> None:
    server = Device()
    events = [row(server, "item_type", "bac", START_MS, tare_g=grams) for grams in (2_000, 2_100, 2_200)]
    digests = set()
    for order in permutations(events):
        known = book(*order)
        assert known.item_type("bac", START_MS).tare_g == 2_200
        digests.add(known.digest())
    assert len(digests) == 1


def test_a_book_grows_without_changing_the_one_before() -> None:
    server = Device()
    first, second = row(server, "site", "metz", name="Metz"), row(server, "site", "metz", START_MS, name="Metz-Nord")
    before = book(first)
    assert before.site("metz", START_MS).name == "Metz"
    after = before.with_versions([Version.of(second)])
    assert (before.site("metz", START_MS).name, after.site("metz", START_MS).name) == ("Metz", "Metz-Nord")
    assert before.digest() != after.digest() == book(second, first).digest()
    assert [version.order for version in after.versions] == [first.order, second.order]
    assert (after.keys("site"), after.keys("lane")) == (["metz"], [])


def test_a_place_is_found_by_its_key_or_by_the_code_of_its_label() -> None:
    server = Device()
    known = book(
        row(server, "site", "metz", code="P/AAAA", name="Metz"),
        row(server, "site", "quai", code="P/BBBB"),
        row(server, "site", "P/BBBB", name="a site that is called like a code"),
    )
    assert known.site("P/AAAA", START_MS) == known.site("metz", START_MS)
    assert known.site("P/BBBB", START_MS).key == "P/BBBB"
    assert known.site_codes("metz") == ["P/AAAA"]
    assert known.site_codes("P/BBBB") == known.site_codes("nowhere") == []


def test_of_two_sites_that_claim_one_code_the_same_holds_in_any_order_of_arrival() -> None:
    server = Device()
    events = [row(server, "site", key, code="P/AAAA") for key in ("zoug", "albi")]
    assert {book(*order).site("P/AAAA", START_MS).key for order in permutations(events)} == {"albi"}


def test_a_label_that_a_site_once_had_still_leads_there() -> None:
    server = Device()
    known = book(row(server, "site", "metz", 0, code="P/OLD"), row(server, "site", "metz", START_MS, code="P/NEW"))
    assert {known.site(label, START_MS + DAY).key for label in ("P/OLD", "P/NEW")} == {"metz"}
    assert known.site_codes("metz") == ["P/NEW", "P/OLD"]


def test_what_was_never_described_is_ours_in_europe_paris_without_mass_or_lane() -> None:
    known = Book()
    assert known.site("ailleurs", START_MS) == Site(key="ailleurs", zone=DEFAULT_ZONE, partner="", known=False)
    unknown = known.item_type("bac", START_MS)
    assert unknown == ItemType(key="bac", known=False)
    assert (unknown.tare_g, unknown.due_days, unknown.loss_days, unknown.serialised) == (0, 30, 180, True)
    assert known.lane("a", "b", "bac", at_ms=START_MS) is NO_LANE
    assert (known.site("", START_MS).known, known.versions) == (False, [])


def test_a_lane_of_the_type_goes_before_the_lane_for_every_type() -> None:
    server = Device()
    known = book(
        row(server, "lane", lane_key("metz", "nancy", ""), loop="toutes", due_days=9),
        row(server, "lane", lane_key("metz", "nancy", "bac"), loop="bacs"),
    )
    assert known.lane("metz", "nancy", "bac", at_ms=START_MS) == Lane(loop="bacs", due_days=None, loss_days=None)
    assert known.lane("metz", "nancy", "roll", at_ms=START_MS) == Lane(loop="toutes", due_days=9, loss_days=None)
    assert known.lane("metz", "nancy", "", at_ms=START_MS).loop == "toutes"
    assert known.lane("nancy", "metz", "bac", at_ms=START_MS) is NO_LANE


@pytest.mark.parametrize("days", [-1, MAX_DAYS + 1, True, "12", [], {}])
def test_days_that_are_no_number_of_days_say_nothing(days: Any) -> None:
    server = Device()
    known = book(
        row(server, "lane", "metz>nancy>*", loop="l", due_days=days, loss_days=days),
        row(server, "item_type", "bac", due_days=days, loss_days=days, tare_g=days),
    )
    assert known.lane("metz", "nancy", "bac", at_ms=START_MS) == Lane(loop="l", due_days=None, loss_days=None)
    kind = known.item_type("bac", START_MS)
    assert (kind.due_days, kind.loss_days) == (30, 180)


@pytest.mark.parametrize(("grams", "believed"), [
    (0, 0), (1, 1), (90_000_000, 90_000_000), (MAX_TARE_G, MAX_TARE_G), (MAX_TARE_G + 1, 0), (-1, 0), (True, 0),
    ("2", 0),
])  # fmt: skip
def test_a_mass_is_a_count_of_grams_that_a_sum_can_hold(grams: Any, believed: int) -> None:
    assert book(row(Device(), "item_type", "bac", tare_g=grams)).item_type("bac", START_MS).tare_g == believed


def test_days_of_nothing_are_days() -> None:
    known = book(row(Device(), "lane", "a>b>*", due_days=0, loss_days=0))
    assert known.lane("a", "b", "bac", at_ms=START_MS) == Lane(due_days=0, loss_days=0)


def test_texts_of_another_type_and_texts_too_long_for_a_key_say_nothing() -> None:
    server = Device()
    long = "é" * (MAX_NAME // 2 + 1)
    known = book(
        row(server, "site", "a", name=7, partner=["x"], zone=True, code={}),
        row(server, "site", "b", partner=long, zone="Mars/Olympus", name=long),
        row(server, "item_type", "bac", material=long, serialised="no", requalify="yes"),
        row(server, "lane", "a>b>*", loop=long),
    )
    assert known.site("a", START_MS) == Site(key="a")
    assert known.site("b", START_MS) == Site(key="b", name=long)
    assert known.item_type("bac", START_MS) == ItemType(key="bac")
    assert known.lane("a", "b", "bac", at_ms=START_MS) == Lane()


def test_a_type_without_serial_numbers_says_so() -> None:
    server = Device()
    known = book(row(server, "item_type", "film", serialised=False), row(server, "item_type", "bac", requalify=True))
    film, bac = known.item_type("film", START_MS), known.item_type("bac", START_MS)
    assert (film.serialised, film.requalify, bac.serialised, bac.requalify) == (False, False, True, True)


def test_the_digest_changes_with_every_part_of_a_version() -> None:
    def digest(table: str = "site", key: str = "a", valid_from: int = 0, **values: Any) -> str:
        return book(row(Device(), table, key, valid_from, **values)).digest()

    found = [
        digest(name="x"), digest(name="y"), digest("partner", name="x"), digest(key="b", name="x"),
        digest(valid_from=1, name="x"), digest(),
    ]  # fmt: skip
    assert len(set(found)) == len(found)
    assert digest(name="x") == found[0]


def test_an_empty_row_withdraws_what_was_stated_from_the_same_instant_in_any_order_of_arrival() -> None:
    server = Device()
    first = row(server, "site", "metz", 0, name="Metz", code="P/A")
    second = row(server, "site", "metz", START_MS, name="Metz-Nord")
    taken_back = row(server, "site", "metz", START_MS)
    for events in permutations([first, second, taken_back]):
        known = book(*events)
        assert known.row("site", "metz", START_MS + DAY) == {"name": "Metz", "code": "P/A"}
        assert [version.valid_from for version in known.versions_of("site", "metz")] == [0]
        assert len(known.versions) == 3, "what was stated stays stated"
    assert book(first, second).digest() != book(first, second, taken_back).digest()


def test_a_row_of_which_nothing_is_left_was_never_described_and_can_be_described_again() -> None:
    server = Device()
    stated = row(server, "site", "toul", 0, name="Toul", code="P/B")
    gone = row(server, "site", "toul", 0)
    known = book(stated, gone)
    assert (known.has("site", "toul"), known.keys("site"), known.row("site", "toul", START_MS)) == (False, [], None)
    assert (known.first_start("site", "toul"), known.site_codes("toul")) == (None, [])
    assert (known.site("toul", START_MS).known, known.site("P/B", START_MS).known) == (False, False)
    again = known.with_versions([Version.of(row(server, "site", "toul", 0, name="Toul encore"))])
    assert again.site("toul", START_MS).name == "Toul encore"
    assert [version.row["name"] for version in again.versions_of("site", "toul")] == ["Toul encore"]
    late = known.with_versions([Version.of(row(server, "site", "toul", START_MS, name="Toul"))])
    assert late.site("toul", 0).name == "Toul", "the first version that stands speaks for the time before it"
