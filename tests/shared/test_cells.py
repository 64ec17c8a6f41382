"""Every cell that a history of one crate leaves, to the last second: nothing more is counted, nothing elsewhere."""

from typing import Any

import pytest

from boucle.events import Event
from boucle.replay import replay
from tests.builders import DAY, START_MS, Device, code, network

CRATE = code(1)
Cells = dict[str, int]


def cells_of(*events: Event, server: tuple[Event, ...] = ()) -> Cells:
    """Give the cells as `cell month site partner loop measure bucket`, `-` for nothing; all are of one type."""
    found = replay([*network(), *server, *events]).cells
    assert {(at.type, at.material) for at in found} == {("bac", "plastique")}
    parts = ("cell", "month", "site", "partner", "loop", "measure", "bucket")
    return {" ".join(getattr(at, part) or "-" for part in parts): n for at, n in found.items()}


def table(text: str) -> Cells:
    """Read a table of such cells, a line each with its number at the end."""
    rows = (line.rsplit(maxsplit=1) for line in text.splitlines() if line.strip())
    return {" ".join(cell.split()): int(n) for cell, n in rows}


class Crate:
    """One crate's history, an act a line."""

    def __init__(self, **body: Any) -> None:
        self.phone = Device()
        self.events = [
            self.phone.event("item.commissioned", CRATE, at=0, place="strasbourg", body={"type": "bac", **body})
        ]

    def __call__(self, kind: str, at: float, place: str, /, task: str = "", against: str = "", **body: Any) -> "Crate":
        self.events.append(self.phone.event(kind, CRATE, at=at, place=place, task=task, against=against, body=body))
        return self

    def cells(self) -> Cells:
        return cells_of(*self.events)


BORN = """
day    2026-01 strasbourg -    -      pool         01 1
month  2026-01 strasbourg -    -      commissioned -  1
month  2026-01 strasbourg -    -      pool_s       -  2653200
"""  # from 07:00 on the first to the end of January in Strasbourg: 31 days less 7 hours

SENT = """
cohort 2026-01 strasbourg rhin alsace shipped      -  1
day    2026-01 mulhouse   rhin alsace transit      02 1
day    2026-01 strasbourg rhin alsace out          02 1
month  2026-01 strasbourg -    -      evidence     scanned 1
month  2026-01 strasbourg rhin alsace dispatch     -  1
"""

LENT = """
due    2026-02 strasbourg rhin alsace open         01 1
loss   2026-04 strasbourg rhin alsace open         02 1
month  2026-01 strasbourg rhin alsace first_use    -  1
month  2026-01 strasbourg rhin alsace out_s        -  2566800
visit  2026-01 strasbourg rhin alsace loan         02 1
"""


def sent() -> Crate:
    return Crate()("item.shipped", 1, "strasbourg", to="mulhouse")


def test_a_commissioned_crate_is_in_the_pool() -> None:
    assert Crate().cells() == table(BORN)


def test_a_dispatch_opens_a_cycle_and_a_loan() -> None:
    assert sent().cells() == table(BORN + SENT + LENT)


def test_a_crate_with_uses_from_before_is_reused_at_its_first_dispatch_here() -> None:
    crate = Crate(opening_uses=4, tare_g=1_900)("item.shipped", 1, "strasbourg", to="mulhouse")
    expected = table(BORN + SENT + LENT)
    del expected["month 2026-01 strasbourg rhin alsace first_use -"]
    assert crate.cells() == expected | table("""
        month 2026-01 strasbourg - - opening_uses - 4
        month 2026-01 strasbourg - - opening_n - 1
        month 2026-01 strasbourg rhin alsace reuse_g - 1900
    """)


def looped() -> Crate:
    crate = sent()("item.delivered", 2, "mulhouse")("item.collected", 9.5, "mulhouse", task="arret-7")
    return crate("item.received", 10, "metz", against="arret-7", mass_g=2_150)


