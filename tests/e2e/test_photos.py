"""Photos from a phone to a real server over a bad line: whole or missing, resumed, never forgotten too early (P12)."""

import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from boucle.codes import Kind, mint
from boucle.wire import digest
from boucle_field import photo_sending, photos
from boucle_field.asking import NO_ANSWER, Request, Response
from boucle_field.http import Server, drive
from boucle_field.outbox import Draft
from boucle_field.phone import opened
from boucle_field.photos import Photo
from boucle_field.pushing import End, Report
from boucle_field.store import Store
from boucle_field.sync import sync
from tests.campaign import examples
from tests.e2e.commands import MODULES, House, founded, served
from tests.e2e.commands import Phone as Client
from tests.photos import a_jpeg

pytestmark = pytest.mark.slow
CODES = [mint(Kind.CONTAINER, Random(number).randbytes).text for number in range(12)]
CHUNK = 4096


@dataclass(slots=True)
class BadLine:
    """A line to the server that loses questions and answers, and counts what of photos went over it."""

    server: Server
    random: Random
    losing: float = 0.25
    sent: int = 0
    lost: int = 0

    def ask(self, request: Request) -> Response:
        """Ask, or lose the question or its answer."""
        photo = request.method == "PATCH"
        fate = self.random.random() if photo else 1.0
        if fate < self.losing / 2:
            self.lost += 1
            return Response(status=NO_ANSWER)
        self.sent += len(request.body or b"") if photo else 0
        answer = self.server.ask(request)
        if fate < self.losing:
            self.lost += 1
            return Response(status=NO_ANSWER)
        return answer


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with served(founded(tmp_path_factory.mktemp("house") / "data")) as house:
        yield house


@pytest.fixture
def phone(house: House, tmp_path: Path) -> Client:
    client = house.phone(tmp_path / "phone", name="Quai", role="magasinier", site="strasbourg")
    client.run("sync")
    return client


def recorded(client: Client, contents: list[bytes]) -> None:
    with opened(client.data) as phone:
        for number, content in enumerate(contents):
            phone.desk.record(
                Draft(kind="item.counted", code=CODES[number % 12], place="strasbourg", photos=(Photo(content),))
            )


def round_on(client: Client, make: Callable[[Server], BadLine]) -> tuple[Report, BadLine]:
    with opened(client.data) as phone, closing(Server(phone.identity.server, phone.identity.token)) as server:
        line = make(server)
        return drive(sync(phone), line.ask, wait=lambda _: None), line


