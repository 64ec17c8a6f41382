"""The routes that phones sync by: events up by push or raw, changes down by pull (docs/sync.md).

A push is answered for each record; nothing that an enrolled device sends is thrown away. The bodies are read
here, by hand, because what is no push has to be kept as it came.
"""

import json
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.engine import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from boucle.errors import MalformedPushError
from boucle.push import Push, read_push
from boucle.units import MAX_INT
from boucle.wire import MAX_PUSH, MAX_RAW, MAX_RECORDS, digest
from boucle_server import ingest, pulls, receipts, watermarks
from boucle_server.api.rights import SignedIn, identified_inside, identify
from boucle_server.api.running import Running, Server
from boucle_server.auth import Principal
from boucle_server.errors import KeptRawError, Words
from boucle_server.ingest import Answer
from boucle_server.ledger import Raw
from boucle_server.watermarks import Placed

router = APIRouter(prefix="/v1/sync", tags=["sync"])
MAX_PAGE = 1000


class Result(BaseModel):
    """The answer for one record."""

    id: str = Field(description="empty when it could not be read")
    hash: str = Field(description="SHA-256 of the payload as received, hex")
    status: str = Field(description="accepted, duplicate, held, quarantined, conflict or fork")
    why: str | None = Field(None, description="why it was set aside; of a duplicate, what it was given before")
    reason: str | None = Field(None, description="of a duplicate that was set aside, why that was")


class PushAnswer(BaseModel):
    """The answer for one push, in the order of its records."""

    results: list[Result]
    have: list[list[int]] = Field(description="numbers of this epoch that are stored: [first, last] each")
    receipt: str = Field(description="signed note")
    head: str = Field(description="signed checkpoint of the log")
    consistency: str = Field(description="of the head that the device knew: ok, behind or fork")
    generation: int
    server_ms: int


class RawAnswer(BaseModel):
    """The receipt for bytes that nobody read."""

    hash: str
    receipt: str


class Row(BaseModel):
    """A row as it is now; null when it is gone."""

    n: int
    table: str
    key: str
    row: Any


class PullAnswer(BaseModel):
    """A page of changes; `next` is the cursor of the following one."""

    rows: list[Row]
    next: int
    more: bool
    reset: bool = Field(description="forget what was pulled before: these changes start anew")


_PUSH_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "description": "a sealed push, docs/sync.md"}}},
    }
}
_RAW_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {}}}}
_TOO_MANY: dict[int | str, dict[str, Any]] = {
    429: {"description": "This device has left too many bytes without a seal; nothing was kept."}
}


@router.post(
    "/push",
    dependencies=[Depends(identified_inside)],
    response_model=PushAnswer,
    openapi_extra=_PUSH_BODY,
    responses=_TOO_MANY,
)
async def push(request: Request, server: Server) -> Response:
    """Take a sealed batch of up to 200 records and 1 MiB; every record gets its own answer."""
    body = await _read(request, MAX_PUSH)
    return await run_in_threadpool(_push, server, request, body)


@router.post(
    "/raw",
    response_model=RawAnswer,
    openapi_extra=_RAW_BODY,
    responses=_TOO_MANY,
)
async def raw(
    who: SignedIn,
    request: Request,
    server: Server,
    epoch: Annotated[str, Query(pattern="^[0-9a-f]{16}$")],
    seq: Annotated[int, Query(ge=1, le=MAX_INT)],
) -> Response:
    """Keep the bytes of one record of up to 64 KiB that no push gets through with, without reading them."""
    body = await _read(request, MAX_RAW)
    return await run_in_threadpool(_raw, server, who, Raw(body, digest(body), "raw", epoch, seq))


@router.get("/pull", response_model=PullAnswer)
def pull(
    who: SignedIn,
    server: Server,
    cursor: Annotated[int, Query(ge=0, le=MAX_INT)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 500,
) -> Response:
    """Give the changes after a cursor; 0 gives all there is. Only devices need what lets people sign in on them."""
    with server.database.reading() as connection:
        now_ms = server.clock.now_ms()
        found = pulls.page(connection, who.org, who.dev, cursor=cursor, limit=limit, now_ms=now_ms)
    return _json({"rows": found.rows, "next": found.next, "more": found.more, "reset": found.reset})


def _push(server: Running, request: Request, body: bytes) -> Response:
    who = identify(server, request)
    dev = who.dev
    try:
        read = read_push(body)
    except MalformedPushError as error:
        kept = Raw(body, digest(body), "not_a_push")
        server.door.write(who.org, partial(_keep, server, who, kept))
        raise KeptRawError(
            "api.kept_raw", why=Words(error.key, error.values), size=len(body), hash=kept.hash
        ) from error
    if len(read.records) > MAX_RECORDS:
        raise HTTPException(413)
    now_ms = server.clock.now_ms()
    answer = server.door.write(who.org, lambda connection: _ingest(connection, who.org, dev, read, now_ms))
    results = [
        {
            "id": one.id,
            "hash": one.hash,
            "status": one.status,
            **({"why": one.why} if one.why else {}),
            **({"reason": one.reason} if one.reason else {}),
        }
        for one in answer.results
    ]
    return _json(
        {
            "results": results,
            "have": [[each.first, each.last] for each in answer.ranges],
            "receipt": answer.receipt,
            "head": answer.head,
            "consistency": answer.consistency,
            "generation": answer.generation,
            "server_ms": now_ms,
        }
    )


def _ingest(connection: Connection, org: str, dev: str, push: Push, now_ms: int) -> Answer:
    return ingest.ingest(connection, push, now_ms=now_ms, sender=ingest.sender_of(connection, org, dev))


def _raw(server: Running, who: Principal, kept: Raw) -> Response:
    note = server.door.write(who.org, partial(_keep_placed, server, who, kept))
    return _json({"hash": kept.hash, "receipt": note})


def _keep(server: Running, who: Principal, kept: Raw, connection: Connection) -> None:
    sender = ingest.sender_of(connection, who.org, who.dev)
    ingest.keep(connection, sender, kept, now_ms=server.clock.now_ms())


def _keep_placed(server: Running, who: Principal, kept: Raw, connection: Connection) -> str:
    _keep(server, who, kept, connection)
    placed = [Placed(seq=kept.place, hash=kept.hash)]
    mark = watermarks.advance(connection, who.org, who.dev, epoch=kept.epoch, placed=placed)
    now_ms = server.clock.now_ms()
    told = receipts.tell(
        connection, who.org, dev=who.dev, epoch=kept.epoch, ranges=mark.ranges, known="", now_ms=now_ms
    )
    return told.receipt


async def _read(request: Request, most: int) -> bytes:
    """Read a body up to a size; 413 as soon as it is known to be larger, nothing kept of one that is cut off."""
    received = bytearray()
    try:
        if int(request.headers.get("content-length", "0")) > most:
            raise HTTPException(413)
        async for chunk in request.stream():
            received += chunk
            if len(received) > most:
                raise HTTPException(413)
    except ClientDisconnect as error:
        raise HTTPException(400) from error
    return bytes(received)


def _json(content: dict[str, Any]) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text, media_type="application/json")
