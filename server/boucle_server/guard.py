"""One server for one data directory: who serves it now, and under which address.

The lock is the operating system's, so that a server that was killed leaves nothing behind that stops the next.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from boucle_server.errors import OperatorError
from boucle_server.settings import Settings

LOCK = "server.lock"
ADDRESS = "server.address"
_LOCAL = ("127.0.0.1", "localhost", "::1")
_ANY = ("0.0.0.0", "::", "")  # noqa: S104  (compared with, not bound to)


@contextmanager
def only_server(data: Path) -> Iterator[None]:
    """Be the only server of a data directory; OperatorError while another one is."""
    handle = os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "?"
            raise OperatorError("cli.second_server", data=data, pid=holder) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def is_served(data: Path) -> bool:
    """Tell whether a server holds this data directory now."""
    try:
        handle = os.open(data / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(handle)


def note_address(settings: Settings) -> None:
    """Leave the address of the running server where other commands of this data directory find it."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.data / ADDRESS).write_text(reachable(settings), encoding="ascii")


def address_of(settings: Settings) -> str:
    """Give the address that phones are told: the one that was set, else the one that is served, or was last.

    A host or a port that was set counts more than where a server listened that does not run any more.
    """
    if settings.base_url:
        return settings.address
    if settings.model_fields_set & {"host", "port"} and not is_served(settings.data):
        return reachable(settings)
    try:
        noted = (settings.data / ADDRESS).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        noted = ""
    return noted or reachable(settings)


def is_local(address: str) -> bool:
    """Tell whether no other machine can reach an address."""
    return urlsplit(address).hostname in _LOCAL


def reachable(settings: Settings) -> str:
    """Give an address that another machine can use, where the server listens on every one of its own."""
    if settings.base_url or settings.host not in _ANY:
        return settings.address
    return Settings.model_validate({**settings.model_dump(), "host": _own_address()}).address


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the system only chooses the interface that would lead outside (RFC 5737 address).
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
