"""The simulated year of the demonstration: repeatable, believable, and nothing in it that nobody can explain."""

import json
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest

from boucle.checklists import find_checklist
from boucle.clock import months_between
from boucle.events import Quality
from boucle.push import Push, Status, seal_body, write_push
from boucle.reasons import Outcome, Reason
from boucle.replay import World, book_of
from boucle.rounds import VALIDATED, counts_of
from boucle.signing import load_crypto
from boucle.unplanned import is_unplanned
from boucle.workshop_codes import Barrier
from boucle_server.demo import workshop
from boucle_server.demo.ground import BASE, Crate
from boucle_server.demo.people import LOST_HANDSET, STILL_OFFLINE, WRONG_CLOCK
from boucle_server.demo.phone import Delivery, Heard
from boucle_server.demo.rounds import DRIFTING
from boucle_server.demo.seasons import Span, instant, is_worked, round_day
from boucle_server.demo.year import Closed, Decided, Joined, Plan, Revoked, Year, simulate
from tests.server.demo_world import SMALL, TODAY, YEAR, taken

WHOLE_MONTHS = months_between("2025-12", "2026-10")


def pushes(year: Year) -> list[Push]:
    """Give all pushes in the order of arrival."""
    return [arrival.push for arrival in year.arrivals if isinstance(arrival, Delivery)]


def pushed(year: Year) -> list[bytes]:
    """Give their bodies."""
    return [write_push(push) for push in pushes(year)]


def stocks(world: World, measure: str) -> dict[tuple[str, str, str], dict[str, int]]:
    """Give, for each (site, partner, type), the level of a stock after each day on which it moved."""
    moves: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for at, n in world.cells.items():
        if at.cell == "day" and at.measure == measure:
            moves[(at.site, at.partner, at.type)][f"{at.month}-{at.bucket}"] += n
    levels: dict[tuple[str, str, str], dict[str, int]] = {}
    for key, days in moves.items():
        level = 0
        levels[key] = {}
        for day in sorted(days):
            level += days[day]
            levels[key][day] = level
    return levels


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    again = pushed(simulate(SMALL))
    assert again == pushed(taken(SMALL).year)
    other = pushed(simulate(Plan(today=TODAY, items=60, months=2, seed=7)))
    assert len(other) > 100
    assert not set(other) & set(again)


def told_but_for_repairs(year: Year) -> list[tuple[object, ...]]:
    """Give all that is recorded in a year but the numbers of repairs, and what is sealed over them."""
    found: list[tuple[object, ...]] = []
    for each in year.arrivals:
        if isinstance(each, Decided):
            said = [{**act.keys, "task": ""} for act in each.acts]
            found.append((each.received_ms, [(act.kind, act.id) for act in each.acts], said))
        elif isinstance(each, Delivery):
            records = [json.loads(record.payload) for record in each.push.records]
            found.append((each.received_ms, [{**record, "task": "", "prev": ""} for record in records]))
    return found


def test_how_repairs_are_numbered_changes_nothing_else_of_the_year(monkeypatch: pytest.MonkeyPatch) -> None:
    def renumbered(thing: Crate, day: date) -> str:
        return f"{day:%Y}/{thing.code.chars}/{day:%d-%m}"

    as_it_is = told_but_for_repairs(taken(SMALL).year)
    monkeypatch.setattr(workshop, "repair_number", renumbered)
    other = simulate(SMALL)
    numbers = {json.loads(record.payload).get("task", "") for push in pushes(other) for record in push.records}
    assert len([each for each in numbers if each.startswith(("2025/", "2026/"))]) > 3
    assert not [each for each in numbers if each.startswith("OR-")]
    assert told_but_for_repairs(other) == as_it_is


def test_every_push_is_sealed_by_the_key_of_its_phone() -> None:
    year = taken(SMALL).year
    keys = {each.phone.dev: each.phone.key.public for each in year.arrivals if isinstance(each, Joined)}
    assert len(keys) == 11
    for push in pushes(year):
        assert load_crypto().verify_key(keys[push.dev]).verify(push.seal, seal_body(push))


