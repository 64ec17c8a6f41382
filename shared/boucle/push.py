"""The push: what a device sends in one batch, and the seal that covers its whole content with one signature.

The seal signs the device, the contiguous range of sequence numbers, the batch and one digest over every record's
payload hash, effective time and time quality. A changed, added, dropped or reordered record breaks it.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from boucle.errors import MalformedPushError
from boucle.events import Quality
from boucle.ids import is_epoch, is_name
from boucle.shape import MAX_NAME, is_clean
from boucle.units import MAX_INT
from boucle.wire import digest

SEAL_CONTEXT = "boucle-seal/1"

_BATCH = re.compile(r"[A-Za-z0-9._:@/-]{1,64}")
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2})*")
_QUALITIES = frozenset({Quality.ANCHORED, Quality.INTERVAL, Quality.WALL})
_MAX_SEAL = 256
"""Bytes of a signature; Ed25519 has 64, and room is left for another scheme."""
_MAX_HEAD = 16 * 1024
"""Bytes of a checkpoint with the signatures of its witnesses."""


class Status(StrEnum):
    """What the server answers for one record; decided once, at first receipt."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """Same id, same content: already kept."""
    HELD = "held"
    """A kind this server does not know yet: kept, applied after its upgrade."""
    QUARANTINED = "quarantined"
    """Kept, listed, without effect until a person decides."""
    CONFLICT = "conflict"
    """Same id, other content: both kept, the first counts."""
    FORK = "fork"
    """The sequence number is taken, or the chain does not fit: kept; the device must open a new epoch."""


STANDING = (Status.ACCEPTED, Status.HELD)
"""Statuses of records that count, now or after an upgrade."""
ASIDE = (Status.FORK, Status.CONFLICT)
"""Statuses of records that hold no place in their device's chain."""
WAITING = (Status.QUARANTINED, *ASIDE, Status.HELD)
"""Statuses of records that have no effect until a person decides, or until an upgrade."""


class Consistency(StrEnum):
    """How the device's last checkpoint relates to the log."""

    OK = "ok"
    BEHIND = "behind"
    """The server's log is shorter than what the device saw: a restore; the device refills what is missing."""
    FORK = "fork"
    """The log contradicts what the device saw: said loudly on both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One event on its way: payload bytes, frozen effective time (ms), quality, and the erasable private part."""

    payload: bytes
    teff: int
    tq: int
    priv: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One batch of a device: records `first`..`last` of one epoch, without a hole, under one seal."""

    batch: str
    org: str
    dev: str
    epoch: str
    first: int
    last: int
    records: tuple[Record, ...]
    seal: bytes
    boot: str = ""
    mono_now: int = 0
    unsent: int = 0
    head: str = ""
    app: str = ""


def seal_body(push: Push) -> bytes:
    """Give the bytes that the device's Ed25519 key signs for a push."""
    state = sha256()
    for record in push.records:
        state.update(sha256(record.payload).digest())
        state.update(record.teff.to_bytes(8, "big", signed=True))
        state.update(bytes([record.tq]))
    last_hash = digest(push.records[-1].payload) if push.records else ""
    lines = (
        SEAL_CONTEXT,
        push.org,
        push.dev,
        push.epoch,
        str(push.first),
        str(push.last),
        push.batch,
        last_hash,
        state.hexdigest(),
    )
    return "".join(f"{line}\n" for line in lines).encode()


