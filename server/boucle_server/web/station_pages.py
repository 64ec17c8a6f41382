"""The pages of the scan station: what is done, where, then one scan after the other, with or without a script."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import RedirectResponse, Response

from boucle.actions import Amount
from boucle.clock import day_of
from boucle.codes import Label, read_label
from boucle.commands import Command
from boucle.lifecycle import Verdict
from boucle.lines import Choice
from boucle.meaning import Spot, Task, Thing, meaning
from boucle.roles import may_record
from boucle.rounds import rounds_in
from boucle.shape import MAX_TARE_G
from boucle.visiting import ONCE
from boucle.weighing import grams
from boucle.words import say
from boucle_server.errors import ForbiddenError, NotFoundError
from boucle_server.imports import cells
from boucle_server.imports.cells import CellError
from boucle_server.scan_desk import Desk
from boucle_server.web import station_places, station_reception, station_setup
from boucle_server.web.asking import Option
from boucle_server.web.delivery_pages import note_href
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.inputs import Input
from boucle_server.web.item_words import href_of
from boucle_server.web.places import DELIVERIES, STATION
from boucle_server.web.rendering import LIVE_POLICY, redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.station import Station, texts_in
from boucle_server.web.station_desks import desk_of, written
from boucle_server.web.station_jobs import BY_ACTION, GROUPS, JOBS, Job, offered
from boucle_server.web.station_state import PLACE, SAID, SITE, State, state_of
from boucle_server.web.station_view import extras_of, missing_of, view
from boucle_server.web.station_weighing import WAYS
from boucle_server.web.visit import LONGEST_SHOWN, Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(STATION))]
Sending = Annotated[Posted, Depends(posts(STATION))]
LABEL: Final = "etiquette"
CHOOSE: Final = "choisir"
LONGEST_TYPED: Final = 500
"""Characters of a text that stands in its field again, to be mended."""
_STILL_COMING: Final = timedelta(days=3)
_LIVE: Final = {"Content-Security-Policy": LIVE_POLICY}


@router.get(STATION.path)
def jobs_page(visit: Reading) -> Response:
    """Show what can be done here; or scan, and it is known."""
    return _jobs_page(visit)


@router.post(STATION.path)
def lead(posted: Sending) -> Response:
    """Lead to what a label means: a place, an action, a round, an item."""
    visit = posted.visit
    texts = texts_in(posted.fields.value("codes"))
    if not texts:
        return redirect(STATION.path)
    with visit.server.database.reading() as connection:
        href = _leads_to(desk_of(connection, visit), texts[0])
    if href:
        return _to(href)
    return _jobs_page(visit, wrong=say("web.station_no_use", visit.lang), typed=texts[0], status=422)


def _jobs_page(visit: Visit, *, wrong: str = "", typed: str = "", status: int = 200) -> Response:
    jobs = offered(visit.who.capabilities)
    groups = [
        (say(f"web.station_group_{group}", visit.lang), [_offer(job, visit.lang) for job in jobs if job.group == group])
        for group in GROUPS
    ]
    weighing = [
        (f"{STATION.path}/peser/{way}", say(f"web.weigh_{way}", visit.lang), say(f"web.weigh_{way}_how", visit.lang))
        for way, kind in WAYS.items()
        if may_record(visit.who.capabilities, kind)
    ]
    groups[-1][1].extend(weighing)
    listed = [(title, found) for title, found in groups if found]
    return render(
        visit, "station_jobs.html", place=STATION, groups=listed, wrong=wrong, typed=_to_mend(typed), status=status
    )


def _offer(job: Job, lang: str) -> tuple[str, str, str]:
    return State(job=job).path, job.name(lang), job.meaning(lang)


def _leads_to(desk: Desk, text: str) -> str:
    meant = meaning(text, book=desk.book, is_linked=desk.is_known)
    held = desk.who.held
    match meant:
        case Spot(key=key):
            job = BY_ACTION["collect" if desk.context().is_partner(key) else "receive"]
            return State(job=job, place=key).href if job in offered(held) else ""
        case Command() as command if command.value in BY_ACTION and BY_ACTION[command.value] in offered(held):
            return State(job=BY_ACTION[command.value]).path
        case Task(key=key) if (of := desk.round_of(key)) is not None and BY_ACTION["receive"] in offered(held):
            return State(job=BY_ACTION["receive"], place=of.home or station_places.home_of(desk), task=key).href
        case Thing(code=code):
            return href_of(code)
        case _:
            return ""


@router.get(STATION.path + "/{slug}")
def job_page(visit: Reading, slug: str) -> Response:
    """Show a job: where it is done first, then its scans."""
    job = _job(visit, slug)
    state = state_of(visit, job)
    with visit.server.database.reading() as connection:
        desk = desk_of(connection, visit, site=state.site)
        ready = _completed(desk, visit, state)
        if ready != state and not visit.value(CHOOSE):
            return _to(ready.href)
        if visit.value(CHOOSE) or not station_setup.is_ready(desk, ready):
            return _place_page(desk, visit, ready)
        return _scan_page(desk, visit, state)


@router.post(STATION.path + "/{slug}")
def take(posted: Sending, slug: str) -> Response:
    """Take in what was scanned, typed or chosen; each scan is recorded at once."""
    visit = posted.visit
    state = state_of(visit, _job(visit, slug))

    def write(connection: Connection) -> str:
        desk = desk_of(connection, visit, site=state.site)
        if not station_setup.is_ready(desk, state):
            return state.href
        station = Station(desk, replace(_begun(desk, state), note=""), visit.server.told)
        _do(station, posted.fields)
        return station.href

    return _to(written(visit, write))


@router.get(STATION.path + "/{slug}/bilan")
def end_page(visit: Reading, slug: str) -> Response:
    """Show what a visit comes to: what is missing of what was expected, and what nobody expected."""
    state = replace(state_of(visit, _job(visit, slug)), last="", note="")
    with visit.server.database.reading() as connection:
        desk = desk_of(connection, visit, site=state.site)
        if not state.task or not station_setup.is_ready(desk, state):
            return _to(state.href)
        if state.job.action == "receive" and desk.round_of(state.task) is not None:
            return _to(station_reception.href(state.task, state.place))
        station = Station(desk, state, visit.server.told)
        lacking, more = missing_of(station, visit.lang)
        return render(
            visit,
            "station_end.html",
            place=STATION,
            page=view(station, visit.lang),
            missing=lacking,
            missing_more=more,
            extras=extras_of(station, visit.lang),
            note=_note(station),
        )


def _note(station: Station) -> str:
    """Give the address of the delivery note of what was sent, `""` where nothing was or who works here reads none."""
    events = [line.event_id for line in station.lines if line.event_id and line.counts]
    is_sent = station.state.job.action == "ship" and DELIVERIES.allows(station.desk.who.held)
    return note_href(events[-1]) if events and is_sent else ""


def _to(href: str) -> Response:
    return RedirectResponse(href, 303, {"Cache-Control": "no-store"})


def _do(station: Station, fields: Fields) -> None:
    if undone := fields.value("annuler"):
        station.undo("" if undone == "dernier" else undone)
    elif chosen := fields.value("choix"):
        choice, _, key = chosen.partition(" ")
        station.choose_about(_choice(choice), key)
    elif (verdict := fields.value("verdict")) and verdict in set(Verdict):
        station.choose(verdict)
    elif fields.value("prochain"):
        _say_for_next(station, fields)
    elif fields.value("n") or fields.value("type"):
        _count(station, fields)
    else:
        texts = [*texts_in("\n".join(fields.values("attente"))), *texts_in("\n".join(fields.values("codes")))]
        if not texts:
            station.say("empty")
        for text in texts:
            station.take(text)


def _say_for_next(station: Station, fields: Fields) -> None:
    """Let a serial number and a tare go with the next label."""
    tare = grams(fields.value("tare")) if fields.value("tare") else 0
    said = {name: value for name, value in station.state.said.items() if name not in ONCE}
    if tare is None or tare > MAX_TARE_G:
        station.say("mass_unread")
        return
    more = {"serial": fields.value("serie")[:40], "tare_g": str(tare) if tare else ""}
    station.state = replace(station.state, said=said | {name: value for name, value in more.items() if value}, note="")


def _choice(text: str) -> Choice:
    try:
        return Choice(text)
    except ValueError:
        raise NotFoundError("web.undo_gone") from None


def _count(station: Station, fields: Fields) -> None:
    """Record pieces without labels."""
    kind, stop = fields.value("type"), fields.value("arret")
    try:
        n = cells.count(fields.value("n")) if fields.value("n") else 0
    except CellError:
        n = 0
    if kind not in station.bulk_types() or n < 1:
        station.say("choose_type")
        return
    sources = station.sources(kind)
    found = next((each for each in sources if each[1] == stop), None)
    if len(sources) > 1 and found is None:
        station.say("choose_stop")
        return
    station.tell(station.count(Amount(kind, n), stop=found), kind)


def _job(visit: Visit, slug: str) -> Job:
    job = JOBS.get(slug)
    if job is None:
        raise NotFoundError("web.no_page")
    if job not in offered(visit.who.capabilities):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
    return job


def _begun(desk: Desk, state: State) -> State:
    """Give a visit its task: that of the stop where a round of today is planned there, else one of its own."""
    return state if state.task else replace(state, task=desk.task_at(state.job.action, state.place))


def _completed(desk: Desk, visit: Visit, state: State) -> State:
    """Give the address with what nobody has to say: where somebody works, what a label means."""
    places = station_places.fitting(desk, state.job)
    typed = visit.value(LABEL)
    if typed and (found := station_places.meant(desk, places, typed)):
        state = replace(state, place=found)
    home = station_places.home_of(desk)
    if state.job.needs_site and not state.site and home:
        state = replace(state, site=home)
    if state.job.is_at_home and not state.place and home and not typed:
        state = replace(state, place=home)
    return state


def _place_page(desk: Desk, visit: Visit, state: State) -> Response:
    places = station_places.fitting(desk, state.job)
    typed = visit.value(LABEL)
    wrong = say("web.station_place_unknown", visit.lang, asked=typed[:LONGEST_SHOWN]) if typed else ""
    shown = {PLACE, SITE, *(SAID + name for name in (*state.job.asks, *state.job.may_say))}
    kept = [pair for pair in state.pairs if pair[0] not in shown]
    return render(
        visit,
        "station_place.html",
        place=STATION,
        title=state.job.name(visit.lang),
        action=state.path,
        options=places,
        chosen=state.place,
        sites=station_places.own(desk) if state.job.needs_site else [],
        site=state.site,
        kept=kept,
        wrong=wrong,
        typed=_to_mend(typed),
        towards=state.job.needs_site,
        asked=_beginning(station_setup.asked(desk, state, visit.lang), place=state.place),
    )


def _to_mend(typed: str) -> str:
    """Give what was typed for its field again; a whole label leaves it, or the next scan would be put behind it."""
    return "" if isinstance(read_label(typed), Label) else typed[:LONGEST_TYPED]


def _beginning(asked: list[Input], *, place: str) -> list[Input]:
    """Let a page begin at the first answer that is missing; while no place is known at its label, which is scanned."""
    missing = next((each for each in asked if each.required and (each.wrong or not each.value)), None)
    return [replace(each, begins=bool(place) and each is missing) for each in asked]


def _scan_page(desk: Desk, visit: Visit, state: State) -> Response:
    begun = _begun(desk, state)
    station = Station(desk, begun, visit.server.told)
    shown = view(station, visit.lang)
    return render(
        visit,
        "station.html",
        headers=_LIVE,
        place=STATION,
        page=shown,
        rounds=_rounds(desk, begun, visit.lang),
    )


def _rounds(desk: Desk, state: State, lang: str) -> list[Option]:
    """Give the rounds of these days that unload here, as addresses with their names."""
    if state.job.action != "receive" or desk.round_of(state.task) is not None:
        return []
    today = day_of(desk.now_ms, desk.who.zone)
    found = []
    for each in rounds_in(desk.book, at_ms=desk.now_ms):
        first = (each.day + _STILL_COMING).isoformat()
        if each.day.isoformat() <= today <= first and not each.cancelled and each.home in ("", state.place):
            href = replace(state.at(state.place, task=each.key), said=state.said).href
            found.append((href, say("web.station_round", lang, name=each.name or each.key)))
    return found
