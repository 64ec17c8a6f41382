"""What the door set aside: kept, without effect, for a person to look at and to decide."""

import json
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.push import WAITING
from boucle_server import kept_bytes
from boucle_server.tables import RAW, RECORD

SUMMARY: Final = 60
"""Signs of a summary."""
UNREADABLE: Final = "unreadable"
"""The status of bytes that are no record."""
Place = tuple[int, int]
"""Generation and index of the leaf: where it stands in the event log, and in the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A record or bytes that wait; `id`, `kind` and `subject` are empty and `seq` is 0 for bytes that say none.

    `content` is the beginning of what was received, `size` the bytes of all of it.
    """

    place: Place
    dev: str
    seq: int
    id: str
    kind: str
    subject: str
    status: str
    reason: str
    hash: str
    teff: int | None
    received_ms: int
    size: int
    content: bytes


def listed(
    connection: Connection, org: str, *, after: Place = (0, -1), limit: int, shown: int = 16 * 1024
) -> list[SetAside]:
    """Give what waits, in the order of receipt, after a place in the log, with the first `shown` bytes of each."""
    shared = ("generation", "leaf", "dev", "seq", "reason", "hash", "teff", "received_ms")
    records = (
        sa.select(
            *(RECORD.c[name] for name in (*shared, "id", "kind", "subject", "status")),
            *_beginning(RECORD.c.payload, shown),
        )
        .where(RECORD.c.org == org, RECORD.c.status.in_(WAITING), is_set_aside(), _after(RECORD, after))
        .order_by(RECORD.c.generation, RECORD.c.leaf)
        .limit(limit)
    )
    raws = (
        sa.select(*(RAW.c[name] for name in shared), *_beginning(RAW.c.content, shown))
        .where(RAW.c.org == org, kept_bytes.waits(), _after(RAW, after))
        .order_by(RAW.c.generation, RAW.c.leaf)
        .limit(limit)
    )
    found = [
        SetAside(
            place=(row.generation, row.leaf),
            dev=row.dev,
            seq=row.seq,
            id=getattr(row, "id", ""),
            kind=getattr(row, "kind", ""),
            subject=getattr(row, "subject", ""),
            status=getattr(row, "status", UNREADABLE),
            reason=row.reason,
            hash=row.hash,
            teff=row.teff,
            received_ms=row.received_ms,
            size=row.size,
            content=bytes(row.content),
        )
        for query in (records, raws)
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda each: each.place)[:limit]


def summary(one: SetAside) -> str:
    """Say in a few words what a content is: an event's kind and subject, else how its bytes begin."""
    if one.kind:
        return f"{one.kind} {one.subject}".rstrip()
    text = text_of(one.content, one.size)
    if text is None:
        return one.content[: SUMMARY // 2].hex()
    return json.dumps(text, ensure_ascii=False)[1:-1][:SUMMARY]


def counted(connection: Connection, org: str) -> dict[tuple[str, str], int]:
    """Count what waits by status and reason."""
    count = sa.func.count()
    records = (
        sa.select(RECORD.c.status, RECORD.c.reason, count)
        .where(RECORD.c.org == org, RECORD.c.status.in_(WAITING), is_set_aside())
        .group_by(RECORD.c.status, RECORD.c.reason)
    )
    raws = (
        sa.select(sa.literal(UNREADABLE), RAW.c.reason, count)
        .where(RAW.c.org == org, kept_bytes.waits())
        .group_by(RAW.c.reason)
    )
    found: dict[tuple[str, str], int] = {}
    for query in (records, raws):
        for status, reason, n in connection.execute(query):
            # The number of an incident tells one case from another, and says nothing to a count.
            address = (status, reason.partition(":")[0])
            found[address] = found.get(address, 0) + n
    return found


def text_of(content: bytes, size: int) -> str | None:
    """Give the beginning of a content as text, cut between two characters; None when it is not UTF-8.

    `size` tells how long the whole is: only a content that was cut may end within a character.
    """
    for cut in range(4 if len(content) < size else 1):
        try:
            return content[: len(content) - cut].decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return None
    return None


def is_set_aside() -> sa.ColumnElement[bool]:
    """Say it as the index of the few records that are not accepted does, so that it is used."""
    return RECORD.c.status != sa.literal_column("'accepted'")


def _beginning(column: sa.ColumnElement[bytes], most: int) -> tuple[sa.Label[bytes], sa.Label[int]]:
    # SQLite gives no bytes at all, where there is none to give.
    none = sa.literal(b"", sa.LargeBinary())
    beginning = sa.func.coalesce(sa.func.substr(column, 1, most), none, type_=sa.LargeBinary())
    return beginning.label("content"), sa.func.length(column).label("size")


def _after(table: sa.Table, place: Place) -> sa.ColumnElement[bool]:
    generation, leaf = place
    later = sa.and_(table.c.generation == generation, table.c.leaf > leaf)
    return sa.or_(table.c.generation > generation, later)
