"""Receiving a round: what it brings by its stops, what was unloaded, and the reasons that are kept."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from boucle.events import Event
from boucle.item import Item
from boucle.lifecycle import Stage
from boucle.receiving import VALIDATED, answers, differing, expected_of, known_at, unloaded, validation
from boucle.reference import Book, Version
from boucle.rounds import Found, Gap, Round, Stop, counts_of, reasons_of
from tests.builders import START_MS, Device
from tests.shared.test_reference import row

A = Stop(id="a", place="mulhouse", collect={"bac": 20, "film": 3})
B = Stop(id="b", place="colmar", collect={"film": 4})
OF = Round(key="R-1", day=date(2026, 3, 2), stops=(A, B))
BOOK = Book(
    [
        Version.of(row(Device(), "item_type", "bac", 0, serialised=True)),
        Version.of(row(Device(), "item_type", "film", 0, serialised=False)),
    ]
)


def inbound(n: int, stop: str = "a", stage: Stage = Stage.INBOUND) -> Item:
    return Item(id=f"i{n}", type="bac", stage=stage, collect_task=f"R-1#{stop}")


def receipt(phone: Device, code: str, at: int, *, against: str = "R-1#a", task: str = "R-1") -> Event:
    return phone.event("item.received", code, at=at, task=task, against=against)


def bac(came: Event) -> Item:
    """Give a crate that this receipt brought home."""
    return Item(id=came.subject, type="bac", stage=Stage.RECEIVED, came_by=came.id, came_ms=came.teff)


def expected(known: dict[str, Counter[str]], signed: dict[str, list[Found]] | None = None) -> dict[str, int]:
    return expected_of(OF, known, signed or {}, BOOK, START_MS)


def test_a_round_brings_the_labels_on_their_way_and_the_pieces_that_were_planned() -> None:
    known = known_at(OF, [inbound(1), inbound(2, "b")], [], {})
    assert expected(known) == {"bac": 2, "film": 7}


def test_what_was_received_was_expected_before_it_came() -> None:
    phone = Device()
    came = [receipt(phone, "C/1", 1), receipt(phone, "C/1", 2), receipt(phone, "C/9", 3, against="")]
    types = {"C/1": "bac", "C/9": "bac"} | {event.subject: "bac" for event in came}
    known = known_at(OF, [inbound(2), inbound(3, stage=Stage.RECEIVED)], came, types)
    assert expected(known)["bac"] == 2
    items = {event.subject: bac(event) for event in came}
    assert unloaded(OF, {"bac": 2}, known, came[:2], items) == [Found("receive", "bac", 2, 1, 0)]


def test_a_piece_that_the_round_did_not_bring_takes_the_place_of_no_other() -> None:
    phone = Device()
    came = [receipt(phone, "C/1", 1), receipt(phone, "C/8", 2, against=""), receipt(phone, "C/9", 3, against="R-2#a")]
    items = {event.subject: bac(event) for event in came}
    known = known_at(OF, [inbound(2)], came, dict.fromkeys(items, "bac"))
    found = unloaded(OF, expected(known), known, came, items)
    assert [row for row in found if row.item_type == "bac"] == [
        Found("receive", "bac", 2, 1, 0),
        Found("beside", "bac", 0, 2, 0),
    ]
    assert [row.name for row in differing(found)] == ["receive:film", "receive:bac", "beside:bac"]


def test_where_a_stop_counted_without_reading_labels_a_label_that_nobody_read_there_is_one_of_them() -> None:
    phone = Device()
    signed = {"R-1#a": [Found("collect", "bac", 20, 1, 1)]}
    came = [receipt(phone, f"C/{n}", n, against="R-1#a" if n == 1 else "") for n in (1, 8, 9)]
    items = {event.subject: bac(event) for event in came}
    known = known_at(OF, [], came, dict.fromkeys(items, "bac"))
    found = unloaded(OF, {"bac": expected(known, signed)["bac"]}, known, came, items)
    assert found == [Found("receive", "bac", 2, 2, 0), Found("beside", "bac", 0, 1, 0)]


def test_what_stood_in_stock_was_not_received_and_what_came_home_again_later_was() -> None:
    phone = Device()
    before, came, later = (receipt(phone, "C/8", at, against="") for at in (1, 2, 3))
    stood, again = bac(before), bac(later)
    assert unloaded(OF, {}, {}, [came], {came.subject: stood}) == []
    assert unloaded(OF, {}, {}, [came], {came.subject: bac(came)}) == [Found("beside", "bac", 0, 1, 0)]
    assert unloaded(OF, {}, {}, [came], {came.subject: again}) == [Found("beside", "bac", 0, 1, 0)]


def test_the_clock_of_a_phone_does_not_say_what_stood_in_stock() -> None:
    """The ids of a device are as wrong as its clock; its effective times are not."""
    phone = Device()
    before, came, later = (receipt(phone, "C/8", at, against="") for at in (1, 2, 3))
    ahead, behind = (replace(came, id=f"{first}{came.id[8:]}") for first in ("ffffffff", "00000000"))
    for event in (ahead, behind):
        assert unloaded(OF, {}, {}, [event], {event.subject: bac(before)}) == []
        assert unloaded(OF, {}, {}, [event], {event.subject: bac(event)}) == [Found("beside", "bac", 0, 1, 0)]
        assert unloaded(OF, {}, {}, [event], {event.subject: bac(later)}) == [Found("beside", "bac", 0, 1, 0)]


def test_a_receipt_that_has_no_effective_time_yet_is_known_again_by_its_id() -> None:
    came = receipt(Device(), "C/8", 2, against="")
    folded = bac(came)._replace(came_ms=came.teff - 60_000)
    assert unloaded(OF, {}, {}, [came], {came.subject: folded}) == [Found("beside", "bac", 0, 1, 0)]


def test_a_product_that_comes_back_is_no_container_that_stood_here() -> None:
    came = receipt(Device(), "C/8", 2, against="")
    product = Item(id="p", type="phone", nature="product")
    assert unloaded(OF, {}, {}, [came], {came.subject: product}) == [Found("beside", "phone", 0, 1, 0)]


def test_what_was_signed_at_a_stop_is_what_it_brings() -> None:
    signed = {"R-1#a": [Found("collect", "film", 3, 0, 1), Found("deliver", "bac", 9, 9, 0)]}
    assert expected({}, signed) == {"film": 1 + 4}


def test_pieces_that_were_only_declared_at_a_stop_are_expected_beside_the_scanned_ones() -> None:
    signed = {"R-1#a": [Found("collect", "bac", 20, 3, 2)]}
    assert expected(known_at(OF, [inbound(n) for n in range(3)], [], {}), signed)["bac"] == 5


def test_a_label_that_was_added_after_the_signature_is_expected_too() -> None:
    signed = {"R-1#a": [Found("collect", "bac", 20, 1, 0)]}
    assert expected(known_at(OF, [inbound(n) for n in range(3)], [], {}), signed)["bac"] == 3


def test_a_stop_that_is_planned_no_more_still_brings_what_was_taken_there() -> None:
    known = known_at(OF, [inbound(1, "gone")], [], {})
    assert expected(known, {"R-1#left": [Found("collect", "film", 0, 0, 5)]}) == {"bac": 1, "film": 3 + 4 + 5}


def test_the_items_of_another_round_are_not_expected() -> None:
    other = Item(id="x", type="bac", stage=Stage.INBOUND, collect_task="R-2#a")
    assert known_at(OF, [other, Item(id="y", stage=Stage.INBOUND, collect_task="t-1")], [], {}) == {}


@pytest.mark.parametrize(
    ("kind", "task", "against", "yes"),
    [
        ("item.received", "R-1", "", True),
        ("item.received", "t-1", "R-1#b", True),
        ("item.received", "t-1", "R-2#b", False),
        ("item.received", "t-1", "", False),
        ("item.collected", "R-1", "", False),
    ],
)
def test_a_receipt_answers_a_round_by_its_task_or_by_a_stop(kind: str, task: str, against: str, yes: bool) -> None:
    assert answers(Device().event(kind, "C/1", at=1, task=task, against=against), OF) is yes


def test_declared_pieces_are_compared_with_those_expected() -> None:
    phone = Device()
    came = phone.event("item.received", "", at=1, item_type="film", qty=5, task="R-1")
    left = phone.event("item.collected", "", at=2, item_type="film", qty=9, task="R-1#a")
    found = unloaded(OF, {"film": 7, "bac": 1}, {}, [came, left], {})
    assert found == [Found("receive", "film", 7, 0, 5), Found("receive", "bac", 1, 0, 0)]
    assert [each.difference for each in differing(found)] == [-2, -1]


def test_a_validation_keeps_the_reasons_that_can_explain() -> None:
    found = [Found("receive", "film", 7, 0, 5), Found("receive", "bac", 1, 3, 0), Found("receive", "roll", 2, 2, 0)]
    reasons = {"receive:film": Gap.ON_BOARD, "receive:bac": Gap.ON_BOARD, "receive:roll": Gap.OTHER}
    body = validation(found, version=2, reasons=reasons, note="quai 3")
    event = Device().event(VALIDATED, at=1, body=body, task="R-1", place="strasbourg")
    assert sorted(counts_of(event)) == sorted(found)
    assert reasons_of(event) == {"receive:film": Gap.ON_BOARD}
    assert (event.number("version"), event.text("note")) == (2, "quai 3")
