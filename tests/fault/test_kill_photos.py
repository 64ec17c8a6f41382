"""The server killed while photos come: what it answered for is there, and an upload goes on where it was."""

import time
from base64 import b64decode, b64encode
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from random import Random
from threading import Event, Thread

import pytest

from boucle.note import NoteVerifier
from boucle.photo import JPEG
from boucle.photo_receipt import verify
from boucle.push import write_push
from boucle.signing import load_crypto
from boucle.wire import digest
from boucle_server import photos
from boucle_server.db import Database
from boucle_server.schema import prepare
from tests.builders import ORG, Device, code
from tests.campaign import examples
from tests.photos import a_jpeg
from tests.server.handset import Handset, a_network
from tests.server.people import Phone, a_phone
from tests.server.processes import SERVER, Serving, serving

CHUNK = 4096
MUTANT = "tests.fault.early_answer"
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(slots=True, kw_only=True)
class Sender:
    """A phone on a thread of its own: it uploads photo after photo, each until it holds the receipt for it."""

    phone: Phone
    photos: list[bytes]
    server: Serving | None = None
    up: Event = field(default_factory=Event)
    stop: Event = field(default_factory=Event)
    receipted: list[bytes] = field(default_factory=list)
    lost: int = 0
    """Bytes that were answered for and were not there when they were asked about."""
    sent: int = 0
    unanswered: int = 0
    resumed: int = 0
    error: BaseException | None = None

    def run(self) -> None:
        """Upload until told to stop."""
        try:
            for content in self.photos:
                if self.stop.is_set():
                    return
                self._upload(content)
        except BaseException as error:
            self.error = error
            raise

    def _upload(self, content: bytes) -> None:
        name, answered = digest(content), 0
        while True:
            told = f"sha256 {b64encode(name.encode()).decode()}"
            begun = self._ask("POST", "", {"Upload-Length": str(len(content)), "Upload-Metadata": told})
            if begun is None:
                continue
            at = int(begun.headers["Upload-Offset"])
            self.lost += max(0, answered - at)
            self.resumed += 0 < at < len(content)
            while at < len(content):
                headers = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
                part = content[at : at + CHUNK]
                answer = self._ask("PATCH", f"/{name}", headers, part)
                self.sent += len(part)
                if answer is None or answer.status != 204:
                    self.unanswered += 1
                    break
                at = answered = int(answer.headers["Upload-Offset"])
                begun = answer
            if at == len(content):
                self._check(content, begun.headers["Boucle-Receipt"])
                return

    def _check(self, content: bytes, receipt: str) -> None:
        verifier = NoteVerifier.from_vkey(self.phone.enrolled.vkey, load_crypto().verify_key)
        assert verify(b64decode(receipt).decode(), verifier).sha256 == digest(content)
        self.receipted.append(content)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> HTTPResponse | None:
        self.up.wait()
        assert self.server is not None
        try:
            with closing(self.server.connect(timeout=30)) as connection:
                connection.request(method, f"/v1/uploads{path}", body, {**TUS, **self.phone.header, **headers})
                answer = connection.getresponse()
                answer.read()
        except (OSError, HTTPException):
            return None
        return answer


def campaign(data: Path, module: str, kills: int, random: Random) -> Sender:
    """Kill the server that many times while photos come; then let the one on its way come home."""
    sender = _sender(data, random)
    thread = Thread(target=sender.run, daemon=True)
    thread.start()
    for _ in range(kills):
        with serving(data, module=module) as server:
            sender.server = server
            sender.up.set()
            time.sleep(0.05 + random.random() * 0.4)
            sender.up.clear()
            server.kill()
    with serving(data) as server:
        sender.stop.set()
        sender.server = server
        sender.up.set()
        thread.join(timeout=120)
    assert not thread.is_alive()
    assert sender.error is None
    return sender


def _sender(data: Path, random: Random) -> Sender:
    contents = [a_jpeg(size=random.randrange(1000, 100_000), seed=seed) for seed in range(150)]
    with closing(Database.embedded_at(data / "boucle.sqlite3")) as database:
        prepare(database)
        a_network(database)
        phone = a_phone(database, ORG)
    handset = Handset(device=Device(dev=phone.enrolled.dev), enrolled_key=phone.key)
    for at in range(0, len(contents), 50):
        said = [{"sha256": digest(each), "size": len(each), "type": JPEG} for each in contents[at : at + 50]]
        handset.scan("item.counted", code(at + 1), place="metz", photos=said)
    with serving(data) as server, closing(server.connect()) as connection:
        connection.request("POST", "/v1/sync/push", write_push(handset.push()), phone.header)
        assert connection.getresponse().status == 200
    return Sender(phone=phone, photos=contents)


def missing(data: Path, sender: Sender) -> list[str]:
    """Give the receipted photos that are not there whole, after checking that no other is there by half."""
    with closing(Database.embedded_at(data / "boucle.sqlite3")) as database, database.reading() as connection:
        assert list(photos.faults(connection, ORG)) == []
        here = photos.stored(connection, ORG, {digest(each) for each in sender.photos})
    return [digest(each) for each in sender.receipted if digest(each) not in here]


def test_a_killed_server_has_every_photo_it_gave_a_receipt_for_and_every_part_it_answered_for(tmp_path: Path) -> None:
    sender = campaign(tmp_path, SERVER, examples(ci=6, night=100), Random(3))
    assert missing(tmp_path, sender) == []
    assert sender.lost == 0
    assert sender.receipted
    assert sender.resumed
    twice = sender.sent - sum(map(len, sender.receipted))
    assert twice <= sender.unanswered * CHUNK


@pytest.mark.parametrize("seed", range(2))
def test_the_kill_catches_a_server_that_answers_before_the_bytes_are_durable(tmp_path: Path, seed: int) -> None:
    sender = campaign(tmp_path, MUTANT, 3, Random(seed))
    assert missing(tmp_path, sender) != [] or sender.lost > 0
