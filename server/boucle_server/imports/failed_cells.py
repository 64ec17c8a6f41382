"""Cells of an XLSX sheet that have no value of their own: an error of the spreadsheet, a formula nobody worked out.

The reader of values gives both as empty cells, and an empty cell takes a value back. So they are looked up in the
file, and stand in the rows as what they are.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

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
_PLACE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_FIRST: Final = "xl/workbook.xml"


def failed_cells(content: bytes) -> list[tuple[int, int, str]]:
    """Give the row and the column of each such cell of the first sheet, from 0, with the text that stands for it."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name = _first_sheet(archive)
        sheet = archive.read(name) if name in archive.namelist() else b""
    look = _Look()
    _parse(sheet, look)
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

    class Gather(_Handler):
        def start(self, name: str, attributes: dict[str, str]) -> None:
            if _local(name) == named:
                found.append({_local(key): value for key, value in attributes.items()})

    _parse(content, Gather())
    return iter(found)


class _Handler:
    """What is done with the parts of an XML document."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, data: str) -> None:
        """Take text within an element."""


class _Look(_Handler):
    """Follows the cells of a sheet."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, str]] = []
        self._row = self._column = -1
        self._type, self._value, self._formula, self._in = "", "", False, ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._in = _local(name)
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
        if _local(name) != "c":
            return
        if self._type == "e":
            self.found.append((self._row, self._column, self._value.strip() or "#N/A"))
        elif self._formula and not self._value.strip() and self._type != "str":  # a text may be worked out as empty
            self.found.append((self._row, self._column, UNCOMPUTED))


def _parse(content: bytes, handler: _Handler) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        return  # what the reader of values makes of it stands


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _local(name: str) -> str:
    return name.rpartition(":")[2]
