"""Devices: invited by a one-time code, enrolled with a key of their own, seen, and cut off."""

import secrets
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.enrolment import LIFETIME_MS, Invitation, code_hash, new_code, pin_of, proof_body
from boucle.errors import MalformedKeyError
from boucle.ids import new_name
from boucle.log import EntryKind
from boucle.roles import Role
from boucle.signing import SIGNATURE_BYTES, load_crypto
from boucle_server import eventlog, keys, tokens
from boucle_server.errors import ConflictError, ExpiredError, InvalidInputError, NotFoundError
from boucle_server.organisations import checked_text
from boucle_server.projections import load_book
from boucle_server.read_tables import REFERENCE
from boucle_server.tables import DEVICE, ENROLMENT, ORG

SITES_NAMED: Final = 30
"""Sites that a refusal names."""
# Made once, for it runs with every push, and making it costs more than running it.
_SEEN: Final = (
    sa.update(DEVICE)
    .where(DEVICE.c.org == sa.bindparam("of"), DEVICE.c.dev == sa.bindparam("who"))
    .values(
        last_seen_ms=sa.bindparam("at"),
        unsent=sa.bindparam("waiting"),
        app=sa.bindparam("of_app"),
        boot=sa.bindparam("of_boot"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation at the only moment when its code can be read."""

    invitation: Invitation
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """All that a device has to know of its organisation; `token` can be read only now."""

    org: str
    org_name: str
    dev: str
    name: str
    role: str
    site: str
    zone: str
    token: str
    origin: str
    vkey: str
    box: bytes


def invite(connection: Connection, org: str, *, server: str, name: str, role: Role, site: str, now_ms: int) -> Invited:
    """Make a one-time code that lets one device in; `server` is the address by which it reaches us.

    InvalidInputError for a name that does not do, a site that nothing described, or an address that no code can
    carry.
    """
    checked_text(name, "name")
    checked_text(site, "site", longest=64, empty=True)
    _check_site(connection, org, site)
    public = keys.signing_key(connection, org).public
    invitation = Invitation(server=server, code=new_code(secrets.token_bytes), pin=pin_of(public))
    if Invitation.parse(invitation.uri) != invitation:
        raise InvalidInputError(field="base_url")
    connection.execute(
        sa.insert(ENROLMENT).values(
            code_hash=code_hash(invitation.code),
            org=org,
            name=name,
            role=role.value,
            site=site,
            created_ms=now_ms,
            expires_ms=now_ms + LIFETIME_MS,
        )
    )
    return Invited(invitation=invitation, expires_ms=now_ms + LIFETIME_MS)


def _check_site(connection: Connection, org: str, site: str) -> None:
    """Let a device belong to a site that there is, or to none; what it would scan elsewhere would count nowhere."""
    if not site or load_book(connection, org).has("site", site):
        return
    query = sa.select(REFERENCE.c.key).where(REFERENCE.c.org == org, REFERENCE.c.tbl == "site").distinct()
    known = sorted(connection.execute(query).scalars())
    if not known:
        raise InvalidInputError("api.no_site_yet", site=site)
    more = ["…"] if len(known) > SITES_NAMED else []
    raise InvalidInputError("api.no_site", site=site, known=", ".join(known[:SITES_NAMED] + more))


def org_of_code(connection: Connection, code: str) -> str:
    """Give the organisation that a code lets into, used or not; NotFoundError for no code of ours."""
    query = sa.select(ENROLMENT.c.org).where(ENROLMENT.c.code_hash == code_hash(code))
    org: str | None = connection.execute(query).scalar()
    if org is None:
        raise NotFoundError("api.no_code")
    return org


def enrol(
    connection: Connection,
    org: str,
    *,
    code: str,
    public: bytes,
    proof: bytes,
    now_ms: int,
    app: str = "",
    boot: str = "",
) -> Enrolled:
    """Let a device in by its code, binding its Ed25519 key; in the organisation's writing transaction.

    A device whose answer was lost asks again with the same key while the code is fresh, and gets a new token.
    NotFoundError, ExpiredError (used or too old), InvalidInputError (key or proof), ConflictError (key known).
    """
    query = sa.select(ENROLMENT).where(ENROLMENT.c.code_hash == code_hash(code), ENROLMENT.c.org == org)
    invited = connection.execute(query).one_or_none()
    if invited is None:
        raise NotFoundError("api.no_code")
    if now_ms >= invited.expires_ms:
        raise ExpiredError("api.code_expired")
    if not _is_held(public, proof, code):
        raise InvalidInputError("api.bad_key")
    known = _device_with_key(connection, org, public)
    if invited.used_ms is not None and (known is None or known.dev != invited.dev):
        raise ExpiredError("api.code_used")
    if invited.used_ms is None and known is not None:
        raise ConflictError("api.device_known")
    token = tokens.draw(tokens.DEVICE_PREFIX)
    if known is not None:
        if known.status != "active":
            raise ExpiredError("api.code_used")
        changed = {"token_hash": tokens.hash_of(token)}
        connection.execute(sa.update(DEVICE).where(*_is(org, known.dev)).values(**changed))
        return _enrolled(connection, org, known.dev, token)
    dev = new_name("d", secrets.token_bytes)
    connection.execute(
        sa.insert(DEVICE).values(
            org=org,
            dev=dev,
            name=invited.name,
            role=invited.role,
            site=invited.site,
            public_key=public,
            status="active",
            enrolled_ms=now_ms,
            token_hash=tokens.hash_of(token),
            last_seen_ms=now_ms,
            app=app,
            boot=boot,
        )
    )
    connection.execute(
        sa.update(ENROLMENT).where(ENROLMENT.c.code_hash == invited.code_hash).values(used_ms=now_ms, dev=dev)
    )
    content = {"act": "device.enrolled", "public": public.hex(), "role": invited.role, "site": invited.site}
    eventlog.append_act(connection, org, EntryKind.KEY, dev, content=content, now_ms=now_ms)
    return _enrolled(connection, org, dev, token)


def revoke(connection: Connection, org: str, dev: str, *, now_ms: int) -> None:
    """Cut a device off at its next request; NotFoundError unless it is active until now."""
    changed = connection.execute(
        sa.update(DEVICE).where(*_is(org, dev), DEVICE.c.status == "active").values(status="revoked", revoked_ms=now_ms)
    )
    if changed.rowcount == 0:
        raise NotFoundError("api.no_device")
    content = {"act": "device.revoked"}
    eventlog.append_act(connection, org, EntryKind.KEY, dev, content=content, now_ms=now_ms)


def seen(connection: Connection, org: str, dev: str, *, now_ms: int, unsent: int, app: str, boot: str) -> None:
    """Note what a device said of itself with its push."""
    said = {"at": now_ms, "waiting": max(0, unsent), "of_app": app[:64], "of_boot": boot[:64]}
    connection.execute(_SEEN, {"of": org, "who": dev, **said})


def listed(connection: Connection, org: str, *, after: str = "", limit: int = 10_000) -> list[dict[str, Any]]:
    """Give an organisation's devices by id, those after `after`, without keys and tokens."""
    names = ("dev", "name", "role", "site", "status", "enrolled_ms", "revoked_ms", "last_seen_ms", "unsent")
    columns = [DEVICE.c[name] for name in (*names, "app", "boot")]
    query = (
        sa.select(*columns)
        .where(DEVICE.c.org == org, DEVICE.c.dev > after, DEVICE.c.status != "server")
        .order_by(DEVICE.c.dev)
        .limit(limit)
    )
    return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001


def _is(org: str, dev: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return DEVICE.c.org == org, DEVICE.c.dev == dev


def _is_held(public: bytes, proof: bytes, code: str) -> bool:
    """Tell whether whoever asks holds the private half of the key."""
    if len(proof) != SIGNATURE_BYTES:
        return False
    try:
        return load_crypto().verify_key(public).verify(proof, proof_body(code, public))
    except (MalformedKeyError, ValueError):
        return False


def _device_with_key(connection: Connection, org: str, public: bytes) -> sa.Row[str, str] | None:
    query = sa.select(DEVICE.c.dev, DEVICE.c.status).where(DEVICE.c.org == org, DEVICE.c.public_key == public)
    return connection.execute(query).one_or_none()


def _enrolled(connection: Connection, org: str, dev: str, token: str) -> Enrolled:
    query = (
        sa.select(DEVICE.c.name, DEVICE.c.role, DEVICE.c.site, ORG.c.name.label("org_name"), ORG.c.zone)
        .join(ORG, ORG.c.org == DEVICE.c.org)
        .where(*_is(org, dev))
    )
    row = connection.execute(query).one()
    signer = keys.signer(connection, org)
    return Enrolled(
        org=org,
        org_name=row.org_name,
        dev=dev,
        name=row.name,
        role=row.role,
        site=row.site,
        zone=row.zone,
        token=token,
        origin=signer.name,
        vkey=signer.vkey,
        box=keys.box_public(connection, org),
    )
