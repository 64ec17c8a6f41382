"""Rounds: a plan that is read as far as it makes sense, and what a stop came to beside it."""

from datetime import date
from typing import Any

import pytest

from boucle.reference import Book, Version
from boucle.rounds import (
    Ending,
    Found,
    Gap,
    Round,
    Stop,
    counts_of,
    ending_of,
    found_at,
    gaps_for,
    read_round,
    reasons_of,
    rounds_in,
    stop_of_task,
    task_of,
    validation,
)
from tests.builders import START_MS, Device
from tests.shared.test_reference import row

DAY = date(2026, 3, 2)
MULHOUSE = Stop(id="a", place="mulhouse", collect={"bac": 20, "roll": 2}, deliver={"bac": 30}, opens="08:00")
PLAN = Round(key="R-1", day=DAY, name="Sud", home="strasbourg", person="p1", stops=(MULHOUSE,))


def test_a_round_is_read_back_as_it_was_written() -> None:
    assert read_round("R-1", PLAN.row) == PLAN
    assert PLAN.stop("a") == MULHOUSE
    assert PLAN.stop("b") is None


@pytest.mark.parametrize(
    "stop",
    [
        None,
        "mulhouse",
        {"place": "mulhouse"},
        {"id": "a"},
        {"id": "a#b", "place": "mulhouse"},
        {"id": 7, "place": "mulhouse"},
        {"id": "a", "place": "x" * 300},
    ],
)
def test_a_stop_that_makes_no_sense_is_left_out(stop: Any) -> None:
    read = read_round("R-1", {"day": "2026-03-02", "stops": [stop, {"id": "z", "place": "metz"}]})
    assert read is not None
    assert [each.id for each in read.stops] == ["z"]


def test_an_expectation_that_makes_no_sense_says_nothing() -> None:
    wild = {"bac": -1, "roll": True, "film": "3", "x" * 300: 4, "good": 5, "none": 0}
    read = read_round(
        "R-1", {"day": "2026-03-02", "stops": [{"id": "a", "place": "metz", "collect": wild, "opens": "25:00"}]}
    )
    assert read is not None
    assert (read.stops[0].collect, read.stops[0].deliver, read.stops[0].opens) == ({"good": 5}, {}, "")


@pytest.mark.parametrize("day", ["", "2026-02-30", "demain", 20260302])
def test_a_round_without_a_day_is_none(day: Any) -> None:
    assert read_round("R-1", {"day": day, "stops": []}) is None


def test_of_two_stops_with_one_id_the_first_holds() -> None:
    stops = [{"id": "a", "place": "metz"}, {"id": "a", "place": "nancy"}]
    read = read_round("R-1", {"day": "2026-03-02", "stops": stops})
    assert read is not None
    assert [each.place for each in read.stops] == ["metz"]


def test_rounds_come_by_day_as_they_are_planned_now() -> None:
    server = Device()
    later = row(server, "round", "R-0", 0, day="2026-03-09", stops=[])
    first = row(server, "round", "R-1", 0, **PLAN.row)
    moved = row(server, "round", "R-0", START_MS, day="2026-03-01", stops=[])
    broken = row(server, "round", "R-2", 0, day="?")
    book = Book(Version.of(event) for event in (later, first, moved, broken))
    assert [each.key for each in rounds_in(book, at_ms=START_MS - 1)] == ["R-1", "R-0"]
    assert [each.key for each in rounds_in(book, at_ms=START_MS)] == ["R-0", "R-1"]


def test_a_task_names_its_round_and_its_stop() -> None:
    assert stop_of_task(PLAN.task(MULHOUSE)) == ("R-1", "a")
    assert stop_of_task(task_of("R/7K3M#2", "a")) == ("R/7K3M#2", "a")
    assert [stop_of_task(task) for task in ("", "R-1", "#a", "R-1#")] == [None] * 4


def test_what_a_stop_came_to_stands_beside_what_was_expected() -> None:
    phone = Device()
    subjects = [phone.event("item.collected", f"C/{n}", at=n, place="mulhouse", task="R-1#a") for n in range(3)]
    declared = phone.event("item.collected", "", at=4, item_type="roll", qty=2, place="mulhouse", task="R-1#a")
    left = phone.event("item.delivered", "C/9", at=5, place="mulhouse", task="R-1#a")
    moved = phone.event("item.moved", "C/9", at=6, place="mulhouse", task="R-1#a")
    types = {subjects[0].subject: "bac", subjects[1].subject: "bac", left.subject: "caisse"}
    found = found_at(MULHOUSE, [*subjects, declared, left, moved], types)
    assert found == [
        Found("collect", "bac", 20, 2, 0),
        Found("collect", "roll", 2, 0, 2),
        Found("collect", "", 0, 1, 0),
        Found("deliver", "bac", 30, 0, 0),
        Found("deliver", "caisse", 0, 1, 0),
    ]
    assert [each.difference for each in found] == [-18, 0, 1, -30, 1]


