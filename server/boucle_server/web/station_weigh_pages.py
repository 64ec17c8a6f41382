"""The pages of weighing: what arrives and what leaves for good, one mass after the other, undone in one step."""

from typing import Annotated

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.roles import may_record
from boucle.telling import Outcome
from boucle.words import say
from boucle_server.errors import ForbiddenError, NotFoundError
from boucle_server.web import acts, station_places
from boucle_server.web.acts import UNDO
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.inputs import filled
from boucle_server.web.once import id_of, recorded
from boucle_server.web.places import STATION
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.station_desks import desk_of, written
from boucle_server.web.station_weighing import KEPT, WAYS, Weighed, inputs, weigh
from boucle_server.web.typed import Answers
from boucle_server.web.visit import LONGEST_SHOWN, Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(STATION))]
Sending = Annotated[Posted, Depends(posts(STATION))]
PATH = f"{STATION.path}/peser"
SAID = "pese"


@router.get(PATH + "/{way}")
def weigh_form(visit: Reading, way: str) -> Response:
    """Show the form of a weighing, with what stays said from the last one."""
    kept = Fields(pairs=tuple((key, value) for key, value in visit.query if key in KEPT))
    return _page(visit, _way(visit, way), kept, Weighed())


@router.post(PATH + "/{way}")
def weigh_now(posted: Sending, way: str) -> Response:
    """Record a weighing."""
    visit, typed, once = posted.visit, posted.fields, id_of(posted)
    _way(visit, way)
    kept = {name: value for name in KEPT if (value := typed.value(name))}

    def write(connection: Connection) -> Weighed | tuple[str, ...]:
        desk = desk_of(connection, visit, once=once)
        return recorded(connection, visit, once) or weigh(desk, way, Answers(typed, visit.lang))

    came = written(visit, write)
    if not isinstance(came, Weighed):
        return redirect(f"{PATH}/{way}", done="web.sent_again_done", **kept, **{UNDO: acts.named(came)})
    if came.told is None or (came.told.outcome is Outcome.REFUSED and not came.told.event_id):
        return _page(visit, way, typed, came, status=409 if came.doubts or came.told else 422)
    return redirect(f"{PATH}/{way}", done="web.weigh_done", **kept, **{SAID: came.words, UNDO: came.told.event_id})


@router.post(PATH + "/{way}/annuler")
def undo(posted: Sending, way: str) -> Response:
    """Take the last weighing back."""
    _way(posted.visit, way)
    acts.undo(posted.visit, posted.fields.value("events"))
    return redirect(f"{PATH}/{way}", done="web.undone_done")


def _way(visit: Visit, way: str) -> str:
    if way not in WAYS:
        raise NotFoundError("web.no_page")
    if not may_record(visit.who.capabilities, WAYS[way]):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
    return way


def _page(visit: Visit, way: str, typed: Fields, came: Weighed, *, status: int = 200) -> Response:
    def gathered(connection: Connection) -> Response:
        desk = desk_of(connection, visit)
        home = station_places.home_of(desk)
        here = () if typed.value("lieu") or not home else (("lieu", home),)
        fields = filled(inputs(desk, way, visit.lang), Fields(pairs=(*typed.pairs, *here)), dict(came.wrong))
        reasons = came.told.reasons if came.told else ()
        return render(
            visit,
            "station_weigh.html",
            status=status,
            place=STATION,
            title=say(f"web.weigh_{way}", visit.lang),
            action=f"{PATH}/{way}",
            fields=fields,
            wrong=bool(came.wrong),
            doubts=came.doubts,
            refused=[say(key, visit.lang) for key in reasons] if not (came.told and came.told.event_id) else [],
            said=visit.value(SAID)[: 4 * LONGEST_SHOWN],
            undo=acts.undoable(connection, visit),
        )

    with visit.server.database.reading() as connection:
        return gathered(connection)
