"""The file of codes between minting and printing: CSV that a spreadsheet can open, fill in and save."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boucle.codes import Code, Kind, Label, mint, read_label
from boucle.ids import Randomness
from boucle_labels.errors import RefusedError
from boucle_labels.files import read_bytes
from boucle_labels.messages import counted, say

COLUMNS = ("code", "printed", "name", "owner")
MAX_TEXT_CHARACTERS = 120
_EXCERPT_CHARACTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: a code, with what its label says beside it."""

    code: Code
    name: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """What is wrong in which place; `row` counts from 1 with the header, as a spreadsheet does."""

    row: int
    column: str
    key: str
    values: dict[str, object]

    def said(self, lang: str) -> str:
        """The reason in words."""
        return say(self.key, lang, **self.values)


class FaultyRowsError(RefusedError):
    """Some rows cannot be printed, so none is."""

    def __init__(self, path: Path, faults: Sequence[RowFault]) -> None:
        first = faults[0]
        place = {"path": path, "row": first.row, "column": first.column}
        faulty = counted("faulty_rows", "en", n=len(faults))
        super().__init__("codes_row", **place, what=first.said("en"), faulty=faulty)
        self.faults = tuple(faults)

    def said(self, lang: str) -> str:
        """The first faulty row in one line, with how many there are."""
        faulty = counted("faulty_rows", lang, n=len(self.faults))
        return say(self.key, lang, **(self.values | {"what": self.faults[0].said(lang), "faulty": faulty}))


def fresh(kind: Kind, count: int, *, randomness: Randomness) -> list[Code]:
    """That many codes of one kind, all different."""
    codes: dict[Code, None] = {}
    while len(codes) < count:
        codes[mint(kind, randomness)] = None
    return list(codes)


def written(lines: Sequence[Line]) -> bytes:
    """The file: UTF-8 with a byte order mark, without which spreadsheets misread accents."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows((line.code.text, line.code.grouped, line.name, line.owner) for line in lines)
    return out.getvalue().encode("utf-8-sig")


def read(path: Path) -> list[Line]:
    """The rows of such a file, comma or semicolon between the columns, in any order of columns.

    Raises RefusedError for no such file, no CSV, no code column or no row; FaultyRowsError for wrong rows.
    """
    rows = _rows(path)
    lines: list[Line] = []
    faults: list[RowFault] = []
    seen: dict[Code, int] = {}
    for number, row in rows:
        line = _line(number, row)
        if isinstance(line, Line) and line.code in seen:
            values: dict[str, object] = {"code": line.code.text, "row": seen[line.code]}
            line = RowFault(row=number, column="code", key="row_twice", values=values)
        if isinstance(line, RowFault):
            faults.append(line)
        else:
            seen[line.code] = number
            lines.append(line)
    if faults:
        raise FaultyRowsError(path, faults)
    if not lines:
        raise RefusedError("codes_empty", path=path)
    return lines


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError("codes_text", path=path) from error
    header = text.partition("\n")[0]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",", strict=True))
    except csv.Error as error:
        raise RefusedError("codes_text", path=path) from error
    names = [name.strip().lower() for name in rows[0]] if rows else []
    if "code" not in names:
        raise RefusedError("codes_header", path=path)
    return [
        (number, dict(zip(names, (cell.strip() for cell in row), strict=False)))
        for number, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row)
    ]


def _line(number: int, row: dict[str, str]) -> Line | RowFault:
    text = row.get("code", "")
    label = read_label(text)
    if not isinstance(label, Label) or label.code is None:
        reason = "GS1" if isinstance(label, Label) else label.reason.value
        return _fault(number, "code", "row_no_code", text=_excerpt(text), reason=reason)
    printed = row.get("printed", "")
    if printed and printed != label.code.grouped:
        values = {"text": _excerpt(printed), "code": label.code.text, "grouped": label.code.grouped}
        return _fault(number, "printed", "row_other_print", **values)
    for column in ("name", "owner"):
        if not _is_plain(row.get(column, "")):
            return _fault(number, column, "row_text", limit=MAX_TEXT_CHARACTERS)
    return Line(code=label.code, name=row.get("name", ""), owner=row.get("owner", ""))


def _fault(number: int, column: str, key: str, **values: object) -> RowFault:
    return RowFault(row=number, column=column, key=key, values=values)


def _is_plain(text: str) -> bool:
    return len(text) <= MAX_TEXT_CHARACTERS and (text.isprintable() or text.replace("\u00a0", " ").isprintable())


def _excerpt(text: str) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return shown if len(shown) <= _EXCERPT_CHARACTERS else shown[: _EXCERPT_CHARACTERS - 1] + "…"
