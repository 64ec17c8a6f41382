"""The fixture `database`: an empty, prepared database, once on SQLite and once on a real PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boucle_server.db import Database
from boucle_server.schema import prepare

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a database without any table."""
    if request.param == "sqlite":
        opened = Database.embedded_at(tmp_path / "data" / "boucle.sqlite3")
    else:
        fresh: Callable[[], str] = request.getfixturevalue("fresh_postgres")
        opened = Database.at_url(fresh())
    yield opened
    opened.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """Give a database with every table and no row."""
    prepare(empty_database)
    return empty_database