def write_push(push: Push) -> bytes:
    """Write the JSON body of `POST /v1/sync/push`; payload and private part are JSON *strings*."""
    records = []
    for record in push.records:
        entry: dict[str, Any] = {"payload": record.payload.decode(), "teff": record.teff, "tq": record.tq}
        if record.priv is not None:
            entry["priv"] = record.priv.decode()
        records.append(entry)
    body = {
        "batch": push.batch,
        "org": push.org,
        "dev": push.dev,
        "epoch": push.epoch,
        "first": push.first,
        "last": push.last,
        "records": records,
        "seal": push.seal.hex(),
        "boot": push.boot,
        "mono_now": push.mono_now,
        "unsent": push.unsent,
        "head": push.head,
        "app": push.app,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def read_push(body: bytes) -> Push:
    """Read the JSON body of a push; MalformedPushError names the first thing wrong.

    Payloads are not read here: what is wrong with one is its own result and never the batch's.
    """
    try:
        data = json.loads(body.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise MalformedPushError(f"not JSON: {str(error)[:200]}", "api.push_not_json") from error
    if not isinstance(data, dict):
        raise MalformedPushError("not an object", "api.push_not_object")
    push = Push(
        batch=_named(data, "batch", _is_batch),
        org=_named(data, "org", is_name),
        dev=_named(data, "dev", is_name),
        epoch=_named(data, "epoch", is_epoch),
        first=_integer(data, "first"),
        last=_integer(data, "last"),
        records=_records(data.get("records")),
        seal=_seal(data),
        boot=_text(data, "boot", MAX_NAME),
        mono_now=_integer(data, "mono_now"),
        unsent=_integer(data, "unsent"),
        head=_text(data, "head", _MAX_HEAD),
        app=_text(data, "app", MAX_NAME),
    )
    if push.records and (push.first < 1 or push.last - push.first + 1 != len(push.records)):
        found, message = (
            len(push.records),
            f"{len(push.records)} records are not the events {push.first} to {push.last}",
        )
        raise MalformedPushError(message, "api.push_range", n=found, first=push.first, last=push.last)
    return push


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedPushError("a key appears twice", "api.push_twice")
    return found


def _records(entries: object) -> tuple[Record, ...]:
    if not isinstance(entries, list):
        raise MalformedPushError("records is not a list", "api.push_field", name="records")
    return tuple(_record(number, entry) for number, entry in enumerate(entries))


def _record(number: int, entry: object) -> Record:
    if not isinstance(entry, dict) or not isinstance(entry.get("payload"), str):
        raise MalformedPushError(
            f"record {number} has no payload text", "api.push_field", name=f"records[{number}].payload"
        )
    priv = entry.get("priv")
    if priv is not None and not isinstance(priv, str):
        raise MalformedPushError(
            f"record {number}: priv is not a text", "api.push_field", name=f"records[{number}].priv"
        )
    if "teff" not in entry:
        raise MalformedPushError(f"record {number} has no teff", "api.push_field", name=f"records[{number}].teff")
    quality = _integer(entry, "tq")
    if quality not in _QUALITIES:
        raise MalformedPushError(
            f"record {number}: tq is not 0, 1 or 2", "api.push_field", name=f"records[{number}].tq"
        )
    return Record(
        payload=_bytes(entry["payload"]),
        teff=_integer(entry, "teff"),
        tq=quality,
        priv=None if priv is None else _bytes(priv),
    )


def _bytes(text: str) -> bytes:
    # A lone surrogate has no UTF-8; the bytes it is kept as are refused as such when the payload is read.
    return text.encode("utf-8", "surrogatepass")


def _seal(data: Mapping[str, Any]) -> bytes:
    written = _text(data, "seal", 2 * _MAX_SEAL)
    if not _HEXADECIMAL.fullmatch(written):
        raise MalformedPushError("seal is not hexadecimal", "api.push_field", name="seal")
    return bytes.fromhex(written)


def _is_batch(text: str) -> bool:
    return _BATCH.fullmatch(text) is not None


def _named(data: Mapping[str, Any], name: str, fits: Callable[[str], bool]) -> str:
    # These stand as lines in what is signed: a line break inside one would let two pushes share a seal.
    value = data.get(name)
    if not isinstance(value, str) or not fits(value):
        raise MalformedPushError(f"{name} is missing or malformed", "api.push_field", name=name)
    return value


def _text(data: Mapping[str, Any], name: str, longest: int) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not is_clean(value) or len(value.encode()) > longest:
        raise MalformedPushError(f"{name} is not a clean text of at most {longest} bytes", "api.push_field", name=name)
    return value


def _integer(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not -MAX_INT <= value <= MAX_INT:
        raise MalformedPushError(f"{name} is not an integer within 2^53", "api.push_field", name=name)
    return value
