"""Stories of docs/stories.md, told from end to end: real phones, the real application, its real database."""

import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from boucle.balance import Balance
from boucle.clock import day_of
from boucle.tally import Slice
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.pushing import End, Report
from boucle_field.store import FILE, Store
from boucle_field.sync import sync
from boucle_server import partner_balances, verify
from boucle_server.read_tables import CELL, ITEM, TASK
from boucle_server.settings import Settings
from tests.api.serving import serving
from tests.builders import DAY, ORG, code
from tests.e2e.test_schedules_on_the_server import Field
from tests.world import CRYPTO, SimTicks

MINUTE = 60_000
OFFLINE = 3 * DAY
CRATES = 350
FAST_MS = 7 * MINUTE
DEV, OTHER = "d-un", "d-deux"


@pytest_asyncio.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """Give two phones whose clocks are right, of a served organisation, and a sound network."""
    async with serving(Settings(data=tmp_path / "data", jobs=False)) as served:
        yield founded(Field(served, 7))


def founded(field: Field) -> Field:
    field.begin(7)
    field.faults = 0.0
    for phone in field.phones.values():
        ticks_of(phone).wrong_ms = 0
    return field


def ticks_of(phone: Phone) -> SimTicks:
    assert isinstance(phone.ticks, SimTicks)
    return phone.ticks


async def synced(field: Field, dev: str = DEV) -> None:
    report: Report | None = await field.run(sync(field.phones[dev]), dev)
    assert report is not None
    assert report.end is End.DONE


def scans(field: Field, dev: str, numbers: Iterable[int], kind: str, **keys: Any) -> None:
    """Record one kind of event about some crates."""
    for number in numbers:
        field.phones[dev].outbox.record(Draft(kind=kind, code=code(number), **keys))


def pass_days(field: Field, days: float) -> None:
    field.world.pass_ms(round(days * DAY))
    field.served.clock.ms = field.world.now_ms


def balances(field: Field, days_ago: int = 0) -> dict[str, Balance]:
    """Give the balance of each partner at the end of a day, what is nil left out."""
    with field.served.database.reading() as connection:
        day = day_of(field.world.now_ms - days_ago * DAY, "Europe/Paris")
        found = partner_balances.at_day(connection, ORG, day, Slice())
    return {each.partner: each for each in found if each.held or each.transit or each.inbound or each.unscanned}


def tasks(field: Field) -> list[str]:
    with field.served.database.reading() as connection:
        assert list(verify.faults(connection, ORG)) == []
        return sorted(connection.execute(sa.select(TASK.c.reason).where(TASK.c.org == ORG)).scalars())


async def history(field: Field, number: int) -> list[dict[str, Any]]:
    """Give the history of a crate as the interface tells it to the phone's owner."""
    answer = await field.served.client.get(
        f"/v1/items/{code(number)}/events", headers={"Authorization": f"Bearer token-of-{DEV}"}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


# Story 1


def three_days() -> list[tuple[int, str, dict[str, Any], int]]:
    """Give what is done in three days: `(minute, kind, keys, crate)`; four events for each of 350 crates."""
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("item.commissioned", {"place": "strasbourg", "body": {"type": "bac"}}),
        ("item.shipped", {"place": "strasbourg", "body": {"to": "mulhouse"}}),
        ("item.collected", {"place": "mulhouse", "task": "arret"}),
        ("item.received", {"place": "strasbourg"}),
    )
    gap = OFFLINE // MINUTE // (CRATES * len(steps))
    return [
        ((at * CRATES + number) * gap, kind, keys, number)
        for at, (kind, keys) in enumerate(steps)
        for number in range(CRATES)
    ]


def outcome(field: Field) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Give every item's state and every cell of the figures."""
    with field.served.database.reading() as connection:
        items = (ITEM.c.stage, ITEM.c.type, ITEM.c.site, ITEM.c.partner, ITEM.c.due)
        cells = [each for each in CELL.c if each.name != "org"]
        return (
            sorted(tuple(row) for row in connection.execute(sa.select(*items).where(ITEM.c.org == ORG))),
            sorted(tuple(row) for row in connection.execute(sa.select(*cells).where(CELL.c.org == ORG))),
        )


def killed_and_opened(field: Field, directory: Path) -> None:
    """Open the app again on what is on the disk; nobody closed it."""
    old = field.phones[DEV]
    randomness = Random(old.outbox.counts().unsent).randbytes
    field.phones[DEV] = Phone.of(Store.open(directory), ticks=old.ticks, randomness=randomness, crypto=CRYPTO)


@pytest.mark.slow
@pytest.mark.story(1)
async def test_three_days_offline_two_kills_and_a_wrong_clock_end_as_on_a_twin_that_was_online(tmp_path: Path) -> None:
    found = []
    for is_offline in (True, False):
        async with serving(Settings(data=tmp_path / f"data-{is_offline}", jobs=False)) as served:
            field = founded(Field(served, 7))
            directory = tmp_path / f"phone-{is_offline}"
            moved(field, directory)
            await synced(field)
            start_ms = field.world.now_ms
            if is_offline:
                ticks_of(field.phones[DEV]).wrong_ms = FAST_MS
            for done, (minute, kind, keys, number) in enumerate(three_days(), 1):
                field.world.now_ms = max(field.world.now_ms, start_ms + minute * MINUTE)
                scans(field, DEV, [number], kind, **keys)
                if is_offline and done in {500, 1_100}:
                    killed_and_opened(field, directory)
                if not is_offline and done % 100 == 0:
                    await synced(field)
            assert field.phones[DEV].outbox.counts().unsent == (CRATES * 4 if is_offline else 0)
            await synced(field)
            assert field.phones[DEV].outbox.counts().unsent == 0
            assert tasks(field) == []
            found.append(outcome(field))
    offline, online = found
    assert len(offline[0]) == CRATES
    assert offline[0] == online[0]
    assert without_seconds(offline[1]) == without_seconds(online[1])
    # How long things stood somewhere is known to the second that a request takes.
    assert seconds(offline[1]) == pytest.approx(seconds(online[1]), rel=1e-4)


