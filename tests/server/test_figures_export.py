"""The exports of figures and balances: the same bytes for the same events, and no text that becomes a formula."""

import csv
import io
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from boucle.catalogue import CATALOGUE
from boucle_server.cli import main
from boucle_server.db import Database
from boucle_server.errors import InvalidInputError
from boucle_server.exports import balances, kpis
from boucle_server.exports.command import Request
from boucle_server.exports.sheets import Sheet, decimal, write_csv, write_xlsx
from boucle_server.schema import prepare
from tests.builders import code
from tests.server.figures_world import NOW, a_small_year, draft, record

HOSTILE = ["=1+1", "+33 3", "-2", "@SUM(A1)", "\tx", "\rx", "http://x.example", "12", "é;\"',\n"]


def exported(database: Database, org: str, what: Any = kpis, **asked: Any) -> bytes:
    file = io.BytesIO()
    request = Request(**{"as_of_ms": NOW, "format": "json", "first": "", "last": "", **asked})
    with database.reading() as connection:
        what.write(connection, org, file, request=request)
    return file.getvalue()


@pytest.mark.postgres
def test_both_databases_export_the_same_bytes_whatever_the_order_of_arrival(
    tmp_path: Path, fresh_postgres: Callable[[], str]
) -> None:
    one, two = Database.embedded_at(tmp_path / "b.sqlite3"), Database.at_url(fresh_postgres())
    late = [draft("item.received", code(n), at=30.5 + n, place="strasbourg") for n in range(4)]
    for database, first in ((one, late[:1]), (two, late[:3])):
        prepare(database)
        org = a_small_year(database)
        rest = [each for each in late if each not in first]
        record(database, org, first, now_ms=NOW + 1)
        record(database, org, rest, now_ms=NOW + 2)
    for what in (kpis, balances):
        assert exported(one, "acme", what) == exported(two, "acme", what)
    one.close()
    two.close()


def test_the_canonical_figures_are_integers_under_sorted_keys(database: Database) -> None:
    content = json.loads(exported(database, a_small_year(database)), parse_float=pytest.fail)
    assert list(content) == sorted(content)
    assert [list(row) == sorted(row) for row in content["values"]].count(False) == 0
    whole = [row for row in content["values"] if not row["scope"] and row["period"] == "2026-03"]
    assert {row["definition_id"] for row in whole} < set(CATALOGUE)
    assert all(row["quality"]["late"] is None for row in content["values"])


def test_as_of_stands_for_now_and_leaves_no_event_out(database: Database) -> None:
    org = a_small_year(database)
    early = json.loads(exported(database, org, as_of_ms=NOW - 60 * 86_400_000))
    rows = {row["definition_id"]: row for row in early["values"] if not row["scope"] and row["period"] == "2026-03"}
    assert rows["K1"]["maturity"] == "provisional"
    assert rows["K20"]["numerator"] > 0
    assert early["as_of"] == "2026-04-21T06:00:00.000Z"


def test_months_can_be_chosen_and_a_wrong_one_is_named(database: Database) -> None:
    org = a_small_year(database)
    content = json.loads(exported(database, org, first="2026-02", last="2026-03"))
    assert {row["period"] for row in content["values"] if row["definition_id"] == "K2"} == {"2026-02", "2026-03"}
    with pytest.raises(InvalidInputError, match="2026-13"):
        exported(database, org, first="2026-13")


def test_the_long_table_says_the_same_as_the_canonical_form(database: Database) -> None:
    org = a_small_year(database)
    content = json.loads(exported(database, org, first="2026-03", last="2026-03"))
    text = exported(database, org, format="csv", first="2026-03", last="2026-03").decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(content["values"])
    for row, value in zip(rows, content["values"], strict=True):
        assert (row["definition_id"], row["period"]) == (value["definition_id"], value["period"])
        assert row["numerator"] == str(value["numerator"])
        shown = "" if value["value_micro"] is None else decimal(Fraction(value["value_micro"], 1_000_000))
        assert row["value"] == shown
    flow = next(row for row in rows if row["definition_id"] == "K2" and row["partner"] == "nancy")
    assert Fraction(int(flow["numerator"]), int(flow["denominator"])) - Fraction(flow["value"]) < Fraction(1, 10**6)


def test_a_workbook_reads_back_with_numbers_as_numbers(database: Database) -> None:
    org = a_small_year(database)
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(exported(database, org, format="xlsx", first="2026-03", last="2026-03"))
    )
    assert book.sheet_names == ["kpi_long", "definitions", "about"]
    head, *rows = book.get_sheet_by_name("kpi_long").to_python()
    numerators = {type(row[head.index("numerator")]) for row in rows}
    assert numerators <= {int, float}
    assert len(book.get_sheet_by_name("definitions").to_python()) == 1 + len(CATALOGUE)


def test_no_text_of_a_csv_becomes_a_formula_and_no_number_is_changed() -> None:
    file = io.BytesIO()
    write_csv(file, Sheet(name="x", columns=["a", "b", "c"], rows=[(text, -2, Fraction(-1, 3)) for text in HOSTILE]))
    _, *rows = csv.reader(io.StringIO(file.getvalue().decode(), newline=""))
    for text, row in zip(HOSTILE, rows, strict=True):
        assert row[0] == (f"'{text}" if text[0] in "=+-@\t\r" else text)
        assert row[1:] == ["-2", "-0.333333"]


def test_no_text_of_a_workbook_becomes_a_formula_a_link_or_a_number() -> None:
    file = io.BytesIO()
    hostile = [text for text in HOSTILE if "\r" not in text]
    write_xlsx(file, [Sheet(name="x", columns=["a"], rows=[(text,) for text in hostile])], at_ms=NOW)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file.getvalue())).get_sheet_by_name("x").to_python()
    assert [row[0] for row in rows[1:]] == hostile
    again = io.BytesIO()
    write_xlsx(again, [Sheet(name="x", columns=["a"], rows=[(text,) for text in hostile])], at_ms=NOW)
    assert again.getvalue() == file.getvalue()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Fraction(1, 3), "0.333333"),
        (Fraction(-1, 2_000_000), "0.000000"),
        (Fraction(3, 2_000_000), "0.000002"),
        (Fraction(410, 380), "1.078947"),
        (Fraction(-7), "-7.000000"),
    ],
)
def test_a_fraction_is_written_with_six_decimals(value: Fraction, written: str) -> None:
    assert decimal(value) == written


def test_the_command_writes_figures_and_balances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    database = Database.embedded_at(data / "boucle.sqlite3")
    prepare(database)
    a_small_year(database)
    database.close()
    for what, name in (("kpis", "k.json"), ("kpis", "k.xlsx"), ("balances", "b.csv"), ("balances", "b.json")):
        out = tmp_path / name
        assert main(["export", what, "--data", str(data), "--as-of", "2026-04-10", "--out", str(out)]) == 0
        assert out.stat().st_size > 100
    told = json.loads((tmp_path / "b.json").read_text())
    assert told["day"] == "2026-04-10"
    assert any(line["partner"] == "rhin" for line in told["balances"])
    assert main(["export", "kpis", "--data", str(data), "--month", "octobre", "--out", str(tmp_path / "n.json")]) == 1
    assert not (tmp_path / "n.json").exists()
    assert "octobre" in capsys.readouterr().err
