"""Telling: what a person who scanned is told of it, on a phone and on a page alike, and what is stopped beforehand.

A physical scan is never refused: it happened. A decision that would have no effect is refused before it is recorded.
"""

from enum import StrEnum
from typing import NamedTuple

from boucle.events import KINDS, Event, Family
from boucle.fold import Mark
from boucle.quantity import DECLARED
from boucle.reasons import TASKS, Reason
from boucle.reasons import Outcome as Fate
from boucle.reference import Book
from boucle.roles import DECISIONS

_UNKNOWN = frozenset({Reason.UNKNOWN_ITEM, Reason.UNKNOWN_TYPE, Reason.UNKNOWN_PLACE})
BESIDE_ROLE = "phone.beside_role"
"""The words for what neither the device's role nor the person's has as its work."""


class Outcome(StrEnum):
    """What a person is told; the words are `phone.outcome.<value>`, colours and tones belong to the screens."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"
    UNEXPECTED = "unexpected"
    UNKNOWN = "unknown"
    KEPT = "kept"
    """What was seen is kept, and counts for nothing until a person has decided."""
    REFUSED = "refused"
    """Nothing is recorded."""


class Told(NamedTuple):
    """What became of one scan: its outcome, the event that is durably kept (`""`: none), why, since when (ms)."""

    outcome: Outcome
    event_id: str
    reasons: tuple[str, ...] = ()
    since_ms: int | None = None


def is_decided(kind: str) -> bool:
    """Tell whether somebody decides an event of this kind, so that it is looked at before it is recorded."""
    return KINDS[kind].family is Family.DECISION or kind in DECISIONS


def has_no_effect(mark: Mark) -> bool:
    """Tell whether a decision would have none; of an item that is unknown here nobody can say."""
    return mark.outcome is Fate.REFUSED and Reason.UNKNOWN_ITEM not in mark.reasons


def outcome_of(mark: Mark, *, beside: bool = False) -> Outcome:
    """Give the outcome of a mark; `beside` says that it is not the work of whoever records it."""
    if mark.outcome in (Fate.REFUSED, Fate.IGNORED):
        return Outcome.KEPT
    if _UNKNOWN & set(mark.reasons):
        return Outcome.UNKNOWN
    if beside or (TASKS - {Reason.NO_PHOTO}) & set(mark.reasons):  # a photo that lacks makes nothing unexpected
        return Outcome.UNEXPECTED
    return Outcome.REPEAT if mark.outcome is Fate.REPEAT else Outcome.ACCEPTED


def reasons_of(mark: Mark, *, beside: bool = False) -> tuple[str, ...]:
    """Give the keys of the words that say why; of what is unknown here nothing more can be inferred."""
    if Reason.UNKNOWN_ITEM in mark.reasons:
        mark = mark._replace(reasons=(Reason.UNKNOWN_ITEM,))
    return (*((BESIDE_ROLE,) if beside else ()), *(f"reason.{reason}" for reason in mark.reasons))


def mark_of_pieces(event: Event, book: Book) -> Mark:
    """Give the mark of pieces without labels: they always count, and what nobody described is told."""
    reasons = []
    if not book.item_type(event.item_type, event.teff).known:
        reasons.append(Reason.UNKNOWN_TYPE)
    places = (event.place, event.text("to") if event.kind in DECLARED else "")
    if any(place and not book.site(place, event.teff).known for place in places):
        reasons.append(Reason.UNKNOWN_PLACE)
    return Mark(event.id, event.teff, event.kind, Fate.APPLIED, tuple(reasons))
