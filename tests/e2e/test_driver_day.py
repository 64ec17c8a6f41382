"""A driver's whole day without a network, against the real server: three stops, and everything arrives once.

The network is cut as the round begins. One stop is an exchange with scans, with a crate that belongs to another stop;
the app is killed and the phone switched off and on in the middle of the next, where numbers are declared; the third
cannot be made and is closed with a photo. A fifth crate turns up after the first one was signed for, and in the
evening all of it goes over a network that loses and repeats.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.actions import Amount
from boucle.clock import day_of
from boucle.rounds import Ending, Gap, Round, Stop
from boucle.telling import Outcome
from boucle.wire import digest
from boucle_field import driving, pushing
from boucle_field.asking import Request
from boucle_field.driving import Progress, Signed
from boucle_field.identity import Identity
from boucle_field.outbox import Draft, Waiting
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.pushing import End
from boucle_field.store import put
from boucle_field.sync import TIME_QUESTIONS, sync
from boucle_field.visit import Visit
from boucle_server import partner_balances, slips, verify
from boucle_server.driven import DrivenRound, State, driven
from boucle_server.settings import Settings
from boucle_server.tables import DEVICE
from tests.api.serving import serving
from tests.builders import ORG, SITES, code
from tests.e2e.test_bench_day import state
from tests.e2e.test_schedules_on_the_server import Field
from tests.e2e.test_warehouse_day import HOUR_MS, OFFICE, asked, evening, items, keep, kept, reopened, settle_at, stored
from tests.photos import a_jpeg
from tests.world import SimTicks

DEV, ROUND = "d-deux", "T-7"
AT_MULHOUSE, ON_THE_WAY, AT_NANCY = range(1, 7), (8, 9), range(20, 30)
STRAY = 20
"""A crate of Nancy's that stands at Mulhouse."""
CLOSED_DOOR = a_jpeg(size=90_000, seed=7)
"""A photo of more than one part of an upload."""
STOPS = [
    {"id": "a", "place": "mulhouse", "collect": {"bac": 6}, "deliver": {"bac": 2}},
    {"id": "b", "place": "nancy", "collect": {"bac": 10, "film": 15}},
    {"id": "c", "place": "colmar", "collect": {"bac": 3}},
]


@pytest_asyncio.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """Give a driver's phone that knows today's round, and crates at Mulhouse, at Nancy and on their way."""
    async with serving(Settings(data=tmp_path / "data", jobs=False)) as served:
        field = Field(served, 3)
        field.begin(3)  # the phones' clocks are forty days behind
        field.faults = 0.0
        for dev in field.phones:
            settle_at(field, dev, "strasbourg")
        as_driver(field)
        day = day_of(field.world.now_ms, "Europe/Paris")
        plan: dict[str, Any] = {"day": day, "name": "Sud", "home": "strasbourg", "stops": STOPS}
        with served.database.writing(ORG) as connection:
            asks: dict[str, Any] = {**SITES["colmar"], "photos": "incident"}
            state(field, connection, [("site", "colmar", asks), ("round", ROUND, plan)])
        stand(field)
        for dev in field.phones:
            await evening(field, dev)
        yield field


def as_driver(field: Field) -> None:
    """Let the phone be a driver's, on both sides."""
    phone = field.phones[DEV]
    with phone.store.writing() as db:
        put(db, "identity", json.dumps(asdict(replace(Identity.of(phone.store), role="driver")), sort_keys=True))
    with field.served.database.writing(ORG) as connection:
        connection.execute(sa.update(DEVICE).where(DEVICE.c.dev == DEV).values(role="driver"))
    reopened(field, DEV)


