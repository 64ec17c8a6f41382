"""Commands used wrongly, in French: one line in French, that says what was kept, without a library's own words."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from boucle.roles import Role, parse_role
from boucle_server import cli

ENGLISH = re.compile(
    r"\b(the|not|argument|arguments|expected|required|invalid|choose|unrecognized|such|file or|denied|bytes|error)\b",
    re.IGNORECASE,
)
SCRIPT = "mount -t tmpfs -o size=300k tmpfs '{small}' && {boucle} backup '{small}/a.backup'; code=$?; ls -A '{small}'"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOUCLE_LANG", "fr")
    monkeypatch.setenv("BOUCLE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def line(data: Path, capsys: pytest.CaptureFixture[str]) -> "Line":
    assert not data.exists()
    return Line(capsys)


class Line:
    """What a command says on stderr, which must be one line of French."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object, code: int) -> str:
        found = done(*words)
        written = self._capsys.readouterr()
        assert (found, written.out) == (code, ""), written.err
        assert written.err.count("\n") == 1
        assert ENGLISH.search(written.err) is None, written.err
        return written.err

    def forget(self) -> None:
        """Leave out what was said until now."""
        self._capsys.readouterr()


def done(*words: object) -> int:
    try:
        return cli.main([str(word) for word in words])
    except SystemExit as left:
        return int(left.code or 0)


@pytest.fixture
def acme(line: Line) -> Line:
    assert done("admin", "init", "--org", "Acme", "--admin", "ada") == 0
    line._capsys.readouterr()
    return line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "kpis"), "il manque --out"),
        (("export", "moon", "--out", "x"), "« moon » n’est pas connu"),
        (("serve", "--port", "many"), "--port : un nombre entier, de 0 à 65535"),
        (("serve", "--port", "65536"), "--port : un nombre entier, de 0 à 65535"),
        (("serve", "--workers", "0"), "--workers : un nombre entier, de 1 à 64"),
        (("admin", "token", "add", "--name", "ERP", "--scopes", "read", "--days", "9" * 40), "de 1 à 3650"),
        (("admin", "token", "add", "--name", "ERP", "--scopes", "read", "--days", "-1"), "de 1 à 3650"),
        (("restore", "a.backup", "--generation", "0"), "de 2 à 999999999"),
        (("demo", "--seed", "many"), "« many » n’est pas un nombre entier"),
        (("serve", "--port"), "une valeur doit suivre"),
        (("backup",), "il manque FILE"),
        (("backup", "a", "b"), "b n’est pas connu ici"),
        (("backup", "a", "--json=oui"), "aucune valeur"),
        (("admin",), "il manque GROUP"),
        (("admin", "device", "fly"), "« fly » n’est pas connu"),
        (("month", "close"), "YYYY-MM"),
        (("export", "state", "--o", "x"), "--o peut vouloir dire --out, --org"),
        (("demo", "--items", "3"), "un nombre entier, de 60 à"),
    ],
)
def test_what_the_parser_refuses_is_said_in_french(line: Line, words: tuple[str, ...], said: str) -> None:
    text = line(*words, code=2)
    assert said in text
    assert "rien n’a été fait" in text


