"""What devices sealed and chained, against what is stored: every event that counts is covered by its own device."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice, product
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.ids import is_digest
from boucle.push import STANDING
from boucle.signing import VerifyKey, load_crypto
from boucle.wire import FIRST_PREV, Unreadable, read
from boucle_server import keys
from boucle_server.ledger import WAS, holds_place
from boucle_server.organisations import SERVER_DEV
from boucle_server.tables import DEVICE, ORG_KEY, RAW, RECORD, SEAL
from boucle_server.unsound import Fault, streamed


class _Chain(NamedTuple):
    """The numbers of a chain that a seal is kept for."""

    dev: str
    epoch: str
    first: int
    last: int


class _Sealed(NamedTuple):
    """A stored content (hash, time, quality) and the seal under which it came, None where it came without one."""

    content: tuple[str, int, int]
    seal: int | None


MOST_TRIED: Final = 4_096
"""Ways to read a batch of which several contents are stored at one number, as a conflict leaves them."""


def seals(connection: Connection, org: str) -> Iterator[Fault]:
    """Give the seals that do not hold, and the events that count without one."""
    trusted = _device_keys(connection, org)
    contents = _sealed_contents(connection, org)
    covers: dict[int, _Chain] = {}
    for row in streamed(connection, sa.select(SEAL).where(SEAL.c.org == org).order_by(SEAL.c.sid)):
        body, name = bytes(row.body), f"{row.dev} {row.epoch} {row.first}-{row.last}"
        covers[row.sid] = _Chain(row.dev, row.epoch, row.first, row.last)
        if not any(key.verify(bytes(row.signature), body) for key in trusted.get(row.dev, ())):
            yield Fault("verify.seal", name)
            continue
        said = body.decode().split("\n")
        if said[1:6] != [row.org, row.dev, row.epoch, str(row.first), str(row.last)]:
            yield Fault("verify.seal_place", name)
            continue
        chain = contents.get((row.dev, row.epoch), {})
        several = [_candidates(chain.get(seq, ()), row.sid) for seq in range(row.first, row.last + 1)]
        if not all(several):
            yield Fault("verify.seal_part", name)
        elif all(said[8] != _sealed_digest(each) for each in islice(product(*several), MOST_TRIED)):
            yield Fault("verify.seal_content", name)
    yield from _unsealed(connection, org, covers)


def _candidates(stored: Iterable["_Sealed"], sid: int) -> list[tuple[str, int, int]]:
    """Give what may have come at one number of a batch: what came under its seal, else what was there before it."""
    under = [each.content for each in stored if each.seal == sid]
    return under or [each.content for each in stored]


def _unsealed(connection: Connection, org: str, covers: Mapping[int, "_Chain"]) -> Iterator[Fault]:
    """Name the events that count from their receipt on, and that no seal of their device covers at their number."""
    names = ("id", "dev", "epoch", "seq", "seal")
    query = sa.select(*(RECORD.c[name] for name in names)).where(
        RECORD.c.org == org, RECORD.c.status.in_(STANDING), sa.not_(RECORD.c.reason.startswith(WAS))
    )
    for row in streamed(connection, query.order_by(RECORD.c.rid)):
        over = covers.get(row.seal)
        if over is None or (over.dev, over.epoch) != (row.dev, row.epoch) or not over.first <= row.seq <= over.last:
            yield Fault("verify.unsealed", f"event {row.id}")


def _sealed_digest(contents: Iterable[tuple[str, int, int]]) -> str:
    """Give what a seal must say of these hashes, times and qualities; nothing where a hash is none."""
    state = sha256()
    for content_hash, teff, tq in contents:
        if not is_digest(content_hash):
            return ""
        state.update(bytes.fromhex(content_hash) + teff.to_bytes(8, "big", signed=True) + bytes([tq]))
    return state.hexdigest()


def _sealed_contents(connection: Connection, org: str) -> dict[tuple[str, str], dict[int, list["_Sealed"]]]:
    """Give, by device and epoch, what is stored at each number."""
    found: dict[tuple[str, str], dict[int, list[_Sealed]]] = {}
    for table in (RECORD, RAW):
        columns = (table.c.dev, table.c.epoch, table.c.seq, table.c.seal, table.c.hash, table.c.teff, table.c.tq)
        for row in streamed(connection, sa.select(*columns).where(table.c.org == org, table.c.teff.is_not(None))):
            one = _Sealed((row.hash, row.teff, row.tq), row.seal)
            found.setdefault((row.dev, row.epoch), {}).setdefault(row.seq, []).append(one)
    return found


def _device_keys(connection: Connection, org: str) -> Mapping[str, list[VerifyKey]]:
    crypto = load_crypto()
    found: dict[str, list[VerifyKey]] = {}
    for row in connection.execute(sa.select(DEVICE.c.dev, DEVICE.c.public_key).where(DEVICE.c.org == org)):
        found.setdefault(row.dev, []).append(crypto.verify_key(bytes(row.public_key)))
    signing = sa.select(ORG_KEY.c.public).where(ORG_KEY.c.org == org, ORG_KEY.c.purpose == keys.SIGN)
    for public in connection.execute(signing).scalars():
        found.setdefault(SERVER_DEV, []).append(crypto.verify_key(bytes(public)))
    return found


def chains(connection: Connection, org: str) -> Iterator[Fault]:
    """Follow every device's chain: an event names the hash of the one before it, where that is stored."""
    query = sa.select(RECORD.c.dev, RECORD.c.epoch).where(RECORD.c.org == org).distinct()
    for dev, epoch in sorted(tuple(row) for row in connection.execute(query)):
        stored = chain_of(connection, org, dev, epoch)
        columns = (RECORD.c.id, RECORD.c.seq, RECORD.c.payload, RECORD.c.teff, RECORD.c.tq)
        same = (RECORD.c.org == org, RECORD.c.dev == dev, RECORD.c.epoch == epoch)
        for row in streamed(connection, sa.select(*columns).where(*same, holds_place()).order_by(RECORD.c.seq)):
            event = read(bytes(row.payload), row.teff, row.tq)
            before = FIRST_PREV if row.seq == 1 else stored.get(row.seq - 1)
            if not isinstance(event, Unreadable) and before is not None and event.prev != before:
                yield Fault("verify.chain", f"event {row.id}")


def chain_of(connection: Connection, org: str, dev: str, epoch: str) -> dict[int, str]:
    """Give the hash of what holds each number of a chain."""
    found: dict[int, str] = {}
    for table, condition in ((RECORD, holds_place()), (RAW, RAW.c.seq > 0)):
        same = (table.c.org == org, table.c.dev == dev, table.c.epoch == epoch)
        query = sa.select(table.c.seq, table.c.hash).where(*same, condition).order_by(table.c.rid)
        for row in streamed(connection, query):
            found.setdefault(row.seq, row.hash)
    return found
