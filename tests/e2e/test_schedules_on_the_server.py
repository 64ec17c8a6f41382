"""Schedules of faults against the real application and its real database: phones lose, repeat, die and reboot.

What `tests/field_app/test_schedules.py` tries a thousand times against a server of the domain's rules is tried here
against the server itself: at the end every queue is empty and the database verifies.
"""

from pathlib import Path
from random import Random
from typing import TypeVar

import httpx
import pytest
import sqlalchemy as sa

from boucle_field.asking import NO_ANSWER, Engine, Pause, Request, Response
from boucle_field.identity import Identity, device_key
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.pushing import Report
from boucle_field.store import Store
from boucle_field.sync import sync
from boucle_server import keys, organisations, tokens, verify
from boucle_server.ingest import accept_own
from boucle_server.settings import Settings
from boucle_server.tables import DEVICE, RECORD
from tests.api.serving import Served, serving
from tests.builders import DAY, ORG, code
from tests.campaign import examples
from tests.server.databases import KINDS
from tests.server.handset import NETWORK_MS, reference_drafts
from tests.world import CRYPTO, SimTicks, World

T = TypeVar("T")
SEEDS = examples(ci=30, night=3_000)
HUBS, PARTNERS = ("strasbourg", "metz"), ("mulhouse", "nancy")


