"""The signed receipt: what a server has stored of a device, and the log in which it stands.

The receipt is a signed note of a few lines. Since every event holds the hash of the one before, naming the last
hash of a range confirms every event of the range; a device calls an event sent only once `confirms` says so.
"""

from base64 import b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from re import ASCII, fullmatch
from typing import Self

from boucle import note as notes
from boucle.errors import MalformedCheckpointError, MalformedReceiptError, UnverifiedNoteError
from boucle.note import Checkpoint, CheckpointSigner, NoteVerifier
from boucle.units import MAX_INT

MAGIC = "boucle-receipt/1"
FIRST_SEQ = 1
"""The number of the first event of an epoch."""

_NAME = r"[A-Za-z0-9._:@-]{1,64}"
_HEAD = ("org", "dev", "epoch")
_TAIL = ("origin", "size", "root", "server_ms")
_NUMBER = r"0|[1-9][0-9]{0,15}"


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """Events stored without a gap, from `first` to `last`, and the SHA-256 (hex) of the last one's payload."""

    first: int
    last: int
    hash: str

    def __post_init__(self) -> None:
        """Refuse what no device can have sent: MalformedReceiptError."""
        if not FIRST_SEQ <= self.first <= self.last <= MAX_INT:
            raise MalformedReceiptError(f"no range of events: {self.first} to {self.last}")
        if not fullmatch(r"[0-9a-f]{64}", self.hash):
            raise MalformedReceiptError(f"the hash of a range is 64 hex digits, not {self.hash[:80]!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a server has of one (device, epoch), under which checkpoint, at what time of the server (ms, UTC)."""

    org: str
    dev: str
    epoch: str
    ranges: tuple[Range, ...]
    origin: str
    size: int
    root: bytes
    server_ms: int

    def __post_init__(self) -> None:
        """Refuse a receipt that its text could not carry unchanged: MalformedReceiptError."""
        if not fullmatch(_NAME, self.org) or not fullmatch(_NAME, self.dev):
            raise MalformedReceiptError(f"no organisation and device: {self.org[:80]!r}, {self.dev[:80]!r}")
        if not fullmatch(r"[0-9a-f]{16}", self.epoch):
            raise MalformedReceiptError(f"an epoch is 16 hex digits, not {self.epoch[:80]!r}")
        if not 0 <= self.server_ms <= MAX_INT:
            raise MalformedReceiptError(f"no time of a server: {self.server_ms}")
        for before, after in pairwise(self.ranges):
            if after.first <= before.last + 1:
                raise MalformedReceiptError(f"ranges ascend with a gap between them, not {before}, {after}")
        try:
            self.checkpoint  # noqa: B018
        except MalformedCheckpointError as error:
            raise MalformedReceiptError(str(error)) from error

    @property
    def checkpoint(self) -> Checkpoint:
        """The log as it stood when the receipt was signed: what the device keeps as a witness."""
        return Checkpoint(origin=self.origin, size=self.size, root=self.root)

    def to_text(self) -> str:
        """Give the text to be signed: one `key value` line each, in a fixed order."""
        lines = [MAGIC, f"org {self.org}", f"dev {self.dev}", f"epoch {self.epoch}"]
        lines += [f"range {each.first} {each.last} {each.hash}" for each in self.ranges]
        lines += [f"origin {self.origin}", f"size {self.size}", f"root {b64encode(self.root).decode()}"]
        return "\n".join([*lines, f"server_ms {self.server_ms}", ""])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read exactly what `to_text` writes; MalformedReceiptError says which line is not as it should be."""
        lines = text.split("\n")
        if lines[0] != MAGIC:
            raise MalformedReceiptError(f"a receipt begins with {MAGIC}, not {lines[0][:80]!r}")
        if len(lines) < 1 + len(_HEAD) + len(_TAIL) + 1 or lines[-1]:
            raise MalformedReceiptError(f"a receipt ends with {_TAIL[-1]} and a newline: this one is cut")
        head = _values(lines[1 : 1 + len(_HEAD)], _HEAD)
        tail = _values(lines[-1 - len(_TAIL) : -1], _TAIL)
        try:
            return cls(
                org=head["org"],
                dev=head["dev"],
                epoch=head["epoch"],
                ranges=tuple(_range(line) for line in lines[1 + len(_HEAD) : -1 - len(_TAIL)]),
                origin=tail["origin"],
                size=notes.parse_size(tail["size"]),
                root=notes.parse_root(tail["root"]),
                server_ms=_number(tail["server_ms"]),
            )
        except MalformedCheckpointError as error:
            raise MalformedReceiptError(str(error)) from error


def sign(receipt: Receipt, guard: CheckpointSigner) -> tuple[str, CheckpointSigner]:
    """Give the signed receipt, and the signer to go on with; SigningRefusedError.

    A receipt speaks of a size and a root as a checkpoint does, so it passes the same guard.
    """
    admitted = guard.admit(receipt.checkpoint)
    return notes.sign(receipt.to_text(), guard.signer), admitted


def verify(note: str, verifier: NoteVerifier) -> Receipt:
    """Give the receipt that the log named by `verifier` signed; an error of the note or of its lines."""
    receipt = Receipt.parse(notes.verify(note, [verifier]).text)
    if receipt.origin != verifier.name:
        raise UnverifiedNoteError(f"{verifier.name} signed a receipt of {receipt.origin}")
    return receipt


def confirms(receipt: Receipt, seq: int, hash_at: Callable[[int], str | None]) -> bool:
    """Tell whether the server has this very event of ours, and all of its range.

    `hash_at(seq)` gives the payload hash (hex) that the device itself has stored, None where it has none. The
    caller has checked organisation, device and epoch.
    """
    found = _range_at(receipt.ranges, seq)
    return found is not None and hash_at(found.last) == found.hash


# Ranges


def ranges_of(stored: Iterable[tuple[int, str]]) -> tuple[Range, ...]:
    """Give the ranges of stored `(seq, payload hash)`, in whatever order and however often they come."""
    return merge(Range(seq, seq, payload_hash) for seq, payload_hash in stored)


def merge(*several: Iterable[Range]) -> tuple[Range, ...]:
    """Give the fewest ranges that cover the same events: ascending, with a gap between neighbours.

    MalformedReceiptError when two ranges end with the same event but not with the same hash: that is a fork.
    """
    merged: list[Range] = []
    for each in sorted(each for ranges in several for each in ranges):
        if not merged or each.first > merged[-1].last + 1:
            merged.append(each)
            continue
        before = merged[-1]
        if each.last == before.last and each.hash != before.hash:
            raise MalformedReceiptError(f"event {each.last} was stored with two hashes")
        if each.last > before.last:
            merged[-1] = Range(before.first, each.last, each.hash)
    return tuple(merged)


def covers(ranges: Sequence[Range], seq: int) -> bool:
    """Tell whether the event is in one of the ranges (ascending, as `merge` gives them)."""
    return _range_at(ranges, seq) is not None


def gaps(ranges: Sequence[Range], last: int = 0) -> tuple[tuple[int, int], ...]:
    """Give what is missing, as (first, last), from the first event of the epoch up to `last`.

    `last` is the highest number that is known to exist; the highest stored one is known in any case.
    """
    found, expected = [], FIRST_SEQ
    for each in ranges:
        if each.first > expected:
            found.append((expected, each.first - 1))
        expected = each.last + 1
    if expected <= last:
        found.append((expected, last))
    return tuple(found)


def _range_at(ranges: Sequence[Range], seq: int) -> Range | None:
    at = bisect_right(ranges, seq, key=lambda each: each.first) - 1
    return ranges[at] if at >= 0 and seq <= ranges[at].last else None


def _values(lines: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    values = {}
    for line, key in zip(lines, keys, strict=True):
        if not line.startswith(f"{key} "):
            raise MalformedReceiptError(f"expected the line `{key} …`, found {line[:80]!r}")
        values[key] = line.removeprefix(f"{key} ")
    return values


def _range(line: str) -> Range:
    words = line.split(" ")
    if len(words) != 4 or words[0] != "range":  # noqa: PLR2004
        raise MalformedReceiptError(f"expected the line `range first last hash`, found {line[:80]!r}")
    return Range(_number(words[1]), _number(words[2]), words[3])


def _number(text: str) -> int:
    if not fullmatch(_NUMBER, text, ASCII):
        raise MalformedReceiptError(f"no number: {text[:80]!r}")
    return int(text)
