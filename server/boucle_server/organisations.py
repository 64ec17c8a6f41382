"""Organisations: how one comes to be, with its keys, its log and its own server device."""

import re
import unicodedata

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import DEFAULT_ZONE, is_zone
from boucle.log import EntryKind
from boucle.roles import Role
from boucle_server import eventlog, keys
from boucle_server.errors import ConflictError, InvalidInputError, NotFoundError
from boucle_server.tables import DEVICE, ORG, ORG_COUNTER

SERVER_DEV = "server"
"""The device under which an organisation's own server records events, in every organisation."""
MAX_NAME = 200
FIRST_GENERATION = 1
_ORG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)


def id_for(name: str) -> str:
    """Make the short id of an organisation out of its name: `Éco-Retour SARL` gives `eco-retour-sarl`.

    InvalidInputError when no letter or digit is left.
    """
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    org = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32].strip("-")
    if not org:
        raise InvalidInputError(field="name")
    return org


def origin_of(host: str, org: str) -> str:
    """Give the name that the log of an organisation bears for ever."""
    return f"{host}/{org}"


def create(
    connection: Connection,
    *,
    org: str,
    name: str,
    origin_host: str,
    now_ms: int,
    zone: str = DEFAULT_ZONE,
    demo: bool = False,
) -> None:
    """Make an organisation with its keys, its log and its server device.

    InvalidInputError for an id, a name, a zone or an origin host that does not do; ConflictError when the id is
    taken.
    """
    if _ORG.fullmatch(org) is None:
        raise InvalidInputError(field="org")
    checked_text(name, "name")
    if not is_zone(zone):
        raise InvalidInputError(field="zone")
    if not re.fullmatch(r"[a-z0-9.:-]{1,253}", origin_host, re.ASCII):
        raise InvalidInputError(field="origin_host")
    if connection.execute(sa.select(ORG.c.org).where(ORG.c.org == org)).first() is not None:
        raise ConflictError("api.org_exists", org=org)
    connection.execute(
        sa.insert(ORG).values(
            org=org,
            name=name,
            zone=zone,
            origin=origin_of(origin_host, org),
            generation=FIRST_GENERATION,
            demo=demo,
            created_ms=now_ms,
        )
    )
    connection.execute(sa.insert(ORG_COUNTER).values(org=org, change_n=0))
    eventlog.begin(connection, org, FIRST_GENERATION)
    for purpose, public in keys.make_keys(connection, org, now_ms).items():
        content = {"act": "key.made", "purpose": purpose, "public": public.hex()}
        eventlog.append_act(connection, org, EntryKind.KEY, purpose, content=content, now_ms=now_ms)
    connection.execute(
        sa.insert(DEVICE).values(
            org=org,
            dev=SERVER_DEV,
            name=SERVER_DEV,
            role=Role.ADMINISTRATOR.value,
            site="",
            public_key=keys.signing_key(connection, org).public,
            status="server",
            enrolled_ms=now_ms,
        )
    )


def ids(connection: Connection) -> list[str]:
    """Give the ids of all organisations of this database, sorted."""
    return sorted(connection.execute(sa.select(ORG.c.org)).scalars())


def only(connection: Connection, org: str | None) -> str:
    """Give the organisation that a command means: the named one, or the only one there is.

    NotFoundError when it is not there; InvalidInputError when several are and none was named.
    """
    known = ids(connection)
    if org is None and len(known) > 1:
        raise InvalidInputError("api.which_org", orgs=", ".join(known))
    if (org is not None and org not in known) or not known:
        raise NotFoundError("api.no_org")
    return known[0] if org is None else org


def checked_text(text: str, field: str, *, longest: int = MAX_NAME, empty: bool = False) -> str:
    """Give a text that both databases store alike; InvalidInputError for an empty, long or broken one."""
    broken = any(char < " " or char == "\x7f" or "\ud800" <= char <= "\udfff" for char in text)
    if broken or len(text) > longest or not (empty or text.strip()):
        raise InvalidInputError(field=field)
    return text
