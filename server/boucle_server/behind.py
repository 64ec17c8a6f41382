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
from boucle.facts import Fact
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
    connection: Connection, org: str, definition: Definition, asked: Question, *, after: str = "", limit: int = 50
) -> Page:
    """Give the events behind a figure, for `limit` codes (or quantities) after the code `after`."""
    parts = definition.compute(reports.tally(connection, org, asked.narrowed), asked)
    months = parts.months or asked.months
    found = _subjects(connection, org, definition, months, asked=asked, after=after, limit=limit + 1)
    shown = set(found[:limit])
    store = SqlStore(connection, org)
    history = closed_history(shown, store)
    bound = store.bindings({event.subject for event in history})
    counted: dict[str, list[tuple[Event, Fact]]] = {}
    for event, fact in sorted(facts_by_event(history, store.book()), key=lambda pair: pair[0].order):
        if definition.reads(fact.at) and asked.narrowed.holds(fact.at) and _speaks(fact, definition, months):
            counted.setdefault(owner(event.subject, bound), []).append((event, fact))
    rows = [row for pairs in counted.values() for row in _by_event(_standing(pairs)) if row.event.subject in shown]
    rows.sort(key=lambda row: row.event.order)
    return Page(rows=tuple(rows), next=found[limit - 1] if len(found) > limit else None)


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
