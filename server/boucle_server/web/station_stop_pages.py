"""The pages of a stop of a round: scans, numbers and summary in the browser, validated, corrected with a reason."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.correction import Because
from boucle.roles import may_record
from boucle.rounds import VALIDATED, Ending
from boucle.words import say
from boucle_server.errors import ForbiddenError
from boucle_server.web import station_stop
from boucle_server.web.forms import Fields, Posted, brings, posts
from boucle_server.web.inputs import Input, choice, filled
from boucle_server.web.once import id_of, recorded
from boucle_server.web.photo_field import FIELD, photo_input, with_photo
from boucle_server.web.places import STATION
from boucle_server.web.rendering import LIVE_POLICY, redirect, render
from boucle_server.web.round_page import beside_stops, stop_view
from boucle_server.web.rounds_list import href_of, title_in
from boucle_server.web.routing import pages_router
from boucle_server.web.station_desks import desk_of, written
from boucle_server.web.station_stop import Validated
from boucle_server.web.typed import Answers
from boucle_server.web.visit import Visit, address, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(STATION))]
Sending = Annotated[Posted, Depends(posts(STATION))]
Bringing = Annotated[Posted, Depends(brings(STATION))]
PATH: Final = f"{STATION.path}/arret"
TASK, LINE = "tache", "ligne"
LONGEST_TASK: Final = 300
_NOTHING: Final = Fields(pairs=())


def stop_href(task: str) -> str:
    """Give the address of the page of a stop."""
    return address(PATH, [(TASK, task)])


@router.get(PATH)
def stop_page(visit: Reading) -> Response:
    """Show a stop: what is planned, what was found, what can be recorded."""
    with visit.server.database.reading() as connection:
        return _page(connection, visit, Answers(_NOTHING, visit.lang))


@router.post(PATH)
def validate(posted: Bringing) -> Response:
    """Validate a stop."""
    visit = posted.visit
    _may(visit)
    typed, once = Answers(with_photo(posted.fields), visit.lang), id_of(posted)

    def write(connection: Connection) -> Validated | Sequence[str] | None:
        if again := recorded(connection, visit, once):
            return again
        desk = desk_of(connection, visit, once=once)
        return station_stop.validate(desk, station_stop.stop_at(desk, _task(visit)), typed)

    if made := written(visit, write):
        if not isinstance(made, Validated):
            return redirect(PATH, done="web.sent_again_done", **{TASK: _task(visit)})
        done = "web.stop_validated_open_done" if made.unexplained else "web.stop_validated_done"
        return redirect(PATH, done=done, **{TASK: _task(visit)})
    with visit.server.database.reading() as connection:
        return _page(connection, visit, typed, status=422)


@router.get(PATH + "/corriger")
def correct_form(visit: Reading) -> Response:
    """Show the form that corrects a line."""
    return _correct_page(visit, Answers(_NOTHING, visit.lang))


@router.post(PATH + "/corriger")
def correct(posted: Sending) -> Response:
    """Correct a line with a reason."""
    visit, typed, once = posted.visit, Answers(posted.fields, posted.visit.lang), id_of(posted)

    def write(connection: Connection) -> bool:
        if recorded(connection, visit, once):
            return True
        desk = desk_of(connection, visit, once=once)
        at = station_stop.stop_at(desk, _task(visit))
        event = station_stop.event_at(at, visit.value(LINE))
        return station_stop.correct(desk, event, typed) is not None

    if written(visit, write):
        return redirect(PATH, done="web.stop_corrected_done", **{TASK: _task(visit)})
    return _correct_page(visit, typed, status=422)


def _task(visit: Visit) -> str:
    return visit.value(TASK)[:LONGEST_TASK]


def _may(visit: Visit) -> None:
    if not may_record(visit.who.capabilities, VALIDATED):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())


def _page(connection: Connection, visit: Visit, typed: Answers, *, status: int = 200) -> Response:
    lang = visit.lang
    desk = desk_of(connection, visit)
    at = station_stop.stop_at(desk, _task(visit))
    number = at.round.stops.index(at.stop) + 1
    endings = [(str(each), say(f"round.ending.{each}", lang)) for each in Ending]
    usual, note = station_stop.begins_from(at)
    fields = [
        choice("ending", say("web.stop_ending", lang), endings, value=str(usual), required=True),
        Input(name="signer", label=say("screen.stop_signer", lang)),
        Input(name="note", label=say("web.stop_note", lang), kind="long", value=note),
        photo_input(say("web.stop_photo", lang), lang),
    ]
    beside = beside_stops(connection, visit.who.org, [at.found], day=at.round.day)
    return render(
        visit,
        "station_stop.html",
        status=status,
        headers={"Content-Security-Policy": LIVE_POLICY},
        place=STATION,
        title=title_in(at.round, lang),
        round_href=href_of(at.round),
        is_planned=at.is_planned,
        action=stop_href(at.task),
        task=at.task,
        stop=stop_view(at.found, number, desk.book, visit, beside),
        cancelled=at.round.cancelled,
        ways=station_stop.ways(desk, at, lang),
        rows=station_stop.rows(desk, at, lang, beside.later, typed if typed.fields.pairs else None),
        fields=filled(fields, typed.fields, typed.wrong),
        signature=station_stop.carried(typed),
        without_photo=station_stop.WITHOUT_PHOTO if FIELD in typed.wrong and not typed.fields.value(FIELD) else "",
        wrong=typed.wrong,
        moves=station_stop.moves(desk, at, lang),
        may_validate=may_record(visit.who.capabilities, VALIDATED),
    )


def _correct_page(visit: Visit, typed: Answers, *, status: int = 200) -> Response:
    lang = visit.lang
    with visit.server.database.reading() as connection:
        desk = desk_of(connection, visit)
        at = station_stop.stop_at(desk, _task(visit))
        event = station_stop.event_at(at, visit.value(LINE))
        fixes = station_stop.offers(event)
        shown = next(each for each in station_stop.moves(desk, at, lang) if each.id == event.id)
    fields = [
        choice("fix", say("web.stop_fix", lang), [(str(each), say(f"screen.fix.{each}", lang)) for each in fixes])
    ]
    if event.item_type:
        fields.append(Input(name="n", label=say("web.station_number", lang), kind="number", value=str(event.qty)))
    becauses = [(str(each), say(f"screen.because.{each}", lang)) for each in Because]
    fields.append(choice("because", say("screen.stop_why", lang), becauses, required=True))
    return render(
        visit,
        "station_correct.html",
        status=status,
        place=STATION,
        move=shown,
        back=stop_href(at.task),
        action=address(f"{PATH}/corriger", [(TASK, at.task), (LINE, event.id)]),
        fields=filled(fields, typed.fields, typed.wrong),
    )
