"""Rounds as they were driven: what the standing events of each stop come to, what was validated, who signed.

Read from the ledger each time, by kind and time, so that a round in progress shows what phones have sent so far and a
correction shows as soon as it is in. Nothing of it is stored.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.agreeing import Agreed, agreed_by
from boucle.amend import REVIEWED, edges_of, standing_of
from boucle.binding import owner
from boucle.clock import day_of
from boucle.events import Event
from boucle.reference import Book
from boucle.rounds import (
    MOVES,
    VALIDATED,
    Ending,
    Found,
    Gap,
    Round,
    Stop,
    counts_of,
    ending_of,
    found_at,
    reasons_of,
    stop_of_task,
    unseen,
)
from boucle_server import amending
from boucle_server.projections import FETCH, SqlStore, event_of
from boucle_server.tables import RECORD

_RECEIVED: Final = "item.received"
_KINDS: Final = tuple(f"{kind}/1" for kind in (*MOVES, _RECEIVED, VALIDATED))
_BEFORE: Final = timedelta(days=1)
_AFTER: Final = timedelta(days=7)
"""So long after its day a stop can still be added to, and what it took be received; validated it can be at any time."""
FIRST_DAY: Final = date(1990, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
"""Whatever day a plan says, no event is of a time outside these."""
MOST_STROKES: Final = 400
MOST_POINTS: Final = 4_000


class State(StrEnum):
    """How far a round has come; the words are `web.round_state_<value>`."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"
    """Its day is over, and a stop is not validated."""
    ENDED = "ended"
    """A stop is not validated, and somebody said why it will not be."""
    CANCELLED = "cancelled"


