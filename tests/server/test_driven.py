"""Rounds as they were driven: what stands of each stop beside its plan, whatever order it came in."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from boucle.push import Record
from boucle.rounds import Ending, Found, Gap, Round, Stop, validation
from boucle.wire import Unreadable, digest, read, write
from boucle_server.db import Database
from boucle_server.driven import DrivenRound, Progress, State, driven
from tests.builders import DAY, ORG, START_MS, Device, code
from tests.server.handset import LATER, Handset, a_network, taken

STOP = Stop(id="a", place="mulhouse", collect={"bac": 4})
NEXT = Stop(id="b", place="nancy", deliver={"roll": 2})
PLAN = Round(key="T-1", day=date(2026, 1, 2), home="strasbourg", stops=(STOP, NEXT))
EVENING = START_MS + 2 * DAY


def looked_at(database: Database, of: Round = PLAN, *, now_ms: int = EVENING) -> DrivenRound:
    with database.reading() as connection:
        (found,) = driven(connection, ORG, [of], zone="Europe/Paris", now_ms=now_ms)
    return found


def event_id(record: Record) -> str:
    event = read(record.payload, record.teff, record.tq)
    assert not isinstance(event, Unreadable)
    return event.id


@pytest.fixture
def phone(database: Database) -> Handset:
    a_network(database, "d-un", "d-deux")
    handset = Handset()
    for n in range(8):
        handset.scan("item.commissioned", code(n), at=0.1, place="strasbourg", body={"type": "bac"})
    return handset


def collect(phone: Handset, *numbers: int, at: float = 1.0) -> list[Record]:
    return [
        phone.scan("item.collected", code(n), at=at + n / 1000, place="mulhouse", task=PLAN.task(STOP)) for n in numbers
    ]


def validate(phone: Handset, *, at: float, version: int = 1, signer: str = "", scanned: int = 3) -> None:
    found = [Found("collect", "bac", 4, scanned, 0)]
    body = validation(found, ending=Ending.DONE, version=version, reasons={"collect:bac": Gap.IN_USE})
    priv = write({"signer": signer, "signature": [[0, 0, 500, 500], [1], "x"], "salt": "00" * 16}) if signer else None
    keys: dict[str, Any] = {"priv": digest(priv)} if priv else {}
    record = phone.scan("stop.validated", at=at, place="mulhouse", task=PLAN.task(STOP), body=body, **keys)
    phone.waiting[-1] = replace(record, priv=priv)


def test_a_round_that_nobody_drove_is_planned_then_incomplete(database: Database, phone: Handset) -> None:
    taken(database, phone.push())
    assert looked_at(database, now_ms=START_MS).state is State.PLANNED
    assert looked_at(database).state is State.INCOMPLETE
    cancelled = Round(key="T-1", day=PLAN.day, cancelled=True, stops=PLAN.stops)
    assert looked_at(database, cancelled).state is State.CANCELLED
    ended = replace(PLAN, ended="Camion en panne")
    assert looked_at(database, ended, now_ms=START_MS).state is State.ENDED


def test_a_stop_in_progress_shows_what_came_in_so_far(database: Database, phone: Handset) -> None:
    collect(phone, 0, 1)
    taken(database, phone.push())
    now = looked_at(database, now_ms=START_MS + DAY)
    assert now.state is State.RUNNING
    assert now.stops[0].found == (Found("collect", "bac", 4, 2, 0),)
    assert [stop.progress for stop in now.stops] == [Progress.BEGUN, Progress.TO_DO]
    collect(phone, 2)
    taken(database, phone.push())
    assert looked_at(database).stops[0].found == (Found("collect", "bac", 4, 3, 0),)


@pytest.mark.story(5)
def test_a_crate_added_after_the_validation_waits_for_the_next_version(database: Database, phone: Handset) -> None:
    collect(phone, 0, 1, 2)
    validate(phone, at=1.1)
    taken(database, phone.push())
    stop = looked_at(database).stops[0]
    assert (stop.progress, stop.added, len(stop.validations)) == (Progress.DONE, 0, 1)
    assert stop.last is not None
    assert stop.last.reasons == {"collect:bac": Gap.IN_USE}
    collect(phone, 3, at=1.2)
    taken(database, phone.push())
    stop = looked_at(database).stops[0]
    assert (stop.progress, stop.added) == (Progress.BEGUN, 1)
    validate(phone, at=1.3, version=2)
    taken(database, phone.push())
    stop = looked_at(database).stops[0]
    assert (stop.progress, stop.added) == (Progress.BEGUN, 1)  # made without having seen the fourth crate
    validate(phone, at=1.4, version=3, scanned=4)
    taken(database, phone.push())
    stop = looked_at(database).stops[0]
    assert stop.last is not None
    assert (stop.progress, stop.last.version, stop.found) == (Progress.DONE, 3, (Found("collect", "bac", 4, 4, 0),))
    assert stop.validations[0].found == (Found("collect", "bac", 4, 3, 0),)  # what was signed then stays


def test_a_stop_that_is_validated_again_weeks_later_shows_its_newest_version(
    database: Database, phone: Handset
) -> None:
    collect(phone, 0, 1, 2)
    validate(phone, at=1.1)
    validate(phone, at=30.0, version=2)
    taken(database, phone.push())
    stop = looked_at(database, now_ms=START_MS + 31 * DAY).stops[0]
    assert stop.last is not None
    assert (stop.last.version, stop.progress) == (2, Progress.DONE)


def test_a_scan_taken_back_is_off_even_if_the_void_comes_first(database: Database, phone: Handset) -> None:
    records = collect(phone, 0, 1)
    validate(phone, at=1.1)
    other = Handset(device=Device(dev="d-deux", epoch="00000000000000a2"))
    other.scan("event.voided", code(1), at=1.2, body={"target": event_id(records[1]), "reason": "undo"})
    taken(database, other.push())
    taken(database, phone.push())
    stop = looked_at(database).stops[0]
    assert stop.found == (Found("collect", "bac", 4, 1, 0),)
    assert (stop.added, stop.progress) == (1, Progress.BEGUN)


@pytest.mark.story(4)
def test_what_the_depot_scans_is_taken_off_what_was_only_declared(database: Database, phone: Handset) -> None:
    phone.scan("item.collected", at=1.0, item_type="bac", qty=4, place="mulhouse", task=PLAN.task(STOP))
    taken(database, phone.push())
    (row,) = looked_at(database).stops[0].found
    assert (row.declared, looked_at(database).stops[0].unscanned(row)) == (4, 4)
    for n in (0, 1, 2):
        phone.scan("item.received", code(n), at=1.4, place="strasbourg", against=PLAN.task(STOP))
    taken(database, phone.push())
    stop = looked_at(database).stops[0]
    (row,) = stop.found
    assert (row.total, stop.unscanned(row)) == (4, 1)


def test_what_was_done_at_a_stop_that_is_planned_no_more_is_still_shown(database: Database, phone: Handset) -> None:
    collect(phone, 0)
    taken(database, phone.push())
    shorter = Round(key="T-1", day=PLAN.day, stops=(NEXT,))
    now = looked_at(database, shorter)
    assert [(stop.stop, stop.place) for stop in now.stops] == [(NEXT, "nancy"), (None, "mulhouse")]
    assert now.stops[1].found == (Found("collect", "bac", 0, 1, 0),)


def test_other_rounds_and_other_days_do_not_mix(database: Database, phone: Handset) -> None:
    phone.scan("item.collected", code(0), at=1.0, place="mulhouse", task="T-2#a")
    phone.scan("item.collected", code(1), at=40.0, place="mulhouse", task=PLAN.task(STOP))
    taken(database, phone.push(), now_ms=LATER)
    assert looked_at(database, now_ms=LATER).stops[0].found == (Found("collect", "bac", 4, 0, 0),)


@pytest.mark.parametrize("erased", [False, True])
def test_who_signed_is_read_back_until_it_is_erased(database: Database, phone: Handset, *, erased: bool) -> None:
    collect(phone, 0)
    validate(phone, at=1.1, signer="Mme Weiß")
    taken(database, phone.push())
    if erased:
        with database.writing(ORG) as connection:
            connection.exec_driver_sql("UPDATE record SET priv = NULL")
    last = looked_at(database).stops[0].last
    assert last is not None
    assert last.signer == ("" if erased else "Mme Weiß")
    assert last.signature == (() if erased else ((0, 0, 500, 500),))


@pytest.mark.parametrize(("last", "n"), [("corrected again", 3), ("taken back", 5)])
def test_a_number_that_is_corrected_long_after_its_round_is_what_was_said_of_it_last(
    database: Database, phone: Handset, last: str, n: int
) -> None:
    pieces: dict[str, Any] = {"item_type": "film", "place": "mulhouse", "task": PLAN.task(STOP)}
    first = event_id(phone.scan("item.collected", at=1.0, qty=5, **pieces))
    second = event_id(phone.scan("item.collected", at=15.0, qty=4, corrects=first, **pieces))
    if last == "corrected again":
        phone.scan("item.collected", at=16.0, qty=3, corrects=second, **pieces)
    else:
        phone.scan("event.voided", at=16.0, item_type="film", qty=4, body={"target": second})
    taken(database, phone.push(), now_ms=LATER)
    found = looked_at(database, now_ms=LATER).stops[0].found
    assert [row.declared for row in found if row.item_type == "film"] == [n]
