"""The events of one kind that stand: those that are accepted, after every void and correction, in their order."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.events import Event
from boucle_server import amending
from boucle_server.projections import FETCH, SqlStore, event_of
from boucle_server.tables import RECORD


def standing(
    connection: Connection, org: str, kind: str, *also: sa.ColumnElement[bool], since_ms: int | None = None
) -> list[Event]:
    """Give the standing events of a kind, in order; only those since an instant (ms) where one is said."""
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == org, RECORD.c.kind == f"{kind}/1", RECORD.c.status == "accepted", *also
    )
    if since_ms is not None:
        query = query.where(RECORD.c.teff >= since_ms)
    with connection.execute(query, execution_options={"yield_per": FETCH}) as found:
        events = [event_of(*row) for row in found]
    left = amending.standing(SqlStore(connection, org), events)
    return [event for event in left if event.kind == kind and (since_ms is None or event.teff >= since_ms)]
