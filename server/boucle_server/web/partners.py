"""Balances in words: what every partner holds at the end of a day, and one partner's in full."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.engine import Connection

from boucle.balance import Balance
from boucle.catalogue import answers
from boucle.clock import day_of, days_of, next_month
from boucle.reference import Book
from boucle.tally import Slice
from boucle.words import say
from boucle_server import partner_balances, reports
from boucle_server.delivery_notes import sent_to
from boucle_server.errors import NotFoundError
from boucle_server.web import numbers
from boucle_server.web.bands import Band
from boucle_server.web.chart import Chart, chart
from boucle_server.web.dashboard import age, bands
from boucle_server.web.delivery_pages import note_href
from boucle_server.web.item_words import moment
from boucle_server.web.visit import LONGEST_SHOWN, Visit

MONTHS: Final = 12
_MOST_SENT: Final = 10
_FIRST: Final = date(1990, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of balances: whose, or of which type at which place."""

    key: str
    name: str
    place: str
    held: str
    transit: str
    inbound: str
    unscanned: str
    exact: tuple[int, ...]
    """The same four as numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """The balances of a day; `problem` says why it is not the day that was asked for."""

    day: str
    day_name: str
    today: str
    rows: tuple[Row, ...]
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """All that the page of a partner shows."""

    key: str
    name: str
    balances: Balances
    chart: Chart
    chart_text: str
    year: tuple[tuple[str, str, int], ...]
    """Days, as written, with what was held at their end, as written and as a number: the newest first."""
    visits: tuple[Band, ...]
    overdue: tuple[Band, ...]
    on_the_way: int
    """Loans open on it that it does not hold: on their way there, or taken up and not received."""
    sites: tuple[tuple[str, str], ...]
    sent: tuple[tuple[str, str, str, str], ...]
    """What was sent to it lately: when, where to, how many pieces, the delivery note."""


def balances_of_all(connection: Connection, visit: Visit, book: Book) -> Balances:
    """Give what each partner holds, the most first."""
    day, problem = _day(visit)
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for each in partner_balances.at_day(connection, visit.who.org, day):
        if each.partner:
            line = sums[each.partner]
            for at, n in enumerate(_numbers(each)):
                line[at] += n
    ordered = sorted(sums, key=lambda key: (-sums[key][0], key))
    rows = tuple(
        _row(key, reports.name_of(book, "partner", key, visit.now_ms), "", sums[key], visit.lang) for key in ordered
    )
    return _balances(visit, day, rows, problem)


def partner(connection: Connection, visit: Visit, book: Book, key: str) -> Partner:
    """Gather the page of a partner; NotFoundError for one that reference data does not know."""
    if not book.has("partner", key):
        raise NotFoundError("web.no_partner")
    day, problem = _day(visit)
    narrowed = Slice(partner=key)
    org, lang = visit.who.org, visit.lang
    found = [each for each in partner_balances.at_day(connection, org, day, narrowed) if each.partner]
    rows = tuple(
        _row(
            each.type,
            book.item_type(each.type, visit.now_ms).name or each.type,
            book.site(each.site, visit.now_ms).name or each.site,
            list(_numbers(each)),
            lang,
        )
        for each in sorted(found, key=lambda each: (-each.held, each.type, each.site))
    )
    ends = _ends(connection, org, day)
    levels = [sum(each.held for each in partner_balances.at_day(connection, org, end, narrowed)) for end in ends]
    question = reports.question(connection, org, [day[:7]], as_of_ms=visit.now_ms, narrowed=narrowed)
    values = answers(reports.tally(connection, org, narrowed), question, ["K11-open", "K13"])
    return Partner(
        key=key,
        name=reports.name_of(book, "partner", key, visit.now_ms),
        balances=_balances(visit, day, rows, problem),
        chart=chart([numbers.month_short(end[:7], lang) for end in ends], [levels]),
        chart_text=_said(ends, levels, lang),
        year=tuple(
            (numbers.day_name(end, lang), numbers.number(n, 0, lang), n)
            for end, n in reversed(list(zip(ends, levels, strict=True)))
        ),
        visits=bands(values["K11-open"].bands, lang, age),
        overdue=bands(values["K13"].bands, lang, age),
        on_the_way=max(0, (values["K13"].denominator or 0) - (values["K11-open"].denominator or 0)),
        sites=tuple(_sites(book, key, visit.now_ms)),
        sent=tuple(_sent(connection, visit, book, key)),
    )


def _numbers(each: Balance) -> tuple[int, int, int, int]:
    return each.held, each.transit, each.inbound, each.unscanned


def _row(key: str, name: str, place: str, counts: Sequence[int], lang: str) -> Row:
    held, transit, inbound, unscanned = (numbers.number(n, 0, lang) for n in counts)
    return Row(
        key=key,
        name=name,
        place=place,
        held=held,
        transit=transit,
        inbound=inbound,
        unscanned=unscanned,
        exact=tuple(counts),
    )


def _balances(visit: Visit, day: str, rows: tuple[Row, ...], problem: str) -> Balances:
    return Balances(
        day=day,
        day_name=numbers.day_name(day, visit.lang),
        today=day_of(visit.now_ms, visit.who.zone),
        rows=rows,
        problem=problem,
    )


def _day(visit: Visit) -> tuple[str, str]:
    """Read the day of an address; today, with a sentence, for one that is none or is still to come."""
    today, text = day_of(visit.now_ms, visit.who.zone), visit.value("date")
    if not text:
        return today, ""
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return today, say("web.bad_date", visit.lang, asked=text[:LONGEST_SHOWN])
    if not _FIRST <= asked <= date.fromisoformat(today):
        return today, say("web.date_outside", visit.lang, asked=numbers.day_name(asked.isoformat(), visit.lang))
    return asked.isoformat(), ""


def _ends(connection: Connection, org: str, day: str) -> list[str]:
    """Give the last days of the months up to a day, and the day itself."""
    known = reports.months_with_data(connection, org)
    first = known[0] if known else day[:7]
    months = [str(next_month(day[:7], -back)) for back in range(MONTHS - 1, 0, -1)]
    return [*(f"{month}-{days_of(month):02d}" for month in months if month >= first), day]


def _said(ends: Sequence[str], levels: Sequence[int], lang: str) -> str:
    return say(
        "web.balance_text",
        lang,
        first=numbers.day_name(ends[0], lang),
        last=numbers.day_name(ends[-1], lang),
        was=numbers.number(levels[0], 0, lang),
        now=numbers.number(levels[-1], 0, lang),
    )


def _sent(connection: Connection, visit: Visit, book: Book, key: str) -> list[tuple[str, str, str, str]]:
    own = [site for site in book.keys("site") if book.site(site, visit.now_ms).partner == key]
    found = sent_to(connection, visit.who.org, own, now_ms=visit.now_ms, most=_MOST_SENT)
    return [
        (
            moment(each.at_ms, visit.who.zone, visit.lang),
            book.site(each.place, each.at_ms).name or each.place,
            numbers.number(each.pieces, 0, visit.lang),
            note_href(each.event),
        )
        for each in found
    ]


def _sites(book: Book, key: str, now_ms: int) -> list[tuple[str, str]]:
    """Give the sites of a partner: name and city."""
    found = []
    for site in book.keys("site"):
        if book.site(site, now_ms).partner == key:
            row = book.row("site", site, now_ms) or {}
            found.append((book.site(site, now_ms).name or site, str(row.get("city", ""))))
    return found
