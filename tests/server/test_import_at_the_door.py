"""What the door would not take of a table is found before anything is written, in the zone of the place."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from boucle.checklists import MOST_STEPS, MOST_WORDS
from boucle.clock import instant_of, parse_instant
from boucle_server import cli
from boucle_server.db import Database
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.planned import Plan, RowOutcome
from boucle_server.imports.writing import carry_out
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.settings import Settings
from boucle_server.tables import RECORD
from tests.builders import START_MS, code

LONG = "x" * 300
Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give the command line on an organisation of Martinique with one site of its own and one partner's."""

    def boucle(kind: str, *rows: str, more: tuple[str, ...] = ()) -> Any:
        (tmp_path / "rows.csv").write_text("\n".join(rows), encoding="utf-8")
        code_ = cli.main(
            ["import", kind, str(tmp_path / "rows.csv"), "--data", str(tmp_path / "data"), "--json", *more]
        )
        written = capsys.readouterr()
        assert code_ in (0, 1), written.err
        return {**json.loads(written.out), "rc": code_}

    data = str(tmp_path / "data")
    cli.main(["admin", "init", "--org", "Acme", "--admin", "ada", "--zone", "America/Martinique", "--data", data])
    capsys.readouterr()
    boucle("partners", "partenaire;nom", "rhin;Rhin")
    boucle("sites", "site;nom;partenaire;fuseau", "lamentin;Le Lamentin;;", "paris;Paris;rhin;Europe/Paris")
    boucle("item-types", "type;nom;numéroté", "bac;Bac;oui", "film;Film;non")
    return boucle


def stored(tmp_path: Path) -> list[Any]:
    database = Database.open(Settings(data=tmp_path / "data"))
    try:
        with database.reading() as connection:
            return [(row.kind, row.status, row.teff) for row in connection.execute(RECORD.select())]
    finally:
        database.close()


@pytest.mark.parametrize(
    ("kind", "head", "row", "column"),
    [
        ("items", "étiquette;type;site;en service depuis", f"{code(1)};bac;lamentin;01/09/1998", "en service depuis"),
        (
            "items",
            "étiquette;type;site;utilisations passées",
            f"{code(1)};bac;lamentin;2000000",
            "utilisations passées",
        ),
        ("sites", "site;nom;valable à partir du", "vauclin;Le Vauclin;01/01/1960", "valable à partir du"),
        ("events", "quand;quoi;type;quantité;lieu", "01/10/2025;reçu;film;50000000;lamentin", "quantité"),
        ("events", "quand;quoi;type;quantité;lieu;référence", f"01/10/2025;reçu;film;5;lamentin;{LONG}", "référence"),
        (
            "events",
            "quand;quoi;type;quantité;lieu;code de traitement",
            f"01/10/2025;traité;film;5;lamentin;{LONG}",
            "code de traitement",
        ),
        ("events", "quand;quoi;type;quantité;lieu", "01/10/1999;reçu;film;5;lamentin", "quand"),
    ],
)
def test_a_row_that_the_door_would_set_aside_is_a_faulty_row(
    kind: str, head: str, row: str, column: str, *, run: Run, tmp_path: Path
) -> None:
    before = stored(tmp_path)
    for more in ((), ("--all-or-nothing",), ()):
        told = run(kind, head, row, more=more)
        assert (told["rc"], told["counts"]["faulty"], told["counts"]["created"]) == (1, 1, 0)
        assert [(fault["row"], fault["column"]) for fault in told["faults"]] == [(2, column)]
    assert stored(tmp_path) == before


def test_a_checklist_too_long_for_one_event_is_refused_row_by_row(run: Run, tmp_path: Path) -> None:
    rows = [f"essai;essai;Essai;e{n};{'é' * MOST_WORDS};{'r' * MOST_WORDS}" for n in range(MOST_STEPS)]
    before = stored(tmp_path)
    told = run("checklists", "liste;moment;nom;étape;question;question en anglais", *rows)
    assert (told["counts"]["faulty"], len(told["faults"])) == (MOST_STEPS, MOST_STEPS)
    assert "16" in told["faults"][0]["reason"]
    assert stored(tmp_path) == before


