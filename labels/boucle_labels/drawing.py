"""What is drawn on a page: shapes in millimetres from its top left corner, x to the right, y down.

The same shapes become a PDF (`boucle_labels.pdf`) or a picture (`boucle_labels.png`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from boucle_labels.code import Rows
from boucle_labels.fonts import Font

MM_PER_INCH = 25.4
POINTS_PER_MM = 72 / MM_PER_INCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """A square symbol; x and y are the corner of its first module, without the quiet zone."""

    x_mm: float
    y_mm: float
    module_mm: float
    rows: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A linear symbol; x and y are the corner of its first bar."""

    x_mm: float
    y_mm: float
    module_mm: float
    height_mm: float
    bars: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One line of text; x is where it starts, y its baseline."""

    x_mm: float
    y_mm: float
    size_pt: float
    font: Font
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A thin straight line."""

    x_mm: float
    y_mm: float
    to_x_mm: float
    to_y_mm: float


Shape = Modules | Bars | Words | Stroke


def moved(shape: Shape, x_mm: float, y_mm: float) -> Shape:
    """The same shape further to the right and down."""
    if isinstance(shape, Stroke):
        shape = replace(shape, to_x_mm=shape.to_x_mm + x_mm, to_y_mm=shape.to_y_mm + y_mm)
    return replace(shape, x_mm=shape.x_mm + x_mm, y_mm=shape.y_mm + y_mm)


def runs(modules: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Where dark modules follow each other: (first, how many)."""
    found: list[tuple[int, int]] = []
    for place, dark in enumerate(modules):
        if not dark:
            continue
        if found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((place, 1))
    return found


def frame(x_mm: float, y_mm: float, *, width_mm: float, height_mm: float) -> tuple[Stroke, ...]:
    """The four sides of a rectangle."""
    right, bottom = x_mm + width_mm, y_mm + height_mm
    return (
        Stroke(x_mm=x_mm, y_mm=y_mm, to_x_mm=right, to_y_mm=y_mm),
        Stroke(x_mm=right, y_mm=y_mm, to_x_mm=right, to_y_mm=bottom),
        Stroke(x_mm=right, y_mm=bottom, to_x_mm=x_mm, to_y_mm=bottom),
        Stroke(x_mm=x_mm, y_mm=bottom, to_x_mm=x_mm, to_y_mm=y_mm),
    )
