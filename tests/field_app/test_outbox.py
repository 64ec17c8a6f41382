"""The outbox: one chain, durable before it returns, times frozen once, batches without a hole."""

from random import Random

import pytest

from boucle.events import Quality
from boucle.push import Push, write_push
from boucle.wire import FIRST_PREV, MAX_PUSH, MAX_RECORDS, Unreadable, digest, read
from boucle_field.errors import UsageError
from boucle_field.outbox import KEEP_MS, Draft, Waiting
from boucle_field.phone import Phone
from boucle_field.sync import sync
from tests.builders import code
from tests.field_app.ran import Place
from tests.world import SimTicks, drive

COLLECT = Draft(kind="item.collected", code=code(1), place="mulhouse")


def rows(phone: Phone) -> list[tuple[int, str, bytes]]:
    return phone.store.db.execute("SELECT seq, hash, payload FROM outbox ORDER BY n").fetchall()


def test_what_is_recorded_reads_back_as_an_event_of_this_device(place: Place) -> None:
    draft = Draft(
        kind="item.received",
        code=code(3),
        place="strasbourg",
        task="t-7",
        against="t-6",
        body={"from": "mulhouse", "mass_g": 2100},
    )
    recorded = place.phone.outbox.record(draft, actor="p-karim", seen="11")
    ((seq, content, payload),) = rows(place.phone)
    event = read(payload, recorded.event.teff, recorded.event.tq)
    assert not isinstance(event, Unreadable)
    assert event == recorded.event
    assert (seq, content) == (1, digest(payload))
    assert (event.dev, event.kind, event.actor, event.seen) == ("d-un", "item.received", "p-karim", "11")
    assert (event.task, event.against, event.number("mass_g")) == ("t-7", "t-6", 2100)
    assert (event.boot, event.tz) == ("boot-1", "Europe/Paris")


def test_each_event_holds_the_hash_of_the_one_before(place: Place) -> None:
    for number in range(5):
        place.phone.outbox.record(Draft(kind="item.counted", code=code(number), place="strasbourg"))
    chain = [FIRST_PREV, *(content for _, content, _ in rows(place.phone))]
    for (seq, _, payload), before in zip(rows(place.phone), chain, strict=False):
        event = read(payload, 0, 0)
        assert not isinstance(event, Unreadable)
        assert (event.seq, event.prev) == (seq, before)


def test_a_note_by_a_person_stays_outside_the_event(place: Place) -> None:
    recorded = place.phone.outbox.record(
        Draft(kind="item.collected", code=code(1), place="mulhouse", private={"note": "Mme Klein absente"})
    )
    ((payload, priv),) = place.phone.store.db.execute("SELECT payload, priv FROM outbox").fetchall()
    assert b"Klein" not in payload
    assert b"Klein" in priv
    assert recorded.event.priv == digest(priv)


@pytest.mark.parametrize("draft", [
    Draft(kind="item.collected", code=code(1), place="x" * 3000),
    Draft(kind="item.collected", code=code(1), item_type="bac", qty=2),
    Draft(kind="item.collected", item_type="bac", qty=0),
    Draft(kind="item.collected", code=code(1), body={"mass_g": 1.5}),
    Draft(kind="item.collected", code=code(1), body={"mass_g": 2**60}),
    Draft(kind="item.collected", code=code(1), body={"note": "\ud800"}),
    Draft(kind="item.collected", code=code(1), body={"long": "x" * 20_000}),
    Draft(kind="item.held", code=code(1)),
])  # fmt: skip
def test_what_the_server_could_not_read_is_never_recorded(place: Place, draft: Draft) -> None:
    with pytest.raises(UsageError, match="Nothing is recorded"):
        place.phone.outbox.record(draft)
    assert rows(place.phone) == []


def test_a_clock_that_is_out_of_its_mind_still_records(place: Place) -> None:
    assert isinstance(place.phone.ticks, SimTicks)
    for wrong in (-(2**45), 2**49):
        place.phone.ticks.wrong_ms = wrong
        place.phone.outbox.record(COLLECT)
    assert len(rows(place.phone)) == 2


def stamps(phone: Phone) -> list[tuple[int | None, int | None]]:
    return phone.store.db.execute("SELECT teff, tq FROM outbox ORDER BY n").fetchall()


