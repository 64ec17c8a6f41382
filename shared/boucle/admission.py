"""Admission: what the server decides about each record at first receipt, once and for ever.

Pure: given the push, what is already stored for its ids and sequence numbers, and the clock, it answers per
record. Later changes are a person's acts (`event.admitted`, `event.dismissed`).
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from boucle.clock import EARLIEST_MS
from boucle.events import KINDS, Event, Quality
from boucle.push import ASIDE, STANDING, Push, Record, Status
from boucle.wire import FIRST_PREV, Unreadable, digest, read

FUTURE_MS = 5 * 60_000
"""An effective time later than receipt by more than this is quarantined, so that no clock wins by lying ahead."""


class Why(StrEnum):
    """Reasons of quarantine and fork beside the flaws of `wire.Flaw`."""

    BAD_SEAL = "bad_seal"
    TIME_FUTURE = "time_future"
    TIME_IMPOSSIBLE = "time_impossible"
    TIME_ORDER = "time_order"
    OTHER_ORG = "other_org"
    OTHER_DEVICE = "other_device"
    SEQ_MISPLACED = "seq_misplaced"
    SEQ_TAKEN = "seq_taken"
    CHAIN_BROKEN = "chain_broken"
    PRIVATE_MISMATCH = "private_mismatch"
    RESERVED_KIND = "reserved_kind"
    REVOKED_DEVICE = "revoked_device"
    NOT_PERMITTED = "not_permitted"
    UNEXPECTED = "unexpected"


class Known(NamedTuple):
    """What is stored for an id: content hash, effective time, quality, the status it was given, and why."""

    hash: str
    teff: int
    tq: int
    status: str
    reason: str = ""


class Slot(NamedTuple):
    """What is stored for a sequence number of the epoch: the event's id and content hash."""

    id: str
    hash: str


class Reading(NamedTuple):
    """What a record turned out to be: its content hash, and the event or why it is none."""

    hash: str
    event: Event | Unreadable


def read_record(record: Record) -> Reading:
    """Read a record, whatever it holds."""
    return Reading(digest(record.payload), read(record.payload, record.teff, record.tq))


class Ruling(NamedTuple):
    """The answer for one record. `event` is None when its payload could not be read.

    Of a duplicate `why` is the status that the record was given before, and `reason` why it was given that.
    """

    id: str
    status: Status
    why: str
    hash: str
    record: Record
    event: Event | None
    reason: str = ""


_PLACELESS = frozenset({Status.DUPLICATE, *ASIDE})
_STRANGE = frozenset({Why.OTHER_ORG, Why.OTHER_DEVICE, Why.SEQ_MISPLACED})

RESERVED = frozenset({"reference.set", "month.closed", "event.admitted", "event.dismissed", "item.presumed_lost"})
"""Kinds that only the organisation's own server device may record."""


def _permitted(_event: Event) -> bool:
    return True


def rule(  # noqa: PLR0913 - all that a ruling depends on, and nothing else
    push: Push,
    *,
    known: Mapping[str, Known],
    slots: Mapping[int, Slot],
    now_ms: int,
    sealed: bool = True,
    revoked: bool = False,
    own: bool = False,
    permitted: Callable[[Event], bool] = _permitted,
    readings: Sequence[Reading] | None = None,
    last_teff: int | None = None,
) -> list[Ruling]:
    """Rule on every record of a push, in order.

    `known` holds what is stored for the ids of the push (of any device of the organisation), `slots` what is
    stored for the sequence numbers from `push.first - 1` to `push.last + 1` of its (device, epoch); `sealed`
    says whether the seal verified, `own` whether the device is the organisation's server device, `permitted` whether
    whoever recorded an event had the right to decide it. `readings` are what `read_record` gave, when the caller has
    read the records already; `last_teff` is the time of the accepted event before the first of the push, where times
    may not go back.
    """
    seen = dict(known)
    taken = dict(slots)
    rulings = []
    all_readings = readings if readings is not None else [read_record(record) for record in push.records]
    for place, (record, reading) in enumerate(zip(push.records, all_readings, strict=True), push.first):
        ruling = _stranger(push, place, record, reading) or _rule_one(
            record, reading, known=seen, slots=taken, now_ms=now_ms, own=own, last_teff=last_teff
        )
        if not sealed and ruling.status is not Status.DUPLICATE:
            # Nobody vouches for it, so it is neither an event nor the device's contradiction of one.
            ruling = ruling._replace(status=Status.QUARANTINED, why=Why.BAD_SEAL)
        elif ruling.status in STANDING and revoked:
            ruling = ruling._replace(status=Status.QUARANTINED, why=Why.REVOKED_DEVICE)
        elif ruling.status is Status.ACCEPTED and not own and not _may(permitted, ruling):
            ruling = ruling._replace(status=Status.QUARANTINED, why=Why.NOT_PERMITTED)
        if is_own(ruling):
            if ruling.status is not Status.DUPLICATE:
                seen.setdefault(ruling.id, Known(ruling.hash, record.teff, record.tq, ruling.status, ruling.why))
            if sealed and ruling.status not in _PLACELESS:
                taken.setdefault(place, Slot(ruling.id, ruling.hash))
        elif sealed:
            taken.setdefault(place, Slot("", ruling.hash))
        if ruling.status in STANDING or ruling.why in STANDING:
            last_teff = record.teff
        rulings.append(ruling)
    return rulings


