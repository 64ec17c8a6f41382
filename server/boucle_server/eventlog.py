"""The event log in the database: appended in the caller's transaction, signed, and proven.

The tree and its proofs are `boucle.log`; here is where its parts are stored. Of the complete subtrees only
every eighth level is kept, as a tile of tlog-tiles is 256 hashes wide: the levels between are hashed from it
when a proof asks. The caller of anything that writes holds the organisation's writing transaction.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import log
from boucle.log import TILE_HEIGHT, TILE_WIDTH, EntryKind, Frontier
from boucle.note import Checkpoint, CheckpointSigner, NoteSigner
from boucle_server import keys, rows
from boucle_server.errors import ConflictError, NotFoundError
from boucle_server.tables import ACT, CHECKPOINT, LEAF, LOG_HEAD, NODE, ORG, RECORD

# Made once, for they run with every batch, and making them costs more than running them.
_STAND: Final = (
    sa.select(ORG.c.origin, ORG.c.generation, LOG_HEAD.c.frontier, LOG_HEAD.c.signed_size, LOG_HEAD.c.signed_root)
    .join(LOG_HEAD, (LOG_HEAD.c.org == ORG.c.org) & (LOG_HEAD.c.generation == ORG.c.generation))
    .where(ORG.c.org == sa.bindparam("of"))
)
_GROW: Final = (
    sa.update(LOG_HEAD)
    .where(LOG_HEAD.c.org == sa.bindparam("of"), LOG_HEAD.c.generation == sa.bindparam("at"))
    .values(size=sa.bindparam("to_size"), frontier=sa.bindparam("to_frontier"))
)
_REMEMBER: Final = (
    sa.update(LOG_HEAD)
    .where(
        LOG_HEAD.c.org == sa.bindparam("of"),
        LOG_HEAD.c.generation == sa.select(ORG.c.generation).where(ORG.c.org == sa.bindparam("of")).scalar_subquery(),
    )
    .values(signed_size=sa.bindparam("to_size"), signed_root=sa.bindparam("to_root"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """Where the entries stand: the `count` leaves from `first` on, in this generation of the log."""

    generation: int
    first: int
    count: int

    @property
    def indices(self) -> range:
        """The index of each entry, in the order given."""
        return range(self.first, self.first + self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far the present generation of a log goes, and what its signer signed last."""

    origin: str
    generation: int
    frontier: Frontier
    signed: Checkpoint | None

    @property
    def checkpoint(self) -> Checkpoint:
        """The log as it stands, unsigned."""
        return Checkpoint(origin=self.origin, size=self.frontier.size, root=self.frontier.root())


def append(connection: Connection, org: str, entries: Sequence[bytes]) -> Appended:
    """Append entries (bytes of `boucle.log.entry`) to the organisation's log; NotFoundError for none such.

    One read of the head, whatever the number of entries, and one statement for each table written.
    """
    head = stand(connection, org)
    first, generation = head.frontier.size, head.generation
    if not entries:
        return Appended(generation=generation, first=first, count=0)
    hashes = [log.leaf_hash(entry) for entry in entries]
    frontier, nodes = log.extend(head.frontier, hashes)
    leaves = [
        (org, generation, first + at, entry, value)
        for at, (entry, value) in enumerate(zip(entries, hashes, strict=True))
    ]
    rows.insert(connection, LEAF, ("org", "generation", "idx", "entry", "hash"), leaves)
    kept = [
        (org, generation, node.level, node.position, node.hash)
        for node in nodes
        if node.level and node.level % TILE_HEIGHT == 0
    ]
    rows.insert(connection, NODE, ("org", "generation", "level", "idx", "hash"), kept)
    grown = {"of": org, "at": generation, "to_size": frontier.size, "to_frontier": frontier.to_bytes()}
    connection.execute(_GROW, grown)
    return Appended(generation=generation, first=first, count=len(entries))


def append_act(
    connection: Connection, org: str, kind: EntryKind, id: str, *, content: Mapping[str, Any], now_ms: int
) -> Appended:
    """Append what is no event, and store its content (JSON values; no names of people, for it stays for ever)."""
    stored = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    salt = secrets.token_bytes(log.SALT_BYTES)
    entry = log.entry(kind, id, received_ms=now_ms, commit=log.salted(salt, stored))
    at = append(connection, org, [entry])
    connection.execute(
        sa.insert(ACT).values(
            org=org,
            generation=at.generation,
            leaf=at.first,
            kind=str(kind),
            id=id,
            content=stored,
            salt=salt,
            at_ms=now_ms,
        )
    )
    return at


