"""Printing labels again: a pile of codes becomes one batch; a label that is printed again keeps its code.

What hangs on an item still names it. The batch is an event like any other, on a phone and on a page alike.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from boucle.codes import Code, Kind

MOST: Final = 500
"""Labels of one batch: its codes stand in one event."""
REPRINT: Final = "reprint"


class Why(StrEnum):
    """Why labels are printed again; the words are `reprint.why.<value>`."""

    DAMAGED = "damaged"
    FADED = "faded"
    LOST = "lost"
    OTHER = "other"


def printable(subject: str) -> bool:
    """Tell whether a code is a label of ours, so that it can be printed again."""
    letter, _, chars = subject.partition("/")
    try:
        return Code(kind=Kind(letter), chars=chars).kind is Kind.CONTAINER
    except ValueError:
        return False


def batch_of(subjects: Sequence[str], *, name: str, why: str = "") -> dict[str, Any]:
    """Give the body of the batch that a pile becomes."""
    codes = [subject.partition("/")[2] for subject in subjects]
    body = {"count": len(codes), "letter": Kind.CONTAINER.value, "name": name, "codes": codes, "reason": REPRINT}
    return body | ({"why": why} if why else {})
