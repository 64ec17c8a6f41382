"""A warehouse operator's day with returned products and no network, against the real server: it all arrives once.

The office announces a return and calls a part of it off while the phone is away; the phone receives what comes, with
what nobody announced and what somebody else brings, is killed at noon, grades, decides, puts away, ships and weighs.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from boucle.actions import Amount
from boucle.leaving import Treatment
from boucle.return_counts import Return
from boucle.rma import ReturnState
from boucle.telling import Outcome, Told
from boucle_field import bench_acts, return_acts, return_receipt, returns, weighed
from boucle_field.identity import Identity
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.return_acts import About, Step
from boucle_field.store import put
from boucle_field.sync import sync
from boucle_field.visit import Visit
from boucle_field.weighed import Job, Weighing
from boucle_server import returns as server_returns
from boucle_server import verify
from boucle_server.ingest import accept_own
from boucle_server.server_device import Draft as Statement
from boucle_server.settings import Settings
from tests.api.serving import serving
from tests.builders import ORG, code
from tests.e2e.test_bench_day import state
from tests.e2e.test_schedules_on_the_server import Field
from tests.e2e.test_warehouse_day import HOUR_MS, evening, items, keep, kept, photos_there, reopened, settle_at, stored
from tests.photos import a_jpeg
from tests.world import SimTicks

DEV, RMA = "d-deux", "RT-261129-7K3M"
PUMPS = range(71, 77)
BROKEN = a_jpeg(size=90_000, seed=73)
"""A photo of more than one part of an upload, of the pump that is good for nothing."""
TYPES: list[tuple[str, str, dict[str, Any]]] = [
    ("item_type", "pompe", {"name": "Pompe", "material": "acier", "tare_g": 3_500, "nature": "product"}),
    ("item_type", "livre", {"name": "Livre", "tare_g": 400, "nature": "product", "serialised": False}),
]


@pytest_asyncio.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """Give the warehouse's phone, which knows of six pumps that were sold, and of a return of some and of books."""
    async with serving(Settings(data=tmp_path / "data", jobs=False)) as served:
        field = Field(served, 13)
        field.begin(13)
        field.faults = 0.0
        for dev in field.phones:
            settle_at(field, dev, "strasbourg")
        with served.database.writing(ORG) as connection:
            state(field, connection, TYPES)
        office = field.phones["d-un"]
        for number in PUMPS:
            keep(office, Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": "pompe"}))
            keep(office, Draft(kind="item.shipped", code=code(number), place="strasbourg", body={"to": "mulhouse"}))
        await evening(field, "d-un")
        for number in (71, 72):
            on_the_web(field, "return.announced", code=code(number), place="mulhouse", task=RMA)
        on_the_web(field, "return.announced", item_type="livre", qty=12, place="mulhouse", task=RMA)
        for dev in field.phones:
            await evening(field, dev)
        as_warehouse(field)
        yield field


def on_the_web(field: Field, kind: str, **fields: Any) -> None:
    with field.served.database.writing(ORG) as connection:
        accept_own(connection, ORG, [Statement(kind=kind, fields=fields)], actor="", now_ms=field.world.now_ms)


def as_warehouse(field: Field) -> None:
    """Let the phone be one of the warehouse: nobody here decides about money."""
    phone = field.phones[DEV]
    with phone.store.writing() as db:
        identity = replace(Identity.of(phone.store), role="warehouse")
        put(db, "identity", json.dumps(asdict(identity), sort_keys=True))
    reopened(field, DEV)


def said(told: Told | object) -> None:
    assert isinstance(told, Told)
    assert told.event_id, told


def morning(phone: Phone) -> Visit:
    """Receive what was announced: one pump, seven books, and a pump that the return does not name."""
    (announced,) = returns.known(phone).open()
    assert (announced.rma, announced.site, announced.state, announced.remaining) == (
        RMA, "mulhouse", ReturnState.OPEN, 14,
    )  # fmt: skip
    received = {"against": RMA, "from": "mulhouse"}
    visit = Visit.begin(
        phone, action="return", place="strasbourg", task=return_receipt.new_number(phone), said=received
    )
    assert visit.scan(code(71)).outcome is Outcome.ACCEPTED
    assert visit.undo() is not None
    assert visit.scan(code(71)).event_id
    assert visit.count(Amount("livre", 7)).outcome is Outcome.ACCEPTED
    beyond = visit.scan(code(73))
    assert (beyond.outcome, beyond.why) == (Outcome.UNEXPECTED, (("told.return_other_number", {}),))
    return visit


def noon(phone: Phone) -> str:
    """Receive the other pump, then one that nobody announced and that another partner brings."""
    visit = Visit.resume(phone)
    assert visit is not None
    assert return_receipt.rma_of(visit) == RMA
    assert visit.scan(code(72)).outcome is Outcome.ACCEPTED
    assert totals(phone) == (ReturnState.PARTLY_RECEIVED, 5, 1)
    visit.close()
    task = return_receipt.new_number(phone)
    blind = Visit.begin(phone, action="return", place="strasbourg", task=task, said={"from": "nancy"})
    line = blind.scan(code(74))
    names = {"origin": "rhin", "partner": "nancy"}
    assert (line.outcome, line.why[-1]) == (Outcome.UNEXPECTED, ("told.return_other_partner", names))
    blind.close()
    return task


def afternoon(phone: Phone, blind: str) -> None:
    """Say of each what becomes of it, and do it: shelf, bench, scale, supplier."""
    for number, grade in ((71, "A"), (72, "C"), (73, "D")):
        about = About(rma=RMA, code=code(number))
        assert return_acts.step_of(phone, returns.product_of(phone, code(number))) is Step.GRADE
        said(return_acts.grade(phone, about, grade, (Photo(BROKEN),) if grade == "D" else ()))
    said(return_acts.decide(phone, About(rma=RMA, code=code(71)), "restock"))
    said(return_acts.store_away(phone, About(rma=RMA, code=code(71)), "A-12"))
    said(return_acts.decide(phone, About(rma=RMA, code=code(72)), "repair"))
    said(bench_acts.open_ticket(phone, code(72)))
    said(return_acts.decide(phone, About(rma=RMA, code=code(73)), "recycle", reason="Moins cher ainsi"))
    weighing = Weighing(job=Job.TREATMENT, code=code(73), treatment=Treatment("R4"), outlet="", against=RMA)
    said(weighed.record(phone, weighing, 3_400))
    books = About(rma=RMA, item_type="livre", n=7)
    said(return_acts.grade(phone, books, "B"))
    said(return_acts.decide(phone, books, "supplier"))
    said(return_acts.send(phone, replace(books, n=6), "nancy"))
    assert return_acts.undo(phone, RMA) is not None
    said(return_acts.send(phone, replace(books, n=5), "nancy"))
    said(return_acts.grade(phone, About(rma=blind, code=code(74)), "B"))


def totals(phone: Phone) -> tuple[ReturnState, int, int]:
    found = returns.find(phone, RMA)
    assert found is not None
    return found.state, found.remaining, sum(each.line.excess for each in found.counts)


def counts(of: Return) -> list[tuple[object, ...]]:
    return [tuple(each) for each in of.counts]


@pytest.mark.story(11)
@pytest.mark.story(12)
@pytest.mark.story(14)
@pytest.mark.parametrize("faults", [0.0, 0.4], ids=["a sound network", "a bad network"])
async def test_a_day_of_returns_without_a_network_arrives_once(field: Field, faults: float) -> None:
    visit = morning(field.phones[DEV])
    field.world.pass_ms(4 * HOUR_MS)
    ticks = field.phones[DEV].ticks
    assert isinstance(ticks, SimTicks)
    ticks.restart()
    phone = reopened(field, DEV)
    assert visit.counted == 9
    blind = noon(phone)
    on_the_web(field, "return.cancelled", item_type="livre", qty=5, task=RMA)
    field.world.pass_ms(4 * HOUR_MS)
    afternoon(phone, blind)
    assert totals(phone) == (ReturnState.PARTLY_RECEIVED, 5, 1)
    predicted = {each: phone.mirror.look(each).item for each in map(code, PUMPS)}
    before = counts(returns.known(phone).returns[blind])

    field.faults = faults
    await evening(field, DEV)
    field.faults = 0.0
    assert stored(field, DEV) == [(event_id, "accepted") for event_id in kept(phone)]
    assert await photos_there(field, 73) == [("item.graded/1", BROKEN)]
    again = await field.run(sync(phone), DEV)
    assert again is not None
    assert (again.sent, again.photos_sent) == (0, 0)

    assert totals(phone) == (ReturnState.PROCESSING, 0, 1)
    with field.served.database.reading() as connection:
        assert list(verify.faults(connection, ORG)) == []
        found = items(connection, predicted)
        for rma in (RMA, blind):
            (there,) = server_returns.returns(connection, ORG, rma)
            here = returns.find(phone, rma)
            assert here is not None
            assert (here.state, here.partner, counts(here)) == (there.state, there.partner, counts(there))
    assert counts(returns.known(phone).returns[blind]) == before
    for subject, item in predicted.items():
        there_now = found[subject]
        assert (there_now.stage, there_now.return_stage, there_now.grade) == (item.stage, item.return_stage, item.grade)
    stages = [found[code(number)].return_stage for number in PUMPS]
    assert stages == ["closed", "in_treatment", "closed", "graded", "", ""]
