"""A photo of a line that is scanned already: said again and undone with it; a label in the picture is no scan."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boucle.correction import VOID, Fix
from boucle.telling import Outcome
from boucle_field import photos
from boucle_field.correcting import correct
from boucle_field.screens.line_photo_screen import LinePhotoScreen
from boucle_field.screens.sends_screen import SendsScreen
from tests.builders import code
from tests.field_app.pictures import picture
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import MULHOUSE
from tests.screens.test_photos import aim, frames, recorded
from tests.screens.test_visit_screens import BASE

__all__ = ["frames"]


def add_photo(hand: Hand, words: str = "Photo du dernier") -> None:
    hand.tap(words)
    aim(hand)
    hand.tap("Photo")


def counted(hand: Hand) -> int:
    assert hand.face.visit is not None
    return hand.face.visit.counted


def told(hand: Hand) -> list[dict[str, Any]]:
    with hand.face.at.store.reading() as db:
        return [json.loads(row[0]) for row in db.execute("SELECT payload FROM outbox ORDER BY n").fetchall()]


@pytest.fixture
def hand(open_app: Callable[..., Hand], data: Path, frames: Path) -> Hand:
    """Give the app at a partner's, with a camera, before any scan."""
    hand = open_app(data, frames=frames)
    hand.scan(MULHOUSE.url(BASE))
    return hand


def test_a_line_that_is_scanned_takes_its_photo_in_two_taps(hand: Hand) -> None:
    assert not hand.sees("Photo du dernier")
    hand.scan(LABEL + code(1))
    add_photo(hand)
    assert hand.taps == 2
    assert hand.sees("Photo ajoutée : Bac 600×400")
    assert hand.sees("Photo du dernier ✓ 1")
    assert recorded(hand) == [("item.collected/1", 0), ("item.collected/1", 1)]
    first, second = told(hand)
    assert second["corrects"] == first["id"]
    assert (hand.face.scan_screen is not None, counted(hand)) == (True, 1)
    assert photos.missing(hand.face.at.store) == 1


def test_the_sends_say_of_a_line_that_a_photo_came_to_it_not_that_it_was_corrected(hand: Hand) -> None:
    hand.scan(LABEL + code(1))
    add_photo(hand)
    hand.face.open(SendsScreen, "waiting")
    assert hand.sees("complétée d’une photo")
    assert not hand.sees("corrigée")


def test_one_undo_takes_the_line_away_with_its_photos(hand: Hand) -> None:
    hand.scan(LABEL + code(1))
    before = hand.face.at.mirror.look(code(1)).item.stage
    add_photo(hand)
    add_photo(hand)
    hand.taps = 0
    hand.tap("Annuler")
    assert hand.taps == 1
    assert (counted(hand), before) == (0, "inbound")
    assert hand.face.at.mirror.look(code(1)).item.stage == "at_partner"
    events = told(hand)
    voided = {event["body"]["target"] for event in events if event["kind"] == f"{VOID}/1"}
    assert voided == {event["id"] for event in events if event["kind"] == "item.collected/1"}
    assert len(voided) == 3
    assert not hand.sees("Photo du dernier")


def test_a_label_in_the_picture_is_no_scan_and_one_from_a_reader_is(
    open_app: Callable[..., Hand], data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    picture(folder / "1.png", [LABEL + code(2)])
    hand = open_app(data, frames=folder)
    hand.scan(MULHOUSE.url(BASE))
    hand.scan(LABEL + code(1))
    hand.tap("Photo du dernier")
    aim(hand)
    hand.frames(30)
    assert isinstance(hand.face.screen, LinePhotoScreen)
    assert len(recorded(hand)) == 1
    hand.scan(LABEL + code(3))
    assert [each["code"] for each in told(hand)] == [code(1), code(3)]
    assert hand.face.scan_screen is not None


def test_after_the_app_ended_the_line_has_its_photo_and_goes_in_one_undo(
    hand: Hand, open_app: Callable[..., Hand], data: Path
) -> None:
    hand.scan(LABEL + code(1))
    add_photo(hand)
    again = open_app(data)
    assert counted(again) == 1
    assert again.sees("Photo du dernier ✓ 1")
    again.tap("Annuler")
    assert counted(again) == 0
    assert again.face.at.mirror.look(code(1)).item.stage == "at_partner"


def test_an_earlier_line_takes_its_photo_from_the_sends(hand: Hand) -> None:
    hand.scan(LABEL + code(1))
    hand.scan(LABEL + code(2))
    first = told(hand)[0]
    hand.face.open_sends()
    hand.face.correct(str(first["id"]), "waiting")
    add_photo(hand, "Ajouter une photo")
    assert isinstance(hand.face.screen, SendsScreen)
    assert told(hand)[-1]["corrects"] == first["id"]
    assert counted(hand) == 2


def test_a_line_that_is_validated_takes_no_photo_any_more(hand: Hand) -> None:
    hand.scan(LABEL + code(1))
    event = str(told(hand)[0]["id"])
    hand.tap("Terminer")
    hand.tap("Valider")
    hand.face.home()
    hand.tap("Arrêts hors tournée du jour : 1")
    hand.tap("Rhin Plasturgie")
    hand.scan(LABEL + code(2))
    hand.face.correct(event, "waiting")
    assert hand.sees("Annuler cette ligne")
    assert not hand.sees("Ajouter une photo")
    hand.face.open(LinePhotoScreen, event, hand.face.open_visit)
    assert hand.sees("ne prend plus de photo")


def test_four_photos_are_enough(hand: Hand) -> None:
    hand.scan(LABEL + code(1))
    for _ in range(4):
        add_photo(hand, "Photo du dernier")
    assert recorded(hand)[-1] == ("item.collected/1", 4)
    assert not hand.sees("Photo du dernier")
    hand.scan(LABEL + code(2))
    assert hand.sees("Photo du dernier")


def test_the_photo_shows_what_sorting_found_where_a_verdict_went_along(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    hand.tap("Réceptionner")
    hand.tap("Bon")
    hand.scan(LABEL + code(1))
    add_photo(hand)
    assert recorded(hand)[-1] == ("item.sorted/1", 1)
    hand.tap("Annuler")
    events = told(hand)
    voided = {event["body"]["target"] for event in events if event["kind"] == f"{VOID}/1"}
    assert voided == {event["id"] for event in events if event["kind"] != f"{VOID}/1"}


def test_a_correction_keeps_the_photos_and_one_that_did_not_happen_did_not_in_its_first_words_either(
    hand: Hand,
) -> None:
    hand.scan(LABEL + code(1))
    add_photo(hand)
    correct(hand.face.at, str(told(hand)[-1]["id"]), Fix.PLACE, value="strasbourg")
    assert recorded(hand)[-1] == ("item.collected/1", 1)
    assert told(hand)[-1]["photos"] == told(hand)[-2]["photos"]
    correct(hand.face.at, str(told(hand)[-1]["id"]), Fix.VOID)
    voided = {event["body"]["target"] for event in told(hand) if event["kind"] == f"{VOID}/1"}
    assert voided == {event["id"] for event in told(hand) if event["kind"] != f"{VOID}/1"}
    assert hand.face.at.mirror.look(code(1)).item.stage == "at_partner"
    assert Outcome.REFUSED not in hand.ear.heard


def test_what_gives_a_code_to_an_item_takes_no_photo_for_it_would_be_said_again(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    hand.face.begin("commission", "strasbourg", said={"type": "bac"})
    hand.scan(LABEL + code(60))
    assert counted(hand) == 1
    assert not hand.sees("Photo du dernier")
