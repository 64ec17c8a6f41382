"""Convergence on real databases: any order, cut and doubling of arrival gives the replay's tables, the same bytes."""

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from boucle.amend import Edge
from boucle.facts import Cell
from boucle.item import Item
from boucle.push import Push, Record, Status
from boucle.reference import Book, Version
from boucle.replay import replay
from boucle_server import keys, organisations, projections, rows
from boucle_server.db import Database
from boucle_server.exports import state
from boucle_server.exports.command import Request
from boucle_server.projections import SqlStore
from boucle_server.read_tables import CELL
from boucle_server.read_tables import METADATA as READ
from boucle_server.rebuild import differences
from boucle_server.schema import prepare
from boucle_server.tables import METADATA as TRUTH
from tests.builders import DAY, ORG, START_MS
from tests.campaign import examples
from tests.server.handset import NETWORK_MS, Handset, enrol, sealed, taken
from tests.strategies import Move, histories, recorded

ORDERS = 3
PARTS = (1, 2, 5, 2_000)
"""Subjects that a comparison replays at a time: a history is right in parts too."""
PHONES = ("d-0", "d-1", "d-2")
AS_OF = Request(as_of_ms=START_MS + 90 * DAY, format="json", first="", last="")
QUICK = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.nested_given]
)


def emptied(database: Database) -> Database:
    """Take everything out of a database, and make its organisation and phones anew."""
    with database.writing(ORG) as connection:
        for table in (*READ.sorted_tables, *reversed(TRUTH.sorted_tables)):
            connection.execute(sa.delete(table))
        organisations.create(connection, org=ORG, name="Essai", origin_host="t.example", now_ms=NETWORK_MS)
        for dev in PHONES:
            enrol(connection, dev)
    return database


def batches(database: Database, history: list[Move], random: Random) -> list[Push]:
    """Give what every device recorded, cut into batches, some of them twice and overlapping, in any order."""
    with database.reading() as connection:
        server_key = keys.signing_key(connection, ORG)
    events, devices = recorded(history)
    found = []
    for device in devices:
        own = sorted((event for event in events if event.dev == device.dev), key=lambda event: event.seq)
        records = [
            Record(payload=payload, teff=event.teff, tq=event.tq)
            for payload, event in zip(device.made, own, strict=True)
        ]
        handset = Handset(device=device, enrolled_key=server_key if device.dev == "server" else None)
        found += [sealed(handset, tuple(records[first:last]), first + 1) for first, last in cuts(len(records), random)]
    random.shuffle(found)
    return found


def cuts(length: int, random: Random) -> Iterator[tuple[int, int]]:
    """Cut a chain into ranges of up to thirty, and add some of any place and length."""
    first = 0
    while first < length:
        last = min(length, first + random.randint(1, 30))
        yield first, last
        first = last
    for _ in range(2 if length else 0):
        first = random.randrange(length)
        yield first, min(length, first + random.randint(1, 9))


def lived(database: Database, history: list[Move], seed: int) -> bytes:
    """Let a database live through a history in some order of arrival, check it, and give its canonical state."""
    emptied(database)
    accepted: set[str] = set()
    for push in batches(database, history, Random(seed)):
        answer = taken(database, push)
        accepted |= {result.id for result in answer.results if result.status is Status.ACCEPTED}
        strange = [result for result in answer.results if result.status not in EXPECTED]
        assert strange == []
    events = {event.id: event for event in recorded(history)[0]}
    expected = replay(event for event in events.values() if event.id in accepted)
    with database.reading() as connection:
        stored = {Cell(*row[1:-1]): row[-1] for row in connection.execute(sa.select(CELL))}
        assert stored == expected.cells
        assert list(differences(connection, ORG, part=PARTS[seed % len(PARTS)])) == []
        file = io.BytesIO()
        state.write(connection, ORG, file, request=AS_OF)
    return file.getvalue()


EXPECTED = {Status.ACCEPTED, Status.DUPLICATE, Status.QUARANTINED}
"""A correction that states an impossible time is set aside; nothing else is."""


