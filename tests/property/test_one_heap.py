"""À traiter over random histories: whatever happened, an item is asked about in one heap, and no item is forgotten."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from boucle_server import problem_reports
from boucle_server.db import Database
from boucle_server.problem_reports import Problem, Said
from boucle_server.read_tables import ITEM, TASK
from boucle_server.schema import prepare
from boucle_server.web import inbox, inbox_held, inbox_precedence, inbox_received, inbox_stock, inbox_work
from boucle_server.web.inbox_case import Asker, Heap
from tests.builders import DAY, ORG, START_MS
from tests.campaign import examples
from tests.property.test_databases import QUICK, batches, emptied
from tests.server.handset import taken
from tests.strategies import Move, histories, workshops

ALL = 10_000
KEPT: tuple[tuple[str, ...], ...] = (
    (),
    (),
    inbox_precedence.UNKNOWN,
    ("unmatched_return", "rerouted", "out_of_step", *inbox_precedence.UNKNOWN),
)
"""The contradictions that nobody has reviewed yet, by the seed; with the first none was."""


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Database]:
    """Give a prepared SQLite database."""
    opened = Database.embedded_at(tmp_path / "boucle.sqlite3")
    prepare(opened)
    yield opened
    opened.close()


def an_asker(connection: Connection, now_ms: int, org: str = ORG) -> Asker:
    return Asker(connection=connection, org=org, zone="Europe/Paris", now_ms=now_ms, devices={})


def heaps_of_items(asker: Asker) -> dict[str, set[Heap]]:
    """Give the heaps in which each item stands, and hold every count against its list."""
    found: dict[str, set[Heap]] = {}
    counts = inbox.counted(asker)
    for heap in Heap:
        cases = inbox.cases(asker, heap, limit=ALL)
        assert counts[heap] == len(cases), heap
        for case in cases:
            if case.item and heap in inbox_precedence.ORDER:
                found.setdefault(case.item, set()).add(heap)
    return found


def wanting(asker: Asker) -> set[str]:
    """Give every item of which anything wants a person, one by one and without any precedence."""
    connection, org = asker.connection, asker.org
    found = set(connection.execute(sa.select(TASK.c.item).where(TASK.c.org == org)).scalars())
    past = sa.or_(ITEM.c.due < asker.today, ITEM.c.loss < asker.today, ITEM.c.held_since.is_not(None))
    found |= set(connection.execute(sa.select(ITEM.c.item).where(ITEM.c.org == org, past)).scalars())
    for heap in inbox_work.GATHERED:
        found |= {case.item for case in inbox_precedence.gathered(asker, Heap(heap)) if case.item}
    reports = problem_reports.listed(connection, org, after=(-1, ""), limit=ALL)
    return found | {each.item for each in reports}


def asked_once(database: Database, history: list[Move], seed: int) -> None:
    """Let a history happen, some of its contradictions reviewed and some items reported, and look at every heap."""
    emptied(database)
    for push in batches(database, history, Random(seed)):
        taken(database, push)
    with database.writing(ORG) as connection:
        if seed % 4:
            connection.execute(sa.delete(TASK).where(TASK.c.reason.not_in(KEPT[seed % 4])))
        for number, item in enumerate(connection.execute(sa.select(ITEM.c.item)).scalars().all()):
            if number % 4 == seed % 5:
                reported(connection, item)
    with database.reading() as connection:
        asker = an_asker(connection, START_MS + (5, 45, 200)[seed % 3] * DAY)
        heaps = heaps_of_items(asker)
        assert all(len(several) == 1 for several in heaps.values()), heaps
        assert set(heaps) == wanting(asker)


def reported(connection: Connection, item: str) -> None:
    said = Said(code="x", item=item, problem=Problem.DIRTY, words="")
    problem_reports.file(connection, ORG, said, now_ms=START_MS)


@pytest.mark.slow
def test_an_item_stands_in_one_heap_and_none_that_wants_somebody_in_none(embedded: Database) -> None:
    @settings(QUICK, max_examples=examples(ci=80, night=3_000))
    @given(st.one_of(histories, workshops), st.integers(0, 2**32))
    def tried(history: list[Move], seed: int) -> None:
        asked_once(embedded, history, seed)

    tried()


MUTANTS = (
    (inbox_stock, "free", lambda _asker, _heap: sa.true()),
    (inbox_held, "free", lambda _asker, _heap: sa.true()),
    (inbox_precedence, "first", inbox_precedence.gathered),
    (inbox_received, "unasked", sa.true),
)
"""Heaps that do not ask which heap comes first."""


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant[0].__name__.rpartition(".")[2])
def test_a_heap_that_does_not_mind_the_others_is_caught(
    embedded: Database, monkeypatch: pytest.MonkeyPatch, mutant: tuple[Any, str, Any]
) -> None:
    monkeypatch.setattr(*mutant)

    def shows(drawn: tuple[list[Move], int]) -> bool:
        try:
            asked_once(embedded, *drawn)
        except AssertionError:
            return True
        return False

    drawn = st.tuples(st.one_of(histories, workshops), st.integers(0, 2**32))
    find(drawn, shows, settings=settings(QUICK, max_examples=300, phases=[Phase.generate]))
