"""Correcting: what a person can still change of a line that this device recorded, as an event of its own.

Nothing recorded is ever changed: a void or a correction that names the line follows, with its reason.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from boucle.actions import ACTIONS, Action
from boucle.events import KINDS, Event, Family
from boucle.telling import Told
from boucle_field import undoing
from boucle_field.errors import RefusedError
from boucle_field.outbox import Draft
from boucle_field.phone import Phone

WHY: Final = "correction"
"""The body field of a correction that holds its reason: `reason` means something else in some kinds."""


class Fix(StrEnum):
    """What can be changed of a line; the words are `screen.fix.<value>`."""

    VOID = "void"
    """It did not happen."""
    PLACE = "place"
    """It happened at another place, or went to another one."""
    NUMBER = "number"
    """It was another number of pieces."""


class Because(StrEnum):
    """Why a line is wrong; the words are `screen.because.<value>`."""

    ITEM = "item"
    PLACE = "place"
    NUMBER = "number"
    DOUBLE = "double"
    OTHER = "other"


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


def correctable(phone: Phone, event_id: str) -> Event:
    """Give a line of this device that can be corrected; RefusedError when it is gone, or no longer stands."""
    event = undoing.standing(phone.store, event_id)
    if event.id in undoing.amended(phone.store):
        raise RefusedError("phone.corrected_already")
    if not fixes(event):
        raise RefusedError("phone.not_correctable")
    return event


def correct(phone: Phone, event_id: str, fix: Fix, *, value: str = "", because: str = "") -> Told:
    """Record a correction of one line: `value` is the other place or number. RefusedError as `correctable`."""
    event = correctable(phone, event_id)
    return phone.desk.record(_draft(event, fix, value=value, because=because))


def _draft(event: Event, fix: Fix, *, value: str, because: str) -> Draft:
    if fix is Fix.VOID:
        body: Mapping[str, Any] = {"target": event.id, **({"reason": because} if because else {})}
        return Draft(kind=undoing.VOID, code=event.code, item_type=event.item_type, body=body)
    body = dict(event.body) | ({WHY: because} if because else {})
    place, qty = event.place, event.qty if event.item_type else None
    if fix is Fix.NUMBER:
        qty = int(value)
    elif "to" in body:
        body["to"] = value
    else:
        place = value
    return Draft(
        kind=event.kind,
        code=event.code,
        item_type=event.item_type,
        qty=qty,
        other=event.other,
        task=event.task,
        place=place,
        against=event.against,
        corrects=event.id,
        body=body,
    )
