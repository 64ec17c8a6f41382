"""What the rule proposes to do with a returned product; a person confirms it, or says why not.

The rule of the type says it by grade (`boucle.return_rules`), else what stands here, by the grade and by what the thing
is. It decides nothing: an event says what a person chose, and `proposed` what stood there when they did.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from boucle.grades import Grade
from boucle.lifecycle import Disposition
from boucle.reference import Book, ItemType
from boucle.return_rules import rule_for

_D = Disposition
KIND_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        _D.RESTOCK: "item.moved",
        **dict.fromkeys((_D.SUPPLIER, _D.RESALE, _D.DONATE, _D.SEND_BACK), "item.shipped"),
        **dict.fromkeys((_D.RECYCLE, _D.ENERGY, _D.DISPOSE), "item.treated"),
    }
)
"""The kind of event that carries out a decision, where no repair does."""


def propose(book: Book, item_type: str, grade: str, *, at_ms: int) -> Disposition | None:
    """Give what becomes of a product of a grade as a rule; None without a grade that a rule knows."""
    said = rule_for(book, item_type, at_ms=at_ms).becomes.get(grade)
    return Disposition(said) if said else by_default(grade, serialised=book.item_type(item_type, at_ms).serialised)


def by_default(grade: str, *, serialised: bool) -> Disposition | None:
    """Give what becomes of a grade where no rule says anything. What is only counted is not repaired one by one."""
    match grade:
        case Grade.A:
            return Disposition.RESTOCK
        case Grade.B:
            return Disposition.REFURBISH
        case Grade.C:
            return Disposition.REPAIR if serialised else Disposition.RECYCLE
        case Grade.D:
            return Disposition.HARVEST if serialised else Disposition.RECYCLE
        case _:
            return None


def limit_cents(kind: ItemType) -> int:
    """Give the estimate above which a type is not repaired as a rule; 0 where no rule says so."""
    return kind.price_cents * kind.repair_percent // 100


def is_too_dear(estimate_cents: int, kind: ItemType) -> bool:
    """Tell whether the rule proposes not to repair: the estimate passes the type's share of the price of a new one."""
    return kind.repair_percent > 0 and estimate_cents * 100 > kind.price_cents * kind.repair_percent > 0
