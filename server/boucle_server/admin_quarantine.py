"""`boucle admin quarantine`: what the door set aside, listed, admitted and dismissed."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from boucle.words import knows
from boucle_server import deciding, organisations, people, set_aside
from boucle_server.db import Database
from boucle_server.deciding import Decided, Verdict
from boucle_server.ledger import first_reason
from boucle_server.options import add_json, add_org, local, show, told
from boucle_server.reports import zone_of
from boucle_server.set_aside import SetAside

AT_THE_CONSOLE: Final = "console"
"""Who decides when nobody is named: whoever holds the machine."""
_SHOWN: Final = 400
_PAGE: Final = 500

Add = Callable[..., argparse.ArgumentParser]


def configure(actions: Any, add: Add) -> None:
    """Describe the actions; `add` makes one."""
    listing = add(actions, "list", _list, told("cli.help.list"))
    admit = add(actions, "admit", _admit, told("cli.help.admit"))
    dismiss = add(actions, "dismiss", _dismiss, told("cli.help.dismiss"))
    for each in (admit, dismiss):
        each.add_argument("key", metavar="ID|HASH", help=told("cli.help.quarantine_key"))
        each.add_argument("--by", metavar="LOGIN", help=told("cli.help.decided_by"))
    admit.add_argument("--reason", default="", metavar="TEXT", help=told("cli.help.reason"))
    dismiss.add_argument("--reason", required=True, metavar="TEXT", help=told("cli.help.reason"))
    for each in (listing, admit, dismiss):
        add_org(each)
        add_json(each)


def _list(args: argparse.Namespace, _settings: Any, database: Database, _now_ms: int) -> int:
    found: list[SetAside] = []
    with database.reading() as connection:
        org = organisations.only(connection, args.org)
        while page := set_aside.listed(
            connection, org, after=found[-1].place if found else (0, -1), limit=_PAGE, shown=_SHOWN
        ):
            found += page
        zone = zone_of(connection, org)
    lines = [told("cli.quarantine_columns"), *(_line(one, zone) for one in found)]
    text = "\n".join(lines) if found else told("cli.quarantine_empty")
    show([_as_json(one) for one in found], as_json=args.json, text=text)
    return 0


def _admit(args: argparse.Namespace, _settings: Any, database: Database, now_ms: int) -> int:
    return _decide(args, database, Verdict.ADMIT, now_ms)


def _dismiss(args: argparse.Namespace, _settings: Any, database: Database, now_ms: int) -> int:
    return _decide(args, database, Verdict.DISMISS, now_ms)


def _decide(args: argparse.Namespace, database: Database, verdict: Verdict, now_ms: int) -> int:
    with database.reading() as connection:
        org = organisations.only(connection, args.org)
    with database.writing(org) as connection:
        actor = people.with_login(connection, org, args.by) if args.by else AT_THE_CONSOLE
        decided = deciding.decide(connection, org, args.key, verdict, reason=args.reason, actor=actor, now_ms=now_ms)
    text = "\n".join(_said(one, verdict) for one in decided)
    show([asdict(one) for one in decided], as_json=args.json, text=text)
    return 0


def _said(one: Decided, verdict: Verdict) -> str:
    key = "again" if not one.event else "admitted" if verdict is Verdict.ADMIT else "dismissed"
    return told(f"cli.quarantine_{key}", what=one.id or one.hash, status=_status(one.status))


def _line(one: SetAside, zone: str) -> str:
    received = local(one.received_ms, zone)
    values = (one.hash[:16], one.dev, str(one.seq or "-"), received, _status(one.status), _why(one.reason))
    return "\t".join([*values, set_aside.summary(one)])


def _as_json(one: SetAside) -> dict[str, Any]:
    return {
        "id": one.id,
        "hash": one.hash,
        "dev": one.dev,
        "seq": one.seq,
        "kind": one.kind,
        "status": one.status,
        "reason": one.reason,
        "received_ms": one.received_ms,
        "teff": one.teff,
        "size": one.size,
        "summary": set_aside.summary(one),
    }


def _status(status: str) -> str:
    return _words((f"status.{status}", f"aside.{status}"), status)


def _why(reason: str) -> str:
    stable = first_reason(reason).partition(":")[0]
    return _words((f"why.{stable}", f"flaw.{stable}", f"aside.{stable}"), stable or "-")


def _words(keys: tuple[str, ...], otherwise: str) -> str:
    return next((told(key) for key in keys if knows(key)), otherwise)
