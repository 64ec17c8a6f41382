"""Makers' serial numbers: the things that have one, as a person types it, whatever its spaces, hyphens and capitals."""

from typing import Final, NamedTuple

from boucle.serials import compared
from boucle.wire import subject_of
from boucle_field.outbox import as_event
from boucle_field.phone import Phone

_KNOWN: Final = (
    "SELECT (SELECT code FROM item_code AS c WHERE c.item = s.item ORDER BY code LIMIT 1) FROM item_serial AS s"
    " WHERE s.serial = ? ORDER BY s.item"
)
_BORN_HERE: Final = (
    "SELECT payload, teff, tq, wall_ms FROM outbox WHERE kind = 'item.commissioned' AND folded = 0"
    " AND instr(CAST(payload AS TEXT), '\"serial\":') > 0 ORDER BY n"
)


class Numbered(NamedTuple):
    """A thing with a serial number: a code of it, and its type."""

    code: str
    item_type: str


def find(phone: Phone, typed: str) -> list[Numbered]:
    """Give the things with a serial number; several where makers gave the same one."""
    wanted = compared(typed)
    if not wanted:
        return []
    with phone.store.reading() as db:
        codes = [row[0] for row in db.execute(_KNOWN, (wanted,)) if row[0]]
        born = [as_event(payload, teff or wall, tq) for payload, teff, tq, wall in db.execute(_BORN_HERE)]
    codes += [event.code for event in born if compared(event.text("serial")) == wanted]
    return [Numbered(code, phone.mirror.look(subject_of(code, "", "")).item.type) for code in dict.fromkeys(codes)]
