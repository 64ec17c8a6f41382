"""Forms: what a browser posts, read with limits, checked to come from a page of ours and of this very session."""

import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from boucle_server.api.rights import states
from boucle_server.errors import ForbiddenError, InvalidInputError
from boucle_server.web.multipart import TYPE, boundary_of, parts_of
from boucle_server.web.places import Place
from boucle_server.web.visit import MARK, SignInNeededError, Visit, check, visit_of

TOKEN: Final = "jeton"  # noqa: S105 - the name of a field
KEPT: Final = "garde."
"""In front of the names of fields that wait for somebody to sign in again."""
MOST_FIELDS: Final = 2_000
LONGEST: Final = 512 * 1024
LONGEST_WITH_FILE: Final = 16 * 1024 * 1024
"""Bytes of a form with a picture as a camera makes it; what nobody signed in sends is read no further than another."""
_TYPE: Final = "application/x-www-form-urlencoded"
_SECRET: Final = frozenset({"password", "pin"})
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
"""A NUL, and what stands for bytes that are no text: no database keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What was typed, in the order of the form."""

    pairs: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, bytes], ...] = ()
    mended: frozenset[str] = frozenset()
    """The fields out of which characters were taken that nothing can keep."""

    def file(self, name: str) -> bytes:
        """Give the bytes of a file; none when there is none."""
        return next((content for key, content in self.files if key == name), b"")

    def value(self, name: str) -> str:
        """Give a field, trimmed; `""` when it is not there."""
        return next((value.strip() for key, value in self.pairs if key == name), "")

    def values(self, name: str) -> list[str]:
        """Give all values of a field that can be there several times."""
        return [value for key, value in self.pairs if key == name]

    @property
    def typed(self) -> tuple[tuple[str, str], ...]:
        """What may be shown again: everything but the form's own token and secrets."""
        return tuple(pair for pair in self.pairs if pair[0] not in (TOKEN, MARK) and pair[0] not in _SECRET)

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


class MendedError(InvalidInputError):
    """Characters came that nothing can keep; all the rest of what was typed is shown again, to be sent or changed."""

    def __init__(self, fields: Fields) -> None:
        super().__init__("web.form_mended")
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
    if type_of(request) != _TYPE:
        raise InvalidInputError("web.no_form")
    body = await body_of(request, LONGEST)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise InvalidInputError("web.no_form") from None
    return readable(pairs)


def readable(pairs: Iterable[tuple[str, str]], files: tuple[tuple[str, bytes], ...] = ()) -> Fields:
    """Take out what is no text, and say of which fields."""
    given = list(pairs)
    kept = tuple((_NO_TEXT.sub("", name), _NO_TEXT.sub("", value)) for name, value in given)
    mended = {name for (name, value), before in zip(kept, given, strict=True) if (name, value) != before}
    return Fields(pairs=kept, files=files, mended=frozenset(mended))


async def fields_and_files(request: Request) -> Fields:
    """Read a form that may bring a file; as `fields`."""
    if type_of(request) != TYPE:
        return await fields(request)
    if not is_from_here(request):
        raise ForbiddenError("web.foreign_form")
    boundary = boundary_of(request.headers.get("content-type", ""))
    if (await run_in_threadpool(visit_of, request)).session is None:
        # What was typed before the file is kept for whoever signs in again; the file must be chosen once more.
        kept = parts_of(await body_of(request, LONGEST, cut=True), boundary)
        return readable(kept.pairs)
    found = parts_of(await body_of(request, LONGEST_WITH_FILE), boundary)
    return readable(found.pairs, found.files)


def type_of(request: Request) -> str:
    """Give the type of what is posted."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def body_of(request: Request, longest: int, *, cut: bool = False) -> bytes:
    """Read what is posted; InvalidInputError for more than `longest` bytes, which `cut` leaves away instead."""
    body = bytearray()
    async for part in request.stream():
        if len(body) + len(part) > longest and not cut:
            raise InvalidInputError("web.long_form", longest=longest // 1024)
        body += part[: longest - len(body)]
    return bytes(body)


Typed = Annotated[Fields, Depends(fields)]
TypedOrBrought = Annotated[Fields, Depends(fields_and_files)]


@lru_cache
def posts(place: Place) -> Callable[..., Posted]:
    """Take a form of a place from whoever may see it.

    SessionEndedError, OtherSessionError or MendedError keep what was typed.
    """

    def posted(request: Request, typed: Typed) -> Posted:
        return _posted(request, place, typed)

    states(posted, place.permission)
    return posted


@lru_cache
def brings(place: Place) -> Callable[..., Posted]:
    """Take a form of a place that may bring a file; as `posts`."""

    def posted(request: Request, typed: TypedOrBrought) -> Posted:
        return _posted(request, place, typed)

    states(posted, place.permission)
    return posted


def _posted(request: Request, place: Place, typed: Fields) -> Posted:
    visit = visit_of(request)
    if visit.session is None:
        raise SessionEndedError(typed)
    check(visit, place)
    if typed.mended:
        raise MendedError(typed)
    if not hmac.compare_digest(typed.value(TOKEN).encode(), visit.who.form_token.encode()):
        raise OtherSessionError(typed)
    return Posted(visit=visit, fields=typed)


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
