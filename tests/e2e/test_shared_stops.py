"""One stop, seen from the office and from two phones: what any of them recorded and validated reaches the others."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from boucle.rounds import Ending, Round, Stop
from boucle_field import driving
from boucle_field.driving import Progress
from boucle_field.errors import RefusedError
from boucle_field.phone import Phone
from boucle_field.stop_events import Side
from boucle_field.visit import Visit
from boucle_field.visit_lines import Row
from boucle_server.settings import Settings
from tests.api.serving import Served, serving
from tests.builders import ORG, code
from tests.e2e.test_round_day import plan
from tests.e2e.test_schedules_on_the_server import Field
from tests.e2e.test_stories import DEV, OTHER, founded, pass_days, scans, synced
from tests.web.browser import opened, sent, signed_in
from tests.web.station_world import at, scan


@pytest_asyncio.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """Give two phones of a served organisation that know a round of today, with nine crates at its partner's."""
    async with serving(Settings(data=tmp_path / "data", jobs=False)) as served:
        made = founded(Field(served, 7))
        scans(made, OTHER, range(1, 10), "item.commissioned", place="strasbourg", body={"type": "bac"})
        scans(made, OTHER, range(1, 8), "item.shipped", place="strasbourg", body={"to": "mulhouse"})
        scans(made, OTHER, range(1, 8), "item.delivered", place="mulhouse")
        await synced(made, OTHER)
        pass_days(made, 1)
        await signed_in(served, org=ORG)
        await plan(made)
        await both_synced(made)
        yield made


async def both_synced(field: Field) -> None:
    await synced(field)
    await synced(field, OTHER)


def the_stop(phone: Phone) -> tuple[Round, Stop]:
    (of,) = driving.rounds_of_today(phone)
    return of, of.stops[0]


def collect(phone: Phone) -> Visit:
    of, stop = the_stop(phone)
    return Visit.begin(phone, action="collect", place="mulhouse", task=of.task(stop))


def stop_href(phone: Phone) -> str:
    of, stop = the_stop(phone)
    return f"/saisie/arret?tache={of.task(stop).replace('#', '%23')}"


async def scanned_in_the_office(served: Served, *numbers: int) -> None:
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    await scan(served, page, *(code(number) for number in numbers))


async def validated_in_the_office(field: Field) -> None:
    href = stop_href(field.phones[DEV])
    page = await opened(field.served, href)
    field.served.clock.ms += 1_000
    answer = await sent(field.served, page.form(href), ending="done")
    assert answer.status_code == 303, answer.text


async def test_a_stop_that_the_office_did_is_done_on_each_phone_with_its_lines(field: Field) -> None:
    phone = field.phones[DEV]
    await scanned_in_the_office(field.served, 1, 2)
    await both_synced(field)
    begun = driving.standing(phone, *the_stop(phone))
    assert (begun.progress, [(row.direction, row.total) for row in begun.elsewhere]) == (
        Progress.BEGUN,
        [("collect", 2)],
    )
    assert collect(phone).rows() == [Row("bac", 0, 3, 0)]  # two of the five planned are in the truck already
    await validated_in_the_office(field)
    await both_synced(field)
    for each in (phone, field.phones[OTHER]):
        now = driving.standing(each, *the_stop(each))
        assert (now.progress, now.version, now.validations[-1].side) == (Progress.DONE, 1, Side.OFFICE)
        assert driving.in_vehicle(each, the_stop(each)[0]) == {"bac": 2}
        assert driving.signed(each, the_stop(each)[0]).keys() == {now.validations[0].event.task}
    driving.validate(phone, *the_stop(phone), ending=Ending.DONE)
    assert driving.standing(phone, *the_stop(phone)).version == 2


async def test_a_phone_without_a_network_validates_beside_the_office_and_nothing_is_lost(field: Field) -> None:
    phone, other = field.phones[DEV], field.phones[OTHER]
    collect(phone).scan(code(1))
    driving.validate(phone, *the_stop(phone), ending=Ending.DONE)
    collect(other).scan(code(3))
    await scanned_in_the_office(field.served, 2)
    await validated_in_the_office(field)
    await both_synced(field)
    await both_synced(field)
    for each in (phone, other):
        now = driving.standing(each, *the_stop(each))
        assert now.version == 2
        assert {seen.side for seen in now.validations} == {Side.OFFICE, Side.HERE if each is phone else Side.OTHER}
        assert {row.direction: row.total for row in now.found} == {"collect": 3, "deliver": 0}
        # No validation saw all three crates: the stop asks for one more, on each phone and on the page.
        assert (now.progress, now.added) == (Progress.BEGUN, 2)
    page = await opened(field.served, stop_href(phone))
    assert "2 changements après la dernière signature" in page.text
    driving.validate(other, *the_stop(other), ending=Ending.DONE)
    await both_synced(field)
    await both_synced(field)
    now = driving.standing(phone, *the_stop(phone))
    assert (now.progress, now.version, now.validations[-1].side) == (Progress.DONE, 3, Side.OTHER)
    assert "changements après la dernière signature" not in (await opened(field.served, stop_href(phone))).text


async def test_a_line_that_the_office_took_back_is_gone_on_the_phone_and_what_is_validated_is_not_undone(
    field: Field,
) -> None:
    phone = field.phones[DEV]
    visit = collect(phone)
    visit.scan(code(1))
    line = visit.scan(code(2))
    await both_synced(field)
    await validated_in_the_office(field)
    await both_synced(field)
    with pytest.raises(RefusedError):
        phone.desk.undo(line.event_id)
    href = f"{stop_href(phone).replace('arret', 'arret/corriger')}&ligne={line.event_id}"
    form = (await opened(field.served, href)).form(href)
    field.served.clock.ms += 1_000
    assert (await sent(field.served, form, fix="void", because="item")).status_code == 303
    await both_synced(field)
    now = driving.standing(phone, *the_stop(phone))
    assert (now.progress, now.added, driving.in_vehicle(phone, the_stop(phone)[0])) == (Progress.BEGUN, 1, {"bac": 1})
