"""The replay: a whole history from nothing, in the slow and obvious way that every other way must equal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from boucle.amend import effective, in_order, reviewed
from boucle.binding import Binding, first_claims, lost_claims, owner, resolve
from boucle.confirming import settle
from boucle.events import KINDS, Event, Family
from boucle.facts import Cells, Fact, add
from boucle.fold import Mark, Step, born, run, step
from boucle.item import Item
from boucle.quantity import facts_of
from boucle.reasons import TASKS
from boucle.reference import Book, Version

FOLDED = frozenset({Family.PHYSICAL, Family.DECISION, Family.LABEL, Family.RETURN, Family.WORK, Family.MONEY})
"""Families that make up an item's history."""

TaskKey = tuple[str, str, str]
"""`(item, event, reason)`."""


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that follows from a set of events."""

    items: dict[str, Item] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)
    cells: Cells = field(default_factory=dict)
    marks: dict[str, list[Mark]] = field(default_factory=dict)
    tasks: dict[TaskKey, int] = field(default_factory=dict)
    """Open tasks with the effective time (ms) of their event; those that a review closed are none."""


def book_of(events: Iterable[Event]) -> Book:
    """Give the reference data that `reference.set` events state."""
    return Book(Version.of(event) for event in events if event.kind == "reference.set")


def belongs(event: Event) -> bool:
    """Tell whether an event is part of some item's history."""
    return bool(event.subject) and event.major == 1 and event.kind in KINDS and KINDS[event.kind].family in FOLDED


def replay(events: Iterable[Event], book: Book | None = None) -> World:
    """Replay accepted events, in any order of arrival, each once.

    `book` replaces the reference data of the events themselves, for a part of a history. Any part is right on its
    own when it is closed: with a code all codes of its item, with an event all that amends it.
    """
    known = {event.id: event for event in events}
    reference = book if book is not None else book_of(known.values())
    standing, disputes = effective(known)
    world = World(bindings=resolve(first_claims(standing)))
    by_id = {event.id: event for event in standing}
    lost = lost_claims(standing, world.bindings)
    histories = _histories(standing, world.bindings)
    settled = settle(standing, known, reference)
    for item_id, history in histories.items():
        if item_id.startswith("qty:"):
            for event in history:
                add(world.cells, facts_of(event, reference, settled))
                reason = settled.late.get(event.id)
                if reason in TASKS:
                    world.tasks[(item_id, event.id, reason)] = event.teff
            continue
        start = born(item_id, by_id.get(item_id), reference)
        item, facts, marks = run(start, in_order(history), reference, lost_claims=lost)
        world.items[item_id] = item
        world.marks[item_id] = marks
        add(world.cells, facts)
        for mark in marks:
            for reason in mark.tasks:
                world.tasks[(item_id, mark.event, reason)] = mark.teff
    for dispute in disputes:
        world.tasks[(owner(dispute.subject, world.bindings), dispute.event, dispute.reason)] = dispute.teff
    closed = reviewed(standing, known)
    world.tasks = {key: teff for key, teff in world.tasks.items() if key[1:] not in closed}
    return world


def _histories(standing: Iterable[Event], bindings: dict[str, Binding]) -> dict[str, list[Event]]:
    histories: dict[str, list[Event]] = {}
    for event in standing:
        if belongs(event):
            histories.setdefault(owner(event.subject, bindings), []).append(event)
    return histories


def walk(events: Iterable[Event], book: Book) -> Iterator[tuple[Item, Event, Step]]:
    """Give every step of every item's history with the item before it; `events` closed as in `replay`.

    What has no serial number has no history, and is left out.
    """
    known = {event.id: event for event in events}
    standing, _ = effective(known)
    bindings = resolve(first_claims(standing))
    by_id = {event.id: event for event in standing}
    lost = lost_claims(standing, bindings)
    for item_id, history in _histories(standing, bindings).items():
        if item_id.startswith("qty:"):
            continue
        item = born(item_id, by_id.get(item_id), book)
        for event in in_order(history):
            stepped = step(item, event, book, lost_claim=event.id in lost)
            yield item, event, stepped
            item = stepped.item


def facts_by_event(events: Iterable[Event], book: Book) -> list[tuple[Event, Fact]]:
    """Give each fact with the event that made it, for the events behind a figure; `events` closed as in `replay`."""
    known = {event.id: event for event in events}
    pairs = [(event, fact) for _, event, stepped in walk(known.values(), book) for fact in stepped.facts]
    standing, _ = effective(known)
    settled = settle(standing, known, book)
    for event in standing:
        if belongs(event) and event.subject.startswith("qty:"):
            pairs.extend((event, fact) for fact in facts_of(event, book, settled))
    return pairs
