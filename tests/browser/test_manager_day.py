"""A manager's whole day on the web, in a real Chromium, without scripts, by keyboard alone."""

import pytest

from boucle.words import say
from boucle_server.demo.people import PASSWORD
from tests.browser.keyboard import Keyboard
from tests.browser.test_whole_days import sound, told
from tests.e2e.commands import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_manager_works_a_whole_day_by_keyboard(keys: Keyboard, house: House) -> None:
    keys.sign_in("responsable", PASSWORD)
    plan_a_round(keys)
    authorise_a_return(keys)
    call_a_partner(keys)
    settle_a_contradiction(keys)
    close_a_report(keys)
    confirm_what_is_worth_more(keys)
    correct_an_event(keys)
    import_cells(keys)
    take_the_report_and_close_the_month(keys)
    sound(house)


def plan_a_round(keys: Keyboard) -> None:
    keys.follow("Tournées")
    keys.follow("Planifier une tournée")
    keys.write("Tournée du lendemain", field="name")
    keys.choose("strasbourg", field="home")
    keys.choose("rhin-plasturgie", field="s0.place")
    keys.choose("bac-600x400", field="s0.l0.type")
    keys.write("8", field="s0.l0.collect")
    keys.follow("Enregistrer la tournée")
    assert keys.url.startswith("/tournees/fiche")
    assert "Tournée du lendemain" in keys.words


def authorise_a_return(keys: Keyboard) -> None:
    keys.goto("/a-traiter?kind=return_asked")
    keys.follow("Autoriser")
    keys.follow("Autoriser")
    assert keys.url.startswith("/retours/dossier/"), keys.words
    keys.goto("/a-traiter?kind=return_asked")
    assert say("web.inbox_none_title", "fr") in told(keys)


def call_a_partner(keys: Keyboard) -> None:
    """Follow up all that is late at one partner, then one item of another."""
    keys.goto("/a-traiter?kind=overdue")
    keys.follow("Rhin Plasturgie")
    keys.write("M. Klein : tout part jeudi", field="reason")
    keys.follow("Donner suite pour ces")
    assert "C’est noté pour tous ces objets" in keys.words
    assert ", chez Rhin Plasturgie" not in told(keys)
    keys.follow("Donner suite")
    keys.write("Le quai cherche", field="reason")
    keys.follow()
    assert "Le cas reviendra le jour choisi" in keys.words


def settle_a_contradiction(keys: Keyboard) -> None:
    keys.goto("/a-traiter?kind=contradiction")
    keys.follow("Décider")
    keys.write("Vu au quai, c’est juste", field="reason")
    keys.follow()
    done = (say("web.inbox_voided_done", "fr"), say("web.inbox_reviewed_done", "fr"))
    assert any(each in told(keys) for each in done), keys.words


def close_a_report(keys: Keyboard) -> None:
    keys.goto("/a-traiter?kind=reported")
    keys.follow("Voir le signalement")
    keys.follow("Classer le signalement")
    assert "Le signalement est classé" in keys.words


def confirm_what_is_worth_more(keys: Keyboard) -> None:
    keys.goto("/a-traiter?kind=return_valued")
    keys.follow("Confirmer")
    keys.follow("Confirmer")
    assert "affectation confirmée" in keys.words


def correct_an_event(keys: Keyboard) -> None:
    keys.goto("/objets")
    code = keys.ask("text", selector="main tbody th a")
    keys.follow(code)
    keys.follow("Corriger")
    keys.choose("void", field="fix")
    keys.choose("double", field="because")
    keys.follow("Corriger")
    assert keys.url.startswith("/objets/"), keys.words
    assert "fait=inbox_voided_done" in keys.url, keys.words


def import_cells(keys: Keyboard) -> None:
    keys.goto("/administration")
    keys.follow("Importer des tableaux")
    keys.follow("Sites")
    keys.write("site;nom\nverdun-quai;Verdun, quai 2\n", field="cells")
    keys.follow("Essayer à blanc")
    keys.follow("Importer")
    assert "Importé" in keys.words, keys.words


def take_the_report_and_close_the_month(keys: Keyboard) -> None:
    keys.goto("/tableau")
    keys.follow("Rapport (PDF)")
    assert (keys.url.partition("?")[0], keys.status) == ("/tableau/rapport.pdf", 200)
    keys.goto("/tableau")
    keys.follow("Arrêter le mois")
    assert "Ce qui manque encore" in keys.words
    keys.write("Le reste est connu", field="reason")
    keys.press("Arrêter quand même")
    keys.follow("Arrêter")
    assert "Le mois est arrêté" in keys.words, keys.words
    assert "Arrêté par Claire Muller" in keys.words
