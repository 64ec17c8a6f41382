"""The pages of devices: a code that really lets a phone in, honest warnings, cutting off with what is still held."""

import pytest

from boucle.enrolment import Invitation
from boucle.roles import Role
from boucle.words import LANGUAGES, say
from boucle_server import devices
from boucle_server.web import places
from tests.api.serving import Served
from tests.server.people import NOW, a_key, a_phone, an_org, enrolled
from tests.web.browser import Page, opened, sent, signed_in


async def test_without_a_device_the_page_says_what_to_do(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    page = await opened(served, "/appareils")
    assert "Aucun appareil" in page.text
    assert "/appareils/nouveau" in page.attributes("a", "href")


async def test_the_code_on_the_page_lets_a_phone_in_and_the_phone_is_listed(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    form = (await opened(served, "/appareils/nouveau")).form("/appareils/nouveau")
    name = "Camion de la tournée du très long nom de Sainte-Marie-aux-Mines et environs"
    page = Page(await sent(served, form, name=name, role="driver", site="", address="https://boucle.example"))
    (uri,) = [text for text in page.texts if "/E/#" in text]
    invitation = Invitation.parse(uri)
    assert invitation is not None
    assert "Valable jusqu’au" in page.text
    assert page.answer.headers["cache-control"] == "private, no-store"
    assert [given for tag, given in page.tags if tag == "svg" and given.get("role") == "img" and "aria-label" in given]
    with served.database.writing("acme") as connection:
        enrolled(connection, "acme", invitation.code, a_key())
    assert name in (await opened(served, "/appareils")).text


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://127.0.0.1:8000", "ne marche que sur cette machine"),
        ("http://192.168.1.20:8000", "n’est pas chiffrée"),
        ("https://boucle.example", ""),
    ],
)
async def test_an_address_that_a_phone_cannot_use_well_is_told(served: Served, address: str, told: str) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    form = (await opened(served, "/appareils/nouveau")).form("/appareils/nouveau")
    page = Page(await sent(served, form, name="Quai", role="warehouse", address=address))
    assert page.status == 200
    assert told in page.text
    assert bool(told) == any("note warn" in (given.get("class") or "") for _, given in page.tags)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": ""}, "Donnez un nom"),
        ({"role": "captain"}, "Choisissez un rôle"),
        ({"address": "ftp://somewhere"}, "ne peut pas aller dans un QR code"),
        ({"site": "nowhere"}, "Ce site n’existe pas"),
    ],
)
async def test_what_is_wrong_is_told_beside_what_was_typed(served: Served, typed: dict[str, str], told: str) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    form = (await opened(served, "/appareils/nouveau")).form("/appareils/nouveau")
    page = Page(await sent(served, form, **({"name": "Quai 7", "role": "warehouse"} | typed)))
    assert page.status == 422
    assert told in page.text
    kept = {given.get("name"): given.get("value") for tag, given in page.tags if tag == "input"}
    assert kept["name"] == typed.get("name", "Quai 7")


async def test_a_device_is_cut_off_after_a_question_that_tells_what_it_still_holds(served: Served) -> None:
    an_org(served.database)
    phone = a_phone(served.database)
    dev = phone.enrolled.dev
    with served.database.writing("acme") as connection:
        devices.seen(connection, "acme", dev, now_ms=NOW, unsent=7, app="0.1.0", boot="")
    await signed_in(served, Role.ADMINISTRATOR)
    listed = await opened(served, "/appareils")
    assert "à envoyer" in listed.text
    (href,) = [href for href in listed.attributes("a", "href") if href.startswith("/appareils/retirer/")]
    asked = await opened(served, href)
    assert "Il avait encore 7 événements" in asked.text
    answer = await sent(served, asked.form(href))
    after = await opened(served, answer.headers["location"])
    assert "L’appareil est retiré" in after.text
    assert "Avait encore 7 événements" in after.text
    assert (await served.client.get("/v1/sync/pull", headers=phone.header)).status_code == 401
    assert (await sent(served, asked.form(href))).status_code == 404


async def test_whom_the_phone_names_lets_it_in_and_cuts_it_off(served: Served) -> None:
    an_org(served.database)
    for lang in LANGUAGES:
        sentence = say("screen.enrol_how", lang)
        assert say("role.manager", lang).casefold() in sentence
        assert say(places.DEVICES.words, lang) in sentence
    await signed_in(served, Role.MANAGER)
    assert "/appareils/nouveau" in (await opened(served, "/appareils")).attributes("a", "href")
    form = (await opened(served, "/appareils/nouveau")).form("/appareils/nouveau")
    page = Page(await sent(served, form, name="Quai", role="warehouse", address="https://boucle.example"))
    (uri,) = [text for text in page.texts if "/E/#" in text]
    invitation = Invitation.parse(uri)
    assert invitation is not None
    with served.database.writing("acme") as connection:
        enrolled(connection, "acme", invitation.code, a_key())
    listed = await opened(served, "/appareils")
    (href,) = [href for href in listed.attributes("a", "href") if href.startswith("/appareils/retirer/")]
    assert (await sent(served, (await opened(served, href)).form(href))).status_code == 303
    assert "L’appareil est retiré" in (await opened(served, "/appareils?state=all&fait=devices_revoked_done")).text


async def test_nobody_lets_in_or_cuts_off_a_device_of_a_role_above_their_own(served: Served) -> None:
    an_org(served.database)
    phone = a_phone(served.database, role=Role.ADMINISTRATOR)
    await signed_in(served, Role.MANAGER)
    offered = await opened(served, "/appareils/nouveau")
    assert "administrator" not in offered.attributes("option", "value")
    assert "manager" in offered.attributes("option", "value")
    refused = Page(await sent(served, offered.form("/appareils/nouveau"), name="Quai", role="administrator"))
    assert refused.status == 422
    assert "plus de droits que le vôtre" in refused.text
    assert "/E/#" not in refused.text
    href = f"/appareils/retirer/{phone.enrolled.dev}"
    assert href not in (await opened(served, "/appareils")).attributes("a", "href")
    asked = await opened(served, href)
    assert (asked.status, "plus de droits que le vôtre" in asked.text) == (403, True)
    token = offered.form("/appareils/nouveau")
    token.action = href
    assert (await sent(served, token)).status_code == 403
    with served.database.reading() as connection:
        assert [row["status"] for row in devices.listed(connection, "acme")] == ["active"]
