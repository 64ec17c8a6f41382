"""Tests in words: what was measured or answered, beside its limits, in the words of the version that it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boucle import gauges
from boucle.answers import answers_of, failed_steps
from boucle.checklists import TABLE, Asks, Checklist, Step, find_checklist
from boucle.clock import day_of
from boucle.events import Event
from boucle.reasons import Reason
from boucle.reference import Book
from boucle.words import say
from boucle_server import histories, repairs
from boucle_server.repairs import Repair
from boucle_server.web import numbers
from boucle_server.web.details import limits_text
from boucle_server.web.figures import Badge
from boucle_server.web.item_words import moment
from boucle_server.web.visit import Visit

_FAILING = frozenset({Reason.OUT_OF_LIMITS, Reason.OTHER_UNIT, Reason.CHECK_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure or answer of a test, with the limits it was held against."""

    name: str
    value: str
    limits: str
    verdict: Badge | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test: what was measured, under which version of which checklist, whether it passed."""

    when: str
    verdict: Badge
    checklist: str
    version: str
    """The same for a document, with the code that names the version for ever."""
    measures: tuple[Measure, ...]


def tests_of(shown: Repair, visit: Visit, book: Book) -> list[Test]:
    """Give the tests of a repair that had effect, in order."""
    return [test_of(told.event, visit.lang, book, passed=_passed(told)) for told in shown.told if _is_test(told)]


def _is_test(told: histories.Told) -> bool:
    return told.event.kind == "work.tested" and repairs.has_effect(told)


def _passed(told: histories.Told) -> bool:
    reasons = set(told.mark.reasons) if told.mark is not None else set()
    return told.event.body.get("passed") is True and not _FAILING & reasons


def test_of(event: Event, lang: str, book: Book, *, passed: bool) -> Test:
    """Say a test: each measure beside its limits, each answer in the words of the version it answers."""
    zone = book.site(event.place, event.teff).zone
    return Test(
        when=moment(event.teff, zone, lang),
        verdict=("good", say("web.test_passed", lang)) if passed else ("bad", say("web.test_failed", lang)),
        checklist=checklist_name(event, book, lang),
        version=checklist_version(event, book, lang),
        measures=tuple(measures_of(event, book, lang)),
    )


def checklist_name(event: Event, book: Book, lang: str, *, always: bool = False) -> str:
    """Say which version of which checklist an event answers: its name and from when it holds.

    Of two versions of one day the time is said too; one that no version here is any more is named by its key. That it
    is the first is said where there is another, or `always`: a document will be read when there are more.
    """
    ref = event.text("checklist")
    listed = find_checklist(book, ref)
    if listed is None:
        key = ref.rpartition("@")[0]
        return say("web.checklist_forgotten", lang, name=key) if key else ref
    versions = book.versions_of(TABLE, listed.key)
    if listed.valid_from <= 0:
        is_one_of_many = always or len(versions) > 1
        return say("web.checklist_first", lang, name=listed.say(lang)) if is_one_of_many else listed.say(lang)
    zone = book.site(event.place, event.teff).zone
    days = [day_of(each.valid_from, zone) for each in versions]
    day = day_of(listed.valid_from, zone)
    since = moment(listed.valid_from, zone, lang) if days.count(day) > 1 else numbers.day_name(day, lang)
    return say("web.checklist_of_day", lang, name=listed.say(lang), day=since)


def checklist_version(event: Event, book: Book, lang: str) -> str:
    """Say for a document which version of which checklist an event answers, with the code that names it for ever."""
    ref = event.text("checklist")
    if not ref:
        return ""
    version = ref.rpartition("@")[2]
    return say("web.checklist_version", lang, name=checklist_name(event, book, lang, always=True), version=version)


def failed_of(event: Event, book: Book, lang: str) -> list[str]:
    """Name what was asked in an event, failed, and keeps its thing from serving."""
    listed = find_checklist(book, event.text("checklist"))
    if listed is not None:
        return [str(step.say(lang)) for step in failed_steps(listed, answers_of(event))]
    return [_words(None, name, lang) for name, passed in _map(event, "checks").items() if passed is not True]


def measures_of(event: Event, book: Book, lang: str) -> list[Measure]:
    """Say the measures and answers of an event, in the order of its checklist where that is known."""
    listed = find_checklist(book, event.text("checklist"))
    measures, limits = (_map(event, name) for name in ("measures", "limits"))
    order = [step.id for step in listed.steps] if listed else []
    found = [
        _measure(name, measures[name], limits.get(name), _words(listed, name, lang), lang)
        for name in _sorted(measures, order)
    ]
    said = {**_map(event, "checks"), **_map(event, "answers")}
    checks = _map(event, "checks")
    for name in _sorted({key: value for key, value in said.items() if key not in measures}, order):
        step = listed.step(name) if listed else None
        value = answers_of(event).get(name, said[name])
        passes = step.passes(value) if step else checks.get(name)
        found.append(
            Measure(
                name=_words(listed, name, lang),
                value=_answer(value, step, lang),
                limits="",
                verdict=None if passes is None else _verdict(passes is True, lang),
            )
        )
    return found


def _sorted(values: Mapping[str, Any], order: Sequence[str]) -> list[str]:
    places = {name: place for place, name in enumerate(order)}
    return sorted(values, key=lambda name: (places.get(name, len(places)), name))


def _words(listed: Checklist | None, name: str, lang: str) -> str:
    step = listed.step(name) if listed else None
    if step is not None:
        return str(step.say(lang))
    try:
        return say(f"web.work_check_{name}", lang)
    except KeyError:
        return name


def _answer(value: Any, step: Step | None, lang: str) -> str:
    if isinstance(value, bool):
        return say("web.yes" if value else "web.no", lang)
    if step is not None and step.asks is Asks.CHOICE:
        return next((each.words.get(lang) or each.id for each in step.choices if each.id == value), str(value))
    return str(value)


def _measure(name: str, measure: Any, limit: Any, words: str, lang: str) -> Measure:
    value, unit = (measure.get("value"), measure.get("unit")) if isinstance(measure, Mapping) else (measure, "")
    unit = unit if isinstance(unit, str) else ""
    low, high, limit_unit = (
        (limit.get(end) for end in ("low", "high", "unit")) if isinstance(limit, Mapping) else (None,) * 3
    )
    ends = [end if isinstance(end, int) else None for end in (low, high)]
    shown = gauges.write_measure(value, unit, lang) if isinstance(value, int) else str(value)
    if not any(end is not None for end in ends):
        return Measure(name=words or name, value=shown, limits="", verdict=None)
    same = not unit or not limit_unit or unit == limit_unit
    inside = isinstance(value, int) and all(
        fits for fits in (ends[0] is None or value >= ends[0], ends[1] is None or value <= ends[1])
    )
    text = limits_text(ends[0], ends[1], limit_unit if isinstance(limit_unit, str) else unit, lang)
    return Measure(name=words or name, value=shown, limits=text, verdict=_verdict(same and inside, lang))


def _verdict(good: bool, lang: str) -> Badge:  # noqa: FBT001
    return ("good", say("web.within", lang)) if good else ("bad", say("web.without_limits", lang))


def _map(event: Event, name: str) -> Mapping[str, Any]:
    value = event.body.get(name)
    return value if isinstance(value, Mapping) else {}
