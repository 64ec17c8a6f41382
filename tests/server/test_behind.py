"""Behind a figure: the events, page by page, that make its parts and no others."""

import pytest

from boucle.catalogue import CATALOGUE
from boucle.kpi import Question
from boucle.tally import Slice
from boucle_server import reports
from boucle_server.behind import Counted, behind
from boucle_server.db import Database
from tests.builders import code
from tests.server.figures_world import NOW, a_small_year, draft, record

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
