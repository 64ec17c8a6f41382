"""Two people who send the same form at the same moment, on each database: it counts once, and the second is told."""

import asyncio
from dataclasses import replace

import httpx

from boucle.answering import ANSWERED
from boucle.reasons import Reason
from boucle.roles import Role
from boucle_server import ingest, returns
from boucle_server.read_tables import TASK
from boucle_server.server_device import Draft
from boucle_server.standing import standing
from tests.api.conftest import served, settings
from tests.api.serving import Served
from tests.builders import ORG
from tests.server import figures_world
from tests.server.figures_world import a_small_year
from tests.web.browser import Form, Page, a_person, opened, sent, sign_in, signed_in
from tests.web.test_consent import a_quote, stranger
from tests.web.test_inbox_answers import a_stop_without_reasons, addresses
from tests.web.test_return_rules import as_somebody, stated
from tests.web.test_returns import a_desk, announced, do, said
from tests.web.test_stock_counts import stock_of
from tests.web.test_workshop import item

__all__ = ["served", "settings"]


async def at_once(
    served: Served, path: str, answers: tuple[dict[str, str], dict[str, str]], *, act: str = "", org: str = "acme"
) -> tuple[httpx.Response, httpx.Response]:
    """Let who is signed in and somebody else open a page, then send its form at the same moment; give both answers."""
    transport = httpx.ASGITransport(app=served.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://boucle.test") as client:
        other = replace(served, client=client)
        if "session" in "".join(served.client.cookies):
            await sign_in(other, a_person(served, Role.ADMINISTRATOR, org=org))
        forms = [form_of(await opened(each, path), act) for each in (served, other)]
        served.clock.ms += 60_000
        found = await asyncio.gather(
            sent(served, forms[0], **answers[0]),
            sent(other, forms[1], **answers[1]),
        )
    assert max(answer.status_code for answer in found) < 500, [answer.text for answer in found]
    return found


def form_of(page: Page, act: str) -> Form:
    asked = [each for each in page.forms if "/acte/" in each.action or each.action.startswith("/devis/")]
    return next(each for each in page.forms if ("act", act) in each.values) if act else asked[0]


async def ten_books(served: Served) -> str:
    """Ten manuals that came back and have their grade, of which a manager has to say what becomes; give the return."""
    await a_desk(served)
    row = {"name": "Manuel", "nature": "product", "serialised": False, "price_cents": 900, "tare_g": 400}
    stated(served, "item_type", "manuel", row)
    stated(served, "return_rule", "manuel", {"most_cents": 5_000})
    rma = await announced(served, l1__type="manuel", l1__n="10")
    await do(served, "recevoir", rma, site="strasbourg", n__manuel="10")
    await do(served, "classer", rma, "?type=manuel", n="10", site="strasbourg", grade="A")
    return rma


def an_old_year(served: Served) -> str:
    org = a_small_year(served.database)
    served.clock.ms = figures_world.NOW + 10_000
    return org


def counted(served: Served, rma: str) -> tuple[int, int, int]:
    with served.database.reading() as connection:
        (found,) = returns.returns(connection, "acme", rma)
    (line,) = found.counts
    return line.to_decide, line.to_confirm, line.loose.disposed_to


def tasks(served: Served) -> list[str]:
    with served.database.reading() as connection:
        return [row.reason for row in connection.execute(TASK.select())]


async def test_one_pending_quantity_is_confirmed_once_and_the_other_is_kept_and_told(served: Served) -> None:
    rma = await ten_books(served)
    await as_somebody(served, Role.INSPECTOR)
    decided = {"site": "strasbourg", "grade": "A", "disposition": "restock"}
    assert (await do(served, "affecter", rma, "?type=manuel", n="10", **decided)).status_code == 303
    served.client.cookies.clear()
    await sign_in(served, "manager")
    waiting = await opened(served, "/a-traiter?kind=return_valued")
    href = next(each for each in waiting.attributes("a", "href") if "/confirmer/" in each)
    answers = ({"disposition": "restock"}, {"disposition": "donate", "reason": "école"})
    both = await at_once(served, href, answers)
    assert [answer.status_code for answer in both] == [303, 303]
    assert sorted("late_done" in answer.headers["location"] for answer in both) == [False, True]
    assert counted(served, rma) == (0, 0, 10)
    assert tasks(served) == [Reason.ALREADY_DECIDED]
    told = await opened(served, f"/retours/dossier/{rma}")
    assert "sans effet : déjà décidé autrement" in told.text
    case = await opened(served, "/a-traiter?kind=contradiction")
    assert "Déjà décidé autrement" in case.text
    assert "10 × Manuel" in case.text
    assert f"/retours/dossier/{rma}" in case.attributes("a", "href")
    assert "qty:" not in case.text
    late = await opened(served, href)
    assert (late.status, "C’est déjà décidé" in late.text) == (409, True)


async def test_a_line_is_decided_about_once_and_the_second_is_asked(served: Served) -> None:
    rma = await ten_books(served)
    typed = {"n": "10", "site": "strasbourg", "grade": "A", "disposition": "restock"}
    both = await at_once(served, f"/retours/acte/affecter/{rma}?type=manuel", (typed, typed))
    assert sorted(answer.status_code for answer in both) == [303, 409]
    assert counted(served, rma) == (0, 0, 10)
    (asked,) = [answer for answer in both if answer.status_code == 409]
    assert "10" in said(asked)


async def test_a_count_is_adjusted_once(served: Served) -> None:
    org = an_old_year(served)
    now = served.clock.ms
    film = {"item_type": "film", "place": "strasbourg"}
    drafts = [
        Draft(kind="item.commissioned", fields={**film, "qty": 40, "body": {"type": "film"}}, claimed_ms=now - 90_000),
        Draft(kind="item.counted", fields={**film, "qty": 37}, claimed_ms=now - 60_000),
    ]
    with served.database.writing(org) as connection:
        ingest.accept_own(connection, org, drafts, actor="", now_ms=now)
    await signed_in(served)
    page = await opened(served, "/a-traiter?kind=count")
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/a-traiter/count/")}
    both = await at_once(served, href, ({}, {}), act="adjust")
    assert sorted(answer.status_code for answer in both) == [303, 404]
    assert stock_of(served, org, "film") == 37


async def test_what_is_lost_is_written_off_once_and_no_contradiction_comes_of_it(served: Served) -> None:
    org = an_old_year(served)
    await signed_in(served)
    with served.database.reading() as connection:
        before = len(connection.execute(TASK.select().where(TASK.c.org == org)).all())
    lost = await opened(served, "/a-traiter?kind=lost")
    href = next(each for each in lost.attributes("a", "href") if each.startswith("/a-traiter/lost/"))
    both = await at_once(served, href, ({}, {"reason": "introuvable"}), act="write_off")
    assert sorted(answer.status_code for answer in both) == [303, 404]
    assert len(tasks(served)) == before


async def test_a_case_of_no_single_event_is_answered_once_and_the_second_is_told_that_it_is_gone(
    served: Served,
) -> None:
    await a_stop_without_reasons(served)
    (href,) = await addresses(served)
    answers = ({"because": "in_use"}, {"because": "not_found"})
    both = await at_once(served, href, answers, act="explain", org=ORG)
    assert sorted(answer.status_code for answer in both) == [303, 404]
    assert await addresses(served) == []
    with served.database.reading() as connection:
        assert len(standing(connection, ORG, ANSWERED)) == 1


async def test_an_owner_answers_a_quote_once(served: Served) -> None:
    path = await a_quote(served)
    await stranger(served, path)
    answers = (
        {"by": "Mme Weiß", "answer": "yes"},
        {"by": "M. Lang", "answer": "no", "reason": "trop cher", "sure": "1"},
    )
    both = await at_once(served, path, answers)
    assert sorted("too_late" in answer.headers["location"] for answer in both) == [False, True]
    assert item(served, 1).work_stage in ("approved", "cancelled")
