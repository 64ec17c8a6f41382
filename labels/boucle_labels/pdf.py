"""A PDF of pages of shapes: exact millimetres, fonts embedded, the same bytes for the same pages."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import assert_never

from reportlab.pdfgen.canvas import Canvas

from boucle.version import VERSION
from boucle_labels.drawing import POINTS_PER_MM, Bars, Modules, Shape, Stroke, Words, runs
from boucle_labels.fonts import Font, ready

_STROKE_MM = 0.1


def render(pages: Iterable[tuple[Shape, ...]], *, width_mm: float, height_mm: float) -> bytes:
    """The PDF of these pages, told to be printed without scaling."""
    for font in Font:
        ready(font)
    out = io.BytesIO()
    # `invariant` leaves date and random identifier out, so that a sheet made again is the same file.
    canvas = Canvas(out, pagesize=(width_mm * POINTS_PER_MM, height_mm * POINTS_PER_MM), invariant=1)
    canvas.setTitle("Boucle")
    canvas.setCreator(f"Boucle {VERSION}")
    canvas.setViewerPreference("PrintScaling", "None")
    for page in pages:
        for shape in page:
            _draw(canvas, shape, height_mm)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, shape: Shape, page_height_mm: float) -> None:
    x = shape.x_mm * POINTS_PER_MM
    y = (page_height_mm - shape.y_mm) * POINTS_PER_MM
    match shape:
        case Words():
            canvas.setFont(shape.font.value, shape.size_pt)
            canvas.drawString(x, y, shape.text)
        case Modules():
            _fill(canvas, x, y, unit=(shape.module_mm, shape.module_mm), rows=shape.rows)
        case Bars():
            _fill(canvas, x, y, unit=(shape.module_mm, shape.height_mm), rows=(shape.bars,))
        case Stroke():
            canvas.setLineWidth(_STROKE_MM * POINTS_PER_MM)
            to_y = (page_height_mm - shape.to_y_mm) * POINTS_PER_MM
            canvas.line(x, y, shape.to_x_mm * POINTS_PER_MM, to_y)
        case _:
            assert_never(shape)


def _fill(canvas: Canvas, x: float, y: float, *, unit: tuple[float, float], rows: tuple[tuple[bool, ...], ...]) -> None:
    """Fill dark modules by raw operators: one path a symbol, integers in a scaled and upturned grid.

    The only place that reaches into reportlab: its path objects take four times as long and as much room.
    """
    wide, high = (side * POINTS_PER_MM for side in unit)
    operators = [f"q 0 g {wide:.6f} 0 0 {-high:.6f} {x:.6f} {y:.6f} cm"]
    for line, row in enumerate(rows):
        operators += [f"{first} {line} {count} 1 re" for first, count in runs(row)]
    canvas._code.append(" ".join([*operators, "f Q"]))  # noqa: SLF001
