"""Amendments: what a void removes, what a correction replaces and where it then stands."""

from itertools import permutations
from typing import Any

import pytest

from boucle import amend
from boucle.amend import Dispute, Edge, edges_of, effective, in_order
from boucle.clock import EARLIEST_MS
from boucle.events import Event
from boucle.memory import MemoryStore
from boucle.reasons import Reason
from boucle.replay import replay
from tests.builders import DAY, START_MS, Device, code, network

CRATE = code(1)


def counted(device: Device, at: float, subject: str = CRATE, **keys: Any) -> Event:
    return device.event("item.counted", subject, at=at, place="strasbourg", **keys)


def voided(device: Device, at: float, target: str, subject: str = CRATE, **keys: Any) -> Event:
    return device.event("event.voided", subject, at=at, body={"target": target}, **keys)


def standing(*events: Event) -> list[Event]:
    return in_order(effective({event.id: event for event in events})[0])


def disputes(*events: Event) -> list[Dispute]:
    return effective({event.id: event for event in events})[1]


def test_what_nothing_amends_stands_as_it_is() -> None:
    phone = Device()
    events = [counted(phone, 1), counted(phone, 2)]
    assert standing(*events) == events
    assert [edges_of(event) for event in events] == [[], []]


def test_a_void_removes_its_target_and_does_not_stand_itself() -> None:
    phone = Device()
    kept, wrong = counted(phone, 1), counted(phone, 2)
    void = voided(phone, 3, wrong.id)
    assert standing(kept, wrong, void) == [kept]
    assert disputes(kept, wrong, void) == []
    assert edges_of(void) == [Edge(wrong.id, void.id)]


def test_a_void_before_its_target_waits_for_it() -> None:
    phone = Device()
    wrong = counted(phone, 2)
    void = voided(phone, 1, wrong.id)
    assert standing(void) == []
    assert standing(void, wrong) == []


def test_a_void_can_neither_be_voided_nor_corrected_away() -> None:
    phone = Device()
    wrong = counted(phone, 1)
    void = voided(phone, 2, wrong.id)
    assert standing(wrong, void, voided(phone, 3, void.id)) == []
    instead = counted(phone, 4, corrects=void.id)
    assert [event.id for event in standing(wrong, void, instead)] == [instead.id]


def test_a_void_that_also_corrects_is_only_a_void() -> None:
    phone = Device()
    first, wrong = counted(phone, 1), counted(phone, 2)
    void = voided(phone, 3, wrong.id, corrects=first.id)
    assert standing(first, wrong, void) == [first]
    after = counted(phone, 4, corrects=void.id)
    assert [event.id for event in standing(first, wrong, void, after)] == [first.id, after.id]


def test_a_void_that_names_another_subject_removes_nothing_and_opens_a_task() -> None:
    phone = Device()
    target = counted(phone, 1)
    void = voided(phone, 2, target.id, code(2))
    assert standing(target, void) == [target]
    assert disputes(target, void) == [Dispute(code(2), void.id, void.teff, Reason.VOID_MISMATCH)]


def test_a_correction_takes_the_whole_place_of_its_target() -> None:
    phone, other = Device(), Device(dev="d-deux", epoch="00000000000000a2")
    wrong, after = counted(phone, 1, tq=2), counted(phone, 2)
    right = other.event("item.counted", CRATE, at=9, place="metz", corrects=wrong.id)
    found = standing(wrong, after, right)
    assert [event.id for event in found] == [right.id, after.id]
    assert found[0].order == (*wrong.order[:4], right.id)
    assert (found[0].tq, found[0].place) == (2, "metz")
    assert edges_of(right) == [Edge(wrong.id, right.id)]


def test_a_correction_may_change_the_subject() -> None:
    phone = Device()
    wrong = counted(phone, 1)
    right = counted(phone, 2, code(2), corrects=wrong.id)
    assert [(event.subject, event.teff) for event in standing(wrong, right)] == [(code(2), wrong.teff)]


def test_a_correction_of_what_has_not_come_stands_at_its_own_time() -> None:
    phone = Device()
    wrong = counted(phone, 1)
    right = counted(phone, 2, corrects=wrong.id)
    assert standing(right) == [right]


