"""Symbols are drawn as the norms want them."""

import pytest
import zxingcpp
from PIL import Image

from boucle_labels.code import QUIET_MODULES, Rows, code128_bars, qr_rows
from boucle_labels.reading import ZxingDecoder
from tests.labels.pictures import codes


def drawn(rows: Rows, *, quiet: int = QUIET_MODULES, scale: int = 4, tall: int = 1) -> Image.Image:
    picture = Image.new("L", (len(rows[0]) + 2 * quiet, len(rows) * tall + 2 * quiet), 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                picture.paste(0, (quiet + x, quiet + y * tall, quiet + x + 1, quiet + (y + 1) * tall))
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("HTTPS://BOUCLE.EXAMPLE/C/7K3M9QX2T4HDC8", 29),  # 39 characters, alphanumeric: version 3 at level M
        ("https://boucle.example/C/7K3M9QX2T4HDC8", 29),
        ("https://boucle.example/C/7K3M9QX2T4HDC8" + "x" * 5, 33),  # 44 bytes: version 4, where 61 characters fit in 3
        ("A" * 61, 29),
        ("A" * 62, 33),
    ],
)
def test_a_symbol_takes_the_smallest_version_and_says_its_text(text: str, modules: int) -> None:
    rows = qr_rows(text)
    assert (len(rows), {len(row) for row in rows}) == (modules, {modules})
    [symbol] = zxingcpp.read_barcodes(drawn(rows), text_mode=zxingcpp.TextMode.Plain)
    assert (symbol.text, symbol.ec_level, symbol.symbology_identifier) == (text, "M", "]Q1")


def test_upper_case_keeps_a_symbol_smaller() -> None:
    text = "https://retour.boucle-grandest.fr/C/7K3M9QX2T4HDC8"
    assert len(qr_rows(text.upper())) < len(qr_rows(text))


def test_every_code_128_says_its_text() -> None:
    for code in codes(60):
        bars = code128_bars(code.text)
        [symbol] = ZxingDecoder().decode(drawn((bars,), quiet=12, scale=2, tall=60))
        assert (symbol.text, symbol.symbology_id, symbol.format) == (code.text, "]C0", "Code128")
        assert bars[0]
        assert bars[-1]
