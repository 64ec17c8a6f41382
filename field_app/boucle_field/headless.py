"""The command line of the field app: the same store, outbox and sync as the screens, without them.

`ACK <event id>` goes to stdout only after the event is durably kept; what a person should know goes to stderr.
Exit 0 done, 1 refused or failed, 2 wrong use.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from boucle.errors import BoucleError
from boucle.words import LANGUAGES
from boucle_field.errors import FieldError

DEFAULT_DATA = "boucle-field-data"
INTERRUPTED = 130
"""What shells give for Ctrl-C; what was acknowledged is kept."""


class Command(NamedTuple):
    """One command: the module that runs it (imported only then), what it does, an example."""

    module: str
    what: str
    example: str


_DEVICE, _SCAN = "boucle_field.headless_device", "boucle_field.headless_scan"
COMMANDS = {
    "enrol": Command(_DEVICE, "join an organisation with the text of its QR code", "enrol https://boucle.example/E/#…"),
    "login": Command(_DEVICE, "say who scans, without a network", "login --operator Karim --pin 4711"),
    "logout": Command(_DEVICE, "nobody scans any more", "logout"),
    "scan": Command(
        _SCAN,
        "record what was done with one or several codes",
        "scan --image crates.png --do receive --place strasbourg",
    ),
    "undo": Command(_SCAN, "void the last event of this device, sent or not", "undo"),
    "sync": Command(_DEVICE, "send everything, and take in what changed", "sync"),
    "status": Command(_DEVICE, "what is unsent, sent, to check; the clock; the last sync", "status --json"),
    "rescue-export": Command(
        _DEVICE, "write all that is kept here into an encrypted file", "rescue-export outbox.boucle"
    ),
    "receipt": Command(
        _DEVICE, "print the newest signed receipt, for `boucle verify --receipt`", "receipt > receipt.txt"
    ),
    "actions": Command(_SCAN, "list every action with its fields", "actions --json"),
    "run": Command("boucle_field.app", "open the screens", "run"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    args = _parser().parse_args(argv)
    function = args.command.replace("-", "_")
    try:
        return int(getattr(import_module(COMMANDS[args.command].module), function)(args))
    except BoucleError as error:
        # Most say themselves in both languages; a broken key or note does in English only.
        said = getattr(error, "said", None)
        print(said(args.lang) if said else error, file=sys.stderr)
        return error.exit_code if isinstance(error, FieldError) else 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away; what was acknowledged is kept.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    lang = os.environ.get("BOUCLE_LANG", "")
    data = os.environ.get("BOUCLE_FIELD_DATA", DEFAULT_DATA)
    parser = argparse.ArgumentParser(
        prog="boucle-field",
        description="Records what is scanned, keeps it through anything, sends it when there is a network.",
        epilog="example: boucle-field --data ./phone scan 7K3M-9QX2-T4HD-C8 --do collect --place mulhouse",
    )
    parser.add_argument("--data", type=Path, default=Path(data), metavar="DIR", help=f"where all is kept ({data})")
    parser.add_argument("--lang", choices=LANGUAGES, default=lang if lang in LANGUAGES else LANGUAGES[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers = {
        name: commands.add_parser(
            name,
            help=command.what,
            description=f"{command.what[0].upper()}{command.what[1:]}.",
            epilog=f"example: boucle-field --data ./phone {command.example}",
        )
        for name, command in COMMANDS.items()
    }
    parsers["enrol"].add_argument("uri", metavar="URI")
    parsers["login"].add_argument("--operator", required=True, metavar="N", help="name or badge")
    parsers["login"].add_argument("--pin", required=True, metavar="P")
    parsers["undo"].add_argument("event", nargs="?", default="", metavar="EVENT_ID")
    parsers["rescue-export"].add_argument("file", type=Path, metavar="FILE")
    parsers["run"].add_argument("--frames", type=Path, metavar="DIR", help="pictures of a folder instead of a camera")
    for name in ("status", "actions"):
        parsers[name].add_argument("--json", action="store_true", help="for programs")
    _scan_arguments(parsers["scan"])
    return parser


def _scan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("codes", nargs="*", metavar="CODE", help="as scanned or typed; a place label sets the place")
    parser.add_argument("--do", required=True, metavar="ACTION", dest="action", help="see `actions`")
    parser.add_argument("--image", type=Path, action="append", default=[], metavar="PICTURE", help="scan all its codes")
    parser.add_argument("--place", metavar="P", help="key of the place, or its label")
    parser.add_argument("--type", metavar="T", help="type of what has no code, with --qty")
    parser.add_argument("--qty", type=int, metavar="N")
    parser.add_argument("--grade", metavar="G")
    parser.add_argument("--weight-g", metavar="G", help="weighed mass in grams")
    parser.add_argument("--photo", type=Path, metavar="FILE", help="not yet: refused")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="any field of the action")


if __name__ == "__main__":
    sys.exit(main())
