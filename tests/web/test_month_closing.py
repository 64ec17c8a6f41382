"""Closing a month on the web: what is missing is said first, one act freezes it, what comes later stands beside it."""

import json

import httpx
import sqlalchemy as sa

from boucle.clock import parse_instant
from boucle.roles import Role
from boucle.words import catalogue
from boucle_server import months
from boucle_server.tables import MONTH_CLOSING, PERSON, RECORD
from tests.api.serving import Served
from tests.builders import code
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, record
from tests.server.people import a_phone, an_org
from tests.web.browser import Form, Page, opened, sent, signed_in

NOW = figures_world.NOW + 10_000
ORG = "acme"
APRIL = "/tableau/arreter?month=2026-04"


async def a_year(served: Served, role: Role = Role.MANAGER) -> None:
    a_small_year(served.database)
    served.clock.ms = NOW
    await signed_in(served, role)


def act_of(page: Page) -> Form:
    return next(each for each in page.forms if (each.action, each.method) == ("/tableau/arreter", "post"))


def closings(served: Served) -> list[tuple[str, int, str, str]]:
    columns = (MONTH_CLOSING.c.month, MONTH_CLOSING.c.revision, MONTH_CLOSING.c.by, MONTH_CLOSING.c.reason)
    with served.database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(MONTH_CLOSING.c.revision))]


def events(served: Served) -> list[tuple[str, dict[str, object]]]:
    query = sa.select(RECORD.c.payload).where(RECORD.c.org == ORG, RECORD.c.kind == "month.closed/1")
    with served.database.reading() as connection:
        told = [json.loads(bytes(row.payload)) for row in connection.execute(query.order_by(RECORD.c.leaf))]
    return [(each["actor"], each["body"]) for each in told]


def person_of(served: Served, login: str) -> str:
    with served.database.reading() as connection:
        return str(connection.execute(sa.select(PERSON.c.person).where(PERSON.c.login == login)).scalar_one())


def something_late(served: Served, at: float = 100.5) -> None:
    late = draft("item.received", code(7), at=at, place="strasbourg", body={"from": "nancy"})
    record(served.database, ORG, [late], now_ms=NOW + 3_600_000)
    served.clock.ms = NOW + 7_200_000


async def told(served: Served, answer: httpx.Response) -> Page:
    assert answer.status_code == 303, answer.text
    return await opened(served, answer.headers["location"])


async def test_a_manager_closes_a_month_from_its_dashboard_and_everybody_reads_by_whom_and_when(
    served: Served,
) -> None:
    await a_year(served)
    dashboard = await opened(served, "/tableau?month=2026-04")
    assert APRIL in dashboard.attributes("a", "href")
    page = await opened(served, APRIL)
    assert "Rien ne manque" in page.text
    assert "Un arrêt ne s’annule pas" in page.text
    assert "Taux de valorisation" in page.text
    done = await told(served, await sent(served, act_of(page)))
    assert "Le mois est arrêté" in done.text
    assert "Arrêté par Test manager, le 20/06/2026" in done.text
    manager = person_of(served, "manager")
    assert closings(served) == [("2026-04", 1, manager, "")]
    ((actor, body),) = events(served)
    assert (actor, body["month"], body["revision"]) == (manager, "2026-04", 1)
    assert str(body["digest"]) in done.text
    assert all(form.action != "/tableau/arreter" or form.method == "get" for form in done.forms)
    served.client.cookies.clear()
    await signed_in(served, Role.READER)
    read = await opened(served, "/tableau?month=2026-04&lang=en")
    assert "Closed by Test manager" in read.text
    assert APRIL not in read.attributes("a", "href")
    assert (await opened(served, APRIL)).status == 403


async def test_a_month_is_complete_until_somebody_closes_it_and_only_then_closed(served: Served) -> None:
    await a_year(served)

    async def badge(lang: str) -> tuple[str, str]:
        page = await opened(served, f"/tableau?month=2026-04&lang={lang}")
        kinds = [str(given["class"]) for tag, given in page.tags if "badge" in str(given.get("class"))]
        (said,) = [text for text in page.texts if text.startswith(("mois ", "month: "))]
        return kinds[0].removeprefix("badge").strip(), said

    assert await badge("fr") == ("info", "mois complet, à arrêter")
    assert await badge("en") == ("info", "month: complete, to be closed")
    await told(served, await sent(served, act_of(await opened(served, APRIL))))
    assert await badge("fr") == ("good", "mois arrêté (révision 1)")
    assert await badge("en") == ("good", "month: closed (revision 1)")


def test_closing_a_month_has_one_name_in_french() -> None:
    said = {key: f"{entry.text} {entry.other}" for key, entry in catalogue("fr").items()}
    assert [key for key, text in said.items() if "clôtur" in text.lower()] == []


async def test_a_form_that_is_sent_twice_closes_a_month_once(served: Served) -> None:
    await a_year(served)
    form = act_of(await opened(served, APRIL))
    for _ in range(2):
        assert "Le mois est arrêté" in (await told(served, await sent(served, form))).text
    assert len(closings(served)) == len(events(served)) == 1
    something_late(served)
    # Even once something has changed: what was sent asks for the first closing, which there is.
    await told(served, await sent(served, form))
    assert len(closings(served)) == 1


