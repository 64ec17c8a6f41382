"""The definition of a database: brought up to date when a server or a command opens it.

Truth tables follow the migrations and are never dropped. Read tables are dropped and made again when their
definition changed; they are then empty, and `Prepared.stale` says that somebody has to fill them.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server import read_tables
from boucle_server.db import Database, lock_schema
from boucle_server.errors import DatabaseUnusableError
from boucle_server.read_tables import READ_META, definition_hash
from boucle_server.tables import ORG

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0008"
"""The newest migration; a test compares it with the scripts."""
_READ: Final = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What `prepare` did: `migrated` when truth tables changed, `stale` when read tables want filling."""

    migrated: bool
    stale: bool


def prepare(database: Database) -> Prepared:
    """Bring the truth tables to the newest migration and make the read tables; quick when nothing is to do.

    DatabaseUnusableError when the database was made by a newer version of Boucle.
    """
    with database.reading() as connection:
        found = revision(connection)
        if found == HEAD and definition(connection) == definition_hash():
            return Prepared(migrated=False, stale=is_stale(connection))
    with database.writing() as connection:
        lock_schema(connection)
        migrated = _migrate(connection)
        _remake_read_tables(connection)
        return Prepared(migrated=migrated, stale=is_stale(connection))


def revision(connection: Connection) -> str | None:
    """Give the migration that the database is at, None when it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version = sa.column("version_num", sa.Text())
    return connection.execute(sa.select(version).select_from(sa.table("alembic_version", version))).scalar()


def definition(connection: Connection) -> str | None:
    """Give the hash of the definition that the read tables were made with, None when they never were."""
    if not sa.inspect(connection).has_table(READ_META.name):
        return None
    query = sa.select(READ_META.c.definition_hash).where(READ_META.c.name == _READ)
    return connection.execute(query).scalar()


def is_stale(connection: Connection) -> bool:
    """Tell whether the read tables were made but not filled since."""
    query = sa.select(READ_META.c.filled_ms).where(READ_META.c.name == _READ)
    return connection.execute(query).scalar_one() is None


def mark_filled(connection: Connection, now_ms: int) -> None:
    """Note that the read tables equal the fold of the truth; in the transaction that made them so."""
    connection.execute(sa.update(READ_META).where(READ_META.c.name == _READ).values(filled_ms=now_ms))


def empty_read_tables(connection: Connection, org: str) -> None:
    """Remove an organisation's rows from every read table, so that they can be filled anew."""
    for table in read_tables.METADATA.sorted_tables:
        connection.execute(sa.delete(table).where(table.c.org == org))


def alembic_config(connection: Connection) -> "Config":
    """Give Alembic's configuration for work on an open connection."""
    from alembic.config import Config  # noqa: PLC0415  (slow to import, and seldom needed)

    # Left to itself it would print to what standard output was when the library was first imported.
    config = Config(stdout=sys.stdout)
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config


def _migrate(connection: Connection) -> bool:
    found = revision(connection)
    if found == HEAD:
        return False
    from alembic import command  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise DatabaseUnusableError("api.database_newer", found=found) from error
    return True


def _remake_read_tables(connection: Connection) -> None:
    wanted = definition_hash()
    if definition(connection) == wanted:
        return
    READ_META.metadata.create_all(connection)
    read_tables.METADATA.drop_all(connection)
    read_tables.METADATA.create_all(connection)
    # Without an organisation there are no events, and so nothing to fill from.
    empty = connection.execute(sa.select(sa.exists().where(ORG.c.org.is_not(None)))).scalar_one() is False
    connection.execute(sa.delete(READ_META).where(READ_META.c.name == _READ))
    connection.execute(sa.insert(READ_META).values(name=_READ, definition_hash=wanted, filled_ms=0 if empty else None))
