"""The read tables equal the replay of the ledger after anything that happened, and a rebuild makes them so."""

import pytest
import sqlalchemy as sa

from boucle_server.db import Database
from boucle_server.read_tables import CELL, ITEM, METADATA
from boucle_server.rebuild import differences, rebuild
from tests.builders import ORG
from tests.server.handset import LATER
from tests.server.test_exchange import lived


def everything(database: Database) -> dict[str, set[tuple[object, ...]]]:
    with database.reading() as connection:
        return {
            table.name: {tuple(row) for row in connection.execute(sa.select(table))}
            for table in METADATA.sorted_tables
            if "org" in table.c
        }


def test_what_batches_wrote_is_what_the_events_give(database: Database) -> None:
    lived(database, 3)
    with database.reading() as connection:
        assert list(differences(connection, ORG)) == []


def test_a_rebuild_gives_the_same_rows_again(database: Database) -> None:
    lived(database, 8)
    before = everything(database)
    with database.writing(ORG) as connection:
        read = rebuild(connection, ORG, now_ms=LATER)
    assert read > 40
    assert everything(database) == before


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (sa.update(CELL).values(n=CELL.c.n + 1).where(CELL.c.measure == "dispatch"), "other"),
        (sa.delete(CELL).where(CELL.c.measure == "commissioned"), "missing"),
        (sa.update(ITEM).values(stage="lost").where(ITEM.c.stage != "lost"), "other"),
        (sa.delete(ITEM).where(ITEM.c.stage != ""), "missing"),
    ],
)
def test_a_changed_row_is_named(database: Database, statement: sa.Executable, what: str) -> None:
    lived(database, 3)
    with database.writing(ORG) as connection:
        connection.execute(statement)
    with database.reading() as connection:
        found = list(differences(connection, ORG))
    assert {one.what for one in found} == {what}
    with database.writing(ORG) as connection:
        rebuild(connection, ORG, now_ms=LATER)
    with database.reading() as connection:
        assert list(differences(connection, ORG)) == []
