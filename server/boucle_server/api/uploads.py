"""Photos from devices: tus 1.0 with creation, checksum, termination and expiration, raw bodies (docs/sync.md).

An upload is named by the hash of what it will be, so that a device that lost every answer finds it again, and what
is here already need not be sent.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.engine import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from boucle.errors import BoucleError
from boucle.ids import is_digest
from boucle.photo import MAX_PHOTO
from boucle_server import uploads
from boucle_server.api import problems
from boucle_server.api.rights import SignedIn
from boucle_server.api.running import Running, Server
from boucle_server.auth import Principal
from boucle_server.errors import (
    ChecksumError,
    ConflictError,
    InvalidInputError,
    MediaTypeError,
    PhotoDamagedError,
    PhotoRefusedError,
    TusVersionError,
)
from boucle_server.uploads import Standing

TUS: Final = "1.0.0"
CHUNK_TYPE: Final = "application/offset+octet-stream"
RECEIPT: Final = "Boucle-Receipt"
"""The header that carries the signed receipt of a photo that is whole, in base64."""
EXTENSIONS: Final = "creation,checksum,termination,expiration"
ALGORITHMS: Final = ("sha256", "sha1")
"""What the bytes of a request may be checked by; tus asks for the second, no answer of ours rests on it."""
_LONGEST_HEADER: Final = 1024
_Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the photo")]
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class TusRoute(APIRoute):
    """A route of which every answer says which tus it speaks."""

    def get_route_handler(self) -> _Handler:
        """Give what answers a request."""
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                response = await answer(request)
            except (BoucleError, RequestValidationError, HTTPException) as error:
                response = problems.answer(request, error)
                if isinstance(error, TusVersionError):
                    response.headers["Tus-Version"] = TUS
            response.headers["Tus-Resumable"] = TUS
            return response

        return answered


router = APIRouter(prefix="/v1/uploads", tags=["photos"], route_class=TusRoute)
_BODY: Final = {"requestBody": {"required": True, "content": {CHUNK_TYPE: {}}}}
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": problems.Problem, "description": "No stored event announces it, or the bytes begin elsewhere."},
    412: {"model": problems.Problem, "description": "`Tus-Resumable` is not 1.0.0."},
    415: {"model": problems.Problem, "description": f"The body is not {CHUNK_TYPE}."},
    429: {"model": problems.Problem, "description": "This device has too many photos on their way."},
    460: {"model": problems.Problem, "description": "The bytes do not fit their `Upload-Checksum`."},
}
_OVERRIDDEN: Final[dict[int | str, dict[str, Any]]] = {
    **_REFUSALS,
    200: {"description": "What HEAD answers."},
    405: {"model": problems.Problem, "description": "`X-HTTP-Method-Override` names no method that is known here."},
}


@router.options("", status_code=204, response_class=Response)
def offered(who: SignedIn) -> Response:
    """Say what is spoken here."""
    del who
    headers = {
        "Tus-Version": TUS,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(MAX_PHOTO),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }
    return Response(status_code=204, headers=headers)


@router.post("", status_code=201, response_class=Response, responses=_REFUSALS)
def create(who: SignedIn, server: Server, request: Request) -> Response:
    """Begin to upload a photo that a stored event announces; `Upload-Metadata` names its `sha256`."""
    dev = who.dev
    _check_version(request)
    length = _number(request, "upload-length")
    if length > MAX_PHOTO:
        raise HTTPException(413)
    sha256 = _metadata(request).get("sha256", "")
    if not is_digest(sha256) or not length:
        raise InvalidInputError("api.upload_unnamed")
    begun = partial(uploads.begin, sha256=sha256, length=length, now_ms=server.clock.now_ms())
    found = server.door.write(who.org, lambda connection: begun(connection, who.org, dev))
    place = f"{request.scope.get('root_path', '')}/v1/uploads/{sha256}"
    headers = {"Location": place, **_told(server, who, sha256, found)}
    return Response(status_code=201, headers=headers)


@router.head("/{sha256}", response_class=Response, responses=_REFUSALS)
def look(who: SignedIn, server: Server, request: Request, sha256: _Hash) -> Response:
    """Say how many bytes of an upload are here; of a whole photo, with the receipt for it."""
    dev = who.dev
    _check_version(request)
    with server.database.reading() as connection:
        found = uploads.standing(connection, who.org, dev, sha256=sha256)
    headers = {"Upload-Length": str(found.length), "Cache-Control": "no-store"}
    return Response(status_code=200, headers={**headers, **_told(server, who, sha256, found)})


@router.patch("/{sha256}", status_code=204, response_class=Response, openapi_extra=_BODY, responses=_REFUSALS)
async def append(who: SignedIn, server: Server, request: Request, sha256: _Hash) -> Response:
    """Take bytes from `Upload-Offset` on; the answer to the last of them carries the receipt."""
    who.dev  # noqa: B018 - only a device uploads
    _check_version(request)
    if request.headers.get("content-type", "") != CHUNK_TYPE:
        raise MediaTypeError("api.upload_type", type=CHUNK_TYPE)
    start, checksum = _number(request, "upload-offset"), _checksum(request)
    body, cut = await _read(request)
    if checksum is not None and (cut or checksum[0](body, usedforsecurity=False).digest() != checksum[1]):
        raise ChecksumError
    found = await run_in_threadpool(_append, server, who, sha256, start, body)
    if cut:
        raise HTTPException(400)
    return Response(status_code=204, headers=await run_in_threadpool(_told, server, who, sha256, found))


@router.delete("/{sha256}", status_code=204, response_class=Response, responses=_REFUSALS)
def terminate(who: SignedIn, server: Server, request: Request, sha256: _Hash) -> Response:
    """Forget an upload that is not whole; a whole photo stays."""
    dev = who.dev
    _check_version(request)

    def dropped(connection: Connection) -> None:
        if uploads.standing(connection, who.org, dev, sha256=sha256).complete:
            raise ConflictError("api.photo_stays")
        uploads.drop(connection, who.org, dev, sha256=sha256)

    server.door.write(who.org, dropped)
    return Response(status_code=204)


@router.post("/{sha256}", status_code=204, response_class=Response, openapi_extra=_BODY, responses=_OVERRIDDEN)
async def overridden(who: SignedIn, server: Server, request: Request, sha256: _Hash) -> Response:
    """Do what `X-HTTP-Method-Override` names (HEAD, PATCH, DELETE), for whom only POST gets through."""
    match request.headers.get("x-http-method-override", "").upper():
        case "PATCH":
            return await append(who, server, request, sha256)
        case "DELETE":
            return await run_in_threadpool(terminate, who, server, request, sha256)
        case "HEAD":
            return await run_in_threadpool(look, who, server, request, sha256)
        case _:
            who.dev  # noqa: B018
            raise HTTPException(405)


def _append(server: Running, who: Principal, sha256: str, start: int, chunk: bytes) -> Standing:
    taken = partial(uploads.append, sha256=sha256, start=start, chunk=chunk, now_ms=server.clock.now_ms())
    found = server.door.write(who.org, lambda connection: taken(connection, who.org, who.dev))
    if found.flaw == uploads.DAMAGED:
        raise PhotoDamagedError
    if found.flaw:
        raise PhotoRefusedError(f"photo.flaw.{found.flaw}")
    return found


def _told(server: Running, who: Principal, sha256: str, found: Standing) -> dict[str, str]:
    """Give the headers that say how far an upload is, and the receipt when that is to its end."""
    headers = {"Upload-Offset": str(found.received)}
    if found.expires_ms is not None:
        expires = datetime.fromtimestamp(found.expires_ms // 1000, UTC)
        return {**headers, "Upload-Expires": format_datetime(expires, usegmt=True)}
    with server.database.reading() as connection:
        note = uploads.receipt(connection, who.org, sha256, found.length, now_ms=server.clock.now_ms())
    return {**headers, RECEIPT: b64encode(note.encode()).decode()}


async def _read(request: Request) -> tuple[bytes, bool]:
    """Read a body as far as it came; tell whether it was cut off."""
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > MAX_PHOTO:
                raise HTTPException(413)
    except ClientDisconnect:
        return bytes(received), True
    return bytes(received), False


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != TUS:
        raise TusVersionError(wanted=TUS)


def _number(request: Request, name: str) -> int:
    """Read the number in a header; InvalidInputError when it is none, or is not there."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 16):  # noqa: PLR2004 - digits of 2^53
        raise InvalidInputError("api.upload_header", name="-".join(part.title() for part in name.split("-")))
    return int(text)


def _metadata(request: Request) -> Mapping[str, str]:
    """Read `Upload-Metadata`: keys, each with a text in base64."""
    found: dict[str, str] = {}
    given = request.headers.get("upload-metadata", "")
    for pair in given.split(",") if len(given) <= _LONGEST_HEADER else ():
        name, _, value = pair.strip().partition(" ")
        found[name] = _from_base64(value).decode("utf-8", "replace")
    return found


def _checksum(request: Request) -> tuple[Callable[..., Any], bytes] | None:
    given = request.headers.get("upload-checksum")
    if given is None:
        return None
    algorithm, _, value = given.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidInputError("api.upload_algorithm", known=", ".join(ALGORITHMS))
    return getattr(hashlib, algorithm), _from_base64(value)


def _from_base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
