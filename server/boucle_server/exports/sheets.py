"""Tables as CSV or XLSX, in which no text can become a formula.

A whole number stays a number, a share of two whole numbers is written as a decimal; any other cell is text. Rounding
happens here and nowhere before.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import IO, Final, TypeAlias

Cell: TypeAlias = str | int | Fraction | None
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet that opens a CSV takes a text that begins so for a formula."""
DECIMALS: Final = 6
_NARROWEST, _WIDEST = 10, 48
"""Characters of a column."""
_LOOKED_AT: Final = 500
"""Rows whose lengths decide how wide a column is."""
EXCEL_IN_FRANCE: Final = "fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table: its name, its columns, its rows."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def write_csv(file: IO[bytes], sheet: Sheet, *, for_excel: str = "") -> None:
    """Write one table: UTF-8, commas, decimal points (RFC 4180).

    For `EXCEL_IN_FRANCE`, what that program opens without a question: a byte order mark, semicolons, decimal commas.
    """
    french = for_excel == EXCEL_IN_FRANCE
    text = io.TextIOWrapper(file, encoding="utf-8-sig" if french else "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n", delimiter=";" if french else ",")
    writer.writerow([_plain(column, french=french) for column in sheet.columns])
    writer.writerows([_plain(cell, french=french) for cell in row] for row in sheet.rows)
    text.detach()


def write_xlsx(file: IO[bytes], sheets: Iterable[Sheet], *, at_ms: int) -> None:
    """Write tables as one workbook, a sheet each, with filters and a head that stays in sight.

    `at_ms` is the date that the workbook carries, so that the same tables give the same bytes.
    """
    import xlsxwriter  # noqa: PLC0415 - slow to import, and only this format needs it

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"created": datetime.fromtimestamp(at_ms // 1000, UTC).replace(tzinfo=None)})
    head = book.add_format({"bold": True, "bottom": 1})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        for column, title in enumerate(sheet.columns):
            page.set_column(column, column, _width(sheet, column))
            page.write_string(0, column, title, head)
        for line, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(line, column, cell)
                elif cell is not None:
                    page.write_number(line, column, float(cell) if isinstance(cell, Fraction) else cell)
        if sheet.rows:
            page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
    book.close()


def decimal(value: Fraction) -> str:
    """Write a fraction with six decimals, rounded half to even."""
    micro = round(value * 10**DECIMALS)
    whole, rest = divmod(abs(micro), 10**DECIMALS)
    return f"{'-' if micro < 0 else ''}{whole}.{rest:0{DECIMALS}d}"


def _width(sheet: Sheet, column: int) -> int:
    longest = max([len(sheet.columns[column]), *(len(_plain(row[column])) for row in sheet.rows[:_LOOKED_AT])])
    return min(_WIDEST, max(_NARROWEST, longest + 2))


def _plain(cell: Cell, *, french: bool = False) -> str:
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
        case Fraction():
            return decimal(cell).replace(".", ",") if french else decimal(cell)
        case int():
            return str(cell)
