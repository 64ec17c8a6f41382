"""What is done on the web beyond the first minutes, in a real Chromium, without scripts, by keyboard alone."""

import pytest

from boucle_server.demo.people import PASSWORD
from tests.browser.keyboard import Keyboard

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_dashboard_is_narrowed_and_a_balance_asked_for_at_a_day(keys: Keyboard) -> None:
    keys.sign_in("lecteur", PASSWORD)
    keys.choose("rhin-plasturgie", field="partner")
    keys.follow("Afficher")
    assert "partner=rhin-plasturgie" in keys.url
    assert "Partenaire : Rhin Plasturgie" in keys.words
    keys.follow("Enlever les filtres")
    assert "partner=" not in keys.url
    keys.follow("Partenaires")
    keys.follow("Rhin Plasturgie")
    keys.date("2026-09-15", field="date")
    keys.follow("Afficher")
    assert "15/09/2026" in keys.words


def test_a_round_is_planned_changed_cancelled_and_restored(keys: Keyboard) -> None:
    keys.sign_in("responsable", PASSWORD)
    keys.follow("Tournées")
    keys.follow("Planifier une tournée")
    keys.write("Tournée au clavier", field="name")
    keys.choose("strasbourg", field="home")
    keys.choose("rhin-plasturgie", field="s0.place")
    keys.choose("bac-600x400", field="s0.l0.type")
    keys.write("12", field="s0.l0.collect")
    keys.follow("Ajouter un arrêt")
    assert "Arrêt 2" in keys.words
    keys.choose("ateliers-du-ried", field="s1.place")
    keys.choose("bac-600x400", field="s1.l0.type")
    keys.write("3", field="s1.l0.deliver")
    keys.follow("Enregistrer la tournée")
    assert keys.url.startswith("/tournees/fiche")
    assert "Tournée au clavier" in keys.words
    keys.follow("Annuler la tournée")
    assert "annulée" in keys.words
    keys.follow("Rétablir")
    assert "Tournée au clavier" in keys.words


def test_a_return_is_announced_authorised_and_taken_back(keys: Keyboard) -> None:
    keys.sign_in("responsable", PASSWORD)
    keys.follow("Retours")
    keys.follow("Annoncer un retour")
    keys.choose("rhin-plasturgie", field="from")
    keys.choose("bac-600x400", field="l1.type")
    keys.write("5", field="l1.n")
    keys.follow("Annoncer un retour")
    assert keys.url.startswith("/retours/dossier/"), keys.words
    keys.follow("Autoriser")
    keys.follow("Autoriser")
    assert keys.url.startswith("/retours/dossier/"), keys.words
    keys.follow("Annuler")
    assert "annulé" in keys.words.lower()


def test_a_manager_confirms_what_is_worth_more_and_states_a_rule_for_every_type(keys: Keyboard) -> None:
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/a-traiter?kind=return_valued")
    assert "À confirmer pour 30 pièces" in keys.words
    keys.follow("Confirmer")
    keys.follow("Confirmer")
    assert keys.url.startswith("/retours/dossier/"), keys.words
    assert "affectation confirmée" in keys.words
    keys.follow("Annuler")
    assert "Attend un responsable" in keys.words
    keys.goto("/administration/registre/return-rules")
    keys.follow("tous les types")
    keys.write("21", field="return_days")
    keys.follow("Enregistrer")
    assert "21" in keys.words


def test_a_repair_is_opened_and_taken_back(keys: Keyboard) -> None:
    keys.sign_in("technicien", PASSWORD)
    keys.follow("Objets")
    code = keys.ask("text", selector="main tbody th a")
    keys.follow("Atelier")
    keys.follow("Ouvrir une réparation")
    keys.write(code, field="code")
    keys.write("Un pied est fendu.", field="reason")
    keys.choose("strasbourg", field="site")
    keys.follow("Ouvrir une réparation")
    # Without scripts there is no photo: it is asked about once, and the repair opens all the same.
    assert "sans la photo que ce lieu demande" in keys.words
    keys.press("C’est bien ce qui s’est passé")
    keys.follow("Ouvrir une réparation")
    assert keys.url.startswith("/atelier/fiche/"), keys.words
    assert "Un pied est fendu." in keys.words
    keys.follow("Annuler")
    assert "annulé" in keys.words.lower()


def test_an_administrator_adds_somebody_stops_them_and_makes_and_revokes_a_token(keys: Keyboard) -> None:
    keys.sign_in("administrateur", PASSWORD)
    keys.follow("Administration")
    keys.follow("Personnes")
    keys.follow("Ajouter une personne")
    keys.write("Ada Clavier", field="name")
    keys.choose("warehouse", field="role")
    keys.write("4711", field="pin")
    keys.follow("Enregistrer")
    assert "Ada Clavier" in keys.words
    keys.follow("Ada Clavier")
    keys.follow("Arrêter l’accès")
    keys.follow("Arrêter l’accès")
    assert keys.url.startswith("/administration/personnes?")
    keys.goto("/administration/jetons")
    keys.follow("Nouveau jeton")
    keys.write("Tableur", field="name")
    keys.to("", field="scope")
    keys.ask("press", key="Space")
    keys.follow("Créer le jeton")
    assert "Tableur" in keys.words
    keys.goto("/administration/jetons")
    keys.follow("Retirer")
    assert "Tableur" in keys.words
    keys.follow("Retirer")
    assert keys.url.startswith("/administration/jetons?")


def test_a_site_is_added_and_a_device_cut_off(keys: Keyboard) -> None:
    keys.sign_in("administrateur", PASSWORD)
    keys.goto("/administration/registre/sites")
    keys.follow("Ajouter")
    keys.write("quai-clavier", field="key")
    keys.write("Quai du clavier", field="name")
    keys.follow("Enregistrer")
    assert "Quai du clavier" in keys.words, keys.words
    keys.goto("/appareils")
    keys.follow("Retirer")
    keys.follow("Retirer")
    assert keys.url.startswith("/appareils?")
