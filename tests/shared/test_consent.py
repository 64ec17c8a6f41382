"""Quotes, holds and limits of a repair: the rows of the table one by one, and what is never refused."""

from typing import Any

import pytest

from boucle.binding import owner
from boucle.clock import day_of
from boucle.events import Event
from boucle.item import Item, Job
from boucle.lifecycle import BUSY, WORK, ReturnStage, WorkStage, target
from boucle.reasons import Outcome, Reason
from boucle.wire import subject_of
from tests.builders import DAY, START_MS, code
from tests.shared.test_repair import Bench, passed_test

MOTOR: dict[str, Any] = {
    "name": "Moteur",
    "nature": "part",
    "price_cents": 48_000,
    "repair_percent": 60,
    "agreed_cents": 5_000,
}
LATE = "2026-12-31"
W = WorkStage


class Workshop(Bench):
    """A bench that repairs a motor, of a partner where one is named."""

    def __init__(self, owner: str = "rhin", **diagnosis: Any) -> None:
        super().__init__()
        row = {"table": "item_type", "key": "moteur", "valid_from": 0, "row": MOTOR}
        self.events.append(self.phone.event("reference.set", body=row))
        self.commission(1, "moteur")
        self("work.opened", 1, 1, **({"owner": owner} if owner else {}))
        self("work.diagnosed", 1, 2, fault="worn", found=True, **diagnosis)

    def quote(self, at: float = 3, cents: int = 20_000, until: str = LATE, **more: Any) -> Event:
        return self("work.quoted", 1, at, cents=cents, until=until, **more)

    @property
    def item(self) -> Item:
        world = self.world
        return world.items[owner(subject_of(code(1), "", ""), world.bindings)]

    @property
    def job(self) -> Job:
        job = self.item.job
        assert isinstance(job, Job)
        return job


@pytest.mark.parametrize(
    ("stage", "kind", "qualifier", "becomes"),
    [
        (W.DIAGNOSED, "work.quoted", "", W.AWAITING_APPROVAL),
        (W.DIAGNOSED, "work.quoted", "agreed", W.APPROVED),
        (W.AWAITING_APPROVAL, "work.quoted", "", W.AWAITING_APPROVAL),
        (W.IN_REPAIR, "work.quoted", "", W.AWAITING_APPROVAL),
        (W.IN_REPAIR, "work.quoted", "agreed", W.IN_REPAIR),
        (W.OPEN, "work.quoted", "", None),
        (W.TESTING, "work.quoted", "", None),
        (W.AWAITING_APPROVAL, "work.approved", "", W.APPROVED),
        (W.IN_REPAIR, "work.approved", "", W.IN_REPAIR),
        (W.DIAGNOSED, "work.approved", "", W.APPROVED),
        (W.OPEN, "work.approved", "", None),
        (W.AWAITING_APPROVAL, "work.declined", "", W.CANCELLED),
        (W.AWAITING_APPROVAL, "work.quote_withdrawn", "", W.DIAGNOSED),
        (W.IN_REPAIR, "work.quote_withdrawn", "", W.IN_REPAIR),
        (W.CANCELLED, "work.quote_withdrawn", "", None),
        (W.APPROVED, "work.started", "", W.IN_REPAIR),
        (W.DIAGNOSED, "work.started", "", W.IN_REPAIR),
        (W.APPROVED, "work.paused", "", W.WAITING),
        (W.AWAITING_APPROVAL, "work.paused", "", None),
        (W.WAITING, "work.resumed", "", W.IN_REPAIR),
        (W.APPROVED, "work.part_used", "", W.IN_REPAIR),
        (W.APPROVED, "work.repaired", "", W.TESTING),
        (W.AWAITING_APPROVAL, "work.not_repairable", "", W.NOT_REPAIRABLE),
        (W.APPROVED, "work.cancelled", "", W.CANCELLED),
        (W.REQUALIFIED, "work.held", "", None),
    ],
)
def test_the_table_leads_where_the_workshop_goes(
    stage: WorkStage, kind: str, qualifier: str, becomes: WorkStage | None
) -> None:
    assert target("work", stage, kind, qualifier) == becomes


def test_a_hold_and_a_clock_stay_at_every_stage_of_an_open_repair() -> None:
    for kind in ("work.held", "work.unheld", "work.stopped"):
        assert {stage: target("work", stage, kind) for stage in BUSY} == {stage: stage for stage in BUSY}
    assert {row.kind for row in WORK if not row.target} == {
        *(
            "work.held",
            "work.unheld",
            "work.stopped",
            "work.approved",
            "work.quoted",
            "work.diagnosed",
            "work.quote_withdrawn",
        ),
    }


