"""`boucle doctor`: one line for each thing that has to be right, and what to do where it is not."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

import sqlalchemy as sa

from boucle.admission import FUTURE_MS
from boucle.clock import SystemClock
from boucle.errors import BoucleError
from boucle.signing import load_crypto
from boucle_labels.messages import language
from boucle_server import decisions, organisations, photos, schema, soundness
from boucle_server.command_help import add_examples
from boucle_server.db import Database
from boucle_server.errors import said_of
from boucle_server.guard import address_of, is_local
from boucle_server.keys import SIGN
from boucle_server.options import add_data, add_json, local, settings_of, show, told
from boucle_server.read_tables import definition_hash
from boucle_server.reports import zone_of
from boucle_server.settings import DEFAULT_ORIGIN_HOST, Settings
from boucle_server.tables import DEVICE, ORG_KEY, RECORD

LOW_BYTES = 1 << 30
"""Free space under which the doctor warns; a year of a middling company takes less."""
NO_BYTES = 64 << 20
HELD_NAMED = 10
"""Events that are named of those that stay held."""


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    text: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(parser, "boucle doctor --data boucle-data")
    add_data(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Look at everything; 1 when anything is at fault."""
    found = list(examine(settings_of(args)))
    rows = [(told(f"doctor.level_{each.level}"), _name(each.check), each.text) for each in found]
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    lines = [f"{level:<{widths[0]}}  {name:<{widths[1]}}  {text}" for level, name, text in rows]
    show([asdict(finding) for finding in found], as_json=args.json, text="\n".join(lines))
    return 1 if any(finding.level is Level.FAULT for finding in found) else 0


def _name(check: str) -> str:
    """Give the name of a check for people; the organisation that it is about follows it."""
    if check == "read tables":
        return told("doctor.read_tables")
    name, _, org = check.partition(" ")
    return f"{told(f'doctor.{name}')} {org}".rstrip()


def examine(settings: Settings, *, now_ms: int | None = None) -> Iterator[Finding]:
    """Give a finding for everything that is looked at; a fault of the database ends the list."""
    now = SystemClock().now_ms() if now_ms is None else now_ms
    yield Finding(check="python", level=Level.OK, text=sys.version.split()[0])
    yield from _disk(settings)
    yield from _addresses(settings)
    if settings.embedded and not settings.database_file.exists():
        yield Finding(check="database", level=Level.FAULT, text=told("cli.doctor_no_database", path=settings.data))
        return
    database = Database.open(settings)
    try:
        yield from _look(database, now)
    except BoucleError as error:
        yield Finding(check="database", level=Level.FAULT, text=said_of(error, language()))
    finally:
        database.close()


def _disk(settings: Settings) -> Iterator[Finding]:
    if not settings.data.exists():
        return
    free = shutil.disk_usage(settings.data).free
    level = Level.FAULT if free < NO_BYTES else Level.WARNING if free < LOW_BYTES else Level.OK
    yield Finding(check="disk", level=level, text=told("cli.doctor_disk", mib=free >> 20))
    writable = os.access(settings.data, os.W_OK | os.X_OK)
    level = Level.OK if writable else Level.FAULT
    yield Finding(check="directory", level=level, text=str(settings.data))


def _addresses(settings: Settings) -> Iterator[Finding]:
    address = address_of(settings)
    local = is_local(address)
    text = told("cli.doctor_local", address=address) if local else address
    yield Finding(check="address", level=Level.WARNING if local else Level.OK, text=text)
    named = settings.origin_host != DEFAULT_ORIGIN_HOST
    text = settings.origin_host if named else told("cli.doctor_origin", host=DEFAULT_ORIGIN_HOST)
    yield Finding(check="origin", level=Level.OK if named else Level.WARNING, text=text)


def _look(database: Database, now_ms: int) -> Iterator[Finding]:
    with database.reading() as connection:
        # Opening a connection has asserted every setting that durability needs.
        kind = connection.dialect.name
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
        yield Finding(check="database", level=Level.OK, text=f"{kind} {version}")
        found = schema.revision(connection)
        level = Level.OK if found == schema.HEAD else Level.FAULT
        yield Finding(check="migrations", level=level, text=_migrated(found))
        if level is Level.FAULT:
            return
    readable = soundness.is_readable(database)
    yield _verdict("integrity", "" if readable else told("doctor.broken"), told("doctor.sound"))
    with database.reading() as connection:
        stale = schema.definition(connection) != definition_hash() or schema.is_stale(connection)
        text = told("cli.doctor_stale" if stale else "doctor.current")
        yield Finding(check="read tables", level=Level.WARNING if stale else Level.OK, text=text)
        for org in organisations.ids(connection):
            yield from _organisation(connection, org, now_ms)


def _migrated(found: str | None) -> str:
    if found is None:
        return told("cli.doctor_empty")
    plain = f"{found} / {schema.HEAD}"
    return plain if found == schema.HEAD else told("cli.doctor_older", found=found, head=schema.HEAD)


def _organisation(connection: sa.Connection, org: str, now_ms: int) -> Iterator[Finding]:
    checks: dict[str, Callable[[sa.Connection, str], str]] = {"log": _log_fault, "keys": _key_fault}
    for name, fault_of in checks.items():
        yield _verdict(f"{name} {org}", fault_of(connection, org), told(f"doctor.{name}_sound"))
    newest = connection.execute(sa.select(sa.func.max(RECORD.c.received_ms)).where(RECORD.c.org == org)).scalar()
    back = newest is not None and newest > now_ms + FUTURE_MS
    held = decisions.still_held(connection, org)
    said = told("cli.doctor_held", n=len(held), ids=", ".join(held[:HELD_NAMED])) if held else ""
    level = Level.WARNING if held else Level.OK
    yield Finding(check=f"held {org}", level=level, text=said or told("doctor.held_sound"))
    lacking = photos.count_missing(connection, org)
    said = told("cli.doctor_photos", n=lacking) if lacking else told("doctor.photos_sound")
    yield Finding(check=f"photos {org}", level=Level.WARNING if lacking else Level.OK, text=said)
    yield _verdict(f"clock {org}", told("cli.doctor_clock") if back else "", _newest(newest, zone_of(connection, org)))


def _log_fault(connection: sa.Connection, org: str) -> str:
    return "; ".join(soundness.contradictions(connection, org))


def _key_fault(connection: sa.Connection, org: str) -> str:
    """Say what is wrong with the organisation's keys: a half that does not fit, or a server device with another."""
    crypto = load_crypto()
    stored = connection.execute(sa.select(ORG_KEY).where(ORG_KEY.c.org == org)).all()
    signing = {row.public for row in stored if row.purpose == SIGN}
    for row in stored:
        if not row.private:  # of a server whose events were imported: only what checks its seals is known
            continue
        made = crypto.signing_key if row.purpose == SIGN else crypto.opening_box
        if made(row.private).public != row.public:
            return told("cli.doctor_key", purpose=row.purpose)
    query = sa.select(DEVICE.c.public_key).where(DEVICE.c.org == org, DEVICE.c.status == "server")
    own = set(connection.execute(query).scalars())
    return "" if own <= signing and own else told("cli.doctor_key", purpose="server")


def _newest(newest_ms: int | None, zone: str) -> str:
    return told("doctor.no_event") if newest_ms is None else told("doctor.newest", at=local(newest_ms, zone))


def _verdict(check: str, fault: str, sound: str) -> Finding:
    return Finding(check=check, level=Level.FAULT if fault else Level.OK, text=fault or sound)
