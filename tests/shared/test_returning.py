"""Returned products: announced or not, by number or by quantity, and the state of the whole made of its lines."""

from random import Random
from typing import Any

import pytest

from boucle.binding import owner
from boucle.catalogue import answers
from boucle.clock import parse_instant
from boucle.events import Event
from boucle.item import Back, Item
from boucle.kpi import Question
from boucle.lifecycle import Disposition
from boucle.reasons import TASKS, Outcome, Reason
from boucle.replay import replay
from boucle.return_counts import gather
from boucle.rma import ReturnLine, ReturnState, lines_of, state_of
from boucle.tally import Tally
from boucle.wire import subject_of
from tests.builders import Device, code, network

PUMP = {"name": "Pompe", "material": "acier", "tare_g": 3_500, "nature": "product", "price_cents": 8_600}
BOOK = {"name": "Livre", "material": "papier", "tare_g": 400, "nature": "product", "serialised": False}
RMA = "R-26-0042"
BY_NUMBER: dict[str, Any] = {"item_type": "pompe"}


class Desk:
    """A desk of returns: its device, and what was recorded there."""

    def __init__(self) -> None:
        self.phone = Device()
        server = Device(dev="d-serveur", epoch="00000000000000f7", random=Random(7))
        rows = (("pompe", PUMP), ("livre", BOOK))
        self.events = [
            *network(),
            *(
                server.event("reference.set", body={"table": "item_type", "key": key, "valid_from": 0, "row": row})
                for key, row in rows
            ),
        ]

    def __call__(self, kind: str, number: int, place: str, /, *, at: float | None = None, **keys: Any) -> Event:
        event = self.phone.event(kind, code(number) if number >= 0 else "", at=at, place=place, **keys)
        self.events.append(event)
        return event

    def sold(self, *numbers: int, to: str = "mulhouse") -> "Desk":
        for number in numbers:
            self("item.commissioned", number, "strasbourg", at=0, body={"type": "pompe"})
            self("item.shipped", number, "strasbourg", at=1, body={"to": to})
        return self

    def item(self, number: int) -> Item:
        world = replay(self.events)
        return world.items[owner(subject_of(code(number), "", ""), world.bindings)]

    def back(self, number: int) -> Back:
        found = self.item(number).back
        assert isinstance(found, Back)
        return found

    def mark(self, event: Event) -> tuple[Outcome, tuple[Reason, ...]]:
        marks = [mark for each in replay(self.events).marks.values() for mark in each if mark.event == event.id]
        return marks[0].outcome, marks[0].reasons

    def lines(self, rma: str = RMA) -> list[ReturnLine]:
        return lines_of(replay(self.events).cells, rma)

    def state(self, rma: str = RMA) -> ReturnState:
        return state_of(self.lines(rma))


def test_a_return_of_five_is_received_in_parts_and_refused_for_one() -> None:
    desk = Desk().sold(1, 2, 3, 4, 5)
    desk("return.announced", -1, "mulhouse", task=RMA, qty=5, **BY_NUMBER)
    assert (desk.state(), desk.lines()[0].remaining) == (ReturnState.OPEN, 5)
    for number in (1, 2):
        desk("item.received", number, "strasbourg", against=RMA)
    assert (desk.state(), desk.lines()[0].remaining) == (ReturnState.PARTLY_RECEIVED, 3)
    for number in (3, 4):
        desk("item.received", number, "metz", against=RMA, at=20)
    assert (desk.state(), desk.lines()[0].remaining) == (ReturnState.PARTLY_RECEIVED, 1)
    desk("return.refused", -1, "strasbourg", task=RMA, qty=1, **BY_NUMBER)
    assert (desk.state(), desk.lines()[0].remaining) == (ReturnState.RECEIVED, 0)
    desk("item.graded", 1, "strasbourg", body={"grade": "A"})
    assert desk.state() is ReturnState.PROCESSING
    for number in (1, 2, 3, 4):
        desk("item.graded", number, "strasbourg", body={"grade": "A"})
        desk("item.disposition_decided", number, "strasbourg", body={"disposition": "restock"})
        desk("item.moved", number, "strasbourg", body={"zone": "A-12"})
    assert desk.state() is ReturnState.CLOSED
    assert desk.lines() == [ReturnLine("pompe", requested=5, refused=1, received=4, graded=4, disposed_to=4, closed=4)]
    desk("item.received", 5, "strasbourg", against=RMA)
    assert desk.lines()[0].excess == 1
    assert desk.state() is ReturnState.PROCESSING


