"""The list of places: long, searched by fingers, keyboard or scanner, the recent ones first."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from kivy.core.window import Window

from boucle_field.places import MOST_RECENT, fitting, found, recent, remember
from boucle_field.screens.place_list import MOST_SHOWN
from boucle_field.screens.work_screens import HomeScreen, PlaceScreen
from tests.builders import START_MS, Device, code
from tests.screens.hand import ENTER, Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import MULHOUSE, enrolled, stocked_server
from tests.world import World

MANY = 120
BASE = "https://boucle.example"


@pytest.fixture
def many(open_app: Callable[..., Hand], tmp_path: Path) -> Hand:
    """Give the app of an organisation with many partners."""
    server = stocked_server(World())
    told = Device(dev="d-siege", epoch="00000000000000f2", random=Random(97), now_ms=START_MS)
    server._learn(
        [
            told.event("reference.set", "", body={"table": "site", "key": f"s-{n}", "valid_from": 0, "row": row})
            for n in range(MANY)
            for row in [{"name": f"Garage {n:03} de l’Étoile", "partner": f"p-{n}"}]
        ]
    )
    enrolled(tmp_path / "many", server)
    hand = open_app(tmp_path / "many")
    hand.tap("Reprendre")
    hand.taps = 0
    return hand


def type_by_keyboard(hand: Hand, text: str) -> None:
    for character in text:
        Window.dispatch("on_textinput", character)
    hand.frames(4)


def names(hand: Hand) -> list[str]:
    known = {place.name for place in fitting(hand.face.at, "collect")}
    return [text for text in hand.words() if text in known]


def test_a_long_list_is_cut_and_says_so(many: Hand) -> None:
    assert len(names(many)) == MOST_SHOWN
    assert many.sees(f"et {len(fitting(many.face.at, 'collect')) - MOST_SHOWN} autres")


def test_letters_by_keyboard_narrow_it_down_and_enter_takes_the_only_one(many: Hand) -> None:
    type_by_keyboard(many, "étoile 07")
    assert len(names(many)) == 10
    type_by_keyboard(many, "7")
    assert names(many) == ["Garage 077 de l’Étoile"]
    Window.dispatch("on_key_down", ENTER, 40, "\r", [])
    assert many.face.visit is not None
    assert (many.face.visit.place, many.taps) == ("s-77", 0)


def test_letters_by_finger_do_the_same(many: Hand) -> None:
    many.tap("Chercher un lieu")
    for letter in "RHIN":
        many.tap(letter)
    assert set(names(many)) == {"Rhin Plasturgie", "Rhin Plasturgie Colmar"}
    many.tap("←")
    assert many.sees("Recherche : RHI")


def test_what_matches_nothing_says_what_to_do(many: Hand) -> None:
    type_by_keyboard(many, "zzz")
    assert many.sees("Aucun lieu ne s’appelle ainsi")
    for _ in "zzz":
        Window.dispatch("on_key_down", 8, 42, "", [])
    many.frames(4)
    assert len(names(many)) == MOST_SHOWN


def test_a_scanner_is_read_while_one_searches(many: Hand) -> None:
    type_by_keyboard(many, "gar")
    many.scan(MULHOUSE.url(BASE))
    assert many.face.visit is not None
    assert many.face.visit.place == "mulhouse"


def test_a_scanned_text_that_leads_nowhere_is_no_search(many: Hand) -> None:
    many.scan("https://elsewhere.example/a/long/text")
    many.frames(4)
    assert isinstance(many.face.screen, PlaceScreen)
    assert many.sees("Code inconnu")
    assert len(names(many)) == MOST_SHOWN
    type_by_keyboard(many, "nancy")
    assert names(many) == ["Nancy Électronique"]


def test_a_pause_while_one_types_ends_nothing(many: Hand) -> None:
    type_by_keyboard(many, "plasturgie")
    many.wait(lambda: many.face.wedge._stream._characters == [])
    many.frames(4)
    assert many.sees("Recherche : PLASTURGIE")
    assert many.ear.heard == []


def test_the_bare_code_of_a_place_is_no_name_but_a_scan(many: Hand) -> None:
    many.scan(MULHOUSE.grouped)
    assert many.face.visit is not None
    assert many.face.visit.place == "mulhouse"


def test_an_item_that_is_scanned_at_the_list_waits_for_its_place(many: Hand) -> None:
    many.scan(LABEL + code(3))
    assert many.face.pending == [code(3)]
    assert isinstance(many.face.screen, PlaceScreen)


def test_recent_places_come_first_the_latest_at_the_top(many: Hand) -> None:
    for key in ("s-90", "nancy", "s-90"):
        many.face.begin("collect", key)
        many.face.validate()
    assert isinstance(many.face.screen, HomeScreen)
    many.tap("Reprendre")
    many.frames(4)
    assert [place.key for place in fitting(many.face.at, "collect")][:2] == ["s-90", "nancy"]
    assert many.sees("Derniers lieux")
    assert many.sees("Tous les lieux")


def test_a_short_list_needs_no_search(hand: Hand) -> None:
    hand.tap("Reprendre")
    assert not hand.sees("Chercher un lieu")
    assert hand.face.wedge.typing is None


def test_so_many_recent_places_are_kept_and_no_more(hand: Hand) -> None:
    for number in range(MOST_RECENT + 5):
        remember(hand.face.at, f"s-{number}")
    assert len(recent(hand.face.at)) == MOST_RECENT
    assert recent(hand.face.at)[0] == f"s-{MOST_RECENT + 4}"


def test_names_are_found_by_the_beginnings_of_their_words(many: Hand) -> None:
    places = fitting(many.face.at, "collect")
    assert [place.name for place in found(places, "electro NAN")] == ["Nancy Électronique"]
    assert found(places, "lectronique") == []
    assert found(places, "  ") == places
