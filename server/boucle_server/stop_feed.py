"""What phones are told of the stops of rounds: the events of these days, as they stand, whoever recorded them."""

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import stop_rows
from boucle.ids import first_id_at
from boucle.units import DAY_MS
from boucle_server.organisations import SERVER_DEV
from boucle_server.projections import FETCH, SqlStore, event_of
from boucle_server.tables import CHANGE, RECORD

STOP_DAYS: Final = 14
"""What was done at a stop longer ago is told to no phone: its round is unloaded, and nobody adds to it there."""
_KINDS: Final = tuple(f"{kind}/1" for kind in stop_rows.KINDS)


def is_worth_reading(now_ms: int) -> sa.ColumnElement[bool]:
    """Tell the changes that a phone which begins reads: of stops only those of these days, by the time in their ids."""
    return sa.or_(CHANGE.c.tbl != stop_rows.TABLE, CHANGE.c.key >= first_id_at(_since_ms(now_ms)))


def contents(connection: Connection, org: str, wanted: Collection[str], *, now_ms: int) -> dict[tuple[str, str], Any]:
    """Give the rows of some events of stops; what is old has none."""
    if not wanted:
        return {}
    told = stop_rows.rows_of(wanted, SqlStore(connection, org), office=SERVER_DEV)
    return {(stop_rows.TABLE, key): row for key, row in told.items() if row["order"][0] >= _since_ms(now_ms)}


def recent(connection: Connection, org: str, *, now_ms: int) -> list[tuple[str, str]]:
    """Give all that there is to tell, for phones whose server told nothing of stops before."""
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == org,
        RECORD.c.kind.in_(_KINDS),
        RECORD.c.teff >= _since_ms(now_ms),
        RECORD.c.status == "accepted",
    )
    with connection.execute(query, execution_options={"yield_per": FETCH}) as found:
        # No task of a stop is written without its mark.
        events = (event_of(payload, teff, tq) for payload, teff, tq in found if b"#" in bytes(payload))
        return sorted((stop_rows.TABLE, event.id) for event in events if stop_rows.is_of_stop(event))


def _since_ms(now_ms: int) -> int:
    return now_ms - STOP_DAYS * DAY_MS
