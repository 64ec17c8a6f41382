"""The parser of the command line: every command with its arguments, explained in the language of who asks."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from boucle.command_lines import Parser, examples
from boucle.shape import MAX_QTY
from boucle.words import LANGUAGES, say

DEFAULT_DATA: Final = "boucle-field-data"
_FIRST: Final = "scan 7K3M-9QX2-T4HD-C8 --do collect --place mulhouse"
_DEVICE, _SCAN = "boucle_field.headless_device", "boucle_field.headless_scan"


class Command(NamedTuple):
    """One command: the module that runs it (imported only then), an example. The words are `phone.help.<name>`."""

    module: str
    example: str


COMMANDS: Final = {
    "enrol": Command(_DEVICE, "enrol https://boucle.example/E/#…"),
    "login": Command(_DEVICE, "login --operator Karim --pin 4711"),
    "logout": Command(_DEVICE, "logout"),
    "scan": Command(_SCAN, "scan --image crates.png --do receive --place strasbourg"),
    "undo": Command(_SCAN, "undo"),
    "sync": Command(_DEVICE, "sync"),
    "status": Command(_DEVICE, "status --json"),
    "rescue-export": Command(_DEVICE, "rescue-export outbox.boucle"),
    "receipt": Command(_DEVICE, "receipt > receipt.txt"),
    "actions": Command(_SCAN, "actions --json"),
    "run": Command("boucle_field.app", "run"),
}


def parser_of(words: Sequence[str]) -> argparse.ArgumentParser:
    """Give the parser for a command line, which speaks the language that the line asks for, else BOUCLE_LANG."""
    lang = _language(words)
    data = os.environ.get("BOUCLE_FIELD_DATA", DEFAULT_DATA)
    parser = _Parser("boucle-field", lang, say("phone.help.about", lang), example=_FIRST)
    parser.add_argument("--data", type=Path, default=Path(data), metavar="DIR", help=_help("data", lang, data=data))
    parser.add_argument("--lang", choices=LANGUAGES, default=lang, help=_help("lang", lang))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, command in COMMANDS.items():
        what = say(f"phone.help.{name.replace('-', '_')}", lang)
        about = f"{what[0].upper()}{what[1:]}."
        each = commands.add_parser(name, help=what.replace("%", "%%"), lang=lang, about=about, example=command.example)
        _ARGUMENTS.get(name, _none)(each, lang)
    return parser


class _Parser(Parser):
    """A parser of ours with an example at its foot."""

    def __init__(self, prog: str, lang: str, about: str, example: str) -> None:
        line = examples([f"boucle-field --data ./phone {example}"], lang)
        super().__init__(lang=lang, prog=prog, description=about, epilog=line)


def _language(words: Sequence[str]) -> str:
    """Give the language that a command line asks for, before it is read: what is wrong with it is said in it."""
    asked = [after for word, after in pairwise(words) if word == "--lang"]
    asked += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    return next((lang for lang in (*asked, os.environ.get("BOUCLE_LANG", "")) if lang in LANGUAGES), LANGUAGES[0])


def _quantity(text: str) -> int:
    """Read how many; what is not so many as can be is told with the bounds."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_QTY)) and int(text) <= MAX_QTY):
        raise argparse.ArgumentTypeError(f"0..{MAX_QTY}")
    return int(text)


def _help(name: str, lang: str, **values: object) -> str:
    return say(f"phone.help.{name}", lang, **values).replace("%", "%%")


def _none(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add nothing: the command has no arguments."""


def _enrol(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("uri", metavar="URI", help=_help("uri", lang))


def _login(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("--operator", required=True, metavar="N", help=_help("operator", lang))
    parser.add_argument("--pin", required=True, metavar="P", help=_help("pin", lang))


def _sync(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("--no-photos", action="store_true", help=_help("no_photos", lang))


def _undo(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("event", nargs="?", default="", metavar="EVENT_ID", help=_help("event", lang))


def _rescue_export(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=_help("file", lang))


def _run(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("--frames", type=Path, metavar="DIR", help=_help("frames", lang))
    parser.add_argument("--labels", type=Path, metavar="CSV", help=_help("labels", lang))


def _json(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("--json", action="store_true", help=_help("json", lang))


def _scan(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("codes", nargs="*", metavar="CODE", help=_help("codes", lang))
    parser.add_argument("--do", required=True, metavar="ACTION", dest="action", help=_help("do", lang))
    parser.add_argument("--image", type=Path, action="append", default=[], metavar="PICTURE", help=_help("image", lang))
    parser.add_argument("--place", metavar="P", help=_help("place", lang))
    parser.add_argument("--type", metavar="T", help=_help("type", lang))
    parser.add_argument("--qty", type=_quantity, metavar="N", help=_help("qty", lang))
    parser.add_argument("--grade", metavar="G", help=_help("grade", lang))
    parser.add_argument("--weight-g", metavar="G", help=_help("weight", lang))
    parser.add_argument("--photo", type=Path, action="append", default=[], metavar="FILE", help=_help("photo", lang))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=_help("set", lang))


_ARGUMENTS: Final[Mapping[str, Callable[[argparse.ArgumentParser, str], None]]] = {
    "enrol": _enrol,
    "login": _login,
    "scan": _scan,
    "undo": _undo,
    "sync": _sync,
    "status": _json,
    "rescue-export": _rescue_export,
    "actions": _json,
    "run": _run,
}