def _may(permitted: Callable[[Event], bool], ruling: Ruling) -> bool:
    return ruling.event is None or permitted(ruling.event)


def fault_of(record: Record, *, now_ms: int, own: bool = False) -> str:
    """Say why a record would be set aside, wherever it stood in a chain: a flaw, a `Why`, or `""` for nothing."""
    event = read_record(record).event
    if isinstance(event, Unreadable):
        return event.flaw
    return _time_fault(record, now_ms, None) or _content_fault(event, record, own=own) or ""


def is_own(ruling: Ruling) -> bool:
    """Tell whether a record is a readable event of the pushing device's own chain, with the number of its place.

    Any other record holds the place at which it came, so that the chain goes on behind it; what it says of itself
    (an id, another device's number) is not believed.
    """
    return ruling.event is not None and ruling.why not in _STRANGE


def _stranger(push: Push, place: int, record: Record, reading: Reading) -> Ruling | None:
    event = reading.event
    if isinstance(event, Unreadable):
        return Ruling("", Status.QUARANTINED, event.flaw, reading.hash, record, None)
    if event.org != push.org:
        why = Why.OTHER_ORG
    elif (event.dev, event.epoch) != (push.dev, push.epoch):
        why = Why.OTHER_DEVICE
    elif event.seq != place:
        why = Why.SEQ_MISPLACED
    else:
        return None
    return Ruling(event.id, Status.QUARANTINED, why, reading.hash, record, event)


def _rule_one(
    record: Record,
    reading: Reading,
    *,
    known: Mapping[str, Known],
    slots: Mapping[int, Slot],
    now_ms: int,
    own: bool,
    last_teff: int | None,
) -> Ruling:
    content, event = reading
    assert isinstance(event, Event)

    def give(status: Status, why: str = "") -> Ruling:
        return Ruling(event.id, status, why, content, record, event)

    held = known.get(event.id)
    if held is not None:
        same = (held.hash, held.teff, held.tq) == (content, record.teff, record.tq)
        return give(Status.DUPLICATE, held.status)._replace(reason=held.reason) if same else give(Status.CONFLICT)
    broken = _chain_fault(event, slots)
    if broken is not None:
        return give(Status.FORK, broken)
    fault = _time_fault(record, now_ms, last_teff) or _content_fault(event, record, own=own)
    if fault is not None:
        return give(Status.QUARANTINED, fault)
    if event.major != 1 or event.kind not in KINDS:
        return give(Status.HELD)
    return give(Status.ACCEPTED)


def _chain_fault(event: Event, slots: Mapping[int, Slot]) -> Why | None:
    if event.seq in slots:
        return Why.SEQ_TAKEN
    before = slots.get(event.seq - 1)
    if (event.seq == 1) != (event.prev == FIRST_PREV):
        return Why.CHAIN_BROKEN
    if before is not None and before.hash != event.prev:
        return Why.CHAIN_BROKEN
    return None


def _time_fault(record: Record, now_ms: int, last_teff: int | None) -> Why | None:
    if record.teff > now_ms + FUTURE_MS:
        return Why.TIME_FUTURE
    if record.teff < EARLIEST_MS or record.tq not in (Quality.ANCHORED, Quality.INTERVAL, Quality.WALL):
        return Why.TIME_IMPOSSIBLE
    if last_teff is not None and record.teff < last_teff:
        return Why.TIME_ORDER
    return None


def _content_fault(event: Event, record: Record, *, own: bool) -> Why | None:
    if record.priv is not None and digest(record.priv) != event.priv:
        return Why.PRIVATE_MISMATCH
    if event.kind in RESERVED and not own:
        return Why.RESERVED_KIND
    if "at_ms" in event.body and not EARLIEST_MS <= event.number("at_ms") <= record.teff:
        return Why.TIME_IMPOSSIBLE
    return None
