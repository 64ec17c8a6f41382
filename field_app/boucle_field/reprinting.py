"""Reprinting: a pile of labels that is scanned together, then asked for as one batch of the page of labels.

A label that is printed again keeps its code, so what hangs on an item still names it. The pile survives the app; the
batch is an event like any other, and waits for a line like any other.
"""

import json
from typing import Final

from boucle.codes import Code, Kind
from boucle.telling import Told
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.store import put

MOST: Final = 500
"""Labels of one batch: its codes stand in one event."""
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


def printable(subject: str) -> bool:
    """Tell whether a code is a label of ours, so that it can be printed again."""
    letter, _, chars = subject.partition("/")
    try:
        return Code(kind=Kind(letter), chars=chars).kind is Kind.CONTAINER
    except ValueError:
        return False


def ask(phone: Phone, name: str) -> Told:
    """Ask for the pile to be printed, as a batch with a name; then the pile is empty. A `FieldError` keeps it."""
    codes = [subject.partition("/")[2] for subject in pile(phone)]
    body = {"count": len(codes), "letter": Kind.CONTAINER.value, "name": name, "codes": codes, "reason": "reprint"}
    told = phone.desk.record(Draft(kind="label.minted", place=phone.desk.context().home, body=body))
    _keep(phone, [])
    return told


def _keep(phone: Phone, subjects: list[str]) -> None:
    with phone.store.writing() as db:
        put(db, _PILE, json.dumps(subjects))
