"""The page of a code that the application reads, for whoever opened it with a camera instead.

It is the same for every code of its letter, made without looking anything up: nobody learns from it whether a code
holds, and opening it uses nothing up.
"""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from boucle.codes import Kind
from boucle_server.web.places import APP_LABELS, STATION
from boucle_server.web.rendering import UNLISTED, render
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()


def app_label_page(visit: Annotated[Visit, Depends(visits(APP_LABELS[0]))]) -> Response:
    """Say what this label is and which way it is read."""
    letter = Kind(visit.path[1])
    is_staff = visit.session is not None and STATION.allows(visit.session.capabilities)
    return render(
        visit,
        "label_app.html",
        headers=UNLISTED,
        letter=letter.value,
        is_enrolment=letter is Kind.ENROLMENT,
        station=STATION.path if is_staff and letter is not Kind.ENROLMENT else "",
    )


for _place in APP_LABELS:
    router.get(_place.path + "/{code:path}")(app_label_page)
