"""The ledger: what is stored of records, unreadable bytes and seals, and the one way a batch is added to them.

Rows are added in the order of their leaves in the event log, and never taken away. What a record means is
decided before (`boucle.admission`) and after (`boucle.projection`), never here.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import log
from boucle.admission import Known, Ruling, Slot, is_own
from boucle.events import Event
from boucle.log import SALT_BYTES, EntryKind
from boucle.push import ASIDE, STANDING, Push, Status
from boucle.wire import digest
from boucle_server import eventlog, photos, rows
from boucle_server.errors import QuotaError
from boucle_server.tables import RAW, RECORD, UNSEALED

RAW_QUOTA: Final = 32 * 1024 * 1024
"""Bytes that one device may leave without a seal that vouches for them."""
RAW_CHARGE: Final = 1024
"""Bytes that each of them counts for beside its own, so that their number is bounded too."""
WAS: Final = "was:"
"""Begins the reason of a record whose status a person changed; what it was before follows."""

_RECORD: Final = (
    "org", "id", "variant", "hash", "dev", "epoch", "seq", "kind", "subject", "payload", "priv", "teff", "tq",
    "salt", "generation", "leaf", "status", "reason", "received_ms", "seal",
)  # fmt: skip
_RAW: Final = (
    "org", "dev", "content", "size", "hash", "reason", "epoch", "seq", "teff", "tq", "seal",
    "salt", "received_ms", "generation", "leaf",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who hands a batch in, by its token or by the file it wrote."""

    org: str
    dev: str
    public_key: bytes
    status: str

    @property
    def is_server(self) -> bool:
        """Whether this is the organisation's own server."""
        return self.status == "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A batch at the door: from whom, when, and whether the sender's seal on it holds."""

    sender: Sender
    push: Push
    message: bytes
    """What the seal signs."""
    sealed: bool
    now_ms: int


class Raw(NamedTuple):
    """Bytes to be kept as such; `place` is the number at which they stand in the chain of `epoch`, 0: unknown."""

    content: bytes
    hash: str
    reason: str
    epoch: str = ""
    place: int = 0
    teff: int | None = None
    tq: int | None = None


class Content(NamedTuple):
    """One content received under an id."""

    variant: int
    hash: str
    teff: int
    tq: int
    status: str
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Before:
    """What the ledger holds already of the ids and places of a batch."""

    contents: dict[str, list[Content]] = field(default_factory=dict)
    slots: dict[int, Slot] = field(default_factory=dict)
    last_teff: int | None = None
    """Time of the event just before the batch, when it counts."""

    @property
    def known(self) -> dict[str, Known]:
        """Of each id the content that counts, else the first received."""
        return {event_id: _known(several) for event_id, several in self.contents.items()}


def _known(several: Sequence[Content]) -> Known:
    _, content_hash, teff, tq, status, reason = next((one for one in several if one.status in STANDING), several[0])
    return Known(content_hash, teff, tq, status, first_reason(reason))


def first_reason(reason: str) -> str:
    """Give why a record was given its first status, whatever was decided about it since."""
    return reason.removeprefix(WAS).partition(":")[2] if reason.startswith(WAS) else reason


def first_status(status: str, reason: str) -> str:
    """Give the status that a record was given at its first receipt."""
    return reason.removeprefix(WAS).partition(":")[0] if reason.startswith(WAS) else status


# Reading


def holds_place() -> sa.ColumnElement[bool]:
    """Select the records that hold a place in their device's chain, whatever was decided about them later.

    What was read from bytes that no seal covers holds none: their number is anybody's word.
    """
    was_aside = sa.or_(*(RECORD.c.reason.startswith(f"{WAS}{status}", autoescape=True) for status in ASIDE))
    return RECORD.c.status.not_in(ASIDE) & ~was_aside & RECORD.c.seal.is_not(None)


def _slots_query() -> sa.CompoundSelect[Any]:
    def of_chain(table: sa.Table) -> list[sa.ColumnElement[bool]]:
        names = [table.c[name] == sa.bindparam(name, type_=sa.Text()) for name in ("org", "dev", "epoch")]
        first, last = (sa.bindparam(name, type_=sa.BigInteger()) for name in ("first", "last"))
        return [*names, table.c.seq >= first, table.c.seq <= last]

    records = sa.select(RECORD.c.seq, RECORD.c.id, RECORD.c.hash, RECORD.c.teff, RECORD.c.status)
    empty = sa.literal("", sa.Text())
    bytes_ = sa.select(RAW.c.seq, empty, RAW.c.hash, RAW.c.teff, empty)
    return sa.union_all(
        records.where(*of_chain(RECORD), holds_place()), bytes_.where(*of_chain(RAW), RAW.c.seal.is_not(None))
    )


_SLOTS: Final = _slots_query()


