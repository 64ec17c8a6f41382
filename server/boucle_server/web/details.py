"""What an event says in its body, in words: names of fields, values in their units, codes by their names."""

from collections.abc import Mapping
from typing import Any, Final

from boucle import gauges, holds
from boucle.checklists import Checklist, Step, find_checklist
from boucle.correction import VOID, WHY
from boucle.events import Event
from boucle.lifecycle import Verdict
from boucle.reference import Book
from boucle.return_rules import deadline
from boucle.words import knows, say
from boucle_server.web import numbers
from boucle_server.web.item_words import moment, printed

LONGEST: Final = 200
_PAGE_SAYS: Final = ("slip.shared", "until")
_REASONS: Final = {
    VOID: WHY,
    "work.held": "held",
    "item.held": "held",
    "work.paused": "pause",
    "work.rejected": "rejected",
}
_BY_STEP: Final = ("answers", "measures", "checks", "limits")
"""What an event says question by question; a check is the verdict on an answer, and says less."""
_PLACES: Final = frozenset({"to", "from"})
SAID: Final = frozenset(
    {"evidence", "target", "extends", "confirms", "type", "quote", "opening_uses", "certificate_sha256", "document"}
)
NAMED: Final = frozenset(
    {"to", "from", "mass_g", "tare_g", "verdict", "grade", "reason", "zone", "method", "code", "mode", "outlet"}
    | {"checks", "answers", "measures", "limits", "checklist", "fault", "found", "passed", "barrier", "parts", "rest_g"}
    | {"certificate", "valid_until_ms", "due_ms", "priority", "origin", "disposition", "proposed", "criteria", "needed"}
    | {"cost_cents", "avoided_cents", "at_ms", "charge_cents", "cents", "serial", "refilled", "requalify", "cycle"}
    | {"estimate_cents", "covers", "how", "owner"}
    | {"until", "supplier_ref"}
    | {WHY, "contradiction", "route", "count", "batch", "month", "revision", "text", "ending", "version", "note"}
)


def details(event: Event, book: Book, lang: str) -> list[tuple[str, str]]:
    """Say what an event carries, name by value."""
    found = []
    if event.other:
        found.append((say("web.detail_other", lang), printed(event.other)))
    listed = find_checklist(book, event.text("checklist"))
    if listed and (answered := _answered(event, listed, lang)):
        found.append((listed.say(lang), answered))
    for key, value in sorted(event.body.items()):
        if (
            key in SAID
            or (event.kind, key) == _PAGE_SAYS
            or value in ("", None)
            or (listed and _is_answered(key, value, listed))
        ):
            continue
        # The reason of a void or of a hold is a code of theirs; elsewhere a reason is whatever somebody wrote.
        field = _REASONS.get(event.kind, key) if key == "reason" else key
        found.append((_name(key, lang), _value(field, value, book, event.teff, lang)))
    return found


def _is_answered(key: str, value: object, listed: Checklist) -> bool:
    """Tell whether a field is told with the questions of its checklist."""
    if key == "checklist":
        return True
    asked = {step.id for step in listed.steps}
    return key in _BY_STEP and isinstance(value, Mapping) and value.keys() <= asked


def _answered(event: Event, listed: Checklist, lang: str) -> str:
    """Say what was answered, question by question in their order, a measure with the limits it was held against."""
    given = [event.body.get(name) for name in _BY_STEP]
    answers, measures, checks, limits = (each if isinstance(each, Mapping) else {} for each in given)
    said = []
    for step in listed.steps:
        answer = next((each[step.id] for each in (answers, measures, checks) if step.id in each), None)
        if answer is None:
            continue
        value, limit = _answer(step, answer, lang), limits.get(step.id)
        within = _limits(limit, lang) if isinstance(limit, Mapping) else ""
        told = f"{value} ({within})" if within else value
        said.append(say("page.named", lang, name=step.say(lang), value=told))
    return " ; ".join(said)


def _answer(step: Step, value: object, lang: str) -> str:
    match value:
        case bool():
            return say("web.yes" if value else "web.no", lang)
        case {"value": int() as measured, **rest}:
            return gauges.write_measure(measured, str(rest.get("unit") or ""), lang)
        case _:
            return next((each.words.get(lang) or each.id for each in step.choices if each.id == value), str(value))


