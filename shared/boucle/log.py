"""The append-only event log of an organisation: a Merkle tree as RFC 6962 defines it, with its proofs.

Here live the bytes of an entry, the hashes, the frontier that makes an append cheap, and both proofs with
their verifiers. Storage does not: whoever stores hands in `read(level, index)`, which gives the hash of the
complete subtree of 2**level leaves that begins at leaf index * 2**level.

Invariant: an append never changes a stored node, so a stored node can be cached for ever. A "leaf" below is
always a leaf *hash*, 32 bytes, made by `leaf_hash` from the bytes of an entry.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from typing import NamedTuple, Self

from boucle.clock import iso
from boucle.errors import MalformedLogError
from boucle.events import Quality

HASH_BYTES = 32
SALT_BYTES = 16
MAX_SIZE = 2**63 - 1
"""Leaves; both databases, and readers of a checkpoint in C or Go, hold a size in a signed 64-bit integer."""
TILE_HEIGHT = 8
"""A tile of tlog-tiles is 256 hashes wide, so one level of tiles stands for eight levels of the tree."""
TILE_WIDTH = 2**TILE_HEIGHT
EMPTY_ROOT = sha256(b"").digest()
"""The root of no leaves (RFC 9162 section 2.1.1)."""

Read = Callable[[int, int], bytes]
"""`(level, index)` of a complete subtree to its hash."""


class EntryKind(StrEnum):
    """What an entry of the log stands for; the text is part of the hashed bytes and never changes."""

    EVENT = "event"
    RAW = "raw"
    STATUS = "status"
    GENERATION = "generation"
    KPI_REPORT = "kpi-report"
    EXPORT = "export"
    LABEL_BATCH = "label-batch"
    KEY = "key"
    REFERENCE = "reference"
    EPCIS = "epcis"


class Node(NamedTuple):
    """The hash of one complete subtree: 2**level leaves, from leaf position * 2**level on."""

    level: int
    position: int
    hash: bytes


# Entries

_received = lru_cache(maxsize=64)(iso)
"""A batch has one time of receipt."""


def entry(kind: EntryKind, id: str, *, received_ms: int, commit: bytes) -> bytes:
    """Give the bytes of one entry: one JSON object, keys in this order, no spaces, ASCII.

    `received_ms` is the server's time of receipt (UTC), `commit` the 32 bytes of `commitment` or `salted`.
    """
    _check_hash(commit, "a commitment")
    received = _received(received_ms)
    quoted = encode_basestring_ascii(id)
    text = f'{{"v":1,"kind":"{kind}","id":{quoted},"received":"{received}","commit":"{commit.hex()}"}}'
    return text.encode("ascii")


def commitment(salt: bytes, payload: bytes, *, teff_ms: int, quality: int) -> bytes:
    """Give what the log keeps of an event: SHA-256(salt, payload as received, t_eff, quality).

    `t_eff` is a signed 64-bit big-endian millisecond, `quality` one byte of `Quality`. Without the salt the
    commitment tells nothing, so forgetting the salt and the payload leaves a log that still verifies.
    """
    if quality not in (Quality.ANCHORED, Quality.INTERVAL, Quality.WALL):
        raise MalformedLogError(f"time quality {quality} is none of 0, 1, 2")
    try:
        instant = teff_ms.to_bytes(8, "big", signed=True)
    except OverflowError as error:
        raise MalformedLogError(f"effective time {teff_ms} does not fit in 64 bits") from error
    return salted(salt, payload + instant + bytes([quality]))


def salted(salt: bytes, content: bytes) -> bytes:
    """Give what the log keeps of anything but an event: SHA-256(salt, content), with a salt of 16 bytes."""
    if len(salt) != SALT_BYTES:
        raise MalformedLogError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return sha256(salt + content).digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash the bytes of an entry (RFC 6962 section 2.1: prefix 0x00)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent (RFC 6962 section 2.1: prefix 0x01)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Give the root of all leaves: the definition of RFC 6962 section 2.1, slow and obvious."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    left = _split(len(leaves))
    return node_hash(root(leaves[:left]), root(leaves[left:]))


# Appending


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that appending needs of a log: its size and the hashes of its complete subtrees, largest first.

    There is one hash for each bit set in `size`, so at most 63.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a frontier that no log can have: MalformedLogError."""
        if not 0 <= self.size <= MAX_SIZE:
            raise MalformedLogError(f"a log cannot have {self.size} entries")
        if len(self.hashes) != self.size.bit_count():
            raise MalformedLogError(f"size {self.size} needs {self.size.bit_count()} hashes, not {len(self.hashes)}")
        for value in self.hashes:
            _check_hash(value, "a hash of the frontier")

    def append(self, leaf: bytes) -> "Frontier":
        """Give the frontier with one leaf more."""
        return extend(self, [leaf])[0]

    def root(self) -> bytes:
        """Give the root, equal to `root` of all the leaves so far."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, value = self.hashes
        for left in reversed(rest):
            value = node_hash(left, value)
        return value

    def to_bytes(self) -> bytes:
        """Give the size as 8 big-endian bytes, then the hashes: at most 2 024 bytes."""
        return self.size.to_bytes(8, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Read what `to_bytes` wrote; MalformedLogError on anything else."""
        size, rest = int.from_bytes(stored[:8], "big"), stored[8:]
        if len(stored) < 8 or len(rest) % HASH_BYTES:  # noqa: PLR2004
            raise MalformedLogError(f"{len(stored)} bytes are no frontier")
        return cls(size, tuple(rest[at : at + HASH_BYTES] for at in range(0, len(rest), HASH_BYTES)))


