"""The lifecycle of a returned product, row by row: from each stage an event leads where the table says, or nowhere."""

from typing import Any

import pytest

from boucle.lifecycle import ReturnStage
from boucle.reasons import Outcome, Reason
from boucle.roles import DECISIONS, NEEDED, Role, capabilities_of, may_record
from tests.shared.test_returning import RMA, Desk

Acts = tuple[tuple[str, dict[str, Any]], ...]
ANNOUNCED: Acts = (("return.announced", {}),)
AUTHORISED: Acts = (*ANNOUNCED, ("return.authorised", {"until": "2026-02-01"}))
SENT: Acts = (*AUTHORISED, ("item.collected", {}))
RECEIVED: Acts = (*AUTHORISED, ("item.received", {}))
GRADED: Acts = (*RECEIVED, ("item.graded", {"grade": "C"}))


def decided(disposition: str) -> Acts:
    return (*GRADED, ("item.disposition_decided", {"disposition": disposition}))


AT_BENCH: Acts = (*decided("repair"), ("work.opened", {}))
AT_MAKER: Acts = (*decided("supplier"), ("item.shipped", {"to": "nancy", "supplier_ref": "F-1"}))
FIXED: Acts = (("work.repaired", {}), ("work.tested", {"passed": True}))
PLACES = {"return.announced": "mulhouse", "item.collected": "mulhouse", "item.delivered": "nancy"}

ROWS: tuple[tuple[Acts, Acts, str], ...] = (
    ((), ANNOUNCED, "requested"),
    (ANNOUNCED, (("return.authorised", {}),), "authorised"),
    (ANNOUNCED, (("return.refused", {"reason": "hors garantie"}),), "refused"),
    (ANNOUNCED, (("return.cancelled", {}),), "cancelled"),
    (AUTHORISED, (("return.cancelled", {}),), "cancelled"),
    (ANNOUNCED, (("item.collected", {}),), "in_transit"),
    (AUTHORISED, (("item.collected", {}),), "in_transit"),
    (AUTHORISED, (("item.received", {}),), "received"),
    (SENT, (("item.received", {}),), "received"),
    ((), (("item.received", {}),), "received"),
    (RECEIVED, (("item.graded", {"grade": "B"}),), "graded"),
    (GRADED, (("item.disposition_decided", {"disposition": "restock"}),), "disposed_to"),
    (GRADED, (("item.disposition_confirmed", {"disposition": "restock"}),), "disposed_to"),
    (decided("restock"), (("item.moved", {"zone": "A-1"}),), "closed"),
    (decided("repair"), (("work.opened", {}),), "in_treatment"),
    (decided("refurbish"), (("work.opened", {}),), "in_treatment"),
    (decided("harvest"), (("work.harvested", {}),), "closed"),
    (decided("supplier"), (("item.shipped", {"to": "nancy"}),), "in_treatment"),
    (AT_MAKER, (("item.delivered", {}),), "closed"),
    (decided("resale"), (("item.shipped", {"to": "nancy"}),), "closed"),
    (decided("donate"), (("item.shipped", {"to": "nancy"}),), "closed"),
    (decided("recycle"), (("item.treated", {"code": "R4", "mass_g": 3_400}),), "closed"),
    (decided("energy"), (("item.treated", {"code": "R1", "mass_g": 3_400}),), "closed"),
    (decided("dispose"), (("item.retired", {"code": "D5", "mass_g": 3_400}),), "closed"),
    (decided("send_back"), (("item.shipped", {"to": "mulhouse"}),), "closed"),
    (AT_BENCH, (*FIXED, ("work.requalified", {"certificate": "C-1"})), "closed"),
    (AT_BENCH, (("work.not_repairable", {"barrier": "cout"}),), "graded"),
    (AT_BENCH, (("work.cancelled", {}),), "graded"),
)
"""What happened before, what happens, and the stage to which it leads."""


def lived(*acts: Acts) -> Desk:
    """Let things happen to a pump that was sold, by two people in turn."""
    desk = Desk().sold(1)
    for n, (kind, body) in enumerate(each for several in acts for each in several):
        task = {"task": RMA} if kind.startswith("return.") else {}
        actor = "p-luc" if kind == "work.requalified" else "p-ana"
        desk(kind, 1, PLACES.get(kind, "strasbourg"), at=5 + n / 10, body=body, actor=actor, **task)
    return desk


@pytest.mark.parametrize(("before", "acts", "stage"), ROWS)
def test_each_row_of_the_table_leads_where_it_says(before: Acts, acts: Acts, stage: str) -> None:
    desk = lived(before, acts)
    assert desk.item(1).return_stage == stage
    assert desk.mark(desk.events[-1])[0] is Outcome.APPLIED


STAGES: dict[str, Acts] = {
    "": (),
    "requested": ANNOUNCED,
    "authorised": AUTHORISED,
    "refused": (*ANNOUNCED, ("return.refused", {})),
    "cancelled": (*ANNOUNCED, ("return.cancelled", {})),
    "in_transit": SENT,
    "received": RECEIVED,
    "graded": GRADED,
    "disposed_to": decided("restock"),
    "in_treatment": AT_BENCH,
    "closed": (*decided("restock"), ("item.moved", {"zone": "A"})),
}
DECIDED_FROM: dict[str, set[str]] = {
    "return.authorised": {"requested", "authorised"},
    "return.refused": {"requested"},
    "return.cancelled": {"requested", "authorised"},
    "item.graded": {"received", "graded"},
    "item.disposition_decided": {"graded"},
    "item.disposition_confirmed": {"graded"},
}
"""From which stages a decision has an effect."""


def test_every_stage_is_tried() -> None:
    assert set(STAGES) == {"", *ReturnStage}


@pytest.mark.parametrize("kind", DECIDED_FROM)
@pytest.mark.parametrize("stage", STAGES)
def test_a_decision_out_of_step_is_kept_without_effect(kind: str, stage: str) -> None:
    body = {"grade": "A"} if kind == "item.graded" else {"disposition": "resale"}
    desk = lived(STAGES[stage])
    before = desk.item(1)
    assert before.return_stage == stage
    event = desk(kind, 1, "strasbourg", at=8, body=body, task=RMA)
    if stage in DECIDED_FROM[kind]:
        assert desk.mark(event)[0] is Outcome.APPLIED
    else:
        assert desk.mark(event) == (Outcome.REFUSED, (Reason.OUT_OF_STEP,))
        assert desk.item(1).return_stage == stage


@pytest.mark.parametrize("stage", STAGES)
def test_a_product_that_stands_at_the_door_is_received_whatever_was_said_of_it(stage: str) -> None:
    desk = lived(STAGES[stage])
    event = desk("item.received", 1, "strasbourg", at=8, body={"from": "mulhouse"})
    assert desk.mark(event)[0] in (Outcome.APPLIED, Outcome.REPEAT)


def test_who_may_do_what_is_as_the_table_of_the_domain_says() -> None:
    may = {role: {kind for kind in NEEDED if may_record(capabilities_of(role), kind)} for role in Role}
    assert {"return.announced", "return.cancelled", "item.collected"} <= may[Role.DRIVER]
    assert {"item.received", "item.graded", "item.disposition_decided", "item.moved"} <= may[Role.WAREHOUSE]
    for kind in ("return.authorised", "return.refused", "item.disposition_confirmed"):
        assert kind in DECISIONS
        assert {role for role in Role if kind in may[role]} == {Role.MANAGER, Role.ADMINISTRATOR}
