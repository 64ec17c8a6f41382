"""Many rows in one statement: the few forms of SQL that the hot path needs, the same on both databases.

SQLite takes a list of tuples through one prepared statement, PostgreSQL whole columns as arrays; either is
several times faster than one statement a row, and the texts are made once. Every form names the organisation
first: there is none here that reads or writes across two.
"""

# ruff: noqa: S608 - the names in these statements are those of our own tables; every value is a parameter

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

Values = Sequence[tuple[Any, ...]]

ORG: Final = "org"
_ARRAYS: Final[tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...]] = (
    (sa.SmallInteger, "smallint[]"),
    (sa.Integer, "bigint[]"),
    (sa.LargeBinary, "bytea[]"),
    (sa.Boolean, "boolean[]"),
    (sa.Text, "text[]"),
)
"""The type of a whole column of values; `BigInteger` is an `Integer` to SQLAlchemy."""


def insert(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: Values) -> None:
    """Insert rows; each is a tuple of the values of `columns`."""
    _run(connection, _insert_text(connection.dialect.name, table, columns, ""), rows)


def upsert(
    connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: Values, *, add: str | None = None
) -> None:
    """Insert rows or, where one with the same primary key is, replace it; each key at most once.

    With `add`, that column is added to what is there, and the others stay.
    """
    _run(connection, _insert_text(connection.dialect.name, table, columns, _conflict(table, columns, add)), rows)


def delete(connection: Connection, table: sa.Table, columns: tuple[str, ...], rows: Values) -> None:
    """Delete the rows that have these values in `columns`."""
    _run(connection, _delete_text(connection.dialect.name, table, columns), rows)


def select(
    connection: Connection,
    table: sa.Table,
    columns: tuple[str, ...],
    *,
    org: str,
    key: str,
    keys: Iterable[str],
    extra: str = "",
) -> Sequence[Any]:
    """Read the rows of an organisation of which the text column `key` is among `keys`, in one statement.

    `extra` is a further condition in SQL that both databases read alike, without values from outside.
    """
    wanted = list(set(keys))
    if not wanted:
        return ()
    dialect = connection.dialect.name
    parameter = json.dumps(wanted, ensure_ascii=False) if dialect == "sqlite" else wanted
    return connection.exec_driver_sql(_select_text(dialect, table, columns, key, extra), (org, parameter)).all()


def _run(connection: Connection, text: str, rows: Values) -> None:
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(text, list(rows))
    else:
        connection.exec_driver_sql(text, tuple(list(column) for column in zip(*rows, strict=True)))


@lru_cache(maxsize=256)
def _insert_text(dialect: str, table: sa.Table, columns: tuple[str, ...], conflict: str) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    if dialect == "sqlite":
        marks = ", ".join("?" for _ in columns)
        return f'INSERT INTO "{table.name}" ({names}) VALUES ({marks}){conflict}'
    return f'INSERT INTO "{table.name}" ({names}) SELECT * FROM unnest({_arrays(table, columns)}){conflict}'


@lru_cache(maxsize=256)
def _delete_text(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> str:
    if dialect == "sqlite":
        return f'DELETE FROM "{table.name}" WHERE ' + " AND ".join(f'"{name}" = ?' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return f'DELETE FROM "{table.name}" WHERE ({names}) IN (SELECT * FROM unnest({_arrays(table, columns)}))'


@lru_cache(maxsize=256)
def _select_text(dialect: str, table: sa.Table, columns: tuple[str, ...], key: str, extra: str) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    more = f" AND {extra}" if extra else ""
    if dialect == "sqlite":
        among = f'"{key}" IN (SELECT value FROM json_each(?))'
        return f'SELECT {names} FROM "{table.name}" WHERE "{ORG}" = ? AND {among}{more}'
    return f'SELECT {names} FROM "{table.name}" WHERE "{ORG}" = %s AND "{key}" = ANY(%s){more}'


@lru_cache(maxsize=64)
def _conflict(table: sa.Table, columns: tuple[str, ...], add: str | None) -> str:
    keys = [column.name for column in table.primary_key.columns]
    found = ", ".join(f'"{name}"' for name in keys)
    if add is not None:
        return f' ON CONFLICT ({found}) DO UPDATE SET "{add}" = "{table.name}"."{add}" + excluded."{add}"'
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in keys)
    return f" ON CONFLICT ({found}) DO UPDATE SET {changed}" if changed else f" ON CONFLICT ({found}) DO NOTHING"


def _arrays(table: sa.Table, columns: tuple[str, ...]) -> str:
    return ", ".join(f"%s::{_array(table.c[name].type)}" for name in columns)


def _array(kind: sa.types.TypeEngine[Any]) -> str:
    return next(array for known, array in _ARRAYS if isinstance(kind, known))
