"""Pushing: getting every unsent event to the server, so that no single one can hold up the others.

A batch that fails three times, while the server is alive, is halved until the one that cannot be read stands
alone; that one goes to the raw route, which keeps bytes without reading them. A server that says it can take nothing
now is left in peace: no smaller batch would help. Nothing here decides what is true: an event counts as sent when a
verified receipt says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from boucle.ids import uuid7
from boucle.push import Consistency, Push, seal_body, write_push
from boucle.receipt import Receipt
from boucle.version import VERSION
from boucle_field import settle, witness
from boucle_field.asking import OK, Engine, Pause, Request, Response, pause_ms
from boucle_field.identity import generation_of
from boucle_field.outbox import Waiting
from boucle_field.phone import Phone

TRIES = 3
"""How often a batch, and in the end a single event, may fail before it is taken apart or sent raw."""
_TAKE_APART = frozenset({400, 413, 422})
NOT_LET_IN = frozenset({401, 403})
"""Statuses that say: this device is no longer known, or was cut off."""


class End(StrEnum):
    """How a round of sync ended; the words are `phone.sync.<value>`."""

    DONE = "done"
    UNREACHABLE = "unreachable"
    """Nobody answers."""
    FAILING = "failing"
    """The server answers, and fails."""
    CUT_OFF = "cut_off"
    """The server lets this device in no more."""
    NOT_OURS = "not_ours"
    """Something answers that is no server of ours."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What a round of sync did, and the alarms it raised (keys of words)."""

    end: End = End.DONE
    sent: int = 0
    to_check: int = 0
    again: int = 0
    """Events that the server had and lost, sent to it again."""
    stuck: int = 0
    photos_sent: int = 0
    photos_left: int = 0
    """Photos that no receipt confirms yet."""
    pulled: int = 0
    admitted: int = 0
    dismissed: int = 0
    """Events of ours that had been set aside, and about which a person decided."""
    min_app: str = ""
    old_server: str = ""
    """The version of a server of ours that is too old to know what was asked."""
    head: str = ""
    """The newest signed checkpoint that an answer carried."""
    restored: bool = False
    alarms: set[str] = field(default_factory=set)


class StopRoundError(Exception):
    """The round cannot go on; the next one begins anew, and nothing is lost."""

    def __init__(self, end: End) -> None:
        super().__init__(end)
        self.end = end


def push_all(phone: Phone, report: Report) -> Engine[None]:
    """Push every stamped, unsent event; what cannot be sent now stays, and is counted as stuck."""
    after = 0
    while batch := phone.outbox.next_batch(after):
        yield from _deliver(phone, batch, report, tries=TRIES)
        after = batch[-1].n
    report.stuck = phone.outbox.counts().unsent


def alive(phone: Phone) -> Engine[bool]:  # noqa: ARG001 - every engine is handed the phone
    """Tell whether the server answers at all."""
    response = yield Request(method="GET", path="/v1/time")
    return response.status == OK


def _deliver(phone: Phone, batch: Sequence[Waiting], report: Report, *, tries: int) -> Engine[None]:
    overloaded = False
    for failures in range(1, tries + 1):
        response = yield _request(phone, batch)
        if response.status == OK:
            _take(phone, batch, response, report)
            return
        _check_let_in(response)
        if response.status in _TAKE_APART or response.over_quota:
            break
        if not response.failed:
            raise StopRoundError(End.NOT_OURS)
        if not (yield from alive(phone)):
            raise StopRoundError(End.UNREACHABLE)
        overloaded = overloaded or response.overloaded
        if overloaded and failures == tries:
            raise StopRoundError(End.FAILING)
        if failures < tries:
            yield Pause(ms=pause_ms(failures, phone.randomness))
    if len(batch) == 1:
        # Perhaps only the answers were lost: a push of nothing asks what the server has.
        response = yield _request(phone, batch, records=False)
        _check_overload(response)
        if response.status == OK:
            _take(phone, (), response, report)
        if phone.outbox.is_unsent(batch[0].n):
            yield from _send_raw(phone, batch[0], report)
        return
    middle = (len(batch) + 1) // 2
    for half in (batch[:middle], batch[middle:]):
        yield from _deliver(phone, half, report, tries=TRIES if len(half) == 1 else 1)