def test_nothing_is_received_before_it_happened_nor_after_the_last_day() -> None:
    found = taken(YEAR)
    end = instant(TODAY, 0.0)
    assert all(found.received_ms[event.id] < end for event in found.events.values())
    assert all(
        event.teff <= found.received_ms[event.id] for event in found.events.values() if event.tq == Quality.ANCHORED
    )


SENT_TWICE = {(Status.DUPLICATE, Status.ACCEPTED), (Status.DUPLICATE, Status.HELD)}


def test_everything_is_accepted_or_sent_twice_but_the_one_thing_that_only_the_next_version_knows() -> None:
    rulings = taken(YEAR).rulings
    assert set(rulings) - SENT_TWICE == {(Status.ACCEPTED, ""), (Status.HELD, "")}
    assert rulings[(Status.HELD, "")] == 1
    assert 30 < rulings[(Status.DUPLICATE, Status.ACCEPTED)] < 1_000


def test_a_year_has_about_its_number_of_events_items_and_kinds() -> None:
    found = taken(YEAR)
    assert 25_000 < len(found.events) < 29_000
    assert 1_180 < sum(item.known and not item.nature for item in found.world.items.values()) < 1_210
    scanned = {"item.shipped", "item.delivered", "item.collected", "item.received", "item.sorted", "item.cleaned"}
    rare = {"item.moved", "item.counted", "item.treated", "item.retired", "item.written_off", "event.voided"}
    work = {"work.opened", "work.diagnosed", "work.repaired", "work.not_repairable", "work.tested", "item.released"}
    assert scanned | rare | work <= set(found.kinds)
    assert 120 < found.kinds["work.opened"] < 200


def test_the_workshop_requalifies_about_three_in_four_and_says_what_stood_in_the_way_of_the_rest() -> None:
    found = taken(YEAR)
    ended = Counter({at.bucket: 0 for at in found.world.cells})
    for at, n in found.world.cells.items():
        if at.cell == "month" and at.measure == "repair_closed":
            ended[at.bucket] += n
    assert 0.62 < ended["fixed"] / ended.total() < 0.88
    barriers = {at.bucket for at in found.world.cells if at.measure == "barrier"}
    assert barriers <= set(Barrier)
    assert len(barriers) > 3
    # Some of the parts of those are built in again, and save a purchase.
    assert found.total("harvested_n") > 8
    assert found.kinds["part.installed"] > 9
    assert found.kinds["part.removed"] > 2
    assert found.total("avoided_cents") > 250_000
    assert found.kinds["return.announced"] > 8
    assert found.total("return_blind") > 2


def test_some_stops_are_outside_any_round_and_each_is_signed_and_unloaded_whole() -> None:
    found = taken(YEAR).events.values()
    beside = [event for event in found if is_unplanned(event.task)]
    tasks = {event.task for event in beside if event.kind == "item.collected"}  # one truck has not sent its last days
    assert len(tasks) > 5
    validated = {event.task: event for event in beside if event.kind == VALIDATED}
    assert set(validated) == tasks
    for task in tasks:
        collected = {event.code for event in beside if (event.task, event.kind) == (task, "item.collected")}
        counts = counts_of(validated[task])
        assert [(row.direction, row.expected, row.scanned) for row in counts] == [("collect", 0, len(collected))]
    received = {event.against for event in found if event.kind == "item.received"}
    assert tasks <= received


def test_every_test_and_control_keeps_the_version_of_its_checklist() -> None:
    found = taken(YEAR)
    book = book_of(found.events.values())
    controls = [event for event in found.events.values() if event.kind in ("work.tested", "work.requalified")]
    listed = [find_checklist(book, event.text("checklist")) for event in controls if event.text("checklist")]
    assert len(listed) > 180
    assert None not in listed


def test_about_one_event_in_twenty_is_received_more_than_a_day_late() -> None:
    assert 0.04 < taken(YEAR).late < 0.07


def test_arrivals_are_out_of_order_across_phones() -> None:
    found = taken(YEAR)
    by_arrival = sorted(found.events.values(), key=lambda event: found.received_ms[event.id])
    assert sum(one.teff > other.teff for one, other in pairwise(by_arrival)) > 1_000


