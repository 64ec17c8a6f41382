"""The figures of what leaves the loop: diverted, valorised, pending, and the routes of treatment."""

from fractions import Fraction
from typing import Any

import pytest

from boucle.kpi import micro
from boucle.replay import replay
from boucle.treatment import Route, route
from tests.builders import Device, network
from tests.shared.figure_cells import W8, cells, value


def test_w8_diversion_counts_burning_as_disposal_and_what_waits_as_not_diverted() -> None:
    found = cells(*W8)
    diverted, left = value("K23", found), value("K24", found)
    assert (diverted.numerator, diverted.denominator, micro(diverted.value)) == (2_320_000, 3_000_000, 773_333)
    assert (left.numerator, left.denominator, micro(left.value)) == (480_000, 2_800_000, 171_429)


def test_w8_what_is_pending_is_outside_the_valorisation_rate_and_printed_beside() -> None:
    found = cells(*W8)
    rate = value("K22", found)
    assert (rate.numerator, rate.denominator) == (2_620_000, 2_800_000)
    assert micro(rate.value) == 935_714
    assert micro(value("K22-material", found).value) == 828_571
    assert rate.factor_set_id == "codes-2025"
    pending = value("K21-pending", found)
    assert pending.value == 200_000
    assert pending.bands == {"retired": 140_000, "intermediate": 37_000, "unrouted": 23_000}
    routes = {name: value(f"K21-{name}", found).value for name in ("preparation", "recycling", "energy", "disposal")}
    assert routes == {"preparation": 420_000, "recycling": 1_900_000, "energy": 300_000, "disposal": 180_000}


def test_w8_comes_out_of_the_events_of_a_month_as_it_does_of_its_sums() -> None:
    phone = Device()
    film: dict[str, Any] = {"item_type": "film", "place": "strasbourg"}
    treated = (
        ("R0", "", 420_000),
        ("R4", "", 1_100_000),
        ("R3", "recycling", 800_000),
        ("R1", "", 300_000),
        ("D5", "", 180_000),
        ("R3", "", 23_000),
    )
    # 590 pieces of 300 g wait: what an intermediate treatment weighed stays there at the mass with which it was put.
    history = [
        phone.event("item.retired", at=3, qty=590, **film),
        phone.event("item.treated", at=4, qty=123, body={"code": "R13", "mass_g": 35_000}, **film),
    ]
    for code_, mode, mass_g in treated:
        body = {"code": code_, "mass_g": mass_g} | ({"mode": mode} if mode else {})
        history.append(phone.event("item.retired", at=4, qty=100, **film))
        history.append(phone.event("item.treated", at=5, qty=100, body=body, **film))
    found = replay([*network(), *history]).cells
    summed = cells(*W8)
    for definition_id in ("K22", "K22-material", "K23", "K24"):
        assert value(definition_id, found).value == value(definition_id, summed).value, definition_id
    assert micro(value("K22", found).value) == 935_714
    assert micro(value("K23", found).value) == 773_333
    assert value("K21-pending", found).value == 200_000


def test_pending_mass_is_a_stock_that_lasts_over_months() -> None:
    found = cells(("month", "2026-01", "pending_g", "", 900), ("month", "2026-03", "pending_g", "", -300))
    assert [value("K21-pending", found, month).value for month in ("2026-01", "2026-02", "2026-03")] == [900, 900, 600]


@pytest.mark.parametrize(
    ("typed", "mode", "expected"),
    [
        ("r 3", "other", Route.OTHER_MATERIAL),
        ("R3", "energy", Route.UNROUTED),
        ("R11", "energy", Route.ENERGY),
        ("R9", "reuse", Route.PREPARATION),
        ("D9", "", Route.PENDING),
        ("d9f", "", Route.DISPOSAL),
        ("R12", "recycling", Route.PENDING),
        ("R99", "", Route.UNROUTED),
        ("", "", Route.UNROUTED),
    ],
)
def test_a_code_has_a_route_or_says_that_it_has_none(typed: str, mode: str, expected: Route) -> None:
    assert route(typed, mode, "2026-01") is expected


def test_collected_mass_says_how_much_of_it_was_weighed() -> None:
    found = cells(
        ("month", "2026-01", "received_units", "", 13),
        ("month", "2026-01", "received_g", "", 29_000),
        ("month", "2026-01", "weighed_g", "", 11_600),
        ("month", "2026-01", "reuse_g", "", 18_000),
        ("month", "2026-01", "evidence", "scanned", 33),
        ("month", "2026-01", "evidence", "declared", 5),
        ("month", "2026-01", "evidence", "inferred", 6),
        ("month", "2026-01", "repeat", "", 4),
    )
    assert [value(name, found).value for name in ("K20", "K20-mass", "K20-weighed")] == [13, 29_000, Fraction(2, 5)]
    assert value("K21-reuse", found).value == 18_000
    share = value("evidence", found)
    assert (share.value, share.quality.inferred, share.quality.duplicates) == (Fraction(3, 4), 6, 4)
    assert share.quality.unweighed_share == Fraction(3, 5)
