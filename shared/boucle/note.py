"""Signed notes and the checkpoints written in them (C2SP signed-note and tlog-checkpoint).

A note is text that ends in a newline, an empty line, and one line a signature. A checkpoint is the note text
that names a log, its size and its root. `CheckpointSigner` keeps the promise that no signer ever signs a
smaller size, or a second root for one size.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from re import ASCII, fullmatch
from typing import Self

from boucle.errors import (
    MalformedCheckpointError,
    MalformedKeyError,
    MalformedNoteError,
    SigningRefusedError,
    UnverifiedNoteError,
)
from boucle.log import EMPTY_ROOT, HASH_BYTES, MAX_SIZE
from boucle.signing import KEY_BYTES, SigningKey, VerifyKey

KEY_ID_BYTES = 4
MAX_SIGNATURES = 100
"""The same limit as the reference implementation; the specification asks for at least 16."""
_ED25519 = b"\x01"
_DASH = "— "


# Keys


def key_id(name: str, public: bytes) -> bytes:
    """Give the four bytes by which a note names a key: they tell keys apart, and prove nothing."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:KEY_ID_BYTES]


def vkey(name: str, public: bytes) -> str:
    """Write a verifier key, `name+hex8+base64(0x01 public)`: what is given to whoever shall verify."""
    _check_key(name, public)
    return f"{name}+{key_id(name, public).hex()}+{b64encode(_ED25519 + public).decode()}"


def parse_vkey(text: str) -> tuple[str, bytes]:
    """Read a verifier key into its name and its 32 public bytes; MalformedKeyError."""
    parts = text.split("+", 2)  # base64 may hold further plus signs, a name may not
    if len(parts) != 3:  # noqa: PLR2004
        raise MalformedKeyError(f"a verifier key is name+hash+key, not {text!r}")
    name, stated, encoded = parts
    material = _from_base64(encoded)
    if material is None or material[:1] != _ED25519:
        raise MalformedKeyError(f"the key of {name!r} is no Ed25519 key in base64")
    _check_key(name, material[1:])
    if key_id(name, material[1:]).hex() != stated:
        raise MalformedKeyError(f"the key of {name!r} does not match its own hash {stated!r}")
    return name, material[1:]


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A name, and the key that signs under it."""

    name: str
    key: SigningKey

    def __post_init__(self) -> None:
        """Refuse a name that a note cannot carry: MalformedKeyError."""
        _check_key(self.name, self.key.public)

    @property
    def vkey(self) -> str:
        """The verifier key to hand out."""
        return vkey(self.name, self.key.public)


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A name, and the key that is trusted to sign under it."""

    name: str
    key: VerifyKey

    @classmethod
    def from_vkey(cls, text: str, verify_key: Callable[[bytes], VerifyKey]) -> Self:
        """Trust the key written in `text`; `verify_key` makes a key of its 32 bytes. MalformedKeyError."""
        name, public = parse_vkey(text)
        return cls(name, verify_key(public))


# Notes


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """The text of a note, and the names of the trusted keys that signed it, in the note's order."""

    text: str
    signers: tuple[str, ...]


def sign(text: str, signer: NoteSigner, *others: NoteSigner) -> str:
    """Give the note of `text`, signed; the text ends in a newline and has no other control character."""
    message = _checked_text(text)
    lines = []
    for each in (signer, *others):
        signature = key_id(each.name, each.key.public) + each.key.sign(message)
        lines.append(f"{_DASH}{each.name} {b64encode(signature).decode()}\n")
    return f"{text}\n{''.join(lines)}"


def verify(note: str, verifiers: Iterable[NoteVerifier]) -> VerifiedNote:
    """Give the text of a note that at least one of the verifiers signed.

    Signatures of unknown keys are passed over. MalformedNoteError when it is no note; UnverifiedNoteError
    when no known key signed it, or the signature of a known key fails.
    """
    known = _by_name_and_id(verifiers)
    text, signatures = _parse(note)
    message = text.encode()
    signers: list[str] = []
    for name, identity, signature in signatures:
        key = known.get((name, identity))
        if key is None:
            continue
        if not key.verify(signature, message):
            raise UnverifiedNoteError(f"the signature of {name} does not fit the text: one of them was changed")
        signers.append(name)
    if not signers:
        raise UnverifiedNoteError("the note is signed by no key that is trusted here")
    return VerifiedNote(text, tuple(dict.fromkeys(signers)))


def _by_name_and_id(verifiers: Iterable[NoteVerifier]) -> dict[tuple[str, bytes], VerifyKey]:
    known: dict[tuple[str, bytes], VerifyKey] = {}
    for each in verifiers:
        identity = (each.name, key_id(each.name, each.key.public))
        if known.setdefault(identity, each.key).public != each.key.public:
            raise UnverifiedNoteError(f"two trusted keys of {each.name} share the id {identity[1].hex()}")
    return known