def append_nodes(frontier: Frontier, leaf: bytes) -> list[Node]:
    """Give the nodes that appending this leaf completes: the leaf first, its ancestors after it."""
    return extend(frontier, [leaf])[1]


def extend(frontier: Frontier, leaves: Iterable[bytes]) -> tuple[Frontier, list[Node]]:
    """Append many leaves at once: the new frontier, and every node that they complete, to be stored."""
    size, hashes, nodes = frontier.size, list(frontier.hashes), list[Node]()
    for leaf in leaves:
        _check_hash(leaf, "a leaf")
        node = Node(0, size, leaf)
        nodes.append(node)
        # An odd position is a right child: its parent is complete, and takes the place of both.
        while node.position & 1:
            node = Node(node.level + 1, node.position >> 1, node_hash(hashes.pop(), node.hash))
            nodes.append(node)
        hashes.append(node.hash)
        size += 1
    return Frontier(size, tuple(hashes)), nodes


def node_from_tiles(level: int, index: int, read_tile: Callable[[int, int], bytes]) -> bytes:
    """Give the node that `Read` asks for, out of tiles.

    `read_tile(tile_level, tile_index)` gives the up to 256 joined hashes of tree level 8 * tile_level.
    """
    above = level % TILE_HEIGHT
    width = 1 << above
    tile_index, offset = divmod(index << above, TILE_WIDTH)
    tile = read_tile(level // TILE_HEIGHT, tile_index)
    hashes = [tile[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(offset, offset + width)]
    for value in hashes:
        _check_hash(value, f"tile {level // TILE_HEIGHT}/{tile_index}")
    return root(hashes)


# Proofs


def inclusion_proof(index: int, size: int, read: Read) -> tuple[bytes, ...]:
    """Prove a leaf to be in the first `size` leaves (RFC 9162, 2.1.3.1); the leaf's neighbour comes first."""
    if not 0 <= index < size <= MAX_SIZE:
        raise MalformedLogError(f"there is no leaf {index} in a log of {size}")
    first, path = 0, list[bytes]()
    while size > 1:
        left = _split(size)
        if index - first < left:
            path.append(_subtree(first + left, size - left, read))
            size = left
        else:
            path.append(_subtree(first, left, read))
            first, size = first + left, size - left
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, read: Read) -> tuple[bytes, ...]:
    """Prove that the first `old` of `new` leaves are what they were (RFC 9162 section 2.1.4.1).

    Empty for equal sizes, and for old = 0, as nothing is part of everything.
    """
    if not 0 <= old <= new <= MAX_SIZE:
        raise MalformedLogError(f"a log of {new} cannot follow from one of {old}")
    if old in (0, new):
        return ()
    first, size, path = 0, new, list[bytes]()
    while old - first != size:
        left = _split(size)
        if old - first <= left:
            path.append(_subtree(first + left, size - left, read))
            size = left
        else:
            path.append(_subtree(first, left, read))
            first, size = first + left, size - left
    if first:  # else what remains is the old tree itself, whose root the reader has
        path.append(_subtree(first, size, read))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, *, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether `proof` shows that `leaf` is at `index` of the tree under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size <= MAX_SIZE or not _all_hashes([leaf, root, *proof]):
        return False
    node, last, value = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            value = node_hash(other, value)
            node, last = _up_to_right_child(node, last)
        else:
            value = node_hash(value, other)
        node, last = node >> 1, last >> 1
    return last == 0 and value == root


def verify_consistency(old: int, new: int, *, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Tell whether `proof` shows that the log of `new` leaves continues that of `old` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new <= MAX_SIZE or not _all_hashes([old_root, new_root, *proof]):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)  # the old tree is one complete subtree, so the proof leaves its root out
    return bool(path) and _folds_to(path, (old - 1, new - 1), (old_root, new_root))


def _folds_to(path: list[bytes], positions: tuple[int, int], roots: tuple[bytes, bytes]) -> bool:
    node, last = positions
    while node & 1:
        node, last = node >> 1, last >> 1
    old_value = new_value = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_value, new_value = node_hash(other, old_value), node_hash(other, new_value)
            node, last = _up_to_right_child(node, last)
        else:
            new_value = node_hash(new_value, other)
        node, last = node >> 1, last >> 1
    return last == 0 and (old_value, new_value) == roots


def _up_to_right_child(node: int, last: int) -> tuple[int, int]:
    """Climb while the last node stands alone: a lone node is promoted unhashed to the level above."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _split(size: int) -> int:
    """Give the largest power of two smaller than `size` (RFC 6962's k), for size > 1."""
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(first: int, count: int, read: Read) -> bytes:
    """Give the root of `count` leaves from `first` on: what is complete is read, the edge is hashed."""
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return read(level, first >> level)
    left = _split(count)
    return node_hash(_subtree(first, left, read), _subtree(first + left, count - left, read))


def _all_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _check_hash(value: bytes, what: str) -> None:
    if len(value) != HASH_BYTES:
        raise MalformedLogError(f"{what} has {HASH_BYTES} bytes, not {len(value)}")