LOOPED = (
    BORN
    + SENT
    + """
cohort  2026-01 strasbourg rhin alsace returned       0009 1
day     2026-01 mulhouse   rhin alsace held           03 1
day     2026-01 mulhouse   rhin alsace held           10 -1
day     2026-01 mulhouse   rhin alsace inbound        10 1
day     2026-01 mulhouse   rhin alsace inbound        11 -1
day     2026-01 mulhouse   rhin alsace transit        03 -1
day     2026-01 strasbourg rhin alsace out            11 -1
dwell   2026-01 mulhouse   rhin alsace closed         0007 1
matched 2026-01 -          -    -      collected      arret-7|10 1
month   2026-01 metz       -    -      evidence       scanned 1
month   2026-01 metz       rhin alsace lag_n          - 1
month   2026-01 metz       rhin alsace lag_s          - 777600
month   2026-01 metz       rhin alsace received_g     - 2150
month   2026-01 metz       rhin alsace received_units - 1
month   2026-01 metz       rhin alsace return         - 1
month   2026-01 metz       rhin alsace weighed_g      - 2150
month   2026-01 mulhouse   rhin -      evidence       scanned 2
month   2026-01 mulhouse   rhin alsace collected      - 1
month   2026-01 mulhouse   rhin alsace dwell_n        - 1
month   2026-01 mulhouse   rhin alsace dwell_s        - 648000
month   2026-01 strasbourg rhin alsace first_use      - 1
month   2026-01 strasbourg rhin alsace out_s          - 777600
"""
)  # out for nine days, of which seven and a half at the partner


def test_a_whole_loop_leaves_the_pool_and_what_happened() -> None:
    assert looped().cells() == table(LOOPED)


def test_the_second_dispatch_is_a_reuse_and_closes_a_measured_cycle() -> None:
    crate = looped()("item.shipped", 20, "metz", to="nancy")
    assert crate.cells() == table(LOOPED) | table("""
        cohort 2026-01 metz  nancy - shipped  -  1
        day    2026-01 metz  nancy - out      21 1
        day    2026-01 nancy nancy - transit  21 1
        due    2026-02 metz  nancy - open     20 1
        loss   2026-04 metz  nancy - open     21 1
        month  2026-01 metz  -     - evidence scanned 2
        month  2026-01 metz  nancy - cycle_n  -  1
        month  2026-01 metz  nancy - cycle_s  -  1641600
        month  2026-01 metz  nancy - dispatch -  1
        month  2026-01 metz  nancy - out_s    -  925200
        month  2026-01 metz  nancy - reuse_g  -  2000
        visit  2026-01 metz  nancy - loan     21 1
    """)


def test_a_cycle_that_began_with_an_inferred_dispatch_has_no_length() -> None:
    crate = Crate()("item.collected", 4, "mulhouse")("item.received", 5, "strasbourg")
    again = crate("item.shipped", 9, "strasbourg", to="mulhouse").cells()
    assert {cell: n for cell, n in again.items() if "_n" in cell or "_s" in cell.removesuffix("pool_s")} == table("""
        month 2026-01 strasbourg rhin alsace out_s  - 1962000
        month 2026-01 strasbourg -    -      pool_s - 2653200
    """)


LOST = (
    BORN
    + SENT
    + """
cohort 2026-01 strasbourg rhin alsace lost       0074 1
day    2026-01 mulhouse   rhin alsace held       03 1
day    2026-01 mulhouse   rhin alsace transit    03 -1
day    2026-03 mulhouse   rhin alsace held       17 -1
day    2026-03 strasbourg -    -      pool       17 -1
day    2026-03 strasbourg rhin alsace out        17 -1
month  2026-01 mulhouse   rhin -      evidence   scanned 1
month  2026-01 strasbourg rhin alsace first_use  - 1
month  2026-01 strasbourg rhin alsace out_s      - 2566800
month  2026-03 strasbourg -    -      left_n     - 1
month  2026-03 strasbourg -    -      left_uses  - 1
month  2026-03 strasbourg -    -      lost       - 1
month  2026-03 strasbourg -    -      pool_s     - -1267200
month  2026-03 strasbourg rhin alsace out_s      - -1267200
"""
)


def lost() -> Crate:
    return sent()("item.delivered", 2, "mulhouse")("item.written_off", 75, "")


def test_a_loss_closes_the_loan_and_the_visit_without_a_length_that_nobody_knows() -> None:
    assert lost().cells() == table(LOST)


