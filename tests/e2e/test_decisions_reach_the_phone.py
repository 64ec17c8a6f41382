"""What a person decides on the server about an event that was set aside comes back to the phone that recorded it."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest_asyncio

from boucle_field import settle
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.pushing import End, Report
from boucle_field.store import Store
from boucle_field.sync import sync
from boucle_server.ingest import accept_own
from boucle_server.server_device import Draft as Decision
from boucle_server.settings import Settings
from tests.api.serving import serving
from tests.builders import ORG, code
from tests.e2e.test_schedules_on_the_server import Field
from tests.world import CRYPTO, SimTicks

FUTURE_MS = 10**9


@pytest_asyncio.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """Give two phones of a served organisation, and a sound network."""
    async with serving(Settings(data=tmp_path / "data", jobs=False)) as served:
        field = Field(served, 7)
        field.begin(7)
        field.faults = 0.0
        yield field


async def synced(field: Field, dev: str = "d-un") -> Report:
    report = await field.run(sync(field.phones[dev]), dev)
    assert report is not None
    assert report.end is End.DONE
    return report


def from_the_future(field: Field, phone: Phone, number: int) -> str:
    """Record what the server will set aside, for its time."""
    recorded = phone.outbox.record(Draft(kind="item.collected", code=code(number), place="mulhouse"))
    at = field.world.now_ms + FUTURE_MS
    phone.store.db.execute("UPDATE outbox SET teff = ?, tq = 2 WHERE n = ?", (at, recorded.n))
    return recorded.event.id


def decide(field: Field, act: str, target: str, content: str = "") -> None:
    body = {"target": target} | ({"hash": content} if content else {})
    draft = Decision(kind=f"event.{act}", fields={"body": body})
    with field.served.database.writing(ORG) as connection:
        accept_own(connection, ORG, [draft], actor="", now_ms=field.world.now_ms)


def states(phone: Phone) -> list[tuple[str, str]]:
    return phone.store.db.execute("SELECT state, why FROM outbox ORDER BY n").fetchall()


async def test_what_was_admitted_or_dismissed_is_no_longer_to_check(field: Field) -> None:
    phone = field.phones["d-un"]
    admitted, dismissed, _ = [from_the_future(field, phone, number) for number in range(3)]
    assert (await synced(field)).to_check == 3
    assert phone.outbox.counts() == (0, 0, 3)
    decide(field, "admitted", admitted)
    decide(field, "dismissed", dismissed)
    report = await synced(field)
    assert (report.admitted, report.dismissed) == (1, 1)
    assert states(phone) == [
        ("quarantined", "accepted"),
        ("quarantined", "dismissed"),
        ("quarantined", "time_future"),
    ]
    assert phone.outbox.counts() == (0, 2, 1)
    assert [told["why"] for told in phone.outbox.to_check(10)] == ["time_future"]
    again = await synced(field)
    assert (again.admitted, again.dismissed, again.sent) == (0, 0, 0)


def copied(field: Field) -> Phone:
    """Put the app data of the first phone on another device, as a backup would."""
    store = Store.in_memory()
    field.phones["d-un"].store.db.backup(store.db)
    ticks = SimTicks(field.world, booted_ms=field.world.now_ms - 3_600_000)
    return Phone.of(store, ticks=ticks, randomness=Random("copy").randbytes, crypto=CRYPTO)


async def test_an_admitted_fork_that_no_receipt_can_name_is_not_sent_for_ever(field: Field) -> None:
    await synced(field)
    copy = copied(field)
    field.record(field.phones["d-un"], "d-un")
    await synced(field)
    forked = copy.outbox.record(Draft(kind="item.counted", code=code(3), place="metz")).event.id
    field.phones["d-un"] = copy
    await synced(field)
    assert states(copy) == [("fork", "seq_taken")]
    decide(field, "admitted", forked)
    assert (await synced(field)).admitted == 1
    assert states(copy) == [("fork", "accepted")]
    # As when the server was restored: everything is doubted, sent again, and pulled from the beginning.
    settle.doubt_all(copy.store)
    copy.mirror.begin_afresh()
    await synced(field)
    assert (states(copy), copy.outbox.counts().unsent) == ([("fork", "accepted")], 0)


async def test_a_dismissal_is_not_forgotten_with_a_restore(field: Field) -> None:
    phone = field.phones["d-un"]
    event = from_the_future(field, phone, 2)
    await synced(field)
    decide(field, "dismissed", event)
    await synced(field)
    settle.doubt_all(phone.store)
    report = await synced(field)
    assert report.to_check == 0
    assert states(phone) == [("quarantined", "dismissed")]
