"""Rules of returns: the last day to send something back, what a grade becomes, the value that is for a manager."""

from random import Random
from typing import Any

import pytest

from boucle.checklists import Checklist, Moment, Step
from boucle.clock import day_after, day_of
from boucle.events import Event
from boucle.lifecycle import Disposition
from boucle.proposing import propose
from boucle.reasons import Outcome, Reason
from boucle.reference import Book, Version
from boucle.replay import replay
from boucle.return_counts import Return, back_of, gather
from boucle.return_rules import DAYS, needs_manager, rule_for
from boucle.rma import ReturnState
from boucle.roles import DECISIONS
from tests.builders import DAY, START_MS, Device
from tests.shared.test_returning import RMA, Desk

LOOSE: dict[str, Any] = {"item_type": "livre"}
FIRST = day_of(START_MS, "Europe/Paris")
DAY_20 = day_after(FIRST, 20)


def ruled(desk: Desk, key: str, start: float = 0, **row: Any) -> Event:
    """State a rule from a day of the story on, whenever that is told."""
    server = Device(dev="d-serveur", epoch="00000000000000f9", random=Random(len(desk.events)))
    server.seq = len(desk.events)
    said = {"table": "return_rule", "key": key, "valid_from": START_MS + round(start * DAY), "row": row}
    event = server.event("reference.set", body=said)
    desk.events.append(event)
    return event


def whole(desk: Desk, today: str = "", *numbers: int) -> Return:
    return gather(RMA, replay(desk.events).cells.items(), [desk.item(each) for each in numbers], today=today)


def graded(number: int = 1, grade: str = "C", **rule: Any) -> Desk:
    """A product that came back and has its grade, under a rule for every type."""
    desk = Desk().sold(number)
    if rule:
        ruled(desk, "*", **rule)
    desk("item.received", number, "strasbourg", at=10, task=RMA)
    desk("item.graded", number, "strasbourg", body={"grade": grade})
    return desk


# ---- the rows


def test_the_row_of_a_type_holds_over_the_one_for_every_type_and_the_usual_over_neither() -> None:
    desk = Desk()
    ruled(desk, "*", return_days=10, most_cents=5_000, grade_a="resale", grade_d="dispose")
    ruled(desk, "pompe", return_days=0, grade_a="donate")
    book = Book(Version.of(event) for event in desk.events if event.kind == "reference.set")
    now = START_MS + DAY
    own, other = rule_for(book, "pompe", at_ms=now), rule_for(book, "livre", at_ms=now)
    assert (own.days, own.most_cents) == (0, 5_000)
    assert (other.days, other.most_cents) == (10, 5_000)
    told = {grade: propose(book, "pompe", grade, at_ms=now) for grade in "ABCDE"}
    assert told == {"A": "donate", "B": "refurbish", "C": "repair", "D": "dispose", "E": None}
    assert propose(book, "livre", "C", at_ms=now) is Disposition.RECYCLE


def test_a_rule_says_nothing_of_the_time_before_it_and_nonsense_says_nothing() -> None:
    desk = Desk()
    ruled(desk, "*", start=5, return_days=-3, most_cents="cher", grade_a="manger", grade_b=7)
    ruled(desk, "*", start=9, return_days=3, most_cents=0)
    book = Book(Version.of(event) for event in desk.events if event.kind == "reference.set")
    for day in (1, 6):
        rule = rule_for(book, "pompe", at_ms=START_MS + day * DAY)
        assert (rule.days, rule.most_cents, dict(rule.becomes)) == (DAYS, None, {})
    assert not needs_manager(book, "pompe", 9, at_ms=START_MS + 8 * DAY)
    assert needs_manager(book, "pompe", 1, at_ms=START_MS + 10 * DAY)


# ---- the last day


def authorised(until: str = DAY_20, *numbers: int) -> Desk:
    desk = Desk().sold(*numbers)
    for number in numbers:
        desk("return.announced", number, "mulhouse", at=2, task=RMA)
        desk("return.authorised", number, "strasbourg", task=RMA, body={"until": until} if until else {})
    return desk