def test_finding_reverses_the_loss_in_the_month_of_finding_and_the_visit_goes_on() -> None:
    assert lost()("item.found", 160, "mulhouse").cells() == table(LOST) | table("""
        cohort 2026-01 strasbourg rhin alsace found     0159 1
        day    2026-06 mulhouse   rhin alsace held      10 1
        day    2026-06 strasbourg -    -      pool      10 1
        day    2026-06 strasbourg rhin alsace out       10 1
        due    2026-02 strasbourg rhin alsace open      01 1
        loss   2026-04 strasbourg rhin alsace open      02 1
        month  2026-06 strasbourg -    -      found     - 1
        month  2026-06 strasbourg -    -      left_n    - -1
        month  2026-06 strasbourg -    -      left_uses - -1
        month  2026-06 strasbourg -    -      pool_s    - 1785600
        month  2026-06 strasbourg rhin alsace out_s     - 1785600
        visit  2026-01 mulhouse   rhin alsace open      03 1
        visit  2026-01 strasbourg rhin alsace loan      02 1
    """)


def test_a_crate_written_off_at_home_is_found_at_home_without_a_loan() -> None:
    crate = Crate()("item.written_off", 3, "")
    assert crate("item.counted", 5, "strasbourg").cells() == table(BORN) | table("""
        day   2026-01 strasbourg - - pool   04 -1
        day   2026-01 strasbourg - - pool   06 1
        month 2026-01 strasbourg - - found  -  1
        month 2026-01 strasbourg - - lost   -  1
        month 2026-01 strasbourg - - pool_s -  2480400
    """)


@pytest.mark.parametrize(("body", "expected"), [
    ({}, "pending_g - 2000"),
    ({"mass_g": 1_870}, "pending_g - 1870"),
    ({"route": "resale"}, "resold_g - 2000"),
    ({"route": "donate", "mass_g": 1_870}, "resold_g - 1870"),
    ({"code": "R3", "mode": "recycling"}, "treated_g R3|recycling 2000"),
    ({"code": "R12"}, "pending_g - 2000"),
])  # fmt: skip
def test_a_retirement_leaves_the_pool_and_its_mass_goes_one_way(body: dict[str, Any], expected: str) -> None:
    assert Crate()("item.retired", 3, "strasbourg", **body).cells() == table(BORN) | table(f"""
        day   2026-01 strasbourg - - pool    04 -1
        month 2026-01 strasbourg - - pool_s  -  259200
        month 2026-01 strasbourg - - retired -  1
        month 2026-01 strasbourg - - {expected}
    """)


def test_a_used_crate_retires_out_of_its_cohort_and_with_its_uses() -> None:
    found = looped()("item.retired", 12, "metz", code="R3", mode="recycling", mass_g=1_990).cells()
    expected = table(LOOPED) | table("""
        cohort 2026-01 strasbourg rhin alsace retired - 1
        day   2026-01 strasbourg - - pool              13 -1
        month 2026-01 strasbourg - - pool_s            -  1036800
        month 2026-01 strasbourg - - retired           -  1
        month 2026-01 strasbourg - - left_n            -  1
        month 2026-01 strasbourg - - left_uses         -  1
        month 2026-01 metz       - - treated_g         R3|recycling 1990
        month 2026-01 metz       - - treated_weighed_g - 1990
    """)
    assert found == expected


def test_a_transfer_takes_the_balance_and_the_loan_along_and_closes_the_visit() -> None:
    crate = sent()("item.delivered", 2, "mulhouse")("item.transferred", 6, "mulhouse", to="nancy")
    expected = table(BORN + SENT) | table("""
        day   2026-01 mulhouse   rhin  alsace transit  03 -1
        day   2026-01 mulhouse   rhin  alsace held     03 1
        day   2026-01 mulhouse   rhin  alsace held     07 -1
        day   2026-01 nancy      nancy alsace held     07 1
        day   2026-01 strasbourg rhin  alsace out      07 -1
        day   2026-01 strasbourg nancy alsace out      07 1
        due   2026-02 strasbourg nancy alsace open     01 1
        loss  2026-04 strasbourg nancy alsace open     02 1
        dwell 2026-01 mulhouse   rhin  alsace closed   0004 1
        visit 2026-01 nancy      nancy alsace open     07 1
        visit 2026-01 strasbourg rhin alsace  loan     02 1
        month 2026-01 mulhouse   rhin  -      evidence scanned 2
        month 2026-01 mulhouse   rhin  alsace dwell_n  - 1
        month 2026-01 mulhouse   rhin  alsace dwell_s  - 345600
        month 2026-01 strasbourg rhin  alsace first_use - 1
        month 2026-01 strasbourg rhin  alsace out_s    - 432000
        month 2026-01 strasbourg nancy alsace out_s    - 2134800
    """)
    assert crate.cells() == expected


