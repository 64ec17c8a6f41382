"""An organisation's own keys: made with it, kept in its database, handed out only by their public halves."""

import hmac
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.note import NoteSigner
from boucle.signing import OpeningBox, SigningKey, load_crypto
from boucle_server.errors import NotFoundError
from boucle_server.tables import ORG, ORG_KEY

SIGN = "sign"
BOX = "box"


_NEWEST: Final = (
    sa.select(ORG_KEY.c.public, ORG_KEY.c.private)
    .where(ORG_KEY.c.org == sa.bindparam("of"), ORG_KEY.c.purpose == sa.bindparam("for"))
    .order_by(ORG_KEY.c.created_ms.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The name of an organisation's log: `origin` is what checkpoints, receipts and verifier keys carry."""

    origin: str
    generation: int


def name_of_log(connection: Connection, org: str) -> Name:
    """Give the name of the log as it is now; NotFoundError for no organisation."""
    query = sa.select(ORG.c.origin, ORG.c.generation).where(ORG.c.org == org)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("api.no_org")
    return Name(origin=origin_of(row.origin, row.generation), generation=row.generation)


def origin_of(stem: str, generation: int) -> str:
    """Give the origin of one generation of a log: `host/org/g1`."""
    return f"{stem}/g{generation}"


def signing_key(connection: Connection, org: str) -> SigningKey:
    """Give the key that signs the organisation's log and seals its server device's events."""
    return _made(_newest(connection, org, SIGN).private)


def signer(connection: Connection, org: str) -> NoteSigner:
    """Give who signs for the log in its present generation; its `vkey` is what devices pin."""
    return NoteSigner(name_of_log(connection, org).origin, signing_key(connection, org))


def opening_box(connection: Connection, org: str) -> OpeningBox:
    """Give what opens the rescue files made for this organisation."""
    return load_crypto().opening_box(_newest(connection, org, BOX).private)


def box_public(connection: Connection, org: str) -> bytes:
    """Give the public key to which devices encrypt their rescue files."""
    public: bytes = _newest(connection, org, BOX).public
    return public


def secret(connection: Connection, org: str, purpose: bytes) -> bytes:
    """Give a secret of this organisation for one purpose, made of its own key, which it does not tell."""
    return hmac.digest(_newest(connection, org, SIGN).private, purpose, sha256)


def make_keys(connection: Connection, org: str, now_ms: int) -> dict[str, bytes]:
    """Draw both key pairs of a new organisation; give the public halves by purpose."""
    crypto = load_crypto()
    sign, box = crypto.generate_private_key(), crypto.generate_private_key()
    public = {SIGN: crypto.signing_key(sign).public, BOX: crypto.opening_box(box).public}
    rows = [
        {"org": org, "purpose": purpose, "public": public[purpose], "private": private, "created_ms": now_ms}
        for purpose, private in ((SIGN, sign), (BOX, box))
    ]
    connection.execute(sa.insert(ORG_KEY), rows)
    return public


@lru_cache(maxsize=64)
def _made(private: bytes) -> SigningKey:
    """Make a key once: it signs with every receipt."""
    return load_crypto().signing_key(private)


def _newest(connection: Connection, org: str, purpose: str) -> sa.Row[bytes, bytes]:
    row = connection.execute(_NEWEST, {"of": org, "for": purpose}).one_or_none()
    if row is None:
        raise NotFoundError("api.no_org")
    return row
