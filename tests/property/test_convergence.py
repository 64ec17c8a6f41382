"""Convergence: whatever the order, the batches and the doubles of arrival, the same events give the same tables."""

from collections.abc import Iterable, Mapping
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from boucle.amend import Edge
from boucle.binding import PROVISIONAL
from boucle.events import Event
from boucle.item import Item, Part, dump, load
from boucle.memory import MemoryStore
from boucle.reasons import Reason
from boucle.reference import Version
from boucle.replay import World, replay
from tests.builders import Device, code, network
from tests.campaign import examples
from tests.strategies import Move, batches_of, events_of, histories, workshops

ORDERS = 3


def _same(one: World, other: World) -> None:
    assert one.cells == other.cells
    assert one.items == other.items
    assert one.bindings == other.bindings
    assert one.tasks == other.tasks


def _converges(history: list[Move], seed: int) -> None:
    events = events_of(history)
    expected = replay(events)
    for order in range(ORDERS):
        store = MemoryStore()
        for batch in batches_of(events, Random(seed + order)):
            store.accept(batch)
        _same(store.world, expected)


@settings(
    max_examples=examples(ci=2_000, night=50_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(histories, st.integers(0, 2**32))
def test_any_order_of_arrival_gives_the_tables_of_the_replay(history: list[Move], seed: int) -> None:
    _converges(history, seed)


class Written(MemoryStore):
    """A store that keeps states as a database does: as text."""

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give states as they are read back."""
        return {key: load(dump(item)) for key, item in super().items(ids).items()}


@settings(
    max_examples=examples(ci=200, night=5_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(workshops, st.integers(0, 2**32))
def test_states_that_were_written_and_read_again_go_on_as_they_were(history: list[Move], seed: int) -> None:
    events = events_of(history)
    store = Written()
    for batch in batches_of(events, Random(seed)):
        store.accept(batch)
    _same(store.world, replay(events))


def test_a_code_that_is_commissioned_after_a_void_of_another_code_takes_the_task_over() -> None:
    phone = Device()
    scan = phone.event("item.commissioned", code(1), body={"type": "bac", "site": "strasbourg"})
    void = phone.event("event.voided", code(2), body={"target": scan.id})
    named = phone.event("item.commissioned", code(2), body={"type": "bac", "site": "strasbourg"})
    events = [*network(), scan, void, named]
    store = MemoryStore()
    for event in events:
        store.accept([event])
    assert list(replay(events).tasks) == [(named.id, void.id, Reason.VOID_MISMATCH)]
    _same(store.world, replay(events))


class ForgetsAmendments(MemoryStore):
    """A mutant that does not remember which event amends which."""

    def edges(self, ids: Iterable[str]) -> Iterable[Edge]:  # noqa: ARG002 - that is the fault
        """Give nothing."""
        return []


class OrdersByArrival(MemoryStore):
    """A mutant that takes every event as the item's newest."""

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give states that claim to have seen nothing yet."""
        return {key: item._replace(order=Item("").order) for key, item in super().items(ids).items()}


class ForgetsProvisional(MemoryStore):
    """A mutant that binds a code without taking over its earlier scans."""

    def events_of(self, subjects: Iterable[str]) -> Iterable[Event]:
        """Give nothing about a code that nobody claimed."""
        return super().events_of(self.bindings(subjects))

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give no provisional item."""
        return {key: item for key, item in super().items(ids).items() if not key.startswith(PROVISIONAL)}


class ForgetsSecondCodes(MemoryStore):
    """A mutant that re-folds a code without the other codes of its item."""

    def codes_of(self, items: Iterable[str]) -> Iterable[str]:  # noqa: ARG002 - that is the fault
        """Give nothing."""
        return []

    def codes_via(self, codes: Iterable[str]) -> Iterable[str]:  # noqa: ARG002 - that is the fault
        """Give nothing."""
        return []


class ForgetsReferences(MemoryStore):
    """A mutant that leaves histories as they are when a reference row is back-dated."""

    def subjects_of(self, version: Version) -> Iterable[str]:  # noqa: ARG002 - that is the fault
        """Give nothing."""
        return []


class ForgetsRepairs(MemoryStore):
    """A mutant that does not keep an item's repair from one batch to the next."""

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give states without their repair."""
        return {key: item._replace(job=()) for key, item in super().items(ids).items()}


class ForgetsReturns(MemoryStore):
    """A mutant that does not keep to which return a product belongs."""

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give states without their return."""
        return {key: item._replace(back=()) for key, item in super().items(ids).items()}


class ForgetsWhatParts(MemoryStore):
    """A mutant that books a purchase as avoided each time a part is met."""

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give states whose part saves again."""
        found = super().items(ids)
        return {
            key: item._replace(part=item.part._replace(credit=True)) if isinstance(item.part, Part) else item
            for key, item in found.items()
        }


MUTANTS = (ForgetsAmendments, OrdersByArrival, ForgetsProvisional, ForgetsSecondCodes, ForgetsReferences)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_projection_that_forgets_something_is_caught(mutant: type[MemoryStore]) -> None:
    def diverges(drawn: tuple[list[Move], int]) -> bool:
        history, seed = drawn
        events = events_of(history)
        store = mutant()
        for batch in batches_of(events, Random(seed)):
            store.accept(batch)
        expected = replay(events)
        return store.world.cells != expected.cells or store.world.tasks != expected.tasks

    find(
        st.tuples(histories, st.integers(0, 2**32)),
        diverges,
        settings=settings(max_examples=2_000, phases=[Phase.generate], suppress_health_check=list(HealthCheck)),
    )


@pytest.mark.parametrize("mutant", [ForgetsRepairs, ForgetsReturns, ForgetsWhatParts], ids=lambda it: it.__name__)
def test_a_state_that_is_not_kept_whole_is_caught(mutant: type[MemoryStore]) -> None:
    def diverges(history: list[Move]) -> bool:
        events = events_of(history)
        store = mutant()
        for event in sorted(events, key=lambda each: each.order):
            store.accept([event])
        expected = replay(events)
        return store.world.cells != expected.cells or store.world.tasks != expected.tasks

    find(
        workshops,
        diverges,
        settings=settings(max_examples=2_000, phases=[Phase.generate], suppress_health_check=list(HealthCheck)),
    )
