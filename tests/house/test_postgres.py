"""The tests' own PostgreSQL is real, empty at first, durable, in French order."""

from collections.abc import Callable

import psycopg
import pytest

pytestmark = pytest.mark.postgres


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_each_database_is_fresh(fresh_postgres: Callable[[], str]) -> None:
    first, second = fresh_postgres(), fresh_postgres()
    ask(first, "CREATE TABLE crates (code text)")
    assert first != second
    assert ask(second, "SELECT count(*) FROM pg_tables WHERE tablename = 'crates'") == [(0,)]


def test_it_keeps_its_promises_to_the_disk(fresh_postgres: Callable[[], str]) -> None:
    url = fresh_postgres()
    assert ask(url, "SHOW fsync") == [("on",)]
    assert ask(url, "SHOW synchronous_commit") == [("on",)]


def test_it_does_not_sort_by_bytes(fresh_postgres: Callable[[], str]) -> None:
    words = ask(fresh_postgres(), "SELECT w FROM (VALUES ('Z'), ('a'), ('é'), ('f')) AS t(w) ORDER BY w")
    assert [word for (word,) in words] == ["a", "é", "f", "Z"]


def test_it_listens_on_no_network(fresh_postgres: Callable[[], str]) -> None:
    assert ask(fresh_postgres(), "SHOW listen_addresses") == [("",)]
