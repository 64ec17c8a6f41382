"""Repairs, returns and rounds as files: each line of what the page shows, its numbers as numbers."""

import csv
import io
from typing import Any

import pytest

from boucle.roles import Role
from tests.api.serving import Served
from tests.server.workshop_world import NOW, a_workshop
from tests.web.browser import opened, signed_in
from tests.web.rounds_world import a_round, visited
from tests.web.test_returns import a_desk, announced, do


async def rows(served: Served, path: str, **query: str) -> list[dict[str, str]]:
    """Get the table of a page as CSV."""
    answer = await served.client.get(path, params={**query, "fichier": "csv", "lang": "en"})
    assert answer.headers["content-disposition"].endswith('.csv"'), answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("view", ["", "liste"])
async def test_the_repairs_of_both_views_are_one_file_under_their_filters(served: Served, view: str) -> None:
    a_workshop(served.database)
    served.clock.ms = NOW
    await signed_in(served, Role.TECHNICIAN)
    page = await opened(served, f"/atelier?vue={view}")
    assert [href for href in page.attributes("a", "href") if "fichier=csv" in href]
    every = await rows(served, "/atelier", vue=view)
    assert len(every) > 3
    assert all(row["Age in days"].isdigit() for row in every)
    some = await rows(served, "/atelier", vue=view, type="moteur")
    assert 0 < len(some) < len(every)
    assert {row["Type"] for row in some} == {"Moteur 4 kW"}


async def test_a_wrong_filter_is_told_on_the_page_instead_of_a_file_of_everything(served: Served) -> None:
    a_workshop(served.database)
    served.clock.ms = NOW
    await signed_in(served, Role.TECHNICIAN)
    page = await opened(served, "/atelier?type=nothing&fichier=csv")
    assert "text/html" in page.answer.headers["content-type"]
    assert "nothing" in page.text


async def test_every_line_of_every_return_stands_in_the_file_with_its_counts(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, **{"l1.type": "scie", "l1.n": "5"})
    await do(served, "autoriser", rma)
    (row,) = [each for each in await rows(served, "/retours") if each["Return"] == rma]
    assert (row["Announced"], row["Received"], row["To come"]) == ("5", "0", "5")
    assert not await rows(served, "/retours", state="closed")


async def test_a_round_is_a_row_of_its_week_and_a_file_of_its_own(served: Served) -> None:
    driver = await a_round(served)
    visited(driver)
    driver.send()
    (row,) = await rows(served, "/tournees")
    assert row["Day"] == "2026-01-02"
    told: dict[str, Any] = {name: row[name] for name in ("Stops done", "Stops planned", "Taken", "To take", "Left")}
    assert told == {"Stops done": "1", "Stops planned": "2", "Taken": "3", "To take": "6", "Left": "20"}
    stops = await rows(served, "/tournees/fiche", cle="T-1")
    (crates,) = [each for each in stops if each["Type"] == "Bac 600×400"]
    assert (crates["Expected"], crates["Scanned"], crates["Difference"]) == ("4", "3", "-1")
    loose = [each["Scanned"] for each in stops if each["Direction"] == "Left"]
    assert loose == [""], "what has no serial number is not scanned one by one"
