"""The push: what a device sends in one batch, and the seal that covers its whole content with one signature.

The seal signs the device, the contiguous range of sequence numbers, the batch and one digest over every record's
payload hash, effective time and time quality. A changed, added, dropped or reordered record breaks it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from boucle.units import MAX_INT
from boucle.wire import digest

SEAL_CONTEXT = "boucle-seal/1"


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


class MalformedPushError(ValueError):
    """A body that is not a push at all; kept as raw bytes by the server, answered 400."""


def read_push(body: bytes) -> Push:
    """Read the JSON body of a push; MalformedPushError names the first thing wrong. Payloads are not read here."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedPushError(f"not JSON: {str(error)[:200]}") from error
    if not isinstance(data, Mapping):
        raise MalformedPushError("not an object")
    records = data.get("records")
    if not isinstance(records, list):
        raise MalformedPushError("records is not a list")
    try:
        seal = bytes.fromhex(_text(data, "seal"))
    except ValueError as error:
        raise MalformedPushError("seal is not hexadecimal") from error
    return Push(
        batch=_text(data, "batch"),
        org=_text(data, "org"),
        dev=_text(data, "dev"),
        epoch=_text(data, "epoch"),
        first=_integer(data, "first"),
        last=_integer(data, "last"),
        records=_records(records),
        seal=seal,
        boot=_text(data, "boot"),
        mono_now=_integer(data, "mono_now"),
        unsent=_integer(data, "unsent"),
        head=_text(data, "head"),
        app=_text(data, "app"),
    )


def _records(entries: Sequence[object]) -> tuple[Record, ...]:
    records = []
    for number, entry in enumerate(entries):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("payload"), str):
            raise MalformedPushError(f"record {number} has no payload text")
        priv = entry.get("priv")
        if priv is not None and not isinstance(priv, str):
            raise MalformedPushError(f"record {number}: priv is not a text")
        quality = _integer(entry, "tq")
        if quality not in (0, 1, 2):
            raise MalformedPushError(f"record {number}: tq is not 0, 1 or 2")
        records.append(
            Record(
                payload=_bytes(str(entry["payload"])),
                teff=_integer(entry, "teff"),
                tq=quality,
                priv=None if priv is None else _bytes(priv),
            )
        )
    return tuple(records)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise MalformedPushError(f"{name} is not a clean text")
    return value


def _integer(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not -MAX_INT <= value <= MAX_INT:
        raise MalformedPushError(f"{name} is not an integer within 2^53")
    return value
