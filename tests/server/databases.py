"""The fixture `database`: a prepared database, once on SQLite and once on a real PostgreSQL.

The tables are made once for each process of a run; a test begins with a copy of them. That they are made rightly from
nothing is proved by the tests that ask for `empty_database`.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boucle_server.db import Database
from boucle_server.schema import prepare
from boucle_server.settings import Settings
from tests.postgres import PostgresServer

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an embedded database with every table and no row, to be copied."""
    file = tmp_path_factory.mktemp("prepared") / "boucle.sqlite3"
    _prepared(Database.embedded_at(file))
    return file


@pytest.fixture(scope="session")
def prepared_postgres(postgres_server: PostgresServer) -> Callable[[], str]:
    """Give a function that makes a database with every table and no row and returns its address."""
    name, url = postgres_server.named_database()
    _prepared(Database.at_url(url))
    return lambda: postgres_server.new_database(template=name)


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


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a database with every table and no row."""
    if request.param == "sqlite":
        settings = Settings(data=tmp_path / "data")
        copied(request.getfixturevalue("prepared_file"), settings)
        opened = Database.embedded_at(settings.database_file)
    else:
        fresh: Callable[[], str] = request.getfixturevalue("prepared_postgres")
        opened = Database.at_url(fresh())
    yield opened
    opened.close()


def copied(prepared: Path, settings: Settings) -> None:
    """Put a copy of a prepared database where a server with these settings looks for its own."""
    settings.database_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(prepared, settings.database_file)


def _prepared(database: Database) -> None:
    prepare(database)
    database.close()
