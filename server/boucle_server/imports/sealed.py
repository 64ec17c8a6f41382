"""Sealed records of an event export into a database: in any order, cut into any files, as often as one likes.

What was decided about each record at its first receipt is carried over, never decided again; so an import gives the
tables that the exporting server had. The database is empty, or holds part of the same organisation already.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.signing import load_crypto
from boucle_server import keys, organisations, watermarks
from boucle_server.db import Database
from boucle_server.errors import InvalidInputError, OperatorError
from boucle_server.imports.seal_check import SealCheck
from boucle_server.imports.sealed_lines import LINE_KINDS, Line, LineError, Outcome, read_lines, why_refused
from boucle_server.imports.sealed_records import take_raws, take_records
from boucle_server.organisations import SERVER_DEV
from boucle_server.tables import DEVICE, ORG, ORG_KEY, SEAL

BATCH: Final = 500
"""Lines of one transaction."""
MOST_NAMED: Final = 10
"""Organisations that a message names."""


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
    """Give the keys of the devices that are known here, and those of servers once this one has a history of its own.

    Until then a file may name the keys of the server that it comes from; after it nobody else's are believed.
    """
    query = sa.select(DEVICE.c.dev, DEVICE.c.public_key).where(DEVICE.c.org == org, DEVICE.c.dev != SERVER_DEV)
    known = {row.dev: [bytes(row.public_key)] for row in connection.execute(query)}
    if _has_recorded(connection, org):
        servers = sa.select(ORG_KEY.c.public).where(ORG_KEY.c.org == org, ORG_KEY.c.purpose == keys.SIGN)
        known[SERVER_DEV] = [bytes(public) for public in connection.execute(servers).scalars()]
    return known


def _has_recorded(connection: Connection, org: str) -> bool:
    """Tell whether this server has recorded anything itself: whether its own key made a seal."""
    own = load_crypto().verify_key(keys.signing_key(connection, org).public)
    query = sa.select(SEAL.c.signature, SEAL.c.body).where(SEAL.c.org == org, SEAL.c.dev == SERVER_DEV)
    return any(own.verify(bytes(row.signature), bytes(row.body)) for row in connection.execute(query))


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
                take_records(connection, org, group, outcome=outcome, touched=touched)
            case _:
                take_raws(connection, org, group, outcome=outcome, touched=touched)
    for dev, epoch in sorted(touched):
        if dev != SERVER_DEV and epoch:
            watermarks.renew(connection, org, dev, epoch=epoch)


def _grouped(lines: Iterable[Line]) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = {kind: [] for kind in LINE_KINDS}
    for number, line in lines:
        groups[line["line"]].append((number, line))
    return groups


def _guarded(outcome: Outcome, number: int, take_one: Any, *args: Any) -> None:
    try:
        fresh = take_one(*args)
    except (KeyError, TypeError, ValueError, InvalidInputError) as error:
        outcome.refuse(number, why_refused(error))
        return
    if fresh:
        outcome.created += 1
    else:
        outcome.unchanged += 1


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
    if purpose == keys.SIGN and _has_recorded(connection, org):
        raise LineError("import.foreign_key")
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
    known = connection.execute(sa.select(DEVICE.c.status).where(*here)).scalar()
    if known == "active" and values["status"] == "revoked":  # cut off since the file that it came with first
        cut = {"status": "revoked", "revoked_ms": values["revoked_ms"]}
        connection.execute(sa.update(DEVICE).where(*here).values(**cut))
        return True
    if known is not None:
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
