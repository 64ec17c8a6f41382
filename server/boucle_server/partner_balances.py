"""Balances of a database: what each partner holds at a date, from sums and, for what was only declared, from proofs.

The rule is `boucle.balance`'s; here the few cells that it needs are summed, and where a declared collection is not
fully scanned, the histories that can prove a container still at the partner's are replayed.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.balance import STOCKS, Balance, Proof, Rest, balances, proofs_of, rests
from boucle.clock import next_month
from boucle.facts import Cell, Fact
from boucle.projection import closed_history
from boucle.tally import Slice
from boucle_server.projections import SqlStore
from boucle_server.read_tables import BINDING, CELL, ITEM
from boucle_server.tables import RECORD

PROVING: Final = (
    "item.collected",
    "item.counted",
    "item.delivered",
    "item.emptied",
    "item.found",
    "item.received",
    "item.transferred",
)
"""Kinds of scans that can see a container where a partner already had it."""
TOGETHER: Final = 40
"""Codes of which the histories are replayed at a time."""
_SETTLED: Final = "00"
"""The bucket of a sum over all days until the one asked for; it is before each of them."""


def at_day(connection: Connection, org: str, day: str, narrowed: Slice | None = None) -> list[Balance]:
    """Give the balances at the end of a local day that are not nil; `narrowed` by partner, site or type."""
    wanted = (narrowed or Slice()).narrowed
    where = [CELL.c.org == org, *(CELL.c[name] == value for name, value in wanted.items())]
    stocks = list(_stocks(connection, where, day))
    declared = list(_declared(connection, where, day))
    if not declared:
        return balances(stocks, day=day)
    matched = list(_matched(connection, org, declared, day))
    proofs = _proofs(connection, org, [*declared, *matched], day)
    return balances([*stocks, *declared, *matched], day=day, proofs=proofs)


def _stocks(connection: Connection, where: Sequence[sa.ColumnElement[bool]], day: str) -> Iterator[Fact]:
    columns = (CELL.c.site, CELL.c.partner, CELL.c.type, CELL.c.measure)
    until = sa.or_(CELL.c.month < day[:7], sa.and_(CELL.c.month == day[:7], CELL.c.bucket <= day[8:]))
    query = sa.select(*columns, sa.func.sum(CELL.c.n)).where(
        *where, CELL.c.cell == "day", CELL.c.measure.in_(STOCKS), until
    )
    for site, partner, type_key, measure, n in connection.execute(query.group_by(*columns)):
        yield Fact(Cell("day", day[:7], site, partner, "", type_key, "", measure, _SETTLED), int(n))


def _declared(connection: Connection, where: Sequence[sa.ColumnElement[bool]], day: str) -> Iterator[Fact]:
    query = sa.select(CELL).where(*where, CELL.c.cell == "declared", CELL.c.month <= day[:7])
    yield from _facts(connection, query)


def _matched(connection: Connection, org: str, declared: Iterable[Fact], day: str) -> Iterator[Fact]:
    """Give what may answer declarations: from the month before the first of them, since a task may cross midnight."""
    first = min(at.month for at, _ in declared)
    query = sa.select(CELL).where(
        CELL.c.org == org,
        CELL.c.cell == "matched",
        CELL.c.measure.in_(sorted({at.measure for at, _ in declared})),
        CELL.c.type.in_(sorted({at.type for at, _ in declared})),
        CELL.c.month >= next_month(first, -1),
        CELL.c.month <= day[:7],
    )
    yield from _facts(connection, query)


def _facts(connection: Connection, query: sa.Select[tuple[object, ...]]) -> Iterator[Fact]:
    for row in connection.execute(query).mappings():
        yield Fact(Cell(*(row[name] for name in Cell._fields)), int(row["n"]))


def _proofs(connection: Connection, org: str, cells: Sequence[Fact], day: str) -> list[Proof]:
    """Find the scans that prove a container still at a partner's after it was declared collected.

    Histories are replayed in the order of their first scan there, until no declaration is left to disprove.
    """
    open_rests = _collections(cells, day, ())
    if not open_rests:
        return []
    store = SqlStore(connection, org)
    candidates = _candidates(connection, store, open_rests)
    found: list[Proof] = []
    for first in range(0, len(candidates), TOGETHER):
        if not _collections(cells, day, [proof for proof in found if proof.seen_ms < candidates[first][0]]):
            break
        subjects = {subject for _, subject in candidates[first : first + TOGETHER]}
        found += proofs_of(closed_history(subjects, store), store.book())
    # A history under two labels may have been replayed twice.
    return sorted(set(found))


def _collections(cells: Iterable[Fact], day: str, proofs: Iterable[Proof]) -> list[Rest]:
    return [rest for rest in rests(cells, day=day, proofs=proofs) if rest.measure == "collected"]


def _candidates(connection: Connection, store: SqlStore, open_rests: Sequence[Rest]) -> list[tuple[int, str]]:
    """Give the codes that were scanned where something was declared collected, and of its type, by their first scan."""
    after: dict[str, int] = {}
    for rest in open_rests:
        after[rest.site] = min(rest.teff, after.get(rest.site, rest.teff))
    there = [
        sa.and_(
            RECORD.c.teff > teff,
            sa.or_(*(_mentions(connection, name) for name in (site, *store.book().site_codes(site)))),
        )
        for site, teff in sorted(after.items())
    ]
    query = (
        sa.select(sa.func.min(RECORD.c.teff), RECORD.c.subject)
        .select_from(RECORD)
        .join(BINDING, sa.and_(BINDING.c.org == RECORD.c.org, BINDING.c.code == RECORD.c.subject))
        .join(ITEM, sa.and_(ITEM.c.org == BINDING.c.org, ITEM.c.item == BINDING.c.item))
        .where(
            RECORD.c.org == store.org,
            RECORD.c.kind.in_([f"{kind}/1" for kind in PROVING]),
            RECORD.c.teff > min(after.values()),
            RECORD.c.status == "accepted",
            ITEM.c.type.in_(sorted({rest.type for rest in open_rests})),
            sa.or_(*there, _mentions_escaped(connection)),
        )
        .group_by(RECORD.c.subject)
    )
    return sorted((int(teff), str(subject)) for teff, subject in connection.execute(query))


def _mentions(connection: Connection, text: str) -> sa.ColumnElement[bool]:
    """Tell whether the bytes of a payload hold a text written as JSON writes it."""
    return _contains(connection, json.dumps(text, ensure_ascii=False).encode())


def _mentions_escaped(connection: Connection) -> sa.ColumnElement[bool]:
    """Tell whether a payload writes some text another way, so that it must be read to know."""
    return _contains(connection, b"\\")


def _contains(connection: Connection, needle: bytes) -> sa.ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        return sa.func.instr(RECORD.c.payload, needle) > 0
    # `position(a IN b)` in PostgreSQL's own form of a function.
    return sa.func.position(sa.literal(needle, sa.LargeBinary()).op("IN")(RECORD.c.payload)) > 0
