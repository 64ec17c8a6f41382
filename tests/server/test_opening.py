"""Opening a database for use after an upgrade that changed what the read tables hold."""

import threading
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from boucle.events import Event
from boucle_server import decisions, projections, read_tables, rebuild, schema, verify
from boucle_server.db import Database
from boucle_server.opening import make_ready
from boucle_server.read_tables import READ_META
from boucle_server.tables import CHANGE, RECORD, STATUS_CHANGE
from tests.builders import ORG, code
from tests.server.figures_world import NOW, a_small_year
from tests.server.handset import LATER, Handset, a_network, taken
from tests.server.people import an_org


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in read_tables.METADATA.sorted_tables
        }


def test_read_tables_of_an_older_version_are_filled_for_every_organisation(database: Database) -> None:
    a_small_year(database, crates=3)
    a_small_year(database, "other", crates=2, seed=5)
    before = rows(database)
    assert len(before["item"]) == 5
    with database.writing() as connection:
        connection.execute(sa.update(READ_META).values(definition_hash="older"))
    opened = make_ready(database, now_ms=NOW)
    assert (opened.stale, rows(database)["item"]) == (False, before["item"])
    with database.reading() as connection:
        assert list(rebuild.differences(connection, "acme")) == []
        assert not schema.is_stale(connection)


def test_of_several_that_open_at_once_each_finds_them_filled(database: Database) -> None:
    a_small_year(database, crates=2)
    before = rows(database)["cell"]
    with database.writing() as connection:
        connection.execute(sa.update(READ_META).values(definition_hash="older"))
    start, stale = threading.Barrier(3), list[bool]()

    def open_it() -> None:
        start.wait()
        stale.append(make_ready(database, now_ms=NOW).stale)

    threads = [threading.Thread(target=open_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (stale, rows(database)["cell"]) == ([False] * 3, before)


def test_an_empty_database_is_ready_at_once(empty_database: Database) -> None:
    opened = make_ready(empty_database, now_ms=NOW)
    assert (opened.migrated, opened.stale) == (True, False)
    an_org(empty_database)
    assert not make_ready(empty_database, now_ms=NOW).migrated


def test_events_that_an_older_version_held_take_effect_when_a_newer_one_opens(database: Database) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="strasbourg", body={"type": "bac"})
    phone.scan("item.shipped", code(1), place="strasbourg", body={"to": "mulhouse"})
    taken(database, phone.push())
    with database.writing(ORG) as connection:
        # As the version before `item.shipped` was known would have left it.
        shipped = sa.update(RECORD).where(RECORD.c.kind == "item.shipped/1")
        connection.execute(shipped.values(status="held"))
        rebuild.rebuild(connection, ORG, now_ms=LATER)
        assert connection.execute(sa.select(read_tables.ITEM.c.stage)).scalar_one() == "available"
    for _ in range(2):
        make_ready(database, now_ms=LATER)
    with database.reading() as connection:
        assert connection.execute(sa.select(read_tables.ITEM.c.stage)).scalar_one() == "outbound"
        changes = connection.execute(sa.select(STATUS_CHANGE.c.status, STATUS_CHANGE.c.by_event)).all()
        assert [tuple(row) for row in changes] == [("accepted", "upgrade")]
        assert list(rebuild.differences(connection, ORG)) == []
        assert list(verify.faults(connection, ORG)) == []
        last = connection.execute(sa.select(CHANGE.c.tbl).order_by(CHANGE.c.n.desc()).limit(1)).scalar_one()
        assert last == "item"


def test_an_event_whose_release_fails_stays_held_and_stops_neither_the_others_nor_the_server(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    a_network(database)
    phone = Handset()
    for number in (1, 2, 3):
        phone.scan("item.commissioned", code(number), place="strasbourg", body={"type": "bac"})
    bad = taken(database, phone.push()).results[1].id
    with database.writing(ORG) as connection:
        connection.execute(sa.update(RECORD).where(RECORD.c.dev == "d-un").values(status="held"))
        rebuild.rebuild(connection, ORG, now_ms=LATER)
    sound = projections.take_effect

    def failing(connection: sa.Connection, org: str, events: Sequence[Event]) -> projections.Feed:
        feed = sound(connection, org, events)
        if any(event.id == bad for event in events):
            raise RuntimeError("a bug of the new version")
        return feed

    monkeypatch.setattr(projections, "take_effect", failing)
    make_ready(database, now_ms=LATER)
    with database.reading() as connection:
        kept = dict(connection.execute(sa.select(RECORD.c.id, RECORD.c.status).where(RECORD.c.dev == "d-un")).all())
        assert decisions.still_held(connection, ORG) == [bad]
        assert list(rebuild.differences(connection, ORG)) == []
    assert sorted(kept.values()) == ["accepted", "accepted", "held"]
    assert kept[bad] == "held"
    assert any(bad in record.message for record in caplog.records)
    monkeypatch.undo()
    make_ready(database, now_ms=LATER)
    with database.reading() as connection:
        assert decisions.still_held(connection, ORG) == []
