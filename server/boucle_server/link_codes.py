"""Codes of links that open one thing to whoever holds them: the id of an event, and what the key makes of it.

Nobody can guess one, and nothing of it is stored that could be stolen. A seed of its own for each kind of link keeps a
code of one kind from opening another.
"""

import base64
import binascii
import hmac
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server import keys
from boucle_server.tables import ORG

_ID_BYTES: Final = 16
_CODE_BYTES: Final = 16


class Opened(NamedTuple):
    """What a code names: the event, and whose it is."""

    org: str
    event: str


def code_of(connection: Connection, org: str, event_id: str, *, seed: bytes) -> str:
    """Give what stands in the address of a link."""
    plain = UUID(event_id).bytes
    return base64.urlsafe_b64encode(plain + _proof(connection, org, plain, seed)).rstrip(b"=").decode()


def opened(connection: Connection, code: str, *, seed: bytes) -> Opened | None:
    """Give what a code names, None for one that no organisation here has made."""
    try:
        read = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(read) != _ID_BYTES + _CODE_BYTES:
        return None
    plain, given = read[:_ID_BYTES], read[_ID_BYTES:]
    for org in connection.execute(sa.select(ORG.c.org)).scalars().all():
        if hmac.compare_digest(_proof(connection, org, plain, seed), given):
            return Opened(org, str(UUID(bytes=plain)))
    return None


def _proof(connection: Connection, org: str, plain: bytes, seed: bytes) -> bytes:
    secret = keys.secret(connection, org, seed)
    return hmac.digest(secret, org.encode() + b"\0" + plain, sha256)[:_CODE_BYTES]
