"""The tables of the floor as files: repairs, returns by line, rounds of a week, stops of a round, what it lacks."""

from collections.abc import Iterable, Sequence

from boucle.reference import Book
from boucle.return_counts import Return
from boucle.words import say
from boucle_server import reports
from boucle_server.exports.sheets import Cell
from boucle_server.web.return_words import state_badge
from boucle_server.web.round_page import RoundView
from boucle_server.web.rounds_list import Week
from boucle_server.web.table_files import Table
from boucle_server.web.visit import Visit
from boucle_server.web.workshop import Board

_REPAIRS = ("web.item", "web.filter_type", "web.work_fault", "web.filter_stage", "web.filter_site", "web.file_age")
_REPAIRS_MORE = ("web.work_due", "web.work_priority", "web.ticket_waits", "web.file_hold")
_RETURNS = ("web.return_number", "web.filter_partner", "page.month", "web.filter_stage", "web.filter_type")
_LINES = ("requested", "refused", "received", "remaining", "graded", "closed", "expired", "until")
_ROUNDS = ("web.file_day", "web.round_name", "web.round_state", "web.round_stops", "web.file_stops")
_PIECES = ("web.file_collected", "web.file_to_collect", "web.file_delivered", "web.file_to_deliver")
_STOPS = ("web.file_stop", "web.where", "web.filter_type", "web.round_way")
_FOUND = ("expected", "scanned", "declared", "unscanned", "difference", "reason")


def repairs_table(shown: Board, lang: str) -> Table:
    """Give every repair under the filters of the board, the most urgent first."""
    rows: list[Sequence[Cell]] = [
        (
            each.code,
            each.type,
            each.fault,
            each.stage,
            each.place,
            each.days,
            each.due_day,
            each.priority[1] if each.priority else say("web.priority_normal", lang),
            each.waits,
            each.on_hold or each.hold,
        )
        for each in shown.cards
    ]
    return _table("repairs", "web.page_workshop", (*_REPAIRS, *_REPAIRS_MORE), rows, lang)


def returns_table(found: Iterable[Return], book: Book, visit: Visit) -> Table:
    """Give every line of every return under the filters of the list."""
    lang, now_ms = visit.lang, visit.now_ms
    rows: list[Sequence[Cell]] = []
    for of in found:
        partner = reports.name_of(book, "partner", of.partner, now_ms) if of.partner else ""
        head = (of.rma, partner, of.month, state_badge(of.state, lang)[1])
        for each in of.counts:
            line = each.line
            name = reports.name_of(book, "item_type", line.type, now_ms) if line.type else ""
            stopped = line.refused + line.cancelled
            counts = (line.requested, stopped, line.received, line.remaining, line.graded, line.closed)
            rows.append((*head, name, *counts, line.expired, of.until))
    heads = (*_RETURNS, *(f"web.return_{name}" for name in _LINES))
    return _table("returns", "web.page_returns", heads, rows, lang)


def rounds_table(week: Week, lang: str) -> Table:
    """Give the rounds of a week, one a row."""
    rows: list[Sequence[Cell]] = [
        (row.day, row.name, row.badge[1], *row.exact, row.home, row.driver) for _, day in week.days for row in day
    ]
    heads = (*_ROUNDS, *_PIECES, "web.round_home", "web.round_driver")
    return _table("rounds", "web.page_rounds", heads, rows, lang)


def stops_table(page: RoundView, lang: str) -> Table:
    """Give the stops of a round, one type in one direction a row."""
    rows: list[Sequence[Cell]] = [
        (stop.number, stop.place, row.type, row.way, *row.exact, row.reason) for stop in page.stops for row in stop.rows
    ]
    heads = (*_STOPS, *(f"web.round_{name}" for name in _FOUND))
    return _table("stops", "web.file_stops_title", heads, rows, lang)


def missing_table(lacking: Iterable[tuple[str, str, str, str]], lang: str) -> Table:
    """Give what a round brings and nobody received, one item a row."""
    rows: list[Sequence[Cell]] = [(code, kind, where) for code, _, kind, where in lacking]
    return _table(
        "missing", "web.station_missing", ("web.item", "web.filter_type", "web.reception_taken_at"), rows, lang
    )


def _table(key: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], lang: str) -> Table:
    return Table(key=key, title=say(title, lang), heads=[say(each, lang) for each in heads], rows=rows)
