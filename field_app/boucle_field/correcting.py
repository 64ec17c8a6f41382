"""Correcting a line that this device recorded, by an event of its own that names it; a photo comes to it so too."""

from dataclasses import replace

from boucle.correction import Correction, Fix, action_of, corrected, fixes, with_photos
from boucle.events import Event
from boucle.telling import Told
from boucle.visiting import PHOTOGRAPHED
from boucle_field import undoing
from boucle_field.errors import RefusedError
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import MOST


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
    """Record a correction of one line: `value` is the other place or number. RefusedError as `correctable`.

    What did not happen did not happen in the words that were corrected before either: they are voided with it.
    """
    event = correctable(phone, event_id)
    told = phone.desk.record(_drafted(corrected(event, fix, value=value, because=because)))
    if fix is Fix.VOID and told.event_id:
        for before in undoing.said_before(phone.store, event):
            phone.desk.record(_drafted(corrected(before, fix, because=because)))
    return told


def add_photo(phone: Phone, event_id: str, photo: Photo) -> Told:
    """Say one line again with a photo more. RefusedError for one that is gone, validated, or has its photos."""
    event = undoing.standing(phone.store, event_id)
    if event.id in undoing.amended(phone.store):
        raise RefusedError("phone.corrected_already")
    action = action_of(event)
    if action is None or action.name not in PHOTOGRAPHED:
        raise RefusedError("phone.not_correctable")
    if event.id in undoing.closed_events(phone.store, event.task):
        raise RefusedError("phone.photo_validated")
    if len(event.photos) >= MOST:
        raise RefusedError("phone.photo_most", n=MOST)
    told = phone.desk.record(replace(_drafted(with_photos(event, ())), photos=(photo,)))
    if not told.event_id:
        raise RefusedError("phone.not_correctable")
    return told


def _drafted(correction: Correction) -> Draft:
    kind, fields = correction
    said = {name: value for name, value in fields.items() if name != "photos"}
    return Draft(kind=kind, **said, announced=tuple(fields.get("photos", ())))
