"""Seeding: a simulated year goes into a real database by the door that every phone uses."""

import json
from collections.abc import Callable
from datetime import date
from typing import Final, assert_never

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.amend import in_order
from boucle.clock import DEFAULT_ZONE, day_of
from boucle.codes import Kind, mint
from boucle.lifecycle import Stage
from boucle.log import EntryKind
from boucle.photo import Picture, look
from boucle.pin import hash_pin
from boucle.roles import Role
from boucle.rounds import VALIDATED
from boucle.version import VERSION
from boucle.wire import digest
from boucle_server import closing, devices, eventlog, organisations, photos, problem_reports
from boucle_server.db import Database
from boucle_server.demo.chance import Chance
from boucle_server.demo.people import PASSWORD, PIN
from boucle_server.demo.phone import HOUR_MS, Delivery, Heard, Phone
from boucle_server.demo.pictures import broken_crate, drawn
from boucle_server.demo.year import ORG, Arrival, Closed, Decided, Joined, Plan, Revoked, Year
from boucle_server.feed import note_changes
from boucle_server.imports import runs
from boucle_server.imports.recording import keep_tried, record
from boucle_server.imports.tried import guessed
from boucle_server.ingest import accept_own, ingest
from boucle_server.people import OPERATORS, hash_password
from boucle_server.problem_reports import Problem, Said
from boucle_server.projections import event_of
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.server_device import Draft
from boucle_server.slip_links import sharing
from boucle_server.tables import DEVICE, JOB_RUN, PERSON, RECORD
from boucle_server.tables import ORG as ORGS

NAME: Final = "Boucles du Grand Est (démonstration)"
_JOB: Final = "demo"
_TOGETHER: Final = 32
_HELD: Final = 7
"""Events that one phone still holds at the end."""
_REPORTED: Final = (
    (Problem.TAKE_BACK, "Il est dehors derrière l’atelier depuis l’été, plus personne ne s’en sert.", 47),
    (Problem.DAMAGED, "Un coin est fendu, le couvercle ne ferme plus.", 6),
)
"""What strangers reported, and how many hours before the end."""

_TABLE: Final = (
    ("indicateur", "boucle", "objectif"),
    ("K1", "palettes-nancy", "94"),
    ("K1", "rolls-haguenau", "96"),
    ("K1", "rolls-hagenau", "96"),
)
"""A table of goals as somebody brings it: in the last row a loop is spelled wrong."""


def state_of(database: Database) -> str:
    """Tell what a database holds: `empty`, `demo`, `broken` when seeding it was interrupted, or `real`."""
    with database.reading() as connection:
        found = connection.execute(sa.select(ORGS.c.org, ORGS.c.demo)).all()
        if any(not row.demo for row in found):
            return "real"
        if not found:
            return "empty"
        done = sa.select(JOB_RUN.c.finished_ms).where(JOB_RUN.c.org == ORG, JOB_RUN.c.name == _JOB)
        return "broken" if connection.execute(done).scalar() is None else "demo"


def plan_of(database: Database) -> Plan:
    """Give the plan by which a database was seeded."""
    with database.reading() as connection:
        text: str = connection.execute(sa.select(JOB_RUN.c.period).where(JOB_RUN.c.name == _JOB)).scalar_one()
    found = json.loads(text)
    return Plan(**{**found, "today": date.fromisoformat(found["today"])})


def plan_text(plan: Plan) -> str:
    """Write a plan on one line."""
    return json.dumps({"today": plan.today.isoformat(), "items": plan.items, "months": plan.months, "seed": plan.seed})


