"""Photos in hand: durable before they are taken, recorded in one commit, left over, offered, bounded, never lost."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from boucle.pin import hash_pin
from boucle.units import DAY_MS
from boucle_field import joining, people, photos, photos_in_hand
from boucle_field.errors import StoreFullError
from boucle_field.hand import Hand
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import KEEP_LEFT_MS, MOST, MOST_KEPT, About, Step, Taking
from boucle_field.store import FILE, Store
from boucle_field.sync import sync
from boucle_field.visit import Visit
from tests.builders import code
from tests.campaign import examples
from tests.field_app.ran import Place
from tests.field_app.test_store import GOLDEN, fill
from tests.photos import a_jpeg
from tests.world import drive

ROOT = Path(__file__).parents[2]
VISIT = About(Step.VISIT, "t-1", "mulhouse", "collect")
PIN = hash_pin("4711", Random(1).randbytes)
OTHER = About(Step.VISIT, "t-2", "mulhouse", "deliver")


def a_photo(seed: int) -> Photo:
    return Photo(a_jpeg(seed=seed))


def left(phone: Phone) -> list[tuple[About, int]]:
    return [(each.about, len(each.photos)) for each in photos_in_hand.left(phone)]


def in_store(store: Store) -> int:
    with store.reading() as db:
        return int(db.execute("SELECT count(*) FROM photo_in_hand").fetchone()[0])


def test_what_is_in_hand_goes_with_what_is_recorded_next_and_with_that_alone(place: Place) -> None:
    phone, hand = place.phone, Hand(place.phone, VISIT)
    assert [hand.take(a_photo(seed)) for seed in (1, 2)] == [Taking.TAKEN] * 2
    assert Hand(phone, OTHER).photos == ()
    told = hand.record(phone.desk, Draft(kind="item.found", code=code(1), place="mulhouse"))
    hand.record(phone.desk, Draft(kind="item.found", code=code(2), place="mulhouse"))
    with phone.store.reading() as db:
        rows = dict(db.execute("SELECT id, payload FROM outbox").fetchall())
    assert [each["sha256"] for each in json.loads(rows.pop(told.event_id))["photos"]] == [
        a_photo(seed).announcement["sha256"] for seed in (1, 2)
    ]
    assert all("photos" not in json.loads(each) for each in rows.values())
    assert (in_store(phone.store), photos.missing(phone.store)) == (0, 2)


def test_what_is_refused_beforehand_leaves_the_photo_in_hand(place: Place) -> None:
    desk, hand = place.phone.desk, Hand(place.phone, VISIT)
    desk.record(Draft(kind="item.commissioned", code=code(1), place="strasbourg", body={"type": "bac"}))
    hand.take(a_photo(1))
    told = hand.record(
        desk, Draft(kind="work.requalified", code=code(1), place="strasbourg", body={"certificate": "CR-1"})
    )
    assert (told.event_id, len(hand)) == ("", 1)


def test_a_fifth_photo_of_one_thing_is_enough(place: Place) -> None:
    hand = Hand(place.phone, VISIT)
    assert [hand.take(a_photo(seed)) for seed in range(MOST + 1)] == [*[Taking.TAKEN] * MOST, Taking.ENOUGH]
    assert len(hand) == MOST


def test_what_is_left_over_takes_no_more_of_the_device_than_its_bound(place: Place) -> None:
    became = []
    for seed in range(MOST_KEPT + 1):
        hand = Hand(place.phone, About(Step.DIAGNOSIS, code(seed), "strasbourg"))
        became.append(hand.take(a_photo(seed)))
        hand.let_go()
    assert became == [*[Taking.TAKEN] * MOST_KEPT, Taking.TOO_MANY_KEPT]
    assert in_store(place.phone.store) == MOST_KEPT


def test_a_full_disk_keeps_the_photo_from_being_taken_and_loses_none(data: Path) -> None:
    with closing(Store.open(data)) as store:
        phone = Phone.of(store)
        hand = Hand(phone, VISIT)
        hand.take(a_photo(1))
        fill(store)
        with pytest.raises(StoreFullError):
            hand.take(Photo(a_jpeg(size=400_000)))
        assert hand.photos == (a_photo(1),)


def test_what_was_let_go_of_is_left_over_until_it_is_joined_again(place: Place) -> None:
    phone, hand = place.phone, Hand(place.phone, VISIT)
    for seed in (1, 2):
        hand.take(a_photo(seed))
    photos_in_hand.let_go(phone.store)
    assert (len(hand), left(phone)) == (0, [(VISIT, 2)])
    (old,) = photos_in_hand.left(phone)
    assert photos_in_hand.join(phone, old, VISIT) == 0
    assert hand.photos == (a_photo(1), a_photo(2))
    hand.record(phone.desk, Draft(kind="item.found", code=code(1), place="mulhouse"))
    assert left(phone) == []


def test_what_finds_no_room_in_another_hand_stays_left_over(place: Place) -> None:
    phone = place.phone
    for seed in range(3):
        Hand(phone, VISIT).take(a_photo(seed))
    photos_in_hand.let_go(phone.store)
    for seed in (7, 8):
        Hand(phone, OTHER).take(a_photo(seed))
    (old, _) = photos_in_hand.left(phone)
    assert photos_in_hand.join(phone, old, OTHER) == 1
    assert (len(Hand(phone, OTHER)), left(phone)) == (4, [(OTHER, 4), (VISIT, 1)])


def test_what_is_thrown_away_is_gone_and_nothing_else_is(place: Place) -> None:
    phone = place.phone
    Hand(phone, VISIT).take(a_photo(1))
    Hand(phone, OTHER).take(a_photo(2))
    photos_in_hand.let_go(phone.store)
    photos_in_hand.throw_away(phone, photos_in_hand.left(phone)[0])
    assert left(phone) == [(OTHER, 1)]


def test_a_photo_is_offered_to_who_took_it_and_to_nobody_else(place: Place) -> None:
    place.server.add_person("p-un", {"name": "Un", "badge": "", "role": "driver", "site": "", "pin": PIN})
    place.server.add_person("p-deux", {"name": "Deux", "badge": "", "role": "driver", "site": "", "pin": PIN})
    assert drive(sync(place.phone), place.net, "d-un") is not None
    phone = place.phone
    people.enter(phone.store, "p-un", "4711", ticks=phone.ticks)
    Hand(phone, VISIT).take(a_photo(1))
    photos_in_hand.let_go(phone.store)
    people.enter(phone.store, "p-deux", "4711", ticks=phone.ticks)
    assert left(phone) == []
    Hand(phone, VISIT).take(a_photo(2))
    assert left(phone) == [(VISIT, 1)]
    photos_in_hand.throw_away(phone, photos_in_hand.left(phone)[0])
    people.enter(phone.store, "p-un", "4711", ticks=phone.ticks)
    assert left(phone) == [(VISIT, 1)]


def test_what_nobody_wanted_is_forgotten_after_its_days_whatever_the_clock_of_the_device_said(place: Place) -> None:
    phone, hand = place.phone, Hand(place.phone, VISIT)
    hand.take(a_photo(1))
    Hand(phone, OTHER).take(a_photo(2))
    hand.let_go()
    with phone.store.writing() as db:
        db.execute("UPDATE photo_in_hand SET taken_ms = 0")
    assert drive(sync(phone), place.net, "d-un") is not None
    assert in_store(phone.store) == 2
    place.world.pass_ms(KEEP_LEFT_MS - DAY_MS)
    assert drive(sync(phone), place.net, "d-un") is not None
    assert in_store(phone.store) == 2
    place.world.pass_ms(2 * DAY_MS)
    assert drive(sync(phone), place.net, "d-un") is not None
    assert (len(hand), len(Hand(phone, OTHER)), in_store(phone.store)) == (0, 1, 1)


def test_a_visit_that_ends_leaves_its_photo_over_and_one_that_goes_on_does_not(place: Place) -> None:
    visit = Visit.begin(place.phone, action="collect", place="mulhouse")
    visit.hand.take(a_photo(1))
    assert visit.close(goes_on=True) == 0
    again = visit.reopen()
    assert len(again.hand) == 1
    assert again.close() == 1
    assert left(place.phone) == [(again.hand.about, 1)]


def test_a_photo_goes_with_its_own_visit_else_with_the_one_at_its_place(place: Place) -> None:
    phone = place.phone
    assert joining.goal(phone, None, VISIT) == VISIT
    visit = Visit.begin(phone, action="collect", place="mulhouse")
    assert joining.goal(phone, visit, visit.hand.about) == visit.hand.about
    assert joining.goal(phone, visit, VISIT) == visit.hand.about
    elsewhere = Visit.begin(phone, action="collect", place="nancy")
    assert joining.goal(phone, elsewhere, VISIT) is None
    assert joining.goal(phone, None, About(Step.STOP, "T-9/a", "mulhouse")) is None
    assert joining.goal(phone, None, About(Step.DIAGNOSIS, code(1), "strasbourg")) is None


def test_a_store_of_this_version_opens_with_the_photo_that_was_left_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript((GOLDEN / "store-8.sql").read_text(encoding="utf-8"))
    with closing(Store.open(tmp_path)) as store:
        photos_in_hand.let_go(store)
        (found,) = photos_in_hand.left(Phone.of(store))
    assert (found.about.place, found.photos, found.taken_ms) == (
        "mulhouse",
        (Photo(a_jpeg(16, 16, size=60)),),
        1735725600000,
    )


# ---- killed at any moment


def killed(data: Path, random: Random, first: int, *words: str) -> list[str]:
    """Take forty photos in a process of its own, kill it somewhere on the way; give what it said was taken."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.field_app.photo_process", str(data), str(first), "40", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as out:
        read = [line for _, line in zip(range(random.randrange(1, 40)), iter(out.readline, ""), strict=False)]
        time.sleep(random.random() * 0.004)
        process.kill()
        read += out.readlines()
    process.wait()
    return [line.removeprefix("TAKEN ").strip() for line in read if line.startswith("TAKEN ") and line.endswith("\n")]


