"""Signing in: the right password, the wrong ones, a session that ends, a form of another site."""

import pytest
import sqlalchemy as sa

from boucle.roles import Role
from boucle_server.tables import ORG, PERSON, WEB_SESSION
from boucle_server.web import attempts, places, sessions
from boucle_server.web.forms import safe_path
from boucle_server.web.visit import SESSION_COOKIE
from tests.api.serving import Served
from tests.server.people import an_org
from tests.web.browser import PASSWORD, Page, a_person, opened, sent, sign_in, signed_in

OUT = places.SIGN_OUT.path


@pytest.fixture(autouse=True)
def _quick_passwords() -> None:
    """Hash passwords as they are hashed elsewhere, at the full cost."""


async def test_whoever_is_not_signed_in_is_led_to_the_form_and_back_to_the_page(served: Served) -> None:
    an_org(served.database)
    a_person(served, Role.MANAGER)
    answer = await served.client.get("/tableau?month=2026-03&loop=a%20b")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/connexion?retour=%2Ftableau%3Fmonth%3D2026-03%26loop%3Da%2Bb",
    )
    page = await opened(served, answer.headers["location"])
    answer = await sent(served, page.form(places.SIGN_IN.path), login="manager", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tableau?month=2026-03&loop=a+b")
    assert (await opened(served, "/tableau")).status == 200


async def test_an_unknown_name_and_a_wrong_password_are_answered_alike(served: Served) -> None:
    an_org(served.database)
    a_person(served, Role.MANAGER)
    wrong = await sign_in(served, "manager", "not the password")
    unknown = await sign_in(served, "nobody", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace('value="manager"', "") == unknown.text.replace('value="nobody"', "")
    assert "Identifiant ou mot de passe incorrect" in Page(wrong).text
    assert SESSION_COOKIE not in served.client.cookies


async def test_after_five_wrong_passwords_somebody_waits_and_the_right_one_changes_nothing(served: Served) -> None:
    an_org(served.database)
    a_person(served, Role.MANAGER)
    for _ in range(attempts.PER_NAME):
        assert (await sign_in(served, "manager", "not the password")).status_code == 401
    held = await sign_in(served, "manager")
    assert held.status_code == 429
    assert "Réessayez dans 15 min" in Page(held).text
    # A name that nobody has is held up in the same way.
    for _ in range(attempts.PER_NAME):
        await sign_in(served, "nobody", "not the password")
    assert (await sign_in(served, "nobody")).status_code == 429
    served.clock.ms += attempts.WINDOW_MS
    assert (await sign_in(served, "manager")).status_code == 303


async def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_hash_is_stored(served: Served) -> None:
    an_org(served.database)
    answer = await sign_in(served, a_person(served, Role.MANAGER))
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    token = served.client.cookies[SESSION_COOKIE]
    with served.database.reading() as connection:
        (row,) = connection.execute(sa.select(WEB_SESSION)).all()
    assert token not in map(str, row)


@pytest.mark.parametrize("step", [sessions.IDLE_MS, sessions.LONGEST_MS])
async def test_a_session_ends_after_idle_time_and_after_some_days(served: Served, step: int) -> None:
    an_org(served.database)
    await signed_in(served)
    served.clock.ms += sessions.IDLE_MS - 1
    assert (await opened(served, "/tableau")).status == 200
    served.clock.ms += step
    assert (await opened(served, "/tableau")).status == 303


async def test_a_session_in_use_still_ends_after_its_days(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    statuses = []
    for _ in range(sessions.LONGEST_MS // (sessions.IDLE_MS // 2)):
        served.clock.ms += sessions.IDLE_MS // 2
        statuses.append((await opened(served, "/tableau")).status)
    assert statuses[:-1] == [200] * (len(statuses) - 1)
    assert statuses[-1] == 303


async def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    kept = served.client.cookies[SESSION_COOKIE]
    answer = await sent(served, (await opened(served, "/tableau")).form(OUT))
    assert answer.status_code == 303
    assert "Vous êtes déconnecté" in (await opened(served, answer.headers["location"])).text
    served.client.cookies.set(SESSION_COOKIE, kept)
    assert (await opened(served, "/tableau")).status == 303


async def test_whoever_is_no_longer_active_is_cut_off_at_the_next_page(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(PERSON).values(active=False))
    assert (await opened(served, "/tableau")).status == 303


async def test_a_password_is_kept_as_a_hash_that_is_dear_to_guess(served: Served) -> None:
    an_org(served.database)
    a_person(served, Role.MANAGER)
    with served.database.reading() as connection:
        stored = connection.execute(sa.select(PERSON.c.password_hash)).scalar_one()
    _, kind, _version, cost, _salt, _hash = stored.split("$")
    told = dict(each.split("=") for each in cost.split(","))
    assert kind == "argon2id"
    # RFC 9106, the second recommended set: three passes over 64 MiB.
    assert (int(told["t"]) >= 3, int(told["m"]) >= 65_536) == (True, True)


async def test_a_form_without_its_token_changes_nothing_and_shows_what_was_typed(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    for token in ({}, {"jeton": "0" * 64}, {"jeton": "é"}):
        answer = await served.client.post(OUT, data={"note": "bonjour <b>", **token})
        assert answer.status_code == 403
        assert "bonjour <b>" in Page(answer).texts
        assert (await opened(served, "/tableau")).status == 200


async def test_a_form_that_another_site_sends_is_refused(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    form = (await opened(served, "/tableau")).form(OUT)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ):
        answer = await served.client.post(OUT, data=dict(form.values), headers=headers)
        assert answer.status_code == 403
        assert "autre page que les nôtres" in Page(answer).text
    assert (await opened(served, "/tableau")).status == 200


async def test_what_was_typed_when_the_session_ended_is_shown_again_after_signing_in(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    form = (await opened(served, "/tableau")).form(OUT)
    served.clock.ms += sessions.IDLE_MS
    answer = await sent(served, form, note="trois bacs\net un « roll »", password="secret")
    assert answer.status_code == 401
    page = Page(answer)
    assert "Ce que vous avez tapé est gardé" in page.text
    assert "secret" not in answer.text
    again = await sent(served, page.form(places.SIGN_IN.path), login="manager", password="wrong password")
    assert again.status_code == 401
    answer = await sent(served, Page(again).form(places.SIGN_IN.path), login="manager", password=PASSWORD)
    assert answer.status_code == 200
    page = Page(answer)
    # Nothing was sent by signing in; the button sends it, with the token of the new session.
    assert (await opened(served, "/tableau")).status == 200
    resumed = next(each for each in page.forms if ("note", "trois bacs\net un « roll »") in each.values)
    assert (await sent(served, resumed)).headers["location"] == "/connexion?fait=sign_out_done"


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"&".join(b"a=1" for _ in range(3_000)), b"a=" + b"x" * 600_000],
)
async def test_a_form_that_cannot_be_read_is_told_in_words(served: Served, body: bytes) -> None:
    an_org(served.database)
    await signed_in(served)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await served.client.post(OUT, content=body, headers=headers)
    assert answer.status_code == 422
    assert "Rien n’a été enregistré" in Page(answer).text
    answer = await served.client.post(OUT, content=b"{}", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example",
        "///evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:1",
        "/a\nb",
        "tableau",
        "",
        "http:/x",
    ],
)
def test_a_way_back_that_leads_elsewhere_is_left_out(text: str) -> None:
    assert safe_path(text) == ""


async def test_a_demonstration_offers_its_accounts_and_nothing_else_does(served: Served) -> None:
    an_org(served.database)
    a_person(served, Role.MANAGER, login="responsable")
    assert "Comptes de la démonstration" not in (await opened(served, "/connexion")).text
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(ORG).values(demo=True))
    assert "Comptes de la démonstration" in (await opened(served, "/connexion")).text
    an_org(served.database, "real")
    assert "Comptes de la démonstration" not in (await opened(served, "/connexion")).text


async def test_the_language_is_chosen_by_the_address_and_kept(served: Served) -> None:
    an_org(served.database)
    assert "Se connecter" in (await opened(served, "/connexion")).texts
    english = await opened(served, "/connexion?retour=%2Faide&lang=en")
    assert "Sign in" in english.texts
    assert ("html", {"lang": "en"}) in english.tags
    assert "Sign in" in (await opened(served, "/connexion")).texts
    assert "/connexion?retour=%2Faide&lang=fr" in english.attributes("a", "href")
    wrong = await opened(served, "/connexion?lang=de")
    assert "The language “de” is not available here" in wrong.text


async def test_a_page_that_is_not_there_is_a_page_for_people_and_a_problem_for_programs(served: Served) -> None:
    page = await opened(served, "/nulle-part")
    assert (page.status, "Cette page n’existe pas" in page.text) == (404, True)
    assert (await opened(served, "/aide")).status == 200
    answer = await served.client.get("/v1/nowhere", headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await served.client.get("/nulle-part")).headers["content-type"] == "application/problem+json"
