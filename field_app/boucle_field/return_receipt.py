"""Receiving returned products in a visit: which return the scans belong to, and what each of them was beside it.

A scan is recorded whatever it is. What came beyond what was announced, or from another partner than the one it was
sent to, is accepted with a warning that says so.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from boucle.clock import day_of
from boucle.ids import random_characters
from boucle.item import Item
from boucle.lines import Line
from boucle.reasons import Reason
from boucle.return_counts import COMES, back_of
from boucle.telling import Outcome
from boucle_field import returns
from boucle_field.phone import Phone

if TYPE_CHECKING:
    from boucle_field.visit import Visit

_NUMBER_CHARACTERS: Final = 4
_INFERRED: Final = frozenset(f"reason.{each}" for each in Reason if each.startswith("inferred"))
_WARNED: Final = (f"reason.{Reason.OTHER_PARTNER}", f"reason.{Reason.UNKNOWN_ORIGIN}")


def new_number(phone: Phone) -> str:
    """Give a number for a return that nobody announced: `RT-261129-7K3M`, unlike any other given that day."""
    day = str(day_of(phone.desk.now_ms(), phone.identity.zone))
    return f"RT-{day[2:].replace('-', '')}-{random_characters(_NUMBER_CHARACTERS, phone.outbox.randomness)}"


def rma_of(visit: "Visit") -> str:
    """Give the return that a visit receives: the one it answers, else the one that it began."""
    return str(visit.said.get("against") or visit.task)


def is_blind(visit: "Visit") -> bool:
    """Tell whether nobody announced what a visit receives."""
    return not visit.said.get("against")


def is_container(phone: Phone, code: str) -> bool:
    """Tell whether a thing is known to be a container, which is no returned product."""
    item = phone.mirror.look(code).item
    return item.known and not item.nature


def loose_types(visit: "Visit") -> list[str]:
    """Give the types that come back by number alone, those of the return first."""
    phone = visit.phone
    book, now = phone.mirror.book(), phone.desk.now_ms()
    of = returns.find(phone, rma_of(visit))
    mine = [each.line.type for each in of.counts] if of else []
    kinds = [book.item_type(key, now) for key in dict.fromkeys((*mine, *book.keys("item_type")))]
    return [kind.key for kind in kinds if kind.nature and not kind.serialised]


def judged(visit: "Visit", line: Line, before: Item) -> Line:
    """Say of what was just received what it was beside the return: announced, too many, from somebody else.

    `before` is the item before that; one that was announced by its number is welcome whatever else came.
    """
    if not line.event_id or line.outcome in (Outcome.KEPT, Outcome.UNKNOWN):
        return line
    announced = before.return_stage in COMES and back_of(before).rma == rma_of(visit)
    warned = [*([] if announced else _beyond(visit, line)), *_origin(visit, line)]
    # Of what was sold nobody scans the way there and back: that it is inferred says nothing.
    why = tuple(each for each in line.why if each[0] not in _WARNED and each[0] not in _INFERRED)
    return replace(line, outcome=Outcome.UNEXPECTED if warned else line.outcome, why=(*why, *warned))


def _beyond(visit: "Visit", line: Line) -> list[tuple[str, Mapping[str, Any]]]:
    if is_blind(visit) or not line.item_type:
        return []
    rma = rma_of(visit)
    known = returns.known(visit.phone, rma)
    counts = known.returns[rma].of_type(line.item_type) if rma in known.returns else None
    if counts is None:
        return []
    if not counts.line.requested:
        return [("told.return_not_announced", {})]
    if counts.line.excess:
        return [("told.return_excess", {"n": min(counts.line.excess, line.qty)})]
    coming = sum(1 for each in known.products.get(rma, ()) if each.comes and each.item.type == line.item_type)
    if coming > counts.line.remaining:
        return [("told.return_other_number", {})]
    return []


def _origin(visit: "Visit", line: Line) -> list[tuple[str, Mapping[str, Any]]]:
    """Say where a numbered product was last sent, where somebody else brings it or nobody knows."""
    phone = visit.phone
    product = returns.Product(line.subject, phone.mirror.look(line.subject).item) if line.item else None
    if product is None:
        return []
    if product.unknown_origin:
        return [("told.return_unknown_origin", {})]
    if product.other_partner:
        back = back_of(product.item)
        names = {"origin": partner_name(phone, back.origin), "partner": partner_name(phone, back.partner)}
        return [("told.return_other_partner", names)]
    return []


def partner_name(phone: Phone, partner: str) -> str:
    """Give the name of a partner, its key where nobody described it."""
    row = phone.mirror.book().row("partner", partner, phone.desk.now_ms())
    return str((row or {}).get("name") or partner)
