"""The first five minutes of every role on the web, in a real Chromium, without scripts, by keyboard alone."""

from pathlib import Path

import pytest

from boucle_server.demo.people import PASSWORD, PEOPLE
from boucle_server.web import places
from tests.browser.keyboard import Keyboard

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROLES = {person.login: person.role for person in PEOPLE if person.login}


def take_back(keys: Keyboard) -> None:
    """Undo what was just decided."""
    keys.follow("Annuler ce que je viens de faire")
    assert "C’est annulé" in keys.words


@pytest.mark.parametrize("login", ROLES)
def test_every_role_signs_in_and_reaches_every_page_of_its_menu(keys: Keyboard, login: str) -> None:
    keys.sign_in(login, PASSWORD)
    held = keys.ask("links", selector=".menu a")
    assert len(held) > 3
    home = keys.url
    for path in held:
        # The menu is walked from the top of the first page each time: the station begins in its field, behind the menu.
        keys.goto(home)
        words = keys.ask("text", selector=f".menu a[href='{path}']")
        keys.follow(words)
        assert (keys.url.partition("?")[0], keys.status) == (path, 200)
    assert {place.path for place in places.PLACES if place.in_menu and place.public} <= set(held)


def test_a_manager_decides_takes_it_back_and_takes_a_figure_away(keys: Keyboard, tmp_path: Path) -> None:
    keys.sign_in("responsable", PASSWORD)
    assert keys.url == "/tableau"
    assert "Taux de retour" in keys.words
    keys.follow("Scanner une étiquette comme un passant")
    assert keys.url.startswith("/C/")
    assert "Comment le rendre" in keys.words
    keys.follow("Tableau de bord")
    keys.follow("Trancher une contradiction")
    assert keys.url == "/a-traiter?kind=contradiction"
    keys.follow("Décider")
    assert keys.url.startswith("/a-traiter/contradiction/")
    keys.to("Annuler l’événement")  # what could not be taken back stands first, and is passed by
    keys.write("Vu au quai", field="reason")
    keys.follow("Vu, c’est juste")
    assert "Aucun chiffre n’a bougé" in keys.words
    take_back(keys)
    keys.goto("/a-traiter?kind=unknown")
    keys.follow("Décider")
    assert keys.url.startswith("/a-traiter/unknown/")
    keys.choose("bac-600x400", field="type")
    keys.choose("strasbourg", field="site")
    keys.follow("Mettre en service")
    assert "L’objet est en service" in keys.words
    take_back(keys)
    keys.follow("Tableau de bord")
    keys.to("Emporter le rapport du mois")
    keys.follow("Puis suivez un chiffre jusqu’aux scans")
    assert keys.url.startswith("/tableau/chiffres")
    keys.follow("Taux de retour")
    assert keys.fetch("– Événements derrière ce chiffre", tmp_path / "behind.xlsx").startswith(b"PK")
    keys.goto("/tableau")
    keys.follow("Partenaires")
    keys.follow("Rhin Plasturgie")
    assert "Rhin Plasturgie" in keys.words
    assert keys.fetch("CSV pour Excel", tmp_path / "releve.csv").startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("login", ROLES)
def test_the_card_of_every_role_has_four_steps_and_leads_where_that_role_may_go(
    keys: Keyboard, tmp_path: Path, login: str
) -> None:
    keys.open(scripts=True)
    keys.sign_in(login, PASSWORD)
    keys.goto("/tableau")
    ways = keys.ask("links", selector=".steps a")
    assert len(ways) >= 3
    assert [way for way in ways if way.startswith("/tableau/rapport.pdf")]
    for way in ways:
        if ".pdf" not in way:
            keys.goto(way)
            assert (keys.status, "n’ouvre pas cette page" in keys.words) == (200, False), way
    assert ("/administration/import" in ways) == (login in ("responsable", "administrateur"))
    if "/administration/import" not in ways:
        return
    keys.goto("/tableau")
    keys.follow("Puis importez le tableur d’exemple")
    sample = tmp_path / "exemple.xlsx"
    keys.fetch("Télécharger le tableur d’exemple", sample)
    keys.follow("L’importer")
    keys.ask("give", selector="#f-file", file=str(sample))
    assert "Importer les lignes valides (5)" in keys.words
    keys.follow("Oublier cet essai")


