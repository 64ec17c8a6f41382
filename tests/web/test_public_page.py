"""The page of a label: calm for strangers, silent about people and places, the same for whatever it does not know."""

import pytest

from boucle.codes import Kind, mint
from boucle_server.web.rendering import STYLE, static_content
from tests.api.serving import Served
from tests.builders import code
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, record
from tests.web.browser import Page, opened, sent, signed_in

CRATE = code(1)


async def test_a_stranger_learns_what_it_is_and_how_to_give_it_back(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW
    page = await opened(served, f"/{CRATE}")
    assert page.status == 200
    assert "Acme" in page.text
    assert "Comment le rendre" in page.text
    for private in ("Nancy", "Mulhouse", "Strasbourg", "p-test", "Rhin Plasturgie", "connexion"):
        assert private not in page.answer.text.replace('href="/"', ""), private
    assert not [tag for tag, _ in page.tags if tag in ("script", "nav")]
    # What can be sent is the report alone, and a label of a thing leads nowhere inside.
    assert {form.action for form in page.forms} == {f"/{CRATE}"}
    english = await opened(served, f"/{CRATE}?lang=en")
    assert "How to give it back" in english.text
    assert len(page.answer.content) + len(static_content(STYLE)) < 50_000
    assert (await opened(served, f"/{CRATE.lower().replace('c/', 'C/')}")).status == 200


async def test_the_page_speaks_german_too_and_no_other_page_does(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW
    page = await opened(served, f"/{CRATE}?lang=de")
    assert 'lang="de"' in page.answer.text
    assert {"So geben Sie ihn zurück", "Um Abholung bitten", "Français", "English"} <= set(page.texts)
    assert not {"How to give it back", "Comment le rendre"} & set(page.texts)
    # The choice is kept for labels; the pages of the house, which have no German, stay in French.
    assert "Um Abholung bitten" in (await opened(served, f"/{CRATE}")).text
    assert 'lang="fr"' in (await opened(served, "/connexion")).answer.text
    unknown = await opened(served, f"/{mint(Kind.CONTAINER, bytes).text}?lang=de")
    assert (unknown.status, "Etikett hier nicht bekannt" in unknown.text) == (404, True)
    broken = await sent(served, page.form(f"/{CRATE}"), problem="", words="")
    assert "wählen Sie eine Zeile" in broken.text


async def test_a_link_asks_for_it_to_be_fetched_with_the_line_chosen(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW
    page = await opened(served, f"/{CRATE}")
    (href,) = [href for href in page.attributes("a", "href") if "sujet=take_back" in href]
    asked = await opened(served, href.partition("#")[0])
    (chosen,) = [given["value"] for tag, given in asked.tags if tag == "input" and "checked" in given]
    assert chosen == "take_back"
    assert [given for tag, given in asked.tags if tag == "details" and "open" in given]
    assert not [given for tag, given in page.tags if tag == "details" and "open" in given]


async def test_programs_read_the_same_as_linked_data(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW
    page = await opened(served, f"/{CRATE}")
    (href,) = {each for each in page.attributes("link", "href") if "format=jsonld" in each}
    answer = await served.client.get(href)
    assert answer.headers["content-type"] == "application/ld+json"
    told = answer.json()
    assert (told["@context"], told["@type"]) == ("https://schema.org", "Product")
    assert told["name"] in page.text
    assert {each["name"]: each["value"] for each in told["additionalProperty"]}["owner"] == "Acme"
    for private in ("Nancy", "Mulhouse", "Strasbourg", "p-test", "Rhin"):
        assert private not in answer.text, private
    assert (await served.client.get("/C/bonjour?format=jsonld")).status_code == 404


async def test_what_is_unknown_foreign_or_revoked_is_answered_with_the_same_bytes(served: Served) -> None:
    a_small_year(served.database)
    record(served.database, "acme", [draft("label.voided", code(2), at=110, body={"reason": "volée"})])
    served.clock.ms = figures_world.NOW
    assert (await opened(served, f"/{CRATE}")).status == 200
    unknown = mint(Kind.CONTAINER, bytes).text
    answers = [
        await opened(served, path)
        for path in (f"/{code(2)}", f"/{unknown}", "/C/4006381333931", "/C/bonjour", "/C/", f"/C/{'x' * 2_000}")
    ]
    assert {page.status for page in answers} == {404}
    bodies = {page.answer.text.replace(page.attributes("a", "href")[-1], "") for page in answers}
    assert len({body.partition("<main")[2] for body in bodies}) == 1


async def test_staff_who_are_signed_in_find_the_way_to_the_item(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW
    assert "Ouvrir dans l’outil" not in (await opened(served, f"/{CRATE}")).text
    await signed_in(served)
    page = await opened(served, f"/{CRATE}")
    (href,) = [href for href in page.attributes("a", "href") if href.startswith("/objets/")]
    assert (await opened(served, href)).status == 200


@pytest.mark.story(23)
async def test_no_public_page_names_a_person_a_partner_or_a_place(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW
    form = (await opened(served, f"/{CRATE}")).form(f"/{CRATE}")
    told = [await opened(served, f"/{CRATE}?lang={lang}") for lang in ("fr", "en")]
    told.append(Page(await sent(served, form, problem="", words="chez vous")))
    answer = await sent(served, form, problem="damaged", words="coin fendu")
    told.append(await opened(served, answer.headers["location"]))
    for page in told:
        for private in ("Nancy", "Mulhouse", "Strasbourg", "p-test", "Rhin", "Test manager"):
            assert private not in page.answer.text, private
