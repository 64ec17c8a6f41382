"""The events that the answers to a step of a repair make."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from boucle import gauges
from boucle.answers import body_of
from boucle.checklists import Answer, Asks, Checklist, Moment
from boucle_server import documents
from boucle_server.imports import cells
from boucle_server.server_device import Draft
from boucle_server.web import consent_acts
from boucle_server.web.asking import Option
from boucle_server.web.document_field import read_document
from boucle_server.web.forms import Fields
from boucle_server.web.item_words import printed
from boucle_server.web.photo_field import FormPhoto, read_photos
from boucle_server.web.typed import Answers, mass_of, number_of, today
from boucle_server.web.visit import LONGEST_SHOWN
from boucle_server.web.work_bench import (
    CHECKLIST,
    CHECKS,
    MOST_EXPECTED,
    ROWS,
    Bench,
    barriers,
    faults,
    origins,
    priorities,
    treatments,
)
from boucle_server.web.work_steps import Step

MOST_PARTS, LONGEST_PART = 20, 80
"""Parts that one repair waits for, and characters of each: a longer list is no list for a bench."""
_BOTH: Final[list[Option]] = [("yes", ""), ("no", "")]


class Made(NamedTuple):
    """What answers make: the acts, the step's own first and with photos and document, or what is wrong where."""

    drafts: list[Draft]
    wrong: dict[str, str]
    photos: list[FormPhoto]
    document: bytes = b""


def drafts(step: Step, bench: Bench, fields: Fields) -> Made:
    """Give what the answers to a step make."""
    answers = Answers(fields, bench.lang)
    made = _MADE[step.key](bench, answers) if step.key in _MADE else [bench.draft(step.kind, {})]
    photos = read_photos(answers) if {"photo", "photos"} & set(step.asks) else []
    if photos:
        announced = [dict(photo.announced) for photo in photos]
        made[0] = replace(made[0], fields={**made[0].fields, "photos": announced})
    document = read_document(answers) if "document" in step.asks else b""
    if document:
        body = {**made[0].fields.get("body", {}), documents.FIELD: documents.announcement(document)}
        made[0] = replace(made[0], fields={**made[0].fields, "body": body})
    return Made(made, answers.wrong, photos, document)


def _kept(**body: Any) -> dict[str, Any]:
    return {name.rstrip("_"): value for name, value in body.items() if value not in ("", 0, None, [], {})}


def _diagnosed(bench: Bench, typed: Answers) -> list[Draft]:
    found = typed.chosen("found", _BOTH, required=True)
    fault = typed.chosen("fault", faults(bench.lang), required=found == "yes")
    body = {
        "found": found == "yes",
        **_kept(fault=fault if found == "yes" else ""),
        **_kept(**consent_acts.estimated(bench, typed)),
        **_answered(bench, typed, Moment.ENTRY),
    }
    return [bench.draft("work.diagnosed", body)]


def _paused(bench: Bench, typed: Answers) -> list[Draft]:
    listed = [" ".join(line.split()) for line in typed.fields.value("parts").splitlines() if line.strip()]
    if len(listed) > MOST_PARTS or any(len(line) > LONGEST_PART for line in listed):
        typed.fault("parts", "web.work_parts_many", most=MOST_PARTS, longest=LONGEST_PART)
    body = _kept(reason=typed.text("reason"), parts=listed)
    return [bench.draft("work.paused", body)]


def _part_used(bench: Bench, typed: Answers) -> list[Draft]:
    origin = typed.chosen("origin", origins(bench.lang), required=True)
    part = typed.code("part", other_than=bench.code)
    made = [bench.draft("work.part_used", _kept(origin=origin), other=part)]
    if part:
        body = {} if typed.fields.value("needed") else {"needed": False}
        made.append(Draft(kind="part.installed", fields=_about(bench, part, other=bench.code, body=body)))
    return made


def _part_removed(bench: Bench, typed: Answers) -> list[Draft]:
    kind = typed.chosen("part_type", bench.types())
    label, mass_g = typed.code("label", other_than=bench.code), typed.number("mass", mass_of)
    made = [bench.draft("work.part_removed", _kept(type=kind, mass_g=mass_g), other=label)]
    return made + (_recovered(bench, label, kind, mass_g, typed=typed, field="part_type") if label else [])


