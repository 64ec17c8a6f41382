"""What goes wrong on the web, said in both languages: what happened, what was kept, what to do."""

from urllib.parse import urlencode

import pytest

from boucle.enrolment import LIFETIME_MS
from boucle.roles import Role
from boucle_server.web import places, sessions
from tests.api.serving import Served
from tests.api.test_foundation import asking
from tests.server import figures_world
from tests.server.people import a_key, an_invitation, an_org
from tests.server.workshop_world import label
from tests.web.browser import PASSWORD, Page, a_person, opened, sent, sign_in, signed_in
from tests.web.test_workshop import a_bench, printed

LANGUAGES = ("fr", "en")
SAID = {
    "wrong": ("Rien n’a changé. Vérifiez les deux", "Nothing has changed. Check both"),
    "ended": ("Ce que vous avez tapé est gardé", "What you typed is kept"),
    "local": ("ne mèneraient nulle part", "they would lead nowhere"),
    "anyway": ("Imprimer quand même", "Print anyway"),
    "filter": ("ne connaît pas « nobody »", "does not know “nobody”"),
    "nothing": ("Rien ici", "Nothing here"),
    "mended": ("Rien n’a été enregistré. Vérifiez ce qui suit", "Nothing was recorded. Check what follows"),
    "long": ("envoyez-le en plusieurs parties", "send it in several parts"),
}


def said(what: str, lang: str) -> str:
    return SAID[what][LANGUAGES.index(lang)]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_wrong_password_changes_nothing_and_keeps_the_login(served: Served, lang: str) -> None:
    an_org(served.database)
    login = a_person(served, Role.MANAGER)
    await opened(served, f"{places.SIGN_IN.path}?lang={lang}")
    page = Page(await sign_in(served, login, "not the password"))
    assert (page.status, said("wrong", lang) in page.text) == (401, True)
    assert login in page.attributes("input", "value")
    assert (await served.client.get(places.DASHBOARD.path)).status_code == 303


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_what_was_typed_when_the_session_ended_is_kept_and_sent_later(served: Served, lang: str) -> None:
    an_org(served.database)
    await opened(served, f"{places.SIGN_IN.path}?lang={lang}")
    await signed_in(served)
    form = (await opened(served, places.LABELS.path)).form(places.LABELS.path)
    served.clock.ms += sessions.IDLE_MS
    ended = Page(await sent(served, form, kind="C", count="3", name="Bacs du soir"))
    assert (ended.status, said("ended", lang) in ended.text) == (401, True)
    again = ended.form(places.SIGN_IN.path)
    resumed = Page(await sent(served, again, login=Role.MANAGER.value, password=PASSWORD))
    assert "Bacs du soir" in resumed.text
    made = await sent(served, resumed.form(places.LABELS.path))
    assert made.status_code == 303
    assert "Bacs du soir" in (await opened(served, made.headers["location"])).text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_labels_under_an_address_of_this_machine_are_warned_of_and_asked_about(served: Served, lang: str) -> None:
    an_org(served.database)
    await signed_in(served)
    page = await opened(served, f"{places.LABELS.path}?lang={lang}")
    assert said("local", lang) in page.text
    made = await sent(served, page.form(places.LABELS.path), kind="C", count="2")
    batch = made.headers["location"].partition("?")[0]
    asked = await opened(served, f"{batch}/planche.pdf")
    assert asked.status == 409
    assert said("local", lang) in asked.text
    assert said("anyway", lang) in asked.text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_filter_that_is_unknown_or_has_no_data_is_said(served: Served, lang: str) -> None:
    figures_world.a_small_year(served.database)
    served.clock.ms = figures_world.NOW
    await signed_in(served)
    page = await opened(served, f"{places.DASHBOARD.path}?partner=nobody&lang={lang}")
    assert (page.status, said("filter", lang) in page.text) == (200, True)
    page = await opened(served, f"{places.DASHBOARD.path}?loop=alsace&type=film&lang={lang}")
    assert (page.status, said("nothing", lang) in page.text) == (200, True)