def test_a_return_of_things_without_numbers_goes_the_same_way() -> None:
    desk = Desk()
    about: dict[str, Any] = {"item_type": "livre", "qty": 12}
    desk("return.announced", -1, "mulhouse", task=RMA, **about)
    desk("item.received", -1, "strasbourg", against=RMA, item_type="livre", qty=7, body={"from": "mulhouse"})
    assert (desk.state(), desk.lines()[0].remaining) == (ReturnState.PARTLY_RECEIVED, 5)
    desk("return.cancelled", -1, "mulhouse", task=RMA, item_type="livre", qty=5)
    assert desk.state() is ReturnState.RECEIVED
    desk("item.graded", -1, "strasbourg", against=RMA, item_type="livre", qty=7, body={"grade": "B"})
    decided = {"disposition": "supplier"}
    desk("item.disposition_decided", -1, "strasbourg", against=RMA, item_type="livre", qty=7, body=decided)
    assert desk.state() is ReturnState.PROCESSING
    desk("item.shipped", -1, "strasbourg", against=RMA, item_type="livre", qty=7, body={"to": "nancy"})
    assert desk.state() is ReturnState.CLOSED
    cells = replay(desk.events).cells
    assert {at.bucket: n for at, n in cells.items() if at.measure == "disposed_g"} == {"supplier": 2_800}
    assert not [at for at in cells if at.measure in ("transit", "held", "qty_dispatch")]


def test_what_one_type_has_too_many_of_does_not_make_up_for_another() -> None:
    short, long = ReturnLine("a", requested=3, received=1), ReturnLine("b", requested=2, received=4)
    assert state_of([short, long]) is ReturnState.PARTLY_RECEIVED
    assert state_of([long]) is ReturnState.RECEIVED
    assert state_of([ReturnLine("a", requested=3, refused=2, cancelled=1)]) is ReturnState.CANCELLED
    assert state_of([]) is ReturnState.CANCELLED


def test_a_product_that_nobody_announced_is_received_and_its_last_sending_says_from_whom() -> None:
    desk = Desk().sold(1)
    event = desk("item.received", 1, "strasbourg", at=30, task="quai-7")
    assert desk.mark(event)[0] is Outcome.APPLIED
    assert not TASKS & set(desk.mark(event)[1])
    back = desk.back(1)
    assert (back.blind, back.origin, back.partner, back.rma) == (True, "rhin", "rhin", "quai-7")
    assert desk.item(1).return_stage == "received"
    assert desk.state("quai-7") is ReturnState.RECEIVED


def test_another_partner_than_the_one_it_was_sent_to_is_accepted_and_looked_at() -> None:
    desk = Desk().sold(1)
    event = desk("item.received", 1, "strasbourg", at=30, body={"from": "nancy"})
    outcome, reasons = desk.mark(event)
    assert outcome is Outcome.APPLIED
    assert Reason.OTHER_PARTNER in reasons
    assert (desk.back(1).origin, desk.back(1).partner) == ("rhin", "nancy")


def test_a_product_that_was_never_sent_has_an_unknown_origin() -> None:
    desk = Desk()
    desk("item.commissioned", 1, "strasbourg", body={"type": "pompe"})
    event = desk("item.received", 1, "strasbourg")
    assert desk.mark(event)[0] is Outcome.APPLIED
    assert Reason.UNKNOWN_ORIGIN in desk.mark(event)[1]


def test_an_announcement_by_somebody_who_does_not_have_it_opens_a_task() -> None:
    for place, wrong in (("mulhouse", False), ("colmar", False), ("nancy", True)):
        desk = Desk().sold(1)
        event = desk("return.announced", 1, place, task=RMA, body={"reason": "fuite"})
        assert desk.mark(event) == (Outcome.APPLIED, (Reason.ANNOUNCED_ELSEWHERE,) if wrong else ())
        assert (desk.back(1).rma, desk.back(1).reason) == (RMA, "fuite")


