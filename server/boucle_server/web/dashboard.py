"""The dashboard's content: six figures of a month, twelve months, loops, ages, what is known of the data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import next_month
from boucle.kpi import Maturity, Question, Value
from boucle.tally import Tally
from boucle.words import say
from boucle_server import closing, months, reports
from boucle_server.months import Life, MonthState
from boucle_server.web import numbers
from boucle_server.web.asking import Asked
from boucle_server.web.chart import Chart, chart, line
from boucle_server.web.figures import Badge, Figure, as_reported, change, figure, is_young

YEAR: Final = ("K1", "K7", "K12", "K20-mass", "K22")
LOOPS: Final = ("K11-median", "K12", "K13", "K20-mass")
TILES: Final = ("K1", "K7", "K20-mass", "K22", "K12", "K13", "K14", "K15", "K11-open", "evidence")
FROZEN: Final = frozenset({"K7", "K20-mass", "K22", "K12"})
"""Figures that a closed month shows as they were reported."""
MONTHS: Final = 12
OLDEST: Final = 6
"""How many months back a cohort that is old enough is looked for."""
MOVED: Final = ("dispatch", "return", "qty_dispatch", "qty_return", "received_units", "treated_g", "commissioned")
"""Measures of which any shows that something happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table: what its head leads to, its head, its cells, and a mark beside the head."""

    key: str
    head: str
    cells: tuple[str, ...]
    badge: Badge | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A part of a whole: its name, how many, its length of 1000."""

    name: str
    n: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a month stands: a sign with its word, why it may change, what came after it was closed."""

    badge: Badge
    causes: tuple[str, ...] = ()
    since: tuple[tuple[str, str, str, str], ...] = ()
    """Figures known otherwise now: `(id, name, as reported, as known)`."""
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """All that the page shows; `is_empty` when nothing happened under its filters."""

    month_name: str
    against_name: str
    as_of: str
    status: Status
    is_empty: bool
    tiles: tuple[Figure, ...] = ()
    chart: Chart | None = None
    chart_title: str = ""
    chart_text: str = ""
    rates: Chart | None = None
    rates_title: str = ""
    quantities: bool = False
    year: tuple[Line, ...] = ()
    loops: tuple[Line, ...] = ()
    cohort_name: str = ""
    visits: tuple[Band, ...] = ()
    overdue: tuple[Band, ...] = ()
    evidence: tuple[Band, ...] = ()
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all parts of the page are computed from."""

    asked: Asked
    question: Question
    tally: Tally
    life: Life
    months: tuple[str, ...]

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.asked.lang

    @property
    def has_numbered(self) -> bool:
        """Whether anything of what is asked for is followed piece by piece."""
        return has_numbered(self.tally)

    def of(self, month: str) -> Question:
        """Give the question of another month."""
        return replace(self.question, months=(month,), late=None)


def ground(connection: Connection, org: str, asked: Asked) -> Ground:
    """Fetch the sums and what is known of the months."""
    shown = tuple(str(next_month(asked.month, -back)) for back in range(MONTHS - 1, -1, -1))
    # Before anything was known there is nothing to show, and no nil either.
    shown = tuple(month for month in shown if month >= asked.known[0])
    causes = months.causes_of(connection, org, shown, zone=asked.zone, now_ms=asked.now_ms)
    (life,) = months.lives(connection, org, [asked.month], now_ms=asked.now_ms)
    whole = not asked.narrowed.narrowed
    late = reports.late_events(connection, org, [asked.month], asked.zone) if whole else None
    question = reports.question(
        connection,
        org,
        [asked.month],
        as_of_ms=asked.now_ms,
        narrowed=asked.narrowed,
        reasons=months.reasons_of(causes),
        late=late,
    )
    tally = reports.tally(connection, org, asked.narrowed)
    return Ground(asked=asked, question=question, tally=tally, life=life, months=shown)


