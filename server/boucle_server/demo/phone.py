"""A simulated phone: it notes what is scanned, and sends it when its day allows, as a real one would.

Everything that leaves it is made by the product's own code: envelope, hash chain, effective times from the
samples of its boots, seal. Simulated are only the hand that scans and the network that comes and goes.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from boucle.anchor import Reading, Sample, stamp_all
from boucle.clock import DEFAULT_ZONE
from boucle.ids import new_epoch, new_name, uuid7
from boucle.push import Push, Record, seal_body
from boucle.signing import SigningKey, load_crypto
from boucle.units import DAY_MS
from boucle.version import VERSION
from boucle.wire import FIRST_PREV, MAX_RECORDS, digest, write
from boucle_server.demo.chance import Chance
from boucle_server.demo.people import STILL_OFFLINE, Handset
from boucle_server.demo.seasons import instant, is_worked

HOUR_MS: Final = 3_600_000
_REBOOT_HOUR: Final = 5.0
_OFFLINE_SHARE: Final = 0.026
"""Share of a phone's days on which a spell without network begins: dead zones, a forgotten Wi-Fi password."""
_SENT_TWICE_SHARE: Final = 0.01
_HALVED: Final = 4
_LAST_DAYS: Final = 6
_NOON: Final = 12.2
_EVENING: Final = 18.4


