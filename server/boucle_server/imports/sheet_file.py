"""Spreadsheet files: CSV, XLSX, XLS or ODS in, rows of text out; templates out."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import xlsxwriter

from boucle_server.errors import OperatorError, why_of
from boucle_server.imports import packed_sheet
from boucle_server.imports.columns import COLUMNS, MORE_EXAMPLES
from boucle_server.imports.packed_sheet import MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED, Trouble
from boucle_server.imports.text_encodings import decoded

MAX_BYTES = 20 * 1024 * 1024
_PACKED = (".xlsx", ".ods", ".xls")
_PACKED_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How a packed spreadsheet begins, whatever its name says: a ZIP archive, an OLE file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of a file as stripped text; `unread` are its further sheets, `mixed_lines` in another encoding."""

    rows: list[list[str]]
    unread: tuple[str, ...] = ()
    mixed_lines: int = 0


def read_rows(file: Path) -> list[list[str]]:
    """Give the rows of the first sheet as stripped text; OperatorError for a file that is no table we read."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise OperatorError("import.unreadable", file=file, why=why_of(error)) from error
    return read_sheet(str(file), content).rows


def read_sheet(file: str, content: bytes) -> Sheet:
    """Give the first sheet of a file with this name and content; OperatorError for one that is no table we read."""
    if len(content) > MAX_BYTES:
        raise OperatorError("import.too_large", file=file, most=MAX_BYTES // 1024 // 1024)
    is_packed = PurePath(file).suffix.lower() in _PACKED or content.startswith(_PACKED_STARTS)
    sheet = _packed(file, content) if is_packed else _csv(file, content)
    rows = sheet.rows
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in rows):
        raise OperatorError("import.too_many_rows", file=file, most=MAX_ROWS)
    return sheet


def _packed(file: str, content: bytes) -> Sheet:
    found = packed_sheet.read(content)
    match found:
        case Trouble.TOO_LARGE:
            raise OperatorError("import.too_large", file=file, most=MAX_UNPACKED // 1024 // 1024)
        case Trouble.TOO_LONG:
            raise OperatorError("import.too_many_rows", file=file, most=MAX_ROWS)
        case Trouble():
            raise OperatorError("import.no_spreadsheet", file=file)
        case _:
            return Sheet(rows=found.rows, unread=tuple(found.sheets[1:]))


def _csv(file: str, content: bytes) -> Sheet:
    found = decoded(content)
    if found is None:
        raise OperatorError("import.no_text", file=file)
    text = found.text
    head = text.splitlines()[0] if text.splitlines() else ""
    delimiter = max(";,\t", key=head.count)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except csv.Error as error:
        raise OperatorError("import.no_text", file=file) from error
    return Sheet(rows=rows, mixed_lines=found.mixed_lines)


def template_rows(kind: str, lang: str = "fr") -> list[list[str]]:
    """Give the empty table of a kind: headers in one language, and examples."""
    examples = [{column.field: column.example for column in COLUMNS[kind]}]
    examples += [dict(each) for each in MORE_EXAMPLES.get(kind, ())]
    heads = [column.named(lang) for column in COLUMNS[kind]]
    return [heads, *([each.get(column.field, "") for column in COLUMNS[kind]] for each in examples)]


def write_template(kind: str, file: Path) -> None:
    """Write the empty table of a kind with headers and an example: XLSX, or CSV as Excel opens it in France.

    OperatorError for a file that is there already: it may be one that somebody has filled.
    """
    if file.exists():
        raise OperatorError("import.template_exists", file=file)
    write_rows(file, template_rows(kind))


def write_rows(file: Path, rows: Sequence[Sequence[str]]) -> None:
    """Write rows of text as XLSX or CSV by the file's ending; no cell ever becomes a formula in XLSX."""
    try:
        if file.suffix.lower() == ".xlsx":
            made = io.BytesIO()
            with xlsxwriter.Workbook(made, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
                sheet = book.add_worksheet()
                for number, row in enumerate(rows):
                    for place, cell in enumerate(row):
                        sheet.write_string(number, place, cell)
            file.write_bytes(made.getvalue())
            return
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, delimiter=";").writerows(rows)
    except OSError as error:
        raise OperatorError("import.unwritable", file=file, why=why_of(error)) from error
