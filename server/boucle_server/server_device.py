"""The organisation's own server as a device: its acts, its jobs and its imports become sealed events.

A submission (one act, one run of a job, one imported file) is an epoch of its own, so that submissions never
wait for each other's numbers. What is recorded later than it happened keeps the claimed time, of quality wall,
and no better evidence than a declaration.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from boucle.admission import fault_of
from boucle.clock import DEFAULT_ZONE
from boucle.events import KINDS, Quality
from boucle.ids import new_epoch, uuid7
from boucle.push import Push, Record, seal_body
from boucle.shape import Flaw
from boucle.signing import SigningKey
from boucle.version import VERSION
from boucle.wire import FIRST_PREV, MAX_RECORDS, digest, write
from boucle_server.organisations import SERVER_DEV

_LONGEST_PLACE = {"org": "o" * 64, "dev": SERVER_DEV, "epoch": "f" * 16}
"""A place in a chain that takes as many bytes as any."""
_SALT_BYTES = 16
DECLARED = "declared"
"""The evidence of a movement that nobody scanned here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event before it has a place in the chain: what happened, and when that is said to be.

    `fields` are envelope keys (`code`, or `item_type` with `qty`; `place`, `other`, `task`, `against`,
    `corrects`, `body`, `actor`); `claimed_ms` is None for what happens now; `id` is given only by who must find
    the event again, such as a job that records the same thing once.
    """

    kind: str
    fields: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    claimed_ms: int | None = None
    id: str = ""
    private: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What may be erased later, such as a name; only its salted hash is part of the event."""


def pushes(
    org: str,
    drafts: Sequence[Draft],
    *,
    key: SigningKey,
    actor: str,
    now_ms: int,
    zone: str = DEFAULT_ZONE,
    size: int = MAX_RECORDS,
) -> Iterator[Push]:
    """Give one submission as sealed pushes of up to `size` records, all of one fresh epoch, to be ingested in order.

    Drafts are numbered by the time that they claim (those of one time as given), because a device's times never
    go back. `key` is the organisation's signing key.
    """
    epoch = new_epoch(secrets.token_bytes)
    batch = str(uuid7(now_ms, secrets.token_bytes))
    ordered = sorted(drafts, key=lambda draft: now_ms if draft.claimed_ms is None else draft.claimed_ms)
    prev = FIRST_PREV
    for first in range(0, len(ordered), size):
        records = []
        for seq, draft in enumerate(ordered[first : first + size], first + 1):
            place = {"org": org, "dev": SERVER_DEV, "epoch": epoch, "seq": seq, "prev": prev}
            priv = _private(draft)
            sealed = {"priv": digest(priv)} if priv is not None else {}
            payload = write(envelope(draft, place, actor=actor, now_ms=now_ms, zone=zone) | sealed)
            prev = digest(payload)
            claimed = draft.claimed_ms
            quality = Quality.ANCHORED if claimed is None else Quality.WALL
            records.append(Record(payload=payload, teff=now_ms if claimed is None else claimed, tq=quality, priv=priv))
        push = Push(
            batch=f"{batch}/{first // size}",
            org=org,
            dev=SERVER_DEV,
            epoch=epoch,
            first=first + 1,
            last=first + len(records),
            records=tuple(records),
            seal=b"",
            app=VERSION,
        )
        yield _sealed(push, key)


def _private(draft: Draft) -> bytes | None:
    return write({**draft.private, "salt": secrets.token_hex(_SALT_BYTES)}) if draft.private else None


def refusal(draft: Draft, *, now_ms: int, zone: str = DEFAULT_ZONE) -> str:
    """Say beforehand why the door would set a draft aside, as it says afterwards; `""` for one that it would take."""
    place = {**_LONGEST_PLACE, "seq": 1, "prev": FIRST_PREV}
    try:
        payload = write(envelope(draft, place, actor="", now_ms=now_ms, zone=zone))
    except ValueError:
        return Flaw.BAD_TEXT
    at_ms = now_ms if draft.claimed_ms is None else draft.claimed_ms
    quality = Quality.ANCHORED if draft.claimed_ms is None else Quality.WALL
    return fault_of(Record(payload=payload, teff=at_ms, tq=quality), now_ms=now_ms, own=True)


def _sealed(push: Push, key: SigningKey) -> Push:

    return replace(push, seal=key.sign(seal_body(push)))


def envelope(draft: Draft, place: Mapping[str, Any], *, actor: str, now_ms: int, zone: str) -> dict[str, Any]:
    """Give the envelope of a draft at its `place` in a chain."""
    fields = dict(draft.fields)
    body = dict(fields.pop("body", {}))
    known = KINDS.get(draft.kind)
    if draft.claimed_ms is not None and known is not None and "evidence" in known.fields:
        body["evidence"] = DECLARED
    return {
        "actor": actor,
        "tz": zone,
        **fields,
        **place,
        "v": 1,
        "id": draft.id or uuid7(now_ms, secrets.token_bytes),
        "kind": f"{draft.kind}/1",
        "body": body,
        "wall": now_ms,
        "app": VERSION,
    }
