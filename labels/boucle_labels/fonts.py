"""The fonts of a label, and how long a text is in them.

Both come with the libraries that printing needs, under free licences that allow embedding: Bitstream Vera
with reportlab, DejaVu Sans Mono with python-barcode. The second tells 0 from O and holds letters
that the first lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

_POINTS_PER_MM = 72 / 25.4
_ELLIPSIS = "…"
_MISSING = "?"


class Font(StrEnum):
    """The three faces of a label."""

    PLAIN = "BoucleVera"
    BOLD = "BoucleVeraBold"
    MONO = "BoucleDejaVuMono"


_FILES = {
    Font.PLAIN: ("reportlab", "Vera.ttf"),
    Font.BOLD: ("reportlab", "VeraBd.ttf"),
    Font.MONO: ("barcode", "DejaVuSansMono.ttf"),
}


def font_file(font: Font) -> Path:
    """Where the installed library keeps this font."""
    package, name = _FILES[font]
    return Path(str(files(package))) / "fonts" / name


@cache
def ready(font: Font) -> TTFont:
    """The font, known to reportlab under its name."""
    loaded = TTFont(font.value, str(font_file(font)))
    pdfmetrics.registerFont(loaded)
    return loaded


def width_mm(text: str, font: Font, size_pt: float) -> float:
    """How long a line is."""
    return float(ready(font).stringWidth(text, size_pt)) / _POINTS_PER_MM


def covers(font: Font, text: str) -> bool:
    """Whether the font has every character."""
    glyphs = ready(font).face.charToGlyph
    return all(ord(character) in glyphs for character in text)


def printable(text: str, font: Font) -> tuple[str, Font]:
    """The text and the font to print it in: the one asked, else the mono one, else with `?` in places."""
    if covers(font, text):
        return text, font
    known = ready(Font.MONO).face.charToGlyph
    return "".join(character if ord(character) in known else _MISSING for character in text), Font.MONO


Step = tuple[float, int]
"""A size in points with how many lines there may be at it."""


def fitted(text: str, font: Font, *, steps: Sequence[Step], within_mm: float) -> tuple[float, tuple[str, ...]]:
    """The first of the steps at which the text fits, as its size and the text's lines.

    Lines break between words, and inside a word that is longer than a line. At the last step, what does
    not fit ends in an ellipsis.
    """
    size_pt, most = steps[-1]
    broken: tuple[str, ...] = ()
    for size_pt, most in steps:
        broken = _broken(text, font, size_pt=size_pt, within_mm=within_mm)
        if len(broken) <= most:
            return size_pt, broken
    last = _cut(broken[most - 1], font, size_pt=size_pt, within_mm=within_mm)
    return size_pt, (*broken[: most - 1], last)


def _broken(text: str, font: Font, *, size_pt: float, within_mm: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_mm(longer, font, size_pt) <= within_mm:
            lines[-1] = longer
        else:
            lines += _pieces(word, font, size_pt=size_pt, within_mm=within_mm)
    return tuple(lines)


def _pieces(word: str, font: Font, *, size_pt: float, within_mm: float) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and width_mm(pieces[-1] + character, font, size_pt) > within_mm:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _cut(line: str, font: Font, *, size_pt: float, within_mm: float) -> str:
    kept = line
    while kept and width_mm(kept + _ELLIPSIS, font, size_pt) > within_mm:
        kept = kept[:-1].rstrip()
    return kept + _ELLIPSIS
