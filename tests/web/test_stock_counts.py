"""Counts of what has no serial number, on the page of what wants a person: shown, adjusted, taken back."""

import sqlalchemy as sa

from boucle_server import ingest, stock_counts
from boucle_server.read_tables import CELL
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.server import figures_world
from tests.server.figures_world import a_small_year
from tests.web.browser import opened, sent, signed_in

NOW = figures_world.NOW + 10_000


async def test_a_count_that_disagrees_with_the_stock_waits_until_somebody_adjusts_it(served: Served) -> None:
    org = a_small_year(served.database)
    film = {"item_type": "film", "place": "strasbourg"}
    drafts = [
        Draft(kind="item.commissioned", fields={**film, "qty": 40, "body": {"type": "film"}}, claimed_ms=NOW - 90_000),
        Draft(kind="item.counted", fields={**film, "qty": 37}, claimed_ms=NOW - 60_000),
        Draft(kind="item.shipped", fields={**film, "qty": 10, "body": {"to": "mulhouse"}}, claimed_ms=NOW - 30_000),
    ]
    before = stock_of(served, org, "film")
    with served.database.writing(org) as connection:
        ingest.accept_own(connection, org, drafts, actor="", now_ms=NOW)
    served.clock.ms = NOW
    await signed_in(served)
    page = await opened(served, "/a-traiter?kind=count")
    assert f"compté 37, en stock {before + 40}" in page.text
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/a-traiter/count/")}
    case = await opened(served, href)
    assert "(écart +27)" in case.text
    assert case.text.count("Intercalaire") == 1
    form = next(each for each in case.forms if ("act", "adjust") in each.values)
    answer = await sent(served, form)
    after = await opened(served, answer.headers["location"])
    assert "Le stock est régularisé" in after.text
    assert stock_of(served, org, "film") == 27
    assert (await opened(served, href)).status == 404
    await sent(served, after.form("/a-traiter/annuler"))
    assert stock_of(served, org, "film") == before + 30
    again = await opened(served, href)
    voiding = next(each for each in again.forms if ("act", "void") in each.values)
    assert (await sent(served, voiding)).status_code == 303
    assert (await opened(served, href)).status == 404


def stock_of(served: Served, org: str, type_key: str) -> int:
    with served.database.reading() as connection:
        query = sa.select(sa.func.coalesce(sa.func.sum(CELL.c.n), 0)).where(
            CELL.c.org == org, CELL.c.cell == "day", CELL.c.measure == "stock", CELL.c.type == type_key
        )
        return int(connection.execute(query).scalar_one())


async def test_a_count_at_the_station_expects_the_pieces_without_labels_that_are_booked_there(served: Served) -> None:
    org = a_small_year(served.database)
    film = {"item_type": "film", "place": "strasbourg"}
    born = Draft(
        kind="item.commissioned", fields={**film, "qty": 40, "body": {"type": "film"}}, claimed_ms=NOW - 90_000
    )
    before = stock_of_site(served, org, "film", "strasbourg")
    with served.database.writing(org) as connection:
        ingest.accept_own(connection, org, [born], actor="", now_ms=NOW)
    served.clock.ms = NOW
    booked = stock_of_site(served, org, "film", "strasbourg")
    assert booked == before + 40
    await signed_in(served)
    page = await opened(served, "/saisie/inventaire?lieu=strasbourg")
    rows = [row for row in page.text.split("Intercalaire")[1:] if row.split("\n")[1:3] == ["0", str(booked)]]
    assert rows, page.text


def stock_of_site(served: Served, org: str, type_key: str, site: str) -> int:
    with served.database.reading() as connection:
        return stock_counts.booked_now(connection, org, site).get(type_key, 0)
