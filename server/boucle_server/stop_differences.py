"""Differences of rounds that wait for a person: found against planned at a stop, received against collected at home.

A validated stop speaks by its last validation, and so does a validated reception. Where nobody validated one, or it
says nothing of a type, a receipt speaks by what the depot took in. What a truck took up may come in until the end of
the third day, which has a weekend in it. Labelled items that are still on their way are known by their
own state, however long ago that was; numbers are compared for as long as somebody can still ask the driver. After that
a number that never came stands in the balance of its partner.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.events import Event
from boucle.item import Item, load
from boucle.lifecycle import Stage
from boucle.receiving import VALIDATED as RECEPTION
from boucle.reference import Book
from boucle.rounds import RECEIVED, VALIDATED, Ending, Found, counts_of, ending_of, reasons_of, rounds_in, stop_of_task
from boucle.units import DAY_MS
from boucle.unplanned import is_unplanned
from boucle_server.driven import driven
from boucle_server.read_tables import ITEM
from boucle_server.standing import standing

ASKED_DAYS: Final = 60
"""A validation is looked at for so many days: later nobody remembers, and its round still shows what it found."""
ARRIVAL_DAYS: Final = 3
"""What was taken up on a Friday is received on Monday."""
_COLLECT: Final = "collect"


class Why(StrEnum):
    """What differs; the words are `web.inbox_what_<value>`."""

    STOP = "stop"
    """A validated stop found another number than was planned, and nobody said why."""
    SHORT = "short"
    """Fewer pieces came home than a stop took up."""
    RECEIPT = "receipt"
    """A validated reception unloaded another number than its round brought, and nobody said why."""
    OVER = "over"
    """More pieces came home than a stop said it took up."""


class Difference(NamedTuple):
    """One difference: `n` pieces of a type, of `before` that were planned or taken up there; `row` is its name.

    `at_ms` is when the stop was validated, or the first of what is missing taken up; `event` is the validation, if
    there is one, `actor` who made it. `items` are those of the missing that carry a label.
    """

    why: Why
    task: str
    row: str
    item_type: str
    place: str
    n: int
    before: int
    at_ms: int
    event: str = ""
    actor: str = ""
    items: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names it for as long as it is the same: what was validated by its validation, else by its stop."""
        return key_of(self.why, self.event if self.why in (Why.STOP, Why.RECEIPT) else self.task, self.row)


def key_of(why: Why, about: str, row: str) -> str:
    """Give what names a difference: `about` is its validation, or its stop."""
    return f"{why}/{about}/{row}"


def differences(connection: Connection, org: str, book: Book, *, zone: str, now_ms: int) -> list[Difference]:
    """Give every difference of stops and receipts, the oldest first, whatever somebody answered."""
    since_ms = now_ms - ASKED_DAYS * DAY_MS
    validated = {event.task: event for event in standing(connection, org, VALIDATED, since_ms=since_ms)}
    unloaded = {event.task: event for event in standing(connection, org, RECEPTION, since_ms=since_ms)}
    found = [each for event in (*validated.values(), *unloaded.values()) for each in _unexplained(event)]
    home_by = day_of(now_ms - ARRIVAL_DAYS * DAY_MS, zone)
    late = {task: event for task, event in validated.items() if day_of(event.teff, zone) < home_by}
    away = _on_their_way(connection, org, before=home_by, zone=zone)
    numbers = _by_numbers(connection, org, book, late, zone=zone, now_ms=now_ms)
    for task, item_type in sorted(away.keys() | numbers.keys()):
        if not _is_said(task, item_type, unloaded):
            found += _receipt(task, item_type, away.get((task, item_type), []), numbers, validated)
    return sorted(found, key=lambda each: (each.at_ms, each.key))


