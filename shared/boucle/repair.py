"""Repairs: what each event of the workshop does to an item's repair, and what it adds to the figures.

What a technician did or measured is never refused: without an open repair its opening is inferred, and out of step it
counts and a person looks at it. What lets the item serve again (`work.requalified`) is a decision behind a gate.
A repair counts in the month in which it is over, at the site where it was opened.
"""

from collections.abc import Mapping
from enum import StrEnum

from boucle import consent, donor_parts
from boucle.answers import names_no_checklist, objections
from boucle.clock import EARLIEST_MS, day_of, month_of
from boucle.events import Event
from boucle.item import Back, Item, Job, Part
from boucle.job_figures import Ending, close, count, job_of, measure_turnaround, mind_clock, mind_idle, stock
from boucle.lifecycle import BUSY, GONE, OUT, WORK, Disposition, ReturnStage, Stage, WorkStage, target
from boucle.photo_guards import lacks_photo
from boucle.qualifications import is_unqualified
from boucle.reasons import Outcome, Reason
from boucle.shape import LAST_MS, is_short
from boucle.turn import Turn
from boucle.units import DAY_MS

REPEAT_DAYS = 90
"""A repair within so many days after the last one is a repeat of it."""
HAPPENED: Mapping[tuple[str, str], str] = {
    (row.kind, row.qualifier): row.target
    for row in WORK
    if row.target
    and row.kind
    in (
        "work.diagnosed",
        "work.started",
        "work.part_used",
        "work.part_removed",
        "work.repaired",
        "work.tested",
        "work.not_repairable",
        "work.harvested",
    )
}
"""What happened with hands and gauges, and the stage that it proves, whatever was recorded before."""
_ENDS_AS: Mapping[str, str] = {
    "work.not_repairable": WorkStage.NOT_REPAIRABLE,
    "work.harvested": WorkStage.HARVESTED,
}
"""What is found or done once: said of a repair that ended so, it is the same said again, and no second repair."""
_TO_LEAVE = frozenset({WorkStage.REQUALIFIED, WorkStage.NOT_REPAIRABLE})
_MOST_WANTED, _LONGEST_WANTED = 20, 80
"""Of the parts that a pause names a state keeps so many, with so many characters of each."""


class Priority(StrEnum):
    """How soon a repair is wanted, the soonest first; an event without any says normal."""

    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


def parts_wanted(event: Event) -> tuple[str, ...]:
    """Give the parts that a pause waits for: types by their keys, anything else as somebody named it."""
    listed = event.body.get("parts")
    named = [each for each in listed if isinstance(each, str) and each] if isinstance(listed, list) else []
    return tuple(each[:_LONGEST_WANTED] for each in named[:_MOST_WANTED])


def waits(item: Item) -> bool:
    """Tell whether a repair still wants somebody: it is not over, or what it ended with has gone nowhere yet."""
    gone = item.stage in OUT or item.stage in GONE
    return item.work_stage in BUSY or (item.work_stage in _TO_LEAVE and not gone)


def advance(turn: Turn) -> Outcome:
    """Apply an event of a repair to the item that is repaired."""
    event = turn.event
    if turn.item.work_stage == _ENDS_AS.get(event.kind):
        turn.say(Reason.SAME_AGAIN)
        return Outcome.REPEAT
    qualifier = _qualifier(turn)
    stage = target("work", turn.item.work_stage, event.kind, qualifier)
    if stage is None:
        stage = HAPPENED.get((event.kind, qualifier))
        if stage is None:
            turn.say(Reason.OUT_OF_STEP)
            return Outcome.REFUSED
        if event.kind != "work.repaired" or turn.item.stage != Stage.IN_REPAIR:
            turn.say(Reason.OUT_OF_STEP)
    refusal = _gate(turn)
    if lacks_photo(event.kind, event.body, event.photos, turn.place):
        turn.say(Reason.NO_PHOTO)
    if refusal is not None:
        turn.say(refusal)
        return Outcome.REFUSED
    if event.kind == "work.opened":
        _open(turn)
    elif turn.item.work_stage not in BUSY and event.kind != "work.harvested":
        turn.say(Reason.INFERRED_OPENED)
        _open(turn)
    consent.mind_hands(turn)
    mind_clock(turn)
    _record(turn, qualifier)
    turn.put(work_stage=stage)
    mind_idle(turn)
    return Outcome.APPLIED


