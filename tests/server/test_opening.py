"""Opening a database for use after an upgrade that changed what the read tables hold."""

import threading

import sqlalchemy as sa

from boucle_server import read_tables, rebuild, schema
from boucle_server.db import Database
from boucle_server.opening import make_ready
from boucle_server.read_tables import READ_META
from tests.server.figures_world import NOW, a_small_year
from tests.server.people import an_org


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in read_tables.METADATA.sorted_tables
        }


def test_read_tables_of_an_older_version_are_filled_for_every_organisation(database: Database) -> None:
    a_small_year(database, crates=3)
    a_small_year(database, "other", crates=2, seed=5)
    before = rows(database)
    assert len(before["item"]) == 5
    with database.writing() as connection:
        connection.execute(sa.update(READ_META).values(definition_hash="older"))
    opened = make_ready(database, now_ms=NOW)
    assert (opened.stale, rows(database)["item"]) == (False, before["item"])
    with database.reading() as connection:
        assert list(rebuild.differences(connection, "acme")) == []
        assert not schema.is_stale(connection)


def test_of_several_that_open_at_once_each_finds_them_filled(database: Database) -> None:
    a_small_year(database, crates=2)
    before = rows(database)["cell"]
    with database.writing() as connection:
        connection.execute(sa.update(READ_META).values(definition_hash="older"))
    start, stale = threading.Barrier(3), list[bool]()

    def open_it() -> None:
        start.wait()
        stale.append(make_ready(database, now_ms=NOW).stale)

    threads = [threading.Thread(target=open_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (stale, rows(database)["cell"]) == ([False] * 3, before)


def test_an_empty_database_is_ready_at_once(empty_database: Database) -> None:
    opened = make_ready(empty_database, now_ms=NOW)
    assert (opened.migrated, opened.stale) == (True, False)
    an_org(empty_database)
    assert not make_ready(empty_database, now_ms=NOW).migrated
