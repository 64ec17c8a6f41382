"""Sheets: every label in its cell to a tenth of a millimetre, and every one read back."""

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from boucle_labels import pdf, png, sheet
from boucle_labels.check import Checked, check
from boucle_labels.drawing import Modules, Shape
from boucle_labels.errors import RefusedError
from boucle_labels.label import Face
from boucle_labels.reading import ZxingDecoder
from boucle_labels.sheet import FORMATS, Setting, SheetFormat
from tests.labels.pictures import codes, faces, pdf_pages, photographed, read_codes

L7160 = FORMATS["avery-l7160"]


def printed(labels: list[Face], setting: Setting) -> bytes:
    form = setting.form
    return pdf.render(sheet.pages(labels, setting), width_mm=form.page_width_mm, height_mm=form.page_height_mm)


def pictures(labels: list[Face], setting: Setting, dpi: int) -> list[Image.Image]:
    form = setting.form
    return [
        png.render(page, width_mm=form.page_width_mm, height_mm=form.page_height_mm, dpi=dpi)
        for page in sheet.pages(labels, setting)
    ]


# ---------------------------------------------------------------- where the cells are


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
def test_cells_lie_on_the_page_evenly_and_apart(form: SheetFormat) -> None:
    last_x, last_y = form.corner(form.cells)
    right = form.page_width_mm - last_x - form.label_width_mm
    bottom = form.page_height_mm - last_y - form.label_height_mm
    assert right == pytest.approx(form.left_mm, abs=0.06)
    assert bottom == pytest.approx(form.top_mm, abs=0.06)
    assert form.pitch_x_mm >= form.label_width_mm
    assert form.pitch_y_mm >= form.label_height_mm


def test_the_l7160_is_its_makers() -> None:
    assert (L7160.cells, L7160.label_width_mm, L7160.label_height_mm) == (21, 63.5, 38.1)
    assert L7160.corner(1) == (7.21, 15.15)
    assert L7160.corner(5) == pytest.approx((73.25, 53.25))
    assert L7160.corner(21) == pytest.approx((139.29, 243.75))


def test_a_symbol_stands_in_its_cell_to_a_tenth_of_a_millimetre() -> None:
    labels = faces(21)
    [page] = pdf_pages(printed(labels, Setting(form=L7160)), 600)
    found = ZxingDecoder().decode(page)
    module = next(shape for shape in next(sheet.pages(labels, Setting(form=L7160))) if isinstance(shape, Modules))
    at = {code: symbol.position[0] for code, symbol in zip(read_codes(found), found, strict=True)}
    for cell, face in enumerate(labels, start=1):
        corner_x, corner_y = L7160.corner(cell)
        x, y = (pixels / 600 * 25.4 for pixels in at[face.code])
        # The decoder puts corners on pixels, a little inside or outside of the first module.
        assert x - corner_x == pytest.approx(module.x_mm - L7160.left_mm, abs=0.3)
        assert y - corner_y == pytest.approx(module.y_mm - L7160.top_mm, abs=0.3)


def test_a_page_is_exactly_a4_and_asks_not_to_be_scaled() -> None:
    content = printed(faces(1), Setting(form=L7160))
    document = pypdfium2.PdfDocument(content)
    assert document[0].get_size() == pytest.approx((210 / 25.4 * 72, 297 / 25.4 * 72), abs=0.01)
    document.close()
    assert b"/PrintScaling /None" in content


@pytest.mark.story(8)
def test_the_offset_moves_everything_right_and_down() -> None:
    labels = faces(2)
    plain = next(sheet.pages(labels, Setting(form=L7160)))
    shifted = next(sheet.pages(labels, Setting(form=L7160, offset_mm=(0.5, -0.3))))
    assert [place(shape) for shape in shifted if isinstance(shape, Modules)] == [
        pytest.approx((shape.x_mm + 0.5, shape.y_mm - 0.3)) for shape in plain if isinstance(shape, Modules)
    ]


