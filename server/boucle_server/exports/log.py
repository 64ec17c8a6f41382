"""The export of the event log: its key, every entry and every checkpoint, so that a stranger can recompute its root.

One JSON object a line, for each generation `log` (origin, key, size, root), its `entry` lines in order (the bytes, and
the salt that ties them to a record, to bytes or to an act) and its `checkpoint` notes. Beside `boucle export events`
it proves that what stands there is what was logged; docs/exports.md says how, and needs none of our code.
"""

import heapq
import json
from collections.abc import Iterator
from typing import IO, Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.note import vkey
from boucle_server import eventlog, keys
from boucle_server.exports.command import Request
from boucle_server.tables import ACT, CHECKPOINT, LEAF, LOG_HEAD, ORG, RAW, RECORD, STATUS_CHANGE

FORMAT: Final = 1
_FETCH: Final = 1000


def write(connection: Connection, org: str, file: IO[bytes], *, request: Request) -> None:  # noqa: ARG001 - no choices
    """Write every line of an organisation's log."""
    for line in lines(connection, org):
        file.write(json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def lines(connection: Connection, org: str) -> Iterator[dict[str, Any]]:
    """Give every line as an object of integers and texts."""
    stem = connection.execute(sa.select(ORG.c.origin).where(ORG.c.org == org)).scalar_one()
    public = keys.signer(connection, org).key.public
    heads = sa.select(LOG_HEAD.c.generation, LOG_HEAD.c.size).where(LOG_HEAD.c.org == org)
    for generation, size in connection.execute(heads.order_by(LOG_HEAD.c.generation)).all():
        origin = keys.origin_of(stem, generation)
        yield {
            "line": "log",
            "format": FORMAT,
            "generation": generation,
            "origin": origin,
            "vkey": vkey(origin, public),
            "size": size,
            "root": eventlog.root_at(connection, org, generation, size=size).hex(),
        }
        yield from _entries(connection, org, generation)
        yield from _checkpoints(connection, org, generation)


def _entries(connection: Connection, org: str, generation: int) -> Iterator[dict[str, Any]]:
    salts = _salts(connection, org, generation)
    leaf, salt = next(salts, (-1, b""))
    query = sa.select(LEAF.c.idx, LEAF.c.entry).where(LEAF.c.org == org, LEAF.c.generation == generation)
    for row in _streamed(connection, query.order_by(LEAF.c.idx)):
        idx, entry = row.idx, bytes(row.entry)
        while 0 <= leaf < idx:
            leaf, salt = next(salts, (-1, b""))
        yield {
            "line": "entry",
            "generation": generation,
            "index": idx,
            "entry": entry.decode("ascii", "backslashreplace"),
            "salt": bytes(salt).hex() if leaf == idx else None,
        }


def _salts(connection: Connection, org: str, generation: int) -> Iterator[tuple[int, bytes]]:
    """Give the salt of each entry by its index; a forgotten one is left out."""
    streams = (
        _streamed(
            connection,
            sa.select(table.c.leaf, table.c.salt)
            .where(table.c.org == org, table.c.generation == generation)
            .order_by(table.c.leaf),
        )
        for table in (RECORD, RAW, STATUS_CHANGE, ACT)
    )
    for row in heapq.merge(*streams, key=lambda row: int(row.leaf)):
        yield row.leaf, row.salt


def _checkpoints(connection: Connection, org: str, generation: int) -> Iterator[dict[str, Any]]:
    query = sa.select(CHECKPOINT.c.note).where(CHECKPOINT.c.org == org, CHECKPOINT.c.generation == generation)
    for row in _streamed(connection, query.order_by(CHECKPOINT.c.size)):
        yield {"line": "checkpoint", "generation": generation, "note": row.note}


def _streamed(connection: Connection, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
    with connection.execute(query, execution_options={"yield_per": _FETCH}) as found:
        yield from found
