"""How much a campaign does: a glance in `make check`, a proof in CI, a long search by night.

The environment variable `BOUCLE_CAMPAIGN` is `quick`, `ci` (when unset) or `night`.
"""

import os
from typing import Literal, TypeAlias

Campaign: TypeAlias = Literal["quick", "ci", "night"]

# A glance still has to be able to fail, so it never falls below this many examples.
FEWEST_EXAMPLES = 10
QUICK_SHARE = 20


def campaign() -> Campaign:
    """Name the campaign that runs; an unknown name is an error, never a silent default."""
    match os.environ.get("BOUCLE_CAMPAIGN", "ci"):
        case "quick" | "ci" | "night" as name:
            return name
        case other:
            raise ValueError(f"BOUCLE_CAMPAIGN is quick, ci or night, not {other!r}")


def examples(*, ci: int, night: int) -> int:
    """Give the number of examples or seeds to try now; `quick` is a twentieth of `ci`, at least ten."""
    match campaign():
        case "quick":
            return min(ci, max(FEWEST_EXAMPLES, ci // QUICK_SHARE))
        case "ci":
            return ci
        case "night":
            return night
