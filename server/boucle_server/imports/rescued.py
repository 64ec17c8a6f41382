"""A rescue file into the database: each batch goes through the door as if its device had pushed it.

Importing a file and syncing count once, in either order. What a device that was cut off had recorded is set aside
for a person, like anything that it could not have pushed any more.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from boucle.errors import BoucleError, MalformedPushError
from boucle.push import Push, Status, read_push
from boucle.rescue import photo_in, unpack
from boucle_server import ingest, keys, uploads
from boucle_server.db import Database
from boucle_server.errors import NotFoundError, OperatorError, PhotoRefusedError, PhotoUnannouncedError, why_of


@dataclass(slots=True, kw_only=True)
class Rescued:
    """How many records were answered what, and which batches (numbered from 1) could not be taken, and why."""

    statuses: Counter[Status] = field(default_factory=Counter)
    faults: list[tuple[int, BoucleError]] = field(default_factory=list)
    photos: int = 0
    """Photos of the file that are kept now."""

    @property
    def waiting(self) -> int:
        """Records that a person has to look at."""
        return sum(self.statuses[status] for status in (Status.QUARANTINED, Status.CONFLICT, Status.FORK))


def read(database: Database, org: str, file: Path) -> tuple[bytes, ...]:
    """Open a rescue file with the organisation's key.

    MalformedRescueError when it is cut or none, UnopenedSealError when it was made for another organisation.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise OperatorError("import.unreadable", file=file, why=why_of(error)) from error
    with database.reading() as connection:
        return unpack(content, keys.opening_box(connection, org))


def take(database: Database, org: str, batches: tuple[bytes, ...], *, now_ms: int) -> Rescued:
    """Take the batches in, each in a transaction of its own; one that cannot be taken does not stop the others."""
    found, dev = Rescued(), ""
    for number, body in enumerate(batches, 1):
        try:
            content = photo_in(body)
            if content is None:
                push = read_push(body)
                dev = push.dev
                _take(database, org, push, found, now_ms=now_ms)
            else:
                _take_photo(database, org, dev, content, now_ms=now_ms)
                found.photos += 1
        except (MalformedPushError, NotFoundError, PhotoRefusedError, PhotoUnannouncedError) as error:
            found.faults.append((number, error))
    return found


def _take_photo(database: Database, org: str, dev: str, content: bytes, *, now_ms: int) -> None:
    """Take a photo in; what is no photo, or what no event of the file or the ledger announces, is refused."""
    with database.writing(org) as connection:
        flaw = uploads.take(connection, org, dev, content, now_ms=now_ms)
    if flaw:
        raise PhotoRefusedError(f"photo.flaw.{flaw}")


def _take(database: Database, org: str, push: Push, found: Rescued, *, now_ms: int) -> None:
    with database.writing(org) as connection:
        sender = ingest.sender_of(connection, org, push.dev)
        results = ingest.take(connection, ingest.arrive(push, sender, now_ms=now_ms))
    found.statuses.update(result.status for result in results)
