"""The feed of changes: it forgets what later changes have overtaken, and no phone misses a row by it."""

import json

import sqlalchemy as sa

from boucle_server import feed, pulls, rebuild
from boucle_server.db import Database
from boucle_server.tables import CHANGE
from tests.builders import DAY, ORG, START_MS, code
from tests.server.handset import Handset, a_network, taken


def pulled(database: Database, cursor: int, limit: int = 500) -> pulls.Pulled:
    with database.reading() as connection:
        return pulls.page(connection, ORG, "d-un", cursor=cursor, limit=limit, now_ms=START_MS + DAY)


def test_a_phone_that_begins_where_all_there_is_to_read_is_old_is_not_told_to_ask_again_for_ever(
    database: Database,
) -> None:
    a_network(database, reference=False)
    phone = Handset()
    phone.scan("item.collected", item_type="bac", qty=3, place="mulhouse", task="R-1#a")
    taken(database, phone.push())
    with database.reading() as connection:
        page = pulls.page(connection, ORG, "d-un", cursor=0, limit=500, now_ms=START_MS + 30 * DAY)
    assert [row["table"] for row in page.rows] == ["org"]
    assert feed_rows(database) != []
    assert page.next > 0
    assert not page.more


def feed_rows(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        return [(row.tbl, row.key) for row in connection.execute(sa.select(CHANGE).order_by(CHANGE.c.n))]


def test_a_compacted_feed_names_each_row_once_and_gives_the_same_rows(database: Database) -> None:
    a_network(database)
    phone = Handset()
    for _ in range(4):
        for number in range(3):
            phone.scan("item.counted", code(number), place="metz")
        taken(database, phone.push())
    before = pulled(database, 0)
    seen_half = pulled(database, 0, limit=len(feed_rows(database)) // 2)
    assert len(feed_rows(database)) > len(set(feed_rows(database)))
    with database.writing(ORG) as connection:
        assert feed.compact(connection, ORG) == 9
    assert len(feed_rows(database)) == len(set(feed_rows(database)))
    after = pulled(database, 0)
    assert (after.rows, after.next) == (before.rows, before.next)
    rest = pulled(database, seen_half.next)
    known = {(row["table"], row["key"]) for row in (*seen_half.rows, *rest.rows)}
    assert known == {(row["table"], row["key"]) for row in before.rows}
    assert rest.next == before.next


def test_compacting_an_empty_feed_of_another_organisation_changes_nothing(database: Database) -> None:
    a_network(database)
    before = feed_rows(database)
    with database.writing("other") as connection:
        assert feed.compact(connection, "other") == 0
    assert feed_rows(database) == before


def test_a_return_comes_down_with_its_counts_and_goes_when_it_was_undone(database: Database) -> None:
    a_network(database)
    phone = Handset()
    announced = phone.scan("return.announced", item_type="bac", qty=3, place="mulhouse", task="RT-1")
    taken(database, phone.push())

    def row() -> object:
        return {each["key"]: each["row"] for each in pulled(database, 0).rows if each["table"] == "return"}["RT-1"]

    assert row() == {"cells": [["2026-01", "mulhouse", "rhin", "bac", "plastique", "requested", 3]]}
    event_id = json.loads(announced.payload)["id"]
    phone.scan("event.voided", item_type="bac", body={"target": event_id})
    taken(database, phone.push())
    assert row() is None


def test_tables_made_anew_tell_phones_of_the_returns_in_them(database: Database) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("return.announced", item_type="bac", qty=3, place="mulhouse", task="RT-1")
    taken(database, phone.push())
    cursor = pulled(database, 0).next
    with database.writing(ORG) as connection:
        rebuild.rebuild(connection, ORG, now_ms=START_MS)
    assert [(each["table"], each["key"]) for each in pulled(database, cursor).rows] == [("return", "RT-1")]


def stock_rows(database: Database, cursor: int = 0) -> dict[str, object]:
    return {each["key"]: each["row"] for each in pulled(database, cursor).rows if each["table"] == "stock"}


def test_the_pieces_without_labels_of_a_site_come_down_and_labelled_items_do_not(database: Database) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    taken(database, phone.push())
    assert stock_rows(database) == {}
    phone.scan("item.commissioned", item_type="film", qty=40, place="metz")
    shipped = phone.scan("item.shipped", item_type="film", qty=15, place="metz", body={"to": "mulhouse"})
    taken(database, phone.push())
    assert stock_rows(database) == {"metz": {"pieces": {"film": 25}}}
    cursor = pulled(database, 0).next
    phone.scan("event.voided", item_type="film", body={"target": json.loads(shipped.payload)["id"]})
    taken(database, phone.push())
    assert stock_rows(database, cursor) == {"metz": {"pieces": {"film": 40}}}


def test_tables_made_anew_tell_phones_of_the_pieces_in_them(database: Database) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.commissioned", item_type="film", qty=40, place="metz")
    taken(database, phone.push())
    cursor = pulled(database, 0).next
    with database.writing(ORG) as connection:
        rebuild.rebuild(connection, ORG, now_ms=START_MS)
    assert stock_rows(database, cursor) == {"metz": {"pieces": {"film": 40}}}


def test_an_item_comes_down_with_the_serial_number_of_its_maker(database: Database) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac", "serial": "SN-1"})
    phone.scan("item.commissioned", code(2), place="metz", body={"type": "bac"})
    taken(database, phone.push())
    items = [row["row"] for row in pulled(database, 0).rows if row["table"] == "item"]
    assert [row.get("serial") for row in items] == ["SN-1", None]
