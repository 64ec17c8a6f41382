"""The face of one label: its symbol, and what people read, from one and the same code."""

from __future__ import annotations

from dataclasses import dataclass

from boucle.codes import Code
from boucle_labels.code import BARS_QUIET_MODULES, QUIET_MODULES, code128_bars, qr_rows
from boucle_labels.drawing import Bars, Modules, Shape, Words
from boucle_labels.errors import RefusedError
from boucle_labels.fonts import Font, Step, fitted, printable

MIN_MODULE_MM = 0.5
"""A QR module under half a millimetre is lost to a phone at arm's length, or to a dirty print."""

MIN_BAR_MM = 0.25
"""Two dots of a printer of 203 dots per inch."""

# The symbol's box, quiet zone included, fills the height less this, so that a print that is a millimetre off
# still keeps the quiet zone on its own label.
_EDGE_MM = 2.0
_BOX_SHARE_OF_WIDTH = 0.49
_RIGHT_MARGIN_MM = 3.0
_TOP_MARGIN_MM = 4.0
_BOTTOM_MARGIN_MM = 3.2
_BARS_HEIGHT_MM = 9.0
_MM_PER_POINT = 25.4 / 72
# Height of capitals and of a line, as shares of the size, near enough for these three fonts.
_CAPITAL = 0.73
_LEADING = 1.18

_NAME_STEPS: tuple[Step, ...] = ((10, 2), (9.5, 2), (9, 2), (8.5, 2), (8, 3), (7.5, 3), (7, 3), (6.5, 3))
_OWNER_STEPS: tuple[Step, ...] = ((7, 1), (6.5, 2), (6, 2))
# Above bars there is less room.
_NAME_STEPS_WITH_BARS: tuple[Step, ...] = ((10, 2), (9, 2), (8, 2), (7, 2), (6.5, 2))
_OWNER_STEPS_WITH_BARS: tuple[Step, ...] = ((7, 1), (6.5, 1), (6, 1))
_CODE_STEPS: tuple[Step, ...] = tuple((half / 2, 1) for half in range(30, 15, -1))
_MARK_SIZE_PT = 5.5
_MARK_GAP_MM = 1.3
_MARK = "Boucle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What one label shows. `name` says what is labelled, `owner` whose it is; both may be empty."""

    code: Code
    base: str
    name: str = ""
    owner: str = ""

    @property
    def url(self) -> str:
        """What the symbol holds."""
        return self.code.url(self.base)


def layout(face: Face, *, width_mm: float, height_mm: float, bars: bool = False) -> tuple[Shape, ...]:
    """The shapes of a label of this size, from its own top left corner.

    `bars` adds a Code 128 of the code alone. Raises RefusedError when the address makes the symbol too
    fine for the size, or the bars do not fit.
    """
    box = min(height_mm - 2 * _EDGE_MM, width_mm * _BOX_SHARE_OF_WIDTH)
    rows = qr_rows(face.url)
    module = box / (len(rows) + 2 * QUIET_MODULES)
    if module < MIN_MODULE_MM:
        raise RefusedError("base_too_long", base=face.base)
    quiet = QUIET_MODULES * module
    symbol = Modules(x_mm=quiet, y_mm=(height_mm - box) / 2 + quiet, module_mm=module, rows=rows)
    left, right = box, width_mm - _RIGHT_MARGIN_MM
    code = _code_lines(face, left_mm=left, right_mm=right, bottom_mm=height_mm - _BOTTOM_MARGIN_MM, bars=bars)
    return (symbol, *_heading(face, left_mm=left, right_mm=right, bars=bars), *code)


def _heading(face: Face, *, left_mm: float, right_mm: float, bars: bool) -> list[Words]:
    """Name and owner, from the top down."""
    y = _TOP_MARGIN_MM
    words: list[Words] = []
    for text, wished, steps in (
        (face.name, Font.BOLD, _NAME_STEPS_WITH_BARS if bars else _NAME_STEPS),
        (face.owner, Font.PLAIN, _OWNER_STEPS_WITH_BARS if bars else _OWNER_STEPS),
    ):
        shown, font = printable(text, wished)
        size, broken = fitted(shown, font, steps=steps, within_mm=right_mm - left_mm)
        for line in broken:
            y += size * _MM_PER_POINT * (_LEADING if words else _CAPITAL)
            words.append(Words(x_mm=left_mm, y_mm=y, size_pt=size, font=font, text=line))
        y += 0.8 if broken else 0
    return words


def _code_lines(face: Face, *, left_mm: float, right_mm: float, bottom_mm: float, bars: bool) -> list[Shape]:
    """The code for people, the bars if asked, the small mark: laid from the bottom up, given from the top down."""
    mark = Words(x_mm=left_mm, y_mm=bottom_mm, size_pt=_MARK_SIZE_PT, font=Font.PLAIN, text=_MARK)
    shapes: list[Shape] = [mark]
    y = bottom_mm - _MARK_SIZE_PT * _MM_PER_POINT - _MARK_GAP_MM
    if bars:
        strip = _strip(face, left_mm=left_mm, right_mm=right_mm, bottom_mm=y)
        shapes.append(strip)
        y = strip.y_mm - _MARK_GAP_MM
    lines = _code_in_lines(face.code.grouped, 1 if bars else 2)
    size = min(fitted(line, Font.MONO, steps=_CODE_STEPS, within_mm=right_mm - left_mm)[0] for line in lines)
    for line in reversed(lines):
        shapes.append(Words(x_mm=left_mm, y_mm=y, size_pt=size, font=Font.MONO, text=line))
        y -= size * _MM_PER_POINT * _LEADING
    return shapes[::-1]


def _code_in_lines(grouped: str, lines: int) -> tuple[str, ...]:
    if lines == 1:
        return (grouped,)
    head, third, last = grouped.rsplit("-", 2)
    return head, f"{third}-{last}"


def _strip(face: Face, *, left_mm: float, right_mm: float, bottom_mm: float) -> Bars:
    modules = code128_bars(face.code.text)
    room = right_mm - left_mm
    # The quiet zone to the left is the symbol's own; to the right, the margin is part of it.
    module = min(room / (len(modules) + BARS_QUIET_MODULES), 0.5)
    if module < MIN_BAR_MM:
        raise RefusedError("too_small_for_bars", format=f"{right_mm + _RIGHT_MARGIN_MM:g} mm")
    return Bars(
        x_mm=left_mm,
        y_mm=bottom_mm - _BARS_HEIGHT_MM,
        module_mm=module,
        height_mm=_BARS_HEIGHT_MM,
        bars=modules,
    )
