"""The card of the first minutes of every role, in a real Chromium: its links lead where they say, to readable pages."""

from typing import Final

import pytest

from boucle_server.demo.people import PASSWORD
from boucle_server.web import places
from tests.browser.calls import ACCOUNTS
from tests.browser.chromium import Call, looked_at
from tests.browser.keyboard import Keyboard
from tests.e2e.commands import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SCAN: Final = ("Scanner une étiquette comme un passant.", "/C/", "Boucles du Grand Est (démonstration)")
PHONE: Final = ("Faire un retour avec un téléphone.", places.DEVICES.path, "Appareils")
DECIDE: Final = ("Trancher une contradiction.", places.INBOX.path, "À traiter")
BENCH: Final = ("Suivre une réparation.", places.WORKSHOP.path, "Atelier")
RECEIVE: Final = ("Recevoir au poste de scan.", places.STATION.path, "Poste de scan")
ROUND: Final = ("Suivre une tournée.", places.ROUNDS.path, "Tournées")
LOOK: Final = ("Suivre un contenant.", places.ITEMS.path, "Objets")
FIGURES: Final = ("Puis suivez un chiffre jusqu’aux scans.", "/tableau/chiffres", "Tous les indicateurs, ")
IMPORT: Final = ("Puis importez le tableur d’exemple", places.IMPORT.path, "Importer des tableaux")
CARDS: Final = {
    "responsable": (SCAN, PHONE, DECIDE, FIGURES, IMPORT),
    "chauffeur": (SCAN, ROUND, FIGURES),
    "magasinier": (SCAN, RECEIVE, FIGURES),
    "technicien": (SCAN, BENCH, FIGURES),
    "controleur": (SCAN, BENCH, FIGURES),
    "administrateur": (SCAN, PHONE, DECIDE, FIGURES, IMPORT),
    "lecteur": (SCAN, LOOK, FIGURES),
}
"""What the card of each account leads to, beside the report: its words, its address, the title there."""
REPORT: Final = "Emporter le rapport du mois (PDF)."


def test_every_account_of_the_demonstration_has_a_card() -> None:
    assert CARDS.keys() == ACCOUNTS.keys()


@pytest.mark.parametrize("login", CARDS)
def test_every_step_of_a_card_leads_where_it_says_by_keyboard_and_without_a_script(keys: Keyboard, login: str) -> None:
    keys.sign_in(login, PASSWORD)
    for words, path, title in CARDS[login]:
        keys.goto(places.DASHBOARD.path)
        keys.follow(words)
        assert (keys.status, keys.url.startswith(path)) == (200, True), keys.url
        assert keys.ask("text", selector="h1").startswith(title)
    keys.goto(places.DASHBOARD.path)
    assert keys.to(REPORT).tag == "a"
    assert len(keys.ask("links", selector=".steps a")) == len(CARDS[login]) + 1


def test_every_page_that_a_card_leads_to_is_accessible_to_its_role_and_fits_a_phone(house: House) -> None:
    asked = [Call(f"{login} {places.DASHBOARD.key}", places.DASHBOARD.path, login) for login in CARDS]
    asked += [
        Call(f"{login} {path}", places.DASHBOARD.path, login, follow=(f".steps a[href^='{path}']",))
        for login, card in CARDS.items()
        for _, path, _ in card
    ]
    found = looked_at(house.address, asked, people=ACCOUNTS)["looks"]
    assert {look["name"] for look in found} == {call.name for call in asked}
    assert {look["status"] for look in found} == {200}
    faults = {
        (look["name"], look["size"], look["scheme"], fault): look[fault]
        for look in found
        for fault in ("violations", "wide", "errors")
        if look[fault]
    }
    assert faults == {}