def begin(connection: Connection, org: str, generation: int) -> None:
    """Make the empty log of a generation."""
    connection.execute(
        sa.insert(LOG_HEAD).values(org=org, generation=generation, size=0, frontier=Frontier().to_bytes())
    )


def begin_generation(connection: Connection, org: str, generation: int, *, now_ms: int) -> None:
    """Go on in a new log after a restore; its first entry names the last known checkpoint of the one before.

    ConflictError unless `generation` is later than the present one. From then on nothing is ever signed for the
    old one, which may have grown, and been signed, after the backup was made.
    """
    name = keys.name_of_log(connection, org)
    if generation <= name.generation:
        raise ConflictError("api.generation_passed", generation=name.generation)
    last = head(connection, org)
    connection.execute(sa.update(ORG).where(ORG.c.org == org).values(generation=generation))
    begin(connection, org, generation)
    content = {"origin": last.origin, "size": last.size, "root": last.root.hex()}
    append_act(connection, org, EntryKind.GENERATION, last.origin, content=content, now_ms=now_ms)


def stand(connection: Connection, org: str) -> Head:
    """Give how far the log goes now; NotFoundError for no organisation."""
    row = connection.execute(_STAND, {"of": org}).one_or_none()
    if row is None:
        raise NotFoundError("api.no_org")
    origin = keys.origin_of(row.origin, row.generation)
    signed = None
    if row.signed_size is not None:
        signed = Checkpoint(origin=origin, size=row.signed_size, root=row.signed_root)
    return Head(origin=origin, generation=row.generation, frontier=Frontier.from_bytes(row.frontier), signed=signed)


def head(connection: Connection, org: str) -> Checkpoint:
    """Give the log as it stands, unsigned."""
    return stand(connection, org).checkpoint


def guard(connection: Connection, org: str, now: Head | None = None) -> CheckpointSigner:
    """Give the signer with its memory of what it signed last; `remember` what it signs, in this transaction.

    `now` spares the question where the caller has asked it already.
    """
    known = now or stand(connection, org)
    signer = NoteSigner(known.origin, keys.signing_key(connection, org))
    return CheckpointSigner(signer=signer, last=known.signed)


def remember(connection: Connection, org: str, signed: CheckpointSigner) -> None:
    """Store what the signer signed last, in the transaction that hands the signature out."""
    if signed.last is None:
        return
    connection.execute(_REMEMBER, {"of": org, "to_size": signed.last.size, "to_root": signed.last.root})


def checkpoint(connection: Connection, org: str, *, now_ms: int) -> str:
    """Sign and publish the log as it stands: the signed note of its checkpoint.

    SigningRefusedError when that would contradict what was signed before. Asked twice for one size it gives the
    same note.
    """
    stands = stand(connection, org)
    now = stands.checkpoint
    query = sa.select(CHECKPOINT.c.note).where(
        CHECKPOINT.c.org == org, CHECKPOINT.c.generation == stands.generation, CHECKPOINT.c.size == now.size
    )
    # Signed even where the note is there already, so that a log that was rewritten is found out.
    note, signed = guard(connection, org, stands).sign(now)
    published_note: str | None = connection.execute(query).scalar()
    if published_note is not None:
        return published_note
    remember(connection, org, signed)
    place = {"org": org, "generation": stands.generation, "size": now.size}
    connection.execute(sa.insert(CHECKPOINT).values(**place, root=now.root, note=note, at_ms=now_ms))
    return note


def published(connection: Connection, org: str) -> str | None:
    """Give the checkpoint of the log as it stands, None when that was not signed yet."""
    now = stand(connection, org)
    query = sa.select(CHECKPOINT.c.note).where(
        CHECKPOINT.c.org == org,
        CHECKPOINT.c.generation == now.generation,
        CHECKPOINT.c.size == now.frontier.size,
    )
    return connection.execute(query).scalar()