def before(connection: Connection, push: Push, *, org: str, ids: Iterable[str]) -> Before:
    """Read what the ledger holds of a batch: two statements, whatever its size."""
    found = Before(contents=contents_of(connection, org, ids))
    places = {"org": org, "dev": push.dev, "epoch": push.epoch, "first": push.first - 1, "last": push.last + 1}
    for seq, event_id, content_hash, teff, status in connection.execute(_SLOTS, places):
        found.slots.setdefault(seq, Slot(event_id, content_hash))
        if seq == push.first - 1 and status in STANDING:
            found.last_teff = teff
    return found


def contents_of(connection: Connection, org: str, ids: Iterable[str]) -> dict[str, list[Content]]:
    """Give what is stored under each of the ids, in the order of receipt."""
    found: dict[str, list[Content]] = {}
    columns = ("id", "variant", "hash", "teff", "tq", "status", "reason")
    for event_id, *content in rows.select(connection, RECORD, columns, org=org, key="id", keys=ids):
        found.setdefault(event_id, []).append(Content(*content))
    for several in found.values():
        several.sort()
    return found


# Adding


def add(connection: Connection, arrival: Arrival, first: int, rulings: Sequence[Ruling], held: Before) -> None:
    """Add what is new of the records from place `first` on, with the seal of their batch.

    QuotaError when nobody vouches for too many bytes.
    """
    _add(connection, arrival, list(_pieces(arrival, first, rulings, held)))


def add_unread(connection: Connection, arrival: Arrival, place: int, *, reason: str) -> None:
    """Add the record at `place` of a batch as bytes, whatever it is."""
    record = arrival.push.records[place - arrival.push.first]
    raw = Raw(record.payload, digest(record.payload), reason)
    if arrival.sealed:
        raw = raw._replace(epoch=arrival.push.epoch, place=place, teff=record.teff, tq=record.tq)
    _add(connection, arrival, [raw])


def _add(connection: Connection, arrival: Arrival, found: "Sequence[_Piece | Raw]") -> None:
    raws = {_address(piece): piece for piece in found if isinstance(piece, Raw)}
    for address in _kept(connection, arrival.sender, raws.values()):
        raws.pop(address, None)
    if not arrival.sealed:
        _check_quota(connection, arrival.sender, raws.values())
    pieces = [piece for piece in found if not isinstance(piece, Raw) or raws.get(_address(piece)) is piece]
    seal = _add_seal(connection, arrival) if arrival.sealed and pieces else None
    _append(connection, arrival.sender, pieces, now_ms=arrival.now_ms, seal=seal)


def keep(connection: Connection, sender: Sender, raw: Raw, *, now_ms: int) -> None:
    """Keep bytes that no seal covers, once; QuotaError when the device has left too many."""
    if _address(raw) not in _kept(connection, sender, [raw]):
        _check_quota(connection, sender, [raw])
        _append(connection, sender, [raw], now_ms=now_ms, seal=None)


class _Piece(NamedTuple):
    """A record to be added, as content number `variant` of its id."""

    ruling: Ruling
    event: Event
    variant: int


def _pieces(arrival: Arrival, first: int, rulings: Sequence[Ruling], held: Before) -> Iterator[_Piece | Raw]:
    epoch = arrival.push.epoch
    contents = {event_id: {one[1:4] for one in several} for event_id, several in held.contents.items()}
    for place, ruling in enumerate(rulings, first):
        record, event = ruling.record, ruling.event
        if ruling.status is Status.DUPLICATE:
            continue
        if not arrival.sealed:
            yield Raw(record.payload, ruling.hash, ruling.why)
        elif event is None or not is_own(ruling):
            reason = str(ruling.why)
            yield Raw(record.payload, ruling.hash, reason, epoch, place, record.teff, record.tq)
        else:
            known = contents.setdefault(ruling.id, set())
            content = (ruling.hash, record.teff, record.tq)
            if content not in known:
                yield _Piece(ruling, event, len(known))
                known.add(content)


def _address(raw: Raw) -> tuple[str, str, int]:
    return raw.hash, raw.epoch, raw.place


def _kept(connection: Connection, sender: Sender, raws: Collection[Raw]) -> set[tuple[str, str, int]]:
    if not raws:
        return set()
    query = sa.select(RAW.c.hash, RAW.c.epoch, RAW.c.seq).where(
        RAW.c.org == sender.org, RAW.c.dev == sender.dev, RAW.c.hash.in_({raw.hash for raw in raws})
    )
    return {(content_hash, epoch, seq) for content_hash, epoch, seq in connection.execute(query)}


# Answered from the index of these very columns, without a look at any row.
_LEFT: Final = sa.select(sa.func.coalesce(sa.func.sum(RAW.c.size), 0), sa.func.count()).where(
    RAW.c.org == sa.bindparam("of"), RAW.c.dev == sa.bindparam("who"), sa.text(f"raw.{UNSEALED}")
)