def served(turn: Turn) -> None:
    """End a repair whose item serves again by the event: released, put away, shipped or built in."""
    stage = target("work", turn.item.work_stage, turn.event.kind)
    if stage is None:
        return
    job = job_of(turn)
    if not job.outcome:
        close(turn, Ending.NO_FAULT if job.faultless else Ending.FIXED)
        _qualify(turn)
    turn.put(work_stage=stage)
    mind_idle(turn)
    measure_turnaround(turn)
    turn.put(job=job_of(turn)._replace(back_ms=turn.at))


def abandon(turn: Turn) -> None:
    """End a repair with its item: nobody said how it would have ended."""
    if turn.item.work_stage in BUSY:
        close(turn, Ending.UNKNOWN)
        turn.put(work_stage=WorkStage.CANCELLED)


def _qualifier(turn: Turn) -> str:
    match turn.event.kind:
        case "work.tested":
            return _verdict(turn)
        case "work.quoted":
            return consent.qualifier(turn)
        case _:
            return ""


def _verdict(turn: Turn) -> str:
    """Tell whether a test passed: it says so, by the checklist of its type, and no answer or measure contradicts it."""
    claimed = turn.event.body.get("passed") is True
    wrong = objections(turn.event, turn.book)
    if names_no_checklist(turn.event, turn.item.type, turn.book):
        wrong.append(Reason.NO_CHECKLIST)
    if claimed:  # a test that failed anyway contradicts nothing
        for reason in wrong:
            turn.say(reason)
    return "passed" if claimed and not wrong else "failed"


def _gate(turn: Turn) -> Reason | None:
    """Give why a decision about the repair has no effect, None when it has."""
    job = job_of(turn)
    match turn.event.kind:
        case "work.requalified":
            return _requalifying(turn)
        case "work.approved" | "work.declined" | "work.quote_withdrawn":
            return consent.gate(turn)
        case "work.held" if job.hold:
            return Reason.ALREADY_HELD
        case "work.unheld" if not job.hold:
            return Reason.NOT_HELD
        case "work.stopped" if not job.clock_ms:
            return Reason.SAME_AGAIN
        case _:
            return None


def _requalifying(turn: Turn) -> Reason | None:
    """Give why an item may not be requalified, None when it may: checks passed, by somebody else who is qualified."""
    event, job = turn.event, job_of(turn)
    if job.hold:
        return Reason.REPAIR_HELD
    if objections(event, turn.book):
        return Reason.CHECK_FAILED
    if names_no_checklist(event, turn.item.type, turn.book):
        return Reason.NO_CHECKLIST
    if event.actor and event.actor in job.hands:
        return Reason.SAME_PERSON
    return Reason.UNQUALIFIED if is_unqualified(event, turn.item.type, turn.place, turn.book) else None


def _open(turn: Turn) -> None:
    event, before = turn.event, job_of(turn)
    opens = event.kind == "work.opened"
    due_ms = event.number("due_ms") if opens else 0
    day = day_of(turn.at, turn.place.zone)
    job = Job(
        id=event.id,
        task=event.task,
        site=turn.place.key,
        day=day,
        start_ms=_came_in_ms(turn) or turn.at,
        due=day_of(due_ms, turn.place.zone) if EARLIEST_MS <= due_ms < LAST_MS - DAY_MS else "",
        priority=event.text("priority") if opens else "",
        earlier=before.id,
        owner=event.text("owner") if opens else "",
    )
    if before.back_ms and turn.at - before.back_ms < REPEAT_DAYS * DAY_MS:
        # It speaks of the earlier repair, so it counts in the month in which that one was over.
        there = turn.book.site(before.site, before.closed_ms)
        month = month_of(before.closed_ms, there.zone)
        turn.fact("month", month, site=there.key, partner="", loop="", measure="repair_again", bucket="", n=1)
    turn.put(job=job)
    count(turn, "repair_opened")
    stock(turn, 1)


def _came_in_ms(turn: Turn) -> int:
    """Give when a returned product that goes to repair came in, 0 for anything else."""
    back = turn.item.back
    return back.received_ms if isinstance(back, Back) and turn.item.return_stage == ReturnStage.DISPOSED_TO else 0


