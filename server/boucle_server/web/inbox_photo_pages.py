"""The photo that a stranger sent along with a report, to whoever deals with it and to nobody else."""

from typing import Annotated, Final

from fastapi import Depends, Request
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.wire import digest
from boucle.words import say
from boucle_server import problem_photos
from boucle_server.api.photos import served
from boucle_server.errors import NotFoundError
from boucle_server.web.forms import Posted, posts
from boucle_server.web.inbox_case import Case, Heap
from boucle_server.web.photo_words import PagePhoto
from boucle_server.web.places import INBOX
from boucle_server.web.rendering import redirect
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

_PHOTO: Final = f"{INBOX.path}/image"
_ID: Final = 64
_NOT_KEPT: Final = "private, no-store"
"""It is erased with its report, and no browser keeps it longer."""


@router.get(_PHOTO + "/{report}")
def photo(visit: Annotated[Visit, Depends(visits(INBOX))], request: Request, report: str) -> Response:
    """Give the photo of a report."""
    with visit.server.database.reading() as connection:
        content = problem_photos.content(connection, visit.who.org, report[:_ID])
    if content is None:
        raise NotFoundError("web.inbox_gone")
    answer = served(request, digest(content), content)
    answer.headers["Cache-Control"] = _NOT_KEPT
    return answer


@router.post(_PHOTO + "/{report}/effacer")
def erase(posted: Annotated[Posted, Depends(posts(INBOX))], report: str) -> Response:
    """Erase the photo of a report at once: what it shows may have no place here. The report itself stays."""
    visit = posted.visit

    def write(connection: Connection) -> None:
        problem_photos.erase(connection, visit.who.org, report[:_ID])

    visit.server.door.write(visit.who.org, write)
    # Gone is gone: a second press finds nothing, and is told the same.
    return redirect(f"{INBOX.path}/{Heap.REPORTED}/{report[:_ID]}", done="web.reported_photo_erased_done")


def photos_of(connection: Connection, visit: Visit, case: Case) -> tuple[PagePhoto, ...]:
    """Give the photo of a case for `parts/photos.html`, where a stranger sent one."""
    found = problem_photos.shown(connection, visit.who.org, case.key) if case.heap is Heap.REPORTED else None
    if found is None:
        return ()
    alt = say("web.reported_photo_alt", visit.lang)
    return (PagePhoto(f"{_PHOTO}/{case.key}", alt, "", found.width, found.height),)
