"""A small year in a database: a few crates and some film on the move, recorded through the one door."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.events import Event
from boucle.facts import Cells
from boucle.ids import uuid7
from boucle.replay import World, replay
from boucle_server import ingest
from boucle_server.db import Database
from boucle_server.projections import event_of
from boucle_server.server_device import Draft
from boucle_server.tables import RECORD
from tests.builders import DAY, LANES, SITES, START_MS, TYPES, code
from tests.server.people import an_org

CRATES = 14
DAYS = 100
NOW = START_MS + 170 * DAY
"""Of whoever asks: 20 June 2026."""


def a_small_year(database: Database, org: str = "acme", *, crates: int = CRATES, seed: int = 3) -> str:
    """Make an organisation with a history of a hundred days."""
    an_org(database, org)
    record(database, org, [*_network(), *_moves(crates, Random(seed))])
    return org


def record(database: Database, org: str, drafts: list[Draft], *, now_ms: int = NOW) -> None:
    """Record drafts as one submission of the server's own device, under the same ids each time."""
    drafts = [
        replace(each, id=uuid7(now_ms, Random(f"{number} {each.kind} {each.claimed_ms} {each.fields}").randbytes))
        for number, each in enumerate(drafts)
    ]
    with database.writing(org) as connection:
        results = ingest.accept_own(connection, org, drafts, actor="p-test", now_ms=now_ms)
    refused = {(result.status, result.why) for result in results} - {("accepted", "")}
    assert refused == set()


def draft(kind: str, subject: str = "", /, *, at: float, **fields: Any) -> Draft:
    """Say what happened `at` days after the start."""
    if subject:
        fields["code"] = subject
    return Draft(kind=kind, fields=fields, claimed_ms=START_MS + round(at * DAY))


def events_in(connection: Connection, org: str) -> list[Event]:
    """Give every accepted event."""
    columns = (RECORD.c.payload, RECORD.c.teff, RECORD.c.tq)
    query = sa.select(*columns).where(RECORD.c.org == org, RECORD.c.status == "accepted")
    return [event_of(payload, teff, tq) for payload, teff, tq in connection.execute(query)]


def world_of(database: Database, org: str) -> World:
    """Replay all that was recorded."""
    with database.reading() as connection:
        return replay(events_in(connection, org))


def cells_of(database: Database, org: str) -> Cells:
    """Give the cells as the replay makes them."""
    return world_of(database, org).cells


def _network() -> Iterator[Draft]:
    loops = {"alsace": {"name": "Alsace"}, "lorraine": {"name": "Lorraine"}}
    partners = {"rhin": {"name": "Rhin Plasturgie"}, "nancy": {"name": "Nancy Électronique"}}
    tables = {"site": SITES, "item_type": TYPES, "lane": LANES, "loop": loops, "partner": partners}
    for table, rows in tables.items():
        for key, row in rows.items():
            yield draft("reference.set", at=-1, body={"table": table, "key": key, "valid_from": 0, "row": row})


def _moves(crates: int, random: Random) -> Iterator[Draft]:
    hub = {"place": "strasbourg"}
    for number in range(crates):
        kind = "roll" if number % 4 == 0 else "bac"
        yield draft("item.commissioned", code(number), at=0, body={"type": kind, "opening_uses": number % 3}, **hub)
        yield from _life(code(number), random)
    for day in range(3, DAYS, 9):
        film: dict[str, Any] = {"item_type": "film", "qty": 10 + day}
        yield draft("item.shipped", at=day, body={"to": "nancy"}, **film, **hub)
        yield draft("item.received", at=day + 5, body={"from": "nancy", "mass_g": 2_000 + day}, **film, **hub)
    yield draft("item.collected", at=50, item_type="bac", qty=4, place="mulhouse", task="passage")
    yield draft("item.retired", at=60, item_type="film", qty=30, **hub)
    yield draft("item.treated", at=70, item_type="film", qty=20, body={"code": "R3", "mode": "recycling"}, **hub)


def _life(crate: str, random: Random) -> Iterator[Draft]:
    hub: dict[str, Any] = {"place": "strasbourg"}
    day = 1 + random.random()
    while day < DAYS:
        to = random.choice(("mulhouse", "nancy"))
        yield draft("item.shipped", crate, at=day, body={"to": to}, **hub)
        if random.random() < 0.6:
            yield draft("item.delivered", crate, at=day + 0.2, place=to)
        day += 4 + 20 * random.random()
        fate = random.random()
        if fate < 0.08:
            yield draft("item.written_off", crate, at=day + 40, **hub)
            return
        if fate < 0.7:
            yield draft("item.collected", crate, at=day, place=to)
            yield draft("item.received", crate, at=day + 0.3, body={"mass_g": 2_050}, **hub)
        elif fate < 0.92:
            yield draft("item.received", crate, at=day, **hub)
        day += 1 + 3 * random.random()
    if random.random() < 0.3:
        yield draft("item.retired", crate, at=day + 1, body={"code": "R4"}, **hub)
