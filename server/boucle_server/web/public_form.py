"""What a stranger sends from a public page: a form that may bring a picture, read no further than it may count.

How many somebody sends is counted before anything is read, and one picture is made at a time: whoever sends many
fills a queue that gives up, not the server's memory.
"""

from dataclasses import dataclass, replace
from threading import Lock
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from boucle.photo import Picture, look
from boucle_labels.errors import RefusedError
from boucle_labels.photo import MAX_SIDE, photo_of
from boucle_labels.reading import BROWSER_FORMATS, picture_in
from boucle_server.errors import ForbiddenError, InvalidInputError
from boucle_server.web.forms import LONGEST, LONGEST_WITH_FILE, Fields, body_of, fields, is_from_here, readable, type_of
from boucle_server.web.multipart import TYPE, boundary_of, parts_of
from boucle_server.web.visit import visit_of

PICTURE: Final = "image"
LONGEST_SENT: Final = 4 * LONGEST_WITH_FILE
"""Bytes of a form that are listened to: the end of a picture that is too large is passed over, so that what was typed
comes back."""
_CODE: Final = 1024
_PATIENCE_S: Final = 10
_MAKING: Final = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came: `wait_ms` is how long whoever sent it has to wait before anything of it counts."""

    fields: Fields
    wait_ms: int
    is_cut: bool = False
    """It was longer than is read, so that its picture is not here."""


async def sent(request: Request, code: str) -> Sent:
    """Count and read what somebody sends about a label; InvalidInputError for what is no form."""
    if not is_from_here(request):
        raise ForbiddenError("web.foreign_form")
    visit = await run_in_threadpool(visit_of, request)
    counted = visit.server.reports
    wait_ms = counted.wait_ms(visit.client, code[:_CODE], now_ms=visit.now_ms)
    if not wait_ms:
        counted.note(visit.client, code[:_CODE], now_ms=visit.now_ms)
    if type_of(request) != TYPE:
        return Sent(fields=await fields(request), wait_ms=wait_ms)
    # The picture comes last: what is not read of it leaves what was typed whole.
    longest = LONGEST if wait_ms else LONGEST_WITH_FILE
    boundary = boundary_of(request.headers.get("content-type", ""))
    body = await body_of(request, longest, cut=True)
    found = parts_of(body, boundary)
    said = readable(found.pairs, found.files)
    return Sent(fields=said, wait_ms=wait_ms, is_cut=len(body) >= longest)


Brought = Annotated[Sent, Depends(sent)]


def made(of: Sent) -> tuple[bytes, Picture] | None:
    """Make a bare photo of the picture that came, None where none did; InvalidInputError for what is none."""
    if of.is_cut:
        raise InvalidInputError("web.public_photo_large")
    content = of.fields.file(PICTURE)
    if not content:
        return None
    if not _MAKING.acquire(timeout=_PATIENCE_S):
        raise InvalidInputError("web.public_photo_busy")
    try:
        photo = photo_of(picture_in(content, name=PICTURE, formats=BROWSER_FORMATS, side=MAX_SIDE))
    except RefusedError as error:
        large = error.key == "picture_too_large"
        raise InvalidInputError("web.public_photo_large" if large else "web.public_photo_none") from error
    finally:
        _MAKING.release()
    picture = look(photo)
    assert isinstance(picture, Picture)
    return photo, picture


def without_picture(of: Sent) -> Fields:
    """Give what was typed, as it stands in the form when that is shown again."""
    return replace(of.fields, files=())
