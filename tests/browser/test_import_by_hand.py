"""An import in a real Chromium: by keyboard without scripts, and a file that is dropped where scripts run."""

import re
from pathlib import Path

import pytest

from boucle_server.demo.people import PASSWORD
from tests.browser.keyboard import Keyboard

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BRING = "/administration/import/apporter/sites"


def test_cells_are_pasted_tried_recorded_and_taken_back_by_keyboard_without_scripts(keys: Keyboard) -> None:
    keys.sign_in("responsable", PASSWORD)
    keys.follow("Administration")
    keys.follow("Importer des tableaux")
    keys.follow("Sites")
    assert keys.url == BRING
    assert "Sans JavaScript" in keys.words
    assert "Déposez le fichier ici" not in keys.words, "what needs a script is not shown without it"
    keys.write("site;nom\nverdun-test;Verdun\nbar le duc;Bar-le-Duc\n", field="cells")
    keys.follow("Essayer à blanc")
    assert "Une clé n’a ni espace ni accent" in keys.words
    keys.follow("Importer les lignes valides (1)")
    assert "Importé en partie" in keys.words
    keys.follow("Annuler tout l’import")
    keys.follow("Annuler tout l’import")
    assert "1 ligne annulée" in keys.words
    keys.follow("Importer des tableaux")
    assert "cellules collées" in keys.words


def test_the_sample_spreadsheet_of_the_demonstration_has_three_wrong_rows(keys: Keyboard, tmp_path: Path) -> None:
    keys.open(scripts=True)
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/administration/import")
    sample = tmp_path / "exemple-sites.xlsx"
    assert keys.fetch("Télécharger le tableur d’exemple", sample).startswith(b"PK")
    keys.follow("L’importer")
    keys.ask("give", selector="#f-file", file=str(sample))
    path = keys.url
    assert path.startswith("/administration/import/suivi/")
    assert "Importer les lignes valides (5)" in keys.words
    for why in ("bar le duc", "partenaire-inconnu", "déjà donné à la ligne 3"):
        assert why.casefold() in keys.words.casefold()
    # The number of a row stands under the name of its column, which is said once; a card says it itself.
    assert not re.search(r"^Ligne\s*4$", keys.words, re.MULTILINE), keys.words
    keys.open(width=360, scripts=True)
    keys.sign_in("responsable", PASSWORD)
    keys.goto(path)
    assert re.search(r"^Ligne\s*4$", keys.words, re.MULTILINE), keys.words
    keys.follow("Oublier cet essai")
    assert "Essai oublié" in keys.words


def test_a_file_is_dropped_and_one_that_cannot_be_read_is_said_on_the_spot(keys: Keyboard, tmp_path: Path) -> None:
    keys.open(scripts=True)
    keys.sign_in("responsable", PASSWORD)
    keys.goto(BRING)
    assert "Sans JavaScript" not in keys.words
    wrong = tmp_path / "image.png"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    keys.ask("give", selector="#f-file", file=str(wrong), comes=False)
    assert "n’est pas un fichier CSV lisible" in keys.ask("awaited", selector="#told.wrong")
    keys.ask("drop", selector="#drop", name="Sites à reprendre.csv", text="site;nom\ntoul-test;Toul\n")
    assert "Sites à reprendre.csv" in keys.words
    assert "Tout importer (1)" in keys.words


def test_a_session_that_ended_is_said_and_the_page_stays(keys: Keyboard, tmp_path: Path) -> None:
    keys.open(scripts=True)
    keys.sign_in("responsable", PASSWORD)
    keys.goto(BRING)
    keys.forget()
    good = tmp_path / "sites.csv"
    good.write_text("site;nom\ntoul-test;Toul\n", encoding="utf-8")
    keys.ask("give", selector="#f-file", file=str(good), comes=False)
    assert "Votre session a pris fin" in keys.ask("awaited", selector="#told.wrong")
    assert keys.url == BRING
