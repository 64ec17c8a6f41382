"""Cells of an XLS sheet that hold an error: as such, or as what a formula came to."""

import struct
from collections.abc import Iterator
from typing import Final

from boucle_server.imports.compound_file import stream_of

_WORKBOOK: Final = ("Workbook", "Book")
"""The stream of all sheets, by its newer and its older name."""
_BEGIN, _END, _SHEET, _FORMULA, _VALUE = 0x0809, 0x000A, 0x0085, 0x0006, 0x0205
_WORDS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_NO_NUMBER: Final = 0xFFFF
"""Where a formula's result would end, if it were a number."""
_FAILED: Final = 2


def failed_xls_cells(content: bytes) -> list[tuple[int, int, str]]:
    """Give the row and the column of each such cell of the first sheet, from 0, with its error. ValueError: damaged."""
    book = stream_of(content, _WORKBOOK)
    sheet = next((body for kind, body in _records(book, 0) if kind == _SHEET), b"")
    if len(sheet) < 4:  # noqa: PLR2004 - where its records begin
        return []
    found: list[tuple[int, int, str]] = []
    depth = 0
    for kind, body in _records(book, *struct.unpack_from("<I", sheet)):
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            break
        code = _error_of(kind, body) if depth == 1 else None  # a chart in the sheet has cells of its own
        if code is not None:
            found.append((*struct.unpack_from("<HH", body), _WORDS.get(code, "#N/A")))
    return found


def _error_of(kind: int, body: bytes) -> int | None:
    """Give the error that a record says, None for another record."""
    if kind == _VALUE and len(body) >= 8 and body[7]:  # noqa: PLR2004 - place, form, value, is it an error
        return body[6]
    if kind == _FORMULA and len(body) >= 14 and struct.unpack_from("<H", body, 12)[0] == _NO_NUMBER:  # noqa: PLR2004
        return body[8] if body[6] == _FAILED else None
    return None


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Give the records from a place on, each with its kind."""
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + length]
        at += 4 + length
