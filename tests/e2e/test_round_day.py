"""A day of a round from end to end: planned on the web, driven on a phone without a network, signed, issued again."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pypdfium2
import pytest
import pytest_asyncio

from boucle.rounds import Ending, Gap
from boucle_field import driving
from boucle_field.driving import Progress, Signed
from boucle_field.visit import Visit
from boucle_server.settings import Settings
from tests.api.serving import serving
from tests.builders import ORG, code
from tests.e2e.test_schedules_on_the_server import Field
from tests.e2e.test_stories import DEV, OTHER, founded, pass_days, scans, synced
from tests.web.browser import opened, sent, signed_in

STROKES = [[100, 500, 400, 200, 700, 800]]


@pytest_asyncio.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """Give two phones of a served organisation, and nine crates at a partner's, one of them not yet there."""
    async with serving(Settings(data=tmp_path / "data", jobs=False)) as served:
        made = founded(Field(served, 7))
        scans(made, OTHER, range(1, 10), "item.commissioned", place="strasbourg", body={"type": "bac"})
        scans(made, OTHER, range(1, 10), "item.shipped", place="strasbourg", body={"to": "mulhouse"})
        scans(made, OTHER, range(1, 8), "item.delivered", place="mulhouse")
        await synced(made, OTHER)
        pass_days(made, 1)
        await signed_in(served, org=ORG)
        yield made


async def plan(field: Field) -> str:
    """Plan the round of today on the web, by its form alone; give the address of its page."""
    day = driving.today(field.phones[DEV]).isoformat()
    page = await opened(field.served, f"/tournees/plan?jour={day}")
    stop = {
        "s0.place": "mulhouse",
        "s0.l0.type": "bac",
        "s0.l0.collect": "5",
        "s0.l0.deliver": "2",
        "s0.note": "Quai 3",
    }
    answer = await sent(field.served, page.form("/tournees/plan"), name="Sud", **stop)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def slip(field: Field, version: int, task: str) -> str:
    """Give the words of a version of the slip."""
    path = f"/tournees/bon.pdf?tache={task.replace('#', '%23')}&version={version}"
    answer = await field.served.client.get(path)
    assert answer.status_code == 200, answer.text
    pages = pypdfium2.PdfDocument(io.BytesIO(answer.content))
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())


@pytest.mark.story(5)
async def test_a_forgotten_fifth_crate_makes_the_next_version_of_round_and_slip(field: Field) -> None:
    where = await plan(field)
    phone = field.phones[DEV]
    await synced(field)
    (of,) = driving.rounds_of_today(phone)
    (stop,) = of.stops
    task = of.task(stop)
    # From here on there is no network. Crates are taken and left in one visit.
    taken = Visit.begin(phone, action="collect", place="mulhouse", task=task)
    for number in range(1, 5):
        taken.scan(code(number))
    left = Visit.begin(phone, action="deliver", place="mulhouse", task=task)
    for number in (8, 9):
        left.scan(code(number))
    reasons = {"collect:bac": Gap.IN_USE}
    driving.validate(phone, of, stop, ending=Ending.DONE, reasons=reasons, signed=Signed("Mme Weiß", STROKES))
    assert "prévue" in (await opened(field.served, where)).text
    await synced(field)
    page = await opened(field.served, where)
    assert {"terminée", "Encore utilisé", "−1"} <= set(page.texts)
    assert "Signé par Mme Weiß" in page.text
    first = await slip(field, 1, task)
    assert "Mme Weiß" in first
    # The fifth crate stood behind the door.
    Visit.begin(phone, action="collect", place="mulhouse", task=task).scan(code(5))
    assert driving.standing(phone, of, stop).progress is Progress.BEGUN
    await synced(field)
    assert "1 changement après la dernière signature" in (await opened(field.served, where)).text
    driving.validate(phone, of, stop, ending=Ending.DONE, signed=Signed("Mme Weiß", STROKES))
    await synced(field)
    page = await opened(field.served, where)
    assert "version 2" in page.text
    assert "−1" not in page.texts
    assert ("−1" in await slip(field, 1, task), "−1" in await slip(field, 2, task)) == (True, False)
    assert "elle remplace la version 1" in await slip(field, 2, task)
    assert "remplacée par la version 2" in await slip(field, 1, task)


async def test_a_round_that_is_cancelled_leaves_the_phone_and_keeps_its_scans(field: Field) -> None:
    where = await plan(field)
    phone = field.phones[DEV]
    await synced(field)
    (of,) = driving.rounds_of_today(phone)
    Visit.begin(phone, action="collect", place="mulhouse", task=of.task(of.stops[0])).scan(code(1))
    await synced(field)
    page = await opened(field.served, where)
    assert (await sent(field.served, page.form("/tournees/plan/annuler"), do="cancel")).status_code == 303
    await synced(field)
    assert driving.rounds_of_today(phone) == []
    page = await opened(field.served, where)
    assert "annulée" in page.text
    assert [href for href in page.attributes("a", "href") if "#e-" in href]
