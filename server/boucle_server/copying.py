"""Copying a whole database: everything of SQLite by its own backup, the truth tables row by row to anywhere."""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server.db import Database, lock_schema, trouble_of
from boucle_server.read_tables import READ_META
from boucle_server.schema import HEAD, prepare, revision
from boucle_server.tables import METADATA, SERIAL

_ROWS = 1000


def copy_out(database: Database, file: Path) -> None:
    """Write one state of a database that goes on being written into a new SQLite file.

    StorageError when there is no room for it, or one of the two disks fails.
    """
    if database.embedded:
        _copy_pages(database, file)
        return
    copy = Database.embedded_at(file)
    try:
        prepare(copy)
        with database.reading() as source, copy.writing() as target:
            _copy_rows(source, target)
            _forget_filling(target)
    finally:
        copy.close()


def copy_in(file: Path, database: Database) -> None:
    """Write the truth of an SQLite file into an empty, prepared database of whatever kind, in one transaction."""
    source = Database.embedded_at(file)
    try:
        prepare(source)
        with source.reading() as read, database.writing() as target:
            lock_schema(target)
            _copy_rows(read, target)
            _forget_filling(target)
            if not database.embedded:
                _continue_serials(target)
    finally:
        source.close()


def is_empty(connection: Connection) -> bool:
    """Tell whether a database holds nothing of anybody yet."""
    if revision(connection) != HEAD:
        return revision(connection) is None
    return all(
        connection.execute(sa.select(sa.exists().select_from(table))).scalar_one() is False
        for table in METADATA.sorted_tables
    )


def _copy_pages(database: Database, file: Path) -> None:
    with database.reading() as connection:
        driver = connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            raise TypeError("not an SQLite connection")
        target = sqlite3.connect(file)
        try:
            # In one step, so that it is one state, however much is written meanwhile.
            driver.backup(target, pages=-1)
        except sqlite3.Error as error:
            raise trouble_of(error) or error from error
        finally:
            target.close()


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in METADATA.sorted_tables:
        rows: list[dict[str, Any]] = []
        ordered = sa.select(table).order_by(*table.primary_key.columns)
        for row in source.execution_options(yield_per=_ROWS).execute(ordered).mappings():
            rows.append(dict(row))
            if len(rows) == _ROWS:
                target.execute(sa.insert(table), rows)
                rows = []
        if rows:
            target.execute(sa.insert(table), rows)


def _forget_filling(target: Connection) -> None:
    target.execute(sa.update(READ_META).values(filled_ms=None))


def _continue_serials(target: Connection) -> None:
    """Let PostgreSQL number on after the rows that came with their numbers."""
    for table in METADATA.sorted_tables:
        (first, *_) = table.primary_key.columns
        if first.type is SERIAL:
            last = sa.select(sa.func.coalesce(sa.func.max(first), 0) + 1).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(table.name, first.name)
            target.execute(sa.select(sa.func.setval(sequence, last, False)))