def test_what_is_not_sent_back_by_its_last_day_is_expired_and_waited_for_no_more() -> None:
    desk = authorised(DAY_20, 1, 2)
    on_the_day, after = whole(desk, DAY_20, 1, 2), whole(desk, day_after(DAY_20, 1), 1, 2)
    assert (on_the_day.expired, on_the_day.remaining, on_the_day.state, on_the_day.until) == (
        0, 2, ReturnState.OPEN, DAY_20,
    )  # fmt: skip
    assert (after.expired, after.remaining, after.state) == (2, 0, ReturnState.CANCELLED)
    assert desk.item(1).return_stage == "authorised"  # a rule, and no event


def test_what_comes_after_its_last_day_is_received_all_the_same_and_told_as_late() -> None:
    desk = authorised(DAY_20, 1, 2)
    in_time = desk("item.received", 1, "strasbourg", at=20)
    late = desk("item.received", 2, "strasbourg", at=22)
    assert desk.mark(in_time) == (Outcome.APPLIED, desk.mark(in_time)[1])
    assert Reason.AFTER_DEADLINE not in desk.mark(in_time)[1]
    assert Reason.AFTER_DEADLINE in desk.mark(late)[1]
    assert desk.item(2).return_stage == "received"
    assert [back_of(desk.item(n)).late for n in (1, 2)] == [False, True]
    found = whole(desk, day_after(DAY_20, 9), 1, 2)
    assert (found.state, found.expired, found.counts[0].line.excess) == (ReturnState.RECEIVED, 0, 0)


def test_what_was_handed_over_in_time_is_neither_expired_nor_late_however_long_it_travels() -> None:
    desk = authorised(DAY_20, 1)
    desk("item.collected", 1, "mulhouse", at=19)
    assert whole(desk, day_after(DAY_20, 9), 1).expired == 0
    event = desk("item.received", 1, "strasbourg", at=25)
    assert Reason.AFTER_DEADLINE not in desk.mark(event)[1]
    assert not back_of(desk.item(1)).late


def test_a_last_day_that_is_none_has_no_end_and_another_one_takes_the_place_of_the_first() -> None:
    assert whole(authorised("demain", 1), "2027-01-01", 1).expired == 0
    desk = authorised(DAY_20, 1)
    desk("return.authorised", 1, "strasbourg", task=RMA, body={"until": day_after(DAY_20, 10)})
    desk("return.authorised", 1, "strasbourg", task=RMA)
    assert whole(desk, day_after(DAY_20, 1), 1).expired == 0
    assert whole(desk, day_after(DAY_20, 11), 1).expired == 1
    assert whole(desk, day_after(DAY_20, 11), 1).counts[0].authorised == 1
    assert not whole(desk, "", 1).loose_until


def test_quantities_expire_by_their_last_day_and_what_came_is_taken_off_first() -> None:
    desk = Desk()
    desk("return.announced", -1, "mulhouse", at=1, task=RMA, qty=12, **LOOSE)
    desk("return.authorised", -1, "strasbourg", task=RMA, qty=8, body={"until": DAY_20}, **LOOSE)
    desk("return.authorised", -1, "strasbourg", task=RMA, qty=4, body={"until": day_after(DAY_20, 5)}, **LOOSE)
    desk("item.received", -1, "strasbourg", at=9, against=RMA, qty=3, body={"from": "mulhouse"}, **LOOSE)
    later = day_after(DAY_20, 1)
    assert [(each.expired, each.remaining) for each in (whole(desk, DAY_20), whole(desk, later))] == [(0, 9), (5, 4)]
    longer = {"until": day_after(DAY_20, 9), "extends": DAY_20}
    desk("return.authorised", -1, "strasbourg", task=RMA, qty=8, body=longer, **LOOSE)
    assert whole(desk, later).expired == 0
    assert whole(desk, later).counts[0].authorised == 12
    assert whole(desk, "2027-01-01").state is ReturnState.RECEIVED


# ---- the value


