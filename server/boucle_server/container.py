"""The file of a backup: one line that names its SHA-256 and its length, then an SQLite database.

The line makes every damage to the file known before anything is restored from it. It is the same for a backup
of SQLite and of PostgreSQL, so that one can be restored into the other.
"""

import os
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import IO

from boucle_server.errors import OperatorError, why_of

MAGIC = "boucle-backup/1"
_CHUNK = 1 << 20
_LINE = re.compile(rb"boucle-backup/1 sha256=([0-9a-f]{64}) bytes=([0-9]{1,18})\n")
_LONGEST_LINE = 128


def pack(database: Path, target: Path) -> str:
    """Write the container of a database file, durably and under its name only when it is whole; give the hash.

    OperatorError when there is no room for it, or when somebody still writes the database.
    """
    if database.with_name(f"{database.name}-wal").exists():
        raise OperatorError("cli.backup_failed", file=target, why="-wal")
    digest, size = sha256(), 0
    partial = target.with_name(f".{target.name}.partial")
    try:
        with database.open("rb") as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
            source.seek(0)
            # Keys and the hashes of passwords are in it: for its owner's eyes alone.
            with open(partial, "wb", opener=_for_its_owner) as written:
                written.write(f"{MAGIC} sha256={digest.hexdigest()} bytes={size}\n".encode())
                shutil.copyfileobj(source, written, _CHUNK)
                written.flush()
                os.fsync(written.fileno())
        check(partial)
        partial.replace(target)
        sync_directory(target.parent)
    except OSError as error:
        raise OperatorError("cli.backup_failed", file=target, why=why_of(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return digest.hexdigest()


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def check(file: Path) -> None:
    """Read a container to its end; OperatorError when one byte of it is not as it was written."""
    with _opened(file) as source:
        wanted, size = _head(source, file)
        digest, found = sha256(), 0
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            found += len(chunk)
    if found != size or digest.hexdigest() != wanted:
        raise OperatorError("cli.backup_damaged", file=file)


def unpack(file: Path, target: Path) -> None:
    """Write the database of a checked container to `target`; OperatorError when there is no room for it."""
    with _opened(file) as source:
        _head(source, file)
        try:
            with target.open("xb") as written:
                shutil.copyfileobj(source, written, _CHUNK)
                written.flush()
                os.fsync(written.fileno())
        except OSError as error:
            raise OperatorError("cli.restore_failed", path=target.parent, why=why_of(error)) from error


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except OSError as error:
        raise OperatorError("cli.no_file", file=file, why=why_of(error)) from error


def _head(source: IO[bytes], file: Path) -> tuple[str, int]:
    found = _LINE.fullmatch(source.readline(_LONGEST_LINE))
    if found is None:
        raise OperatorError("cli.no_backup", file=file)
    return found[1].decode(), int(found[2])
