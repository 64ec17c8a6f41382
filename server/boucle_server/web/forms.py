"""Forms: what a browser posts, read with limits, checked to come from a page of ours and of this very session."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request

from boucle_server.api.rights import states
from boucle_server.errors import ForbiddenError, InvalidInputError
from boucle_server.web.places import Place
from boucle_server.web.visit import SignInNeededError, Visit, check, visit_of

TOKEN: Final = "jeton"  # noqa: S105 - the name of a field
KEPT: Final = "garde."
"""In front of the names of fields that wait for somebody to sign in again."""
MOST_FIELDS: Final = 2_000
LONGEST: Final = 512 * 1024
_TYPE: Final = "application/x-www-form-urlencoded"
_SECRET: Final = frozenset({"password", "pin"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What was typed, in the order of the form."""

    pairs: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        """Give a field, trimmed; `""` when it is not there."""
        return next((value.strip() for key, value in self.pairs if key == name), "")

    def values(self, name: str) -> list[str]:
        """Give all values of a field that can be there several times."""
        return [value for key, value in self.pairs if key == name]

    @property
    def typed(self) -> tuple[tuple[str, str], ...]:
        """What may be shown again: everything but the form's own token and secrets."""
        return tuple(pair for pair in self.pairs if pair[0] != TOKEN and pair[0] not in _SECRET)

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """What another form left to be sent after signing in."""
        return tuple((key.removeprefix(KEPT), value) for key, value in self.pairs if key.startswith(KEPT))


class SessionEndedError(SignInNeededError):
    """Somebody typed while the session ended; what was typed is kept."""

    def __init__(self, fields: Fields) -> None:
        super().__init__()
        self.fields = fields


class OtherSessionError(ForbiddenError):
    """A form was opened in another session of the same browser; what was typed is kept."""

    def __init__(self, fields: Fields) -> None:
        super().__init__("web.foreign_form")
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A form that may be acted upon: who sent it, and what it says."""

    visit: Visit
    fields: Fields


async def fields(request: Request) -> Fields:
    """Read a form; InvalidInputError for what is none, ForbiddenError for one of another site."""
    if not is_from_here(request):
        raise ForbiddenError("web.foreign_form")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise InvalidInputError("web.no_form")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            raise InvalidInputError("web.long_form", longest=LONGEST // 1024)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidInputError("web.no_form") from None
    if any("\x00" in text for pair in pairs for text in pair):
        raise InvalidInputError("web.no_form")
    return Fields(pairs=tuple(pairs))


Typed = Annotated[Fields, Depends(fields)]


@lru_cache
def posts(place: Place) -> Callable[..., Posted]:
    """Take a form of a place from whoever may see it.

    SessionEndedError or OtherSessionError keep what was typed.
    """

    def posted(request: Request, typed: Typed) -> Posted:
        visit = visit_of(request)
        if visit.session is None:
            raise SessionEndedError(typed)
        check(visit, place)
        if not hmac.compare_digest(typed.value(TOKEN).encode(), visit.who.form_token.encode()):
            raise OtherSessionError(typed)
        return Posted(visit=visit, fields=typed)

    states(posted, place.permission)
    return posted


def is_from_here(request: Request) -> bool:
    """Tell whether a page of this server sent a form, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def safe_path(text: str) -> str:
    """Give a path of ours that a form or an address names; `""` for anything that leads elsewhere."""
    parts = urlsplit(text) if text.startswith("/") and text.isprintable() else None
    if parts is None or parts.scheme or parts.netloc or text.startswith("//") or "\\" in text:
        return ""
    return text
