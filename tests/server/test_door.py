"""The queue in front of the write door: one commit for all who wait, an answer to each, none before the commit."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server.db import Database
from boucle_server.door import AT_ONCE, Door
from boucle_server.errors import DatabaseBusyError, QuotaError
from boucle_server.read_tables import BINDING
from tests.server.people import an_org

MANY = AT_ONCE + 8


def writes(code: str) -> Callable[[Connection], str]:
    """Give work that leaves a row under a name and gives the name."""

    def work(connection: Connection) -> str:
        values = {"org": "acme", "code": code, "item": "i", "claim": "e", "via": ""}
        connection.execute(sa.insert(BINDING).values(**values))
        return code

    return work


def rows(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(connection.execute(sa.select(BINDING.c.code)).scalars())


@pytest.fixture
def door(database: Database) -> Door:
    """Give the door of a database with one organisation."""
    an_org(database)
    return Door(database)


def at_once(door: Door, works: list[Callable[[Connection], str]]) -> list[str | Exception]:
    """Let as many threads ask at once, the first of which holds the door until all the others wait."""
    arrived = threading.Barrier(2)
    go = threading.Event()

    def first(_connection: Connection) -> str:
        arrived.wait()
        go.wait()
        return "first"

    def ask(work: Callable[[Connection], str]) -> str | Exception:
        try:
            return door.write("acme", work)
        except Exception as error:  # noqa: BLE001 - what each of them is told is what the test looks at
            return error

    with ThreadPoolExecutor(len(works) + 1) as pool:
        leader = pool.submit(ask, first)
        arrived.wait()
        others = [pool.submit(ask, work) for work in works]
        _, queue = door._queues["acme"]
        while len(queue) < len(works):
            threading.Event().wait(0.001)
        go.set()
        assert leader.result() == "first"
        return [other.result() for other in others]


def commits(database: Database) -> list[int]:
    """Count the commits of the writing connection from now on."""
    counted: list[int] = []
    sa.event.listen(database.writer, "commit", lambda _connection: counted.append(1))
    return counted


def test_all_who_wait_share_commits_and_each_gets_its_own_answer(database: Database, door: Door) -> None:
    counted = commits(database)
    names = [f"c{number:03d}" for number in range(MANY)]
    assert at_once(door, [writes(name) for name in names]) == names
    assert len(counted) == 3  # the one that held the door, then thirty-two, then the rest
    assert rows(database) == names


def test_one_that_fails_is_undone_alone_and_told_why(database: Database, door: Door) -> None:
    def fails(connection: Connection) -> str:
        writes("half")(connection)
        raise QuotaError

    told = at_once(door, [writes("a"), fails, writes("b"), writes("a")])
    assert [told[0], type(told[1]), told[2]] == ["a", QuotaError, "b"]
    assert isinstance(told[3], sa.exc.IntegrityError)
    assert rows(database) == ["a", "b"]


def test_when_the_database_fails_everybody_is_told_and_nothing_was_written(database: Database, door: Door) -> None:
    def gone(_connection: Connection) -> str:
        raise DatabaseBusyError

    told = at_once(door, [writes("a"), gone, writes("b")])
    assert [type(each) for each in told] == [DatabaseBusyError] * 3
    assert rows(database) == []
    assert door.write("acme", writes("c")) == "c"


def test_one_alone_that_fails_leaves_nothing(database: Database, door: Door) -> None:
    def fails(connection: Connection) -> str:
        writes("half")(connection)
        raise QuotaError

    with pytest.raises(QuotaError):
        door.write("acme", fails)
    assert rows(database) == []


def test_a_thread_that_is_ended_amid_the_work_of_others_leaves_nobody_waiting(database: Database, door: Door) -> None:
    def ended(_connection: Connection) -> str:
        raise SystemExit

    told: list[str | BaseException] = []

    def ask(work: Callable[[Connection], str]) -> None:
        try:
            told.append(door.write("acme", work))
        except BaseException as error:  # noqa: BLE001 - an end is what this test is about
            told.append(error)

    threads = [threading.Thread(target=ask, args=(work,)) for work in (writes("a"), ended, writes("b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert len(told) == 3
    written = {each for each in told if isinstance(each, str)}
    assert set(rows(database)) == written