def test_times_are_frozen_once_and_never_go_back(place: Place) -> None:
    phone, world = place.phone, place.world
    recorded_ms = []
    for _ in range(3):
        world.pass_ms(60_000)
        recorded_ms.append(world.now_ms)
        phone.outbox.record(COLLECT)
    assert stamps(phone) == [(None, None)] * 3
    assert drive(sync(phone), place.net, "d-un") is not None
    frozen = stamps(phone)
    for (teff, quality), at in zip(frozen, recorded_ms, strict=True):
        assert quality == Quality.ANCHORED
        assert teff is not None
        assert abs(teff - at) < 2_000
    assert isinstance(phone.ticks, SimTicks)
    phone.ticks.wrong_ms = -86_400_000
    phone.outbox.record(COLLECT)
    assert drive(sync(phone), place.net, "d-un") is not None
    assert stamps(phone)[:3] == frozen
    assert [teff for teff, _ in stamps(phone)] == sorted(teff for teff, _ in stamps(phone) if teff is not None)


def test_a_boot_that_never_synced_gives_an_interval_and_not_its_wrong_clock(place: Place) -> None:
    phone = place.phone
    assert isinstance(phone.ticks, SimTicks)
    place.world.pass_ms(3_600_000)
    phone.ticks.restart()
    phone.ticks.wrong_ms = 40 * 86_400_000
    phone.outbox.record(COLLECT)
    place.world.pass_ms(3_600_000)
    phone.ticks.restart()
    assert drive(sync(phone), place.net, "d-un") is not None
    ((teff, quality),) = stamps(phone)
    assert quality == Quality.INTERVAL
    assert teff is not None
    assert teff <= place.world.now_ms
    assert len(place.server.accepted()) == 1


def batches(phone: Phone) -> list[list[Waiting]]:
    found, after = [], 0
    while batch := phone.outbox.next_batch(after):
        found.append(batch)
        after = batch[-1].n
    return found


def test_a_batch_is_one_epoch_without_a_hole(place: Place) -> None:
    phone = place.phone
    for number in range(7):
        phone.outbox.record(Draft(kind="item.counted", code=code(number), place="strasbourg"))
        if number == 3:
            assert phone.outbox.open_epoch(phone.outbox.epoch_of(1))
    phone.outbox.stamp([], place.world.now_ms)
    phone.store.db.execute("UPDATE outbox SET state = 'raw' WHERE n = 2")
    assert [[each.seq for each in batch] for batch in batches(phone)] == [[1], [3, 4], [1, 2, 3]]


def test_a_batch_keeps_to_the_limits_of_a_push(place: Place) -> None:
    phone = place.phone
    for number in range(230):
        large = {"note": '"é' * 3000} if number < 150 else {}
        phone.outbox.record(Draft(kind="item.counted", code=code(number), place="strasbourg", body=large))
    phone.outbox.stamp([], place.world.now_ms)
    found = batches(phone)
    assert sum(map(len, found)) == 230
    assert max(map(len, found)) <= MAX_RECORDS
    for batch in found:
        push = Push(
            batch="b",
            org="o",
            dev="d",
            epoch="0" * 16,
            first=1,
            last=len(batch),
            records=tuple(each.record for each in batch),
            seal=bytes(64),
            head="h" * 2000,
        )
        assert len(write_push(push)) <= MAX_PUSH
    assert len(found) > 2


def test_a_forked_epoch_is_left_once(place: Place) -> None:
    phone = place.phone
    phone.outbox.record(COLLECT)
    forked = phone.outbox.epoch_of(1)
    assert phone.outbox.open_epoch(forked)
    assert not phone.outbox.open_epoch(forked)
    again = phone.outbox.record(COLLECT)
    assert (again.event.seq, again.event.prev) == (1, FIRST_PREV)
    assert again.event.epoch != forked


def test_what_the_server_has_is_kept_for_45_days_and_still_counted_after(place: Place) -> None:
    phone = place.phone
    for number in range(4):
        phone.outbox.record(Draft(kind="item.counted", code=code(number), place="strasbourg"))
    assert drive(sync(phone), place.net, "d-un") is not None
    place.world.pass_ms(KEEP_MS - 86_400_000)
    assert drive(sync(phone), place.net, "d-un") is not None
    assert len(rows(phone)) == 4
    place.world.pass_ms(2 * 86_400_000)
    phone.outbox.record(COLLECT)
    assert drive(sync(phone), place.net, "d-un") is not None
    assert len(rows(phone)) == 1
    assert phone.outbox.counts() == (0, 5, 0)
    last = phone.outbox.record(COLLECT)
    assert last.event.seq == 6


def test_ids_come_from_the_randomness_that_was_handed_in(place: Place) -> None:
    place.phone.outbox.randomness = Random(3).randbytes
    first = place.phone.outbox.record(COLLECT).event.id
    place.phone.outbox.randomness = Random(3).randbytes
    with pytest.raises(Exception, match="UNIQUE"):
        place.phone.outbox.record(COLLECT)
    assert first
