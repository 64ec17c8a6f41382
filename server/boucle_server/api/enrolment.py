"""Devices over HTTP: let in by a one-time code, listed for who manages them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from boucle.enrolment import code_hash
from boucle_server import devices
from boucle_server.api.problems import Problem
from boucle_server.api.rights import Manager, public
from boucle_server.api.running import Running, Server
from boucle_server.errors import RefusedError, TooManyError

router = APIRouter(prefix="/v1", tags=["devices"])
_PAGE = 200


class Enrol(BaseModel):
    """A device asks to be let in: the code of its invitation, its fresh Ed25519 key, and the proof of holding it."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern="^[0-9A-HJKMNP-TV-Z]{26}$")]
    public_key: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="hex")]
    proof: Annotated[
        str,
        Field(
            pattern="^[0-9a-f]{128}$",
            description="hex; signature of `boucle-enrol/1`, the code's hash and the key, a line each",
        ),
    ]
    app: Annotated[str, Field(max_length=64, pattern=r"^[ -~]*$")] = ""
    boot: Annotated[str, Field(max_length=64, pattern=r"^[ -~]*$")] = ""


class Enrolled(BaseModel):
    """All that a device has to know; `token` is given only here."""

    org: str
    org_name: str
    dev: str
    name: str
    role: str
    site: str
    zone: str
    token: str
    origin: str
    vkey: Annotated[str, Field(description="verifier key of receipts and checkpoints, to be pinned")]
    box: Annotated[str, Field(description="hex; X25519 key to which rescue files are encrypted")]
    server_ms: int


class Device(BaseModel):
    """A device, as people who manage devices see it."""

    dev: str
    name: str
    role: str
    site: str
    status: str
    enrolled_ms: int
    revoked_ms: int | None
    last_seen_ms: int | None
    unsent: int | None
    app: str | None


class Devices(BaseModel):
    """A page of devices by id; `next` is the `after` of the following page."""

    devices: list[Device]
    next: str | None


_TOO_MANY: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "The key belongs to another device."},
    410: {"model": Problem, "description": "The code was used, or is too old."},
    429: {"model": Problem, "description": "Too many attempts failed, of this address or with this code."},
}


@router.post("/enrol", dependencies=[Depends(public)], responses=_TOO_MANY)
def enrol(asked: Enrol, server: Server, request: Request) -> Enrolled:
    """Let a device in, once: the code is good for fifteen minutes and for one key.

    After some attempts that failed, of one address or with one code from it, the next has to wait.
    """
    address, code, now_ms = request.client.host if request.client else "", code_hash(asked.code), server.clock.now_ms()
    wait_ms = server.enrolments.wait_ms(address, code, now_ms=now_ms)
    if wait_ms:
        raise TooManyError(seconds=-(-wait_ms // 1000))
    try:
        return _enrolled(asked, server, now_ms)
    except RefusedError:
        server.enrolments.note(address, code, now_ms=now_ms)
        raise


def _enrolled(asked: Enrol, server: Running, now_ms: int) -> Enrolled:
    with server.database.reading() as connection:
        org = devices.org_of_code(connection, asked.code)
    with server.database.writing(org) as connection:
        told = devices.enrol(
            connection,
            org,
            code=asked.code,
            public=bytes.fromhex(asked.public_key),
            proof=bytes.fromhex(asked.proof),
            now_ms=now_ms,
            app=asked.app,
            boot=asked.boot,
        )
    return Enrolled(
        org=told.org,
        org_name=told.org_name,
        dev=told.dev,
        name=told.name,
        role=told.role,
        site=told.site,
        zone=told.zone,
        token=told.token,
        origin=told.origin,
        vkey=told.vkey,
        box=told.box.hex(),
        server_ms=now_ms,
    )


@router.get("/devices")
def list_devices(
    who: Manager,
    server: Server,
    after: Annotated[str, Query(max_length=64, pattern=r"^[ -~]*$")] = "",
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
) -> Devices:
    """List the organisation's devices: when each was last heard, and how much it still holds."""
    with server.database.reading() as connection:
        rows = devices.listed(connection, who.org, after=after, limit=limit + 1)
    shown = [Device.model_validate(row) for row in rows[:limit]]
    return Devices(devices=shown, next=shown[-1].dev if len(rows) > limit else None)
