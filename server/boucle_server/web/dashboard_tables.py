"""The tables of the pages of figures as files: numbers, in the units that their heads name."""

from collections.abc import Iterable

from boucle.clock import iso
from boucle.words import say
from boucle_server.exports.sheets import Cell
from boucle_server.web import numbers
from boucle_server.web.asking import Asked
from boucle_server.web.behind_figure import Behind, Row, goal_cells, parts_of
from boucle_server.web.dashboard import Dashboard
from boucle_server.web.figures import Figure
from boucle_server.web.table_files import Table


def dashboard_tables(page: Dashboard, asked: Asked) -> list[Table]:
    """Give every table of a month: its figures compared, twelve months, the loops, ages and evidence."""
    lang = asked.lang

    def t(key: str) -> str:
        return say(key, lang)

    moves = [t("web.sent"), t("web.back"), t("web.file_qty_sent"), t("web.file_qty_back")]
    percent, kg = "%", say("measure.grams", lang)
    year = [
        (t("web.short_return_rate"), percent),
        (t("web.short_reuse_share"), percent),
        (t("web.short_out"), ""),
        (t("web.short_mass"), kg),
        (t("web.short_valorised"), percent),
    ]
    loops = [
        (say("web.return_rate_of", lang, month=page.cohort_name), percent),
        (t("web.short_dwell"), ""),
        (t("web.short_out"), ""),
        (say("web.short_overdue_on", lang, day=page.as_of), ""),
        (t("web.short_mass"), kg),
    ]
    bands = [
        *((t("web.ages_loans"), band.name, band.exact) for band in page.loans),
        *((t("web.ages_visits"), band.name, band.exact) for band in page.visits),
        *((t("web.ages_overdue"), band.name, band.exact) for band in page.overdue),
        *((t("web.evidence_title"), band.name, band.exact) for band in page.evidence),
    ]
    return [
        Table(
            key="compare",
            title=t("web.compared_title"),
            heads=[
                "id",
                t("page.figure"),
                t("web.file_unit"),
                *page.compared_names,
                t("web.goal"),
                t("web.goal_verdict"),
            ],
            rows=[(each.id, each.name, each.unit, *each.exact, *goal_cells(each.goal)) for each in page.compared],
        ),
        Table(
            key="months",
            title=t("page.months_title"),
            heads=[t("page.month"), *moves, *map(_with_unit, year), *_goal_head(page), t("web.file_state")],
            rows=[(each.key, *each.exact, each.badge[1] if each.badge else "") for each in page.year],
        ),
        Table(
            key="loops",
            title=say("page.loops_title", lang, month=page.month_name),
            heads=[t("page.loop"), *moves, *map(_with_unit, loops)],
            rows=[(each.head, *each.exact) for each in page.loops],
        ),
        Table(key="ages", title=t("web.file_bands"), heads=[t("web.what"), t("web.file_band"), "n"], rows=bands),
    ]


def _goal_head(page: Dashboard) -> list[str]:
    return [_with_unit((page.goal_title, "%"))] if page.goal_title else []


def figures_tables(figures: Iterable[Figure], asked: Asked) -> list[Table]:
    """Give every figure of a month in one table."""
    title = say("page.all_title", asked.lang, month=numbers.month_name(asked.month, asked.lang))
    heads = ["id", *(say(key, asked.lang) for key in ("page.figure", "page.value", "web.file_unit", *_PARTS))]
    heads += [
        say(key, asked.lang)
        for key in ("page.period", "web.file_state", "web.goal", "web.goal_verdict", "web.definition")
    ]
    rows: list[tuple[Cell, ...]] = []
    for each in figures:
        value, above, below = parts_of(each.exact)
        state = each.badge[1] if each.badge else each.reason
        unit = say(each.exact.unit.words, asked.lang)
        wanted = goal_cells(each.goal)
        rows.append((each.id, each.name, value, unit, above, below, each.exact.period, state, *wanted, each.means))
    return [Table(key="figures", title=title, heads=heads, rows=rows)]


def figure_tables(page: Behind, asked: Asked, events: Iterable[Row]) -> list[Table]:
    """Give one figure: twelve months, its shares by filter, every event behind it."""
    lang = asked.lang
    values = [f"{say('page.value', lang)} ({say(page.figure.exact.unit.words, lang)})", *(say(k, lang) for k in _PARTS)]
    year = Table(
        key="year",
        title=say("page.year_title", lang),
        heads=[say("page.month", lang), *values, *(say(key, lang) for key in _LAST)],
        rows=[(each.key, *each.exact) for each in page.year],
    )
    splits = [
        Table(
            key=f"by-{dimension}",
            title=say(f"web.by_{dimension}", lang),
            heads=[say(f"web.filter_{dimension}", lang), *values],
            rows=[(each.name, *parts_of(each.exact)) for each in parts],
        )
        for dimension, parts in page.splits
    ]
    heads = ("web.when", "web.what", "web.item", "web.where", "web.counts_as")
    behind = Table(
        key="events",
        title=say("web.events_behind", lang),
        heads=["id", "utc", *(say(key, lang) for key in heads)],
        rows=[(each.id, iso(each.at_ms), each.when, each.kind, each.code, each.place, each.exact) for each in events],
    )
    return [*([year] if page.year else ()), *_curve(page, lang), *splits, behind]


def _curve(page: Behind, lang: str) -> list[Table]:
    if page.curve is None:
        return []
    heads = [say(key, lang) for key in ("web.curve_age", *CURVE_HEADS)]
    heads[-1] = _with_unit((heads[-1], "%"))
    return [Table(key="curve", title=say("web.curve_title", lang), heads=heads, rows=page.curve.exact)]


CURVE_HEADS = ("web.curve_back", "web.curve_left", "web.curve_watched", "web.curve_share")
_GOAL = ("web.goal", "web.goal_verdict")
_LAST = ("web.file_low", "web.file_high", *_GOAL)
_PARTS = ("web.file_numerator", "web.file_denominator")


def _with_unit(head: tuple[str, str]) -> str:
    name, unit = head
    return f"{name} ({unit})" if unit else name
