"""Sheets of labels: where the cells of each format are, and which label goes into which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from boucle.words import LANGUAGES
from boucle_labels.drawing import Shape, Stroke, Words, frame, moved
from boucle_labels.errors import RefusedError
from boucle_labels.fonts import Font, fitted, printable, width_mm
from boucle_labels.label import Face, layout
from boucle_labels.messages import say

NOTE_LINES = 4
_SMALL_STEPS = ((6.0, 1), (5.5, 1), (5.0, 1), (4.5, 1), (4.0, 1))
_NOTE_LEADING_MM = 2.2
_PRINTABLE_MARGIN_MM = 5.0
_HEAD_BASELINE_MM = 8.0
_RULER_TOP_MM, _RULER_LEFT_MM = 12.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFormat:
    """A sheet of labels, in millimetres: its page, its cells, where the first begins, from one to the next."""

    name: str
    columns: int
    rows: int
    label_width_mm: float
    label_height_mm: float
    left_mm: float
    top_mm: float
    pitch_x_mm: float
    pitch_y_mm: float
    page_width_mm: float = 210.0
    page_height_mm: float = 297.0

    @property
    def cells(self) -> int:
        """How many labels a sheet holds."""
        return self.columns * self.rows

    @property
    def text_width_mm(self) -> float:
        """How long a line in the margin may be."""
        return self.page_width_mm - 2 * self.left_mm

    @property
    def is_roll(self) -> bool:
        """Whether a page is one label, without a margin that anything could be printed into."""
        return (self.page_width_mm, self.page_height_mm) == (self.label_width_mm, self.label_height_mm)

    def corner(self, cell: int) -> tuple[float, float]:
        """Top left corner of a cell; cells count from 1, row by row."""
        row, column = divmod(cell - 1, self.columns)
        return self.left_mm + column * self.pitch_x_mm, self.top_mm + row * self.pitch_y_mm


# The makers' templates: Avery Zweckform / Avery UK L7160, L7159 and L7163 (A4).
FORMATS = {
    form.name: form
    for form in (
        SheetFormat(
            name="avery-l7160",
            columns=3,
            rows=7,
            label_width_mm=63.5,
            label_height_mm=38.1,
            left_mm=7.21,
            top_mm=15.15,
            pitch_x_mm=66.04,
            pitch_y_mm=38.1,
        ),
        SheetFormat(
            name="avery-l7159",
            columns=3,
            rows=8,
            label_width_mm=63.5,
            label_height_mm=33.9,
            left_mm=7.21,
            top_mm=12.9,
            pitch_x_mm=66.04,
            pitch_y_mm=33.9,
        ),
        SheetFormat(
            name="avery-l7163",
            columns=2,
            rows=7,
            label_width_mm=99.06,
            label_height_mm=38.1,
            left_mm=4.67,
            top_mm=15.15,
            pitch_x_mm=101.6,
            pitch_y_mm=38.1,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a batch goes on its sheets.

    `start_cell` and `spoiled` speak of the first sheet, which may have been used before. `offset_mm` moves
    everything right and down, against a printer that is off. `note` stands at the foot of every sheet.
    """

    form: SheetFormat
    start_cell: int = 1
    spoiled: frozenset[int] = frozenset()
    offset_mm: tuple[float, float] = (0.0, 0.0)
    note: str = ""
    bars: bool = False
    lang: str = LANGUAGES[0]

    def __post_init__(self) -> None:
        for cell in (self.start_cell, *sorted(self.spoiled)):
            if not 1 <= cell <= self.form.cells:
                raise RefusedError("bad_cell", cell=cell, format=self.form.name, last=self.form.cells)
        if not set(range(self.start_cell, self.form.cells + 1)) - self.spoiled:
            raise RefusedError("no_cell_left")
        too_wide = any(_width_at_smallest(line) > self.form.text_width_mm for line in self.note_lines)
        if len(self.note_lines) > NOTE_LINES or too_wide:
            raise RefusedError("note_too_long", lines=NOTE_LINES)

    @property
    def note_lines(self) -> tuple[str, ...]:
        """The note, line by line, blank ones left out."""
        return tuple(line for line in self.note.splitlines() if line.strip())