def seed(database: Database, year: Year, *, origin_host: str, tell: Callable[[int, int], None]) -> None:
    """Store a year in an empty database; `tell` hears how many of all arrivals are in.

    Some arrivals share a transaction, because nobody waits for the answer to any one of them.
    """
    began_ms = year.valid_from_ms
    with database.writing(ORG) as connection:
        organisations.create(connection, org=ORG, name=NAME, origin_host=origin_host, now_ms=began_ms, demo=True)
        period = plan_text(year.plan)
        connection.execute(sa.insert(JOB_RUN).values(org=ORG, name=_JOB, period=period, started_ms=began_ms))
        _hire(connection, year, now_ms=began_ms)
        rows = ({"table": table, "key": key, "valid_from": began_ms, "row": row} for table, key, row in year.reference)
        drafts = [Draft(kind="reference.set", fields={"body": body}) for body in rows]
        accept_own(connection, ORG, drafts, actor="", now_ms=began_ms)
    for done in range(0, len(year.arrivals), _TOGETHER):
        part = year.arrivals[done : done + _TOGETHER]
        with database.writing(ORG) as connection:
            for arrival in part:
                _store(connection, arrival)
        tell(done + len(part), len(year.arrivals))
    with database.writing(ORG) as connection:
        ended_ms = year.arrivals[-1].received_ms
        _report_problems(connection, now_ms=ended_ms)
        _bring_a_table(connection, year, now_ms=ended_ms)
        _share_slips(connection, year, now_ms=ended_ms)
        _bring_photos(connection, now_ms=ended_ms)
        _hold_some(connection)
        connection.execute(
            sa.update(JOB_RUN)
            .where(JOB_RUN.c.org == ORG, JOB_RUN.c.name == _JOB)
            .values(finished_ms=ended_ms, outcome="done")
        )


def _report_problems(connection: Connection, *, now_ms: int) -> None:
    """Let strangers who scanned a label have reported something on its public page."""
    held = (
        sa.select(ITEM.c.item, BINDING.c.code)
        .join(BINDING, sa.and_(BINDING.c.org == ITEM.c.org, BINDING.c.item == ITEM.c.item))
        # Not what is presumed lost: it is asked about as that.
        .where(ITEM.c.org == ORG, ITEM.c.stage == Stage.AT_PARTNER, BINDING.c.code.startswith("C/"))
        .where(ITEM.c.loss >= day_of(now_ms, DEFAULT_ZONE))
        .order_by(ITEM.c.out_since, BINDING.c.code)
        .limit(len(_REPORTED))
    )
    for row, (problem, words, hours) in zip(connection.execute(held).all(), _REPORTED, strict=False):
        at_ms = now_ms - hours * HOUR_MS
        photo = broken_crate() if problem is Problem.DAMAGED else None
        said = Said(code=row.code, item=row.item, problem=problem, words=words, photo=photo)
        problem_reports.file(connection, ORG, said, now_ms=at_ms)


def _bring_a_table(connection: Connection, year: Year, *, now_ms: int) -> None:
    """Let the manager have brought the goals of two loops as a table, of which one row could not be taken."""
    manager = next(pseudonym for pseudonym, person in year.people if person.role is Role.MANAGER)
    raw = "\r\n".join(";".join(row) for row in _TABLE).encode()
    values = {
        "kind": "goals", "name": "objectifs-des-boucles.csv", "sha256": digest(raw), "size": len(raw),
        "person": manager, "mapping": guessed("goals", _TABLE[0]),
    }  # fmt: skip
    run = keep_tried(connection, ORG, values, _TABLE, noticed={}, zone=DEFAULT_ZONE, now_ms=now_ms)
    runs.change(connection, ORG, run, state=runs.State.WRITING, decided_by=manager, decided_ms=now_ms)
    record(connection, ORG, run, zone=DEFAULT_ZONE, now_ms=now_ms)


def _share_slips(connection: Connection, year: Year, *, now_ms: int) -> None:
    """Let the manager have sent every partner the link of what he signed."""
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == ORG, RECORD.c.kind == f"{VALIDATED}/1", RECORD.c.status == "accepted"
    )
    signed = in_order(event_of(*row) for row in connection.execute(query))
    newest = {event.task: event for event in signed}
    manager = next(pseudonym for pseudonym, person in year.people if person.role is Role.MANAGER)
    drafts = [sharing(event, now_ms, DEFAULT_ZONE) for event in newest.values()]
    accept_own(connection, ORG, drafts, actor=manager, now_ms=now_ms)