def test_one_item_that_was_declared_is_not_scanned() -> None:
    phone = Device()
    event = phone.event("item.collected", "C/1", at=1, body={"evidence": "declared"})
    assert found_at(None, [event], {event.subject: "bac"}) == [Found("collect", "bac", 0, 0, 1)]


def test_a_validation_keeps_what_was_seen() -> None:
    found = [Found("collect", "bac", 20, 18, 0), Found("deliver", "bac", 0, 3, 1)]
    body = validation(found, ending=Ending.DONE, version=2, reasons={"collect:bac": Gap.IN_USE})
    event = Device().event("stop.validated", at=1, body=body, task="R-1#a", place="mulhouse")
    assert counts_of(event) == found
    assert (event.text("ending"), event.number("version")) == ("done", 2)
    assert event.body["reasons"] == {"collect:bac": "in_use"}


def test_a_validation_that_makes_no_sense_says_nothing() -> None:
    wild = {"collect:bac": {"expected": -1, "scanned": "x"}, "sideways:bac": {"scanned": 3}, "collect:roll": 4}
    event = Device().event("stop.validated", at=1, body={"ending": "done", "counts": wild})
    assert counts_of(event) == [Found("collect", "bac", 0, 0, 0)]
    assert counts_of(Device().event("stop.validated", at=1, body={"ending": "done", "counts": {}})) == []


def test_what_is_declared_speaks_of_the_scanned_pieces_too() -> None:
    phone = Device()
    scans = [phone.event("item.collected", f"C/{n}", at=n, task="R-1#a") for n in range(5)]
    types = {event.subject: "bac" for event in scans}
    few, many = (phone.event("item.collected", "", at=9, item_type="bac", qty=qty, task="R-1#a") for qty in (3, 12))
    assert found_at(None, [*scans, few], types) == [Found("collect", "bac", 0, 5, 0)]
    assert found_at(None, [*scans, many], types) == [Found("collect", "bac", 0, 5, 7)]


def test_a_cancelled_round_for_one_phone_is_read_back_as_it_was_written() -> None:
    of = Round(key="R-2", day=DAY, device="d-1", cancelled=True, ended="Panne", stops=(MULHOUSE,))
    assert read_round("R-2", of.row) == of
    assert read_round("R-2", {**of.row, "cancelled": "yes"}) == Round(
        key="R-2", day=DAY, device="d-1", ended="Panne", stops=(MULHOUSE,)
    )


def test_a_difference_is_explained_by_what_can_explain_it() -> None:
    taken, left, received = ({*gaps_for(2, of), *gaps_for(-2, of)} for of in ("collect", "deliver", "receive"))
    assert taken | left | received == set(Gap)
    assert gaps_for(2, "collect") == (Gap.MORE, Gap.OTHER)
    assert all(Gap.MORE not in gaps_for(-2, of) for of in ("collect", "deliver", "receive"))
    assert {Gap.IN_USE, Gap.NOT_FOUND} == taken - left
    assert {Gap.DECLINED, Gap.NOT_LOADED, Gap.OTHER_TYPE, Gap.PLACE_CLOSED} == left - taken
    assert {Gap.ON_BOARD, Gap.LEFT_BEHIND, Gap.MISCOUNTED} == received - taken - left
    assert Gap.NO_ROOM not in received


def test_reasons_and_endings_that_nobody_knows_say_nothing() -> None:
    body = {"ending": "exploded", "reasons": {"collect:bac": "in_use", "collect:roll": "weather", "deliver:bac": 3}}
    event = Device().event("stop.validated", at=1, body=body)
    assert reasons_of(event) == {"collect:bac": Gap.IN_USE}
    assert ending_of(event) is Ending.OTHER
    assert ending_of(Device().event("stop.validated", at=1, body={"ending": "closed"})) is Ending.CLOSED


def test_a_piece_that_was_scanned_twice_is_one() -> None:
    phone = Device()
    scans = [phone.event("item.collected", f"C/{n}", at=n, task="R-1#a") for n in (1, 2, 1)]
    types = {event.subject: "bac" for event in scans}
    assert found_at(None, scans, types) == [Found("collect", "bac", 0, 2, 0)]