def pages(faces: Iterable[Face], setting: Setting) -> Iterator[tuple[Shape, ...]]:
    """The shapes of each page, as many pages as the labels need. RefusedError as `layout` says."""
    form = setting.form
    number, shapes = 1, _margins(setting, 1)
    free = _free_cells(setting)
    for face in faces:
        page, cell = next(free)
        if page != number:
            yield tuple(shapes)
            number, shapes = page, _margins(setting, page)
        x, y = form.corner(cell)
        face_shapes = layout(face, width_mm=form.label_width_mm, height_mm=form.label_height_mm, bars=setting.bars)
        shapes.extend(moved(shape, x + setting.offset_mm[0], y + setting.offset_mm[1]) for shape in face_shapes)
    yield tuple(shapes)


def calibration_page(form: SheetFormat, offset_mm: tuple[float, float], lang: str) -> tuple[Shape, ...]:
    """Outlines of every cell, two rulers and a square of 50 mm, to be held against a sheet of labels."""
    x, y = offset_mm
    shapes: list[Shape] = []
    for cell in range(1, form.cells + 1):
        corner_x, corner_y = form.corner(cell)
        shapes += frame(corner_x, corner_y, width_mm=form.label_width_mm, height_mm=form.label_height_mm)
        shapes.append(Words(x_mm=corner_x + 2, y_mm=corner_y + 4, size_pt=7, font=Font.PLAIN, text=str(cell)))
    middle_x, middle_y = form.page_width_mm / 2, form.page_height_mm / 2
    shapes += frame(middle_x - 25, middle_y - 25, width_mm=50, height_mm=50)
    shapes += _ruler(form)
    text = say("test_page", lang, format=form.name, x=f"{x:g}", y=f"{y:g}")
    shapes.append(_small(text, form, _HEAD_BASELINE_MM))
    return tuple(moved(shape, x, y) for shape in shapes)


def _ruler(form: SheetFormat) -> list[Shape]:
    """Millimetres along the top and the left of the page, from its very edges."""
    across, down = range(10, round(form.page_width_mm) - 9), range(20, round(form.page_height_mm) - 9)
    top, left = _RULER_TOP_MM, _RULER_LEFT_MM
    return [
        *(Stroke(x_mm=mm, y_mm=top, to_x_mm=mm, to_y_mm=top - _tick_mm(mm)) for mm in across),
        *(Stroke(x_mm=left, y_mm=mm, to_x_mm=left - _tick_mm(mm), to_y_mm=mm) for mm in down),
        *(_figure(mm, mm + 0.4, top - 1.4) for mm in across if mm % 50 == 0),
        *(_figure(mm, left - 2.6, mm - 0.4) for mm in down if mm % 50 == 0),
    ]


def _figure(mm: int, x_mm: float, y_mm: float) -> Words:
    return Words(x_mm=x_mm, y_mm=y_mm, size_pt=4, font=Font.PLAIN, text=str(mm))


def _tick_mm(along: int) -> float:
    if along % 10 == 0:
        return 2.0
    return 1.2 if along % 5 == 0 else 0.7


def _free_cells(setting: Setting) -> Iterator[tuple[int, int]]:
    page = 1
    while True:
        for cell in range(setting.start_cell if page == 1 else 1, setting.form.cells + 1):
            if page > 1 or cell not in setting.spoiled:
                yield page, cell
        page += 1


def _margins(setting: Setting, page: int) -> list[Shape]:
    form = setting.form
    if form.is_roll:
        return []
    head = say("print_unscaled", setting.lang, format=form.name, page=page)
    shapes: list[Shape] = [_small(head, form, _HEAD_BASELINE_MM)]
    baseline = form.page_height_mm - _PRINTABLE_MARGIN_MM
    for line in reversed(setting.note_lines):
        shapes.append(_small(line, form, baseline))
        baseline -= _NOTE_LEADING_MM
    return shapes


def _small(text: str, form: SheetFormat, baseline_mm: float) -> Words:
    shown, font = printable(text, Font.PLAIN)
    size, lines = fitted(shown, font, steps=_SMALL_STEPS, within_mm=form.text_width_mm)
    return Words(x_mm=form.left_mm, y_mm=baseline_mm, size_pt=size, font=font, text=lines[0])


def _width_at_smallest(text: str) -> float:
    return width_mm(*printable(text, Font.PLAIN), _SMALL_STEPS[-1][0])
