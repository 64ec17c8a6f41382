"""The outbox: everything this device recorded, in one chain, kept until long after the server has it.

`record` returns only after a durable commit. What was recorded never changes: only its effective time is added,
once, before it first leaves, and what became of it on the server.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from boucle import wire
from boucle.anchor import Reading, Sample, stamp_all
from boucle.events import Event, Quality
from boucle.ids import Randomness, new_epoch, uuid7
from boucle.push import Record
from boucle.units import DAY_MS
from boucle.version import VERSION
from boucle.wire import FIRST_PREV, MAX_PUSH, MAX_RECORDS, Unreadable, digest
from boucle_field import photos
from boucle_field.errors import UsageError
from boucle_field.identity import Identity
from boucle_field.photos import Photo
from boucle_field.store import Store, put
from boucle_field.ticks import Ticks

KEEP_MS = 45 * DAY_MS
"""How long an event is kept after the server has it, so that a restored server can be refilled."""
SALT_BYTES = 16
_MAX_ID_MS = 2**48 - 1
_ASIDE = "state NOT IN ('new', 'acked')"
_TO_CHECK = f"{_ASIDE} AND why NOT IN ('accepted', 'dismissed')"
_ENVELOPE_BYTES = 4096
"""More than a push body has around its records: the checkpoint of the log is the largest part."""
_PAGE = 100
_VOID = "event.voided"
_EVENT = "payload, teff, tq, wall_ms"
"""What an event is read back from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What happened, before it is stamped: a kind, its subject (a code, or a type with a quantity), its body."""

    kind: str
    code: str = ""
    item_type: str = ""
    qty: int | None = None
    other: str = ""
    task: str = ""
    place: str = ""
    against: str = ""
    corrects: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)
    """What may be erased later: a person's note. Only its salted hash is part of the event."""
    photos: tuple[Photo, ...] = ()
    """Photos of it; the event announces them, and they are kept with it."""
    announced: tuple[Mapping[str, Any], ...] = ()
    """Photos that came with an event which this one says again: it announces them too, the others after them."""


class Recorded(NamedTuple):
    """An event that is durably kept on this device, as the fold sees it, with its place in the outbox."""

    n: int
    event: Event


class Waiting(NamedTuple):
    """One event of a batch to send."""

    n: int
    seq: int
    id: str
    hash: str
    record: Record


class Counts(NamedTuple):
    """How many events are not sent, are sent, are kept by the server but wait for a person."""

    unsent: int
    sent: int
    to_check: int


