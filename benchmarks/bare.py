"""The bare insertion of ledger rows that a write door is measured against: one statement and one durable commit.

The table has the ledger's columns, a unique id and one more index, and nothing else: no other table, no rule.
"""

import sqlite3
from pathlib import Path
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa

from boucle_server.db import Database
from boucle_server.tables import RECORD

COLUMNS = tuple(column for column in RECORD.columns if column.name != "rid")
Rows = list[tuple[Any, ...]]


class Bare(Protocol):
    """Something that takes rows in durably."""

    name: str

    def insert(self, rows: Rows) -> None:
        """Insert rows and commit."""

    def close(self) -> None:
        """Let go of the connection."""


class BareSqlite:
    """`executemany` through the driver, WAL, FULL."""

    name = "`executemany` of the same rows, WAL, `synchronous=FULL`"

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        for statement in _definition("sqlite"):
            self._db.execute(statement)
        marks = ", ".join("?" for _ in COLUMNS)
        self._text = f"INSERT INTO bare ({_names()}) VALUES ({marks})"  # noqa: S608 - our own names

    def insert(self, rows: Rows) -> None:
        """Insert rows and commit."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(self._text, rows)
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Let go of the connection."""
        self._db.close()


class BarePostgres:
    """Whole columns as arrays, `INSERT … SELECT … FROM unnest(…)`, in one synchronous commit."""

    name = "`INSERT … unnest` of the same rows, synchronous commit"

    def __init__(self, url: str) -> None:
        self._db = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=False)
        for statement in _definition("postgresql"):
            self._db.execute(statement.encode())
        self._db.commit()
        arrays = ", ".join(f"%s::{_type('postgresql', column)}[]" for column in COLUMNS)
        again = "ON CONFLICT DO NOTHING"
        text = f"INSERT INTO bare ({_names()}) SELECT * FROM unnest({arrays}) {again}"  # noqa: S608 - our own names
        self._text = text.encode()

    def insert(self, rows: Rows) -> None:
        """Insert rows and commit."""
        self._db.execute(self._text, [list(column) for column in zip(*rows, strict=True)])
        self._db.commit()

    def close(self) -> None:
        """Let go of the connection."""
        self._db.close()


def last_row(database: Database, org: str) -> int:
    """Give the number of the newest row of the ledger."""
    with database.reading() as connection:
        query = sa.select(sa.func.coalesce(sa.func.max(RECORD.c.rid), 0)).where(RECORD.c.org == org)
        return int(connection.execute(query).scalar_one())


def ledger_rows(database: Database, org: str, *, after: int) -> Rows:
    """Give the rows of an organisation's ledger after that one, in the order of arrival."""
    query = sa.select(*COLUMNS).where(RECORD.c.org == org, RECORD.c.rid > after).order_by(RECORD.c.rid)
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def _names() -> str:
    return ", ".join(f'"{column.name}"' for column in COLUMNS)


def _definition(dialect: str) -> list[str]:
    serial = "INTEGER PRIMARY KEY" if dialect == "sqlite" else "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    columns = ", ".join(f'"{column.name}" {_type(dialect, column)}' for column in COLUMNS)
    return [
        f"CREATE TABLE bare (rid {serial}, {columns}, UNIQUE (org, id, variant))",
        "CREATE INDEX bare_chain ON bare (org, dev, epoch, seq)",
    ]


def _type(dialect: str, column: sa.Column[Any]) -> str:
    if isinstance(column.type, sa.LargeBinary):
        return "BLOB" if dialect == "sqlite" else "bytea"
    if isinstance(column.type, sa.Integer):
        return "INTEGER" if dialect == "sqlite" else "bigint"
    return "TEXT"
