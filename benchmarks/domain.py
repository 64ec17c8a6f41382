"""What an event costs the domain alone: reading its payload, and folding a batch of them, without any database."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from random import Random

from benchmarks.figures import Figure
from boucle.events import Event
from boucle.memory import MemoryStore
from boucle.projection import project
from boucle.wire import read
from tests.builders import START_MS, Device, code, network

EVENTS = 20_000
CRATES = 1_000
BATCH = 200
ROUND = 50
"""Crates that one round sends, collects, receives and sorts."""
ROUNDS = 5
WISH = 15_000

Recorded = list[tuple[bytes, int]]
"""Payloads with their effective times (ms)."""


def measure() -> list[Figure]:
    """Measure the reading, the projection and both, in processor time, the best of a few rounds."""
    recorded = _recorded()
    hashed = _rate(lambda: [(json.loads(payload), sha256(payload).digest()) for payload, _ in recorded])
    reading = _rate(lambda: [read(payload, teff, 0) for payload, teff in recorded])
    events = [event for payload, teff in recorded if isinstance(event := read(payload, teff, 0), Event)]
    projecting = max(_projecting(events) for _ in range(ROUNDS))
    both = 1 / (1 / reading + 1 / projecting)
    rows = (("read a payload", reading), ("project in batches of 200", projecting), ("read and project", both))
    return [
        Figure(
            job=job,
            value=rate,
            unit="events/s",
            baseline="`json.loads` and SHA-256 of the same payloads",
            baseline_value=hashed,
            ratio=rate / hashed,
            goal=f"≥ {WISH} events/s on a quiet machine" if rate is both else "",
            met=rate >= WISH if rate is both else None,
            note="processor time; commission, ship, collect, receive and sort on 1 000 crates, in order",
        )
        for job, rate in rows
    ]


def _rate(act: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        act()
        best = min(best, time.process_time() - began)
    return EVENTS / best


def _projecting(events: list[Event]) -> float:
    """Give the rate of `project` alone: what the store then does with the changes is not counted."""
    store = MemoryStore()
    store.accept(network())
    spent = 0.0
    for first in range(0, len(events), BATCH):
        batch = events[first : first + BATCH]
        began = time.process_time()
        project(batch, store)
        spent += time.process_time() - began
        store.accept(batch)
    assert store.refolded == 0
    return len(events) / spent


def _recorded() -> Recorded:
    hub = Device(dev="d-quai", epoch="00000000000000b1", random=Random(3))
    phone = Device(dev="d-route", epoch="00000000000000b2", random=Random(4))
    crates = [code(number) for number in range(CRATES)]
    found: Recorded = []

    def record(device: Device, kind: str, crate: str, place: str, **body: object) -> None:
        device.now_ms = START_MS + 30_000 * len(found)
        known = {"boot": "b-71", "mono": 30_000 * len(found), "actor": "p-7k3m9qx2t4hd", "app": "0.1.0"}
        task = f"t-{len(found) // ROUND}"
        payload = device.payload(kind, crate, place=place, task=task, body=body, **known)
        found.append((payload, device.now_ms))

    for crate in crates:
        record(hub, "item.commissioned", crate, "strasbourg", type="bac")
    turn = 0
    while len(found) < EVENTS:
        some = [crates[(turn * ROUND + number) % CRATES] for number in range(ROUND)]
        to = ("nancy", "mulhouse", "mulhouse")[turn % 3]
        for crate in some:
            record(hub, "item.shipped", crate, "strasbourg", to=to)
        for crate in some:
            record(phone, "item.collected", crate, to)
        for crate in some:
            record(hub, "item.received", crate, "strasbourg", mass_g=2_150)
        for crate in some:
            record(hub, "item.sorted", crate, "strasbourg", verdict="ok")
        turn += 1
    return found[:EVENTS]
