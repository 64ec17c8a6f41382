"""Behind a figure: the events, page by page, that make its parts and no others."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import month_end_ms, months_between
from boucle.facts import Cell
from boucle.kpi import Question, Span
from boucle.tally import Slice
from boucle_server import reports
from boucle_server.behind import Counted, Part, behind
from boucle_server.db import Database
from boucle_server.demo.command import fill
from boucle_server.demo.year import ORG as DEMO
from boucle_server.demo.year import Plan
from boucle_server.settings import Settings
from tests.builders import DAY, code
from tests.server.figures_world import NOW, a_small_year, draft, record

AS_OF = month_end_ms("2026-11", "Europe/Paris") - 8 * DAY
"""Of whoever asks about the demonstration: its last day."""

SUMS = {
    "K1": (("returned", "returned_implied"), ("shipped",)),
    "K2": (("return", "return_implied", "qty_return"), ("dispatch", "qty_dispatch")),
    "K4": (("dispatch", "opening_uses"), ("first_use", "opening_n")),
    "K10-return": (("lag_s",), ("lag_n",)),
    "K11": (("dwell_s",), ("dwell_n",)),
    "K12": (("out",), ()),
    "K20-mass": (("received_g",), ()),
    "K22": ((), ("treated_g",)),
}
"""The measures that make numerator and denominator, where both are plain sums."""


def pages(database: Database, org: str, definition_id: str, asked: Question, limit: int) -> list[Counted]:
    rows: list[Counted] = []
    after: str | None = ""
    with database.reading() as connection:
        while after is not None:
            page = behind(connection, org, CATALOGUE[definition_id], asked, after=after, limit=limit)
            rows += page.rows
            after = page.next
    return rows


def question(database: Database, org: str, month: str, narrowed: Slice) -> Question:
    with database.reading() as connection:
        return reports.question(connection, org, [month], as_of_ms=NOW, narrowed=narrowed)


def made_of(rows: list[Counted], measures: tuple[str, ...]) -> int:
    return sum(fact.n for row in rows for fact in row.facts if fact.at.measure in measures)


@pytest.mark.parametrize("definition_id", SUMS)
def test_the_events_behind_a_figure_make_its_parts(database: Database, definition_id: str) -> None:
    org = a_small_year(database)
    numerator, denominator = SUMS[definition_id]
    for narrowed in (Slice(), Slice(type="bac")):
        asked = question(database, org, "2026-03", narrowed)
        with database.reading() as connection:
            value = reports.figures(connection, org, asked, [definition_id])[definition_id]
        rows = pages(database, org, definition_id, asked, 5)
        assert len({row.event.id for row in rows}) == len(rows)
        if numerator:
            assert made_of(rows, numerator) == value.numerator > 0
        if denominator:
            assert made_of(rows, denominator) == value.denominator


def test_behind_the_overdue_stand_the_dispatches_of_loans_that_are_open(database: Database) -> None:
    org = a_small_year(database)
    asked = question(database, org, "2026-03", Slice())
    with database.reading() as connection:
        value = reports.figures(connection, org, asked, ["K13"])["K13"]
    rows = pages(database, org, "K13", asked, 3)
    assert made_of(rows, ("open",)) == value.denominator
    overdue = [row for row in rows if f"{row.facts[0].at.month}-{row.facts[0].at.bucket}" < asked.today]
    assert len(overdue) == value.numerator > 0


def test_a_page_is_as_large_as_it_was_asked_to_be_and_none_repeats(database: Database) -> None:
    org = a_small_year(database)
    asked = question(database, org, "2026-02", Slice())
    whole = pages(database, org, "K2", asked, 1000)
    for limit in (1, 4):
        rows = pages(database, org, "K2", asked, limit)
        assert sorted(row.event.id for row in rows) == sorted(row.event.id for row in whole)
    with database.reading() as connection:
        page = behind(connection, org, CATALOGUE["K2"], asked, limit=4)
    assert len({row.event.subject for row in page.rows}) <= 4
    assert page.next is not None


def test_an_item_under_two_labels_is_shown_under_the_one_that_was_scanned(database: Database) -> None:
    org = a_small_year(database, crates=2)
    hub = {"place": "strasbourg"}
    record(
        database,
        org,
        [
            draft("item.commissioned", code(40), at=105, body={"type": "bac"}, **hub),
            draft("label.replaced", code(41), at=106, other=code(40)),
            draft("item.shipped", code(40), at=107, body={"to": "mulhouse"}, **hub),
            draft("item.received", code(41), at=115, **hub),
        ],
    )
    asked = question(database, org, "2026-04", Slice())
    rows = [row for row in pages(database, org, "K12", asked, 1) if row.event.code in (code(40), code(41))]
    assert rows == []
    flow = [row.event.code for row in pages(database, org, "K2", asked, 1) if row.event.code in (code(40), code(41))]
    assert sorted(flow) == sorted((code(40), code(41)))


def test_a_voided_event_stands_behind_nothing_and_what_corrects_it_stands_in_its_place(database: Database) -> None:
    org = a_small_year(database, crates=3)
    asked = question(database, org, "2026-02", Slice())
    rows = pages(database, org, "K20", asked, 10)
    wrong = next(row.event for row in rows if row.event.code)
    record(database, org, [draft("event.voided", wrong.code, at=120, body={"target": wrong.id})])
    after = pages(database, org, "K20", asked, 10)
    assert wrong.id not in {row.event.id for row in after}
    assert len(after) < len(rows)


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a small demonstration: loops, repairs, parts, waste; by its seed each figure of the workshop has events."""
    settings = Settings(data=tmp_path_factory.mktemp("demo"), jobs=False)
    fill(settings, Plan(today=date(2026, 11, 23), items=160, months=9, seed=7))
    opened = Database.open(settings)
    yield opened
    opened.close()


