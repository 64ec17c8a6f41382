"""The projection: what a batch of new events changes in the read tables, without reading the whole history.

In-order events take one `step` on the stored state. A late, voided, corrected or re-bound one re-folds the items
it concerns, and only those: the closed part of the history is replayed without and with the new events, and the
difference is written. `replay` is the definition; this must equal it for every arrival order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from boucle import stock
from boucle.amend import Edge, edges_of, in_order
from boucle.binding import PROVISIONAL, Binding, is_claim, owner, via_of
from boucle.events import Event
from boucle.facts import Cells, Fact, add
from boucle.fold import born, step
from boucle.item import Item
from boucle.quantity import facts_of
from boucle.reference import Book, Version
from boucle.replay import TaskKey, World, belongs, replay


class Store(Protocol):
    """The accepted events before a batch, and the read tables as they follow from them: what the projection reads."""

    def book(self) -> Book:
        """Give the reference data."""
        ...

    def bindings(self, codes: Iterable[str]) -> Mapping[str, Binding]:
        """Give the bindings of those codes that have one."""
        ...

    def codes_of(self, items: Iterable[str]) -> Iterable[str]:
        """Give every code bound to any of the items."""
        ...

    def codes_via(self, codes: Iterable[str]) -> Iterable[str]:
        """Give every code bound through any of the codes."""
        ...

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give the states of those items that exist."""
        ...

    def events(self, ids: Iterable[str]) -> Iterable[Event]:
        """Give the events with those ids, where stored."""
        ...

    def events_of(self, subjects: Iterable[str]) -> Iterable[Event]:
        """Give every event about any of the subjects, amendments included."""
        ...

    def edges(self, ids: Iterable[str]) -> Iterable[Edge]:
        """Give every edge of which the target or the amender is among the ids."""
        ...

    def subjects_of(self, version: Version) -> Iterable[str]:
        """Give every subject whose history may read a reference row; more than needed is right, only slower."""
        ...


@dataclass(slots=True, kw_only=True)
class Changes:
    """What a batch changes. `cells` are deltas; the other maps hold the new rows, `gone` sets the removed keys."""

    cells: Cells = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    items_gone: set[str] = field(default_factory=set)
    bindings: dict[str, Binding] = field(default_factory=dict)
    bindings_gone: set[str] = field(default_factory=set)
    tasks: dict[TaskKey, int] = field(default_factory=dict)
    tasks_gone: set[TaskKey] = field(default_factory=set)
    edges: list[Edge] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    stocked: set[str] = field(default_factory=set)
    """The sites of ours where another number of pieces without labels stands."""
    refolded: int = 0
    """How many subjects were re-folded, for the record of what late events cost."""


def project(new: Sequence[Event], store: Store) -> Changes:
    """Give what `new` accepted events change; each is new to the store, and each id appears once."""
    changes = Changes()
    before = store.book()
    changes.versions = [Version.of(event) for event in new if event.kind == "reference.set"]
    changes.edges = [edge for event in new for edge in edges_of(event)]
    book = before.with_versions(changes.versions) if changes.versions else before
    fresh = in_order(event for event in new if event.kind != "reference.set")
    dirty = _amended(fresh, changes.edges, store)
    for version in changes.versions:
        dirty.update(store.subjects_of(version))
    bindings = dict(store.bindings({event.subject for event in fresh if event.code}))
    dirty.update(_rebound(fresh, bindings, store))
    histories: dict[str, list[Event]] = {}
    for event in fresh:
        if belongs(event):
            histories.setdefault(owner(event.subject, bindings), []).append(event)
    states = store.items(item_id for item_id in histories if not item_id.startswith("qty:"))
    for item_id, events in histories.items():
        if item_id in states and events[0].order < states[item_id].order:
            dirty.update(event.subject for event in events)
    closed: set[str] = set()
    if dirty:
        closed = _refold(fresh, dirty, store, before=before, after=book, changes=changes)
    for item_id, events in histories.items():
        if any(event.subject in closed for event in events):
            continue
        if item_id.startswith("qty:"):
            for event in events:
                add(changes.cells, facts_of(event, book))
        else:
            _advance(item_id, states.get(item_id), events, book=book, bindings=bindings, changes=changes)
    changes.stocked = stock.sites_in(changes.cells, book)
    return changes


def _amended(fresh: Sequence[Event], drawn: Sequence[Edge], store: Store) -> set[str]:
    """Give the subjects of new events that amend or are amended."""
    ids = {event.id: event.subject for event in fresh}
    known = store.edges(ids)
    touched = {end for edge in (*drawn, *known) for end in edge}
    return {subject for event_id, subject in ids.items() if event_id in touched and subject} | {
        event.subject for event in store.events(touched - ids.keys()) if event.subject
    }


