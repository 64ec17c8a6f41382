"""The numbers that tell whether the cells of a month have changed."""

from random import Random

from boucle.facts import Cell, Cells, Fact, add
from boucle.projection import Changes
from boucle_server import cell_sums, projections
from boucle_server.db import Database
from tests.server.people import an_org


def some_cells(random: Random, count: int) -> Cells:
    cells: Cells = {}
    for _ in range(count):
        family, month = random.choice(("month", "day", "cohort")), random.choice(("2026-01", "2026-02"))
        where = [random.choice(("", "a", "é")) for _ in range(5)]
        at = Cell._make([family, month, *where, random.choice(("dispatch", "out")), str(random.randrange(7))])
        add(cells, [Fact(at, random.choice((-(10**12), -1, 1, 10**12)))])
    return cells


def test_whatever_the_order_and_the_detours_equal_cells_have_equal_numbers(database: Database) -> None:
    org, random = an_org(database), Random(5)
    batches = [some_cells(random, 40) for _ in range(9)]
    everything: Cells = {}
    for batch in batches:
        add(everything, (Fact(at, n) for at, n in batch.items()))
    detour = some_cells(random, 30)
    for batch in (*batches, detour, {at: -n for at, n in detour.items()}):
        with database.writing(org) as connection:
            projections.write(connection, org, Changes(cells=dict(batch)))
    with database.reading() as connection:
        found = cell_sums.read(connection, org)
    assert found == {address: n for address, n in cell_sums.sums_of(everything).items() if n}
    assert len(found) == 6


def test_a_month_that_is_empty_again_has_no_number(database: Database) -> None:
    org = an_org(database)
    cells = some_cells(Random(6), 30)
    with database.writing(org) as connection:
        cell_sums.add(connection, org, cells)
        cell_sums.add(connection, org, {at: -n for at, n in cells.items()})
        assert cell_sums.read(connection, org) == {}


def test_one_cell_more_or_less_gives_another_number() -> None:
    cells = some_cells(Random(7), 50)
    for at in cells:
        changed = cells | {at: cells[at] + 1}
        address = (at.cell, at.month)
        assert cell_sums.sums_of(changed)[address] != cell_sums.sums_of(cells)[address]
