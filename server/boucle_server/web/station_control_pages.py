"""The page of a control at the scan station: one item, its questions, a photo, and what it comes to."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import RedirectResponse, Response

from boucle.lifecycle import Verdict
from boucle.roles import may_record
from boucle.words import say
from boucle_server import reports
from boucle_server.errors import ForbiddenError, NotFoundError
from boucle_server.scan_desk import Desk
from boucle_server.web import qualified, station_control, station_setup
from boucle_server.web.forms import Fields, Posted, brings
from boucle_server.web.inputs import filled
from boucle_server.web.item_words import href_of, printed
from boucle_server.web.photo_field import read_photo, with_photo
from boucle_server.web.places import STATION
from boucle_server.web.rendering import LIVE_POLICY, render
from boucle_server.web.routing import pages_router
from boucle_server.web.station import Station
from boucle_server.web.station_control import Judged
from boucle_server.web.station_desks import desk_of, written
from boucle_server.web.station_jobs import BY_ACTION, JOBS
from boucle_server.web.station_state import CODE, LEFT, State, control_href, state_of
from boucle_server.web.typed import Answers
from boucle_server.web.visit import Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(STATION))]
Bringing = Annotated[Posted, Depends(brings(STATION))]
JOB: Final = BY_ACTION["control"]
PATH: Final = f"{STATION.path}/{JOB.slug}/objet"
assert JOB in JOBS.values()


@router.get(PATH)
def control_page(visit: Reading) -> Response:
    """Show the questions about an item."""
    _may(visit)
    with visit.server.database.reading() as connection:
        return _page(connection, visit, Answers(Fields(pairs=()), visit.lang), Judged())


@router.post(PATH)
def judge(posted: Bringing) -> Response:
    """Record the verdict of a control, with its answers and its photo."""
    visit = posted.visit
    _may(visit)
    typed = Answers(with_photo(posted.fields), visit.lang)
    photo = read_photo(typed)

    def write(connection: Connection) -> tuple[str, Judged]:
        desk, state = _desk(connection, visit)
        station = Station(desk, state, visit.server.told)
        control = station_control.control_of(desk, _code(visit), typed)
        judged = station_control.judge(station, control, typed, photo)
        if judged.line is None:
            return "", judged
        station.tell(judged.line, control.code)
        if control.is_edited:
            station.say("kept_list")
        return station.state.href, judged

    href, judged = written(visit, write)
    if href:
        return RedirectResponse(href, 303, {"Cache-Control": "no-store"})
    with visit.server.database.reading() as connection:
        return _page(connection, visit, typed, judged, status=409 if judged.wants_photo else 422)


def _may(visit: Visit) -> None:
    if not may_record(visit.who.capabilities, JOB.kind):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())


def _code(visit: Visit) -> str:
    return visit.value(CODE)[:60]


def _desk(connection: Connection, visit: Visit) -> tuple[Desk, State]:
    """Give the desk and the visit; NotFoundError where no item, or no place, is named."""
    state = state_of(visit, JOB)
    desk = desk_of(connection, visit, site=state.site)
    if not station_setup.is_ready(desk, state) or not _code(visit):
        raise NotFoundError("web.no_page")
    return desk, state if state.task else replace(state, task=desk.task_at(JOB.action, state.place))


def _page(connection: Connection, visit: Visit, typed: Answers, judged: Judged, *, status: int = 200) -> Response:
    lang = visit.lang
    desk, state = _desk(connection, visit)
    control = station_control.control_of(desk, _code(visit), typed)
    item = control.item
    left = visit.value(LEFT)
    return render(
        visit,
        "station_control.html",
        status=status,
        headers={"Content-Security-Policy": LIVE_POLICY},
        place=STATION,
        title=JOB.name(lang),
        code=printed(control.code),
        item_href=href_of(control.code),
        type=reports.name_of(desk.book, "item_type", item.type, desk.now_ms) if item.type else "",
        back=state.href,
        back_words=reports.name_of(desk.book, "site", state.place, desk.now_ms),
        action=control_href(state, control.code),
        lacking=qualified.sentences(connection, visit, desk.book, item, station_control.KIND),
        left=int(left) if left.isdecimal() and len(left) < 4 else 0,  # noqa: PLR2004
        has_list=control.checklist is not None,
        is_edited=control.is_edited,
        inputs=filled(station_control.inputs(control, lang), typed.fields, typed.wrong),
        verdicts=[(str(each), say(f"verdict.{each}", lang)) for each in Verdict],
        why=judged.why,
        wants_photo=judged.wants_photo,
        sure=station_control.SURE,
    )
