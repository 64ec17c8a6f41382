"""Watermarks: which numbers of a device's chain are stored, so that a gap is seen and a receipt can be given.

The server's own device is left out: each of its submissions is an epoch of its own, and nothing waits for one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.receipt import Range, covers, gaps, merge, ranges_of
from boucle_server import rows
from boucle_server.ledger import WAS, holds_place
from boucle_server.read_tables import WATERMARK
from boucle_server.tables import RAW, RECORD

WATERMARK_COLUMNS: Final = ("org", "dev", "epoch", "ranges", "last_teff")
NEVER: Final = 0
_NO_HASH: Final = "0" * 64
# Made once, for it runs twice with every batch, and making it costs more than running it.
_WATERMARK: Final = sa.select(WATERMARK.c.ranges, WATERMARK.c.last_teff).where(
    WATERMARK.c.org == sa.bindparam("of"),
    WATERMARK.c.dev == sa.bindparam("who"),
    WATERMARK.c.epoch == sa.bindparam("in_epoch"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """What is stored of one epoch: the ranges, and the latest time of an event that counts (ms)."""

    ranges: tuple[Range, ...] = ()
    last_teff: int = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One more number of the chain: its content's hash, and its time when it counts."""

    seq: int
    hash: str
    teff: int | None = None


def watermark(connection: Connection, org: str, dev: str, *, epoch: str) -> Watermark:
    """Give what is stored of an epoch; nothing, when it is unknown."""
    row = connection.execute(_WATERMARK, {"of": org, "who": dev, "in_epoch": epoch}).one_or_none()
    if row is None:
        return Watermark()
    return Watermark(ranges=_ranges(row.ranges), last_teff=row.last_teff)


def advance(connection: Connection, org: str, dev: str, *, epoch: str, placed: Sequence[Placed]) -> Watermark:
    """Add numbers that were just stored; what comes after all the others needs no second look at the ledger."""
    known = watermark(connection, org, dev, epoch=epoch)
    new = [one for one in placed if not _covered(known.ranges, one)]
    last_teff = max([known.last_teff, *(one.teff for one in placed if one.teff is not None)])
    if not new and last_teff == known.last_teff:
        return known
    if new and known.ranges and min(one.seq for one in new) <= known.ranges[-1].last:
        return renew(connection, org, dev, epoch=epoch)
    ranges = merge(known.ranges, ranges_of((one.seq, one.hash) for one in new))
    found = Watermark(ranges=ranges, last_teff=last_teff)
    rows.upsert(connection, WATERMARK, WATERMARK_COLUMNS, [row_of(org, dev, epoch, found)])
    return found


def renew(connection: Connection, org: str, dev: str, *, epoch: str) -> Watermark:
    """Make the watermark of an epoch from the ledger, and store it."""
    found = from_ledger(connection, org, dev, epoch=epoch)
    if found.ranges:
        rows.upsert(connection, WATERMARK, WATERMARK_COLUMNS, [row_of(org, dev, epoch, found)])
    return found


def holes(
    connection: Connection, org: str, dev: str, *, epoch: str, stored: Iterable[Sequence[Any]]
) -> tuple[tuple[int, int], ...]:
    """Give the numbers of an epoch that never came, as (first, last), but for those that a person decided about.

    `stored` are the ranges of a watermark as they are written: first and last number, and more.
    A receipt never names a record in conflict or a fork, whatever was decided about it: the device may have another
    one under that number. But once a person decided, nothing is missing there that anybody would look for.
    """
    ranges = [Range(first, last, _NO_HASH) for first, last, *_ in stored]
    missing = gaps(ranges)
    if not missing:
        return ()
    within = (RECORD.c.seq >= missing[0][0], RECORD.c.seq <= missing[-1][1], RECORD.c.reason.startswith(WAS))
    query = sa.select(RECORD.c.seq).where(*_is(RECORD, org, dev, epoch), *within)
    decided = {seq for seq in connection.execute(query).scalars() if not covers(ranges, seq)}
    return gaps(merge(ranges, (Range(seq, seq, _NO_HASH) for seq in decided)))


def from_ledger(connection: Connection, org: str, dev: str, *, epoch: str) -> Watermark:
    """Give the watermark of an epoch as it follows from the ledger: the definition of all the others.

    A record holds its number; bytes that could not be read hold theirs where no record does.
    """
    records = sa.select(RECORD.c.seq, RECORD.c.hash, RECORD.c.teff, RECORD.c.status)
    standing = connection.execute(
        records.where(*_is(RECORD, org, dev, epoch), holds_place()).order_by(RECORD.c.rid)
    ).all()
    bytes_ = sa.select(RAW.c.seq, RAW.c.hash)
    unread = connection.execute(bytes_.where(*_is(RAW, org, dev, epoch), RAW.c.seq > 0).order_by(RAW.c.rid)).all()
    hashes: dict[int, str] = {}
    for row in (*standing, *unread):
        hashes.setdefault(row.seq, row.hash)
    return Watermark(
        ranges=ranges_of(hashes.items()),
        last_teff=max((row.teff for row in standing if row.status in ("accepted", "held")), default=NEVER),
    )


def row_of(org: str, dev: str, epoch: str, found: Watermark) -> tuple[Any, ...]:
    """Give the row of a watermark."""
    ranges = [[each.first, each.last, each.hash] for each in found.ranges]
    return (org, dev, epoch, json.dumps(ranges, separators=(",", ":")), found.last_teff)


def _ranges(text: str) -> tuple[Range, ...]:
    return tuple(Range(first, last, content_hash) for first, last, content_hash in json.loads(text))


def _covered(ranges: Iterable[Range], one: Placed) -> bool:
    """Tell whether a number is stored with this content as far as the ranges can say; only an end tells its hash."""
    for each in ranges:
        if each.first <= one.seq <= each.last:
            return one.seq < each.last or one.hash == each.hash
    return False


def _is(table: sa.Table, org: str, dev: str, epoch: str) -> list[sa.ColumnElement[bool]]:
    return [table.c.org == org, table.c.dev == dev, table.c.epoch == epoch]