def moved(field: Field, directory: Path) -> None:
    """Put the first phone's store on a disk, so that a killed app finds it again."""
    old = field.phones[DEV]
    directory.mkdir()
    with closing(sqlite3.connect(directory / FILE)) as file:
        old.store.db.backup(file)
    store = Store.open(directory)
    field.phones[DEV] = Phone.of(store, ticks=old.ticks, randomness=Random("twin").randbytes, crypto=CRYPTO)


def _is_of_seconds(cell: tuple[Any, ...]) -> bool:
    return any(isinstance(each, str) and each.endswith(("_s", "_s2")) for each in cell)


def without_seconds(cells: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [cell for cell in cells if not _is_of_seconds(cell)]


def seconds(cells: list[tuple[Any, ...]]) -> int:
    return sum(abs(cell[-1]) for cell in cells if _is_of_seconds(cell))


# Stories 2 to 4


@pytest.mark.story(2)
async def test_two_drivers_scan_one_crate_at_two_sites_and_sync_in_reverse_order(field: Field) -> None:
    scans(field, DEV, [1], "item.commissioned", place="strasbourg", body={"type": "bac"})
    scans(field, DEV, [1], "item.shipped", place="strasbourg", body={"to": "mulhouse"})
    await synced(field)
    await synced(field, OTHER)
    pass_days(field, 2)
    scans(field, DEV, [1], "item.delivered", place="mulhouse")
    pass_days(field, 3)
    scans(field, DEV, [1], "item.collected", place="mulhouse")
    pass_days(field, 0.2)
    scans(field, OTHER, [1], "item.collected", place="nancy")
    pass_days(field, 0.3)
    # Who scanned last is heard first.
    await synced(field, OTHER)
    await synced(field, DEV)
    assert tasks(field) == ["other_partner"]
    told = await history(field, 1)
    assert [each["kind"] for each in told] == [
        "item.commissioned/1", "item.shipped/1", "item.delivered/1", "item.collected/1", "item.collected/1",
    ]  # fmt: skip
    assert [each["outcome"] for each in told] == ["applied"] * 5
    reasons = [why["reason"] for each in told for why in each["reasons"]]
    assert reasons.count("inferred_transferred") == 1
    assert balances(field) == {"nancy": Balance(partner="nancy", site="nancy", type="bac", inbound=1)}


@pytest.mark.story(3)
async def test_a_crate_booked_at_one_partner_and_received_from_another_is_adjusted_there(field: Field) -> None:
    scans(field, DEV, [1, 2], "item.commissioned", place="strasbourg", body={"type": "bac"})
    scans(field, DEV, [1, 2], "item.shipped", place="strasbourg", body={"to": "mulhouse"})
    pass_days(field, 1)
    scans(field, DEV, [1, 2], "item.delivered", place="mulhouse")
    await synced(field)
    assert balances(field) == {"rhin": Balance(partner="rhin", site="mulhouse", type="bac", held=2)}
    pass_days(field, 10)
    scans(field, OTHER, [1], "item.received", place="metz", body={"from": "nancy"})
    await synced(field, OTHER)
    assert balances(field) == {"rhin": Balance(partner="rhin", site="mulhouse", type="bac", held=1)}
    assert balances(field, days_ago=1) == {"rhin": Balance(partner="rhin", site="mulhouse", type="bac", held=2)}
    assert tasks(field) == ["other_partner"]
    reasons = {why["reason"] for each in await history(field, 1) for why in each["reasons"]}
    assert {"inferred_transferred", "inferred_collected", "other_partner"} <= reasons
    with field.served.database.reading() as connection:
        closed = sa.select(CELL.c.partner, CELL.c.bucket, CELL.c.n).where(
            CELL.c.org == ORG, CELL.c.cell == "dwell", CELL.c.measure == "closed"
        )
        # Ten days at the partner that it was booked at, none at the other.
        stays = [tuple(row) for row in connection.execute(closed) if row.partner == "rhin"]
        assert stays == [("rhin", "0010", 1)]


@pytest.mark.story(4)
async def test_two_of_forty_declared_stay_with_the_partner_until_one_is_scanned_there(field: Field) -> None:
    scans(field, DEV, range(50), "item.commissioned", place="strasbourg", body={"type": "bac"})
    scans(field, DEV, range(50), "item.shipped", place="strasbourg", body={"to": "mulhouse"})
    scans(field, DEV, range(50), "item.delivered", place="mulhouse")
    pass_days(field, 5)
    declared = Draft(kind="item.collected", item_type="bac", qty=40, place="mulhouse", task="arret")
    field.phones[DEV].outbox.record(declared)
    await synced(field)
    assert balances(field)["rhin"] == Balance(
        partner="rhin", site="mulhouse", type="bac", held=10, inbound=40, unscanned=40
    )
    pass_days(field, 1)
    scans(field, OTHER, range(38), "item.received", place="strasbourg", against="arret")
    await synced(field, OTHER)
    assert balances(field)["rhin"] == Balance(
        partner="rhin", site="mulhouse", type="bac", held=10, inbound=2, unscanned=2
    )
    pass_days(field, 3)
    scans(field, DEV, [41], "item.counted", place="mulhouse")
    await synced(field)
    assert balances(field)["rhin"] == Balance(
        partner="rhin", site="mulhouse", type="bac", held=11, inbound=1, unscanned=1
    )
    assert balances(field, days_ago=1)["rhin"].unscanned == 2
