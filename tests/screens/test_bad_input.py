"""Bad input on the phone against the real server: what happened, what was kept, what to do, in the user's words."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from boucle.anchor import Reading
from boucle.enrolment import Invitation
from boucle.telling import Outcome
from boucle.units import DAY_MS
from boucle.words import LANGUAGES, say
from boucle_field.courier import Line
from boucle_field.phone import Phone
from boucle_field.screens.door_screens import EnrolScreen, WhoScreen
from boucle_field.ticks import DeviceTicks
from tests.builders import code
from tests.e2e.commands import House, founded, served
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import BADGE, PIN, enrolled, staff
from tests.screens.test_visit_screens import BASE, arrive, scan_crates, unsent
from tests.world import SimServer

Open = Callable[..., Hand]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Give an organisation on a real server's data; each test serves it when it wants to."""
    return founded(tmp_path_factory.mktemp("house") / "data")


def invitation(house: House) -> Invitation:
    made = json.loads(house.boucle("admin", "device", "enrol", "--name", "Camion", "--role", "manager").out)
    found = Invitation.parse(made["uri"])
    assert found is not None
    return replace(found, server=f"http://127.0.0.1:{house.port}")


@contextmanager
def answering(status: int, bodies: dict[str, str]) -> Iterator[str]:
    """Answer on this machine as something else does: `bodies` by path, `status` for every other."""

    class Door(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = bodies.get(self.path.partition("?")[0])
            self.send_response(status if body is None else 200)
            self.end_headers()
            self.wfile.write((body or "<html>404</html>").encode())

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    httpd = HTTPServer(("127.0.0.1", 0), Door)
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join(5)


# ---- letting the device in


def test_an_expired_an_unknown_and_a_used_code_are_told_apart(open_app: Open, tmp_path: Path, house: House) -> None:
    late, good = invitation(house), invitation(house)
    with closing(sqlite3.connect(house.data / "boucle.sqlite3")) as db, db:
        db.execute("UPDATE enrolment SET expires_ms = 1 WHERE rowid = (SELECT min(rowid) FROM enrolment)")
    with served(house):
        hand = open_app(tmp_path / "new")
        hand.scan(late.uri)
        hand.wait(lambda: hand.sees("a déjà servi ou n’est plus valable"))
        assert hand.sees("Rien n’a changé. Demandez-en un autre")
        hand.scan(replace(late, code="Z" * 26).uri)
        hand.wait(lambda: hand.sees("Ce code d’enrôlement n’existe pas"))
        assert isinstance(hand.face.screen, EnrolScreen)
        hand.scan(good.uri)
        hand.wait(lambda: hand.face.phone is not None)
        hand.wait(lambda: hand.face.news.line is Line.ONLINE)


def test_a_code_of_another_server_s_key_lets_nobody_in(open_app: Open, tmp_path: Path, house: House) -> None:
    with served(house):
        hand = open_app(tmp_path / "new")
        hand.scan(replace(invitation(house), pin="0" * len(invitation(house).pin)).uri)
        hand.wait(lambda: hand.sees("La clé du serveur n’est pas celle du code"))
        assert hand.face.phone is None


def test_enrolling_without_a_server_says_to_try_the_same_code_again(
    open_app: Open, tmp_path: Path, house: House
) -> None:
    code_given = invitation(house)
    hand = open_app(tmp_path / "new")
    hand.scan(code_given.uri)
    hand.wait(lambda: hand.sees("Recommencez avec le même code"))
    with served(house):
        hand.scan(code_given.uri)
        hand.wait(lambda: hand.face.phone is not None)


def test_what_is_no_server_of_ours_lets_nobody_in(open_app: Open, tmp_path: Path, house: House) -> None:
    with answering(404, {}) as address:
        hand = open_app(tmp_path / "new")
        hand.scan(replace(invitation(house), server=address).uri)
        hand.wait(lambda: hand.sees("n’est pas un serveur Boucle"))
        assert hand.sees("Rien n’a changé")


@pytest.mark.parametrize("text", [
    "https://elsewhere.example/hello", "WIFI:S:atelier;T:WPA;P:secret;;", "3760123456789", LABEL + code(1),
])  # fmt: skip
def test_a_foreign_code_enrols_nothing(open_app: Open, tmp_path: Path, text: str) -> None:
    hand = open_app(tmp_path / "new")
    hand.scan(text)
    assert hand.sees("Ceci n’enrôle pas l’appareil. Rien n’est enregistré")
    assert hand.ear.heard == [Outcome.REFUSED]
    assert not hand.face.enrolling


# ---- on the line


def test_a_server_that_goes_down_loses_nothing(open_app: Open, tmp_path: Path, house: House) -> None:
    hand = open_app(tmp_path / "new")
    with served(house):
        hand.scan(invitation(house).uri)
        hand.wait(lambda: hand.face.phone is not None)
        hand.wait(lambda: hand.face.news.line is Line.ONLINE)
    hand.face.begin("collect", "mulhouse")
    scan_crates(hand, range(1, 4))
    hand.face.send_now()
    hand.wait(lambda: hand.sees("○ Hors ligne"))
    assert hand.sees("⇅ 3 à envoyer")
    hand.face.open_sends()
    assert hand.button("Envoyer maintenant")
    with served(house):
        hand.tap("Envoyer maintenant")
        hand.wait(lambda: unsent(hand) == 0)


def test_a_correction_is_taken_by_the_server_as_one(open_app: Open, tmp_path: Path, house: House) -> None:
    hand = open_app(tmp_path / "new")
    with served(house):
        hand.scan(invitation(house).uri)
        hand.wait(lambda: hand.face.phone is not None)
        hand.wait(lambda: hand.face.news.line is Line.ONLINE)
        hand.face.begin("collect", "mulhouse")
        scan_crates(hand, range(11, 12))
        hand.face.validate()
        hand.wait(lambda: unsent(hand) == 0)
        hand.face.open_sends()
        hand.tap("Envoyés")
        hand.tap("Corriger")
        hand.tap("C’était un autre lieu")
        hand.tap("Nancy Électronique, Nancy")
        hand.tap("Mauvais lieu")
        hand.wait(lambda: unsent(hand) == 0)
        assert hand.face.at.outbox.counts().to_check == 0
        hand.wait(lambda: hand.face.at.mirror.look(code(11)).item.place == "nancy")


def test_an_old_server_is_named_and_scanning_goes_on(open_app: Open, tmp_path: Path, server: SimServer) -> None:
    with answering(404, {"/health/live": '{"status": "ok", "version": "0.0.9"}'}) as address:
        enrolled(tmp_path / "phone", server, at=address)
        hand = open_app(tmp_path / "phone")
        hand.wait(lambda: hand.sees("version 0.0.9, trop ancienne pour cette application"))
        arrive(hand)
        scan_crates(hand, range(1, 3))
        assert unsent(hand) == 2


@pytest.mark.parametrize("health", ['{"status": "ok", "version": "9.9"}', '{"version": "0.0.1"}', "<html>"])
def test_something_else_is_no_old_server(open_app: Open, tmp_path: Path, server: SimServer, health: str) -> None:
    with answering(404, {"/health/live": health}) as address:
        enrolled(tmp_path / "phone", server, at=address)
        hand = open_app(tmp_path / "phone")
        hand.wait(lambda: hand.sees("Ce qui répond n’est pas un serveur Boucle"))
        assert not hand.sees("trop ancienne")


def test_a_clock_that_is_days_off_is_told_and_the_server_s_time_counts(
    open_app: Open, tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = DeviceTicks.reading

    def days_ahead(ticks: DeviceTicks) -> Reading:
        now = right(ticks)
        return replace(now, wall_ms=now.wall_ms + 5 * DAY_MS)

    monkeypatch.setattr(DeviceTicks, "reading", days_ahead)
    hand = open_app(tmp_path / "new")
    with served(house):
        hand.scan(invitation(house).uri)
        hand.wait(lambda: hand.face.phone is not None)
        hand.wait(lambda: hand.sees("5 jours d’écart"))
        assert hand.sees("l’heure du serveur fera foi")
        hand.face.begin("collect", "mulhouse")
        scan_crates(hand, range(21, 22))
        hand.wait(lambda: unsent(hand) == 0)
        phone: Phone = hand.face.at
        with phone.store.reading() as db:
            teff, wall = db.execute("SELECT teff, wall_ms FROM outbox").fetchone()
        assert 4 * DAY_MS < wall - teff < 6 * DAY_MS


# ---- people


@pytest.fixture
def staffed(open_app: Open, tmp_path: Path, server: SimServer) -> Hand:
    """Give the app before somebody has said who works."""
    staff(server)
    enrolled(tmp_path / "staffed", server)
    return open_app(tmp_path / "staffed")


def try_pin(hand: Hand, pin: str) -> None:
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(pin)
    typing.entered()
    hand.frames()


def test_a_wrong_pin_is_told_and_too_many_have_to_wait(staffed: Hand) -> None:
    staffed.scan(BADGE.url(BASE))
    for _ in range(5):
        try_pin(staffed, "0000")
        assert staffed.sees("Ce n’est pas le code PIN de Karim. Rien n’a changé")
    try_pin(staffed, PIN)
    assert staffed.sees("Trop d’essais. Rien n’a changé. Réessayez dans")
    assert isinstance(staffed.face.screen, WhoScreen)


def test_a_badge_of_nobody_here_is_told(staffed: Hand) -> None:
    staffed.scan(LABEL + BADGE.text[:-1] + ("0" if BADGE.text[-1] != "0" else "1"))
    assert isinstance(staffed.face.screen, WhoScreen)
    assert staffed.ear.heard == [Outcome.REFUSED]


# ---- the disk


def test_a_full_disk_refuses_the_scan_and_keeps_the_earlier_ones(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 3))
    db = hand.face.at.store.db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    kept = unsent(hand)
    while hand.ear.heard[-1] is not Outcome.REFUSED:
        kept = unsent(hand)
        hand.scan(LABEL + code(100 + kept))
    assert hand.sees("Plus de place sur cet appareil")
    assert unsent(hand) == kept
    db.execute("PRAGMA max_page_count = 100000")
    hand.scan(LABEL + code(20))
    assert unsent(hand) == kept + 1


def test_little_room_is_told_before_it_is_none(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024))
    hand.face.refresh_bar()
    assert hand.sees("Moins de 200 Mo libres. Les scans continuent")


# ---- every sentence


KEPT = {
    "fr": ("rien n", "gardé", "fera foi", "les scans continuent"),
    "en": ("nothing", "kept", "server’s time", "scanning", "scans go on"),
}
SAID_ON_THE_PHONE = (
    "phone.enrol_unknown", "phone.enrol_known", "phone.enrol_expired", "phone.enrol_failed", "phone.enrol_not_ours",
    "phone.enrol_wrong_key", "line.cut_off", "line.not_ours", "line.failing", "line.server_too_old", "phone.wrong_pin",
    "line.app_too_old", "line.little_room", "line.clock_days", "screen.enrol_first", "told.misread.foreign",
)  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_trouble_says_what_was_kept(lang: str) -> None:
    values = {"name": "Karim", "version": "1", "n": 5}
    said = {key: say(key, lang, **values).casefold() for key in SAID_ON_THE_PHONE}
    assert [key for key, text in said.items() if not any(word in text for word in KEPT[lang])] == []
