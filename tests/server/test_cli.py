"""The command line: what each command prints, refuses and leaves behind, as its user meets it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from boucle.enrolment import Invitation
from boucle.wire import digest
from boucle_server import cli
from boucle_server.container import MAGIC
from boucle_server.db import Database
from boucle_server.ingest import accept_own, keep, sender_of
from boucle_server.ledger import Raw
from boucle_server.people import sign_in
from boucle_server.read_tables import CELL
from boucle_server.server_device import Draft
from boucle_server.settings import Settings
from boucle_server.tables import LEAF

Run = Callable[..., str]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOUCLE_LANG", "en")
    monkeypatch.setenv("BOUCLE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def boucle(data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    assert not data.exists()

    def run(*words: object, code: int = 0) -> str:
        try:
            found = cli.main([str(word) for word in words])
        except SystemExit as left:
            found = int(left.code or 0)
        written = capsys.readouterr()
        assert found == code, written.err
        if code:
            assert written.out == ""
            assert written.err.count("\n") == 1, "an error is one line"
            return written.err
        return written.out

    return run


@pytest.fixture
def acme(boucle: Run) -> Run:
    boucle("admin", "init", "--org", "Acme", "--admin", "ada")
    return boucle


def as_json(text: str) -> Any:
    return json.loads(text)


def test_every_command_has_help_with_an_example(boucle: Run) -> None:
    for name in cli.COMMANDS:
        text = boucle(name, "--help")
        assert f"boucle {name}" in text
        assert "example" in text.lower()
        assert name in boucle("--help")


@pytest.mark.parametrize(("lang", "spoken", "foreign"), [
    ("fr", "utilisation :", ("usage:", "example", "data directory", "show this help")),
    ("en", "usage:", ("utilisation", "exemple", "répertoire", "montrer")),
])  # fmt: skip
def test_every_help_speaks_one_language(
    boucle: Run, monkeypatch: pytest.MonkeyPatch, lang: str, spoken: str, foreign: tuple[str, ...]
) -> None:
    monkeypatch.setenv("BOUCLE_LANG", lang)
    deeper = (("month", "close"), ("admin", "device", "enrol"), ("admin", "quarantine", "admit"))
    for words in (*((name,) for name in cli.COMMANDS), *deeper):
        text = boucle(*words, "--help")
        assert spoken in text
        assert not [each for each in foreign if each in text], words
        assert " / " not in text, "no line is said in both languages at once"


def test_a_command_that_does_not_exist_is_wrong_use(boucle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no command fly" in boucle("fly", code=2)
    assert "--help" in boucle("admin", "fly", code=2)
    assert "--port" in boucle("serve", "--port", "many", code=2)
    assert "1 to 64" in boucle("serve", "--workers", "0", code=2)
    monkeypatch.setenv("BOUCLE_WORKERS", "0")
    assert "BOUCLE_WORKERS" in boucle("serve", code=1)


def test_help_is_there_without_loading_what_a_server_needs() -> None:
    code = "import sys; from boucle_server import cli; cli.main(['--help']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "argparse" in loaded
    for heavy in ("sqlalchemy", "fastapi", "pydantic", "alembic", "uvicorn"):
        assert f"'{heavy}'" not in loaded


def test_the_first_organisation_comes_with_an_account_whose_password_is_shown_once(boucle: Run, data: Path) -> None:
    made = as_json(boucle("admin", "init", "--org", "Éco-Retour", "--admin", "ada", "--json"))
    assert (made["org"], made["login"]) == ("eco-retour", "ada")
    database = Database.open(Settings(data=data))
    with database.reading() as connection:
        assert sign_in(connection, "ada", made["password"])[0] == "eco-retour"
    database.close()
    assert "admin org add" in boucle("admin", "init", "--org", "Other", "--admin", "bob", code=1)


@pytest.mark.usefixtures("data")
def test_what_an_organisation_bears_for_ever_is_named_with_the_variables_that_choose_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOUCLE_ORIGIN_HOST", "boucle.example")
    monkeypatch.setenv("BOUCLE_LABEL_BASE", "https://b.example")
    assert cli.main(["admin", "init", "--org", "Acme", "--admin", "ada", "--json"]) == 0
    written = capsys.readouterr()
    assert json.loads(written.out)["origin"] == "boucle.example/acme"
    assert "boucle.example/acme (BOUCLE_ORIGIN_HOST)" in written.err
    assert "https://b.example" in written.err
    with pytest.raises(SystemExit):
        cli.main(["admin", "init", "--help"])
    assert "BOUCLE_ORIGIN_HOST" in capsys.readouterr().out
    monkeypatch.delenv("BOUCLE_LABEL_BASE")
    assert cli.main(["admin", "org", "add", "--name", "Bravo"]) == 0
    assert "BOUCLE_LABEL_BASE" in capsys.readouterr().err


def test_a_password_can_come_by_stdin_and_is_then_not_shown(
    boucle: Run, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse battery\n")
    with secret.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        text = boucle("admin", "init", "--org", "Acme", "--admin", "ada", "--password-stdin")
    assert "correct" not in text
    database = Database.open(Settings(data=data))
    with database.reading() as connection:
        assert sign_in(connection, "ada", "correct horse battery")[0] == "acme"
    database.close()


def test_a_device_is_invited_with_a_code_an_address_and_an_end(acme: Run) -> None:
    words = ("admin", "device", "enrol", "--name", "Camion 3", "--role", "Chauffeur")
    made = as_json(acme(*words))
    assert set(made) == {"code", "uri", "expires_at"}
    read = Invitation.parse(made["uri"])
    assert read is not None
    assert (read.code, read.server) == (made["code"], "http://127.0.0.1:8000")
    assert made["expires_at"].endswith("Z")
    assert Invitation.parse(as_json(acme(*words, "--url", "https://b.example"))["uri"]) is not None
    assert "base_url" in acme(*words, "--url", "ftp://b.example", code=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "add", "--login", "ada", "--role", "reader"), "taken"),
        (("user", "add", "--login", "bob", "--role", "emperor"), "driver, warehouse"),
        (("operator", "add", "--name", "Bob", "--role", "driver", "--pin", "47"), "digits"),
        (("operator", "add", "--name", "", "--role", "driver", "--pin", "4711"), "name"),
        (("device", "enrol", "--name", "T", "--role", "pilot"), "driver"),
        (("device", "enrol", "--name", "T", "--role", "driver", "--site", "nulle-part"), "no site is known yet"),
        (("device", "revoke", "d-none"), "no such device"),
        (("device", "list", "--org", "other"), "no such organisation"),
        (("token", "add", "--name", "ERP", "--scopes", "everything"), "collect, receive"),
        (("token", "revoke", "t-none"), "no such token"),
        (("org", "add", "--name", "Acme"), "acme already"),
        (("org", "add", "--name", "Mars", "--zone", "Mars/Olympus"), "zone"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(acme: Run, words: tuple[str, ...], said: str) -> None:
    assert said in acme("admin", *words, code=1)


def test_several_organisations_have_to_be_told_apart(acme: Run) -> None:
    acme("admin", "org", "add", "--name", "Other", "--admin", "olga")
    assert as_json(acme("admin", "org", "list", "--json")) == ["acme", "other"]
    assert "acme, other" in acme("admin", "device", "list", code=1)
    assert as_json(acme("admin", "device", "list", "--org", "other", "--json")) == []


def test_people_tokens_and_devices_are_added_listed_and_cut_off(acme: Run) -> None:
    user = as_json(acme("admin", "user", "add", "--login", "bob", "--role", "responsable", "--json"))
    assert user["role"] == "manager"
    operator = ("operator", "add", "--name", "Chloé", "--role", "chauffeur", "--pin", "4711", "--json")
    assert as_json(acme("admin", *operator))["person"].startswith("p-")
    token = as_json(acme("admin", "token", "add", "--name", "ERP", "--scopes", "read,manage", "--json"))
    assert token["token"] not in acme("admin", "token", "list")
    assert token["id"] in acme("admin", "token", "list")
    acme("admin", "token", "revoke", token["id"])
    assert token["id"] not in acme("admin", "token", "list")


def test_messages_are_french_unless_english_is_asked_for(boucle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOUCLE_LANG")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert "organisation créée" in boucle("admin", "init", "--org", "Acme", "--admin", "ada")
    assert "inconnue" in boucle("fly", code=2)


def test_a_directory_that_cannot_be_used_is_one_line(boucle: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--data" in boucle("admin", "org", "list", "--data", tmp_path / "file" / "data", code=1)


def test_a_file_that_is_no_database_is_one_line(boucle: Run, data: Path) -> None:
    data.mkdir()
    (data / "boucle.sqlite3").write_bytes(b"this is no database" * 1000)
    assert "damaged" in boucle("admin", "org", "list", code=1)


def levels(found: list[dict[str, str]]) -> dict[str, str]:
    return {finding["check"]: finding["level"] for finding in found}


def test_the_doctor_finds_a_new_installation_sound_and_says_what_is_still_to_set(acme: Run) -> None:
    found = levels(as_json(acme("doctor", "--json")))
    assert found == {
        "python": "ok", "disk": "ok", "directory": "ok", "address": "warning", "origin": "warning",
        "database": "ok", "migrations": "ok", "integrity": "ok", "read tables": "ok",
        "log acme": "ok", "keys acme": "ok", "held acme": "ok", "photos acme": "ok", "clock acme": "ok",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE leaf SET hash = zeroblob(32) WHERE idx = 1", "log acme"),
        ("DELETE FROM leaf WHERE idx = 1", "log acme"),
        ("UPDATE log_head SET signed_size = 1, signed_root = zeroblob(32)", "log acme"),
        ("UPDATE org_key SET private = zeroblob(32) WHERE purpose = 'box'", "keys acme"),
        ("UPDATE device SET public_key = zeroblob(32)", "keys acme"),
        ("UPDATE alembic_version SET version_num = '0000'", "migrations"),
        (
            """INSERT INTO record (org, id, variant, hash, dev, epoch, seq, kind, subject, payload, teff, tq, salt,
            generation, leaf, status, reason, received_ms) VALUES ('acme', 'e', 0, 'h', 'd', 'e', 1, 'k', 's',
            x'00', 1, 0, x'00', 1, 9, 'accepted', '', 9999999999999)""",
            "clock acme",
        ),
    ],
)
def test_the_doctor_names_what_is_wrong(
    acme: Run, data: Path, capsys: pytest.CaptureFixture[str], statement: str, check: str
) -> None:
    assert acme("doctor")
    database = Database.open(Settings(data=data))
    with database.writing() as connection:
        connection.exec_driver_sql(statement)
    database.close()
    assert cli.main(["doctor", "--json"]) == 1
    found = levels(json.loads(capsys.readouterr().out))
    assert [name for name, level in found.items() if level == "fault"] == [check]


def test_the_doctor_minds_no_key_of_which_only_the_public_half_was_imported(acme: Run, tmp_path: Path) -> None:
    acme("export", "events", "--out", tmp_path / "events.jsonl")
    other = tmp_path / "other"
    acme("import", "events", tmp_path / "events.jsonl", "--data", other)
    found = {one["check"]: one["level"] for one in as_json(acme("doctor", "--json", "--data", other))}
    assert [level for check, level in found.items() if check.startswith("keys ")] == ["ok"]


def test_the_doctor_of_an_empty_place_says_how_to_begin(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not data.exists()
    assert cli.main(["doctor"]) == 1
    assert "admin init" in capsys.readouterr().out
    assert not data.exists()


def test_a_backup_says_of_which_log_it_is_and_is_not_overwritten(acme: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    made = as_json(acme("backup", file, "--json"))
    assert file.read_bytes().startswith(f"{MAGIC} sha256={made['sha256']}".encode())
    assert made["logs"]["acme"]["origin"] == "boucle.local/acme/g1"
    assert "--force" in acme("backup", file, code=1)
    acme("backup", file, "--force")
    assert "no such directory" in acme("backup", tmp_path / "none" / "a.backup", code=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.backup", "data"]


def test_a_backup_is_restored_where_there_is_nothing_and_nowhere_else(acme: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    acme("backup", file)
    assert "empty" in acme("restore", file, code=1)
    (told,) = as_json(acme("restore", file, "--data", tmp_path / "new", "--json"))["logs"]
    assert (told["origin"], told["newest"]) == ("boucle.local/acme/g1", None)
    found = levels(as_json(acme("doctor", "--data", tmp_path / "new", "--json")))
    assert set(found.values()) == {"ok", "warning"}
    assert "such file" in acme("restore", tmp_path / "none", "--data", tmp_path / "b", code=1)


@pytest.mark.postgres
def test_the_same_commands_work_on_postgresql(
    boucle: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_postgres: Callable[[], str]
) -> None:
    monkeypatch.setenv("BOUCLE_DATABASE_URL", fresh_postgres())
    boucle("admin", "init", "--org", "Acme", "--admin", "ada")
    found = levels(as_json(boucle("doctor", "--json")))
    assert "fault" not in found.values()
    assert found["keys acme"] == "ok"
    boucle("backup", tmp_path / "a.backup")
    assert "empty" in boucle("restore", tmp_path / "a.backup", code=1)
    monkeypatch.setenv("BOUCLE_DATABASE_URL", fresh_postgres())
    boucle("restore", tmp_path / "a.backup")
    assert as_json(boucle("admin", "org", "list", "--json")) == ["acme"]


def test_no_command_repeats_the_password_of_the_database(boucle: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUCLE_DATABASE_URL", "postgresql://u:canary@127.0.0.1:1/none")
    assert "canary" not in boucle("admin", "org", "list", code=1)


@pytest.mark.usefixtures("acme")
def test_a_row_that_names_what_does_not_exist_is_told_by_its_line_and_the_others_are_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sites.csv"
    sheet.write_text("cle;nom;partenaire\nmulhouse;Rhin Plasturgie;rhin\nmetz;Metz-Nord;\n", encoding="utf-8")
    assert cli.main(["import", "sites", str(sheet)]) == 1
    written = capsys.readouterr()
    assert written.out.startswith("1 created")
    assert "row 2, partenaire: unknown partner: rhin" in written.err


def test_what_was_set_aside_is_listed_admitted_and_dismissed(acme: Run, data: Path) -> None:
    assert "Nothing waits" in acme("admin", "quarantine", "list")
    database = Database.open(Settings(data=data))
    kept = []
    with database.writing("acme") as connection:
        sender = sender_of(connection, "acme", "server")
        for content in (b"\xff\xfe", "un texte\tcoupé".encode()):
            kept.append(digest(content))
            keep(connection, sender, Raw(content, kept[-1], "raw"), now_ms=1_790_000_000_000)
    database.close()
    lines = acme("admin", "quarantine", "list").splitlines()
    assert len(lines) == 3
    assert kept[0][:16] in lines[1]
    assert "un texte\\tcoupé" in lines[2]
    listed = as_json(acme("admin", "quarantine", "list", "--json"))
    assert [(one["hash"], one["status"], one["size"]) for one in listed] == [
        (kept[0], "unreadable", 2),
        (kept[1], "unreadable", 15),
    ]
    assert "dismiss them" in acme("admin", "quarantine", "admit", kept[0], code=1)
    assert "--reason" in acme("admin", "quarantine", "dismiss", kept[0], code=2)
    assert "login eve" in acme("admin", "quarantine", "dismiss", kept[0], "--reason", "x", "--by", "eve", code=1)
    assert "dismissed" in acme("admin", "quarantine", "dismiss", kept[0][:12], "--reason", "test", "--by", "ada")
    assert "already" in acme("admin", "quarantine", "dismiss", kept[0][:12], "--reason", "test")
    (told,) = as_json(acme("admin", "quarantine", "dismiss", kept[1], "--reason", "test", "--json"))
    assert (told["before"], told["status"]) == ("unreadable", "dismissed")
    assert "Nothing waits" in acme("admin", "quarantine", "list")
    assert "answers to" in acme("admin", "quarantine", "admit", "0" * 12, code=1)


def test_the_doctor_names_events_that_stay_held_though_their_kind_is_known(acme: Run, data: Path) -> None:
    database = Database.open(Settings(data=data))
    with database.writing("acme") as connection:
        draft = Draft(kind="scan.noted", fields={"body": {"text": "?"}})
        (result,) = accept_own(connection, "acme", [draft], actor="", now_ms=1_790_000_000_000)
        connection.exec_driver_sql("UPDATE record SET status = 'held'")
    database.close()
    (said,) = [each for each in as_json(acme("doctor", "--json")) if each["check"] == "held acme"]
    assert (said["level"], result.id in said["text"]) == ("warning", True)


def test_programs_read_what_verify_and_rebuild_found(acme: Run, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sound,) = as_json(acme("verify", "--json"))["sound"]
    assert sound["entries"] >= 1
    assert as_json(acme("verify", "--json"))["fault"] is None
    assert as_json(acme("rebuild", "--check", "--json")) == [{"org": sound["org"], "differences": []}]
    assert as_json(acme("rebuild", "--json"))[0]["org"] == sound["org"]
    database = Database.open(Settings(data=data))
    with database.writing(sound["org"]) as connection:
        connection.execute(sa.update(LEAF).values(hash=b"x" * 32))
        connection.execute(sa.insert(CELL).values(dict.fromkeys(CELL.c.keys(), "") | {"org": sound["org"], "n": 1}))
    database.close()
    for words, of in ((("verify", "--json"), "fault"), (("rebuild", "--check", "--json"), "differences")):
        assert cli.main(list(words)) == 1
        said = as_json(capsys.readouterr().out)
        assert (said if of == "fault" else said[0])[of]