def test_a_decision_below_the_value_counts_at_once_and_one_above_waits_for_a_manager() -> None:
    desk = graded(most_cents=8_600)
    event = desk("item.disposition_decided", 1, "strasbourg", body={"disposition": "resale"})
    assert desk.mark(event) == (Outcome.APPLIED, ())
    desk = graded(most_cents=8_599)
    event = desk("item.disposition_decided", 1, "strasbourg", body={"disposition": "resale"})
    assert desk.mark(event) == (Outcome.APPLIED, (Reason.NEEDS_MANAGER,))
    assert (desk.item(1).return_stage, desk.back(1).asked, desk.back(1).disposition) == ("graded", "resale", "")
    assert not [at for at in replay(desk.events).cells if at.measure in ("disposed", "disposed_to")]


@pytest.mark.parametrize("chosen", ["resale", "recycle"])
def test_a_manager_confirms_it_or_decides_something_else(chosen: str) -> None:
    desk = graded(most_cents=0)
    desk("item.disposition_decided", 1, "strasbourg", body={"disposition": "resale"})
    body = {"disposition": chosen, "proposed": "resale", "reason": "" if chosen == "resale" else "trop usée"}
    event = desk("item.disposition_confirmed", 1, "strasbourg", body=body)
    assert desk.mark(event) == (Outcome.APPLIED, ())
    assert (desk.item(1).return_stage, desk.back(1).disposition, desk.back(1).asked) == ("disposed_to", chosen, "")
    told = {at.bucket: n for at, n in replay(desk.events).cells.items() if at.measure == "disposed"}
    assert told == {chosen: 1}


def test_a_manager_decides_alone_and_the_same_said_twice_counts_once() -> None:
    desk = graded(most_cents=0)
    desk("item.disposition_confirmed", 1, "strasbourg", body={"disposition": "donate"})
    again = desk("item.disposition_confirmed", 1, "strasbourg", body={"disposition": "donate"})
    other = desk("item.disposition_confirmed", 1, "strasbourg", body={"disposition": "resale"})
    assert desk.mark(again) == (Outcome.REPEAT, (Reason.SAME_AGAIN,))
    assert desk.mark(other)[0] is Outcome.REFUSED
    assert desk.back(1).disposition == "donate"


def test_only_who_may_decide_is_let_in_with_a_confirmation() -> None:
    assert "item.disposition_confirmed" in DECISIONS
    assert "item.disposition_decided" not in DECISIONS


def test_a_new_grade_takes_back_what_waited_for_a_manager() -> None:
    desk = graded(most_cents=0)
    desk("item.disposition_decided", 1, "strasbourg", body={"disposition": "resale"})
    desk("item.graded", 1, "strasbourg", body={"grade": "D"})
    assert (desk.item(1).return_stage, desk.back(1).asked) == ("graded", "")


def test_a_value_that_is_stated_later_changes_nothing_that_was_decided_before_its_day() -> None:
    desk = graded()
    desk("item.disposition_decided", 1, "strasbourg", body={"disposition": "resale"})
    ruled(desk, "*", start=40, most_cents=0)
    assert desk.item(1).return_stage == "disposed_to"
    ruled(desk, "pompe", start=3, most_cents=0)
    assert desk.item(1).return_stage == "graded"


def test_a_quantity_is_worth_what_all_of_it_costs_and_waits_as_a_whole() -> None:
    desk = Desk()
    server = Device(dev="d-serveur", epoch="00000000000000fa", random=Random(3))
    row = {"name": "Livre", "nature": "product", "serialised": False, "price_cents": 900, "tare_g": 400}
    book = {"table": "item_type", "key": "livre", "valid_from": 1, "row": row}
    desk.events.append(server.event("reference.set", body=book))
    ruled(desk, "livre", most_cents=4_500)
    desk("item.received", -1, "strasbourg", at=9, against=RMA, qty=15, body={"from": "mulhouse"}, **LOOSE)
    desk("item.graded", -1, "strasbourg", against=RMA, qty=11, body={"grade": "B"}, **LOOSE)
    desk("item.disposition_decided", -1, "strasbourg", against=RMA, qty=5, body={"disposition": "resale"}, **LOOSE)
    waits = desk(
        "item.disposition_decided", -1, "strasbourg", against=RMA, qty=6, body={"disposition": "resale"}, **LOOSE
    )
    (line,) = whole(desk).counts
    assert (line.to_decide, line.to_confirm, line.to_do) == (0, 6, 5)
    body = {"disposition": "donate", "confirms": waits.id, "reason": "école"}
    desk("item.disposition_confirmed", -1, "strasbourg", against=RMA, qty=6, body=body, **LOOSE)
    (line,) = whole(desk).counts
    assert (line.to_decide, line.to_confirm, line.to_do) == (0, 0, 11)
    desk("item.graded", -1, "strasbourg", against=RMA, qty=4, body={"grade": "B"}, **LOOSE)
    (line,) = whole(desk).counts
    assert (line.to_decide, line.to_confirm, line.to_do) == (4, 0, 11)  # what is confirmed waits no more


