"""The event export: everything received, line by line, that another server needs to know the same.

One JSON object a line, in any order: `org`, `key` (public halves), `device`, `seal`, `record` and `raw`. A record
carries its bytes, its frozen time, what was decided about it and, as `[first, last, signature]`, the seal that
vouches for it. Names of people are never in it; the private parts of events are: they are the organisation's own.
"""

import base64
import json
from collections.abc import Iterator
from typing import IO, Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server.exports.command import Request
from boucle_server.tables import DEVICE, ORG, ORG_KEY, RAW, RECORD, SEAL, STATUS_CHANGE

FORMAT: Final = 1
_FETCH: Final = 1000


def write(connection: Connection, org: str, file: IO[bytes], *, request: Request) -> None:  # noqa: ARG001 - no choices
    """Write every line of an organisation."""
    for line in lines(connection, org):
        file.write(json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def lines(connection: Connection, org: str) -> Iterator[dict[str, Any]]:
    """Give every line as an object of integers, texts, lists and nulls."""
    yield from _register(connection, org)
    seals: dict[int, list[Any]] = {}
    for row in _all(connection, SEAL, org, "sid"):
        signature = bytes(row.signature).hex()
        seals[row.sid] = [row.first, row.last, signature]
        yield {
            "line": "seal",
            "org": org,
            "dev": row.dev,
            "epoch": row.epoch,
            "first": row.first,
            "last": row.last,
            "batch": row.batch,
            "body": bytes(row.body).decode(),
            "signature": signature,
            "received_ms": row.received_ms,
        }
    changes = _changes(connection, org)
    for row in _all(connection, RECORD, org, "rid"):
        yield {
            "line": "record",
            "org": org,
            "id": row.id,
            "variant": row.variant,
            "payload": bytes(row.payload).decode(),
            "priv": None if row.priv is None else bytes(row.priv).decode(),
            "teff": row.teff,
            "tq": row.tq,
            "status": row.status,
            "reason": row.reason,
            "changes": changes.get(row.rid, []),
            "received_ms": row.received_ms,
            "seal": seals.get(row.seal),
        }
    for row in _all(connection, RAW, org, "rid"):
        yield {
            "line": "raw",
            "org": org,
            "dev": row.dev,
            "content": base64.b64encode(row.content).decode(),
            "reason": row.reason,
            "epoch": row.epoch,
            "seq": row.seq,
            "teff": row.teff,
            "tq": row.tq,
            "received_ms": row.received_ms,
            "seal": seals.get(row.seal),
        }


def _register(connection: Connection, org: str) -> Iterator[dict[str, Any]]:
    row = connection.execute(sa.select(ORG).where(ORG.c.org == org)).one()
    yield {"line": "org", "format": FORMAT, "org": org, "name": row.name, "zone": row.zone}
    keys = connection.execute(sa.select(ORG_KEY).where(ORG_KEY.c.org == org)).all()
    for key in keys:
        yield {
            "line": "key",
            "org": org,
            "purpose": key.purpose,
            "public": bytes(key.public).hex(),
            "created_ms": key.created_ms,
            # A part of a cut file tells by it whether it has the key that a seal of the server's was made with.
            "of": sum(other.purpose == key.purpose for other in keys),
        }
    for device in connection.execute(sa.select(DEVICE).where(DEVICE.c.org == org)):
        yield {
            "line": "device",
            "org": org,
            "dev": device.dev,
            "name": device.name,
            "role": device.role,
            "site": device.site,
            "public_key": bytes(device.public_key).hex(),
            "status": device.status,
            "enrolled_ms": device.enrolled_ms,
            "revoked_ms": device.revoked_ms,
        }


def _changes(connection: Connection, org: str) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in _all(connection, STATUS_CHANGE, org, "cid"):
        change = {"status": row.status, "reason": row.reason, "by_event": row.by_event, "at_ms": row.at_ms}
        found.setdefault(row.record, []).append(change)
    return found


def _all(connection: Connection, table: sa.Table, org: str, key: str) -> Iterator[sa.Row[Any]]:
    query = sa.select(table).where(table.c.org == org).order_by(table.c[key])
    with connection.execute(query, execution_options={"yield_per": _FETCH}) as found:
        yield from found
