"""The fold as a list of rules: one test a rule, each a short history of one crate."""

from typing import Any

import pytest

from boucle.events import Event
from boucle.fold import Mark
from boucle.item import Item
from boucle.lifecycle import Stage
from boucle.reasons import Outcome, Reason
from boucle.replay import World, replay
from tests.builders import Device, code, network

CRATE = code(1)


def commission(phone: Device, at: float = 0, subject: str = CRATE, item_type: str = "bac", **body: object) -> Event:
    return phone.event("item.commissioned", subject, at=at, place="strasbourg", body={"type": item_type, **body})


def ship(phone: Device, at: float, to: str = "mulhouse", origin: str = "strasbourg") -> Event:
    return phone.event("item.shipped", CRATE, at=at, place=origin, body={"to": to})


def seen(phone: Device, kind: str, at: float, place: str, **body: object) -> Event:
    return phone.event(f"item.{kind}", CRATE, at=at, place=place, body=dict(body))


def world_of(*events: Event) -> World:
    return replay([*network(), *events])


def only(world: World) -> tuple[Item, list[Mark]]:
    [(item_id, item)] = world.items.items()
    return item, world.marks[item_id]


def total(world: World, measure: str, cell: str = "month", **where: str) -> int:
    return sum(
        n
        for at, n in world.cells.items()
        if at.measure == measure
        and at.cell == cell
        and all(getattr(at, name) == value for name, value in where.items())
    )


def test_a_full_loop_counts_one_use_one_return_and_its_mass_without_inferring_anything() -> None:
    phone = Device()
    world = world_of(
        commission(phone),
        ship(phone, 1),
        seen(phone, "delivered", 2, "mulhouse"),
        seen(phone, "collected", 9, "mulhouse"),
        seen(phone, "received", 10, "strasbourg", mass_g=2_150),
    )
    item, marks = only(world)
    assert item.stage == Stage.RECEIVED
    assert (item.uses, item.loan_open, item.place) == (1, False, "")
    assert all(mark == Mark(mark.event, mark.teff, mark.kind, Outcome.APPLIED) for mark in marks)
    assert total(world, "dispatch", partner="rhin", site="strasbourg", loop="alsace") == 1
    assert total(world, "return", partner="rhin", site="strasbourg", loop="alsace") == 1
    assert total(world, "returned", "cohort", bucket="0009") == 1
    assert (total(world, "received_g"), total(world, "weighed_g")) == (2_150, 2_150)
    assert total(world, "closed", "dwell", bucket="0007", partner="rhin") == 1
    assert [total(world, stock, "day") for stock in ("transit", "held", "inbound", "out")] == [0, 0, 0, 0]
    assert total(world, "pool", "day") == 1
    assert [at for at in world.cells if at.cell in ("due", "loss", "visit")] == []
    assert world.tasks == {}


def test_shipping_again_while_on_the_way_is_a_repeat_and_counts_nothing() -> None:
    phone = Device()
    world = world_of(commission(phone), ship(phone, 1), ship(phone, 1.2))
    item, marks = only(world)
    assert marks[-1].outcome is Outcome.REPEAT
    assert (item.uses, total(world, "dispatch"), total(world, "repeat")) == (1, 1, 1)


def test_shipping_from_a_partner_implies_the_return_nobody_scanned() -> None:
    phone = Device()
    world = world_of(
        commission(phone), ship(phone, 1), seen(phone, "delivered", 2, "mulhouse"), ship(phone, 20, "nancy")
    )
    item, marks = only(world)
    assert marks[-1].reasons == (Reason.INFERRED_RETURNED,)
    assert (item.uses, item.ship_partner) == (2, "nancy")
    assert (total(world, "return"), total(world, "return_implied")) == (0, 1)
    assert total(world, "returned_implied", "cohort", bucket="0019") == 1
    assert total(world, "received_units") == 0
    assert total(world, "transit", "day", partner="nancy") == 1
    assert total(world, "held", "day", partner="rhin") == 0


def test_a_crate_sent_elsewhere_while_on_the_way_is_a_task_and_still_one_use() -> None:
    phone = Device()
    world = world_of(commission(phone), ship(phone, 1), ship(phone, 1.2, "nancy"))
    item, _ = only(world)
    assert {reason for _, _, reason in world.tasks} == {Reason.REROUTED}
    assert (item.uses, item.loan_partner, item.ship_partner) == (1, "nancy", "rhin")
    assert total(world, "transit", "day", partner="nancy") == 1
    assert total(world, "transit", "day", partner="rhin") == 0
    assert total(world, "open", "due", partner="nancy") == 1