def test_a_quote_to_the_owner_waits_for_the_answer_and_is_approved() -> None:
    bench = Workshop()
    quote = bench.quote()
    assert (bench.stage(1), bench.job.consent) == (W.AWAITING_APPROVAL, "asked")
    bench("work.approved", 1, 4, quote=quote.id, how="phone")
    assert (bench.stage(1), bench.job.consent) == (W.APPROVED, "given")
    start = bench("work.started", 1, 5)
    assert bench.mark(start) == (Outcome.APPLIED, ())
    assert bench.stage(1) == W.IN_REPAIR


@pytest.mark.parametrize(("whose", "cents"), [("", 20_000), ("rhin", 5_000)])
def test_what_is_ours_or_within_the_agreed_amount_needs_no_answer(whose: str, cents: int) -> None:
    bench = Workshop(whose)
    bench.quote(cents=cents)
    assert (bench.stage(1), bench.job.consent) == (W.APPROVED, "agreed")
    assert bench.mark(bench("work.started", 1, 4)) == (Outcome.APPLIED, ())


def test_one_cent_above_the_agreed_amount_asks_the_owner() -> None:
    bench = Workshop()
    bench.quote(cents=5_001)
    assert bench.stage(1) == W.AWAITING_APPROVAL


def test_a_refusal_ends_the_repair_and_nobody_knows_how_it_would_have_ended() -> None:
    bench = Workshop()
    quote = bench.quote()
    bench("work.declined", 1, 4, quote=quote.id, how="link", reason="trop cher")
    assert (bench.stage(1), bench.job.outcome) == (W.CANCELLED, "unknown")
    assert bench.value("K30-all").bands["unknown"] == 1
    assert bench.value("K34").value == 0


def test_a_returned_product_that_is_declined_waits_for_another_decision() -> None:
    bench = Workshop()
    bench("item.shipped", 1, 0.1, to="mulhouse")
    bench.phone.event("item.received", code(1))
    bench("item.received", 1, 0.2)
    bench("item.graded", 1, 0.3, grade="C")
    bench("item.disposition_decided", 1, 0.4, disposition="repair")
    assert bench.item.return_stage == ReturnStage.IN_TREATMENT
    quote = bench.quote()
    bench("work.declined", 1, 4, quote=quote.id)
    assert bench.item.return_stage == ReturnStage.GRADED


@pytest.mark.parametrize("kind", ["work.started", "work.part_used", "work.part_removed", "work.repaired"])
def test_work_without_the_owners_answer_counts_and_is_shown_once(kind: str) -> None:
    bench = Workshop()
    bench.quote()
    first = bench(kind, 1, 4)
    second = bench("work.started" if kind != "work.repaired" else "work.tested", 1, 5, passed=True)
    assert bench.mark(first) == (Outcome.APPLIED, (Reason.NOT_APPROVED,))
    assert Reason.NOT_APPROVED not in bench.mark(second)[1]
    assert bench.job.consent == "missed"


def test_an_answer_that_comes_after_the_work_began_does_not_send_it_back() -> None:
    bench = Workshop()
    quote = bench.quote()
    bench("work.started", 1, 4)
    bench("work.approved", 1, 5, quote=quote.id)
    assert (bench.stage(1), bench.job.consent) == (W.IN_REPAIR, "given")


def test_work_on_a_thing_of_somebody_else_is_shown_also_where_nobody_made_a_quote() -> None:
    bench = Workshop()
    assert bench.mark(bench("work.repaired", 1, 3))[1] == (Reason.NOT_APPROVED,)


def test_a_thing_without_a_fault_is_tested_without_asking_its_owner() -> None:
    bench = Workshop()
    bench("work.diagnosed", 1, 2.5, found=False)
    assert bench.mark(bench("work.repaired", 1, 3)) == (Outcome.APPLIED, ())


def test_an_answer_to_another_quote_an_expired_or_an_answered_one_has_no_effect() -> None:
    bench = Workshop()
    first = bench.quote(until="2026-01-04")
    late = bench("work.approved", 1, 10, quote=first.id)
    assert bench.mark(late) == (Outcome.REFUSED, (Reason.QUOTE_EXPIRED,))
    second = bench.quote(11)
    other = bench("work.approved", 1, 12, quote=first.id)
    assert bench.mark(other) == (Outcome.REFUSED, (Reason.QUOTE_REPLACED,))
    bench("work.approved", 1, 13, quote=second.id)
    again = bench("work.declined", 1, 14, quote=second.id)
    assert bench.mark(again) == (Outcome.REFUSED, (Reason.SAME_AGAIN,))
    assert bench.stage(1) == W.APPROVED


