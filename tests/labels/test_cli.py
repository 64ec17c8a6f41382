"""The command line as a person types it."""

import json
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from PIL import Image

from boucle.codes import Label, read_label
from boucle.commands import Command, command_code
from boucle_labels import batch, cli, png
from boucle_labels.cli import main
from boucle_labels.code import qr_rows
from boucle_labels.drawing import Modules
from boucle_labels.reading import ZxingDecoder, open_picture
from tests.labels.pictures import BASE, codes, photographed, read_codes


@pytest.fixture(autouse=True)
def _speaking_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOUCLE_LANG", "en")
    monkeypatch.setenv("BOUCLE_LABEL_BASE", BASE)
    monkeypatch.chdir(tmp_path)


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def wrong_use(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    assert isinstance(stop.value.code, int)
    return stop.value.code


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def minted(count: int, path: str = "codes.csv", kind: str = "C") -> list[batch.Line]:
    assert run("mint", "--kind", kind, "--count", count, "--out", path) == 0
    return batch.read(Path(path))


def test_mint_sheet_check_and_read_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    lines = minted(24)
    assert run("sheet", "codes.csv", "--format", "avery-l7160", "--start-cell", 5, "--offset-mm", "0.5,-0.3",
               "--out", "labels.pdf", "--png", "page") == 0  # fmt: skip
    assert run("check", "labels.pdf") == 0
    assert "24 labels on 2 pages" in capsys.readouterr().out
    photographed(open_picture(Path("page-1.png"))).save("photo.jpg")
    assert run("read", "photo.jpg", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert {row["key"] for row in answer["found"]} == {line.code.text for line in lines[:17]}
    assert {row["printed"] for row in answer["found"]} == {line.code.grouped for line in lines[:17]}
    assert all(row["kind"] == "C" and row["reason"] is None for row in answer["found"])
    assert (answer["width"], answer["height"]) == open_picture(Path("photo.jpg")).size
    for row in answer["found"]:
        assert [len(corner) for corner in row["position"]] == [2, 2, 2, 2]
    assert sorted(path.name for path in Path().glob("page-*")) == ["page-1.png", "page-2.png"]


def test_the_sheet_of_commands_holds_every_command_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("commands", "--out", "commands.pdf", "--png", "commands") == 0
    assert run("check", "commands.pdf", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"labels": len(Command), "pages": 2}
    pages = [ZxingDecoder().decode(open_picture(Path(f"commands-{number}.png"))) for number in (1, 2)]
    read = [code for page in pages for code in read_codes(page)]
    assert sorted(code.text for code in read) == sorted(command_code(command).text for command in Command)


def test_minting_again_keeps_the_file_unless_forced(capsys: pytest.CaptureFixture[str]) -> None:
    first = minted(3)
    capsys.readouterr()
    assert run("mint", "--count", 3, "--out", "codes.csv") == 1
    assert "was kept" in one_line(capsys)
    assert batch.read(Path("codes.csv")) == first
    assert run("mint", "--count", 4, "--out", "codes.csv", "--force") == 0
    assert len(batch.read(Path("codes.csv"))) == 4


def test_names_given_when_minting_are_printed() -> None:
    assert run("mint", "--kind", "P", "--count", 1, "--name", "Quai 3", "--owner", "Été & Cie", "--out", "c.csv") == 0
    [line] = batch.read(Path("c.csv"))
    assert (line.code.kind, line.name, line.owner) == ("P", "Quai 3", "Été & Cie")


def test_one_label_as_a_picture_is_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    [code] = codes(1)
    for text in (code.grouped, code.text, code.url("https://ailleurs.fr"), code.grouped.lower()):
        assert run("png", text, "--out", "label.png") == 0
        [found] = ZxingDecoder().decode(open_picture(Path("label.png")))
        assert found.text == code.url(BASE)
    assert open_picture(Path("label.png")).size == (750, 450)
    capsys.readouterr()


def test_reading_without_json_gives_a_line_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    [code] = codes(1)
    run("png", code.text, "--out", "label.png")
    capsys.readouterr()
    assert run("read", "label.png") == 0
    assert capsys.readouterr().out.startswith(f"{code.grouped}\tC\t")


def test_a_picture_without_codes_is_an_empty_list_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (200, 200), 255).save("white.png")
    assert run("read", "white.png", "--json") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["found"] == []
    assert err.count("\n") == 1


def test_a_code_that_is_not_ours_is_read_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    for text, reason in (("WIFI:S:x;;", "foreign"), ("HTTPS://X/C/000000000000TS", "misread")):
        symbol = Modules(x_mm=5, y_mm=5, module_mm=1, rows=qr_rows(text))
        Path("x.png").write_bytes(png.encoded(png.render((symbol,), width_mm=50, height_mm=50, dpi=150)))
        assert run("read", "x.png", "--json") == 0
        [row] = json.loads(capsys.readouterr().out)["found"]
        assert (row["text"], row["reason"], row["key"], row["printed"]) == (text, reason, None, None)


def test_copies_and_spoiled_cells(capsys: pytest.CaptureFixture[str]) -> None:
    lines = minted(3)
    assert run("sheet", "codes.csv", "--copies", 2, "--spoiled", "2,3", "--out", "l.pdf", "--png", "p") == 0
    read = read_codes(ZxingDecoder().decode(open_picture(Path("p-1.png"))))
    assert sorted(code.text for code in read) == sorted([line.code.text for line in lines] * 2)
    capsys.readouterr()
    assert run("check", "l.pdf", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"labels": 6, "pages": 1}


def test_a_note_and_a_test_page_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    minted(1)
    Path("note.txt").write_text("traces.example.fr/org7\n1234\nCsUYapGG=\n", encoding="utf-8")
    assert run("sheet", "codes.csv", "--note-file", "note.txt", "--out", "l.pdf") == 0
    assert run("sheet", "--test-page", "--offset-mm", "-0.5,0.3", "--out", "t.pdf", "--png", "t") == 0
    assert Path("t-1.png").exists()
    assert "measure the error" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("http://127.0.0.1:8000", "only be reached from here"),
        ("http://192.168.1.20:8000", "only be reached from here"),
        ("http://localhost", "only be reached from here"),
        ("http://hub-strasbourg.local", "only be reached from here"),
        ("https://boucle.example", "address for examples"),
        ("https://retour.fr", ""),
        ("https://8.8.8.8", ""),
    ],
)
def test_an_address_that_nobody_else_reaches_is_warned_of(
    capsys: pytest.CaptureFixture[str], base: str, said: str
) -> None:
    assert run("png", codes(1)[0].text, "--base", base, "--out", "l.png") == 0
    err = capsys.readouterr().err
    assert said in err
    assert bool(said) == bool(err)


