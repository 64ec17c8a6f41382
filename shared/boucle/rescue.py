"""The rescue file: a device's outbox, carried by hand to an office when the network does not come back.

The batches inside are the very bodies that a push would send, sealed by the device, so that importing the file
does what a sync would have done, and doing both counts once. The file is encrypted to the organisation: whoever
finds the memory stick reads nothing.

    boucle-rescue/1 newline                 16 bytes, the magic line with the version
    first 8 bytes of SHA-256(recipient)     whose key opens it, so that a wrong file is told from a damaged one
    one-time public key                     32 bytes
    nonce                                   12 bytes
    ciphertext with its tag                 the rest; the 24 bytes before the one-time key are authenticated too

Inside: for each batch its length as 4 big-endian bytes, then the batch. Photos follow the batches in the same way, each
behind a line of its own, which no batch begins with.
"""

from collections.abc import Iterable
from hashlib import sha256

from boucle.errors import MalformedRescueError, UnopenedSealError
from boucle.signing import KEY_BYTES, NONCE_BYTES, Box, OpeningBox, Sealed
from boucle.wire import MAX_PUSH

MAGIC = b"boucle-rescue/1\n"
PHOTO = b"boucle-photo/1\n"
"""Begins what is a photo and no batch."""
_MAGIC_NAME = b"boucle-rescue/"
_RECIPIENT_BYTES = 8
_LENGTH_BYTES = 4
_HEADER_BYTES = len(MAGIC) + _RECIPIENT_BYTES
_TAG_BYTES = 16


def pack(batches: Iterable[bytes], box: Box) -> bytes:
    """Give the file that holds the batches (bodies of `POST /v1/sync/push`), for the holder of the box's key.

    MalformedRescueError for an empty batch or one that a push could not carry.
    """
    parts = list[bytes]()
    for batch in batches:
        if not 0 < len(batch) <= MAX_PUSH:
            raise MalformedRescueError(f"a batch has 1 to {MAX_PUSH} bytes, not {len(batch)}")
        parts += [len(batch).to_bytes(_LENGTH_BYTES, "big"), batch]
    header = MAGIC + _recipient(box)
    sealed = box.seal(b"".join(parts), header)
    return header + sealed.ephemeral + sealed.nonce + sealed.ciphertext


def photo_in(entry: bytes) -> bytes | None:
    """Give the photo that an entry of a file is, None when it is a batch."""
    return entry.removeprefix(PHOTO) if entry.startswith(PHOTO) else None


def unpack(file: bytes, box: OpeningBox) -> tuple[bytes, ...]:
    """Give the batches of a rescue file, in their order.

    MalformedRescueError when it is no rescue file or is cut; UnopenedSealError when it was made for another
    organisation, or changed since. Nothing is given of a file that is not whole.
    """
    if not file.startswith(MAGIC):
        raise MalformedRescueError(_not_ours(file))
    start = _HEADER_BYTES + KEY_BYTES + NONCE_BYTES
    if len(file) < start + _TAG_BYTES:
        raise MalformedRescueError(f"the rescue file is cut: {len(file)} bytes; copy it again from the device")
    header = file[:_HEADER_BYTES]
    if header != MAGIC + _recipient(box):
        raise UnopenedSealError("this rescue file was made for another organisation, or for an earlier key")
    sealed = Sealed(
        ephemeral=file[_HEADER_BYTES : _HEADER_BYTES + KEY_BYTES],
        nonce=file[_HEADER_BYTES + KEY_BYTES : start],
        ciphertext=file[start:],
    )
    return _split(box.open(sealed, header))


def _split(content: bytes) -> tuple[bytes, ...]:
    batches, at = list[bytes](), 0
    while at < len(content):
        body = at + _LENGTH_BYTES
        end = body + int.from_bytes(content[at:body], "big")
        if not body < end <= len(content):
            raise MalformedRescueError(f"the rescue file does not hold what it announces at byte {at}")
        batches.append(content[body:end])
        at = end
    return tuple(batches)


def _recipient(box: Box) -> bytes:
    return sha256(box.public).digest()[:_RECIPIENT_BYTES]


def _not_ours(file: bytes) -> str:
    if file.startswith(_MAGIC_NAME):
        version = file[len(_MAGIC_NAME) : len(_MAGIC_NAME) + 8].split(b"\n")[0].decode("ascii", "replace")
        return f"this rescue file is of version {version}: this server reads version 1, a newer one may read it"
    return "this is no rescue file: it does not begin with boucle-rescue/1"