def _unexplained(event: Event) -> Iterator[Difference]:
    """Give the rows of a validation that differ without a reason; a stop that was not made said why as a whole.

    Where nothing was expected nothing differs.
    """
    if is_unplanned(event.task):
        return
    said, why = reasons_of(event), Why.RECEIPT if event.kind == RECEPTION else Why.STOP
    if why is Why.RECEIPT or ending_of(event) is Ending.DONE:
        for row in counts_of(event):
            if row.difference and row.name not in said:
                yield _difference(why, event, row)


def _is_said(task: str, item_type: str, unloaded: Mapping[str, Event]) -> bool:
    """Tell whether the validated reception of a round speaks of a difference of this type itself, explained or not."""
    named = stop_of_task(task)
    event = unloaded.get(named[0]) if named else None
    name = f"{RECEIVED}:{item_type}"
    return event is not None and any(row.name == name and row.difference for row in counts_of(event))


def _difference(why: Why, event: Event, row: Found) -> Difference:
    return Difference(
        why=why,
        task=event.task,
        row=row.name,
        item_type=row.item_type,
        place=event.place,
        n=row.total,
        before=row.expected,
        at_ms=event.teff,
        event=event.id,
        actor=event.actor,
    )


_Key = tuple[str, str]
"""The task of a stop, and a type."""


def _on_their_way(connection: Connection, org: str, *, before: str, zone: str) -> dict[_Key, list[Item]]:
    """Give the labelled items that a stop took up before a day and that nobody has seen since."""
    query = sa.select(ITEM.c.state).where(ITEM.c.org == org, ITEM.c.stage == str(Stage.INBOUND))
    found: defaultdict[_Key, list[Item]] = defaultdict(list)
    for item in (load(state) for (state,) in connection.execute(query)):
        if stop_of_task(item.collect_task) and day_of(item.custody_ms, zone) < before:
            found[item.collect_task, item.type].append(item)
    return dict(found)


class _Number(NamedTuple):
    """A row of a stop of which pieces were declared: how many more, or fewer, the depot took in than that."""

    row: Found
    beyond: int


def _by_numbers(
    connection: Connection, org: str, book: Book, late: Mapping[str, Event], *, zone: str, now_ms: int
) -> dict[_Key, _Number]:
    """Hold what stops declared against what came in for them; only rounds with a declared number are read.

    What a stop that no round plans declared comes in with no round: no receipt of it could name the stop.
    """
    keys = {
        named[0]
        for task, event in late.items()
        if any(row.declared and row.direction == _COLLECT for row in counts_of(event))
        and (named := stop_of_task(task)) is not None
    }
    rounds = [each for each in rounds_in(book, at_ms=now_ms) if each.key in keys] if keys else []
    return {
        (stop.task, row.item_type): _Number(row, beyond)
        for of in driven(connection, org, rounds, zone=zone, now_ms=now_ms)
        for stop in of.stops
        if stop.task in late
        for row in stop.found
        if row.declared and row.direction == _COLLECT and (beyond := stop.arrived(row) - row.declared)
    }


def _receipt(
    task: str, item_type: str, away: Sequence[Item], numbers: Mapping[_Key, _Number], validated: Mapping[str, Event]
) -> Iterator[Difference]:
    """Give what differs of a type that a stop took up: labelled items first, then what was only a number."""
    event, name = validated.get(task), f"{_COLLECT}:{item_type}"
    number = numbers.get((task, item_type))
    row = (
        number.row
        if number
        else next((each for each in counts_of(event) if each.name == name), None)
        if event
        else None
    )
    beyond = (number.beyond if number else 0) - len(away)
    taken = max(row.total if row else 0, len(away))
    if beyond:
        yield Difference(
            why=Why.OVER if beyond > 0 else Why.SHORT,
            task=task,
            row=name,
            item_type=item_type,
            place=event.place if event else away[0].place,
            n=taken + beyond,
            before=taken,
            at_ms=event.teff if event else min(item.custody_ms for item in away),
            event=event.id if event else "",
            actor=event.actor if event else "",
            items=tuple(sorted(item.id for item in away)),
        )