def test_without_any_setting_the_address_is_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOUCLE_LABEL_BASE")
    [code] = codes(1)
    assert run("png", code.text, "--out", "l.png") == 0
    [found] = ZxingDecoder().decode(open_picture(Path("l.png")))
    assert found.text == code.url(cli.DEFAULT_BASE)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["mint"],
        ["mint", "--count", "0", "--out", "x.csv"],
        ["mint", "--count", "100001", "--out", "x.csv"],
        ["mint", "--count", "٣", "--out", "x.csv"],
        ["mint", "--kind", "G", "--count", "1", "--out", "x.csv"],
        ["mint", "--kind", "L", "--count", "1", "--out", "x.csv"],
        ["mint", "--count", "1", "--name", "a\nb", "--out", "x.csv"],
        ["sheet", "--out", "x.pdf"],
        ["sheet", "codes.csv", "--format", "a4", "--out", "x.pdf"],
        ["sheet", "codes.csv", "--offset-mm", "1", "--out", "x.pdf"],
        ["sheet", "codes.csv", "--offset-mm", "nan,0", "--out", "x.pdf"],
        ["sheet", "codes.csv", "--offset-mm", "0,30", "--out", "x.pdf"],
        ["sheet", "codes.csv", "--spoiled", "a", "--out", "x.pdf"],
        ["png", "--out", "x.png"],
        ["read"],
        ["check"],
        ["nonsense"],
    ],
)  # fmt: skip
def test_wrong_use_is_exit_2_and_makes_nothing(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert wrong_use(*arguments) == 2
    assert capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_refusals_are_exit_1_with_one_line_and_make_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    minted(2)
    Path("bad.csv").write_text("code\nrien\n", encoding="utf-8")
    Path("long.txt").write_text("a\nb\nc\nd\ne\n", encoding="utf-8")
    Path("text.png").write_text("bonjour", encoding="utf-8")
    before = sorted(Path().iterdir())
    capsys.readouterr()
    for arguments, part in {
        ("sheet", "none.csv", "--out", "x.pdf"): "none.csv",
        ("sheet", "bad.csv", "--out", "x.pdf"): "row 2, column code",
        ("sheet", "codes.csv", "--start-cell", "22", "--out", "x.pdf"): "cells 1 to 21",
        ("sheet", "codes.csv", "--note-file", "long.txt", "--out", "x.pdf"): "4 lines",
        ("sheet", "codes.csv", "--bars", "--out", "x.pdf"): "too narrow",
        ("sheet", "codes.csv", "--base", "boucle.example", "--out", "x.pdf"): "https://boucle.example",
        ("sheet", "codes.csv", "--base", "https://" + "a" * 300 + ".fr", "--out", "x.pdf"): "too long",
        ("sheet", "codes.csv", "--out", "no/such/x.pdf"): "cannot be written",
        ("png", "7K3M-9QX2-T4HD-C9", "--out", "x.png"): "misread",
        ("png", "(8003)03453120000011ABC", "--out", "x.png"): "GS1",
        ("png", "bon\u202ejour", "--out", "x.png"): "\\u202e",
        ("read", "none.png"): "none.png",
        ("read", "text.png"): "no readable picture",
        ("check", "codes.csv"): "no readable PDF",
        ("zpl", "none.csv", "--printer", "203dpi", "--size", "60x40", "--out", "x.zpl"): "none.csv",
    }.items():
        assert run(*arguments) == 1, arguments
        assert part in one_line(capsys), arguments
    assert sorted(Path().iterdir()) == before


def test_a_full_disk_leaves_what_was_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    minted(1)
    Path("x.pdf").write_text("before", encoding="utf-8")
    capsys.readouterr()
    full = Path("/dev/full")
    assert full.exists()
    # The temporary file beside the target is opened on a device that is always full.
    monkeypatch.setattr("boucle_labels.files.tempfile.mkstemp", lambda **_: (os.open(full, os.O_WRONLY), "tmp-gone"))
    assert run("sheet", "codes.csv", "--out", "x.pdf") == 1
    assert "No space left" in one_line(capsys)
    assert Path("x.pdf").read_text(encoding="utf-8") == "before"


def test_a_name_that_is_a_folder_is_refused_and_nothing_is_left_lying(capsys: pytest.CaptureFixture[str]) -> None:
    Path("labels.png").mkdir()
    assert run("png", codes(1)[0].text, "--out", "labels.png") == 1
    assert "cannot be written" in one_line(capsys)
    assert list(Path().iterdir()) == [Path("labels.png")]


def test_a_file_is_for_whom_the_umask_says() -> None:
    before = os.umask(0o027)
    try:
        minted(1)
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("codes.csv").stat().st_mode) == 0o640


