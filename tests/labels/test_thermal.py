"""Rolls: a page for each label as a PDF, and ZPL whose dots are read back by the decoder, at every size and printer."""

import re
from pathlib import Path

import pytest
from PIL import Image

from boucle_labels import pdf, sheet, thermal
from boucle_labels.check import Checked, check
from boucle_labels.cli import main
from boucle_labels.label import layout
from boucle_labels.reading import ZxingDecoder
from boucle_labels.roll import ROLLS
from boucle_labels.sheet import Setting, SheetFormat
from tests.labels.pictures import faces, read_codes

_LABEL = re.compile(r"\^XA\^PW(\d+)\^LL(\d+)\^LH0,0\^FO0,0\^GFA,(\d+),(\d+),(\d+),([0-9A-F]+)\^FS\^XZ")


def printed_dots(content: bytes) -> list[Image.Image]:
    """Burn the dots that a file of ZPL says, as a printer does: a set bit is dark."""
    labels = []
    for found in _LABEL.finditer(content.decode("ascii")):
        width, height, total, again, row_bytes = (int(each) for each in found.groups()[:5])
        assert total == again == row_bytes * height
        dark = Image.frombytes("1", (row_bytes * 8, height), bytes.fromhex(found[6]))
        labels.append(dark.convert("L").point(lambda grey: 255 - grey).crop((0, 0, width, height)))
    return labels


@pytest.mark.parametrize("form", ROLLS.values(), ids=ROLLS.keys())
def test_a_roll_has_one_label_a_page_and_each_is_read_back(form: SheetFormat, tmp_path: Path) -> None:
    pages = list(sheet.pages(faces(3), Setting(form=form)))
    paper = tmp_path / "roll.pdf"
    paper.write_bytes(pdf.render(pages, width_mm=form.page_width_mm, height_mm=form.page_height_mm))
    assert check(paper, ZxingDecoder()) == Checked(labels=3, pages=3)


@pytest.mark.parametrize("dpi", thermal.DOTS_PER_INCH.values())
@pytest.mark.parametrize("form", ROLLS.values(), ids=ROLLS.keys())
def test_the_dots_of_a_thermal_label_are_read_back(form: SheetFormat, dpi: int) -> None:
    labels = faces(2)
    width, height = form.label_width_mm, form.label_height_mm
    pages = [layout(face, width_mm=width, height_mm=height) for face in labels]
    content = thermal.zpl(pages, width_mm=width, height_mm=height, dpi=dpi)
    pictures = printed_dots(content)
    assert [picture.size for picture in pictures] == [(round(width * dpi / 25.4), round(height * dpi / 25.4))] * 2
    assert [read_codes(ZxingDecoder().decode(picture)) for picture in pictures] == [[face.code] for face in labels]


def test_the_command_writes_what_a_printer_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes, out = tmp_path / "codes.csv", tmp_path / "labels.zpl"
    assert main(["mint", "--kind", "C", "--count", "3", "--out", str(codes)]) == 0
    assert main(["zpl", str(codes), "--printer", "203dpi", "--size", "60x40", "--out", str(out)]) == 0
    assert len(printed_dots(out.read_bytes())) == 3
    with pytest.raises(SystemExit):
        main(["zpl", str(codes), "--size", "60", "--out", str(out)])
    assert "60x40" in capsys.readouterr().err