@pytest.mark.parametrize(
    ("lang", "told"), [("fr", "a expiré ; demandez-en un autre"), ("en", "has expired; ask for another one")]
)
async def test_an_expired_enrolment_lets_nobody_in_and_says_so(served: Served, lang: str, told: str) -> None:
    org = an_org(served.database)
    invitation = an_invitation(served.database, org)
    served.clock.ms += LIFETIME_MS
    answer = await served.client.post(
        "/v1/enrol", json=asking(invitation.code, a_key()), headers={"Accept-Language": lang}
    )
    assert answer.status_code == 410
    assert told in answer.json()["detail"], answer.json()


ODD = {"nul": b"%00", "surrogate": b"%ED%A0%80", "latin": b"%E9", "nul and surrogate": b"%00%ED%BF%BF"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("odd", ODD)
async def test_a_form_with_bytes_that_are_no_text_is_shown_again_without_them_and_sent(
    served: Served, odd: str, lang: str
) -> None:
    an_org(served.database)
    await opened(served, f"{places.SIGN_IN.path}?lang={lang}")
    await signed_in(served)
    form = (await opened(served, places.LABELS.path)).form(places.LABELS.path)
    typed = {**dict(form.values), "kind": "C", "count": "3"}
    del typed["name"]
    body = urlencode(typed).encode() + b"&name=Bacs+du" + ODD[odd] + b"+soir"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    page = Page(await served.client.post(places.LABELS.path, content=body, headers=headers))
    assert (page.status, said("mended", lang) in page.text) == (422, True)
    again = page.form(places.LABELS.path)
    assert {("kind", "C"), ("count", "3"), ("name", "Bacs du soir")} <= set(again.values)
    assert ("name", "Bacs du soir") in [
        (given["name"], given["value"]) for tag, given in page.tags if tag == "input" and given.get("type") != "hidden"
    ]
    assert "Bacs du soir" not in (await opened(served, places.LABELS.path)).text
    made = await sent(served, again)
    assert made.status_code == 303
    assert "Bacs du soir" in (await opened(served, made.headers["location"])).text


async def test_a_form_with_a_photo_and_a_character_that_is_no_text_is_shown_again_and_wants_the_photo_again(
    served: Served,
) -> None:
    await a_bench(served)
    path = f"/atelier/etape/tester/{printed(label(6))}"
    values = {name: value for name, value in (await opened(served, path)).form(path).values if "-fichier" not in name}
    served.clock.ms += 60_000
    broken = {**values, "passed": "yes", "note": "un\x00 \r\nbruit"}
    files = {"photo-fichier": ("a.png", b"\x89PNG\x00", "image/png")}
    page = Page(await served.client.post(path, data=broken, files=files, headers={"Accept": "text/html"}))
    assert page.status == 422
    assert "choisissez-le de nouveau" in page.text
    assert "un \nbruit" in page.answer.text.replace("\r", "")
    assert (path, "multipart/form-data") in [(given.get("action"), given.get("enctype")) for _, given in page.tags]
    assert ("passed", "yes") in page.form(path).values


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_what_strangers_type_with_bytes_that_are_no_text_stays_in_their_form(served: Served, lang: str) -> None:
    an_org(served.database)
    a_person(served, Role.MANAGER)
    await opened(served, f"{places.SIGN_IN.path}?lang={lang}")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    body = b"login=man%00ager&password=" + PASSWORD.replace(" ", "+").encode()
    page = Page(await served.client.post(places.SIGN_IN.path, content=body, headers=headers))
    assert (page.status, said("mended", lang) in page.text) == (422, True)
    assert "manager" in page.attributes("input", "value")
    assert (await served.client.get(places.DASHBOARD.path)).status_code == 303


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_form_that_is_too_long_says_that_what_was_typed_is_not_kept_and_what_to_do(
    served: Served, lang: str
) -> None:
    an_org(served.database)
    await opened(served, f"{places.SIGN_IN.path}?lang={lang}")
    await signed_in(served)
    form = (await opened(served, places.LABELS.path)).form(places.LABELS.path)
    page = Page(await sent(served, form, name="x" * 600_000))
    assert (page.status, said("long", lang) in page.text) == (422, True)
