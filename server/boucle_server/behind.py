"""Behind a figure: the events that made it, found by replaying the histories that can have.

Nothing keeps which event counted where. The histories with an event in the time that a figure speaks of are
replayed, a page of codes at a time, and each event is shown with what it added to which measure; over all pages
these make the parts of the figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.binding import owner
from boucle.clock import month_end_ms, month_start_ms
from boucle.events import Event
from boucle.facts import Cell, Fact
from boucle.kpi import Definition, Question, Span
from boucle.projection import closed_history
from boucle.replay import facts_by_event
from boucle.units import DAY_MS
from boucle_server import reports, rows
from boucle_server.projections import SqlStore
from boucle_server.read_tables import AMENDMENT, BINDING, ITEM
from boucle_server.tables import RECORD

STOCKS: Final = frozenset({"day", "due", "loss", "visit"})
"""Families that hold moves of a stock: what came and went again is not behind it."""
ZONES_MS: Final = DAY_MS
"""No zone's month begins or ends further than this from another's."""


CODES_AT_ONCE: Final = 200
"""Codes that are looked through together once those of the first page did not do."""
MOST_LOOKED: Final = 4_000
"""Codes that are looked through for one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a figure: a measure, and of it a bucket where that is named."""

    measure: str
    bucket: str = ""

    def holds(self, at: Cell) -> bool:
        """Tell whether a cell is of this part."""
        return at.measure == self.measure and self.bucket in ("", at.bucket)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One event with what it added to the measures of a figure."""

    event: Event
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The events of one page of codes; `next` is the code after which the following page begins."""

    rows: tuple[Counted, ...]
    next: str | None


def behind(
    connection: Connection,
    org: str,
    definition: Definition,
    asked: Question,
    *,
    after: str = "",
    limit: int = 50,
    only: Part | None = None,
) -> Page:
    """Give the events behind a figure, or behind one part of it, of `limit` codes (or quantities) after `after`.

    Codes of which no event counts are passed over; after many of them in a row a page may hold fewer, or none, and
    still name what follows.
    """
    asking = _Asking(connection, org, definition, asked, only)
    rows: list[Counted] = []
    passed, looked, counting, size = after, 0, 0, limit
    while looked < MOST_LOOKED:
        found = asking.subjects(after=passed, limit=size + 1)
        shown = found[:size]
        of_code = asking.counted(set(shown))
        for code in shown:
            if code in of_code and counting == limit:
                return _page_of(rows, passed)
            rows += of_code.get(code, ())
            counting += code in of_code
            passed = code
        if len(found) <= size:
            return _page_of(rows, None)
        looked += len(shown)
        size = max(size, CODES_AT_ONCE)
    return _page_of(rows, passed)


def _page_of(rows: Iterable[Counted], following: str | None) -> Page:
    return Page(rows=tuple(sorted(rows, key=lambda row: row.event.order)), next=following)


class _Asking:
    """One question about events: what is looked through, and what of it counts."""

    def __init__(
        self, connection: Connection, org: str, definition: Definition, asked: Question, only: Part | None
    ) -> None:
        parts = definition.compute(reports.tally(connection, org, asked.narrowed), asked)
        self._connection, self._org, self._definition, self._asked = connection, org, definition, asked
        self._only = only
        self._months = parts.months or asked.months
        self._store = SqlStore(connection, org)

    def subjects(self, *, after: str, limit: int) -> list[str]:
        """Give the next codes that may have an event of these months."""
        return _subjects(
            self._connection, self._org, self._definition, self._months, asked=self._asked, after=after, limit=limit
        )

    def counted(self, shown: set[str]) -> dict[str, list[Counted]]:
        """Give the events of some codes that count, by code, each with what it added."""
        history = closed_history(shown, self._store)
        bound = self._store.bindings({event.subject for event in history})
        counted: dict[str, list[tuple[Event, Fact]]] = {}
        for event, fact in sorted(facts_by_event(history, self._store.book()), key=lambda pair: pair[0].order):
            if self._holds(fact):
                counted.setdefault(owner(event.subject, bound), []).append((event, fact))
        found: dict[str, list[Counted]] = {}
        for row in (row for pairs in counted.values() for row in _by_event(_standing(pairs))):
            if row.event.subject in shown:
                found.setdefault(row.event.subject, []).append(row)
        return found

    def _holds(self, fact: Fact) -> bool:
        if not self._definition.reads(fact.at) or not self._asked.narrowed.holds(fact.at):
            return False
        is_of_part = self._only is None or self._only.holds(fact.at)
        return is_of_part and _speaks(fact, self._definition, self._months)


def _standing(pairs: Iterable[tuple[Event, Fact]]) -> list[tuple[Event, Fact]]:
    """Leave out the moves of a stock by one item that have come to nothing."""
    kept: list[tuple[Event, Fact]] = []
    levels: defaultdict[tuple[str, str], int] = defaultdict(int)
    for event, fact in pairs:
        kept.append((event, fact))
        address = (fact.at.cell, fact.at.measure)
        levels[address] += fact.n
        if fact.at.cell in STOCKS and levels[address] == 0:
            kept = [(each, one) for each, one in kept if (one.at.cell, one.at.measure) != address]
    return kept


def _by_event(pairs: Iterable[tuple[Event, Fact]]) -> Iterator[Counted]:
    by_event: defaultdict[str, list[Fact]] = defaultdict(list)
    events: dict[str, Event] = {}
    for event, fact in pairs:
        events[event.id] = event
        by_event[event.id].append(fact)
    for event_id, event in events.items():
        yield Counted(event=event, facts=tuple(by_event[event_id]))


def _speaks(fact: Fact, definition: Definition, months: tuple[str, ...]) -> bool:
    """Tell whether a fact's month is one that the figure speaks of."""
    if definition.span is Span.NOW:
        return True
    if fact.at.cell == "visit" and definition.span is Span.TRAILING:
        return fact.at.month in months
    if fact.at.cell in STOCKS or definition.span is Span.END:
        return fact.at.month <= months[-1]
    return fact.at.month in months


