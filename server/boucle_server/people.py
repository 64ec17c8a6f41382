"""People: a pseudonym with up to two credentials, a login with a password and a badge with a PIN."""

import secrets
from functools import cache
from typing import Any

import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.engine import Connection

from boucle.ids import new_name, random_characters
from boucle.log import EntryKind
from boucle.pin import hash_pin, is_pin, pin_fits
from boucle.roles import Role
from boucle_server import eventlog
from boucle_server.errors import ConflictError, InvalidInputError, NotFoundError, UnauthenticatedError
from boucle_server.feed import note_changes
from boucle_server.organisations import checked_text
from boucle_server.tables import PERSON

MIN_PASSWORD = 12
MAX_PASSWORD = 200
OPERATORS = "operator"
"""The table under which phones pull the people who may sign in on them."""


def is_password(text: str) -> bool:
    """Tell whether a text is long enough for a password, and no longer than is read."""
    return MIN_PASSWORD <= len(text) <= MAX_PASSWORD


def add_user(
    connection: Connection, org: str, *, login: str, password: str, role: Role, now_ms: int, name: str = ""
) -> str:
    """Add a person who signs in with a login and a password; give the pseudonym.

    InvalidInputError, or ConflictError when the login is taken, in whatever organisation.
    """
    checked_text(login, "login", longest=64)
    if not is_password(password):
        raise InvalidInputError("api.bad_password")
    taken = connection.execute(sa.select(PERSON.c.person).where(PERSON.c.login == login)).first()
    if taken is not None:
        raise ConflictError("api.login_taken", login=login)
    credentials = {"login": login, "password_hash": hash_password(password)}
    return _add(connection, org, name=name or login, role=role, site="", now_ms=now_ms, **credentials)


def add_operator(
    connection: Connection,
    org: str,
    *,
    name: str,
    role: Role,
    pin: str,
    now_ms: int,
    badge: str = "",
    site: str = "",
) -> str:
    """Add a person who signs in on shared phones with a badge or a name, and a PIN; give the pseudonym.

    InvalidInputError, or ConflictError when the badge is taken.
    """
    checked_text(name, "name")
    checked_text(badge, "badge", longest=64, empty=True)
    checked_text(site, "site", longest=64, empty=True)
    if not is_pin(pin):
        raise InvalidInputError("api.bad_pin")
    if badge:
        query = sa.select(PERSON.c.person).where(PERSON.c.org == org, PERSON.c.badge == badge)
        if connection.execute(query).first() is not None:
            raise ConflictError("api.badge_taken")
    credentials = {"badge": badge or None, "pin_hash": hash_pin(pin, secrets.token_bytes)}
    return _add(connection, org, name=name, role=role, site=site, now_ms=now_ms, **credentials)


def sign_in(connection: Connection, login: str, password: str) -> tuple[str, str]:
    """Give the organisation and the pseudonym of whoever knows this password.

    UnauthenticatedError, after the same work for a login that exists and for one that does not.
    """
    columns = (PERSON.c.org, PERSON.c.person, PERSON.c.password_hash)
    query = sa.select(*columns).where(PERSON.c.login == login, PERSON.c.active.is_(True))
    row = connection.execute(query).one_or_none()
    stored = _nobody() if row is None or row.password_hash is None else row.password_hash
    fits = len(password) <= MAX_PASSWORD and _hasher().verify(password, stored)
    if row is None or not fits:
        raise UnauthenticatedError
    return row.org, row.person


def with_login(connection: Connection, org: str, login: str) -> str:
    """Give the pseudonym of the active person with a login; NotFoundError."""
    query = sa.select(PERSON.c.person).where(PERSON.c.org == org, PERSON.c.login == login, PERSON.c.active.is_(True))
    person: str | None = connection.execute(query).scalar()
    if person is None:
        raise NotFoundError("api.nobody", login=login)
    return person


def operators(connection: Connection, org: str) -> list[dict[str, Any]]:
    """Give the people who sign in on phones, by pseudonym, with the hash that a phone checks a PIN against."""
    names = ("person", "name", "badge", "pin_hash", "role", "site", "active")
    query = sa.select(*(PERSON.c[name] for name in names))
    query = query.where(PERSON.c.org == org, PERSON.c.pin_hash.is_not(None)).order_by(PERSON.c.person)
    return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001


def is_pin_of(connection: Connection, org: str, person: str, pin: str) -> bool:
    """Tell whether a PIN is this active person's."""
    query = sa.select(PERSON.c.pin_hash).where(
        PERSON.c.org == org, PERSON.c.person == person, PERSON.c.active.is_(True)
    )
    stored = connection.execute(query).scalar()
    return stored is not None and pin_fits(pin, stored)


def new_password() -> str:
    """Draw a password of 100 random bits that can be read aloud."""
    drawn = random_characters(20, secrets.token_bytes).lower()
    return "-".join(drawn[at : at + 5] for at in range(0, len(drawn), 5))


def hash_password(password: str) -> str:
    """Give the Argon2id hash of a password, with its parameters and salt."""
    return _hasher().hash(password)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _nobody() -> str:
    """The hash of a password that nobody has, so that an unknown login costs as much as a known one."""
    return hash_password(secrets.token_urlsafe(32))


def _add(connection: Connection, org: str, *, name: str, role: Role, site: str, now_ms: int, **credentials: Any) -> str:
    person = new_name("p", secrets.token_bytes)
    connection.execute(
        sa.insert(PERSON).values(
            org=org,
            person=person,
            name=name,
            role=role.value,
            site=site,
            active=True,
            created_ms=now_ms,
            **credentials,
        )
    )
    content = {"act": "person.added", "role": role.value, "credentials": sorted(credentials)}
    eventlog.append_act(connection, org, EntryKind.KEY, person, content=content, now_ms=now_ms)
    if "pin_hash" in credentials:
        note_changes(connection, org, [(OPERATORS, person)])
    return person
