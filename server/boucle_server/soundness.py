"""Is a database sound? The quick look that a backup, a restore and the doctor share.

Whether every figure follows from every stored event is `boucle verify`'s question, and takes as long as the
history; here it is only whether the file reads, and whether each log is the one that was signed.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.log import Frontier
from boucle.note import Checkpoint
from boucle_server import eventlog, keys, organisations
from boucle_server.db import Database
from boucle_server.tables import LEAF, LOG_HEAD, ORG


def is_readable(database: Database) -> bool:
    """Tell whether SQLite finds every page, row and index of its file in order; PostgreSQL looks after itself."""
    if not database.embedded:
        return True
    with database.reading() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    return found == "ok"


def heads(connection: Connection) -> dict[str, Checkpoint]:
    """Give the present log of every organisation, as its head says."""
    return {org: eventlog.head(connection, org) for org in organisations.ids(connection)}


def contradictions(connection: Connection, org: str) -> list[str]:
    """Say in which generations the stored leaves do not give the root that the head, or a signature, names."""
    faults = []
    for row in connection.execute(sa.select(LOG_HEAD).where(LOG_HEAD.c.org == org)):
        name = keys.origin_of(_stem(connection, org), row.generation)
        frontier = Frontier.from_bytes(row.frontier)
        count = connection.execute(
            sa.select(sa.func.count()).select_from(LEAF).where(LEAF.c.org == org, LEAF.c.generation == row.generation)
        ).scalar_one()
        if (count, frontier.size) != (row.size, row.size):
            faults.append(f"{name}: {count} leaves, size {row.size}, frontier {frontier.size}")
        elif eventlog.root_at(connection, org, row.generation, size=row.size) != frontier.root():
            faults.append(f"{name}: the leaves do not give the root of the head")
        elif row.signed_size is not None and (
            row.signed_size > row.size
            or eventlog.root_at(connection, org, row.generation, size=row.signed_size) != row.signed_root
        ):
            faults.append(f"{name}: the leaves do not give the root that was signed at {row.signed_size}")
    return faults


def _stem(connection: Connection, org: str) -> str:
    stem: str = connection.execute(sa.select(ORG.c.origin).where(ORG.c.org == org)).scalar_one()
    return stem