def test_a_sale_is_no_loan_and_on_no_balance() -> None:
    desk = Desk().sold(1)
    desk("item.received", 1, "strasbourg", at=30)
    families = {(at.cell, at.measure) for at in replay(desk.events).cells}
    assert families == {
        ("month", "evidence"), ("month", "goods_shipped"), ("month", "received_units"), ("month", "received_g"),
        ("month", "return_blind"), ("return", "received"),
    }  # fmt: skip


def decided(disposition: str, **more: Any) -> tuple[Desk, Event]:
    desk = Desk().sold(1)
    desk("item.received", 1, "strasbourg", at=10, task=RMA)
    desk("item.graded", 1, "strasbourg", body={"grade": "C", "criteria": "pompes-3"})
    return desk, desk("item.disposition_decided", 1, "strasbourg", body={"disposition": disposition, **more})


DONE: dict[str, tuple[str, dict[str, Any], str]] = {
    "restock": ("item.moved", {"zone": "A"}, "closed"),
    "repair": ("work.opened", {}, "in_treatment"),
    "refurbish": ("work.opened", {}, "in_treatment"),
    "harvest": ("work.harvested", {}, "closed"),
    "supplier": ("item.shipped", {"to": "nancy"}, "in_treatment"),
    "resale": ("item.shipped", {"to": "nancy"}, "closed"),
    "donate": ("item.shipped", {"to": "nancy"}, "closed"),
    "recycle": ("item.treated", {"code": "R4"}, "closed"),
    "energy": ("item.treated", {"code": "R1"}, "closed"),
    "dispose": ("item.retired", {"code": "D5"}, "closed"),
    "send_back": ("item.shipped", {"to": "mulhouse"}, "closed"),
}


@pytest.mark.parametrize("disposition", Disposition)
def test_each_decision_has_an_act_that_carries_it_out(disposition: Disposition) -> None:
    kind, body, stage = DONE[disposition]
    desk, decision = decided(disposition)
    assert desk.mark(decision) == (Outcome.APPLIED, ())
    event = desk(kind, 1, "strasbourg", at=12, body=body)
    assert desk.item(1).return_stage == stage
    assert Reason.NOT_AS_DECIDED not in desk.mark(event)[1]
    if disposition == "supplier":
        desk("item.delivered", 1, "nancy", at=14)
        assert desk.item(1).return_stage == "closed"


def test_what_is_done_otherwise_than_decided_counts_and_is_looked_at() -> None:
    desk, _ = decided("repair")
    event = desk("item.shipped", 1, "strasbourg", body={"to": "nancy"})
    assert desk.mark(event) == (Outcome.APPLIED, (Reason.NOT_AS_DECIDED,))
    assert desk.item(1).return_stage == "closed"


def test_a_proposal_is_overridden_with_a_reason() -> None:
    assert decided("recycle", proposed="repair", reason="trop usée")[0].item(1).return_stage == "disposed_to"
    desk, event = decided("recycle", proposed="repair")
    assert desk.mark(event) == (Outcome.APPLIED, (Reason.OVERRIDE_UNEXPLAINED,))


def test_a_decision_without_a_grade_has_no_effect() -> None:
    desk = Desk().sold(1)
    desk("item.received", 1, "strasbourg", at=10)
    event = desk("item.disposition_decided", 1, "strasbourg", body={"disposition": "restock"})
    assert desk.mark(event) == (Outcome.REFUSED, (Reason.OUT_OF_STEP,))


def test_a_repair_that_fails_opens_the_decision_again_and_its_delay_began_at_the_door() -> None:
    desk, _ = decided("repair")
    desk("work.opened", 1, "strasbourg", at=12)
    desk("work.not_repairable", 1, "strasbourg", body={"barrier": "cout"})
    assert desk.item(1).return_stage == "graded"
    desk, _ = decided("repair")
    desk("work.opened", 1, "strasbourg", at=12)
    desk("work.repaired", 1, "strasbourg", actor="p-ana")
    desk("work.tested", 1, "strasbourg", actor="p-ana", body={"passed": True})
    desk("work.requalified", 1, "strasbourg", actor="p-luc", body={"certificate": "C-1", "cost_cents": 900})
    assert desk.item(1).return_stage == "closed"
    desk("item.shipped", 1, "strasbourg", at=19, body={"to": "nancy"})
    tally = Tally.of(replay(desk.events).cells)
    found = answers(tally, Question(months=("2026-01",), as_of_ms=parse_instant("2026-02-10")))
    assert found["K32"].value == 9
    assert found["K37-net"].value == 7_700
    assert found["K20"].value == 1