@pytest.mark.story(2)
def test_two_drivers_at_two_sites_give_one_inferred_transfer_and_one_task_in_either_order_of_sync() -> None:
    phone, other = Device(), Device(dev="d-deux", epoch="00000000000000a2")
    first = [
        commission(phone),
        ship(phone, 1),
        seen(phone, "delivered", 2, "mulhouse"),
        seen(phone, "collected", 5, "mulhouse"),
    ]
    second = seen(other, "collected", 5.2, "nancy")
    world = world_of(*first, second)
    reversed_world = world_of(second, *reversed(first))
    assert world.cells == reversed_world.cells
    _, marks = only(world)
    assert marks[-1].reasons == (Reason.INFERRED_TRANSFERRED, Reason.OTHER_PARTNER)
    assert [reason for _, _, reason in world.tasks] == [Reason.OTHER_PARTNER]
    assert total(world, "held", "day", partner="rhin") == 0
    assert total(world, "held", "day", partner="nancy") == 0
    assert total(world, "inbound", "day", partner="nancy") == 1
    assert total(world, "inbound", "day", partner="rhin") == 0


@pytest.mark.story(3)
def test_a_crate_booked_at_one_partner_and_received_from_another_moves_the_balance_and_closes_the_dwell() -> None:
    phone = Device()
    world = world_of(
        commission(phone),
        ship(phone, 1),
        seen(phone, "delivered", 2, "mulhouse"),
        seen(phone, "received", 12, "metz", **{"from": "nancy"}),
    )
    _, marks = only(world)
    assert marks[-1].reasons == (Reason.INFERRED_TRANSFERRED, Reason.OTHER_PARTNER, Reason.INFERRED_COLLECTED)
    assert total(world, "closed", "dwell", partner="rhin", bucket="0010") == 1
    assert total(world, "return", partner="nancy", site="metz") == 1
    assert total(world, "evidence", bucket="inferred") == 2


def test_a_collection_of_a_crate_never_shipped_infers_the_dispatch_and_keeps_it_out_of_the_delays() -> None:
    phone = Device()
    world = world_of(commission(phone), seen(phone, "collected", 4, "nancy"), seen(phone, "received", 5, "metz"))
    _, marks = only(world)
    assert marks[1].reasons == (Reason.INFERRED_SHIPPED, Reason.INFERRED_DELIVERED)
    assert (total(world, "dispatch"), total(world, "dispatch_inferred"), total(world, "return")) == (1, 1, 1)
    assert (total(world, "lag_n"), total(world, "dwell_n")) == (0, 0)
    assert world.tasks == {}


def test_a_return_of_what_is_home_counts_once_when_never_dispatched_and_not_at_all_afterwards() -> None:
    phone = Device()
    world = world_of(
        commission(phone), seen(phone, "received", 1, "strasbourg"), seen(phone, "received", 1.5, "strasbourg")
    )
    _, marks = only(world)
    assert [mark.outcome for mark in marks] == [Outcome.APPLIED, Outcome.APPLIED, Outcome.REPEAT]
    assert (total(world, "return_unmatched"), total(world, "received_units"), total(world, "return")) == (1, 1, 0)


@pytest.mark.story(18)
def test_a_write_off_leaves_the_pool_and_finding_it_reverses_the_loss_in_the_month_of_finding() -> None:
    phone = Device()
    lost = [
        commission(phone),
        ship(phone, 1),
        seen(phone, "delivered", 2, "mulhouse"),
        seen(phone, "written_off", 75, ""),
    ]
    before = world_of(*lost)
    assert total(before, "lost", month="2026-03") == 1
    assert (total(before, "pool", "day"), total(before, "held", "day"), total(before, "out", "day")) == (0, 0, 0)
    found = world_of(*lost, seen(phone, "received", 160, "strasbourg"))
    _, marks = only(found)
    assert marks[-1].reasons == (Reason.FOUND_AGAIN, Reason.INFERRED_COLLECTED)
    assert total(found, "lost", month="2026-03") == 1
    assert total(found, "found", month="2026-06") == 1
    assert total(found, "return", month="2026-06") == 1
    assert (total(found, "pool", "day"), total(found, "held", "day"), total(found, "out", "day")) == (1, 0, 0)
    assert total(found, "left_n") == 0


