"""Files of the label commands: read whole, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from boucle_labels.errors import RefusedError


def read_bytes(path: Path) -> bytes:
    """All of a file. RefusedError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefusedError("file_missing", path=path, why=error.strerror) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Put this content under this name, in one step: what was there stays until all of the new is.

    RefusedError when the place cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise RefusedError("file_unwritable", path=path, why=error.strerror) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # The temporary file is private; a sheet is for whom the person's umask says.
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise RefusedError("file_unwritable", path=path, why=error.strerror) from error


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