@pytest.mark.story(8)
@pytest.mark.parametrize("offset_mm", [(0.0, 0.0), (1.0, -1.0)])
def test_a_printed_sheet_of_twenty_four_decodes_to_the_text_under_each_symbol_and_moves_by_its_millimetre(
    tmp_path: Path, offset_mm: tuple[float, float]
) -> None:
    form = sheet.FORMATS["avery-l7159"]
    assert form.cells == 24
    labels = faces(24)
    content = printed(labels, Setting(form=form, offset_mm=offset_mm))
    paper = tmp_path / "sheet.pdf"
    paper.write_bytes(content)
    assert check(paper, ZxingDecoder()) == Checked(labels=24, pages=1)
    [page] = pdf_pages(content, 600)
    [plain] = pdf_pages(printed(labels, Setting(form=form)), 600)
    found, before = ZxingDecoder().decode(page), ZxingDecoder().decode(plain)
    assert set(read_codes(found)) == {face.code for face in labels}
    was = {code: symbol.position[0] for code, symbol in zip(read_codes(before), before, strict=True)}
    for code, symbol in zip(read_codes(found), found, strict=True):
        moved = [(now - then) / 600 * 25.4 for now, then in zip(symbol.position[0], was[code], strict=True)]
        assert moved == pytest.approx(offset_mm, abs=0.15)


def place(shape: Shape) -> tuple[float, float]:
    return shape.x_mm, shape.y_mm


def cells_used(setting: Setting, count: int) -> list[tuple[int, int]]:
    used: list[tuple[int, int]] = []
    first = next(
        shape for shape in next(sheet.pages(faces(1), Setting(form=setting.form))) if isinstance(shape, Modules)
    )
    for number, page in enumerate(sheet.pages(faces(count), setting), start=1):
        for shape in page:
            if isinstance(shape, Modules):
                column = (shape.x_mm - first.x_mm) / setting.form.pitch_x_mm
                row = (shape.y_mm - first.y_mm) / setting.form.pitch_y_mm
                used.append((number, round(row) * setting.form.columns + round(column) + 1))
    return used


def test_labels_begin_at_the_start_cell_and_leave_out_spoiled_ones() -> None:
    setting = Setting(form=L7160, start_cell=18, spoiled=frozenset({2, 19, 21}))
    assert cells_used(setting, 5) == [(1, 18), (1, 20), (2, 1), (2, 2), (2, 3)]