def newest_note(connection: Connection, org: str) -> str:
    """Give the newest checkpoint that was published in the present generation, `""` before the first."""
    newest = _newest_checkpoint(connection, org, stand(connection, org).generation)
    return "" if newest is None else str(newest.note)


def reader(connection: Connection, org: str, generation: int) -> log.Read:
    """Give what the proofs of `boucle.log` read with: the stored hashes of a generation."""
    tiles: dict[tuple[int, int], bytes] = {}

    def tile(level: int, index: int) -> bytes:
        if (level, index) not in tiles:
            tiles[level, index] = b"".join(
                _hashes(connection, org, generation, level=level * TILE_HEIGHT, first=index * TILE_WIDTH)
            )
        return tiles[level, index]

    def read(level: int, index: int) -> bytes:
        return log.node_from_tiles(level, index, tile)

    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """The proof that an event stands in the log: entry, its salt, its place, the hashes, and the checkpoint."""

    entry: bytes
    salt: bytes
    payload_hash: str
    index: int
    size: int
    proof: tuple[bytes, ...]
    checkpoint: str


def inclusion(connection: Connection, org: str, event_id: str) -> Inclusion:
    """Prove that an event stands under a published checkpoint; NotFoundError when it does not.

    Of several records with the id, the one that counts is meant, else the first received. `checkpoint` has to
    have been called in this or an earlier transaction; what came after it is not found.
    """
    counts = sa.case((RECORD.c.status.in_(("accepted", "held")), 0), else_=1)
    query = (
        sa.select(RECORD.c.generation, RECORD.c.leaf, RECORD.c.salt, RECORD.c.hash, LEAF.c.entry)
        .join(
            LEAF,
            (LEAF.c.org == RECORD.c.org) & (LEAF.c.generation == RECORD.c.generation) & (LEAF.c.idx == RECORD.c.leaf),
        )
        .where(RECORD.c.org == org, RECORD.c.id == event_id)
        .order_by(counts, RECORD.c.rid)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    newest = None if row is None else _newest_checkpoint(connection, org, row.generation)
    if row is None or newest is None or newest.size <= row.leaf:
        raise NotFoundError("api.no_event")
    proof = log.inclusion_proof(row.leaf, newest.size, reader(connection, org, row.generation))
    return Inclusion(
        entry=row.entry,
        salt=row.salt,
        payload_hash=row.hash,
        index=row.leaf,
        size=newest.size,
        proof=proof,
        checkpoint=newest.note,
    )


def consistency(connection: Connection, org: str, old: int, new: int) -> tuple[bytes, ...]:
    """Prove that the log of `new` entries continues the one of `old`, both of the present generation.

    NotFoundError when the log was never that long; MalformedLogError when `new` is the smaller.
    """
    now = stand(connection, org)
    if new > now.frontier.size:
        raise NotFoundError("api.log_shorter", size=now.frontier.size, asked=new)
    return log.consistency_proof(old, new, reader(connection, org, now.generation))


def root_at(connection: Connection, org: str, generation: int, *, size: int) -> bytes:
    """Give the root that the first `size` stored leaves of a generation have, whatever was signed."""
    # What an old log proves to itself is its own root: the pieces of `size` are the frontier it had.
    read = reader(connection, org, generation)
    pieces, first = list[bytes](), 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            pieces.append(read(level, first >> level))
            first += 1 << level
    return Frontier(size, tuple(pieces)).root()


def _newest_checkpoint(connection: Connection, org: str, generation: int) -> sa.Row[int, str] | None:
    query = (
        sa.select(CHECKPOINT.c.size, CHECKPOINT.c.note)
        .where(CHECKPOINT.c.org == org, CHECKPOINT.c.generation == generation)
        .order_by(CHECKPOINT.c.size.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def _hashes(connection: Connection, org: str, generation: int, *, level: int, first: int) -> Sequence[bytes]:
    """Give the up to 256 hashes of a stored level, from `first` on."""
    table = NODE if level else LEAF
    query = (
        sa.select(table.c.hash)
        .where(
            table.c.org == org,
            table.c.generation == generation,
            table.c.idx >= first,
            table.c.idx < first + TILE_WIDTH,
        )
        .order_by(table.c.idx)
    )
    if level:
        query = query.where(NODE.c.level == level)
    return connection.execute(query).scalars().all()