def test_a_reader_follows_a_figure_to_the_proof_of_one_scan_and_changes_nothing(keys: Keyboard, tmp_path: Path) -> None:
    keys.sign_in("lecteur", PASSWORD)
    keys.follow("Masse reçue")
    assert keys.url.startswith("/tableau/chiffre/K20-mass")
    code = keys.ask("text", selector="#events ~ .scroll tbody a")
    keys.follow(code)
    assert code in keys.words
    keys.follow("Preuve")
    assert keys.url.startswith("/preuves/")
    assert b"tlog-proof" in keys.fetch("Télécharger la preuve", tmp_path / "preuve.txt")
    keys.goto("/appareils")
    assert keys.status == 403
    assert "n’ouvre pas cette page" in keys.words


def test_an_administrator_lets_a_phone_in(keys: Keyboard) -> None:
    keys.sign_in("administrateur", PASSWORD)
    keys.follow("Appareils")
    keys.follow("Ajouter un appareil")
    keys.write("Téléphone du quai Sud", field="name")
    keys.follow("Créer le code")
    assert "Valable jusqu’au" in keys.words
    assert "/E/#" in keys.words


def test_a_warehouse_worker_finds_a_crate_and_prints_labels_but_not_under_an_address_of_nobody(keys: Keyboard) -> None:
    keys.sign_in("magasinier", PASSWORD)
    keys.follow("Objets")
    code = keys.ask("text", selector="main tbody th a")
    keys.write(code, field="code")
    keys.follow()
    assert code in keys.words
    keys.follow("Étiquettes")
    assert "ne mèneraient nulle part" in keys.words
    keys.write("6", field="count")
    keys.follow("Créer les étiquettes")
    assert "Les étiquettes sont créées" in keys.words
    keys.follow("PDF à imprimer")
    assert keys.status == 409
    assert "Imprimer quand même ?" in keys.words.replace("\u202f", " ")
    keys.to("Imprimer quand même")


@pytest.mark.story(23)
def test_a_stranger_reports_what_is_wrong_with_a_crate(keys: Keyboard) -> None:
    keys.sign_in("responsable", PASSWORD)
    keys.follow("Scanner une étiquette comme un passant")
    label = keys.url
    keys.forget()
    keys.goto(label)
    assert "Tableau de bord" not in keys.words
    keys.press("Il vous encombre", key="Enter")
    keys.press("venez le reprendre")
    keys.write("Derrière le portail.", field="words")
    keys.follow("Envoyer le signalement")
    assert "c’est noté" in keys.words
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/a-traiter?kind=reported")
    assert "Derrière le portail." in keys.words
    keys.follow("Voir le signalement")
    keys.follow("Classer le signalement")
    assert "Le signalement est classé" in keys.words
    keys.follow("Le remettre à traiter")
    assert "de nouveau à traiter" in keys.words


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_was_typed_when_the_session_ended_is_sent_after_signing_in_again(keys: Keyboard, lang: str) -> None:
    make, kept, send, made = {
        "fr": (
            "Créer les étiquettes",
            "Ce que vous avez tapé est gardé",
            "Envoyer maintenant",
            "étiquettes sont créées",
        ),
        "en": ("Make the labels", "What you typed is kept", "Send now", "The labels are made"),
    }[lang]
    keys.goto(f"/connexion?lang={lang}")
    keys.sign_in("magasinier", PASSWORD)
    keys.goto(f"/etiquettes?lang={lang}")
    keys.write("7", field="count")
    keys.write("Bacs du soir", field="name")
    keys.forget()
    keys.follow(make)
    assert keys.status == 401
    assert kept in keys.words
    keys.write("magasinier", field="login")
    keys.write(PASSWORD, field="password")
    keys.follow()
    assert "Bacs du soir" in keys.words
    keys.follow(send)
    assert made in keys.words
    assert "Bacs du soir" in keys.words


@pytest.mark.parametrize(("lang", "wrong", "empty", "out"), [
    ("fr", "Identifiant ou mot de passe incorrect", "Rien ici", "Enlever les filtres"),
    ("en", "Wrong login or password", "Nothing here", "Remove the filters"),
])  # fmt: skip
def test_a_wrong_password_and_a_filter_without_data_say_what_to_do(
    keys: Keyboard, lang: str, wrong: str, empty: str, out: str
) -> None:
    keys.goto(f"/connexion?lang={lang}")
    keys.write("lecteur", field="login")
    keys.write("not the password", field="password")
    keys.follow()
    assert (keys.status, wrong in keys.words) == (401, True)
    assert keys.to("", field="login").value == "lecteur"
    keys.sign_in("lecteur", PASSWORD)
    keys.goto(f"/tableau?loop=moteurs-epinal&type=roll&lang={lang}")
    assert empty in keys.words
    keys.follow(out)
    assert empty not in keys.words
