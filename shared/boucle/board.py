"""The board of a workshop: its columns, the stages in each, and how many repairs a site wants in one at most.

A limit is said where it is passed. It blocks nobody: what came in is there.
"""

from collections.abc import Mapping
from typing import Final

from boucle.lifecycle import WorkStage

_W = WorkStage
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "open": (_W.OPEN,),
    "approval": (_W.AWAITING_APPROVAL,),
    "diagnosed": (_W.DIAGNOSED, _W.APPROVED),
    "in_repair": (_W.IN_REPAIR,),
    "waiting": (_W.WAITING,),
    "testing": (_W.TESTING,),
    "quality_control": (_W.QUALITY_CONTROL,),
    "to_leave": (_W.REQUALIFIED, _W.NOT_REPAIRABLE),
}
"""The columns in the order of a repair, and the stages in each."""
MOST: Final = 999
"""A limit above this limits nothing."""


def limits_of(text: str) -> dict[str, int]:
    """Read the limits of a site's row, `column:number` parted by blanks; what makes no sense in it limits nothing."""
    pairs = (each.partition(":") for each in text.split())
    return {
        name: int(n)
        for name, mark, n in pairs
        if mark and name in COLUMNS and n.isascii() and n.isdecimal() and len(n) <= len(str(MOST)) and int(n) > 0
    }