def dashboard(connection: Connection, org: str, asked: Asked) -> Dashboard:
    """Gather the page of a month."""
    on, lang = ground(connection, org, asked), asked.lang
    moved = any(on.tally.total("month", measure, on.months) for measure in MOVED)
    still = answers(on.tally, on.question, ["K12"])["K12"].numerator
    frozen = _frozen(connection, org, on)
    status = _status(connection, org, on, frozen)
    names: dict[str, Any] = {
        "month_name": numbers.month_name(asked.month, lang),
        "against_name": numbers.month_name(asked.against, lang) if asked.against else "",
        "as_of": numbers.day_name(on.question.today, lang),
    }
    if not moved and not still:
        return Dashboard(**names, status=status, is_empty=True)
    values = answers(on.tally, on.question, TILES)
    cohort = grown_month(on)
    year = {each: answers(on.tally, on.of(each), YEAR) for each in on.months}
    moves = unit_moves if on.has_numbered else quantity_moves
    series = [[moves(on.tally, each)[side] for each in on.months] for side in (0, 1)]
    return Dashboard(
        **names,
        status=status,
        is_empty=False,
        tiles=tuple(_tiles(on, values, frozen, cohort)),
        chart=chart([numbers.month_short(each, lang) for each in on.months], series),
        chart_title=say("web.chart_title" if on.has_numbered else "web.chart_quantities", lang),
        chart_text=_chart_text(on.months, series, lang),
        rates=_rates(on, year),
        rates_title=say("web.rates_title", lang, name=say(CATALOGUE[_rate_of(on)].words("name"), lang)),
        quantities=any(any(quantity_moves(on.tally, each)) for each in on.months),
        year=tuple(_month_line(on, each, year[each]) for each in reversed(on.months)),
        loops=tuple(_loops(connection, org, on, cohort)),
        cohort_name=numbers.month_name(cohort, lang),
        visits=bands(values["K11-open"], lang, age),
        overdue=bands(values["K13"], lang, age),
        evidence=bands(values["evidence"], lang, evidence),
        known=_known(values["evidence"], lang),
    )


def has_numbered(tally: Tally) -> bool:
    """Tell whether containers with numbers were ever there."""
    return bool(tally.months("month", "dispatch") or tally.months("day", "pool") or tally.months("day", "out"))


def unit_moves(tally: Tally, month: str) -> tuple[int, int]:
    """Give the dispatches and the returns of containers followed piece by piece."""
    returns = tally.total("month", "return", [month]) + tally.total("month", "return_implied", [month])
    return tally.total("month", "dispatch", [month]), returns


def quantity_moves(tally: Tally, month: str) -> tuple[int, int]:
    """Give what left and came back of what is only counted."""
    return tally.total("month", "qty_dispatch", [month]), tally.total("month", "qty_return", [month])


def grown_month(on: Ground) -> str:
    """Give the newest month at or before the one asked for of which the cohort is old enough, else that one."""
    for back in range(OLDEST):
        month = str(next_month(on.asked.month, -back))
        value = answers(on.tally, on.of(month), ["K1"])["K1"]
        if value.value is not None and not is_young(value, on.of(month)):
            return month
    return on.asked.month


