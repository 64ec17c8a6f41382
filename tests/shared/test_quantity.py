"""Quantities: deltas that add up in any order, and declarations that are booked apart."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.events import KINDS, Event, Family
from boucle.facts import Cells, add
from boucle.quantity import facts_of
from boucle.reference import Book
from boucle.replay import book_of
from boucle.shape import MAX_QTY
from tests.builders import START_MS, Device, network

NETWORK = network()
BOOK = book_of(NETWORK)


def said(kind: str, qty: int = 7, place: str = "strasbourg", item_type: str = "film", **keys: Any) -> Event:
    phone = Device()
    return phone.event(f"item.{kind}", "", at=1, item_type=item_type, qty=qty, place=place, **keys)


def sums(*events: Event, book: Book = BOOK) -> dict[tuple[str, str, str, str], int]:
    """Give what events add, by measure, site, partner and loop, whatever the day."""
    cells: Cells = {}
    for event in events:
        add(cells, facts_of(event, book))
    found: dict[tuple[str, str, str, str], int] = {}
    for at, n in cells.items():
        key = (at.measure, at.site, at.partner, at.loop)
        found[key] = found.get(key, 0) + n
    return found


HOME, AWAY = "strasbourg", "mulhouse"


@pytest.mark.parametrize(("kind", "place", "body", "expected"), [
    ("commissioned", HOME, {}, {("stock", HOME, "", ""): 7}),
    ("shipped", HOME, {"to": "nancy"}, {
        ("stock", HOME, "", ""): -7, ("transit", "nancy", "nancy", "lorraine"): 7,
        ("qty_dispatch", HOME, "nancy", "lorraine"): 7,
    }),
    ("delivered", AWAY, {}, {("transit", AWAY, "rhin", ""): -7, ("held", AWAY, "rhin", ""): 7}),
    ("transferred", AWAY, {"to": "nancy"}, {("held", AWAY, "rhin", ""): -7, ("held", "nancy", "nancy", ""): 7}),
    ("collected", AWAY, {}, {
        ("held", AWAY, "rhin", ""): -7, ("inbound", AWAY, "rhin", ""): 7, ("collected", AWAY, "rhin", ""): 7,
    }),
    ("moved", HOME, {"to": "metz"}, {("stock", HOME, "", ""): -7, ("stock", "metz", "", ""): 7}),
    ("sorted", HOME, {"verdict": "dirty"}, {("sorted", HOME, "", ""): 7}),
    ("cleaned", HOME, {}, {}),
    ("counted", HOME, {}, {}),
    ("found", HOME, {}, {}),
    ("loaded", HOME, {}, {}),
    ("emptied", AWAY, {}, {}),
])  # fmt: skip
def test_a_movement_is_deltas_on_where_things_are(
    kind: str, place: str, body: dict[str, Any], expected: dict[tuple[str, str, str, str], int]
) -> None:
    assert sums(said(kind, 7, place, body=body)) == expected


def test_a_receipt_takes_from_the_giver_and_weighs_by_the_type() -> None:
    found = sums(said("received", 7, "metz", body={"from": AWAY}))
    assert found == {
        ("held", AWAY, "rhin", ""): -7,
        ("stock", "metz", "", ""): 7,
        ("qty_return", "metz", "rhin", ""): 7,
        ("received_units", "metz", "rhin", ""): 7,
        ("received_g", "metz", "rhin", ""): 2_100,
    }


def test_a_receipt_of_a_stop_takes_from_the_vehicle_and_what_was_weighed_goes_before_the_nominal_mass() -> None:
    found = sums(said("received", 7, "metz", against="arret-7", body={"from": AWAY, "mass_g": 1_990}))
    assert found[("inbound", AWAY, "rhin", "")] == -7
    assert ("held", AWAY, "rhin", "") not in found
    assert (found[("received_g", "metz", "rhin", "")], found[("weighed_g", "metz", "rhin", "")]) == (1_990, 1_990)


def test_a_receipt_from_nobody_takes_from_the_vehicle_of_nobody() -> None:
    found = sums(said("received", 7, "metz"))
    assert found[("inbound", "", "", "")] == -7
    assert found[("qty_return", "metz", "", "")] == 7


def test_a_collection_and_its_receipt_leave_nothing_under_way() -> None:
    found = sums(
        said("collected", 7, AWAY, task="arret-7"), said("received", 7, "metz", against="arret-7", body={"from": AWAY})
    )
    assert ("inbound", AWAY, "rhin", "") not in found
    assert found[("held", AWAY, "rhin", "")] == -7


@pytest.mark.parametrize(("body", "expected"), [
    ({}, {"pending_g": 2_100}),
    ({"mass_g": 2_000}, {"pending_g": 2_100}),
    ({"route": "resale"}, {"resold_g": 2_100}),
    ({"route": "donate", "mass_g": 2_000}, {"resold_g": 2_000}),
    ({"route": "disposal"}, {"pending_g": 2_100}),
    ({"code": "R3", "mode": "recycling"}, {"treated_g": 2_100}),
    ({"code": "R3", "mass_g": 2_000}, {"treated_g": 2_000, "treated_weighed_g": 2_000}),
    ({"code": "R13"}, {"pending_g": 2_100}),
    ({"code": "R13", "route": "resale"}, {"resold_g": 2_100}),
])  # fmt: skip
def test_a_retirement_leaves_the_stock_and_its_mass_goes_one_way(
    body: dict[str, Any], expected: dict[str, int]
) -> None:
    found = sums(said("retired", 7, body=body))
    assert found == {("stock", HOME, "", ""): -7, **{(measure, HOME, "", ""): n for measure, n in expected.items()}}


def test_a_treatment_takes_off_what_waits_as_much_as_was_put_on() -> None:
    retired, treated = said("retired", 7), said("treated", 7, body={"code": "R1", "mode": "energy", "mass_g": 1_000})
    found = sums(retired, treated)
    assert ("pending_g", HOME, "", "") not in found
    assert (found[("treated_g", HOME, "", "")], found[("treated_weighed_g", HOME, "", "")]) == (1_000, 1_000)
    [(at, _)] = [fact for fact in facts_of(treated, BOOK) if fact.at.measure == "treated_g"]
    assert at.bucket == "R1|energy"
    assert sums(said("treated", 7, body={"code": "R13"})) == {}


def test_a_type_without_a_mass_waits_by_what_was_weighed() -> None:
    found = sums(said("retired", 7, item_type="inconnu", body={"mass_g": 500}))
    assert found[("pending_g", HOME, "", "")] == 500


def test_an_adjustment_is_a_decision_and_may_take_away() -> None:
    phone = Device()
    less = phone.event("stock.adjusted", "", item_type="film", qty=-3, place=HOME, body={"reason": "inventaire"})
    assert sums(less) == {("stock", HOME, "", ""): -3, ("adjusted", HOME, "", ""): -3}


def test_a_day_is_that_of_the_place_where_things_change_hands() -> None:
    phone = Device()
    midnight = 30 + 17.5 / 24  # February in Strasbourg, January in the Azores
    shipped = phone.event("item.shipped", "", at=midnight, item_type="film", qty=7, place=HOME, body={"to": "acores"})
    days = {(at.measure, at.month, at.bucket) for at, _ in facts_of(shipped, BOOK) if at.cell == "day"}
    assert days == {("stock", "2026-02", "01"), ("transit", "2026-01", "31")}


def test_a_quantity_of_a_serialised_type_is_a_declaration_and_moves_nothing() -> None:
    found = facts_of(said("collected", 40, AWAY, item_type="bac", task="arret-7"), BOOK)
    assert [(at.cell, at.measure, at.partner, at.bucket, n) for at, n in found] == [
        ("month", "evidence", "rhin", "declared", 40),
        ("declared", "collected", "rhin", f"arret-7|02|{START_MS + 86_400_000}", 40),
    ]


def test_a_declared_shipment_stands_at_its_destination_and_one_without_a_task_for_itself() -> None:
    event = said("shipped", 40, HOME, item_type="bac", body={"to": "nancy"})
    [declared] = [at for at, _ in facts_of(event, BOOK) if at.cell == "declared"]
    assert (declared.site, declared.partner, declared.measure) == ("nancy", "nancy", "shipped")
    assert declared.bucket.startswith(f"{event.id}|")


@pytest.mark.parametrize("kind", ["received", "transferred"])
def test_a_declared_movement_that_no_balance_takes_only_counts_as_evidence(kind: str) -> None:
    found = facts_of(said(kind, 40, HOME, item_type="bac", body={"to": "nancy"}), BOOK)
    assert [(at.measure, n) for at, n in found] == [("evidence", 40)]
    assert facts_of(said("counted", 40, HOME, item_type="bac"), BOOK) == []


def test_an_unknown_type_is_taken_as_one_without_serial_numbers() -> None:
    assert sums(said("commissioned", 7, item_type="inconnu")) == {("stock", HOME, "", ""): 7}


def test_quantities_add_up_the_same_in_any_order() -> None:
    events = [
        said("commissioned", 500),
        said("shipped", 120, body={"to": AWAY}),
        said("delivered", 119, AWAY),
        said("received", 70, "metz", body={"from": AWAY}),
    ]
    assert len({tuple(sorted(sums(*order).items())) for order in permutations(events)}) == 1


folded = sorted(name for name, kind in KINDS.items() if kind.family is not Family.REFERENCE and kind.subject != "code")


@given(
    st.sampled_from(folded), st.integers(-MAX_QTY, MAX_QTY), st.sampled_from(["film", "bac", "inconnu"]),
    st.sampled_from([*"abc", HOME, AWAY, "nancy", ""]), st.sampled_from([HOME, AWAY, "nowhere", ""]),
)  # fmt: skip
def test_every_kind_gives_whole_numbers_other_than_nil(
    kind: str, qty: int, item_type: str, place: str, to: str
) -> None:
    said_so = Device().fields(kind, "", item_type=item_type, qty=qty, place=place)
    event = Event(
        id=said_so["id"], org="o", dev="d", epoch="e", seq=1, kind=kind, major=1, teff=START_MS, tq=0,
        subject=f"qty:{said_so['id']}", item_type=item_type, qty=qty, place=place, body={"to": to, "from": to},
    )  # fmt: skip
    for at, n in facts_of(event, BOOK):
        assert n != 0
        assert type(n) is int
        assert all(type(part) is str for part in at)
        assert abs(n) < 2**62
