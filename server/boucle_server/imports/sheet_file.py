"""Spreadsheet files: CSV, XLSX, XLS or ODS in, rows of text out; templates out."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from boucle_server.errors import OperatorError, why_of
from boucle_server.imports import packed_sheet
from boucle_server.imports.columns import COLUMNS, MORE_EXAMPLES
from boucle_server.imports.packed_sheet import MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED, Trouble

MAX_BYTES = 20 * 1024 * 1024
_PACKED = (".xlsx", ".ods", ".xls")


def read_rows(file: Path) -> list[list[str]]:
    """Give the rows of the first sheet as stripped text; OperatorError for a file that is no table we read."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise OperatorError("import.unreadable", file=file, why=why_of(error)) from error
    if len(content) > MAX_BYTES:
        raise OperatorError("import.too_large", file=file, most=MAX_BYTES // 1024 // 1024)
    rows = _packed(file, content) if file.suffix.lower() in _PACKED else _csv(file, content)
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in rows):
        raise OperatorError("import.too_many_rows", file=file, most=MAX_ROWS)
    return rows


def _packed(file: Path, content: bytes) -> list[list[str]]:
    found = packed_sheet.read(content)
    match found:
        case Trouble.TOO_LARGE:
            raise OperatorError("import.too_large", file=file, most=MAX_UNPACKED // 1024 // 1024)
        case Trouble.TOO_LONG:
            raise OperatorError("import.too_many_rows", file=file, most=MAX_ROWS)
        case Trouble():
            raise OperatorError("import.no_spreadsheet", file=file)
        case _:
            return found


def _csv(file: Path, content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise OperatorError("import.no_text", file=file)
    if "\x00" in text:
        raise OperatorError("import.no_text", file=file)
    head = text.splitlines()[0] if text.splitlines() else ""
    delimiter = max(";,\t", key=head.count)
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except csv.Error as error:
        raise OperatorError("import.no_text", file=file) from error


def write_template(kind: str, file: Path) -> None:
    """Write the empty table of a kind with headers and an example: XLSX, or CSV as Excel opens it in France.

    OperatorError for a file that is there already: it may be one that somebody has filled.
    """
    if file.exists():
        raise OperatorError("import.template_exists", file=file)
    headers = [column.header for column in COLUMNS[kind]]
    example = [column.example for column in COLUMNS[kind]]
    more = MORE_EXAMPLES.get(kind)
    second = [[more.get(column.field, "") for column in COLUMNS[kind]]] if more else []
    write_rows(file, [headers, example, *second])


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
