"""The first page's content: the figures of a month, twelve months beside each other, one line a loop."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import next_month
from boucle.kpi import Definition, Maturity, Question, Value
from boucle.words import say
from boucle_server import months, reports
from boucle_server.months import Life, MonthState
from boucle_server.projections import load_book
from boucle_server.tables import ORG
from boucle_server.web import numbers
from boucle_server.web.chart import Chart, chart

TILES: Final = ("K12", "K13", "K1", "K11-median", "K7", "K20-mass", "K22", "K14")
YEAR: Final = ("K2", "K1", "K7", "K12", "K20-mass", "K22")
LOOPS: Final = ("K2", "K1", "K10-return", "K12", "K13", "K20-mass")
MONTHS: Final = 12
OLDEST: Final = 12
"""Months back to look for a cohort that is old enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure in words: its value, its parts, how sure it is, what to know about its data."""

    id: str
    name: str
    value: str
    unit: str
    of: str
    parts: str
    interval: str
    tag: str
    reason: str
    quality: str
    means: str
    formula: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table: its head, its cells, and a mark for a head that is not final."""

    head: str
    cells: tuple[str, ...]
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that the page shows."""

    org_name: str
    is_demo: bool
    month: str
    month_name: str
    state: str
    causes: tuple[str, ...]
    as_of: str
    choices: tuple[tuple[str, str], ...]
    tiles: tuple[Figure, ...]
    figures: tuple[Figure, ...]
    year_heads: tuple[str, ...]
    year: tuple[Line, ...]
    loop_heads: tuple[str, ...]
    loops: tuple[Line, ...]
    chart: Chart
    chart_text: str
    reference: str


def overview(connection: Connection, org: str, month: str | None, *, now_ms: int, lang: str) -> Overview | None:
    """Gather the page of a month, the last complete one when none is named; None while there is no data at all."""
    known = reports.months_until(connection, org, now_ms)
    zone = reports.zone_of(connection, org)
    if not known:
        return None
    chosen = month or min(reports.last_complete_month(zone, now_ms), known[-1])
    shown = [str(next_month(chosen, -back)) for back in range(MONTHS - 1, -1, -1)]
    causes = months.causes_of(connection, org, shown, zone=zone, now_ms=now_ms)
    (life,) = months.lives(connection, org, [chosen], now_ms=now_ms)
    asked = reports.question(
        connection,
        org,
        [chosen],
        as_of_ms=now_ms,
        reasons=months.reasons_of(causes),
        late=reports.late_events(connection, org, [chosen], zone),
    )
    tally = reports.tally(connection, org)
    values = answers(tally, asked)
    year = {each: answers(tally, replace(asked, months=(each,), late=None), YEAR) for each in shown}
    row = connection.execute(sa.select(ORG.c.name, ORG.c.demo).where(ORG.c.org == org)).one()
    series = [[year[each]["K2"].denominator or 0 for each in shown], [year[each]["K2"].numerator for each in shown]]
    return Overview(
        org_name=row.name,
        is_demo=row.demo,
        month=chosen,
        month_name=numbers.month_name(chosen, lang),
        state=say(life.state.words, lang, revision=life.closing.revision if life.closing else 0),
        causes=_causes(life, lang),
        as_of=numbers.day_name(asked.today, lang),
        choices=tuple((each, numbers.month_name(each, lang)) for each in reversed(known)),
        tiles=tuple(
            _figure(values[id_] if id_ != "K1" else _grown(tally_year=year, values=values), lang) for id_ in TILES
        ),
        figures=tuple(_figure(values[id_], lang) for id_ in CATALOGUE),
        year_heads=_heads(YEAR, lang),
        year=tuple(_month_line(each, year[each].values(), asked, lang) for each in reversed(shown)),
        loop_heads=_heads(LOOPS, lang),
        loops=tuple(_loops(connection, org, asked, lang)),
        chart=chart([numbers.month_short(each, lang) for each in shown], series),
        chart_text=_chart_text(shown, series, lang),
        reference=reports.reference_digest(connection, org)[:12],
    )


def _grown(*, tally_year: dict[str, dict[str, Value]], values: dict[str, Value]) -> Value:
    """Give the newest cohort that is old enough, else that of the month itself."""
    for month in reversed(list(tally_year)):
        found = tally_year[month]["K1"]
        if found.maturity is Maturity.FINAL and found.value is not None:
            return found
    return values["K1"]


def _causes(life: Life, lang: str) -> tuple[str, ...]:
    if life.state is MonthState.OPEN:
        return ()
    return tuple(say(cause.why.words, lang, device=cause.device, n=cause.n) for cause in life.causes)


def _figure(value: Value, lang: str) -> Figure:
    definition = CATALOGUE[value.definition_id]
    return Figure(
        id=definition.id,
        name=say(definition.words("name"), lang),
        value=numbers.shown(value, lang),
        unit="" if value.value is None else numbers.unit_word(value.unit, lang),
        of=_period(value, lang),
        parts=numbers.parts(definition, value, lang),
        interval=numbers.interval(value, lang),
        tag=say("page.provisional", lang) if value.maturity is Maturity.PROVISIONAL else "",
        reason="" if value.reason is None else say(value.reason.words, lang),
        quality=_quality(definition, value, lang),
        means=say(definition.words("means"), lang),
        formula=say(definition.words("formula"), lang),
    )


def _period(value: Value, lang: str) -> str:
    if len(value.period) == len("2026-10-31"):
        return say("page.on_day", lang, day=numbers.day_name(value.period, lang))
    first, _, last = value.period.partition("/")
    if not last:
        return numbers.month_name(first, lang)
    return say("page.from_to", lang, first=numbers.month_name(first, lang), last=numbers.month_name(last, lang))


def _quality(definition: Definition, value: Value, lang: str) -> str:
    """Say what matters about the data: only what is not nil, and only where it can change this figure."""
    quality = value.quality
    measures = {measure.partition(":")[2] for measure in definition.measures}
    told = []
    if quality.implied and measures & {"return_implied", "returned_implied"}:
        told.append(say("page.implied", lang, n=quality.implied))
    if quality.unweighed_share and measures & {"received_g", "weighed_g"}:
        told.append(say("page.unweighed", lang, share=numbers.percent(quality.unweighed_share, lang, 0)))
    if quality.duplicates and measures & {"dispatch", "return", "received_units", "received_g"}:
        told.append(say("page.duplicates", lang, n=quality.duplicates))
    if quality.late and definition.id in ("K2", "K20-mass", "evidence"):
        told.append(say("page.late", lang, n=quality.late))
    return " · ".join(told)


def _heads(ids: Iterable[str], lang: str) -> tuple[str, ...]:
    counted = (say("page.dispatched", lang), say("page.returned", lang))
    return (*counted, *(say(f"page.short_{CATALOGUE[id_].slug}", lang) for id_ in ids))


def _cells(values: Iterable[Value], lang: str) -> tuple[str, ...]:
    listed = list(values)
    flow = next(value for value in listed if value.definition_id == "K2")
    counted = (numbers.number(flow.denominator or 0, 0, lang), numbers.number(flow.numerator, 0, lang))
    return (*counted, *(_cell(value, lang) for value in listed))


def _cell(value: Value, lang: str) -> str:
    young = value.definition_id == "K1" and value.maturity is Maturity.PROVISIONAL
    return numbers.shown(value, lang) + ("*" if young and value.value is not None else "")


def _month_line(month: str, values: Iterable[Value], asked: Question, lang: str) -> Line:
    runs = not asked.is_over(month) or bool(asked.reasons.get(month))
    tag = say("page.provisional", lang) if runs else ""
    return Line(head=numbers.month_name(month, lang), cells=_cells(values, lang), tag=tag)


def _loops(connection: Connection, org: str, asked: Question, lang: str) -> list[Line]:
    book = load_book(connection, org)
    lines = []
    for loop, tally in reports.tallies(connection, org, "loop").items():
        values = answers(tally, replace(asked, late=None), LOOPS)
        if any(value.numerator or value.denominator for value in values.values()):
            name = reports.name_of(book, "loop", loop, asked.as_of_ms)
            lines.append(Line(head=name or say("page.no_loop", lang), cells=_cells(values.values(), lang)))
    return sorted(lines, key=lambda line: line.head.casefold())


def _chart_text(shown: Sequence[str], series: Sequence[Sequence[int]], lang: str) -> str:
    """Say the chart in one sentence, for whoever does not see it."""
    sent, back = (list(one) for one in series)
    most, least = (pick(range(len(shown)), key=sent.__getitem__) for pick in (max, min))
    return say(
        "page.chart_text",
        lang,
        first=numbers.month_name(shown[0], lang),
        last=numbers.month_name(shown[-1], lang),
        sent=numbers.number(sum(sent), 0, lang),
        back=numbers.number(sum(back), 0, lang),
        most=numbers.month_name(shown[most], lang),
        least=numbers.month_name(shown[least], lang),
    )
