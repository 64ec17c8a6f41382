"""Spreadsheet files: CSV, XLSX, XLS or ODS in, rows of text out; templates out."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from boucle_server.errors import OperatorError, why_of
from boucle_server.imports.columns import COLUMNS

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
"""Bytes that a packed spreadsheet may unfold to; a zip bomb says more."""
MAX_ROWS = 100_000
MAX_COLUMNS = 100
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
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise OperatorError("import.too_large", file=file, most=MAX_UNPACKED // 1024 // 1024)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
        if sheet.height > MAX_ROWS:
            raise OperatorError("import.too_many_rows", file=file, most=MAX_ROWS)
        return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except CalamineError as error:
        raise OperatorError("import.no_spreadsheet", file=file) from error


def _text(cell: object) -> str:
    match cell:
        case float() if cell.is_integer():
            return str(int(cell))
        case bool():
            return "oui" if cell else "non"
        case datetime() | date():
            return cell.isoformat()
        case _:
            return str(cell).strip()


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
    """Write the empty table of a kind with headers and an example: XLSX, or CSV as Excel opens it in France."""
    headers = [column.header for column in COLUMNS[kind]]
    example = [column.example for column in COLUMNS[kind]]
    write_rows(file, [headers, example])


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
