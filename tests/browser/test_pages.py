"""Every page in a real Chromium: accessible by axe and by Tab, nothing beside page or paper, light enough, no error."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from boucle.words import LANGUAGES, catalogue
from tests.browser.calls import ACCOUNTS, HEAVIEST, REFUSED, calls
from tests.browser.chromium import looked_at
from tests.e2e.commands import House
from tests.web.test_rights import routes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WIDTHS = {"phone 320", "phone 360", "desktop 1280", "print 718"}
EXPECTED_REFUSALS = {"connexion-refusee": 401, "inconnu": 404, "code-inconnu": 404, "inconnu-chez-nous": 404}
EXPECTED_REFUSALS |= {"interdit": 403, "bon-perdu": 404, "devis-perdu": 404}
EXPECTED_REFUSALS |= {call.name: status for call, status in REFUSED if status != 200}
FILES = re.compile(
    r"\.(pdf|png|txt|zpl)(/|$)|^/(fichiers|photos|documents)/|^/a-traiter/image/|^/$|/import/(modele/|exemple$)"
)
"""Routes that give no page."""
ONLY_ONCE = {"/administration/import/suivi/{run}/annuler", "/saisie/photo/{slug}"}
"""Pages that a walk cannot open again and again: `test_import_by_hand` and `test_station` go through them."""


def plain(text: str) -> str:
    """Give a text without the thin spaces that French is set with."""
    return text.replace("\u202f", " ").replace("\u00a0", " ").strip().casefold()


def foreign(texts: list[str], lang: str) -> list[str]:
    """Give the texts of a page that are ours in the other language and not in its own."""
    ours = {plain(entry.text) for entry in catalogue(lang).values()}
    theirs = {plain(entry.text) for other in LANGUAGES if other != lang for entry in catalogue(other).values()} - ours
    return [text for text in texts if plain(text) in theirs - {"boucle"} or ("«" in text and lang == "en")]


LONGEST = "Établissementsréunisdelarévisiondesemballagesàcontenanceélevéeetrécupération" + "X" * 6
"""A name that nowhere has a blank to break at."""
NAMED = {
    "partners": "partenaire;nom\nchampagne-emballage;{}\n",
    "sites": "site;nom;partenaire\nfonderie-de-l-ill;{};fonderie-de-l-ill\n",
    "item-types": "type;nom;numéroté;tare (kg)\nbac-esd;{};oui;2,15\ncaisse-palette;{};oui;36\n",
}
SHOW_NAMES = {"dashboard", "inbox", "items", "partners", "rounds", "workshop", "returns", "objet", "partenaire"}
SHOW_NAMES |= {"tournee", "bon", "bon-partage", "atelier-liste", "registre-sites", "registre-ligne", "page-publique"}


def test_every_page_is_accessible_fits_its_screen_and_paper_says_no_error_and_is_light(house: House) -> None:
    # One walk for all of these: opening every page again for each would cost a minute more.
    found = looked_at(house.address, calls(), people=ACCOUNTS, shots=Path("build/pages").resolve())["looks"]
    assert {(look["name"], look["size"]) for look in found} == {
        (call.name, size) for call in calls() for size in WIDTHS
    }
    faults = {
        (look["name"], look["size"], look["scheme"], fault): look[fault]
        for look in found
        for fault in ("violations", "wide", "errors", "printed", "tabs")
        if look[fault]
    }
    assert faults == {}
    statuses = {look["name"]: look["status"] for look in found}
    assert {name: status for name, status in statuses.items() if status != 200} == EXPECTED_REFUSALS
    pages = [route for route in routes() if "GET" in (route.methods or ()) and not FILES.search(route.path)]
    paths = {unquote(urlsplit(look["path"]).path) for look in found}
    seen = {next((route.path for route in pages if route.path_regex.match(path)), "") for path in paths}
    assert [route.path for route in pages if route.path not in seen | ONLY_ONCE] == []
    weights = {look["name"]: look["bytes"] for look in found}
    assert {name: weights[name] for name, most in HEAVIEST.items() if not 0 < weights[name] <= most} == {}


def test_the_longest_names_stay_in_their_boxes_and_no_page_mixes_languages(house: House, tmp_path: Path) -> None:
    for kind, text in NAMED.items():
        file = tmp_path / f"{kind}.csv"
        file.write_text(text.format(LONGEST, LONGEST), encoding="utf-8")
        house.boucle("import", kind, file)
    asked = [call for call in calls() if call.name in SHOW_NAMES]
    assert {call.name for call in asked} == SHOW_NAMES
    found = looked_at(house.address, asked, people=ACCOUNTS)["looks"]
    assert [look["name"] for look in found if LONGEST in look["said"]["fr"]], "no page shows the name at all"
    beyond = {
        (look["name"], look["size"]): look["wide"] or look["spills"] for look in found if look["wide"] or look["spills"]
    }
    assert beyond == {}
    mixed = {(look["name"], lang): foreign(look["said"][lang], lang) for look in found for lang in LANGUAGES}
    # What a register says is the words of whoever filled it in.
    assert {page: texts for page, texts in mixed.items() if texts and not page[0].startswith("registre")} == {}
