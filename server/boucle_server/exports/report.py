"""The report of a month, or of several: what a manager hands in, with the parts behind every figure.

As PDF it says what the dashboard says, and which checkpoint the log had; as JSON and XLSX it is the figures of those
months (`boucle_server.exports.kpis`). The PDF of several months begins with the figures of all of them together: sums
divided, never averages averaged.
"""

from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import day_of, month_end_ms
from boucle.kpi import Span
from boucle.tally import Slice
from boucle.words import say
from boucle_labels.messages import language
from boucle_server import eventlog, partner_balances, reports
from boucle_server.errors import OperatorError
from boucle_server.exports import kpis
from boucle_server.exports.command import Request
from boucle_server.pdf import typeset
from boucle_server.projections import load_book
from boucle_server.tables import ORG
from boucle_server.web import numbers
from boucle_server.web.asking import Asked
from boucle_server.web.bands import Band
from boucle_server.web.behind_figure import all_figures
from boucle_server.web.chart import Chart
from boucle_server.web.dashboard import TILES, Dashboard, dashboard
from boucle_server.web.figures import Figure, figure
from boucle_server.web.month_lines import Line

Block = dict[str, Any]
"""One block of `pdf/templates/report.typ`."""
MOST_MONTHS: Final = 36
YEAR_COLUMNS: Final = 9
"""Of the table of months, without that of a goal."""
_YEAR_SHARES: Final = (
    *((136, False), (105, False), (86, False), (110, False), (74, False)),
    *((128, True), (104, False), (68, False), (84, False), (92, False)),
)
"""Widths of its columns, so that the longest word of each head has room, and a month, a pair of numbers and a verdict
that is still open stand on one line in both languages; and whether it is the column of a goal, which holds words."""
_LOOP_SHARES: Final = (36, 21, 18, 22, 20, 14, 12, 17, 19)
_BODY, _DENSE, _YEAR, _NOTE = 8.5, 7.5, 7.2, 7.5
"""Sizes of text, in points."""


def write(connection: Connection, org: str, file: IO[bytes], *, request: Request) -> None:
    """Write the report of the months asked for, by default the one that is usually shown."""
    months = _months(connection, org, request)
    if request.format != "pdf":
        spanned = Request(**{**vars(request), "first": months[0], "last": months[-1]})
        kpis.write(connection, org, file, request=spanned)
        return
    file.write(document(connection, org, months, as_of_ms=request.as_of_ms, lang=language()))


def _months(connection: Connection, org: str, request: Request) -> list[str]:
    asked = kpis.months_of(connection, org, request)
    if asked is None:
        known = reports.months_until(connection, org, request.as_of_ms)
        asked = [reports.usual_month(reports.zone_of(connection, org), request.as_of_ms, known)]
    if not 1 <= len(asked) <= MOST_MONTHS:
        raise OperatorError("report.months", n=MOST_MONTHS)
    return asked


def document(connection: Connection, org: str, months: Sequence[str], *, as_of_ms: int, lang: str) -> bytes:
    """Give the PDF; `months` one after the other."""
    name = connection.execute(sa.select(ORG.c.name).where(ORG.c.org == org)).scalar_one()
    asked = [_asked(connection, org, month, as_of_ms, lang) for month in months]
    pages = [dashboard(connection, org, each) for each in asked]
    last = asked[-1]
    data = {
        "organisation": name,
        "state": say("page.named", lang, name=pages[-1].month_name, value=pages[-1].status.badge[1]),
        "foot": f"{name} · {_foot(connection, org, last, pages[-1])}",
        "blocks": list(_blocks(connection, org, asked, pages)),
    }
    return typeset("report", data, lang=lang, title=title(months, lang), at_ms=as_of_ms)


def title(months: Sequence[str], lang: str) -> str:
    """Give the title of the report of some months."""
    first, last = (numbers.month_name(each, lang) for each in (months[0], months[-1]))
    if len(months) == 1:
        return say("report.title", lang, month=first)
    return say("report.title_span", lang, first=first, last=last)


def _asked(connection: Connection, org: str, month: str, as_of_ms: int, lang: str) -> Asked:
    known = reports.months_until(connection, org, as_of_ms) or [month]
    return Asked(
        month=month,
        compare="previous",
        narrowed=Slice(),
        known=tuple(known),
        zone=reports.zone_of(connection, org),
        book=load_book(connection, org),
        now_ms=as_of_ms,
        lang=lang,
        problems=(),
    )


def _foot(connection: Connection, org: str, asked: Asked, page: Dashboard) -> str:
    known = say("web.known_on", asked.lang, day=page.as_of)
    return f"{known} · {say('report.reference', asked.lang, digest=reports.reference_digest(connection, org)[:12])}"


