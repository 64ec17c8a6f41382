"""Checklists: versions that never change, answers that keep theirs, and what keeps a thing from serving again."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from boucle.answers import answers_of, body_of, failed_steps, objections, open_steps, passes
from boucle.checklists import (
    Asks,
    Checklist,
    Choice,
    Moment,
    Step,
    checklist_for,
    checklists_in,
    find_checklist,
    read_checklist,
)
from boucle.events import Event
from boucle.memory import MemoryStore
from boucle.reasons import Outcome, Reason
from boucle.reference import Book, Version
from boucle.replay import replay
from tests.builders import DAY, START_MS, Device, code
from tests.shared.test_repair import Bench

INSULATION = Step(
    id="isolement",
    asks=Asks.MEASURE,
    words={"fr": "Résistance d’isolement", "en": "Insulation resistance"},
    blocking=True,
    unit="kohm",
    low=1_000,
)
LOOKS = Step(
    id="aspect",
    asks=Asks.CHOICE,
    words={"fr": "Aspect"},
    blocking=True,
    photo=True,
    choices=(Choice(id="1", words={"fr": "intact"}), Choice(id="2", words={"fr": "fendu"}, passes=False)),
)
LABEL = Step(id="plaque", words={"fr": "Plaque lisible"})
TEST = Checklist(
    key="moteur-essai",
    moment=Moment.TEST,
    words={"fr": "Essais d’un moteur", "en": "Tests of a motor"},
    types=("bac",),
    steps=(INSULATION, LOOKS, LABEL),
)
GOOD: dict[str, bool | int | str] = {"isolement": 1_500, "aspect": "1", "plaque": False}


def version(checklist: Checklist, number: int = 0) -> Version:
    order = (number, "d", "e", number, f"v-{number}")
    return Version(
        table="checklist", key=checklist.key, valid_from=checklist.valid_from, order=order, row=checklist.row
    )


def stated(checklist: Checklist, device: Device) -> Event:
    row = {"table": "checklist", "key": checklist.key, "valid_from": checklist.valid_from, "row": checklist.row}
    return device.event("reference.set", body=row)


def test_a_version_is_read_back_as_it_was_written_and_named_by_what_it_asks() -> None:
    assert read_checklist(version(TEST)) == TEST
    stricter = replace(TEST, steps=(replace(INSULATION, low=2_000), LOOKS, LABEL))
    assert TEST.ref.startswith("moteur-essai@")
    assert stricter.ref != TEST.ref
    assert replace(TEST, valid_from=1).ref == TEST.ref  # said again from another day it asks the same


@pytest.mark.parametrize(
    "wild",
    [
        None,
        "isolement",
        {"asks": "yes_no"},
        {"id": "", "asks": "yes_no"},
        {"id": "x" * 300, "asks": "yes_no"},
        {"id": "a", "asks": "poem"},
        {"id": 7, "asks": "yes_no"},
    ],
)
def test_a_step_that_makes_no_sense_is_left_out(wild: Any) -> None:
    row = {"moment": "test", "steps": [wild, {"id": "z", "asks": "yes_no"}]}
    read = read_checklist(replace(version(TEST), row=row))
    assert read is not None
    assert [step.id for step in read.steps] == ["z"]


def test_what_makes_no_sense_in_a_step_says_nothing() -> None:
    step = {
        "id": "a",
        "asks": "measure",
        "low": True,
        "high": "9",
        "unit": 4,
        "words": ["x"],
        "choices": [1, {"id": "k"}],
    }
    read = read_checklist(replace(version(TEST), row={"moment": "test", "words": 5, "types": "bac", "steps": [step]}))
    assert read is not None
    assert read.types == ()
    assert read.steps == (Step(id="a", asks=Asks.MEASURE, choices=(Choice(id="k"),)),)
    assert read_checklist(replace(version(TEST), row={"moment": "whenever"})) is None
    assert read_checklist(replace(version(TEST), row={"moment": "test", "steps": 3})) == Checklist(
        key=TEST.key, moment=Moment.TEST
    )


def test_a_checklist_of_the_type_comes_before_one_for_every_type_and_none_before_its_first_version() -> None:
    general = replace(TEST, key="a-tous", types=())
    later = replace(TEST, valid_from=2_000, steps=(LABEL,))
    book = Book([version(general, 1), version(replace(TEST, valid_from=1_000), 2), version(later, 3)])
    at = [checklist_for(book, "bac", Moment.TEST, at_ms=ms) for ms in (500, 1_500, 2_500)]
    assert [held and (held.key, len(held.steps)) for held in at] == [
        ("a-tous", 3),
        ("moteur-essai", 3),
        ("moteur-essai", 1),
    ]
    assert checklist_for(book, "roll", Moment.TEST, at_ms=2_500) == general
    assert checklist_for(book, "bac", Moment.ENTRY, at_ms=2_500) is None
    withdrawn = Book([*book.versions, version(replace(TEST, valid_from=3_000, steps=()), 4)])
    assert checklist_for(withdrawn, "bac", Moment.TEST, at_ms=4_000) == general
    assert len(checklists_in(withdrawn, at_ms=4_000)) == 2


def test_answers_keep_the_version_that_they_answered() -> None:
    newer = replace(TEST, valid_from=5_000, steps=(LABEL,))
    book = Book([version(TEST, 1), version(newer, 2)])
    assert find_checklist(book, TEST.ref) == TEST
    assert find_checklist(book, newer.ref) == newer
    assert find_checklist(book, "moteur-essai@000000000000") is None
    assert find_checklist(book, "") is None


def test_an_event_keeps_answers_with_what_they_came_to_and_gives_them_back() -> None:
    body = body_of(TEST, {**GOOD, "isolement": 900, "inconnu": True, "plaque": True})
    assert body == {
        "checklist": TEST.ref,
        "answers": {"aspect": "1", "plaque": True},
        "checks": {"isolement": False, "aspect": True},
        "measures": {"isolement": {"value": 900, "unit": "kohm"}},
        "limits": {"isolement": {"low": 1_000, "unit": "kohm"}},
    }
    event = Device().event("work.tested", code(1), body={**body, "passed": False})
    assert answers_of(event) == {"isolement": 900, "aspect": "1", "plaque": True}


def test_a_step_takes_only_what_it_offers() -> None:
    assert [INSULATION.passes(answer) for answer in (999, 1_000, True, "1000", None)] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert [LOOKS.passes(answer) for answer in ("1", "2", "3", True)] == [True, False, False, False]
    assert [LABEL.passes(answer) for answer in (True, False, 1, "oui")] == [True, False, False, False]
    assert not replace(INSULATION, high=2_000).passes(2_001)


def test_what_is_not_blocking_may_fail_or_stay_open() -> None:
    assert passes(TEST, GOOD)
    assert passes(TEST, {"isolement": 1_000, "aspect": "1"})
    assert open_steps(TEST, {"isolement": 900}) == [LOOKS]
    assert failed_steps(TEST, {"isolement": 900, "aspect": "2"}) == [INSULATION, LOOKS]


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []),
        ({"measures": {"isolement": {"value": 900, "unit": "kohm"}}}, [Reason.OUT_OF_LIMITS]),
        ({"measures": {"isolement": {"value": 1_500, "unit": "mohm"}}}, [Reason.OTHER_UNIT]),
        ({"measures": {}}, [Reason.CHECK_FAILED]),
        ({"answers": {"aspect": "2"}}, [Reason.CHECK_FAILED]),
        ({"answers": {}}, [Reason.CHECK_FAILED]),
        ({"checks": {"isolement": True, "aspect": False}}, [Reason.CHECK_FAILED]),
        ({"limits": {}, "measures": {"isolement": 900}}, [Reason.OUT_OF_LIMITS]),
        ({"limits": {"isolement": {"low": 9_000}}}, [Reason.OUT_OF_LIMITS]),
    ],
)
def test_the_fold_judges_by_the_event_and_by_the_version_that_it_names(
    change: dict[str, Any], reasons: list[Reason]
) -> None:
    event = Device().event("item.released", code(1), body={**body_of(TEST, GOOD), **change})
    assert objections(event, Book([version(TEST)])) == reasons


def test_without_the_version_the_event_alone_is_judged() -> None:
    event = Device().event("item.released", code(1), body={**body_of(TEST, GOOD), "answers": {}})
    assert objections(event, Book()) == []
    assert objections(event, Book([version(TEST)])) == [Reason.CHECK_FAILED]


def quality(bench: Bench, **change: Any) -> Event:
    listed = replace(TEST, key="qualite", moment=Moment.QUALITY)
    bench.events.append(stated(listed, Device(dev="d-serveur", epoch="00000000000000f8", now_ms=START_MS - DAY)))
    bench.commission(1)
    bench("work.opened", 1, 1)
    bench("work.repaired", 1, 2)
    bench("work.tested", 1, 3, passed=True)
    body = {**body_of(listed, GOOD), "certificate": "C-1", **change}
    return bench("work.requalified", 1, 4, actor="p-luc", **body)


def test_a_blocking_step_that_failed_or_was_left_out_keeps_a_requalification_without_effect() -> None:
    changes: list[dict[str, Any]] = [{"answers": {"aspect": "2"}}, {"answers": {}}, {"measures": {"isolement": 900}}]
    for change in changes:
        bench = Bench()
        event = quality(bench, **change)
        assert bench.mark(event) == (Outcome.REFUSED, (Reason.CHECK_FAILED,))
        assert bench.stage(1) == "quality_control"
    bench = Bench()
    assert bench.mark(quality(bench)) == (Outcome.APPLIED, ())


def test_a_test_that_leaves_a_blocking_step_out_has_failed_whatever_was_ticked() -> None:
    bench = Bench()
    bench.events.append(stated(TEST, Device(dev="d-serveur", epoch="00000000000000f8", now_ms=START_MS - DAY)))
    bench.commission(1)
    bench("work.opened", 1, 1)
    bench("work.repaired", 1, 2)
    event = bench("work.tested", 1, 3, passed=True, **body_of(TEST, {"isolement": 1_500}))
    assert bench.mark(event) == (Outcome.APPLIED, (Reason.CHECK_FAILED,))
    assert bench.stage(1) == "in_repair"


def test_a_version_that_arrives_after_the_answers_judges_them_all_the_same() -> None:
    bench = Bench()
    event = quality(bench, answers={})
    listed = next(each for each in bench.events if each.body.get("table") == "checklist")
    rest = [each for each in bench.events if each not in (listed, event)]
    worlds = []
    for order in permutations(([listed], rest, [event])):
        store = MemoryStore()
        for batch in order:
            store.accept(batch)
        worlds.append((store.world.items, store.world.cells, store.world.tasks))
    expected = replay(bench.events)
    assert all(world == (expected.items, expected.cells, expected.tasks) for world in worlds)
