"""The first sheet of an XLSX, XLS or ODS file, read by a process of its own.

Such a file may say of one cell that it stands in the last column of the last row, and its reader then asks for half a
terabyte and is ended. So it reads under a limit of memory, where its end is an answer.
"""

import io
import json
import resource
import subprocess
import sys
import zipfile
from datetime import date, datetime, time
from enum import IntEnum
from typing import Any, Final, NamedTuple

from boucle_server.imports.failed_cells import failed_cells

MAX_UNPACKED: Final = 200 * 1024 * 1024
"""Bytes that a packed spreadsheet may unfold to; a zip bomb says more."""
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 100
MAX_MEMORY: Final = 2 * 1024**3
_SECONDS: Final = 300


class Trouble(IntEnum):
    """Why a file gave no rows: the exit status of the reading process."""

    UNREADABLE = 1
    """Also of a process that failed in whatever way: the file is damaged, encrypted or no spreadsheet."""
    TOO_LARGE = 4
    TOO_LONG = 5


class FirstSheet(NamedTuple):
    """The rows of the first sheet as stripped text, and the names of all sheets, its own first."""

    rows: list[list[str]]
    sheets: list[str]


def read(content: bytes) -> FirstSheet | Trouble:
    """Give the first sheet, or why there is none."""
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(  # noqa: S603 - this very module
            command, input=content, capture_output=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Trouble.TOO_LONG
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(done.stdout)
        return FirstSheet(**found)
    # Ended by a signal: it asked for more memory than there may be.
    return Trouble(done.returncode) if done.returncode in set(Trouble) else Trouble.TOO_LONG


def main() -> int:
    """Read the file on stdin, and write its rows to stdout as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = _rows(sys.stdin.buffer.read())
    except MemoryError:
        return Trouble.TOO_LONG
    if isinstance(found, Trouble):
        return found
    json.dump(found._asdict(), sys.stdout)
    return 0


def _rows(content: bytes) -> FirstSheet | Trouble:
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - only the reading process needs it

    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                return Trouble.TOO_LARGE
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheet = book.get_sheet_by_index(0)
    if sheet.height > MAX_ROWS or sheet.width > MAX_COLUMNS:
        return Trouble.TOO_LONG
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for row, column, text in failed_cells(content):
        if row < MAX_ROWS and column < MAX_COLUMNS:
            _put(rows, row, column, text)
    return FirstSheet(rows=rows, sheets=list(book.sheet_names))


def _put(rows: list[list[str]], row: int, column: int, text: str) -> None:
    rows.extend([] for _ in range(len(rows), row + 1))
    rows[row].extend("" for _ in range(len(rows[row]), column + 1))
    rows[row][column] = text


def _text(cell: object) -> str:
    match cell:
        case float() if cell.is_integer():
            return str(int(cell))
        case bool():
            return "oui" if cell else "non"
        case datetime() | date():
            return cell.isoformat()
        case time():
            return cell.strftime("%H:%M")
        case _:
            return str(cell).strip()


if __name__ == "__main__":
    sys.exit(main())
