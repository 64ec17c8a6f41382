"""`boucle admin`: organisations, people, devices and tokens, from the machine that holds the data."""

import argparse
from collections.abc import Callable
from typing import Any, Final

from boucle.clock import DEFAULT_ZONE, SystemClock, iso
from boucle.command_lines import examples
from boucle.roles import CAPABILITIES, Capability, Role, parse_role, parse_scopes
from boucle.units import DAY_MS
from boucle_labels.messages import language
from boucle_server import admin_quarantine, devices, organisations, people, tokens
from boucle_server.command_help import add_examples
from boucle_server.db import Database
from boucle_server.errors import ConflictError, InvalidInputError
from boucle_server.guard import address_of, is_local
from boucle_server.options import (
    add_data,
    add_json,
    add_org,
    local,
    opened,
    read_secret,
    settings_of,
    show,
    told,
    warn,
    where_of,
    whole,
)
from boucle_server.reports import zone_of
from boucle_server.settings import DEFAULT_ORIGIN_HOST, Settings

_EXAMPLES: Final = (
    'boucle admin init --org "Éco-Retour" --admin ada',
    "boucle admin user add --login bob --role responsable",
    'boucle admin operator add --name "Chloé" --role chauffeur --pin 4711',
    'boucle admin device enrol --name "Camion 3" --role chauffeur --site hub',
    "boucle admin token add --name ERP --scopes read",
    "boucle admin quarantine list",
    "boucle admin quarantine dismiss 4462653b7b69 --reason essai",
)

Action = Callable[[argparse.Namespace, Settings, Database, int], int]

MOST_DAYS = 3_650
"""How long a token for a program may be good."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the sub-commands and their options."""
    add_examples(parser, *_EXAMPLES)
    groups = parser.add_subparsers(required=True, metavar="GROUP")
    init = _add(groups, "init", _init, told("cli.help.init"))
    _org_options(init, name="--org")
    org = _group(groups, "org", told("cli.help.orgs"))
    _org_options(_add(org, "add", _add_org, told("cli.help.add")), name="--name")
    add_json(_add(org, "list", _list_orgs, told("cli.help.list")))
    _configure_people(groups)
    _configure_devices(groups)
    _configure_tokens(groups)
    quarantine = _group(groups, "quarantine", told("cli.help.quarantine"))
    admin_quarantine.configure(quarantine, _add)


def run(args: argparse.Namespace) -> int:
    """Do what was asked on the prepared database."""
    settings = settings_of(args)
    action: Action = args.action
    with opened(settings, create=action is _init) as database:
        return action(args, settings, database, SystemClock().now_ms())


# Organisations


def _init(args: argparse.Namespace, settings: Settings, database: Database, now_ms: int) -> int:
    with database.reading() as connection:
        if organisations.ids(connection):
            raise ConflictError("cli.initialised")
    code = _add_org(args, settings, database, now_ms)
    if settings.origin_host == DEFAULT_ORIGIN_HOST:
        warn("cli.origin_default", host=DEFAULT_ORIGIN_HOST, where=where_of(settings))
    return code


def _add_org(args: argparse.Namespace, settings: Settings, database: Database, now_ms: int) -> int:
    org = args.id or organisations.id_for(args.name)
    origin = organisations.origin_of(settings.origin_host, org)
    password = _password(args) if args.admin else ""
    with database.writing(org) as connection:
        organisations.create(
            connection,
            org=org,
            name=args.name,
            origin_host=settings.origin_host,
            now_ms=now_ms,
            zone=args.zone,
        )
        if args.admin:
            people.add_user(
                connection, org, login=args.admin, password=password, role=Role.ADMINISTRATOR, now_ms=now_ms
            )
        # What stands for ever is said before it is committed, and after all that could refuse it.
        warn("cli.origin_named", origin=origin, labels=settings.label_base or told("cli.origin_no_labels"))
    made = {"org": org, "name": args.name, "login": args.admin, "origin": origin}
    text = told("cli.org_made", org=org)
    if args.admin and not args.password_stdin:
        made["password"] = password
        text += "\n" + told("cli.password_once", login=args.admin, password=password)
    show(made, as_json=args.json, text=text)
    return 0


def _list_orgs(args: argparse.Namespace, _settings: Settings, database: Database, _now_ms: int) -> int:
    with database.reading() as connection:
        known = organisations.ids(connection)
    show(known, as_json=args.json, text="\n".join(known))
    return 0


