"""The photos themselves, for the pages that show them."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from boucle.ids import is_digest
from boucle_server import photos
from boucle_server.api.photos import served
from boucle_server.errors import NotFoundError
from boucle_server.web.places import PHOTOS
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()


@router.get(PHOTOS.path + "/{sha256}")
def photo(visit: Annotated[Visit, Depends(visits(PHOTOS))], request: Request, sha256: str) -> Response:
    """Give a photo to whoever is signed in and may read."""
    if not is_digest(sha256):
        raise NotFoundError("api.no_photo")
    with visit.server.database.reading() as connection:
        content = photos.content(connection, visit.who.org, sha256)
    return served(request, sha256, content)