def _record(turn: Turn, qualifier: str) -> None:
    event, job = turn.event, job_of(turn)
    match event.kind:
        case "work.diagnosed":
            consent.diagnose(turn)
        case "work.quoted" | "work.quote_withdrawn" | "work.approved" | "work.declined" | "work.held" | "work.unheld":
            _decide(turn, qualifier)
        case "work.paused":
            turn.put(job=job._replace(wants=parts_wanted(event)))
        case "work.part_used":
            turn.put(job=job._replace(parts=job.parts + 1))
        case "work.repaired":
            _lend_hand(turn)
        case "work.tested":
            _test(turn, passed=qualifier == "passed")
        case "work.rejected":
            turn.put(job=job._replace(reworks=job.reworks + 1))
        case "work.requalified":
            close(turn, Ending.NO_FAULT if job.faultless else Ending.FIXED)
            _qualify(turn)
        case "work.not_repairable":
            barrier = event.text("barrier")
            turn.put(job=job._replace(barrier=barrier))
            count(turn, "barrier", barrier if is_short(barrier) else "")
            close(turn, Ending.NOT_FIXED)
        case "work.cancelled":
            close(turn, Ending.UNKNOWN)
        case "work.harvested":
            _harvest(turn)
        case _:
            pass


def _decide(turn: Turn, qualifier: str) -> None:
    """Ask for consent, take the answer, put the repair on hold or let it go on."""
    match turn.event.kind:
        case "work.quoted":
            consent.quote(turn, agreed=qualifier == "agreed")
        case "work.quote_withdrawn":
            consent.withdraw(turn)
        case "work.approved":
            consent.take(turn, consent.Consent.GIVEN)
        case "work.declined":
            consent.take(turn, consent.Consent.DECLINED)
            close(turn, Ending.UNKNOWN)
        case "work.held":
            turn.put(job=job_of(turn)._replace(hold=turn.event.text("reason")))
        case _:
            turn.put(job=job_of(turn)._replace(hold=""))


def _lend_hand(turn: Turn) -> None:
    if is_unqualified(turn.event, turn.item.type, turn.place, turn.book):
        turn.say(Reason.UNQUALIFIED)
    job, person = job_of(turn), turn.event.actor
    if person and person not in job.hands:
        turn.put(job=job._replace(hands=tuple(sorted((*job.hands, person)))))


def _test(turn: Turn, *, passed: bool) -> None:
    _lend_hand(turn)
    job = job_of(turn)
    if not job.tests:
        count(turn, "first_tested")
        if passed:
            count(turn, "first_passed")
    turn.put(job=job._replace(tests=job.tests + 1, reworks=job.reworks + (0 if passed else 1)))


def _qualify(turn: Turn) -> None:
    """Let the item serve again: what it then saves is booked when it does, less what this has cost."""
    event, job, item = turn.event, job_of(turn), turn.item
    part = item.part if isinstance(item.part, Part) else Part()
    cents = event.number("cost_cents")
    turn.put(part=part._replace(requalified=True, credit=True, cents=part.cents + cents))
    if event.kind == "work.requalified":
        if not event.text("certificate"):
            turn.say(Reason.NO_CERTIFICATE)
        turn.put(job=job._replace(certificate=event.text("certificate"), valid_until_ms=event.number("valid_until_ms")))


def _is_given_up(item: Item) -> bool:
    """Tell whether a thing that stands among those to be used is in the workshop's hands all the same."""
    decided = item.back.disposition if item.back else ""
    return item.work_stage in BUSY or item.work_stage == WorkStage.NOT_REPAIRABLE or decided == Disposition.HARVEST


def _harvest(turn: Turn) -> None:
    """Take a donor apart: an open repair of it has failed; the parts count when they get labels of their own."""
    event, item = turn.event, turn.item
    if item.stage in OUT or (item.stage in (Stage.AVAILABLE, Stage.LOADED) and not _is_given_up(item)):
        turn.say(Reason.DONOR_IN_SERVICE)
    parts = [part for part in event.body.get("parts", []) if isinstance(part, Mapping)]
    masses = [mass for part in parts if isinstance(mass := part.get("mass_g"), int) and mass >= 0]
    if donor_parts.is_off(event.number("mass_g") or item.tare_g, masses, event.number("rest_g")):
        turn.say(Reason.MASS_MISMATCH)
    turn.month(turn.place, "", "donors", loop="")
    expected = donor_parts.expected_of(turn.book, item.type, at_ms=turn.at)
    turn.month(turn.place, "", "harvest_expected", n=sum(expected.values()), loop="")
    taken = donor_parts.found_again(expected, (str(part.get("type") or "") for part in parts))
    turn.month(turn.place, "", "harvest_taken", n=taken, loop="")
    if item.work_stage in BUSY:
        close(turn, Ending.NOT_FIXED)
