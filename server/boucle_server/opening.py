"""Opening a database for use: its definition brought up to date, and its read tables filled where they are new."""

from boucle_server import organisations
from boucle_server.db import Database, lock_org, lock_schema
from boucle_server.schema import Prepared, is_stale, prepare


def make_ready(database: Database, *, now_ms: int) -> Prepared:
    """Prepare a database; read tables that were made anew are filled from the events, all in one transaction.

    That takes as long as `boucle rebuild`, once after an upgrade that changed their definition.
    """
    prepared = prepare(database)
    if not prepared.stale:
        return prepared
    from boucle_server.rebuild import rebuild  # noqa: PLC0415 - what it needs is seldom needed

    with database.writing() as connection:
        lock_schema(connection)
        # Another process may have filled them while this one waited.
        if is_stale(connection):
            for org in organisations.ids(connection):
                lock_org(connection, org)
                rebuild(connection, org, now_ms=now_ms)
    return Prepared(migrated=prepared.migrated, stale=False)
