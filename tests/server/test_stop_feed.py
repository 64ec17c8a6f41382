"""What phones are told of stops, where several organisations share a server: each its own stops, and no other's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from boucle.push import Push, seal_body
from boucle_server import organisations, pulls, rebuild
from boucle_server.db import Database
from boucle_server.ingest import ingest
from boucle_server.tables import DEVICE
from tests.builders import DAY, ORG, START_MS
from tests.server.handset import LATER, NETWORK_MS, Handset, a_network, signing_key

OTHER = "o-voisine"
STOP = "R-1#a"


def a_neighbour(database: Database) -> None:
    """Let another organisation into the same database, with a phone of the same name."""
    with database.writing(OTHER) as connection:
        organisations.create(connection, org=OTHER, name="Voisine", origin_host="t.example", now_ms=NETWORK_MS)
        phone = {"dev": "d-un", "name": "d-un", "role": "driver", "site": "", "status": "active"}
        key = {"public_key": signing_key("d-un").public, "enrolled_ms": NETWORK_MS}
        connection.execute(sa.insert(DEVICE).values(org=OTHER, **phone, **key))


def sent(database: Database, org: str, phone: Handset) -> None:
    """Send what a phone recorded to an organisation."""
    push: Push = replace(phone.push(), org=org, seal=b"")
    push = replace(push, seal=phone.key.sign(seal_body(push)))
    with database.writing(org) as connection:
        assert [each.why for each in ingest(connection, push, now_ms=LATER).results if each.why] == []


def told(database: Database, org: str, *, now_ms: int = START_MS + DAY) -> Mapping[str, Any]:
    """Give the rows of stops that a phone of an organisation pulls, from the beginning, a few at a time."""
    found: dict[str, Any] = {}
    cursor, more = 0, True
    while more:
        with database.reading() as connection:
            page = pulls.page(connection, org, "d-un", cursor=cursor, limit=2, now_ms=now_ms)
        found |= {row["key"]: row["row"] for row in page.rows if row["table"] == "stop"}
        cursor, more = page.next, page.more
    return found


def test_a_phone_is_told_the_stops_of_its_own_organisation_even_where_ids_and_tasks_are_the_same(
    database: Database,
) -> None:
    a_network(database)
    a_neighbour(database)
    quantities = {ORG: (3, 4, 5), OTHER: (30, 40)}
    phones = {org: Handset() for org in quantities}  # two devices of one seed give their events the same ids
    for org, phone in phones.items():
        for qty in quantities[org]:
            phone.scan("item.collected", item_type="bac", qty=qty, place="mulhouse", task=STOP, org=org)
        sent(database, org, phone)
    for org, expected in quantities.items():
        rows = told(database, org)
        assert sorted(row["qty"] for row in rows.values()) == sorted(expected), org
        assert {row["task"] for row in rows.values()} == {STOP}
    assert told(database, OTHER).keys() < told(database, ORG).keys()
    last = max(told(database, ORG).items(), key=lambda pair: pair[1]["order"])[0]
    phones[ORG].scan("event.voided", item_type="bac", body={"target": last})
    sent(database, ORG, phones[ORG])
    assert [row["qty"] for row in told(database, OTHER).values() if "gone" in row] == []
    before = {org: told(database, org) for org in quantities}
    for org in quantities:
        with database.writing(org) as connection:
            rebuild.rebuild(connection, org, now_ms=START_MS + DAY)
    assert {org: told(database, org) for org in quantities} == before
    assert told(database, ORG, now_ms=START_MS + 30 * DAY) == {}
