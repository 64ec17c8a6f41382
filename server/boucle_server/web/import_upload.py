"""A file dropped on the page of an import: its bytes as they are, answered in JSON for the script that sent them."""

import hmac
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from boucle_server.errors import ForbiddenError, RefusedError
from boucle_server.web import import_reading
from boucle_server.web.forms import is_from_here
from boucle_server.web.import_reading import BRING
from boucle_server.web.places import IMPORT
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

TOKEN: Final = "boucle-jeton"  # noqa: S105 - the name of a header
_NO_STORE: Final = {"Cache-Control": "no-store"}


@router.put(BRING + "/{kind}")
async def upload(visit: Annotated[Visit, Depends(visits(IMPORT))], request: Request, kind: str) -> Response:
    """Take a file, and say where what would become of it is shown; or why it is not taken."""
    try:
        _check(visit, request)
        import_reading.known_kind(visit, kind)
        content = await request.body()
        run = await run_in_threadpool(import_reading.bring, visit, kind, visit.value("nom"), content)
    except RefusedError as refused:
        return JSONResponse({"why": refused.said(visit.lang)}, refused.status, _NO_STORE)
    return JSONResponse({"to": f"{IMPORT.path}/suivi/{run}"}, 201, _NO_STORE)


def _check(visit: Visit, request: Request) -> None:
    """Go on only for a page of ours and of this very session."""
    given = request.headers.get(TOKEN, "")
    if not is_from_here(request) or not hmac.compare_digest(given.encode(), visit.who.form_token.encode()):
        raise ForbiddenError("web.foreign_form")
