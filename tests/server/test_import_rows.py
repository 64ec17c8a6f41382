"""Imports read every row before anything is written: what is created, unchanged, or faulty and why."""

from dataclasses import replace
from pathlib import Path

import pytest

from boucle.codes import read_label
from boucle.memory import MemoryStore
from boucle.reference import Version
from boucle.words import LANGUAGES, say
from boucle_server.errors import OperatorError
from boucle_server.imports.cells import CellError, cents, grams, instant, siret
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.rows import MissingColumnsError, Register, RowOutcome, plan
from boucle_server.imports.sheet_file import read_rows, write_rows, write_template
from tests.builders import START_MS, Device, code, network


def register(*commissioned: str) -> Register:
    store = MemoryStore()
    phone = Device()
    crates = [phone.event("item.commissioned", one, place="metz", body={"type": "bac"}) for one in commissioned]
    store.accept([*network(), *crates])
    return Register(book=store.book(), bindings=store, operators=frozenset({"ana"}), now_ms=START_MS)


def test_numbers_and_dates_are_read_as_french_firms_write_them() -> None:
    assert (grams("2,15"), grams("1 250"), grams("0.3")) == (2_150, 1_250_000, 300)
    assert (cents("4,50 €"), cents("12")) == (450, 1_200)
    assert instant("31/12/2025") == instant("2025-12-31")
    for wrong in ("-1", "2,1505", "NaN", "1e9", "deux"):
        with pytest.raises(CellError):
            grams(wrong)


@pytest.mark.parametrize(("number", "good"), [("732 829 320 00074", True), ("73282932000075", False), ("7328", False)])
def test_a_siret_must_fit_its_check(number: str, good: bool) -> None:
    if good:
        assert siret(number) == "73282932000074"
    else:
        with pytest.raises(CellError):
            siret(number)


def test_good_rows_become_drafts_and_each_faulty_one_says_row_column_and_reason() -> None:
    rows = [
        ["Étiquette", "TYPE", "Lieu", "Utilisations passées", "remarque"],
        [code(1), "bac", "strasbourg", "12", "x"],
        [code(2)[:-1] + "0", "bac", "strasbourg", "", ""],
        [code(3), "inconnu", "strasbourg", "", ""],
        [code(4), "bac", "", "", ""],
        ["", "", "", "", ""],
        [code(1).lower(), "bac", "metz", "", ""],
        [code(5), "bac", "metz", "-3", ""],
        [code(6), "bac", "metz", "", ""],
    ]
    made = plan("items", rows, register(code(6)))
    assert made.counts == {
        RowOutcome.CREATED: 1,
        RowOutcome.CHANGED: 0,
        RowOutcome.UNCHANGED: 1,
        RowOutcome.FAULTY: 5,
    }
    assert [(fault.row, fault.column, fault.key) for fault in made.faults] == [
        (3, "étiquette", "import.label_misread"),
        (4, "type", "import.no_item_type"),
        (5, "site", "import.empty"),
        (7, "", "import.twice"),
        (8, "utilisations passées", "import.bad_number"),
    ]
    assert made.unknown_columns == ["remarque"]
    [draft] = made.drafts
    assert draft.fields == {"code": code(1), "place": "strasbourg", "body": {"type": "bac", "opening_uses": 12}}


def test_a_row_that_says_what_is_already_so_changes_nothing() -> None:
    headers = ["type", "nom", "matière", "tare (kg)", "délai de retour (j)", "présumé perdu après (j)"]
    same = ["bac", "Bac 600×400", "plastique", "2", "30", "60"]
    other = ["bac", "Bac 600×400", "plastique", "2,1", "30", "60"]
    assert plan("item-types", [headers, same], register()).counts[RowOutcome.UNCHANGED] == 1
    changed = plan("item-types", [headers, other], register())
    assert changed.counts[RowOutcome.CHANGED] == 1
    assert changed.drafts[0].fields["body"]["valid_from"] == START_MS
    assert changed.drafts[0].fields["body"]["row"]["tare_g"] == 2_100


