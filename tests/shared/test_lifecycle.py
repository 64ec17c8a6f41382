"""Lifecycles: three tables that agree with the catalogue of kinds, with each other and with the legs."""

from itertools import pairwise

import pytest

from boucle.events import KINDS
from boucle.legs import LEGS, REPEAT, Act, Leg, Position
from boucle.lifecycle import (
    CONTAINER,
    HELD,
    HOME,
    MACHINES,
    OUT,
    ReturnStage,
    Stage,
    Transition,
    Verdict,
    WorkStage,
    _index,
    concerns,
    target,
)
from boucle.roles import NEEDED

STAGES = {"container": Stage, "return": ReturnStage, "work": WorkStage}
FREE_OF = {"container": set(), "return": {""}, "work": {""}}
"""The work and return axes begin at nothing."""


@pytest.mark.parametrize("machine", MACHINES)
def test_every_row_is_of_known_stages_kinds_and_capabilities(machine: str) -> None:
    stages = set(map(str, STAGES[machine]))
    for row in MACHINES[machine]:
        assert {str(source) for source in row.sources} <= stages | FREE_OF[machine], row
        assert str(row.target or row.sources[0]) in stages, row  # where none is named, the stage stays
        assert row.kind in KINDS, row
        assert NEEDED[row.kind], row
        assert len(set(row.sources)) == len(row.sources), row


@pytest.mark.parametrize("machine", ["return", "work"])
def test_every_stage_can_be_reached_from_the_beginning(machine: str) -> None:
    reached = {""}
    while True:
        further = {str(row.target) for row in MACHINES[machine] if reached & {str(source) for source in row.sources}}
        if further <= reached:
            break
        reached |= further
    assert reached == {"", *map(str, STAGES[machine])}


def test_every_stage_of_a_container_can_be_reached_from_its_label() -> None:
    reached = {str(Stage.ENCODED)}
    for _ in Stage:
        reached |= {str(row.target) for row in CONTAINER if reached & {str(source) for source in row.sources}}
    # A count, a sorting or a receipt at home is explained by legs, so no row needs to lead there.
    assert reached == set(map(str, Stage))


def test_at_home_out_and_gone_share_the_stages_without_overlap() -> None:
    gone = {Stage.LOST, Stage.RETIRED}
    assert HOME | OUT | gone == set(Stage)
    assert not HOME & OUT
    assert not (HOME | OUT) & gone
    assert HELD < OUT


def test_nothing_leads_out_of_the_end() -> None:
    for row in CONTAINER:
        assert Stage.RETIRED not in row.sources
        assert Stage.LOST not in row.sources
    for row in MACHINES["return"]:
        assert ReturnStage.CLOSED not in row.sources
        assert ReturnStage.REFUSED not in row.sources


def test_two_rows_for_one_step_are_a_fault_of_the_table() -> None:
    row = Transition(("a", "b"), "item.moved", "", "c")
    with pytest.raises(ValueError, match="two rows"):
        _index((row, Transition(("b",), "item.moved", "", "d")))
    assert dict(_index((row,))) == {("a", "item.moved", ""): "c", ("b", "item.moved", ""): "c"}


@pytest.mark.parametrize(("machine", "stage", "kind", "qualifier", "expected"), [
    ("container", "received", "item.sorted", "ok", "available"),
    ("container", "received", "item.sorted", "dirty", "cleaning"),
    ("container", "received", "item.sorted", "?", None),
    ("container", "at_partner", "item.sorted", "ok", None),
    ("container", "retired", "item.shipped", "", None),
    ("container", "requalifying", "item.released", "", "available"),
    ("container", "available", "item.released", "", None),
    ("container", "available", "item.nothing", "", None),
    ("return", "", "return.announced", "", "requested"),
    ("return", "requested", "item.graded", "", None),
    ("return", "graded", "item.disposition_decided", "", "disposed_to"),
    ("work", "testing", "work.tested", "passed", "quality_control"),
    ("work", "testing", "work.tested", "failed", "in_repair"),
    ("work", "testing", "work.tested", "", None),
    ("work", "requalified", "work.opened", "", "open"),
    ("work", "open", "work.requalified", "", None),
])  # fmt: skip
def test_a_step_leads_where_the_table_says_or_nowhere(
    machine: str, stage: str, kind: str, qualifier: str, expected: str | None
) -> None:
    assert target(machine, stage, kind, qualifier) == expected


def test_a_machine_concerns_the_kinds_of_its_rows() -> None:
    assert concerns("return", "item.collected")
    assert not concerns("work", "item.collected")
    assert not concerns("return", "item.counted")


def test_sorting_leads_somewhere_for_every_verdict_from_every_stage_at_home() -> None:
    for stage in HOME:
        assert {verdict for verdict in Verdict if target("container", stage, "item.sorted", verdict)} == set(Verdict)


@pytest.mark.parametrize("act", Act)
def test_a_scan_is_explained_from_wherever_the_item_is(act: Act) -> None:
    assert set(LEGS[act]) == set(Position)
    for legs in LEGS[act].values():
        assert legs is REPEAT or all(leg in Leg for leg in legs)


WHERE = {
    Leg.SHIP: Position.TRANSIT,
    Leg.DELIVER: Position.HELD_HERE,
    Leg.TRANSFER: Position.HELD_HERE,
    Leg.COLLECT: Position.INBOUND_FROM_ELSEWHERE,
    Leg.RETURN: Position.HOME,
}
"""Where an item is after a leg that was inferred for a scan at this place."""


@pytest.mark.parametrize("act", Act)
def test_inferred_legs_bring_the_item_to_where_the_scan_needs_no_explaining(act: Act) -> None:
    for legs in LEGS[act].values():
        if legs:
            assert LEGS[act][WHERE[legs[-1]]] in ((), REPEAT), (act, legs)
            for before, leg in pairwise(legs):
                assert LEGS[act][WHERE[before]] == legs[legs.index(leg) :], (act, legs)