def test_a_full_sheet_has_no_empty_page_behind_it() -> None:
    setting = Setting(form=L7160)
    assert len(list(sheet.pages(faces(21), setting))) == 1
    assert len(list(sheet.pages(faces(22), setting))) == 2
    assert len(list(sheet.pages(faces(17), Setting(form=L7160, start_cell=5)))) == 1
    assert len(list(sheet.pages(faces(18), Setting(form=L7160, start_cell=5)))) == 2


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"start_cell": 0}, "bad_cell"),
        ({"start_cell": 22}, "bad_cell"),
        ({"spoiled": frozenset({22})}, "bad_cell"),
        ({"start_cell": 20, "spoiled": frozenset({20, 21})}, "no_cell_left"),
        ({"note": "a\nb\nc\nd\ne"}, "note_too_long"),
        ({"note": "x" * 400}, "note_too_long"),
    ],
)
def test_what_a_sheet_cannot_do_is_refused(wrong: dict[str, object], key: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        Setting(form=L7160, **wrong)  # type: ignore[arg-type]
    assert refusal.value.key == key


# ---------------------------------------------------------------- reading back


@pytest.mark.parametrize("dpi", [203, 300])
def test_every_label_of_a_printed_sheet_is_read_back_in_its_place(dpi: int) -> None:
    labels = faces(24)
    read = [read_codes(ZxingDecoder().decode(page)) for page in pdf_pages(printed(labels, Setting(form=L7160)), dpi)]
    assert [set(page) for page in read] == [
        {face.code for face in labels[:21]},
        {face.code for face in labels[21:]},
    ]
    assert [len(page) for page in read] == [21, 3]


@pytest.mark.parametrize("dpi", [203, 300])
def test_every_label_of_a_picture_of_a_sheet_is_read_back(dpi: int) -> None:
    labels = faces(21)
    [page] = pictures(labels, Setting(form=L7160), dpi)
    assert sorted(code.text for code in read_codes(ZxingDecoder().decode(page))) == sorted(
        face.code.text for face in labels
    )


@pytest.mark.parametrize("degrees", [7, -7, 90, 187])
def test_a_turned_and_blurred_sheet_is_read_back_whole(degrees: float) -> None:
    labels = faces(21)
    [page] = pictures(labels, Setting(form=L7160), 203)
    found = ZxingDecoder().decode(photographed(page, degrees=degrees, blur=1.8))
    assert set(read_codes(found)) == {face.code for face in labels}


def test_a_turned_sheet_is_read_back_from_a_coarse_picture() -> None:
    labels = faces(21)
    [page] = pictures(labels, Setting(form=L7160), 96)
    assert len(set(read_codes(ZxingDecoder().decode(photographed(page, blur=0.6))))) == 21


def test_bars_are_read_back_at_the_resolution_of_a_label_printer() -> None:
    form = FORMATS["avery-l7163"]
    labels = faces(14)
    for page in pdf_pages(printed(labels, Setting(form=form, bars=True)), 203):
        found = ZxingDecoder().decode(page)
        assert set(read_codes([one for one in found if one.format == "Code128"])) == {face.code for face in labels}
        assert set(read_codes([one for one in found if one.format == "QRCode"])) == {face.code for face in labels}


# ---------------------------------------------------------------- the rest of the page


def test_a_sheet_made_again_is_the_same_file() -> None:
    assert printed(faces(3), Setting(form=L7160)) == printed(faces(3), Setting(form=L7160))


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(str(page.get_textpage().get_text_range()) for page in document).replace("\r", "")
    finally:
        document.close()


def test_the_note_stands_at_the_foot_of_every_sheet_word_for_word() -> None:
    note = "traces.example.fr/org7\n1234\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    text = text_of(printed(faces(22), Setting(form=L7160, note=note)))
    assert text.count("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=") == 2
    assert text.count("traces.example.fr/org7") == 2


def test_texts_are_in_the_file_as_people_read_them() -> None:
    text = text_of(printed(faces(1, name="Bac à œillets", owner="Été & Cie"), Setting(form=L7160)))
    assert "Bac à œillets" in text.replace("\n", " ")
    assert "Été & Cie" in text
    head, tail = codes(1)[0].grouped[:9], codes(1)[0].grouped[10:]
    assert text.index(head) < text.index(tail)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_calibration_page_outlines_every_cell(lang: str) -> None:
    page = sheet.calibration_page(L7160, (0.5, -0.3), lang)
    content = pdf.render([page], width_mm=210, height_mm=297)
    text = text_of(content)
    assert "50 mm" in text
    assert "0.5, -0.3" in text
    assert {str(cell) for cell in range(1, 22)} <= set(text.split())
    picture = png.render(page, width_mm=210, height_mm=297, dpi=254)
    # At 254 dpi a millimetre is 10 dots: the left side of cell 1 with the offset stands at 7.71 mm.
    dark = [x for x in range(picture.width) if picture.getpixel((x, 500)) < 128]  # type: ignore[operator]
    assert any(abs(x - 77) <= 1 for x in dark)


def test_a_picture_knows_its_resolution() -> None:
    [page] = pictures(faces(1), Setting(form=L7160), 300)
    with Image.open(io.BytesIO(png.encoded(page))) as stored:
        assert stored.size == (2480, 3508)
        assert stored.info["dpi"] == pytest.approx((300, 300), abs=0.1)
