"""Repairs and parts: the worked examples of the workshop as real histories, and what is never refused or always is."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from boucle.binding import owner
from boucle.catalogue import answers
from boucle.clock import parse_instant
from boucle.donor_parts import TABLE, expected_key
from boucle.events import Event
from boucle.kpi import Maturity, NoValue, Question, Value, micro
from boucle.opening_hours import HOUR_MS, open_ms, opening_of
from boucle.reasons import Outcome, Reason
from boucle.replay import World, book_of, facts_by_event, replay
from boucle.tally import Tally
from boucle.units import DAY_MS
from boucle.wire import subject_of
from tests.builders import Device, code, network

HERE: dict[str, Any] = {"place": "strasbourg"}
PUMP = {"name": "Pompe", "material": "acier", "tare_g": 3_500, "nature": "part", "price_cents": 8_600}


class Bench:
    """A workshop: its device, and what was recorded there."""

    def __init__(self) -> None:
        self.phone = Device()
        server = Device(dev="d-serveur", epoch="00000000000000f7", random=Random(7))
        row = {"table": "item_type", "key": "pompe", "valid_from": 0, "row": PUMP}
        self.events = [*network(), server.event("reference.set", body=row)]

    def __call__(
        self, kind: str, number: int, at: float | None = None, /, actor: str = "p-ana", other: str = "", **body: Any
    ) -> Event:
        event = self.phone.event(kind, code(number), at=at, actor=actor, other=other, body=body, **HERE)
        self.events.append(event)
        return event

    def commission(self, number: int, kind: str = "bac", **more: Any) -> None:
        self("item.commissioned", number, 0, type=kind, **more)

    @property
    def world(self) -> World:
        return replay(self.events)

    def value(self, definition_id: str, as_of: str = "2026-02-10", *months: str) -> Value:
        question = Question(months=months or ("2026-01",), as_of_ms=parse_instant(as_of))
        return answers(Tally.of(self.world.cells), question, [definition_id])[definition_id]

    def mark(self, event: Event) -> tuple[Outcome, tuple[Reason, ...]]:
        found = [mark for marks in self.world.marks.values() for mark in marks if mark.event == event.id]
        return found[0].outcome, found[0].reasons

    def stage(self, number: int) -> str:
        world = self.world
        return world.items[owner(subject_of(code(number), "", ""), world.bindings)].work_stage


def opened(bench: Bench, number: int = 1) -> Bench:
    bench.commission(number)
    bench("item.sorted", number, verdict="damaged")
    bench("work.opened", number, 1, due_ms=bench.phone.now_ms)
    bench("work.diagnosed", number, fault="fond fendu")
    return bench


def passed_test(bench: Bench, number: int = 1) -> Bench:
    bench("work.repaired", number)
    bench("work.tested", number, passed=True)
    return bench


def w9() -> Bench:
    """120 received: 12 open, 9 without a fault, 84 repaired, 15 beyond repair; 90 tested first, 71 passed at once.

    The month is February; three without a fault had their first test in January already.
    """
    bench = Bench()
    for number in range(120):
        bench.commission(number)
        bench("work.opened", number, 29)
    for number in range(9):
        bench("work.diagnosed", number, found=False)
    for number in range(93):
        at = 29.5 if number < 3 else 40
        bench("work.repaired", number, at)
        if number >= 74:
            bench("work.tested", number, at, passed=False)
        bench("work.tested", number, at, passed=True)
    for number in range(93):
        bench("work.requalified", number, 41, actor="p-luc", certificate=f"C-{number}")
    for number in range(93, 108):
        bench("work.not_repairable", number, 42, barrier="piece_introuvable")
    return bench


def test_w9_success_first_pass_and_requalification_of_the_month() -> None:
    bench = w9()
    bands = {"fixed": 84, "no_fault": 9, "not_fixed": 15, "unknown": 0}
    expected = {"K30": (84, 99, 848_485), "K30-all": (84, 108, 777_778), "K31": (71, 90, 788_889)}
    expected["K33"] = (93, 108, 861_111)
    for definition_id, (part, whole, rounded) in expected.items():
        found = bench.value(definition_id, "2026-03-01", "2026-02")
        assert (found.numerator, found.denominator, micro(found.value)) == (part, whole, rounded), definition_id
        assert definition_id == "K31" or found.bands == bands
    assert bench.value("K33-units", "2026-03-01", "2026-02").value == 93
    assert bench.value("K34", "2026-03-01", "2026-02").value == 12
    assert bench.value("K34", "2026-02-02").value == 120
    assert bench.value("K31").value == 1


def test_w9_turnaround_is_told_by_mean_median_and_nearest_rank() -> None:
    bench = Bench()
    days = (2, 3, 3, 4, 5, 6, 8, 9, 12, 30)
    for number, _ in enumerate(days):
        bench.commission(number)
        bench("item.sorted", number, verdict="damaged")
    for number, _ in enumerate(days):
        bench("work.opened", number, 1)
    for number, _ in enumerate(days):
        passed_test(bench, number)
        bench("work.requalified", number, actor="p-luc", certificate="C")
    for number, lasts in enumerate(days):
        bench("item.released", number, 1 + lasts, actor="p-luc")
    bench.commission(10)
    bench("work.opened", 10, 1)
    months = ("2026-01", "2026-02")
    mean = bench.value("K32", "2026-03-01", *months)
    assert (mean.numerator, mean.denominator, mean.value) == (82 * 86_400, 10, Fraction("8.2"))
    assert bench.value("K32-median", "2026-03-01", *months).value == Fraction("5.5")
    assert bench.value("K32-p90", "2026-03-01", *months).value == 12
    assert bench.value("K32-p90", "2026-01-20").bands == {"open": 1}
    assert bench.value("K32", "2026-01-20").n == 9
    assert {bench.stage(number) for number, _ in enumerate(days)} == {"returned_to_use"}


def w10() -> Bench:
    """40 pumps recovered and requalified for 21.00 each, 31 of them built in; a new one costs 86.00."""
    bench = Bench()
    bench.commission(99, "bac")
    for number in range(40):
        bench.commission(number, "pompe", origin="recovered", other=code(99))
        bench("work.opened", number, 1)
        passed_test(bench, number)
        bench("work.requalified", number, actor="p-luc", certificate=f"P-{number}", cost_cents=2_100)
    for number in range(40):
        bench("item.moved", number, 20, zone="propre")
    for number in range(31):
        bench("part.installed", number, 21, other=code(98))
    return bench


def test_w10_a_purchase_is_avoided_when_the_part_is_built_in_and_not_in_stock() -> None:
    bench = w10()
    assert bench.value("K36").value == 40
    assert bench.value("K36-mass").value == 40 * 3_500
    assert bench.value("K36-installed").value == 31
    gross, net = bench.value("K37"), bench.value("K37-net")
    assert gross.value == 266_600
    assert gross.n == 31
    assert net.value == 201_500
    assert net.bands == {"gross_cents": 266_600, "requalification_cents": 65_100}
    assert bench.value("K21-repaired").value == 31 * 3_500
    before = [event for event in bench.events if event.kind != "part.installed"]
    assert [at for at in replay(before).cells if at.measure.startswith("avoided")] == []


def test_the_events_behind_a_figure_of_the_workshop_can_be_named() -> None:
    bench = w10()
    pairs = facts_by_event(bench.events, book_of(bench.events))
    behind = {event.kind for event, fact in pairs if fact.at.measure == "avoided_cents"}
    assert behind == {"part.installed"}
    assert sum(fact.n for _, fact in pairs if fact.at.measure == "avoided_cents") == 266_600


def test_a_part_saves_once_until_it_is_recovered_again() -> None:
    bench = Bench()
    bench.commission(1, "pompe", origin="recovered", other=code(98))
    first = bench("part.installed", 1, 2, other=code(97))
    again = bench("part.installed", 1, other=code(97))
    elsewhere = bench("part.installed", 1, other=code(96))
    assert bench.mark(first) == (Outcome.APPLIED, (Reason.PART_NOT_REQUALIFIED,))
    assert bench.mark(again) == (Outcome.REPEAT, (Reason.SAME_AGAIN,))
    assert bench.mark(elsewhere)[1][:1] == (Reason.PART_USED_ELSEWHERE,)
    assert bench.value("K37").value == 8_600
    bench("part.removed", 1, 3, other=code(96))
    bench("part.installed", 1, other=code(96))
    assert bench.value("K37").value == 8_600
    bench("part.removed", 1, 4, other=code(96))
    bench("part.installed", 1, other=code(95))
    assert bench.value("K37").value == 17_200


def test_a_part_that_nobody_would_have_bought_avoids_nothing() -> None:
    bench = Bench()
    bench.commission(1, "pompe", origin="recovered", other=code(98))
    bench("part.installed", 1, 2, other=code(97), needed=False)
    assert bench.value("K37").value == 0
    assert bench.value("K36-installed").value == 0


def test_a_repaired_crate_saves_a_purchase_when_it_leaves_again_and_not_before() -> None:
    bench = passed_test(opened(Bench()))
    bench("work.requalified", 1, actor="p-luc", certificate="C-1", cost_cents=300)
    bench("item.released", 1, actor="p-luc")
    assert bench.value("K37").value == 0
    bench("item.shipped", 1, to="mulhouse", avoided_cents=950)
    bench("item.received", 1, 9)
    bench("item.shipped", 1, 12, to="mulhouse", avoided_cents=950)
    assert bench.value("K37").value == 950
    assert bench.value("K37-net").value == 650


def test_whoever_repaired_or_tested_never_certifies() -> None:
    for actor, refused in (("p-ana", True), ("p-luc", False)):
        bench = passed_test(opened(Bench()))
        event = bench("work.requalified", 1, actor=actor, certificate="C-1")
        assert (bench.mark(event)[0] is Outcome.REFUSED) is refused
        assert (Reason.SAME_PERSON in bench.mark(event)[1]) is refused
    bench = opened(Bench())
    bench("work.repaired", 1, actor="p-ana")
    bench("work.tested", 1, actor="p-eve", passed=True)
    held = bench("work.requalified", 1, actor="p-eve", certificate="C-1")
    assert bench.mark(held) == (Outcome.REFUSED, (Reason.SAME_PERSON,))
    assert bench.stage(1) == "quality_control"


@pytest.mark.parametrize(("actor", "refused"), [("p-ana", True), ("p-eve", True), ("p-luc", False)])
def test_whoever_repaired_or_tested_a_crate_does_not_release_it_either(actor: str, refused: bool) -> None:
    bench = opened(Bench())
    bench("work.repaired", 1, actor="p-eve")
    bench("work.repaired", 1, actor="p-ana")
    bench("work.tested", 1, actor="p-eve", passed=True)
    event = bench("item.released", 1, actor=actor, checks={"visuel": True})
    assert (bench.mark(event) == (Outcome.REFUSED, (Reason.SAME_PERSON,))) is refused
    if not refused:
        bench("item.cleaned", 1, requalify=True)
        again = bench("item.released", 1, actor="p-eve")
        assert bench.mark(again)[0] is Outcome.APPLIED


def test_a_failed_check_holds_the_release_back_and_a_missing_number_opens_a_task() -> None:
    bench = passed_test(opened(Bench()))
    held = bench("work.requalified", 1, actor="p-luc", certificate="C-1", checks={"fuite": False})
    assert bench.mark(held) == (Outcome.REFUSED, (Reason.CHECK_FAILED,))
    bare = bench("work.requalified", 1, actor="p-luc", checks={"fuite": True})
    assert bench.mark(bare) == (Outcome.APPLIED, (Reason.NO_CERTIFICATE,))


@pytest.mark.parametrize(
    ("measure", "limit", "reason"),
    [
        (60, {"low": 50, "unit": "kg"}, None),
        ({"value": 60, "unit": "kg"}, {"low": 50, "high": 60, "unit": "kg"}, None),
        (49, {"low": 50}, Reason.OUT_OF_LIMITS),
        (61, {"high": 60}, Reason.OUT_OF_LIMITS),
        ("60", {"high": 60}, Reason.OUT_OF_LIMITS),
        ({"value": 60, "unit": "lb"}, {"low": 50, "unit": "kg"}, Reason.OTHER_UNIT),
        (7, "aucune", None),
    ],
)
def test_a_measure_out_of_its_limits_contradicts_a_test_that_is_said_to_have_passed(
    measure: Any, limit: Any, reason: Reason | None
) -> None:
    bench = opened(Bench())
    bench("work.repaired", 1)
    event = bench("work.tested", 1, passed=True, measures={"charge": measure}, limits={"charge": limit})
    assert bench.mark(event) == (Outcome.APPLIED, (reason,) if reason else ())
    assert bench.stage(1) == ("in_repair" if reason else "quality_control")
    assert bench.value("K31").numerator == (0 if reason else 1)


def test_what_hands_did_counts_even_if_nobody_opened_a_repair() -> None:
    bench = Bench()
    bench.commission(1)
    event = bench("work.tested", 1, 2, passed=True)
    assert bench.mark(event) == (Outcome.APPLIED, (Reason.OUT_OF_STEP, Reason.INFERRED_OPENED))
    assert bench.stage(1) == "quality_control"
    assert bench.value("K34").value == 1


def test_a_repair_waits_goes_on_and_can_be_given_up() -> None:
    bench = opened(Bench())
    bench("work.paused", 1, reason="pieces", parts=["pompe"])
    assert bench.stage(1) == "waiting"
    bench("work.resumed", 1)
    bench("work.part_used", 1, other=code(5))
    assert bench.stage(1) == "in_repair"
    bench("work.cancelled", 1)
    assert bench.stage(1) == "cancelled"
    assert bench.value("K30-all").bands["unknown"] == 1
    assert bench.value("K30").denominator == 0
    again = bench("work.resumed", 1)
    assert bench.mark(again) == (Outcome.REFUSED, (Reason.OUT_OF_STEP,))


def test_a_repair_ends_with_its_item() -> None:
    bench = opened(Bench())
    bench("item.retired", 1, 3, route="disposal")
    assert bench.stage(1) == "cancelled"
    assert bench.value("K34").value == 0
    assert bench.value("K30-all").bands["unknown"] == 1


def test_a_donor_is_taken_apart_whatever_it_was_doing_and_a_person_looks() -> None:
    bench = opened(Bench())
    bench.commission(2)
    parts = [{"code": code(7), "mass_g": 900}, {"code": code(8), "mass_g": 300}]
    fair = bench("work.harvested", 1, 2, parts=parts, mass_g=2_000, rest_g=750)
    assert bench.mark(fair) == (Outcome.APPLIED, ())
    wrong = bench("work.harvested", 2, parts=parts, mass_g=2_000, rest_g=500)
    assert bench.mark(wrong) == (Outcome.APPLIED, (Reason.DONOR_IN_SERVICE, Reason.MASS_MISMATCH))
    assert bench.value("K30-all").bands["not_fixed"] == 1
    assert (bench.stage(1), bench.stage(2)) == ("harvested", "harvested")


def test_parts_that_weigh_more_than_their_donor_did_are_looked_at_also_where_nobody_weighed_the_rest() -> None:
    bench = opened(opened(Bench()), 2)
    lighter = bench("work.harvested", 1, 2, parts=[{"mass_g": 1_500}, {"mass_g": 600}], mass_g=2_000)
    assert bench.mark(lighter) == (Outcome.APPLIED, ())  # scales differ by so much
    heavier = bench("work.harvested", 2, 3, parts=[{"mass_g": 1_500}, {"mass_g": 601}], mass_g=2_000)
    assert bench.mark(heavier) == (Outcome.APPLIED, (Reason.MASS_MISMATCH,))


def test_the_yield_of_a_harvest_is_what_was_taken_of_what_was_expected_and_none_beyond_stands_for_one_missing() -> None:
    bench = Bench()
    server = Device(dev="d-autre", epoch="00000000000000f8", random=Random(8))
    for part, n in (("pompe", 2), ("film", 1)):
        body = {"table": TABLE, "key": expected_key("bac", part), "valid_from": 0, "row": {"expected_n": n}}
        bench.events.append(server.event("reference.set", body=body))
    for number, kind in ((1, "bac"), (2, "bac"), (3, "roll")):
        bench.commission(number, kind)
    assert bench.value("K36-yield").value is None
    bench("work.harvested", 1, 2, parts=[{"type": "pompe"}] * 4)
    bench("work.harvested", 2, 2, parts=[{"type": "pompe"}, {"type": "film"}, {}])
    bench("work.harvested", 3, 2, parts=[{"type": "pompe"}])  # nobody said what a roll holds
    found = bench.value("K36-yield")
    assert (found.numerator, found.denominator) == (4, 6)
    wrong = next(event for event in bench.events if event.kind == "work.harvested")
    bench.events.append(bench.phone.event("event.voided", code(1), body={"target": wrong.id}))
    found = bench.value("K36-yield")
    assert (found.numerator, found.denominator) == (2, 3)


def test_a_repair_that_comes_back_within_ninety_days_speaks_of_the_earlier_one() -> None:
    for lapse, again in ((89.9, 1), (90.1, 0)):
        bench = passed_test(opened(Bench()))
        bench("work.requalified", 1, actor="p-luc", certificate="C-1")
        bench("item.released", 1, 10, actor="p-luc")
        first = next(event for event in bench.events if event.kind == "work.opened")
        bench("work.opened", 1, 10 + lapse)
        found = bench.value("K35", "2026-05-20")
        assert (found.numerator, found.denominator, found.maturity) == (again, 1, Maturity.FINAL)
        assert bench.value("K35", "2026-04-20").maturity is Maturity.PROVISIONAL
        world = bench.world
        [item] = world.items.values()
        assert item.job
        assert item.job.earlier == first.id


def test_open_repairs_past_their_day_are_late() -> None:
    bench = Bench()
    for number, due in ((1, 5), (2, 9), (3, None)):
        bench.commission(number)
        body: dict[str, Any] = {} if due is None else {"due_ms": bench.phone.now_ms + due * 86_400_000}
        bench("work.opened", number, 0.5, **body)
    found = bench.value("K34-late", "2026-01-08")
    assert (found.numerator, found.denominator) == (1, 3)
    bench("work.cancelled", 1, 7)
    assert bench.value("K34-late", "2026-01-08").numerator == 0


def test_the_repair_of_a_part_is_among_the_open_ones_like_that_of_a_crate() -> None:
    bench = Bench()
    bench.commission(1, "pompe")
    bench.commission(2)
    for number in (1, 2):
        bench("work.opened", number)
    assert bench.value("K34").value == 2


HOURS: dict[str, Any] = {
    "name": "Strasbourg",
    "hours": " ".join(f"{day}:08:00-12:00,13:00-17:00" for day in ("mon", "tue", "wed", "thu", "fri")),
    "holidays": "alsace-moselle",
    "closures": "2026-01-12/2026-01-13",
}


def with_hours(row: dict[str, Any] = HOURS, valid_from: int = 0) -> Bench:
    bench = Bench()
    server = Device(dev="d-bureau", epoch="00000000000000f8", random=Random(8))
    body = {"table": "site", "key": "strasbourg", "valid_from": valid_from, "row": row}
    bench.events.append(server.event("reference.set", body=body))
    return bench


def served(bench: Bench, *days: int) -> Bench:
    """Open repairs a day after the beginning, and let each serve again so many days later."""
    for number, _ in enumerate(days):
        bench.commission(number)
        bench("item.sorted", number, verdict="damaged")
        bench("work.opened", number, 1)
        passed_test(bench, number)
        bench("work.requalified", number, actor="p-luc", certificate="C")
    for number, lasts in enumerate(days):
        bench("item.released", number, 1 + lasts, actor="p-luc")
    return bench


def test_a_turnaround_is_told_by_the_calendar_and_in_opening_hours_side_by_side() -> None:
    bench = with_hours()
    start = bench.phone.now_ms
    served(bench, 4, 11, 20)
    ends = [start + (1 + lasts) * DAY_MS for lasts in (4, 11, 20)]
    opening = opening_of(book_of(bench.events).site("strasbourg", start))
    assert opening is not None
    lasted = [open_ms(opening, start + DAY_MS, end) for end in ends]
    mean = bench.value("K32-hours")
    assert (mean.numerator, mean.denominator) == (sum(lasted) // 1000, 3)
    assert mean.value == Fraction(sum(lasted), 3 * HOUR_MS)
    assert bench.value("K32-hours-median").value == lasted[1] // HOUR_MS
    assert bench.value("K32-hours-p90").value == lasted[2] // HOUR_MS
    assert bench.value("K32-median").value == 11
    assert bench.value("K32-hours-median").bands == {"open": 0, "without_hours": 0}


def test_without_opening_hours_there_is_no_figure_in_working_hours_and_never_a_guess() -> None:
    bench = served(Bench(), 4, 11, 20)
    for definition_id in ("K32-hours", "K32-hours-median", "K32-hours-p90"):
        found = bench.value(definition_id)
        assert (found.value, found.reason) == (None, NoValue.NO_OPENING_HOURS)
        assert found.bands["without_hours"] == 3
    assert bench.value("K32-median").value == 11
    assert Bench().value("K32-hours-median").reason == NoValue.NO_DATA


def test_only_repairs_whose_hours_were_known_throughout_count_and_the_others_are_told() -> None:
    first = Bench().phone.now_ms
    bench = with_hours(valid_from=first + 2 * DAY_MS)
    served(bench, 4)
    bench.commission(7)
    bench("item.sorted", 7, verdict="damaged")
    bench("work.opened", 7, 6)
    passed_test(bench, 7)
    bench("work.requalified", 7, actor="p-luc", certificate="C")
    bench("item.released", 7, 9, actor="p-luc")
    found = bench.value("K32-hours-median")
    assert (found.n, found.bands["without_hours"]) == (1, 1)
    assert found.value is not None


def test_the_hours_are_those_of_the_site_where_the_repair_was_opened() -> None:
    bench = with_hours({**HOURS, "hours": "no sense"})
    assert served(bench, 4).value("K32-hours").reason == NoValue.NO_OPENING_HOURS
