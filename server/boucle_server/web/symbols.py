"""A QR code as a drawing inside a page."""

from typing import NamedTuple

from boucle_labels.code import QUIET_MODULES, qr_rows
from boucle_labels.drawing import runs


class Symbol(NamedTuple):
    """A square drawing: `size` modules a side with its quiet zone, `path` the dark ones."""

    size: int
    path: str


def symbol(text: str) -> Symbol:
    """Draw the QR code of a text."""
    rows = qr_rows(text)
    pieces = [
        f"M{first + QUIET_MODULES} {line + QUIET_MODULES}h{count}v1h-{count}z"
        for line, row in enumerate(rows)
        for first, count in runs(row)
    ]
    return Symbol(size=len(rows) + 2 * QUIET_MODULES, path="".join(pieces))