def coded(field: str, code: str, lang: str) -> str:
    """Give the words of a code that stands in a field; an organisation's own code, and any other text, as it is."""
    if field == "held":
        return holds.said(code, lang)
    if field == "until":
        return numbers.day_name(deadline(code), lang) if deadline(code) else code
    words = {
        "fault": f"fault.{code}",
        "barrier": f"barrier.{code}",
        "priority": f"web.priority_{code}",
        "origin": f"web.work_origin_{code}",
        "contradiction": f"reason.{code}",
        "pause": f"pause.{code}",
        "rejected": f"rejected.{code}",
        "correction": f"screen.because.{code}",
        "how": f"consent.how.{code}",
        "disposition": f"disposition.{code}",
        "proposed": f"disposition.{code}",
    }.get(field, "")
    return say(words, lang) if words and knows(words) else code


def _name(key: str, lang: str) -> str:
    return say(f"web.detail_{key}", lang) if key in NAMED else key


def _value(key: str, value: Any, book: Book, at_ms: int, lang: str) -> str:
    match value:
        case bool():
            return say("web.yes" if value else "web.no", lang)
        case int() if key.endswith("_g"):
            return numbers.mass(value, lang)
        case int() if key.endswith("cents"):
            return numbers.money(value, lang)
        case int() if key.endswith("_ms"):
            return moment(value, book.site("", at_ms).zone, lang)
        case {"value": int() as measured, **rest}:
            return gauges.write_measure(measured, str(rest.get("unit") or ""), lang)
        case Mapping() if value.keys() & {"low", "high"}:
            return _limits(value, lang)
        case Mapping():
            return ", ".join(f"{name} {_value(name, each, book, at_ms, lang)}" for name, each in sorted(value.items()))
        case list() if key == "parts":
            return " ; ".join(_part(each, book, at_ms, lang) for each in value)[:LONGEST]
        case list():
            return ", ".join(_value("", each, book, at_ms, lang) for each in value)[:LONGEST]
        case str():
            return _text(key, value, book, at_ms, lang)
        case _:
            return str(value)[:LONGEST]


def _part(part: object, book: Book, at_ms: int, lang: str) -> str:
    """Say a part of a donor: its type, its mass, its label; one that is waited for by its name, or as it was named."""
    if not isinstance(part, Mapping):
        return str((book.row("item_type", str(part), at_ms) or {}).get("name") or part)
    kind, mass_g, code = (part.get(name) for name in ("type", "mass_g", "code"))
    said = [
        str((book.row("item_type", str(kind), at_ms) or {}).get("name") or kind) if kind else "",
        numbers.mass(mass_g, lang) if isinstance(mass_g, int) else "",
        printed(str(code)) if code else "",
    ]
    return ", ".join(each for each in said if each) or say("web.unknown_type", lang)


def _text(key: str, value: str, book: Book, at_ms: int, lang: str) -> str:
    if key in _PLACES:
        return book.site(value, at_ms).name or value
    if key == "owner":
        return str((book.row("partner", value, at_ms) or {}).get("name") or value)
    if key == "verdict" and value in set(Verdict):
        return say(f"verdict.{value}", lang)
    return printed(value) if key == "code" and value.startswith("C/") else coded(key, value, lang)[:LONGEST]


def _limits(limit: Mapping[str, Any], lang: str) -> str:
    unit = str(limit.get("unit") or "")
    ends = (limit.get(end) for end in ("low", "high"))
    shown = [gauges.write_measure(end, unit, lang) if isinstance(end, int) else None for end in ends]
    return limits_said(shown[0], shown[1], lang)


def limits_text(low: int | None, high: int | None, unit: str, lang: str) -> str:
    """Say between which limits a measure has to be, `""` for none."""
    ends = [None if end is None else gauges.write_measure(end, unit, lang) for end in (low, high)]
    return limits_said(ends[0], ends[1], lang)


def limits_said(least: str | None, most: str | None, lang: str) -> str:
    """Say two limits as they are written, either of which may be missing."""
    if least is not None and most is not None:
        return say("web.limits_between", lang, low=least, high=most)
    if least is not None:
        return say("web.limits_least", lang, low=least)
    return "" if most is None else say("web.limits_most", lang, high=most)