def stand(field: Field) -> None:
    """Put the crates where the plan expects them: six at Mulhouse and two on their way, ten at Nancy."""
    office = field.phones[OFFICE]
    for numbers, partner, arrived in (
        (AT_MULHOUSE, "mulhouse", True),
        (ON_THE_WAY, "mulhouse", False),
        (AT_NANCY, "nancy", True),
    ):
        for number in numbers:
            keep(office, Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": "bac"}))
            keep(office, Draft(kind="item.shipped", code=code(number), place="strasbourg", body={"to": partner}))
            if arrived:
                keep(office, Draft(kind="item.delivered", code=code(number), place=partner))
    keep(office, Draft(kind="item.shipped", item_type="film", qty=15, place="strasbourg", body={"to": "nancy"}))
    keep(office, Draft(kind="item.delivered", item_type="film", qty=15, place="nancy"))


def at_stop(phone: Phone, stop_id: str) -> tuple[Round, Stop]:
    found = driving.stop_of(phone, f"{ROUND}#{stop_id}")
    assert found is not None
    return found


def begun(phone: Phone, stop_id: str, action: str) -> Visit:
    of, stop = at_stop(phone, stop_id)
    return Visit.begin(phone, action=action, place=stop.place, task=of.task(stop))


def validated(phone: Phone, stop_id: str, ending: Ending = Ending.DONE, **said: Any) -> list[str]:
    told = driving.validate(phone, *at_stop(phone, stop_id), ending=ending, **said)
    assert (told.outcome, told.reasons) == (Outcome.ACCEPTED, ())
    assert driving.standing(phone, *at_stop(phone, stop_id)).progress is Progress.DONE
    return [told.event_id]


def exchange(phone: Phone) -> list[str]:
    """Take four crates of six and leave two; a crate of Nancy's stands among them, and goes along."""
    taken = begun(phone, "a", "collect")
    assert taken.wanted == 6
    done = [taken.scan(code(number)) for number in range(1, 5)]
    assert {line.outcome for line in done} == {Outcome.ACCEPTED}
    stray = taken.scan(code(STRAY))
    name = {"place": "Nancy Électronique"}
    assert (stray.outcome, stray.elsewhere, stray.why) == (
        Outcome.UNEXPECTED, "nancy", (("told.expected_at", name),),
    )  # fmt: skip
    taken.keep(stray)
    taken.close()
    left = begun(phone, "a", "deliver")
    done += [stray, *(left.scan(code(number)) for number in ON_THE_WAY)]
    left.close()
    signed = Signed("Mme Weiß", [[100, 500, 400, 200, 700, 800]])
    ids = validated(phone, "a", reasons={"collect:bac": Gap.IN_USE}, signed=signed)
    return [line.event_id for line in done] + ids


def declare(phone: Phone) -> list[str]:
    """Go on where the app was killed: eight crates were counted, and twelve of fifteen films are there."""
    visit = Visit.resume(phone)
    assert visit is not None
    assert (visit.task, visit.counted) == (f"{ROUND}#b", 8)
    films = visit.count(Amount("film", 12))
    assert films.outcome is Outcome.ACCEPTED
    visit.close()
    reasons = {"collect:bac": Gap.IN_USE, "collect:film": Gap.NOT_FOUND}
    return [films.event_id, *validated(phone, "b", reasons=reasons, signed=Signed("M. Petit"))]


def turn_away(phone: Phone) -> list[str]:
    """Find the third stop closed, which asks for a photo of it."""
    assert driving.asks_photo(phone, at_stop(phone, "c")[1], Ending.CLOSED)
    return validated(phone, "c", Ending.CLOSED, note="Portail fermé", photos=(Photo(CLOSED_DOOR),))


def fifth(phone: Phone) -> list[str]:
    """Add the crate that stood behind the door, and have the slip signed again."""
    visit = begun(phone, "a", "collect")
    assert (visit.counted, visit.undo()) == (5, None)
    line = visit.scan(code(5))
    assert line.outcome is Outcome.ACCEPTED
    visit.close()
    assert driving.standing(phone, *at_stop(phone, "a")).added == 1
    return [line.event_id, *validated(phone, "a", signed=Signed("Mme Weiß"))]


async def killed_as_it_sends(field: Field) -> None:
    """End the app when its first push is made and nothing of it has gone yet, and start it again."""
    assert await field.run(sync(field.phones[DEV]), DEV, steps=TIME_QUESTIONS) is None
    reopened(field, DEV)


def round_there(field: Field, connection: Connection) -> DrivenRound:
    of, _ = at_stop(field.phones[DEV], "a")
    (found,) = driven(connection, ORG, [of], zone="Europe/Paris", now_ms=field.world.now_ms)
    return found


def versions(field: Field, connection: Connection, stop_id: str) -> list[tuple[object, ...]]:
    """Give the slips of a stop: which version, how it ended, who signed, what was taken of what was expected."""
    made = slips.slips_of(connection, ORG, f"{ROUND}#{stop_id}", now_ms=field.world.now_ms)
    return [
        (
            of.version,
            str(of.ending),
            of.signer,
            {row.item_type: (row.total, row.expected) for row in each.rows("collect")},
        )
        for each in made
        for of in [each.validation]
    ]


def balances(connection: Connection, day: str) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Give by place and type what is held, on its way there, in our vehicle, and how much nobody scanned."""
    rows = partner_balances.at_day(connection, ORG, day)
    return {(row.site, row.type): (row.held, row.transit, row.inbound, row.unscanned) for row in rows if row.partner}


def drive_round(field: Field) -> list[str]:
    """Drive the round from morning to evening with no network at all; give the events that came of it, in order."""
    morning = field.phones[DEV]
    done = exchange(morning)
    field.world.pass_ms(2 * HOUR_MS)
    done.append(begun(morning, "b", "collect").count(Amount("bac", 8)).event_id)
    ticks = morning.ticks
    assert isinstance(ticks, SimTicks)
    ticks.restart()
    phone = reopened(field, DEV)
    done += declare(phone)
    field.world.pass_ms(2 * HOUR_MS)
    done += turn_away(phone)
    field.world.pass_ms(HOUR_MS)
    done += fifth(phone)
    assert kept(phone) == sorted(done)
    return done


async def check_sent(field: Field, done: list[str]) -> None:
    """Hold that the server has each event once, and that another round of sync has nothing to send."""
    assert stored(field, DEV) == [(event_id, "accepted") for event_id in sorted(done)]
    again = await field.run(sync(field.phones[DEV]), DEV)
    assert again is not None
    assert (again.end, again.sent, again.photos_sent) == (End.DONE, 0, 0)
    assert (await asked(field, f"/v1/photos/{digest(CLOSED_DOOR)}")).content == CLOSED_DOOR


@pytest.mark.story(4)
@pytest.mark.story(5)
@pytest.mark.parametrize("faults", [0.0, 0.4], ids=["a sound network", "a bad network"])
async def test_a_round_driven_without_a_network_arrives_once(field: Field, faults: float) -> None:
    (of,) = driving.rounds_of_today(field.phones[DEV])
    done = drive_round(field)
    phone = field.phones[DEV]
    assert driving.is_done(phone, of)
    assert driving.in_vehicle(phone, of) == {"bac": 14, "film": 12}
    here = [driving.standing(phone, of, stop) for stop in of.stops]
    crates = [code(number) for number in (*AT_MULHOUSE, *ON_THE_WAY, *AT_NANCY)]
    predicted = {crate: phone.mirror.look(crate).item for crate in crates}

    await killed_as_it_sends(field)
    field.faults = faults
    await evening(field, DEV)
    field.faults = 0.0
    await check_sent(field, done)

    with field.served.database.reading() as connection:
        assert list(verify.faults(connection, ORG)) == []
        there = round_there(field, connection)
        assert there.state is State.DONE
        assert [list(stop.found) for stop in there.stops] == [each.found for each in here]
        assert [(len(stop.validations), stop.added) for stop in there.stops] == [(2, 0), (1, 0), (1, 0)]
        assert versions(field, connection, "a") == [
            (1, "done", "Mme Weiß", {"bac": (5, 6)}),
            (2, "done", "Mme Weiß", {"bac": (6, 6)}),
        ]
        assert versions(field, connection, "b") == [(1, "done", "M. Petit", {"film": (12, 15), "bac": (8, 10)})]
        assert versions(field, connection, "c") == [(1, "closed", "", {"bac": (0, 3)})]
        assert balances(connection, of.day.isoformat()) == {
            ("mulhouse", "bac"): (3, 0, 6, 0),
            ("nancy", "bac"): (1, 0, 8, 8),  # ten: one was found at Mulhouse, eight are declared
            ("nancy", "film"): (3, 0, 12, 0),
        }
        found = items(connection, predicted)
    for crate, item in predicted.items():
        assert (found[crate].stage, found[crate].place) == (item.stage, item.place)


async def test_the_day_catches_a_phone_that_takes_sending_for_arriving(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: what a push carries counts as sent before it is answered, where the app is killed as it sends."""
    real = pushing._request

    def request(phone: Phone, batch: Sequence[Waiting], *, records: bool = True) -> Request:
        made = real(phone, batch, records=records)
        with phone.store.writing() as db:
            db.executemany("UPDATE outbox SET state = 'acked' WHERE n = ?", [(each.n,) for each in batch])
        return made

    monkeypatch.setattr(pushing, "_request", request)
    done = drive_round(field)
    await killed_as_it_sends(field)
    assert await field.run(sync(field.phones[DEV]), DEV) is not None
    with pytest.raises(AssertionError):
        await check_sent(field, done)
    assert stored(field, DEV) == []
