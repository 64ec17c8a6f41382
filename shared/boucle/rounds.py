"""Rounds: the stops that a driver makes in a day, what is expected at each, and what was found there.

A round is reference data of the table `round`. Every scan of a stop carries the stop's task; what a stop came to is
always made from those scans, so that a correction after the visit shows in it. Nothing of a round is a figure.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from boucle.events import Event
from boucle.reference import Book
from boucle.shape import MAX_QTY, is_short

TABLE: Final = "round"
VALIDATED: Final = "stop.validated"
"""The kind by which a driver says that a stop is done; said again after an addition, it is the next version."""
MOST_STOPS: Final = 60
"""So many stops with their types fit into one event of 16 kB, and into no driver's day."""
_TEXTS: Final = ("name", "home", "person", "device")
_CLOCK: Final = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$", re.ASCII)
_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})
RECEIVED: Final = "receive"
"""The direction of what is unloaded from a round, as `boucle.receiving` compares it."""
BESIDE: Final = "beside"
"""The direction of labelled pieces that came with a round which did not bring them: they stand for no other piece."""
MOVES: Final = ("item.collected", "item.delivered", "item.shipped")
"""The kinds that say what was taken or left at a stop."""
_DIRECTIONS: Final = {
    "item.collected": "collect",
    "item.delivered": "deliver",
    "item.shipped": "deliver",
    "item.received": RECEIVED,
}


class Ending(StrEnum):
    """How a stop ended; the words are `round.ending.<value>`."""

    DONE = "done"
    NOTHING = "nothing"
    """Nothing was there to be taken."""
    CLOSED = "closed"
    REFUSED = "refused"
    OTHER = "other"


class Gap(StrEnum):
    """Why another number was found than expected; the words are `round.gap.<value>`."""

    IN_USE = "in_use"
    """Still full, or in use at the partner's."""
    NOT_FOUND = "not_found"
    NO_ROOM = "no_room"
    """The vehicle is full, or the partner has no place for what he should get."""
    NOT_LOADED = "not_loaded"
    """What should be left was not in the vehicle."""
    DECLINED = "declined"
    """The partner did not want what he should get."""
    OTHER_TYPE = "other_type"
    """Another type was left than planned."""
    PLACE_CLOSED = "place_closed"
    """Nobody was there to take it, or the place to leave it was shut."""
    DAMAGED = "damaged"
    MORE = "more"
    """There were more than anybody knew of."""
    ON_BOARD = "on_board"
    """Still in the vehicle when it was unloaded."""
    LEFT_BEHIND = "left_behind"
    """Counted at the stop, and left there."""
    MISCOUNTED = "miscounted"
    """The number that was counted at the stop is wrong."""
    OTHER = "other"


_FEWER: Final[Mapping[str, tuple[Gap, ...]]] = {
    "collect": (Gap.IN_USE, Gap.NOT_FOUND, Gap.NO_ROOM, Gap.DAMAGED, Gap.OTHER),
    "deliver": (
        Gap.DECLINED, Gap.NO_ROOM, Gap.NOT_LOADED, Gap.OTHER_TYPE, Gap.PLACE_CLOSED, Gap.DAMAGED, Gap.OTHER,
    ),
    RECEIVED: (Gap.ON_BOARD, Gap.LEFT_BEHIND, Gap.MISCOUNTED, Gap.NOT_FOUND, Gap.DAMAGED, Gap.OTHER),
}  # fmt: skip
_MORE: Final[Mapping[str, tuple[Gap, ...]]] = {
    "collect": (Gap.MORE, Gap.OTHER),
    "deliver": (Gap.MORE, Gap.OTHER_TYPE, Gap.OTHER),
    RECEIVED: (Gap.MORE, Gap.MISCOUNTED, Gap.OTHER),
    BESIDE: (Gap.MORE, Gap.MISCOUNTED, Gap.OTHER),
}


