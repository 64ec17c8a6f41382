"""Late items in To do: somebody calls and follows up, for one item or for all of a partner; each comes back in time."""

from datetime import date, timedelta

import httpx
import sqlalchemy as sa

from boucle.answering import ANSWERED
from boucle.clock import day_of
from boucle.events import Event
from boucle.roles import Role
from boucle_server.read_tables import CELL, ITEM
from tests.api.conftest import served, settings
from tests.api.serving import Served
from tests.builders import DAY, START_MS, code
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, record
from tests.web.browser import Form, Page, opened, sent, sign_in, signed_in

__all__ = ["served", "settings"]

ORG, ZONE = "acme", "Europe/Paris"
NOW = figures_world.NOW + 10_000


SENT: dict[int, tuple[float, str]] = {
    800: (130, "mulhouse"),
    801: (132, "mulhouse"),
    802: (60, "mulhouse"),
    803: (145, "mulhouse"),
    804: (131, "nancy"),
}
"""Crates that went out on a day and did not come back: two late, one presumed lost, one late soon, one elsewhere."""


async def a_year(served: Served) -> None:
    a_small_year(served.database)
    hub = {"place": "strasbourg"}
    record(
        served.database,
        ORG,
        [
            each
            for number, (day, to) in SENT.items()
            for each in (
                draft("item.commissioned", code(number), at=0, body={"type": "bac"}, **hub),
                draft("item.shipped", code(number), at=day, body={"to": to}, **hub),
            )
        ],
    )
    served.clock.ms = NOW
    await signed_in(served)


async def at(served: Served, ms: int) -> None:
    """Let time pass; whoever was signed in signs in again."""
    served.clock.ms = ms
    served.client.cookies.clear()
    assert (await sign_in(served, Role.MANAGER.value)).status_code == 303


def today(served: Served, days: int = 0) -> str:
    return (date.fromisoformat(day_of(served.clock.ms, ZONE)) + timedelta(days=days)).isoformat()


def cells(served: Served) -> list[tuple[object, ...]]:
    with served.database.reading() as connection:
        return sorted(map(tuple, connection.execute(sa.select(CELL).where(CELL.c.org == ORG))))


def events(served: Served) -> list[Event]:
    with served.database.reading() as connection:
        return figures_world.events_in(connection, ORG)


def item(served: Served, key: str) -> sa.Row[tuple[object, ...]]:
    query = sa.select(ITEM).where(ITEM.c.org == ORG, ITEM.c.item == key)
    with served.database.reading() as connection:
        return connection.execute(query).one()


async def waiting(served: Served, *heaps: str) -> set[str]:
    """Give the items that wait, by their pages."""
    found: set[str] = set()
    for heap in heaps or ("overdue", "lost"):
        page = await opened(served, f"/a-traiter?kind={heap}")
        acts = [
            each["href"] or ""
            for before, (tag, each) in zip(page.tags, page.tags[1:], strict=False)
            if tag == "a" and before[0] == "p" and before[1].get("class") == "case-act"
        ]
        found |= {each for each in acts if each.startswith(f"/a-traiter/{heap}/")}
    return found


def follow_up(page: Page) -> Form:
    return next(each for each in page.forms if ("act", "follow_up") in each.values)


async def after(served: Served, answer: httpx.Response) -> Page:
    assert answer.status_code == 303, answer.text
    return await opened(served, answer.headers["location"])


async def test_a_late_item_is_followed_up_until_a_day_and_the_loss_comes_second(served: Served) -> None:
    await a_year(served)
    before, figures = await waiting(served), cells(served)
    href = min(before)
    case = await opened(served, href)
    acts = [dict(each.values).get("act") for each in case.forms if each.action == href]
    assert acts == ["follow_up", "write_off"]
    assert "Qui a été appelé" in case.text
    assert today(served, 7) in case.attributes("input", "value")
    for wrong, said in (
        ({"reason": ""}, "Dites-en un mot"),
        ({"reason": "x", "until": today(served)}, "Choisissez un jour"),
    ):
        refused = await sent(served, follow_up(case), **wrong)
        assert (refused.status_code, said in Page(refused).text) == (422, True)
    until = today(served, 12)
    done = await after(served, await sent(served, follow_up(case), reason="Mme Roth : dans le hangar", until=until))
    assert "Le cas reviendra le jour choisi" in done.text
    assert await waiting(served) == before - {href}
    assert cells(served) == figures
    seen = await opened(served, href)
    assert "Mme Roth : dans le hangar" in seen.text
    assert "Par Test manager" in seen.text
    assert "1 cas expliqué ou suivi" in (await opened(served, f"/a-traiter?kind={href.split('/')[2]}")).text
    await at(served, NOW + 11 * DAY)
    assert href not in await waiting(served)
    await at(served, NOW + 12 * DAY)
    assert item(served, href.rsplit("/", 1)[1]) is not None
    assert href.rsplit("/", 1)[1] in {each.rsplit("/", 1)[1] for each in await waiting(served)}


async def test_an_answer_that_is_taken_back_lets_the_item_wait_again(served: Served) -> None:
    await a_year(served)
    before = await waiting(served)
    href = min(before)
    done = await after(served, await sent(served, follow_up(await opened(served, href)), reason="rappeler"))
    assert (await sent(served, done.form("/a-traiter/annuler"))).status_code == 303
    assert await waiting(served) == before