def test_a_quote_holds_for_the_whole_of_its_last_day_where_the_repair_is() -> None:
    bench = Workshop()
    quote = bench.quote(until=day_of(START_MS + 10 * DAY, "Europe/Paris"))
    in_time = bench("work.approved", 1, 10, quote=quote.id)
    assert bench.mark(in_time) == (Outcome.APPLIED, ())


def test_a_higher_quote_during_the_repair_stops_it_until_it_is_answered() -> None:
    bench = Workshop()
    quote = bench.quote()
    bench("work.approved", 1, 4, quote=quote.id)
    bench("work.started", 1, 5)
    bench.quote(6, cents=30_000)
    assert (bench.stage(1), bench.job.clock_ms) == (W.AWAITING_APPROVAL, 0)


def test_a_hold_keeps_the_stage_and_lets_it_go_on_there() -> None:
    bench = Workshop("")
    bench("work.started", 1, 3)
    bench("work.held", 1, 4, reason="recall")
    assert (bench.stage(1), bench.job.hold) == (W.IN_REPAIR, "recall")
    assert bench.mark(bench("work.held", 1, 5, reason="doubt")) == (Outcome.REFUSED, (Reason.ALREADY_HELD,))
    bench("work.unheld", 1, 6)
    assert (bench.stage(1), bench.job.hold) == (W.IN_REPAIR, "")
    assert bench.mark(bench("work.unheld", 1, 7)) == (Outcome.REFUSED, (Reason.NOT_HELD,))


def test_work_during_a_hold_counts_and_a_person_looks() -> None:
    bench = Workshop("")
    bench("work.held", 1, 3, reason="doubt")
    repaired = bench("work.repaired", 1, 4)
    assert bench.mark(repaired) == (Outcome.APPLIED, (Reason.WORKED_ON_HOLD,))
    assert (bench.stage(1), bench.job.hold) == (W.TESTING, "doubt")


def test_nothing_is_requalified_nor_released_during_a_hold() -> None:
    bench = Bench()
    bench.commission(1)
    bench("item.sorted", 1, verdict="damaged")
    bench("work.opened", 1, 1)
    passed_test(bench)
    bench("work.held", 1, 3, reason="doubt")
    refused = bench("work.requalified", 1, 4, actor="p-luc", certificate="C")
    assert bench.mark(refused) == (Outcome.REFUSED, (Reason.REPAIR_HELD,))
    assert bench.mark(bench("item.released", 1, 5, actor="p-luc")) == (Outcome.REFUSED, (Reason.REPAIR_HELD,))
    bench("work.unheld", 1, 6)
    assert bench.mark(bench("item.released", 1, 7, actor="p-luc"))[0] is Outcome.APPLIED


def test_a_hold_ends_with_its_repair_and_cannot_begin_without_one() -> None:
    bench = Workshop("")
    bench("work.held", 1, 3, reason="doubt")
    bench("work.not_repairable", 1, 4, barrier="no_part")
    assert bench.job.hold == ""
    assert bench.mark(bench("work.held", 1, 5, reason="doubt")) == (Outcome.REFUSED, (Reason.OUT_OF_STEP,))


def test_the_turnaround_runs_on_and_tells_apart_what_nobody_could_work_on() -> None:
    bench = Workshop()
    quote = bench.quote(3)
    bench("work.held", 1, 4, reason="customer")
    bench("work.approved", 1, 5, quote=quote.id)
    bench("work.unheld", 1, 8)
    bench("work.repaired", 1, 9)
    bench("work.tested", 1, 9, passed=True)
    bench("work.requalified", 1, 9.5, actor="p-luc", certificate="C")
    bench("item.moved", 1, 10, zone="A")
    value = bench.value("K32")
    assert value.value == 9
    assert value.bands["idle_s"] == 5 * 86_400


def test_time_on_a_thing_runs_from_start_to_stop_and_a_forgotten_clock_adds_nothing() -> None:
    bench = Workshop("")
    bench("work.started", 1, 3)
    bench("work.stopped", 1, 3.125)
    assert (bench.job.worked_s, bench.job.clock_ms) == (3 * 3_600, 0)
    bench("work.started", 1, 4)
    bench("work.repaired", 1, 4.25)
    assert bench.job.worked_s == 9 * 3_600
    bench("work.tested", 1, 4.3, passed=False)
    bench("work.started", 1, 5)
    bench("work.stopped", 1, 6)
    assert bench.job.worked_s == 9 * 3_600
    assert bench.mark(bench("work.stopped", 1, 7)) == (Outcome.REFUSED, (Reason.SAME_AGAIN,))