def test_a_row_that_says_again_from_when_it_holds_changes_nothing() -> None:
    headers = ["type", "nom", "tare (kg)", "valable à partir du"]
    row = ["caisse", "Caisse", "2", "01/01/2025"]
    first = plan("item-types", [headers, row], register())
    body = first.drafts[0].fields["body"]
    known = register()
    version = Version(
        table=body["table"],
        key=body["key"],
        valid_from=body["valid_from"],
        row=body["row"],
        order=Device().event("item.counted", code(1)).order,
    )
    known = replace(known, book=known.book.with_versions([version]))
    assert plan("item-types", [headers, row], known).counts[RowOutcome.UNCHANGED] == 1
    later = [*row[:3], "01/02/2025"]
    assert plan("item-types", [headers, later], known).counts[RowOutcome.CHANGED] == 1


def test_a_file_without_a_needed_column_is_refused_whole() -> None:
    with pytest.raises(MissingColumnsError) as refused:
        plan("lanes", [["origine", "boucle"], ["strasbourg", "x"]], register())
    assert refused.value.headers == ["destination"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize("kind", list(COLUMNS))
def test_every_template_is_read_back_with_all_its_columns(kind: str, ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"modele{ending}"
    write_template(kind, file)
    rows = read_rows(file)
    assert rows[0] == [column.header for column in COLUMNS[kind]]
    try:
        made = plan(kind, rows, register())
    except MissingColumnsError:
        pytest.fail("the template lacks a column")
    assert made.unknown_columns == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_csv_is_read_in_the_encodings_and_separators_people_have(
    encoding: str, delimiter: str, tmp_path: Path
) -> None:
    file = tmp_path / "sites.csv"
    file.write_bytes(f"clé{delimiter}nom\nmetz{delimiter}Métal\n".encode(encoding))
    assert read_rows(file) == [["clé", "nom"], ["metz", "Métal"]]


def test_hostile_files_are_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    (tmp_path / "b.csv").write_bytes(b"a;b\x00c\n\xff\xfe")
    for file in (tmp_path / "a.xlsx", tmp_path / "b.csv", tmp_path / "absent.csv"):
        with pytest.raises(OperatorError):
            read_rows(file)


def test_a_formula_stays_text_in_a_workbook_we_write(tmp_path: Path) -> None:
    file = tmp_path / "f.xlsx"
    write_rows(file, [["=1+1", "@x", "-2"]])
    assert read_rows(file) == [["=1+1", "@x", "-2"]]


def test_every_reason_for_which_a_label_is_not_read_has_words() -> None:
    for wrong in (code(1)[:-1] + "0", "https://exemple.fr/x", "(01)03453120000011", ""):
        found = read_label(wrong)
        for lang in LANGUAGES:
            assert say(f"import.label_{found.reason.value}", lang)  # type: ignore[union-attr]


def test_plain_events_keep_the_time_that_somebody_claims() -> None:
    headers = ["quand", "quoi", "étiquette", "type", "quantité", "lieu", "vers", "masse (kg)"]
    rows = [
        headers,
        ["2025-09-14T08:30+02:00", "expédié", code(1), "", "", "strasbourg", "mulhouse", ""],
        ["14/09/2025", "collect", "", "film", "40", "mulhouse", "", "12"],
        ["15/09/2025", "repris", "", "", "", "mulhouse", "", ""],
        ["15/09/2025", "expédié", code(2), "", "", "strasbourg", "", ""],
        ["15/09/2999", "repris", code(2), "", "", "mulhouse", "", ""],
        ["15/09/2025", "envolé", code(2), "", "", "mulhouse", "", ""],
    ]
    made = plan("events", rows, register())
    shipped, collected = made.drafts
    assert (shipped.kind, shipped.claimed_ms) == ("item.shipped", 1_757_831_400_000)
    assert shipped.fields == {"code": code(1), "place": "strasbourg", "body": {"to": "mulhouse"}}
    assert collected.fields == {"item_type": "film", "qty": 40, "place": "mulhouse", "body": {"mass_g": 12_000}}
    assert [fault.key for fault in made.faults] == [
        "import.no_subject",
        "import.no_field",
        "import.future",
        "import.bad_act",
    ]
