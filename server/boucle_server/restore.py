"""`boucle restore FILE`: a backup into an empty place, where each log goes on under a new generation."""

import argparse
import secrets
import tempfile
from pathlib import Path

import sqlalchemy as sa

from boucle.clock import SystemClock, iso
from boucle.note import Checkpoint
from boucle_server import container, copying, eventlog, keys, soundness
from boucle_server.command_help import add_examples
from boucle_server.db import Database
from boucle_server.errors import OperatorError, StorageError, out_of_room, why_of
from boucle_server.guard import is_served
from boucle_server.opening import make_ready
from boucle_server.options import add_data, add_json, settings_of, show, told, whole
from boucle_server.schema import prepare
from boucle_server.settings import Settings
from boucle_server.tables import RECORD

MOST_GENERATIONS = 999_999_999
"""Nine digits, as every phone reads them."""
DRAWN = 100
"""Numbers for each minute: of two restores of one backup neither knows of the other, and both may go on."""
_MINUTE_MS = 60_000
_FIRST_MS = 1_704_067_200_000
"""2024-01-01: minutes are counted from there, and reach nine digits with what is drawn in 2043."""


def following_generation(present: int, now_ms: int) -> int:
    """Draw the generation that goes on: later than any that an earlier restore began, and like none."""
    return max(present + 1, (now_ms - _FIRST_MS) // _MINUTE_MS * DRAWN + secrets.randbelow(DRAWN))


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(parser, "boucle restore /mnt/usb/boucle-2026-11-23.backup --data boucle-data")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--generation",
        type=whole(2, MOST_GENERATIONS),
        metavar="N",
        help=told("cli.help.generation"),
    )
    add_data(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Restore, and say from which state of each log the devices have to fill up again."""
    settings = settings_of(args)
    container.check(args.file)
    now_ms = SystemClock().now_ms()
    into = _into_directory if settings.embedded else _into_database
    try:
        restored = into(args.file, settings, args.generation, now_ms)
    except OSError as error:
        raise OperatorError("cli.restore_failed", path=settings.data, why=why_of(error)) from error
    except StorageError as error:
        why = out_of_room(error)
        if why is None:
            raise
        raise OperatorError("cli.restore_failed", path=settings.data, why=why) from error
    lines = [told("cli.restored", file=args.file)]
    lines += [
        told("cli.restored_log", origin=found["origin"], size=found["size"], newest=found["newest"] or "-")
        for found in restored
    ]
    show({"logs": restored}, as_json=args.json, text="\n".join([*lines, told("cli.restored_next")]))
    return 0


def _into_directory(file: Path, settings: Settings, generation: int | None, now_ms: int) -> list[dict[str, object]]:
    target = settings.database_file
    # What another database left beside its file would be read into this one.
    beside = [target.with_name(f"{target.name}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]
    if any(each.exists() for each in beside) or is_served(settings.data):
        raise OperatorError("cli.not_empty", where=settings.data)
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise OperatorError("cli.no_directory", path=settings.data, why=why_of(error)) from error
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data) as room:
        path = Path(room) / target.name
        container.unpack(file, path)
        database = Database.embedded_at(path)
        try:
            make_ready(database, now_ms=now_ms)
            restored = _go_on(database, generation, now_ms)
        finally:
            database.close()
        # Only what is whole gets the name under which a server looks for it.
        path.replace(target)
        container.sync_directory(settings.data)
    return restored


def _into_database(file: Path, settings: Settings, generation: int | None, now_ms: int) -> list[dict[str, object]]:
    database = Database.open(settings)
    try:
        with database.reading() as connection:
            if not copying.is_empty(connection):
                raise OperatorError("cli.not_empty", where="BOUCLE_DATABASE_URL")
        prepare(database)
        with tempfile.TemporaryDirectory(prefix="boucle-restore-") as room:
            path = Path(room) / "copy.sqlite3"
            container.unpack(file, path)
            copy = Database.embedded_at(path)
            try:
                prepare(copy)
                restored = _go_on(copy, generation, now_ms)
            finally:
                copy.close()
            copying.copy_in(path, database)
        make_ready(database, now_ms=now_ms)
    finally:
        database.close()
    return restored


def _go_on(database: Database, generation: int | None, now_ms: int) -> list[dict[str, object]]:
    """Begin the next generation of every log; OperatorError when the restored database is not sound."""
    restored: list[dict[str, object]] = []
    with database.writing() as connection:
        heads = soundness.heads(connection)
        faults = [fault for org in heads for fault in soundness.contradictions(connection, org)]
        if faults or not soundness.is_readable(database):
            raise OperatorError("cli.backup_unsound", faults="; ".join(faults) or "integrity_check")
        for org, last in heads.items():
            present = keys.name_of_log(connection, org).generation
            following = generation or following_generation(present, now_ms)
            eventlog.begin_generation(connection, org, following, now_ms=now_ms)
            eventlog.checkpoint(connection, org, now_ms=now_ms)
            newest = connection.execute(
                sa.select(sa.func.max(RECORD.c.received_ms)).where(RECORD.c.org == org)
            ).scalar()
            restored.append(_told(org, last, newest))
    return restored


def _told(org: str, last: Checkpoint, newest_ms: int | None) -> dict[str, object]:
    newest = None if newest_ms is None else iso(newest_ms)
    return {"org": org, "origin": last.origin, "size": last.size, "root": last.root.hex(), "newest": newest}
