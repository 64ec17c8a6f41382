"""A small workshop in a database: motors, pumps and crates at every stage of a repair, through the one door."""

from random import Random
from typing import Any

from boucle.codes import Kind, mint
from boucle_server.db import Database
from boucle_server.server_device import Draft
from tests.builders import DAY, SITES, START_MS, TYPES, code
from tests.server.figures_world import draft, record
from tests.server.people import an_org

NOW = START_MS + 40 * DAY
"""Of whoever asks: 10 February 2026."""
TECHNICIAN, OTHER = "p-ana", "p-luc"
MOTOR: dict[str, Any] = {
    "name": "Moteur 4 kW",
    "material": "acier",
    "tare_g": 24_000,
    "nature": "part",
    "price_cents": 48_000,
}
PUMP: dict[str, Any] = {"name": "Pompe", "material": "acier", "tare_g": 3_500, "nature": "part", "price_cents": 8_600}
SAW: dict[str, Any] = {"name": "Scie à ruban", "material": "acier", "tare_g": 60_000, "nature": "product"}
BOOK: dict[str, Any] = {"name": "Manuel", "material": "papier", "tare_g": 400, "nature": "product", "serialised": False}


def label(number: int) -> str:
    """Give the code of a thing of this workshop by its number."""
    return mint(Kind.CONTAINER, Random(f"workshop {number}").randbytes).text


def a_workshop(database: Database, org: str = "acme") -> str:
    """Make an organisation whose workshop has something at every stage."""
    an_org(database, org)
    network(database, org)
    record(database, org, [*_tickets()], now_ms=NOW)
    return org


def network(database: Database, org: str = "acme") -> None:
    """State the sites, the partners and the types."""
    partners = {"rhin": {"name": "Rhin Plasturgie"}, "nancy": {"name": "Nancy Électronique"}}
    types = {**TYPES, "moteur": MOTOR, "pompe": PUMP, "scie": SAW, "manuel": BOOK}
    tables = {"site": SITES, "item_type": types, "partner": partners}
    stated = [
        draft("reference.set", at=-1, body={"table": table, "key": key, "valid_from": 0, "row": row})
        for table, rows in tables.items()
        for key, row in rows.items()
    ]
    record(database, org, stated, now_ms=NOW)


def act(kind: str, number: int, at: float, /, actor: str = TECHNICIAN, other: str = "", **body: Any) -> Draft:
    """Say what somebody did to a thing at the workshop."""
    fields: dict[str, Any] = {"place": "strasbourg", "task": f"OR-{number}", "body": body, "actor": actor}
    return draft(kind, label(number), at=at, **fields, **({"other": other} if other else {}))


def _tickets() -> list[Draft]:
    kinds = {number: ("moteur", "pompe", "bac")[number % 3] for number in range(1, 13)}
    made = [act("item.commissioned", number, 0, type=kind) for number, kind in kinds.items()]
    made += [act("item.sorted", number, 1, verdict="damaged") for number, kind in kinds.items() if kind == "bac"]
    due = START_MS + 35 * DAY
    made += [
        act("work.opened", number, 2 + 3 * number, reason="ne démarre plus", due_ms=due + number * DAY, priority=how)
        for number, how in zip(kinds, ("urgent", "", "", "low", "", "urgent", "", "", "", "", "", ""), strict=True)
    ]
    made += [act("work.diagnosed", number, 39, fault="worn", found=True) for number in range(1, 11)]
    made += [act("work.paused", number, 39.1, parts=["roulement 6204", "joint 32×47"]) for number in (2, 3)]
    made += [act("work.part_used", number, 39.1, origin="new") for number in (4, 5)]
    made += [act("work.repaired", number, 39.2) for number in range(6, 11)]
    measured: dict[str, Any] = {
        "measures": {"isolation": {"value": 41_000, "unit": "kohm"}},
        "limits": {"isolation": {"low": 20_000}},
    }
    made += [act("work.tested", number, 39.3, passed=True, **measured) for number in (7, 8, 9, 10)]
    made.append(act("work.requalified", 9, 39.4, OTHER, certificate="CR-1", checks={"tested": True}))
    made.append(act("work.not_repairable", 10, 39.4, barrier="no_part"))
    return made


def bare(number: int) -> str:
    """Give a code that is nobody's yet."""
    return code(9_000 + number)
