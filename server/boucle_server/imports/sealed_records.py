"""Records and bytes of an event export into a database, each with what was decided about it, then and later.

An export that was taken later goes on where an earlier one ends, whichever comes in first.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.admission import Ruling
from boucle.events import Event
from boucle.push import Record, Status
from boucle.wire import Unreadable, digest, read
from boucle_server import kept_bytes, ledger, projections
from boucle_server.decisions import change_status
from boucle_server.errors import Words
from boucle_server.feed import note_changes
from boucle_server.imports.sealed_lines import Line, LineError, Outcome, why_refused
from boucle_server.ledger import WAS, Content, Kept, Raw
from boucle_server.tables import RECORD, SEAL, STATUS_CHANGE

Change = Mapping[str, Any]
"""A later decision about a record: its status, the event that decided it, when."""
_CHANGE: Final = ("status", "by_event", "at_ms")


def take_records(
    connection: Connection, org: str, group: Sequence[Line], *, outcome: Outcome, touched: set[tuple[str, str]]
) -> None:
    """Take records in, and what was decided later about those that are here; note the chains that were `touched`."""
    contents = ledger.contents_of(connection, org, [str(line.get("id")) for _, line in group])
    fresh: list[Event] = []
    kept: list[Kept] = []
    hashes: list[str] = []
    later: list[tuple[Event, int, list[Change]]] = []
    decided = _decided(connection, org, [str(line.get("id")) for _, line in group])
    for number, line in group:
        try:
            ruling, event = _ruling(line)
            seal = _seal_of(connection, org, event.dev, event.epoch, line["seal"])
            received_ms, changes = int(line["received_ms"]), list(line["changes"])
        except (KeyError, TypeError, ValueError) as error:
            outcome.refuse(number, why_refused(error))
            continue
        record = ruling.record
        known = contents.setdefault(event.id, [])
        content = (ruling.hash, record.teff, record.tq)
        variant = next((one.variant for one in known if (one.hash, one.teff, one.tq) == content), -1)
        is_new = variant < 0
        if is_new:
            variant = max((one.variant for one in known), default=-1) + 1
            hashes.append(ruling.hash)
            known.append(Content(variant, *content, ruling.status))
            kept.append(Kept(event.dev, ledger.record_piece(ruling, event, variant), received_ms, seal))
            touched.add((event.dev, event.epoch))
        before = decided.setdefault((event.id, variant), [])
        if not _goes_on(before, changes):
            outcome.refuse(number, Words("import.line_decided_otherwise"))
            continue
        counted = not is_new and (before[-1]["status"] if before else ruling.status) == Status.ACCEPTED
        if missing := changes[len(before) :]:
            later.append((event, variant, missing))
            before += missing
        elif not is_new:
            outcome.unchanged += 1
            continue
        outcome.created += 1
        if line["status"] == Status.ACCEPTED and not counted:
            fresh.append(event)
    # As at the door: what follows from events is worked out before they are stored.
    note_changes(connection, org, list(dict.fromkeys(projections.take_effect(connection, org, fresh))))
    ledger.add_kept(connection, org, kept)
    kept_bytes.settle(connection, org, hashes=hashes, events=fresh)
    for event, variant, changes in later:
        _carry_changes(connection, org, event, variant, changes)


def _decided(connection: Connection, org: str, ids: Sequence[str]) -> dict[tuple[str, int], list[Change]]:
    """Give what was decided later about each stored record, by its id and variant, the first decision first."""
    columns = (RECORD.c.id, RECORD.c.variant, *(STATUS_CHANGE.c[name] for name in _CHANGE))
    query = (
        sa.select(*columns)
        .join(STATUS_CHANGE, (STATUS_CHANGE.c.org == RECORD.c.org) & (STATUS_CHANGE.c.record == RECORD.c.rid))
        .where(RECORD.c.org == org, RECORD.c.id.in_(ids))
        .order_by(STATUS_CHANGE.c.cid)
    )
    found: dict[tuple[str, int], list[Change]] = {}
    for row in connection.execute(query):
        found.setdefault((row.id, row.variant), []).append({name: getattr(row, name) for name in _CHANGE})
    return found


def _goes_on(known: Sequence[Change], told: Sequence[Change]) -> bool:
    """Tell whether one of two lists of decisions begins the other, as exports of two times of one life do."""
    return all(
        (one["status"], one["by_event"]) == (str(other["status"]), str(other["by_event"]))
        for one, other in zip(known, told, strict=False)
    )


def _ruling(line: Mapping[str, Any]) -> tuple[Ruling, Event]:
    """Give a record with the status it had at its first receipt."""
    payload = str(line["payload"]).encode()
    priv = None if line["priv"] is None else str(line["priv"]).encode()
    record = Record(payload=payload, teff=int(line["teff"]), tq=int(line["tq"]), priv=priv)
    event = read(payload, record.teff, record.tq)
    if isinstance(event, Unreadable):
        raise LineError(f"flaw.{event.flaw}")
    if (event.id, event.org) != (line["id"], line["org"]):
        raise LineError("import.line_contradicts")
    status, reason = str(line["status"]), str(line["reason"])
    if reason.startswith(WAS):
        status, _, reason = reason.removeprefix(WAS).partition(":")
    return Ruling(event.id, Status(status), reason, digest(payload), record, event), event


def _seal_of(connection: Connection, org: str, dev: str, epoch: str, named: Sequence[Any] | None) -> int | None:
    """Find the seal `[first, last, signature]`; its row is made here and filled when its own line comes."""
    if named is None:
        return None
    first, last, signature = int(named[0]), int(named[1]), bytes.fromhex(named[2])
    place = {"org": org, "dev": dev, "epoch": epoch, "first": first, "last": last, "signature": signature}
    query = sa.select(SEAL.c.sid).where(*(SEAL.c[name] == value for name, value in place.items()))
    sid: int | None = connection.execute(query).scalar()
    if sid is not None:
        return sid
    empty = {"batch": "", "body": b"", "received_ms": 0}
    inserted: int = connection.execute(sa.insert(SEAL).values(**place, **empty).returning(SEAL.c.sid)).scalar_one()
    return inserted


def _carry_changes(connection: Connection, org: str, event: Event, variant: int, changes: Sequence[Change]) -> None:
    """Note the later decisions about a record, each with its own entry in this log."""
    for change in changes:
        same = (RECORD.c.org == org, RECORD.c.id == event.id, RECORD.c.variant == variant)
        row = connection.execute(sa.select(RECORD).where(*same)).one()
        by_event, at_ms = str(change["by_event"]), int(change["at_ms"])
        change_status(connection, org, row, str(change["status"]), by_event=by_event, now_ms=at_ms)


def take_raws(
    connection: Connection, org: str, group: Sequence[Line], *, outcome: Outcome, touched: set[tuple[str, str]]
) -> None:
    """Take bytes in that are no record; note the chains that were `touched`."""
    for number, line in group:
        try:
            content = base64.b64decode(line["content"], validate=True)
            dev, epoch, seq = str(line["dev"]), str(line["epoch"]), int(line["seq"])
            teff, tq = (None if line[name] is None else int(line[name]) for name in ("teff", "tq"))
            raw = Raw(content, digest(content), str(line["reason"]), epoch, seq, teff, tq)
            kept = Kept(dev, raw, int(line["received_ms"]), _seal_of(connection, org, dev, epoch, line["seal"]))
        except (KeyError, TypeError, ValueError) as error:
            outcome.refuse(number, why_refused(error))
            continue
        if ledger.keeps(connection, org, dev, raw):
            outcome.unchanged += 1
            continue
        ledger.add_kept(connection, org, [kept])
        kept_bytes.settle(connection, org, hashes=[raw.hash])
        touched.add((dev, epoch))
        outcome.created += 1