def test_what_the_door_sets_aside_all_the_same_is_given_back(run: Run, tmp_path: Path) -> None:
    assert run("items", "étiquette;type;site", f"{code(1)};bac;lamentin")["aside"] == []
    made = Plan()
    made.drafts = [Draft(kind="item.received", fields={"item_type": "film", "qty": 10**9, "place": "lamentin"})]
    made.counts[RowOutcome.CREATED] = 1
    database = Database.open(Settings(data=tmp_path / "data"))
    try:
        with database.writing("acme") as connection:
            (aside,) = carry_out(connection, "acme", made, actor="", now_ms=START_MS, zone="Europe/Paris").aside
    finally:
        database.close()
    assert (aside.status.value, aside.why) == ("quarantined", "bad_number")


def test_local_times_are_those_of_the_place_else_of_the_organisation(run: Run, tmp_path: Path) -> None:
    head = "quand;quoi;type;quantité;lieu"
    run("events", head, "01/10/2025;reçu;film;5;lamentin", "01/10/2025 08:00;reçu;film;5;paris")
    times = [teff for kind, _, teff in stored(tmp_path) if kind.startswith("item.received")]
    assert sorted(times) == sorted(
        [parse_instant("2025-10-01", "America/Martinique"), parse_instant("2025-10-01T08:00", "Europe/Paris")]
    )
    run("partners", "partenaire;nom;valable à partir du", "rhin;Rhin SA;01/02/2025")
    database = Database.open(Settings(data=tmp_path / "data"))
    try:
        with database.reading() as connection:
            book = load_book(connection, "acme")
    finally:
        database.close()
    assert book.starts_at("partner", "rhin", parse_instant("2025-02-01", "America/Martinique"))
    assert book.site("lamentin", START_MS).zone == "America/Martinique"


def test_a_moment_with_an_offset_is_where_it_says() -> None:
    said = datetime.fromisoformat("2025-10-01T00:00+02:00")
    assert instant_of(said, "America/Martinique") == parse_instant("2025-09-30T22:00+00:00")


def test_a_column_that_a_file_does_not_have_takes_nothing_back(run: Run, tmp_path: Path) -> None:
    assert run("sites", "site;nom", "paris;Paris Nord")["counts"]["changed"] == 1
    assert run("sites", "site;nom", "paris;Paris Nord")["counts"]["unchanged"] == 1
    database = Database.open(Settings(data=tmp_path / "data"))
    try:
        with database.reading() as connection:
            paris = load_book(connection, "acme").site("paris", 2**42)
    finally:
        database.close()
    assert (paris.name, paris.partner, paris.zone) == ("Paris Nord", "rhin", "Europe/Paris")
    assert run("sites", "site;nom;partenaire", "paris;Paris Nord;")["counts"]["changed"] == 1


def test_people_become_what_a_later_file_says_of_them(run: Run) -> None:
    head = "nom;rôle;pin;site"
    assert run("operators", head, "Chloé;Chauffeur;4711;")["counts"]["created"] == 1
    assert run("operators", head, "chloé;Chauffeur;4711;")["counts"]["unchanged"] == 1
    assert run("operators", head, "Chloé;Magasinier;4712;lamentin")["counts"]["changed"] == 1
    assert run("operators", head, "Chloé;Magasinier;4712;lamentin")["counts"]["unchanged"] == 1