@pytest.mark.parametrize("definition_id", [id_ for id_, each in CATALOGUE.items() if each.span is Span.MONTH])
def test_the_events_behind_every_figure_of_a_month_make_each_measure_it_reads(
    demonstration: Database, definition_id: str
) -> None:
    definition = CATALOGUE[definition_id]
    with demonstration.reading() as connection:
        asked = reports.question(connection, DEMO, ["2026-10"], as_of_ms=AS_OF)
        tally = reports.tally(connection, DEMO)
    rows = pages(demonstration, DEMO, definition_id, asked, 50)
    for family, _, measure in (each.partition(":") for each in definition.measures):
        if family == "day":
            continue
        counted = {
            bucket: n
            for bucket, n in tally.by_bucket(family, measure, ["2026-10"]).items()
            if definition.reads(Cell(family, "2026-10", "", "", "", "", "", measure, bucket))
        }
        facts = [fact for row in rows for fact in row.facts if (fact.at.cell, fact.at.measure) == (family, measure)]
        assert sum(fact.n for fact in facts) == sum(counted.values()), measure
        for bucket, n in counted.items():
            assert sum(fact.n for fact in facts if fact.at.bucket == bucket) == n
        if measure in ("returned_implied", "return_implied"):
            # "Of which inferred" is said of the figure beside this list: both are the same events.
            value = answers(tally, asked, [definition_id])[definition_id]
            assert value.quality.implied == sum(counted.values())


@pytest.mark.parametrize(
    "definition_id", ["K30", "K31", "K32-median", "K33-units", "K36", "K36-yield", "K36-installed", "K37"]
)
def test_the_first_page_behind_a_figure_of_the_workshop_has_events_however_many_crates_come_before(
    demonstration: Database, definition_id: str
) -> None:
    with demonstration.reading() as connection:
        for month in months_between("2026-03", "2026-10"):
            asked = reports.question(connection, DEMO, [month], as_of_ms=AS_OF)
            if reports.figures(connection, DEMO, asked, [definition_id])[definition_id].numerator:
                break
        else:
            pytest.fail("nothing happened in the demonstration")
        page = behind(connection, DEMO, CATALOGUE[definition_id], asked, limit=2)
    assert 0 < len({row.event.subject for row in page.rows}) <= 2


def test_a_part_of_a_figure_is_made_of_its_own_events_alone(demonstration: Database) -> None:
    with demonstration.reading() as connection:
        # Over all months together, so that more than one ending is among them.
        asked = reports.question(connection, DEMO, list(months_between("2026-03", "2026-10")), as_of_ms=AS_OF)
        ended = reports.figures(connection, DEMO, asked, ["K30-all"])["K30-all"].bands
        assert len([n for n in ended.values() if n]) > 1
        for ending, n in ended.items():
            only = Part(measure="repair_closed", bucket=ending)
            page = behind(connection, DEMO, CATALOGUE["K30-all"], asked, limit=1000, only=only)
            assert sum(fact.n for row in page.rows for fact in row.facts) == n


def test_behind_the_return_curve_stand_the_returns_the_losses_and_the_loans_of_its_year(
    demonstration: Database,
) -> None:
    with demonstration.reading() as connection:
        asked = reports.question(connection, DEMO, ["2026-10"], as_of_ms=AS_OF)
        bands = reports.figures(connection, DEMO, asked, ["K3"])["K3"].bands
    rows = pages(demonstration, DEMO, "K3", asked, 50)
    assert made_of(rows, ("returned", "returned_implied")) == bands["returned"] > 0
    assert made_of(rows, ("loan",)) == bands["open"] > 0
    assert made_of(rows, ("lost",)) - made_of(rows, ("found",)) == bands["lost"]


def test_loans_older_than_the_year_of_the_curve_are_not_behind_it(database: Database) -> None:
    org = a_small_year(database)
    asked = question(database, org, "2027-03", Slice())
    asked = replace(asked, as_of_ms=NOW + 400 * DAY)
    with database.reading() as connection:
        bands = reports.figures(connection, org, asked, ["K3"])["K3"].bands
    rows = pages(database, org, "K3", asked, 50)
    assert {fact.at.month >= "2026-04" for row in rows for fact in row.facts} == {True}
    assert made_of(rows, ("loan",)) == bands["open"]
