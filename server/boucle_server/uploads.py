"""Photos on their way: begun by a device, continued where the last durable byte is, whole only when the hash fits.

What a device sends is committed before it is answered. A photo becomes one in the same commit that forgets its parts,
so that no reader ever meets half of it, whenever the server is killed.
"""

from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.photo import Picture, look
from boucle.photo_receipt import PhotoReceipt, sign
from boucle.units import DAY_MS
from boucle.wire import digest
from boucle_server import keys, photos
from boucle_server.errors import ConflictError, NotFoundError, PhotoRefusedError, PhotoUnannouncedError, QuotaError
from boucle_server.tables import PHOTO_CHUNK, PHOTO_UPLOAD

KEEP_MS: Final = 7 * DAY_MS
"""How long a photo on its way is kept after its last byte came; the device still has all of it."""
MOST_OPEN: Final = 100
"""Photos that one device may have on their way at a time."""
DAMAGED: Final = "damaged"
"""The bytes that came are not those of the hash: they are dropped, and the upload begins anew."""


class Standing(NamedTuple):
    """How far an upload is: bytes here of all. `flaw` says why the last byte made no photo of it.

    `expires_ms` is None for a photo that is whole.
    """

    received: int
    length: int
    expires_ms: int | None = None
    flaw: str = ""

    @property
    def complete(self) -> bool:
        """Whether the photo is whole, and kept."""
        return self.expires_ms is None and not self.flaw


def begin(connection: Connection, org: str, dev: str, *, sha256: str, length: int, now_ms: int) -> Standing:
    """Begin an upload, or find the one that was begun, or the photo itself.

    PhotoRefusedError for bytes that were refused before, PhotoUnannouncedError when no stored event speaks of them,
    QuotaError when the device has too many on their way.
    """
    whole = _whole(connection, org, sha256)
    if whole is not None:
        return whole
    if not photos.is_promised(connection, org, sha256):
        raise PhotoUnannouncedError
    try:
        begun = standing(connection, org, dev, sha256=sha256)
    except NotFoundError:
        begun = None
    if begun is not None and begun.length == length:
        return begun
    drop(connection, org, dev, sha256=sha256)
    mine = sa.select(sa.func.count()).where(PHOTO_UPLOAD.c.org == org, PHOTO_UPLOAD.c.dev == dev)
    if connection.execute(mine).scalar_one() >= MOST_OPEN:
        raise QuotaError("api.uploads_open", most=MOST_OPEN)
    values = {"org": org, "dev": dev, "sha256": sha256, "length": length, "received": 0, "touched_ms": now_ms}
    connection.execute(sa.insert(PHOTO_UPLOAD).values(**values))
    return Standing(0, length, now_ms + KEEP_MS)


def standing(connection: Connection, org: str, dev: str, *, sha256: str) -> Standing:
    """Tell how far an upload of a device is; NotFoundError. A whole photo is known to every device."""
    whole = _whole(connection, org, sha256)
    if whole is not None:
        return whole
    row = connection.execute(sa.select(PHOTO_UPLOAD).where(*_named(PHOTO_UPLOAD, org, dev, sha256))).one_or_none()
    if row is None:
        raise NotFoundError("api.no_upload")
    return Standing(row.received, row.length, row.touched_ms + KEEP_MS)


def append(
    connection: Connection, org: str, dev: str, *, sha256: str, start: int, chunk: bytes, now_ms: int
) -> Standing:
    """Take the next bytes of an upload; with the last of them the photo is whole, or its upload is dropped.

    NotFoundError for no upload, ConflictError for bytes that do not begin where the last ones ended.
    """
    before = standing(connection, org, dev, sha256=sha256)
    end = start + len(chunk)
    if start != before.received or end > before.length:
        raise ConflictError("api.upload_offset", received=before.received, length=before.length)
    if before.complete:
        return before
    if end == before.length:
        return _finish(connection, org, dev, sha256=sha256, last=chunk, now_ms=now_ms)
    if chunk:
        values = {"org": org, "dev": dev, "sha256": sha256, "start": start, "content": chunk}
        connection.execute(sa.insert(PHOTO_CHUNK).values(**values))
    moved = sa.update(PHOTO_UPLOAD).where(*_named(PHOTO_UPLOAD, org, dev, sha256))
    connection.execute(moved.values(received=end, touched_ms=now_ms))
    return Standing(end, before.length, now_ms + KEEP_MS)


def drop(connection: Connection, org: str, dev: str, *, sha256: str) -> None:
    """Forget an upload and its bytes, when there is one."""
    for table in (PHOTO_CHUNK, PHOTO_UPLOAD):
        connection.execute(sa.delete(table).where(*_named(table, org, dev, sha256)))


def expire(connection: Connection, org: str, *, now_ms: int) -> int:
    """Forget the uploads that nothing came of for long; give how many."""
    old = sa.select(PHOTO_UPLOAD.c.dev, PHOTO_UPLOAD.c.sha256).where(
        PHOTO_UPLOAD.c.org == org, PHOTO_UPLOAD.c.touched_ms <= now_ms - KEEP_MS
    )
    found = connection.execute(old).all()
    for row in found:
        drop(connection, org, row.dev, sha256=row.sha256)
    return len(found)


def take(connection: Connection, org: str, dev: str, content: bytes, *, now_ms: int) -> str:
    """Take a whole photo that came by hand; give its flaw, empty when it is kept.

    PhotoUnannouncedError when no stored event announces it.
    """
    if not photos.is_promised(connection, org, digest(content)):
        raise PhotoUnannouncedError
    return _judge(connection, org, dev, content, now_ms=now_ms)


def receipt(connection: Connection, org: str, sha256: str, size: int, *, now_ms: int) -> str:
    """Sign that a photo is kept; only after the commit that keeps it."""
    signer = keys.signer(connection, org)
    stands = PhotoReceipt(org=org, sha256=sha256, size=size, origin=signer.name, server_ms=now_ms)
    return sign(stands, signer)


def _finish(connection: Connection, org: str, dev: str, *, sha256: str, last: bytes, now_ms: int) -> Standing:
    parts = sa.select(PHOTO_CHUNK.c.content).where(*_named(PHOTO_CHUNK, org, dev, sha256))
    before = [bytes(part) for part in connection.execute(parts.order_by(PHOTO_CHUNK.c.start)).scalars()]
    content = b"".join([*before, last])
    drop(connection, org, dev, sha256=sha256)
    if digest(content) != sha256:
        return Standing(0, len(content), flaw=DAMAGED)
    return Standing(len(content), len(content), flaw=_judge(connection, org, dev, content, now_ms=now_ms))


def _judge(connection: Connection, org: str, dev: str, content: bytes, *, now_ms: int) -> str:
    found = look(content)
    if isinstance(found, Picture):
        photos.keep(connection, org, dev, content, picture=found, now_ms=now_ms)
        return ""
    photos.refuse(connection, org, dev, content, flaw=str(found), now_ms=now_ms)
    return str(found)


def _whole(connection: Connection, org: str, sha256: str) -> Standing | None:
    found = photos.stored(connection, org, [sha256]).get(sha256)
    if found is None:
        return None
    if found.flaw:
        raise PhotoRefusedError(f"photo.flaw.{found.flaw}")
    return Standing(found.size, found.size)


def _named(table: sa.Table, org: str, dev: str, sha256: str) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.org == org, table.c.dev == dev, table.c.sha256 == sha256
