"""Confirmations of quantities: which decisions wait for a manager, and which confirmation of each one counts.

What has no number has no stage that could refuse a second decision about it, so a confirmation is held against the
decision that it names: the first one in order ends its waiting, each later one is kept and counts nothing.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from boucle.amend import confirmed_by, in_order, root_of
from boucle.events import Event
from boucle.reasons import Reason
from boucle.reference import Book
from boucle.return_rules import needs_manager

DECIDED = "item.disposition_decided"


class Settled(NamedTuple):
    """What confirmations came to, by their ids: how many that waited each ends, or why it counts nothing."""

    waits: tuple[Event, ...] = ()
    """The decisions that still wait for a manager, in order."""
    ends: Mapping[str, int] = MappingProxyType({})
    by: Mapping[str, Event] = MappingProxyType({})
    """By a decision: the confirmation that ended its waiting."""
    late: Mapping[str, Reason] = MappingProxyType({})


def settle(standing: Iterable[Event], known: Mapping[str, Event], book: Book) -> Settled:
    """Hold the confirmations among standing events against the decisions that they name.

    `known` has what was corrected too: who confirms a decision confirms it as it was corrected.
    """
    loose = [event for event in standing if event.subject.startswith("qty:")]
    decided = {root_of(event.id, known): event for event in loose if event.kind == DECIDED}
    by: dict[str, Event] = {}
    ends: dict[str, int] = {}
    late: dict[str, Reason] = {}
    for event in in_order(event for event in loose if confirmed_by(event)):
        root = root_of(confirmed_by(event), known)
        decision = decided.get(root)
        if decision is None or not _is_of(decision, event):
            late[event.id] = Reason.OUT_OF_STEP
        elif root not in by and _waits(decision, book):
            by[root], ends[event.id] = event, decision.qty
        else:
            same = event.text("disposition") == by.get(root, decision).text("disposition")
            late[event.id] = Reason.SAME_AGAIN if same else Reason.ALREADY_DECIDED
    waits = (event for root, event in decided.items() if root not in by and _waits(event, book))
    return Settled(tuple(in_order(waits)), ends, {decided[root].id: event for root, event in by.items()}, late)


def _waits(decision: Event, book: Book) -> bool:
    return needs_manager(book, decision.item_type, decision.qty, at_ms=decision.teff)


def _is_of(decision: Event, event: Event) -> bool:
    """Tell whether a confirmation speaks of the return and the type of the decision that it names."""
    return (event.against, event.item_type) == (decision.against, decision.item_type)
