"""The database: how it is opened, locked, written and read, the same on SQLite and PostgreSQL.

SQLite: WAL, `synchronous=FULL`, foreign keys, all set *and asserted* on every connection; a writing
transaction begins IMMEDIATE, and the writers of one process queue in front of it. PostgreSQL: one advisory
lock for each organisation, so that a number taken by the single writer is seen in the order of commits.

Invariant: nothing outside this file sees an exception of a database driver, except a broken constraint,
which is a bug.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry

from boucle_server.errors import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseGoneError,
    DatabaseUnusableError,
    DiskFullError,
    OperatorError,
    StorageError,
    why_of,
)
from boucle_server.settings import Settings

MIN_POSTGRES_MAJOR = 15
_WRITE: Final = "boucle_write"
_READERS = 8
_SQLITE_CODES: Final[dict[str, type[StorageError]]] = {
    "SQLITE_FULL": DiskFullError,
    "SQLITE_BUSY": DatabaseBusyError,
    "SQLITE_LOCKED": DatabaseBusyError,
    "SQLITE_CORRUPT": DatabaseDamagedError,
    "SQLITE_NOTADB": DatabaseDamagedError,
    "SQLITE_CANTOPEN": DatabaseGoneError,
    "SQLITE_READONLY": DatabaseUnusableError,
    "SQLITE_IOERR": StorageError,
}
_POSTGRES_CODES: Final[dict[str, type[StorageError]]] = {
    "53100": DiskFullError,
    "53200": DatabaseBusyError,
    "53300": DatabaseBusyError,
    "55P03": DatabaseBusyError,
    "40P01": DatabaseBusyError,
    "40001": DatabaseBusyError,
    "57014": DatabaseBusyError,
    "58030": StorageError,
    "XX001": DatabaseDamagedError,
    "XX002": DatabaseDamagedError,
}


class Database:
    """One open database of this process; give it to whoever reads or writes, `close` it at the end."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self.writer = writer
        self.reader = reader
        self._queue: AbstractContextManager[Any] = threading.Lock() if self.embedded else nullcontext()

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the database that the settings name, making the data directory of an embedded one."""
        if settings.database_url is None:
            return cls.embedded_at(settings.database_file, busy_ms=settings.busy_ms)
        return cls.at_url(settings.database_url.get_secret_value(), busy_ms=settings.busy_ms)

    @classmethod
    def embedded_at(cls, file: Path, *, busy_ms: int = 10_000) -> Self:
        """Open the SQLite database in `file`; OperatorError when its directory cannot be made."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise OperatorError("cli.no_directory", path=file.parent, why=why_of(error)) from error
        return cls(_sqlite(file, busy_ms, writes=True), _sqlite(file, busy_ms, writes=False))

    @classmethod
    def at_url(cls, url: str, *, busy_ms: int = 10_000) -> Self:
        """Open a PostgreSQL database, `postgresql://…` or `postgresql+psycopg://…`."""
        try:
            parsed = sa.make_url(url)
        except sa.exc.ArgumentError:
            raise OperatorError("cli.bad_database_url") from None
        if parsed.get_backend_name() != "postgresql":
            raise OperatorError("cli.bad_database_url")
        engine = _postgres(parsed.set(drivername="postgresql+psycopg"), busy_ms)
        return cls(engine, engine)

    @property
    def embedded(self) -> bool:
        """Whether this is SQLite."""
        return self.writer.dialect.name == "sqlite"

    @contextmanager
    def writing(self, org: str | None = None) -> Iterator[Connection]:
        """Open the one writing transaction of an organisation, committed durably at the end of the block.

        Without an organisation nothing but the transaction itself is locked: for tables without `org` order.
        Any exception rolls everything back.
        """
        with self._queue, _translated(), self.writer.connect() as connection:
            connection.execution_options(**{_WRITE: True})
            with connection.begin():
                if org is not None:
                    lock_org(connection, org)
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database and cannot write."""
        with _translated(), self.reader.connect() as connection:
            if not self.embedded:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection; SQLite then folds what was written into the one file."""
        self.reader.dispose()
        self.writer.dispose()


