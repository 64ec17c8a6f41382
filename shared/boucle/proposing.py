"""What the rule proposes to do with a returned product; a person confirms it, or says why not.

The rule looks at the grade and at what the thing is. It decides nothing: an event says what a person chose, and
`proposed` what stood there when they did.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from boucle.grades import Grade
from boucle.lifecycle import Disposition
from boucle.reference import ItemType

_D = Disposition
KIND_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        _D.RESTOCK: "item.moved",
        **dict.fromkeys((_D.SUPPLIER, _D.RESALE, _D.DONATE, _D.SEND_BACK), "item.shipped"),
        **dict.fromkeys((_D.RECYCLE, _D.ENERGY, _D.DISPOSE), "item.treated"),
    }
)
"""The kind of event that carries out a decision, where no repair does."""


def propose(grade: str, kind: ItemType) -> Disposition | None:
    """Give what becomes of a product of a grade as a rule; None without a grade that the rule knows."""
    match grade:
        case Grade.A:
            return Disposition.RESTOCK
        case Grade.B:
            return Disposition.REFURBISH
        case Grade.C:
            # What is only counted is not repaired one by one.
            return Disposition.REPAIR if kind.serialised else Disposition.RECYCLE
        case Grade.D:
            return Disposition.HARVEST if kind.serialised else Disposition.RECYCLE
        case _:
            return None
