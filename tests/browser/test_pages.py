"""Every page in a real Chromium: accessible by axe, nothing beside the page, light enough, no error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from boucle_server.demo.people import PASSWORD, PEOPLE
from boucle_server.web import places
from tests.browser.chromium import Call, looked_at
from tests.e2e.commands import House, run, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WHO: Final = {"administrator": "administrateur", "manager": "responsable"}
ACCOUNTS: Final = {person.login: PASSWORD for person in PEOPLE if person.login}
STRANGERS: Final = (
    Call("connexion", places.SIGN_IN.path),
    Call("aide", places.HELP.path),
    Call("inconnu", "/nulle-part"),
    Call("code-inconnu", "/C/0000000000"),
)
HEAVIEST: Final = {"dashboard": 120_000, "code-inconnu": 50_000}
"""Bytes over the wire of a page with all that it needs, with an empty cache."""


def calls() -> list[Call]:
    inside = [
        Call(place.key, place.path, WHO["administrator"])
        for place in places.PLACES
        if place.in_menu and not place.public
    ]
    return [*STRANGERS, *inside]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("demo") / "data"
    run("boucle", "demo", "--data", data, "--items", 90, "--months", 4, "--seed-only")
    with served(House(data=data)) as standing:
        yield standing


@pytest.fixture(scope="module")
def found(house: House) -> dict[str, Any]:
    return looked_at(house.address, calls(), people=ACCOUNTS, shots=Path("build/pages").resolve())


def test_no_page_breaks_a_rule_of_axe(found: dict[str, Any]) -> None:
    assert len(found["looks"]) == 3 * len(calls())
    assert [look for look in found["looks"] if look["violations"]] == []


def test_no_page_is_wider_than_its_screen_or_says_an_error(found: dict[str, Any]) -> None:
    faults = [look for look in found["looks"] if look["wide"] or look["errors"]]
    assert [look for look in faults if look["status"] == 200] == []


def test_pages_are_as_light_as_promised(found: dict[str, Any]) -> None:
    weights = {look["name"]: look["bytes"] for look in found["looks"]}
    assert {name: weights[name] for name, most in HEAVIEST.items() if not 0 < weights[name] <= most} == {}
