"""Whole schedules from seeds: phones that record, lose answers, die, reboot and lie about the time; a server restored.

When the faults end every queue drains, what was recorded is on the server exactly once, and both sides agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

import pytest

from boucle.replay import replay
from boucle_field import pushing, settle
from boucle_field.outbox import Draft, Outbox, Waiting
from boucle_field.phone import Phone
from boucle_field.pushing import End
from boucle_field.sync import sync
from boucle_field.timekeeper import samples
from tests.builders import DAY, code
from tests.campaign import examples
from tests.world import CRYPTO, Books, Net, SimServer, SimTicks, World, drive, phone_of

PARTS = 6
"""So that several processes share the seeds."""
CRATES = 4
PLACES = ("strasbourg", "metz", "mulhouse", "nancy", "colmar")
KINDS = ("item.shipped", "item.delivered", "item.collected", "item.received", "item.counted", "item.sorted")
EXPLAINED = {"raw", "quarantined"}


@dataclass
class Schedule:
    """One run from one seed."""

    seed: int
    random: Random = field(init=False)
    server: SimServer = field(init=False)
    net: Net = field(init=False)
    phones: dict[str, Phone] = field(default_factory=dict)
    recorded: list[str] = field(default_factory=list)
    backup: Books | None = None
    restored: bool = False

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.server = SimServer(World())
        rates = [self.random.choice((0.0, 0.1, 0.4)) for _ in range(4)]
        lose, cut, fail, repeat = rates
        self.net = Net(self.server, self.random, lose_request=lose, lose_answer=cut, fail=fail, repeat=repeat)
        for number in range(self.random.randrange(1, 4)):
            dev = f"d-{number}"
            self.phones[dev] = phone_of(self.server, dev, seed=self.seed)
        if self.random.random() < 0.3:
            self.server.poison = lambda payload: payload[-3] % 16 == 7

    def run(self) -> None:
        """Let things happen, checking after each that nothing is called sent that the server does not have."""
        steps: list[tuple[int, Callable[[str], None]]] = [
            (12, self.record),
            (6, self.sync),
            (2, self.restart_app),
            (1, self.restart_device),
            (1, self.set_clock),
            (1, self.wait),
            (1, self.save),
            (1, self.restore),
        ]
        for _ in range(self.random.randrange(10, 45)):
            (step,) = self.random.choices([step for _, step in steps], [weight for weight, _ in steps])
            step(self.random.choice(list(self.phones)))
            self.check_sent()

    def record(self, dev: str) -> None:
        """Record something, anything, about one of a few crates."""
        random = self.random
        for _ in range(random.randrange(1, 5)):
            subject, place = code(random.randrange(CRATES)), random.choice(PLACES)
            kind = random.choice(("item.commissioned", *KINDS))
            body: dict[str, object] = {"type": "bac"} if kind == "item.commissioned" else {}
            body |= {"to": random.choice(PLACES)} if kind == "item.shipped" else {}
            body |= {"verdict": "ok"} if kind == "item.sorted" else {}
            told = self.phones[dev].desk.record(Draft(kind=kind, code=subject, place=place, body=body))
            self.recorded.append(told.event_id)
            self.server.world.pass_ms(random.randrange(1, 90_000))
        if random.random() < 0.15:
            self.recorded.append(self.phones[dev].desk.undo()[1].event_id)

    def sync(self, dev: str) -> None:
        """Sync, or begin to: the app may be killed at any request."""
        steps = self.random.choice((3, 7, 12, 20, 1000))
        drive(sync(self.phones[dev]), self.net, dev, steps=steps)

    def restart_app(self, dev: str) -> None:
        """Forget whatever was only in memory."""
        old = self.phones[dev]
        self.phones[dev] = Phone.of(old.store, ticks=old.ticks, randomness=old.randomness, crypto=CRYPTO)

    def restart_device(self, dev: str) -> None:
        """Switch a device off and on."""
        ticks = self.phones[dev].ticks
        assert isinstance(ticks, SimTicks)
        self.server.world.pass_ms(self.random.randrange(60_000))
        ticks.restart()

    def set_clock(self, dev: str) -> None:
        """Set a device's clock wrong by anything up to forty days, or right."""
        ticks = self.phones[dev].ticks
        assert isinstance(ticks, SimTicks)
        ticks.wrong_ms = self.random.choice((0, self.random.randrange(-40 * DAY, 40 * DAY)))

    def wait(self, _dev: str) -> None:
        """Let up to three days pass."""
        self.server.world.pass_ms(self.random.randrange(3 * DAY))

    def save(self, _dev: str) -> None:
        """Make a backup of the server."""
        self.backup = self.server.backup()

    def restore(self, _dev: str) -> None:
        """Put the backup back, once: what came since is only on the phones."""
        if self.backup is not None and not self.restored:
            self.net.late.clear()
            self.server.restore(self.backup)
            self.restored = True

    def check_sent(self) -> None:
        """Nothing is called sent that the server does not have; a restore is found out at the next sync."""
        if self.restored:
            return
        for phone in self.phones.values():
            sent = {row[0] for row in phone.store.db.execute("SELECT id FROM outbox WHERE state = 'acked'")}
            assert sent <= self.server.accepted().keys(), self.seed

    def heal(self) -> None:
        """End the faults, and sync everybody a few times."""
        self.net.heal()
        self.server.poison = lambda _payload: False
        for _ in range(3):
            for dev, phone in self.phones.items():
                report = drive(sync(phone), self.net, dev)
                assert report is not None
                assert report.end is End.DONE, self.seed

    def check_end(self) -> None:
        """Both sides agree on everything."""
        accepted = self.server.accepted()
        states: dict[str, str] = {}
        for phone in self.phones.values():
            states |= dict(phone.store.db.execute("SELECT id, state FROM outbox").fetchall())
        assert set(states) == set(self.recorded), self.seed
        assert "new" not in states.values(), self.seed
        assert {event for event, state in states.items() if state == "acked"} == accepted.keys(), self.seed
        assert set(states.values()) <= {"acked", *EXPLAINED}, self.seed
        stored = [kept.ruling.hash for kept in self.server.books.kept]
        assert len(stored) == len(set(stored)), self.seed
        tables = self.server.books.tables
        assert tables.world.cells == replay(tables.all.values()).cells, self.seed
        for phone in self.phones.values():
            for number in range(CRATES):
                seen = phone.mirror.look(code(number)).item
                assert seen == tables.world.items.get(seen.id, seen), self.seed


