"""What a phone's own camera opens of codes that are for the application: help, and nothing about the code."""

import pytest

from boucle.codes import Kind, mint
from boucle.roles import Role
from tests.api.serving import Served
from tests.server import people
from tests.server.figures_world import a_small_year
from tests.web.browser import is_unlisted, opened, signed_in

LETTERS = ("P", "R", "T", "X", "B", "E")


async def test_a_camera_that_reads_an_enrolment_is_told_what_to_do_and_uses_nothing_up(served: Served) -> None:
    people.an_org(served.database)
    served.clock.ms = people.NOW
    invited = people.an_invitation(served.database, "acme")
    # A browser keeps what stands behind the sign # to itself.
    path = invited.uri.removeprefix(invited.server).partition("#")[0]
    page = await opened(served, path)
    assert page.status == 200
    assert "Ce code s’ouvre dans l’application Boucle" in page.text
    assert {"Ouvrez l’application Boucle.", "Vous n’avez pas l’application ?"} <= set(page.texts)
    assert is_unlisted(page.answer)
    assert not page.forms
    assert "This code is for the Boucle app" in (await opened(served, f"{path}?lang=en")).text
    assert "Dieser Code gehört in die Boucle-App" in (await opened(served, f"{path}?lang=de")).text
    with served.database.writing() as connection:
        assert people.enrolled(connection, "acme", invited.code, people.a_key()).dev


@pytest.mark.parametrize("letter", LETTERS)
async def test_every_code_that_the_application_reads_has_one_answer_whatever_it_is(served: Served, letter: str) -> None:
    a_small_year(served.database)
    chars = mint(Kind(letter), bytes).chars
    pages = [await opened(served, f"/{letter}/{each}") for each in (chars, chars.lower(), "bonjour", "x" * 2_000, "")]
    assert {page.status for page in pages} == {200}
    assert len({page.answer.text.partition("<main")[2] for page in pages}) == 1
    assert "dans l’application Boucle" in pages[0].text
    for private in ("Acme", "Nancy", "Mulhouse", "p-test"):
        assert private not in pages[0].answer.text, private


async def test_whoever_is_signed_in_finds_the_way_to_the_scan_station(served: Served) -> None:
    people.an_org(served.database)
    button = "Ouvrir le poste de scan"
    assert button not in (await opened(served, "/P/00000000000000")).texts
    await signed_in(served, Role.WAREHOUSE)
    assert button in (await opened(served, "/P/00000000000000")).texts
    assert button not in (await opened(served, "/E/")).texts
