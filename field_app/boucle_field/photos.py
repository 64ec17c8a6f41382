"""The photos of this device: kept with their events, and after that until a receipt says that the server has them.

A photo is waiting until a receipt for its very bytes is verified, then kept some days more, so that a server that is
restored can be given it again. One that the server refuses stays here with the reason.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from boucle import photo_receipt as receipts
from boucle.errors import BoucleError
from boucle.photo import JPEG
from boucle.photo_receipt import PhotoReceipt
from boucle.signing import Crypto
from boucle.units import DAY_MS
from boucle.wire import digest
from boucle_field.identity import Identity
from boucle_field.store import Store, put

KEEP_MS: Final = 7 * DAY_MS
"""How long a photo stays here after the server has it: longer than backups are apart."""
_ONLY_FREE: Final = "photos_only_free"
_YES: Final = "yes"
_SENT = (
    "coalesce((SELECT max(state NOT IN ('new', 'raw')) FROM outbox JOIN photo_event USING (n)"
    " WHERE photo_event.sha256 = photo.sha256), 1)"
)
"""Whether the server has an event that announces a photo; an event that is gone from here was sent long ago."""


class Photo(NamedTuple):
    """A photo that is not recorded yet: its bytes, made by `boucle_field.picture`."""

    content: bytes

    @property
    def announcement(self) -> dict[str, Any]:
        """What the event says of it."""
        return {"sha256": digest(self.content), "size": len(self.content), "type": JPEG}


class Waiting(NamedTuple):
    """A photo that the server does not have yet, for all that a receipt says."""

    sha256: str
    size: int


def keep(db: sqlite3.Connection, n: int, photos: Iterable[Photo]) -> None:
    """Keep the photos of the event at place `n`, inside the transaction that records it; no hand has them any more."""
    for photo in photos:
        name = digest(photo.content)
        db.execute(
            "INSERT INTO photo (sha256, size, content) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
            (name, len(photo.content), photo.content),
        )
        db.execute("INSERT INTO photo_event VALUES (?, ?) ON CONFLICT DO NOTHING", (name, n))
        db.execute("DELETE FROM photo_in_hand WHERE sha256 = ?", (name,))


def missing(store: Store) -> int:
    """Count the photos that no receipt confirms: what the server may lack, the refused ones among them."""
    with store.reading() as db:
        return int(db.execute("SELECT count(*) FROM photo WHERE state != 'confirmed'").fetchone()[0])


def only_free(store: Store) -> bool:
    """Tell whether photos wait for a line that costs nothing; the events go over any."""
    return store.get(_ONLY_FREE) == _YES


def choose_only_free(store: Store, *, chosen: bool) -> None:
    """Let photos wait for a free line, or go over any."""
    with store.writing() as db:
        put(db, _ONLY_FREE, _YES if chosen else "")


def refused(store: Store) -> int:
    """Count the photos that the server does not take; they stay here."""
    with store.reading() as db:
        return int(db.execute("SELECT count(*) FROM photo WHERE state = 'refused'").fetchone()[0])


def waiting(store: Store) -> list[Waiting]:
    """Give the photos to send, the oldest first: their events have gone ahead."""
    with store.reading() as db:
        query = f"SELECT sha256, size FROM photo WHERE state = 'waiting' AND {_SENT} ORDER BY rowid"  # noqa: S608
        return [Waiting(*row) for row in db.execute(query).fetchall()]


def content(store: Store, sha256: str) -> bytes:
    """Give the bytes of a photo that is kept here."""
    with store.reading() as db:
        return bytes(db.execute("SELECT content FROM photo WHERE sha256 = ?", (sha256,)).fetchone()[0])


def contents(store: Store) -> Iterator[bytes]:
    """Give every photo that is kept here, the oldest first."""
    with store.reading() as db:
        names = [row[0] for row in db.execute("SELECT sha256 FROM photo ORDER BY rowid").fetchall()]
    for name in names:
        yield content(store, name)


def has(store: Store, sha256: str) -> bool:
    """Tell whether a photo is kept here."""
    with store.reading() as db:
        return db.execute("SELECT 1 FROM photo WHERE sha256 = ?", (sha256,)).fetchone() is not None


def verified(note: str, photo: Waiting, identity: Identity, crypto: Crypto) -> PhotoReceipt | None:
    """Give the receipt when our server signed it for this very photo; None for anything else."""
    try:
        receipt = receipts.verify(note, identity.verifier(note, crypto))
    except BoucleError:
        return None
    told = (receipt.org, receipt.sha256, receipt.size)
    return receipt if told == (identity.org, photo.sha256, photo.size) else None


def settle(store: Store, receipt: PhotoReceipt, note: str) -> None:
    """Write down that a verified receipt confirms a photo; its bytes stay for now."""
    with store.writing() as db:
        db.execute(
            "UPDATE photo SET state = 'confirmed', why = '', receipt = ?, confirmed_ms = ? WHERE sha256 = ?",
            (note, receipt.server_ms, receipt.sha256),
        )


def refuse(store: Store, sha256: str, why: str) -> None:
    """Write down that the server does not take a photo, and what it said; its bytes stay."""
    with store.writing() as db:
        db.execute("UPDATE photo SET state = 'refused', why = ? WHERE sha256 = ? AND state = 'waiting'", (why, sha256))


def doubt_all(store: Store) -> int:
    """Ask about every kept photo again, when the server was restored: one that it has is answered with its receipt."""
    with store.writing() as db:
        return db.execute(
            "UPDATE photo SET state = 'waiting', why = '', receipt = NULL WHERE state != 'waiting'"
        ).rowcount


def prune(store: Store, now_ms: int) -> int:
    """Forget the photos that the server has had for some days; give how many."""
    old = "state = 'confirmed' AND receipt IS NOT NULL AND confirmed_ms < ?"
    with store.writing() as db:
        db.execute(
            f"DELETE FROM photo_event WHERE sha256 IN (SELECT sha256 FROM photo WHERE {old})",  # noqa: S608
            (now_ms - KEEP_MS,),
        )
        return db.execute(f"DELETE FROM photo WHERE {old}", (now_ms - KEEP_MS,)).rowcount  # noqa: S608
