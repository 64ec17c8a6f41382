"""The report of a month as a file, from the dashboard."""

from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from boucle_server.exports.report import document
from boucle_server.pdf import MEDIA_TYPE
from boucle_server.projections import load_book
from boucle_server.web.asking import asked
from boucle_server.web.places import DASHBOARD
from boucle_server.web.rendering import render
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

REPORT: Final = f"{DASHBOARD.path}/rapport.pdf"


@router.get(REPORT)
def report_file(visit: Annotated[Visit, Depends(visits(DASHBOARD))]) -> Response:
    """Give the report of the month that the address names; filters do not narrow it."""
    with visit.server.database.reading() as connection:
        question = asked(visit, connection, load_book(connection, visit.who.org))
        if question is None:
            return render(visit, "no_data.html", place=DASHBOARD)
        months = [question.month]
        content = document(connection, visit.who.org, months, as_of_ms=visit.now_ms, lang=visit.lang)
    headers = {"Content-Disposition": f'inline; filename="boucle-{question.month}.pdf"'}
    return Response(content, media_type=MEDIA_TYPE, headers={**headers, "Cache-Control": "private, no-store"})
