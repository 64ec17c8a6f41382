"""Imports read every row before anything is written: what is created, unchanged, or faulty and why."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from boucle.checklists import MOST_STEPS, Asks, Moment, read_checklist
from boucle.codes import read_label
from boucle.ids import is_uuid7
from boucle.memory import MemoryStore
from boucle.reference import Version
from boucle.rounds import Round, Stop, read_round
from boucle.words import LANGUAGES, say
from boucle_server.errors import OperatorError
from boucle_server.imports.cells import CellError, cents, grams, instant, limits, siret
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.failed_cells import UNCOMPUTED
from boucle_server.imports.failed_xls_cells import failed_xls_cells
from boucle_server.imports.planned import Register, RowOutcome
from boucle_server.imports.rows import MissingColumnsError, plan
from boucle_server.imports.sheet_file import read_rows, write_rows, write_template
from tests.builders import START_MS, Device, code, network

SHEETS = Path(__file__).parent / "sheets"


def register(*commissioned: str) -> Register:
    store = MemoryStore()
    phone = Device()
    crates = [phone.event("item.commissioned", one, place="metz", body={"type": "bac"}) for one in commissioned]
    store.accept([*network(), *crates])
    return Register(book=store.book(), bindings=store, operators={"ana": "p-ana"}, now_ms=START_MS)


def test_numbers_and_dates_are_read_as_french_firms_write_them() -> None:
    assert (grams("2,15"), grams("1 250"), grams("0.3")) == (2_150, 1_250_000, 300)
    assert (cents("4,50 €"), cents("12")) == (450, 1_200)
    assert instant("31/12/2025") == instant("2025-12-31")
    assert instant("31/12/2025 8:30") == instant("31/12/2025 à 08 h 30") == instant("2025-12-31T08:30")
    for wrong in ("31/02/2025", "31/12/2025 25:00", "31/12/2025 8:61", "12-2025"):
        with pytest.raises(CellError):
            instant(wrong)
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


def test_an_error_or_a_formula_without_a_result_is_a_fault_of_its_row_and_never_an_empty_cell(tmp_path: Path) -> None:
    file = tmp_path / "types.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["type", "nom", "tare (kg)", "valable à partir du"])
        for row, key in enumerate(("a", "b", "c", "d", "e", "f"), 1):
            sheet.write_row(row, 0, [key, "Caisse", 2, "01/01/2025"])
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 1, "=A99", None, "#REF!")
        sheet.write_formula(3, 3, "=NA()", None, "#N/A")
        sheet.write_formula(4, 2, "=1+1", None, "")  # as programs write it that work nothing out
        sheet.write_formula(5, 2, "=1+1", None, 2)
    rows = read_rows(file)
    assert [rows[1][2], rows[2][1], rows[3][3], rows[4][2], rows[5][2]] == ["#DIV/0!", "#REF!", "#N/A", UNCOMPUTED, "2"]
    made = plan("item-types", rows, register())
    assert [(each.row, each.column, each.key) for each in made.faults] == [
        (2, rows[0][2], "import.error_cell"),
        (3, rows[0][1], "import.error_cell"),
        (4, rows[0][3], "import.error_cell"),
        (5, rows[0][2], "import.uncomputed_cell"),
    ]
    assert "#DIV/0!" in made.faults[0].said("fr")
    assert made.counts[RowOutcome.CREATED] == 2


def test_the_errors_of_an_xls_file_are_faults_of_their_rows_and_what_stands_beside_them_is_read() -> None:
    rows = read_rows(SHEETS / "errors.xls")
    assert [row[:4] for row in rows[1:]] == [
        ["a", "Caisse", "#DIV/0!", "01/01/2025"],
        ["b", "#REF!", "2", "01/01/2025"],
        ["c", "Caisse", "2", "#N/A"],
        ["d", "Caisse", "#NAME?", "01/01/2025"],
        ["e", "Caisse", "oui", "01/01/2025"],
        ["#NUM!", "Caisse", "2", "01/01/2025"],
        ["g", "Caisse", "2", "01/01/2025"],
        ["h", "Caisse", "2", "01/01/2025"],
    ]
    made = plan("item-types", rows, register())
    assert [each.row for each in made.faults if each.key == "import.error_cell"] == [2, 3, 4, 5, 7]
    assert made.counts[RowOutcome.CREATED] == 2


@pytest.mark.parametrize("name", ["failed-formulas.xls", "failed-formulas-biff7.xls"])
def test_a_formula_of_an_xls_file_that_came_to_an_error_is_found_and_one_that_came_to_a_value_is_read(
    name: str,
) -> None:
    """Both are of a spreadsheet program: the streams of one are in small sectors, the other is of the older form."""
    rows = read_rows(SHEETS / name)
    assert (rows[1][2], rows[2][1]) == ("#DIV/0!", "#NAME?")
    assert (rows[3][3], rows[4][2], rows[5][1]) == ("#N/A", "2", "Caisse")


def test_an_xls_file_cut_or_bent_anywhere_ends_as_no_spreadsheet_and_never_hangs() -> None:
    whole = (SHEETS / "errors.xls").read_bytes()
    for cut in range(0, len(whole), 257):
        ended(whole[:cut])
    for at in range(44, 600, 3):  # the header and the first table: chains that lead anywhere
        ended(whole[:at] + b"\x03\x00\x00\x00" + whole[at + 4 :])


def ended(content: bytes) -> None:
    """Read the errors of a file; a damaged one says so, and its process then says that it is no spreadsheet."""
    with suppress(ValueError):
        failed_xls_cells(content)


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


EVENTS = ["quand", "quoi", "étiquette", "type", "quantité", "lieu", "vers", "référence"]


def test_a_row_is_the_same_event_in_every_file() -> None:
    shipped = ["2025-09-14T08:30+02:00", "expédié", code(1), "", "", "strasbourg", "mulhouse", ""]
    film = ["14/09/2025", "collect", "", "film", "40", "mulhouse", "", ""]
    first = plan("events", [EVENTS, shipped, film], register()).drafts
    again = plan("events", [EVENTS, film, ["15/09/2025", "envolé", *shipped[2:]], shipped], register()).drafts
    assert {draft.id for draft in first} == {draft.id for draft in again}
    assert all(is_uuid7(draft.id) for draft in first)
    other = plan("events", [EVENTS, [*shipped[:6], "metz", ""]], register()).drafts
    assert other[0].id not in {draft.id for draft in first}


def test_rows_that_were_recorded_already_are_unchanged() -> None:
    rows = [EVENTS, *([f"{day}/09/2025", "collect", "", "film", "40", "mulhouse", "", ""] for day in (14, 15, 16))]
    first = plan("events", rows, register())
    held = {draft.id for draft in first.drafts[:2]}
    again = plan("events", rows, replace(register(), recorded=lambda ids: held & set(ids)))
    assert (again.counts[RowOutcome.CREATED], again.counts[RowOutcome.UNCHANGED]) == (1, 2)
    assert again.drafts == first.drafts[2:]


ROUNDS = ["tournée", "jour", "nom", "départ", "chauffeur", "arrêt", "lieu", "à partir de", "jusqu’à", "type",
          "à reprendre", "à déposer", "consigne"]  # fmt: skip


def round_row(  # noqa: PLR0917 - the cells of a row, in their order
    key: str, day: str, stop: str, place: str, kind: str, take: str, leave: str = "", **more: str
) -> list[str]:
    said = {"tournée": key, "jour": day, "arrêt": stop, "lieu": place, "type": kind, "à reprendre": take}
    return [({**said, "à déposer": leave} | more).get(name, "") for name in ROUNDS]


def test_rows_of_stops_and_types_make_a_round() -> None:
    rows = [
        ROUNDS,
        round_row("sud", "24/11/2026", "2", "nancy", "bac", "7"),
        round_row(
            "sud", "2026-11-24", "1", "mulhouse", "bac", "20", "30", nom="Sud", départ="strasbourg", chauffeur="Ana"
        ),
        round_row("sud", "24/11/2026", "1", "mulhouse", "roll", "2", **{"à partir de": "8h", "consigne": "Quai 3"}),
        round_row("nord", "25/11/2026", "1", "metz", "", ""),
    ]
    made = plan("rounds", rows, register())
    assert (made.faults, made.counts[RowOutcome.CREATED]) == ([], 4)
    south, north = made.drafts
    assert south.fields["body"] | {"row": None} == {"table": "round", "key": "sud", "valid_from": 0, "row": None}
    assert read_round("sud", south.fields["body"]["row"]) == Round(
        key="sud",
        day=date(2026, 11, 24),
        name="Sud",
        home="strasbourg",
        person="p-ana",
        stops=(
            Stop(
                id="1",
                place="mulhouse",
                collect={"bac": 20, "roll": 2},
                deliver={"bac": 30},
                opens="08:00",
                note="Quai 3",
            ),
            Stop(id="2", place="nancy", collect={"bac": 7}),
        ),
    )
    assert north.fields["body"]["row"]["stops"] == [{"id": "1", "place": "metz"}]


def test_a_round_with_a_faulty_row_is_not_planned_by_half() -> None:
    rows = [
        ROUNDS,
        round_row("sud", "24/11/2026", "1", "mulhouse", "bac", "20"),
        round_row("sud", "24/11/2026", "2", "nulle-part", "bac", "20"),
        round_row("nord", "25/11/2026", "1", "metz", "bac", "1"),
        round_row("est", "demain", "1", "metz", "bac", "1"),
        round_row("ouest", "25/11/2026", "1", "metz", "bac", "1", chauffeur="Personne"),
        round_row("mixte", "25/11/2026", "1", "metz", "bac", "1"),
        round_row("mixte", "25/11/2026", "1", "nancy", "roll", "1"),
        round_row("heure", "25/11/2026", "1", "metz", "bac", "1", **{"à partir de": "25:00"}),
        round_row("double", "25/11/2026", "1", "metz", "bac", "1"),
        round_row("double", "25/11/2026", "1", "metz", "bac", "2"),
    ]
    made = plan("rounds", rows, register())
    assert [(fault.row, fault.key) for fault in made.faults] == [
        (2, "import.round_incomplete"),
        (3, "import.no_site"),
        (5, "import.bad_day"),
        (6, "import.no_operator"),
        (7, "import.round_incomplete"),
        (8, "import.round_differs"),
        (9, "import.bad_hour"),
        (10, "import.round_incomplete"),
        (11, "import.twice"),
    ]
    assert [draft.fields["body"]["key"] for draft in made.drafts] == ["nord"]
    assert (made.counts[RowOutcome.FAULTY], made.counts[RowOutcome.CREATED]) == (9, 1)


def test_a_round_that_is_imported_again_is_unchanged_or_replaced() -> None:
    rows = [ROUNDS, round_row("sud", "24/11/2026", "1", "mulhouse", "bac", "20")]
    known = register()
    (draft,) = plan("rounds", rows, known).drafts
    stated = Device(dev="d-serveur").event("reference.set", "", body=dict(draft.fields["body"]))
    later = replace(known, book=known.book.with_versions([Version.of(stated)]))
    assert plan("rounds", rows, later).counts[RowOutcome.UNCHANGED] == 1
    rows[1] = round_row("sud", "24/11/2026", "1", "mulhouse", "bac", "21")
    changed = plan("rounds", rows, later)
    assert (changed.counts[RowOutcome.CHANGED], len(changed.drafts)) == (1, 1)


STEPS = [
    "liste",
    "moment",
    "nom",
    "types",
    "étape",
    "question",
    "réponse",
    "unité",
    "minimum",
    "maximum",
    "choix",
    "bloquant",
]


def test_rows_of_steps_make_one_version_of_a_checklist() -> None:
    rows = [
        STEPS,
        ["bac-essai", "Essai", "Essais du bac", "bac, roll", "fuite", "Étanche", "", "", "", "", "", "oui"],
        ["bac-essai", "", "", "", "charge", "Charge tenue", "", "kg", "12,5", "40", "", "oui"],
        ["bac-essai", "", "", "", "aspect", "Aspect", "", "", "", "", "intact | usé | fendu !", ""],
        ["tri", "contrôle", "Contrôle", "", "fond", "Fond intact", "oui/non", "", "", "", "", ""],
    ]
    made = plan("checklists", rows, register())
    assert (made.faults, made.counts[RowOutcome.CREATED]) == ([], 4)
    stated = {draft.fields["body"]["key"]: draft.fields["body"] for draft in made.drafts}
    assert {body["table"] for body in stated.values()} == {"checklist"}
    read = read_checklist(version_of(stated["bac-essai"]))
    assert read is not None
    assert (read.moment, read.types, read.say("fr")) == (Moment.TEST, ("bac", "roll"), "Essais du bac")
    tight, load, looks = read.steps
    assert (tight.asks, tight.blocking, load.asks) == (Asks.YES_NO, True, Asks.MEASURE)
    assert (load.unit, load.low, load.high, looks.blocking) == ("g", 12_500, 40_000, False)
    assert [(choice.id, choice.words["fr"], choice.passes) for choice in looks.choices] == [
        ("1", "intact", True),
        ("2", "usé", True),
        ("3", "fendu", False),
    ]
    known = register()
    known = replace(known, book=known.book.with_versions([version_of(body) for body in stated.values()]))
    assert plan("checklists", rows, known).counts[RowOutcome.UNCHANGED] == 4
    rows[2][9] = "45"
    changed = plan("checklists", rows, known)
    assert (changed.counts[RowOutcome.CHANGED], changed.counts[RowOutcome.UNCHANGED]) == (3, 1)
    assert changed.drafts[0].fields["body"]["valid_from"] == START_MS


def test_a_checklist_with_a_faulty_step_is_no_version() -> None:
    rows = [
        STEPS,
        ["a", "essai", "A", "", "1", "Bon", "", "", "", "", "", ""],
        ["a", "contrôle", "", "", "2", "Bon", "", "", "", "", "", ""],
        ["a", "", "", "caisson", "3", "Bon", "", "", "", "", "", ""],
        ["a", "", "", "", "4", "Tension", "", "kV", "", "", "", ""],
        ["a", "", "", "", "5", "Tension", "", "V", "5", "4", "", ""],
        ["a", "", "", "", "6", "Tension", "", "V", "cinq", "", "", ""],
        ["a", "", "", "", "7", "Aspect", "choix", "", "", "", "seul", ""],
        ["a", "", "", "", "8", "Aspect", "oui/non", "V", "", "", "", ""],
        ["a", "", "", "", "1", "Encore", "", "", "", "", "", ""],
        ["b", "", "", "", "1", "Bon", "", "", "", "", "", ""],
        ["c", "demain", "C", "", "1", "Bon", "", "", "", "", "", ""],
    ]
    made = plan("checklists", rows, register())
    assert made.drafts == []
    assert made.counts[RowOutcome.FAULTY] == 11
    assert [(fault.row, fault.column, fault.key) for fault in made.faults] == [
        (2, "", "import.checklist_incomplete"),
        (3, "moment", "import.checklist_differs"),
        (4, "types", "import.no_item_type"),
        (5, "unité", "import.bad_unit"),
        (6, "maximum", "import.limits_crossed"),
        (7, "minimum", "import.bad_limit"),
        (8, "choix", "import.checklist_choices"),
        (9, "réponse", "import.checklist_no_measure"),
        (10, "", "import.twice"),
        (11, "moment", "import.checklist_no_moment"),
        (12, "moment", "import.bad_one_of"),
    ]


def test_a_checklist_has_so_many_steps_and_no_more() -> None:
    rows = [STEPS, *(["a", "essai", "A", "", str(n), "Bon", *[""] * 6] for n in range(MOST_STEPS + 1))]
    assert plan("checklists", rows[:-1], register()).counts[RowOutcome.CREATED] == MOST_STEPS
    made = plan("checklists", rows, register())
    assert (made.drafts, made.counts[RowOutcome.FAULTY]) == ([], MOST_STEPS + 1)
    assert "import.checklist_long" in {fault.key for fault in made.faults}


def test_a_type_says_what_a_new_one_costs_and_what_it_is() -> None:
    rows = [
        ["type", "nom", "prix neuf (€)", "nature"],
        ["pompe", "Pompe", "86,00", "pièce"],
        ["caisse", "C", "", "Conteneur"],
    ]
    first, second = (draft.fields["body"]["row"] for draft in plan("item-types", rows, register()).drafts)
    assert (first["price_cents"], first["nature"], second["nature"]) == (8_600, "part", "")
    assert [fault.key for fault in plan("item-types", [rows[0], ["x", "X", "", "avion"]], register()).faults] == [
        "import.bad_one_of"
    ]


def version_of(body: dict[str, Any]) -> Version:
    order = Device().event("item.counted", code(1)).order
    return Version(table=body["table"], key=body["key"], valid_from=body["valid_from"], row=body["row"], order=order)


def test_qualifications_are_read_in_either_language_and_ask_from_now_on() -> None:
    rows = [
        ["habilitation", "nom", "actes", "types"],
        ["final", "Contrôle final", "Requalification, release", "bac"],
        ["elec", "Électrique", "essai ; réparation", ""],
        ["vide", "Sans acte", "", ""],
        ["faux", "Faux", "vol, essai", "bac"],
        ["loin", "Loin", "essai", "caisson"],
    ]
    made = plan("qualifications", rows, register())
    said = [draft.fields["body"] for draft in made.drafts]
    assert [(body["key"], body["valid_from"]) for body in said] == [(k, START_MS) for k in ("final", "elec", "vide")]
    assert said[0]["row"] == {"name": "Contrôle final", "acts": "release requalify", "types": ["bac"]}
    assert said[1]["row"] == {"name": "Électrique", "acts": "repair test"}
    faults = [(fault.row, fault.key) for fault in made.faults]
    assert faults == [(5, "import.bad_qualifying_act"), (6, "import.no_item_type")]


def test_who_is_qualified_is_stated_a_period_a_row_and_a_renewal_leaves_the_earlier_one() -> None:
    known = register()
    (asked,) = plan("qualifications", [["habilitation", "nom"], ["final", "Contrôle final"]], known).drafts
    known = replace(known, book=known.book.with_versions([version_of(asked.fields["body"])]))
    rows = [
        ["personne", "habilitation", "valable à partir du", "jusqu’au"],
        ["Ana", "final", "01/01/2024", "31/12/2025"],
        ["ana", "final", "01/01/2026", ""],
        ["Ana", "final", "01/01/2026", "31/12/2026"],
        ["Zoé", "final", "01/01/2026", ""],
        ["Ana", "autre", "01/01/2026", ""],
        ["Ana", "final", "02/01/2026", "01/01/2026"],
        ["Ana", "final", "", "01/01/2026"],
    ]
    made = plan("qualified", rows, known)
    stated = [draft.fields["body"] for draft in made.drafts]
    assert [(body["key"], body["row"]["until"]) for body in stated] == [
        ("p-ana>final", "2025-12-31"),
        ("p-ana>final", ""),
    ]
    assert [fault.key for fault in made.faults] == [
        "import.twice",
        "import.no_operator",
        "import.no_qualification",
        "import.ends_before",
        "import.empty",
    ]
    known = replace(known, book=known.book.with_versions([version_of(body) for body in stated]))
    assert plan("qualified", rows[:3], known).counts[RowOutcome.UNCHANGED] == 2


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("En réparation 4, au test : 3", "in_repair:4 testing:3"),
        ("in test 3; in repair 4", "in_repair:4 testing:3"),
        ("", ""),
    ],
)
def test_limits_of_a_workshop_are_read_by_the_names_of_its_columns(typed: str, kept: str) -> None:
    assert limits(typed) == kept


@pytest.mark.parametrize("typed", ["réparation", "peinture 3", "au test 0", "au test -1", "au test 1000", "au test ٣"])
def test_a_limit_of_no_column_or_of_no_number_is_told(typed: str) -> None:
    told = "bad_column_limit" if typed.startswith("au test") else "bad_limits"
    with pytest.raises(CellError, match=told):
        limits(typed)
