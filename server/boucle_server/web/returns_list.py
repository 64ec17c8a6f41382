"""The list of returns, a page at a time under the filters of an address: from whom, how far, until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from boucle.reference import Book
from boucle.return_counts import Return
from boucle.rma import ReturnState
from boucle.words import say
from boucle_server import reports, returns
from boucle_server.web import numbers
from boucle_server.web.asking import Option
from boucle_server.web.figures import Badge
from boucle_server.web.items import valid
from boucle_server.web.return_words import return_href, return_number, so_many, state_badge
from boucle_server.web.typed import today
from boucle_server.web.visit import Visit

PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One return of the list."""

    rma: str
    href: str
    partner: str
    month: str
    state: Badge
    lines: str
    remaining: str
    asks: str
    until: str
    """The first last day of what has not come."""
    expired: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of the list under the filters of an address."""

    rows: tuple[Row, ...]
    every: tuple[Return, ...]
    """All of them, whatever page is shown."""
    first: int
    chosen: Mapping[str, str]
    options: Mapping[str, list[Option]]
    problems: tuple[str, ...]


def listed(connection: Connection, visit: Visit, book: Book) -> Found:
    """Give a page of returns."""
    lang = visit.lang
    partners = [(key, reports.name_of(book, "partner", key, visit.now_ms)) for key in book.keys("partner")]
    options: dict[str, list[Option]] = {
        "state": [
            ("", say("web.all_states", lang)),
            *((each.value, state_badge(each, lang)[1]) for each in ReturnState),
        ],
        "partner": [("", say("web.all_partner", lang)), *sorted(partners, key=lambda one: one[1].casefold())],
    }
    problems: list[str] = []
    chosen = {name: valid(visit, name, options[name], problems) for name in options}
    every = [
        each
        for each in returns.returns(connection, visit.who.org, today=today(visit))
        if (not chosen["state"] or each.state == chosen["state"])
        and (not chosen["partner"] or each.partner == chosen["partner"])
    ]
    page = visit.value("page")
    first = (int(page) - 1) * PAGE if page.isdecimal() and 0 < int(page[:6]) == int(page) else 0
    return Found(
        rows=tuple(_row(each, book, visit) for each in every[first : first + PAGE]),
        every=tuple(every),
        first=first,
        chosen=chosen,
        options=options,
        problems=tuple(problems),
    )


def _row(of: Return, book: Book, visit: Visit) -> Row:
    lang = visit.lang
    remaining = sum(each.line.remaining for each in of.counts)
    lines = [so_many(each.line.requested or each.line.received, each.line.type, book, visit) for each in of.counts]
    return Row(
        rma=return_number(of.rma, lang),
        href=return_href(of.rma),
        partner=reports.name_of(book, "partner", of.partner, visit.now_ms) if of.partner else say("web.without", lang),
        month=numbers.month_name(of.month, lang),
        state=state_badge(of.state, lang),
        lines=", ".join(lines),
        remaining=numbers.number(remaining, 0, lang) if remaining else "",
        asks=say("web.return_asks", lang, n=of.to_answer) if of.to_answer else "",
        until=numbers.day_name(of.until, lang) if of.until else "",
        expired=say("web.return_expired_n", lang, n=of.expired) if of.expired else "",
    )
