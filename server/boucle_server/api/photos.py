"""Photos to whoever may read: whole, as they came, and what is still missing."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from boucle.photo import JPEG
from boucle_server import photos
from boucle_server.api.parameters import ONLY_KNOWN
from boucle_server.api.rights import Reader
from boucle_server.api.running import Server

router = APIRouter(prefix="/v1/photos", tags=["photos"], dependencies=[ONLY_KNOWN])
HEADERS: Final = {
    # The name says the content, so what was fetched once is right for ever; but only for whoever was let in.
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_MOST: Final = 500


class MissingPhoto(BaseModel):
    """A photo that an event announced and that has not come."""

    sha256: str
    event: str
    subject: str
    dev: Annotated[str, Field(description="the device that recorded the event, and should have it")]
    since_ms: Annotated[int, Field(description="when the event was received")]


class MissingPhotos(BaseModel):
    """The photos that have not come, the longest missing first."""

    count: int
    photos: list[MissingPhoto]


class PhotoOf(BaseModel):
    """A photo of an event."""

    sha256: str
    size: int
    type: str
    state: Annotated[
        str, Field(description="complete, missing, or why it was refused: too_large, no_jpeg, cut, metadata…")
    ]
    width: Annotated[int, Field(description="pixels; 0 for one that is not here")]
    height: int


@router.get("/missing")
def missing(who: Reader, server: Server, limit: Annotated[int, Query(ge=1, le=_MOST)] = 100) -> MissingPhotos:
    """List the photos that events announce and that have not come."""
    with server.database.reading() as connection:
        count = photos.count_missing(connection, who.org)
        found = photos.missing(connection, who.org, limit=limit)
    return MissingPhotos(count=count, photos=[MissingPhoto(**each._asdict()) for each in found])


@router.get("/{sha256}", response_class=Response, responses={200: {"content": {JPEG: {}}}})
def photo(
    who: Reader, server: Server, request: Request, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
) -> Response:
    """Give a photo; it is never half of one."""
    with server.database.reading() as connection:
        content = photos.content(connection, who.org, sha256)
    return served(request, sha256, content)


def served(request: Request, sha256: str, content: bytes) -> Response:
    """Give the answer that carries a photo, or says that the asker has it."""
    headers = {**HEADERS, "ETag": f'"{sha256}"', "Content-Disposition": f'inline; filename="{sha256[:16]}.jpg"'}
    if sha256 in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=JPEG, headers=headers)
