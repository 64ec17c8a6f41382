"""Checking a PDF of labels: every symbol is decoded and held against the text that people read beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from pathlib import Path

import pypdfium2

from boucle.codes import CODE_CHARACTERS, Label, read_label
from boucle_labels.errors import RefusedError
from boucle_labels.files import read_bytes
from boucle_labels.reading import Decoder, Found

DPI = 203
"""The coarsest printer in common use: what is read at this resolution is read from any print."""

_POINTS_PER_INCH = 72
# A printed code, on one line or on two: `7K3M-9QX2` with `T4HD-C8` under it.
_PRINTED = re.compile(
    r"(?<![0-9A-Z-])((?:[PRTXBE]-)?[0-9A-Z]{4}-[0-9A-Z]{4})-?\s*([0-9A-Z]{4}-[0-9A-Z]{2})(?![0-9A-Z])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A code as text on a page, with where it begins, in points from the top left."""

    text: str
    x_pt: float
    y_pt: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many labels were found equal to their text, on how many pages."""

    labels: int
    pages: int


def check(path: Path, decoder: Decoder) -> Checked:
    """Hold every label of a PDF against its text.

    Raises RefusedError for no PDF, no label in it, or the first label that is unread or says something else.
    """
    content = read_bytes(path)
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise RefusedError("pdf_unreadable", path=path) from error
    try:
        pages = len(document)
        labels = sum(_check_page(document[number], number + 1, decoder) for number in range(pages))
    finally:
        document.close()
    if labels == 0:
        raise RefusedError("check_no_label", path=path)
    return Checked(labels=labels, pages=pages)


def _check_page(page: pypdfium2.PdfPage, number: int, decoder: Decoder) -> int:
    printed = list(_printed(page))
    found = decoder.decode(page.render(scale=DPI / _POINTS_PER_INCH, grayscale=True).to_pil())
    read_beside: dict[Printed, list[str]] = {text: [] for text in printed}
    for symbol in found:
        said = _code_of(symbol)
        if not printed:
            raise RefusedError("check_differs", page=number, printed="—", read=said)
        read_beside[_nearest(symbol, printed)].append(said)
    for text, said_by_symbols in read_beside.items():
        if not said_by_symbols:
            raise RefusedError("check_unread", page=number, printed=text.text)
        wrong = [said for said in said_by_symbols if said != text.text]
        if wrong:
            raise RefusedError("check_differs", page=number, printed=text.text, read=wrong[0])
    return len(printed)


def _printed(page: pypdfium2.PdfPage) -> Iterator[Printed]:
    textpage = page.get_textpage()
    height = page.get_height()
    for match in _PRINTED.finditer(textpage.get_text_range()):
        left, _, _, top = textpage.get_charbox(match.start(1))
        yield Printed(text=f"{match[1]}-{match[2]}", x_pt=left, y_pt=height - top)


def _code_of(symbol: Found) -> str:
    """The code as people read it; for anything else what the symbol says, cut short."""
    label = read_label(symbol.scanned)
    if isinstance(label, Label) and label.code is not None:
        return label.code.grouped
    return symbol.text[: 2 * CODE_CHARACTERS]


def _nearest(symbol: Found, printed: list[Printed]) -> Printed:
    x, y = (pixels / DPI * _POINTS_PER_INCH for pixels in symbol.centre)
    return min(printed, key=lambda text: hypot(text.x_pt - x, text.y_pt - y))
