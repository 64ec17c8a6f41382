"""Checking a sheet before it is printed finds what is wrong with it."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from boucle.codes import Kind
from boucle_labels import pdf, sheet
from boucle_labels.check import Checked, check
from boucle_labels.code import code128_bars, qr_rows
from boucle_labels.drawing import Bars, Modules, Shape, Words
from boucle_labels.errors import RefusedError
from boucle_labels.fonts import Font
from boucle_labels.label import Face
from boucle_labels.reading import Found, ZxingDecoder
from boucle_labels.sheet import FORMATS, Setting
from tests.labels.pictures import BASE, codes, faces

L7160 = FORMATS["avery-l7160"]


def on_paper(path: Path, pages: list[list[Shape]]) -> Path:
    path.write_bytes(pdf.render([tuple(page) for page in pages], width_mm=210, height_mm=297))
    return path


def pages_of(labels: list[Face], setting: Setting) -> list[list[Shape]]:
    return [list(page) for page in sheet.pages(labels, setting)]


def refused(path: Path) -> RefusedError:
    with pytest.raises(RefusedError) as refusal:
        check(path, ZxingDecoder())
    return refusal.value


def nth_symbol(page: list[Shape], which: int) -> int:
    return [place for place, shape in enumerate(page) if isinstance(shape, Modules)][which]


@pytest.mark.story(8)
def test_a_good_sheet_passes_whatever_stands_on_it(tmp_path: Path) -> None:
    labels = [
        Face(code=code, base=BASE, name=name, owner=owner)
        for kind in (Kind.CONTAINER, Kind.PLACE, Kind.COMMAND)
        for code, (name, owner) in zip(
            codes(8, kind),
            [("", ""), ("ABCD-EFGH", "IJKL"), ("Bac", "7 rue X"), ("Caisse " * 12, "Œuvre " * 9)] * 2,
            strict=True,
        )
    ]
    setting = Setting(form=L7160, start_cell=3, note="traces.example.fr/org7\n1234\nCsUYapGGPo4dkMgIAUqom=\n")
    path = on_paper(tmp_path / "good.pdf", pages_of(labels, setting))
    assert check(path, ZxingDecoder()) == Checked(labels=24, pages=2)


def test_a_sheet_with_bars_passes(tmp_path: Path) -> None:
    path = on_paper(tmp_path / "bars.pdf", pages_of(faces(14), Setting(form=FORMATS["avery-l7163"], bars=True)))
    assert check(path, ZxingDecoder()) == Checked(labels=14, pages=1)


def test_a_symbol_that_says_another_code_than_its_text_is_named(tmp_path: Path) -> None:
    labels = faces(23)
    pages = pages_of(labels, Setting(form=L7160))
    where = nth_symbol(pages[1], 1)
    symbol = pages[1][where]
    assert isinstance(symbol, Modules)
    other = codes(1, seed=99)[0]
    pages[1][where] = replace(symbol, rows=qr_rows(other.url(BASE)))
    fault = refused(on_paper(tmp_path / "wrong.pdf", pages))
    assert fault.key == "check_differs"
    assert fault.values == {"page": 2, "printed": labels[22].code.grouped, "read": other.grouped}


def test_bars_that_say_another_code_are_named(tmp_path: Path) -> None:
    labels = faces(3)
    pages = pages_of(labels, Setting(form=FORMATS["avery-l7163"], bars=True))
    where = next(place for place, shape in enumerate(pages[0]) if isinstance(shape, Bars))
    strip = pages[0][where]
    assert isinstance(strip, Bars)
    pages[0][where] = replace(strip, bars=code128_bars(labels[1].code.text))
    fault = refused(on_paper(tmp_path / "bars.pdf", pages))
    assert fault.values == {"page": 1, "printed": labels[0].code.grouped, "read": labels[1].code.grouped}


def test_two_symbols_that_changed_places_are_noticed(tmp_path: Path) -> None:
    labels = faces(2)
    pages = pages_of(labels, Setting(form=L7160))
    one, two = nth_symbol(pages[0], 0), nth_symbol(pages[0], 1)
    first, second = pages[0][one], pages[0][two]
    assert isinstance(first, Modules)
    assert isinstance(second, Modules)
    pages[0][one] = replace(first, rows=second.rows)
    pages[0][two] = replace(second, rows=first.rows)
    assert refused(on_paper(tmp_path / "swapped.pdf", pages)).key == "check_differs"


def test_a_text_with_one_wrong_character_is_noticed(tmp_path: Path) -> None:
    pages = pages_of(faces(3), Setting(form=L7160))
    places = [n for n, shape in enumerate(pages[0]) if isinstance(shape, Words) and shape.font is Font.MONO]
    words = pages[0][places[2]]
    assert isinstance(words, Words)
    pages[0][places[2]] = replace(words, text=("A" if words.text[0] != "A" else "B") + words.text[1:])
    assert refused(on_paper(tmp_path / "typo.pdf", pages)).key == "check_differs"


def test_a_symbol_that_is_missing_or_spoilt_is_named(tmp_path: Path) -> None:
    labels = faces(4)
    pages = pages_of(labels, Setting(form=L7160))
    where = nth_symbol(pages[0], 2)
    symbol = pages[0].pop(where)
    fault = refused(on_paper(tmp_path / "missing.pdf", pages))
    assert (fault.key, fault.values) == ("check_unread", {"page": 1, "printed": labels[2].code.grouped})
    assert isinstance(symbol, Modules)
    half = tuple(row if line % 2 else tuple(not dark for dark in row) for line, row in enumerate(symbol.rows))
    pages[0].insert(where, replace(symbol, rows=half))
    assert refused(on_paper(tmp_path / "spoilt.pdf", pages)).key == "check_unread"


def test_a_symbol_without_any_text_is_noticed(tmp_path: Path) -> None:
    pages = pages_of(faces(1), Setting(form=L7160))
    silent: list[list[Shape]] = [[shape for shape in pages[0] if not isinstance(shape, Words)]]
    assert refused(on_paper(tmp_path / "silent.pdf", silent)).key == "check_differs"


def test_a_pdf_without_labels_and_what_is_no_pdf_are_refused(tmp_path: Path) -> None:
    assert refused(on_paper(tmp_path / "blank.pdf", [[]])).key == "check_no_label"
    page = list(sheet.calibration_page(L7160, (0, 0), "fr"))
    assert refused(on_paper(tmp_path / "trial.pdf", [page])).key == "check_no_label"
    (tmp_path / "text.pdf").write_bytes(b"bonjour")
    assert refused(tmp_path / "text.pdf").key == "pdf_unreadable"
    (tmp_path / "empty.pdf").write_bytes(b"")
    assert refused(tmp_path / "empty.pdf").key == "pdf_unreadable"
    good = on_paper(tmp_path / "good.pdf", pages_of(faces(1), Setting(form=L7160))).read_bytes()
    (tmp_path / "cut.pdf").write_bytes(good[: len(good) // 3])
    assert refused(tmp_path / "cut.pdf").key == "pdf_unreadable"
    assert refused(tmp_path / "none.pdf").key == "file_missing"


def test_what_a_foreign_symbol_says_is_cut_short(tmp_path: Path) -> None:
    class Foreign:
        def decode(self, image: Image.Image) -> list[Found]:
            corners = ((0, 0), (1, 0), (1, 1), (0, 1))
            return [Found(text="x" * 900, format="QRCode", position=corners, symbology_id="]Q1")] * min(1, image.width)

    path = on_paper(tmp_path / "one.pdf", pages_of(faces(1), Setting(form=L7160)))
    with pytest.raises(RefusedError) as refusal:
        check(path, Foreign())
    assert len(str(refusal.value)) < 200
