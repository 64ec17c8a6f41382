"""Decisions: what a person may decide about an item, and the guards that leave a decision without effect."""

from collections.abc import Callable, Mapping

from boucle.answers import objections
from boucle.ending import retired
from boucle.events import Event
from boucle.item import Item, Job
from boucle.lifecycle import OUT, Stage, target
from boucle.reasons import Outcome, Reason
from boucle.reference import Book
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
            return _release_guard(item, event, turn.book)
        case "item.rejected" if target("container", item.stage, event.kind) is None:
            return Reason.NOT_REQUALIFYING
        case _:
            return None


def _release_guard(item: Item, event: Event, book: Book) -> Reason | None:
    if target("container", item.stage, event.kind) is None:
        return Reason.NOT_REQUALIFYING
    if objections(event, book):
        return Reason.CHECK_FAILED
    worked = item.job.hands if isinstance(item.job, Job) and not item.job.back_ms else ()
    if event.actor and (item.repaired_by == event.actor or event.actor in worked):
        return Reason.SAME_PERSON
    return None


def _held(turn: Turn) -> None:
    turn.put(hold=turn.event.text("reason"))


def _unheld(turn: Turn) -> None:
    turn.put(hold="")


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