def test_one_event_in_fifty_says_something_again() -> None:
    found = taken(YEAR)
    repeats = sum(mark.outcome is Outcome.REPEAT for marks in found.world.marks.values() for mark in marks)
    resent = found.rulings[(Status.DUPLICATE, Status.ACCEPTED)]
    assert 0.008 < (repeats + resent) / len(found.events) < 0.03


def test_every_month_returns_most_of_what_it_sent_and_loses_a_little() -> None:
    found = taken(YEAR)
    for month in WHOLE_MONTHS[:-2]:
        shipped = found.total("shipped", month, cell="cohort")
        back = sum(
            n
            for at, n in found.world.cells.items()
            if at.cell == "cohort" and at.month == month and at.measure.startswith("returned") and at.bucket <= "0090"
        )
        assert 270 < shipped < 520
        assert 0.93 < back / shipped <= 1.0
    lost = (
        found.total("lost")
        - found.total("found")
        + len([item for item in found.world.items.values() if item.presumed_lost_on(TODAY.isoformat())])
    )
    assert 0.005 < lost / found.total("dispatch") < 0.02


def test_august_and_the_end_of_december_are_quiet() -> None:
    found = taken(YEAR)
    dispatched = {str(month): found.total("dispatch", month) for month in WHOLE_MONTHS}
    ordinary = sorted(n for month, n in dispatched.items() if month not in ("2025-12", "2026-08"))
    middle = ordinary[len(ordinary) // 2]
    assert 0.60 < dispatched["2026-08"] / middle < 0.80
    assert 0.75 < dispatched["2025-12"] / middle < 0.97


@pytest.mark.parametrize("measure", ["pool", "out", "held", "transit", "inbound", "stock"])
def test_no_stock_is_ever_negative(measure: str) -> None:
    levels = stocks(taken(YEAR).world, measure)
    assert levels
    assert {key: days for key, days in levels.items() if min(days.values()) < 0} == {}


def test_one_partner_keeps_more_and_more() -> None:
    def held(partner: str, day: str) -> int:
        world = taken(YEAR).world
        return sum(
            n
            for at, n in world.cells.items()
            if at.cell == "day"
            and at.partner == partner
            and at.measure in ("held", "transit")
            and at.type == "bac-600x400"
            and f"{at.month}-{at.bucket}" <= day
        )

    assert held(DRIFTING, TODAY.isoformat()) > 1.7 * held(DRIFTING, "2026-03-01")
    assert held("rhin-plasturgie", TODAY.isoformat()) < 1.5 * held("rhin-plasturgie", "2026-03-01")


def test_the_lost_phone_leaves_a_gap_and_is_cut_off() -> None:
    year = taken(YEAR).year
    lost = next(
        each.phone
        for each in year.arrivals
        if isinstance(each, Joined) and each.phone.handset.key == LOST_HANDSET and each.phone.lost_ms
    )
    ranges = sorted(
        {(each.push.first, each.push.last) for each in year.arrivals if isinstance(each, Delivery)
         and each.push.dev == lost.dev}
    )  # fmt: skip
    holes = [(one[1] + 1, other[0] - 1) for one, other in pairwise(ranges) if other[0] > one[1] + 1]
    assert len(holes) == 1
    assert ranges[-1][1] < len(lost.notes)
    revoked = [each for each in year.arrivals if isinstance(each, Revoked)]
    assert [each.dev for each in revoked] == [lost.dev]
    assert not any(
        isinstance(each, Delivery) and each.push.dev == lost.dev and each.received_ms > revoked[0].received_ms
        for each in year.arrivals
    )


def test_the_wrong_clock_is_three_hours_fast_and_known_to_be_no_anchored_time() -> None:
    found = taken(YEAR)
    phone = next(
        each.phone for each in found.year.arrivals if isinstance(each, Joined) and each.phone.handset.key == WRONG_CLOCK
    )
    assert phone.wrong_clock is not None
    inside = [(note, found.events[note.id]) for note in phone.notes if phone.wrong_clock.holds(note.at_ms) and note.id]
    assert inside
    assert {event.tq for _, event in inside} <= {Quality.WALL, Quality.INTERVAL}
    assert {event.teff - note.at_ms for note, event in inside if event.tq == Quality.WALL} == {3 * 3_600_000}


def test_a_phone_has_not_been_heard_of_when_the_year_ends() -> None:
    year = taken(YEAR).year
    pushed_ms = {each.push.dev: each.received_ms for each in year.arrivals if isinstance(each, Delivery)}
    heard = pushed_ms | {each.dev: each.received_ms for each in year.arrivals if isinstance(each, Heard)}
    silent = [
        each.phone.handset.key
        for each in year.arrivals
        if isinstance(each, Joined)
        and each.phone.lost_ms is None
        and heard[each.phone.dev] < instant(date(2026, 11, 19), 0.0)
    ]
    assert silent == [STILL_OFFLINE]


def test_every_contradiction_is_one_that_a_story_tells() -> None:
    tasks = Counter(reason for _, _, reason in taken(YEAR).world.tasks)
    assert tasks == {
        Reason.UNKNOWN_ITEM: 4,
        Reason.REVOKED_LABEL: 1,
        Reason.WHILE_OUT: 1,
        Reason.SHIPPED_ON_HOLD: 1,
        Reason.ALREADY_BOUND: 1,
    }
    reasons = Counter(reason for marks in taken(YEAR).world.marks.values() for mark in marks for reason in mark.reasons)
    assert reasons[Reason.FOUND_AGAIN] >= 1
    assert reasons[Reason.INFERRED_DELIVERED] > 500
    assert reasons[Reason.INFERRED_RETURNED] < 150
    assert Reason.BEFORE_COMMISSION not in reasons


def test_the_manager_closes_three_months_and_leaves_the_last_one_to_the_newcomer() -> None:
    closings = [each for each in taken(YEAR).year.arrivals if isinstance(each, Closed)]
    assert [each.month for each in closings] == ["2026-07", "2026-08", "2026-09"]
    assert closings[-1].received_ms == instant(date(2026, 10, 8), 10.0)
    assert [each.month for each in taken(SMALL).year.arrivals if isinstance(each, Closed)] == ["2026-09"]


def test_a_replaced_label_still_names_its_item() -> None:
    world = taken(YEAR).world
    replaced = [code for code, binding in world.bindings.items() if binding.via]
    assert len(replaced) == 1
    item = world.items[world.bindings[replaced[0]].item]
    assert item.known
    assert len(item.revoked) == 1


@pytest.mark.parametrize(("seed", "today"), [(2, date(2027, 2, 10)), (3, date(2026, 1, 1)), (4, date(2028, 2, 29))])
def test_other_seeds_and_other_days_are_as_believable(seed: int, today: date) -> None:
    found = taken(Plan(today=today, items=300, seed=seed))
    assert set(found.rulings) - SENT_TWICE == {(Status.ACCEPTED, ""), (Status.HELD, "")}
    assert 6_000 < len(found.events) < 8_500
    for measure in ("pool", "held", "stock"):
        assert min(min(days.values()) for days in stocks(found.world, measure).values()) >= 0


def test_samples_carry_addresses_that_any_label_of_ours_has() -> None:
    samples = taken(YEAR).year.samples
    world = taken(YEAR).world
    assert len(samples) == 24
    assert all(each.code.url(BASE).startswith("HTTPS://BOUCLE.EXAMPLE/C/") for each in samples)
    bound = [each for each in samples if each.code.text in world.bindings]
    assert len(bound) == 20
    assert [each for each in samples if not each.name] == [each for each in samples if each not in bound]


@pytest.mark.parametrize(
    ("today", "first"),
    [(date(2026, 11, 23), "2025-11-01"), (date(2026, 1, 1), "2025-01-01"), (date(2024, 2, 29), "2023-02-01")],
)
def test_the_span_begins_with_a_whole_month_and_ends_yesterday(today: date, first: str) -> None:
    span = Span(months=12, today=today)
    assert span.first.isoformat() == first
    assert span.worked[-1] < today


def test_nobody_works_on_holidays_and_the_weekly_round_moves_to_the_next_day() -> None:
    good_friday, easter_monday, ascension = date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14)
    assert not any(is_worked(day) for day in (good_friday, easter_monday, ascension, date(2026, 11, 1)))
    assert is_worked(date(2026, 4, 7))
    assert not round_day(easter_monday, 0)
    assert round_day(date(2026, 4, 7), 0)
    assert not round_day(date(2026, 4, 8), 0)
