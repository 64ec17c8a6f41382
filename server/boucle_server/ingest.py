"""The one write door: every batch of every device, and of the server itself, comes in here.

One batch is one transaction of the caller: records, their leaves in the event log, what follows from them in the
read tables, the feed for phones and the receipt stand or fall together. One record's failure is its own result:
should anything unexpected happen, each record is taken alone and the one that fails is kept as bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.admission import Reading, Ruling, Why, is_own, read_record, rule
from boucle.clock import DEFAULT_ZONE
from boucle.events import Event
from boucle.push import Consistency, Push, Status, seal_body
from boucle.receipt import Range
from boucle.signing import load_crypto
from boucle.wire import digest
from boucle_server import decisions, devices, kept_bytes, keys, ledger, projections, receipts, rights, watermarks
from boucle_server.db import is_trouble
from boucle_server.errors import NotFoundError, RefusedError
from boucle_server.feed import note_changes
from boucle_server.incidents import note_incident
from boucle_server.ledger import Arrival, Raw, Sender
from boucle_server.organisations import SERVER_DEV
from boucle_server.server_device import Draft, pushes
from boucle_server.tables import DEVICE
from boucle_server.watermarks import Placed

OWN_BATCH: Final = 500
"""Records of one transaction of the server's own; a phone's are bounded by the wire."""
# Made once, for it runs with every batch, and making it costs more than running it.
_SENDER: Final = sa.select(DEVICE.c.public_key, DEVICE.c.status).where(
    DEVICE.c.org == sa.bindparam("of"), DEVICE.c.dev == sa.bindparam("who")
)


class Result(NamedTuple):
    """The answer for one record: `why` says more where the status alone does not.

    Of a duplicate `why` is the status that it has been given, and `reason` why it was set aside in the first place.
    """

    id: str
    hash: str
    status: Status
    why: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer for one batch, in the order of its records."""

    results: tuple[Result, ...]
    ranges: tuple[Range, ...]
    receipt: str
    head: str
    consistency: Consistency
    generation: int


def sender_of(connection: Connection, org: str, dev: str) -> Sender:
    """Give a device as a sender; NotFoundError."""
    row = connection.execute(_SENDER, {"of": org, "who": dev}).one_or_none()
    if row is None:
        raise NotFoundError("api.no_device")
    return Sender(org=org, dev=dev, public_key=row.public_key, status=row.status)


def ingest(connection: Connection, push: Push, *, now_ms: int, sender: Sender | None = None) -> Answer:
    """Take a batch in, in the organisation's writing transaction, and answer for each record.

    `sender` is whose token came with it; without one, the device that the batch names. A batch that the sender's
    seal does not cover, or that speaks for another device, is kept as bytes of the sender. NotFoundError for no
    device; QuotaError when too many bytes came without a seal.
    """
    who = sender or sender_of(connection, push.org, push.dev)
    arrival = arrive(push, who, now_ms=now_ms)
    results = take(connection, arrival)
    devices.seen(connection, who.org, who.dev, now_ms=now_ms, unsent=push.unsent, app=push.app, boot=push.boot)
    mark = watermarks.watermark(connection, who.org, who.dev, epoch=push.epoch)
    told = receipts.tell(
        connection, who.org, dev=who.dev, epoch=push.epoch, ranges=mark.ranges, known=push.head, now_ms=now_ms
    )
    return Answer(
        results=tuple(results),
        ranges=mark.ranges,
        receipt=told.receipt,
        head=told.head,
        consistency=told.consistency,
        generation=told.generation,
    )


def accept_own(
    connection: Connection, org: str, drafts: Sequence[Draft], *, actor: str, now_ms: int, zone: str = DEFAULT_ZONE
) -> list[Result]:
    """Record what the server itself does, as one submission of its device, sealed with the organisation's key."""
    key = keys.signing_key(connection, org)
    who = sender_of(connection, org, SERVER_DEV)
    results: list[Result] = []
    for push in pushes(org, drafts, key=key, actor=actor, now_ms=now_ms, zone=zone, size=OWN_BATCH):
        results += take(connection, arrive(push, who, now_ms=now_ms))
    return results


def keep(connection: Connection, sender: Sender, raw: Raw, *, now_ms: int) -> None:
    """Keep bytes that no seal covers, once, for a person to decide about; QuotaError when there are too many."""
    ledger.keep(connection, sender, raw, now_ms=now_ms)
    kept_bytes.settle(connection, sender.org, hashes=[raw.hash])


