"""The definition of a database: migrations, read tables, and that both databases agree with the models."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import ReflectedIndex

from boucle_server import read_tables, tables
from boucle_server.db import Database
from boucle_server.errors import DatabaseUnusableError
from boucle_server.read_tables import READ_META
from boucle_server.schema import HEAD, alembic_config, is_stale, mark_filled, prepare


def _texts(index: ReflectedIndex) -> dict[str, str]:
    """Give what only one database says of an index; a condition as its text."""
    return {name: str(value) for name, value in index.get("dialect_options", {}).items()}


def a_company(connection: Connection) -> None:
    values = {"org": "acme", "name": "Acme", "zone": "Europe/Paris", "origin": "t.example/acme"}
    connection.execute(sa.insert(tables.ORG).values(**values, generation=1, demo=False, created_ms=7))


def definition(connection: Connection, metadata: sa.MetaData) -> dict[str, object]:
    """Give all that the database itself says about the tables of `metadata`."""
    inspector = sa.inspect(connection)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
            inspector.get_pk_constraint(name),
            sorted(map(repr, inspector.get_unique_constraints(name))),
            sorted(map(repr, inspector.get_check_constraints(name))),
            sorted(map(repr, inspector.get_foreign_keys(name))),
            sorted(repr({**index, "dialect_options": _texts(index)}) for index in inspector.get_indexes(name)),
        )
        for name in metadata.tables
    }


def test_the_migrations_lead_to_exactly_the_models(database: Database) -> None:
    with database.writing() as connection:
        command.check(alembic_config(connection))
        migrated = definition(connection, tables.METADATA)
        tables.METADATA.drop_all(connection)
        tables.METADATA.create_all(connection)
        assert definition(connection, tables.METADATA) == migrated


def test_every_whole_number_of_the_truth_has_64_bits(database: Database) -> None:
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        narrow = [
            f"{name}.{column['name']}"
            for name in [*tables.METADATA.tables, *read_tables.METADATA.tables]
            for column in inspector.get_columns(name)
            if str(column["type"]) in {"INTEGER", "SMALLINT"}
        ]
    # A quality is 0, 1 or 2; SQLite's INTEGER has 64 bits and is the only type that it numbers by itself.
    serials = ["raw.rid", "record.rid", "seal.sid", "status_change.cid"] if database.embedded else []
    assert sorted(narrow) == sorted(["raw.tq", "record.tq", *serials])


def test_the_head_named_in_the_code_is_the_newest_script(database: Database) -> None:
    with database.reading() as connection:
        assert ScriptDirectory.from_config(alembic_config(connection)).get_current_head() == HEAD


def test_preparing_twice_changes_nothing(empty_database: Database) -> None:
    first = prepare(empty_database)
    second = prepare(empty_database)
    assert (first.migrated, first.stale) == (True, False)
    assert (second.migrated, second.stale) == (False, False)


def test_read_tables_of_another_definition_are_remade_empty_and_the_truth_is_kept(database: Database) -> None:
    with database.writing() as connection:
        a_company(connection)
        connection.execute(sa.insert(read_tables.BINDING).values(org="acme", code="C/1", item="i", claim="e", via=""))
        mark_filled(connection, 11)
        connection.execute(sa.update(READ_META).values(definition_hash="of an older version"))
    assert prepare(database).stale
    with database.writing() as connection:
        assert connection.execute(sa.select(read_tables.BINDING)).all() == []
        assert connection.execute(sa.select(tables.ORG.c.org)).scalars().all() == ["acme"]
        mark_filled(connection, 13)
        assert not is_stale(connection)
    assert not prepare(database).stale


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(database: Database) -> None:
    with database.writing() as connection:
        a_company(connection)
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusableError, match="9999"):
        prepare(database)
    with database.reading() as connection:
        assert connection.execute(sa.select(tables.ORG.c.org)).scalars().all() == ["acme"]


def test_key_texts_compare_by_bytes(database: Database) -> None:
    names = ["a", "B", "é", "Z", "_", "0"]
    with database.writing() as connection:
        rows = [{"org": "acme", "code": name, "item": "i", "claim": "e", "via": ""} for name in names]
        connection.execute(sa.insert(read_tables.BINDING), rows)
        column = read_tables.BINDING.c.code
        found = list(connection.execute(sa.select(column).order_by(column)).scalars())
    assert found == sorted(names, key=str.encode)


def test_a_status_that_does_not_exist_cannot_be_stored(database: Database) -> None:
    values = {"org": "acme", "name": "", "role": "", "site": "", "public_key": b"", "enrolled_ms": 1}
    stolen = sa.insert(tables.DEVICE).values(**values, dev="d", status="stolen")
    with database.writing() as connection:
        a_company(connection)
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.execute(stolen)


def test_bytes_that_the_first_version_kept_get_their_size(empty_database: Database) -> None:
    with empty_database.writing() as connection:
        command.upgrade(alembic_config(connection), "0001")
        kept = {"org": "acme", "dev": "d-1", "content": b"12345", "hash": "h", "reason": "raw", "epoch": "", "seq": 0}
        place = {"salt": b"s" * 16, "received_ms": 7, "generation": 1, "leaf": 3}
        columns = ", ".join(kept | place)
        marks = ", ".join(f":{name}" for name in kept | place)
        connection.execute(sa.text(f"INSERT INTO raw ({columns}) VALUES ({marks})"), kept | place)
    assert prepare(empty_database).migrated
    with empty_database.reading() as connection:
        row = connection.execute(sa.select(tables.RAW)).one()
    assert (row.size, bytes(row.content), row.leaf) == (5, b"12345", 3)
