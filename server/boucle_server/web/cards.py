"""Rows of a table as cards: each cell is told the name of its column, for screens too narrow for columns."""

import re
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

_ROW: Final = re.compile(r"<tr\b([^>]*)>(.*?)</tr>", re.DOTALL)
_CELL: Final = re.compile(r"<(td|th)\b([^>]*)>(.*?)</\1>", re.DOTALL)


def as_cards(rows: str, heads: Sequence[tuple[str, bool]]) -> Markup:
    """Give rows of a table body with the roles that a style without columns takes away, and a label in each cell.

    What stands in a cell is held together, so that it stands as one beside its label.
    """
    return Markup(_ROW.sub(lambda row: _labelled(row, heads), str(rows)))  # noqa: S704 - escaped where it was made


def _labelled(row: re.Match[str], heads: Sequence[tuple[str, bool]]) -> str:
    names = iter(heads)

    def label(cell: re.Match[str]) -> str:
        tag, attributes, content = cell.groups()
        name, _ = next(names, ("", False))
        if tag == "th":
            return f'<th role="rowheader"{attributes}>{content}</th>'
        held = f"<div>{content}</div>" if content.strip() else ""
        return f'<td role="cell" data-label="{escape(name)}"{attributes}>{held}</td>'

    return f'<tr role="row"{row[1]}>{_CELL.sub(label, row[2])}</tr>'