def _blocks(connection: Connection, org: str, asked: Sequence[Asked], pages: Sequence[Dashboard]) -> Iterator[Block]:
    last, lang = asked[-1], asked[-1].lang
    if len(asked) > 1:
        yield _heading(2, say("report.together", lang))
        yield _figures(_together(connection, org, asked), lang)
    for each, page in zip(asked, pages, strict=True):
        yield _heading(2, numbers.month_name(each.month, lang) if len(asked) > 1 else say("web.main_figures", lang))
        yield from _month(page, lang)
    yield from _year(pages[-1], lang)
    yield from _balances(connection, org, last)
    yield from _data(pages[-1], lang)
    yield from _every(connection, org, last)
    yield from _witness(connection, org, lang)


def _together(connection: Connection, org: str, asked: Sequence[Asked]) -> list[Figure]:
    ids = [id_ for id_ in TILES if CATALOGUE[id_].span is not Span.NOW]
    months = [each.month for each in asked]
    question = reports.question(connection, org, months, as_of_ms=asked[-1].now_ms)
    values = answers(reports.tally(connection, org), question, ids)
    return [figure(values[id_], asked[-1].lang, asked=question, book=asked[-1].book) for id_ in ids]


def _month(page: Dashboard, lang: str) -> Iterator[Block]:
    if page.status.causes:
        yield _notice("\n".join((say("web.why_provisional", lang), *(f"– {cause}" for cause in page.status.causes))))
    if page.is_empty:
        yield _notice(say("report.nothing", lang, month=page.month_name))
        return
    if page.trust is not None:
        yield _lines([say("page.named", lang, name=page.trust.badge[1], value=" · ".join(page.trust.told))])
    yield _figures(page.tiles, lang)
    if page.status.since or page.status.late:
        yield _heading(3, say("web.since_closing", lang))
        yield _lines([say("web.since_closing_text", lang, n=page.status.late)])
        columns = [("page.figure", False), ("web.as_reported", True), ("web.as_known", True)]
        yield _table(columns, [row[1:4] for row in page.status.since], lang)
    if page.loops:
        yield _heading(3, say("page.loops_title", lang, month=page.month_name))
        columns = [("page.loop", False), ("web.sent", True), ("web.back", True), ("web.quantities", True)]
        tail = [
            ("web.short_dwell", True),
            ("web.short_out", True),
            (say("web.short_overdue_on", lang, day=page.as_of), True),
            ("web.short_mass", True),
        ]
        rate = say("web.return_rate_of", lang, month=page.cohort_name)
        rows = [_cells(line) for line in page.loops]
        yield _table(
            [*columns, (rate, True), *tail], rows, lang, size=_DENSE, shares=(36, 21, 18, 22, 20, 14, 12, 17, 19)
        )


def _figures(figures: Sequence[Figure], lang: str) -> Block:
    columns = [("page.figure", False), ("report.value", True), ("report.parts", False), ("report.notes", False)]
    return _table(columns, [_figure(each, lang) for each in figures], lang, shares=(3, 2, 3, 4))


def _figure(each: Figure, lang: str) -> tuple[str, ...]:
    notes = [say("page.named", lang, name=say("web.goal", lang), value=each.goal.line)] if each.goal else []
    notes += [each.badge[1]] if each.badge else []
    notes += [each.reason] if each.reason else []
    if each.change and each.against:
        notes.append(say("report.change", lang, change=" ".join(filter(None, each.change)), month=each.against))
    value = f"{each.value} {each.unit}".strip()
    parts = [part for part in (each.parts, each.interval) if part]
    return f"{each.name}\n{each.of}", value, "\n".join(parts), "\n".join([*notes, *each.more, *each.quality])


def _year(page: Dashboard, lang: str) -> Iterator[Block]:
    if page.is_empty:
        return
    yield _heading(2, say("page.year_title", lang))
    if page.chart is not None:
        yield _chart(page.chart, page.chart_text, [say("web.sent", lang), say("web.back", lang)], lang)
    yield year_table(["page.month", *page.year_heads], [_cells(line) for line in page.year], lang)


def year_table(heads: Sequence[str], rows: Sequence[Sequence[str]], lang: str) -> Block:
    """Give the table of months: numbers, but for the month itself and the goal where there is one."""
    widths = [each for each in _YEAR_SHARES if len(heads) > YEAR_COLUMNS or not each[1]]
    columns = [
        (head, at > 0 and not of_goal) for at, (head, (_, of_goal)) in enumerate(zip(heads, widths, strict=True))
    ]
    return _table(columns, rows, lang, size=_YEAR, shares=[share for share, _ in widths])


