"""A whole day in the warehouse without a network, against the real server: everything arrives once, and means the same.

A driver's phone syncs what it took up; then the warehouse works from morning to evening offline, is killed at noon,
switched off and on, and sends in the evening over a network that loses and repeats.
"""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from boucle.actions import Amount
from boucle.binding import owner
from boucle.codes import Kind, mint
from boucle.item import Item
from boucle.leaving import Treatment
from boucle.telling import Outcome, Told
from boucle_field import driving, photos, reprinting, sorting, weighed
from boucle_field.differences import missing, unexpected
from boucle_field.identity import Identity
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.pushing import End
from boucle_field.store import put
from boucle_field.sync import sync
from boucle_field.visit import Visit
from boucle_field.weighed import Job, Weighing
from boucle_server import partner_balances, verify
from boucle_server.ingest import accept_own
from boucle_server.projections import SqlStore
from boucle_server.server_device import Draft as Statement
from boucle_server.settings import Settings
from boucle_server.tables import RECORD
from boucle_server.web import label_sheets
from tests.api.serving import serving
from tests.builders import ORG, code
from tests.e2e.test_schedules_on_the_server import Field
from tests.photos import a_jpeg
from tests.world import CRYPTO, SimTicks

HOUR_MS = 3_600_000
CRATES = range(1, 22)
"""Twenty-one crates stand at Mulhouse in the morning; the driver scans eighteen and declares all of them."""
BLANK = [mint(Kind.CONTAINER, Random(900 + at).randbytes).text for at in range(2)]
STOP = "T-7#a"
OFFICE = "d-un"
DIRTY = a_jpeg(size=90_000, seed=18)
"""A photo of more than one part of an upload, of what sorting finds of crate 18."""


@pytest_asyncio.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """Give a driver's phone and one of the warehouse, each at Strasbourg, that know the crates and today's round."""
    async with a_day(tmp_path / "data") as field:
        yield field


