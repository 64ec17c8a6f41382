"""`boucle verify`: derive everything again from the stored events and the log, and name the first fault."""

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import receipt
from boucle.errors import BoucleError
from boucle.words import say
from boucle_labels.messages import language
from boucle_server import organisations, verify
from boucle_server.command_help import add_examples
from boucle_server.errors import OperatorError, Words, said_of, why_of
from boucle_server.options import add_data, add_json, add_org, opened, settings_of, show, tell, told
from boucle_server.tables import LOG_HEAD
from boucle_server.unsound import Fault

_LIKE_CHECKPOINT = re.compile(r"[^\n]+/g\d+\n\d+\n")


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(parser, "boucle verify --checkpoint checkpoint.txt")
    parser.add_argument("--receipt", type=Path, metavar="FILE", help=told("cli.help.receipt"))
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help=told("cli.help.checkpoint"))
    add_data(parser)
    add_org(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Verify every organisation, or the one named: 1 with the first fault.

    `--json` prints `sound`, the organisations without a fault with the entries of their logs, and `fault`, the first
    one with its key and what it is about, or null.
    """
    with opened(settings_of(args)) as database, database.reading() as connection:
        asked = args.org or args.receipt or args.checkpoint
        wanted = [organisations.only(connection, args.org)] if asked else organisations.ids(connection)
        sound: list[dict[str, Any]] = []
        for org in wanted:
            fault = verify.first(_faults(connection, org, args))
            if fault is not None and args.json:
                said = {"org": org, "key": fault.key, "what": fault.what}
                show({"sound": sound, "fault": said}, as_json=True, text="")
                return 1
            if fault is not None:
                raise OperatorError(fault.key, what=_named(fault.what))
            sound.append({"org": org, "entries": _entries(connection, org)})
            if not args.json:
                tell("verify.sound", org=org, n=sound[-1]["entries"])
    if args.json:
        show({"sound": sound, "fault": None}, as_json=True, text="")
    return 0


def _named(what: str) -> str | Words:
    """Name an event, by far the most that is ever at fault, in the language of the person."""
    kind, _, name = what.partition(" ")
    return Words("verify.event", {"id": name}) if kind == "event" else what


def _entries(connection: Connection, org: str) -> int:
    """Count the entries of every generation of the log: each restore began another."""
    query = sa.select(sa.func.sum(LOG_HEAD.c.size)).where(LOG_HEAD.c.org == org)
    return int(connection.execute(query).scalar_one())


def _why(error: OSError | UnicodeDecodeError) -> Words:
    return why_of(error) if isinstance(error, OSError) else Words("verify.no_text")


def _faults(connection: Connection, org: str, args: argparse.Namespace) -> Iterator[Fault]:
    yield from verify.faults(connection, org)
    if args.checkpoint is not None:
        yield from _witness(
            args.checkpoint, lambda note: verify.against_checkpoint(connection, org, note), expects_receipt=False
        )
    if args.receipt is not None:
        yield from _witness(
            args.receipt, lambda note: verify.against_receipt(connection, org, note), expects_receipt=True
        )


def _witness(file: Path, hold: Callable[[str], Iterator[Fault]], *, expects_receipt: bool) -> Iterator[Fault]:
    try:
        note = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError("verify.unreadable", file=file, why=_why(error)) from error
    is_receipt = note.startswith(receipt.MAGIC)
    if is_receipt and not expects_receipt:
        raise OperatorError("verify.is_receipt", file=file)
    if expects_receipt and _LIKE_CHECKPOINT.match(note):
        raise OperatorError("verify.is_checkpoint", file=file)
    try:
        yield from hold(note)
    except BoucleError as error:
        yield Fault("verify.witness", say("page.named", language(), name=file, value=said_of(error, language())))