def fetched(house: House, sha256: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection(house.address.removeprefix("http://"), timeout=60)) as connection:
        connection.request("GET", f"/v1/photos/{sha256}", headers={"Authorization": f"Bearer {house.token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def nowhere(client: Client, house: House, contents: list[bytes]) -> list[str]:
    """Give the photos that are neither on the phone nor whole on the server."""
    with closing(Store.open(client.data)) as store:
        here = {digest(each) for each in photos.contents(store)}
    gone = [digest(each) for each in contents if digest(each) not in here]
    return [each for each in gone if fetched(house, each)[0] != 200]


def test_a_photo_taken_with_a_scan_is_missing_until_it_is_whole_and_then_shown(
    house: House, phone: Client, tmp_path: Path
) -> None:
    Image.new("RGB", (800, 600), "brown").save(tmp_path / "dock.png")
    done = phone.run("scan", CODES[0], "--do", "find", "--photo", tmp_path / "dock.png")
    assert phone.status["missing_blobs"] == 1
    phone.run("sync", "--no-photos")
    assert phone.status["missing_blobs"] == 1
    (event,) = [each for each in house.get(f"/v1/items/{CODES[0]}/events")["events"] if each["id"] == done.acks[0]]
    (told,) = event["photos"]
    assert told["state"] == "missing"
    assert fetched(house, told["sha256"])[0] == 404
    assert "1" in phone.run("sync").out
    assert phone.status["missing_blobs"] == 0
    status, content = fetched(house, told["sha256"])
    assert (status, digest(content)) == (200, told["sha256"])
    (event,) = [each for each in house.get(f"/v1/items/{CODES[0]}/events")["events"] if each["id"] == done.acks[0]]
    assert event["photos"][0]["state"] == "complete"


def test_a_hundred_interrupted_uploads_resume_and_send_at_most_a_part_twice(
    house: House, phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_sending, "CHUNK", CHUNK)
    random, interrupted, rounds = Random(8), 0, 0
    contents = [a_jpeg(size=random.randrange(100, 60_000), seed=seed) for seed in range(100, 145)]
    recorded(phone, contents)
    sent = 0
    while phone_missing(phone) and rounds < 60:
        report, line = round_on(phone, lambda server: BadLine(server, random, losing=0.4))
        assert report.end in (End.DONE, End.UNREACHABLE, End.FAILING)
        interrupted, sent, rounds = interrupted + line.lost, sent + line.sent, rounds + 1
        assert nowhere(phone, house, contents) == []
    assert phone_missing(phone) == 0
    assert interrupted >= examples(ci=100, night=100)
    assert sent - sum(map(len, contents)) <= interrupted * CHUNK
    for content in contents:
        assert fetched(house, digest(content)) == (200, content)


def phone_missing(client: Client) -> int:
    with closing(Store.open(client.data)) as store:
        return photos.missing(store)


def test_the_search_catches_a_phone_that_forgets_a_photo_before_its_receipt(
    house: House, phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: the photo goes once its last part was sent, as somebody might who takes sending for having arrived."""
    monkeypatch.setattr(photo_sending, "CHUNK", CHUNK)
    real = photo_sending._part
    directory = phone.data

    def part(photo: photos.Waiting, content: bytes, offset: int) -> Request:
        if offset + CHUNK >= photo.size:
            with closing(Store.open(directory)) as store, store.writing() as db:
                db.execute("DELETE FROM photo WHERE sha256 = ?", (photo.sha256,))
        return real(photo, content, offset)

    monkeypatch.setattr(photo_sending, "_part", part)
    contents = [a_jpeg(size=9000, seed=seed) for seed in range(20)]
    recorded(phone, contents)
    random = Random(1)
    while phone_missing(phone):
        # It stumbles over what it forgot, and the next round goes on with the others.
        with suppress(TypeError):
            round_on(phone, lambda server: BadLine(server, random, losing=0.4))
    assert nowhere(phone, house, contents) != []


def test_an_answer_that_says_done_without_a_receipt_confirms_nothing(house: House, phone: Client) -> None:
    content = a_jpeg(size=3000)
    recorded(phone, [content])

    @dataclass(slots=True)
    class Proxy(BadLine):
        """Something on the way that answers for the server."""

        def ask(self, request: Request) -> Response:
            if request.path.startswith("/v1/uploads"):
                status = 201 if request.method == "POST" else 204
                return Response(status=status, headers={"upload-offset": str(len(content)), "boucle-receipt": "eA=="})
            return self.server.ask(request)

    report, _ = round_on(phone, lambda server: Proxy(server, Random(1)))
    assert report.alarms == {"phone.alarm.photo_receipt"}
    assert phone_missing(phone) == 1
    assert nowhere(phone, house, [content]) == []
    report, _ = round_on(phone, lambda server: BadLine(server, Random(1), losing=0))
    assert (report.photos_sent, phone_missing(phone)) == (1, 0)


def test_a_photo_that_the_server_refuses_holds_up_no_other(house: House, phone: Client) -> None:
    contents = [b"\xff\xd8 no photo at all", a_jpeg(seed=1), a_jpeg(seed=2)]
    recorded(phone, contents)
    report, _ = round_on(phone, lambda server: BadLine(server, Random(1), losing=0))
    assert (report.end, report.photos_sent) == (End.DONE, 2)
    assert (phone.status["missing_blobs"], phone.status["refused_blobs"]) == (1, 1)
    told = phone.run("sync")
    assert "reste sur cet appareil" in told.err
    assert nowhere(phone, house, contents) == []


def test_a_phone_killed_while_it_sends_goes_on_where_it_was(house: House, phone: Client) -> None:
    random = Random(4)
    contents = [a_jpeg(size=290_000, seed=seed) for seed in range(8)]
    recorded(phone, contents)
    line = [sys.executable, "-m", MODULES["boucle-field"], "--data", str(phone.data), "sync"]
    for _ in range(examples(ci=5, night=40)):
        with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(0.4 + random.random())
            process.kill()
        assert nowhere(phone, house, contents) == []
    phone.run("sync")
    assert phone.status["missing_blobs"] == 0
    assert {fetched(house, digest(content)) == (200, content) for content in contents} == {True}


def test_a_rescue_file_brings_the_photos_too_and_the_phone_learns_it(
    house: House, phone: Client, tmp_path: Path
) -> None:
    content = a_jpeg(size=2000)
    recorded(phone, [content])
    phone.run("rescue-export", tmp_path / "out.boucle")
    told = house.boucle("import", "rescue", tmp_path / "out.boucle")
    assert "photos : 1" in told.out
    assert fetched(house, digest(content)) == (200, content)
    assert "photos : 1" in house.boucle("import", "rescue", tmp_path / "out.boucle").out
    phone.run("sync")
    assert phone.status["missing_blobs"] == 0
