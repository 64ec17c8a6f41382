"""Stops that no round plans: what their tasks say, and what is none."""

import os
from datetime import date

import pytest

from boucle.rounds import stop_of_task
from boucle.unplanned import begins, begun, day_of_key, is_unplanned, unplanned


def test_a_task_says_the_day_and_the_place() -> None:
    task = begun(date(2026, 11, 30), "mulhouse", bytes)
    read = unplanned(task)
    assert read is not None
    assert (read.round.day, read.stop.place, read.round.task(read.stop)) == (date(2026, 11, 30), "mulhouse", task)
    assert task.startswith(begins(date(2026, 11, 30)))
    assert stop_of_task(task) == (read.round.key, "mulhouse")
    assert is_unplanned(task)


def test_two_stops_of_one_day_and_place_are_two() -> None:
    tasks = {begun(date(2026, 11, 30), "mulhouse", os.urandom) for _ in range(8)}
    assert len(tasks) == 8


@pytest.mark.parametrize(
    "task",
    [
        "",
        "T-1#mulhouse",
        "U-2026-11-30-00000000",
        "U-2026-13-30-00000000#mulhouse",
        "U-2026-11-30-0000000#mulhouse",
        "U-2026-11-30-0000000U#mulhouse",
        "U-2026-11-30-00000000#a#b",
        "019d2c3e-0000-7000-8000-000000000000",
    ],
)
def test_any_other_task_is_none(task: str) -> None:
    assert unplanned(task) is None
    assert not is_unplanned(task)


def test_a_place_whose_key_could_be_no_stop_has_none() -> None:
    assert begun(date(2026, 11, 30), "", bytes) == ""
    assert begun(date(2026, 11, 30), "quai#3", bytes) == ""
    assert day_of_key("T-1") is None
