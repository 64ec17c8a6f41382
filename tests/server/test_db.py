"""The database door: durable settings, one writer, one snapshot, and errors in our own words."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle_server.db import Database
from boucle_server.errors import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseGoneError,
    DatabaseUnusableError,
    DiskFullError,
    OperatorError,
)
from boucle_server.read_tables import BINDING
from boucle_server.schema import prepare
from boucle_server.settings import Settings


def a_row(code: str) -> sa.Insert:
    return sa.insert(BINDING).values(org="acme", code=code, item="i", claim="e", via="")


def codes(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(connection.execute(sa.select(BINDING.c.code)).scalars())


@pytest.mark.parametrize("door", ["writing", "reading"])
def test_every_connection_of_sqlite_is_durable_and_checks_references(tmp_path: Path, door: str) -> None:
    database = Database.embedded_at(tmp_path / "boucle.sqlite3")
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    with getattr(database, door)() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    database.close()
    assert found == wanted


def test_a_pragma_that_does_not_hold_is_refused() -> None:
    # A database in memory has no write-ahead log, whatever it is asked.
    database = Database.embedded_at(Path(":memory:"))
    with pytest.raises(DatabaseUnusableError, match="journal_mode = memory"), database.writing():
        pass
    database.close()


def test_an_exception_rolls_back_all_that_was_written(database: Database) -> None:
    def write_then_fail() -> None:
        with database.writing("acme") as connection:
            connection.execute(a_row("C/1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_then_fail()
    assert codes(database) == []


def test_what_was_committed_is_seen_by_the_next_reader(database: Database) -> None:
    with database.writing("acme") as connection:
        connection.execute(a_row("C/1"))
    assert codes(database) == ["C/1"]


def test_a_reader_sees_one_state_while_a_writer_commits(database: Database) -> None:
    count = sa.select(sa.func.count()).select_from(BINDING)
    with database.reading() as reader:
        before = reader.execute(count).scalar_one()
        with database.writing("acme") as connection:
            connection.execute(a_row("C/1"))
        after = reader.execute(count).scalar_one()
    assert (before, after) == (0, 0)
    assert codes(database) == ["C/1"]


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises((DatabaseUnusableError, sa.exc.InternalError)), database.reading() as connection:
        connection.execute(a_row("C/1"))
    assert codes(database) == []


def test_two_writers_of_one_organisation_take_turns(database: Database) -> None:
    # Each reads the greatest number and writes the next: without turns, two write the same one.
    def take(times: int) -> None:
        for _ in range(times):
            with database.writing("acme") as connection:
                last = connection.execute(sa.select(sa.func.max(BINDING.c.code))).scalar() or "0000"
                connection.execute(a_row(f"{int(last) + 1:04d}"))

    threads = [threading.Thread(target=take, args=(11,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes(database) == [f"{n:04d}" for n in range(1, 45)]


@pytest.mark.postgres
def test_writers_of_two_organisations_do_not_wait_for_each_other(fresh_postgres: Callable[[], str]) -> None:
    database = Database.at_url(fresh_postgres(), busy_ms=200)
    prepare(database)
    with database.writing("acme"):
        with database.writing("other") as connection:
            connection.execute(a_row("C/2"))
        with pytest.raises(DatabaseBusyError), database.writing("acme"):
            pass
    database.close()


def test_a_database_held_by_another_process_is_busy_and_nothing_was_written(tmp_path: Path) -> None:
    file = tmp_path / "boucle.sqlite3"
    database = Database.embedded_at(file, busy_ms=50)
    prepare(database)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusyError, match="send again"), database.writing("acme") as connection:
        connection.execute(a_row("C/1"))
    other.execute("ROLLBACK")
    other.close()
    with database.writing("acme") as connection:
        connection.execute(a_row("C/2"))
    assert codes(database) == ["C/2"]
    database.close()


def test_a_full_disk_is_named_and_the_next_write_works_when_there_is_space(tmp_path: Path) -> None:
    database = Database.embedded_at(tmp_path / "boucle.sqlite3")
    prepare(database)
    with database.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskFullError, match="free space"), database.writing("acme") as connection:
        connection.execute(a_row("C" * 100_000))
    with database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 1000}")
    with database.writing("acme") as connection:
        connection.execute(a_row("C/1"))
    assert codes(database) == ["C/1"]
    database.close()


def test_a_file_that_is_no_database_is_named_damaged(tmp_path: Path) -> None:
    file = tmp_path / "boucle.sqlite3"
    file.write_bytes(b"no database at all" * 100)
    database = Database.embedded_at(file)
    with pytest.raises(DatabaseDamagedError, match="doctor"), database.reading():
        pass
    database.close()


def test_a_postgresql_that_is_not_there_is_gone(tmp_path: Path) -> None:
    database = Database.at_url(f"postgresql://postgres@/none?host={tmp_path}")
    with pytest.raises(DatabaseGoneError, match="reached"), database.reading():
        pass
    database.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "no address", "sqlite:///x"])
def test_an_address_that_is_no_postgresql_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(OperatorError, match="BOUCLE_DATABASE_URL") as refused:
        Database.at_url(url)
    assert url not in str(refused.value)


@pytest.mark.postgres
def test_a_postgresql_that_does_not_wait_for_its_disk_is_refused(fresh_postgres: Callable[[], str]) -> None:
    url = fresh_postgres()
    name = url.split("/@/")[-1].split("?")[0].rsplit("/", 1)[-1]
    database = Database.at_url(url)
    with database.writing() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    database.close()
    database = Database.at_url(url)
    with pytest.raises(DatabaseUnusableError, match="synchronous_commit"), database.writing():
        pass
    database.close()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="--data"):
        Database.open(Settings(data=tmp_path / "file" / "data"))


def test_settings_come_from_the_environment_and_a_blank_address_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BOUCLE_DATA", "/srv/boucle")
    monkeypatch.setenv("BOUCLE_DATABASE_URL", " ")
    monkeypatch.setenv("BOUCLE_PORT", "8123")
    settings = Settings()
    assert (settings.data, settings.embedded, settings.port) == (Path("/srv/boucle"), True, 8123)
    assert settings.address == "http://127.0.0.1:8123"
    assert Settings(base_url="https://b.example/").address == "https://b.example"
    assert Settings(host="::1", port=1).address == "http://[::1]:1"


def test_a_database_address_never_shows_its_password() -> None:
    settings = Settings.model_validate({"database_url": "postgresql://u:canary@/d"})
    assert "canary" not in repr(settings)


@pytest.mark.postgres
def test_a_connection_lost_while_writing_is_gone_and_the_next_write_works(fresh_postgres: Callable[[], str]) -> None:
    database = Database.at_url(fresh_postgres())
    prepare(database)

    def write_while_cut_off() -> None:
        with database.writing("acme") as connection:
            connection.execute(a_row("C/1"))
            backend = connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
            with database.writing() as other:
                other.execute(sa.select(sa.func.pg_terminate_backend(backend)))
            connection.execute(a_row("C/2"))

    with pytest.raises(DatabaseGoneError, match="send again"):
        write_while_cut_off()
    with database.writing("acme") as connection:
        connection.execute(a_row("C/3"))
    assert codes(database) == ["C/3"]
    database.close()