class Outbox:
    """The chain of one enrolled device."""

    def __init__(self, store: Store, identity: Identity, *, ticks: Ticks, randomness: Randomness) -> None:
        self.store = store
        self.identity = identity
        self.ticks = ticks
        self.randomness = randomness

    def record(self, draft: Draft, *, actor: str = "", seen: str = "") -> Recorded:
        """Record what happened; when this returns, it is durable.

        UsageError when the draft makes no readable event, a `StoreError` when the store cannot keep it: nothing
        is recorded then.
        """
        reading = self.ticks.reading()
        priv = self._private(draft)
        with self.store.writing() as db:
            era, epoch = _current(db)
            seq, prev = _end(db, era)
            chain = {"epoch": epoch, "seq": seq + 1, "prev": prev, "actor": actor, "seen": seen}
            payload = _written(self._envelope(draft, reading, priv) | chain)
            event = _readable(payload, reading.wall_ms)
            place = db.execute(
                "INSERT INTO outbox (era, seq, id, hash, payload, priv, kind, subject, wall_ms, boot, mono_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (era, event.seq, event.id, digest(payload), payload, priv, event.kind, event.subject, *_clock(reading)),
            ).lastrowid
            photos.keep(db, int(place or 0), draft.photos)
        return Recorded(int(place or 0), event)

    def preview(self, draft: Draft, *, actor: str = "") -> Event:
        """Give the event that a draft would make now, without recording it; UsageError as `record`."""
        reading = self.ticks.reading()
        fields = self._envelope(draft, reading, None) | {"epoch": "0" * 16, "seq": 1, "prev": FIRST_PREV}
        return _readable(_written(fields | {"actor": actor}), reading.wall_ms)

    def _envelope(self, draft: Draft, reading: Reading, priv: bytes | None) -> dict[str, Any]:
        return {
            "v": 1,
            # A clock outside what an id can hold is recorded as it is; the id's own time means nothing.
            "id": uuid7(min(max(reading.wall_ms, 0), _MAX_ID_MS), self.randomness),
            "org": self.identity.org,
            "dev": self.identity.dev,
            "kind": f"{draft.kind}/1",
            "code": draft.code,
            "item_type": draft.item_type,
            "qty": draft.qty,
            "other": draft.other,
            "task": draft.task,
            "place": draft.place,
            "against": draft.against,
            "corrects": draft.corrects,
            "body": dict(draft.body),
            "photos": [*(dict(each) for each in draft.announced), *(photo.announcement for photo in draft.photos)],
            "priv": digest(priv) if priv is not None else "",
            "wall": reading.wall_ms,
            "boot": reading.boot,
            "mono": reading.mono_ms,
            "tz": self.identity.zone,
            "app": VERSION,
        }

    def _private(self, draft: Draft) -> bytes | None:
        if not draft.private:
            return None
        return _written({**draft.private, "salt": self.randomness(SALT_BYTES).hex()})

    def stamp(self, samples: Iterable[Sample], now_ms: int) -> int:
        """Freeze the effective time of every event that has none; give how many. `now_ms` is the server's time."""
        with self.store.writing() as db:
            rows = db.execute("SELECT n, wall_ms, boot, mono_ms FROM outbox WHERE teff IS NULL ORDER BY n").fetchall()
            last = db.execute("SELECT teff FROM outbox WHERE teff IS NOT NULL ORDER BY n DESC LIMIT 1").fetchone()
            before = db.execute("SELECT value FROM meta WHERE name = 'stamped_ms'").fetchone()
            before_ms = int(before[0]) if before else self.identity.enrolled_ms
            stamps = stamp_all(
                [Reading(wall_ms=wall, boot=boot, mono_ms=mono) for _, wall, boot, mono in rows],
                samples=samples,
                before_ms=min(before_ms, now_ms),
                after_ms=now_ms,
                floor_ms=last[0] if last else 0,
            )
            db.executemany(
                "UPDATE outbox SET teff = ?, tq = ? WHERE n = ? AND teff IS NULL",
                [(stamp.teff_ms, stamp.quality, row[0]) for stamp, row in zip(stamps, rows, strict=True)],
            )
            put(db, "stamped_ms", str(max(before_ms, now_ms)))
        return len(rows)

    def next_batch(self, after: int = 0, *, everything: bool = False) -> list[Waiting]:
        """Give the first unsent, stamped events after place `after`: one epoch, no hole, within a push's size.

        `everything` gives what is sent as well.
        """
        batch: list[Waiting] = []
        size, epoch = _ENVELOPE_BYTES, 0
        chosen = "" if everything else "state = 'new' AND "
        with self.store.reading() as db:
            rows = db.execute(
                "SELECT n, era, seq, id, hash, payload, priv, teff, tq FROM outbox"  # noqa: S608 - our own words
                f" WHERE {chosen}teff IS NOT NULL AND n > ? ORDER BY n LIMIT ?",
                (after, MAX_RECORDS),
            ).fetchall()
        for n, era, seq, event_id, content, payload, priv, teff, tq in rows:
            size += _size(payload) + _size(priv)
            if batch and (era != epoch or seq != batch[-1].seq + 1 or size > MAX_PUSH):
                break
            epoch = era
            record = Record(payload=payload, teff=teff, tq=tq, priv=priv)
            batch.append(Waiting(n, seq, event_id, content, record))
        return batch

    def epoch_of(self, n: int) -> str:
        """Give the epoch in which the event at place `n` was recorded."""
        with self.store.reading() as db:
            row = db.execute("SELECT epoch FROM epoch JOIN outbox USING (era) WHERE n = ?", (n,)).fetchone()
        return str(row[0])

    def is_unsent(self, n: int) -> bool:
        """Tell whether the event at place `n` still waits to be sent."""
        with self.store.reading() as db:
            return bool(db.execute("SELECT state = 'new' FROM outbox WHERE n = ?", (n,)).fetchone()[0])

    def end(self) -> int:
        """Give the place of the last event recorded, 0 before the first."""
        with self.store.reading() as db:
            return int(db.execute("SELECT coalesce(max(n), 0) FROM outbox").fetchone()[0])

    def open_epoch(self, forked: str) -> bool:
        """Leave a forked epoch for a new one, once; tell whether one was opened. Its events stay as they are."""
        with self.store.writing() as db:
            if _current(db)[1] != forked:
                return False
            db.execute("INSERT INTO epoch (epoch, why) VALUES (?, 'fork')", (new_epoch(self.randomness),))
        return True

    def counts(self) -> Counts:
        """Count what is unsent, sent and to check: always the true numbers. What a person decided about was sent."""
        with self.store.reading() as db:
            query = f"SELECT CASE WHEN {_TO_CHECK} THEN 'check' ELSE state END, count(*) FROM outbox GROUP BY 1"  # noqa: S608
            found = dict(db.execute(query).fetchall())
        unsent, to_check = found.pop("new", 0), found.pop("check", 0)
        return Counts(unsent, sum(found.values()) + int(self.store.get("pruned", "0")), to_check)

    def unsent_beside(self, first: int, last: int) -> int:
        """Count what is unsent, but for the places `first` to `last`."""
        with self.store.reading() as db:
            query = "SELECT count(*) FROM outbox WHERE state = 'new' AND NOT n BETWEEN ? AND ?"
            return int(db.execute(query, (first, last)).fetchone()[0])

    def to_check(self, most: int) -> list[dict[str, str]]:
        """Give the latest events that wait for a person: id, kind, subject, what the server made of it, why."""
        with self.store.reading() as db:
            rows = db.execute(
                f"SELECT id, kind, subject, state, why FROM outbox WHERE {_TO_CHECK} ORDER BY n DESC LIMIT ?",  # noqa: S608
                (most,),
            ).fetchall()
        return [dict(zip(("id", "kind", "subject", "state", "why"), row, strict=True)) for row in rows]

    def newest_receipt(self) -> str | None:
        """Give the newest receipt of this device as it was signed, None before the first."""
        with self.store.reading() as db:
            row = db.execute("SELECT note FROM receipt ORDER BY n DESC LIMIT 1").fetchone()
        return None if row is None else str(row[0])

    def prune(self, now_ms: int) -> int:
        """Forget what the server has had for long, but for the end of each chain; give how many events."""
        with self.store.writing() as db:
            gone = db.execute(
                "DELETE FROM outbox WHERE state = 'acked' AND folded = 1 AND teff < ?"
                " AND n NOT IN (SELECT max(n) FROM outbox GROUP BY era)",
                (now_ms - KEEP_MS,),
            ).rowcount
            if gone:
                put(db, "pruned", str(int(self.store.get("pruned", "0")) + gone))
        return gone


