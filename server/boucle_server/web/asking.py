"""What a page of figures is asked by its address: a month, the one compared with it, filters; bad ones are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from boucle.clock import next_month
from boucle.reference import Book
from boucle.tally import Slice
from boucle.words import say
from boucle_server import reports
from boucle_server.errors import InvalidInputError
from boucle_server.web import numbers
from boucle_server.web.visit import LONGEST_SHOWN, Visit

COMPARED: Final[Mapping[str, int]] = {"previous": -1, "year": -12, "none": 0}
"""By how many months the month compared with lies before."""
TABLES: Final = {"loop": "loop", "partner": "partner", "type": "item_type"}
"""The reference table of each filter."""
NO_LOOP: Final = "-"
"""How an address asks for what belongs to no loop."""

Option = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question in an address, all of it valid; `problems` are sentences about what was not."""

    month: str
    compare: str
    narrowed: Slice
    known: tuple[str, ...]
    zone: str
    book: Book
    now_ms: int
    lang: str
    problems: tuple[str, ...]

    @property
    def against(self) -> str:
        """Give the month compared with, `""` for none."""
        back = COMPARED[self.compare]
        return str(next_month(self.month, back)) if back else ""

    @property
    def newest(self) -> str:
        """Give the newest month that can be chosen: the one that runs."""
        return self.known[-1]

    @property
    def query(self) -> dict[str, str]:
        """Give what an address says to ask this again."""
        filters = {name: value or NO_LOOP for name, value in self.narrowed.narrowed.items()}
        return {"month": self.month, "compare": self.compare, **filters}

    def name_of(self, dimension: str, key: str) -> str:
        """Give the name of a loop, a partner, a type or a site."""
        if not key:
            return say("page.no_loop" if dimension == "loop" else "web.without", self.lang)
        return reports.name_of(self.book, TABLES.get(dimension, dimension), key, self.now_ms)

    @property
    def filters(self) -> list[str]:
        """Say what the figures are narrowed to."""
        return [
            say("page.named", self.lang, name=say(f"web.filter_{name}", self.lang), value=self.name_of(name, key))
            for name, key in self.narrowed.narrowed.items()
        ]

    def months(self) -> list[Option]:
        """Give the months that can be chosen, the newest first; one asked for outside them too."""
        listed = sorted({*self.known, self.month}, reverse=True)
        return [(each, numbers.month_name(each, self.lang)) for each in listed]

    def comparisons(self) -> list[Option]:
        """Give the months to compare with."""
        return [
            (key, say(f"web.compare_{key}", self.lang, month=numbers.month_name(next_month(self.month, by), self.lang)))
            for key, by in COMPARED.items()
        ]

    def options(self, dimension: str) -> list[Option]:
        """Give what a filter offers, by name."""
        keys = self.book.keys(TABLES[dimension])
        named = sorted(((key, self.name_of(dimension, key)) for key in keys), key=lambda pair: pair[1].casefold())
        everything = [("", say(f"web.all_{dimension}", self.lang))]
        nothing = [(NO_LOOP, self.name_of("loop", ""))] if dimension == "loop" else []
        return [*everything, *named, *nothing]

    def chosen(self, dimension: str) -> str:
        """Give the option that a filter stands at."""
        value: str | None = getattr(self.narrowed, dimension)
        return "" if value is None else value or NO_LOOP


def asked(visit: Visit, connection: Connection, book: Book) -> Asked | None:
    """Read an address; None while there is no data at all."""
    org, zone, lang = visit.who.org, visit.who.zone, visit.lang
    known = reports.months_until(connection, org, visit.now_ms)
    if not known:
        return None
    problems: list[str] = []
    usual = reports.usual_month(zone, visit.now_ms, known)
    month = _month(visit.value("month"), usual, known, lang, problems)
    compare = visit.value("compare") or "previous"
    if compare not in COMPARED:
        problems.append(say("web.bad_compare", lang, asked=compare[:LONGEST_SHOWN]))
        compare = "previous"
    return Asked(
        month=month,
        compare=compare,
        narrowed=Slice(**{name: _filter(visit, name, book, problems) for name in TABLES}),
        known=tuple(known),
        zone=zone,
        book=book,
        now_ms=visit.now_ms,
        lang=lang,
        problems=tuple(problems),
    )


def _month(text: str, usual: str, known: Sequence[str], lang: str, problems: list[str]) -> str:
    if not text:
        return usual
    shown = numbers.month_name(usual, lang)
    try:
        month = reports.checked_month(text)
    except InvalidInputError:
        problems.append(say("web.bad_month", lang, asked=text[:LONGEST_SHOWN], shown=shown))
        return usual
    if not known[0] <= month <= known[-1]:
        first, last = (numbers.month_name(each, lang) for each in (known[0], known[-1]))
        name = numbers.month_name(month, lang)
        problems.append(say("web.month_outside", lang, asked=name, first=first, last=last, shown=shown))
        return usual
    return month


def _filter(visit: Visit, name: str, book: Book, problems: list[str]) -> str | None:
    text = visit.value(name)
    if not text:
        return None
    if text == NO_LOOP and name == "loop":
        return ""
    if not book.has(TABLES[name], text):
        what = say(f"web.filter_{name}", visit.lang)
        problems.append(say("web.bad_filter", visit.lang, what=what, asked=text[:LONGEST_SHOWN]))
        return None
    return text
