"""HTTP for the engine, against sockets that behave badly: whatever goes wrong is no answer, never an exception."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from boucle_field.asking import NO_ANSWER, Engine, Pause, Request, Response
from boucle_field.errors import UsageError
from boucle_field.http import MAX_ANSWER, Server, drive

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the test says, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    answer: Answer
    seen: list[tuple[str, str, dict[str, str], bytes]]

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        type(self).answer(self)

    do_GET = do_POST = _any  # noqa: N815 - the names that the library asks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def give(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def listening() -> Iterator[tuple[str, type[Handler]]]:
    kind = type("Listening", (Handler,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/base", kind
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_carries_its_token_its_query_and_its_body(listening: tuple[str, type[Handler]]) -> None:
    url, kind = listening
    kind.answer = lambda handler: handler.give(200, b'{"a": 1}')
    server = Server(url, token="tok")
    ask = Request(method="POST", path="/v1/sync/raw", query={"epoch": "é&", "seq": "7"}, body=b"\x00bytes")
    assert server.ask(ask).json() == {"a": 1}
    assert server.ask(Request(method="GET", path="/v1/time")).status == 200
    server.close()
    (first, second) = kind.seen
    assert first[:2] == ("POST", "/base/v1/sync/raw?epoch=%C3%A9%26&seq=7")
    assert (first[2]["authorization"], first[3]) == ("Bearer tok", b"\x00bytes")
    assert second[:2] == ("GET", "/base/v1/time")
    assert "content-type" not in second[2]


def test_a_redirect_is_not_followed(listening: tuple[str, type[Handler]]) -> None:
    url, kind = listening
    kind.answer = lambda handler: handler.give(302, b"", Location="http://127.0.0.1:9/")
    server = Server(url)
    assert server.ask(Request(method="GET", path="/v1/time")).status == 302
    server.close()
    assert len(kind.seen) == 1


def hang_up(handler: Handler) -> None:
    handler.close_connection = True


def cut_short(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    handler.close_connection = True


def nonsense(handler: Handler) -> None:
    handler.wfile.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    handler.close_connection = True


@pytest.mark.parametrize("answer", [hang_up, cut_short, nonsense])
def test_a_cut_is_no_answer(listening: tuple[str, type[Handler]], answer: Answer) -> None:
    url, kind = listening
    kind.answer = answer
    server = Server(url)
    assert server.ask(Request(method="GET", path="/v1/sync/pull")) == Response(status=NO_ANSWER)
    kind.answer = lambda handler: handler.give(200, b"{}")
    assert server.ask(Request(method="GET", path="/v1/sync/pull")).status == 200
    server.close()


def test_an_answer_without_an_end_is_no_answer(listening: tuple[str, type[Handler]]) -> None:
    url, kind = listening
    kind.answer = lambda handler: handler.give(200, b"x" * (MAX_ANSWER + 1))
    server = Server(url)
    assert server.ask(Request(method="GET", path="/v1/sync/pull")).status == NO_ANSWER
    server.close()


def test_a_kept_connection_that_the_server_closed_is_opened_again(listening: tuple[str, type[Handler]]) -> None:
    url, kind = listening
    server = Server(url)

    def once(handler: Handler) -> None:
        handler.give(200, b"{}")
        handler.close_connection = True

    kind.answer = once
    assert [server.ask(Request(method="GET", path="/v1/time")).status for _ in range(3)] == [200, 200, 200]
    server.close()


def test_nobody_listening_is_no_answer() -> None:
    assert Server("http://127.0.0.1:9").ask(Request(method="GET", path="/v1/time")).status == NO_ANSWER


@pytest.mark.parametrize("url", ["", "boucle.example", "ftp://boucle.example", "file:///etc/passwd", "http://"])
def test_an_address_that_is_none_is_wrong_use(url: str) -> None:
    with pytest.raises(UsageError):
        Server(url)


def test_an_engine_is_driven_with_its_pauses() -> None:
    def engine() -> Engine[list[bytes]]:
        first = yield Request(method="GET", path="/a")
        yield Pause(ms=1500)
        second = yield Request(method="GET", path="/b")
        return [first.body, second.body]

    waited: list[float] = []
    ask: Callable[[Request], Response] = lambda request: Response(status=200, body=request.path.encode())  # noqa: E731
    assert drive(engine(), ask, wait=waited.append) == [b"/a", b"/b"]
    assert waited == [1.5]
