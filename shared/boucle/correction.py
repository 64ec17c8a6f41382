"""Correcting an event: what a person can still change of it, and the void or the correction that does so.

Nothing recorded is ever changed: a void or a correction that names the event follows, with its reason. A photo that
comes after its event is such a correction too: the event is said again with it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from boucle.actions import ACTIONS, Action
from boucle.events import KINDS, Event, Family
from boucle.photo import announced

VOID: Final = "event.voided"
WHY: Final = "correction"
"""The body field of a correction that holds its reason: `reason` means something else in some kinds."""


class Fix(StrEnum):
    """What can be changed of an event; the words are `screen.fix.<value>`."""

    VOID = "void"
    """It did not happen."""
    PLACE = "place"
    """It happened at another place, or went to another one."""
    NUMBER = "number"
    """It was another number of pieces."""


class Because(StrEnum):
    """Why an event is wrong; the words are `screen.because.<value>`."""

    ITEM = "item"
    PLACE = "place"
    NUMBER = "number"
    DOUBLE = "double"
    OTHER = "other"


class Correction(NamedTuple):
    """An event that amends another: its kind and its envelope fields, `body` among them."""

    kind: str
    fields: Mapping[str, Any]


def fixes(event: Event) -> tuple[Fix, ...]:
    """Give what can be changed of an event: all of a physical one, else only that it counts; nothing of a record."""
    kind = KINDS.get(event.kind)
    if kind is None or kind.family in (Family.RECORD, Family.REFERENCE):
        return ()
    if kind.family is not Family.PHYSICAL or action_of(event) is None:
        return (Fix.VOID,)
    return (Fix.VOID, Fix.PLACE, *((Fix.NUMBER,) if event.item_type else ()))


def action_of(event: Event) -> Action | None:
    """Give the action that an event is the record of."""
    return next((action for action in ACTIONS.values() if action.kind == event.kind), None)


def place_of(event: Event) -> str:
    """Give the place that another one is named instead of: where it went, else where it happened."""
    return event.text("to") or event.place


def subject_fields(event: Event) -> dict[str, Any]:
    """Give what an event is about, as whatever is said of it repeats it; nothing of an event about nothing."""
    if event.code:
        return {"code": event.code}
    return {"item_type": event.item_type, "qty": event.qty} if event.item_type else {}


def corrected(event: Event, fix: Fix, *, value: str = "", because: str = "") -> Correction:
    """Give what corrects an event: `value` is the other place, or the other number in decimal digits."""
    if fix is Fix.VOID:
        body: dict[str, Any] = {"target": event.id, **({"reason": because} if because else {})}
        return Correction(VOID, {**subject_fields(event), "body": body})
    body = dict(event.body) | ({WHY: because} if because else {})
    place, qty = event.place, event.qty if event.item_type else None
    if fix is Fix.NUMBER:
        qty = int(value)
    elif "to" in body:
        body["to"] = value
    else:
        place = value
    return Correction(event.kind, _given(_said_again(event) | {"qty": qty, "place": place, "body": body}))


def with_photos(event: Event, more: Iterable[Mapping[str, Any]]) -> Correction:
    """Give what says an event again, and changes nothing of it but that it has these photos more."""
    fields = _said_again(event)
    photos = [*fields["photos"], *(dict(each) for each in more)]
    return Correction(event.kind, _given(fields | {"photos": photos}))


def adds_only_photos(event: Event, before: Event) -> bool:
    """Tell whether an event says another one again with all its photos, and nothing else of it otherwise."""
    if event.corrects != before.id or event.kind != before.kind:
        return False
    same = replace(before, id=event.id, photos=event.photos)
    return _said_again(event) == _said_again(same) and _names(before) <= _names(event)


def said_before(event: Event, find: Callable[[str], Event | None], *, photos_only: bool = False) -> list[Event]:
    """Give the events in whose place a correction stands, the latest first; `find` gives an event by its id.

    `photos_only` goes back no further than the corrections did nothing but add photos: what was recorded is the same.
    """
    found: list[Event] = []
    current, passed = event, {event.id}
    while current.corrects and current.corrects not in passed:
        before = find(current.corrects)
        if before is None or (photos_only and not adds_only_photos(current, before)):
            break
        found.append(before)
        passed.add(before.id)
        current = before
    return found


def _said_again(event: Event) -> dict[str, Any]:
    """Give what a correction of an event repeats of it: all that was said, its photos too."""
    return {
        "code": event.code,
        "item_type": event.item_type,
        "qty": event.qty if event.item_type else None,
        "other": event.other,
        "task": event.task,
        "place": event.place,
        "against": event.against,
        "corrects": event.id,
        "body": dict(event.body),
        "photos": [dict(each) for each in event.photos],
    }


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None, [])}


def _names(event: Event) -> set[str]:
    return {each.sha256 for each in announced(event.photos)}
