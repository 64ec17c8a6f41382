"""Documents beside events: the PDF that a test bench made, kept under the hash of its bytes as photos are.

Unlike a photo it is not written anew: what a bench signed stays as it is. So nobody is shown one inside a page of
ours; it is handed out as a file to whoever may read.
"""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.events import Event
from boucle.ids import is_digest
from boucle.wire import digest
from boucle_server import rows
from boucle_server.errors import NotFoundError
from boucle_server.tables import DOCUMENT

PDF: Final = "application/pdf"
LARGEST: Final = 10 * 1024 * 1024
FIELD: Final = "document"
"""What the body of an event calls it."""
_BEGINS: Final = b"%PDF-"
_ENDS: Final = b"%%EOF"
_TAIL: Final = 1024
"""Bytes within which a PDF ends: some programs write a little after its end."""


class Flaw(StrEnum):
    """Why bytes are no document that is kept; the words are `document.flaw.<value>`."""

    TOO_LARGE = "too_large"
    NO_PDF = "no_pdf"
    CUT = "cut"


class Announced(NamedTuple):
    """What an event says of its document."""

    sha256: str
    size: int


def flaw_of(content: bytes) -> Flaw | None:
    """Give what speaks against keeping bytes as a document, None for a whole PDF."""
    if len(content) > LARGEST:
        return Flaw.TOO_LARGE
    if not content.startswith(_BEGINS):
        return Flaw.NO_PDF
    return None if _ENDS in content[-_TAIL:] else Flaw.CUT


def announcement(content: bytes) -> dict[str, Any]:
    """Give what an event says of a document."""
    return {"sha256": digest(content), "size": len(content), "type": PDF}


def announced(event: Event) -> Announced | None:
    """Give the document of an event, None where it has none that makes sense."""
    said = event.body.get(FIELD)
    if not isinstance(said, Mapping):
        return None
    sha256, size = said.get("sha256"), said.get("size")
    return Announced(sha256, size) if isinstance(sha256, str) and is_digest(sha256) and isinstance(size, int) else None


def keep(connection: Connection, org: str, content: bytes, *, now_ms: int) -> None:
    """Keep a document in the transaction of its event; what is kept already stays as it is."""
    sha256 = digest(content)
    if not kept(connection, org, [sha256]):
        values = {"org": org, "sha256": sha256, "size": len(content), "received_ms": now_ms, "content": content}
        connection.execute(sa.insert(DOCUMENT).values(**values))


def kept(connection: Connection, org: str, hashes: Collection[str]) -> frozenset[str]:
    """Give those of the documents that are here."""
    found = rows.select(connection, DOCUMENT, ("sha256",), org=org, key="sha256", keys=hashes)
    return frozenset(row.sha256 for row in found)


def content(connection: Connection, org: str, sha256: str) -> bytes:
    """Give the bytes of a document; NotFoundError where it is not here."""
    query = sa.select(DOCUMENT.c.content).where(DOCUMENT.c.org == org, DOCUMENT.c.sha256 == sha256)
    found = connection.execute(query).scalar()
    if found is None:
        raise NotFoundError("web.no_document")
    return bytes(found)


def faults(connection: Connection, org: str) -> Iterator[str]:
    """Give the documents of which the bytes are not those that their name says."""
    query = sa.select(DOCUMENT.c.sha256, DOCUMENT.c.size, DOCUMENT.c.content).where(DOCUMENT.c.org == org)
    with connection.execute(query.order_by(DOCUMENT.c.sha256), execution_options={"yield_per": 10}) as found:
        for row in found:
            if digest(bytes(row.content)) != row.sha256 or len(row.content) != row.size:
                yield str(row.sha256)
