"""The chain of a part, from the donor it was taken from to the host it is built into, on every page of the three."""

import pytest

from boucle.roles import Role
from boucle_server import histories
from tests.api.serving import Served
from tests.server.workshop_world import bare, label
from tests.web.browser import Page, opened, sent
from tests.web.test_workshop import CHECKED, a_bench, another, do, item, printed, said


async def step(served: Served, key: str, code: str, /, **typed: str) -> None:
    """Do a step of the repair of the thing that a code names, a minute later."""
    path = f"/atelier/etape/{key}/{printed(code)}"
    page = await opened(served, f"/atelier/fiche/{printed(code)}" if not typed else path)
    served.clock.ms += 60_000
    answer = await sent(served, page.form(path), **{name.replace("__", "."): value for name, value in typed.items()})
    assert answer.status_code == 303, said(answer)


async def page_of(served: Served, code: str) -> Page:
    return await opened(served, f"/objets/{printed(code)}")


@pytest.mark.story(17)
async def test_a_part_of_a_scrapped_donor_is_repaired_and_built_in_and_its_page_shows_donor_part_and_host(
    served: Served,
) -> None:
    await a_bench(served, Role.MANAGER)
    donor, part, host = label(10), bare(5), label(5)
    parts = {"p1__type": "pompe", "p1__mass": "1", "p1__label": part, "whole": "3,5", "rest": "2,5"}
    assert (await do(served, "demonter", 10, **parts)).status_code == 303
    form = (await opened(served, "/atelier/ouvrir")).form("/atelier/ouvrir")
    served.clock.ms += 60_000
    assert (await sent(served, form, code=part, reason="prélevée")).status_code == 303
    await step(served, "diagnostiquer", part, found="yes", fault="worn")
    await step(served, "repare", part)
    await step(served, "tester", part, passed="yes")
    unready = await do(served, "poser", 5, origin="reclaimed", part=part, needed="1")
    assert unready.status_code == 409  # not requalified yet
    await another(served, Role.INSPECTOR)
    await step(served, "requalifier", part, **{key.replace(".", "__"): value for key, value in CHECKED.items()})
    await another(served, Role.TECHNICIAN)
    answer = await do(served, "poser", 5, origin="reclaimed", part=part, needed="1")
    assert answer.status_code == 303, said(answer)
    with served.database.reading() as connection:
        built = histories.find(connection, "acme", part).item
    assert built.work_stage == "returned_to_use"
    assert built.part
    assert (built.part.donor, built.part.host, built.part.credit) == (donor, host, False)
    assert item(served, 10).work_stage == "harvested"
    expected = [printed(donor), printed(part), printed(host)]
    shown = [each for each in (await page_of(served, part)).texts if each in expected]
    assert any(shown[first : first + 3] == expected for first in range(len(shown)))
    assert printed(part) in (await page_of(served, donor)).text
    assert "Pièces prélevées sur cet objet" in (await page_of(served, donor)).text
    assert "Pièces étiquetées posées dans cet objet" in (await page_of(served, host)).text


async def test_a_thing_without_parts_shows_no_chain(served: Served) -> None:
    await a_bench(served)
    assert "Chaîne des pièces" not in (await page_of(served, label(1))).text
