"""The documents themselves, handed out as files: no page of ours shows what somebody brought."""

from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from boucle.ids import is_digest
from boucle_server import documents
from boucle_server.errors import NotFoundError
from boucle_server.web.places import DOCUMENTS
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

_HEADERS: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@router.get(DOCUMENTS.path + "/{sha256}")
def document(visit: Annotated[Visit, Depends(visits(DOCUMENTS))], sha256: str) -> Response:
    """Give a document to whoever is signed in and may read."""
    if not is_digest(sha256):
        raise NotFoundError("web.no_document")
    with visit.server.database.reading() as connection:
        content = documents.content(connection, visit.who.org, sha256)
    named = {"Content-Disposition": f'attachment; filename="{sha256[:16]}.pdf"'}
    return Response(content, media_type=documents.PDF, headers={**_HEADERS, **named})
