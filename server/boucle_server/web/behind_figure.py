"""One figure in full: twelve months of it, its value under each filter, the events that made it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, answers, find
from boucle.kpi import Definition, Span, Unit, Value
from boucle.tally import Tally
from boucle.words import say
from boucle.words.numerals import times
from boucle_server import behind, reports
from boucle_server.api.reasons import kind_text
from boucle_server.errors import NotFoundError
from boucle_server.web import numbers
from boucle_server.web.asking import NO_LOOP, Asked
from boucle_server.web.chart import Chart, Goals, chart, line
from boucle_server.web.dashboard import is_settled
from boucle_server.web.figure_parts import NamedPart, part_of, part_word, parts_asked
from boucle_server.web.figures import Badge, Figure, badge, figure, quality
from boucle_server.web.goal_words import ToldGoal, told_goal
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.month_ground import Ground, ground
from boucle_server.web.month_lines import Line
from boucle_server.web.return_curve import ReturnCurve, drawn_curve

CODES: Final = 20
"""Codes of which the events are shown on one page."""
CODES_OF_FILE: Final = 500
"""Codes of which the events are looked up together for a file."""
_PERMILLE: Final = 1000
_KILO: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A figure under one value of a filter."""

    key: str
    name: str
    value: str
    parts: str
    exact: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event behind a figure; `exact` says how much it added to each measure."""

    id: str
    at_ms: int
    exact: str
    when: str
    kind: str
    code: str
    href: str
    place: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """All that the page of a figure shows."""

    figure: Figure
    quality: tuple[str, ...]
    chart: Chart
    chart_unit: str
    year: tuple[Line, ...]
    splits: tuple[tuple[str, tuple[Part, ...]], ...]
    events: tuple[Row, ...]
    next: str
    refused: str
    curve: ReturnCurve | None = None
    parts: tuple[NamedPart, ...] = ()
    part: str = ""
    """The part of which the events are shown, `""` for all of them."""
    no_part: bool = False
    """The address asked for a part that this figure does not have."""


def all_figures(connection: Connection, org: str, asked: Asked) -> list[Figure]:
    """Give every figure of a month."""
    on = ground(connection, org, asked)
    before = answers(on.tally, on.of(asked.against)) if asked.against else {}
    values = answers(on.tally, on.question)
    return [
        figure(values[id_], on.lang, asked=on.question, before=before.get(id_), against=asked.against, book=asked.book)
        for id_ in CATALOGUE
    ]


def behind_figure(
    connection: Connection, org: str, asked: Asked, name: str, *, after: str = "", part: str = ""
) -> Behind:
    """Gather the page of a figure, with the events of one of its parts; NotFoundError for one that does not exist."""
    definition = find(name)
    if definition is None:
        raise NotFoundError("api.no_figure", name=re.sub(r"[^\w-]", "", name)[:40])
    on = ground(connection, org, asked)
    before = answers(on.tally, on.of(asked.against), [definition.id])[definition.id] if asked.against else None
    value = answers(on.tally, on.question, [definition.id])[definition.id]
    # What is known for the moment of asking alone has no months: asked for each it would give today's value each time.
    months = () if definition.span is Span.NOW else on.months
    year = {month: answers(on.tally, on.of(month), [definition.id])[definition.id] for month in months}
    refused = sorted(asked.narrowed.narrowed.keys() - definition.by)
    only = part_of(part, definition)
    page = None
    if not refused:
        page = behind.behind(connection, org, definition, on.question, after=after[:200], limit=CODES, only=only)
    goals = {month: told_goal(asked.book, year[month], on.of(month), on.lang) for month in months}
    drawn, unit = _drawn(on, definition, year, [goal.exact if goal else None for goal in goals.values()])
    return Behind(
        figure=figure(value, on.lang, asked=on.question, before=before, against=asked.against, book=asked.book),
        quality=quality(value, on.lang),
        chart=drawn,
        chart_unit=unit,
        year=tuple(_line(on, definition, month, year[month], goals[month]) for month in reversed(months)),
        splits=tuple(_splits(connection, org, on, definition)),
        events=() if page is None else tuple(_row(each, asked) for each in page.rows),
        next="" if page is None else page.next or "",
        refused=say(f"novalue.not_by_{refused[0]}", on.lang) if refused else "",
        curve=None if refused else drawn_curve(on, definition.id),
        parts=() if refused else parts_asked(on, definition),
        part=part if only else "",
        no_part=bool(part) and only is None,
    )


def all_events(
    connection: Connection, org: str, asked: Asked, name: str, *, most: int, part: str = ""
) -> Iterator[Row]:
    """Give every event behind a figure or a part of it, at most so many; none where a filter cannot be told apart."""
    definition = find(name)
    if definition is None or asked.narrowed.narrowed.keys() - definition.by:
        return
    on, only = ground(connection, org, asked), part_of(part, definition)
    after: str | None = ""
    while after is not None and most > 0:
        page = behind.behind(connection, org, definition, on.question, after=after, limit=CODES_OF_FILE, only=only)
        for each in page.rows[:most]:
            yield _row(each, asked)
        most -= len(page.rows)
        after = page.next


def _line(on: Ground, definition: Definition, month: str, value: Value, goal: ToldGoal | None) -> Line:
    mark: Badge | None = badge(value, on.of(month), on.lang)
    shown = numbers.DASH if value.value is None else numbers.quantity(value.value, value.unit, on.lang)
    said = numbers.DASH if goal is None else goal.line
    cells = (shown, numbers.parts(definition, value, on.lang), numbers.interval(value, on.lang), said)
    bounds = (None if bound is None else numbers.exact(bound) for bound in _bounds(value))
    exact = (*parts_of(value), *bounds, *goal_cells(goal))
    return Line(key=month, head=numbers.month_name(month, on.lang), cells=cells, exact=exact, badge=mark)


def parts_of(value: Value) -> tuple[Fraction | None, int | None, int | None]:
    """Give a value in the unit of its word, with its two parts as they were counted."""
    return numbers.exact(value), value.numerator, value.denominator


def goal_cells(goal: ToldGoal | None) -> tuple[Fraction | None, str]:
    """Give a goal for a file: its number, and what the value says of it."""
    return (None, "") if goal is None else (goal.exact, goal.badge[1] if goal.badge else "")


def _bounds(value: Value) -> tuple[Value | None, Value | None]:
    low, high = value.ci_low, value.ci_high
    return (
        None if low is None else replace(value, value=low),
        None if high is None else replace(value, value=high),
    )


def _drawn(on: Ground, definition: Definition, year: Mapping[str, Value], goals: Goals) -> tuple[Chart, str]:
    """Draw shares as a line in per cent, masses as bars in kilograms, all else as bars in its unit."""
    names = [numbers.month_short(month, on.lang) for month in year]
    values = [each.value for each in year.values()]
    if definition.unit is Unit.RATIO:
        open_ones = [not is_settled(each) for each in year.values()]
        return line(names, [None if each is None else round(each * 100) for each in values], open_ones, goals), "%"
    if definition.unit is Unit.GRAMS:
        return chart(names, [[0 if each is None else round(each / _KILO) for each in values]], goals), "kg"
    if definition.unit is Unit.CENTS:
        return chart(names, [[0 if each is None else round(each / 100) for each in values]], goals), say(
            Unit.CENTS.words, on.lang
        )
    unit = numbers.unit_word(definition.unit, on.lang)
    return chart(names, [[0 if each is None else round(each) for each in values]], goals), unit


def _splits(connection: Connection, org: str, on: Ground, definition: Definition) -> list[tuple[str, tuple[Part, ...]]]:
    """Give the figure for each loop, partner and type, where it can be told apart and nothing narrows it yet."""
    if on.asked.narrowed.narrowed:
        return []
    found: list[tuple[str, tuple[Part, ...]]] = []
    for dimension in ("loop", "partner", "type"):
        if dimension in definition.by:
            tallies = reports.tallies(connection, org, dimension)
            parts = [_part(on, definition, dimension, key, tally) for key, tally in tallies.items()]
            shown = tuple(sorted((each for each in parts if each is not None), key=lambda each: each.name.casefold()))
            if shown:
                found.append((dimension, shown))
    return found


def _part(on: Ground, definition: Definition, dimension: str, key: str, tally: Tally) -> Part | None:
    narrowed = replace(on.asked.narrowed, **{dimension: key})
    value = answers(tally, replace(on.question, late=None, narrowed=narrowed), [definition.id])[definition.id]
    if (value.value is None and not value.denominator) or (value.denominator is None and not value.numerator):
        return None
    if not key and dimension != "loop":
        return None
    return Part(
        key=key or NO_LOOP,
        name=on.asked.name_of(dimension, key),
        value=numbers.DASH if value.value is None else numbers.quantity(value.value, value.unit, on.lang),
        parts=numbers.parts(definition, value, on.lang),
        exact=value,
    )


def _row(counted: behind.Counted, asked: Asked) -> Row:
    event = counted.event
    site = asked.book.site(event.place, event.teff)
    if event.code:
        code, href = printed(event.subject), href_of(event.subject)
    else:
        code, href = times(event.qty, asked.name_of("type", event.item_type), asked.lang), ""
    sums: defaultdict[str, int] = defaultdict(int)
    for at, n in counted.facts:
        sums[part_word(at.measure, at.bucket, asked.lang)] += n
    return Row(
        id=event.id,
        at_ms=event.teff,
        exact=", ".join(f"{name} {n:+}" for name, n in sorted(sums.items())),
        when=moment(event.teff, site.zone, asked.lang),
        kind=kind_text(event.kind, asked.lang),
        code=code,
        href=href,
        place=site.name or site.key,
        counts=", ".join(sorted(sums)),
    )
