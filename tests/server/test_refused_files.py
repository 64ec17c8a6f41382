"""Files that a command refuses to read or to write over: one line says why, and nothing else changes."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from boucle_server.cli import main
from boucle_server.db import Database
from boucle_server.errors import OperatorError
from boucle_server.imports.packed_sheet import Trouble, read
from boucle_server.imports.sheet_file import read_rows, write_rows
from boucle_server.schema import prepare
from tests.server.figures_world import a_small_year

Boucle = Callable[..., tuple[int, str]]


@pytest.fixture
def boucle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Boucle:
    """Give the command line on a small year."""
    data = tmp_path / "data"
    database = Database.embedded_at(data / "boucle.sqlite3")
    prepare(database)
    a_small_year(database)
    database.close()

    def run(*words: object) -> tuple[int, str]:
        code = main([*map(str, words), "--data", str(data)])
        return code, capsys.readouterr().err

    return run


def with_cell_at(file: Path, corner: str) -> bytes:
    """Give a workbook of which one cell is said to stand somewhere else."""
    write_rows(file, [["site", "nom"], ["metz", "Metz"]])
    made = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.startswith("xl/worksheets/sheet"):
                content = content.replace(b'r="B2"', b'r="%s"' % corner.encode())
            target.writestr(entry, content)
    return made.getvalue()


def test_a_cell_in_the_last_corner_ends_no_process_of_ours(tmp_path: Path) -> None:
    far = tmp_path / "far.xlsx"
    far.write_bytes(with_cell_at(tmp_path / "plain.xlsx", "XFD1048576"))
    with pytest.raises(OperatorError) as refused:
        read_rows(far)
    assert refused.value.key == "import.too_many_rows"


def test_a_wide_sheet_is_too_large_and_a_plain_one_is_read(tmp_path: Path) -> None:
    assert read(with_cell_at(tmp_path / "plain.xlsx", "XFD2")) is Trouble.TOO_LONG
    assert read((tmp_path / "plain.xlsx").read_bytes()) == ([["site", "nom"], ["metz", "Metz"]], ["Sheet1"])


@pytest.mark.parametrize("cut", [40, 200, 900, -30, -200])
def test_a_damaged_workbook_is_refused_with_a_sentence(cut: int, tmp_path: Path) -> None:
    write_rows(tmp_path / "good.xlsx", [["site", "nom"], ["metz", "Metz"]])
    content = bytearray((tmp_path / "good.xlsx").read_bytes())
    for at in range(cut, cut + 20):
        content[at] ^= 0xFF
    (tmp_path / "bad.xlsx").write_bytes(content)
    try:
        read_rows(tmp_path / "bad.xlsx")
    except OperatorError as error:
        assert error.key in ("import.no_spreadsheet", "import.too_large", "import.too_many_rows")  # noqa: PT017


def test_a_workbook_without_its_directory_is_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "good.xlsx", [["site", "nom"]])
    content = (tmp_path / "good.xlsx").read_bytes()
    (tmp_path / "bad.xlsx").write_bytes(content.replace(b"PK\x01\x02", b"XX\x01\x02"))
    with pytest.raises(OperatorError) as refused:
        read_rows(tmp_path / "bad.xlsx")
    assert refused.value.key == "import.no_spreadsheet"


def test_a_template_never_replaces_a_file(tmp_path: Path, boucle: Boucle) -> None:
    filled = tmp_path / "sites.csv"
    filled.write_text("site;nom\nmetz;Metz\n", encoding="utf-8")
    code, said = boucle("import", "sites", "--template", filled)
    assert (code, filled.read_text(encoding="utf-8")) == (1, "site;nom\nmetz;Metz\n")
    assert "sites.csv" in said


@pytest.mark.parametrize("what", ["state", "kpis", "balances", "report"])
@pytest.mark.parametrize("instant", ["0001-01-01", "9999-12-31T23:59", "1999-12-31"])
def test_an_instant_that_no_calendar_serves_is_refused(
    what: str, instant: str, *, tmp_path: Path, boucle: Boucle
) -> None:
    out = tmp_path / "out.json"
    code, said = boucle("export", what, "--as-of", instant, "--out", out)
    assert (code, out.exists()) == (1, False)
    assert instant in said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("kpis", "--from", "2026-03", "--to", "2026-01"), "2026-03"),
        (("report", "--from", "2026-03", "--to", "2026-01"), "2026-03"),
        (("kpis", "--to", "2999-01"), "2999-01"),
        (("kpis", "--from", "0001-01"), "0001-01"),
        (("kpis", "--as-of", "2999-01-01"), "2999-01-01"),
        (("events", "--as-of", "2026-03-01"), "--as-of"),
        (("log", "--month", "2026-03"), "--month"),
        (("state", "--from", "2026-03"), "--from"),
    ],
)
def test_what_an_export_cannot_do_with_an_option_is_said(
    words: tuple[str, ...], named: str, *, tmp_path: Path, boucle: Boucle
) -> None:
    out = tmp_path / "out.json"
    code, said = boucle("export", *words, "--out", out)
    assert (code, out.exists()) == (1, False)
    assert named in said


def test_an_export_is_written_through_a_link_and_into_no_device(tmp_path: Path, boucle: Boucle) -> None:
    kept, link, pipe = tmp_path / "kept" / "state.json", tmp_path / "state.json", tmp_path / "pipe"
    kept.parent.mkdir()
    link.symlink_to(kept)
    assert boucle("export", "state", "--out", link)[0] == 0
    assert (link.is_symlink(), kept.stat().st_size > 0) == (True, True)
    os.mkfifo(pipe)
    code, said = boucle("export", "state", "--out", pipe)
    assert (code, pipe.is_fifo(), "pipe" in said) == (1, True, True)