def _subjects(
    connection: Connection,
    org: str,
    definition: Definition,
    months: tuple[str, ...],
    *,
    asked: Question,
    after: str,
    limit: int,
) -> list[str]:
    of_jobs = "visit:job" in definition.measures
    if definition.span is Span.NOW and not of_jobs:
        return _page(connection, _lent(org), BINDING.c.code, after=after, limit=limit)
    from_start = of_jobs or definition.span is Span.END or any(each.startswith("day:") for each in definition.measures)
    first_ms = 0 if from_start else month_start_ms(months[0], asked.zone) - ZONES_MS
    until_ms = month_end_ms(months[-1], asked.zone) + ZONES_MS
    moved = sa.select(RECORD.c.subject).where(
        RECORD.c.org == org,
        RECORD.c.status == "accepted",
        RECORD.c.teff >= first_ms,
        RECORD.c.teff < until_ms,
    )
    found = set(_page(connection, moved, RECORD.c.subject, after=after, limit=limit))
    found |= {subject for subject in _instead(connection, org, first_ms, until_ms) if subject > after}
    return sorted(found, key=str.encode)[:limit]


def _page(
    connection: Connection, query: sa.Select[tuple[str]], subject: sa.Column[str], *, after: str, limit: int
) -> list[str]:
    page = query.where(subject > after).group_by(subject).order_by(subject).limit(limit)
    return [str(found) for found in connection.execute(page).scalars()]


def _lent(org: str) -> sa.Select[tuple[str]]:
    """Select the codes of items with an open loan."""
    joined = sa.and_(BINDING.c.org == ITEM.c.org, BINDING.c.item == ITEM.c.item)
    return (
        sa.select(BINDING.c.code)
        .select_from(sa.join(ITEM, BINDING, joined))
        .where(ITEM.c.org == org, ITEM.c.out_since.is_not(None))
    )


def _instead(connection: Connection, org: str, first_ms: int, until_ms: int) -> set[str]:
    """Give the codes of events that take the place of one in a time. Amendments are few: they are read whole."""
    query = sa.select(AMENDMENT.c.target, AMENDMENT.c.id).where(AMENDMENT.c.org == org)
    edges = [(target, amender) for target, amender in connection.execute(query)]
    ids = {end for edge in edges for end in edge}
    columns = ("id", "subject", "teff")
    known = {
        id_: (subject, teff)
        for id_, subject, teff in rows.select(
            connection, RECORD, columns, org=org, key="id", keys=ids, extra="status = 'accepted'"
        )
    }
    return {
        known[amender][0]
        for target, amender in edges
        if amender in known and target in known and first_ms <= known[target][1] < until_ms
    }
