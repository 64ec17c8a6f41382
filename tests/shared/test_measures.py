"""The measures that figures rest on, where the fold has a choice: what answers a declaration, what waits, who left."""

from collections.abc import Iterable
from typing import Any

from boucle.events import Event
from boucle.replay import replay
from tests.builders import Device, code, network


def sums(events: Iterable[Event], cell: str, measure: str) -> dict[str, int]:
    """Give the sums of a measure by bucket, over everything else."""
    found: dict[str, int] = {}
    for at, n in replay([*network(), *events]).cells.items():
        if (at.cell, at.measure) == (cell, measure):
            found[at.bucket] = found.get(at.bucket, 0) + n
    return found


def test_only_containers_that_were_used_count_among_those_that_left() -> None:
    phone = Device()
    history = [
        phone.event("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "bac", "opening_uses": 7}),
        phone.event("item.commissioned", code(2), place="strasbourg", body={"type": "bac"}),
        phone.event("item.retired", code(1), at=3, place="strasbourg", body={"route": "disposal"}),
        phone.event("item.retired", code(2), place="strasbourg", body={"route": "disposal"}),
    ]
    assert sums(history, "month", "opening_n") == {"": 1}
    assert sums(history, "month", "retired") == {"": 2}
    assert sums(history, "month", "left_n") == {"": 1}
    assert sums(history, "month", "left_uses") == {"": 7}


def test_an_intermediate_treatment_keeps_the_mass_pending_until_the_final_one() -> None:
    phone = Device()
    history = [
        phone.event("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "bac"}),
        phone.event("item.retired", code(1), at=2, place="strasbourg", body={"code": "R13"}),
    ]
    assert sums(history, "month", "pending_g") == {"": 2_000}
    assert sums(history, "month", "treated_g") == {}
    history.append(phone.event("item.treated", code(1), at=9, place="metz", body={"code": "D15", "mass_g": 1_870}))
    assert sums(history, "month", "pending_g") == {"": 1_870}
    history.append(phone.event("item.treated", code(1), at=40, place="metz", body={"code": "R3", "mode": "recycling"}))
    assert sums(history, "month", "pending_g") == {"": 0}
    assert sums(history, "month", "treated_g") == {"R3|recycling": 1_870}
    # What was pending comes off in the month of the treatment, not in that of the retirement.
    by_month = {at.month: n for at, n in replay([*network(), *history]).cells.items() if at.measure == "pending_g"}
    assert by_month == {"2026-01": 1_870, "2026-02": -1_870}


def test_a_quantity_waits_for_its_treatment_too() -> None:
    phone = Device()
    film: dict[str, Any] = {"item_type": "film", "place": "strasbourg"}
    history = [
        phone.event("item.retired", at=1, qty=30, **film),
        phone.event("item.treated", at=2, qty=20, body={"code": "R12"}, **film),
        phone.event("item.treated", at=3, qty=20, body={"code": "R3", "mode": "recycling", "mass_g": 5_900}, **film),
    ]
    assert sums(history, "month", "pending_g") == {"": 3_000}
    assert sums(history, "month", "treated_g") == {"R3|recycling": 5_900}


def test_what_is_destroyed_at_a_partners_is_no_longer_on_loan() -> None:
    phone = Device()
    history = [
        phone.event("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "bac"}),
        phone.event("item.shipped", code(1), at=1, place="strasbourg", body={"to": "mulhouse"}),
        phone.event("item.delivered", code(1), at=2, place="mulhouse"),
        phone.event("item.treated", code(1), at=5, place="mulhouse", body={"code": "R3", "mode": "recycling"}),
    ]
    assert sum(sums(history, "day", "out").values()) == 0
    assert sum(sums(history, "day", "held").values()) == 0
    assert sums(history, "cohort", "returned_implied") == {"0004": 1}


def test_a_visit_is_counted_in_the_month_in_which_it_began() -> None:
    phone = Device()
    history = [
        phone.event("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "bac"}),
        phone.event("item.shipped", code(1), at=1, place="strasbourg", body={"to": "mulhouse"}),
        phone.event("item.delivered", code(1), at=28, place="mulhouse"),
        phone.event("item.collected", code(1), at=34, place="mulhouse"),
    ]
    cells = replay([*network(), *history]).cells
    assert {(at.month, at.bucket): n for at, n in cells.items() if at.cell == "dwell"} == {("2026-01", "0006"): 1}
    assert {at.month: n for at, n in cells.items() if at.measure == "dwell_n"} == {"2026-02": 1}


def test_a_scan_answers_the_declaration_of_its_task_or_of_the_one_it_names() -> None:
    phone = Device()
    stop: dict[str, Any] = {"task": "arrêt-1", "place": "mulhouse"}
    history = [
        *(phone.event("item.commissioned", code(n), place="strasbourg", body={"type": "bac"}) for n in range(3)),
        *(phone.event("item.shipped", code(n), place="strasbourg", body={"to": "mulhouse"}) for n in range(3)),
        phone.event("item.collected", code(0), at=2, **stop),
        phone.event("item.collected", item_type="bac", qty=3, **stop),
        phone.event("item.received", code(0), at=3, place="strasbourg", against="arrêt-1"),
        phone.event("item.received", code(1), at=4, place="strasbourg", against="arrêt-1"),
    ]
    # The first was scanned at the stop, the second only at the hub; the third is still missing.
    assert sums(history, "matched", "collected") == {"arrêt-1|03": 1, "arrêt-1|05": 1}


def test_a_delivery_that_a_later_scan_proves_answers_the_delivery_that_was_only_declared() -> None:
    phone = Device()
    history = [
        phone.event("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "bac"}),
        phone.event("item.shipped", code(1), at=1, place="strasbourg", body={"to": "mulhouse"}),
        phone.event("item.delivered", at=2, item_type="bac", qty=1, place="mulhouse", task="tournée"),
        phone.event("item.collected", code(1), at=9, place="mulhouse"),
    ]
    assert sums(history, "matched", "delivered") == {"|10": 1}


def test_only_what_could_have_been_scanned_counts_in_the_evidence_of_movements() -> None:
    phone = Device()
    history = [
        phone.event("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "bac"}),
        phone.event("item.shipped", code(1), at=1, place="strasbourg", body={"to": "mulhouse"}),
        phone.event("item.shipped", at=1, item_type="film", qty=300, place="strasbourg", body={"to": "mulhouse"}),
        phone.event("item.collected", at=3, item_type="bac", qty=6, place="mulhouse"),
    ]
    assert sums(history, "month", "evidence") == {"scanned": 1, "declared": 6}


def test_a_returned_quantity_belongs_to_the_loop_it_went_out_on() -> None:
    phone = Device()
    film: dict[str, Any] = {"item_type": "film", "qty": 40}
    history = [
        phone.event("item.shipped", at=1, place="strasbourg", body={"to": "nancy"}, **film),
        phone.event("item.received", at=9, place="strasbourg", body={"from": "nancy"}, **film),
    ]
    loops = {
        (at.measure, at.loop): n
        for at, n in replay([*network(), *history]).cells.items()
        if at.measure in ("qty_dispatch", "qty_return")
    }
    assert loops == {("qty_dispatch", "lorraine"): 40, ("qty_return", "lorraine"): 40}
