"""What the screens show in tests: a server with crates, people and places with long names, and a phone that met it."""

import json
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any

from boucle.codes import Kind, mint
from boucle.ids import uuid7
from boucle.pin import hash_pin
from boucle_field import driving
from boucle_field.identity import Identity
from boucle_field.mirror import Mirror
from boucle_field.outbox import Draft
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.store import Store, put
from boucle_field.sync import sync
from tests.builders import START_MS, Device, code
from tests.world import Net, SimServer, World, drive, phone_of

CRATES = 24
"""Crates 1 to 20 stand at Mulhouse, the rest at home."""
NOBODY = "http://127.0.0.1:9"
"""Where no server is."""
BADGE = mint(Kind.BADGE, Random(5).randbytes)
MULHOUSE = mint(Kind.PLACE, Random(6).randbytes)
STRASBOURG = mint(Kind.PLACE, Random(7).randbytes)
PIN = "4711"
FOLD = "plier avant de charger"
HINTS = {
    "address": "12 rue du Port, 68100 Mulhouse",
    "access": "portail B, badge à demander à la loge",
    "reminder": "bacs vides et empilés par huit",
}
LONG_SITE = "Établissements Kieffer-Schlumberger & Fils, Charleville-Mézières"
LONG_NAME = "Jean-Baptiste Kieffer-Schlumberger"
LONG_TYPE = "Caisse-palette pliable 1200×1000 à semelles"


def stocked_server(world: World) -> SimServer:
    """Give a server that knows the network and the crates."""
    server = SimServer(world)
    told = Device(dev="d-serveur", epoch="00000000000000f1", random=Random(98), now_ms=START_MS)
    rows = [
        ("site", "mulhouse", {"name": "Rhin Plasturgie", "partner": "rhin", "code": MULHOUSE.text, **HINTS}),
        ("site", "strasbourg", {"name": "Strasbourg", "role": "hub", "code": STRASBOURG.text}),
        ("site", "charleville", {"name": LONG_SITE, "partner": "kieffer"}),
        ("item_type", "palette", {"name": LONG_TYPE, "material": "plastique", "tare_g": 48_000, "reminder": FOLD}),
    ]
    server._learn(
        [
            told.event("reference.set", "", body={"table": table, "key": key, "valid_from": 0, "row": row})
            for table, key, row in rows
        ]
    )
    office = phone_of(server, "d-bureau")
    for number in range(1, CRATES + 1):
        kind = "palette" if number > CRATES - 2 else "bac"
        office.desk.record(Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": kind}))
    for number in range(1, 21):
        office.desk.record(Draft(kind="item.shipped", code=code(number), place="strasbourg", body={"to": "mulhouse"}))
        office.desk.record(Draft(kind="item.delivered", code=code(number), place="mulhouse"))
    assert drive(sync(office), Net(server=server, random=Random(7)), "d-bureau") is not None
    return server


def staff(server: SimServer) -> None:
    """Give the server two people, one with a badge."""
    pin = hash_pin(PIN, Random(1).randbytes)
    driver = {"badge": "", "role": "driver", "site": "", "pin": pin}
    server.add_person("p-karim", {**driver, "name": "Karim", "badge": BADGE.text})
    server.add_person("p-jean", {**driver, "name": LONG_NAME})


def plan_today(
    phone: Phone, key: str = "T-1", *, pieces: bool = False, closes: str = "10:30", person: str = ""
) -> None:
    """Let a round of today come down to a phone: Mulhouse, then a place with a long name where nothing is known.

    With `pieces` it takes cardboard sheets at both, which carry no labels; `person` is who it is given to.
    """
    stops: list[dict[str, Any]] = [
        {
            "id": "a",
            "place": "mulhouse",
            "collect": {"bac": 20, "palette": 2},
            "deliver": {"bac": 4},
            "opens": "08:00",
            "closes": closes,
            "note": "Quai 3, sonner à l’interphone.",
        },
        {"id": "b", "place": "charleville", "collect": {"palette": 1_200}, "opens": "11:00"},
    ]
    if pieces:
        stops[0]["collect"], stops[1]["collect"] = {"film": 40}, {"film": 30}
    day = driving.today(phone).isoformat()
    row = {"day": day, "name": "Sud Alsace", "home": "strasbourg", "person": person, "stops": stops}
    told = Device(dev="d-serveur", epoch="00000000000000f3", random=Random(97), now_ms=START_MS)
    event = told.event("reference.set", "", body={"table": "round", "key": key, "valid_from": 0, "row": row})
    version = {"valid_from": 0, "row": row, "id": event.id}
    cursor = int(phone.mirror.cursor) + 1
    rows = [{"n": cursor, "table": "round", "key": key, "row": [version]}]
    page = Page.read({"rows": rows, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)


def opens_on(phone: Phone, place: str, hours: str) -> None:
    """Let the row of a place come down that says when it is open."""
    told = Device(dev="d-serveur", epoch="00000000000000f5", random=Random(96), now_ms=START_MS)
    row = {**(phone.mirror.book().row("site", place, phone.desk.now_ms()) or {}), "hours": hours}
    event = told.event("reference.set", "", body={"table": "site", "key": place, "valid_from": 0, "row": row})
    cursor = int(phone.mirror.cursor) + 1
    version = {"valid_from": 0, "row": row, "id": event.id}
    rows = [{"n": cursor, "table": "site", "key": place, "row": [version]}]
    page = Page.read({"rows": rows, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)


def done_elsewhere(phone: Phone, *, office: bool = True, validates: bool = True, before_ms: int = 20 * 60_000) -> None:
    """Let the server tell a phone that others took five crates at its first stop so long ago, and validated it."""
    of = driving.rounds_of_today(phone)[0]
    at_ms = phone.desk.now_ms() - before_ms
    told: list[dict[str, Any]] = [{"kind": "item.collected", "code": code(number)} for number in range(11, 16)]
    if validates:
        counts = {"collect:bac": {"expected": 20, "scanned": 5, "declared": 0}}
        told.append({"kind": "stop.validated", "body": {"ending": "done", "version": 1, "counts": counts}})
    cursor = int(phone.mirror.cursor) + 1
    side = {"office": True} if office else {}
    rows = [
        {
            "n": cursor,
            "table": "stop",
            "key": uuid7(at_ms + seq, phone.randomness),
            "row": {
                "task": of.task(of.stops[0]),
                "order": [at_ms + seq, "d-autre", "00000000000000f4", seq],
                **row,
                **side,
            },
        }
        for seq, row in enumerate(told, 1)
    ]
    page = Page.read({"rows": rows, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)


def enrolled(directory: Path, server: SimServer, *, at: str = NOBODY) -> None:
    """Make a data directory that belongs to an enrolled device which pulled once."""
    with closing(Store.open(directory)) as store:
        server.invite(store, "d-un")
        identity = replace(Identity.of(store), server=at, name="Camion 1")
        with store.writing() as db:
            put(db, "identity", json.dumps(asdict(identity), sort_keys=True))
        pulled = Page.read(server.pull(0, 1000).json())
        assert pulled is not None
        Mirror(store).apply(pulled)
