"""The state label of a thing as a device without a typesetter makes it: 100 mm by 60 mm, one bit a pixel, as a PDF.

It says what the server's says, and stands on what reads labels alone: Pillow, and the decoder, which can write too.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import gmtime
from typing import TYPE_CHECKING, Final, cast

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from typing_extensions import Buffer

WIDTH_MM, HEIGHT_MM = 100, 60
DPI: Final = 300
"""What label printers print; at one bit a pixel the file stays small, and every edge sharp."""
_MARGIN_MM: Final = 4
_SYMBOL_MM: Final = 26
_INSET_MM: Final = 1.6
_STATE_MM: Final = 28.5
"""Where the frame of the state begins: within the quiet zone of the symbol, which is blank."""
_GAP_MM: Final = 3
_QUIET_MODULES: Final = 4
_LEADING: Final = 1.25
_SMALLEST_PT: Final = 6
_MM_PER_INCH: Final = 25.4
_POINTS_PER_INCH: Final = 72
_BLACK: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLabel:
    """What stands on it: whose the thing is, what it is, its code, the text of its symbol, how it stands, and when."""

    organisation: str
    name: str
    code: str
    symbol: str
    state: str
    lines: tuple[str, ...]
    foot: str


class _Pen:
    """Writes lines below each other, each as large as it may be and no wider than its column."""

    def __init__(self, draw: ImageDraw.ImageDraw, font: Path, *, x: int, y: int, width: int) -> None:
        self._draw, self._font = draw, str(font)
        self.x, self.y, self.width = x, y, width

    def write(self, text: str, size_pt: float, *, most: int = 1, bold: bool = False) -> None:
        """Write a text on so many lines at most: smaller where it does not fit, in the end cut with an ellipsis."""
        font, lines = self._fitted(text, size_pt, most)
        for line in lines:
            self._draw.text((self.x, self.y), line, fill=_BLACK, font=font, stroke_width=1 if bold else 0)
            self.y += round(font.size * _LEADING)

    def _fitted(self, text: str, size_pt: float, most: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
        size = size_pt
        while True:
            font = ImageFont.truetype(self._font, round(size * DPI / _POINTS_PER_INCH))
            lines = self._wrapped(text, font)
            if len(lines) <= most or size <= _SMALLEST_PT:
                return font, self._cut(lines, font, most)
            size -= 0.5

    def _wrapped(self, text: str, font: ImageFont.FreeTypeFont) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and font.getlength(longer) <= self.width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _cut(self, lines: list[str], font: ImageFont.FreeTypeFont, most: int) -> list[str]:
        kept, left = lines[:most], lines[most:]
        for at, line in enumerate(kept):
            cut = line
            is_last = at == len(kept) - 1 and bool(left)
            while cut and font.getlength(f"{cut}…" if is_last or cut != line else cut) > self.width:
                cut = cut[:-1]
            kept[at] = f"{cut.rstrip()}…" if is_last or cut != line else cut
        return kept


def drawn(label: StateLabel, font: Path) -> Image.Image:
    """Draw a label; `font` is a TrueType file with every letter that is written."""
    image = Image.new("1", (_pixels(WIDTH_MM), _pixels(HEIGHT_MM)), 1)
    draw = ImageDraw.Draw(image)
    left, right, top = _pixels(_MARGIN_MM), _pixels(WIDTH_MM - _MARGIN_MM), _pixels(_MARGIN_MM)
    symbol = _symbol(label.symbol, _pixels(_SYMBOL_MM))
    image.paste(symbol, (right - symbol.width, top))
    head = _Pen(draw, font, x=left, y=top, width=right - symbol.width - _pixels(_GAP_MM) - left)
    head.write(label.organisation, 8)
    head.write(label.name, 11, most=3, bold=True)
    head.write(label.code, 9)
    inset = _pixels(_INSET_MM)
    block = _Pen(draw, font, x=left + inset, y=_pixels(_STATE_MM) + inset, width=right - left - 2 * inset)
    above = block.y - inset
    block.write(label.state, 14, bold=True)
    for line in label.lines:
        block.write(line, 8.5)
    draw.rectangle((left, above, right, block.y + inset), outline=_BLACK, width=_pixels(0.35))
    foot = _Pen(draw, font, x=left, y=_pixels(HEIGHT_MM - _MARGIN_MM) - _pixels(3), width=right - left)
    foot.write(label.foot, 7)
    return image


def pdf_of(label: StateLabel, font: Path, *, title: str, at_ms: int) -> bytes:
    """Give a label as a PDF of its very size; the same label at the same instant is the same file."""
    target = BytesIO()
    when = gmtime(at_ms // 1000)
    drawn(label, font).save(
        target, "PDF", resolution=float(DPI), title=title, creationDate=when, modDate=when, producer="Boucle"
    )
    return target.getvalue()


def _symbol(text: str, side: int) -> Image.Image:
    """Draw a QR code in a square, each module as many whole pixels as fit, with the quiet zone of the norm."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(
        scale=1, add_quiet_zones=False
    )
    rows, columns = made.shape[:2]
    modules = Image.frombytes("L", (columns, rows), bytes(memoryview(cast("Buffer", made))))
    scale = max(1, side // (columns + 2 * _QUIET_MODULES))
    large = modules.resize((columns * scale, rows * scale), Image.Resampling.NEAREST)
    square = Image.new("L", (side, side), 255)
    square.paste(large, ((side - large.width) // 2, (side - large.height) // 2))
    return square.convert("1", dither=Image.Dither.NONE)


def _pixels(mm: float) -> int:
    return round(mm * DPI / _MM_PER_INCH)
