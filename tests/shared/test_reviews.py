"""Reviews: a contradiction that somebody found right is closed, whatever came first, and no figure moves."""

from itertools import permutations

import pytest

from boucle.events import Event
from boucle.memory import MemoryStore
from boucle.reasons import Reason
from boucle.replay import World, replay
from tests.builders import Device, code, network

CRATE = code(1)
OTHER = code(2)


def retired_and_scanned() -> list[Event]:
    """Give a crate that is retired and seen again after it, which is one contradiction."""
    phone = Device()
    return [
        phone.event("item.commissioned", CRATE, at=0, place="strasbourg", body={"type": "bac"}),
        phone.event("item.retired", CRATE, at=1, place="strasbourg"),
        phone.event("item.collected", CRATE, at=2, place="mulhouse"),
    ]


def review(target: Event, reason: Reason = Reason.RETIRED_SCAN, *, subject: str = CRATE, at: float = 3) -> Event:
    body = {"target": target.id, "contradiction": str(reason), "reason": "revu au dépôt"}
    return Device(dev="d-deux", epoch="00000000000000a2").event("event.reviewed", subject, at=at, body=body)


def void(target: Event, *, at: float = 4) -> Event:
    phone = Device(dev="d-trois", epoch="00000000000000a3")
    return phone.event("event.voided", target.code, at=at, body={"target": target.id})


def reasons(world: World) -> list[str]:
    return [reason for _, _, reason in world.tasks]


def test_a_review_closes_its_contradiction_and_moves_no_figure() -> None:
    events = [*network(), *retired_and_scanned()]
    before, after = replay(events), replay([*events, review(events[-1])])
    assert reasons(before) == [Reason.RETIRED_SCAN]
    assert reasons(after) == []
    assert (after.cells, after.items, after.marks) == (before.cells, before.items, before.marks)


@pytest.mark.parametrize(
    "wrong", [{"reason": Reason.REROUTED}, {"subject": OTHER}], ids=["another reason", "another subject"]
)
def test_a_review_of_something_else_closes_nothing(wrong: dict[str, str]) -> None:
    events = [*network(), *retired_and_scanned()]
    assert reasons(replay([*events, review(events[-1], **wrong)])) == [Reason.RETIRED_SCAN]  # type: ignore[arg-type]


def test_a_review_that_is_voided_opens_the_contradiction_again() -> None:
    events = [*network(), *retired_and_scanned()]
    seen = review(events[-1])
    assert reasons(replay([*events, seen, void(seen)])) == [Reason.RETIRED_SCAN]


def test_a_later_contradiction_of_the_same_item_still_opens() -> None:
    events = [*network(), *retired_and_scanned()]
    again = Device(dev="d-quatre", epoch="00000000000000a4").event("item.collected", CRATE, at=5, place="nancy")
    world = replay([*events, review(events[-1]), again])
    assert [event for _, event, _ in world.tasks] == [again.id]


@pytest.mark.parametrize("undone", [False, True])
def test_target_review_and_its_void_come_in_any_order(*, undone: bool) -> None:
    start, retired, scan = retired_and_scanned()
    seen = review(scan)
    late = [retired, scan, seen, *([void(seen)] if undone else [])]
    expected = replay([*network(), start, *late])
    assert reasons(expected) == ([Reason.RETIRED_SCAN] if undone else [])
    for order in permutations(late):
        store = MemoryStore()
        store.accept([*network(), start])
        for event in order:
            store.accept([event])
        assert (store.world.tasks, store.world.cells) == (expected.tasks, expected.cells), order