def _parse(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    head, empty_line, tail = note.rpartition("\n\n")
    text = f"{head}\n"
    if not empty_line or not tail.endswith("\n"):
        raise MalformedNoteError("a note is a text, an empty line and lines of signatures")
    _checked_text(text)
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedNoteError(f"a note has at most {MAX_SIGNATURES} signatures, not {len(lines)}")
    return text, [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signature = _from_base64(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or signature is None or len(signature) <= KEY_ID_BYTES:
        raise MalformedNoteError(f"no line of a signature: {line[:80]!r}")
    return name, signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:]


def _checked_text(text: str) -> bytes:
    if not text.endswith("\n"):
        raise MalformedNoteError("the text of a note ends in a newline")
    if any(char < " " and char != "\n" for char in text):
        raise MalformedNoteError("the text of a note has no control character but the newline")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise MalformedNoteError("the text of a note is not valid Unicode") from error


# Checkpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log at one moment: who keeps it (origin, with its generation), how many entries, their root."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse what no log can be: MalformedCheckpointError."""
        if not self.origin or "\n" in self.origin:
            raise MalformedCheckpointError(f"an origin is one line of text, not {self.origin!r}")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_BYTES:
            raise MalformedCheckpointError(f"no log has size {self.size} and a root of {len(self.root)} bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedCheckpointError("a log without entries has the root of nothing")

    def to_text(self) -> str:
        """Give the three lines of tlog-checkpoint, without extension lines."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read exactly what `to_text` writes; MalformedCheckpointError."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:  # noqa: PLR2004
            raise MalformedCheckpointError("a checkpoint is three lines: origin, size, root")
        return cls(origin=lines[0], size=parse_size(lines[1]), root=parse_root(lines[2]))


def parse_size(text: str) -> int:
    """Read the decimal size of a log, without sign or leading zero; MalformedCheckpointError."""
    if not fullmatch(r"0|[1-9][0-9]{0,18}", text, ASCII):
        raise MalformedCheckpointError(f"no size of a log: {text[:80]!r}")
    return int(text)


def parse_root(text: str) -> bytes:
    """Read the base64 root of a log; MalformedCheckpointError."""
    root = _from_base64(text)
    if root is None or len(root) != HASH_BYTES:
        raise MalformedCheckpointError(f"no root of a log: {text[:80]!r}")
    return root


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSigner:
    """A signer that remembers the last checkpoint it signed, and never contradicts it.

    The state is a value: store `last` in the transaction that stores the entries, and hand it in again. A
    restored log goes on under the origin of its next generation, with a new signer and nothing signed.
    """

    signer: NoteSigner
    last: Checkpoint | None = None

    def admit(self, checkpoint: Checkpoint) -> Self:
        """Give the signer that may sign `checkpoint`, remembering it; SigningRefusedError otherwise."""
        if checkpoint.origin != self.signer.name:
            raise SigningRefusedError(f"{self.signer.name} does not sign for {checkpoint.origin}")
        last = self.last
        if last is not None and last.origin != checkpoint.origin:
            raise SigningRefusedError(f"{last.origin} was signed before, {checkpoint.origin} needs its own signer")
        if last is not None and checkpoint.size < last.size:
            raise SigningRefusedError(f"size {last.size} was signed already, {checkpoint.size} is smaller")
        if last is not None and checkpoint.size == last.size and checkpoint.root != last.root:
            raise SigningRefusedError(f"another root was signed already for size {last.size}")
        return replace(self, last=checkpoint)

    def sign(self, checkpoint: Checkpoint) -> tuple[str, Self]:
        """Give the signed note, and the signer to go on with; SigningRefusedError."""
        admitted = self.admit(checkpoint)
        return sign(checkpoint.to_text(), self.signer), admitted


def verify_checkpoint(note: str, verifier: NoteVerifier) -> Checkpoint:
    """Give the checkpoint that the log named by `verifier` signed; an error of the note or its lines."""
    checkpoint = Checkpoint.parse(verify(note, [verifier]).text)
    if checkpoint.origin != verifier.name:
        raise UnverifiedNoteError(f"{verifier.name} signed a checkpoint of {checkpoint.origin}")
    return checkpoint


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() or char < " " for char in name)


def _check_key(name: str, public: bytes) -> None:
    if not _is_name(name):
        raise MalformedKeyError(f"a key's name is not empty and has neither space nor plus: {name!r}")
    if len(public) != KEY_BYTES:
        raise MalformedKeyError(f"a public key has {KEY_BYTES} bytes, not {len(public)}")


def _from_base64(text: str) -> bytes | None:
    """Read standard base64 in its one canonical spelling, so that no two texts mean the same bytes."""
    try:
        value = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return None
    return value if b64encode(value).decode() == text else None