def _check_quota(connection: Connection, sender: Sender, raws: Collection[Raw]) -> None:
    if not raws:
        return
    size, count = connection.execute(_LEFT, {"of": sender.org, "who": sender.dev}).one()
    left = int(size) + RAW_CHARGE * count
    if left + sum(len(raw.content) + RAW_CHARGE for raw in raws) > RAW_QUOTA:
        raise QuotaError


def _add_seal(connection: Connection, arrival: Arrival) -> int:
    push = arrival.push
    values = {
        "org": arrival.sender.org,
        "dev": push.dev,
        "epoch": push.epoch,
        "first": push.first,
        "last": push.last,
        "batch": push.batch,
        "body": arrival.message,
        "signature": push.seal,
        "received_ms": arrival.now_ms,
    }
    text = _SEAL_TEXT[connection.dialect.name]
    sid: int = connection.exec_driver_sql(text, tuple(values[name] for name in _SEAL)).scalar_one()
    return sid


_SEAL: Final = ("org", "dev", "epoch", "first", "last", "batch", "body", "signature", "received_ms")


def _seal_text(mark: str) -> str:
    names = ", ".join(f'"{name}"' for name in _SEAL)
    marks = ", ".join(mark for _ in _SEAL)
    again = 'ON CONFLICT ("org", "dev", "epoch", "first", "last", "signature") DO UPDATE SET "batch" = excluded."batch"'
    return f'INSERT INTO "seal" ({names}) VALUES ({marks}) {again} RETURNING "sid"'  # noqa: S608 - our own names


_SEAL_TEXT: Final = {"sqlite": _seal_text("?"), "postgresql": _seal_text("%s")}


def _append(
    connection: Connection, sender: Sender, pieces: Sequence[_Piece | Raw], *, now_ms: int, seal: int | None
) -> None:
    add_kept(connection, sender.org, [Kept(sender.dev, piece, now_ms, seal) for piece in pieces])


def _entry(kept: "Kept", salt: bytes) -> bytes:
    piece, received_ms = kept.piece, kept.received_ms
    if isinstance(piece, Raw):
        return log.entry(EntryKind.RAW, kept.dev, received_ms=received_ms, commit=log.salted(salt, piece.content))
    record = piece.ruling.record
    commit = log.commitment(salt, record.payload, teff_ms=record.teff, quality=record.tq)
    return log.entry(EntryKind.EVENT, piece.event.id, received_ms=received_ms, commit=commit)


_Place = tuple[bytes, int, int]
"""Salt, generation and index of the leaf."""


def _record_row(org: str, kept: "Kept", piece: _Piece, place: _Place) -> tuple[Any, ...]:
    ruling, event, record = piece.ruling, piece.event, piece.ruling.record
    return (
        org,
        event.id,
        piece.variant,
        ruling.hash,
        event.dev,
        event.epoch,
        event.seq,
        f"{event.kind}/{event.major}",
        event.subject,
        record.payload,
        record.priv,
        record.teff,
        record.tq,
        *place,
        str(ruling.status),
        str(ruling.why),
        kept.received_ms,
        kept.seal,
    )


def _raw_row(org: str, kept: "Kept", raw: Raw, place: _Place) -> tuple[Any, ...]:
    content = (raw.content, len(raw.content), raw.hash, raw.reason)
    salt, generation, leaf = place
    chain = (raw.epoch, raw.place, raw.teff, raw.tq, kept.seal)
    return (org, kept.dev, *content, *chain, salt, kept.received_ms, generation, leaf)


# Carrying over


class Kept(NamedTuple):
    """A record, or bytes, with who brought it, when that was (ms), and the seal that covers it."""

    dev: str
    piece: _Piece | Raw
    received_ms: int
    seal: int | None


def record_piece(ruling: Ruling, event: Event, variant: int) -> _Piece:
    """Give a record as content number `variant` of its id, under the status of its ruling."""
    return _Piece(ruling, event, variant)


def keeps(connection: Connection, org: str, dev: str, raw: Raw) -> bool:
    """Tell whether bytes are stored already, at their place."""
    return _address(raw) in _kept(connection, Sender(org=org, dev=dev, public_key=b"", status=""), [raw])


def add_kept(connection: Connection, org: str, several: Sequence[Kept]) -> None:
    """Add records and bytes, each with the receipt time that it is given, to this log and these tables."""
    if not several:
        return
    drawn = secrets.token_bytes(SALT_BYTES * len(several))
    salts = [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]
    at = eventlog.append(connection, org, [_entry(kept, salt) for kept, salt in zip(several, salts, strict=True)])
    records, raws = [], []
    for kept, salt, leaf in zip(several, salts, at.indices, strict=True):
        place = (salt, at.generation, leaf)
        if isinstance(kept.piece, Raw):
            raws.append(_raw_row(org, kept, kept.piece, place))
        else:
            records.append(_record_row(org, kept, kept.piece, place))
    rows.insert(connection, RECORD, _RECORD, records)
    rows.insert(connection, RAW, _RAW, raws)
    photos.note(connection, org, [kept.piece.event for kept in several if isinstance(kept.piece, _Piece)])
