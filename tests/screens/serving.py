"""The server of the tests behind a real address of this machine, one request at a time, with enrolment."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from boucle.enrolment import Invitation, pin_of
from boucle.note import parse_vkey
from boucle_field.asking import Request, Response
from tests.builders import ORG
from tests.world import BOX, SimServer

CODE = "0123456789ABCDEFGHJKMNPQRS"


class Served:
    """A server with its address; `down` makes it fail, `old` makes it ask for a newer app."""

    def __init__(self, server: SimServer) -> None:
        self.server = server
        self.down = False
        self.url = ""

    def invitation(self) -> Invitation:
        _, public = parse_vkey(self.server._signer().vkey)
        return Invitation(server=self.url, code=CODE, pin=pin_of(public))

    def enrol(self, body: bytes) -> Response:
        asked = json.loads(body)
        if asked["code"] != CODE:
            return Response(status=404, body=b'{"type": "urn:boucle:problem:not-found"}')
        signer = self.server._signer()
        self.server.devices["d-neuf"] = bytes.fromhex(asked["public_key"])
        answer = {
            "org": ORG,
            "org_name": "Essai",
            "dev": "d-neuf",
            "name": "Camion neuf",
            "role": "manager",
            "site": "strasbourg",
            "zone": "Europe/Paris",
            "token": "d-neuf",
            "origin": signer.name,
            "vkey": signer.vkey,
            "box": BOX.public.hex(),
            "server_ms": self.server.world.now_ms,
        }
        return Response(status=200, body=json.dumps(answer).encode())


@contextmanager
def serving(server: SimServer) -> Iterator[Served]:
    """Serve a server of the tests on this machine for the length of a block."""
    served = Served(server)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(
                method=self.command, path=parts.path, query=dict(parse_qsl(parts.query)), body=body or None
            )
            dev = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if served.down:
                response = Response(status=503)
            elif parts.path == "/v1/enrol":
                response = served.enrol(body)
            else:
                response = server.answer(request, dev)
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    httpd = HTTPServer(("127.0.0.1", 0), Door)
    served.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join(5)