# People


def _add_user(args: argparse.Namespace, _settings: Settings, database: Database, now_ms: int) -> int:
    org, role, password = _org(args, database), _role(args.role), _password(args)
    with database.writing(org) as connection:
        person = people.add_user(
            connection,
            org,
            login=args.login,
            password=password,
            role=role,
            now_ms=now_ms,
            name=args.name or "",
        )
    made = {"person": person, "login": args.login, "role": role.value}
    text = told("cli.person_made", person=person)
    if not args.password_stdin:
        made["password"] = password
        text += "\n" + told("cli.password_once", login=args.login, password=password)
    show(made, as_json=args.json, text=text)
    return 0


def _add_operator(args: argparse.Namespace, _settings: Settings, database: Database, now_ms: int) -> int:
    org, role = _org(args, database), _role(args.role)
    with database.writing(org) as connection:
        person = people.add_operator(
            connection,
            org,
            name=args.name,
            role=role,
            pin=args.pin,
            now_ms=now_ms,
            badge=args.badge,
            site=args.site,
        )
    made = {"person": person, "name": args.name, "role": role.value}
    show(made, as_json=args.json, text=told("cli.person_made", person=person))
    return 0


# Devices


def _enrol(args: argparse.Namespace, settings: Settings, database: Database, now_ms: int) -> int:
    org, role = _org(args, database), _role(args.role)
    address = args.url or address_of(settings)
    with database.writing(org) as connection:
        invited = devices.invite(
            connection,
            org,
            server=address,
            name=args.name,
            role=role,
            site=args.site,
            now_ms=now_ms,
        )
    made = {
        "code": invited.invitation.code,
        "uri": invited.invitation.uri,
        "expires_at": iso(invited.expires_ms),
    }
    show(made, as_json=True, text="")
    if not (args.url and is_local(address)):  # who names an address of this machine means it
        warn("cli.enrol_local" if is_local(address) else "cli.enrol_address", address=address)
    return 0


def _list_devices(args: argparse.Namespace, _settings: Settings, database: Database, _now_ms: int) -> int:
    org = _org(args, database)
    with database.reading() as connection:
        known = devices.listed(connection, org)
        zone = zone_of(connection, org)
    lines = [
        "\t".join(
            [
                device["dev"],
                told(f"cli.device_is_{device['status']}"),
                told(f"role.{device['role']}"),
                "-" if device["last_seen_ms"] is None else local(device["last_seen_ms"], zone),
                "-" if device["unsent"] is None else str(device["unsent"]),
                device["name"],
            ]
        )
        for device in known
    ]
    show(known, as_json=args.json, text="\n".join([told("cli.device_columns"), *lines]))
    return 0


def _revoke_device(args: argparse.Namespace, _settings: Settings, database: Database, now_ms: int) -> int:
    org = _org(args, database)
    with database.writing(org) as connection:
        devices.revoke(connection, org, args.id, now_ms=now_ms)
    show({"revoked": args.id}, as_json=args.json, text=told("cli.device_revoked", dev=args.id))
    return 0


# Tokens


def _add_token(args: argparse.Namespace, _settings: Settings, database: Database, now_ms: int) -> int:
    org = _org(args, database)
    try:
        scopes = parse_scopes(args.scopes)
    except ValueError:
        known = ", ".join(Capability)
        raise InvalidInputError("api.bad_scope", scopes=args.scopes, capabilities=known) from None
    expires_ms = None if args.days is None else now_ms + args.days * DAY_MS
    with database.writing(org) as connection:
        made = tokens.add(connection, org, name=args.name, scopes=scopes, now_ms=now_ms, expires_ms=expires_ms)
    values = {"id": made.id, "token": made.secret}
    show(values, as_json=args.json, text=told("cli.token_once", id=made.id, token=made.secret))
    return 0


def _list_tokens(args: argparse.Namespace, _settings: Settings, database: Database, _now_ms: int) -> int:
    org = _org(args, database)
    with database.reading() as connection:
        known = tokens.listed(connection, org)
    lines = [f"{token['id']}\t{token['scopes']}\t{token['name']}" for token in known if not token["revoked_ms"]]
    show(known, as_json=args.json, text="\n".join(lines))
    return 0


