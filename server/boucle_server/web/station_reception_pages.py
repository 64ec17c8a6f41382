"""The pages of the unloading of a round: what came, what is missing and why, validated in the browser."""

from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.receiving import VALIDATED
from boucle.roles import may_record
from boucle.words import say
from boucle_server import reports
from boucle_server.errors import ForbiddenError
from boucle_server.receptions import Reception
from boucle_server.scan_desk import Desk
from boucle_server.web import station_reception
from boucle_server.web.floor_tables import missing_table
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.inputs import Input, filled
from boucle_server.web.once import id_of, recorded
from boucle_server.web.places import STATION
from boucle_server.web.rendering import redirect, render
from boucle_server.web.rounds_list import href_of_round, title_of
from boucle_server.web.routing import pages_router
from boucle_server.web.station_desks import desk_of, written
from boucle_server.web.station_reception import PATH
from boucle_server.web.station_state import PLACE, TASK
from boucle_server.web.table_files import format_of, table_file
from boucle_server.web.typed import Answers
from boucle_server.web.visit import Visit, visits

router = pages_router()
MOST_OF_A_FILE: Final = 20_000
"""Rows of what is missing in a file: more than any truck brings."""

Reading = Annotated[Visit, Depends(visits(STATION))]
Sending = Annotated[Posted, Depends(posts(STATION))]


@router.get(PATH)
def reception_page(visit: Reading) -> Response:
    """Show what a round brings beside what was received of it; what is missing of it is a file too."""
    with visit.server.database.reading() as connection:
        if format_of(visit):
            desk = desk_of(connection, visit)
            found = station_reception.reception_of(desk, _task(visit))
            place = _place(visit, desk, found)
            lacking, _ = station_reception.missing_of(desk, found, place, visit.lang, most=MOST_OF_A_FILE)
            return table_file(visit, f"reception-{found.round.key}", [missing_table(lacking, visit.lang)])
        return _page(connection, visit, Answers(Fields(pairs=()), visit.lang))


@router.post(PATH)
def validate(posted: Sending) -> Response:
    """Validate the unloading of a round."""
    visit = posted.visit
    if not may_record(visit.who.capabilities, VALIDATED):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
    typed, once = Answers(posted.fields, visit.lang), id_of(posted)

    def write(connection: Connection) -> str:
        if recorded(connection, visit, once):
            return "web.sent_again_done"
        desk = desk_of(connection, visit, once=once)
        found = station_reception.reception_of(desk, _task(visit))
        place = _place(visit, desk, found)
        told = station_reception.validate(desk, found, place, typed)
        return "" if told is None else "web.reception_validated_done"

    if done := written(visit, write):
        return redirect(PATH, done=done, **{TASK: _task(visit), PLACE: visit.value(PLACE)})
    with visit.server.database.reading() as connection:
        return _page(connection, visit, typed, status=422)


def _task(visit: Visit) -> str:
    return visit.value(TASK)[:200]


def _place(visit: Visit, desk: Desk, found: Reception) -> str:
    return station_reception.place_of(desk, found, visit.value(PLACE)[:60])


def _page(connection: Connection, visit: Visit, typed: Answers, *, status: int = 200) -> Response:
    lang = visit.lang
    desk = desk_of(connection, visit)
    found = station_reception.reception_of(desk, _task(visit))
    place = _place(visit, desk, found)
    lacking, more = station_reception.missing_of(desk, found, place, lang)
    fields = [Input(name="note", label=say("web.stop_note", lang), kind="long")]
    return render(
        visit,
        "station_reception.html",
        status=status,
        place=STATION,
        title=title_of(found.round),
        round_href=href_of_round(found.round.key),
        place_name=reports.name_of(desk.book, "site", place, desk.now_ms) if place else "",
        action=station_reception.href(found.round.key, place),
        badge=station_reception.badge(found, lang),
        told=station_reception.told(desk, found, lang),
        added=say("web.reception_added", lang, n=found.added) if found.added else "",
        rows=station_reception.rows(desk, found, lang, typed if typed.fields.pairs else None),
        differs=station_reception.differs(found),
        missing=lacking,
        missing_more=more,
        scan_href=station_reception.scan_href(desk, found, place),
        fields=filled(fields, typed.fields, typed.wrong),
        wrong=typed.wrong,
        may=may_record(visit.who.capabilities, VALIDATED),
    )
