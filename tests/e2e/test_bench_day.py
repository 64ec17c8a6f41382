"""A technician's whole day without a network, against the real server: everything arrives once, and means the same.

Two persons share the phone of the workshop; a donor is taken apart, its part requalified and built into something
else; what may not be is refused offline, and by the server where a client does not ask.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from boucle.checklists import Answer
from boucle.item import Job
from boucle.reasons import Reason
from boucle.roles import Role
from boucle.telling import Outcome, Told
from boucle.wire import subject_of
from boucle_field import bench, bench_acts, people
from boucle_field.bench import Next
from boucle_field.bench_acts import Form
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.store import put
from boucle_field.sync import sync
from boucle_server import verify
from boucle_server.ingest import accept_own
from boucle_server.people import add_operator
from boucle_server.read_tables import TASK
from boucle_server.server_device import Draft as Statement
from boucle_server.settings import Settings
from tests.api.serving import serving
from tests.builders import ORG, code
from tests.e2e.test_schedules_on_the_server import Field
from tests.e2e.test_warehouse_day import HOUR_MS, evening, items, kept, photos_there, reopened, settle_at, stored
from tests.photos import a_jpeg
from tests.screens.bench_stock import ENTRY, QUALITY, TEST, TYPES
from tests.world import SimTicks

DEV = "d-deux"
DONOR, HOST, CRATE, PART, SECOND = 51, 52, 53, 61, 62
WORN = a_jpeg(size=90_000, seed=51)
"""A photo of more than one part of an upload, of the donor as it came in."""
MEASURED: dict[str, Answer] = {"isolement": 1_500, "aspect": "1"}


@pytest_asyncio.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """Give a workshop's phone that knows its people, types, checklists and what came in yesterday."""
    async with serving(Settings(data=tmp_path / "data", jobs=False)) as served:
        field = Field(served, 11)
        field.begin(11)
        field.faults = 0.0
        settle_at(field, DEV, "strasbourg")
        rows = [("item_type", key, row) for key, row in TYPES.items()]
        rows += [("checklist", each.key, each.row) for each in (ENTRY, TEST, QUALITY)]
        with served.database.writing(ORG) as connection:
            state(field, connection, rows)
            for name, role in (("Inès", Role.TECHNICIAN), ("Hugo", Role.INSPECTOR)):
                add_operator(connection, ORG, name=name, role=role, pin="4711", now_ms=field.world.now_ms)
        phone = field.phones[DEV]
        for number, kind in ((DONOR, "moteur"), (HOST, "moteur"), (CRATE, "bac")):
            record(phone, Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": kind}))
        record(phone, Draft(kind="item.sorted", code=code(CRATE), place="strasbourg", body={"verdict": "damaged"}))
        await evening(field, DEV)
        await evening(field, DEV)
        yield field


def state(field: Field, connection: sa.Connection, rows: list[tuple[str, str, dict[str, object]]]) -> None:
    drafts = [
        Statement(kind="reference.set", fields={"body": {"table": table, "key": key, "valid_from": 0, "row": row}})
        for table, key, row in rows
    ]
    accept_own(connection, ORG, drafts, actor="", now_ms=field.world.now_ms)


def record(phone: Phone, draft: Draft) -> None:
    assert phone.desk.record(draft).event_id


def stand_in(phone: Phone, name: str) -> str:
    """Let somebody stand at the phone; that a PIN proves it is told elsewhere."""
    who = people.find_operator(phone.store, name)
    with phone.store.writing() as db:
        put(db, "actor", who.person)
    return who.person


def form(phone: Phone, number: int, answers: dict[str, Answer], moment: str) -> Form:
    ticket = bench.ticket_of(phone, code(number))
    listed = {"entry": ENTRY, "test": TEST, "quality": QUALITY}[moment]
    held = bench.checklist(phone, ticket, listed.moment)
    return Form(code(number), listed.moment, held, dict(answers) if held else {}, "dead", True)


def at_no_time(job: Job | tuple[()]) -> Job | tuple[()]:
    """Give a repair without its instants: a phone that was switched off learns what time it was when it syncs."""
    return job._replace(id="", earlier="", start_ms=0, closed_ms=0, back_ms=0) if isinstance(job, Job) else job


def to_control(phone: Phone, number: int) -> None:
    """Open, diagnose, repair and test a thing, as the technician."""
    said(bench_acts.open_ticket(phone, code(number)))
    said(bench_acts.diagnose(phone, form(phone, number, {"complet": True, "propre": True}, "entry")))
    said(bench_acts.repaired(phone, code(number)))
    said(bench_acts.tested(phone, form(phone, number, MEASURED, "test"), passed=True))


def said(told: Told) -> None:
    assert told.event_id, told


def morning(phone: Phone) -> None:
    """Take a donor apart: its pump gets a label, and is brought as far as its control."""
    stand_in(phone, "Inès")
    assert [ticket.code for ticket in bench.bench(phone).unopened] == [code(CRATE)]
    said(bench_acts.open_ticket(phone, code(DONOR), photos=(Photo(WORN),)))
    said(bench_acts.diagnose(phone, form(phone, DONOR, {"complet": True, "propre": True}, "entry")))
    said(bench_acts.give_up(phone, code(DONOR), "too_damaged"))
    parts = [(code(PART), "pompe", 3_400), (code(SECOND), "joint", 40)]
    said(bench_acts.harvest(phone, code(DONOR), parts, 10_500))
    early = bench_acts.look_at_part(phone, code(HOST), code(PART))
    assert early.reasons == (Reason.PART_NOT_REQUALIFIED,)
    to_control(phone, PART)


def noon(phone: Phone) -> None:
    """Have another person pass the pump; the technician alone could not."""
    refused = bench_acts.requalify(phone, form(phone, PART, {}, "quality"))
    assert (refused.outcome, refused.event_id) == (Outcome.REFUSED, "")
    assert refused.reasons[-1] == "reason.same_person"
    stand_in(phone, "Hugo")
    said(bench_acts.requalify(phone, form(phone, PART, {}, "quality")))
    said(bench_acts.store_away(phone, code(PART), "strasbourg"))


def afternoon(phone: Phone) -> None:
    """Build the pump into a motor, wait for a seal, go on, and send the motor to its control."""
    stand_in(phone, "Inès")
    said(bench_acts.open_ticket(phone, code(HOST), priority=bench.URGENT))
    said(bench_acts.diagnose(phone, form(phone, HOST, {"complet": False, "propre": True}, "entry")))
    part = bench_acts.look_at_part(phone, code(HOST), code(PART))
    assert (part.reasons, part.is_reclaimed, part.price_cents, part.mass_g) == ((), True, 8_600, 3_400)
    said(bench_acts.use_part(phone, code(HOST), part))
    said(bench_acts.pause(phone, code(HOST), ["joint"]))
    said(bench_acts.resume(phone, code(HOST)))
    said(bench_acts.use_new_part(phone, code(HOST), "joint"))
    said(bench_acts.repaired(phone, code(HOST)))
    said(bench_acts.tested(phone, form(phone, HOST, {**MEASURED, "isolement": 400}, "test"), passed=True))
    assert bench.ticket_of(phone, code(HOST)).stage == "in_repair"
    said(bench_acts.repaired(phone, code(HOST)))
    said(bench_acts.tested(phone, form(phone, HOST, MEASURED, "test"), passed=True))
    to_control(phone, CRATE)


def last_hour(phone: Phone) -> None:
    """Control what waits: a failed check stops a release here; the crate goes back to service."""
    stand_in(phone, "Hugo")
    refused = bench_acts.requalify(phone, form(phone, HOST, {"tient": False}, "quality"))
    assert (refused.event_id, refused.reasons) == ("", ("reason.check_failed",))
    said(bench_acts.requalify(phone, form(phone, HOST, {"tient": True}, "quality")))
    said(bench_acts.requalify(phone, form(phone, CRATE, {"tient": True}, "quality")))
    assert bench.first_step(phone, bench.ticket_of(phone, code(CRATE))) is Next.RELEASE
    said(bench_acts.release(phone, code(CRATE)))


@pytest.mark.story(15)
@pytest.mark.story(17)
@pytest.mark.asyncio
@pytest.mark.parametrize("faults", [0.0, 0.35])
async def test_a_day_at_the_bench_without_a_network_arrives_once_unchanged(field: Field, faults: float) -> None:
    phone = field.phones[DEV]
    morning(phone)
    field.world.pass_ms(4 * HOUR_MS)
    ticks = phone.ticks
    assert isinstance(ticks, SimTicks)
    ticks.restart()
    phone = reopened(field, DEV)
    noon(phone)
    field.world.pass_ms(2 * HOUR_MS)
    afternoon(phone)
    field.world.pass_ms(2 * HOUR_MS)
    last_hour(phone)
    subjects = [code(number) for number in (DONOR, HOST, CRATE, PART, SECOND)]
    predicted = {each: phone.mirror.look(each).item for each in subjects}

    field.faults = faults
    await evening(field, DEV)
    field.faults = 0.0
    assert stored(field, DEV) == [(event_id, "accepted") for event_id in kept(phone)]
    assert await photos_there(field, DONOR) == [("work.opened/1", WORN)]
    again = await field.run(sync(phone), DEV)
    assert again is not None
    assert (again.sent, again.photos_sent) == (0, 0)

    with field.served.database.reading() as connection:
        assert list(verify.faults(connection, ORG)) == []
        found = items(connection, predicted)
        tasks = sorted(row.reason for row in connection.execute(sa.select(TASK.c.reason).where(TASK.c.org == ORG)))
    for subject, item in predicted.items():
        state = found[subject]
        assert (state.work_stage, state.stage, state.part, state.type) == (
            item.work_stage,
            item.stage,
            item.part,
            item.type,
        )
        assert at_no_time(state.job) == at_no_time(item.job)
    chain = found[code(PART)].part
    assert (chain.donor, chain.requalified, chain.host, chain.credit) == (code(DONOR), True, code(HOST), False)  # type: ignore[union-attr]
    stages = [found[each].work_stage for each in subjects]
    assert stages == ["harvested", "requalified", "returned_to_use", "returned_to_use", ""]
    assert found[code(CRATE)].stage == "available"
    assert tasks == []


@pytest.mark.story(15)
@pytest.mark.asyncio
async def test_what_a_careless_client_sends_all_the_same_has_no_effect_at_the_server(field: Field) -> None:
    phone = field.phones[DEV]
    ines = stand_in(phone, "Inès")
    to_control(phone, HOST)
    hugo = stand_in(phone, "Hugo")
    task = bench.ticket_of(phone, code(HOST)).job.task
    certificate = Draft(kind="work.requalified", code=code(HOST), place="strasbourg", task=task)
    bad = form(phone, HOST, {"tient": False}, "quality").body
    left_out = form(phone, HOST, {}, "quality").body
    for actor, body in ((hugo, bad), (hugo, left_out), (ines, form(phone, HOST, {"tient": True}, "quality").body)):
        # Not through the desk, which refuses: as a client that does not ask.
        draft = replace(certificate, body={**body, "certificate": "CR-1"})
        phone.outbox.record(draft, actor=actor)
    await evening(field, DEV)
    with field.served.database.reading() as connection:
        found = items(connection, [code(HOST)])[code(HOST)]
        reasons = [row.reason for row in connection.execute(sa.select(TASK.c.reason).where(TASK.c.org == ORG))]
    assert (found.work_stage, found.job.certificate) == ("quality_control", "")  # type: ignore[union-attr]
    assert reasons.count(Reason.CHECK_FAILED) == 2


@pytest.mark.story(15)
@pytest.mark.asyncio
async def test_an_expired_qualification_is_refused_offline_and_at_the_server_until_the_office_knows_better(
    field: Field,
) -> None:
    phone = field.phones[DEV]
    hugo = people.find_operator(phone.store, "Hugo").person
    rule: tuple[str, str, dict[str, object]] = (
        "qualification",
        "final",
        {"name": "Contrôle final", "acts": "requalify release"},
    )
    with field.served.database.writing(ORG) as connection:
        state(field, connection, [rule, ("qualified", f"{hugo}>final", {"until": "2025-12-31"})])
    await evening(field, DEV)
    stand_in(phone, "Inès")
    to_control(phone, HOST)
    stand_in(phone, "Hugo")
    answered = form(phone, HOST, {"tient": True}, "quality")
    refused = bench_acts.requalify(phone, answered)
    assert (refused.outcome, refused.event_id, refused.reasons) == (Outcome.REFUSED, "", ("reason.unqualified",))
    assert bench.first_step(phone, bench.ticket_of(phone, code(HOST))) is None

    task = bench.ticket_of(phone, code(HOST)).job.task
    certificate = Draft(kind="work.requalified", code=code(HOST), place="strasbourg", task=task)
    # Not through the desk, which refuses: as a client that does not ask.
    phone.outbox.record(replace(certificate, body={**answered.body, "certificate": "CR-1"}), actor=hugo)
    await evening(field, DEV)
    assert standing(field) == ("quality_control", [Reason.UNQUALIFIED])

    with field.served.database.writing(ORG) as connection:
        state(field, connection, [("qualified", f"{hugo}>final", {"until": "2030-12-31"})])
    assert standing(field) == ("requalified", [])
    await evening(field, DEV)
    assert phone.mirror.look(subject_of(code(HOST), "", "")).item.work_stage == "requalified"


def standing(field: Field) -> tuple[str, list[str]]:
    """Give the stage of the host's repair at the server, and what of it waits for a person."""
    with field.served.database.reading() as connection:
        found = items(connection, [code(HOST)])[code(HOST)]
        reasons = [row.reason for row in connection.execute(sa.select(TASK.c.reason).where(TASK.c.org == ORG))]
    return found.work_stage, reasons
