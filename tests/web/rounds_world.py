"""A served organisation with a phone that drives a round to two partners."""

from dataclasses import dataclass, replace
from typing import Any

from boucle.push import Record
from boucle.roles import Role
from boucle.rounds import Ending, Found, Gap, validation
from boucle.wire import digest, write
from boucle_server.ingest import accept_own
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.builders import DAY, ORG, START_MS, code
from tests.server.handset import Handset, a_network, taken
from tests.web.browser import signed_in

NOON = START_MS + DAY + DAY // 4
TASK = "T-1#1"
PARTNERS = {"rhin": {"name": "Rhin Plasturgie"}, "nancy": {"name": "Nancy Électronique"}}
PLAN = {
    "day": "2026-01-02",
    "name": "Sud Alsace",
    "home": "strasbourg",
    "stops": [
        {
            "id": "1",
            "place": "mulhouse",
            "collect": {"bac": 4},
            "deliver": {"film": 20},
            "opens": "08:00",
            "note": "Quai 3",
        },
        {"id": "2", "place": "nancy", "collect": {"roll": 2}, "closes": "11:30"},
    ],
}
SIGNATURE = [[100, 200, 400, 800, 700, 100], [900, 500]]


@dataclass
class Driver:
    """A phone on its round."""

    served: Served
    phone: Handset
    at: float = 1.05

    def scan(self, kind: str, number: int | None = None, *, task: str = TASK, **keys: Any) -> Record:
        """Record something at the stop."""
        self.at += 0.001
        subject = code(number) if number is not None else ""
        return self.phone.scan(kind, subject, at=self.at, place=keys.pop("place", "mulhouse"), task=task, **keys)

    def validate(self, *found: Found, task: str = TASK, signer: str = "", **keys: Any) -> None:
        """Record that the stop is done."""
        reasons, drawn = keys.pop("reasons", {}), keys.pop("drawn", bool(signer))
        body = validation(found, ending=keys.pop("ending", Ending.DONE), version=1, reasons=reasons)
        personal = ({"signer": signer} if signer else {}) | ({"signature": SIGNATURE} if drawn else {})
        priv = write({**personal, "salt": "00" * 16}) if personal else None
        more: dict[str, Any] = {"priv": digest(priv)} if priv else {}
        record = self.scan("stop.validated", task=task, body=body, **more, **keys)
        self.phone.waiting[-1] = replace(record, priv=priv)

    def send(self) -> None:
        """Send what waits."""
        taken(self.served.database, self.phone.push(), now_ms=self.served.clock.ms)


async def a_round(served: Served, role: Role = Role.MANAGER) -> Driver:
    """Plan a round, and sign somebody in."""
    a_network(served.database, "d-un")
    served.clock.ms = NOON
    rows = [("partner", key, row) for key, row in PARTNERS.items()] + [("round", "T-1", PLAN)]
    drafts = [
        Draft(kind="reference.set", fields={"body": {"table": table, "key": key, "valid_from": 0, "row": row}})
        for table, key, row in rows
    ]
    with served.database.writing(ORG) as connection:
        accept_own(connection, ORG, drafts, actor="", now_ms=NOON)
    phone = Handset()
    for n in range(6):
        phone.scan("item.commissioned", code(n), at=0.1, place="strasbourg", body={"type": "bac"})
    await signed_in(served, role, org=ORG)
    return Driver(served, phone)


def visited(driver: Driver) -> None:
    """Drive the first stop: three crates of four, twenty films left, signed."""
    for n in range(3):
        driver.scan("item.collected", n)
    driver.scan("item.delivered", item_type="film", qty=20)
    found = [Found("collect", "bac", 4, 3, 0), Found("deliver", "film", 20, 0, 20)]
    driver.validate(*found, signer="Mme Weiß", reasons={"collect:bac": Gap.IN_USE})