def bands(value: Value, lang: str, words: Callable[[str], str]) -> tuple[Band, ...]:
    """Give the parts of a value as lengths, in their order; `words` gives the key of the name of each."""
    most = max([1, *value.bands.values()])
    return tuple(
        Band(name=say(words(name), lang), n=numbers.number(n, 0, lang), length=1000 * max(0, n) // most)
        for name, n in value.bands.items()
        if any(value.bands.values())
    )


def age(name: str) -> str:
    """Give the key of the name of a band of ages, `31-60` or `>90`."""
    return f"web.age_{name.replace('-', '_').replace('>', 'over_')}"


def evidence(name: str) -> str:
    """Give the key of the name of how a movement is known."""
    return f"web.evidence_{name}"


def _tiles(on: Ground, values: Mapping[str, Value], frozen: Mapping[str, Value], cohort: str) -> list[Figure]:
    before = answers(on.tally, on.of(on.asked.against), TILES) if on.asked.against else {}
    grown = on.of(cohort)
    earlier = str(next_month(cohort, _months_back(on.asked)))
    rate = answers(on.tally, grown, ["K1"])["K1"]
    rate_before = answers(on.tally, on.of(earlier), ["K1"])["K1"] if on.asked.against else None
    tiles = [figure(rate, on.lang, asked=grown, before=rate_before)]
    tiles += [_tile(on, values, frozen, before, id_) for id_ in ("K7", "K20-mass", "K22")]
    return [*tiles, _out(on, values, frozen, before), _losses(on, values, before)]


def _tile(
    on: Ground, values: Mapping[str, Value], frozen: Mapping[str, Value], before: Mapping[str, Value], id_: str
) -> Figure:
    value = frozen.get(id_, values[id_])
    told = figure(value, on.lang, asked=on.question, before=before.get(id_))
    now = change(values[id_], value, on.lang) if id_ in frozen else None
    if now is None or not now[2]:
        return told
    known = numbers.quantity(values[id_].value or Fraction(0), value.unit, on.lang)
    return replace(told, more=(say("web.known_since", on.lang, value=known),))


def _out(on: Ground, values: Mapping[str, Value], frozen: Mapping[str, Value], before: Mapping[str, Value]) -> Figure:
    """Give what is out, with what of it is overdue today; a dash where nothing is followed piece by piece."""
    told = _tile(on, values, frozen, before, "K12")
    if not on.has_numbered:
        reason = say("web.only_quantities", on.lang)
        return replace(told, value=numbers.DASH, unit="", reason=reason, badge=None, change=None)
    late = values["K13"]
    if late.value is None:
        return told
    n, share = numbers.number(late.numerator, 0, on.lang), numbers.percent(late.value, on.lang)
    return replace(told, more=(*told.more, say("web.of_which_late", on.lang, n=n, share=share)))


def _losses(on: Ground, values: Mapping[str, Value], before: Mapping[str, Value]) -> Figure:
    """Give net losses: of the pool in twelve months; under a filter that the pool knows nothing of, per dispatch."""
    if set(on.asked.narrowed.narrowed) - CATALOGUE["K15"].by:
        return figure(values["K14"], on.lang, asked=on.question, before=before.get("K14"))
    value = values["K15"]
    told = figure(value, on.lang, asked=on.question, before=before.get("K15"))
    if value.value is None:
        return told
    n = numbers.number(value.numerator, 0, on.lang)
    return replace(told, more=(say("web.lost_net", on.lang, n=n),))


def _months_back(asked: Asked) -> int:
    first, second = (int(each[:4]) * 12 + int(each[5:]) for each in (asked.month, asked.against or asked.month))
    return second - first


def _frozen(connection: Connection, org: str, on: Ground) -> dict[str, Value]:
    """Give the figures of a closed month as they were reported, where that was kept."""
    if on.life.state is not MonthState.CLOSED or len(on.asked.narrowed.narrowed) > 1:
        return {}
    rows = closing.reported_figures(connection, org, on.asked.month, on.asked.narrowed)
    values = answers(on.tally, on.question, FROZEN)
    found = {id_: as_reported(values[id_], rows[id_]) for id_ in sorted(FROZEN)}
    return {id_: value for id_, value in found.items() if value is not None}


def _status(connection: Connection, org: str, on: Ground, frozen: Mapping[str, Value]) -> Status:
    life, lang = on.life, on.lang
    kind = {"open": "info", "provisional": "warn", "final": "good", "closed": "good"}[life.state.value]
    word = say(life.state.words, lang, revision=life.closing.revision if life.closing else 0)
    if life.state is MonthState.OPEN:
        return Status(badge=(kind, word))
    causes = tuple(say(cause.why.words, lang, device=cause.device, n=cause.n) for cause in life.causes)
    if life.closing is None:
        return Status(badge=(kind, word), causes=causes)
    values = answers(on.tally, on.question, frozen)
    since = tuple(
        (
            id_,
            say(CATALOGUE[id_].words("name"), lang),
            numbers.shown(was, lang),
            numbers.shown(values[id_], lang),
        )
        for id_, was in frozen.items()
        if numbers.shown(was, lang) != numbers.shown(values[id_], lang)
    )
    late, _ = closing.late_events(connection, org, on.asked.month, life.closing)
    return Status(badge=(kind, word), causes=causes, since=since, late=late)


def _month_line(on: Ground, month: str, values: Mapping[str, Value]) -> Line:
    question, lang = on.of(month), on.lang
    runs = not question.is_over(month) or bool(question.reasons.get(month))
    word = say("page.provisional", lang) if runs else ""
    return Line(
        key=month,
        head=numbers.month_name(month, lang),
        cells=(*_moves(on.tally, month, lang), *(_cell(values[id_], question, lang, on.has_numbered) for id_ in YEAR)),
        badge=("warn", word) if word else None,
    )


def _moves(tally: Tally, month: str, lang: str) -> tuple[str, ...]:
    """Write what left and came back, pieces apart from quantities; a dash for what there is none of at all."""
    units = (numbers.number(n, 0, lang) for n in unit_moves(tally, month))
    quantities = quantity_moves(tally, month)
    shown = f"{numbers.number(quantities[0], 0, lang)} / {numbers.number(quantities[1], 0, lang)}"
    return (
        *(units if has_numbered(tally) else (numbers.DASH, numbers.DASH)),
        shown if tally.months("month", "qty_dispatch") else numbers.DASH,
    )


def _cell(value: Value, question: Question, lang: str, numbered: bool = True) -> str:  # noqa: FBT001, FBT002
    if value.definition_id == "K12" and not numbered:
        return numbers.DASH
    young = value.value is not None and is_young(value, question)
    return numbers.shown(value, lang) + (f" ({say('web.young_short', lang)})" if young else "")


def _loops(connection: Connection, org: str, on: Ground, cohort: str) -> list[Line]:
    lines = []
    for loop, tally in _by_loop(connection, org, on.asked).items():
        question = replace(on.question, late=None, narrowed=replace(on.asked.narrowed, loop=loop))
        values = answers(tally, question, LOOPS)
        moves = (*unit_moves(tally, on.asked.month), *quantity_moves(tally, on.asked.month))
        if not any(moves) and not any(value.numerator or value.denominator for value in values.values()):
            continue
        numbered = has_numbered(tally)
        rate = answers(tally, replace(question, months=(cohort,)), ["K1"])["K1"]
        cells = (
            *_moves(tally, on.asked.month, on.lang),
            _cell(rate, replace(question, months=(cohort,)), on.lang),
            *(_loop_cell(value, on.lang, numbered=numbered) for value in values.values()),
        )
        lines.append(Line(key=loop, head=on.asked.name_of("loop", loop), cells=cells))
    return sorted(lines, key=lambda line: line.head.casefold())


def _by_loop(connection: Connection, org: str, asked: Asked) -> dict[str, Tally]:
    """Give the sums of each loop under the other filters."""
    if asked.narrowed.loop is not None:
        return {asked.narrowed.loop: reports.tally(connection, org, asked.narrowed)}
    every = reports.tallies(connection, org, "loop")
    if not asked.narrowed.narrowed:
        return every
    return {loop: reports.tally(connection, org, replace(asked.narrowed, loop=loop)) for loop in every}


def _loop_cell(value: Value, lang: str, *, numbered: bool) -> str:
    if value.definition_id in ("K12", "K13") and not numbered:
        return numbers.DASH
    if value.definition_id == "K13" and value.value is not None:
        return numbers.number(value.numerator, 0, lang)
    return numbers.shown(value, lang)


def _known(evidence: Value, lang: str) -> tuple[str, ...]:
    """Say what to know about the data of the month, nil left out."""
    quality = evidence.quality
    counts = {
        "late": quality.late or 0,
        "implied": quality.implied,
        "duplicates": quality.duplicates,
        "unknown": quality.unknown,
        "refused": quality.refused + quality.ignored,
    }
    told = [say(f"web.data_{name}", lang, n=n) for name, n in counts.items() if n]
    if quality.unweighed_share:
        told.append(say("page.unweighed", lang, share=numbers.percent(quality.unweighed_share, lang, 0)))
    return tuple(told)


def _rate_of(on: Ground) -> str:
    return "K1" if on.has_numbered else "K22"


def _rates(on: Ground, year: Mapping[str, Mapping[str, Value]]) -> Chart | None:
    """Draw the return rate where there are numbered containers, else the valorisation rate, in per cent."""
    values = [year[month][_rate_of(on)] for month in on.months]
    if all(value.value is None for value in values):
        return None
    unsettled = [not is_settled(value) for value in values]
    shown = [None if value.value is None else round(value.value * 100) for value in values]
    return line([numbers.month_short(month, on.lang) for month in on.months], shown, unsettled)


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


def is_settled(value: Value) -> bool:
    """Tell whether time alone no longer changes a value."""
    return value.maturity is Maturity.FINAL
