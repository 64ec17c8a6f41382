"""Partners: what each holds at a date, as the interface says it; dates that are none are told."""

import pytest

from boucle.roles import Capability
from boucle_server import tokens
from tests.api.serving import Served
from tests.server import figures_world
from tests.server.figures_world import a_small_year
from tests.web.browser import Page, opened, signed_in

NOW = figures_world.NOW + 10_000


async def a_manager_s_year(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = NOW
    await signed_in(served)


def line_of(page: Page, head: str) -> list[str]:
    """Give the numbers that follow the head of a line, the last time it stands there."""
    at = len(page.texts) - 1 - page.texts[::-1].index(head)
    return [text.replace("−", "-") for text in page.texts[at + 1 : at + 5]]


async def test_balances_at_a_date_are_those_of_the_interface(served: Served) -> None:
    await a_manager_s_year(served)
    with served.database.writing("acme") as connection:
        token = tokens.add(connection, "acme", name="test", scopes=[Capability.READ], now_ms=NOW).secret
    for day in ("2026-02-10", "2026-03-31", "2026-06-20"):
        answer = await served.client.get(f"/v1/balances?at={day}", headers={"Authorization": f"Bearer {token}"})
        page = await opened(served, f"/partenaires?date={day}")
        one = await opened(served, f"/partenaires/nancy?date={day}")
        assert page.status == one.status == 200
        for key, name in (("rhin", "Rhin Plasturgie"), ("nancy", "Nancy Électronique")):
            told = [each for each in answer.json()["balances"] if each["partner"] == key]
            if told:
                sums = [str(sum(each[name_] for each in told)) for name_ in ("held", "transit", "inbound", "unscanned")]
                assert line_of(page, name) == sums, (day, key)


@pytest.mark.parametrize(
    ("text", "told"),
    [("2026-13-40", "« 2026-13-40 » n’est pas une date"), ("demain", "« demain » n’est pas une date"),
     ("2031-01-01", "Rien ne peut être connu pour le 01/01/2031"), ("0001-01-01", "Rien ne peut être connu")],
)  # fmt: skip
async def test_a_date_that_cannot_be_is_told_and_today_is_shown(served: Served, text: str, told: str) -> None:
    await a_manager_s_year(served)
    for path in ("/partenaires", "/partenaires/rhin"):
        page = await opened(served, f"{path}?date={text}")
        assert page.status == 200
        assert told in page.text
        assert page.attributes("input", "max") == ["2026-06-20"]


async def test_one_partner_shows_its_year_and_leads_to_its_items(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/partenaires/rhin")
    assert "Rhin Plasturgie" in page.texts
    drawn = [given for tag, given in page.tags if tag == "svg" and given.get("role") == "img"]
    assert len(drawn) == 1
    assert [href for href in page.attributes("a", "href") if href.startswith("/objets?") and "partner=rhin" in href]
    assert (await opened(served, "/partenaires/nobody")).status == 404


async def test_before_anything_was_lent_nobody_holds_anything(served: Served) -> None:
    await a_manager_s_year(served)
    assert "Personne ne détenait rien le 01/01/2020" in (await opened(served, "/partenaires?date=2020-01-01")).text
