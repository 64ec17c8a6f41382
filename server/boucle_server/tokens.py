"""Opaque tokens: drawn at random, shown once, kept as a hash, good until they expire or are revoked."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.ids import new_name
from boucle.log import EntryKind
from boucle.roles import Capability
from boucle_server import eventlog
from boucle_server.errors import InvalidInputError, NotFoundError
from boucle_server.organisations import checked_text
from boucle_server.tables import TOKEN

DEVICE_PREFIX = "boucle-d"
PROGRAM_PREFIX = "boucle-p"
"""A prefix tells people, and tools that look for leaked secrets, what a token is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token of a program at the only moment when it can be read."""

    id: str
    secret: str


def draw(prefix: str) -> str:
    """Draw a token with 256 random bits."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hash_of(secret: str) -> str:
    """Give the hex SHA-256 under which a token is kept."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def add(
    connection: Connection,
    org: str,
    *,
    name: str,
    scopes: Iterable[Capability],
    now_ms: int,
    expires_ms: int | None = None,
) -> NewToken:
    """Make a token of a program; InvalidInputError without a scope, or when it would never be valid."""
    held = sorted(set(scopes))
    if not held:
        raise InvalidInputError(field="scopes")
    if expires_ms is not None and expires_ms <= now_ms:
        raise InvalidInputError(field="expires")
    checked_text(name, "name")
    made = NewToken(id=new_name("t", secrets.token_bytes), secret=draw(PROGRAM_PREFIX))
    connection.execute(
        sa.insert(TOKEN).values(
            token_hash=hash_of(made.secret),
            org=org,
            id=made.id,
            name=name,
            scopes=" ".join(held),
            created_ms=now_ms,
            expires_ms=expires_ms,
        )
    )
    content = {"act": "token.made", "scopes": held, "expires_ms": expires_ms}
    eventlog.append_act(connection, org, EntryKind.KEY, made.id, content=content, now_ms=now_ms)
    return made


def revoke(connection: Connection, org: str, id: str, *, now_ms: int) -> None:
    """Cut a program off at its next request; NotFoundError unless the token is valid until now."""
    changed = connection.execute(
        sa.update(TOKEN)
        .where(TOKEN.c.org == org, TOKEN.c.id == id, TOKEN.c.revoked_ms.is_(None))
        .values(revoked_ms=now_ms)
    )
    if changed.rowcount == 0:
        raise NotFoundError("api.no_token")
    content = {"act": "token.revoked"}
    eventlog.append_act(connection, org, EntryKind.KEY, id, content=content, now_ms=now_ms)


def listed(connection: Connection, org: str) -> list[dict[str, object]]:
    """Give every token of an organisation without its secret, oldest first."""
    columns = (TOKEN.c.id, TOKEN.c.name, TOKEN.c.scopes, TOKEN.c.created_ms)
    query = sa.select(*columns, TOKEN.c.expires_ms, TOKEN.c.revoked_ms).where(TOKEN.c.org == org)
    rows = [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001
    return sorted(rows, key=lambda row: (row["created_ms"], row["id"]))
