"""`boucle demo`: seed a year of believable data into an embedded database, then serve it."""

import argparse
import os
import socket
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from boucle.clock import DEFAULT_ZONE, SystemClock
from boucle.roles import Capability
from boucle.words import say
from boucle_labels.messages import language
from boucle_server import tokens
from boucle_server.command_help import add_examples
from boucle_server.db import Database
from boucle_server.demo.labels import PRINTED, write_labels
from boucle_server.demo.people import PASSWORD, PEOPLE, PIN
from boucle_server.demo.seed import NAME, plan_of, seed, state_of
from boucle_server.demo.year import ITEMS, MONTHS, ORG, SEED, Plan, simulate
from boucle_server.errors import OperatorError
from boucle_server.guard import only_server
from boucle_server.options import settings_of, told, warn, whole
from boucle_server.schema import prepare
from boucle_server.serve import serve
from boucle_server.settings import HIGHEST_PORT, Settings
from boucle_server.web.numbers import day_name

DATA: Final = Path("demo-data")
TOKEN: Final = "demo-token.txt"  # noqa: S105 - the name of a file
NOTES: Final = "demo.txt"


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(parser, "boucle demo --data demo-data --port 8000 --items 1200 --months 12")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help=told("cli.help.demo_data", default=DATA))
    parser.add_argument("--port", type=whole(0, HIGHEST_PORT), help=told("cli.help.port"))
    items, months = whole(60, 100_000), whole(2, 36)
    parser.add_argument(
        "--items", type=items, default=ITEMS, metavar="N", help=told("cli.help.demo_items", default=str(ITEMS))
    )
    parser.add_argument(
        "--months", type=months, default=MONTHS, metavar="M", help=told("cli.help.demo_months", default=str(MONTHS))
    )
    parser.add_argument(
        "--seed", type=int, default=SEED, metavar="S", help=told("cli.help.demo_seed", default=str(SEED))
    )
    parser.add_argument("--seed-only", action="store_true", help=told("cli.help.seed_only"))


def run(args: argparse.Namespace) -> int:
    """Fill the database unless that is done, say what to try, and serve."""
    # The demonstration is a directory to throw away, whatever database this machine is set to use.
    os.environ.pop("BOUCLE_DATABASE_URL", None)
    settings = settings_of(args, port=args.port, database_url="")
    if not args.seed_only:
        settings = settings.model_copy(update={"port": _free_port(settings)})
    fill(settings, Plan(today=_today(), items=args.items, months=args.months, seed=args.seed))
    if not (settings.data / TOKEN).exists():
        _keep(settings.data / TOKEN, _new_token(settings))
    notes = _notes(settings, language())
    (settings.data / NOTES).write_text(f"{notes}\n", encoding="utf-8")
    print(notes, flush=True)
    return 0 if args.seed_only else serve(settings)


def fill(settings: Settings, plan: Plan) -> None:
    """Seed the database of a data directory, unless it holds a demonstration already.

    OperatorError, with nothing changed, when it holds anything else.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_server(settings.data):
        match _state(settings):
            case "real":
                raise OperatorError("demo.real_data", data=settings.data)
            case "demo":
                warn("demo.kept", data=settings.data, **_plan(settings))
                return
            case "broken":
                warn("demo.again", data=settings.data)
                for file in settings.data.glob(f"{settings.database_file.name}*"):
                    file.unlink()
            case _:
                pass
        began = time.monotonic()
        warn("demo.seeding", items=plan.items, months=plan.months)
        year = simulate(plan)
        write_labels(year.samples, settings.data)
        database = Database.open(settings)
        try:
            prepare(database)
            seed(database, year, origin_host=settings.origin_host, tell=_progress())
        finally:
            database.close()
        warn("demo.seeded", arrivals=len(year.arrivals), seconds=round(time.monotonic() - began))


def _state(settings: Settings) -> str:
    database = Database.open(settings)
    try:
        prepare(database)
        return state_of(database)
    finally:
        database.close()


def _new_token(settings: Settings) -> str:
    """Make a token that may read, for whoever tries the interface of programs."""
    database = Database.open(settings)
    try:
        with database.writing(ORG) as connection:
            made = tokens.add(connection, ORG, name="demo", scopes=[Capability.READ], now_ms=SystemClock().now_ms())
            return made.secret
    finally:
        database.close()


def _plan(settings: Settings) -> dict[str, object]:
    """Give what there is to say of the plan by which a demonstration was made."""
    database = Database.open(settings)
    try:
        plan = plan_of(database)
        return {"day": day_name(plan.today.isoformat(), language()), "items": plan.items, "months": plan.months}
    finally:
        database.close()


def _progress() -> Callable[[int, int], None]:
    """Give what shows how far seeding is, on a terminal only."""
    shown = -1

    def tell(done: int, total: int) -> None:
        nonlocal shown
        percent = 100 * done // total
        if percent != shown and sys.stderr.isatty():
            shown = percent
            print(f"\r{percent:3} %", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return tell


def _notes(settings: Settings, lang: str) -> str:
    """Give what a newcomer is told: the address, an account for each role, what to try."""
    known = [(person.login, say(f"role.{person.role.value}", lang), person.name) for person in PEOPLE if person.login]
    widths = [max(len(row[place]) for row in known) for place in (0, 1)]
    accounts = [f"     {login:<{widths[0]}}  {role:<{widths[1]}}  {name}" for login, role, name in known]
    return say(
        "demo.try",
        lang,
        address=settings.address,
        name=NAME,
        password=PASSWORD,
        pin=PIN,
        accounts="\n".join(accounts),
        labels=settings.data / PRINTED,
        data=settings.data,
        boucle=_program(),
        token=(settings.data / TOKEN).read_text(encoding="ascii").strip(),
    )


def _program() -> str:
    """Give how this program was called, so that what is shown can be typed as it stands."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "boucle" and called.exists() else "boucle"


def _keep(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(f"{secret}\n", encoding="ascii")


def _free_port(settings: Settings) -> int:
    """Give the port to serve on; OperatorError when it is taken, before a minute is spent on seeding."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            raise OperatorError("cli.port_busy", host=settings.host, port=str(settings.port)) from None
        return int(probe.getsockname()[1])


def _today() -> date:
    return datetime.now(ZoneInfo(DEFAULT_ZONE)).date()
