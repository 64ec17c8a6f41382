"""The dashboard's content: six figures of a month, twelve months, loops, ages, what is known of the data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import next_month
from boucle.kpi import Maturity, Value
from boucle.kpi_loop import ages_of_loans
from boucle.kpi_mass import scan_completeness
from boucle.words import say
from boucle_server import closing
from boucle_server.api.reasons import kind_text
from boucle_server.months import Closing, MonthState
from boucle_server.web import numbers
from boucle_server.web.asking import Asked
from boucle_server.web.bands import Band, bands_of
from boucle_server.web.chart import Chart, chart, line
from boucle_server.web.figures import Badge, Figure, change, figure
from boucle_server.web.goal_words import ToldGoal, told_goal
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.month_compare import BACK, Compared, compared
from boucle_server.web.month_ground import Ground, ground, grown_month, month_badge, quantity_moves, unit_moves
from boucle_server.web.month_lines import YEAR, Line, loop_lines, month_line, year_heads
from boucle_server.web.month_since import Since, frozen_figures, since_closing
from boucle_server.web.month_trust import Trust, trust_of
from boucle_server.web.workshop_figures import STARTED, WorkshopFigures, workshop_figures

TILES: Final = ("K1", "K7", "K20-mass", "K22", "K12", "K13", "K14", "K15", "K11-open", "evidence")
LATEST: Final = 20
"""Late events that the page of a closed month names."""
MOVED: Final = (
    "dispatch",
    "return",
    "qty_dispatch",
    "qty_return",
    "received_units",
    "treated_g",
    "commissioned",
    *STARTED,
)
"""Measures of which any shows that something happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a month stands: a sign with its word, why it may change, what came after it was closed."""

    badge: Badge
    causes: tuple[str, ...] = ()
    since: Since = ()
    late: int = 0
    latest: tuple[tuple[str, str, str, str], ...] = ()
    """The first of the late events: `(when, what, code, address)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """All that the page shows; `is_empty` when nothing happened under its filters."""

    month_name: str
    as_of: str
    status: Status
    is_empty: bool
    is_over: bool = False
    closing: Closing | None = None
    """How the month was closed last."""
    tiles: tuple[Figure, ...] = ()
    chart: Chart | None = None
    chart_title: str = ""
    chart_text: str = ""
    rates: Chart | None = None
    rates_title: str = ""
    goal_title: str = ""
    """What the goals beside the months are for; nothing where there are none."""
    year_heads: tuple[str, ...] = ()
    compared: tuple[Compared, ...] = ()
    compared_names: tuple[str, ...] = ()
    """The months of its columns."""
    quantities: bool = False
    year: tuple[Line, ...] = ()
    loops: tuple[Line, ...] = ()
    cohort_name: str = ""
    loans: tuple[Band, ...] = ()
    visits: tuple[Band, ...] = ()
    overdue: tuple[Band, ...] = ()
    evidence: tuple[Band, ...] = ()
    known: tuple[str, ...] = ()
    workshop: WorkshopFigures | None = None
    trust: Trust | None = None


def dashboard(connection: Connection, org: str, asked: Asked) -> Dashboard:
    """Gather the page of a month."""
    on, lang = ground(connection, org, asked), asked.lang
    moved = any(on.tally.total("month", measure, on.months) for measure in MOVED)
    still = answers(on.tally, on.question, ["K12"])["K12"].numerator
    frozen = frozen_figures(connection, org, on)
    status = _status(connection, org, on, frozen)
    names: dict[str, Any] = {
        "month_name": numbers.month_name(asked.month, lang),
        "as_of": numbers.day_name(on.question.today, lang),
        "is_over": on.life.state is not MonthState.OPEN,
        "closing": on.life.closing,
    }
    if not moved and not still:
        return Dashboard(**names, status=status, is_empty=True)
    values = answers(on.tally, on.question, TILES)
    cohort = grown_month(on)
    year = {each: answers(on.tally, on.of(each), YEAR) for each in on.months}
    goals = _goals(on, year)
    goal_of = _rate_of(on) if goals else ""
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
        rates=_rates(on, year, goals),
        goal_title=say("web.goal_of", lang, name=_rate_word(on)) if goals else "",
        rates_title=say("web.rates_title", lang, name=say(CATALOGUE[_rate_of(on)].words("name"), lang)),
        compared=compared(on, values, frozen, cohort),
        compared_names=tuple(numbers.month_name(next_month(asked.month, -back), lang) for back in (0, *BACK)),
        quantities=any(any(quantity_moves(on.tally, each)) for each in on.months),
        year=tuple(
            month_line(on, each, year[each], goal_of=goal_of, goal=goals.get(each)) for each in reversed(on.months)
        ),
        year_heads=tuple(year_heads(goal_of, lang)),
        loops=tuple(loop_lines(connection, org, on, cohort)),
        cohort_name=numbers.month_name(cohort, lang),
        loans=bands(ages_of_loans(on.tally, on.question), lang, age),
        visits=bands(values["K11-open"].bands, lang, age),
        overdue=bands(values["K13"].bands, lang, age),
        evidence=bands(values["evidence"].bands, lang, evidence, of="evidence"),
        known=_known(values["evidence"], lang),
        workshop=workshop_figures(on),
        trust=trust_of(connection, org, on, values["evidence"]),
    )


def bands(parts: Mapping[str, int], lang: str, words: Callable[[str], str], *, of: str = "") -> tuple[Band, ...]:
    """Give the parts of a whole as lengths, in their order; `words` gives the key of the name of each.

    They are buckets of the measure `of`, where their events can be asked for one by one.
    """
    keys = [f"{of}:{name}" for name in parts] if of else []
    return bands_of({say(words(name), lang): n for name, n in parts.items()}, lang, keys)


def age(name: str) -> str:
    """Give the key of the name of a band of ages, `31-60` or `>90`."""
    return f"web.age_{name.replace('-', '_').replace('>', 'over_')}"


def evidence(name: str) -> str:
    """Give the key of the name of how a movement is known."""
    return f"web.evidence_{name}"


def _tiles(on: Ground, values: Mapping[str, Value], frozen: Mapping[str, Value], cohort: str) -> list[Figure]:
    before = answers(on.tally, on.of(on.asked.against), TILES) if on.asked.against else {}
    tiles = [_returned(on, cohort)]
    tiles += [_tile(on, values, frozen, before, id_) for id_ in ("K7", "K20-mass", "K22")]
    return [*tiles, _out(on, values, frozen, before), _losses(on, values, before)]


def _returned(on: Ground, cohort: str) -> Figure:
    """Give the return rate of the cohort that is old enough, beside the cohort as much earlier as was asked."""
    grown = on.of(cohort)
    earlier = str(next_month(cohort, _months_back(on.asked))) if on.asked.against else ""
    rate = answers(on.tally, grown, ["K1"])["K1"]
    before = answers(on.tally, on.of(earlier), ["K1"])["K1"] if earlier else None
    told = figure(rate, on.lang, asked=grown, before=before, against=earlier, book=on.asked.book)
    told = replace(told, of=say("web.cohort_of", on.lang, month=told.of))
    if cohort == on.asked.month:
        return told
    days = CATALOGUE["K1"].horizon_days or 0
    return replace(told, more=(say("web.cohort_newest", on.lang, n=days),))


def _tile(
    on: Ground, values: Mapping[str, Value], frozen: Mapping[str, Value], before: Mapping[str, Value], id_: str
) -> Figure:
    value = frozen.get(id_, values[id_])
    told = _told(on, value, before)
    now = change(values[id_], value, on.lang) if id_ in frozen else None
    if now is None or not now[2]:
        return told
    known = numbers.quantity(values[id_].value or Fraction(0), value.unit, on.lang)
    return replace(told, more=(say("web.known_since", on.lang, value=known),))


def _told(on: Ground, value: Value, before: Mapping[str, Value]) -> Figure:
    """Say a value of the month beside the one compared with, and its goal."""
    earlier = before.get(value.definition_id)
    return figure(value, on.lang, asked=on.question, before=earlier, against=on.asked.against, book=on.asked.book)


def _out(on: Ground, values: Mapping[str, Value], frozen: Mapping[str, Value], before: Mapping[str, Value]) -> Figure:
    """Give what is out, with what of it is overdue today; a dash where nothing is followed piece by piece."""
    told = _tile(on, values, frozen, before, "K12")
    if not on.has_numbered:
        reason = say("web.only_quantities", on.lang)
        return replace(told, value=numbers.DASH, unit="", reason=reason, badge=None, change=None)
    late = values["K13"]
    if late.value is None:
        return told
    said = {
        "n": numbers.number(late.numerator, 0, on.lang),
        "out": numbers.number(late.denominator or 0, 0, on.lang),
        "share": numbers.percent(late.value, on.lang),
        "day": numbers.day_name(on.question.today, on.lang),
    }
    # What was overdue at the end of a past month is not known: both numbers are today's, and say so.
    key = "web.late_today" if on.question.is_over(on.asked.month) else "web.of_which_late"
    return replace(told, more=(*told.more, say(key, on.lang, **said)))


def _losses(on: Ground, values: Mapping[str, Value], before: Mapping[str, Value]) -> Figure:
    """Give net losses: of the pool in twelve months; under a filter that the pool knows nothing of, per dispatch."""
    if set(on.asked.narrowed.narrowed) - CATALOGUE["K15"].by:
        return _told(on, values["K14"], before)
    value = values["K15"]
    told = _told(on, value, before)
    if value.value is None:
        return told
    n = numbers.number(value.numerator, 0, on.lang)
    if not value.value:
        return replace(told, more=(say("web.lost_net", on.lang, n=n),))
    pool = numbers.number(value.numerator / value.value, 0, on.lang)
    return replace(told, more=(say("web.lost_net_of", on.lang, n=n, pool=pool),))


def _months_back(asked: Asked) -> int:
    first, second = (int(each[:4]) * 12 + int(each[5:]) for each in (asked.month, asked.against or asked.month))
    return second - first


def _status(connection: Connection, org: str, on: Ground, frozen: Mapping[str, Value]) -> Status:
    life, lang = on.life, on.lang
    badge = month_badge(on)
    if life.state is MonthState.OPEN:
        return Status(badge=badge)
    causes = tuple(say(cause.why.words, lang, device=cause.device, n=cause.n) for cause in life.causes)
    if life.closing is None:
        return Status(badge=badge, causes=causes)
    late, events = closing.late_events(connection, org, on.asked.month, life.closing)
    latest = tuple(
        (
            moment(each.teff, on.asked.zone, lang),
            kind_text(each.kind.partition("/")[0], lang),
            printed(each.subject),
            "" if each.subject.startswith("qty:") else href_of(each.subject),
        )
        for each in events[:LATEST]
    )
    return Status(badge=badge, causes=causes, since=since_closing(on, frozen), late=late, latest=latest)


def _known(evidence: Value, lang: str) -> tuple[str, ...]:
    """Say what to know about the data of the month, nil left out."""
    quality = evidence.quality
    counts = {
        "late": quality.late,
        "implied": quality.implied,
        "duplicates": quality.duplicates,
        "unknown": quality.unknown,
        "refused": (quality.refused or 0) + (quality.ignored or 0),
    }
    complete = scan_completeness(evidence.bands, quality.duplicates or 0)
    told = [] if complete is None else [say("web.data_complete", lang, share=numbers.percent(complete, lang, 1))]
    told += [say(f"web.data_{name}", lang, n=n) for name, n in counts.items() if n]
    if quality.unweighed_share:
        told.append(say("web.data_unweighed", lang, share=numbers.percent(quality.unweighed_share, lang, 0)))
    return tuple(told)


def _rate_of(on: Ground) -> str:
    return "K1" if on.has_numbered else "K22"


def _rate_word(on: Ground) -> str:
    return say("web.short_return_rate" if on.has_numbered else "web.short_valorised", on.lang)


def _goals(on: Ground, year: Mapping[str, Mapping[str, Value]]) -> dict[str, ToldGoal | None]:
    """Give what was wanted of the rate in each month; nothing where it was wanted in none."""
    found = {month: told_goal(on.asked.book, year[month][_rate_of(on)], on.of(month), on.lang) for month in on.months}
    return found if any(found.values()) else {}


def _rates(on: Ground, year: Mapping[str, Mapping[str, Value]], goals: Mapping[str, ToldGoal | None]) -> Chart | None:
    """Draw the return rate where there are numbered containers, else the valorisation rate, in per cent."""
    values = [year[month][_rate_of(on)] for month in on.months]
    if all(value.value is None for value in values):
        return None
    unsettled = [not is_settled(value) for value in values]
    shown = [None if value.value is None else round(value.value * 100) for value in values]
    wanted = [goal.exact if goal else None for goal in goals.values()]
    return line([numbers.month_short(month, on.lang) for month in on.months], shown, unsettled, wanted)


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
