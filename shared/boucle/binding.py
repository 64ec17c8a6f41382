"""Bindings: which item a code names. A code is not an item; the first claim in order owns the code for ever.

A commissioning claims its code for a new item whose id is the event's own id; `label.bound` and `label.replaced`
claim their code for the item that `other` names. A code that nobody claimed has its own provisional history.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from boucle.events import CLAIMS, Event
from boucle.wire import subject_of

PROVISIONAL = "~"
"""First character of the id of an item that nobody commissioned; no event id begins with it."""


class Binding(NamedTuple):
    """A code's item, the claim it rests on, and the code through which it was claimed (`""`: directly)."""

    item: str
    claim: str
    via: str = ""


def is_claim(event: Event) -> bool:
    """Tell whether an event claims a code for an item."""
    return event.kind in CLAIMS and bool(event.code)


def via_of(event: Event) -> str:
    """Give the subject key of the code a claim goes through, `""` for a commissioning."""
    return "" if event.kind == "item.commissioned" else subject_of(event.other, "", "")


def first_claims(events: Iterable[Event]) -> dict[str, Event]:
    """Give, for each code, the first claim in order among effective events."""
    first: dict[str, Event] = {}
    for event in events:
        if is_claim(event):
            held = first.get(event.subject)
            if held is None or event.order < held.order:
                first[event.subject] = event
    return first


def resolve(claims: Mapping[str, Event]) -> dict[str, Binding]:
    """Give the binding of every claimed code; those that lead into a circle share one item."""
    return {code: Binding(_item(code, claims), claim.id, via_of(claim)) for code, claim in claims.items()}


def lost_claims(events: Iterable[Event], bindings: Mapping[str, Binding]) -> frozenset[str]:
    """Give the ids of the claims that came second: they have no effect and open a task."""
    return frozenset(event.id for event in events if is_claim(event) and bindings[event.subject].claim != event.id)


def _item(code: str, claims: Mapping[str, Event]) -> str:
    passed: list[str] = []
    while code in claims and code not in passed:
        claim = claims[code]
        if claim.kind == "item.commissioned":
            return claim.id
        passed.append(code)
        code = via_of(claim)
    return PROVISIONAL + (min(passed[passed.index(code) :]) if code in passed else code)


def owner(subject: str, bindings: Mapping[str, Binding]) -> str:
    """Give the item that a subject belongs to: bound, provisional, or the quantity event itself."""
    if subject.startswith("qty:"):
        return subject
    bound = bindings.get(subject)
    return bound.item if bound else PROVISIONAL + subject
