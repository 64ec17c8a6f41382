"""Partial sums: the cells of one family and month, summed by type and by at most one dimension, kept in memory.

A part is good as long as the number of its cells (`boucle_server.cell_sums`) is the one it was made under, so a
question about two years reads a few dozen numbers and sums up again only the months that changed. What is kept is
bounded; what is not kept is summed up when it is asked.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from boucle.tally import Line, Part
from boucle_server import cell_sums
from boucle_server.read_tables import CELL

FAMILIES: Final = ("month", "day", "cohort", "due", "loss", "visit", "dwell")
"""Families that figures read."""
MAX_SUMS: Final = 1_000_000
"""Sums kept by one process, at some 60 bytes each."""

Address = tuple[str, str]
"""`(family, month)`."""
Parts = dict[str, Part]
"""Parts by the value of a dimension; without one, of `""`."""


class _Key(NamedTuple):
    org: str
    dimension: str
    cell: str
    month: str


@dataclass(slots=True)
class _Kept:
    """What one process keeps of one database."""

    parts: OrderedDict[_Key, tuple[int, Parts]] = field(default_factory=OrderedDict)
    sums: int = 0
    lock: Lock = field(default_factory=Lock)

    def get(self, key: _Key, number: int) -> Parts | None:
        """Give the parts under a key if they were made of the same cells."""
        with self.lock:
            found = self.parts.get(key)
            if found is None or found[0] != number:
                return None
            self.parts.move_to_end(key)
            return found[1]

    def put(self, key: _Key, number: int, parts: Parts) -> None:
        """Keep parts, and drop those that were not asked for the longest when there are too many."""
        with self.lock:
            self._drop(key)
            self.parts[key] = (number, parts)
            self.sums += _size(parts)
            while self.sums > MAX_SUMS and len(self.parts) > 1:
                self._drop(next(iter(self.parts)))

    def _drop(self, key: _Key) -> None:
        old = self.parts.pop(key, None)
        if old is not None:
            self.sums -= _size(old[1])


_KEPT: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()


def forget() -> None:
    """Forget every sum that this process keeps, as if it had just begun."""
    _KEPT.clear()


def parts_by(connection: Connection, org: str, dimension: str = "") -> dict[str, dict[Address, Part]]:
    """Give every part of an organisation by the value of a dimension (`loop`, `partner` or `site`).

    Without a dimension, all under `""`.
    """
    kept = _KEPT.setdefault(connection.engine, _Kept())
    found: dict[Address, Parts] = {}
    stale: dict[str, dict[str, int]] = {}
    for (cell, month), number in cell_sums.read(connection, org).items():
        if cell not in FAMILIES:
            continue
        known = kept.get(_Key(org, dimension, cell, month), number)
        if known is None:
            stale.setdefault(cell, {})[month] = number
        else:
            found[cell, month] = known
    for cell, months in stale.items():
        summed = sum_up(connection, org, cell=cell, months=months, dimension=dimension)
        for month, number in months.items():
            parts = summed.get(month, {})
            kept.put(_Key(org, dimension, cell, month), number, parts)
            found[cell, month] = parts
    by_value: defaultdict[str, dict[Address, Part]] = defaultdict(dict)
    for address, parts in found.items():
        for value, part in parts.items():
            by_value[value][address] = part
    return by_value


def sum_up(
    connection: Connection,
    org: str,
    *,
    cell: str,
    months: Iterable[str] | None = None,
    dimension: str = "",
    where: Mapping[str, str] | None = None,
) -> dict[str, Parts]:
    """Sum up the cells of a family, of some months or of all, by month and by the value of a dimension."""
    value = CELL.c[dimension] if dimension else sa.literal("").label("value")
    columns = [CELL.c.month, value, CELL.c.measure, CELL.c.type, CELL.c.bucket]
    query = sa.select(*columns, sa.func.sum(CELL.c.n)).where(CELL.c.org == org, CELL.c.cell == cell)
    if months is not None:
        query = query.where(CELL.c.month.in_(sorted(months)))
    for name, wanted in (where or {}).items():
        query = query.where(CELL.c[name] == wanted)
    grouped = [CELL.c.month, CELL.c.measure, CELL.c.type, CELL.c.bucket]
    if dimension:
        grouped.append(CELL.c[dimension])
    found: dict[str, Parts] = {}
    summed: Any = connection.execute(query.group_by(*grouped))
    shared: dict[tuple[str, str], tuple[str, str]] = {}
    for month, key, measure, type_key, bucket, n in summed:
        part = found.setdefault(month, {}).setdefault(key, {})
        # The same few addresses come again in every line, so that each is held once.
        address = shared.setdefault((type_key, bucket), (type_key, bucket))
        # PostgreSQL gives the sum of whole numbers as a decimal.
        part.setdefault(measure, Line()).add(address, int(n))
    return found


def _size(parts: Parts) -> int:
    return sum(len(line.sums) for part in parts.values() for line in part.values())