@asynccontextmanager
async def a_day(data: Path) -> AsyncIterator[Field]:
    """Begin a day: the crates stand at Mulhouse, the round of today is planned."""
    async with serving(Settings(data=data, jobs=False)) as served:
        field = Field(served, 7)
        field.begin(7)
        field.faults = 0.0
        for dev in field.phones:
            settle_at(field, dev, "strasbourg")
        driver = field.phones["d-un"]
        plan(field, driving.today(driver).isoformat())
        for number in (*CRATES, 30, 31):
            keep(driver, Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": "bac"}))
        for number in CRATES:
            keep(driver, Draft(kind="item.shipped", code=code(number), place="strasbourg", body={"to": "mulhouse"}))
            keep(driver, Draft(kind="item.delivered", code=code(number), place="mulhouse"))
        await evening(field, "d-un")
        yield field


def settle_at(field: Field, dev: str, site: str) -> None:
    phone = field.phones[dev]
    with phone.store.writing() as db:
        put(db, "identity", json.dumps(asdict(replace(Identity.of(phone.store), site=site)), sort_keys=True))
    reopened(field, dev)


def reopened(field: Field, dev: str) -> Phone:
    """Kill the app and start it again: all that it knows is what it kept."""
    old = field.phones[dev]
    field.phones[dev] = Phone.of(old.store, ticks=old.ticks, randomness=old.randomness, crypto=CRYPTO)
    return field.phones[dev]


def plan(field: Field, day: str) -> None:
    stops = [{"id": "a", "place": "mulhouse", "collect": {"bac": 21, "film": 40}}]
    row = {"day": day, "name": "Sud", "home": "strasbourg", "stops": stops}
    body = {"table": "round", "key": "T-7", "valid_from": 0, "row": row}
    with field.served.database.writing(ORG) as connection:
        draft = Statement(kind="reference.set", fields={"body": body})
        accept_own(connection, ORG, [draft], actor="", now_ms=field.world.now_ms)


def keep(phone: Phone, draft: Draft) -> Told:
    told = phone.desk.record(draft)
    assert told.event_id
    return told


async def evening(field: Field, dev: str) -> None:
    """Sync until no event and no photo waits; one of two parts takes many rounds of a network that loses."""
    phone = field.phones[dev]
    for _ in range(200):
        report = await field.run(sync(phone), dev)
        waits = phone.outbox.counts().unsent or photos.missing(phone.store)
        if report is not None and report.end is End.DONE and not waits:
            return
    pytest.fail(f"still here: {phone.outbox.counts()}, {photos.missing(phone.store)} photos")


async def asked(field: Field, path: str) -> httpx.Response:
    """Ask the server something, as the office."""
    answer = await field.served.client.get(path, headers={"Authorization": f"Bearer token-of-{OFFICE}"})
    assert answer.status_code == 200, answer.text
    return answer


async def photos_there(field: Field, number: int) -> list[tuple[str, bytes]]:
    """Give the photos of a thing as the server keeps them, each with the kind of the event that it belongs to."""
    told = (await asked(field, f"/v1/items/{code(number)}/events")).json()["events"]
    named = [(each["kind"], photo["sha256"]) for each in told for photo in each["photos"]]
    return [(kind, (await asked(field, f"/v1/photos/{sha256}")).content) for kind, sha256 in named]


def stored(field: Field, dev: str) -> list[tuple[str, str]]:
    with field.served.database.reading() as connection:
        query = sa.select(RECORD.c.id, RECORD.c.status).where(RECORD.c.org == ORG, RECORD.c.dev == dev)
        return sorted(tuple(row) for row in connection.execute(query))


def kept(phone: Phone) -> list[str]:
    return sorted(row[0] for row in phone.store.db.execute("SELECT id FROM outbox"))


def drive(field: Field) -> None:
    driver = field.phones["d-un"]
    for number in range(1, 19):
        keep(driver, Draft(kind="item.collected", code=code(number), place="mulhouse", task=STOP))
    keep(driver, Draft(kind="item.collected", item_type="bac", qty=21, place="mulhouse", task=STOP))
    keep(driver, Draft(kind="item.collected", item_type="film", qty=40, place="mulhouse", task=STOP))


def receive(phone: Phone) -> Visit:
    """Receive the round: the first seventeen good, one dirty, one for scrap, one never; sheets by number."""
    visit = Visit.begin(phone, action="receive", place="strasbourg", task="T-7")
    sorting.choose(visit, "ok", "B")
    for number in range(1, 18):
        assert visit.scan(code(number)).outcome is Outcome.ACCEPTED
    visit.scan(code(18))
    visit.hand.take(Photo(DIRTY))
    assert visit.sort("dirty") is not None
    assert visit.count(Amount("film", 40)).event_id
    return visit


def finish(visit: Visit) -> None:
    """Receive what the driver only declared, the last of it for scrap; take one scan back and make it again."""
    assert visit.scan(code(19)).event_id
    assert visit.undo() is not None
    assert visit.scan(code(19)).event_id
    sorting.choose(visit, "scrap")
    assert visit.scan(code(20)).event_id
    assert visit.said["verdict"] == "ok"
    assert visit.scan(code(20)).outcome is Outcome.REPEAT
    visit.close()


def label(phone: Phone) -> str:
    """Put a blank label into service, replace a damaged one, ask for a pile; give the id of the batch."""
    new = Visit.begin(phone, action="commission", place="strasbourg", said={"type": "roll"})
    new.say_along({"serial": "SN-1", "tare_g": 34_000})
    assert new.scan(BLANK[0]).outcome is Outcome.ACCEPTED
    assert new.scan(code(30)).outcome is Outcome.REFUSED
    pairs = Visit.begin(phone, action="replace", place="strasbourg")
    assert pairs.pair(BLANK[1], code(30)).outcome is Outcome.ACCEPTED
    pairs.close()
    for number in range(1, 61):
        assert reprinting.add(phone, code(number))
    return reprinting.ask(phone, "Réimpression").event_id


def weigh(phone: Phone) -> None:
    told = weighed.record(phone, Weighing(job=Job.ARRIVAL, item_type="film", giver="nancy"), 12_500)
    assert isinstance(told, Told)
    leaving = Weighing(
        job=Job.TREATMENT, code=code(20), treatment=Treatment("R3", "recycling", "recycling"), outlet="Meyer"
    )
    told = weighed.record(phone, leaving, 1_900)
    assert isinstance(told, Told)
    assert told.event_id


def count(phone: Phone) -> None:
    """Count the hub: what was received stands there, one crate hides, one of Metz is found."""
    visit = Visit.begin(phone, action="count", place="strasbourg")
    for number in (*range(1, 20), 30):
        assert visit.scan(code(number)).event_id
    assert [each.code for each in missing(visit)][:1] == [code(31)]
    assert unexpected(visit) == []
    visit.close()
    held = Visit.begin(phone, action="hold", place="strasbourg", said={"reason": "doubt"})
    assert held.scan(code(5)).event_id
    held.close()


@pytest.mark.story(4)
@pytest.mark.story(9)
@pytest.mark.story(10)
@pytest.mark.parametrize("faults", [0.0, 0.4], ids=["a sound network", "a bad network"])
async def test_a_day_in_the_warehouse_without_a_network_arrives_once(field: Field, faults: float) -> None:
    drive(field)
    await evening(field, "d-un")
    await evening(field, "d-deux")
    morning = field.phones["d-deux"]
    assert Visit.begin(morning, action="receive", place="strasbourg", task="T-7").wanted == 18 + 40
    visit = receive(morning)
    field.world.pass_ms(4 * HOUR_MS)
    ticks = morning.ticks
    assert isinstance(ticks, SimTicks)
    ticks.restart()
    phone = reopened(field, "d-deux")
    resumed = Visit.resume(phone)
    assert resumed is not None
    assert (resumed.counted, resumed.task, resumed.said["verdict"]) == (visit.counted, "T-7", "ok")
    finish(resumed)
    batch = label(phone)
    weigh(phone)
    field.world.pass_ms(4 * HOUR_MS)
    count(phone)
    predicted = {each: phone.mirror.look(each).item for each in (*map(code, (*CRATES, 30, 31)), *BLANK)}

    field.faults = faults
    await evening(field, "d-deux")
    field.faults = 0.0
    assert stored(field, "d-deux") == [(event_id, "accepted") for event_id in kept(phone)]
    assert await photos_there(field, 18) == [("item.sorted/1", DIRTY)]
    again = await field.run(sync(phone), "d-deux")
    assert again is not None
    assert (again.sent, again.photos_sent) == (0, 0)

    with field.served.database.reading() as connection:
        assert list(verify.faults(connection, ORG)) == []
        found = items(connection, predicted)
        day = driving.today(phone).isoformat()
        rows = [row for row in partner_balances.at_day(connection, ORG, day) if row.partner == "rhin"]
        assert [(row.type, row.held, row.inbound, row.unscanned) for row in rows if row.type == "bac"] == [
            ("bac", 0, 1, 1)  # declared at the stop, and nobody has scanned it since
        ]
        assert [row for row in rows if row.type == "film" and (row.inbound or row.held > 0)] == []
        printed = label_sheets.find(connection, ORG, batch)
        assert printed is not None
        assert [line.code.text for line in printed.lines] == [code(number) for number in range(1, 61)]
    for subject, item in predicted.items():
        state = found[subject]
        assert (state.stage, state.site, state.grade, state.hold) == (item.stage, item.site, item.grade, item.hold)
    assert found[BLANK[1]].id == found[code(30)].id
    assert (found[code(20)].stage, found[code(5)].hold, found[code(18)].stage) == ("retired", "doubt", "cleaning")
    assert found[code(3)].grade == "B"
    assert found[BLANK[0]].tare_g == 34_000


def items(connection: sa.Connection, subjects: Iterable[str]) -> dict[str, Item]:
    """Give what the server has of each subject."""
    store = SqlStore(connection, ORG)
    bound = store.bindings(subjects)
    owners = {subject: owner(subject, bound) for subject in subjects}
    known = store.items(owners.values())
    return {subject: known[item] for subject, item in owners.items()}