class Progress(StrEnum):
    """How far a stop has come; the words are `round.progress.<value>`."""

    TO_DO = "to_do"
    BEGUN = "begun"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One validation of a stop: what was seen and signed then. `version` counts from 1."""

    event: Event
    version: int
    ending: Ending
    found: tuple[Found, ...]
    reasons: Mapping[str, Gap]
    note: str
    signer: str
    signature: tuple[tuple[int, ...], ...]
    """Strokes of x, y, x, y… in thousandths; none where nobody signed, or what was personal is erased."""
    agreed: Agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class DrivenStop:
    """A stop with what stands of it; `stop` is None for one that is planned no more.

    `added` is how many events came, or were amended, after the last validation, else the pieces it knew nothing of.
    `received` are the pieces by type that the depot scanned against this stop and nobody had scanned there; `counted`
    those that it took in as a number.
    """

    task: str
    stop: Stop | None
    place: str
    found: tuple[Found, ...]
    moves: tuple[Event, ...]
    types: Mapping[str, str]
    validations: tuple[Validation, ...]
    added: int
    received: Mapping[str, int]
    counted: Mapping[str, int]

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        if self.validations and not self.added:
            return Progress.DONE
        return Progress.BEGUN if self.moves or self.validations else Progress.TO_DO

    @property
    def last(self) -> Validation | None:
        """The validation that holds."""
        return self.validations[-1] if self.validations else None

    def unscanned(self, row: Found) -> int:
        """How many pieces of a row were declared and never scanned, neither here nor at the depot."""
        came = self.received.get(row.item_type, 0) if row.direction == "collect" else 0
        return max(0, row.declared - came)

    def arrived(self, row: Found) -> int:
        """How many pieces the depot took in beyond those that were scanned here; a number speaks of all of them."""
        return max(self.received.get(row.item_type, 0), self.counted.get(row.item_type, 0) - row.scanned, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrivenRound:
    """A round with its stops in the planned order, those that are planned no more behind."""

    round: Round
    stops: tuple[DrivenStop, ...]
    state: State

    @property
    def done(self) -> int:
        """How many stops are done."""
        return sum(stop.progress is Progress.DONE for stop in self.stops)


def driven(connection: Connection, org: str, rounds: Sequence[Round], *, zone: str, now_ms: int) -> list[DrivenRound]:
    """Give rounds as they were driven, in their order."""
    if not rounds:
        return []
    known = {each.key for each in rounds}
    raw, private = _events(connection, org, rounds, known, zone)
    store = SqlStore(connection, org)
    events = amending.closed(store, raw.values())
    standing = standing_of(raw, events)
    amended: dict[str, list[Event]] = {}
    for amender in events.values():
        for edge in edges_of(amender):
            if edge.target in events and amender.kind != REVIEWED:
                amended.setdefault(_task(events[edge.target]), []).append(amender)
    types = _types(store, {event.subject for event in standing if event.code})
    by_task: dict[str, list[Event]] = {}
    for event in standing:
        by_task.setdefault(_task(event), []).append(event)
    today = day_of(now_ms, zone)
    read = _Gathered(standing=by_task, amended=amended, types=types, private=private)
    return [_round(each, read, today=today) for each in rounds]


def _events(
    connection: Connection, org: str, rounds: Sequence[Round], known: set[str], zone: str
) -> tuple[dict[str, Event], dict[str, bytes]]:
    """Give the accepted events of the rounds by id, and the private part of each validation."""
    days = sorted(min(max(each.day, FIRST_DAY), LAST_DAY) for each in rounds)
    first, last = (
        round(datetime.combine(day, time(), ZoneInfo(zone)).timestamp() * 1000)
        for day in (days[0] - _BEFORE, days[-1] + _AFTER)
    )
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq, RECORD.c.priv).where(
        RECORD.c.org == org,
        sa.or_(
            sa.and_(RECORD.c.org == org, RECORD.c.kind.in_(_KINDS), RECORD.c.teff.between(first, last)),
            sa.and_(RECORD.c.org == org, RECORD.c.kind == f"{VALIDATED}/1", RECORD.c.teff > last),
        ),
        RECORD.c.status == "accepted",
    )
    events: dict[str, Event] = {}
    private: dict[str, bytes] = {}
    with connection.execute(query, execution_options={"yield_per": FETCH}) as found:
        for payload, teff, tq, priv in found:
            if b"#" not in payload:  # no task of a stop is written without it
                continue
            event = event_of(payload, teff, tq)
            named = stop_of_task(_task(event))
            if named is not None and named[0] in known:
                events[event.id] = event
                if priv is not None:
                    private[event.id] = bytes(priv)
    return events, private


def _task(event: Event) -> str:
    """Give the stop that an event belongs to: a receipt names it as what it answers."""
    return event.against if event.kind == _RECEIVED else event.task


def _types(store: SqlStore, subjects: set[str]) -> dict[str, str]:
    bound = store.bindings(subjects)
    owners = {subject: owner(subject, bound) for subject in subjects}
    items = store.items(set(owners.values()))
    return {subject: items[item].type for subject, item in owners.items() if item in items}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """Everything that was read of some rounds; by task what stands and what was amended, in the order of events."""

    standing: Mapping[str, Sequence[Event]]
    amended: Mapping[str, Sequence[Event]]
    types: Mapping[str, str]
    private: Mapping[str, bytes]


def _round(of: Round, read: _Gathered, *, today: str) -> DrivenRound:
    planned = {of.task(stop): stop for stop in of.stops}
    unplanned = sorted(
        task for task in read.standing if (named := stop_of_task(task)) and named[0] == of.key and task not in planned
    )
    stops = tuple(_stop(task, planned.get(task), read) for task in (*planned, *unplanned))
    return DrivenRound(round=of, stops=stops, state=_state(of, stops, today))


def _state(of: Round, stops: Sequence[DrivenStop], today: str) -> State:
    if of.cancelled:
        return State.CANCELLED
    planned = [stop for stop in stops if stop.stop is not None]
    if planned and all(stop.progress is Progress.DONE for stop in planned):
        return State.DONE
    if of.ended:
        return State.ENDED
    if of.day.isoformat() < today:
        return State.INCOMPLETE
    return State.RUNNING if any(stop.progress is not Progress.TO_DO for stop in stops) else State.PLANNED


def _stop(task: str, stop: Stop | None, read: _Gathered) -> DrivenStop:
    events, amended, types = read.standing.get(task, ()), read.amended.get(task, ()), read.types
    moves = [event for event in events if event.kind in MOVES]
    validations = tuple(
        _validation(event, number, read.private.get(event.id))
        for number, event in enumerate((event for event in events if event.kind == VALIDATED), 1)
    )
    last = validations[-1].event.order if validations else None
    seen = {event.subject for event in moves if event.code}
    received = Counter(
        types.get(event.subject, "")
        for event in events
        if event.kind == _RECEIVED and event.code and event.subject not in seen
    )
    counted: Counter[str] = Counter()
    for event in events:
        if event.kind == _RECEIVED and event.item_type:
            counted[event.item_type] += event.qty
    place = stop.place if stop else next((event.place for event in events if event.kind != _RECEIVED), "")
    found = found_at(stop, moves, types)
    added = sum(event.order > last for event in (*moves, *amended)) if last else 0
    return DrivenStop(
        task=task,
        stop=stop,
        place=place,
        found=tuple(found),
        moves=tuple(moves),
        types=types,
        validations=validations,
        added=added or (unseen(found, validations[-1].found) if last else 0),
        received=received,
        counted=counted,
    )


def _validation(event: Event, version: int, priv: bytes | None) -> Validation:
    personal = _personal(priv)
    signer, drawn = personal.get("signer"), strokes_of(personal.get("signature"))
    signer = signer if isinstance(signer, str) else ""
    known = {"signer": signer, "signature": drawn}
    return Validation(
        event=event,
        version=version,
        ending=ending_of(event),
        found=tuple(counts_of(event)),
        reasons=reasons_of(event),
        note=event.text("note"),
        signer=signer,
        signature=drawn,
        agreed=agreed_by(event, None if priv is None else known),
    )


def _personal(priv: bytes | None) -> Mapping[str, Any]:
    try:
        read = json.loads(priv) if priv else {}
    except ValueError:
        return {}
    return read if isinstance(read, Mapping) else {}


def strokes_of(value: object) -> tuple[tuple[int, ...], ...]:
    """Read a signature; what makes no sense in it is left out."""
    strokes = value[:MOST_STROKES] if isinstance(value, list) else []
    return tuple(
        tuple(stroke[: 2 * MOST_POINTS])
        for stroke in strokes
        if isinstance(stroke, list)
        and len(stroke) % 2 == 0
        and stroke
        and all(isinstance(n, int) and not isinstance(n, bool) and -1000 <= n <= 2000 for n in stroke)  # noqa: PLR2004
    )


def planned_place(book: Book, place: str, at_ms: int) -> str:
    """Give the name of a place with its partner's, where the two differ."""
    site = book.site(place, at_ms)
    name = site.name or site.key
    partner = (book.row("partner", site.partner, at_ms) or {}).get("name", "") if site.partner else ""
    return name if not partner or partner.casefold() in name.casefold() else f"{partner} – {name}"
