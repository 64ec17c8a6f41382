"""`boucle rebuild`: make the read tables again from the events, or only compare them."""

import argparse
from typing import Any, Final

from boucle.clock import SystemClock
from boucle_server import organisations
from boucle_server.command_help import add_examples
from boucle_server.db import Database
from boucle_server.errors import OperatorError
from boucle_server.options import add_data, add_json, add_org, opened, settings_of, show, tell, told
from boucle_server.rebuild import differences, rebuild

SHOWN: Final = 20
"""Differences told to a person; `--json` gives all."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(parser, "boucle rebuild --check")
    parser.add_argument("--check", action="store_true", help=told("cli.help.check"))
    add_data(parser)
    add_org(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Rebuild or compare every organisation, or the one named: 1 on any difference.

    `--json` prints a list with each organisation and its `events` or, of a comparison, all its `differences`.
    """
    with opened(settings_of(args)) as database:
        with database.reading() as connection:
            wanted = [organisations.only(connection, args.org)] if args.org else organisations.ids(connection)
        done = [(_compared if args.check else _rebuilt)(database, org, args) for org in wanted]
    if args.json:
        show(done, as_json=True, text="")
    return 1 if any(each.get("differences") for each in done) else 0


def _compared(database: Database, org: str, args: argparse.Namespace) -> dict[str, Any]:
    with database.reading() as connection:
        found = list(differences(connection, org))
    if not args.json:
        for one in found[:SHOWN]:
            tell("rebuild.difference", table=one.table, what=one.what, row=list(one.row))
        if found:
            raise OperatorError("rebuild.differs", org=org, n=len(found))
        tell("rebuild.same", org=org)
    return {"org": org, "differences": [{"table": one.table, "what": one.what, "row": list(one.row)} for one in found]}


def _rebuilt(database: Database, org: str, args: argparse.Namespace) -> dict[str, Any]:
    with database.writing(org) as connection:
        events = rebuild(connection, org, now_ms=SystemClock().now_ms())
    if not args.json:
        tell("rebuild.done", org=org, n=events)
    return {"org": org, "events": events}