def gaps_for(difference: int, direction: str) -> tuple[Gap, ...]:
    """Give the reasons that can explain a difference: those of taking are others than those of leaving.

    Too many are not lost, too few are not more than expected.
    """
    return (_MORE if difference > 0 else _FEWER)[direction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One stop: where, in which window (`HH:MM` in the zone of the place), how many of each type to take and to leave.

    `id` names the stop for as long as its round exists, wherever it is moved to in the order.
    """

    id: str
    place: str
    collect: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    deliver: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    opens: str = ""
    closes: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round: the day it is driven, from which site of ours, by whom, with which phone, its stops in order.

    `person` and `device` are `""` for whoever takes it. A `cancelled` round is not driven; it stays known, for what
    was done on it before. `ended` says why no more stop of it will be made, `""` while it goes on.
    """

    key: str
    day: date
    name: str = ""
    home: str = ""
    person: str = ""
    device: str = ""
    cancelled: bool = False
    ended: str = ""
    stops: tuple[Stop, ...] = ()

    def stop(self, stop_id: str) -> Stop | None:
        """Give a stop by its id."""
        return next((each for each in self.stops if each.id == stop_id), None)

    def task(self, stop: Stop) -> str:
        """Give the task that every scan of a stop carries."""
        return task_of(self.key, stop.id)

    @property
    def row(self) -> dict[str, Any]:
        """What the reference row of this round says."""
        stops = [
            {
                "id": stop.id,
                "place": stop.place,
                **{name: dict(value) for name in ("collect", "deliver") if (value := getattr(stop, name))},
                **{name: value for name in ("opens", "closes", "note") if (value := getattr(stop, name))},
            }
            for stop in self.stops
        ]
        texts = {name: value for name in _TEXTS if (value := getattr(self, name))}
        off = {**({"cancelled": True} if self.cancelled else {}), **({"ended": self.ended} if self.ended else {})}
        return {"day": self.day.isoformat(), **texts, **off, "stops": stops}


class Found(NamedTuple):
    """Pieces of one type in one direction: expected, scanned one by one, declared beyond those that were scanned."""

    direction: str
    item_type: str
    expected: int
    scanned: int
    declared: int

    @property
    def total(self) -> int:
        """How many were found."""
        return self.scanned + self.declared

    @property
    def difference(self) -> int:
        """How many more were found than expected; below zero, how many are missing."""
        return self.total - self.expected

    @property
    def name(self) -> str:
        """What a validation calls this row by, in its counts and its reasons."""
        return f"{self.direction}:{self.item_type}"


def task_of(round_key: str, stop_id: str) -> str:
    """Give the task of a stop of a round."""
    return f"{round_key}#{stop_id}"


def stop_of_task(task: str) -> tuple[str, str] | None:
    """Give the round and the stop that a task names, None for another kind of task."""
    round_key, mark, stop_id = task.rpartition("#")
    return (round_key, stop_id) if mark and round_key and stop_id else None


def read_round(key: str, row: Mapping[str, Any]) -> Round | None:
    """Read a reference row; None when it has no day. What makes no sense in it says nothing."""
    try:
        day = date.fromisoformat(_text(row, "day"))
    except ValueError:
        return None
    listed = row.get("stops")
    stops = [_stop(each) for each in listed[:MOST_STOPS]] if isinstance(listed, list) else []
    known: dict[str, Stop] = {}
    for stop in stops:
        if stop is not None:
            known.setdefault(stop.id, stop)
    texts = {name: _text(row, name) for name in _TEXTS}
    return Round(
        key=key,
        day=day,
        stops=tuple(known.values()),
        cancelled=row.get("cancelled") is True,
        ended=_text(row, "ended", long=True),
        **texts,
    )


def round_under(book: Book, task: str, *, at_ms: int) -> Round | None:
    """Give the round that a task names, itself or by one of its stops, as it is planned at an instant; else None."""
    named = stop_of_task(task)
    key = named[0] if named else task
    row = book.row(TABLE, key, at_ms) if key else None
    return read_round(key, row) if row is not None else None


def rounds_in(book: Book, *, at_ms: int) -> list[Round]:
    """Give every round of a book as it is planned at an instant, by day and name."""
    read = (read_round(key, book.row(TABLE, key, at_ms) or {}) for key in book.keys(TABLE))
    return sorted((each for each in read if each is not None), key=lambda each: (each.day, each.name, each.key))


def found_at(stop: Stop | None, events: Iterable[Event], types: Mapping[str, str]) -> list[Found]:
    """Compare what was expected at a stop with the standing events of its task."""
    moves = [event for event in events if _DIRECTIONS.get(event.kind) != RECEIVED]
    expected = {
        (direction, item_type): n
        for direction in ("collect", "deliver")
        for item_type, n in (getattr(stop, direction) if stop else _NOTHING).items()
    }
    return compare(expected, moves, types)


def compare(expected: Mapping[tuple[str, str], int], events: Iterable[Event], types: Mapping[str, str]) -> list[Found]:
    """Compare what was expected, by direction and type, with events.

    `types` gives the type of each subject with a code; what nobody knows is of type `""`. A number that is declared
    speaks of all pieces, those that were scanned too: what was scanned is taken off it, as balances do. One piece that
    was scanned twice is one. The largest expectation comes first, what is taken before what is left.
    """
    scanned: Counter[tuple[str, str]] = Counter()
    named: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[str, str]] = set()
    counted: Counter[tuple[str, str]] = Counter()
    for event in events:
        direction = _DIRECTIONS.get(event.kind)
        if direction is None:
            continue
        if event.item_type:
            counted[direction, event.item_type] += event.qty
        elif (direction, event.subject) not in seen:
            seen.add((direction, event.subject))
            into = named if event.text("evidence") == "declared" else scanned
            into[direction, types.get(event.subject, "")] += 1
    rows = [
        Found(at[0], at[1], expected.get(at, 0), scanned[at], max(named[at], counted[at] - scanned[at]))
        for at in expected.keys() | scanned.keys() | named.keys() | counted.keys()
    ]
    return sorted(rows, key=lambda row: (row.direction, -row.expected, row.item_type))