def arrive(push: Push, sender: Sender, *, now_ms: int) -> Arrival:
    """Look at the seal of a batch."""
    message = seal_body(push)
    named = (push.org, push.dev) == (sender.org, sender.dev)
    sealed = named and load_crypto().verify_key(sender.public_key).verify(push.seal, message)
    return Arrival(sender=sender, push=push, message=message, sealed=sealed, now_ms=now_ms)


def take(connection: Connection, arrival: Arrival) -> list[Result]:
    """Store a batch and let it take effect; whatever a record does to us, the others are taken."""
    savepoint = connection.begin_nested()
    try:
        results = _take(connection, arrival, arrival.push)
    except Exception as error:
        if is_trouble(error) or isinstance(error, RefusedError):
            raise
        savepoint.rollback()
        note_incident(error, "ingest")
        return _take_one_by_one(connection, arrival)
    savepoint.commit()
    return results


def _take(connection: Connection, arrival: Arrival, part: Push) -> list[Result]:
    """Take a part of a batch: one read of everything concerned, the ruling, and changed rows only."""
    who = arrival.sender
    readings = [read_record(record) for record in part.records]
    ids = {event.id for event in _events(readings)}
    held = ledger.before(connection, part, org=who.org, ids=ids)
    rulings = rule(
        part,
        known=held.known,
        slots=held.slots,
        now_ms=arrival.now_ms,
        sealed=arrival.sealed,
        revoked=who.status == "revoked",
        own=who.is_server,
        permitted=rights.permitted(connection, who.org, who.dev, _events(readings)),
        readings=readings,
        last_teff=held.last_teff,
    )
    accepted = [ruling.event for ruling in rulings if ruling.status is Status.ACCEPTED and ruling.event is not None]
    feed = projections.take_effect(connection, who.org, accepted)
    ledger.add(connection, arrival, part.first, rulings, held)
    if who.is_server:
        feed += decisions.carry_out(connection, who.org, accepted, now_ms=arrival.now_ms)
    elif arrival.sealed:
        placed = list(_placed(part.first, rulings))
        watermarks.advance(connection, who.org, who.dev, epoch=part.epoch, placed=placed)
    stored = [ruling.hash for ruling in rulings if ruling.status is not Status.DUPLICATE]
    kept_bytes.settle(connection, who.org, hashes=stored, events=accepted if who.is_server else ())
    note_changes(connection, who.org, list(dict.fromkeys(feed)))
    return [Result(ruling.id, ruling.hash, ruling.status, str(ruling.why), ruling.reason) for ruling in rulings]


def _events(readings: Sequence[Reading]) -> list[Event]:
    return [event for _, event in readings if isinstance(event, Event)]


def _placed(first: int, rulings: Sequence[Ruling]) -> Iterator[Placed]:
    for place, ruling in enumerate(rulings, first):
        if not is_own(ruling):
            yield Placed(seq=place, hash=ruling.hash)
        elif ruling.status in (Status.ACCEPTED, Status.HELD, Status.QUARANTINED):
            counts = ruling.status is not Status.QUARANTINED
            yield Placed(seq=place, hash=ruling.hash, teff=ruling.record.teff if counts else None)


def _take_one_by_one(connection: Connection, arrival: Arrival) -> list[Result]:
    """Take each record as a batch of its own; one that fails whatever is done is kept as bytes, under an incident."""
    results: list[Result] = []
    for place, record in enumerate(arrival.push.records, arrival.push.first):
        savepoint = connection.begin_nested()
        try:
            results += _take(connection, arrival, replace(arrival.push, first=place, last=place, records=(record,)))
            savepoint.commit()
        except Exception as error:
            if is_trouble(error) or isinstance(error, RefusedError):
                raise
            savepoint.rollback()
            incident = note_incident(error, "ingest")
            results.append(_set_aside(connection, arrival, place, incident))
    return results


def _set_aside(connection: Connection, arrival: Arrival, place: int, incident: str) -> Result:
    who, push = arrival.sender, arrival.push
    ledger.add_unread(connection, arrival, place, reason=f"{Why.UNEXPECTED}:{incident}")
    content = digest(push.records[place - push.first].payload)
    kept_bytes.settle(connection, who.org, hashes=[content])
    if arrival.sealed and not who.is_server:
        placed = [Placed(seq=place, hash=content)]
        watermarks.advance(connection, who.org, who.dev, epoch=push.epoch, placed=placed)
    return Result("", content, Status.QUARANTINED, str(Why.UNEXPECTED))
