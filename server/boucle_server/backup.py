"""`boucle backup FILE`: one state of the whole database into one file, while it is served, verified when made."""

import argparse
import tempfile
from pathlib import Path

from boucle.clock import SystemClock
from boucle.note import Checkpoint
from boucle_server import container, eventlog, soundness
from boucle_server.command_help import add_examples
from boucle_server.copying import copy_out
from boucle_server.db import Database
from boucle_server.errors import OperatorError, StorageError, out_of_room, why_of
from boucle_server.options import add_data, add_json, opened, settings_of, show, told


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(parser, "boucle backup /mnt/usb/boucle-2026-11-23.backup")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--force", action="store_true", help=told("cli.help.force"))
    add_data(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Make the backup, and say of which state of each log it is."""
    if args.file.exists() and not args.force:
        raise OperatorError("cli.file_exists", file=args.file)
    with opened(settings_of(args)) as database:
        made, digest = make(database, args.file, now_ms=SystemClock().now_ms())
    logs = {org: {"origin": head.origin, "size": head.size, "root": head.root.hex()} for org, head in made.items()}
    values = {"file": str(args.file), "bytes": args.file.stat().st_size, "sha256": digest, "logs": logs}
    lines = [told("cli.backup_made", file=args.file, bytes=values["bytes"])]
    lines += [told("cli.backup_log", origin=head.origin, size=head.size) for head in made.values()]
    show(values, as_json=args.json, text="\n".join(lines))
    return 0


def make(database: Database, file: Path, *, now_ms: int) -> tuple[dict[str, Checkpoint], str]:
    """Write the backup; give the log of each organisation in it, and the hash of the copy.

    In the copy each log is signed as it stands there, so that a restore can name the last checkpoint. Nothing is
    left under the name `file` unless the copy was read back and found sound.
    """
    directory = file.absolute().parent
    if not directory.is_dir():
        raise OperatorError("cli.no_directory_there", path=directory)
    try:
        return _make(database, file, directory, now_ms=now_ms)
    except OSError as error:
        raise OperatorError("cli.backup_failed", file=file, why=why_of(error)) from error
    except StorageError as error:
        why = out_of_room(error)
        if why is None:
            raise
        raise OperatorError("cli.backup_failed", file=file, why=why) from error


def _make(database: Database, file: Path, directory: Path, *, now_ms: int) -> tuple[dict[str, Checkpoint], str]:
    with tempfile.TemporaryDirectory(prefix=".boucle-", dir=directory) as room:
        path = Path(room) / "copy.sqlite3"
        copy_out(database, path)
        copy = Database.embedded_at(path)
        try:
            with copy.writing() as connection:
                heads = soundness.heads(connection)
                for org in heads:
                    eventlog.checkpoint(connection, org, now_ms=now_ms)
            _check(copy)
        finally:
            copy.close()
        digest = container.pack(path, file)
    return heads, digest


def _check(copy: Database) -> None:
    faults = [] if soundness.is_readable(copy) else ["integrity_check"]
    with copy.reading() as connection:
        for org in soundness.heads(connection):
            faults += soundness.contradictions(connection, org)
    if faults:
        raise OperatorError("cli.backup_unsound", faults="; ".join(faults))
