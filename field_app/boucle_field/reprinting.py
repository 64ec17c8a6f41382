"""Reprinting: a pile of labels that is scanned together, then asked for as one batch of the page of labels.

The rule of it is `boucle.reprinting`. The pile survives the app; the batch waits for a line like any other event.
"""

import json
from typing import Final

from boucle.reprinting import MOST, batch_of
from boucle.telling import Told
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.store import put

PAGE: Final = "/etiquettes/lots/{id}"
"""Where a server shows a batch, and gives it as a sheet."""
_PILE: Final = "reprint_pile"


def pile(phone: Phone) -> list[str]:
    """Give the subjects of the pile, in the order in which they were scanned."""
    kept = phone.store.get(_PILE)
    return list(json.loads(kept)) if kept else []


def add(phone: Phone, subject: str) -> bool:
    """Put a label on the pile; False when it lies there already, or when the pile is full."""
    kept = pile(phone)
    if subject in kept or len(kept) >= MOST:
        return False
    _keep(phone, [*kept, subject])
    return True


def take_back(phone: Phone) -> str:
    """Take the last label off the pile; `""` when there is none."""
    kept = pile(phone)
    if kept:
        _keep(phone, kept[:-1])
    return kept[-1] if kept else ""


def ask(phone: Phone, name: str) -> Told:
    """Ask for the pile to be printed, as a batch with a name; then the pile is empty. A `FieldError` keeps it."""
    body = batch_of(pile(phone), name=name)
    told = phone.desk.record(Draft(kind="label.minted", place=phone.desk.context().home, body=body))
    _keep(phone, [])
    return told


def _keep(phone: Phone, subjects: list[str]) -> None:
    with phone.store.writing() as db:
        put(db, _PILE, json.dumps(subjects))