def _rebound(fresh: Sequence[Event], bindings: dict[str, Binding], store: Store) -> set[str]:
    """Bind codes commissioned for the first time; give the subjects whose binding needs a second look."""
    claims: dict[str, list[Event]] = {}
    for event in fresh:
        if is_claim(event):
            claims.setdefault(event.subject, []).append(event)
    if not claims:
        return set()
    unclaimed = [code for code in claims if code not in bindings]
    known = {event.subject for event in store.events_of(unclaimed)}
    known |= {item_id.removeprefix(PROVISIONAL) for item_id in store.items(PROVISIONAL + code for code in unclaimed)}
    leaned_on = {via for via in (via_of(event) for events in claims.values() for event in events) if via}
    second_look: set[str] = set()
    for code, events in claims.items():
        simple = len(events) == 1 and events[0].kind == "item.commissioned" and code not in leaned_on
        if code in bindings or code in known or not simple:
            second_look.add(code)
        else:
            bindings[code] = Binding(events[0].id, events[0].id)
    return second_look


def _advance(
    item_id: str,
    state: Item | None,
    events: Sequence[Event],
    *,
    book: Book,
    bindings: Mapping[str, Binding],
    changes: Changes,
) -> None:
    item = state
    if item is None:
        birth = next((event for event in events if event.id == item_id), None)
        item = born(item_id, birth, book)
        if birth is not None:
            changes.bindings[birth.subject] = bindings[birth.subject]
    for event in events:
        item, facts, mark = step(item, event, book)
        add(changes.cells, facts)
        for reason in mark.tasks:
            changes.tasks[(item_id, mark.event, reason)] = mark.teff
    changes.items[item_id] = item


def _refold(
    fresh: Sequence[Event], dirty: set[str], store: Store, *, before: Book, after: Book, changes: Changes
) -> set[str]:
    """Replay the closed part of the history around `dirty`, without and with the new events; give its subjects."""
    old_events, new_events, subjects = _closure(fresh, dirty, store)
    changes.refolded = len(subjects)
    old = replay(old_events.values(), before)
    new = replay([*old_events.values(), *new_events.values()], after)
    _difference(old, new, changes)
    return subjects


def _closure(
    fresh: Sequence[Event], dirty: set[str], store: Store
) -> tuple[dict[str, Event], dict[str, Event], set[str]]:
    """Give the stored and the new events of the smallest closed part around the dirty subjects, and its subjects."""
    old: dict[str, Event] = {}
    new: dict[str, Event] = {}
    done: set[str] = set()
    drawn = [edge for event in fresh for edge in edges_of(event)]
    joined: set[str] = set()
    wanted = {subject for subject in dirty if subject}
    while wanted:
        done |= wanted
        bound = store.bindings(wanted)
        reached = set(store.codes_of({binding.item for binding in bound.values()}))
        reached |= set(store.codes_via(wanted))
        old |= {event.id: event for event in store.events_of(wanted)}
        new |= {event.id: event for event in fresh if event.subject in wanted}
        joined |= joined_ids((old.keys() | new.keys()) - joined, drawn, store)
        old |= {event.id: event for event in store.events(joined - old.keys() - new.keys())}
        new |= {event.id: event for event in fresh if event.id in joined}
        everything = [*old.values(), *new.values()]
        reached |= {via_of(event) for event in everything if is_claim(event)}
        reached |= {event.subject for event in everything}
        reached |= {event.subject for event in fresh if is_claim(event) and via_of(event) in done}
        wanted = {subject for subject in reached if subject} - done
    return old, new, done


def joined_ids(ids: set[str], drawn: Sequence[Edge], store: Store) -> set[str]:
    """Give all ids that amendments join to these, also over a target that has not come: its corrections compete."""
    joined, asked = set(ids), set[str]()
    while ask := joined - asked:
        asked |= ask
        near = [edge for edge in drawn if edge.target in ask or edge.amender in ask]
        joined |= {end for edge in (*near, *store.edges(ask)) for end in edge}
    return joined


def closed_history(subjects: Iterable[str], store: Store) -> list[Event]:
    """Give every stored event of the smallest closed part of the ledger that holds the subjects."""
    return list(_closure((), set(subjects), store)[0].values())


def _difference(old: World, new: World, changes: Changes) -> None:
    add(changes.cells, (Fact(at, n) for at, n in new.cells.items()))
    add(changes.cells, (Fact(at, n) for at, n in old.cells.items()), -1)
    changes.items |= {key: item for key, item in new.items.items() if old.items.get(key) != item}
    changes.items_gone |= old.items.keys() - new.items.keys()
    changes.bindings |= {key: value for key, value in new.bindings.items() if old.bindings.get(key) != value}
    changes.bindings_gone |= old.bindings.keys() - new.bindings.keys()
    changes.tasks |= {key: value for key, value in new.tasks.items() if old.tasks.get(key) != value}
    changes.tasks_gone |= old.tasks.keys() - new.tasks.keys()
