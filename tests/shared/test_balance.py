"""Balances: scanned and declared together, at any date, with what nobody scanned shown apart."""

from typing import Any

import pytest

from boucle.balance import Balance, balances, proofs_of
from boucle.clock import day_after, day_of
from boucle.events import Event
from boucle.facts import Fact
from boucle.reasons import Reason
from boucle.replay import book_of, replay
from tests.builders import START_MS, Device, code, network

FIRST = day_of(START_MS, "Europe/Paris")


def on(day: int) -> str:
    return day_after(FIRST, day)


def balance(events: list[Event], day: int, *, site: str = "mulhouse", type_key: str = "bac") -> Balance:
    known = [*network(), *events]
    cells = [Fact(at, n) for at, n in replay(known).cells.items()]
    found = balances(cells, day=on(day), proofs=proofs_of(known, book_of(known)))
    nothing = Balance(partner="", site=site, type=type_key)
    return next((line for line in found if (line.site, line.type) == (site, type_key)), nothing)


def shipped(phone: Device, numbers: range, *, to: str = "mulhouse", delivered: bool = True) -> list[Event]:
    """Commission, ship on the first day and deliver on the second."""
    events = [phone.event("item.commissioned", code(n), place="strasbourg", body={"type": "bac"}) for n in numbers]
    phone.now_ms = START_MS + 3_600_000
    events += [phone.event("item.shipped", code(n), place="strasbourg", body={"to": to}) for n in numbers]
    phone.now_ms = START_MS + 86_400_000
    if delivered:
        events += [phone.event("item.delivered", code(n), place=to) for n in numbers]
    return events


@pytest.mark.story(4)
def test_two_not_scanned_of_forty_declared_stay_on_the_partner_until_a_scan_clears_one() -> None:
    """Story 4: the driver declares 40, the depot scans 38; later one of the two is scanned at the partner's."""
    phone, hub = Device(), Device(dev="d-hub")
    events = shipped(phone, range(50))
    assert balance(events, 4) == Balance(partner="rhin", site="mulhouse", type="bac", held=50)

    declared = phone.event("item.collected", at=5, item_type="bac", qty=40, place="mulhouse", task="arrêt")
    events.append(declared)
    assert balance(events, 5) == Balance(partner="rhin", site="mulhouse", type="bac", held=10, inbound=40, unscanned=40)

    hub.now_ms = START_MS + 6 * 86_400_000
    events += [hub.event("item.received", code(n), place="strasbourg", against="arrêt") for n in range(38)]
    assert balance(events, 6) == Balance(partner="rhin", site="mulhouse", type="bac", held=10, inbound=2, unscanned=2)
    # The day before the depot scanned, all that was known was the declaration.
    assert balance(events, 5).unscanned == 40

    events.append(phone.event("item.counted", code(41), at=9, place="mulhouse"))
    assert balance(events, 9) == Balance(partner="rhin", site="mulhouse", type="bac", held=11, inbound=1, unscanned=1)
    assert balance(events, 8).unscanned == 2
    # Seen again, it proves nothing new.
    events.append(phone.event("item.counted", code(41), at=10, place="mulhouse"))
    assert balance(events, 10).unscanned == 1


def test_a_scan_in_the_declared_stop_itself_answers_it_and_proves_nothing() -> None:
    phone = Device()
    events = shipped(phone, range(9))
    events.append(phone.event("item.collected", at=5, item_type="bac", qty=7, place="mulhouse", task="arrêt"))
    events += [phone.event("item.collected", code(n), place="mulhouse", task="arrêt") for n in range(5)]
    assert balance(events, 5) == Balance(partner="rhin", site="mulhouse", type="bac", held=2, inbound=7, unscanned=2)


def test_more_scans_than_declared_leave_no_rest_below_nil() -> None:
    phone = Device()
    events = shipped(phone, range(9))
    events.append(phone.event("item.collected", at=5, item_type="bac", qty=3, place="mulhouse", task="arrêt"))
    events += [phone.event("item.collected", code(n), place="mulhouse", task="arrêt") for n in range(5)]
    assert balance(events, 5) == Balance(partner="rhin", site="mulhouse", type="bac", held=4, inbound=5)


def test_declarations_of_other_types_and_other_stops_are_left_alone() -> None:
    phone = Device()
    events = shipped(phone, range(9))
    events.append(phone.event("item.collected", at=5, item_type="bac", qty=3, place="mulhouse", task="un"))
    events.append(phone.event("item.collected", item_type="roll", qty=2, place="mulhouse", task="un"))
    events += [phone.event("item.collected", code(n), place="mulhouse", task="deux") for n in range(4)]
    # Four scanned in the other stop, after the declaration and there since before it: each is a proof.
    assert balance(events, 5) == Balance(partner="rhin", site="mulhouse", type="bac", held=5, inbound=4)
    assert balance(events, 5, type_key="roll").unscanned == 2


def test_a_delivery_only_declared_is_answered_by_the_scans_that_collect_it_again() -> None:
    phone = Device()
    events = shipped(phone, range(30), delivered=False)
    events.append(phone.event("item.delivered", at=2, item_type="bac", qty=30, place="mulhouse", task="tournée"))
    assert balance(events, 2) == Balance(partner="rhin", site="mulhouse", type="bac", held=30, unscanned=30)
    phone.now_ms = START_MS + 20 * 86_400_000
    events += [phone.event("item.collected", code(n), place="mulhouse", task="retour") for n in range(28)]
    assert balance(events, 19).held == 30
    assert balance(events, 20) == Balance(
        partner="rhin", site="mulhouse", type="bac", held=2, transit=0, inbound=28, unscanned=2
    )


