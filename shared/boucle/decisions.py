"""Decisions: what a person may decide about an item, and the guards that leave a decision without effect."""

from collections.abc import Callable, Mapping

from boucle.answers import names_no_checklist, objections
from boucle.ending import retired
from boucle.item import Job
from boucle.lifecycle import OUT, Stage, WorkStage, target
from boucle.qualifications import is_unqualified
from boucle.reasons import Outcome, Reason
from boucle.turn import Turn


def decide(turn: Turn) -> Outcome:
    """Let a decision have its effect when its guard holds; else keep it without effect and say why."""
    if turn.event.kind == "item.presumed_lost":
        return Outcome.NOTED
    refusal = _guard(turn)
    if refusal is not None:
        turn.say(refusal)
        return Outcome.REFUSED
    _DECISIONS[turn.event.kind](turn)
    return Outcome.APPLIED


def _guard(turn: Turn) -> Reason | None:
    """Give the reason for which a decision has no effect, None when its guard holds."""
    item, event = turn.item, turn.event
    if item.stage == Stage.RETIRED:
        return Reason.ALREADY_RETIRED
    if item.stage == Stage.LOST:
        return Reason.ALREADY_LOST
    match event.kind:
        case "item.held" if item.hold:
            return Reason.ALREADY_HELD
        case "item.unheld" if not item.hold:
            return Reason.NOT_HELD
        case "item.retired" if item.stage in OUT:
            return Reason.WHILE_OUT
        case "item.released":
            return _release_guard(turn)
        case "item.rejected" if target("container", item.stage, event.kind) is None:
            return Reason.NOT_REQUALIFYING
        case _:
            return None


def _release_guard(turn: Turn) -> Reason | None:
    """Give why an item may not be released. One that was requalified was held to its checklist then."""
    item, event, book = turn.item, turn.event, turn.book
    if target("container", item.stage, event.kind) is None:
        return Reason.NOT_REQUALIFYING
    if isinstance(item.job, Job) and item.job.hold:
        return Reason.REPAIR_HELD
    if objections(event, book):
        return Reason.CHECK_FAILED
    if item.work_stage != WorkStage.REQUALIFIED and names_no_checklist(event, item.type, book):
        return Reason.NO_CHECKLIST
    worked = item.job.hands if isinstance(item.job, Job) and not item.job.back_ms else ()
    if event.actor and (item.repaired_by == event.actor or event.actor in worked):
        return Reason.SAME_PERSON
    return Reason.UNQUALIFIED if is_unqualified(event, item.type, turn.place, book) else None


def _held(turn: Turn) -> None:
    turn.hold(turn.event.text("reason"))


def _unheld(turn: Turn) -> None:
    turn.put(hold="", hold_ms=0)


def _released(turn: Turn) -> None:
    turn.put(stage=Stage.AVAILABLE, repaired_by="", grade=turn.event.text("grade") or turn.item.grade)


def _rejected(turn: Turn) -> None:
    turn.put(stage=Stage.IN_REPAIR)


_DECISIONS: Mapping[str, Callable[[Turn], None]] = {
    "item.held": _held,
    "item.unheld": _unheld,
    "item.retired": retired,
    "item.written_off": Turn.lose,
    "item.released": _released,
    "item.rejected": _rejected,
}
