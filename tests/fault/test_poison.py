"""One bad record never delays a good one, and nothing that an enrolled device sends is thrown away (P6, P7)."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import SecretStr

from boucle.admission import read_record
from boucle.push import Push, Record
from boucle.wire import digest
from boucle_server import ingest, ledger, projections, verify
from boucle_server.db import Database
from boucle_server.ledger import Arrival
from boucle_server.rebuild import differences
from boucle_server.settings import Settings
from boucle_server.tables import RAW, RECORD
from tests.api.serving import Served, serving
from tests.builders import ORG, Device, code
from tests.hostile import Hostile, hostile
from tests.server.databases import KINDS
from tests.server.handset import LATER, Handset, a_network
from tests.server.people import Phone, a_phone

GOOD = 49
FEWEST = 200


@pytest_asyncio.fixture(params=KINDS)
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Served]:
    """Give the started application on either database."""
    url = None
    if request.param != "sqlite":
        fresh: Callable[[], str] = request.getfixturevalue("fresh_postgres")
        url = SecretStr(fresh())
    async with serving(Settings(data=tmp_path / "data", database_url=url, jobs=False)) as started:
        yield started


def a_handset(phone: Phone, number: int) -> Handset:
    """Give the phone's recording half in an epoch of its own."""
    device = Device(dev=phone.enrolled.dev, epoch=f"{number:016x}", random=Random(number))
    return Handset(device=device, enrolled_key=phone.key)


def poisoned(handset: Handset, bad: Hostile) -> tuple[Push, bytes]:
    """Give a batch that begins with the bad record, and its body, which no honest writer could write."""
    content = bad.text.encode("utf-8", "surrogatepass")
    handset.junk(content)
    handset.waiting[0] = replace(handset.waiting[0], teff=bad.teff, tq=bad.tq)
    for number in range(GOOD):
        handset.scan("item.counted", code(number), place="metz")
    push = handset.push()
    records: list[dict[str, Any]] = [{"payload": bad.text, "teff": bad.teff, "tq": bad.tq, "priv": bad.priv}]
    records += [
        {"payload": record.payload.decode(), "teff": record.teff, "tq": record.tq} for record in push.records[1:]
    ]
    named = {name: getattr(push, name) for name in ("batch", "org", "dev", "epoch", "first", "last")}
    return push, json.dumps({**named, "records": records, "seal": push.seal.hex()}).encode()


def stored_bytes(database: Database) -> set[bytes]:
    with database.reading() as connection:
        payloads = connection.execute(sa.select(RECORD.c.payload)).scalars()
        return {bytes(each) for each in (*payloads, *connection.execute(sa.select(RAW.c.content)).scalars())}


@pytest.mark.slow
async def test_every_hostile_record_is_kept_as_it_came_and_its_49_neighbours_are_accepted_at_once(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    a_network(served.database)
    served.clock.ms = LATER
    phone = a_phone(served.database, ORG)
    count = len(list(hostile(Device(), LATER)))
    assert count >= FEWEST
    outcomes: Counter[str] = Counter()
    sent = []
    for number in range(count):
        handset = a_handset(phone, number)
        bad = list(hostile(handset.device, LATER))[number]
        push, body = poisoned(handset, bad)
        answer = await served.client.post("/v1/sync/push", content=body, headers=phone.header)
        assert answer.status_code == 200, (bad.name, answer.text)
        told = answer.json()
        assert [result["status"] for result in told["results"][1:]] == ["accepted"] * GOOD, bad.name
        assert told["results"][0]["hash"] == digest(push.records[0].payload), bad.name
        assert told["have"] in ([[1, GOOD + 1]], [[2, GOOD + 1]]), bad.name
        outcomes[told["results"][0]["status"]] += 1
        sent.append((bad.name, push.records[0].payload))
    kept = stored_bytes(served.database)
    assert [name for name, payload in sent if payload not in kept] == []
    assert [record.message for record in caplog.records if "incident" in record.message] == []
    assert outcomes["accepted"] > 50  # hostile texts in sound events are data like any other
    assert outcomes["quarantined"] > 100
    with served.database.reading() as connection:
        assert list(differences(connection, ORG)) == []
        assert list(verify.faults(connection, ORG)) == []


class Trap(Exception):  # noqa: N818 - it stands for a defect that nobody has thought of
    """What a defect in the fold or in the storing of one record would raise."""


@pytest.mark.parametrize("where", ["reading", "ruling", "storing"])
def test_a_defect_that_one_record_wakes_costs_that_record_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    a_network(database)
    phone = Handset()
    for number in range(7):
        phone.scan("item.counted", code(number), place="metz")
    poison = phone.waiting[4].payload
    spring(monkeypatch, where, poison)
    with database.writing(ORG) as connection:
        answer = ingest.ingest(connection, phone.push(), now_ms=LATER)
    assert [str(result.status) for result in answer.results] == [
        *["accepted"] * 4, "quarantined", *["accepted"] * 2,
    ]  # fmt: skip
    assert poison in stored_bytes(database)
    assert [(each.first, each.last) for each in answer.ranges] == [(1, 7)]


def spring(monkeypatch: pytest.MonkeyPatch, where: str, poison: bytes) -> None:
    """Make a part of the door fail on one record, wherever it meets it."""
    take_effect, add = projections.take_effect, ledger.add

    def reading(record: Record) -> Any:
        if record.payload == poison:
            raise Trap
        return read_record(record)

    def ruling(connection: Any, org: str, events: Any) -> Any:
        if any(event.code == code(4) for event in events):
            raise Trap
        return take_effect(connection, org, events)

    def storing(connection: Any, arrival: Arrival, first: int, rulings: Any, held: Any) -> None:
        if any(each.record.payload == poison for each in rulings):
            raise Trap
        add(connection, arrival, first, rulings, held)

    match where:
        case "reading":
            monkeypatch.setattr(ingest, "read_record", reading)
        case "ruling":
            monkeypatch.setattr(projections, "take_effect", ruling)
        case _:
            monkeypatch.setattr(ledger, "add", storing)


def test_a_door_that_gives_a_batch_up_at_the_first_defect_is_caught(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(_connection: Any, _arrival: Arrival) -> Any:
        raise Trap

    monkeypatch.setattr(ingest, "_take_one_by_one", give_up)
    with pytest.raises(Trap):
        test_a_defect_that_one_record_wakes_costs_that_record_alone(database, monkeypatch, "storing")
    with database.reading() as connection:
        assert connection.execute(sa.select(RECORD.c.id).where(RECORD.c.dev == "d-un")).all() == []
