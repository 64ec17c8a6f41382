"""Verification: everything derived again from the stored bytes and the log, and the first fault named.

It asks the database nothing that it can work out: hashes, commitments, leaves, the tree, what was signed, the
devices' seals and chains, then the read tables. What it cannot know is whether the whole was replaced; for that a
receipt or a checkpoint kept elsewhere is held against the log.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import log
from boucle import receipt as receipts
from boucle.errors import BoucleError, MalformedReceiptError
from boucle.events import Event
from boucle.log import EntryKind, Frontier
from boucle.note import NoteVerifier, verify_checkpoint
from boucle.signing import load_crypto
from boucle.wire import Unreadable, digest, read
from boucle_server import documents, eventlog, founded, keys, photos, verify_devices
from boucle_server.decisions import status_content
from boucle_server.ledger import WAS
from boucle_server.rebuild import differences
from boucle_server.tables import ACT, CHECKPOINT, LEAF, LOG_HEAD, MONTH_CLOSING, RAW, RECORD, STATUS_CHANGE
from boucle_server.unsound import Fault, streamed


def faults(connection: Connection, org: str) -> Iterator[Fault]:
    """Give the faults of an organisation, those of its bytes first; nothing when all is sound."""
    yield from _contents(connection, org)
    yield from _logs(connection, org)
    yield from verify_devices.seals(connection, org)
    yield from verify_devices.chains(connection, org)
    yield from _closings(connection, org)
    for what in photos.faults(connection, org):
        yield Fault("verify.photo", what)
    for what in documents.faults(connection, org):
        yield Fault("verify.document", what)
    for what in founded.doubled(connection, org):
        yield Fault("verify.status", what)
    try:
        for one in differences(connection, org):
            yield Fault("verify.read_table", f"{one.table} {one.what} {list(one.row)[:4]}")
    except MalformedReceiptError as error:
        # A stored hash that is none, named above: what should follow from it cannot even be computed.
        yield Fault("verify.read_table", str(error))


def against_checkpoint(connection: Connection, org: str, note: str) -> Iterator[Fault]:
    """Hold a checkpoint kept elsewhere against the log."""
    origin = note.partition("\n")[0]
    seen = verify_checkpoint(note, _verifier(connection, org, origin))
    yield from _held(connection, org, seen.origin, size=seen.size, root=seen.root)


def against_receipt(connection: Connection, org: str, note: str) -> Iterator[Fault]:
    """Hold a device's receipt against what is stored: the log it saw, and the last event of each range."""
    origin = note.partition("\norigin ")[2].partition("\n")[0]
    receipt = receipts.verify(note, _verifier(connection, org, origin))
    yield from _held(connection, org, receipt.origin, size=receipt.size, root=receipt.root)
    stored = verify_devices.chain_of(connection, org, receipt.dev, receipt.epoch)
    for each in receipt.ranges:
        missing = next((seq for seq in range(each.first, each.last + 1) if seq not in stored), None)
        if missing is not None:
            yield Fault("verify.receipt_missing", f"{receipt.dev} {receipt.epoch} {missing}")
        elif stored[each.last] != each.hash:
            yield Fault("verify.receipt_other", f"{receipt.dev} {receipt.epoch} {each.last}")


def _held(connection: Connection, org: str, origin: str, *, size: int, root: bytes) -> Iterator[Fault]:
    stem, _, generation = origin.rpartition("/g")
    name = keys.name_of_log(connection, org)
    if stem != name.origin.rpartition("/g")[0] or not generation.isdecimal():
        yield Fault("verify.other_log", origin)
        return
    query = sa.select(LOG_HEAD.c.size).where(LOG_HEAD.c.org == org, LOG_HEAD.c.generation == int(generation))
    stored: int | None = connection.execute(query).scalar()
    if stored is None or stored < size:
        yield Fault("verify.log_shorter", f"{origin}: {size} > {stored}")
    elif eventlog.root_at(connection, org, int(generation), size=size) != root:
        yield Fault("verify.log_rewritten", f"{origin} {size}")


def _verifier(connection: Connection, org: str, origin: str) -> NoteVerifier:
    return NoteVerifier(origin, load_crypto().verify_key(keys.signing_key(connection, org).public))


# What is stored, against its entry in the log


class _Stored(NamedTuple):
    """A stored row against the log: where its entry stands, the entry it gives, the one there is, its name.

    `fault` is the key of what else is wrong with it, empty when nothing is.
    """

    generation: int
    leaf: int
    entry: bytes
    logged: bytes | None
    name: str
    fault: str = ""


