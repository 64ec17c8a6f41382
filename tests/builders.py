"""Builders of events for tests: a small network of sites, and a device that numbers what it records."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from boucle.codes import Kind, mint
from boucle.events import Event
from boucle.ids import uuid7
from boucle.units import DAY_MS
from boucle.wire import FIRST_PREV, Unreadable, digest, read, write

ORG = "o-essai"
START_MS = 1_767_247_200_000
"""2026-01-01T06:00:00Z, a Thursday morning in Strasbourg."""
DAY = DAY_MS

SITES: dict[str, dict[str, Any]] = {
    "strasbourg": {"name": "Strasbourg", "zone": "Europe/Paris", "role": "hub"},
    "metz": {"name": "Metz-Nord", "zone": "Europe/Paris", "role": "hub"},
    "mulhouse": {"name": "Rhin Plasturgie", "partner": "rhin", "zone": "Europe/Paris"},
    "nancy": {"name": "Nancy Électronique", "partner": "nancy", "zone": "Europe/Paris"},
    "colmar": {"name": "Rhin Plasturgie Colmar", "partner": "rhin", "zone": "Europe/Paris"},
    "acores": {"name": "Açores", "partner": "loin", "zone": "Atlantic/Azores"},
}
TYPES: dict[str, dict[str, Any]] = {
    "bac": {"name": "Bac 600×400", "material": "plastique", "tare_g": 2_000, "due_days": 30, "loss_days": 60},
    "roll": {"name": "Roll", "material": "acier", "tare_g": 35_000, "due_days": 21, "loss_days": 90},
    "film": {"name": "Intercalaire", "material": "carton", "tare_g": 300, "serialised": False},
}
LANES: dict[str, dict[str, Any]] = {
    "strasbourg>mulhouse>bac": {"loop": "alsace"},
    "strasbourg>nancy>*": {"loop": "lorraine", "due_days": 14},
}


def code(number: int) -> str:
    """Give the printed container code number `number`, the same at each call."""
    random = Random(number)
    return mint(Kind.CONTAINER, random.randbytes).text


@dataclass
class Device:
    """A recording device: it stamps id, sequence, chain and time on what it is told."""

    dev: str = "d-un"
    epoch: str = "00000000000000a1"
    seq: int = 0
    prev: str = FIRST_PREV
    now_ms: int = START_MS
    random: Random = field(default_factory=lambda: Random(1))
    made: list[bytes] = field(default_factory=list)
    """The payloads of all that it recorded."""

    def fields(self, kind: str, subject: str = "", /, **keys: Any) -> dict[str, Any]:
        """Give the envelope of the next event without recording it."""
        return {
            "v": 1,
            "id": uuid7(self.now_ms, self.random.randbytes),
            "org": ORG,
            "dev": self.dev,
            "epoch": self.epoch,
            "seq": self.seq + 1,
            "prev": self.prev,
            "kind": f"{kind}/1",
            "code": subject,
            "wall": self.now_ms,
            "tz": "Europe/Paris",
            **keys,
        }

    def payload(self, kind: str, subject: str = "", /, **keys: Any) -> bytes:
        """Record an event and give its payload bytes."""
        payload = write(self.fields(kind, subject, **keys))
        self.seq += 1
        self.prev = digest(payload)
        self.made.append(payload)
        return payload

    def event(self, kind: str, subject: str = "", /, *, at: float | None = None, tq: int = 0, **keys: Any) -> Event:
        """Record an event `at` days after the start (default: one minute after the last) and read it back."""
        self.now_ms = START_MS + round(at * DAY) if at is not None else self.now_ms + 60_000
        event = read(self.payload(kind, subject, **keys), self.now_ms, tq)
        assert not isinstance(event, Unreadable), event
        return event


def network(device: Device | None = None) -> list[Event]:
    """Give the reference events of the small network, valid from the beginning of time."""
    server = device or Device(dev="d-serveur", epoch="00000000000000f0", random=Random(99))
    server.now_ms = START_MS - 400 * DAY
    rows = [("site", key, row) for key, row in SITES.items()]
    rows += [("item_type", key, row) for key, row in TYPES.items()]
    rows += [("lane", key, row) for key, row in LANES.items()]
    return [
        server.event("reference.set", "", body={"table": table, "key": key, "valid_from": 0, "row": row})
        for table, key, row in rows
    ]
