"""The page at `/`: the figures of the last complete month, without any script.

A demonstration is open to everybody. Any other database asks for a token, given as the password of the browser's own
question; signing in by name comes with the next pages.
"""

import base64
import binascii
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy.engine import Connection
from starlette.responses import HTMLResponse, Response

from boucle.roles import Capability
from boucle.words import LANGUAGES, say
from boucle_server import reports
from boucle_server.api.rights import states
from boucle_server.api.running import Server, running
from boucle_server.auth import authenticate
from boucle_server.errors import DeviceRevokedError, InvalidInputError, UnauthenticatedError
from boucle_server.tables import ORG
from boucle_server.web import numbers
from boucle_server.web.overview import overview

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)

REALM: Final = "Boucle"
_BASIC: Final = "basic "


def viewer(request: Request) -> str | None:
    """Give the organisation that may be shown: that of a token that may read, or the one of a demonstration.

    None when a token is needed and none, or none that is good, was given; ForbiddenError for one that may not read.
    """
    server = running(request)
    with server.database.reading() as connection:
        header = _bearer(request.headers.get("authorization", ""))
        if not header:
            return _demonstration(connection)
        try:
            who = authenticate(connection, header, now_ms=server.clock.now_ms())
        except (UnauthenticatedError, DeviceRevokedError):
            return None
        who.demand(Capability.READ)
        return who.org


# A demonstration is the one thing that everybody may read.
states(viewer, Capability.READ)
Viewer = Annotated[str | None, Depends(viewer)]


@router.get("/")
def first_page(
    *,
    org: Viewer,
    server: Server,
    month: Annotated[str | None, Query(max_length=7)] = None,
    lang: Annotated[str | None, Query(max_length=2)] = None,
) -> Response:
    """Show the figures of a month, the last complete one unless another is named, in French or with `lang=en`."""
    spoken = lang if lang in LANGUAGES else LANGUAGES[0]
    if org is None:
        return _rendered("locked.html", spoken, status=401, headers={"WWW-Authenticate": f'Basic realm="{REALM}"'})
    with server.database.reading() as connection:
        content = overview(connection, org, _month(month), now_ms=server.clock.now_ms(), lang=spoken)
    if content is None:
        return _rendered("empty.html", spoken)
    return _rendered("overview.html", spoken, page=content)


def _month(text: str | None) -> str | None:
    """Read a month; one that is none is left out, since a page has something to show without it."""
    try:
        return reports.checked_month(text) if text else None
    except InvalidInputError:
        return None


def _bearer(header: str) -> str:
    """Give the token of a header, whether sent as a token or as the password of a basic one; `""` for neither."""
    if not header.lower().startswith(_BASIC):
        return header
    try:
        decoded = base64.b64decode(header[len(_BASIC) :], validate=True).decode()
    except (binascii.Error, ValueError):
        return "Bearer"
    return f"Bearer {decoded.partition(':')[2].strip()}"


def _demonstration(connection: Connection) -> str | None:
    """Give the organisation of a database that holds one demonstration and nothing else."""
    rows = connection.execute(sa.select(ORG.c.org, ORG.c.demo)).all()
    return str(rows[0].org) if len(rows) == 1 and rows[0].demo else None


def _rendered(
    name: str, lang: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: object
) -> Response:
    template = _templates().get_template(name)
    text = template.render(lang=lang, style=_style(), t=lambda key, /, **more: say(key, lang, **more), **values)
    policy = (
        f"default-src 'none'; style-src 'sha256-{_style_hash()}'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
    added = {
        "Content-Security-Policy": policy,
        "Content-Language": lang,
        "Cache-Control": "private, no-store",
        "Vary": "Authorization",
    }
    return HTMLResponse(text, status, {**added, **(headers or {})})


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("boucle_server.web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["number"] = numbers.number
    return found


@cache
def _style() -> str:
    return files("boucle_server.web").joinpath("templates", "style.css").read_text(encoding="utf-8")


@cache
def _style_hash() -> str:
    return base64.b64encode(sha256(_style().encode()).digest()).decode()
