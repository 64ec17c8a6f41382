"""The help: the outcomes in words, what counts once, and the way to the sheet of command labels."""

import webbrowser

import pytest

from boucle.telling import Outcome
from boucle_field.screens.help_screen import COMMAND_SHEET
from boucle_field.screens.theme import SIGNS
from boucle_server.web.label_pages import COMMANDS
from tests.screens.hand import Hand
from tests.screens.stock import NOBODY


def test_the_help_tells_the_outcomes_and_what_counts_once(hand: Hand) -> None:
    hand.tap("Aide")
    for outcome in Outcome:
        assert any(text.startswith(SIGNS[outcome]) for text in hand.words())
    assert hand.sees("Deux symboles identiques sur une même image sont un seul scan")
    hand.tap("Retour")
    assert hand.sees("Que faites-vous")


def test_the_help_leads_to_the_sheet_of_commands(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def browse(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    hand.tap("Aide")
    hand.tap("Ouvrir la planche des commandes")
    assert opened == [f"{NOBODY}{COMMAND_SHEET}"]
    assert hand.sees(opened[0])


def test_without_a_browser_the_address_can_be_typed(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    hand.tap("Aide")
    hand.tap("Ouvrir la planche des commandes")
    assert hand.sees("Tapez l’adresse sur un ordinateur")


def test_the_sheet_is_where_the_server_shows_it() -> None:
    assert COMMAND_SHEET == COMMANDS