@dataclass(slots=True, kw_only=True)
class Note:
    """One scan or act, before it has an id: when it truly happened, what, by whom."""

    at_ms: int
    kind: str
    actor: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    voids: "Note | None" = None
    """An earlier note of the same phone that this one takes back."""
    priv: bytes | None = None
    """What is personal of it, beside the event."""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A push with the instant (ms) at which the server has it."""

    received_ms: int
    push: Push


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A phone with nothing to send reached the server, at this instant (ms)."""

    received_ms: int
    dev: str
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A stretch of time, in milliseconds."""

    from_ms: int
    to_ms: int

    def holds(self, at_ms: int) -> bool:
        """Tell whether an instant lies in it."""
        return self.from_ms <= at_ms < self.to_ms


class Phone:
    """One phone from its enrolment on; `note` what is scanned, then take its `deliveries`."""

    def __init__(self, handset: Handset, chance: Chance, *, org: str, enrolled_ms: int) -> None:
        self.handset = handset
        self.org = org
        self.enrolled_ms = enrolled_ms
        self.dev = new_name("d", chance.bytes)
        self.epoch = new_epoch(chance.bytes)
        self.key: SigningKey = load_crypto().signing_key(chance.bytes(32))
        self.notes: list[Note] = []
        self.offline: list[Spell] = []
        self.wrong_clock: Spell | None = None
        """While it shows a wrong time, the phone has been restarted, and nobody told it what time it is."""
        self.lost_ms: int | None = None
        self._chance = chance
        self._boots: list[tuple[int, str]] = []

    def note(self, at_ms: int, kind: str, *, actor: str = "", voids: Note | None = None, **keys: Any) -> Note:
        """Record something at an instant, calls in any order of time; `private` is personal, with its salt."""
        private = keys.pop("private", None)
        priv = write(private) if private else None
        kept = {key: value for key, value in keys.items() if value not in ("", None, {})}
        made = Note(at_ms=at_ms, kind=kind, actor=actor, keys=kept, voids=voids, priv=priv)
        self.notes.append(made)
        return made

    def deliveries(self, worked: Sequence[date]) -> Iterator[Delivery | Heard]:
        """Give every push of its life, in the order in which it sends them, then the last time it was heard of."""
        notes = sorted(self.notes, key=lambda each: each.at_ms)
        last_ms = instant(worked[-1], 23.0)
        self._boots = self._reboots(last_ms)
        samples: list[Sample] = []
        prev, seq, before_ms, floor_ms, done = FIRST_PREV, 0, self.enrolled_ms, 0, 0
        syncs = self._syncs(worked)
        for sync_ms in syncs:
            ready = bisect_right(notes, sync_ms, key=lambda each: each.at_ms)
            if ready == done:
                continue
            samples = [*samples[-8:], self._sample(sync_ms)]
            waiting = notes[done:ready]
            readings = [self._reading(each.at_ms) for each in waiting]
            stamps = stamp_all(readings, samples=samples, before_ms=before_ms, after_ms=sync_ms, floor_ms=floor_ms)
            records = []
            for note, reading, stamp in zip(waiting, readings, stamps, strict=True):
                seq += 1
                payload = self._payload(note, reading, seq=seq, prev=prev)
                prev = digest(payload)
                records.append(Record(payload=payload, teff=stamp.teff_ms, tq=stamp.quality, priv=note.priv))
            floor_ms, before_ms, done = stamps[-1].teff_ms, sync_ms, ready
            fading = self.lost_ms is not None and sync_ms == syncs[-1]
            yield from self._send(records, seq - len(records) + 1, sync_ms, fading=fading)
        if before_ms < syncs[-1]:
            yield Heard(received_ms=syncs[-1], dev=self.dev, boot=self._boot(syncs[-1])[1])

    def _send(self, records: Sequence[Record], first: int, sync_ms: int, *, fading: bool) -> Iterator[Delivery]:
        """Send records in pushes; over a fading network in small ones, of which the second never arrives."""
        size = max(1, min(_HALVED, len(records) // 3)) if fading else MAX_RECORDS
        at_ms = sync_ms
        for start in range(0, len(records), size):
            part = tuple(records[start : start + size])
            at_ms += self._chance.between(300, 4_000)
            push = self._sealed(part, first + start, at_ms, unsent=len(records) - start - len(part))
            if not (fading and start == size):
                yield Delivery(received_ms=at_ms, push=push)
            if self._chance.happens(_SENT_TWICE_SHARE):
                at_ms += self._chance.between(20_000, 90_000)
                yield Delivery(received_ms=at_ms, push=push)

    def _sealed(self, records: tuple[Record, ...], first: int, at_ms: int, *, unsent: int) -> Push:
        boot_ms, boot = self._boot(at_ms)
        push = Push(
            batch=uuid7(at_ms, self._chance.bytes),
            org=self.org,
            dev=self.dev,
            epoch=self.epoch,
            first=first,
            last=first + len(records) - 1,
            records=records,
            seal=b"",
            boot=boot,
            mono_now=at_ms - boot_ms,
            unsent=unsent,
            app=VERSION,
        )
        return replace(push, seal=self.key.sign(seal_body(push)))

    def _payload(self, note: Note, reading: Reading, *, seq: int, prev: str) -> bytes:
        note.id = uuid7(reading.wall_ms, self._chance.bytes)
        keys = dict(note.keys)
        if note.voids is not None:
            keys["body"] = {"target": note.voids.id, "reason": "undo"}
        if note.priv is not None:
            keys["priv"] = digest(note.priv)
        return write(
            {
                "v": 1,
                "id": note.id,
                "org": self.org,
                "dev": self.dev,
                "epoch": self.epoch,
                "seq": seq,
                "prev": prev,
                "kind": f"{note.kind}/1",
                "actor": note.actor,
                "wall": reading.wall_ms,
                "boot": reading.boot,
                "mono": reading.mono_ms,
                "tz": DEFAULT_ZONE,
                "app": VERSION,
                **keys,
            }
        )

    def _syncs(self, worked: Sequence[date]) -> list[int]:
        """Give the instants at which it reaches the server: trucks in the evening, docks at noon, all before a rest."""
        is_truck = self.handset.key.startswith("camion")
        found: list[int] = []
        spells = list(self.offline)
        if self.handset.key == STILL_OFFLINE:
            spells.append(Spell(from_ms=instant(worked[-_LAST_DAYS // 2], 8.0), to_ms=instant(worked[-1], 23.9)))
        for day in worked:
            # In the last days every other phone has sent all it has, so that the year ends without loose threads.
            if self._chance.happens(_OFFLINE_SHARE) and day not in worked[-_LAST_DAYS:]:
                begin = instant(day, 8.0)
                spells.append(Spell(from_ms=begin, to_ms=begin + self._chance.between(1, 4) * DAY_MS))
            rest = not is_worked(day + timedelta(days=1))
            hours = ((_NOON,) if not is_truck else ()) + ((_EVENING,) if is_truck or rest else ())
            found += [instant(day, hour) + self._chance.between(0, 40 * 60_000) for hour in hours]
        lost = self.lost_ms if self.lost_ms is not None else found[-1] + 1
        return [
            at_ms
            for at_ms in found
            if self.enrolled_ms < at_ms < lost and not any(spell.holds(at_ms) for spell in spells)
        ]

    def _reboots(self, last_ms: int) -> list[tuple[int, str]]:
        boots = [self.enrolled_ms - HOUR_MS]
        day = self.enrolled_ms // DAY_MS
        while boots[-1] < last_ms:
            day += self._chance.between(5, 15)
            boots.append(round(day * DAY_MS + _REBOOT_HOUR * HOUR_MS))
        if self.wrong_clock is not None:
            wrong = self.wrong_clock
            boots = [at for at in boots if not wrong.holds(at)] + [wrong.from_ms, wrong.to_ms]
        return [(at_ms, new_name("b", self._chance.bytes)) for at_ms in sorted(boots)]

    def _boot(self, at_ms: int) -> tuple[int, str]:
        return self._boots[max(0, bisect_right(self._boots, at_ms, key=lambda boot: boot[0]) - 1)]

    def _reading(self, at_ms: int) -> Reading:
        boot_ms, boot = self._boot(at_ms)
        wrong = self.wrong_clock is not None and self.wrong_clock.holds(at_ms)
        return Reading(wall_ms=at_ms + 3 * HOUR_MS * wrong, boot=boot, mono_ms=at_ms - boot_ms)

    def _sample(self, at_ms: int) -> Sample:
        boot_ms, boot = self._boot(at_ms)
        return Sample(boot=boot, mono_ms=at_ms - boot_ms, server_ms=at_ms, rtt_ms=self._chance.between(40, 400))
