"""Answers to a checklist: how an event keeps them, and what in them keeps a thing from serving again.

An event with answers names the version of its checklist (`checklist`) and carries, beside the raw `answers`, what
they came to under that version: `checks` of the blocking steps, `measures` with their units, and the `limits` they
were held against. So it can be judged, and printed, by whoever has the event alone; who has the version too judges by
that as well, so that a step that was left out stops a release like one that failed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from boucle.checklists import MOMENT_OF, Answer, Asks, Checklist, Step, checklist_for, ever_held, find_checklist
from boucle.events import Event
from boucle.reasons import Reason
from boucle.reference import Book


def body_of(checklist: Checklist, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Give what an event keeps of answers by step; one that its step does not offer is left out."""
    taken = [(step, answers[step.id]) for step in checklist.steps if step.takes(answers.get(step.id))]
    measured = [(step, value) for step, value in taken if step.asks is Asks.MEASURE]
    said: dict[str, dict[str, Any]] = {
        "answers": {step.id: value for step, value in taken if step.asks is not Asks.MEASURE},
        "checks": {step.id: step.passes(value) for step, value in taken if step.blocking},
        "measures": {step.id: {"value": value, "unit": step.unit} for step, value in measured},
        "limits": {step.id: _limits(step) for step, _ in measured if step.blocking},
    }
    return {"checklist": checklist.ref, **{name: value for name, value in said.items() if value}}


def answers_of(event: Event) -> dict[str, Answer]:
    """Give the answers that an event keeps, by step."""
    said = _map(event, "answers").items()
    found: dict[str, Answer] = {name: value for name, value in said if isinstance(value, bool | int | str)}
    for name, measure in _map(event, "measures").items():
        value = measure.get("value") if isinstance(measure, Mapping) else measure
        if isinstance(value, int):
            found[name] = value
    return found


def open_steps(checklist: Checklist, answers: Mapping[str, Answer]) -> list[Step]:
    """Give the blocking steps without an answer yet."""
    return [step for step in checklist.steps if step.blocking and not step.takes(answers.get(step.id))]


def failed_steps(checklist: Checklist, answers: Mapping[str, Answer]) -> list[Step]:
    """Give the blocking steps that were answered, and not passed."""
    answered = [step for step in checklist.steps if step.blocking and step.takes(answers.get(step.id))]
    return [step for step in answered if not step.passes(answers[step.id])]


def passes(checklist: Checklist, answers: Mapping[str, Answer]) -> bool:
    """Tell whether every blocking step was answered and passed."""
    return not open_steps(checklist, answers) and not failed_steps(checklist, answers)


def objections(event: Event, book: Book) -> list[Reason]:
    """Give what in the answers of an event keeps its thing from serving again, each reason once; none: nothing does."""
    return list(dict.fromkeys(_objections(event, book)))


def names_no_checklist(event: Event, item_type: str, book: Book) -> bool:
    """Tell whether an event names no checklist though its type had one then.

    Any version that ever held for the type will do: a phone asks what it knew when it last heard of the office, and
    answers that were begun go on under the version that asked.
    """
    moment = MOMENT_OF.get(event.kind)
    held = None if moment is None else checklist_for(book, item_type, moment, at_ms=event.teff)
    if held is None or event.text("checklist") == held.ref:
        return False
    named = find_checklist(book, event.text("checklist"))
    return named is None or named.moment is not moment or not ever_held(book, named, item_type)


def _objections(event: Event, book: Book) -> Iterator[Reason]:
    if any(answer is not True for answer in _map(event, "checks").values()):
        yield Reason.CHECK_FAILED
    measures = _map(event, "measures")
    for name, limit in _map(event, "limits").items():
        reason = _judged(measures[name], limit) if name in measures else None
        if reason is not None:
            yield reason
    checklist = find_checklist(book, event.text("checklist"))
    if checklist is not None:
        answers = answers_of(event)
        if open_steps(checklist, answers):
            yield Reason.CHECK_FAILED
        for step in failed_steps(checklist, answers):
            yield Reason.OUT_OF_LIMITS if step.asks is Asks.MEASURE else Reason.CHECK_FAILED
        if any(_unit_of(measures.get(step.id)) not in (None, step.unit) for step in checklist.steps):
            yield Reason.OTHER_UNIT


def _judged(measure: Any, limit: Any) -> Reason | None:
    """Give what is wrong with a measure, `41` or `{value, unit}`, under a limit `{low, high, unit}`."""
    if not isinstance(limit, Mapping):
        return None
    value, unit = (measure.get("value"), measure.get("unit")) if isinstance(measure, Mapping) else (measure, None)
    if unit is not None and limit.get("unit") is not None and unit != limit["unit"]:
        return Reason.OTHER_UNIT
    low, high = limit.get("low"), limit.get("high")
    if not isinstance(value, int) or (isinstance(low, int) and value < low) or (isinstance(high, int) and value > high):
        return Reason.OUT_OF_LIMITS
    return None


def _unit_of(measure: Any) -> Any:
    return measure.get("unit") if isinstance(measure, Mapping) else None


def _limits(step: Step) -> dict[str, Any]:
    ends = {name: limit for name, limit in (("low", step.low), ("high", step.high)) if limit is not None}
    return {**ends, "unit": step.unit}


def _map(event: Event, name: str) -> Mapping[str, Any]:
    value = event.body.get(name)
    return value if isinstance(value, Mapping) else {}
