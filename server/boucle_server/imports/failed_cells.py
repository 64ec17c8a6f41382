"""Cells of a packed sheet without a value of their own: an error of the sheet, a formula nobody worked out.

The reader of values gives both as empty cells, and an empty cell takes a value back. So they are looked up in the
file, and stand in the rows as what they are.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Final

from boucle_server.imports.failed_ods_cells import CONTENT, Look
from boucle_server.imports.failed_xls_cells import failed_xls_cells
from boucle_server.imports.sheet_xml import Handler, local, parse

UNCOMPUTED: Final = "#FORMULE?"
"""What stands for a formula whose file holds no result."""
ERRORS: Final = frozenset(
    {
        "#DIV/0!",
        "#N/A",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#REF!",
        "#VALUE!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#FIELD!",
        "#BLOCKED!",
        "#UNKNOWN!",
        "#NOM?",
        "#NUL!",
        "#NOMBRE!",
        "#VALEUR!",
        "#PROPAGATION!",
    }
)
"""Errors as spreadsheets write them into files, in English and, in a CSV of a French one, in French."""
LIBRE_ERROR: Final = re.compile(r"(Err|Erreur ?):\d{3}")
"""Further errors, as LibreOffice numbers them in its cells."""
_PLACE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_FIRST: Final = "xl/workbook.xml"


def failed_cells(content: bytes) -> list[tuple[int, int, str]]:
    """Give the row and the column of each such cell of the first sheet, from 0, with the text that stands for it."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return failed_xls_cells(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if CONTENT in archive.namelist():
            of_ods = Look(UNCOMPUTED)
            parse(archive.read(CONTENT), of_ods)
            return of_ods.found
        name = _first_sheet(archive)
        sheet = archive.read(name) if name in archive.namelist() else b""
    look = _Look()
    parse(sheet, look)
    return look.found


def _first_sheet(archive: zipfile.ZipFile) -> str:
    rels = posixpath.join("xl/_rels", posixpath.basename(_FIRST) + ".rels")
    if not {_FIRST, rels} <= set(archive.namelist()):
        return ""
    ids = [each["id"] for each in _elements(archive.read(_FIRST), "sheet") if "id" in each]
    targets = {each.get("Id"): each.get("Target", "") for each in _elements(archive.read(rels), "Relationship")}
    target = targets.get(ids[0], "") if ids else ""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def _elements(content: bytes, named: str) -> Iterator[dict[str, str]]:
    found: list[dict[str, str]] = []

    class Gather(Handler):
        def start(self, name: str, attributes: dict[str, str]) -> None:
            if local(name) == named:
                found.append({local(key): value for key, value in attributes.items()})

    parse(content, Gather())
    return iter(found)


class _Look(Handler):
    """Follows the cells of a sheet."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, str]] = []
        self._row = self._column = -1
        self._type, self._value, self._formula, self._in = "", "", False, ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._in = local(name)
        if self._in == "row":
            said = attributes.get("r", "")
            self._row, self._column = int(said) - 1 if said.isdecimal() else self._row + 1, -1
        elif self._in == "c":
            place = _PLACE.fullmatch(attributes.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1
            self._row = int(place[2]) - 1 if place else self._row
            self._type, self._value, self._formula = attributes.get("t", ""), "", False
        elif self._in == "f":
            self._formula = True

    def text(self, data: str) -> None:
        if self._in == "v":
            self._value += data

    def end(self, name: str) -> None:
        self._in = ""
        if local(name) != "c":
            return
        if self._type == "e":
            self.found.append((self._row, self._column, self._value.strip() or "#N/A"))
        elif self._formula and not self._value.strip() and self._type != "str":  # a text may be worked out as empty
            self.found.append((self._row, self._column, UNCOMPUTED))


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
