"""The read tables equal the replay of the ledger after anything that happened, and a rebuild makes them so."""

import json

import pytest
import sqlalchemy as sa

from boucle_server.db import Database
from boucle_server.read_tables import CELL, ITEM, METADATA
from boucle_server.rebuild import differences, rebuild
from tests.builders import ORG, code
from tests.server.handset import LATER, Handset, a_network, taken
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


@pytest.mark.parametrize("part", [1, 3, 2_000])
def test_a_history_replayed_in_parts_is_the_same(database: Database, part: int) -> None:
    lived(database, 4)
    with database.reading() as connection:
        assert list(differences(connection, ORG, part=part)) == []


ABSENT = "019b7824-48a7-796c-841d-19b8a2b2120e"


@pytest.mark.parametrize("part", [1, 2_000])
def test_corrections_of_an_event_that_never_came_compete_whatever_they_are_about(database: Database, part: int) -> None:
    a_network(database)
    phone = Handset()
    for number in (1, 2):
        phone.scan("item.commissioned", code(number), place="metz", body={"type": "bac"})
    for number in (1, 2):
        phone.scan("item.shipped", code(number), place="metz", corrects=ABSENT, body={"to": "nancy"})
    taken(database, phone.push())
    with database.reading() as connection:
        assert list(differences(connection, ORG, part=part)) == []
        shipped = sa.select(sa.func.sum(CELL.c.n)).where(CELL.c.cell == "month", CELL.c.measure == "dispatch")
        assert connection.execute(shipped).scalar() == 1


@pytest.mark.parametrize("part", [1, 2_000])
def test_a_void_that_names_no_subject_asks_for_a_person_in_a_rebuild_too(database: Database, part: int) -> None:
    a_network(database)
    phone = Handset()
    target = phone.device.made
    phone.scan("item.counted", code(1), place="metz")
    phone.scan("event.voided", body={"target": json.loads(target[-1])["id"]})
    taken(database, phone.push())
    before = everything(database)
    assert before["task"]
    with database.reading() as connection:
        assert list(differences(connection, ORG, part=part)) == []
    with database.writing(ORG) as connection:
        rebuild(connection, ORG, now_ms=LATER)
    assert everything(database) == before


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
