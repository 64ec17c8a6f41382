"""Sends: what is kept here, line by line, and how far each has come on its way to the server."""

from enum import StrEnum
from typing import Final, NamedTuple

from boucle.correction import adds_only_photos, fixes
from boucle.rounds import MOVES
from boucle_field import undoing
from boucle_field.outbox import as_event
from boucle_field.store import Store

MOST = 100


class Pile(StrEnum):
    """Where a line is; the words are `sends.<value>`."""

    WAITING = "waiting"
    SENT = "sent"
    TO_CHECK = "to_check"


_STATES = {
    Pile.WAITING: "state = 'new'",
    Pile.SENT: "state = 'acked'",
    Pile.TO_CHECK: "state NOT IN ('new', 'acked')",
}
_TASK: Final = "json_extract(CAST(payload AS TEXT), '$.task')"


class Sent(NamedTuple):
    """One line: what was done to what, when (ms, by this device's clock), its state, why it waits for a person.

    `after` is the kind of what came after it and took its effect away, `""` while it stands.
    """

    event_id: str
    kind: str
    subject: str
    wall_ms: int
    state: str
    why: str
    after: str = ""
    photo_added: bool = False
    """Whether what came after it only added a photo."""
    can_be_corrected: bool = False

    @property
    def pile(self) -> Pile:
        """Where the line is now."""
        return {"new": Pile.WAITING, "acked": Pile.SENT}.get(self.state, Pile.TO_CHECK)


def lines(store: Store, pile: Pile, most: int = MOST) -> list[Sent]:
    """Give the latest lines of a pile, the newest first."""
    return _found(store, _STATES[pile], (), most)


def lines_at(store: Store, task: str, most: int = MOST) -> list[Sent]:
    """Give the latest lines of a stop, what was taken and left there, the newest first."""
    return _found(store, f"kind IN ({', '.join('?' * len(MOVES))}) AND {_TASK} = ?", (*MOVES, task), most)


def _found(store: Store, condition: str, values: tuple[str, ...], most: int) -> list[Sent]:
    with store.reading() as db:
        rows = db.execute(
            "SELECT id, kind, payload, teff, tq, wall_ms, state, why FROM outbox"  # noqa: S608 - our own words
            f" WHERE {condition} ORDER BY n DESC LIMIT ?",
            (*values, most),
        ).fetchall()
    found, amenders = [], undoing.amenders(store)
    for event_id, kind, payload, teff, tq, wall, state, why in rows:
        event = as_event(payload, teff or wall, tq)
        later = amenders.get(event_id)
        subject = event.code or (f"{event.qty} × {event.item_type}" if event.item_type else "")
        found.append(
            Sent(
                event_id,
                kind,
                subject,
                wall,
                state,
                why,
                after=later.kind if later else "",
                photo_added=later is not None and adds_only_photos(later, event),
                can_be_corrected=later is None and bool(fixes(event)),
            )
        )
    return found