def _bring_photos(connection: Connection, *, now_ms: int) -> None:
    """Let every photo that was announced have come but the one that never will."""
    here = drawn()
    for each in photos.missing(connection, ORG):
        content = here.get(each.sha256)
        if content is None:
            continue
        found = look(content)
        assert isinstance(found, Picture)
        photos.keep(connection, ORG, each.dev, content, picture=found, now_ms=now_ms)


def _hold_some(connection: Connection) -> None:
    """Let one phone have said that it still holds something: the last that was heard and that owes nothing else."""
    owing = {each.dev for each in photos.owed(connection, ORG)}
    phones = (
        sa.select(DEVICE.c.dev)
        .where(DEVICE.c.org == ORG, DEVICE.c.status == "active", DEVICE.c.dev.not_in(owing))
        .where(DEVICE.c.last_seen_ms.is_not(None))
        .order_by(DEVICE.c.last_seen_ms.desc(), DEVICE.c.dev)
        .limit(1)
    )
    last = connection.execute(phones).scalar_one()
    connection.execute(sa.update(DEVICE).where(DEVICE.c.org == ORG, DEVICE.c.dev == last).values(unsent=_HELD))


def _store(connection: Connection, arrival: Arrival) -> None:
    """Let one arrival take effect, with the receipt time that the simulation gives it."""
    now_ms = arrival.received_ms
    match arrival:
        case Delivery():
            ingest(connection, arrival.push, now_ms=now_ms)
        case Decided():
            acts = [act.draft() for act in arrival.acts]
            accept_own(connection, ORG, acts, actor=arrival.actor, now_ms=now_ms)
        case Closed():
            closing.close(connection, ORG, arrival.month, by=arrival.actor, now_ms=now_ms)
        case Joined():
            _let_in(connection, arrival.phone, now_ms=now_ms)
        case Revoked():
            devices.revoke(connection, ORG, arrival.dev, now_ms=now_ms)
        case Heard():
            said = {"app": VERSION, "boot": arrival.boot}
            devices.seen(connection, ORG, arrival.dev, now_ms=now_ms, unsent=0, **said)
        case _:
            assert_never(arrival)


def _hire(connection: Connection, year: Year, *, now_ms: int) -> None:
    """Enter the people under the pseudonyms of the simulation, with the credentials that everybody is told."""
    badges = Chance(year.plan.seed, "badges")
    pin_hash, password_hash = hash_pin(PIN, Chance(year.plan.seed, "pin").bytes), hash_password(PASSWORD)
    for pseudonym, person in year.people:
        connection.execute(
            sa.insert(PERSON).values(
                org=ORG,
                person=pseudonym,
                name=person.name,
                login=person.login or None,
                password_hash=password_hash if person.login else None,
                badge=mint(Kind.BADGE, badges.bytes).text,
                pin_hash=pin_hash,
                role=person.role.value,
                site=person.site,
                active=True,
                created_ms=now_ms,
            )
        )
        content = {"act": "person.added", "role": person.role.value, "credentials": ["badge", "pin_hash"]}
        eventlog.append_act(connection, ORG, EntryKind.KEY, pseudonym, content=content, now_ms=now_ms)
    note_changes(connection, ORG, [(OPERATORS, pseudonym) for pseudonym, _ in year.people])


def _let_in(connection: Connection, phone: Phone, *, now_ms: int) -> None:
    """Enrol a simulated phone: with its key, and without any token, so that nobody can speak in its name."""
    handset = phone.handset
    connection.execute(
        sa.insert(DEVICE).values(
            org=ORG,
            dev=phone.dev,
            name=handset.name,
            role=handset.role.value,
            site=handset.site,
            public_key=phone.key.public,
            status="active",
            enrolled_ms=now_ms,
            last_seen_ms=now_ms,
        )
    )
    content = {
        "act": "device.enrolled",
        "public": phone.key.public.hex(),
        "role": handset.role.value,
        "site": handset.site,
    }
    eventlog.append_act(connection, ORG, EntryKind.KEY, phone.dev, content=content, now_ms=now_ms)
