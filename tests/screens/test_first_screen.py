"""What is opened first after the PIN: the round, the bench or the choice of work, by the role of who stands there."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from kivy.tests.common import UnitTestTouch

from boucle.commands import Command
from boucle.pin import hash_pin
from boucle_field import driving
from boucle_field.screens.bench_screens import BenchScreen
from boucle_field.screens.controls import Text
from boucle_field.screens.round_screens import RoundEndScreen, RoundScreen, StopScreen, WorkScreen
from boucle_field.screens.theme import LIGHT
from boucle_field.store import put
from tests.builders import code
from tests.screens.bench_stock import workshop_device
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import PIN, plan_today
from tests.screens.test_round_screens import driver
from tests.screens.test_visit_screens import arrive, command, scan_crates
from tests.world import SimServer

__all__ = ["driver"]

ROLES = {"Karim": "driver", "Amina": "warehouse", "Hugo": "technician", "Inès": "inspector"}


@pytest.fixture
def signs_in(open_app: Callable[..., Hand], tmp_path: Path, server: SimServer) -> Callable[..., Hand]:
    """Give who opens a phone of a role on the morning of a round, and signs in."""
    pin = hash_pin(PIN, Random(3).randbytes)
    for name, role in ROLES.items():
        row = {"name": name, "role": role, "badge": "", "site": "", "pin": pin}
        server.add_person(f"p-{name.lower()}", row)

    def sign_in(name: str, phone: str, *, person: str = "") -> Hand:
        workshop_device(tmp_path / "phone", server, role=phone)
        hand = open_app(tmp_path / "phone")
        plan_today(hand.face.at, person=person)
        hand.tap(name)
        hand.face.wedge.typing.typed(PIN)  # type: ignore[union-attr]
        hand.face.wedge.typing.entered()  # type: ignore[union-attr]
        return hand

    return sign_in


@pytest.mark.parametrize(
    ("name", "phone", "first"),
    [
        ("Karim", "driver", RoundScreen),
        ("Hugo", "technician", BenchScreen),
        ("Inès", "technician", BenchScreen),
        ("Amina", "warehouse", WorkScreen),
        ("Karim", "warehouse", RoundScreen),
        ("Hugo", "driver", BenchScreen),
        ("Amina", "driver", WorkScreen),
    ],
)
def test_what_comes_first_follows_the_person_then_the_phone(
    signs_in: Callable[..., Hand], name: str, phone: str, first: type
) -> None:
    assert type(signs_in(name, phone).face.screen) is first


def test_without_people_the_phone_says_what_comes_first(
    open_app: Callable[..., Hand], tmp_path: Path, server: SimServer
) -> None:
    workshop_device(tmp_path / "bench", server)
    hand = open_app(tmp_path / "bench")
    plan_today(hand.face.at)
    hand.face.start()
    assert isinstance(hand.face.screen, BenchScreen)


def test_a_round_that_names_somebody_comes_first_whatever_the_role(signs_in: Callable[..., Hand]) -> None:
    hand = signs_in("Amina", "warehouse", person="p-amina")
    assert isinstance(hand.face.screen, RoundScreen)


def test_who_drives_no_rounds_is_offered_one_below_the_own_work(signs_in: Callable[..., Hand]) -> None:
    hand = signs_in("Amina", "warehouse")
    words = hand.words()
    assert words.index("Réceptionner") < words.index("Reprendre")
    hand.tap("Tournée du jour : Sud Alsace (arrêts faits : 0 sur 2)")
    assert isinstance(hand.face.screen, RoundScreen)


def test_the_main_button_of_a_round_is_its_next_stop(driver: Hand) -> None:
    driver.tap("Aller à l’arrêt\N{NO-BREAK SPACE}1")
    assert isinstance(driver.face.screen, StopScreen)
    driver.scan(LABEL + code(1))
    driver.face.visit.close()  # type: ignore[union-attr]
    driver.face.visit = None
    driver.face.back()
    driver.tap("Continuer l’arrêt\N{NO-BREAK SPACE}1")
    driver.tap("Valider")
    driver.tap("Valider")
    driver.tap("Aller à l’arrêt\N{NO-BREAK SPACE}2")
    driver.tap("Rien à reprendre")
    driver.tap("Fermé")
    driver.tap("Fin de tournée")
    assert driver.sees("Tous les arrêts sont validés.")
    driver.tap("Décharger à Strasbourg")
    assert driver.face.visit is not None


def test_a_stop_that_was_begun_goes_before_an_earlier_one(driver: Hand) -> None:
    of = driving.rounds_of_today(driver.face.at)[0]
    driver.face.begin("collect", "charleville", of.task(of.stops[1]))
    driver.scan(LABEL + code(1))
    driver.face.visit = None
    with driver.face.at.store.writing() as db:
        put(db, "visit", "")
    driver.face.back()
    assert driver.button("Continuer l’arrêt\N{NO-BREAK SPACE}2")


def test_ending_a_round_with_stops_to_do_asks_once(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 3))
    command(driver, Command.FINISH)
    command(driver, Command.VALIDATE)
    driver.tap("Fin de tournée")
    assert isinstance(driver.face.screen, RoundEndScreen)
    assert driver.sees("Finir la tournée maintenant ?")
    assert driver.sees("○ Établissements Kieffer-Schlumberger")
    driver.tap("Continuer la tournée")
    assert isinstance(driver.face.screen, RoundScreen)
    driver.tap("Fin de tournée")
    driver.tap("Décharger à Strasbourg")
    assert driver.face.visit is not None
    assert driver.face.visit.action == "receive"


@pytest.mark.parametrize("width", range(90, 330, 20))
def test_a_number_is_never_parted_from_what_it_counts(width: int) -> None:
    words = "À déposer : 17 × Bac 600×400, 2 × Conteneur à film, 1 × Caisse"
    text = Text(words, LIGHT.page, width=width)
    text.texture_update()
    lines = ["".join(word.text for word in line.words).strip() for line in text._label._cached_lines]
    assert text.text == words
    assert len(lines) > 1
    for line in lines:
        assert not line.startswith("×"), lines
        assert not line[-1].isdigit() or line.endswith("600×400"), lines
        assert not line.endswith("×"), lines


def test_a_refusal_stays_until_it_is_touched_and_a_passing_word_fades(hand: Hand) -> None:
    hand.scan("https://elsewhere.example/hello")
    (notice,) = hand.face.strip.children
    assert "×" in hand.words()
    assert not hand.face._fade.is_triggered
    hand.frames(4)
    touch = UnitTestTouch(*notice.to_window(*notice.center))
    touch.touch_down()
    touch.touch_up()
    hand.wait(lambda: not hand.face.strip.children)
    hand.face.told(None, "En passant")
    hand.frames(1)
    assert hand.face._fade.is_triggered
    assert "×" not in hand.words()
