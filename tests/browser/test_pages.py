"""Every page in a real Chromium: accessible by axe, nothing beside the page, light enough, no error."""

from pathlib import Path

import pytest

from tests.browser.calls import ACCOUNTS, HEAVIEST, calls
from tests.browser.chromium import looked_at
from tests.e2e.commands import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WIDTHS = {"phone 320", "phone 360", "desktop 1280"}
EXPECTED_REFUSALS = {"connexion-refusee": 401, "inconnu": 404, "code-inconnu": 404, "inconnu-chez-nous": 404}
EXPECTED_REFUSALS |= {"interdit": 403, "bon-perdu": 404}


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
    weights = {look["name"]: look["bytes"] for look in found}
    assert {name: weights[name] for name, most in HEAVIEST.items() if not 0 < weights[name] <= most} == {}
