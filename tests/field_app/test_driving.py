"""Driving a round: what is planned for whom, how a stop stands, what a validation closes and keeps."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from boucle.actions import Amount
from boucle.correction import Fix
from boucle.lines import Line
from boucle.pin import hash_pin
from boucle.rounds import Ending, Found, Gap, counts_of
from boucle.telling import Outcome
from boucle_field import driving
from boucle_field.correcting import correct
from boucle_field.driving import Progress, Signed
from boucle_field.errors import RefusedError
from boucle_field.outbox import Draft
from boucle_field.people import enter
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.sync import sync
from boucle_field.visit import Visit
from boucle_field.visit_lines import Row
from tests.builders import DAY, START_MS, Device, code
from tests.field_app.ran import Place
from tests.photos import a_jpeg
from tests.world import drive, phone_of

STOPS = [
    {"id": "a", "place": "mulhouse", "collect": {"bac": 5}, "deliver": {"roll": 2}},
    {"id": "b", "place": "nancy", "collect": {"bac": 1}},
]


def plan(place: Place, key: str, /, **row: Any) -> None:
    told = Device(dev="d-serveur", epoch="00000000000000f2", random=Random(key), now_ms=START_MS)
    body = {"table": "round", "key": key, "valid_from": 0, "row": row}
    place.server._learn([told.event("reference.set", "", body=body)])


@pytest.fixture
def planned(place: Place) -> Place:
    """Give a phone with five crates at Mulhouse and a round of today that goes there."""
    office = place.phone
    for number in range(1, 6):
        office.desk.record(Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": "bac"}))
        office.desk.record(Draft(kind="item.shipped", code=code(number), place="strasbourg", body={"to": "mulhouse"}))
        office.desk.record(Draft(kind="item.delivered", code=code(number), place="mulhouse"))
    plan(place, "T-1", day=driving.today(office).isoformat(), name="Sud", stops=STOPS)
    drive(sync(office), place.net, "d-un")
    assert office.outbox.counts().unsent == 0
    return place


def stop(phone: Phone, stop_id: str = "a") -> tuple[Any, Any]:
    found = driving.stop_of(phone, f"T-1#{stop_id}")
    assert found is not None
    return found


def collect(phone: Phone) -> Visit:
    return Visit.begin(phone, action="collect", place="mulhouse", task="T-1#a")


def test_the_rounds_of_today_are_those_of_nobody_and_of_this_person(planned: Place) -> None:
    phone = planned.phone
    for key, person in (("T-2", "p-karim"), ("T-3", "p-lea")):
        plan(planned, key, day=driving.today(phone).isoformat(), person=person, stops=STOPS)
    plan(planned, "T-4", day="2019-01-01", stops=STOPS)
    plan(planned, "T-5", day=driving.today(phone).isoformat(), stops=[])
    planned.server.add_person(
        "p-karim",
        {"name": "Karim", "badge": "", "role": "driver", "site": "", "pin": hash_pin("4711", Random(1).randbytes)},
    )
    drive(sync(phone), planned.net, "d-un")
    assert [each.key for each in driving.rounds_of_today(phone)] == ["T-1"]
    enter(phone.store, "Karim", "4711", ticks=phone.ticks)
    assert [each.key for each in driving.rounds_of_today(phone)] == ["T-2", "T-1"]


def test_a_round_of_yesterday_stays_until_its_last_stop_is_done(planned: Place) -> None:
    phone = planned.phone
    planned.world.pass_ms(DAY)
    assert [each.key for each in driving.rounds_of_today(phone)] == ["T-1"]
    for stop_id in "ab":
        driving.validate(phone, *stop(phone, stop_id), ending=Ending.CLOSED)
    assert driving.rounds_of_today(phone) == []


def test_the_plan_is_what_is_expected_at_a_stop(planned: Place) -> None:
    visit = collect(planned.phone)
    assert (visit.rows(), visit.wanted) == ([Row("bac", 0, 5, 0)], 5)
    leaving = Visit.begin(planned.phone, action="deliver", place="mulhouse", task="T-1#a")
    assert leaving.rows() == [Row("roll", 0, 2, 0)]


def test_a_crate_of_a_planned_deposit_is_expected_and_only_more_than_plan_and_shipment_is_extra(planned: Place) -> None:
    phone = planned.phone
    for number in range(10, 16):
        phone.desk.record(Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": "bac"}))
    phone.desk.record(Draft(kind="item.shipped", code=code(15), place="strasbourg", body={"to": "mulhouse"}))
    stops = [{"id": "a", "place": "mulhouse", "deliver": {"bac": 2}}]
    plan(planned, "T-9", day=driving.today(phone).isoformat(), stops=stops)
    drive(sync(phone), planned.net, "d-un")
    visit = Visit.begin(phone, action="deliver", place="mulhouse", task="T-9#a")
    told = [visit.scan(code(number)).outcome for number in (10, 11, 12, 15)]
    assert told == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.UNEXPECTED, Outcome.ACCEPTED]
    assert visit.rows() == [Row("bac", 3, 2, 1)]


def test_a_stop_goes_from_to_do_over_begun_to_done(planned: Place) -> None:
    phone = planned.phone
    assert driving.standing(phone, *stop(phone)).progress is Progress.TO_DO
    visit = collect(phone)
    visit.scan(code(1))
    visit.count(Amount("film", 3))
    now = driving.standing(phone, *stop(phone))
    assert now.progress is Progress.BEGUN
    assert now.found == [
        Found("collect", "bac", 5, 1, 0),
        Found("collect", "film", 0, 0, 3),
        Found("deliver", "roll", 2, 0, 0),
    ]
    told = driving.validate(phone, *stop(phone), ending=Ending.DONE, reasons={"collect:bac": Gap.IN_USE})
    assert told.outcome is Outcome.ACCEPTED
    done = driving.standing(phone, *stop(phone))
    assert (done.progress, done.version, done.added) == (Progress.DONE, 1, 0)
    assert done.validated is not None
    assert counts_of(done.validated) == now.found
    assert done.validated.body["reasons"] == {"collect:bac": "in_use"}


@pytest.mark.story(5)
def test_a_crate_added_after_the_validation_makes_the_next_version(planned: Place) -> None:
    """A forgotten crate is added after validation: the report is issued again with its version (story 5)."""
    phone = planned.phone
    visit = collect(phone)
    for number in range(1, 5):
        visit.scan(code(number))
    driving.validate(phone, *stop(phone), ending=Ending.DONE)
    again = collect(phone)
    assert again.counted == 4
    assert again.scan(code(5)).outcome is Outcome.ACCEPTED
    now = driving.standing(phone, *stop(phone))
    assert (now.progress, now.version, now.added) == (Progress.BEGUN, 1, 1)
    driving.validate(phone, *stop(phone), ending=Ending.DONE)
    last = driving.standing(phone, *stop(phone))
    assert (last.progress, last.version) == (Progress.DONE, 2)
    assert last.validated is not None
    assert (last.validated.number("version"), counts_of(last.validated)[0]) == (2, Found("collect", "bac", 5, 5, 0))


def test_validation_closes_the_free_undo_and_leaves_the_correction(planned: Place) -> None:
    phone = planned.phone
    visit = collect(phone)
    first = visit.scan(code(1))
    driving.validate(phone, *stop(phone), ending=Ending.DONE)
    again = collect(phone)
    assert again.undo() is None
    for event_id in ("", first.event_id):
        with pytest.raises(RefusedError) as refused:
            phone.desk.undo(event_id)
        assert refused.value.key == "phone.undo_validated"
    second = again.scan(code(2))
    undone = again.undo()
    assert undone is not None
    assert undone.event_id == second.event_id
    correct(phone, first.event_id, Fix.VOID, because="double")
    now = driving.standing(phone, *stop(phone))
    assert now.found[0] == Found("collect", "bac", 5, 0, 0)
    assert now.progress is Progress.BEGUN


def open_to(visit: Visit, line: Line) -> tuple[Line | None, bool, bool]:
    """Give what an undo takes back, whether a line takes a photo, whether it is closed."""
    return visit.last, visit.takes_photo(line), visit.is_closed(line)


def test_what_another_device_validated_while_the_visit_is_open_is_closed_once_it_comes_down(planned: Place) -> None:
    phone, net = planned.phone, planned.net
    visit = collect(phone)
    first = visit.scan(code(1))
    assert visit.last == first
    drive(sync(phone), net, "d-un")
    assert visit.takes_photo(first)
    other = phone_of(planned.server, "d-deux")
    planned.world.pass_ms(60_000)
    drive(sync(other), net, "d-deux")
    driving.validate(other, *stop(other), ending=Ending.DONE)
    drive(sync(other), net, "d-deux")
    assert open_to(visit, first) == (first, True, False)
    drive(sync(phone), net, "d-un")
    assert open_to(visit, first) == (None, False, True)
    assert visit.undo() is None
    with pytest.raises(RefusedError) as refused:
        visit.add_photo(first, Photo(a_jpeg()))
    assert refused.value.key == "phone.photo_validated"
    assert (visit.counted, driving.standing(phone, *stop(phone)).found[0].total) == (1, 1)
    planned.world.pass_ms(1_000)
    second = visit.scan(code(2))
    assert visit.takes_photo(second)
    undone = visit.undo()
    assert undone is not None
    assert (undone.event_id, open_to(visit, first)[0]) == (second.event_id, None)


def test_who_signed_can_be_erased_and_is_no_part_of_the_event(planned: Place) -> None:
    phone = planned.phone
    driving.validate(
        phone, *stop(phone), ending=Ending.DONE, signed=Signed("Mme Weber", [[0, 0, 500, 500]]), note="quai 3"
    )
    with phone.store.reading() as db:
        payload, priv = db.execute("SELECT payload, priv FROM outbox ORDER BY n DESC LIMIT 1").fetchone()
    assert b"Weber" not in payload
    kept = json.loads(priv)
    assert (kept["signer"], kept["signature"]) == ("Mme Weber", [[0, 0, 500, 500]])
    assert json.loads(payload)["body"]["note"] == "quai 3"


def test_what_was_taken_up_is_in_the_vehicle(planned: Place) -> None:
    phone = planned.phone
    visit = collect(phone)
    visit.scan(code(1))
    visit.scan(code(2))
    visit.count(Amount("film", 3))
    assert driving.in_vehicle(phone, stop(phone)[0]) == {"bac": 2, "film": 3}


def test_a_stop_survives_the_app_and_comes_to_the_same_on_the_server(planned: Place) -> None:
    phone = planned.phone
    visit = collect(phone)
    for number in range(1, 6):
        visit.scan(code(number))
    driving.validate(phone, *stop(phone), ending=Ending.DONE)
    before = driving.standing(phone, *stop(phone))
    drive(sync(phone), planned.net, "d-un")
    assert phone.outbox.counts().unsent == 0
    after = driving.standing(phone, *stop(phone))
    assert replace(before.validated, teff=0, tq=0) == replace(after.validated, teff=0, tq=0)  # type: ignore[type-var]
    assert (before.found, before.progress) == (after.found, after.progress)
    kinds = [event.kind for event in planned.server.accepted().values() if event.task == "T-1#a"]
    assert sorted(kinds) == ["item.collected"] * 5 + ["stop.validated"]


def test_a_place_names_its_open_stop_of_today(planned: Place) -> None:
    phone = planned.phone
    plan(planned, "T-2", day=driving.today(phone).isoformat(), name="Zweite", stops=STOPS)
    drive(sync(phone), planned.net, "d-un")
    assert driving.stop_at(phone, "strasbourg") is None
    first = driving.stop_at(phone, "mulhouse")
    assert first is not None
    assert first[0].key == "T-1"
    driving.validate(phone, *first, ending=Ending.DONE)
    second = driving.stop_at(phone, "mulhouse")
    assert second is not None
    assert second[0].key == "T-2"


def test_a_task_that_is_no_stop_has_no_plan(planned: Place) -> None:
    assert driving.planned(planned.phone, "T-1#z", "collect") is None
    assert driving.planned(planned.phone, "T-9#a", "collect") is None
    assert driving.planned(planned.phone, "T-1#b", "deliver") is None
    assert driving.planned(planned.phone, "T-1#a", "ship") is None
    assert driving.find_round(planned.phone, "T-9") is None
