"""Pictures of pages of shapes, at any number of dots per inch."""

from __future__ import annotations

import io
from functools import cache
from typing import assert_never

from PIL import Image, ImageDraw, ImageFont

from boucle_labels.drawing import MM_PER_INCH, Bars, Modules, Shape, Stroke, Words, runs
from boucle_labels.fonts import Font, font_file

SHEET_DPI = 300

_WHITE, _BLACK = 255, 0


def render(page: tuple[Shape, ...], *, width_mm: float, height_mm: float, dpi: int) -> Image.Image:
    """A grey picture of a page; symbols are black on white to the pixel, text is smoothed."""
    dots = dpi / MM_PER_INCH
    picture = Image.new("L", (round(width_mm * dots), round(height_mm * dots)), _WHITE)
    drawing = ImageDraw.Draw(picture)
    for shape in page:
        _draw(drawing, shape, dots)
    picture.info["dpi"] = (dpi, dpi)
    return picture


def encoded(picture: Image.Image) -> bytes:
    """The picture as a PNG file that knows its resolution."""
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=picture.info["dpi"], optimize=False)
    return out.getvalue()


def _draw(drawing: ImageDraw.ImageDraw, shape: Shape, dots: float) -> None:
    x, y = shape.x_mm * dots, shape.y_mm * dots
    match shape:
        case Words():
            font = _font(shape.font, shape.size_pt / 72 * dots * MM_PER_INCH)
            drawing.text((x, y), shape.text, fill=_BLACK, font=font, anchor="ls")
        case Modules():
            _fill(drawing, x, y, unit=(shape.module_mm * dots, shape.module_mm * dots), rows=shape.rows)
        case Bars():
            _fill(drawing, x, y, unit=(shape.module_mm * dots, shape.height_mm * dots), rows=(shape.bars,))
        case Stroke():
            drawing.line((x, y, shape.to_x_mm * dots, shape.to_y_mm * dots), fill=_BLACK)
        case _:
            assert_never(shape)


def _fill(
    drawing: ImageDraw.ImageDraw,
    x: float,
    y: float,
    *,
    unit: tuple[float, float],
    rows: tuple[tuple[bool, ...], ...],
) -> None:
    wide, high = unit
    for line, row in enumerate(rows):
        for first, count in runs(row):
            # Every edge goes to its nearest pixel, so that neighbours neither overlap nor part.
            left, right = round(x + first * wide), round(x + (first + count) * wide)
            top, bottom = round(y + line * high), round(y + (line + 1) * high)
            drawing.rectangle((left, top, right - 1, bottom - 1), fill=_BLACK)


@cache
def _font(font: Font, size_px: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_file(font), size_px, layout_engine=ImageFont.Layout.BASIC)