def test_a_notice_of_presumed_loss_leaves_no_trace() -> None:
    phone = Device()
    history = [commission(phone), ship(phone, 1)]
    quiet = world_of(*history)
    noticed = world_of(*history, phone.event("item.presumed_lost", CRATE, at=95, body={"cycle": 1}))
    assert noticed.cells == quiet.cells
    assert only(noticed)[0]._replace(order=()) == only(quiet)[0]._replace(order=())  # type: ignore[arg-type]


def test_presumed_loss_is_a_matter_of_days_after_the_due_day() -> None:
    phone = Device()
    item, _ = only(world_of(commission(phone), ship(phone, 1)))
    assert (item.due, item.loss) == ("2026-02-01", "2026-04-02")
    assert not item.overdue_on("2026-02-01")
    assert item.overdue_on("2026-02-02")
    assert not item.presumed_lost_on("2026-04-02")
    assert item.presumed_lost_on("2026-04-03")


def test_a_retirement_while_out_is_refused_and_opens_a_task() -> None:
    phone = Device()
    world = world_of(commission(phone), ship(phone, 1), seen(phone, "retired", 2, "", reason="casse"))
    item, marks = only(world)
    assert (marks[-1].outcome, marks[-1].tasks) == (Outcome.REFUSED, (Reason.WHILE_OUT,))
    assert item.stage == Stage.OUTBOUND
    assert (total(world, "retired"), total(world, "refused")) == (0, 1)


def test_a_retirement_books_its_mass_as_pending_until_the_treatment_says_where_it_went() -> None:
    phone = Device()
    retired = [commission(phone), seen(phone, "retired", 3, "strasbourg", reason="casse", mass_g=1_870)]
    assert total(world_of(*retired), "pending_g") == 1_870
    treated = world_of(*retired, seen(phone, "treated", 40, "strasbourg", code="R3", mode="recycling", mass_g=1_850))
    assert total(treated, "pending_g") == 0
    assert total(treated, "treated_g", bucket="R3|recycling", month="2026-02") == 1_850
    assert total(treated, "pool", "day") == 0


def test_a_scan_of_a_retired_crate_is_kept_red_and_not_counted() -> None:
    phone = Device()
    world = world_of(commission(phone), seen(phone, "retired", 3, "strasbourg"), ship(phone, 4))
    item, marks = only(world)
    assert (marks[-1].outcome, marks[-1].tasks) == (Outcome.IGNORED, (Reason.RETIRED_SCAN,))
    assert item.stage == Stage.RETIRED
    assert total(world, "dispatch") == 0


def test_a_release_needs_its_checks_and_another_person_than_the_repairer() -> None:
    phone = Device()
    broken = [
        commission(phone),
        seen(phone, "sorted", 1, "strasbourg", verdict="damaged"),
        phone.event("work.repaired", CRATE, at=2, actor="p-ana"),
    ]

    def released(actor: str, *, tight: bool, history: list[Event]) -> tuple[Item, list[Mark]]:
        body = {"checks": {"fuite": tight}}
        return only(world_of(*history, phone.event("item.released", CRATE, at=3, actor=actor, body=body)))

    cases = (
        ("p-bob", False, Reason.CHECK_FAILED),
        ("p-ana", True, Reason.SAME_PERSON),
        ("p-bob", True, None),
    )
    for actor, tight, refusal in cases:
        item, marks = released(actor, tight=tight, history=broken)
        assert marks[-1].tasks == (() if refusal is None else (refusal,))
        assert item.stage == (Stage.AVAILABLE if refusal is None else Stage.REQUALIFYING)
    _, marks = released("p-bob", tight=True, history=broken[:1])
    assert marks[-1].tasks == (Reason.NOT_REQUALIFYING,)


def test_scans_before_the_commissioning_belong_to_the_item_once_its_code_is_bound() -> None:
    phone, hub = Device(), Device(dev="d-quai", epoch="00000000000000b1")
    early = ship(phone, 1)
    unbound = world_of(early)
    assert total(unbound, "dispatch") == 0
    assert {reason for _, _, reason in unbound.tasks} == {Reason.UNKNOWN_ITEM}
    bound = world_of(early, commission(hub, 2))
    item, marks = only(bound)
    assert (item.type, item.stage, marks[0].reasons) == ("bac", Stage.OUTBOUND, (Reason.BEFORE_COMMISSION,))
    assert (total(bound, "dispatch"), total(bound, "pool", "day")) == (1, 1)


