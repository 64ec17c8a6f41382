"""A bench in tests: parts with prices, checklists of a type, a device of the workshop, people who work there."""

import json
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any

from boucle.checklists import Asks, Checklist, Choice, Moment, Step
from boucle.pin import hash_pin
from boucle_field.identity import Identity
from boucle_field.outbox import Draft
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.store import Store, put
from tests.builders import START_MS, Device, code
from tests.screens.stock import LONG_NAME, PIN, enrolled
from tests.world import SimServer

PUMP, HOST, SPARE, FRESH = 40, 23, 41, 42
"""A used pump with a label, what is repaired, a pump that was never requalified, a label on nothing yet."""
INES, HUGO = "Inès", "Hugo"
_BOTH = ("bac", "palette", "moteur")

ENTRY = Checklist(
    key="entree",
    moment=Moment.ENTRY,
    words={"fr": "Contrôle d’entrée", "en": "Entry control"},
    types=_BOTH,
    steps=(
        Step(id="complet", words={"fr": "Complet", "en": "Complete"}, blocking=True),
        Step(id="propre", words={"fr": "Propre", "en": "Clean"}),
    ),
)
TEST = Checklist(
    key="essai",
    moment=Moment.TEST,
    words={"fr": "Essais électriques et mécaniques", "en": "Electrical and mechanical tests"},
    types=_BOTH,
    steps=(
        Step(
            id="isolement",
            asks=Asks.MEASURE,
            words={"fr": "Résistance d’isolement entre phases et masse", "en": "Insulation between phases and ground"},
            blocking=True,
            unit="kohm",
            low=1_000,
        ),
        Step(
            id="aspect",
            asks=Asks.CHOICE,
            words={"fr": "Aspect", "en": "Looks"},
            blocking=True,
            photo=True,
            choices=(
                Choice(id="1", words={"fr": "intact", "en": "intact"}),
                Choice(id="2", words={"fr": "fendu", "en": "split"}, passes=False),
            ),
        ),
    ),
)
QUALITY = Checklist(
    key="qualite",
    moment=Moment.QUALITY,
    words={"fr": "Contrôle qualité", "en": "Quality control"},
    types=_BOTH,
    steps=(Step(id="tient", words={"fr": "Tient la charge", "en": "Holds its load"}, blocking=True),),
)
CONTROL = Checklist(
    key="controle",
    moment=Moment.CONTROL,
    words={"fr": "Contrôle au retour", "en": "Control on return"},
    types=("bac",),
    steps=(
        Step(id="fond", words={"fr": "Fond intact", "en": "Bottom intact"}, blocking=True),
        Step(
            id="creux",
            asks=Asks.MEASURE,
            words={"fr": "Flèche du fond", "en": "Sag of the bottom"},
            blocking=True,
            unit="um",
            high=3_000,
        ),
        Step(id="odeur", words={"fr": "Sans odeur", "en": "Without smell"}),
    ),
)
TYPES: dict[str, dict[str, Any]] = {
    "pompe": {
        "name": "Pompe de relevage",
        "material": "acier",
        "tare_g": 3_500,
        "nature": "part",
        "price_cents": 8_600,
    },
    "joint": {
        "name": "Joint à lèvre 40×62×10 en caoutchouc nitrile",
        "tare_g": 40,
        "nature": "part",
        "price_cents": 450,
    },
    "moteur": {"name": "Moteur 1,5 kW", "tare_g": 14_000, "nature": "product", "price_cents": 42_000},
}


def describe_bench(phone: Phone, *lists: Checklist) -> None:
    """Let the types and checklists of the workshop come down to a phone."""
    rows: list[tuple[str, str, int, dict[str, Any]]] = [("item_type", key, 0, row) for key, row in TYPES.items()]
    rows += [("checklist", each.key, each.valid_from, each.row) for each in lists or (ENTRY, TEST, QUALITY)]
    told = Device(dev="d-serveur", epoch="00000000000000f4", random=Random(96), now_ms=START_MS)
    cursor = int(phone.mirror.cursor)
    pulled = []
    for table, key, start, row in rows:
        cursor += 1
        body = {"table": table, "key": key, "valid_from": start, "row": row}
        event = told.event("reference.set", "", body=body)
        pulled.append(
            {"n": cursor, "table": table, "key": key, "row": [{"valid_from": start, "row": row, "id": event.id}]}
        )
    page = Page.read({"rows": pulled, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)


def ask_qualified(phone: Phone, acts: str, **until: str) -> None:
    """Let it come down what asks for a qualification, and until when who of the workshop holds it."""
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("qualification", "final", {"name": "Contrôle final", "acts": acts}),
        *(("qualified", f"p-{person}>final", {"until": day}) for person, day in until.items()),
    ]
    cursor = int(phone.mirror.cursor)
    pulled = [
        {"n": cursor + at, "table": table, "key": key, "row": [{"valid_from": 0, "row": row, "id": f"0198a000-{at}"}]}
        for at, (table, key, row) in enumerate(rows, 1)
    ]
    page = Page.read({"rows": pulled, "next": cursor + len(rows), "more": False})
    assert page is not None
    phone.mirror.apply(page)


def shelve_parts(phone: Phone) -> None:
    """Put two used pumps on the shelf: one that was requalified, one that was not."""
    desk = phone.desk
    for number in (PUMP, SPARE):
        body = {"type": "pompe", "origin": "recovered"}
        desk.record(Draft(kind="item.commissioned", code=code(number), place="strasbourg", other=code(90), body=body))
    acts: list[tuple[str, dict[str, Any]]] = [
        ("work.opened", {}),
        ("work.repaired", {}),
        ("work.tested", {"passed": True}),
        ("work.requalified", {"certificate": "CR-1"}),
    ]
    for kind, body in acts:
        # No one in particular: an act of nobody is nobody's own work.
        desk.outbox.record(Draft(kind=kind, code=code(PUMP), place="strasbourg", task="T-P", body=body))


def bench_staff(server: SimServer) -> None:
    """Give the server a technician and an inspector."""
    pin = hash_pin(PIN, Random(2).randbytes)
    row = {"badge": "", "site": "", "pin": pin}
    server.add_person("p-ines", {**row, "name": INES, "role": "technician"})
    server.add_person("p-hugo", {**row, "name": HUGO, "role": "inspector"})
    server.add_person("p-long", {**row, "name": LONG_NAME, "role": "technician"})


def workshop_device(directory: Path, server: SimServer, role: str = "technician") -> None:
    """Make a data directory of a device of the workshop."""
    enrolled(directory, server)
    with closing(Store.open(directory)) as store:
        identity = replace(Identity.of(store), role=role, name="Établi 2")
        with store.writing() as db:
            put(db, "identity", json.dumps(asdict(identity), sort_keys=True))


def stated(phone: Phone, table: str, key: str, row: dict[str, Any]) -> None:
    """Let a row of reference data come down to a phone."""
    told = Device(dev="d-serveur", epoch="00000000000000f5", random=Random(int(phone.mirror.cursor)), now_ms=START_MS)
    event = told.event("reference.set", "", body={"table": table, "key": key, "valid_from": 1, "row": row})
    version = {"valid_from": 1, "row": row, "id": event.id}
    cursor = int(phone.mirror.cursor) + 1
    rows = [{"n": cursor, "table": table, "key": key, "row": [version]}]
    page = Page.read({"rows": rows, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)