class Field:
    """Two phones, the served application, and the network between them."""

    def __init__(self, served: Served, seed: int) -> None:
        self.served = served
        self.random = Random(seed)
        self.world = World(now_ms=served.clock.now_ms())
        self.faults = self.random.choice((0.0, 0.15, 0.4))
        self.recorded: dict[str, str] = {}
        self.phones: dict[str, Phone] = {}

    def begin(self, seed: int) -> None:
        """Make the organisation and let the phones in."""
        with self.served.database.writing(ORG) as connection:
            organisations.create(connection, org=ORG, name="Essai", origin_host="t.example", now_ms=NETWORK_MS)
            accept_own(connection, ORG, reference_drafts(), actor="", now_ms=NETWORK_MS)
            vkey, box = keys.signer(connection, ORG).vkey, keys.box_public(connection, ORG).hex()
            origin = keys.name_of_log(connection, ORG).origin
            for dev in ("d-un", "d-deux"):
                store = Store.in_memory()
                Identity(
                    org=ORG,
                    dev=dev,
                    token=f"token-of-{dev}",
                    server="http://boucle.test",
                    vkey=vkey,
                    box_key=box,
                    origin=origin,
                    role="manager",
                    enrolled_ms=self.world.now_ms,
                ).save(store, f"{len(self.phones) + 1:016x}")
                connection.execute(
                    sa.insert(DEVICE).values(
                        org=ORG,
                        dev=dev,
                        name=dev,
                        role="manager",
                        site="",
                        public_key=device_key(store, CRYPTO).public,
                        status="active",
                        enrolled_ms=NETWORK_MS,
                        token_hash=tokens.hash_of(f"token-of-{dev}"),
                    )
                )
                ticks = SimTicks(self.world, wrong_ms=self.random.choice((0, 3_600_000, -40 * DAY)))
                ticks.booted_ms = self.world.now_ms - 3_600_000
                randomness = Random(f"{dev}-{seed}").randbytes
                self.phones[dev] = Phone.of(store, ticks=ticks, randomness=randomness, crypto=CRYPTO)

    async def live(self) -> None:
        """Record, sync, be cut off, be killed, be switched off and on; then heal."""
        for _ in range(self.random.randrange(8, 16)):
            dev = self.random.choice(sorted(self.phones))
            phone = self.phones[dev]
            self.world.pass_ms(self.random.choice((60_000, 3_600_000, DAY)))
            match self.random.randrange(8):
                case 0:
                    ticks = phone.ticks
                    assert isinstance(ticks, SimTicks)
                    ticks.restart()
                case 1 | 2 | 3:
                    await self.run(sync(phone), dev, steps=self.random.choice((1, 4, 6, 7, 9, 1_000)))
                case _:
                    for _ in range(self.random.randrange(1, 5)):
                        self.record(phone, dev)
        self.faults = 0.0
        for _ in range(3):
            for dev, phone in self.phones.items():
                report: Report | None = await self.run(sync(phone), dev)
                assert report is not None

    def record(self, phone: Phone, dev: str) -> None:
        """Record something about one of few crates."""
        crate, hub, partner = code(self.random.randrange(4)), self.random.choice(HUBS), self.random.choice(PARTNERS)
        drafts = (
            Draft(kind="item.commissioned", code=crate, place=hub, body={"type": "bac"}),
            Draft(kind="item.shipped", code=crate, place=hub, body={"to": partner}),
            Draft(kind="item.collected", code=crate, place=partner, task="arret"),
            Draft(kind="item.received", code=crate, place=hub),
            Draft(kind="item.collected", item_type="film", qty=self.random.randrange(1, 9), place=partner),
        )
        self.recorded[phone.outbox.record(self.random.choice(drafts)).event.id] = dev

    async def run(self, engine: Engine[T], dev: str, *, steps: int = 100_000) -> T | None:
        """Drive an engine; None when the app is killed after `steps` requests."""
        response = Response(status=NO_ANSWER)
        try:
            step = next(engine)
            while steps:
                steps -= 1
                if isinstance(step, Pause):
                    self.world.pass_ms(step.ms)
                else:
                    response = await self.ask(step, dev)
                step = engine.send(response)
        except StopIteration as end:
            result: T = end.value
            return result
        engine.close()
        return None

    async def ask(self, request: Request, dev: str) -> Response:
        """Carry a request there and its answer back; either may be lost, and the request may come twice."""
        self.world.pass_ms(self.random.randrange(5, 300))
        self.served.clock.ms = self.world.now_ms
        if self.random.random() < self.faults:
            return Response(status=NO_ANSWER)
        if self.random.random() < self.faults / 2:
            await self.send(request, dev)
        answer = await self.send(request, dev)
        assert answer.status_code < 500, answer.text
        if self.random.random() < self.faults:
            return Response(status=NO_ANSWER)
        return Response(status=answer.status_code, body=answer.content, headers=dict(answer.headers))

    async def send(self, request: Request, dev: str) -> httpx.Response:
        """Send a request to the application."""
        return await self.served.client.request(
            request.method,
            request.path,
            params=dict(request.query),
            content=request.body,
            headers={
                "Authorization": f"Bearer token-of-{dev}",
                "Content-Type": request.content_type,
                **request.headers,
            },
        )

    def check(self) -> None:
        """Hold the phones and the database against each other."""
        with self.served.database.reading() as connection:
            query = sa.select(RECORD.c.id, RECORD.c.status).where(RECORD.c.org == ORG, RECORD.c.dev != "server")
            stored = sorted(tuple(row) for row in connection.execute(query))
            assert [event_id for event_id, _ in stored] == sorted(self.recorded)
            assert list(verify.faults(connection, ORG)) == []
        accepted = {event_id for event_id, status in stored if status == "accepted"}
        for dev, phone in self.phones.items():
            counts = phone.outbox.counts()
            own = {event_id for event_id, owner in self.recorded.items() if owner == dev}
            assert (counts.unsent, counts.sent) == (0, len(own & accepted))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", range(3))
async def test_every_queue_drains_into_a_database_that_verifies(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, chunk: int
) -> None:
    for seed in range(chunk, SEEDS if kind == "sqlite" else SEEDS // 3, 3):
        settings = Settings(data=tmp_path / f"{seed}", jobs=False)
        if kind == "postgresql":
            url = request.getfixturevalue("fresh_postgres")()
            settings = Settings(data=tmp_path / f"{seed}", database_url=url, jobs=False)
        async with serving(settings) as served:
            field = Field(served, seed)
            field.begin(seed)
            await field.live()
            field.check()
