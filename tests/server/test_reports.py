"""Reports: the figures of a database are those of the replay, whatever was kept in memory before."""

import pytest

from boucle.catalogue import CATALOGUE, answers
from boucle.kpi import Question
from boucle.kpi_loop import settle_days
from boucle.reference import Book
from boucle.replay import book_of, replay
from boucle.tally import Slice, Tally
from boucle_server import partial_sums, reports
from boucle_server.db import Database
from tests.builders import code
from tests.server.figures_world import NOW, a_small_year, draft, events_in, record

SLICES = [
    Slice(),
    Slice(loop="alsace"),
    Slice(loop=""),
    Slice(partner="nancy"),
    Slice(site="strasbourg"),
    Slice(type="bac"),
    Slice(partner="rhin", type="roll"),
    Slice(site="strasbourg", loop="lorraine", type="bac"),
    Slice(loop="nowhere"),
]


def from_sql(database: Database, org: str, month: str, narrowed: Slice) -> dict[str, object]:
    with database.reading() as connection:
        asked = reports.question(connection, org, [month], as_of_ms=NOW, narrowed=narrowed)
        return {key: value.as_json() for key, value in reports.figures(connection, org, asked).items()}


class Replayed:
    """The figures as a replay of everything gives them."""

    def __init__(self, database: Database, org: str) -> None:
        with database.reading() as connection:
            events = events_in(connection, org)
        self.days = settle_days(book_of(events))
        self.cells = replay(events).cells

    def figures(self, month: str, narrowed: Slice) -> dict[str, object]:
        asked = Question(months=(month,), as_of_ms=NOW, narrowed=narrowed, settle_days=self.days)
        found = answers(Tally.of(self.cells, narrowed), asked)
        return {key: value.as_json() for key, value in found.items()}


def test_the_figures_of_a_database_are_those_of_the_replay(database: Database) -> None:
    org = a_small_year(database)
    expected = Replayed(database, org)
    for narrowed in SLICES:
        for month in ("2026-01", "2026-03", "2026-04"):
            assert from_sql(database, org, month, narrowed) == expected.figures(month, narrowed)


def test_a_late_event_shows_in_figures_that_were_asked_before(database: Database) -> None:
    org = a_small_year(database)
    before = from_sql(database, org, "2026-02", Slice(partner="nancy"))
    record(database, org, [draft("item.received", code(1), at=40.123, place="strasbourg", body={"from": "nancy"})])
    after = from_sql(database, org, "2026-02", Slice(partner="nancy"))
    assert after != before
    expected = Replayed(database, org)
    for narrowed in SLICES:
        assert from_sql(database, org, "2026-02", narrowed) == expected.figures("2026-02", narrowed)


def test_what_is_kept_in_memory_is_bounded_and_the_answer_stays_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = a_small_year(database)
    whole = [from_sql(database, org, "2026-03", narrowed) for narrowed in SLICES]
    monkeypatch.setattr(partial_sums, "MAX_SUMS", 50)
    partial_sums.forget()
    for _ in range(2):
        assert [from_sql(database, org, "2026-03", narrowed) for narrowed in SLICES] == whole
    kept = partial_sums._KEPT[database.reader]
    assert sum(map(partial_sums._size, (parts for _, parts in kept.parts.values()))) == kept.sums
    assert len(kept.parts) == 1 or kept.sums <= 50


def test_the_sums_of_every_value_of_a_dimension_make_the_whole(database: Database) -> None:
    org = a_small_year(database)
    with database.reading() as connection:
        asked = reports.question(connection, org, ["2026-02"], as_of_ms=NOW)
        whole = reports.figures(connection, org, asked, ["K2", "K20", "K12"])
        for dimension in ("loop", "partner", "site", "type"):
            found = reports.tallies(connection, org, dimension)
            parts = [answers(each, asked, ["K2", "K20", "K12"]) for each in found.values()]
            for key, value in whole.items():
                assert sum(part[key].numerator for part in parts) == value.numerator, (dimension, key)
    assert whole["K2"].numerator > 20


def test_two_organisations_never_see_each_other_s_figures(database: Database) -> None:
    org = a_small_year(database)
    other = a_small_year(database, "zeta", crates=5, seed=8)
    for each in (org, other):
        assert from_sql(database, each, "2026-02", Slice()) == Replayed(database, each).figures("2026-02", Slice())


def test_late_events_are_counted_in_the_month_in_which_they_happened(database: Database) -> None:
    org = a_small_year(database)
    with database.reading() as connection:
        events = events_in(connection, org)
        late = reports.late_events(connection, org, ["2026-02", "2026-03"], "Europe/Paris")
    february = [event for event in events if 1_769_900_400_000 <= event.teff < 1_772_319_600_000]
    assert late["2026-02"] == len(february) > 30
    assert late["2026-03"] > 30


def test_the_months_with_data_have_no_hole(database: Database) -> None:
    org = a_small_year(database)
    with database.reading() as connection:
        assert reports.months_with_data(connection, org)[:4] == ["2026-01", "2026-02", "2026-03", "2026-04"]
        assert reports.last_complete_month("Europe/Paris", NOW) == "2026-05"


def test_every_definition_is_answered() -> None:
    assert settle_days(Book()) == {}
    assert len(CATALOGUE) == 59
