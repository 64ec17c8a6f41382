"""The register of people as the web shows it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server.errors import NotFoundError
from boucle_server.tables import PERSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A person without any secret."""

    person: str
    name: str
    role: str
    site: str
    login: str
    badge: str
    has_password: bool
    has_pin: bool
    active: bool


def everybody(connection: Connection, org: str) -> list[Somebody]:
    """Give everybody, those who may come in first, by name."""
    rows = connection.execute(sa.select(PERSON).where(PERSON.c.org == org)).all()
    found = [
        Somebody(
            person=row.person,
            name=row.name,
            role=row.role,
            site=row.site,
            login=row.login or "",
            badge=row.badge or "",
            has_password=row.password_hash is not None,
            has_pin=row.pin_hash is not None,
            active=bool(row.active),
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (not each.active, each.name.casefold(), each.person))


def somebody(connection: Connection, org: str, person: str) -> Somebody:
    """Give one person; NotFoundError."""
    found = next((each for each in everybody(connection, org) if each.person == person), None)
    if found is None:
        raise NotFoundError("api.no_person")
    return found
