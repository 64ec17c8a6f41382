"""A store in memory: the read tables as plain maps, for tests, simulations and the phone's own mirror."""

from collections.abc import Iterable, Mapping

from boucle.amend import Edge
from boucle.binding import Binding
from boucle.events import Event
from boucle.facts import Fact, add
from boucle.item import Item
from boucle.projection import Changes, project
from boucle.reference import Book, Version
from boucle.replay import World, belongs


class MemoryStore:
    """Accepted events with what follows from them, kept by the same `project` as a database."""

    def __init__(self) -> None:
        self.all: dict[str, Event] = {}
        self.world = World()
        self._by_subject: dict[str, list[Event]] = {}
        self._edges: list[Edge] = []
        self._book = Book()
        self.refolded = 0

    def accept(self, events: Iterable[Event]) -> Changes:
        """Take a batch of accepted events; one seen before changes nothing."""
        new = list({event.id: event for event in events if event.id not in self.all}.values())
        changes = project(new, self)
        for event in new:
            self.all[event.id] = event
            self._by_subject.setdefault(event.subject, []).append(event)
        self._edges.extend(changes.edges)
        self._book = self._book.with_versions(changes.versions) if changes.versions else self._book
        self.refolded += changes.refolded
        world = self.world
        add(world.cells, (Fact(at, n) for at, n in changes.cells.items()))
        for item in changes.items_gone:
            world.items.pop(item, None)
        for code in changes.bindings_gone:
            world.bindings.pop(code, None)
        for task in changes.tasks_gone:
            world.tasks.pop(task, None)
        world.items |= changes.items
        world.bindings |= changes.bindings
        world.tasks |= changes.tasks
        return changes

    def book(self) -> Book:
        """Give the reference data."""
        return self._book

    def bindings(self, codes: Iterable[str]) -> Mapping[str, Binding]:
        """Give the bindings of those codes that have one."""
        return {code: self.world.bindings[code] for code in codes if code in self.world.bindings}

    def codes_of(self, items: Iterable[str]) -> Iterable[str]:
        """Give every code bound to any of the items."""
        wanted = set(items)
        return [code for code, binding in self.world.bindings.items() if binding.item in wanted]

    def codes_via(self, codes: Iterable[str]) -> Iterable[str]:
        """Give every code bound through any of the codes."""
        wanted = set(codes)
        return [code for code, binding in self.world.bindings.items() if binding.via in wanted]

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give the states of those items that exist."""
        return {key: self.world.items[key] for key in ids if key in self.world.items}

    def events(self, ids: Iterable[str]) -> Iterable[Event]:
        """Give the events with those ids, where stored."""
        return [self.all[key] for key in ids if key in self.all]

    def events_of(self, subjects: Iterable[str]) -> Iterable[Event]:
        """Give every event about any of the subjects, amendments included."""
        return [event for subject in subjects for event in self._by_subject.get(subject, ())]

    def edges(self, ids: Iterable[str]) -> Iterable[Edge]:
        """Give every edge of which the target or the amender is among the ids."""
        wanted = set(ids)
        return [edge for edge in self._edges if edge.target in wanted or edge.amender in wanted]

    def subjects_of(self, version: Version) -> Iterable[str]:  # noqa: ARG002 - every history may read any row
        """Give every subject: right for any row, at the cost of re-folding all."""
        return [event.subject for event in self.all.values() if belongs(event)]
