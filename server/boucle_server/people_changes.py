"""Changes to people who are known: names, roles, badges, PINs, passwords, and whether they may come in at all."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.log import EntryKind
from boucle.pin import hash_pin, is_pin
from boucle.roles import Role
from boucle_server import eventlog
from boucle_server.errors import ConflictError, InvalidInputError, NotFoundError
from boucle_server.feed import note_changes
from boucle_server.organisations import checked_text
from boucle_server.people import OPERATORS, hash_password, is_password
from boucle_server.tables import PERSON, WEB_SESSION

_SIGNS_OUT: Final = frozenset({"role", "active", "password_hash"})


class Whose(NamedTuple):
    """Whose values are checked, and where."""

    connection: Connection
    org: str
    person: str


def change(connection: Connection, org: str, person: str, wanted: Mapping[str, Any], *, now_ms: int) -> None:
    """Change what is given, in the organisation's writing transaction; phones and the log are told.

    `wanted` has any of `name`, `role`, `site`, `badge`, `pin`, `login`, `password`, `active`. Whose password, role or
    right to come in changes is signed out everywhere. NotFoundError for nobody of ours; InvalidInputError for what
    does not do; ConflictError for a badge or a login that is taken, and for taking the last administrator away.
    """
    before = connection.execute(sa.select(PERSON).where(*_is(org, person))).one_or_none()
    if before is None:
        raise NotFoundError("api.no_person")
    whose = Whose(connection, org, person)
    checked = {_FIELDS[field][0]: _FIELDS[field][1](whose, value) for field, value in wanted.items()}
    changed = {column: value for column, value in checked.items() if value != getattr(before, column)}
    if not changed:
        return
    connection.execute(sa.update(PERSON).where(*_is(org, person)).values(**changed))
    if {"role", "active"} & changed.keys() and _was_administrator(before) and not _has_administrator(connection, org):
        raise ConflictError("api.last_administrator")
    if _SIGNS_OUT & changed.keys():
        connection.execute(sa.delete(WEB_SESSION).where(WEB_SESSION.c.org == org, WEB_SESSION.c.person == person))
    content = {"act": "person.changed", "fields": sorted(changed), "role": changed.get("role", before.role)}
    eventlog.append_act(connection, org, EntryKind.KEY, person, content=content, now_ms=now_ms)
    if before.pin_hash is not None or "pin_hash" in changed:
        note_changes(connection, org, [(OPERATORS, person)])


def _is(org: str, person: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return PERSON.c.org == org, PERSON.c.person == person


def _name(_whose: Whose, name: str) -> str:
    return checked_text(name, "name")


def _role(_whose: Whose, role: Role) -> str:
    return role.value


def _site(_whose: Whose, site: str) -> str:
    return checked_text(site, "site", longest=64, empty=True)


def _active(_whose: Whose, active: object) -> bool:
    return bool(active)


def _badge(whose: Whose, badge: str) -> str | None:
    """Give a badge that nobody else has; none for an empty one."""
    checked_text(badge, "badge", longest=64, empty=True)
    other = sa.select(PERSON.c.person).where(
        PERSON.c.org == whose.org, PERSON.c.badge == badge, PERSON.c.person != whose.person
    )
    if badge and whose.connection.execute(other).first() is not None:
        raise ConflictError("api.badge_taken")
    return badge or None


def _login(whose: Whose, login: str) -> str:
    checked_text(login, "login", longest=64)
    other = sa.select(PERSON.c.person).where(PERSON.c.login == login, PERSON.c.person != whose.person)
    if whose.connection.execute(other).first() is not None:
        raise ConflictError("api.login_taken", login=login)
    return login


def _pin(_whose: Whose, pin: str) -> str:
    if not is_pin(pin):
        raise InvalidInputError("api.bad_pin")
    return hash_pin(pin, secrets.token_bytes)


def _password(_whose: Whose, password: str) -> str:
    if not is_password(password):
        raise InvalidInputError("api.bad_password")
    return hash_password(password)


_FIELDS: Final[Mapping[str, tuple[str, Callable[[Whose, Any], object]]]] = {
    "name": ("name", _name),
    "role": ("role", _role),
    "site": ("site", _site),
    "active": ("active", _active),
    "badge": ("badge", _badge),
    "login": ("login", _login),
    "pin": ("pin_hash", _pin),
    "password": ("password_hash", _password),
}
"""The column of each field that can be changed, and what checks it."""


def _was_administrator(row: Any) -> bool:
    return bool(row.active) and row.role == Role.ADMINISTRATOR.value and row.password_hash is not None


def _has_administrator(connection: Connection, org: str) -> bool:
    """Tell whether somebody can still sign in who lets people in."""
    query = sa.select(PERSON.c.person).where(
        PERSON.c.org == org,
        PERSON.c.active.is_(True),
        PERSON.c.role == Role.ADMINISTRATOR.value,
        PERSON.c.password_hash.is_not(None),
    )
    return connection.execute(query.limit(1)).first() is not None
