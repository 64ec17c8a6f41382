"""Who asks: a request's credentials turned into a principal, by looking them up every time.

Nothing is remembered between requests, so whoever is revoked is cut off at the next one.
"""

from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.roles import Capability, capabilities_of, parse_scopes
from boucle_server import tokens
from boucle_server.errors import DeviceRevokedError, ForbiddenError, UnauthenticatedError
from boucle_server.tables import DEVICE, TOKEN

SCHEMES = ("bearer", "device")
MAX_HEADER = 256
# Made once: one of them runs with every request.
_DEVICE: Final = sa.select(DEVICE.c.org, DEVICE.c.dev, DEVICE.c.role, DEVICE.c.site, DEVICE.c.status).where(
    DEVICE.c.token_hash == sa.bindparam("of")
)
_TOKEN: Final = sa.select(TOKEN.c.org, TOKEN.c.id, TOKEN.c.scopes, TOKEN.c.expires_ms, TOKEN.c.revoked_ms).where(
    TOKEN.c.token_hash == sa.bindparam("of")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever asks, in the one organisation he may ask about; `id` is a device, a token or a person."""

    org: str
    kind: Literal["device", "program", "person"]
    id: str
    capabilities: frozenset[Capability]
    site: str = ""

    @property
    def dev(self) -> str:
        """The device that asks; UnauthenticatedError when none does."""
        if self.kind != "device":
            raise UnauthenticatedError
        return self.id

    def demand(self, capability: Capability) -> None:
        """Go on only with this capability; ForbiddenError."""
        if capability not in self.capabilities:
            raise ForbiddenError(capability=capability.value)


def authenticate(connection: Connection, header: str | None, *, now_ms: int) -> Principal:
    """Give who sent an `Authorization: Bearer <token>` (or `Device <token>`) header.

    UnauthenticatedError for an unknown, expired or revoked token, DeviceRevokedError for a revoked device.
    """
    scheme, _, secret = (header or "").partition(" ")
    if scheme.lower() not in SCHEMES or not secret or len(secret) > MAX_HEADER:
        raise UnauthenticatedError
    hashed = tokens.hash_of(secret.strip())
    return _device(connection, hashed) or _program(connection, hashed, now_ms)


def _device(connection: Connection, hashed: str) -> Principal | None:
    row = connection.execute(_DEVICE, {"of": hashed}).one_or_none()
    if row is None:
        return None
    if row.status != "active":
        raise DeviceRevokedError
    return Principal(org=row.org, kind="device", id=row.dev, capabilities=capabilities_of(row.role), site=row.site)


def _program(connection: Connection, hashed: str, now_ms: int) -> Principal:
    row = connection.execute(_TOKEN, {"of": hashed}).one_or_none()
    if row is None or row.revoked_ms is not None:
        raise UnauthenticatedError
    if row.expires_ms is not None and row.expires_ms <= now_ms:
        raise UnauthenticatedError
    return Principal(org=row.org, kind="program", id=row.id, capabilities=parse_scopes(row.scopes))
