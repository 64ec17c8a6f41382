"""Sessions: who is signed in, as rows that hold only the hash of what the browser keeps.

A session ends when its person signs out, after some idle time, and in any case after some days. The person's role and
whether he still may sign in are looked up at every request.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.roles import Capability, capabilities_of
from boucle.units import DAY_MS
from boucle_server.tables import ORG, PERSON, WEB_SESSION

HOUR_MS: Final = 3_600_000
IDLE_MS: Final = 8 * HOUR_MS
"""A working day without a click."""
LONGEST_MS: Final = 7 * DAY_MS
NOTED_MS: Final = 300_000
"""How exactly it is noted when a session was last used: no write with every page."""
_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person who is signed in, and where. `token` is what the browser sent; it is nowhere else."""

    token: str
    org: str
    org_name: str
    is_demo: bool
    zone: str
    person: str
    name: str
    role: str
    capabilities: frozenset[Capability]
    is_to_be_noted: bool

    @property
    def form_token(self) -> str:
        """Give what every form of this session carries, so that no other site can send one."""
        return sha256(f"form {self.token}".encode()).hexdigest()


def begin(connection: Connection, org: str, person: str, *, now_ms: int) -> str:
    """Begin a session; give what the browser keeps. Sessions that have ended are removed."""
    connection.execute(
        sa.delete(WEB_SESSION).where(
            sa.or_(WEB_SESSION.c.expires_ms <= now_ms, WEB_SESSION.c.seen_ms <= now_ms - IDLE_MS)
        )
    )
    token = secrets.token_urlsafe(_BYTES)
    connection.execute(
        sa.insert(WEB_SESSION).values(
            token_hash=_hash(token),
            org=org,
            person=person,
            created_ms=now_ms,
            seen_ms=now_ms,
            expires_ms=now_ms + LONGEST_MS,
        )
    )
    return token


def find(connection: Connection, token: str, *, now_ms: int) -> Session | None:
    """Give the session of what a browser sent; None when there is none, or it has ended."""
    query = (
        sa.select(
            WEB_SESSION.c.org,
            WEB_SESSION.c.person,
            WEB_SESSION.c.seen_ms,
            WEB_SESSION.c.expires_ms,
            PERSON.c.name,
            PERSON.c.role,
            ORG.c.name.label("org_name"),
            ORG.c.demo,
            ORG.c.zone,
        )
        .join(PERSON, sa.and_(PERSON.c.org == WEB_SESSION.c.org, PERSON.c.person == WEB_SESSION.c.person))
        .join(ORG, ORG.c.org == WEB_SESSION.c.org)
        .where(WEB_SESSION.c.token_hash == _hash(token), PERSON.c.active.is_(True))
    )
    row = connection.execute(query).one_or_none()
    if row is None or row.expires_ms <= now_ms or row.seen_ms <= now_ms - IDLE_MS:
        return None
    return Session(
        token=token,
        org=row.org,
        org_name=row.org_name,
        is_demo=row.demo,
        zone=row.zone,
        person=row.person,
        name=row.name,
        role=row.role,
        capabilities=capabilities_of(row.role),
        is_to_be_noted=row.seen_ms <= now_ms - NOTED_MS,
    )


def note(connection: Connection, session: Session, *, now_ms: int) -> None:
    """Note that a session is in use."""
    connection.execute(
        sa.update(WEB_SESSION).where(WEB_SESSION.c.token_hash == _hash(session.token)).values(seen_ms=now_ms)
    )


def end(connection: Connection, token: str) -> None:
    """End one session."""
    connection.execute(sa.delete(WEB_SESSION).where(WEB_SESSION.c.token_hash == _hash(token)))


def end_all(connection: Connection, org: str, person: str) -> None:
    """End every session of a person, whose password or rights changed."""
    connection.execute(sa.delete(WEB_SESSION).where(WEB_SESSION.c.org == org, WEB_SESSION.c.person == person))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
