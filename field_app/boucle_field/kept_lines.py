"""The lines of a visit as they were told, for a visit that is taken up again.

What happened is in the outbox. What was told of it depended on what was known then, and on what a person made of it,
so that it is kept beside: of a line that was told as nothing but accepted there is nothing to keep.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any, Final

from boucle.actions import ACTIONS
from boucle.correction import adds_only_photos, place_of
from boucle.events import Event
from boucle.lines import Line
from boucle.reasons import Reason
from boucle.telling import Outcome
from boucle_field import undoing
from boucle_field.blank_labels import ARRIVALS, is_blank
from boucle_field.errors import StoreError
from boucle_field.outbox import KEEP_MS
from boucle_field.phone import Phone
from boucle_field.stop_events import VOID

SORTED: Final = ACTIONS["sort"].kind
_FIELDS: Final = frozenset(field.name for field in fields(Line))
_UNKNOWN: Final[tuple[str, Mapping[str, object]]] = (f"reason.{Reason.UNKNOWN_ITEM}", {})
_HERE: Final = "task = ? AND action = ? AND place = ?"


class KeptLines:
    """What was told in one visit; a round has several visits under one task."""

    def __init__(self, phone: Phone, *, action: str, place: str, task: str) -> None:
        self._phone = phone
        self._action = action
        self._place = place
        self._task = task

    def keep(self, line: Line) -> None:
        """Keep what was told of a line that is new in the visit."""
        if line.event_id and line.outcome is Outcome.ACCEPTED and not (line.why or line.found_event or line.verdict):
            return
        self._put(_name(self._task, line), self._phone.outbox.end(), line)

    def change(self, line: Line, changed: Line) -> None:
        """Keep a line as a person has left it."""
        name = _name(self._task, line)
        with self._phone.store.reading() as db:
            kept = db.execute("SELECT n FROM told_line WHERE name = ?", (name,)).fetchone()
            own = kept or db.execute("SELECT n FROM outbox WHERE id = ?", (line.event_id,)).fetchone()
        self._put(name, own[0] if own else self._phone.outbox.end(), changed)

    def drop(self, line: Line) -> None:
        """Let go of a line that is none of the visit's."""
        with self._phone.store.writing() as db:
            db.execute("DELETE FROM told_line WHERE name = ?", (_name(self._task, line),))

    def close(self) -> None:
        """Let go of what was told of scans that recorded nothing: with the end of the visit they ask no more."""
        with self._phone.store.writing() as db:
            db.execute(f"DELETE FROM told_line WHERE event = '' AND {_HERE}", self._here)  # noqa: S608 - our own words

    def read(self) -> list[Line]:
        """Read the standing lines of the visit, in their order."""
        events = self._events()
        known = {name: n for n, event in events for name in self._names(event)}
        by_place = dict(events)
        told: list[tuple[int, int, Line]] = []
        shown: set[str] = set()
        gone = undoing.amended(self._phone.store)
        for n, kept in self._kept():
            line = _found_standing(kept, gone)
            event = by_place.get(known.get(line.event_id, 0))
            if line.event_id and event is None:
                continue  # it was taken back, or is somewhere else now
            if event is not None:
                line = self._named_since(replace(line, event_id=event.id, qty=event.qty or 1), event)
            shown |= {line.event_id, line.found_event}
            told.append((n, 1, line))
        told += [(n, 0, self._plain(event)) for n, event in events if event.id not in shown]
        return [line for *_, line in sorted(told, key=lambda each: each[:2])]

    @property
    def _here(self) -> tuple[str, str, str]:
        return self._task, self._action, self._place

    def _kept(self) -> list[tuple[int, Line]]:
        """Give the lines that were told, each with the place in the outbox at which it stands."""
        query = f"SELECT n, line FROM told_line WHERE {_HERE} ORDER BY n, at_ms"  # noqa: S608
        with self._phone.store.reading() as db:
            return [(n, _read(text)) for n, text in db.execute(query, self._here)]

    def _put(self, name: str, n: int, line: Line) -> None:
        """Write a line; what is recorded is recorded, also where there is no room for this."""
        values = (_name(self._task, line), *self._here, line.event_id, line.at_ms, n, _written(line))
        with suppress(StoreError), self._phone.store.writing() as db:
            db.execute("DELETE FROM told_line WHERE name = ?", (name,))
            db.execute("INSERT OR REPLACE INTO told_line VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _events(self) -> list[tuple[int, Event]]:
        """Give the standing events of the visit with their places in the outbox."""
        condition = "kind IN (?, ?) AND json_extract(CAST(payload AS TEXT), '$.task') = ?"
        kinds = (ACTIONS[self._action].kind, SORTED)
        found = undoing.numbered(self._phone.store, condition, (*kinds, self._task))
        gone = undoing.amenders(self._phone.store)
        return [
            (n, event)
            for n, event in found
            if (event.id not in gone or _is_judged_again(event, gone[event.id])) and place_of(event) == self._place
        ]

    def _names(self, event: Event) -> Iterator[str]:
        """Give the ids under which an event was told, its own and those of what it corrects.

        Another verdict is a line of its own, beside that of the verdict before.
        """
        yield event.id
        if event.corrects:
            before = undoing.said_before(self._phone.store, event, photos_only=event.kind == SORTED)
            yield from (each.id for each in before)

    def _named_since(self, line: Line, event: Event) -> Line:
        """Tell of a label that named nothing when it was read, and does now, which item it names."""
        item = self._phone.mirror.look(event.subject).item if line.outcome is Outcome.UNKNOWN else None
        if item is None or not item.known:
            return line
        why = tuple(each for each in line.why if each != _UNKNOWN)
        return replace(line, outcome=Outcome.ACCEPTED, item=item.id, item_type=item.type, why=why, blank=False)

    def _plain(self, event: Event) -> Line:
        """Tell of an event what can be told of it now."""
        phone, kind = self._phone, ACTIONS[self._action].kind
        item = phone.mirror.look(event.subject).item if event.code else None
        sorts = event.text("verdict") if event.kind == SORTED else ""
        is_unknown = item is not None and not item.known
        return Line(
            subject=event.code or event.item_type,
            outcome=Outcome.UNKNOWN if is_unknown else Outcome.ACCEPTED,
            at_ms=event.teff,
            qty=event.qty or 1,
            item=item.id if item else "",
            item_type=item.type if item else event.item_type,
            event_id=event.id,
            why=(_UNKNOWN,) if is_unknown else (),
            photos=len(event.photos),
            verdict=sorts if kind != SORTED else "",
            found=sorts if kind == SORTED else "",
            grade=event.text("grade"),
            blank=is_unknown and self._action in ARRIVALS and is_blank(phone, event.code),
        )


def prune(phone: Phone, now_ms: int) -> None:
    """Forget what was told of events that are forgotten here."""
    with phone.store.writing() as db:
        db.execute("DELETE FROM told_line WHERE at_ms < ?", (now_ms - KEEP_MS,))


def _is_judged_again(event: Event, later: Event) -> bool:
    """Tell whether what came after an event is another verdict of the same thing at the same place."""
    if not event.kind == later.kind == SORTED or place_of(event) != place_of(later):
        return False
    return not adds_only_photos(later, event)


def _name(task: str, line: Line) -> str:
    return line.event_id or f"{task}:{line.at_ms}:{line.subject}"


def _found_standing(line: Line, gone: dict[str, str]) -> Line:
    """Take what sorting found off a line, once that was voided."""
    return replace(line, found="", found_event="", grade="") if gone.get(line.found_event) == VOID else line


def _written(line: Line) -> str:
    said = {name: getattr(line, name) for name in _FIELDS} | {"why": [(key, dict(values)) for key, values in line.why]}
    return json.dumps(said, ensure_ascii=False, default=str)


def _read(text: str) -> Line:
    said: dict[str, Any] = {name: value for name, value in json.loads(text).items() if name in _FIELDS}
    said["outcome"] = Outcome(said["outcome"])
    said["why"] = tuple((key, values) for key, values in said["why"])
    return Line(**said)