def _recovered(bench: Bench, label: str, kind: str, mass_g: int, *, typed: Answers, field: str) -> list[Draft]:
    """Give the part's own act: out of its host where it is known to be in it, else a life of its own begins."""
    if not kind:
        typed.fault(field, "web.work_part_type_needed")
    body = _kept(type=kind, origin="recovered", tare_g=mass_g)
    return [Draft(kind="item.commissioned", fields=_about(bench, label, other=bench.code, body=body))]


def _about(bench: Bench, code: str, *, other: str, body: Mapping[str, Any]) -> dict[str, Any]:
    fields = {"code": code, "place": bench.place, "task": bench.job.task, "other": other}
    return {name: value for name, value in fields.items() if value} | {"body": dict(body)}


def _tested(bench: Bench, typed: Answers) -> list[Draft]:
    passed = typed.chosen("passed", _BOTH, required=True) == "yes"
    body = _answered(bench, typed, Moment.TEST) if bench.checklist(Moment.TEST) else _measured(typed)
    return [bench.draft("work.tested", {"passed": passed, **body})]


def _measured(typed: Answers) -> dict[str, Any]:
    measures: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    for row in range(1, ROWS + 1):
        name, unit = typed.text(f"m{row}.name"), typed.fields.value(f"m{row}.unit")
        value = _gauged(typed, f"m{row}.value", unit)
        if name and value is None:
            typed.fault(f"m{row}.value", "web.field_needed")
        if not name and value is not None:
            typed.fault(f"m{row}.name", "web.field_needed")
        if unit and unit not in gauges.GAUGES:
            typed.fault(f"m{row}.unit", "web.field_choose")
        if not name or value is None:
            continue
        measures[name[:60]] = {"value": value, **({"unit": unit} if unit else {})}
        ends = {end: limit for end in ("low", "high") if (limit := _gauged(typed, f"m{row}.{end}", unit)) is not None}
        if ends:
            limits[name[:60]] = {**ends, **({"unit": unit} if unit else {})}
    return _kept(measures=measures, limits=limits)


def _gauged(typed: Answers, name: str, unit: str) -> int | None:
    text = typed.fields.value(name)
    if not text:
        return None
    found = gauges.read_measure(text, unit)
    if found is None:
        how = gauges.gauge(unit)
        typed.fault(
            name,
            "web.work_bad_measure",
            asked=text[:LONGEST_SHOWN],
            decimals=how.decimals,
            unit=how.sign(typed.lang) or unit,
        )
    return found


def _answered(bench: Bench, typed: Answers, moment: Moment) -> dict[str, Any]:
    """Read the answers to the checklist that was shown, under its own version, whichever holds by now."""
    listed = bench.checklist(moment, typed.fields.value(CHECKLIST))
    return {} if listed is None else answered_to(listed, typed)


def answered_to(listed: Checklist, typed: Answers) -> dict[str, Any]:
    """Read the answers to the questions of a checklist as an event keeps them."""
    return body_of(listed, answers_typed(listed, typed))


def answers_typed(listed: Checklist, typed: Answers, *, whole: bool = True) -> dict[str, Answer]:
    """Read the answers to a checklist by step; where they must be `whole`, a blocking step without one is a fault."""
    answers: dict[str, Answer] = {}
    for step in listed.steps:
        name = f"q.{step.id}"
        text = typed.fields.value(name)
        if not text:
            if step.blocking and whole:
                typed.fault(name, "web.field_needed")
            continue
        match step.asks:
            case Asks.YES_NO:
                answers[step.id] = text == "yes"
            case Asks.CHOICE:
                answers[step.id] = text
            case Asks.MEASURE:
                value = _gauged(typed, name, step.unit)
                if value is not None:
                    answers[step.id] = value
    return answers


def _checked(bench: Bench, typed: Answers) -> dict[str, Any]:
    if bench.checklist(Moment.QUALITY, typed.fields.value(CHECKLIST)) is not None:
        return _answered(bench, typed, Moment.QUALITY)
    return {"checks": {each: typed.chosen(f"check.{each}", _BOTH, required=True) == "yes" for each in CHECKS}}


