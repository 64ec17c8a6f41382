"""Pictures of labels as a phone takes them: several in view, turned a little, not quite sharp."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image, ImageFilter

CELL = 320
BASE = "HTTPS://BOUCLE.EXAMPLE"


def picture(path: Path, texts: Sequence[str], *, turned: int = 7, blurred: float = 1.0) -> Path:
    """Draw symbols with these texts in a row, turned by so many degrees and blurred, into a PNG."""
    sheet = Image.new("L", (CELL * len(texts), CELL), 255)
    for at, text in enumerate(texts):
        symbol = _symbol(text).rotate(turned, expand=True, fillcolor=255)
        sheet.paste(symbol, (CELL * at + (CELL - symbol.width) // 2, (CELL - symbol.height) // 2))
    sheet.filter(ImageFilter.GaussianBlur(blurred)).save(path)
    return path


def _symbol(text: str) -> Image.Image:
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    pixels: Any = zxingcpp.write_barcode_to_image(barcode, scale=6)
    height, width = pixels.shape
    return Image.frombytes("L", (width, height), bytes(memoryview(pixels)))