async def test_a_month_that_runs_is_refused_in_words_and_nothing_is_written(served: Served) -> None:
    await a_year(served)
    page = await opened(served, "/tableau/arreter?month=2026-06")
    assert "Ce mois n’est pas terminé : juin 2026" in page.text
    assert "à partir du 01/07/2026" in page.text
    assert [form.method for form in page.forms if form.action == "/tableau/arreter"] == ["get"]
    assert "/tableau/arreter" not in str((await opened(served, "/tableau?month=2026-06")).attributes("a", "href"))
    form = act_of(await opened(served, APRIL))
    for month, said in (("2026-06", "juin 2026 n’est pas terminé"), ("2025-02", "Rien n’est connu de février 2025")):
        refused = await sent(served, form, month=month)
        assert refused.status_code == 422
        assert said in Page(refused).text
    assert (await sent(served, form, month="demain")).status_code == 422
    assert closings(served) == []


async def test_what_is_missing_is_said_first_and_has_to_be_known(served: Served) -> None:
    await a_year(served)
    first = act_of(await opened(served, APRIL))
    a_phone(served.database, ORG)
    with served.database.writing(ORG) as connection:
        connection.execute(sa.text("update device set enrolled_ms = 0, last_seen_ms = 1 where status = 'active'"))
    changed = await sent(served, first)
    assert changed.status_code == 409
    page = Page(changed)
    assert "ce qui manque a changé" in page.text
    assert "Camion 3 n’a plus donné de nouvelles depuis la fin du mois" in page.text
    form = act_of(page)
    refused = await sent(served, form, reason="Le camion est vendu")
    assert refused.status_code == 422
    again = Page(refused)
    assert "cochez « Arrêter quand même »" in again.text
    assert "Le camion est vendu" in again.attributes("input", "value")
    assert closings(served) == []
    await told(served, await sent(served, act_of(again), anyway="1"))
    assert [(month, reason) for month, _, _, reason in closings(served)] == [("2026-04", "Le camion est vendu")]


async def test_open_cases_of_the_month_are_named_and_those_of_another_are_not(served: Served) -> None:
    await a_year(served)
    nobody_knows = draft("item.received", "C/9K3M9QX2T4HD00", at=100.5, place="strasbourg")
    record(served.database, ORG, [nobody_knows])
    april = await opened(served, APRIL)
    listed = [href for href in april.attributes("a", "href") if href.startswith("/a-traiter/unknown/")]
    assert len(listed) == 1
    assert "1 élément manque ou attend" in april.text
    assert "/a-traiter/" not in str((await opened(served, "/tableau/arreter?month=2026-03")).attributes("a", "href"))


async def test_a_month_that_later_events_changed_is_closed_again_with_a_reason_and_keeps_its_first_closing(
    served: Served,
) -> None:
    await a_year(served)
    await told(served, await sent(served, act_of(await opened(served, APRIL))))
    assert "Rien n’a changé depuis" in (await opened(served, APRIL)).text
    something_late(served)
    page = await opened(served, APRIL)
    assert "connu" in page.text
    assert "Arrêter avril 2026 de nouveau" in page.text
    dashboard = await opened(served, "/tableau?month=2026-04")
    assert dashboard.attributes("a", "href").count(APRIL) == 2
    form = act_of(page)
    refused = await sent(served, form, anyway="1")
    assert refused.status_code == 422
    assert "dites pourquoi avril 2026 est arrêté de nouveau" in Page(refused).text
    await told(served, await sent(served, form, reason="Retour saisi en retard", anyway="1"))
    with served.database.reading() as connection:
        last = months.last_closings(connection, ORG)["2026-04"]
    assert (last.revision, last.reason) == (2, "Retour saisi en retard")
    assert [revision for _, revision, _, _ in closings(served)] == [1, 2]


async def test_before_anything_is_known_the_page_says_what_to_do_first(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    page = await opened(served, "/tableau/arreter")
    assert page.status == 200
    assert all(form.method == "get" or form.action != "/tableau/arreter" for form in page.forms)


# ---- the reminder


def noon(served: Served, day: str) -> None:
    served.clock.ms = parse_instant(f"{day}T12:00", "Europe/Paris")


async def reminders(served: Served) -> list[str]:
    page = await opened(served, "/a-traiter?kind=month")
    assert page.status == 200
    return [href for href in page.attributes("a", "href") if href.startswith("/tableau/arreter")]


async def test_from_the_fifth_day_on_the_month_before_is_asked_about_until_it_is_closed(served: Served) -> None:
    await a_year(served)
    noon(served, "2026-05-04")
    assert await reminders(served) == []
    noon(served, "2026-05-05")
    assert set(await reminders(served)) == {APRIL}
    page = await opened(served, "/a-traiter")
    assert "Pas encore arrêté : avril 2026" in page.text
    assert "terminé le 30/04/2026" in page.text
    assert "Not closed yet" in (await opened(served, "/a-traiter?lang=en")).text
    await told(served, await sent(served, act_of(await opened(served, APRIL)), anyway="1"))
    assert [month for month, *_ in closings(served)] == ["2026-04"]
    assert await reminders(served) == []
    noon(served, "2026-06-05")
    assert set(await reminders(served)) == {APRIL.replace("04", "05")}


async def test_nobody_is_asked_to_close_what_they_may_not_close_or_what_was_before_everything(served: Served) -> None:
    await a_year(served, Role.INSPECTOR)
    noon(served, "2026-05-10")
    assert (await served.client.get("/a-traiter?kind=month")).status_code in (200, 403)
    assert "Pas encore arrêté" not in (await opened(served, "/a-traiter")).text
    served.client.cookies.clear()
    await signed_in(served, Role.MANAGER)
    assert await reminders(served)
    noon(served, "2025-12-10")
    assert await reminders(served) == []
