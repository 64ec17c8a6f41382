"""Problems: every error answered as problem+json (RFC 9457), with a stable `type` and no secret in it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from boucle.errors import BoucleError
from boucle.words import LANGUAGES, say
from boucle_server.api.draining import Incoming
from boucle_server.api.running import Running
from boucle_server.errors import ServerError, TooManyError, said_of, slug_of
from boucle_server.incidents import note_incident

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:boucle:problem:"
RETRY_AFTER_S = 2
MAX_DETAILS = 20
_BY_STATUS: Mapping[int, str] = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    422: "validation",
}


class Flaw(BaseModel):
    """One field that does not do; what was sent is not repeated."""

    at: str = Field(description="where, such as `body.code`")
    why: str


class Problem(BaseModel):
    """An error, as every route answers it."""

    type: str = Field(description=f"stable, `{TYPE_PREFIX}…`")
    title: str
    status: int
    detail: str = Field(description="for people, in the language of Accept-Language, French first")
    incident: str | None = Field(None, description="number under which the server's log has more")
    errors: list[Flaw] | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in {
        400: "The request is no JSON, or not of the expected form.",
        401: "The token is missing, unknown, expired or revoked.",
        403: "The token is valid and lacks the right that the route needs.",
        404: "It does not exist, or belongs to another organisation.",
        413: "The request is too large.",
        422: "Fields of the request do not do.",
        503: "The database is busy or cannot be reached; nothing of the request was kept.",
    }.items()
}
"""What any route may answer beside its own results; documented on each."""


def language(request: Request, known: Sequence[str] = LANGUAGES) -> str:
    """Give the language that the request asks for; the first of ours when it asks for none of them."""
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in known:
            return code
    return LANGUAGES[0]


def respond(
    slug: str,
    status: int,
    detail: str,
    *,
    incident: str | None = None,
    errors: Sequence[Flaw] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Give the answer for one problem."""
    problem = Problem(
        type=f"{TYPE_PREFIX}{slug}",
        title=slug.replace("-", " ").capitalize(),
        status=status,
        detail=detail,
        incident=incident,
        errors=None if errors is None else list(errors),
    )
    added = dict(headers or {})
    if status == 401:  # noqa: PLR2004
        added["WWW-Authenticate"] = "Bearer"
    if status == 503:  # noqa: PLR2004
        added["Retry-After"] = str(RETRY_AFTER_S)
    return JSONResponse(problem.model_dump(exclude_none=True), status, added, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""
    app.add_exception_handler(BoucleError, _boucle)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    describe = app.openapi

    def described() -> dict[str, Any]:
        if not app.openapi_schema:
            _as_problems(describe())
        return describe()

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to change the description


def answer(request: Request, error: Exception) -> Response:
    """Give the answer for an exception, for a route that adds to every answer of its own; others are raised."""
    match error:
        case BoucleError():
            return _boucle(request, error)
        case RequestValidationError():
            return _validation(request, error)
        case _:
            return _http(request, error)


def _as_problems(description: dict[str, Any]) -> None:
    """Say in the description that errors come as problem+json, which FastAPI can only say of whole routes."""
    for path in description["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status.startswith(("4", "5")) and answer.get("content"):
                    (schema,) = answer["content"].values()
                    answer["content"] = {MEDIA_TYPE: schema}


def _boucle(request: Request, error: Exception) -> Response:
    if not isinstance(error, BoucleError):
        raise error
    status, slug, lang = error.status, slug_of(type(error)), language(request)
    detail = said_of(error, lang)
    if status < 500:  # noqa: PLR2004
        waits = {"Retry-After": str(error.values["seconds"])} if isinstance(error, TooManyError) else None
        return respond(slug, status, detail, headers=waits)
    # What the domain says of a broken promise may hold what it was given, so only the log has it.
    shown = detail if isinstance(error, ServerError) else ""
    incident = note_incident(error, request.url.path)
    return respond(slug, status, shown or say("api.internal", lang, incident=incident), incident=incident)


def _validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    lang = language(request)
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return respond("bad-request", 400, say("api.bad_request", lang))
    flaws = [
        Flaw(at=".".join(str(part)[:64] for part in each["loc"])[:200], why=_why(each, lang))
        for each in error.errors()[:MAX_DETAILS]
    ]
    return respond("validation", 422, say("api.validation", lang), errors=flaws)


_WHY: Mapping[str, str] = {
    "missing": "missing",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "string_pattern_mismatch": "pattern",
    "string_type": "text",
    "int_parsing": "whole",
    "int_type": "whole",
    "int_from_float": "whole",
    "int_parsing_size": "whole",
    "greater_than_equal": "least",
    "less_than_equal": "most",
    "enum": "one_of",
    "literal_error": "one_of",
    "bool_parsing": "yes_no",
    "bool_type": "yes_no",
    "list_type": "list",
    "model_attributes_type": "object",
    "dict_type": "object",
    "extra_forbidden": "unknown",
}
"""Which words tell a kind of flaw that the validating library knows; the others are told alike."""


def _why(flaw: Mapping[str, Any], lang: str) -> str:
    """Say what is wrong with a field, in words of ours and without the value that was sent."""
    given = flaw.get("ctx", {})
    values = {
        "n": next((given[name] for name in ("max_length", "min_length", "ge", "le") if name in given), 0),
        "known": str(given.get("expected", "")).replace(" or ", ", ").replace("'", ""),
    }
    return say(f"validation.{_WHY.get(flaw['type'], 'other')}", lang, **values)


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    slug = _BY_STATUS.get(error.status_code, "bad-request")
    detail = say(f"api.{slug.replace('-', '_')}", language(request), capability="")
    return respond(slug, error.status_code, detail, headers=error.headers)


AsPage = Callable[[Request, int], Awaitable[Response | None]]
"""Gives the page that a person gets instead of a problem with a status; None for a program."""


class Edge:
    """The outermost layer: no exception leaves it, every answer is counted and told not to be guessed or kept."""

    def __init__(self, app: ASGIApp, max_body: int, page: AsPage, roomy: Mapping[str, int]) -> None:
        self._app = app
        self._page = page
        self._max_body = max_body
        self._roomy = roomy

    def _most(self, path: str) -> int:
        """Give the bytes that a request to a path may have: `roomy` says it of paths that begin so."""
        return next((most for start, most in self._roomy.items() if path.startswith(start)), self._max_body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        most = self._most(scope["path"])
        request = Request(scope)
        incoming = Incoming(receive, waits="expect" in request.headers)

        async def measured() -> Message:
            message = await incoming.receive()
            if incoming.received > most:
                raise HTTPException(413)
            return message

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _count(scope, message["status"])
                # A request that was refused before it was read has a sender who does not listen yet.
                whole = message["status"] < 400 or await incoming.drain()  # noqa: PLR2004
                headers = (*message.get("headers", ()), *_HEADERS, *(() if whole else _CLOSE))
                message = {**message, "headers": list(headers)}
            await send(message)

        refusal = _refusal(request, most)
        try:
            if refusal is not None:
                await (await self._page(request, refusal.status_code) or refusal)(scope, receive, guarded)
                return
            await self._app(scope, measured, guarded)
        except Exception as error:  # the last resort: a bug still gets a body that says so
            incident = note_incident(error, scope["path"])
            if started:
                raise
            detail = say("api.internal", language(Request(scope)), incident=incident)
            await respond("internal", 500, detail, incident=incident)(scope, receive, guarded)


def _refusal(request: Request, max_body: int) -> Response | None:
    """Give the answer to a request that need not be read to be refused."""
    if "\x00" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        # PostgreSQL keeps no NUL in a text, SQLite does: nothing that has one is asked of either.
        return respond("bad-request", 400, say("api.bad_request", language(request)))
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        return respond("bad-request", 400, say("api.bad_request", language(request)))
    if len(length) > len(str(max_body)) or int(length) > max_body:
        return respond("too-large", 413, say("api.too_large", language(request)))
    return None


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What a counter names; a client may invent any other method, and each would be a series for ever."""
_CLOSE = ((b"connection", b"close"),)
_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


def _count(scope: Scope, status: int) -> None:
    found = getattr(scope["app"].state, "running", None)
    if isinstance(found, Running):
        method = scope["method"] if scope["method"] in _METHODS else "other"
        found.counters.add("boucle_http_requests_total", method=method, status=str(status))