def _contents(connection: Connection, org: str) -> Iterator[Fault]:
    seen: dict[int, set[int]] = {}
    for stored in (_records, _raws, _changes, _acts):
        for one in stored(connection, org):
            where = f"{one.name} (g{one.generation}, {one.leaf})"
            if not one.entry:
                yield Fault("verify.hash", one.name)
            elif one.logged is None:
                yield Fault("verify.no_leaf", where)
            elif bytes(one.logged) != one.entry:
                yield Fault("verify.content", where)
            elif one.fault:
                yield Fault(one.fault, where)
            seen.setdefault(one.generation, set()).add(one.leaf)
    query = sa.select(LEAF.c.generation, LEAF.c.idx, LEAF.c.entry).where(LEAF.c.org == org)
    for row in streamed(connection, query.order_by(LEAF.c.generation, LEAF.c.idx)):
        if row.idx not in seen.get(row.generation, set()):
            said = bytes(row.entry)[:160].decode("utf-8", "replace")
            yield Fault("verify.removed", f"g{row.generation}, {row.idx}: {said}")


def _with_leaf(table: sa.Table) -> sa.FromClause:
    same = (LEAF.c.org == table.c.org) & (LEAF.c.generation == table.c.generation) & (LEAF.c.idx == table.c.leaf)
    return table.outerjoin(LEAF, same)


_LOGGED: Final = LEAF.c.entry.label("logged")


def _records(connection: Connection, org: str) -> Iterator[_Stored]:
    known = founded.context(connection, org)
    query = sa.select(RECORD, _LOGGED).select_from(_with_leaf(RECORD)).where(RECORD.c.org == org)
    for row in streamed(connection, query.order_by(RECORD.c.rid)):
        payload = bytes(row.payload)
        commit = log.commitment(bytes(row.salt), payload, teff_ms=row.teff, quality=row.tq)
        entry = log.entry(EntryKind.EVENT, row.id, received_ms=row.received_ms, commit=commit)
        event = read(payload, row.teff, row.tq)
        fault, sound = "", False
        if not isinstance(event, Unreadable) and digest(payload) == row.hash and _agrees(row, event):
            sound = True
            if not founded.is_as_decided(known, row):
                fault = "verify.status_change"
            elif not founded.is_founded(known, row, event):
                fault = "verify.status"
        yield _Stored(row.generation, row.leaf, entry if sound else b"", row.logged, f"event {row.id}", fault)


def _agrees(row: Any, event: Event) -> bool:
    """Tell whether a row says what its payload says; a private part that is not there (any more) cannot lie.

    What the door set aside may have come with a private part that is not its own, and is kept as it came.
    """
    told = (event.id, event.dev, event.epoch, event.seq, event.subject, f"{event.kind}/{event.major}")
    admitted_at_once = row.status in ("accepted", "held") and not row.reason.startswith(WAS)
    private = row.priv is None or not admitted_at_once or digest(bytes(row.priv)) == event.priv
    return private and told == (row.id, row.dev, row.epoch, row.seq, row.subject, row.kind)


def _raws(connection: Connection, org: str) -> Iterator[_Stored]:
    query = sa.select(RAW, _LOGGED).select_from(_with_leaf(RAW)).where(RAW.c.org == org).order_by(RAW.c.rid)
    for row in streamed(connection, query):
        content = bytes(row.content)
        commit = log.salted(bytes(row.salt), content)
        entry = log.entry(EntryKind.RAW, row.dev, received_ms=row.received_ms, commit=commit)
        sound = digest(content) == row.hash
        yield _Stored(row.generation, row.leaf, entry if sound else b"", row.logged, f"raw {row.rid}")


def _changes(connection: Connection, org: str) -> Iterator[_Stored]:
    about = (RECORD.c.org == STATUS_CHANGE.c.org) & (RECORD.c.rid == STATUS_CHANGE.c.record)
    source = _with_leaf(STATUS_CHANGE).join(RECORD, about)
    query = sa.select(STATUS_CHANGE, RECORD.c.id, RECORD.c.hash, _LOGGED).select_from(source)
    for row in streamed(connection, query.where(STATUS_CHANGE.c.org == org).order_by(STATUS_CHANGE.c.cid)):
        said = status_content(
            event_id=row.id, content_hash=row.hash, status=row.status, reason=row.reason, by_event=row.by_event
        )
        commit = log.salted(bytes(row.salt), said)
        entry = log.entry(EntryKind.STATUS, row.id, received_ms=row.at_ms, commit=commit)
        yield _Stored(row.generation, row.leaf, entry, row.logged, f"status of {row.id}")