def converges(databases: Iterable[Database], count: int) -> None:
    """Try `count` histories, each in several orders of arrival on every database."""

    @settings(QUICK, max_examples=count)
    @given(histories, st.integers(0, 2**32))
    def tried(history: list[Move], seed: int) -> None:
        states = {lived(database, history, seed + order) for database in databases for order in range(ORDERS)}
        assert len(states) == 1

    tried()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Database]:
    """Give a prepared SQLite database."""
    opened = Database.embedded_at(tmp_path / "boucle.sqlite3")
    prepare(opened)
    yield opened
    opened.close()


@pytest.fixture
def served(fresh_postgres: Callable[[], str]) -> Iterator[Database]:
    """Give a prepared PostgreSQL database."""
    opened = Database.at_url(fresh_postgres())
    prepare(opened)
    yield opened
    opened.close()


@pytest.mark.slow
def test_any_order_of_arrival_gives_one_state_on_sqlite(embedded: Database) -> None:
    converges([embedded], examples(ci=200, night=5_000))


@pytest.mark.slow
@pytest.mark.postgres
def test_both_databases_give_the_same_bytes(embedded: Database, served: Database) -> None:
    converges([embedded, served], examples(ci=50, night=1_000))


class ForgetsAmendments(SqlStore):
    """A mutant that does not read which event amends which."""

    def edges(self, ids: Iterable[str]) -> Iterable[Edge]:  # noqa: ARG002 - that is the fault
        """Give nothing."""
        return []


class ForgetsSecondCodes(SqlStore):
    """A mutant that re-folds a code without what other codes lead to."""

    def codes_via(self, codes: Iterable[str]) -> Iterable[str]:  # noqa: ARG002 - that is the fault
        """Give nothing."""
        return []

    def codes_of(self, items: Iterable[str]) -> Iterable[str]:  # noqa: ARG002 - that is the fault
        """Give nothing."""
        return []


class ForgetsReferences(SqlStore):
    """A mutant that leaves histories as they are when a reference row is back-dated."""

    def subjects_of(self, version: Version) -> Iterable[str]:  # noqa: ARG002 - that is the fault
        """Give nothing."""
        return []


class OrdersByArrival(SqlStore):
    """A mutant that takes every event as the item's newest."""

    def items(self, ids: Iterable[str]) -> dict[str, Item]:
        """Give states that claim to have seen nothing yet."""
        return {key: item._replace(order=Item("").order) for key, item in super().items(ids).items()}


MUTANTS = (ForgetsAmendments, ForgetsSecondCodes, ForgetsReferences, OrdersByArrival)


def diverges(database: Database, count: int) -> None:
    """Fail unless some history shows that the server as it stands does not converge."""

    def shows(drawn: tuple[list[Move], int]) -> bool:
        try:
            lived(database, *drawn)
        except AssertionError:
            return True
        return False

    quick = settings(QUICK, max_examples=count, phases=[Phase.generate])
    find(st.tuples(histories, st.integers(0, 2**32)), shows, settings=quick)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_store_that_forgets_something_is_caught(
    embedded: Database, monkeypatch: pytest.MonkeyPatch, mutant: type[SqlStore]
) -> None:
    monkeypatch.setattr(projections, "SqlStore", mutant)
    diverges(embedded, 400)


@pytest.mark.slow
def test_cells_that_are_replaced_instead_of_added_to_are_caught(
    embedded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = rows.upsert

    def replaced(*args: object, add: str | None = None, **rest: object) -> None:  # noqa: ARG001 - that is the fault
        genuine(*args, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(rows, "upsert", replaced)
    diverges(embedded, 50)


def by_key_alone(version: Version, book: Book) -> list[list[str]]:  # noqa: ARG001 - that is the fault
    """Look for the key of a row and not for the codes that it is known by, as a mutant would."""
    return [[version.key]] if version.table in ("item_type", "site") else []


@pytest.mark.slow
def test_reference_data_that_reach_fewer_histories_are_caught(
    embedded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections, "_concerned", by_key_alone)
    diverges(embedded, 800)
