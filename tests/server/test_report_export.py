"""The report that a manager hands in: what the dashboard says, on paper, with the parts of every figure."""

import io
import json
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from boucle.catalogue import CATALOGUE
from boucle.words import LANGUAGES, say
from boucle_server import eventlog
from boucle_server.db import Database
from boucle_server.errors import OperatorError
from boucle_server.exports import kpis, report
from boucle_server.pdf import typeset
from boucle_server.web.month_lines import year_heads
from tests.server.figures_world import NOW, a_small_year, draft, record
from tests.server.people import an_org
from tests.server.test_figures_export import exported


def text_of(pdf: bytes) -> str:
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(io.BytesIO(pdf))]
    return " ".join(" ".join(pages).replace("\u202f", " ").split())


def reported(database: Database, org: str, months: list[str], lang: str = "fr", now_ms: int = NOW) -> str:
    with database.reading() as connection:
        return text_of(report.document(connection, org, months, as_of_ms=now_ms, lang=lang))


def written_parts(database: Database, org: str, id_: str, first: str, last: str) -> str:
    """Give both parts of a figure of some months as the canonical export has them."""
    values = json.loads(exported(database, org, kpis, first=first, last=last))["values"]
    rows = [
        row for row in values if row["definition_id"] == id_ and not row["scope"] and first <= row["period"] <= last
    ]
    return f"{sum(row['numerator'] for row in rows)} ÷ {sum(row['denominator'] for row in rows)}"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_month_is_reported_with_both_parts_of_its_figures_in_each_language(database: Database, lang: str) -> None:
    org = a_small_year(database)
    said = reported(database, org, ["2026-03"], lang)
    assert say("report.title", lang, month={"fr": "mars 2026", "en": "March 2026"}[lang]) in said
    assert written_parts(database, org, "K2", "2026-03", "2026-03") in said
    for id_ in CATALOGUE:
        assert say(CATALOGUE[id_].words("name"), lang).replace("\u202f", " ") in said, id_
    assert "Rhin Plasturgie" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_heads_of_columns_touch(database: Database, lang: str) -> None:
    org = a_small_year(database)
    goal = {"table": "goal", "key": "K1>>*", "valid_from": 0, "row": {"goal_micro": 95_000_000}}
    record(database, org, [draft("reference.set", at=-1, body=goal)])
    with database.reading() as connection:
        pdf = pypdfium2.PdfDocument(report.document(connection, org, ["2026-03"], as_of_ms=NOW, lang=lang))
    words = [say(f"web.{key}", lang) for key in ("sent", "back", "short_out", "short_mass", "short_valorised")]
    found = 0
    for page in pdf:
        text = page.get_textpage()
        for word in words:
            search = text.search(word, match_case=True, match_whole_word=False)
            while (at := search.get_next()) is not None:
                found += 1
                after = text.get_text_range(at[0] + at[1], 1)
                before = text.get_text_range(at[0] - 1, 1) if at[0] else " "
                assert not (before + after).strip().isalpha(), (word, before, after)
    assert found > len(words)


def test_figures_of_several_months_are_sums_divided_and_no_average(database: Database) -> None:
    org = a_small_year(database)
    said = reported(database, org, ["2026-01", "2026-02", "2026-03"])
    together = said.split("L’ensemble de la période")[1].split("Chiffres")[0]
    parts = written_parts(database, org, "K7", "2026-01", "2026-03")
    assert parts in together
    assert parts not in {
        written_parts(database, org, "K7", month, month) for month in ("2026-01", "2026-02", "2026-03")
    }


def test_a_checkpoint_that_was_published_stands_on_the_report(database: Database) -> None:
    org = a_small_year(database)
    assert say("report.no_witness", "fr") in reported(database, org, ["2026-03"])
    with database.writing(org) as connection:
        note = eventlog.checkpoint(connection, org, now_ms=NOW)
    said = reported(database, org, ["2026-03"])
    assert all(line in said for line in note.split("\n\n")[0].split("\n"))


def test_an_organisation_without_any_data_gets_a_report_that_says_so(database: Database) -> None:
    said = reported(database, an_org(database), ["2026-03"])
    assert say("report.nothing", "fr", month="mars 2026") in said


def test_the_same_data_gives_the_same_bytes(database: Database) -> None:
    org = a_small_year(database)
    assert exported(database, org, report, format="pdf") == exported(database, org, report, format="pdf")


def test_without_a_month_it_is_the_last_complete_one_and_too_many_are_refused(database: Database) -> None:
    org = a_small_year(database)
    assert "mai 2026" in text_of(exported(database, org, report, format="pdf"))
    for first, last in (("2020-01", "2026-03"), ("2026-03", "2026-02")):
        with pytest.raises(OperatorError):
            exported(database, org, report, format="pdf", first=first, last=last)


def test_a_workbook_and_json_hold_the_figures_of_those_months(database: Database) -> None:
    org = a_small_year(database)
    content: dict[str, Any] = json.loads(exported(database, org, report, first="2026-02", last="2026-03"))
    asked: Callable[..., bytes] = exported
    assert content == json.loads(asked(database, org, kpis, first="2026-02", last="2026-03"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(exported(database, org, report, format="xlsx", first="2026-03")))
    assert "kpi_long" in book.sheet_names


@pytest.mark.parametrize(("lang", "month"), [("fr", "septembre 2026"), ("en", "September 2026")])
def test_the_table_of_months_breaks_no_month_no_pair_of_numbers_and_no_verdict(lang: str, month: str) -> None:
    verdict = f"○ {say('goal.open', lang)}"
    pair = "1\u202f055 / 1\u202f002"
    cells = [
        month,
        "443",
        "399",
        pair,
        "80,4 %",
        f"≥ 95 %\n{verdict}",
        "100,0 %",
        "455",
        "6\u202f456\u202fkg",
        "98,3 %",
    ]
    table = report.year_table(["page.month", *year_heads("K1", lang)], [cells], lang)
    said = {"organisation": "o", "state": "s", "foot": "f", "blocks": [table]}
    (page,) = pypdfium2.PdfDocument(typeset("report", said, lang=lang, title="t", at_ms=0))
    lines = ["".join(line.split()) for line in page.get_textpage().get_text_range().splitlines()]
    for text in (month, pair, verdict):
        assert [line for line in lines if "".join(text.split()) in line], (text, lines)