def _acts(connection: Connection, org: str) -> Iterator[_Stored]:
    query = sa.select(ACT, _LOGGED).select_from(_with_leaf(ACT)).where(ACT.c.org == org)
    for row in streamed(connection, query.order_by(ACT.c.generation, ACT.c.leaf)):
        commit = log.salted(bytes(row.salt), bytes(row.content))
        is_known = row.kind in set(EntryKind)
        entry = log.entry(EntryKind(row.kind), row.id, received_ms=row.at_ms, commit=commit) if is_known else b""
        yield _Stored(row.generation, row.leaf, entry, row.logged, f"{row.kind} {row.id}")


# The tree


def _logs(connection: Connection, org: str) -> Iterator[Fault]:
    heads = connection.execute(sa.select(LOG_HEAD).where(LOG_HEAD.c.org == org).order_by(LOG_HEAD.c.generation)).all()
    for head in heads:
        frontier = Frontier()
        query = sa.select(LEAF.c.idx, LEAF.c.entry, LEAF.c.hash).where(
            LEAF.c.org == org, LEAF.c.generation == head.generation
        )
        for row in streamed(connection, query.order_by(LEAF.c.idx)):
            leaf = log.leaf_hash(bytes(row.entry))
            if row.idx != frontier.size or bytes(row.hash) != leaf:
                yield Fault("verify.leaf", f"g{head.generation}, {row.idx}")
            frontier = frontier.append(leaf)
        if (head.size, bytes(head.frontier)) != (frontier.size, frontier.to_bytes()):
            yield Fault("verify.head", f"g{head.generation}: {head.size}, {frontier.size}")
        yield from _signed(connection, org, head, frontier)


def _signed(connection: Connection, org: str, head: Any, frontier: Frontier) -> Iterator[Fault]:
    """Hold what was signed, and what is published, against the stored leaves."""
    generation = head.generation
    query = sa.select(CHECKPOINT).where(CHECKPOINT.c.org == org, CHECKPOINT.c.generation == generation)
    origin = keys.origin_of(keys.name_of_log(connection, org).origin.rpartition("/g")[0], generation)
    promised = []
    for row in connection.execute(query.order_by(CHECKPOINT.c.size)):
        promised.append((row.size, bytes(row.root)))
        if not _says(row.note, _verifier(connection, org, origin), row.size, bytes(row.root)):
            yield Fault("verify.checkpoint", f"g{generation}, {row.size}")
    if head.signed_size is not None:
        promised.append((head.signed_size, bytes(head.signed_root)))
    for size, root in promised:
        if size > frontier.size or eventlog.root_at(connection, org, generation, size=size) != root:
            yield Fault("verify.checkpoint", f"g{generation}, {size}")


def _says(note: str, verifier: NoteVerifier, size: int, root: bytes) -> bool:
    try:
        seen = verify_checkpoint(note, verifier)
    except BoucleError:
        return False
    return (seen.size, seen.root) == (size, root)


# Months that were closed


def _closings(connection: Connection, org: str) -> Iterator[Fault]:
    """Hold the figures that were frozen against the digests of the events by which their months were closed."""
    query = sa.select(RECORD.c.payload).where(
        RECORD.c.org == org, RECORD.c.kind == "month.closed/1", RECORD.c.status == "accepted"
    )
    named = set()
    for payload in connection.execute(query).scalars():
        body = json.loads(bytes(payload))["body"]
        named.add((body["month"], body.get("revision", 0), body["digest"]))
    kept = set()
    columns = (MONTH_CLOSING.c[name] for name in ("month", "revision", "digest", "snapshot"))
    for row in connection.execute(sa.select(*columns).where(MONTH_CLOSING.c.org == org)):
        kept.add((row.month, row.revision, row.digest))
        if sha256(bytes(row.snapshot)).hexdigest() != row.digest:
            yield Fault("verify.closing", f"{row.month} ({row.revision})")
    for month, revision, _ in sorted(kept - named):
        yield Fault("verify.closing", f"{month} ({revision})")


def first(found: Iterable[Fault]) -> Fault | None:
    """Give the first fault, None when there is none."""
    return next(iter(found), None)
