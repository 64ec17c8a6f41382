"""The events of a stop as far as this phone knows them: its own, and what the server tells of everybody's.

Joined by their ids and put into the one order of events, so that what was validated in the office or on another phone
counts here as it does there. What the server has not heard yet stands as it was recorded.
"""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from boucle.anchor import Reading, Sample
from boucle.events import Event, Order
from boucle.rounds import MOVES, VALIDATED
from boucle.stop_rows import StopEvent, is_of_stop, read_row
from boucle.units import DAY_MS
from boucle_field import timekeeper
from boucle_field.outbox import as_event
from boucle_field.store import Store

VOID: Final = "event.voided"
KEPT_DAYS: Final = 14
"""As long as the server tells of a stop."""
_OWN: Final = "SELECT payload, teff, tq, wall_ms, boot, mono_ms FROM outbox WHERE"
_AMENDING: Final = f"{_OWN} kind = '{VOID}' OR instr(CAST(payload AS TEXT), '\"corrects\":\"') > 0 ORDER BY n"
_TASK: Final = "json_extract(CAST(payload AS TEXT), '$.task')"


class Side(StrEnum):
    """Where an event of a stop was recorded; the words are `screen.stop_validated_<value>`."""

    HERE = "here"
    OFFICE = "office"
    OTHER = "other"
    """On another phone."""


class Seen(NamedTuple):
    """One event of a stop: where it was recorded, and what took it away, in the order (None: it stands)."""

    event: Event
    side: Side
    gone: Order | None = None


def events_at(store: Store, task: str) -> list[Seen]:
    """Give the events of a stop in their order, those that were taken away too."""
    return _joined(store, f"{_TASK} = ?", "task = ?", task)


def validations_of(store: Store, round_key: str) -> dict[str, Event]:
    """Give the last standing validation of each stop of a round, by its task."""
    under = f"instr({_TASK} || '#', ?) = 1"
    seen = _joined(store, f"kind = '{VALIDATED}' AND {under}", "instr(task, ?) = 1", f"{round_key}#")
    return {each.event.task: each.event for each in seen if each.event.kind == VALIDATED and each.gone is None}


def tasks_of(store: Store, begins: str) -> list[str]:
    """Give the tasks that begin so of which this phone recorded anything, in the order of their first event."""
    with store.reading() as db:
        rows = db.execute(
            f"SELECT {_TASK}, min(n) FROM outbox WHERE instr(payload, ?) GROUP BY 1 ORDER BY 2",  # noqa: S608
            (f'"task":"{begins}'.encode(),),
        ).fetchall()
    return [row[0] for row in rows]


def standing(seen: Sequence[Seen]) -> tuple[list[Seen], list[Seen]]:
    """Give the movements and the validations that stand."""
    left = [each for each in seen if each.gone is None]
    return (
        [each for each in left if each.event.kind in MOVES],
        [each for each in left if each.event.kind == VALIDATED],
    )


def added_since(seen: Sequence[Seen], validated: Event) -> int:
    """Give how many events came after a validation, or took one away since."""
    later = {each.event.id for each in seen if each.event.kind in MOVES and each.event.order > validated.order}
    amended = {each.gone[-1] for each in seen if each.gone is not None and each.gone > validated.order}
    return len(later | amended)


def forget(store: Store, now_ms: int) -> None:
    """Drop what was told of stops of long ago."""
    with store.writing() as db:
        db.execute("DELETE FROM stop_event WHERE at_ms < ?", (now_ms - KEPT_DAYS * DAY_MS,))


def _joined(store: Store, own: str, told: str, value: str) -> list[Seen]:
    with store.reading() as db:
        heard = db.execute(f"SELECT id, told FROM stop_event WHERE {told}", (value,)).fetchall()  # noqa: S608
        mine = db.execute(f"{_OWN} {own} ORDER BY n", (value,)).fetchall()
        amending = db.execute(_AMENDING).fetchall() if mine else []
    known = timekeeper.samples(store)
    rows = {key: read_row(key, json.loads(text)) for key, text in heard}
    events = [event for event in _events(mine, known) if is_of_stop(event)]
    taken = {target: event.order for target, event in taken_away(_events(amending, known)).items()}
    here = [Seen(event, Side.HERE, _gone(event.id, taken, rows)) for event in events]
    ours = {event.id for event in events}
    others = [_heard(row) for key, row in rows.items() if key not in ours]
    return sorted([*here, *others], key=lambda each: each.event.order)


def _heard(row: StopEvent) -> Seen:
    return Seen(row.event, Side.OFFICE if row.office else Side.OTHER, row.gone)


def _gone(event_id: str, taken: dict[str, Order], rows: dict[str, StopEvent]) -> Order | None:
    row = rows.get(event_id)
    return row.gone if row is not None and row.gone is not None else taken.get(event_id)


def taken_away(amending: Sequence[Event]) -> dict[str, Event]:
    """Give what voids and corrections of ours took away, each with what did; a voided correction takes nothing."""
    voids = {event.text("target"): event for event in amending if event.kind == VOID}
    corrections = {event.corrects: event for event in amending if event.corrects and event.id not in voids}
    return corrections | voids


def _events(rows: Sequence[tuple[bytes, int | None, int | None, int, str, int]], known: list[Sample]) -> list[Event]:
    """Read events of our own back; one without its time yet comes after those before it."""
    events: list[Event] = []
    for payload, teff, tq, wall, boot, mono in rows:
        at = teff if teff is not None else timekeeper.server_ms(Reading(wall_ms=wall, boot=boot, mono_ms=mono), known)
        events.append(as_event(payload, max(at, events[-1].teff) if events and teff is None else at, tq))
    return events
