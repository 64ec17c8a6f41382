"""The network is closed to tests, all but loopback."""

import socket

import pytest

from tests.sockets import NetworkRefusedError


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("198.51.100.7", 53)])
def test_connecting_beyond_this_machine_is_refused(address: tuple[str, int]) -> None:
    with socket.socket() as line, pytest.raises(NetworkRefusedError, match=address[0]):
        line.connect(address)


def test_listening_to_every_network_is_refused() -> None:
    for host in ("", "0.0.0.0"):  # noqa: S104  the very address that must be refused
        with socket.socket() as line, pytest.raises(NetworkRefusedError, match=r"socket\.bind"):
            line.bind((host, 0))


def test_asking_for_a_foreign_name_is_refused() -> None:
    with pytest.raises(NetworkRefusedError, match=r"host\.invalid"):
        socket.getaddrinfo("host.invalid", 80)


def test_datagrams_beyond_this_machine_are_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as line, pytest.raises(NetworkRefusedError, match="sendto"):
        line.sendto(b"x", ("192.0.2.1", 9))


def test_loopback_stays_open() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(("localhost", listener.getsockname()[1]), timeout=5) as line:
            line.sendall(b"x")
            served, _ = listener.accept()
            with served:
                assert served.recv(1) == b"x"