def test_the_first_commissioning_in_order_owns_the_code_and_the_second_is_a_task() -> None:
    phone, other = Device(), Device(dev="d-deux", epoch="00000000000000a2")
    late, early = commission(phone, 3), commission(other, 2, item_type="roll")
    item, marks = only(world_of(late, early))
    assert (item.id, item.type) == (early.id, "roll")
    assert [mark.outcome for mark in marks] == [Outcome.APPLIED, Outcome.REFUSED]
    assert marks[1].tasks == (Reason.ALREADY_BOUND,)


def test_a_replaced_label_leads_to_the_same_item_and_the_old_one_still_does() -> None:
    phone = Device()
    new = code(2)
    world = world_of(
        commission(phone),
        ship(phone, 1),
        phone.event("label.replaced", new, at=2, other=CRATE),
        phone.event("item.collected", new, at=8, place="mulhouse"),
        seen(phone, "received", 9, "strasbourg"),
    )
    item, _ = only(world)
    assert item.stage == Stage.RECEIVED
    assert {world.bindings[label].item for label in (CRATE, new)} == {item.id}


def test_a_scan_through_a_revoked_label_does_not_count() -> None:
    phone = Device()
    world = world_of(commission(phone), phone.event("label.voided", CRATE, at=1), ship(phone, 2))
    _, marks = only(world)
    assert (marks[-1].outcome, marks[-1].tasks) == (Outcome.IGNORED, (Reason.REVOKED_LABEL,))


def test_a_void_takes_an_event_away_as_if_it_had_never_been() -> None:
    phone = Device()
    kept = [commission(phone), ship(phone, 1)]
    wrong = seen(phone, "collected", 2, "nancy")
    void = phone.event("event.voided", CRATE, at=3, body={"target": wrong.id})
    assert world_of(*kept, wrong, void).cells == world_of(*kept).cells
    unvoid = phone.event("event.voided", CRATE, at=4, body={"target": void.id})
    assert world_of(*kept, wrong, void, unvoid).cells == world_of(*kept).cells


def test_a_void_that_names_another_subject_has_no_effect_and_opens_a_task() -> None:
    phone = Device()
    start = commission(phone)
    sent = ship(phone, 1)
    void = phone.event("event.voided", code(9), at=2, body={"target": sent.id})
    world = world_of(start, sent, void)
    assert total(world, "dispatch") == 1
    assert [reason for _, _, reason in world.tasks] == [Reason.VOID_MISMATCH]


def test_a_correction_takes_the_place_of_its_target_in_the_order() -> None:
    phone = Device()
    start, wrong = commission(phone), ship(phone, 1, "nancy")
    collected = seen(phone, "collected", 5, "mulhouse")
    right = phone.event("item.shipped", CRATE, at=6, place="strasbourg", body={"to": "mulhouse"}, corrects=wrong.id)
    world = world_of(start, wrong, collected, right)
    _, marks = only(world)
    assert [mark.event for mark in marks] == [start.id, right.id, collected.id]
    assert world.tasks == {}
    assert total(world, "dispatch", partner="rhin") == 1
    assert total(world, "dispatch", partner="nancy") == 0


def test_of_two_corrections_the_last_counts_and_the_other_opens_a_task() -> None:
    phone = Device()
    start, wrong = commission(phone), ship(phone, 1, "nancy")
    keys: dict[str, Any] = {"place": "strasbourg", "corrects": wrong.id}
    one = phone.event("item.shipped", CRATE, at=2, body={"to": "acores"}, **keys)
    two = phone.event("item.shipped", CRATE, at=3, body={"to": "mulhouse"}, **keys)
    world = world_of(start, wrong, one, two)
    assert only(world)[0].ship_partner == "rhin"
    assert [(event, reason) for _, event, reason in world.tasks] == [(one.id, Reason.CORRECTION_SUPERSEDED)]


def test_a_transfer_between_partners_moves_the_balance_and_is_no_use_unless_refilled() -> None:
    phone = Device()
    out = [commission(phone), ship(phone, 1), seen(phone, "delivered", 2, "mulhouse")]
    moved = world_of(*out, seen(phone, "transferred", 6, "mulhouse", to="nancy"))
    assert only(moved)[0].uses == 1
    assert total(moved, "held", "day", partner="nancy") == 1
    assert total(moved, "open", "due", partner="nancy") == 1
    refilled = world_of(*out, seen(phone, "transferred", 6, "mulhouse", to="nancy", refilled=True))
    assert only(refilled)[0].uses == 2
    assert total(refilled, "held", "day", partner="rhin") == 0


