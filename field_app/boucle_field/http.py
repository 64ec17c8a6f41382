"""HTTP for the sync engine: one kept connection to one server, no redirects, a limit on time and size."""

import contextlib
import http.client
import ssl
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

from boucle.version import VERSION
from boucle_field.asking import NO_ANSWER, Engine, Pause, Request, Response, T
from boucle_field.errors import UsageError

TIMEOUT_S = 60.0
QUICK_TIMEOUT_S = 10.0
"""For the question of the time: a phone without a network must know soon."""
MAX_ANSWER = 16 * 1024 * 1024


class Server:
    """A server at an address like `https://boucle.example/lorraine`, asked with the device's token."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("phone.bad_server", url=url[:200])
        self._secure = parts.scheme == "https"
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/")
        self._headers = {"User-Agent": f"boucle-field/{VERSION}", "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, request: Request) -> Response:
        """Ask once; whatever goes wrong on the way is NO_ANSWER."""
        reused = self._connection is not None
        response = self._once(request)
        # A kept connection may have been closed meanwhile; every request may be repeated.
        return self._once(request) if response.status == NO_ANSWER and reused else response

    def _once(self, request: Request) -> Response:
        timeout = QUICK_TIMEOUT_S if request.path == "/v1/time" else TIMEOUT_S
        try:
            connection = self._connected(timeout)
            headers = {**self._headers, **request.headers}
            if request.body is not None:
                headers["Content-Type"] = request.content_type
            connection.request(request.method, self._target(request), body=request.body, headers=headers)
            answer = connection.getresponse()
            body = answer.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException, UnicodeError):
            self.close()
            return Response(status=NO_ANSWER)
        # A body that ends before its announced length was cut: the library says so only when asked for all of it.
        if len(body) > MAX_ANSWER or answer.length:
            self.close()
            return Response(status=NO_ANSWER)
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Response(status=answer.status, body=body, headers=told)

    def _connected(self, timeout_s: float) -> http.client.HTTPConnection:
        if self._connection is None:
            if self._secure:
                self._connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=timeout_s, context=ssl.create_default_context()
                )
            else:
                self._connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)
        self._connection.timeout = timeout_s
        if self._connection.sock is not None:
            self._connection.sock.settimeout(timeout_s)
        return self._connection

    def _target(self, request: Request) -> str:
        query = f"?{urlencode(request.query)}" if request.query else ""
        return quote(self._base + request.path, safe="/~:.") + query

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None


def drive(engine: Engine[T], ask: Callable[[Request], Response], *, wait: Callable[[float], None] = time.sleep) -> T:
    """Run an engine to its end against a server, really waiting its pauses."""
    response = Response(status=NO_ANSWER)
    step = next(engine, None)
    while step is not None:
        if isinstance(step, Pause):
            wait(step.ms / 1000)
        else:
            response = ask(step)
        try:
            step = engine.send(response)
        except StopIteration as end:
            result: T = end.value
            return result
    raise AssertionError("an engine asks at least once")
