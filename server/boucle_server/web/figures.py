"""Figures in words: a value with its parts, how sure it is, what to know about its data, how it changed."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from boucle.catalogue import CATALOGUE
from boucle.clock import day_of, month_end_ms, months_between
from boucle.kpi import Maturity, Question, Span, Unit, Value
from boucle.kpi_loop import WINDOW
from boucle.reference import Book
from boucle.units import DAY_MS
from boucle.words import say
from boucle_server.web import numbers
from boucle_server.web.goal_words import ToldGoal, told_goal

Badge = tuple[str, str]
"""The kind of a badge, and its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure as people read it."""

    id: str
    name: str
    value: str
    unit: str
    of: str
    parts: str
    interval: str
    badge: Badge | None
    reason: str
    quality: tuple[str, ...]
    means: str
    formula: str
    exact: Value
    """What it is made of."""
    change: tuple[str, str, str] | None = None
    """A sign, the same as a word, by how much."""
    against: str = ""
    """The month that it is compared with, as people read it."""
    month: str = ""
    """The month that was asked for; the page of the figure is asked for the same one."""
    more: tuple[str, ...] = ()
    goal: ToldGoal | None = None


def figure(
    value: Value,
    lang: str,
    *,
    asked: Question | None = None,
    before: Value | None = None,
    against: str = "",
    book: Book | None = None,
) -> Figure:
    """Say a value; `asked` tells whether its cohort is still young, `before` what it is compared with, of `against`.

    `book` is where its goal is looked up; without it none is told.
    """
    definition = CATALOGUE[value.definition_id]
    if definition.span is Span.NOW:
        before = None  # asked for an earlier month it gives today's value again, which is no comparison
    return Figure(
        id=definition.id,
        name=say(definition.words("name"), lang),
        value=numbers.shown(value, lang),
        unit="" if value.value is None else numbers.unit_word(value.unit, lang),
        of=period(value, lang),
        parts=numbers.parts(definition, value, lang),
        interval=numbers.interval(value, lang),
        badge=badge(value, asked, lang),
        reason="" if value.reason is None else say(value.reason.words, lang),
        quality=quality(value, lang),
        means=say(definition.words("means"), lang),
        formula=say(definition.words("formula"), lang),
        exact=value,
        change=change(value, before, lang),
        against=numbers.month_name(against, lang) if against and definition.span is not Span.NOW else "",
        month=asked.last if asked else "",
        goal=told_goal(book, value, asked, lang) if book and asked else None,
    )


def badge(value: Value, asked: Question | None, lang: str) -> Badge | None:
    """Say why a value may still change: it speaks of today, its cohort is young, its month is not settled."""
    definition = CATALOGUE[value.definition_id]
    if value.value is None or value.maturity is Maturity.FINAL or definition.span is Span.NOW:
        return None
    if asked is not None and is_young(value, asked):
        return "warn", say("web.young", lang, day=numbers.day_name(_ripe(value, asked), lang))
    return "warn", _provisional(value, asked, lang)


def _provisional(value: Value, asked: Question | None, lang: str) -> str:
    """Say that a value is provisional, and why; of its own month the page says that already."""
    if asked is None or CATALOGUE[value.definition_id].span is not Span.TRAILING:
        return say("page.provisional", lang)
    first, _, last = value.period.partition("/")
    months = months_between(first, last or first)
    open_ones = [each for each in months if not asked.is_over(each) or asked.reasons.get(each)]
    if asked.last in open_ones:
        return say("page.provisional", lang)
    if open_ones:
        return say("page.provisional_months", lang, n=len(open_ones), month=numbers.month_name(open_ones[0], lang))
    return say("page.provisional_short" if len(months) < WINDOW else "page.provisional_out", lang)


def is_young(value: Value, asked: Question) -> bool:
    """Tell whether a cohort has not reached its horizon yet, whatever else is provisional."""
    horizon = CATALOGUE[value.definition_id].horizon_days
    return horizon is not None and asked.as_of_ms < month_end_ms(asked.last, asked.zone) + horizon * DAY_MS


def _ripe(value: Value, asked: Question) -> str:
    horizon = CATALOGUE[value.definition_id].horizon_days or 0
    ripe = replace(asked, as_of_ms=month_end_ms(asked.last, asked.zone) + horizon * DAY_MS)
    return ripe.today


def period(value: Value, lang: str) -> str:
    """Say which time a value speaks of."""
    if len(value.period) == len("2026-10-31"):
        return say("page.on_day", lang, day=numbers.day_name(value.period, lang))
    first, _, last = value.period.partition("/")
    if not last and CATALOGUE[value.definition_id].span is Span.END:
        if value.as_of_ms < month_end_ms(first, value.timezone):
            return say("page.on_day", lang, day=numbers.day_name(day_of(value.as_of_ms, value.timezone), lang))
        return say("page.end_of", lang, month=numbers.month_name(first, lang))
    if not last:
        return numbers.month_name(first, lang)
    return say("page.from_to", lang, first=numbers.month_name(first, lang), last=numbers.month_name(last, lang))


def quality(value: Value, lang: str) -> tuple[str, ...]:
    """Say what matters about the data: only what is not nil, and only where it can change this figure."""
    definition, known = CATALOGUE[value.definition_id], value.quality
    measures = {measure.partition(":")[2] for measure in definition.measures}
    told = []
    if known.implied and measures & {"return_implied", "returned_implied"}:
        told.append(say("page.implied", lang, n=known.implied))
    if known.unweighed_share and measures & {"received_g", "weighed_g"}:
        told.append(say("page.unweighed", lang, share=numbers.percent(known.unweighed_share, lang, 0)))
    if known.duplicates and measures & {"dispatch", "return", "received_units", "received_g"}:
        told.append(say("page.duplicates", lang, n=known.duplicates))
    if known.late and (definition.id in ("K2", "K20-mass", "evidence") or definition.span is Span.TRAILING):
        told.append(say("page.late", lang, n=known.late))
    without = value.bands.get("without_hours", 0)
    if without and value.value is not None:
        told.append(say("web.beside_without_hours", lang, counted=value.n or 0, of=(value.n or 0) + without))
    return tuple(told)


def change(value: Value, before: Value | None, lang: str) -> tuple[str, str, str] | None:
    """Say by how much a value changed: a share in points, everything else in per cent of what it was.

    It is the difference of the two as they are shown, so that nobody who subtracts finds another.
    """
    if before is None or value.value is None or before.value is None:
        return None
    was = numbers.rounded(before.value, before.unit)
    moved = numbers.rounded(value.value, value.unit) - was
    if value.unit is Unit.RATIO:
        size = numbers.number(abs(moved) * 100, 1, lang) + numbers.THIN + say("web.points", lang)
        none = moved == 0
    elif was == 0:
        return None if moved else ("≈", say("web.steady", lang), "")
    else:
        size = numbers.percent(abs(moved / was), lang, 0)
        none = round(moved / was * 100) == 0
    if none:
        return "≈", say("web.steady", lang), ""
    return ("▲", say("web.up", lang), size) if moved > 0 else ("▼", say("web.down", lang), size)


def as_reported(value: Value, row: dict[str, Any]) -> Value | None:
    """Give a value as it was frozen when its month was closed; None where it was not kept."""
    if row.get("value_micro") is None:
        return None
    return replace(
        value,
        value=Fraction(row["value_micro"], 10**6),
        numerator=row["numerator"],
        denominator=row["denominator"],
        maturity=Maturity(row["maturity"]),
        reason=None,
    )
