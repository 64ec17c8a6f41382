"""`boucle month`, as whoever holds the machine meets it."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle.roles import Role
from boucle_server import people
from boucle_server.cli import main
from boucle_server.db import Database
from boucle_server.schema import prepare
from boucle_server.tables import MONTH_CLOSING
from tests.server.figures_world import NOW, a_small_year


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BOUCLE_LANG", "en")
    database = Database.embedded_at(tmp_path / "data" / "boucle.sqlite3")
    prepare(database)
    org = a_small_year(database)
    with database.writing(org) as connection:
        people.add_user(
            connection, org, login="ada", password="a long password", role=Role.MANAGER, now_ms=NOW, name="Ada"
        )
    database.close()
    return str(tmp_path / "data")


def test_a_month_is_closed_once_by_name(data: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["month", "close", "2026-03", "--data", data, "--by", "ada"]) == 0
    assert "2026-03 closed, revision 1" in capsys.readouterr().out
    assert main(["month", "close", "2026-03", "--data", data]) == 1
    error = capsys.readouterr().err
    assert "already" in error
    assert error.count("\n") == 1
    database = Database.embedded_at(tmp_path / "data" / "boucle.sqlite3")
    with database.reading() as connection:
        ((by, revision),) = connection.execute(sa.select(MONTH_CLOSING.c.by, MONTH_CLOSING.c.revision)).all()
    database.close()
    assert (by.startswith("p"), revision) == (True, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2999-01"], "no month"),
        (["2199-01"], "not over"),
        (["mars"], "“mars” is no month"),
        (["2026-03", "--by", "eve"], "login eve"),
    ],
)
def test_what_cannot_be_closed_is_refused_in_one_line(
    data: str, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["month", "close", *words, "--data", data]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_the_months_are_listed_with_where_they_stand(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["month", "close", "2026-02", "--data", data])
    capsys.readouterr()
    assert main(["month", "list", "--data", data]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "2026-01  complete, to be closed",
        "2026-02  closed (revision 1)",
        "2026-03  complete, to be closed",
    ]
    assert main(["month", "list", "--data", data, "--json"]) == 0
    told = {row["month"]: row for row in json.loads(capsys.readouterr().out)}
    assert (told["2026-02"]["state"], told["2026-02"]["closing"]["revision"]) == ("closed", 1)
    assert told["2026-02"]["closing"]["by"] == "console"
