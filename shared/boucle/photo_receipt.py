"""The signed receipt for a photo: only it lets a device forget its own copy.

A signed note of six lines, under the name of the organisation's log like every receipt. It names the content by its
hash, so that no receipt for another photo can stand for it.
"""

from dataclasses import dataclass
from re import ASCII, fullmatch
from typing import Self

from boucle import note as notes
from boucle.errors import MalformedReceiptError, UnverifiedNoteError
from boucle.ids import is_digest
from boucle.note import NoteSigner, NoteVerifier
from boucle.units import MAX_INT

MAGIC = "boucle-photo/1"
_KEYS = ("org", "sha256", "size", "origin", "server_ms")
_NUMBER = r"0|[1-9][0-9]{0,15}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoReceipt:
    """A server of `origin` keeps the whole photo `sha256` of so many bytes, durably, since before `server_ms`."""

    org: str
    sha256: str
    size: int
    origin: str
    server_ms: int

    def __post_init__(self) -> None:
        """Refuse a receipt that its text could not carry unchanged: MalformedReceiptError."""
        if not is_digest(self.sha256) or not 0 <= self.size <= MAX_INT or not 0 <= self.server_ms <= MAX_INT:
            raise MalformedReceiptError(f"no receipt for a photo: {self.sha256[:80]!r}, {self.size}, {self.server_ms}")
        if any(not text or "\n" in text for text in (self.org, self.origin)):
            raise MalformedReceiptError(f"no organisation and origin: {self.org[:80]!r}, {self.origin[:80]!r}")

    def to_text(self) -> str:
        """Give the text to be signed: one `key value` line each, in a fixed order."""
        lines = [MAGIC, *(f"{key} {getattr(self, key)}" for key in _KEYS)]
        return "\n".join([*lines, ""])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read exactly what `to_text` writes; MalformedReceiptError."""
        lines = text.split("\n")
        if lines[0] != MAGIC or len(lines) != len(_KEYS) + 2 or lines[-1]:
            raise MalformedReceiptError(f"a receipt for a photo is {MAGIC} and {len(_KEYS)} lines")
        values = {}
        for line, key in zip(lines[1:-1], _KEYS, strict=True):
            if not line.startswith(f"{key} "):
                raise MalformedReceiptError(f"expected the line `{key} …`, found {line[:80]!r}")
            values[key] = line.removeprefix(f"{key} ")
        return cls(
            org=values["org"],
            sha256=values["sha256"],
            size=_number(values["size"]),
            origin=values["origin"],
            server_ms=_number(values["server_ms"]),
        )


def sign(receipt: PhotoReceipt, signer: NoteSigner) -> str:
    """Give the signed receipt; the signer is that of its origin."""
    return notes.sign(receipt.to_text(), signer)


def verify(note: str, verifier: NoteVerifier) -> PhotoReceipt:
    """Give the receipt that the log named by `verifier` signed; an error of the note or of its lines."""
    receipt = PhotoReceipt.parse(notes.verify(note, [verifier]).text)
    if receipt.origin != verifier.name:
        raise UnverifiedNoteError(f"{verifier.name} signed a receipt of {receipt.origin}")
    return receipt


def _number(text: str) -> int:
    if not fullmatch(_NUMBER, text, ASCII):
        raise MalformedReceiptError(f"no number: {text[:80]!r}")
    return int(text)