def _requalified(bench: Bench, typed: Answers) -> list[Draft]:
    until = typed.day_ms("valid_until", bench.visit.who.zone)
    if until and until <= bench.visit.now_ms:
        typed.fault("valid_until", "web.work_valid_past")
    cost = typed.number("cost", cells.cents)
    body = _kept(certificate=number_of("CR", today(bench.visit)), valid_until_ms=until, cost_cents=cost)
    return [bench.draft("work.requalified", {**body, **_checked(bench, typed)})]


def _released(bench: Bench, typed: Answers) -> list[Draft]:
    """Release a thing; what was requalified was held to its checklist then, and is not asked about again."""
    checked = {} if bench.is_requalified else _checked(bench, typed)
    return [bench.draft("item.released", {**_kept(grade=typed.text("grade")), **checked})]


def _moved(bench: Bench, typed: Answers) -> list[Draft]:
    return [bench.draft("item.moved", {"zone": typed.text("zone", required=True)})]


def _planned(bench: Bench, typed: Answers) -> list[Draft]:
    due = typed.day_ms("due", bench.visit.who.zone)
    priority = typed.chosen("priority", priorities(bench.lang))
    owner = typed.chosen("owner", bench.partners())
    body = _kept(reason=bench.reason, due_ms=due, priority=priority, owner=owner)
    return [bench.draft("work.opened", body, corrects=bench.opening)]


def _harvested(bench: Bench, typed: Answers) -> list[Draft]:
    parts: list[dict[str, Any]] = []
    born: list[Draft] = []
    types = bench.types()
    for row in range(1, MOST_EXPECTED + ROWS + 1):
        mass_g, label = typed.number(f"p{row}.mass", mass_of), typed.code(f"p{row}.label", other_than=bench.code)
        kind = _part_of_row(types, typed, row, is_taken=bool(mass_g or label))
        if label and label in {part.get("code") for part in parts}:
            typed.fault(f"p{row}.label", "web.work_label_twice", code=printed(label))
        if kind or mass_g or label:
            parts.append(_kept(type=kind, mass_g=mass_g, code=label))
        if label:
            born += _recovered(bench, label, kind, mass_g, typed=typed, field=f"p{row}.type")
    if not parts:
        typed.fault("p1.taken" if bench.expected_parts() else "p1.type", "web.work_no_parts")
    whole, rest = typed.number("whole", mass_of), typed.number("rest", mass_of)
    body = {"parts": parts, **_kept(mass_g=whole, rest_g=rest)}
    return [bench.draft("work.harvested", body), *born]


def _part_of_row(types: list[Option], typed: Answers, row: int, *, is_taken: bool) -> str:
    """Give the type of the part of a row, `""` where an expected part was not taken."""
    expected = typed.fields.value(f"p{row}.expected")
    if not expected:
        return typed.chosen(f"p{row}.type", types)
    is_taken = is_taken or bool(typed.fields.value(f"p{row}.taken"))
    return expected if is_taken and expected in dict(types) else ""


def _retired(bench: Bench, typed: Answers) -> list[Draft]:
    code = typed.chosen("treatment", treatments())
    body = _kept(
        reason=typed.text("reason"), code=code, outlet=typed.text("outlet"), mass_g=typed.number("mass", mass_of)
    )
    return [bench.draft("item.retired", body)]


_MADE: Final[Mapping[str, Callable[[Bench, Answers], list[Draft]]]] = {
    "diagnostiquer": _diagnosed,
    "devis": consent_acts.quoted,
    "accord": consent_acts.answered("work.approved"),
    "refus": consent_acts.answered("work.declined"),
    "retirer": consent_acts.withdrawn,
    "suspendre": consent_acts.held,
    "attendre": _paused,
    "poser": _part_used,
    "deposer": _part_removed,
    "tester": _tested,
    "requalifier": _requalified,
    "refuser": lambda bench, typed: [bench.draft("work.rejected", _kept(reason=typed.text("reason")))],
    "remettre": _released,
    "ecarter": lambda bench, typed: [
        bench.draft("item.rejected", {**_kept(reason=typed.text("reason")), **_checked(bench, typed)})
    ],
    "ranger": _moved,
    "planifier": _planned,
    "non-reparable": lambda bench, typed: [
        bench.draft("work.not_repairable", _kept(barrier=typed.chosen("barrier", barriers(bench.lang), required=True)))
    ],
    "demonter": _harvested,
    "reformer": _retired,
    "abandonner": lambda bench, typed: [bench.draft("work.cancelled", _kept(reason=typed.text("reason")))],
}
