"""`boucle month`: where each month stands, and the closing of one, which is a person's act."""

import argparse
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import SystemClock, iso
from boucle.command_lines import examples
from boucle_labels.messages import language
from boucle_server import closing, months, organisations, reports
from boucle_server.command_help import add_examples
from boucle_server.db import Database
from boucle_server.errors import OperatorError
from boucle_server.months import Life
from boucle_server.options import add_data, add_json, add_org, opened, settings_of, show, told
from boucle_server.tables import PERSON

AT_THE_CONSOLE = "console"
"""Who closes when nobody is named: whoever holds the machine."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the sub-commands and their options."""
    add_examples(parser, "boucle month list", "boucle month close 2026-10 --by ada")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    shut = actions.add_parser(
        "close",
        help=told("cli.help.month_close"),
        epilog=examples(["boucle month close 2026-10"], language()),
    )
    shut.add_argument("month", metavar="YYYY-MM")
    shut.add_argument("--by", metavar="LOGIN", help=told("cli.help.month_by"))
    shut.add_argument("--reason", default="", metavar="TEXT", help=told("cli.help.month_reason"))
    shut.set_defaults(action=_close)
    listing = actions.add_parser("list", help=told("cli.help.month_list"))
    listing.set_defaults(action=_list)
    for each in (shut, listing):
        add_data(each)
        add_org(each)
        add_json(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked on the prepared database."""
    with opened(settings_of(args)) as database:
        with database.reading() as connection:
            org = organisations.only(connection, args.org)
        code: int = args.action(args, database, org, SystemClock().now_ms())
        return code


def _close(args: argparse.Namespace, database: Database, org: str, now_ms: int) -> int:
    month = reports.checked_month(args.month)
    with database.writing(org) as connection:
        by = _person(connection, org, args.by) if args.by else AT_THE_CONSOLE
        done = closing.close(connection, org, month, by=by, now_ms=now_ms, reason=args.reason)
    text = told("month.done", month=month, revision=done.revision, digest=done.digest)
    show({"month": month, **asdict(done)}, as_json=args.json, text=text)
    return 0


def _person(connection: Connection, org: str, login: str) -> str:
    query = sa.select(PERSON.c.person).where(PERSON.c.org == org, PERSON.c.login == login, PERSON.c.active.is_(True))
    person: str | None = connection.execute(query).scalar()
    if person is None:
        raise OperatorError("month.nobody", login=login)
    return person


def _list(args: argparse.Namespace, database: Database, org: str, now_ms: int) -> int:
    with database.reading() as connection:
        known = reports.months_until(connection, org, now_ms)
        found = months.lives(connection, org, known, now_ms=now_ms)
    lines = [line for life in found for line in _lines(life)]
    show([as_json(life) for life in found], as_json=args.json, text="\n".join(lines))
    return 0


def as_json(life: Life) -> dict[str, Any]:
    """Write the life of a month for a program."""
    return {
        "month": life.month,
        "state": life.state.value,
        "reasons": [{"why": cause.why.value, "device": cause.device, "n": cause.n} for cause in life.causes],
        "ageing": list(life.ageing),
        "closing": None if life.closing is None else {**asdict(life.closing), "closed": iso(life.closing.closed_ms)},
    }


def _lines(life: Life) -> list[str]:
    state = told(life.state.words, revision=life.closing.revision if life.closing else 0)
    return [
        f"{life.month}  {state}",
        *(f"         – {told(cause.why.words, device=cause.device, n=cause.n)}" for cause in life.causes),
    ]