def test_a_place_that_changes_hands_gives_back_on_the_balance_it_took_from() -> None:
    server = Device(dev="d-serveur", epoch="00000000000000f1")
    row = {"name": "Mulhouse", "partner": "nancy", "zone": "Atlantic/Azores"}
    start = START_MS + 5 * DAY
    sold = server.event("reference.set", body={"table": "site", "key": "mulhouse", "valid_from": start, "row": row})
    for until in ("item.delivered", "item.collected", "item.received"):
        crate = sent()
        for kind, at, place in (
            ("item.delivered", 2, "mulhouse"),
            ("item.collected", 9, "mulhouse"),
            ("item.received", 10, "metz"),
        ):
            crate(kind, at, place)
            if kind == until:
                break
        found = cells_of(*crate.events, server=(sold,))
        stocks: dict[tuple[str, str], int] = {}
        for cell, n in found.items():
            family, _, _, partner, _, measure, _ = cell.split()
            if family in ("day", "visit") and measure not in ("pool", "loan"):
                stocks[partner, measure] = stocks.get((partner, measure), 0) + n
        held = {key: n for key, n in stocks.items() if n}
        assert (
            held
            == {
                "item.delivered": {("rhin", "held"): 1, ("rhin", "open"): 1, ("rhin", "out"): 1},
                "item.collected": {("nancy", "inbound"): 1, ("rhin", "out"): 1},
                "item.received": {},
            }[until]
        )


def test_a_crate_is_of_the_material_that_its_type_had_when_it_was_born() -> None:
    server = Device(dev="d-serveur", epoch="00000000000000f1")
    row = {"name": "Bac", "material": "bois", "tare_g": 2_500}
    start = START_MS + 5 * DAY
    changed = server.event("reference.set", body={"table": "item_type", "key": "bac", "valid_from": start, "row": row})
    crate = looped()("item.retired", 12, "metz")
    found = cells_of(*crate.events, server=(changed,))
    assert found["month 2026-01 metz - - pending_g -"] == 2_000


def test_every_scan_says_how_it_is_known() -> None:
    crate = sent()("item.collected", 5, "mulhouse", evidence="declared")("item.collected", 5.1, "mulhouse")
    found = {cell: n for cell, n in crate.cells().items() if "evidence" in cell or "repeat" in cell}
    assert found == table("""
        month 2026-01 strasbourg -    - evidence scanned  1
        month 2026-01 mulhouse   rhin - evidence inferred 1
        month 2026-01 mulhouse   rhin - evidence declared 1
        month 2026-01 mulhouse   rhin - repeat   -        1
    """)


def test_only_the_first_use_of_all_is_a_first_use() -> None:
    crate = Crate(opening_uses=1)("item.shipped", 1, "strasbourg", to="mulhouse")("item.received", 2, "strasbourg")
    found = crate("item.shipped", 3, "strasbourg", to="mulhouse").cells()
    assert found["month 2026-01 strasbourg rhin alsace reuse_g -"] == 4_000
    assert "month 2026-01 strasbourg rhin alsace first_use -" not in found


def test_a_cycle_that_ended_in_an_inferred_dispatch_has_no_length() -> None:
    found = looped()("item.collected", 20, "mulhouse").cells()
    assert found["month 2026-01 metz rhin - dispatch_inferred -"] == 1
    assert [cell for cell in found if "cycle_" in cell] == []


def test_a_return_that_nobody_scanned_has_no_delay() -> None:
    found = sent()("item.counted", 9, "metz").cells()
    assert found["month 2026-01 metz rhin alsace return_implied -"] == 1
    assert [cell for cell in found if "lag_" in cell or cell.endswith("return -")] == []
