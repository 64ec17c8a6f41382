"""Sealed records of an event export into a database: in any order, cut into any files, as often as one likes.

What was decided about each record at its first receipt is carried over, never decided again; so an import gives the
tables that the exporting server had. The database is empty, or holds part of the same organisation already.
"""

import base64
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.admission import Ruling
from boucle.events import Event
from boucle.push import Record, Status
from boucle.units import MAX_INT
from boucle.wire import MAX_PAYLOAD, Unreadable, digest, read
from boucle_server import kept_bytes, keys, ledger, organisations, projections, watermarks
from boucle_server.db import Database
from boucle_server.decisions import change_status
from boucle_server.errors import InvalidInputError, OperatorError, Words, why_of
from boucle_server.feed import note_changes
from boucle_server.imports.seal_check import SealCheck
from boucle_server.ledger import WAS, Content, Kept, Raw
from boucle_server.organisations import SERVER_DEV
from boucle_server.tables import DEVICE, ORG, ORG_KEY, RECORD, SEAL

BATCH: Final = 500
"""Lines of one transaction."""
MOST_FAULTS: Final = 1000
MOST_NAMED: Final = 10
"""Organisations that a message names."""
MAX_LINE: Final = 4 * MAX_PAYLOAD + 2 * 64 * 1024
_BYTES: Final = frozenset({"payload", "priv", "body"})
"""Texts that are kept as bytes, whatever is in them."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LATEST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, after which an instant cannot be written."""
_KINDS: Final = ("org", "key", "device", "seal", "record", "raw")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What an import did: new lines, lines that were there, lines under a wrong seal, and what is faulty and why.

    `faults` are the first of them, by line, and `faulty` is how many there are.
    """

    created: int = 0
    unchanged: int = 0
    aside: int = 0
    faulty: int = 0
    faults: list[tuple[int, Words]] = field(default_factory=list)

    def refuse(self, number: int, why: Words) -> None:
        """Count a fault, and keep it while they are few enough to be read."""
        self.faulty += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append((number, why))


class LineError(ValueError):
    """A line that is none of an event export; `words` say why."""

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key)
        self.words = Words(key, values)


Line = tuple[int, dict[str, Any]]


def is_sealed(file: Path) -> bool:
    """Tell whether a file is an event export: its first line says which kind of line it is."""
    try:
        with file.open("rb") as stream:
            first = stream.readline(MAX_LINE)
    except OSError as error:
        raise OperatorError("import.unreadable", file=file, why=why_of(error)) from error
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "line" in value


def check(file: Path, seals: SealCheck) -> set[str]:
    """Read a file once without taking anything in: its seals are noted, the organisations that it names are given."""
    named: set[str] = set()
    for number, line in read_lines(file, Outcome()):
        seals.note(number, line)
        if len(named) < MOST_NAMED:
            named.add(line["org"])
    return named


def bring_in(database: Database, file: Path, *, origin_host: str, now_ms: int, batch: int = BATCH) -> Outcome:
    """Take a file in, batch by batch; what came in before a failure stays, and is known again next time.

    What stands under a wrong seal is left out. OperatorError, with nothing taken in, when the file is of several
    organisations, or of another one than the database.
    """
    outcome = Outcome()
    with closing(SealCheck()) as seals:
        named = check(file, seals)
        if not named:
            return dry(file, seals)
        with database.writing() as connection:
            org = organisation_of(connection, named, origin_host=origin_host, now_ms=now_ms)
        with database.reading() as connection:
            known = _known_keys(connection, org)
        for number, why in seals.judge(known):
            outcome.refuse(number, why)
        lines = read_lines(file, outcome)
        while group := list(islice(lines, batch)):
            taken = [(number, line) for number, line in group if not seals.keeps_aside(line)]
            outcome.aside += len(group) - len(taken)
            with database.writing(org) as connection:
                take(connection, org, taken, outcome=outcome)
    return outcome


def dry(file: Path, seals: SealCheck) -> Outcome:
    """Tell the faults of a file that was checked, and take nothing in."""
    outcome = Outcome()
    for number, why in seals.judge({}):
        outcome.refuse(number, why)
    for _, line in read_lines(file, outcome):
        outcome.aside += seals.keeps_aside(line)
    return outcome


def _known_keys(connection: Connection, org: str) -> dict[str, list[bytes]]:
    """Give the keys of the devices that are known here; of our own server's there may be older ones in the file."""
    query = sa.select(DEVICE.c.dev, DEVICE.c.public_key).where(DEVICE.c.org == org, DEVICE.c.dev != SERVER_DEV)
    return {row.dev: [bytes(row.public_key)] for row in connection.execute(query)}


def read_lines(file: Path, outcome: Outcome) -> Iterator[Line]:
    """Give the readable lines with their numbers; the others become faults."""
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE), b""), 1):
                if not line.strip():
                    continue
                try:
                    yield number, _checked(line)
                except LineError as error:
                    outcome.refuse(number, error.words)
    except OSError as error:
        raise OperatorError("import.unreadable", file=file, why=why_of(error)) from error


