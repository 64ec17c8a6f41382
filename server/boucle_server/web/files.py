"""The few files that pages ask for: the style sheet, the mark, the scripts of the station, of imports and of photos."""

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.responses import Response

from boucle_server.errors import NotFoundError
from boucle_server.web.places import STATIC
from boucle_server.web.rendering import MARK, SIGNING, SNAPSHOT, STATION, STYLE, UPLOAD, static_content, static_digest
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

_SCRIPT: Final = "text/javascript; charset=utf-8"
TYPES: Final = {
    STYLE: "text/css; charset=utf-8",
    MARK: "image/svg+xml",
    STATION: _SCRIPT,
    UPLOAD: _SCRIPT,
    SNAPSHOT: _SCRIPT,
    SIGNING: _SCRIPT,
}
_FOREVER: Final = "public, max-age=31536000, immutable"


@router.get(STATIC.path + "/{name}")
def static(visit: Annotated[Visit, Depends(visits(STATIC))], request: Request, name: str) -> Response:
    """Give a file; under the address that names its digest it never changes."""
    if name not in TYPES:
        raise NotFoundError("web.no_page")
    digest = static_digest(name)
    headers = {"ETag": f'"{digest}"', "Cache-Control": _FOREVER if visit.value("v") == digest else "no-cache"}
    if digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(static_content(name), media_type=TYPES[name], headers=headers)