@pytest.mark.parametrize(("stated", "believed"), [
    (START_MS, True),
    (EARLIEST_MS, True),
    (EARLIEST_MS - 1, False),
    (START_MS + 5 * DAY, True),
    (START_MS + 5 * DAY + 1, False),
    (2**53, False),
    (-1, False),
    (0, False),
    (True, False),
    ("hier", False),
])  # fmt: skip
def test_a_correction_may_state_a_time_from_the_first_possible_to_its_own(stated: Any, believed: bool) -> None:
    phone = Device()
    wrong = counted(phone, 3)
    right = counted(phone, 5, corrects=wrong.id, body={"at_ms": stated})
    [found] = standing(wrong, right)
    assert found.teff == (stated if believed else wrong.teff)
    [alone] = standing(right)
    assert alone.teff == (stated if believed else right.teff)


def test_a_stated_time_is_nothing_on_an_event_that_corrects_none() -> None:
    phone = Device()
    event = counted(phone, 3, body={"at_ms": START_MS})
    assert standing(event) == [event]


def test_of_two_corrections_of_one_event_the_last_counts_and_the_other_is_a_task() -> None:
    phone, other = Device(), Device(dev="d-deux", epoch="00000000000000a2")
    wrong = counted(phone, 1)
    one, two = counted(phone, 3, corrects=wrong.id), counted(other, 2, corrects=wrong.id)
    for order in permutations((wrong, one, two)):
        assert [event.id for event in standing(*order)] == [one.id]
        assert disputes(*order) == [Dispute(CRATE, two.id, two.teff, Reason.CORRECTION_SUPERSEDED)]


def test_a_correction_of_a_correction_replaces_it_without_a_task() -> None:
    phone = Device()
    wrong = counted(phone, 1)
    better = counted(phone, 2, corrects=wrong.id)
    best = counted(phone, 3, corrects=better.id)
    assert disputes(wrong, better, best) == []
    [found] = standing(best, better, wrong)
    assert (found.id, found.teff) == (best.id, wrong.teff)


def test_a_voided_correction_gives_its_place_back() -> None:
    phone = Device()
    wrong = counted(phone, 1)
    one, two = counted(phone, 2, corrects=wrong.id), counted(phone, 3, corrects=wrong.id)
    undo = voided(phone, 4, two.id)
    assert [event.id for event in standing(wrong, one, two, undo)] == [one.id]
    assert disputes(wrong, one, two, undo) == []
    assert standing(wrong, one, two, undo, voided(phone, 5, one.id)) == [wrong]


def test_a_void_of_a_corrected_event_leaves_the_correction() -> None:
    phone = Device()
    wrong = counted(phone, 1)
    right = counted(phone, 2, corrects=wrong.id)
    found = standing(wrong, right, voided(phone, 3, wrong.id))
    assert [(event.id, event.teff) for event in found] == [(right.id, wrong.teff)]


def photo(letter: str) -> dict[str, Any]:
    return {"sha256": letter * 64, "size": 7, "type": "image/jpeg"}


def test_a_photo_that_another_device_added_says_a_voided_event_no_second_time_whatever_comes_first() -> None:
    phone, office = Device(), Device(dev="d-bureau", epoch="00000000000000b2")
    wrong = phone.event("item.received", CRATE, at=1, place="strasbourg")
    shown = phone.event("item.received", CRATE, at=2, place="strasbourg", corrects=wrong.id, photos=[photo("a")])
    more = phone.event(
        "item.received", CRATE, at=3, place="strasbourg", corrects=shown.id, photos=[photo("a"), photo("b")]
    )
    undo = voided(office, 2, wrong.id)
    rows = network()
    for order in permutations((wrong, shown, more, undo)):
        assert standing(*order) == []
        assert voided_ids(*order) == {wrong.id, shown.id, more.id}
        store = MemoryStore()
        for event in [*rows, *order]:
            store.accept([event])
        assert (store.world.items, store.world.cells) == (replay(rows).items, replay(rows).cells)


@pytest.mark.parametrize("keys", [{"place": "metz"}, {"photos": []}, {"body": {"note": "cassé"}}])
def test_a_correction_that_says_more_than_a_photo_outlives_what_it_corrects(keys: dict[str, Any]) -> None:
    phone = Device()
    wrong = phone.event("item.counted", CRATE, at=1, place="strasbourg")
    said = {"place": "strasbourg", "photos": [photo("a")], **keys}
    right = phone.event("item.counted", CRATE, at=2, corrects=wrong.id, **said)
    assert [event.id for event in standing(wrong, right, voided(phone, 3, wrong.id))] == [right.id]