def _balances(connection: Connection, org: str, asked: Asked) -> Iterator[Block]:
    """Say what partners hold at the end of the last month, or today while it runs."""
    day = day_of(min(month_end_ms(asked.month, asked.zone) - 1, asked.now_ms), asked.zone)
    found = [each for each in partner_balances.at_day(connection, org, day) if each.partner]
    rows = [
        (
            _holder(asked.name_of("partner", each.partner), asked.name_of("site", each.site)),
            asked.name_of("type", each.type),
            *(numbers.number(n, 0, asked.lang) for n in (each.held, each.transit, each.inbound, each.unscanned)),
        )
        for each in found
    ]
    rows.sort(key=lambda row: (row[0].casefold(), row[1].casefold()))
    shown = numbers.day_name(day, asked.lang)
    yield _heading(2, say("report.balances", asked.lang, day=shown))
    if not rows:
        yield _lines([say("web.no_balances", asked.lang, day=shown)])
        return
    columns = [("web.filter_partner", False), ("web.filter_type", False), ("web.held_now", True)]
    columns += [("web.transit", True), ("web.inbound", True), ("web.unscanned", True)]
    yield _table(columns, rows, asked.lang, size=_DENSE, shares=(6, 5, 2, 3, 3, 3))
    yield _lines([say("web.balances_mean", asked.lang)])


def _holder(partner: str, site: str) -> str:
    """Name who holds and where, once where the site is named after the partner."""
    return site if partner in site else f"{partner}\n{site}"


def _data(page: Dashboard, lang: str) -> Iterator[Block]:
    yield _heading(2, say("web.completeness", lang))
    yield _lines([f"– {each}" for each in page.known] or [say("web.data_clean", lang)])
    parts = (
        ("web.evidence_title", page.evidence),
        ("web.ages_loans", page.loans),
        ("web.ages_visits", page.visits),
        ("web.ages_overdue", page.overdue),
    )
    for head, bands in parts:
        if bands:
            yield _heading(3, say(head, lang))
            yield _table([(head, False), ("report.count", True)], [_band(each) for each in bands], lang, shares=(5, 1))


def _every(connection: Connection, org: str, asked: Asked) -> Iterator[Block]:
    yield _heading(2, say("page.all_title", asked.lang, month=numbers.month_name(asked.month, asked.lang)))
    columns = [("page.figure", False), ("report.value", True), ("report.parts", False), ("report.formula", False)]
    rows = [
        (
            f"{each.name}\n{each.of}",
            f"{each.value} {each.unit}".strip(),
            "\n".join(part for part in (each.parts, each.interval, each.reason) if part),
            f"{each.means}\n{each.formula}",
        )
        for each in all_figures(connection, org, asked)
    ]
    yield _table(columns, rows, asked.lang, shares=(3, 2, 3, 5), size=_DENSE)


def _witness(connection: Connection, org: str, lang: str) -> Iterator[Block]:
    """Print the newest checkpoint: whoever keeps the page can tell later whether the log was rewritten."""
    note = eventlog.newest_note(connection, org)
    yield _heading(2, say("report.witness", lang))
    yield _lines([say("report.witness_text", lang) if note else say("report.no_witness", lang), *filter(None, [note])])


# Blocks


def _heading(level: int, text: str) -> Block:
    return {"kind": "heading", "level": level, "text": text}


def _notice(text: str) -> Block:
    return {"kind": "notice", "text": text}


def _lines(lines: Sequence[str]) -> Block:
    return {"kind": "lines", "lines": [line.strip() for line in lines], "size": _NOTE}


def _table(
    columns: Sequence[tuple[str, bool]],
    rows: Sequence[Sequence[str]],
    lang: str,
    *,
    shares: Sequence[int] = (),
    size: float = _BODY,
) -> Block:
    """Give a table; a column is the key of its name, or the name itself, and whether it holds numbers."""
    named = [(say(key, lang) if _is_key(key) else key, is_number) for key, is_number in columns]
    widths = shares or [0 if is_number else 1 for _, is_number in columns]
    heads = [(name, is_number, share) for (name, is_number), share in zip(named, widths, strict=True)]
    return {"kind": "table", "columns": heads, "rows": [list(row) for row in rows], "size": size}


def _is_key(text: str) -> bool:
    return text.startswith(("page.", "web.", "report.")) and " " not in text


def _cells(line: Line) -> list[str]:
    return [f"{line.head}\n{line.badge[1]}" if line.badge else line.head, *line.cells]


def _band(band: Band) -> tuple[str, str]:
    return band.name, band.n


def _chart(chart: Chart, text: str, keys: Sequence[str], lang: str) -> Block:
    return {
        "kind": "chart",
        "text": text,
        "keys": list(keys),
        "ticks": [(tick.y, numbers.number(tick.value, 0, lang)) for tick in chart.ticks],
        "bars": [(bar.x, bar.y, bar.width, bar.height, bar.series) for bar in chart.bars],
        "labels": list(chart.labels),
        **{name: getattr(chart, name) for name in ("width", "height", "left", "right", "base")},
    }
