"""`boucle import KIND FILE`: read a spreadsheet into the register, row by row, with the outcome of each."""

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from boucle.clock import SystemClock
from boucle.push import Status
from boucle_labels.messages import language
from boucle_server import organisations
from boucle_server.command_help import add_examples
from boucle_server.errors import OperatorError, said_of
from boucle_server.imports import rescued, sealed
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import Plan, Register, RowOutcome
from boucle_server.imports.rows import MissingColumnsError, plan
from boucle_server.imports.seal_check import SealCheck
from boucle_server.imports.sealed_lines import is_sealed
from boucle_server.imports.sheet_file import read_rows, write_template
from boucle_server.imports.standing import register_of
from boucle_server.imports.writing import carry_out
from boucle_server.ingest import Result
from boucle_server.options import add_data, add_json, add_org, opened, settings_of, told, warn
from boucle_server.reports import zone_of

RESCUE = "rescue"
"""The kind of a phone's rescue file, which is no table."""
SHOWN_FAULTS = 50
"""Faults printed for a person; `--json` gives all."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(
        parser,
        "boucle import sites --template sites.xlsx",
        "boucle import sites sites.xlsx --dry-run",
        "boucle import items items.csv --all-or-nothing",
    )
    kinds = [*COLUMNS, RESCUE]
    parser.add_argument("kind", choices=sorted(kinds), metavar="KIND", help=" | ".join(kinds))
    parser.add_argument("file", type=Path, nargs="*", metavar="FILE", help="XLSX, ODS, XLS, CSV, JSONL (events)")
    parser.add_argument("--template", type=Path, metavar="FILE", help=told("cli.help.template"))
    parser.add_argument("--dry-run", action="store_true", help=told("cli.help.dry_run"))
    parser.add_argument("--all-or-nothing", action="store_true", help=told("cli.help.all_or_nothing"))
    add_data(parser)
    add_org(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the template, or import the file: 0 when every row was taken, 1 when any was faulty."""
    if args.template is not None:
        if args.kind == RESCUE:
            raise OperatorError("import.no_template")
        write_template(args.kind, args.template)
        print(told("import.template_written", file=args.template))
        return 0
    if not args.file:
        raise OperatorError("import.no_file", kind=args.kind)
    return max([_import(args, file) for file in args.file])


def _import(args: argparse.Namespace, file: Path) -> int:
    if args.kind == RESCUE:
        return _import_rescue(args, file)
    if args.kind == "events" and is_sealed(file):
        return _import_sealed(args, file)
    cells = read_rows(file)
    now_ms = SystemClock().now_ms()
    with opened(settings_of(args)) as database:
        with database.reading() as connection:
            org = organisations.only(connection, args.org)
            zone = zone_of(connection, org)
        with database.writing(org) as connection:
            made = _planned(args.kind, file, cells, register_of(connection, org, zone=zone, now_ms=now_ms))
            written = _is_wanted(args, made)
            aside = _write(args, connection, org, made, zone=zone, now_ms=now_ms) if written else ()
            written = written and not (args.all_or_nothing and (made.faults or aside))
    _tell(args, made, written=written, aside=aside)
    return 1 if made.faults or aside else 0


def _import_sealed(args: argparse.Namespace, file: Path) -> int:
    """Take an event export in, or only look at it; what came in before a failure stays and is known again."""
    settings = settings_of(args)
    if args.dry_run:
        with closing(SealCheck()) as seals:
            sealed.check(file, seals)
            outcome = sealed.dry(file, seals)
    else:
        with opened(settings, create=True) as database:
            now_ms = SystemClock().now_ms()
            outcome = sealed.bring_in(database, file, origin_host=settings.origin_host, now_ms=now_ms)
    made = Plan()
    made.counts |= {RowOutcome.CREATED: outcome.created, RowOutcome.UNCHANGED: outcome.unchanged}
    made.counts[RowOutcome.FAULTY] = outcome.faulty
    made.faults = [Fault(row=n, column="", key="import.line", values={"why": why}) for n, why in outcome.faults]
    _tell(args, made, written=not args.dry_run)
    if outcome.aside:
        warn("import.seal_aside", n=outcome.aside)
    if not args.dry_run:
        warn("import.then_verify")
    return 1 if outcome.faulty else 0