# ---- the supplier


def test_what_goes_back_to_its_maker_keeps_their_number_and_ends_with_their_receipt() -> None:
    desk = graded()
    desk("item.disposition_decided", 1, "strasbourg", body={"disposition": "supplier"})
    desk("item.shipped", 1, "strasbourg", body={"to": "nancy", "supplier_ref": "RMA-778"})
    assert (desk.item(1).return_stage, desk.back(1).supplier_ref) == ("in_treatment", "RMA-778")
    desk("item.delivered", 1, "nancy", at=15, body={"disposition": "supplier"})
    assert desk.item(1).return_stage == "closed"


def test_a_quantity_that_goes_back_to_its_maker_is_closed_by_their_receipt_alone() -> None:
    desk = Desk()
    desk("item.received", -1, "strasbourg", at=9, against=RMA, qty=7, body={"from": "mulhouse"}, **LOOSE)
    desk("item.graded", -1, "strasbourg", against=RMA, qty=7, body={"grade": "B"}, **LOOSE)
    supplier = {"disposition": "supplier"}
    desk("item.disposition_decided", -1, "strasbourg", against=RMA, qty=7, body=supplier, **LOOSE)
    desk("item.shipped", -1, "strasbourg", against=RMA, qty=7, body={**supplier, "to": "nancy"}, **LOOSE)
    (line,) = whole(desk).counts
    assert (line.to_do, line.at_supplier, whole(desk).state) == (0, 7, ReturnState.PROCESSING)
    desk("item.delivered", -1, "nancy", at=15, against=RMA, qty=7, body=supplier, **LOOSE)
    (line,) = whole(desk).counts
    assert (line.at_supplier, whole(desk).state) == (0, ReturnState.CLOSED)


def test_goods_delivered_on_a_round_are_no_return() -> None:
    desk = Desk()
    desk("item.delivered", -1, "mulhouse", at=3, against="tournee-4", qty=2, **LOOSE)
    assert not [at for at in replay(desk.events).cells if at.cell == "return"]


# ---- the control of a grade


def listed(desk: Desk, **row: Any) -> str:
    made = Checklist(key="pompes", moment=Moment.CONTROL, types=("pompe",), steps=(Step(id="fuite", blocking=True),))
    server = Device(dev="d-serveur", epoch="00000000000000fb", random=Random(4))
    body = {"table": "checklist", "key": made.key, "valid_from": 0, "row": made.row | row}
    desk.events.append(server.event("reference.set", body=body))
    return made.ref


@pytest.mark.parametrize(
    ("grade", "answers", "told"),
    [
        ("A", {"fuite": True}, ()),
        ("A", {"fuite": False}, (Reason.CHECK_FAILED,)),
        ("B", None, (Reason.NO_CHECKLIST,)),
        ("D", {"fuite": False}, ()),
        ("D", None, ()),
    ],
)
def test_a_good_grade_goes_through_the_control_of_its_type_and_counts_without_it_too(
    grade: str, answers: dict[str, bool] | None, told: tuple[Reason, ...]
) -> None:
    desk = Desk().sold(1)
    ref = listed(desk)
    desk("item.received", 1, "strasbourg", at=10, task=RMA)
    said = {} if answers is None else {"checklist": ref, "answers": answers, "checks": answers}
    event = desk("item.graded", 1, "strasbourg", body={"grade": grade, **said})
    assert desk.mark(event) == (Outcome.APPLIED, told)
    assert desk.item(1).grade == grade


def test_nobody_is_asked_for_a_control_that_no_list_asks_for() -> None:
    desk = graded(grade="A")
    assert desk.mark(desk.events[-1]) == (Outcome.APPLIED, ())
