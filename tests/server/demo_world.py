"""A simulated year taken in without a database: ruled on record by record, then replayed."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from boucle.admission import Known, Slot, rule
from boucle.events import Event
from boucle.push import STANDING, Push, Status
from boucle.replay import World, replay
from boucle.signing import load_crypto
from boucle_server.demo.phone import Delivery
from boucle_server.demo.year import ORG, Decided, Plan, Revoked, Year, simulate
from boucle_server.server_device import Draft, pushes

TODAY = date(2026, 11, 23)
YEAR = Plan(today=TODAY)
SMALL = Plan(today=TODAY, items=60, months=2)


@dataclass(slots=True)
class Taken:
    """What became of everything that arrived."""

    year: Year
    events: dict[str, Event] = field(default_factory=dict)
    received_ms: dict[str, int] = field(default_factory=dict)
    rulings: Counter[tuple[str, str]] = field(default_factory=Counter)
    world: World = field(default_factory=World)

    @property
    def kinds(self) -> Counter[str]:
        """How many accepted events of each kind."""
        return Counter(event.kind for event in self.events.values())

    @property
    def late(self) -> float:
        """The share of the phones' events that were received more than a day after they happened."""
        phones = [event for event in self.events.values() if event.dev != "server"]
        return sum(self.received_ms[event.id] - event.teff > 86_400_000 for event in phones) / len(phones)

    def total(self, measure: str, month: str = "", *, cell: str = "month") -> int:
        """Sum a measure, of one month or of all."""
        return sum(
            n
            for at, n in self.world.cells.items()
            if at.cell == cell and at.measure == measure and month in ("", at.month)
        )


@cache
def taken(plan: Plan) -> Taken:
    """Simulate a plan and take everything in."""
    found = Taken(year=simulate(plan))
    key = load_crypto().signing_key(bytes(32))
    slots: defaultdict[tuple[str, str], dict[int, Slot]] = defaultdict(dict)
    known: dict[str, Known] = {}

    def take(push: Push, now_ms: int, *, own: bool) -> None:
        chain = slots[(push.dev, push.epoch)]
        for ruling in rule(push, known=known, slots=chain, now_ms=now_ms, own=own):
            found.rulings[(ruling.status, ruling.why)] += 1
            if ruling.event is not None and ruling.status in STANDING:
                known[ruling.id] = Known(ruling.hash, ruling.record.teff, ruling.record.tq, ruling.status)
                chain[ruling.event.seq] = Slot(ruling.id, ruling.hash)
            if ruling.event is not None and ruling.status is Status.ACCEPTED:
                found.events[ruling.id] = ruling.event
                found.received_ms[ruling.id] = now_ms

    def take_own(drafts: list[Draft], actor: str, now_ms: int) -> None:
        for push in pushes(ORG, drafts, key=key, actor=actor, now_ms=now_ms):
            take(push, now_ms, own=True)

    take_own(reference_drafts(found.year), "", found.year.valid_from_ms)
    revoked: set[str] = set()
    for arrival in found.year.arrivals:
        match arrival:
            case Delivery():
                assert arrival.push.dev not in revoked
                take(arrival.push, arrival.received_ms, own=False)
            case Decided():
                drafts = [act.draft() for act in arrival.acts]
                take_own(drafts, arrival.actor, arrival.received_ms)
            case Revoked():
                revoked.add(arrival.dev)
            case _:
                pass
    found.world = replay(found.events.values())
    return found


def reference_drafts(year: Year) -> list[Draft]:
    """Give the network of a year as drafts."""
    return [
        Draft(
            kind="reference.set",
            fields={"body": {"table": table, "key": key, "valid_from": year.valid_from_ms, "row": row}},
        )
        for table, key, row in year.reference
    ]