@pytest.mark.parametrize(
    "words",
    [
        ("admin", "org", "list"),
        ("admin", "org", "add", "--name", "Acme"),
        ("admin", "device", "list"),
        ("backup", "a.backup"),
        ("import", "sites", "sites.csv"),
        ("export", "state", "--out", "state.json"),
        ("verify",),
        ("rebuild",),
        ("month", "list"),
    ],
    ids=" ".join,
)
def test_a_place_without_a_database_is_named_and_left_as_it_is(
    line: Line, data: Path, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sites.csv").write_text("site;nom\nmetz;Metz\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    text = line(*words, code=1)
    assert str(data) in text
    assert "--data" in text
    assert "admin init" in text
    assert sorted(tmp_path.iterdir()) == before


def test_a_role_that_does_not_exist_is_answered_with_those_that_do_in_words_that_are_taken(acme: Line) -> None:
    said = acme("admin", "user", "add", "--login", "bob", "--role", "empereur", code=1)
    roles = said.partition("les rôles sont ")[2].strip().split(", ")
    assert roles[:2] == ["chauffeur", "magasinier"]
    assert {parse_role(role) for role in roles} == set(Role)


def test_a_changed_byte_is_named_in_french(acme: Line, data: Path) -> None:
    assert done("import", "partners", "--template", data / "partners.csv") == 0
    assert done("import", "partners", data / "partners.csv") == 0
    acme.forget()
    with closing(sqlite3.connect(data / "boucle.sqlite3")) as database, database:
        changed = "UPDATE record SET payload = CAST(replace(payload, 'Plasturgie', 'plasturgie') AS BLOB) RETURNING id"
        [(event,)] = database.execute(changed).fetchall()
    assert f"l’événement {event} : " in acme("verify", code=1)


def test_the_system_is_quoted_in_french(acme: Line, tmp_path: Path) -> None:
    assert "fichier ou répertoire introuvable" in acme("restore", tmp_path / "none", code=1)
    assert "fichier ou répertoire introuvable" in acme("import", "sites", tmp_path / "none.csv", code=1)
    assert "fichier ou répertoire introuvable" in acme("import", "rescue", tmp_path / "none.rescue", code=1)
    assert "fichier ou répertoire introuvable" in acme("import", "events", tmp_path / "none.jsonl", code=1)
    assert "c’est un répertoire" in acme("import", "sites", tmp_path, code=1)
    assert "répertoire introuvable" in acme("export", "state", "--out", tmp_path / "no" / "s.json", code=1)
    assert "fichier ou répertoire introuvable" in acme("verify", "--receipt", tmp_path / "none", code=1)
    assert "n’existe pas" in acme("backup", tmp_path / "no" / "a.backup", code=1)
    assert "un répertoire du chemin" in acme("import", "sites", "--template", Path(os.devnull) / "a.xlsx", code=1)


def test_files_that_are_not_what_they_should_be_are_told_in_french(acme: Line, tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_text("nothing of ours\n")
    assert "fichier de secours" in acme("import", "rescue", junk, code=1)
    assert "note signée" in acme("verify", "--receipt", junk, code=1)
    assert "note signée" in acme("verify", "--checkpoint", junk, code=1)
    junk.write_text("boucle-receipt/1\norg acme\n", encoding="utf-8")
    assert "par --receipt" in acme("verify", "--checkpoint", junk, code=1)
    junk.write_text("boucle.example/acme/g1\n5\nfKo0Xb2JKmZFTWxlEuo8PqPw0+whvj/C4jdXBf049nI=\n", encoding="utf-8")
    assert "par --checkpoint" in acme("verify", "--receipt", junk, code=1)
    junk.write_bytes(b"\xff\xfe\x00")
    assert "texte" in acme("verify", "--checkpoint", junk, code=1)


def test_the_doctor_and_the_list_of_devices_speak_french(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not data.exists()
    assert done("admin", "init", "--org", "Acme", "--admin", "ada") == 0
    assert "BOUCLE_ORIGIN_HOST" in capsys.readouterr().err
    assert done("doctor") == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(re.fullmatch(r"(bien|attention|faute) +\S.*? {2,}\S.*", one) for one in lines), lines
    assert not [one for one in lines if ENGLISH.search(one)]
    assert any("tables de lecture" in one for one in lines)


def test_a_code_says_to_which_address_it_leads(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert done("admin", "init", "--org", "Acme", "--admin", "ada") == 0
    enrol = ("admin", "device", "enrol", "--name", "Camion 3", "--role", "chauffeur")
    (data / "server.address").write_text("http://127.0.0.1:8123", encoding="ascii")
    capsys.readouterr()
    for port, known in (("", "http://127.0.0.1:8123"), ("9001", "http://127.0.0.1:9001")):
        if port:
            monkeypatch.setenv("BOUCLE_PORT", port)
        assert done(*enrol) == 0
        written = capsys.readouterr()
        assert f"{known}, que seule cette machine atteint" in written.err
        assert f"{known}/E/#" in written.out
    assert done(*enrol, "--url", "https://boucle.example") == 0
    assert "https://boucle.example" in capsys.readouterr().err
    assert done(*enrol, "--url", "http://127.0.0.1:9002") == 0
    assert capsys.readouterr().err == ""


def test_a_backup_onto_a_full_disk_is_one_line_and_leaves_no_file(acme: Line, tmp_path: Path) -> None:
    assert acme is not None
    small = tmp_path / "small"
    small.mkdir()
    outside = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = SCRIPT.format(small=small, boucle=f"{sys.executable} -m boucle_server.cli") + "; exit $code"
    unshare = shutil.which("unshare") or "unshare"
    asked = [unshare, *outside, "--mount", "sh", "-c", script]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (1, ""), found.stderr
    assert found.stderr.count("\n") == 1
    assert "plus de place sur le disque" in found.stderr