def test_a_count_at_one_of_our_sites_proves_a_return_nobody_scanned() -> None:
    phone = Device()
    world = world_of(commission(phone), ship(phone, 1), seen(phone, "counted", 30, "metz"))
    item, marks = only(world)
    assert marks[-1].reasons == (Reason.INFERRED_RETURNED,)
    assert (item.site, item.loan_open) == ("metz", False)


def test_a_back_dated_reference_row_changes_what_earlier_events_mean() -> None:
    phone, server = Device(), Device(dev="d-serveur", epoch="00000000000000f0")
    history = [commission(phone), ship(phone, 1), seen(phone, "received", 9, "strasbourg")]
    base = network(server)
    row = {"name": "Bac", "material": "bois", "tare_g": 3_300, "due_days": 5}
    back = server.event("reference.set", "", body={"table": "item_type", "key": "bac", "valid_from": 0, "row": row})
    item, _ = only(replay([*base, back, *history]))
    assert (item.due, item.tare_g) == ("2026-01-07", 3_300)


def test_a_movement_belongs_to_the_month_of_its_sites_zone() -> None:
    phone = Device()
    midnight = 30 + 17.5 / 24  # 2026-01-31T23:30Z: February in Strasbourg, January in the Azores
    world = world_of(commission(phone), ship(phone, 1, "acores"), seen(phone, "collected", midnight, "acores"))
    assert total(world, "collected", month="2026-01", partner="loin") == 1
    other = world_of(commission(phone), ship(phone, 1), seen(phone, "collected", midnight, "mulhouse"))
    assert total(other, "collected", month="2026-02", partner="rhin") == 1


def test_quantities_move_between_stock_transit_and_partner_by_commuting_deltas() -> None:
    phone = Device()
    film: dict[str, Any] = {"item_type": "film"}
    events = [
        phone.event("item.commissioned", "", at=0, qty=500, place="strasbourg", **film),
        phone.event("item.shipped", "", at=1, qty=120, place="strasbourg", body={"to": "nancy"}, **film),
        phone.event("item.delivered", "", at=2, qty=119, place="nancy", **film),
        phone.event("item.received", "", at=9, qty=70, place="metz", body={"from": "nancy"}, **film),
    ]
    world = world_of(*reversed(events))
    assert total(world, "stock", "day", site="strasbourg") == 380
    assert total(world, "stock", "day", site="metz") == 70
    assert (total(world, "held", "day", partner="nancy"), total(world, "transit", "day")) == (49, 1)
    assert (total(world, "qty_dispatch"), total(world, "qty_return")) == (120, 70)
    assert total(world, "received_g") == 21_000


def test_a_declared_quantity_of_a_serialised_type_is_booked_apart_and_scans_of_its_stop_answer_it() -> None:
    phone = Device()
    world = world_of(
        commission(phone),
        ship(phone, 1),
        seen(phone, "delivered", 2, "mulhouse"),
        phone.event("item.collected", "", at=5, item_type="bac", qty=40, place="mulhouse", task="arret-7"),
        phone.event("item.received", CRATE, at=6, place="strasbourg", against="arret-7"),
    )
    declared = {at.bucket.rsplit("|", 1)[0]: n for at, n in world.cells.items() if at.cell == "declared"}
    matched = {at.bucket: n for at, n in world.cells.items() if at.cell == "matched" and at.measure == "collected"}
    assert declared == {"arret-7|06": 40}
    assert matched == {"arret-7|07": 1}


def test_what_is_on_hold_stays_on_hold_wherever_it_is_taken_and_whoever_did_not_scan_it() -> None:
    phone = Device()
    held = [commission(phone), seen(phone, "held", 1, "strasbourg", reason="rappel")]
    for left, legs in ((ship(phone, 2), ()), (seen(phone, "collected", 2, "mulhouse"), (Reason.INFERRED_SHIPPED,))):
        item, marks = only(world_of(*held, left))
        assert item.hold == "rappel"
        assert marks[-1].tasks == (Reason.SHIPPED_ON_HOLD,)
        assert set(legs) <= set(marks[-1].reasons)
    freed = world_of(*held, seen(phone, "unheld", 2, "strasbourg"), ship(phone, 3))
    assert (only(freed)[0].hold, freed.tasks) == ("", {})