@lru_cache(maxsize=4096)
def as_event(payload: bytes, teff: int, tq: int | None) -> Event:
    """Read back an event of our own."""
    event = wire.read(payload, teff, Quality.WALL if tq is None else tq)
    if isinstance(event, Unreadable):
        raise TypeError(f"an event of our own cannot be read: {event.detail}")
    return event


def _event(payload: bytes, teff: int | None, tq: int | None, wall_ms: int) -> Event:
    return as_event(payload, wall_ms if teff is None else teff, tq)


def _written(fields: Mapping[str, Any]) -> bytes:
    try:
        return wire.write(fields)
    except (UnicodeEncodeError, ValueError) as error:
        raise UsageError("phone.bad_event", why=str(error)[:200]) from error


def _readable(payload: bytes, teff: int) -> Event:
    event = wire.read(payload, teff, Quality.WALL)
    if isinstance(event, Unreadable):
        raise UsageError("phone.bad_event", why=event.detail)
    return event


def _current(db: sqlite3.Connection) -> tuple[int, str]:
    era, epoch = db.execute("SELECT era, epoch FROM epoch ORDER BY era DESC LIMIT 1").fetchone()
    return era, epoch


def _end(db: sqlite3.Connection, era: int) -> tuple[int, str]:
    row = db.execute("SELECT seq, hash FROM outbox WHERE era = ? ORDER BY seq DESC LIMIT 1", (era,)).fetchone()
    return (row[0], row[1]) if row else (0, FIRST_PREV)


def _clock(reading: Reading) -> tuple[int, str, int]:
    return reading.wall_ms, reading.boot, reading.mono_ms


def _size(text: bytes | None) -> int:
    """Give the bytes that a payload takes inside a push, quoted and with its times."""
    return 0 if text is None else len(json.dumps(text.decode(), ensure_ascii=False).encode()) + 64
