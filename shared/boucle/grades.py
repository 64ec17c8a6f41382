"""Grades: the classes of sorting, each with a written criterion and the verdict that it leads to.

The words of a class are `grade.<value>`, its criterion `grade.<value>_means`. An event that says a grade also names
the version of the criteria, so that a later version changes nothing of what was sorted before.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from boucle.lifecycle import Verdict

CRITERIA: Final = "classes-1"
"""The version of the criteria below; whoever changes what one of them says gives them another."""


class Grade(StrEnum):
    """The condition of a container or a returned product, the best first."""

    A = "A"
    """As new."""
    B = "B"
    """Marked by use, and serves as well."""
    C = "C"
    """Damaged: serves again after a repair."""
    D = "D"
    """Not worth a repair."""


VERDICT_OF: Mapping[Grade, Verdict] = MappingProxyType(
    {Grade.A: Verdict.OK, Grade.B: Verdict.OK, Grade.C: Verdict.DAMAGED, Grade.D: Verdict.SCRAP}
)
"""Where each class goes; what is dirty is graded once it is washed."""
GOOD: frozenset[str] = frozenset(grade for grade, verdict in VERDICT_OF.items() if verdict is Verdict.OK)
"""The classes of what serves as it is."""