def test_a_product_may_come_back_again_after_its_return_is_over() -> None:
    desk, _ = decided("resale")
    desk("item.shipped", 1, "strasbourg", at=12, body={"to": "nancy"})
    desk("return.announced", 1, "nancy", at=40, task="R-2")
    desk("item.received", 1, "metz", at=41)
    assert (desk.back(1).rma, desk.back(1).partner, desk.item(1).return_stage) == ("R-2", "nancy", "received")
    assert (desk.state(), desk.state("R-2")) == (ReturnState.CLOSED, ReturnState.RECEIVED)


def test_a_product_that_is_on_its_way_back_is_not_announced_again() -> None:
    desk = Desk().sold(1)
    desk("return.announced", 1, "mulhouse", task=RMA)
    event = desk("return.announced", 1, "mulhouse", task="R-2")
    assert desk.mark(event) == (Outcome.REFUSED, (Reason.OUT_OF_STEP,))
    assert (desk.back(1).rma, desk.item(1).return_stage) == (RMA, "requested")


def test_a_product_that_a_partner_receives_has_not_come_back() -> None:
    desk = Desk().sold(1)
    desk("item.received", 1, "mulhouse", at=3)
    assert (desk.item(1).stage, desk.item(1).return_stage, desk.item(1).back) == ("at_partner", "", ())


def test_a_return_is_of_who_announced_it_whoever_else_brings_something_along() -> None:
    desk = Desk().sold(1).sold(2, to="nancy")
    desk("return.announced", 1, "mulhouse", task=RMA)
    for number in (1, 2):
        desk("item.received", number, "strasbourg", against=RMA)
    found = gather(RMA, replay(desk.events).cells.items(), [desk.item(1), desk.item(2)])
    assert (found.partner, found.site, found.remaining) == ("rhin", "mulhouse", 0)
    assert [(each.line.type, each.line.excess) for each in found.counts] == [("pompe", 1)]


def test_what_is_treated_out_of_a_return_leaves_the_stock_and_waits_nowhere() -> None:
    desk = Desk()
    desk("item.received", -1, "strasbourg", against=RMA, item_type="livre", qty=7, body={"from": "mulhouse"})
    body = {"code": "R3", "mode": "recycling", "mass_g": 2_900}
    desk("item.treated", -1, "strasbourg", against=RMA, item_type="livre", qty=7, body=body)
    cells = replay(desk.events).cells
    assert {at.bucket: n for at, n in cells.items() if at.measure == "treated_g"} == {"R3|recycling": 2_900}
    assert not [at for at in cells if at.measure == "pending_g"]
    assert sum(n for at, n in cells.items() if at.measure == "stock") == 0


def test_what_is_put_away_by_number_stays_in_the_stock_of_its_site() -> None:
    desk = Desk()
    desk("item.received", -1, "strasbourg", against=RMA, item_type="livre", qty=7, body={"from": "mulhouse"})
    desk("item.moved", -1, "strasbourg", against=RMA, item_type="livre", qty=7, body={"zone": "A-12"})
    stock = {at.site: n for at, n in replay(desk.events).cells.items() if at.measure == "stock" and n}
    assert stock == {"strasbourg": 7}


@pytest.mark.parametrize(("grade", "waits"), [("B", False), ("D", True)])
def test_a_grade_without_the_photo_that_its_site_asks_for_counts_and_waits_for_a_person(
    grade: str, *, waits: bool
) -> None:
    desk = Desk().sold(1)
    server = Device(dev="d-serveur", epoch="00000000000000f8", random=Random(8))
    row = {"name": "Strasbourg", "role": "hub", "photos": "scrap"}
    stated = {"table": "site", "key": "strasbourg", "valid_from": 0, "row": row}
    desk.events.append(server.event("reference.set", body=stated))
    desk("item.received", 1, "strasbourg", at=30)
    event = desk("item.graded", 1, "strasbourg", body={"grade": grade})
    outcome, reasons = desk.mark(event)
    assert (outcome, Reason.NO_PHOTO in reasons) == (Outcome.APPLIED, waits)
    assert desk.item(1).grade == grade