def test_a_delivery_proven_before_it_is_declared_is_another_one() -> None:
    phone = Device()
    events = shipped(phone, range(5), delivered=False)
    events.append(phone.event("item.collected", code(0), at=5, place="mulhouse"))
    events.append(phone.event("item.delivered", at=9, item_type="bac", qty=4, place="mulhouse"))
    assert balance(events, 9).unscanned == 4


def test_a_crate_that_came_after_the_declaration_proves_nothing_about_it() -> None:
    phone = Device()
    events = shipped(phone, range(9))
    events.append(phone.event("item.collected", at=5, item_type="bac", qty=3, place="mulhouse", task="un"))
    events.append(phone.event("item.commissioned", code(20), at=6, place="strasbourg", body={"type": "bac"}))
    events.append(phone.event("item.shipped", code(20), place="strasbourg", body={"to": "mulhouse"}))
    events.append(phone.event("item.delivered", code(20), at=7, place="mulhouse"))
    events.append(phone.event("item.counted", code(20), at=8, place="mulhouse"))
    assert balance(events, 8).unscanned == 3
    events.append(phone.event("item.counted", code(3), at=9, place="mulhouse"))
    assert balance(events, 9).unscanned == 2


def test_what_names_its_declaration_answers_it_before_what_names_none() -> None:
    phone, hub = Device(), Device(dev="d-hub")
    events = shipped(phone, range(5))
    events.append(phone.event("item.collected", at=5, item_type="bac", qty=1, place="mulhouse", task="un"))
    events.append(phone.event("item.collected", at=6, item_type="bac", qty=1, place="mulhouse", task="deux"))
    events.append(hub.event("item.received", code(0), at=7, place="strasbourg"))
    events.append(hub.event("item.received", code(1), at=8, place="strasbourg", against="un"))
    assert balance(events, 7).unscanned == 1
    assert balance(events, 8).unscanned == 0


def test_what_the_depot_scans_of_a_declared_collection_was_delivered_even_if_nobody_scanned_that() -> None:
    phone, hub = Device(), Device(dev="d-hub")
    events = shipped(phone, range(30), delivered=False)
    events.append(phone.event("item.delivered", at=2, item_type="bac", qty=30, place="mulhouse", task="aller"))
    events.append(phone.event("item.collected", at=8, item_type="bac", qty=30, place="mulhouse", task="retour"))
    hub.now_ms = START_MS + 9 * 86_400_000
    events += [hub.event("item.received", code(n), place="strasbourg", against="retour") for n in range(30)]
    # `against` names the collection, so the thirty inferred deliveries find the declared one by its site.
    assert balance(events, 9) == Balance(partner="", site="mulhouse", type="bac")


@pytest.mark.story(2)
def test_a_crate_scanned_by_two_drivers_at_two_partners_is_held_by_the_last_one_only() -> None:
    """Story 2: offline, synced in reverse; one inferred transfer, one task, both balances right."""
    one, two = Device(), Device(dev="d-deux")
    events = shipped(one, range(3))
    first = one.event("item.counted", code(1), at=6, place="mulhouse")
    second = two.event("item.collected", code(1), at=7, place="nancy")
    for arrivals in ([first, second], [second, first]):
        history = [*events, *arrivals]
        assert balance(history, 7).held == 2
        assert balance(history, 7, site="nancy").inbound == 1
        assert balance(history, 6, site="nancy").held == 0
        tasks = replay([*network(), *history]).tasks
        assert [reason for _, _, reason in tasks] == [Reason.OTHER_PARTNER]


@pytest.mark.story(3)
def test_a_crate_booked_at_one_partner_and_received_from_another_adjusts_the_first() -> None:
    """Story 3: the dwell at the first ends at the inferred time and is marked so."""
    phone, hub = Device(), Device(dev="d-hub")
    events = shipped(phone, range(4))
    events.append(hub.event("item.received", code(2), at=11.5, place="strasbourg", body={"from": "nancy"}))
    assert balance(events, 11).held == 3
    assert balance(events, 11, site="nancy") == Balance(partner="", site="nancy", type="bac")
    world = replay([*network(), *events])
    mark = next(mark for marks in world.marks.values() for mark in marks if mark.event == events[-1].id)
    assert Reason.INFERRED_TRANSFERRED in mark.reasons
    dwells = {(at.site, at.bucket): n for at, n in world.cells.items() if at.cell == "dwell"}
    assert dwells == {("mulhouse", "0010"): 1}


def test_quantities_are_balanced_where_they_are() -> None:
    phone = Device()
    at_hub: dict[str, Any] = {"place": "strasbourg"}
    at_mulhouse: dict[str, Any] = {"place": "mulhouse"}
    events = [
        phone.event("item.commissioned", at=0, item_type="film", qty=500, **at_hub),
        phone.event("item.shipped", at=1, item_type="film", qty=300, body={"to": "mulhouse"}, **at_hub),
        phone.event("item.delivered", at=2, item_type="film", qty=290, **at_mulhouse),
        phone.event("item.collected", at=6, item_type="film", qty=120, task="arrêt", **at_mulhouse),
        phone.event(
            "item.received", at=6, item_type="film", qty=118, against="arrêt", body={"from": "mulhouse"}, **at_hub
        ),
    ]
    assert balance(events, 6, type_key="film") == Balance(
        partner="rhin", site="mulhouse", type="film", held=170, transit=10, inbound=2
    )
    assert balance(events, 6, site="strasbourg", type_key="film") == Balance(
        partner="", site="strasbourg", type="film", stock=318
    )
