"""A state label without a typesetter: its size, its words, a symbol that is read back, and nothing beside the edge."""

from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops
from reportlab.pdfbase.ttfonts import TTFontFile

from boucle.codes import Label, read_label
from boucle_labels.fonts import Font, font_file
from boucle_labels.reading import ZxingDecoder
from boucle_labels.state_label import DPI, StateLabel, drawn, pdf_of
from tests.builders import code

FONT = font_file(Font.MONO)
LABEL = StateLabel(
    organisation="Éco-Retour Grand Est",
    name="Caisse-palette pliable 1200×1000 à semelles",
    code="7K3M-9QX2-T4HD-C0",
    symbol=f"HTTPS://BOUCLE.EXAMPLE/{code(3)}",
    state="EN ATTENTE DE PIÈCES",
    lines=("T/ABCD", "Pièce manquante", "Ne pas utiliser"),
    foot="Imprimée le 30/11/2026 à 13:05. L’état du moment est dans Boucle.",
)


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """Give the box around everything that is drawn."""
    box = ImageChops.invert(image.convert("L")).getbbox()
    assert box is not None
    return box


def test_a_label_has_its_size_on_paper_and_a_symbol_that_is_read_back() -> None:
    page = pypdfium2.PdfDocument(pdf_of(LABEL, FONT, title="État", at_ms=1_796_000_000_000))[0]
    assert [round(side * 25.4 / 72, 1) for side in page.get_size()] == [100.0, 60.0]
    shown = page.render(scale=DPI / 72).to_pil()
    (found,) = ZxingDecoder().decode(shown)
    read = read_label(found.scanned)
    assert isinstance(read, Label)
    assert read.key == code(3)


def test_the_words_below_the_frame_stand_clear_of_it() -> None:
    image = drawn(LABEL, FONT).convert("L")
    rows = [image.crop((0, y, image.width, y + 1)) for y in range(image.height)]
    inked = [ImageChops.invert(each).getbbox() is not None for each in rows]
    last = max(y for y, is_inked in enumerate(inked) if is_inked)
    foot = next(y for y in range(last, 0, -1) if not inked[y])
    above = next(y for y in range(foot, 0, -1) if inked[y])
    assert rows[above].histogram()[0] > image.width * 0.8, "what is nearest above the foot is the frame"
    assert foot - above >= 10


def test_the_same_label_is_the_same_file_and_a_small_one() -> None:
    made = [pdf_of(LABEL, FONT, title="État", at_ms=1_796_000_000_000) for _ in range(2)]
    assert made[0] == made[1]
    assert len(made[0]) < 40_000


@pytest.mark.parametrize("many", [1, 40])
def test_however_long_its_words_are_nothing_leaves_the_label(many: int) -> None:
    long = " ".join(["Établissements"] * many)
    label = StateLabel(
        organisation=long, name=long, code=long, symbol=LABEL.symbol, state=long.upper(), lines=(long,) * 3, foot=long
    )
    image = drawn(label, FONT)
    left, top, right, bottom = ink(image)
    margin = round(3.5 * DPI / 25.4)
    assert min(left, top, image.width - right, image.height - bottom) >= margin
    (found,) = ZxingDecoder().decode(image.convert("L"))
    assert found.text == LABEL.symbol


def test_a_word_without_a_space_is_cut_and_not_lost() -> None:
    label = replace(LABEL, name="W" * 200)
    left, _, right, _ = ink(drawn(label, FONT))
    assert right - left <= round(92.5 * DPI / 25.4)


def test_the_font_of_this_test_has_the_letters_of_the_label() -> None:
    glyphs = TTFontFile(str(Path(FONT))).charToGlyph
    assert all(ord(letter) in glyphs for letter in f"{LABEL.state}{LABEL.foot}{LABEL.name}…")
