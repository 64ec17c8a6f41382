"""The canonical state: every item, binding, task and stock that follows from the accepted events, as of an instant.

The same set of accepted events gives the same bytes on any database, in whatever order they came: keys are sorted,
numbers are integers, texts are UTF-8 sorted by their bytes, and nothing depends on arrival. `as of` stands for
*now* (overdue, presumed lost) and leaves no event out.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of, iso
from boucle.item import Item, load
from boucle.reference import Book
from boucle_server.exports.command import Request
from boucle_server.projections import load_book
from boucle_server.read_tables import BINDING, CELL, ITEM, TASK
from boucle_server.tables import RECORD

FORMAT: Final = 1
_STOCKS: Final = ("pool", "out", "transit", "held", "inbound", "stock")


def write(connection: Connection, org: str, file: IO[bytes], *, request: Request) -> None:
    """Write the state of an organisation as one JSON object."""
    book = load_book(connection, org)
    state = {
        "format": FORMAT,
        "org": org,
        "as_of": iso(request.as_of_ms),
        "events": _events(connection, org),
        "reference": book.digest(),
        "items": [_item(item, book, request.as_of_ms) for item in _items(connection, org)],
        "bindings": _rows(connection, org, BINDING, ("code", "item", "claim", "via")),
        "tasks": _rows(connection, org, TASK, ("item", "event", "reason", "teff")),
        "stocks": _stocks(connection, org),
    }
    file.write(canonical(state))


def canonical(value: Any) -> bytes:
    """Write a value of integers, texts, lists and objects so that equal values are equal bytes."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def by_bytes(rows: list[list[Any]]) -> list[list[Any]]:
    """Sort rows by the bytes of their texts, whatever the database thinks of order."""
    return sorted(rows, key=lambda row: [cell.encode() if isinstance(cell, str) else b"%020d" % cell for cell in row])


def _events(connection: Connection, org: str) -> dict[str, Any]:
    query = sa.select(RECORD.c.id, RECORD.c.hash).where(RECORD.c.org == org, RECORD.c.status == "accepted")
    found = sorted((row.id.encode(), row.hash.encode()) for row in connection.execute(query))
    total = sha256()
    for event_id, content_hash in found:
        total.update(event_id + b" " + content_hash + b"\n")
    return {"accepted": len(found), "digest": total.hexdigest()}


def _items(connection: Connection, org: str) -> Iterator[Item]:
    found = connection.execute(sa.select(ITEM.c.item, ITEM.c.state).where(ITEM.c.org == org)).all()
    for row in sorted(found, key=lambda row: row.item.encode()):
        yield load(row.state)


def _item(item: Item, book: Book, as_of_ms: int) -> dict[str, Any]:
    today = day_of(as_of_ms, book.site(item.ship_site, as_of_ms).zone)
    fields = {name: value for name, value in item._asdict().items() if value not in ("", 0, False, ())}
    return fields | {
        "id": item.id,
        "stage": str(item.stage),
        "order": list(item.order),
        "overdue": item.overdue_on(today),
        "presumed_lost": item.presumed_lost_on(today),
    }


def _rows(connection: Connection, org: str, table: sa.Table, names: tuple[str, ...]) -> list[list[Any]]:
    query = sa.select(*(table.c[name] for name in names)).where(table.c.org == org)
    return by_bytes([list(row) for row in connection.execute(query)])


def _stocks(connection: Connection, org: str) -> list[list[Any]]:
    keys = (CELL.c.measure, CELL.c.site, CELL.c.partner, CELL.c.type)
    query = (
        sa.select(*keys, sa.func.sum(CELL.c.n))
        .where(CELL.c.org == org, CELL.c.cell == "day", CELL.c.measure.in_(_STOCKS))
        .group_by(*keys)
    )
    return by_bytes([[*row[:-1], int(row[-1])] for row in connection.execute(query) if int(row[-1])])