@pytest.mark.parametrize(
    ("cents", "reason", "says"),
    [(28_800, "", ()), (28_801, "", (Reason.TOO_DEAR,)), (28_801, "client historique", ()), (0, "", ())],
)
def test_a_repair_above_the_limit_of_its_type_wants_a_word_of_explanation(
    cents: int, reason: str, says: tuple[Reason, ...]
) -> None:
    bench = Workshop("", estimate_cents=cents, reason=reason)
    started = bench("work.started", 1, 3)
    assert bench.mark(started) == (Outcome.APPLIED, says)
    assert bench.mark(bench("work.repaired", 1, 4)) == (Outcome.APPLIED, ())


def test_late_arrival_of_a_start_is_judged_where_it_happened() -> None:
    bench = Workshop()
    quote = bench.quote()
    bench("work.approved", 1, 6, quote=quote.id)
    started = bench("work.started", 1, 5)
    assert bench.mark(started) == (Outcome.APPLIED, (Reason.NOT_APPROVED,))
    assert bench.stage(1) == W.IN_REPAIR


def test_a_second_diagnosis_leaves_the_quote_open_and_the_repair_waiting_for_its_answer() -> None:
    bench = Workshop()
    quoted = bench.quote()
    bench("work.diagnosed", 1, 4, fault="worn", found=True)
    assert bench.item.work_stage == W.AWAITING_APPROVAL
    bench("work.approved", 1, 5, quote=quoted.id)
    assert bench.item.work_stage == W.APPROVED
    assert bench.job.consent == "given"


def test_an_answer_counts_when_the_repair_went_back_to_its_diagnosis_since() -> None:
    bench = Workshop()
    quoted = bench.quote()
    bench("work.started", 1, 4)
    bench("work.diagnosed", 1, 5, fault="worn", found=True)
    bench("work.approved", 1, 6, quote=quoted.id)
    assert bench.item.work_stage == W.APPROVED
    assert bench.job.consent == "given"


def test_a_refusal_counts_also_after_the_last_day_of_its_quote() -> None:
    bench = Workshop()
    quote = bench.quote(until="2026-01-04")
    late = bench("work.declined", 1, 40, quote=quote.id)
    assert bench.mark(late) == (Outcome.APPLIED, ())
    assert bench.stage(1) == W.CANCELLED


@pytest.mark.parametrize(("minutes_to_midnight", "counts"), [(61, True), (59, False)])
def test_the_last_day_of_a_quote_ends_at_midnight_where_the_repair_is(
    minutes_to_midnight: int, *, counts: bool
) -> None:
    bench = Workshop()
    midnight = (START_MS + 10 * DAY) // DAY * DAY
    at_ms = midnight - minutes_to_midnight * 60_000
    quote = bench.quote(until=day_of(midnight - 1, "UTC"))
    answered = bench("work.approved", 1, (at_ms - START_MS) / DAY, quote=quote.id)
    assert (bench.mark(answered)[0] is Outcome.APPLIED) is counts


def test_a_quote_that_is_taken_back_leaves_the_repair_as_if_none_had_been_made() -> None:
    shop = Workshop()
    quote = shop.quote()
    back = shop("work.quote_withdrawn", 1, 5, quote=quote.id, reason="montant")
    assert shop.mark(back) == (Outcome.APPLIED, ())
    assert (shop.item.work_stage, shop.job.quote, shop.job.consent, shop.job.owner) == ("diagnosed", "", "", "rhin")
    assert shop.job.idle_s == 2 * DAY // 1000
    late = shop("work.approved", 1, 6, quote=quote.id, how="link")
    assert shop.mark(late) == (Outcome.REFUSED, (Reason.QUOTE_REPLACED,))
    again = shop.quote(7)
    assert (shop.item.work_stage, shop.job.quote) == ("awaiting_approval", again.id)


def test_work_without_a_quote_that_was_taken_back_is_work_without_approval() -> None:
    shop = Workshop()
    quote = shop.quote()
    shop("work.quote_withdrawn", 1, 5, quote=quote.id, reason="montant")
    started = shop("work.started", 1, 6)
    assert shop.mark(started) == (Outcome.APPLIED, (Reason.NOT_APPROVED,))


def test_a_quote_that_was_answered_or_is_another_one_is_not_taken_back() -> None:
    shop = Workshop()
    first = shop.quote()
    second = shop.quote(4)
    wrong = shop("work.quote_withdrawn", 1, 5, quote=first.id, reason="montant")
    assert shop.mark(wrong) == (Outcome.REFUSED, (Reason.QUOTE_REPLACED,))
    shop("work.approved", 1, 6, quote=second.id, how="phone")
    answered = shop("work.quote_withdrawn", 1, 7, quote=second.id, reason="montant")
    assert shop.mark(answered) == (Outcome.REFUSED, (Reason.SAME_AGAIN,))
    assert shop.item.work_stage == "approved"
