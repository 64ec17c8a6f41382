"""Correcting a line that this device recorded, by an event of its own that names it."""

from boucle.correction import Fix, corrected, fixes
from boucle.events import Event
from boucle.telling import Told
from boucle_field import undoing
from boucle_field.errors import RefusedError
from boucle_field.outbox import Draft
from boucle_field.phone import Phone


def correctable(phone: Phone, event_id: str) -> Event:
    """Give a line of this device that can be corrected; RefusedError when it is gone, or no longer stands."""
    event = undoing.standing(phone.store, event_id)
    if event.id in undoing.amended(phone.store):
        raise RefusedError("phone.corrected_already")
    if not fixes(event):
        raise RefusedError("phone.not_correctable")
    return event


def shows_later(phone: Phone, event: Event) -> bool:
    """Tell whether this phone shows a thing as it is once an event about it is corrected only after the next sync.

    The server's last word has the event already, and only the server can say what it is without it.
    """
    with phone.store.reading() as db:
        found = db.execute("SELECT folded FROM outbox WHERE id = ?", (event.id,)).fetchone()
    return bool(event.code and found and found[0])


def correct(phone: Phone, event_id: str, fix: Fix, *, value: str = "", because: str = "") -> Told:
    """Record a correction of one line: `value` is the other place or number. RefusedError as `correctable`."""
    event = correctable(phone, event_id)
    kind, fields = corrected(event, fix, value=value, because=because)
    return phone.desk.record(Draft(kind=kind, **fields))
