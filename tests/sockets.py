"""The closed door: a test that reaches beyond this machine fails at once and says where it wanted to go."""

import ipaddress
import sys
from collections.abc import Sequence

LOOPBACK_NAMES = frozenset({"localhost", "localhost.", "ip6-localhost", ""})
WATCHED = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"})


class NetworkRefusedError(AssertionError):
    """A test tried to use a network; no OSError, or code under test would take it for a lost line."""


def close_the_network() -> None:
    """Refuse every socket of this process but loopback and Unix ones; there is no way back, on purpose."""
    sys.addaudithook(_refuse)


def is_loopback(host: object) -> bool:
    """Is this host, as a name or an address, this machine and nobody else?"""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return False
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(event: str, arguments: Sequence[object]) -> None:
    if event in WATCHED:
        address = arguments[1]
        # Internet addresses are tuples with a host first; Unix ones are text, kernel ones begin by a number.
        if isinstance(address, tuple) and isinstance(address[0], str) and not _may_use(event, address[0]):
            raise NetworkRefusedError(f"a test asked for {event} to {address!r}; only loopback is open")
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if host is not None and not _is_address(host) and not is_loopback(host):
            raise NetworkRefusedError(f"a test asked for the address of {host!r}; only localhost is known")


def _may_use(event: str, host: str) -> bool:
    # An empty host is this machine to `connect` and every network to `bind`.
    return is_loopback(host) and not (event == "socket.bind" and host == "")


def _is_address(host: object) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True