def test_a_badge_that_somebody_has_is_told_by_its_row_and_the_others_are_taken(run: Run) -> None:
    head = "nom;rôle;pin;badge"
    told = run("operators", head, "Ana;Chauffeur;1111;B1", "Bea;Chauffeur;2222;B1", "Cid;Lecteur;3333;")
    assert (told["counts"]["created"], told["counts"]["faulty"], told["faults"][0]["row"]) == (2, 1, 3)
    told = run(
        "operators", "nom;rôle;pin;badge", "Eve;Lecteur;3333;", "Bea;Chauffeur;2222;B1", more=("--all-or-nothing",)
    )
    assert told["written"] is False
    assert run("operators", "nom;rôle;pin", "Eve;Lecteur;3333")["counts"]["created"] == 1


def test_what_a_row_says_of_a_known_item_and_is_not_taken_over_is_told(run: Run) -> None:
    head = "étiquette;type;site;tare (kg)"
    assert run("items", head, f"{code(1)};bac;lamentin;2")["notes"] == []
    assert run("items", head, f"{code(1)};bac;lamentin;2")["notes"] == []
    told = run("items", head, f"{code(1)};bac;paris;2,5")
    assert (told["rc"], told["counts"]["unchanged"]) == (0, 1)
    assert [(note["row"], note["column"]) for note in told["notes"]] == [(2, "site"), (2, "tare (kg)")]


def test_a_lane_goes_somewhere_else(run: Run) -> None:
    told = run("lanes", "origine;destination;boucle", "lamentin;lamentin;x", "lamentin;paris;x")
    assert ([fault["column"] for fault in told["faults"]], told["counts"]["created"]) == (["destination"], 1)


def state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    out = tmp_path / "state.json"
    assert cli.main(["export", "state", "--data", str(tmp_path / "data"), "--out", str(out)]) == 0
    capsys.readouterr()
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_an_item_that_stands_at_a_partners_begins_there(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "étiquette;type;site;en service depuis;chez le partenaire depuis"
    row = f"{code(1)};bac;paris;01/09/2025;15/09/2025"
    assert run("items", head, row, f"{code(2)};bac;lamentin;;")["counts"]["created"] == 2
    again = run("items", head, row)
    assert (again["counts"]["unchanged"], again["notes"]) == (1, [])
    found = state(tmp_path, capsys)
    (out,) = [item for item in found["items"] if item.get("place") == "paris"]
    assert (out["stage"], out["loan_partner"], out["pool_site"]) == ("at_partner", "rhin", "lamentin")
    assert out["ship_ms"] == parse_instant("2025-09-15", "Europe/Paris")
    assert ["held", "paris", "rhin", "bac", 1] in found["stocks"]
    assert ["pool", "lamentin", "", "bac", 2] in found["stocks"]
    assert found["tasks"] == []


def test_an_item_at_a_partners_says_from_which_of_several_sites_it_went_out(run: Run) -> None:
    run("sites", "site;nom", "vauclin;Le Vauclin")
    head = "étiquette;type;site;site d’attache;chez le partenaire depuis"
    told = run(
        "items",
        head,
        f"{code(1)};bac;paris;;",
        f"{code(2)};bac;paris;paris;",
        f"{code(3)};bac;lamentin;vauclin;",
        f"{code(4)};bac;lamentin;;01/09/2025",
        f"{code(5)};bac;paris;vauclin;",
    )
    assert [(fault["row"], fault["column"]) for fault in told["faults"]] == [
        (2, "site"),
        (3, "site"),
        (4, "site d’attache"),
        (5, "chez le partenaire depuis"),
    ]
    assert told["counts"]["created"] == 1


def test_the_templates_can_be_imported_as_they_are_in_the_documented_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
    order = re.findall(r"^## (\S+)$", page, re.MULTILINE)
    assert sorted(order) == sorted(COLUMNS)
    data = str(tmp_path / "data")
    assert cli.main(["admin", "init", "--org", "Acme", "--admin", "ada", "--data", data]) == 0
    for kind in order:
        file = str(tmp_path / f"{kind}.csv")
        assert cli.main(["import", kind, "--template", file]) == 0
        assert cli.main(["import", kind, file, "--data", data]) == 0, capsys.readouterr()
    assert {status for _, status, _ in stored(tmp_path)} == {"accepted"}
