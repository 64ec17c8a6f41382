"""Opening a database for use: its definition brought up to date, its read tables filled, held events taken in."""

from boucle_server import organisations
from boucle_server.db import Database, lock_org, lock_schema
from boucle_server.decisions import holds_known, release_held
from boucle_server.schema import Prepared, is_stale, prepare


def make_ready(database: Database, *, now_ms: int) -> Prepared:
    """Prepare a database; read tables that were made anew are filled from the events, all in one transaction.

    That takes as long as `boucle rebuild`, once after an upgrade that changed their definition. Events of kinds
    that this version is the first to know take effect.
    """
    prepared = prepare(database)
    if prepared.stale:
        _fill(database, now_ms)
    _release(database, now_ms)
    return Prepared(migrated=prepared.migrated, stale=False)


def _release(database: Database, now_ms: int) -> None:
    with database.reading() as connection:
        waiting = [org for org in organisations.ids(connection) if holds_known(connection, org)]
    for org in waiting:
        with database.writing(org) as connection:
            release_held(connection, org, now_ms=now_ms)


def _fill(database: Database, now_ms: int) -> None:
    from boucle_server.rebuild import rebuild  # noqa: PLC0415 - what it needs is seldom needed

    with database.writing() as connection:
        lock_schema(connection)
        # Another process may have filled them while this one waited.
        if is_stale(connection):
            for org in organisations.ids(connection):
                lock_org(connection, org)
                rebuild(connection, org, now_ms=now_ms)