@pytest.mark.parametrize("command", ["mint", "sheet", "commands", "png", "read", "check", "zpl"])
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert wrong_use(command, "--help") == 0
    help_text = " ".join(capsys.readouterr().out.split())
    assert f"xample: boucle-labels {command} " in help_text or f"xemple : boucle-labels {command} " in help_text


def test_what_the_readme_shows_works_by_the_installed_command() -> None:
    assert shutil.which("boucle-labels", path=str(Path(sys.executable).parent)) is not None


def test_french_is_what_people_get_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("BOUCLE_LANG")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert run("read", "none.png") == 1
    assert one_line(capsys) == "none.png\u00a0: image introuvable. Rien n’a été lu\u00a0; vérifiez le chemin.\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "il manque COMMAND"),
        (["mint", "--count", "1"], "il manque --out"),
        (["mint", "--count", "0", "--out", "x"], "un nombre entier de 1 à 100000, et non «\u00a00\u00a0»"),
        (["mint", "--count", "1", "--name", "a\nb", "--out", "x"], "caractères imprimables"),
        (["sheet", "c.csv", "--offset-mm", "1", "--out", "x"], "deux nombres de millimètres"),
        (["sheet", "c.csv", "--offset-mm", "0,30", "--out", "x"], "au plus 20 mm"),
        (["sheet", "c.csv", "--format", "a4", "--out", "x"], "« a4 » n’est pas connu"),
        (["read", "a.png", "--fast"], "--fast n’est pas connu ici"),
    ],
)
def test_wrong_use_is_told_in_one_french_line(
    arguments: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOUCLE_LANG", "fr")
    assert wrong_use(*arguments) == 2
    said = one_line(capsys)
    assert complaint in said
    assert said.startswith("boucle-labels")
    assert "rien n’a été fait" in said


def test_minted_codes_are_random(tmp_path: Path) -> None:
    one = {line.code for line in minted(50, "a.csv")}
    two = {line.code for line in minted(50, "b.csv")}
    assert not one & two
    assert all(isinstance(read_label(code.grouped), Label) for code in one)
    assert tmp_path == Path.cwd()