def _request(phone: Phone, batch: Sequence[Waiting], *, records: bool = True) -> Request:
    return Request(method="POST", path="/v1/sync/push", body=write_push(sealed(phone, batch, records=records)))


def sealed(phone: Phone, batch: Sequence[Waiting], *, records: bool = True) -> Push:
    """Give the push of a batch (one epoch, no hole) under this device's seal; without its records, a mere question."""
    reading = phone.ticks.reading()
    push = Push(
        batch=uuid7(max(reading.wall_ms, 0) % 2**48, phone.randomness),
        org=phone.identity.org,
        dev=phone.identity.dev,
        epoch=phone.outbox.epoch_of(batch[0].n),
        first=batch[0].seq,
        last=batch[-1].seq if records else batch[0].seq - 1,
        records=tuple(each.record for each in batch) if records else (),
        seal=b"",
        boot=reading.boot,
        mono_now=reading.mono_ms,
        # Whoever reads this has the batch: what still waits then is the rest.
        unsent=phone.outbox.unsent_beside(batch[0].n, batch[-1].n) if records else phone.outbox.counts().unsent,
        head=witness.newest_note(phone.store),
        app=VERSION,
    )
    return replace(push, seal=phone.key.sign(seal_body(push)))


def _take(phone: Phone, batch: Sequence[Waiting], response: Response, report: Report) -> None:
    """Settle what an answer says; without a receipt that verifies it says nothing, and all stays unsent."""
    answer = response.json() or {}
    note = str(answer.get("receipt") or "")
    receipt = settle.verified(note, phone.identity, phone.crypto)
    if receipt is None:
        report.alarms.add("phone.alarm.bad_receipt")
        return
    results = answer.get("results")
    told = settle.settle(
        phone.store, receipt, note=note, batch=batch, results=results if isinstance(results, list) else []
    )
    report.sent += told.sent
    report.to_check += told.to_check
    report.again += told.lost
    report.min_app = str(answer.get("min_app") or "")
    report.head = str(answer.get("head") or "") or report.head
    if told.forked and phone.outbox.open_epoch(receipt.epoch):
        report.alarms.add("phone.alarm.epoch")
    _heed(phone, answer.get("consistency"), receipt, report)


def _heed(phone: Phone, consistency: object, receipt: Receipt, report: Report) -> None:
    if consistency == Consistency.FORK:
        report.alarms.add("phone.alarm.fork")
    if consistency == Consistency.BEHIND or generation_of(receipt.origin) > witness.generation(phone.store):
        report.restored = report.restored or witness.generation(phone.store) > 0


def _send_raw(phone: Phone, waiting: Waiting, report: Report) -> Engine[None]:
    """Send the bytes of the one event that no push can carry; what fails here too waits for the next round."""
    settle.offer_raw(phone.store, waiting)
    response = yield Request(
        method="POST",
        path="/v1/sync/raw",
        query={"epoch": phone.outbox.epoch_of(waiting.n), "seq": str(waiting.seq)},
        body=waiting.record.payload,
        content_type="application/octet-stream",
    )
    _check_let_in(response)
    _check_overload(response)
    answer = response.json() or {}
    note = str(answer.get("receipt") or "")
    receipt = settle.verified(note, phone.identity, phone.crypto)
    if response.status != OK or receipt is None or answer.get("hash") != waiting.hash:
        return
    # Bytes that nobody read take their place in the receipt, but they are not an event yet.
    report.to_check += settle.settle_raw(phone.store, waiting)
    report.sent += settle.settle(phone.store, receipt, note=note).sent


def _check_let_in(response: Response) -> None:
    if response.status in NOT_LET_IN:
        raise StopRoundError(End.CUT_OFF)


def _check_overload(response: Response) -> None:
    if response.overloaded:
        raise StopRoundError(End.FAILING)
