"""Backups: one state of the whole, proven when made, refused when damaged, restored into either database."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from boucle import log
from boucle.log import verify_inclusion
from boucle_server import backup, container, eventlog, restore, schema, soundness
from boucle_server.db import Database
from boucle_server.errors import ConflictError, OperatorError
from boucle_server.ingest import accept_own
from boucle_server.server_device import Draft
from boucle_server.settings import Settings
from boucle_server.tables import ACT, CHECKPOINT, DEVICE, LEAF, METADATA, ORG, ORG_KEY, PERSON, RECORD, TOKEN
from tests.server.people import NOW, a_phone, an_org, some_entries


def a_world(database: Database) -> None:
    org, other = an_org(database), an_org(database, "other")
    a_phone(database, org)
    with database.writing(org) as connection:
        eventlog.append(connection, org, some_entries(0, 300))
    with database.writing(other) as connection:
        eventlog.append(connection, other, some_entries(0, 7))


def rows(database: Database, table: sa.Table) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]


def named(database: Database, table: sa.Table) -> list[sa.Row[Any]]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(table)))


def restored(file: Path, data: Path, *, generation: int | None = None, now_ms: int = NOW) -> Database:
    settings = Settings(data=data)
    restore._into_directory(file, settings, generation, now_ms)
    return Database.open(settings)


def test_a_restored_backup_holds_every_row_and_begins_the_next_generation_of_each_log(
    database: Database, tmp_path: Path
) -> None:
    a_world(database)
    heads, _ = backup.make(database, tmp_path / "a.backup", now_ms=NOW)
    new = restored(tmp_path / "a.backup", tmp_path / "new")
    drawn = {row.org: row.generation for row in named(new, ORG)}
    for table in METADATA.sorted_tables:
        before, after = set(rows(database, table)), set(rows(new, table))
        if table is ORG:
            assert min(drawn.values()) > 1
        elif table.name in {"leaf", "act", "checkpoint", "log_head"}:
            generation = table.c.keys().index("generation")
            old = {row for row in after if row[generation] == 1}
            # What the copy signed of its own log is there too.
            assert old >= before or table.name == "log_head"
            assert {row[generation] for row in after - old} == set(drawn.values())
        else:
            assert after == before, table.name
    with new.reading() as connection:
        for org, head in heads.items():
            assert eventlog.head(connection, org).origin == f"traces.example/{org}/g{drawn[org]}"
            query = sa.select(ACT).where(ACT.c.generation == drawn[org], ACT.c.org == org)
            first = connection.execute(query).one()
            assert (first.kind, first.id) == ("generation", head.origin)
            assert head.root.hex() in first.content.decode()
            assert soundness.contradictions(connection, org) == []
    new.close()


def test_what_was_in_the_log_before_a_restore_is_still_proven_after(database: Database, tmp_path: Path) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        (stored,) = accept_own(connection, org, [Draft(kind="scan.noted")], actor="p", now_ms=NOW)
    backup.make(database, tmp_path / "a.backup", now_ms=NOW)
    new = restored(tmp_path / "a.backup", tmp_path / "new")
    with new.reading() as connection:
        found = eventlog.inclusion(connection, org, stored.id)
        root = eventlog.root_at(connection, org, 1, size=found.size)
    new.close()
    leaf = log.leaf_hash(found.entry)
    assert found.checkpoint.startswith("traces.example/acme/g1\n")
    assert verify_inclusion(leaf, found.index, size=found.size, proof=found.proof, root=root)


def test_a_later_restore_opens_a_later_generation() -> None:
    first, second = restore.following_generation(1, NOW), restore.following_generation(1, NOW + 60_000)
    assert second <= restore.MOST_GENERATIONS
    assert 1 < first < second < restore.following_generation(second, NOW)


def test_two_restores_of_one_backup_never_sign_for_one_generation(database: Database, tmp_path: Path) -> None:
    a_world(database)
    backup.make(database, tmp_path / "a.backup", now_ms=NOW)
    times = {"one": NOW, "other": NOW + 60_000}
    opened = [restored(tmp_path / "a.backup", tmp_path / name, now_ms=at_ms) for name, at_ms in times.items()]
    one, other = ({row.origin: row.generation for row in named(new, ORG)} for new in opened)
    for new in opened:
        new.close()
    assert all(one[origin] != other[origin] for origin in one)


def test_a_backup_that_is_restored_a_second_time_can_be_told_to_take_a_later_generation(
    database: Database, tmp_path: Path
) -> None:
    a_world(database)
    backup.make(database, tmp_path / "a.backup", now_ms=NOW)
    new = restored(tmp_path / "a.backup", tmp_path / "new", generation=7)
    with new.reading() as connection:
        assert eventlog.head(connection, "acme").origin == "traces.example/acme/g7"
    new.close()
    with pytest.raises(ConflictError, match="generation 1"):
        restored(tmp_path / "a.backup", tmp_path / "newer", generation=1)
    assert list((tmp_path / "newer").iterdir()) == []


@pytest.mark.parametrize("left", ["-wal", "-shm", "-journal"])
def test_what_another_database_left_behind_is_no_empty_place(tmp_path: Path, left: str) -> None:
    source = Database.embedded_at(tmp_path / "source" / "boucle.sqlite3")
    schema.prepare(source)
    a_world(source)
    backup.make(source, tmp_path / "a.backup", now_ms=NOW)
    source.close()
    data = tmp_path / "new"
    data.mkdir()
    rest = data / f"boucle.sqlite3{left}"
    rest.write_bytes(b"frames of another database")
    with pytest.raises(OperatorError):
        restored(tmp_path / "a.backup", data)
    assert [each.name for each in data.iterdir()] == [rest.name]
    rest.unlink()
    restored(tmp_path / "a.backup", data).close()


def test_only_its_owner_can_read_a_backup(tmp_path: Path) -> None:
    source = Database.embedded_at(tmp_path / "source" / "boucle.sqlite3")
    schema.prepare(source)
    a_world(source)
    backup.make(source, tmp_path / "a.backup", now_ms=NOW)
    source.close()
    assert (tmp_path / "a.backup").stat().st_mode & 0o077 == 0


def test_a_backup_taken_while_somebody_writes_is_one_state(database: Database, tmp_path: Path) -> None:
    org = an_org(database)
    stop = threading.Event()

    def write() -> None:
        at = 0
        while not stop.is_set():
            with database.writing(org) as connection:
                eventlog.append(connection, org, some_entries(at, 20))
            at += 20

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(3):
            backup.make(database, tmp_path / f"{n}.backup", now_ms=NOW)
    finally:
        stop.set()
        writer.join()
    sizes = []
    for n in range(3):
        new = restored(tmp_path / f"{n}.backup", tmp_path / str(n))
        with new.reading() as connection:
            query = sa.select(sa.func.count()).select_from(LEAF).where(LEAF.c.generation == 1)
            sizes.append(connection.execute(query).scalar_one())
            assert soundness.contradictions(connection, org) == []
        new.close()
    assert sizes == sorted(sizes)
    assert {size % 20 for size in sizes} == {2}  # whole batches, and the two keys


@pytest.mark.parametrize("place", [0, 20, 100, 5_000, -1])
def test_one_changed_byte_anywhere_is_found_and_nothing_is_restored(tmp_path: Path, place: int) -> None:
    database = Database.embedded_at(tmp_path / "data" / "boucle.sqlite3")
    schema.prepare(database)
    an_org(database)
    file = tmp_path / "a.backup"
    backup.make(database, file, now_ms=NOW)
    database.close()
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(OperatorError, match="nothing was restored"):
        container.check(file)


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b"x", lambda _: b""])
def test_a_backup_that_was_cut_or_lengthened_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    database = Database.embedded_at(tmp_path / "data" / "boucle.sqlite3")
    schema.prepare(database)
    an_org(database)
    file = tmp_path / "a.backup"
    backup.make(database, file, now_ms=NOW)
    database.close()
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(OperatorError, match="nothing was restored"):
        container.check(file)


def test_no_backup_is_made_of_a_log_that_contradicts_itself(database: Database, tmp_path: Path) -> None:
    a_world(database)
    with database.writing() as connection:
        connection.execute(sa.update(LEAF).where(LEAF.c.idx == 5).values(hash=b"x" * 32))
    with pytest.raises(OperatorError, match="contradicts"):
        backup.make(database, tmp_path / "a.backup", now_ms=NOW)
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == []


@pytest.mark.postgres
def test_a_backup_of_either_database_is_restored_into_postgresql_which_numbers_on(
    database: Database, tmp_path: Path, fresh_postgres: Callable[[], str]
) -> None:
    a_world(database)
    backup.make(database, tmp_path / "a.backup", now_ms=NOW)
    settings = Settings.model_validate({"data": tmp_path / "p", "database_url": fresh_postgres()})
    restore._into_database(tmp_path / "a.backup", settings, None, NOW)
    new = Database.open(settings)
    assert not schema.prepare(new).stale
    assert {row for row in rows(new, LEAF) if row[1] == 1} == set(rows(database, LEAF))
    assert len(rows(new, CHECKPOINT)) == 4
    for table in (PERSON, DEVICE, ORG_KEY, TOKEN):
        assert set(rows(new, table)) == set(rows(database, table)), table.name
    record = {"org": "acme", "id": "e", "variant": 0, "hash": "h", "dev": "d", "epoch": "e", "seq": 1}
    record |= {"kind": "k", "subject": "s", "payload": b"", "teff": 1, "tq": 0, "salt": b"", "generation": 2}
    record |= {"leaf": 9, "status": "accepted", "reason": "", "received_ms": 1}
    with new.writing() as connection:
        connection.execute(sa.insert(RECORD).values(**record))
    with pytest.raises(OperatorError, match="empty"):
        restore._into_database(tmp_path / "a.backup", settings, None, NOW)
    new.close()