def lost(data: Path, taken: list[str]) -> list[str]:
    """Give the photos that were said to be taken and are neither in hand nor kept with an event; none is both."""
    with closing(Store.open(data)) as store:
        in_hand = {row[0] for row in store.db.execute("SELECT sha256 FROM photo_in_hand")}
        kept = {row[0] for row in store.db.execute("SELECT sha256 FROM photo JOIN photo_event USING (sha256)")}
        alone = store.db.execute("SELECT count(*) FROM photo LEFT JOIN photo_event USING (sha256) WHERE n IS NULL")
        assert alone.fetchone()[0] == 0
    assert not in_hand & kept
    return [each for each in taken if each not in in_hand | kept]


def test_no_photo_that_was_shown_as_taken_is_lost_by_a_kill(data: Path) -> None:
    random = Random(31)
    taken: list[str] = []
    for run in range(examples(ci=8, night=100)):
        taken += killed(data, random, 100 * run)
        assert lost(data, taken) == []
    assert len(taken) > 20


def test_the_kill_catches_an_app_that_shows_a_photo_as_taken_before_its_commit(data: Path) -> None:
    random = Random(5)
    taken: list[str] = []
    for run in range(4):
        taken += killed(data, random, 100 * run, "early")
    assert lost(data, taken) != []