def finished(seed: int) -> Schedule:
    schedule = Schedule(seed)
    schedule.run()
    schedule.heal()
    schedule.check_end()
    return schedule


@pytest.mark.parametrize("part", range(PARTS))
def test_every_queue_drains_and_both_sides_agree(part: int) -> None:
    events = sum(len(finished(seed).recorded) for seed in range(part, examples(ci=1_500, night=100_000), PARTS))
    assert events > 10


def believe_results(phone: Phone, batch: Sequence[Waiting], *_: object) -> None:
    """Take a 200 for a receipt."""
    with phone.store.writing() as db:
        db.executemany("UPDATE outbox SET state = 'acked' WHERE n = ?", [(waiting.n,) for waiting in batch])


def stamp_again(outbox: Outbox, _known: object, now_ms: int) -> int:
    """Compute times anew at each try, so that a retry says another time than the first try."""
    with outbox.store.writing() as db:
        db.execute("UPDATE outbox SET teff = NULL WHERE state = 'new'")
    return STAMP(outbox, samples(outbox.store), now_ms)


def forget_a_restore(patch: pytest.MonkeyPatch) -> None:
    """Never call sent events unsent again, though the server was restored."""
    patch.setattr(settle, "doubt_all", lambda _store: 0)
    patch.setattr(settle, "_doubt", lambda *_: 0)


STAMP = Outbox.stamp
MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a 200 taken for a receipt": lambda patch: patch.setattr(pushing, "_take", believe_results),
    "times not frozen": lambda patch: patch.setattr(Outbox, "stamp", stamp_again),
    "no refill after a restore": forget_a_restore,
}


def catches(seed: int) -> bool:
    try:
        finished(seed)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_schedules_catch_an_app_with_this_fault(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch)
    assert any(catches(seed) for seed in range(200))
