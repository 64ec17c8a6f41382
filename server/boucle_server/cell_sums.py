"""One number for all cells of a family and month: equal numbers, equal cells.

Each cell is counted with the hash of its address, modulo a prime, so that a batch only adds what it changed, any
order of arrival gives the same number, and so does a rebuild. Whoever has summed up a month before reads one number
to know that nothing has changed since.
"""

from collections import defaultdict
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.facts import Cell, Cells
from boucle_server.read_tables import CELL_SUM

PRIME: Final = 2**61 - 1
"""Two numbers below it can be added in 64 bits on either database."""
_NO_ZERO: Final = sa.delete(CELL_SUM).where(
    CELL_SUM.c.org == sa.bindparam("of"), CELL_SUM.c.n == sa.literal_column("0")
)
_ADD: Final = {
    "sqlite": "INSERT INTO cell_sum (org, cell, month, n) VALUES (?, ?, ?, ?)"  # noqa: S608
    f" ON CONFLICT (org, cell, month) DO UPDATE SET n = (cell_sum.n + excluded.n) % {PRIME}",
    "postgresql": "INSERT INTO cell_sum (org, cell, month, n)"  # noqa: S608
    " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])"
    f" ON CONFLICT (org, cell, month) DO UPDATE SET n = mod(cell_sum.n + excluded.n, {PRIME})",
}


def sums_of(cells: Cells) -> dict[tuple[str, str], int]:
    """Give the number of each family and month of some cells, or of what a batch adds to them."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for at, n in cells.items():
        found[at.cell, at.month] += n * _weight(at)
    return {address: n % PRIME for address, n in found.items()}


def add(connection: Connection, org: str, cells: Cells) -> None:
    """Add what a batch adds to the cells."""
    written = rows_of(org, cells)
    if not written:
        return
    dialect = connection.dialect.name
    if dialect == "sqlite":
        connection.exec_driver_sql(_ADD[dialect], written)
    else:
        connection.exec_driver_sql(_ADD[dialect], tuple(list(column) for column in zip(*written, strict=True)))
    connection.execute(_NO_ZERO, {"of": org})


def rows_of(org: str, cells: Cells) -> list[tuple[str, str, str, int]]:
    """Give the rows of the numbers of some cells."""
    return [(org, cell, month, n) for (cell, month), n in sums_of(cells).items() if n]


def read(connection: Connection, org: str) -> Mapping[tuple[str, str], int]:
    """Give the number of every family and month that has cells."""
    query = sa.select(CELL_SUM.c.cell, CELL_SUM.c.month, CELL_SUM.c.n).where(CELL_SUM.c.org == org)
    return {(cell, month): n for cell, month, n in connection.execute(query)}


def _weight(at: Cell) -> int:
    return int.from_bytes(blake2b("\0".join(at).encode(), digest_size=8).digest()) % PRIME
