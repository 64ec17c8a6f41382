"""Every page in a real Chromium: accessible by axe, nothing beside the page, light enough, no error."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser.calls import ACCOUNTS, HEAVIEST, calls
from tests.browser.chromium import looked_at
from tests.e2e.commands import House
from tests.web.test_rights import routes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WIDTHS = {"phone 320", "phone 360", "desktop 1280"}
EXPECTED_REFUSALS = {"connexion-refusee": 401, "inconnu": 404, "code-inconnu": 404, "inconnu-chez-nous": 404}
EXPECTED_REFUSALS |= {"interdit": 403, "bon-perdu": 404}
FILES = re.compile(r"\.(pdf|png|txt)(/|$)|^/(fichiers|photos)/|^/$|/import/(modele/|exemple$)")
"""Routes that give no page."""
ONLY_ONCE = {"/administration/import/suivi/{run}/annuler"}
"""Pages that a walk cannot open again and again: `test_import_by_hand` goes through them."""


def test_every_page_is_accessible_fits_its_screen_says_no_error_and_is_light(house: House) -> None:
    # One walk for all of these: opening every page again for each would cost a minute more.
    found = looked_at(house.address, calls(), people=ACCOUNTS, shots=Path("build/pages").resolve())["looks"]
    assert {(look["name"], look["size"]) for look in found} == {
        (call.name, size) for call in calls() for size in WIDTHS
    }
    faults = {
        (look["name"], look["size"], look["scheme"], fault): look[fault]
        for look in found
        for fault in ("violations", "wide", "errors")
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