def page_of(served: Served, heap: str, number: int) -> str:
    with served.database.reading() as connection:
        found = connection.execute(sa.text("select item from binding where code = :code"), {"code": code(number)})
        return f"/a-traiter/{heap}/{found.scalar_one()}"


async def test_an_item_that_is_presumed_lost_since_waits_before_its_day(served: Served) -> None:
    await a_year(served)
    late = page_of(served, "overdue", 800)
    assert late in await waiting(served, "overdue")
    form = follow_up(await opened(served, late))
    await after(served, await sent(served, form, reason="promis", until=today(served, 360)))
    key = late.rsplit("/", 1)[1]
    last = (date.fromisoformat(str(item(served, key).loss)) - date.fromisoformat(today(served))).days
    await at(served, NOW + last * DAY)
    assert key not in str(await waiting(served))
    await at(served, NOW + (last + 1) * DAY)
    assert page_of(served, "lost", 800) in await waiting(served, "lost")


async def test_an_answer_about_a_loan_says_nothing_of_the_next_one(served: Served) -> None:
    await a_year(served)
    late = page_of(served, "overdue", 800)
    form = follow_up(await opened(served, late))
    await after(served, await sent(served, form, reason="dans le hangar", until=today(served, 366)))
    back = (NOW - START_MS) / DAY + 1
    hub = {"place": "strasbourg"}
    again = [
        draft("item.received", code(800), at=back, body={"from": "mulhouse"}, **hub),
        draft("item.shipped", code(800), at=back + 1, body={"to": "mulhouse"}, **hub),
    ]
    record(served.database, ORG, again, now_ms=NOW + 3 * DAY)
    await at(served, NOW + 32 * DAY)
    assert late not in await waiting(served)
    await at(served, NOW + 33 * DAY)
    assert late in await waiting(served, "overdue")


async def test_all_that_is_late_at_a_partner_is_followed_up_at_once_and_what_is_late_later_waits(
    served: Served,
) -> None:
    await a_year(served)
    before, figures = await waiting(served), cells(served)
    there = {href for href in before if item(served, href.rsplit("/", 1)[1]).partner == "rhin"}
    assert {page_of(served, "overdue", 800), page_of(served, "overdue", 801), page_of(served, "lost", 802)} <= there
    heap = await opened(served, "/a-traiter?kind=overdue")
    assert "/a-traiter/retards/rhin" in heap.attributes("a", "href")
    assert f"les {len(there)} objets en retard, Rhin Plasturgie" in (await opened(served, min(there))).text
    page = await opened(served, "/a-traiter/retards/rhin")
    form = page.form("/a-traiter/retards/rhin")
    assert f"Donner suite pour ces {len(there)} objets" in page.text
    refused = Page(await sent(served, form, reason="", until=today(served, 20)))
    assert (refused.status, "Dites-en un mot" in refused.text) == (422, True)
    assert today(served, 20) in refused.attributes("input", "value")
    done = await after(served, await sent(served, form, reason="M. Klein : jeudi", until=today(served, 20)))
    assert "C’est noté pour tous ces objets" in done.text
    assert await waiting(served) == before - there
    assert page_of(served, "overdue", 804) in await waiting(served, "overdue")
    assert cells(served) == figures
    again = await after(served, await sent(served, form, reason="M. Klein : jeudi", until=today(served, 20)))
    assert "C’est noté pour tous ces objets" in again.text
    assert again.form("/a-traiter/annuler").values
    other = Page(await sent(served, form, reason="Mme Roth : lundi", until=today(served, 3)))
    assert (other.status, "déjà suivis" in other.text, "« Mme Roth : lundi »" in other.text) == (409, True, True)
    assert {"M. Klein : jeudi" in each for each in other.texts} == {True, False}
    answered = [each for each in events(served) if each.kind == ANSWERED]
    assert [each.text("reason") for each in answered] == ["M. Klein : jeudi"]
    one = await opened(served, page_of(served, "overdue", 801))
    assert (one.status, "M. Klein : jeudi" in one.text, "Par Test manager" in one.text) == (200, True, True)
    await at(served, NOW + 10 * DAY)
    assert (await waiting(served)) & {page_of(served, "overdue", n) for n in (801, 803)} == {
        page_of(served, "overdue", 803)
    }
    followed = await opened(served, "/a-traiter/retards/rhin")
    assert "M. Klein : jeudi" in followed.text
    assert "Donner suite pour cet objet" in followed.text
    assert (await sent(served, followed.form("/a-traiter/annuler"))).status_code == 303
    assert page_of(served, "overdue", 801) in await waiting(served, "overdue")


async def test_what_was_followed_up_at_a_partner_comes_back_on_its_day(served: Served) -> None:
    await a_year(served)
    form = (await opened(served, "/a-traiter/retards/rhin")).form("/a-traiter/retards/rhin")
    await after(served, await sent(served, form, reason="jeudi", until=today(served, 3)))
    await at(served, NOW + 2 * DAY)
    assert page_of(served, "overdue", 801) not in await waiting(served)
    await at(served, NOW + 3 * DAY)
    assert page_of(served, "overdue", 801) in await waiting(served)


async def test_a_partner_without_anything_late_has_no_such_page(served: Served) -> None:
    await a_year(served)
    for name in ("nobody", "rhin/nancy", ""):
        assert (await opened(served, f"/a-traiter/retards/{name}")).status == 404
