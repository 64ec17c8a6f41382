"""What stands in the register when a table is read against it."""

from collections.abc import Iterable
from functools import partial

from sqlalchemy.engine import Connection

from boucle_server import people, rows
from boucle_server.imports.planned import Register
from boucle_server.projections import SqlStore
from boucle_server.tables import RECORD


def register_of(connection: Connection, org: str, *, zone: str, now_ms: int) -> Register:
    """Give the register of an organisation as it stands in this transaction."""
    known = {person["person"]: person for person in people.operators(connection, org)}
    store = SqlStore(connection, org)
    return Register(
        book=store.book(),
        bindings=store,
        operators={person["name"].casefold(): pseudonym for pseudonym, person in known.items()},
        people=known,
        now_ms=now_ms,
        zone=zone,
        recorded=partial(_recorded, connection, org),
        events=store.events,
        items=store.items,
    )


def _recorded(connection: Connection, org: str, ids: Iterable[str]) -> set[str]:
    return {row.id for row in rows.select(connection, RECORD, ("id",), org=org, key="id", keys=ids)}