def _import_rescue(args: argparse.Namespace, file: Path) -> int:
    """Take a phone's rescue file in; what was sent already is known again."""
    now_ms = SystemClock().now_ms()
    with opened(settings_of(args)) as database:
        with database.reading() as connection:
            org = organisations.only(connection, args.org)
        batches = rescued.read(database, org, file)
        found = rescued.take(database, org, () if args.dry_run else batches, now_ms=now_ms)
    counts = {status.value: found.statuses[status] for status in Status}
    if args.json:
        faults = [{"batch": number, "reason": said_of(error, language())} for number, error in found.faults]
        print(
            json.dumps(
                {
                    "written": not args.dry_run,
                    "batches": len(batches),
                    "counts": counts,
                    "photos": found.photos,
                    "faults": faults,
                }
            )
        )
    else:
        for number, error in found.faults:
            warn("import.rescue_fault", batch=number, why=said_of(error, language()))
        print(told("import.rescue_counts", batches=len(batches), **counts))
        if found.photos:
            print(told("import.rescue_photos", n=found.photos))
        if args.dry_run:
            print(told("import.dry"))
    return 1 if found.faults or found.waiting else 0


def _planned(kind: str, file: Path, cells: list[list[str]], register: Register) -> Plan:
    try:
        return plan(kind, cells, register)
    except MissingColumnsError as missing:
        raise OperatorError(
            "import.missing_columns", file=file, columns=", ".join(missing.headers), kind=kind
        ) from None


def _is_wanted(args: argparse.Namespace, made: Plan) -> bool:
    return not args.dry_run and not (args.all_or_nothing and made.faults)


def _write(
    args: argparse.Namespace, connection: Connection, org: str, made: Plan, *, zone: str, now_ms: int
) -> Sequence[Result]:
    """Carry the plan out; under `--all-or-nothing` nothing of it stays when anything was refused at the door."""
    savepoint = connection.begin_nested()
    aside = carry_out(connection, org, made, actor="", now_ms=now_ms, zone=zone).aside
    if args.all_or_nothing and (made.faults or aside):
        savepoint.rollback()
    else:
        savepoint.commit()
    return aside


def _tell(args: argparse.Namespace, made: Plan, *, written: bool, aside: Sequence[Result] = ()) -> None:
    counts = {outcome.value: n for outcome, n in made.counts.items()}
    if args.json:
        said: dict[str, Any] = {"written": written, "counts": counts}
        said |= {name: [_told_fault(each) for each in getattr(made, name)] for name in ("faults", "notes")}
        said["aside"] = [{"id": each.id, "hash": each.hash, "reason": each.why} for each in aside]
        print(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for column in made.unknown_columns:
        warn("import.unknown_column", column=column)
    _tell_each(made.faults, "import.more_faults")
    _tell_each(made.notes, "import.more_notes")
    for result in aside[:SHOWN_FAULTS]:
        warn("import.set_aside", id=result.id or result.hash, why=result.why)
    print(told("import.counts", **counts))
    if args.dry_run:
        print(told("import.dry"))
    elif not written:
        warn("import.refused", faults=counts[RowOutcome.FAULTY] + len(aside))
    elif made.faults:
        warn("import.some_faulty", faults=counts[RowOutcome.FAULTY])
    if aside and written:
        warn("import.aside", n=len(aside))


def _tell_each(faults: Sequence[Fault], more: str) -> None:
    for fault in faults[:SHOWN_FAULTS]:
        warn("import.fault_line" if fault.column else "import.fault_row", **_told_fault(fault))
    if len(faults) > SHOWN_FAULTS:
        warn(more, n=len(faults) - SHOWN_FAULTS)


def _told_fault(fault: Fault) -> Mapping[str, Any]:
    return {"row": fault.row, "column": fault.column, "reason": fault.said(language())}
