"""A person's decision about what was set aside: found by its id or hash, checked, and recorded as an event.

The event is of the server's own device, so that an export, a rebuild and a replay know the decision as the tables do.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.admission import Why
from boucle.events import Event
from boucle.ids import is_uuid7
from boucle.push import STANDING, WAITING, Status
from boucle.wire import read
from boucle_server import decisions, kept_bytes, rights
from boucle_server.errors import ConflictError, InvalidInputError, NotFoundError
from boucle_server.ingest import accept_own
from boucle_server.ledger import first_reason
from boucle_server.organisations import checked_text
from boucle_server.server_device import Draft
from boucle_server.set_aside import UNREADABLE, is_set_aside
from boucle_server.tables import RAW, RECORD, STATUS_CHANGE

DISMISSED: Final = "dismissed"
SHORTEST: Final = 8
"""Digits of a hash from which it is looked for."""
MAX_REASON: Final = 500
_HASH: Final = re.compile(f"[0-9a-f]{{{SHORTEST},64}}", re.ASCII)


class Verdict(StrEnum):
    """What a person decides."""

    ADMIT = "admit"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What came of a decision about one content. `event` is the decision, empty when it had been decided so before."""

    id: str
    hash: str
    before: str
    status: str
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A content that a key names; `rid` is 0 and `id` empty for bytes that no record has."""

    rid: int
    id: str
    hash: str
    status: str
    kind: str


def decide(
    connection: Connection, org: str, key: str, verdict: Verdict, *, reason: str, actor: str, now_ms: int
) -> list[Decided]:
    """Admit or dismiss what an event's id or the beginning of a content's hash names, in the writing transaction.

    Decided so before, it is said again and nothing is recorded. InvalidInputError for a key that is neither, or a
    dismissal without a reason; NotFoundError when there is nothing of the kind; ConflictError when it cannot be.
    """
    checked_text(reason, "reason", longest=MAX_REASON, empty=verdict is Verdict.ADMIT)
    found = _find(connection, org, key)
    if not found:
        raise NotFoundError("api.nothing_aside", key=key)
    if not is_uuid7(key) and len({one.hash for one in found}) > 1:
        raise ConflictError("api.several_aside", hashes=", ".join(_once(found)))
    chosen, done = _admissible(connection, org, found) if verdict is Verdict.ADMIT else _dismissible(found)
    if verdict is Verdict.ADMIT and not done:
        _check_right(connection, org, chosen[0], actor)
    event = "" if done else _record(connection, org, chosen, verdict, reason=reason, actor=actor, now_ms=now_ms)
    told = [_told(connection, org, one, event) for one in chosen]
    if event and any(one.status == one.before for one in told):
        raise ConflictError("api.undecided", key=key)
    return told


def _told(connection: Connection, org: str, one: _Found, event: str) -> Decided:
    same = _records(connection, RECORD.c.org == org, RECORD.c.rid == one.rid) if one.rid else ()
    now = next(iter(same or _find(connection, org, one.hash)))
    return Decided(id=now.id, hash=one.hash, before=one.status, status=now.status, event=event)


def _record(
    connection: Connection, org: str, chosen: list[_Found], verdict: Verdict, *, reason: str, actor: str, now_ms: int
) -> str:
    """Record the decision; ConflictError where what it sets off fails, and the transaction is to be undone."""
    one = chosen[0]
    content_hash = one.hash if len(chosen) == 1 else ""
    body = {"target": one.id or one.hash, "hash": content_hash, "reason": reason}
    kind = "event.admitted" if verdict is Verdict.ADMIT else kept_bytes.DISMISSAL
    draft = Draft(kind=kind, fields={"body": {name: text for name, text in body.items() if text}})
    (result,) = accept_own(connection, org, [draft], actor=actor, now_ms=now_ms)
    if result.status is not Status.ACCEPTED:
        raise ConflictError("api.undecided", key=one.id or one.hash)
    return result.id


def _admissible(connection: Connection, org: str, found: list[_Found]) -> tuple[list[_Found], bool]:
    """Give the one content to admit, and whether it counts already."""
    accepted = [one for one in found if one.status == Status.ACCEPTED]
    if accepted:
        return accepted[:1], True
    once = _once(found)
    if len(once) > 1:
        raise ConflictError("api.several_aside", hashes=", ".join(once))
    one = found[0]
    if one.status == Status.HELD:
        raise ConflictError("api.held_aside", kind=one.kind)
    event_id = one.id or _id_in(connection, org, one.hash)
    standing = sa.select(RECORD.c.hash).where(
        RECORD.c.org == org, RECORD.c.id == event_id, RECORD.c.status.in_(STANDING)
    )
    if connection.execute(standing).first() is not None:
        raise ConflictError("api.other_counts", id=event_id)
    if decisions.is_reserved(one.kind):
        raise ConflictError("api.reserved_aside", kind=one.kind)
    return [one], False


def _check_right(connection: Connection, org: str, one: _Found, actor: str) -> None:
    """ConflictError where a decision that waits for somebody with the right would be admitted by anybody else."""
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq, RECORD.c.reason).where(
        RECORD.c.org == org, RECORD.c.rid == one.rid
    )
    row = connection.execute(query).one_or_none()
    if row is None or first_reason(row.reason) != Why.NOT_PERMITTED:
        return
    event = read(bytes(row.payload), row.teff, row.tq)
    assert isinstance(event, Event)
    if event.actor == actor:
        raise ConflictError("api.own_decision")
    if not rights.may_decide(connection, org, actor, event.kind):
        raise ConflictError("api.no_right_to_admit")


def _id_in(connection: Connection, org: str, content_hash: str) -> str:
    row = kept_bytes.first(connection, org, content_hash)
    event = None if row is None else kept_bytes.event_in(row, org)
    if event is None:
        raise ConflictError("api.no_event_in", hash=content_hash[:16])
    return event.id


def _dismissible(found: list[_Found]) -> tuple[list[_Found], bool]:
    """Give the contents to dismiss, and whether all of them are dismissed already."""
    waiting = {one.hash: one for one in found if one.status in (*WAITING, UNREADABLE)}
    if waiting:
        return list(waiting.values()), False
    dismissed = [one for one in found if one.status == DISMISSED]
    if not dismissed:
        raise ConflictError("api.counts_already", id=found[0].id)
    return dismissed, True


def _once(found: list[_Found]) -> list[str]:
    """Give the beginning of each hash once, long enough to name it."""
    return list(dict.fromkeys(one.hash[:16] for one in found))


# Finding


def _find(connection: Connection, org: str, key: str) -> list[_Found]:
    """Give the contents that a key names, those of records in the order of receipt, then bytes that no record has."""
    if is_uuid7(key):
        return _records(connection, RECORD.c.org == org, RECORD.c.id == key)
    if not _HASH.fullmatch(key):
        raise InvalidInputError("api.bad_aside_key", key=key, n=SHORTEST)
    decided = sa.select(STATUS_CHANGE.c.record).where(STATUS_CHANGE.c.org == org)
    begins = (RECORD.c.org == org, RECORD.c.hash.startswith(key))
    several = _records(connection, *begins, is_set_aside()) + _records(connection, *begins, RECORD.c.rid.in_(decided))
    found = {one.rid: one for one in several}
    known = {one.hash for one in several}
    return [*(found[rid] for rid in sorted(found)), *_raws(connection, org, key, known)]


def _records(connection: Connection, *wanted: sa.ColumnElement[bool]) -> list[_Found]:
    columns = (RECORD.c.rid, RECORD.c.id, RECORD.c.hash, RECORD.c.status, RECORD.c.kind)
    query = sa.select(*columns).where(*wanted).order_by(RECORD.c.rid)
    return [_Found(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001


def _raws(connection: Connection, org: str, begin: str, known: set[str]) -> list[_Found]:
    """Give the bytes kept raw whose hash begins so, as the record that has them by now where one does."""
    query = sa.select(RAW.c.hash, kept_bytes.waits().label("waits")).where(
        RAW.c.org == org, RAW.c.hash.startswith(begin)
    )
    rows = {row.hash: row for row in connection.execute(query.order_by(RAW.c.rid))}
    found: list[_Found] = []
    for row in rows.values():
        if row.hash in known:
            continue
        event_id = "" if row.waits else kept_bytes.id_in(connection, org, row.hash)
        records = _records(connection, RECORD.c.org == org, RECORD.c.id == event_id, RECORD.c.hash == row.hash)
        status = UNREADABLE if row.waits else DISMISSED
        found += records or [_Found(rid=0, id="", hash=row.hash, status=status, kind="")]
    return found
