"""The line to the server as the screens show it: enrolment, sending in the background, offline, honest states."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from threading import enumerate as threads

import pytest

from boucle.telling import Outcome
from boucle_field.courier import EVERY_S, SOON_S, Line, News, pause_s, standing
from boucle_field.identity import Identity
from boucle_field.screens.door_screens import EnrolScreen, WhoScreen
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.tabs import Tabs
from boucle_field.screens.top_bar import local_time
from boucle_field.screens.work_screens import HomeScreen
from boucle_field.store import Store, put
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.serving import Served, serving
from tests.screens.stock import BADGE, LONG_NAME, MULHOUSE, PIN, enrolled, staff
from tests.world import SimServer

Open = Callable[..., Hand]
BASE = "https://boucle.example"


@pytest.fixture
def served(server: SimServer) -> Iterator[Served]:
    with serving(server) as one:
        yield one


@pytest.fixture
def online(tmp_path: Path, server: SimServer, served: Served) -> Path:
    """Give the data directory of a device whose server answers."""
    enrolled(tmp_path / "phone", server, at=served.url)
    return tmp_path / "phone"


def unsent(hand: Hand) -> int:
    return hand.face.at.outbox.counts().unsent


def scan(hand: Hand, *numbers: int) -> None:
    hand.scan(MULHOUSE.url(BASE))
    for number in numbers:
        hand.scan(LABEL + code(number))


# ---- enrolment and people


def test_one_scan_enrols_the_device(open_app: Open, tmp_path: Path, served: Served) -> None:
    hand = open_app(tmp_path / "new")
    assert isinstance(hand.face.screen, EnrolScreen)
    hand.scan(served.invitation().uri)
    hand.wait(lambda: hand.face.phone is not None)
    assert hand.sees("Appareil enrôlé : Camion neuf")
    hand.wait(lambda: hand.face.news.line is Line.ONLINE)
    scan(hand, 1)
    assert hand.ear.heard == [Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert hand.taps == 0


def test_the_first_people_that_come_down_are_asked_who_they_are(
    open_app: Open, tmp_path: Path, server: SimServer, served: Served
) -> None:
    staff(server)
    hand = open_app(tmp_path / "new")
    hand.scan(served.invitation().uri)
    hand.wait(lambda: isinstance(hand.face.screen, WhoScreen))
    assert hand.sees(LONG_NAME)


def test_a_badge_and_four_digits_log_somebody_in(open_app: Open, tmp_path: Path, server: SimServer) -> None:
    staff(server)
    enrolled(tmp_path / "phone", server)
    hand = open_app(tmp_path / "phone")
    hand.scan(BADGE.url(BASE))
    for digit in PIN:
        hand.tap(digit)
    hand.tap("OK")
    assert hand.taps == len(PIN) + 1
    assert isinstance(hand.face.screen, HomeScreen)
    assert hand.sees("Karim")


def test_nothing_is_recorded_in_nobody_s_name(open_app: Open, tmp_path: Path, server: SimServer) -> None:
    staff(server)
    enrolled(tmp_path / "phone", server)
    hand = open_app(tmp_path / "phone")
    scan(hand, 1)
    assert hand.sees("Dites d’abord qui vous êtes")
    assert (unsent(hand), hand.face.visit) == (0, None)


@pytest.mark.parametrize(("code_given", "words"), [
    ("Z" * 26, "Ce code d’enrôlement n’existe pas"),
])  # fmt: skip
def test_an_enrolment_that_is_refused_says_why_and_what_to_do(
    open_app: Open, tmp_path: Path, served: Served, code_given: str, words: str
) -> None:
    hand = open_app(tmp_path / "new")
    hand.scan(replace(served.invitation(), code=code_given).uri)
    hand.wait(lambda: hand.sees(words))
    assert isinstance(hand.face.screen, EnrolScreen)
    hand.scan(LABEL + code(1))
    assert hand.sees("Ceci n’enrôle pas l’appareil")


# ---- sending


def test_what_is_scanned_goes_up_by_itself(open_app: Open, online: Path, server: SimServer) -> None:
    hand = open_app(online)
    hand.wait(lambda: hand.face.news.line is Line.ONLINE)
    scan(hand, 1, 2, 3)
    assert hand.sees("⇅ 3 à envoyer")
    hand.wait(lambda: unsent(hand) == 0)
    hand.wait(lambda: hand.sees("⇅ 0 à envoyer"))
    assert hand.sees("● En ligne")
    assert len(server.accepted()) >= 3


def test_the_screen_draws_while_a_round_runs(open_app: Open, online: Path) -> None:
    hand = open_app(online)
    hand.wait(lambda: hand.face.news.line is Line.ONLINE)
    assert {each.name for each in threads()} >= {"courier"}
    hand.face.send_now()
    scan(hand, *range(1, 11))
    assert hand.sees("10")
    hand.wait(lambda: unsent(hand) == 0)


def test_without_a_server_everything_is_kept_and_it_is_said(hand: Hand) -> None:
    hand.wait(lambda: hand.face.news.line is Line.OFFLINE)
    scan(hand, 1, 2)
    assert hand.sees("○ Hors ligne")
    assert hand.sees("⇅ 2 à envoyer")


def test_a_failing_server_is_named_and_nothing_is_lost(open_app: Open, online: Path, served: Served) -> None:
    served.down = True
    hand = open_app(online)
    hand.wait(lambda: hand.sees("Le serveur n’a pas tout pris"))
    scan(hand, 1)
    assert unsent(hand) == 1
    served.down = False
    hand.face.send_now()
    hand.wait(lambda: unsent(hand) == 0)


def test_an_idle_phone_says_when_it_tries_again_and_is_back_within_a_minute(hand: Hand) -> None:
    hand.wait(lambda: hand.face.news.line is Line.OFFLINE)
    hand.face.open_sends()
    at = next(
        re.search(r"Prochain essai à (\d\d:\d\d:\d\d)", words) for words in hand.words() if "Prochain essai" in words
    )
    assert at is not None
    assert local_time(hand.face.next_try_ms, hand.face.at.identity.zone, seconds=True) == at[1]
    pauses = [pause_s(failures, Line.OFFLINE) for failures in range(1, 30) for _ in range(20)]
    assert min(pauses) >= SOON_S
    assert EVERY_S / 2 < max(pauses) < EVERY_S + 5
    assert max(pause_s(20, Line.ONLINE) for _ in range(50)) > 2 * EVERY_S  # one that answers and fails is spared
    hand.tap("Rester hors ligne")
    assert not hand.sees("Prochain essai")


def test_somebody_who_stays_offline_comes_back_with_one_tap(open_app: Open, online: Path) -> None:
    hand = open_app(online)
    hand.wait(lambda: hand.face.news.line is Line.ONLINE)
    hand.face.open_sends()
    hand.tap("Rester hors ligne")
    scan(hand, 1, 2, 3, 4, 5, 6)
    hand.frames(20)
    assert hand.sees("⇅ 6 à envoyer")
    hand.face.open_sends()
    hand.tap("Revenir en ligne")
    hand.wait(lambda: unsent(hand) == 0)


def test_a_device_that_was_cut_off_keeps_everything_and_exports_it(
    open_app: Open, online: Path, server: SimServer
) -> None:
    server.devices.clear()
    hand = open_app(online)
    hand.wait(lambda: hand.sees("Le serveur n’accepte plus cet appareil"))
    scan(hand, 1, 2)
    hand.face.open_sends()
    hand.tap("Exporter")
    hand.frames()
    assert hand.sees("2 événements écrits")
    assert len(list(online.glob("*.rescue"))) == 1


def test_a_wrong_clock_is_told(hand: Hand) -> None:
    phone = hand.face.at
    reading = phone.ticks.reading()
    with phone.store.writing() as db:
        db.execute(
            "INSERT INTO anchor VALUES (?, ?, ?, ?)", (reading.boot, reading.mono_ms, reading.wall_ms - 10_800_000, 20)
        )
    hand.face.refresh_bar()
    assert hand.sees("3 h d’écart")


def test_an_old_app_is_told_and_a_new_one_is_not(hand: Hand) -> None:
    notices = [
        [key for key, _ in standing(hand.face.at, News(line=Line.ONLINE, min_app=version)).notices]
        for version in ("99.0.0", "0.0.1", "")
    ]
    assert [("line.app_too_old" in each) for each in notices] == [True, False, False]


def test_the_sends_say_line_by_line_how_far_each_came(open_app: Open, online: Path) -> None:
    hand = open_app(online)
    scan(hand, 1, 2)
    hand.wait(lambda: unsent(hand) == 0)
    hand.face.open_sends()
    hand.tap("Envoyés")
    assert sum("reprise" in text for text in hand.words()) == 2
    hand.tap("À vérifier")
    assert hand.sees("Rien à vérifier")


# ---- training, languages


def test_nothing_of_the_training_ever_leaves(open_app: Open, online: Path, server: SimServer) -> None:
    hand = open_app(online)
    hand.wait(lambda: hand.face.news.line is Line.ONLINE)
    before = len(server.accepted())
    hand.tap("S’entraîner")
    scan(hand, 1, 2, 3)
    assert hand.sees("Entraînement : rien ne part")
    assert isinstance(hand.face.screen, ScanScreen)
    assert hand.face.at.identity.token == hand.face.at.identity.server == ""
    hand.face.send_now()
    hand.face.validate()
    hand.tap("Finir l’entraînement")
    hand.face.send_now()
    hand.wait(lambda: hand.face.courier is not None and hand.face.news.line is Line.ONLINE)
    assert (unsent(hand), len(server.accepted())) == (0, before)
    scan(hand, 1)
    assert hand.ear.heard[-1] is Outcome.ACCEPTED


def test_the_language_changes_at_once_and_stays(open_app: Open, data: Path) -> None:
    hand = open_app(data)
    hand.tap("English")
    assert hand.sees("What are you doing?")
    hand.face.open_sends()
    assert hand.sees("Outbox")
    with closing(Store.open(data)) as store:
        assert store.get("face_lang") == "en"


def test_a_phone_that_was_renamed_still_opens(open_app: Open, data: Path) -> None:
    with closing(Store.open(data)) as store:
        identity = replace(Identity.of(store), zone="Europe/Paris", site="")
        with store.writing() as db:
            put(db, "identity", json.dumps(asdict(identity), sort_keys=True))
    hand = open_app(data)
    hand.tap("Réceptionner")
    hand.tap("Metz-Nord")
    assert hand.sees("Réceptionner — Metz-Nord")


def test_the_piles_are_tabs_in_one_frame_and_no_actions(hand: Hand) -> None:
    hand.tap("Envois")
    (tabs,) = [each for each in hand.widgets() if isinstance(each, Tabs)]
    assert [cell.text.split()[0] for cell in tabs.cells.values()] == ["En", "À", "Envoyés", "À"]
    actions = [hand.button(words) for words in ("Exporter", "Rester hors ligne", "Envoyer maintenant")]
    assert not {*tabs.cells.values()} & {*actions}
    assert {cell.rounding for cell in tabs.cells.values()}.isdisjoint(each.rounding for each in actions)
    hand.tap("Envoyés")
    chosen = next(each for each in hand.widgets() if isinstance(each, Tabs)).cells
    assert [key for key, cell in chosen.items() if cell.bold] == ["sent"]
