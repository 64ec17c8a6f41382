"""Cells of an ODS sheet without a value of their own, as LibreOffice writes them: errors, formulas never worked out."""

from typing import Final

from boucle_server.imports.sheet_xml import Handler, local

CONTENT: Final = "content.xml"
_CELLS: Final = frozenset({"table-cell", "covered-table-cell"})
_MOST: Final = 100_000
"""Cells that are told at most: a sheet of more errors is wrong from the first on."""


class Look(Handler):
    """Follows the cells of the first sheet; what is repeated counts as often as it says."""

    def __init__(self, uncomputed: str) -> None:
        self.found: list[tuple[int, int, str]] = []
        self._uncomputed = uncomputed
        self._tables = self._aside = self._row = self._column = 0
        self._rows = self._columns = 1
        self._in_row: list[tuple[int, str]] = []
        self._failed, self._bare, self._text = False, False, ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        said = {local(key): value for key, value in attributes.items()}
        match local(name):
            case "table":
                self._tables += 1
            case "table-row":
                self._rows, self._column, self._in_row = _times(said.get("number-rows-repeated")), 0, []
            case "annotation":
                self._aside += 1
            case cell if cell in _CELLS:
                self._columns, self._text = _times(said.get("number-columns-repeated")), ""
                self._failed = attributes.get("calcext:value-type") == "error"
                self._bare = "formula" in said and "office:value-type" not in attributes
            case _:
                pass

    def text(self, data: str) -> None:
        """Take text within an element."""
        if not self._aside:
            self._text += data

    def end(self, name: str) -> None:
        """Take the end of an element."""
        match local(name):
            case "annotation":
                self._aside -= 1
            case "table-row":
                self._end_row()
            case cell if cell in _CELLS:
                text = self._text.strip()
                if self._failed or (self._bare and not text):
                    told = (text or "#N/A") if self._failed else self._uncomputed
                    self._in_row += [(self._column + n, told) for n in range(min(self._columns, _MOST))]
                self._column += self._columns
            case _:
                pass

    def _end_row(self) -> None:
        if self._tables == 1 and self._in_row:
            for row in range(self._row, self._row + min(self._rows, _MOST)):
                if len(self.found) < _MOST:
                    self.found += [(row, column, text) for column, text in self._in_row]
        self._row += self._rows


def _times(said: str | None) -> int:
    return int(said) if said is not None and said.isascii() and said.isdecimal() and len(said) < 8 else 1  # noqa: PLR2004 - no sheet has ten million rows