def test_what_is_said_again_with_the_same_photos_is_no_photo_that_was_added() -> None:
    phone = Device()
    wrong = phone.event("item.counted", CRATE, at=1, place="strasbourg", photos=[photo("a")])
    right = phone.event("item.counted", CRATE, at=2, place="strasbourg", corrects=wrong.id, photos=[photo("a")])
    assert [event.id for event in standing(wrong, right, voided(phone, 3, wrong.id))] == [right.id]


def test_a_photo_added_to_what_nobody_voided_or_whose_void_is_of_another_thing_stands() -> None:
    phone = Device()
    first = phone.event("item.counted", CRATE, at=1, place="strasbourg")
    shown = phone.event("item.counted", CRATE, at=2, place="strasbourg", corrects=first.id, photos=[photo("a")])
    assert [event.id for event in standing(first, shown)] == [shown.id]
    assert [event.id for event in standing(first, shown, voided(phone, 3, first.id, code(2)))] == [shown.id]
    assert standing(first, shown, voided(phone, 3, shown.id)) == [first]


def voided_ids(*events: Event) -> set[str]:
    return amend.voided({event.id: event for event in events})


def ring(size: int) -> list[Event]:
    """Give events of which each corrects the next and the last the first, which only a forger makes."""
    phone = Device()
    ids = [f"019b8c3e-5f00-7000-8000-00000000000{number}" for number in range(size)]
    return [counted(phone, number, id=ids[number], corrects=ids[(number + 1) % size]) for number in range(size)]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_of_corrections_in_a_circle_one_stands(size: int) -> None:
    events = ring(size)
    for order in permutations(events):
        [found] = standing(*order)
        assert found.id == events[-1].id
        assert found.teff == events[0].teff  # the place of the smallest id in the circle


def test_a_correction_of_a_circle_belongs_to_it_whatever_its_id() -> None:
    phone = Device(dev="d-zwei")
    events = ring(2)
    for tail_id in ("019b8c3e-5f00-7000-8000-000000000fff", "019b8c3e-5eff-7000-8000-000000000000"):
        tail = counted(phone, 9, id=tail_id, corrects=events[1].id)
        [found] = standing(*events, tail)
        assert (found.id, found.teff) == (tail_id, events[0].teff)


def test_reference_data_is_neither_voided_nor_corrected_and_corrects_nothing() -> None:
    server, phone = Device(dev="d-serveur", epoch="00000000000000f0"), Device()
    rows = network(server)
    scan = counted(phone, 1)
    row = server.event(
        "reference.set", at=2, corrects=scan.id, body={"table": "site", "key": "x", "valid_from": 0, "row": {}}
    )
    void, right = voided(phone, 3, rows[0].id, subject=""), counted(phone, 4, corrects=rows[0].id)
    assert edges_of(row) == []
    assert standing(*rows, row, scan, void, right) == [scan, right]
    whole = replay([*rows, row, scan, void, right])
    for order in ([row, right, void, scan, *rows], [*rows, right, void, scan, row]):
        store = MemoryStore()
        for event in order:
            store.accept([event])
        assert (store.world.items, store.world.cells) == (whole.items, whole.cells)


def test_an_event_about_nothing_corrects_nothing() -> None:
    phone = Device()
    scan = counted(phone, 1)
    note = phone.event("scan.noted", at=2, corrects=scan.id, body={"text": "essai"})
    assert edges_of(note) == []
    assert standing(scan, note) == [scan, note]


def test_two_corrections_of_what_never_comes_compete_whatever_the_order_of_arrival() -> None:
    phone, other = Device(), Device(dev="d-deux", epoch="00000000000000a2")
    missing = counted(phone, 1)
    one, two = counted(phone, 2, code(2), corrects=missing.id), counted(other, 3, code(3), corrects=missing.id)
    whole = replay([one, two])
    assert [reason for _, _, reason in whole.tasks].count(Reason.CORRECTION_SUPERSEDED) == 1
    for order in permutations((one, two)):
        store = MemoryStore()
        for event in order:
            store.accept([event])
        assert (store.world.tasks, store.world.cells, store.world.items) == (whole.tasks, whole.cells, whole.items)


def test_a_void_of_a_void_opens_no_task_whatever_it_names() -> None:
    phone = Device()
    wrong = counted(phone, 1)
    void = voided(phone, 2, wrong.id)
    assert disputes(wrong, void, voided(phone, 3, void.id, code(2))) == []
