"""`boucle rebuild`: make the read tables again from the events, or only compare them."""

import argparse

from boucle.clock import SystemClock
from boucle_server import organisations
from boucle_server.errors import OperatorError
from boucle_server.options import add_data, add_org, opened, settings_of, tell
from boucle_server.rebuild import differences, rebuild


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.epilog = "Example: boucle rebuild --check"
    parser.add_argument("--check", action="store_true", help="comparer sans rien écrire / compare, write nothing")
    add_data(parser)
    add_org(parser)


def run(args: argparse.Namespace) -> int:
    """Rebuild or compare every organisation, or the one named: 1 on any difference."""
    with opened(settings_of(args)) as database:
        with database.reading() as connection:
            wanted = [organisations.only(connection, args.org)] if args.org else organisations.ids(connection)
        for org in wanted:
            if args.check:
                with database.reading() as connection:
                    found = list(differences(connection, org))
                for one in found[:20]:
                    tell("rebuild.difference", table=one.table, what=one.what, row=list(one.row))
                if found:
                    raise OperatorError("rebuild.differs", org=org, n=len(found))
                tell("rebuild.same", org=org)
            else:
                with database.writing(org) as connection:
                    events = rebuild(connection, org, now_ms=SystemClock().now_ms())
                tell("rebuild.done", org=org, n=events)
    return 0
