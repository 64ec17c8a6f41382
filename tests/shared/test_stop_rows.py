"""What devices are told of stops: a row gives back its event, what was amended says by what, strangers are refused."""

from random import Random
from typing import Any

import pytest

from boucle.memory import MemoryStore
from boucle.stop_rows import StopEvent, is_of_stop, read_row, rows_of, touched
from tests.builders import Device, code

TASK = "T-1#a"


def told(store: MemoryStore, *wanted: str) -> dict[str, StopEvent]:
    return {key: read_row(key, row) for key, row in rows_of(wanted, store, office="d-serveur").items()}


def test_a_row_gives_back_what_was_done_and_on_which_side_of_the_desk() -> None:
    phone, office = Device(), Device(dev="d-serveur", epoch="00000000000000b2", random=Random(2))
    taken = phone.event("item.collected", code(1), task=TASK, place="mulhouse")
    films = phone.event("item.delivered", item_type="film", qty=20, task=TASK, body={"evidence": "declared", "x": "y"})
    counts = {"collect:bac": {"expected": 2, "scanned": 1, "declared": 0}}
    done = office.event("stop.validated", task=TASK, body={"ending": "done", "counts": counts, "note": "Quai 3"})
    other = phone.event("item.collected", code(2), task="no stop")
    store = MemoryStore()
    events = [taken, films, done, other]
    assert touched(events, store) == sorted(event.id for event in events[:3])
    store.accept(events)
    found = told(store, *(event.id for event in events))
    assert found.keys() == {taken.id, films.id, done.id}
    for event in events[:3]:
        each = found[event.id].event
        assert (each.order, each.kind, each.subject, each.qty, each.task) == (
            event.order,
            event.kind,
            event.subject,
            event.qty,
            event.task,
        )
    assert [found[event.id].office for event in events[:3]] == [False, False, True]
    assert dict(found[films.id].event.body) == {"evidence": "declared"}
    assert dict(found[done.id].event.body) == {"ending": "done", "counts": counts}  # a note stays where it was written


def test_what_was_corrected_and_voided_is_told_again_with_the_event_that_did_it() -> None:
    phone, store = Device(), MemoryStore()
    first = phone.event("item.delivered", item_type="film", qty=20, task=TASK)
    store.accept([first])
    second = phone.event("item.delivered", item_type="film", qty=18, task=TASK, corrects=first.id)
    assert touched([second], store) == sorted((first.id, second.id))
    store.accept([second])
    found = told(store, first.id, second.id)
    assert (found[first.id].gone, found[second.id].gone) == (second.order, None)
    assert found[second.id].event.teff == first.teff  # it takes the place of what it corrects
    void = phone.event("event.voided", item_type="film", body={"target": second.id})
    assert touched([void], store) == sorted((first.id, second.id))  # what it corrected stands again


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"task": TASK},
        {"task": "no stop", "kind": "item.collected", "order": [1, "d", "e", 1]},
        {"task": TASK, "kind": 7, "order": [1, "d", "e", 1]},
        {"task": TASK, "kind": "item.collected", "order": [1, "d", "e"]},
        {"task": TASK, "kind": "item.collected", "order": [1, 2, "e", 1]},
        {"task": TASK, "kind": "item.collected", "order": [1, "d", "e", 1], "body": []},
        {"task": TASK, "kind": "item.collected", "order": [1, "d", "e", 1], "gone": [1]},
    ],
)
def test_a_row_that_is_none_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises((TypeError, KeyError, ValueError)):
        read_row("k", row)


def test_only_what_belongs_to_a_stop_is_told() -> None:
    phone = Device()
    assert is_of_stop(phone.event("item.shipped", code(1), task=TASK))
    assert not is_of_stop(phone.event("item.received", code(1), task=TASK, against=TASK))
    assert not is_of_stop(phone.event("item.collected", code(1), task="T-1"))
