"""`boucle export WHAT`: write one kind of export to a file, whole or not at all."""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Final

from boucle.clock import EARLIEST_MS, SystemClock, parse_instant
from boucle_server import organisations
from boucle_server.command_help import add_examples
from boucle_server.errors import OperatorError, why_of
from boucle_server.options import add_data, add_org, opened, settings_of, told
from boucle_server.reports import zone_of

_OF_MONTHS: Final = frozenset({"kpis", "report"})
"""Exports that speak of months."""
_OF_NOW: Final = frozenset({"state", "kpis", "balances", "report"})
"""Exports that speak of a moment; the others always hold everything."""
EXPORTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "events": ("boucle_server.exports.events", ("jsonl",)),
    "state": ("boucle_server.exports.state", ("json",)),
    "kpis": ("boucle_server.exports.kpis", ("json", "csv", "xlsx")),
    "balances": ("boucle_server.exports.balances", ("json", "csv", "xlsx")),
    "report": ("boucle_server.exports.report", ("pdf", "json", "xlsx")),
    "log": ("boucle_server.exports.log", ("jsonl",)),
}
"""Each export: the module that offers `write(connection, org, file, *, request)`, and its formats, the usual first."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(
        parser,
        "boucle export events --out events.jsonl",
        "boucle export state --as-of 2026-11-01 --out state.json",
        "boucle export kpis --month 2026-10 --format xlsx --out octobre.xlsx",
        "boucle export report --from 2026-07 --to 2026-09 --out trimestre.pdf",
    )
    parser.add_argument("what", choices=sorted(EXPORTS), metavar="WHAT", help=" | ".join(EXPORTS))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=told("cli.help.out"))
    parser.add_argument("--format", metavar="F", help="json, jsonl, csv, xlsx, pdf")
    parser.add_argument("--as-of", metavar="TIME", help=told("cli.help.as_of"))
    parser.add_argument("--month", metavar="YYYY-MM", help=told("cli.help.one_month"))
    parser.add_argument("--from", dest="first", metavar="YYYY-MM", help=told("cli.help.first_month"))
    parser.add_argument("--to", dest="last", metavar="YYYY-MM", help=told("cli.help.last_month"))
    add_data(parser)
    add_org(parser)


LATEST_MS: Final = 253_370_764_800_000
"""9999-01-01: every zone's calendar goes on for a while after it."""


class Request(argparse.Namespace):
    """What is asked: `as_of_ms`, `format`, and the months `first` to `last` (`""`: from the first, to the last)."""

    as_of_ms: int
    format: str
    first: str
    last: str


def run(args: argparse.Namespace) -> int:
    """Write the export beside the file, then put it in its place; a failure leaves what was there."""
    module_name, formats = EXPORTS[args.what]
    chosen = args.format or _by_ending(args.out, formats)
    if chosen not in formats:
        raise OperatorError("export.no_format", what=args.what, format=chosen, formats=", ".join(formats))
    write: Callable[..., None] = import_module(module_name).write
    _check_options(args)
    with opened(settings_of(args)) as database, database.reading() as connection:
        org = organisations.only(connection, args.org)
        request = Request(
            as_of_ms=_instant(args.as_of, zone_of(connection, org), what=args.what),
            format=chosen,
            first=args.month or args.first or "",
            last=args.month or args.last or "",
        )
        with _replacing(args.out) as file:
            write(connection, org, file, request=request)
    print(told("export.written", file=args.out, bytes=args.out.stat().st_size))
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """Refuse an option that would change nothing: whoever gave it expects that it does."""
    given = {"--as-of": args.as_of, "--month": args.month, "--from": args.first, "--to": args.last}
    known = {"--as-of"} if args.what in _OF_NOW else set()
    known |= {"--month", "--from", "--to"} if args.what in _OF_MONTHS else set()
    for option, value in given.items():
        if value is not None and option not in known:
            raise OperatorError("export.no_option", what=args.what, option=option)


def _by_ending(out: Path, formats: tuple[str, ...]) -> str:
    ending = out.suffix.lower().lstrip(".")
    return ending if ending in formats else formats[0]


def _instant(text: str | None, zone: str, *, what: str) -> int:
    now_ms = SystemClock().now_ms()
    if text is None:
        return now_ms
    try:
        at_ms = parse_instant(text.replace("Z", "+00:00"), zone)
    except ValueError:
        raise OperatorError("export.bad_instant", text=text) from None
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise OperatorError("export.bad_instant", text=text)
    if what in _OF_MONTHS and at_ms > now_ms:
        raise OperatorError("export.future", text=text)
    return at_ms


@contextmanager
def _replacing(out: Path) -> Iterator[IO[bytes]]:
    """Write beside a file and put it in its place; through a link, and in the place of a regular file alone."""
    named, out = out, out.resolve()
    if out.exists() and not out.is_file():
        raise OperatorError("export.no_file", file=named)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise OperatorError("export.unwritable", file=out, why=why_of(error)) from error
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(out)
    except OSError as error:
        raise OperatorError("export.unwritable", file=out, why=why_of(error)) from error
    finally:
        Path(name).unlink(missing_ok=True)
