"""Routes of pages: errors answered as pages, the way to signing in, what was typed kept."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from boucle.errors import BoucleError
from boucle.words import say
from boucle_server.errors import ServerError
from boucle_server.incidents import note_incident
from boucle_server.web.forms import KEPT, MendedError, OtherSessionError, SessionEndedError, safe_path
from boucle_server.web.multipart import TYPE as MULTIPART
from boucle_server.web.places import SIGN_IN
from boucle_server.web.rendering import render
from boucle_server.web.visit import SignInNeededError, Visit, address, stranger, visit_of

_PROGRAMS: Final = ("/v1/", "/health/", "/metrics", "/openapi.json")
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route of which every error is a page."""

    def get_route_handler(self) -> _Handler:
        """Give what answers a request."""
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await answer(request)
            except Exception as error:  # noqa: BLE001 - a person's browser gets a page of a bug too
                return await run_in_threadpool(_answer, request, error)

        return answered


def pages_router() -> APIRouter:
    """Make a router for pages; they are for people, so the description for programs leaves them out."""
    return APIRouter(route_class=PageRoute, default_response_class=HTMLResponse, include_in_schema=False)


def install(app: FastAPI) -> None:
    """Answer a browser that asks for a page that is not there with a page; programs are answered as before."""
    before: Any = app.exception_handlers[HTTPException]

    async def not_there(request: Request, error: Exception) -> Response:
        if _is_for_people(request) and isinstance(error, HTTPException):
            return await run_in_threadpool(_answer, request, error)
        answer: Response = before(request, error)
        return answer

    app.add_exception_handler(HTTPException, not_there)


async def refused(request: Request, status: int) -> Response | None:
    """Give the page of a request that was refused before it was read; None where a program asks."""
    if not _is_for_people(request):
        return None
    return await run_in_threadpool(_answer, request, HTTPException(status))


def _is_for_people(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_PROGRAMS)


def _answer(request: Request, error: Exception) -> Response:
    match error:
        case SessionEndedError():
            visit = stranger(request)
            values: dict[str, Any] = {
                "action": _target(request),
                "kept": error.fields.typed,
                "prefix": KEPT,
                "ended": True,
            }
            empty: dict[str, Any] = dict.fromkeys(("back", "login", "wrong", "password", "accounts"), "")
            return render(visit, "sign_in.html", status=401, **values, **empty)
        case SignInNeededError():
            visit = stranger(request)
            wanted = visit.here() if request.method in ("GET", "HEAD") else ""
            query = [("retour", wanted)] if safe_path(wanted) and wanted != "/" else []
            return RedirectResponse(address(SIGN_IN.path, query), 303, {"Cache-Control": "no-store"})
        case OtherSessionError():
            return resume(visit_of(request), _target(request), error.fields.typed, status=403)
        case MendedError():
            typed, mended = error.fields.typed, error.fields.mended
            return resume(
                visit_of(request), _target(request), typed, mended=mended, brings=_brings(request), status=422
            )
        case _:
            return _error_page(request, error)


def resume(
    visit: Visit,
    action: str,
    typed: tuple[tuple[str, str], ...],
    *,
    mended: frozenset[str] = frozenset(),
    brings: bool = False,
    status: int = 200,
) -> Response:
    """Show what was typed and not acted upon, with the button that sends it now; what was `mended` can be changed.

    `brings` is for a form that came with files, which must be chosen once more.
    """
    return render(visit, "resume.html", status=status, action=action, typed=typed, mended=mended, brings=brings)


def _brings(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(MULTIPART)


def _error_page(request: Request, error: Exception) -> Response:
    known: Visit | None = getattr(request.state, "visit", None)
    visit = known or stranger(request)
    status = _status_of(error)
    incident = note_incident(error, request.url.path) if status >= 500 else ""  # noqa: PLR2004
    match error:
        case ServerError():
            detail = error.said(visit.lang)
        case HTTPException(status_code=404):
            detail = say("web.no_page", visit.lang)
        case HTTPException(status_code=413):
            detail = say("api.too_large", visit.lang)
        case RequestValidationError() | HTTPException():
            detail = say("web.bad_address", visit.lang)
        case _:
            detail = say("web.internal", visit.lang)
    detail = detail[:1].upper() + detail[1:]
    return render(visit, "error.html", status=status, detail=detail, incident=incident)


def _status_of(error: Exception) -> int:
    match error:
        case BoucleError():
            return error.status
        case HTTPException():
            return error.status_code
        case RequestValidationError():
            return 422
        case _:
            return 500


def _target(request: Request) -> str:
    return address(request.url.path, request.query_params.multi_items())
