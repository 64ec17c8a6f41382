"""A request that is refused before it is read is answered all the same: its sender reads why, and no broken pipe."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.commands import House, served

pytestmark = pytest.mark.slow
MIB = 1024 * 1024
LAST = {"Connection": "close"}
"""What most clients say that ask once; the server then closes as soon as it has answered."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    house = House(data=Path(tmp_path_factory.mktemp("refused")) / "data")
    house.boucle("admin", "init", "--org", "Éco-Retour", "--admin", "ada")
    with served(house):
        yield house.address.removeprefix("http://")


def connection_to(address: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.connect()
    # Little room on the way, so that what the server does not read is still here when it answers.
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
    return connection


@pytest.mark.parametrize(("path", "status"), [("/v1/sync/push", 413), ("/v1/nothing", 413)])
@pytest.mark.parametrize("size", [2 * MIB, 5 * MIB])
def test_who_sends_too_much_is_told_so(address: str, path: str, status: int, size: int) -> None:
    with closing(connection_to(address)) as connection:
        connection.request("POST", path, b"x" * size, LAST)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["type"]) == (status, "urn:boucle:problem:too-large")


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 65_536):
        yield b"x" * 65_536


def test_who_sends_too_much_without_saying_how_much_is_told_so(address: str) -> None:
    with closing(connection_to(address)) as connection:
        connection.request("POST", "/v1/sync/push", chunks(6 * MIB), LAST, encode_chunked=True)
        assert connection.getresponse().status in (401, 413)


def test_nobody_we_know_may_send_a_megabyte_and_is_told_so(address: str) -> None:
    with closing(connection_to(address)) as connection:
        connection.request("POST", f"/v1/sync/raw?epoch={'a' * 16}&seq=1", b"x" * MIB)
        answer = connection.getresponse()
        assert (answer.status, answer.read() != b"") == (401, True)
        # The connection may be used again, for nothing of the refused body is left on it.
        connection.request("GET", "/v1/time")
        assert connection.getresponse().status == 200


def test_who_asks_before_sending_too_much_need_not_send_it(address: str) -> None:
    with closing(connection_to(address)) as connection:
        connection.putrequest("POST", "/v1/sync/push")
        connection.putheader("Content-Length", str(64 * MIB))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("connection")) == (413, "close")
