"""The served process killed at any moment of a push: nothing receipted is lost, nothing is doubled."""

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from random import Random
from threading import Event, Semaphore, Thread
from typing import Any

import pytest

from boucle.note import NoteVerifier
from boucle.push import Push, write_push
from boucle.receipt import verify
from boucle.signing import load_crypto
from boucle.wire import digest
from boucle_server.db import Database
from boucle_server.rebuild import differences
from boucle_server.schema import prepare
from tests.builders import ORG, Device, code
from tests.campaign import examples
from tests.server.handset import Handset, a_network
from tests.server.people import Phone, a_phone
from tests.server.processes import SERVER, Serving, serving

PHONES = 4
MOST_RECORDS = 12
MOST_RECEIPTS = 30
MUTANT = "tests.fault.early_answer"
STEPS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("item.commissioned", "strasbourg", {"type": "bac"}),
    ("item.shipped", "strasbourg", {"to": "mulhouse"}),
    ("item.collected", "mulhouse", {}),
    ("item.received", "strasbourg", {"from": "mulhouse"}),
    ("item.counted", "metz", {}),
)


@dataclass(slots=True, kw_only=True)
class Sender:
    """A phone on a thread of its own: it records, and pushes each batch until it holds a receipt for it."""

    phone: Phone
    handset: Handset
    random: Random
    sent: dict[str, bytes] = field(default_factory=dict)
    receipted: list[str] = field(default_factory=list)
    batches: int = 0
    tries: int = 0
    error: BaseException | None = None

    def run(self, line: "Line") -> None:
        """Push until told to stop; the batch that is on its way then is brought home first."""
        try:
            while not line.stop.is_set():
                self._bring_home(line, self._batch())
        except BaseException as error:
            self.error = error
            raise

    def _batch(self) -> Push:
        for _ in range(self.random.randint(1, MOST_RECORDS)):
            kind, place, body = self.random.choice(STEPS)
            self.handset.scan(kind, code(self.random.randrange(40)), place=place, body=body)
        return self.handset.push()

    def _bring_home(self, line: "Line", push: Push) -> None:
        self.batches += 1
        body = write_push(push)
        payloads = {json.loads(record.payload)["id"]: record.payload for record in push.records}
        self.sent |= payloads
        while True:
            self.tries += 1
            answer = line.ask(body, self.phone)
            if answer is not None:
                break
        statuses = {result["status"] for result in answer["results"]}
        assert statuses <= {"accepted", "duplicate"}, statuses
        verifier = NoteVerifier.from_vkey(self.phone.enrolled.vkey, load_crypto().verify_key)
        receipt = verify(answer["receipt"], verifier)
        assert (receipt.dev, receipt.epoch) == (push.dev, push.epoch)
        assert any(each.first <= push.first and push.last <= each.last for each in receipt.ranges)
        self.receipted += payloads
        line.receipts.release()


@dataclass(slots=True)
class Line:
    """The way to whichever server runs now."""

    server: Serving | None = None
    up: Event = field(default_factory=Event)
    stop: Event = field(default_factory=Event)
    receipts: Semaphore = field(default_factory=lambda: Semaphore(0))
    """One for each receipt since the server last started."""

    def opened(self, server: Serving) -> None:
        """Let the phones reach this server."""
        self.receipts = Semaphore(0)
        self.server = server
        self.up.set()

    def ask(self, body: bytes, phone: Phone) -> dict[str, Any] | None:
        """Give the answer; None is every way in which it may be missing."""
        self.up.wait()
        server = self.server
        assert server is not None
        try:
            with closing(server.connect(timeout=30)) as connection:
                connection.request("POST", "/v1/sync/push", body, phone.header)
                answer = connection.getresponse()
                text = answer.read()
        except (OSError, HTTPException):
            return None
        assert answer.status == 200, text
        found: dict[str, Any] = json.loads(text)
        return found


def campaign(data: Path, module: str, kills: int, random: Random) -> list[Sender]:
    """Kill the server that many times while phones push; then let them bring home what is on its way."""
    senders = _senders(data, random)
    line = Line()
    threads = [Thread(target=sender.run, args=(line,), daemon=True) for sender in senders]
    for thread in threads:
        thread.start()
    for _ in range(kills):
        with serving(data, module=module) as server:
            line.opened(server)
            for _ in range(random.randrange(MOST_RECEIPTS)):
                assert line.receipts.acquire(timeout=60)
            # Between two receipts lies a transaction: land anywhere in it.
            time.sleep(random.random() * 0.02)
            line.up.clear()
            server.kill()
    with serving(data) as server:
        line.stop.set()
        line.opened(server)
        for thread in threads:
            thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    assert [sender.error for sender in senders] == [None] * len(senders)
    return senders


def _senders(data: Path, random: Random) -> list[Sender]:
    with closing(Database.embedded_at(data / "boucle.sqlite3")) as database:
        prepare(database)
        a_network(database, "d-un")
        senders = []
        for number in range(PHONES):
            phone = a_phone(database, ORG)
            device = Device(dev=phone.enrolled.dev, epoch=f"{number:016x}", random=Random(random.random()))
            handset = Handset(device=device, enrolled_key=phone.key)
            senders.append(Sender(phone=phone, handset=handset, random=Random(random.random())))
    return senders


def stored(data: Path) -> Counter[tuple[str, str]]:
    """Count the stored rows of each id and content of the phones, after checking that the file is whole."""
    with closing(sqlite3.connect(data / "boucle.sqlite3")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        query = "SELECT id, hash FROM record WHERE dev <> 'server'"
        return Counter((event, content) for event, content in db.execute(query))


def missing(found: Counter[tuple[str, str]], senders: list[Sender]) -> list[str]:
    """Give the receipted events that are not there."""
    receipted = [(event, digest(sender.sent[event])) for sender in senders for event in sender.receipted]
    return [event for event, content in receipted if (event, content) not in found]


def test_a_killed_server_has_all_it_gave_a_receipt_for_once_and_its_tables_agree(tmp_path: Path) -> None:
    senders = campaign(tmp_path, SERVER, examples(ci=8, night=300), Random(7))
    found = stored(tmp_path)
    assert missing(found, senders) == []
    # Every batch was brought home in the end, so that what is there is what was sent, each once.
    sent = {(event, digest(payload)): 1 for sender in senders for event, payload in sender.sent.items()}
    assert found == Counter(sent)
    assert sum(sender.tries - sender.batches for sender in senders) > 0
    with closing(Database.embedded_at(tmp_path / "boucle.sqlite3")) as database, database.reading() as connection:
        assert list(differences(connection, ORG)) == []


@pytest.mark.parametrize("seed", range(2))
def test_the_kill_catches_a_server_that_answers_before_its_commit(tmp_path: Path, seed: int) -> None:
    senders = campaign(tmp_path, MUTANT, 3, Random(seed))
    assert missing(stored(tmp_path), senders) != []