def _checked(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise LineError("import.line_json") from None
    if not isinstance(value, dict) or value.get("line") not in _KINDS:
        raise LineError("import.line_kind")
    if not isinstance(value.get("org"), str) or not value["org"]:
        raise LineError("import.line_org")
    _check_values(value)
    return value


def _check_values(value: Any, name: str = "") -> None:
    """Refuse what no export says and no database takes, so that one such line costs no other."""
    match value:
        case dict():
            for key, inner in value.items():
                _check_values(inner, key)
        case list():
            for inner in value:
                _check_values(inner, name)
        case str() if _SURROGATE.search(value) or ("\0" in value and name not in _BYTES):
            raise LineError("import.line_value", field=name)
        case float():
            raise LineError("import.line_value", field=name)
        case int() if abs(value) > MAX_INT or (name.endswith("_ms") and not 0 <= value <= _LATEST_MS):
            raise LineError("import.line_value", field=name)


def organisation_of(connection: Connection, named: Collection[str], *, origin_host: str, now_ms: int) -> str:
    """Give the organisation that a file names, made when the database is empty.

    OperatorError when it names several, or the database holds another one.
    """
    if len(named) != 1:
        raise OperatorError("import.several_orgs", orgs=", ".join(sorted(named)))
    [org] = named
    known = organisations.ids(connection)
    if known and org not in known:
        raise OperatorError("import.other_org", org=org, known=", ".join(known))
    if not known:
        organisations.create(connection, org=org, name=org, origin_host=origin_host, now_ms=now_ms)
    return org


def take(connection: Connection, org: str, lines: Sequence[Line], *, outcome: Outcome) -> None:
    """Take lines in, within the organisation's writing transaction; a faulty one is named and left out."""
    touched: set[tuple[str, str]] = set()
    for kind, group in _grouped(lines).items():
        match kind:
            case "org" | "key" | "device" | "seal":
                for number, line in group:
                    _guarded(outcome, number, _REGISTER[kind], connection, org, line)
            case "record":
                _take_records(connection, org, group, outcome=outcome, touched=touched)
            case _:
                _take_raws(connection, org, group, outcome=outcome, touched=touched)
    for dev, epoch in sorted(touched):
        if dev != SERVER_DEV and epoch:
            watermarks.renew(connection, org, dev, epoch=epoch)


def _grouped(lines: Iterable[Line]) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = {kind: [] for kind in _KINDS}
    for number, line in lines:
        groups[line["line"]].append((number, line))
    return groups


def _guarded(outcome: Outcome, number: int, take_one: Any, *args: Any) -> None:
    try:
        fresh = take_one(*args)
    except (KeyError, TypeError, ValueError, InvalidInputError) as error:
        outcome.refuse(number, _why(error))
        return
    if fresh:
        outcome.created += 1
    else:
        outcome.unchanged += 1


def _why(error: Exception) -> Words:
    match error:
        case LineError():
            return error.words
        case InvalidInputError():
            return Words(error.key, error.values)
        case KeyError():
            return Words("import.line_lacks", {"field": error.args[0]})
        case _:
            return Words("import.line_form")


# The register


def _take_org(connection: Connection, org: str, line: Mapping[str, Any]) -> bool:
    name, zone = str(line["name"]), str(line["zone"])
    changed = connection.execute(
        sa.update(ORG)
        .where(ORG.c.org == org, sa.or_(ORG.c.name != name, ORG.c.zone != zone))
        .values(name=organisations.checked_text(name, "name"), zone=zone)
    )
    return bool(changed.rowcount)


def _take_key(connection: Connection, org: str, line: Mapping[str, Any]) -> bool:
    """Keep the public half of the exporting server's key: its seals are verified with it, nothing is signed."""
    public, purpose = bytes.fromhex(line["public"]), str(line["purpose"])
    same = (ORG_KEY.c.org == org, ORG_KEY.c.purpose == purpose, ORG_KEY.c.public == public)
    if purpose not in (keys.SIGN, keys.BOX):
        raise LineError("import.line_value", field="purpose")
    if connection.execute(sa.select(ORG_KEY.c.org).where(*same)).first() is not None:
        return False
    oldest = sa.select(sa.func.min(ORG_KEY.c.created_ms)).where(ORG_KEY.c.org == org).scalar_subquery()
    limit: int = connection.execute(sa.select(oldest)).scalar_one()
    created_ms = min(int(line["created_ms"]), limit - 1)
    connection.execute(
        sa.insert(ORG_KEY).values(org=org, purpose=purpose, public=public, private=b"", created_ms=created_ms)
    )
    return True


def _take_device(connection: Connection, org: str, line: Mapping[str, Any]) -> bool:
    dev = str(line["dev"])
    if dev == SERVER_DEV:
        return False
    values = {
        "name": str(line["name"]),
        "role": str(line["role"]),
        "site": str(line["site"]),
        "public_key": bytes.fromhex(line["public_key"]),
        "status": str(line["status"]),
        "enrolled_ms": int(line["enrolled_ms"]),
        "revoked_ms": None if line["revoked_ms"] is None else int(line["revoked_ms"]),
    }
    here = (DEVICE.c.org == org, DEVICE.c.dev == dev)
    if connection.execute(sa.select(DEVICE.c.dev).where(*here)).first() is not None:
        return False
    connection.execute(sa.insert(DEVICE).values(org=org, dev=dev, **values))
    return True


def _take_seal(connection: Connection, org: str, line: Mapping[str, Any]) -> bool:
    values = {
        "dev": str(line["dev"]),
        "epoch": str(line["epoch"]),
        "first": int(line["first"]),
        "last": int(line["last"]),
        "signature": bytes.fromhex(line["signature"]),
    }
    same = [SEAL.c.org == org, *(SEAL.c[name] == value for name, value in values.items())]
    body, batch = str(line["body"]).encode(), str(line["batch"])
    found = connection.execute(sa.select(SEAL.c.sid, SEAL.c.body).where(*same)).one_or_none()
    if found is None:
        received_ms = int(line["received_ms"])
        connection.execute(sa.insert(SEAL).values(org=org, body=body, batch=batch, received_ms=received_ms, **values))
        return True
    if not found.body:  # a record named its seal before the seal itself came
        filled = {"body": body, "batch": batch, "received_ms": int(line["received_ms"])}
        connection.execute(sa.update(SEAL).where(SEAL.c.sid == found.sid).values(**filled))
        return True
    return False


_REGISTER: Final = {"org": _take_org, "key": _take_key, "device": _take_device, "seal": _take_seal}


# Records


def _take_records(
    connection: Connection, org: str, group: Sequence[Line], *, outcome: Outcome, touched: set[tuple[str, str]]
) -> None:
    contents = ledger.contents_of(connection, org, [str(line.get("id")) for _, line in group])
    fresh: list[Event] = []
    kept: list[Kept] = []
    hashes: list[str] = []
    later: list[tuple[Event, int, list[dict[str, Any]]]] = []
    for number, line in group:
        try:
            ruling, event = _ruling(line)
            seal = _seal_of(connection, org, event.dev, event.epoch, line["seal"])
            received_ms, changes = int(line["received_ms"]), list(line["changes"])
        except (KeyError, TypeError, ValueError) as error:
            outcome.refuse(number, _why(error))
            continue
        record = ruling.record
        known = contents.setdefault(event.id, [])
        if any((one.hash, one.teff, one.tq) == (ruling.hash, record.teff, record.tq) for one in known):
            outcome.unchanged += 1
            continue
        variant = max((one.variant for one in known), default=-1) + 1
        hashes.append(ruling.hash)
        known.append(Content(variant, ruling.hash, record.teff, record.tq, ruling.status))
        kept.append(Kept(event.dev, ledger.record_piece(ruling, event, variant), received_ms, seal))
        if changes:
            later.append((event, variant, changes))
        touched.add((event.dev, event.epoch))
        outcome.created += 1
        if line["status"] == Status.ACCEPTED:
            fresh.append(event)
    # As at the door: what follows from events is worked out before they are stored.
    note_changes(connection, org, list(dict.fromkeys(projections.take_effect(connection, org, fresh))))
    ledger.add_kept(connection, org, kept)
    kept_bytes.settle(connection, org, hashes=hashes, events=fresh)
    for event, variant, changes in later:
        _carry_changes(connection, org, event, variant, changes)


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


def _carry_changes(
    connection: Connection, org: str, event: Event, variant: int, changes: Sequence[Mapping[str, Any]]
) -> None:
    """Note the later decisions about a record, each with its own entry in this log."""
    for change in changes:
        same = (RECORD.c.org == org, RECORD.c.id == event.id, RECORD.c.variant == variant)
        row = connection.execute(sa.select(RECORD).where(*same)).one()
        by_event, at_ms = str(change["by_event"]), int(change["at_ms"])
        change_status(connection, org, row, str(change["status"]), by_event=by_event, now_ms=at_ms)


def _take_raws(
    connection: Connection, org: str, group: Sequence[Line], *, outcome: Outcome, touched: set[tuple[str, str]]
) -> None:
    for number, line in group:
        try:
            content = base64.b64decode(line["content"], validate=True)
            dev, epoch, seq = str(line["dev"]), str(line["epoch"]), int(line["seq"])
            teff, tq = (None if line[name] is None else int(line[name]) for name in ("teff", "tq"))
            raw = Raw(content, digest(content), str(line["reason"]), epoch, seq, teff, tq)
            kept = Kept(dev, raw, int(line["received_ms"]), _seal_of(connection, org, dev, epoch, line["seal"]))
        except (KeyError, TypeError, ValueError) as error:
            outcome.refuse(number, _why(error))
            continue
        if ledger.keeps(connection, org, dev, raw):
            outcome.unchanged += 1
            continue
        ledger.add_kept(connection, org, [kept])
        kept_bytes.settle(connection, org, hashes=[raw.hash])
        touched.add((dev, epoch))
        outcome.created += 1
