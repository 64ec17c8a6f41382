"""What goes wrong on the web, said in both languages: what happened, what was kept, what to do."""

import pytest

from boucle.enrolment import LIFETIME_MS
from boucle.roles import Role
from boucle_server.web import places, sessions
from tests.api.serving import Served
from tests.api.test_foundation import asking
from tests.server import figures_world
from tests.server.people import a_key, an_invitation, an_org
from tests.web.browser import PASSWORD, Page, a_person, opened, sent, sign_in, signed_in

LANGUAGES = ("fr", "en")
SAID = {
    "wrong": ("Rien n’a changé. Vérifiez les deux", "Nothing has changed. Check both"),
    "ended": ("Ce que vous avez tapé est gardé", "What you typed is kept"),
    "local": ("ne mèneraient nulle part", "they would lead nowhere"),
    "anyway": ("Imprimer quand même", "Print anyway"),
    "filter": ("ne connaît pas « nobody »", "does not know “nobody”"),
    "nothing": ("Rien ici", "Nothing here"),
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
