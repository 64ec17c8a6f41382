"""Decisions about records that were set aside: a person admits or dismisses one, or an upgrade knows its kind.

Admission is decided once, at first receipt. Only these later decisions change it: each by an event of the server
or by the upgrade, each with an entry of its own in the event log. Bytes that were kept raw are decided about by
their hash; who admits them makes a record of them first.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import log
from boucle.admission import RESERVED, Ruling
from boucle.events import KINDS, Event
from boucle.log import SALT_BYTES, EntryKind
from boucle.push import ASIDE, STANDING, Record, Status
from boucle.wire import Unreadable, read
from boucle_server import eventlog, kept_bytes, ledger, projections, watermarks
from boucle_server.db import is_trouble
from boucle_server.feed import RECORDS, note_changes
from boucle_server.incidents import note_incident
from boucle_server.ledger import WAS, Kept
from boucle_server.organisations import SERVER_DEV
from boucle_server.projections import Feed
from boucle_server.set_aside import is_set_aside
from boucle_server.tables import RECORD, STATUS_CHANGE

UPGRADE: Final = "upgrade"
"""Stands for the deciding event when a newer version of Boucle knows a kind that was held."""
DISMISSIBLE: Final = (Status.QUARANTINED, *ASIDE, Status.HELD)
"""Statuses of records that a person may dismiss."""
_AT_ONCE: Final = 500


def carry_out(connection: Connection, org: str, events: Iterable[Event], *, now_ms: int) -> Feed:
    """Let the decisions among newly accepted events take effect; what they decide about nothing has none."""
    feed: Feed = []
    for event in events:
        if event.kind == "event.admitted":
            feed += _admit(connection, org, event, now_ms)
        elif event.kind == kept_bytes.DISMISSAL:
            _dismiss(connection, org, event, now_ms)
    return feed


def is_reserved(kind: str) -> bool:
    """Tell whether a kind, with its major version, is one that no device may record, whoever admits it."""
    return kind.partition("/")[0] in RESERVED


def holds_known(connection: Connection, org: str) -> bool:
    """Tell whether a record is held whose kind this version knows."""
    return connection.execute(_held(org).limit(1)).first() is not None


def release_held(connection: Connection, org: str, *, now_ms: int) -> int:
    """Take the held records whose kind this version knows into the figures; give how many could be.

    One that fails in an unexpected way stays held, and is named in the log of the server, so that it stops neither
    the others nor the server.
    """
    released, last = 0, 0
    feed: Feed = []
    waiting = _held(org).order_by(RECORD.c.rid).limit(_AT_ONCE)
    while found := connection.execute(waiting.where(RECORD.c.rid > last)).all():
        for row in found:
            savepoint = connection.begin_nested()
            try:
                feed += _release(connection, org, row, now_ms)
            except Exception as error:
                if is_trouble(error):
                    raise
                savepoint.rollback()
                note_incident(error, f"the release of event {row.id} of device {row.dev}, which stays held")
            else:
                savepoint.commit()
                released += 1
            last = row.rid
    note_changes(connection, org, list(dict.fromkeys(feed)))
    return released


def still_held(connection: Connection, org: str) -> list[str]:
    """Give the ids of held events whose kind this version knows: their release has failed."""
    return [row.id for row in connection.execute(_held(org).order_by(RECORD.c.rid))]


def _held(org: str) -> sa.Select[Any]:
    known = [f"{kind}/1" for kind in KINDS]
    held = (RECORD.c.status == "held", RECORD.c.kind.in_(known), is_set_aside())
    return sa.select(RECORD).where(RECORD.c.org == org, *held)


def status_content(*, event_id: str, content_hash: str, status: str, reason: str, by_event: str) -> bytes:
    """Give the bytes that a change of status commits to in the event log."""
    said = {"id": event_id, "hash": content_hash, "status": status, "reason": reason, "by": by_event}
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _admit(connection: Connection, org: str, decision: Event, now_ms: int) -> Feed:
    _read_bytes(connection, org, decision.text("hash"), now_ms)
    several = _contents(connection, org, decision)
    if any(row.status in STANDING for row in several):
        return []
    chosen = next((row for row in several if decision.text("hash") in ("", row.hash)), None)
    event = None if chosen is None else read(bytes(chosen.payload), chosen.teff, chosen.tq)
    if chosen is None or event is None or isinstance(event, Unreadable) or event.kind in RESERVED:
        return []
    if event.major != 1 or event.kind not in KINDS:
        change_status(connection, org, chosen, "held", by_event=decision.id, now_ms=now_ms)
        return []
    feed = projections.take_effect(connection, org, [event])
    change_status(connection, org, chosen, "accepted", by_event=decision.id, now_ms=now_ms)
    return feed


def _dismiss(connection: Connection, org: str, decision: Event, now_ms: int) -> None:
    for row in _contents(connection, org, decision):
        if row.status in DISMISSIBLE and decision.text("hash") in ("", row.hash):
            change_status(connection, org, row, "dismissed", by_event=decision.id, now_ms=now_ms)


def _release(connection: Connection, org: str, row: Any, now_ms: int) -> Feed:
    event = read(bytes(row.payload), row.teff, row.tq)
    if isinstance(event, Unreadable):
        change_status(connection, org, row, "quarantined", by_event=UPGRADE, now_ms=now_ms)
        return []
    feed = projections.take_effect(connection, org, [event])
    change_status(connection, org, row, "accepted", by_event=UPGRADE, now_ms=now_ms)
    return feed


def _contents(connection: Connection, org: str, decision: Event) -> Sequence[Any]:
    target = decision.text("target")
    if target == decision.text("hash"):
        found = kept_bytes.first(connection, org, target)
        event = None if found is None else kept_bytes.event_in(found, org)
        target = "" if event is None else event.id
    query = sa.select(RECORD).where(RECORD.c.org == org, RECORD.c.id == target).order_by(RECORD.c.variant)
    return connection.execute(query).all()


def _read_bytes(connection: Connection, org: str, content_hash: str, now_ms: int) -> None:
    """Make a record of bytes that were kept raw, where they read as an event by now and no record has them yet."""
    row = kept_bytes.first(connection, org, content_hash)
    event = None if row is None else kept_bytes.event_in(row, org)
    if row is None or event is None:
        return
    stored = ledger.contents_of(connection, org, [event.id]).get(event.id, [])
    if any(content.hash == content_hash or content.status in STANDING for content in stored):
        return
    record = Record(payload=bytes(row.content), teff=event.teff, tq=event.tq)
    ruling = Ruling(event.id, Status.QUARANTINED, row.reason, content_hash, record, event)
    piece = ledger.record_piece(ruling, event, len(stored))
    ledger.add_kept(connection, org, [Kept(row.dev, piece, now_ms, row.seal)])
    kept_bytes.settle(connection, org, hashes=[content_hash])


def change_status(connection: Connection, org: str, row: Any, status: str, *, by_event: str, now_ms: int) -> None:
    """Give a stored record another status, with an entry of its own in the event log."""
    reason = row.reason if row.reason.startswith(WAS) else f"{WAS}{row.status}:{row.reason}"
    said = status_content(event_id=row.id, content_hash=row.hash, status=status, reason=reason, by_event=by_event)
    salt = secrets.token_bytes(SALT_BYTES)
    entry = log.entry(EntryKind.STATUS, row.id, received_ms=now_ms, commit=log.salted(salt, said))
    at = eventlog.append(connection, org, [entry])
    connection.execute(
        sa.insert(STATUS_CHANGE).values(
            org=org,
            record=row.rid,
            status=status,
            reason=reason,
            by_event=by_event,
            salt=salt,
            at_ms=now_ms,
            generation=at.generation,
            leaf=at.first,
        )
    )
    changed = {"status": status, "reason": reason}
    connection.execute(sa.update(RECORD).where(RECORD.c.org == org, RECORD.c.rid == row.rid).values(**changed))
    if row.dev != SERVER_DEV:
        note_changes(connection, org, [(RECORDS, row.id)])
        watermarks.renew(connection, org, row.dev, epoch=row.epoch)
