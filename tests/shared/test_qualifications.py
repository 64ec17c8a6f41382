"""Qualifications: asked for by acts, judged at the act's own time and place, never by what holds today."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from boucle.checklists import Checklist, Moment, Step
from boucle.events import Event
from boucle.memory import MemoryStore
from boucle.qualifications import Act, acts_in, held, holder_key, lacks, periods, qualifications, who_may
from boucle.reasons import Outcome, Reason
from boucle.reference import Version
from boucle.replay import book_of, replay
from tests.builders import DAY, START_MS, Device
from tests.shared.test_repair import Bench, opened, passed_test

PARIS = "Europe/Paris"
_OFFICE = Device(dev="d-bureau", epoch="00000000000000f8", random=Random(8))
QUALITY = Checklist(key="qualite", moment=Moment.QUALITY, types=("bac",), steps=(Step(id="tient", blocking=True),))


def stated(table: str, key: str, day: float, **row: Any) -> Event:
    body = {"table": table, "key": key, "valid_from": START_MS + round(day * DAY), "row": row}
    return _OFFICE.event("reference.set", body=body)


def asks(day: float = 0, acts: str = "requalify release", **row: Any) -> Event:
    return stated("qualification", "essais", day, acts=acts, **row)


def holds(person: str, day: float = 0, **row: Any) -> Event:
    return stated("qualified", holder_key(person, "essais"), day, **row)


def decided(*rules: Event, day: float = 20, actor: str = "p-luc", kind: str = "work.requalified") -> Any:
    """Give the mark of a decision of that day, under the rules."""
    bench = passed_test(opened(Bench()))
    bench.events += rules
    return bench.mark(bench(kind, 1, day, actor=actor, **({"certificate": "C-1"} if "work" in kind else {})))


REFUSED = (Outcome.REFUSED, (Reason.UNQUALIFIED,))


@pytest.mark.story(15)
@pytest.mark.parametrize("kind", ["work.requalified", "item.released"])
@pytest.mark.parametrize(("held_rows", "is_refused"), [
    ([], True),
    ([{"day": 1, "until": "2026-01-21"}], False),
    ([{"day": 1, "until": "2026-01-20"}], True),
    ([{"day": 21, "until": "2027-01-01"}], True),
    ([{"day": 1, "until": ""}], False),
    ([{"day": 1, "until": "demain"}], True),
    ([{"day": 1, "until": "2026-01-10"}, {"day": 15, "until": "2027-01-15"}], False),
    ([{"day": 1, "until": ""}, {"day": 12, "withdrawn": True}], True),
    ([{"day": 1, "until": ""}, {"day": 1}], True),
], ids=["never", "last day", "day after", "not yet", "for ever", "no day", "renewed", "ended", "undone"])  # fmt: skip
def test_a_decision_needs_the_qualification_on_its_own_day(
    kind: str, held_rows: list[dict[str, Any]], is_refused: bool
) -> None:
    mark = decided(asks(), *(holds("p-luc", **row) for row in held_rows), kind=kind)
    assert (mark == REFUSED) is is_refused
    assert is_refused or mark == (Outcome.APPLIED, ())


def test_nothing_is_asked_before_the_first_version_nor_of_another_type_or_act() -> None:
    for rule in (asks(21), asks(0, types=["roll"]), asks(0, acts="test control"), asks(0, acts="fly"), asks(0, "")):
        assert decided(rule) == (Outcome.APPLIED, ())
    assert decided(asks(0, types=["roll", "bac"])) == REFUSED
    assert decided(asks(0), asks(15, acts="")) == (Outcome.APPLIED, ())


def test_nobody_in_particular_is_qualified_for_nothing() -> None:
    assert decided(asks(), actor="") == REFUSED
    assert decided(actor="") == (Outcome.APPLIED, ())


def test_the_day_ends_where_the_act_is() -> None:
    bench = passed_test(opened(Bench()))
    bench.events += [asks(), holds("p-luc", 0, until="2026-01-20")]
    bench.events += [stated("site", "strasbourg", -99, zone="Pacific/Auckland")]
    # 06:00Z on the twentieth, then 14:00Z: the next day in Auckland, not yet in Strasbourg.
    late = bench("work.requalified", 1, 19 + 8 / 24, actor="p-luc", certificate="C-1")
    assert bench.mark(late) == REFUSED
    early = bench("work.requalified", 1, 19.1, actor="p-luc", certificate="C-1")
    assert bench.mark(early) == (Outcome.APPLIED, ())


def test_what_hands_did_without_has_its_effect_and_a_person_looks() -> None:
    bench = opened(Bench())
    bench.events += [asks(0, acts="repair test control")]
    repaired = bench("work.repaired", 1, 3, actor="p-ana")
    tested = bench("work.tested", 1, actor="p-ana", passed=True)
    assert bench.mark(repaired) == bench.mark(tested) == (Outcome.APPLIED, (Reason.UNQUALIFIED,))
    assert bench.stage(1) == "quality_control"
    sorted_ok = bench("item.sorted", 1, 4, actor="p-ana", verdict="ok")
    damaged = bench("item.sorted", 1, 5, actor="p-ana", verdict="damaged")
    assert bench.mark(sorted_ok) == (Outcome.APPLIED, (Reason.UNQUALIFIED,))
    assert bench.mark(damaged) == (Outcome.APPLIED, ())


def test_one_is_told_what_is_lacking_since_when_and_who_else_may() -> None:
    events = [asks(0, name="Contrôle électrique"), holds("p-luc", 1, until="2026-01-10")]
    events += [holds("p-eve", 1, until=""), holds("p-zoe", 9, until="")]
    book = book_of(events)
    (lack,) = lacks(book, "work.requalified", "bac", "p-luc", at_ms=START_MS + 12 * DAY, zone=PARIS)
    assert (lack.qualification.name, lack.last and lack.last.until) == ("Contrôle électrique", "2026-01-10")
    (never,) = lacks(book, "work.requalified", "bac", "p-ana", at_ms=START_MS + 12 * DAY, zone=PARIS)
    assert never.last is None
    may = [who_may(book, "item.released", "bac", at_ms=START_MS + day * DAY, zone=PARIS) for day in (0, 2, 12)]
    assert may == [[], ["p-eve", "p-luc"], ["p-eve", "p-zoe"]]
    assert {person: [each.until for each in said] for (person, _), said in periods(book).items()} == {
        "p-eve": [""],
        "p-luc": ["2026-01-10"],
        "p-zoe": [""],
    }
    assert held(book, "p-zoe", "essais", at_ms=START_MS) is None


def test_a_row_that_makes_no_sense_says_nothing() -> None:
    wild = [stated("qualification", "x", 0, acts=7, types="bac", name=None), stated("qualification", "y", 0, acts="")]
    book = book_of([*wild, stated("qualified", "p-luc", 0, until=3), stated("qualified", "p-luc>x", 0, until=7)])
    assert [(each.key, each.name, each.acts, each.types) for each in qualifications(book, at_ms=START_MS)] == [
        ("x", "x", frozenset(), frozenset()),
        ("y", "y", frozenset(), frozenset()),
    ]
    last = held(book, "p-luc", "x", at_ms=START_MS)
    assert last is not None
    assert not last.is_valid_on("2026-01-01")
    assert acts_in("test  release fly") == {Act.TEST, Act.RELEASE}


class JudgesByToday(MemoryStore):
    """A mutant that judges a decision once, as it comes, by what is known of people then."""

    def subjects_of(self, version: Version) -> Iterable[str]:
        """Give nothing for what people hold."""
        return [] if version.table in ("qualification", "qualified") else super().subjects_of(version)


@pytest.mark.parametrize("store", [MemoryStore, JudgesByToday], ids=lambda it: it.__name__)
def test_a_qualification_that_is_told_late_changes_the_decisions_of_its_days_and_no_other(
    store: type[MemoryStore],
) -> None:
    bench = passed_test(opened(Bench()))
    event = bench("work.requalified", 1, 20, actor="p-luc", certificate="C-1")
    late = [asks(), holds("p-luc", 1, until="2026-01-10"), holds("p-luc", 30, until="")]
    kept = store()
    for each in (*bench.events, *late):
        kept.accept([each])
    expected = replay([*bench.events, *late])
    assert {reason for _, _, reason in expected.tasks} == {Reason.UNQUALIFIED}
    assert (kept.world.tasks == expected.tasks) is (store is MemoryStore)
    more = holds("p-luc", 1, until="2026-02-01")
    assert replay([*bench.events, *late, more]).tasks == {}
    assert event.id


# ---- the checklist of a type


def listed(checklist: Checklist, day: float = 0) -> Event:
    return stated("checklist", checklist.key, day, **checklist.row)


NO_LIST = (Outcome.REFUSED, (Reason.NO_CHECKLIST,))


def answered(ref: str, *lists: Event, day: float = 20, kind: str = "work.requalified") -> Any:
    bench = passed_test(opened(Bench()))
    bench.events += lists
    body: dict[str, Any] = {"checklist": ref, "answers": {"tient": True}} if ref else {}
    return bench.mark(bench(kind, 1, day, actor="p-luc", certificate="C-1", **body))


@pytest.mark.story(15)
@pytest.mark.parametrize("kind", ["work.requalified", "item.released"])
def test_a_type_that_has_a_checklist_is_held_to_it(kind: str) -> None:
    assert answered("", kind=kind) == (Outcome.APPLIED, ())
    assert answered("", listed(QUALITY, 21), kind=kind) == (Outcome.APPLIED, ())
    assert answered("", listed(QUALITY), kind=kind) == NO_LIST
    assert answered("qualite@0123456789ab", listed(QUALITY), kind=kind) == NO_LIST
    assert answered(QUALITY.ref, listed(QUALITY), kind=kind) == (Outcome.APPLIED, ())


def test_a_version_that_held_before_still_answers_and_one_that_never_held_does_not() -> None:
    stricter = replace(QUALITY, steps=(*QUALITY.steps, Step(id="etanche", blocking=True)))
    other = replace(QUALITY, key="autre", types=("roll",))
    essay = replace(QUALITY, key="essai", moment=Moment.TEST)
    lists = [listed(QUALITY), listed(stricter, 10), listed(other), listed(essay, 30)]
    assert answered(QUALITY.ref, *lists) == (Outcome.APPLIED, ())
    assert answered(stricter.ref, *lists) == (Outcome.REFUSED, (Reason.CHECK_FAILED,))
    assert answered(other.ref, *lists) == NO_LIST
    assert answered(essay.ref, *lists) == NO_LIST
    general = replace(QUALITY, key="tous", types=())
    assert answered(general.ref, listed(general), listed(QUALITY, 10)) == (Outcome.APPLIED, ())
    assert answered(general.ref, listed(general, 10), listed(QUALITY)) == NO_LIST


def test_a_test_that_names_no_checklist_of_its_type_is_no_passed_one() -> None:
    bench = opened(Bench())
    bench.events += [listed(replace(QUALITY, key="essai", moment=Moment.TEST))]
    bench("work.repaired", 1, 3)
    claimed = bench("work.tested", 1, passed=True)
    failed = bench("work.tested", 1, passed=False)
    assert bench.mark(claimed) == (Outcome.APPLIED, (Reason.NO_CHECKLIST,))
    assert Reason.NO_CHECKLIST not in bench.mark(failed)[1]
    assert bench.stage(1) == "in_repair"


def test_a_good_verdict_without_the_control_of_its_type_counts_and_a_person_looks() -> None:
    bench = Bench()
    bench.commission(1)
    bench.events += [listed(replace(QUALITY, key="retour", moment=Moment.CONTROL))]
    marks = [bench.mark(bench("item.sorted", 1, day, verdict=said)) for day, said in ((2, "ok"), (3, "damaged"))]
    assert marks == [(Outcome.APPLIED, (Reason.NO_CHECKLIST,)), (Outcome.APPLIED, ())]


def test_what_was_requalified_by_its_checklist_is_released_without_going_through_it_again() -> None:
    bench = passed_test(opened(Bench()))
    bench.events += [listed(QUALITY)]
    bench("work.requalified", 1, 20, actor="p-luc", certificate="C-1", checklist=QUALITY.ref, answers={"tient": True})
    assert bench.mark(bench("item.released", 1, actor="p-luc"))[0] is Outcome.APPLIED
