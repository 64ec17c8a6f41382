"""Photos that were taken and never recorded: offered at the next start, joined, thrown away, and never a trap."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from boucle_field import photos, photos_in_hand
from boucle_field.screens.left_photos_screen import LeftPhotosScreen
from boucle_field.screens.sends_screen import SendsScreen
from boucle_field.screens.viewfinder import Viewfinder
from boucle_field.store import FILE
from tests.builders import code
from tests.screens.bench_stock import describe_bench
from tests.screens.hand import Hand
from tests.screens.stock import BADGE, MULHOUSE, PIN, enrolled, plan_today, staff
from tests.screens.test_photos import aim, asking, frames, recorded
from tests.screens.test_visit_screens import BASE
from tests.world import SimServer

__all__ = ["frames"]


def killed(data: Path, to: Path) -> Path:
    """Give the data directory as a kill at this moment leaves it: no end of the app ran."""
    shutil.copytree(data, to)
    assert (to / FILE).exists()
    return to


@pytest.fixture
def left_over(open_app: Callable[..., Hand], data: Path, frames: Path, tmp_path: Path) -> Path:
    """Give a data directory whose app was killed in a visit, right after a photo was taken."""
    hand = open_app(data, frames=frames)
    hand.scan(MULHOUSE.url(BASE))
    hand.scan(f"{BASE}/{code(1)}")
    hand.tap("Photo")
    aim(hand)
    hand.tap("Photo")
    assert hand.sees("Photo prise")
    return killed(data, tmp_path / "killed")


def test_a_photo_that_the_app_ended_upon_is_offered_at_the_next_start_and_joined_in_one_tap(
    open_app: Callable[..., Hand], left_over: Path
) -> None:
    hand = open_app(left_over)
    assert hand.sees("1 photo jamais jointe")
    assert hand.sees("Rhin Plasturgie · Reprendre")
    hand.frames(4)
    assert any(isinstance(each, Viewfinder) and each.height > 0 for each in hand.widgets())
    hand.tap("Joindre")
    assert hand.taps == 1
    assert hand.sees("1 photo en main")
    assert hand.sees("Photo ✓ 1")
    hand.scan(f"{BASE}/{code(2)}")
    assert recorded(hand) == [("item.collected/1", 0), ("item.collected/1", 1)]
    assert photos.missing(hand.face.at.store) == 1
    assert photos_in_hand.left(hand.face.at) == []


def test_a_scan_made_before_anybody_chose_does_not_take_the_photo_along(
    open_app: Callable[..., Hand], left_over: Path
) -> None:
    hand = open_app(left_over)
    hand.scan(f"{BASE}/{code(2)}")
    assert recorded(hand)[-1] == ("item.collected/1", 0)
    hand.face.open(SendsScreen)
    hand.tap("1 photo prise, jamais jointe")
    hand.tap("Joindre")
    hand.scan(f"{BASE}/{code(3)}")
    assert recorded(hand)[-1] == ("item.collected/1", 1)


def test_later_is_asked_no_more_until_the_next_start(open_app: Callable[..., Hand], left_over: Path) -> None:
    hand = open_app(left_over)
    hand.tap("Plus tard")
    assert hand.face.scan_screen is not None
    hand.face.open(SendsScreen)
    hand.tap("Retour")
    assert hand.face.scan_screen is not None
    assert len(photos_in_hand.left(hand.face.at)) == 1


def test_throwing_away_is_said_twice_and_then_gone(open_app: Callable[..., Hand], left_over: Path) -> None:
    hand = open_app(left_over)
    hand.tap("La jeter")
    assert len(photos_in_hand.left(hand.face.at)) == 1
    hand.tap("Oui, la jeter")
    assert hand.sees("1 photo jetée")
    assert photos_in_hand.left(hand.face.at) == []
    assert hand.face.scan_screen is not None


def test_a_visit_that_ends_with_a_photo_in_hand_says_so_and_begins_again_for_it(
    open_app: Callable[..., Hand], left_over: Path
) -> None:
    hand = open_app(left_over)
    hand.tap("Joindre")
    hand.tap("Terminer")
    hand.tap("Valider")
    assert hand.sees("1 photo n’est jointe à rien")
    hand.face.open_sends()
    hand.tap("1 photo prise, jamais jointe")
    hand.tap("Joindre")
    hand.scan(f"{BASE}/{code(4)}")
    assert recorded(hand) == [("item.collected/1", 0), ("stop.validated/1", 0), ("item.collected/1", 1)]


def test_amid_a_visit_elsewhere_the_photo_waits_and_says_for_what(
    open_app: Callable[..., Hand], left_over: Path
) -> None:
    hand = open_app(left_over)
    hand.face.begin("receive", "strasbourg")
    hand.face.open(LeftPhotosScreen)
    assert hand.sees("Rien n’est ouvert à Rhin Plasturgie")
    assert not hand.sees("Joindre")
    assert hand.sees("La jeter")


def test_who_takes_over_the_phone_neither_sees_nor_sends_the_photo_of_who_left(
    open_app: Callable[..., Hand], server: SimServer, frames: Path, tmp_path: Path
) -> None:
    staff(server)
    enrolled(tmp_path / "staffed", server)
    hand = open_app(tmp_path / "staffed", frames=frames)

    def enter(person: str) -> None:
        hand.face.screen.name(person)
        assert hand.face.wedge.typing is not None
        hand.face.wedge.typing.typed(PIN)
        hand.face.wedge.typing.entered()

    enter(BADGE.text)
    hand.scan(MULHOUSE.url(BASE))
    hand.tap("Photo")
    aim(hand)
    hand.tap("Photo")
    hand.face.leave()
    enter("p-jean")
    assert not hand.sees("jamais jointe")
    hand.face.open_visit()
    hand.scan(f"{BASE}/{code(1)}")
    assert recorded(hand) == [("item.collected/1", 0)]
    hand.face.leave()
    enter(BADGE.text)
    assert hand.sees("1 photo jamais jointe")


def test_the_photo_of_a_stop_is_joined_to_its_validation(
    open_app: Callable[..., Hand], data: Path, frames: Path, tmp_path: Path
) -> None:
    hand = open_app(data, frames=frames)
    plan_today(hand.face.at)
    hand.face.back()
    hand.face.begin("collect", "mulhouse")
    hand.face.summary()
    hand.face.screen.proof.take()
    aim(hand)
    hand.face.screen.proof.take()
    again = open_app(killed(data, tmp_path / "killed"))
    assert again.sees("Rhin Plasturgie · Bilan de l’arrêt")
    again.tap("Joindre")
    assert again.sees("1 photo en main : elle part avec la validation")
    again.face.begin("collect", "mulhouse")
    again.face.summary()
    assert again.sees("Photo ✓ 1")
    again.face.screen.validate()
    assert recorded(again)[-1] == ("stop.validated/1", 1)


def test_the_photo_of_a_diagnosis_leads_back_to_it(
    open_app: Callable[..., Hand], data: Path, frames: Path, tmp_path: Path
) -> None:
    hand = open_app(data, frames=frames)
    describe_bench(hand.face.at)
    asking(hand.face.at, "diagnosis")
    hand.face.open_repair(code(22))
    hand.face.screen.proof.take()
    aim(hand)
    hand.face.screen.proof.take()
    again = open_app(killed(data, tmp_path / "killed"))
    assert again.sees("Diagnostic de")
    again.tap("Joindre")
    assert again.sees("Photo · 1 sur 2")
