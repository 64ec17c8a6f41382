"""The phone's one database file: opened, asserted durable, written one transaction at a time.

WAL with `synchronous=FULL`, set and asserted at every open: a transaction that committed survives a kill and a
power cut, as far as the storage honours a flush. A writing transaction begins IMMEDIATE, so that of two processes
on one data directory the second waits, and neither takes a sequence number twice.

Invariant: nothing outside this file sees an exception of the database driver, but of a broken constraint, a bug.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from boucle_field import schema
from boucle_field.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreNewerError,
    UsageError,
)

FILE: Final = "store.sqlite"
BALLAST: Final = "ballast"
BALLAST_BYTES: Final = 2 * 1024 * 1024
"""Given back to the system when the disk is full, so that there is room to write states and to say so."""
ROOM_FOR_BALLAST: Final = 32 * BALLAST_BYTES
"""The ballast is laid only where this much is free: it must never be what fills the disk."""
BUSY_S: Final = 10.0
SYNC_LOCK: Final = "sync.lock"

_FULL_SYNC: Final = 2
_REFUSALS: Final[tuple[tuple[str, type[StoreError], str], ...]] = (
    ("SQLITE_FULL", StoreFullError, "phone.store_full"),
    ("SQLITE_BUSY", StoreBusyError, "phone.store_busy"),
    ("SQLITE_LOCKED", StoreBusyError, "phone.store_busy"),
    ("SQLITE_CORRUPT", StoreDamagedError, "phone.store_damaged"),
    ("SQLITE_NOTADB", StoreDamagedError, "phone.store_damaged"),
    ("SQLITE_IOERR", StoreError, "phone.store_fails"),
    ("SQLITE_CANTOPEN", StoreError, "phone.store_fails"),
    ("SQLITE_READONLY", StoreError, "phone.store_fails"),
)


class Store:
    """One open store."""

    def __init__(self, db: sqlite3.Connection, directory: Path | None) -> None:
        self.db = db
        self.directory = directory

    @classmethod
    def open(cls, directory: Path, *, busy_s: float = BUSY_S) -> Self:
        """Open the store in a directory, making both when missing; a `StoreError` or `UsageError` otherwise."""
        file = directory / FILE
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Made before SQLite would, so that nobody else may ever read the device's key.
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise _unopened(directory, error) from error
        store = cls(sqlite3.connect(file, timeout=busy_s, isolation_level=None), directory)
        with store._closing_on_error(), _translated(directory):
            _assert_durable(store.db, "wal")
            store._prepare()
        lay_ballast(directory)
        return store

    @classmethod
    def in_memory(cls) -> Self:
        """Open a store that lasts as long as the object: for simulations."""
        store = cls(sqlite3.connect(":memory:", isolation_level=None), None)
        _assert_durable(store.db, "memory")
        store._prepare()
        return store

    def _prepare(self) -> None:
        found = schema.version_of(self.db)
        if found > schema.VERSION:
            raise StoreNewerError("phone.store_newer", found=found, known=schema.VERSION)
        if found < schema.VERSION:
            with self.writing() as db:
                schema.migrate(db)

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the store; nothing depends on it being called."""
        self.db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run one writing transaction: durable when the block has ended, undone whole when it raises."""
        with _translated(self.directory):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            finally:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read, and see a driver's failure as a `StoreError`; every statement sees what is committed then."""
        with _translated(self.directory):
            yield self.db

    def get(self, name: str, default: str = "") -> str:
        """Give a single value of the store by its name."""
        with self.reading() as db:
            row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])


def put(db: sqlite3.Connection, name: str, value: str) -> None:
    """Set a single value of the store, inside the caller's transaction."""
    db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))


@contextmanager
def alone(directory: Path) -> Iterator[bool]:
    """Tell whether this process is the one that syncs a data directory; it is until the block ends or it dies."""
    lock = sqlite3.connect(directory / SYNC_LOCK, timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            yield False
        else:
            yield True
    finally:
        lock.close()


def lay_ballast(directory: Path) -> bool:
    """Lay the reserve of space again where there is room for it; tell whether it lies there now."""
    ballast = directory / BALLAST
    with suppress(OSError):
        if ballast.exists() and ballast.stat().st_size == BALLAST_BYTES:
            return True
        if shutil.disk_usage(directory).free < ROOM_FOR_BALLAST:
            return False
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
        return True
    return False


def drop_ballast(directory: Path) -> None:
    """Give the reserve of space back to the system."""
    with suppress(OSError):
        (directory / BALLAST).unlink(missing_ok=True)


def _assert_durable(db: sqlite3.Connection, journal: str) -> None:
    db.execute(f"PRAGMA journal_mode = {journal}")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    found = tuple(
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
    )
    if found != (journal, _FULL_SYNC, 1):
        raise StoreError("phone.store_not_durable", found=" ".join(map(str, found)))


@contextmanager
def _translated(directory: Path | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        refusal = _refusal(getattr(error, "sqlite_errorname", ""))
        if refusal is None:
            raise
        if directory is not None and type(refusal) in (StoreFullError, StoreError):
            drop_ballast(directory)
        raise refusal from error


def _refusal(name: str) -> StoreError | None:
    """Give our exception for a driver's error; None for what no state of a disk explains: a bug."""
    return next((kind(key) for prefix, kind, key in _REFUSALS if name.startswith(prefix)), None)


def _unopened(directory: Path, error: OSError) -> Exception:
    if error.errno == errno.ENOSPC:
        return StoreFullError("phone.store_full")
    return UsageError("phone.store_unopened", path=str(directory), why=error.strerror or "")
