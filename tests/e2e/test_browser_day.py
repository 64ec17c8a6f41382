"""One day recorded on a phone, the same day in the browser: the same state of every item, the same figures."""

from pathlib import Path

import pytest

from boucle.actions import Amount
from boucle.commands import Command, command_code
from boucle.facts import Cells
from boucle.roles import Role
from boucle_field import sorting, weighed
from boucle_field.visit import Visit
from boucle_server import verify
from tests.builders import ORG, code
from tests.e2e.test_schedules_on_the_server import Field
from tests.e2e.test_warehouse_day import BLANK, CRATES, a_day, drive, evening, items
from tests.server.figures_world import cells_of
from tests.web.browser import Page, opened, signed_in
from tests.web.station_world import at, scan

SUBJECTS = [*(code(number) for number in (*CRATES, 30, 31)), *BLANK]
MINUTE_MS = 60_000


def on_a_phone(field: Field) -> None:
    """Receive the round with its verdicts, label, weigh, hold and count, by the rules of the phone."""
    phone = field.phones["d-deux"]
    visit = Visit.begin(phone, action="receive", place="strasbourg", task="T-7")
    sorting.choose(visit, "ok")
    for number in range(1, 19):
        visit.scan(code(number))
    visit.sort("dirty")
    visit.count(Amount("film", 40))
    visit.scan(code(19))
    visit.undo()
    visit.scan(code(19))
    visit.close()
    new = Visit.begin(phone, action="commission", place="strasbourg", said={"type": "roll"})
    new.scan(BLANK[0])
    pairs = Visit.begin(phone, action="replace", place="strasbourg")
    pairs.pair(BLANK[1], code(30))
    held = Visit.begin(phone, action="hold", place="strasbourg", said={"reason": "doubt"})
    held.scan(code(5))
    arrival = weighed.Weighing(job=weighed.Job.ARRIVAL, item_type="film", giver="nancy")
    weighed.record(phone, arrival, 12_500)
    count = Visit.begin(phone, action="count", place="strasbourg")
    for number in (*range(1, 20), 30):
        count.scan(code(number))


async def in_the_browser(field: Field) -> None:
    """Do the very same at the scan station."""
    served = field.served
    served.clock.ms = field.world.now_ms
    await signed_in(served, Role.MANAGER, org=ORG)
    page = await at(served, "/saisie/receptionner?lieu=strasbourg&tache=T-7")
    page = await scan(served, page, command_code(Command.OK).text)
    page = await scan(served, page, *(code(number) for number in range(1, 19)))
    page = await scan(served, page, command_code(Command.DIRTY).text)
    page = await scan(served, page, type="film", n="40")
    page = await scan(served, page, code(19))
    page = await scan(served, page, annuler="dernier")
    page = await scan(served, page, code(19))
    page = await at(served, "/saisie/nouvelle-etiquette?lieu=strasbourg&d.type=roll")
    await scan(served, page, BLANK[0])
    page = await at(served, "/saisie/remplacer-etiquette?lieu=strasbourg")
    await scan(served, page, BLANK[1], code(30))
    page = await at(served, "/saisie/quarantaine?lieu=strasbourg&d.reason=doubt")
    await scan(served, page, code(5))
    await weigh(field)
    page = await at(served, "/saisie/inventaire?lieu=strasbourg")
    await scan(served, page, *(code(number) for number in (*range(1, 20), 30)))


async def weigh(field: Field) -> None:
    page = await opened(field.served, "/saisie/peser/arrivee")
    form = page.form("/saisie/peser/arrivee")
    typed = {"type": "film", "n": "1", "de": "nancy", "mass": "12,5", "lieu": "strasbourg"}
    answer = await field.served.client.post(form.action, data={**dict(form.values), **typed})
    assert answer.status_code == 303, Page(answer).text


def seen(field: Field) -> dict[str, tuple[object, ...]]:
    with field.served.database.reading() as connection:
        assert list(verify.faults(connection, ORG)) == []
        found = items(connection, SUBJECTS)
    return {
        subject: (item.stage, item.site, item.place, item.hold, item.grade, item.type, item.tare_g, item.collect_task)
        for subject, item in found.items()
    }


def figures(field: Field) -> Cells:
    return cells_of(field.served.database, ORG)


@pytest.mark.story(9)
async def test_the_same_day_on_a_phone_and_in_the_browser_comes_to_the_same_state_and_figures(tmp_path: Path) -> None:
    async with a_day(tmp_path / "phone") as phone, a_day(tmp_path / "browser") as browser:
        for field in (phone, browser):
            drive(field)
            await evening(field, "d-un")
            await evening(field, "d-deux")
            field.world.pass_ms(MINUTE_MS)
        on_a_phone(phone)
        await evening(phone, "d-deux")
        await in_the_browser(browser)
        assert seen(phone) == seen(browser)
        assert seen(browser)[code(18)][0] == "cleaning"
        assert seen(browser)[code(5)][3] == "doubt"
        one, other = figures(phone), figures(browser)
        assert one.keys() == other.keys()
        differing = {cell: abs(n - other[cell]) for cell, n in one.items() if n != other[cell]}
        # What is measured in seconds has those that lie between two scans; nothing else differs.
        assert {cell.measure[-2:] for cell in differing} <= {"_s"}
        assert all(n < len(SUBJECTS) * MINUTE_MS // 1_000 for n in differing.values())