def lock_org(connection: Connection, org: str) -> None:
    """Make this transaction the only writer of an organisation until it ends.

    On SQLite the immediate transaction is that already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"org:{org}", 0))))


def lock_schema(connection: Connection) -> None:
    """Make this transaction the only one that changes the definition of tables."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("schema", 0))))


def _sqlite(file: Path, busy_ms: int, *, writes: bool) -> Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite+pysqlite", database=str(file)),
        hide_parameters=True,
        poolclass=sa.QueuePool,
        pool_size=1 if writes else _READERS,
        # Writers queue in front of their one connection; a reader that finds none waits as a writer would.
        max_overflow=1 if writes else _READERS,
        pool_timeout=max(1.0, busy_ms / 1000),
        connect_args={"timeout": busy_ms / 1000, "check_same_thread": False},
    )
    pragmas: dict[str, int | str] = {
        "busy_timeout": busy_ms,
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "query_only": 0 if writes else 1,
    }

    def on_connect(driver: Any, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transactions begin deferred; ours begin in `on_begin`.
        driver.isolation_level = None
        cursor = driver.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name}={value}")
            found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            if found != value:
                raise DatabaseUnusableError("api.database_setting", name=name, found=found, wanted=value)
        cursor.close()

    def on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def _postgres(url: sa.URL, busy_ms: int) -> Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=_READERS,
        max_overflow=2 * _READERS,
        pool_pre_ping=True,
        pool_timeout=max(1.0, busy_ms / 1000),
        connect_args={"connect_timeout": 10, "application_name": "boucle"},
    )

    def on_connect(driver: Any, _entry: ConnectionPoolEntry) -> None:
        settings = {"lock_timeout": str(busy_ms), "timezone": "UTC", "search_path": "public"}
        with driver.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
            cursor.execute("SHOW server_version_num")
            major = int(cursor.fetchone()[0]) // 10_000
            cursor.execute("SHOW synchronous_commit")
            synchronous = cursor.fetchone()[0]
        driver.commit()
        if major < MIN_POSTGRES_MAJOR:
            raise DatabaseUnusableError("api.database_too_old", found=major, wanted=MIN_POSTGRES_MAJOR)
        if synchronous == "off":
            raise DatabaseUnusableError(
                "api.database_setting", name="synchronous_commit", found=synchronous, wanted="on"
            )

    event.listen(engine, "connect", on_connect)
    return engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise DatabaseBusyError from error
    except sa.exc.DBAPIError as error:
        found = _class_of(error)
        if found is None:
            raise
        raise found from error


def trouble_of(error: sqlite3.Error) -> StorageError | None:
    """Give our exception for one of SQLite's own driver; None for what is a bug of ours."""
    found = _sqlite_class(getattr(error, "sqlite_errorname", None) or "")
    return None if found is None else found()


def is_trouble(error: BaseException) -> bool:
    """Tell whether an exception is the database's own trouble, and no fault of the statement or of its values."""
    return isinstance(error, StorageError) or (isinstance(error, sa.exc.DBAPIError) and _class_of(error) is not None)


def _sqlite_class(name: str) -> type[StorageError] | None:
    # Extended names begin with the primary one: SQLITE_IOERR_WRITE, SQLITE_BUSY_SNAPSHOT.
    return next((found for primary, found in _SQLITE_CODES.items() if name.startswith(primary)), None)


def _class_of(error: sa.exc.DBAPIError) -> type[StorageError] | None:
    """Give our class for a driver's exception, None for what is a bug of ours."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return _sqlite_class(name)
    state = getattr(error.orig, "sqlstate", None)
    if state is None and isinstance(error, sa.exc.OperationalError):
        return DatabaseGoneError
    if error.connection_invalidated or (state or "").startswith(("08", "57P")):
        return DatabaseGoneError
    return _POSTGRES_CODES.get(state or "")
