"""The page that adds a photo to what was just recorded at the scan station."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import RedirectResponse, Response

from boucle.events import Event
from boucle.photo import announced
from boucle.visiting import PHOTOGRAPHED
from boucle.words import say
from boucle_server import photos, reports
from boucle_server.errors import ForbiddenError, NotFoundError
from boucle_server.scan_desk import Desk
from boucle_server.web import numbers, station_setup
from boucle_server.web.forms import Fields, Posted, brings
from boucle_server.web.inputs import filled
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.once import id_of, recorded
from boucle_server.web.photo_field import FIELD, photo_input, read_photo, with_photo
from boucle_server.web.photo_words import page_photos
from boucle_server.web.places import STATION
from boucle_server.web.rendering import LIVE_POLICY, render
from boucle_server.web.routing import pages_router
from boucle_server.web.station import Station
from boucle_server.web.station_desks import desk_of, written
from boucle_server.web.station_jobs import JOBS, offered
from boucle_server.web.station_state import EVENT, PHOTO, State, photo_href, state_of
from boucle_server.web.typed import Answers
from boucle_server.web.visit import Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(STATION))]
Bringing = Annotated[Posted, Depends(brings(STATION))]
MOST = 4
"""Photos of one event: more of them show nothing more."""


@router.get(PHOTO + "/{slug}")
def photo_page(visit: Reading, slug: str) -> Response:
    """Show what was recorded, with its photos, and the field for one more."""
    with visit.server.database.reading() as connection:
        return _page(connection, visit, slug, Answers(Fields(pairs=()), visit.lang))


@router.post(PHOTO + "/{slug}")
def add(posted: Bringing, slug: str) -> Response:
    """Add a photo: the event is said again with it, in the place of the one before; sent twice it is one photo."""
    visit, once = posted.visit, id_of(posted)
    typed = Answers(with_photo(posted.fields), visit.lang)
    photo = read_photo(typed)
    if photo is None and not typed.wrong:
        typed.fault(FIELD, "web.field_needed")

    def write(connection: Connection) -> str:
        station = _station(connection, visit, slug, once=once)
        (before,) = (*recorded(connection, visit, once), "")[:1]
        event = station.own_event(before or visit.value(EVENT))
        if photo is None or event is None:
            return ""
        if before:
            return _after(station.state, event, before)
        if len(announced(event.photos)) >= MOST:
            typed.fault(FIELD, "web.photo_most", n=MOST)
            return ""
        added = station.desk.add_photo(event, photo.announced)
        photo.keep(connection, visit.who.org, now_ms=station.desk.now_ms)
        return _after(station.state, event, added)

    href = written(visit, write) if photo is not None else ""
    if href:
        return RedirectResponse(href, 303, {"Cache-Control": "no-store"})
    with visit.server.database.reading() as connection:
        return _page(connection, visit, slug, typed, status=422)


def _after(state: State, event: Event, added: str) -> str:
    """Give the page that comes once an event has a photo more."""
    return replace(state, last=added if event.kind == state.job.kind else "", note="photo").href


def _station(connection: Connection, visit: Visit, slug: str, *, once: str = "") -> Station:
    job = JOBS.get(slug)
    if job is None or job.action not in PHOTOGRAPHED:
        raise NotFoundError("web.no_page")
    if job not in offered(visit.who.capabilities):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
    state = state_of(visit, job)
    desk = desk_of(connection, visit, site=state.site, once=once)
    if not state.task or not station_setup.is_ready(desk, state):
        raise NotFoundError("web.undo_gone")
    return Station(desk, state, visit.server.told)


def _about(desk: Desk, event_code: str, item_type: str, qty: int, lang: str) -> tuple[str, str]:
    """Give what an event is about in words, and its page."""
    if event_code:
        return printed(event_code), href_of(event_code)
    return f"{numbers.number(qty, 0, lang)} × {reports.name_of(desk.book, 'item_type', item_type, desk.now_ms)}", ""


def _page(connection: Connection, visit: Visit, slug: str, typed: Answers, *, status: int = 200) -> Response:
    lang = visit.lang
    station = _station(connection, visit, slug)
    desk, state = station.desk, station.state
    event = station.own_event(visit.value(EVENT))
    if event is None:
        raise NotFoundError("web.undo_gone")
    about, href = _about(desk, event.code, event.item_type, event.qty, lang)
    what, when = say(f"kind.{event.kind}", lang), moment(event.teff, visit.who.zone, lang)
    shown = photos.shown(connection, visit.who.org, [event]).get(event.id, ())
    field = photo_input(say("web.line_photo", lang), lang)
    return render(
        visit,
        "station_photo.html",
        status=status,
        headers={"Content-Security-Policy": LIVE_POLICY},
        place=STATION,
        title=state.job.name(lang),
        about=about,
        href=href,
        what=what,
        when=when,
        back=_back(state),
        action=photo_href(state, event.id),
        wants=station.lacks_photo(event),
        photos=page_photos(shown, lang, what=what, when=when),
        inputs=filled([field], typed.fields, typed.wrong),
    )


def _back(state: State) -> str:
    return replace(state, last="", note="").href