def unseen(found: Iterable[Found], seen: Iterable[Found]) -> int:
    """Give how many pieces stand at a stop of which its validation knew nothing: another device recorded them."""
    beyond: Counter[str] = Counter()
    for row in found:
        beyond[row.direction] += row.total
    for row in seen:
        beyond[row.direction] -= row.total
    return sum(n for n in beyond.values() if n > 0)


def validation(found: Sequence[Found], *, ending: Ending, version: int, reasons: Mapping[str, Gap]) -> dict[str, Any]:
    """Give the body of a validation: what the person at the stop saw and signed, kept as it was then.

    `reasons` says why, for `direction:type` of each difference that somebody explained.
    """
    return {"ending": str(ending), **witnessed(found, version=version, reasons=reasons)}


def witnessed(found: Sequence[Found], *, version: int, reasons: Mapping[str, Gap]) -> dict[str, Any]:
    """Give what a person saw beside what was expected, with the reason of each difference that somebody explained."""
    return {
        "version": version,
        "counts": {
            row.name: {"expected": row.expected, "scanned": row.scanned, "declared": row.declared} for row in found
        },
        "reasons": {name: str(gap) for name, gap in reasons.items()},
    }


def reasons_of(event: Event) -> dict[str, Gap]:
    """Give the reason for each difference that a validation explains, by the name of its row."""
    said = event.body.get("reasons")
    known = {str(gap): gap for gap in Gap}
    if not isinstance(said, Mapping):
        return {}
    return {name: known[gap] for name, gap in said.items() if isinstance(gap, str) and gap in known}


def ending_of(event: Event) -> Ending:
    """Give how a validation says that its stop ended; what nobody knows is of another kind."""
    said = event.text("ending")
    return Ending(said) if said in set(Ending) else Ending.OTHER


def counts_of(event: Event) -> list[Found]:
    """Give what a validation said was found; what makes no sense in it is left out."""
    counts = event.body.get("counts")
    rows = []
    for name, row in counts.items() if isinstance(counts, Mapping) else ():
        direction, _, item_type = name.partition(":")
        if direction in _MORE and isinstance(row, Mapping):
            expected, scanned, declared = (_number(row.get(of)) for of in ("expected", "scanned", "declared"))
            rows.append(Found(direction, item_type, expected, scanned, declared))
    return sorted(rows, key=lambda row: (row.direction, -row.expected, row.item_type))


def _stop(row: object) -> Stop | None:
    if not isinstance(row, Mapping):
        return None
    stop_id, place = _text(row, "id"), _text(row, "place")
    if not stop_id or "#" in stop_id or not place:
        return None
    return Stop(
        id=stop_id,
        place=place,
        collect=_expected(row.get("collect")),
        deliver=_expected(row.get("deliver")),
        opens=_clock(row, "opens"),
        closes=_clock(row, "closes"),
        note=_text(row, "note", long=True),
    )


def _expected(value: object) -> Mapping[str, int]:
    if not isinstance(value, Mapping):
        return _NOTHING
    return {name: n for name, row in value.items() if isinstance(name, str) and is_short(name) and (n := _number(row))}


def _number(value: object) -> int:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 0 <= value <= MAX_QTY else 0  # type: ignore[operator, return-value]


def _clock(row: Mapping[str, Any], name: str) -> str:
    value = _text(row, name)
    return value if _CLOCK.match(value) else ""


def _text(row: Mapping[str, Any], name: str, *, long: bool = False) -> str:
    value = row.get(name, "")
    return value if isinstance(value, str) and (long or is_short(value)) else ""
