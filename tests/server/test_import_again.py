"""Files that are imported again after a mistake was mended: what was taken counts once."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from boucle_server import cli
from tests.builders import code

SITES = "site;nom;partenaire\nstrasbourg;Strasbourg;\nmulhouse;Rhin Plasturgie;rhin\n"
PARTNERS = "partenaire;nom\nrhin;Rhin\n"
TYPES = "type;nom;numéroté\nbac;Bac;oui\nfilm;Film;non\n"
HEAD = "quand;quoi;étiquette;type;quantité;lieu;vers\n"
GOOD = [
    f"01/09/2025 08:00;mise-en-service;{code(1)};bac;;strasbourg;\n",
    f"02/09/2025 08:00;expédié;{code(1)};;;strasbourg;mulhouse\n",
    "02/09/2025 09:00;expédié;;film;40;strasbourg;mulhouse\n",
    f"09/09/2025 08:00;repris;{code(1)};;;mulhouse;\n",
]
Run = Callable[..., Any]


@pytest.fixture
def houses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Run]:
    """Give organisations with two sites, each in a database of its own, and the command line on them."""

    def house(name: str) -> Run:
        data = tmp_path / name

        def boucle(*words: object, text: str | None = None) -> Any:
            if text is not None:
                (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
            code_ = cli.main([*map(str, words), "--data", str(data)])
            written = capsys.readouterr()
            assert code_ in (0, 1), written.err
            return written.out

        boucle("admin", "init", "--org", "Acme", "--admin", "ada")
        for kind, text in (("partners", PARTNERS), ("sites", SITES), ("item-types", TYPES)):
            boucle("import", kind, tmp_path / "rows.csv", text=text)
        return boucle

    return house


def counts(run: Run, file: Path, text: str, *more: str) -> dict[str, int]:
    said = json.loads(run("import", "events", file, "--json", *more, text=text))
    told: dict[str, int] = said["counts"]
    assert told["faulty"] == len(said["faults"]), said
    return told


def asked(directory: Path, query: str) -> list[Any]:
    (file,) = directory.glob("*.sqlite3")
    with closing(sqlite3.connect(file)) as db:
        return sorted(db.execute(query).fetchall())


def cells(directory: Path) -> list[Any]:
    return asked(directory, "SELECT month, site, partner, type, measure, bucket, n FROM cell")


def test_a_mended_file_imported_again_counts_its_good_rows_once(houses: Callable[[str], Run], tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    once, twice = houses("once"), houses("twice")
    assert counts(once, file, HEAD + "".join(GOOD))["created"] == 4
    wrong = HEAD + "".join([*GOOD[:3], GOOD[3].replace("repris", "envolé")])
    first = counts(twice, file, wrong)
    assert (first["created"], first["faulty"]) == (3, 1)
    mended = HEAD + "".join(reversed(GOOD))
    dry = counts(twice, file, mended, "--dry-run")
    assert (dry["created"], dry["unchanged"]) == (1, 3)
    assert counts(twice, file, mended) == dry
    assert counts(twice, file, mended)["unchanged"] == 4
    assert asked(tmp_path / "twice", "SELECT count(*) FROM record WHERE kind LIKE 'item.%'") == [(4,)]
    assert cells(tmp_path / "once") == cells(tmp_path / "twice") != []


def test_a_round_comes_into_the_register_and_is_told_again_when_it_changes(
    houses: Callable[[str], Run], tmp_path: Path
) -> None:
    boucle, file = houses("rounds"), tmp_path / "rows.csv"
    rows = "tournée;jour;arrêt;lieu;type;à reprendre\nsud;24/11/2026;1;mulhouse;bac;{}\n"
    for pieces, outcome in (("20", "created"), ("20", "unchanged"), ("18", "changed")):
        said = json.loads(boucle("import", "rounds", file, "--json", text=rows.format(pieces)))
        assert said["counts"][outcome] == 1
    assert asked(tmp_path / "rounds", "SELECT DISTINCT key FROM change WHERE tbl = 'round'") == [("sud",)]