def _revoke_token(args: argparse.Namespace, _settings: Settings, database: Database, now_ms: int) -> int:
    org = _org(args, database)
    with database.writing(org) as connection:
        tokens.revoke(connection, org, args.id, now_ms=now_ms)
    show({"revoked": args.id}, as_json=args.json, text=told("cli.token_revoked", id=args.id))
    return 0


# What was given


def _org(args: argparse.Namespace, database: Database) -> str:
    with database.reading() as connection:
        return organisations.only(connection, args.org)


def _role(text: str) -> Role:
    role = parse_role(text)
    if role is None:
        known = ", ".join(told(f"role.{each}").lower() for each in Role)
        raise InvalidInputError("api.bad_role", role=text[:60], roles=known)
    return role


def _password(args: argparse.Namespace) -> str:
    return read_secret() if args.password_stdin else people.new_password()


def _group(groups: Any, name: str, text: str) -> Any:
    group = groups.add_parser(name, help=text, description=text)
    return group.add_subparsers(required=True, metavar="ACTION")


def _add(actions: Any, name: str, action: Action, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name,
        help=text,
        description=text,
        epilog=examples(_EXAMPLES, language()),
    )
    parser.set_defaults(action=action)
    add_data(parser)
    return parser


def _org_options(parser: argparse.ArgumentParser, *, name: str) -> None:
    parser.add_argument(name, dest="name", required=True, metavar="NAME", help=told("cli.help.name"))
    parser.add_argument("--id", help=told("cli.help.id"))
    parser.add_argument("--zone", default=DEFAULT_ZONE, help=told("cli.help.zone"))
    parser.add_argument("--admin", required=name == "--org", metavar="LOGIN", help=told("cli.help.first_account"))
    _password_option(parser)
    add_json(parser)


def _password_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help=told("cli.help.password"),
    )


def _roles() -> str:
    """Give the roles that can be chosen as `parse_role` reads them: in French by name, else by key."""
    return ", ".join(told(f"role.{role}").lower() if language() == "fr" else role for role in CAPABILITIES)


def _configure_people(groups: Any) -> None:
    user = _add(_group(groups, "user", told("cli.help.users")), "add", _add_user, told("cli.help.add"))
    user.add_argument("--login", required=True)
    user.add_argument("--role", required=True, help=_roles())
    user.add_argument("--name", help=told("cli.help.shown_name"))
    _password_option(user)
    operator = _add(
        _group(groups, "operator", told("cli.help.operators")),
        "add",
        _add_operator,
        told("cli.help.add"),
    )
    operator.add_argument("--name", required=True)
    operator.add_argument("--role", required=True, help=_roles())
    operator.add_argument("--pin", required=True, help=told("cli.help.pin"))
    operator.add_argument("--badge", default="", help=told("cli.help.badge"))
    operator.add_argument("--site", default="")
    for parser in (user, operator):
        add_org(parser)
        add_json(parser)


def _configure_devices(groups: Any) -> None:
    device = _group(groups, "device", told("cli.help.devices"))
    enrol = _add(device, "enrol", _enrol, told("cli.help.enrol"))
    enrol.add_argument("--name", required=True, help=told("cli.help.device_name"))
    enrol.add_argument("--role", required=True, help=told("cli.help.device_role", roles=_roles()))
    enrol.add_argument("--site", default="", help=told("cli.help.device_site"))
    enrol.add_argument("--url", help=told("cli.help.url"))
    listing = _add(device, "list", _list_devices, told("cli.help.list"))
    revoke = _add(device, "revoke", _revoke_device, told("cli.help.revoke"))
    revoke.add_argument("id")
    for parser in (enrol, listing, revoke):
        add_org(parser)
        add_json(parser)


def _configure_tokens(groups: Any) -> None:
    token = _group(groups, "token", told("cli.help.tokens"))
    add = _add(token, "add", _add_token, told("cli.help.add"))
    add.add_argument("--name", required=True)
    add.add_argument("--scopes", required=True, help=" ".join(Capability))
    add.add_argument("--days", type=whole(1, MOST_DAYS), help=told("cli.help.days"))
    listing = _add(token, "list", _list_tokens, told("cli.help.list"))
    revoke = _add(token, "revoke", _revoke_token, told("cli.help.revoke"))
    revoke.add_argument("id")
    for parser in (add, listing, revoke):
        add_org(parser)
        add_json(parser)
