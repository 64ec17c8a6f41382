"""What of this device's own record can still be undone: the last event that stands, or one that is named.

An undone event is not taken away: a void that names it follows. Both stay in the chain.
"""

import sqlite3
from collections.abc import Collection
from typing import Final

from boucle import correction
from boucle.events import Event
from boucle.ids import is_uuid7
from boucle.rounds import VALIDATED, stop_of_task
from boucle_field.errors import RefusedError, UsageError
from boucle_field.outbox import as_event
from boucle_field.stop_events import VOID, events_at, taken_away
from boucle_field.store import Store

_PAGE: Final = 100
"""Events read at once on the way back to one that stands: nearly always the first does."""
_EVENT: Final = "payload, teff, tq, wall_ms"
"""What an event is read back from."""


def standing(store: Store, event_id: str = "") -> Event:
    """Give the event to undo: the one named, else the last of this device that is no void and not voided.

    UsageError for what is no id of an event; RefusedError when there is none of ours, when it is undone or corrected
    already, and for a void itself.
    """
    return _named(store, event_id) if event_id else _last(store)


def amended(store: Store) -> dict[str, str]:
    """Give the events that no longer stand as they were recorded, each with the kind of what came after it."""
    return {target: event.kind for target, event in amenders(store).items()}


def amenders(store: Store) -> dict[str, Event]:
    """Give the events that no longer stand as they were recorded, each with what came after it.

    A correction that was voided amends nothing.
    """
    with store.reading() as db:
        rows = db.execute(
            f"SELECT {_EVENT} FROM outbox WHERE kind = ? OR instr(CAST(payload AS TEXT), ?) > 0",  # noqa: S608
            (VOID, '"corrects":"'),
        ).fetchall()
    return taken_away([_event(*row) for row in rows])


def said_before(store: Store, event: Event, *, photos_only: bool = False) -> list[Event]:
    """Give our events in whose place a correction stands, as `boucle.correction` does, without what is void."""

    def find(event_id: str) -> Event | None:
        row = db.execute(f"SELECT {_EVENT} FROM outbox WHERE id = ?", (event_id,)).fetchone()  # noqa: S608
        return None if row is None else _event(*row)

    with store.reading() as db:
        found = correction.said_before(event, find, photos_only=photos_only)
        gone = _targets(db, event.subject)
    return [each for each in found if each.id not in gone]


def said_since(store: Store, event_id: str) -> list[str]:
    """Give the ids of our corrections of an event that hold, the last first, and its own behind them."""
    after, found = amenders(store), [event_id]
    while (later := after.get(found[-1])) is not None and later.kind != VOID and later.id not in found:
        found.append(later.id)
    return found[::-1]


def of_task(store: Store, task: str) -> list[tuple[int, Event]]:
    """Give the events of this device under a task with their places in the outbox, in their order."""
    return numbered(store, "json_extract(CAST(payload AS TEXT), '$.task') = ?", (task,))


def of_round(store: Store, key: str, kinds: Collection[str]) -> list[tuple[int, Event]]:
    """Give the events of this device that name a round, or a stop of it, in `task` or `against`; as `of_task`."""
    named = (f"instr(json_extract(CAST(payload AS TEXT), '$.{field}') || '#', ?) = 1" for field in ("task", "against"))
    condition = f"kind IN ({', '.join('?' * len(kinds))}) AND ({' OR '.join(named)})"
    return numbered(store, condition, (*kinds, f"{key}#", f"{key}#"))


def numbered(store: Store, condition: str, values: tuple[str, ...]) -> list[tuple[int, Event]]:
    """Give the events of this device that fulfil a condition of ours, with their places in the outbox."""
    with store.reading() as db:
        rows = db.execute(f"SELECT n, {_EVENT} FROM outbox WHERE {condition} ORDER BY n", values).fetchall()  # noqa: S608
    return [(n, _event(*content)) for n, *content in rows]


def closed_events(store: Store, task: str) -> frozenset[str]:
    """Give the events of a stop up to its last validation, wherever that was made: it has no free undo any more."""
    if stop_of_task(task) is None:
        return frozenset()
    seen = events_at(store, task)
    last = max((at for at, each in enumerate(seen) if each.event.kind == VALIDATED and each.gone is None), default=-1)
    return frozenset(each.event.id for each in seen[: last + 1])


def _last(store: Store) -> Event:
    voided: set[str] = set()
    before = 2**62
    with store.reading() as db:
        query = f"SELECT n, {_EVENT} FROM outbox WHERE n < ? ORDER BY n DESC LIMIT ?"  # noqa: S608 - our own words
        while page := db.execute(query, (before, _PAGE)).fetchall():
            for _, *content in page:
                event = _event(*content)
                if event.kind == VOID:
                    voided.add(event.text("target"))
                elif event.id not in voided:
                    return event
            before = page[-1][0]
    raise RefusedError("phone.nothing_to_undo")


def _named(store: Store, event_id: str) -> Event:
    if not is_uuid7(event_id):
        raise UsageError("phone.undo_no_id", event=event_id[:60])
    with store.reading() as db:
        row = db.execute(f"SELECT subject, {_EVENT} FROM outbox WHERE id = ?", (event_id,)).fetchone()  # noqa: S608
        if row is None:
            raise RefusedError("phone.undo_unknown", event=event_id)
        subject, *content = row
        event = _event(*content)
        if event.kind == VOID:
            raise RefusedError("phone.undo_of_void", event=event_id)
        if event.id in _targets(db, subject):
            raise RefusedError("phone.undone_already", event=event_id)
        if any(each.id not in _targets(db, each.subject) for each in _corrections(db, event.id)):
            raise RefusedError("phone.corrected_already")
    return event


def _corrections(db: sqlite3.Connection, event_id: str) -> list[Event]:
    query = f"SELECT {_EVENT} FROM outbox WHERE instr(CAST(payload AS TEXT), ?) > 0"  # noqa: S608 - our own words
    return [_event(*row) for row in db.execute(query, (f'"corrects":"{event_id}"',))]


def _targets(db: sqlite3.Connection, subject: str) -> set[str]:
    """Give what was voided about one subject: a void repeats that of its target, so these few are all there are."""
    voids = f"SELECT {_EVENT} FROM outbox WHERE subject = ? AND kind = ?"  # noqa: S608 - our own words
    return {_event(*row).text("target") for row in db.execute(voids, (subject, VOID))}


def _event(payload: bytes, teff: int | None, tq: int | None, wall_ms: int) -> Event:
    return as_event(payload, wall_ms if teff is None else teff, tq)
