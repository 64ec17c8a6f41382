"""The pages of rounds: the list of a week, one round planned and driven, its plan as a form, cancelling it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.clock import day_of
from boucle.opening_words import open_words
from boucle.reference import Book
from boucle.roles import Capability, capabilities_of, may_record
from boucle.rounds import TABLE, VALIDATED, Round
from boucle.words import say
from boucle_server.driven import driven, planned_place
from boucle_server.organisations import checked_text
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.tables import DEVICE, PERSON
from boucle_server.web import station_reception
from boucle_server.web.floor_tables import rounds_table, stops_table
from boucle_server.web.forms import Posted, posts
from boucle_server.web.inbox_acts import event_with
from boucle_server.web.once import id_of, record, recorded
from boucle_server.web.places import ROUND_PLAN, ROUNDS
from boucle_server.web.rendering import redirect, render
from boucle_server.web.round_form import (
    Known,
    RoundForm,
    StopForm,
    changed,
    checked,
    copy_of,
    day_of_form,
    form_of,
    read_form,
    version_of,
)
from boucle_server.web.round_page import find_round, round_page
from boucle_server.web.rounds_list import ONE, long_day, title_of, week
from boucle_server.web.routing import pages_router
from boucle_server.web.stop_times import closed_places
from boucle_server.web.table_files import format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(ROUNDS))]
Planning = Annotated[Visit, Depends(visits(ROUND_PLAN))]
Planned = Annotated[Posted, Depends(posts(ROUND_PLAN))]
LONGEST_KEY: Final = 200
LONGEST_REASON: Final = 300
SAVE: Final = "save"


@router.get(ROUNDS.path)
def list_page(visit: Reading) -> Response:
    """Show the rounds of a week."""
    with visit.server.database.reading() as connection:
        found = week(connection, visit, load_book(connection, visit.who.org))
    if format_of(visit) and not found.problem:
        return table_file(visit, "tournees", [rounds_table(found, visit.lang)])
    told = visit.noting(found.problem) if found.problem else visit
    return render(told, "rounds.html", place=ROUNDS, page=found, may_plan=_may_plan(visit))


@router.get(ONE)
def one_page(visit: Reading) -> Response:
    """Show one round, as planned and as driven."""
    return _round(visit, visit.value("cle")[:LONGEST_KEY])


def _round(visit: Visit, key: str, *, wrong: str = "", status: int = 200) -> Response:
    with visit.server.database.reading() as connection:
        page = round_page(connection, visit, load_book(connection, visit.who.org), key)
    if format_of(visit):
        return table_file(visit, f"tournee-{page.key}", [stops_table(page, visit.lang)])
    return render(
        visit,
        "round.html",
        status=status,
        place=ROUNDS,
        page=page,
        may_plan=_may_plan(visit),
        may_scan=may_record(visit.who.capabilities, VALIDATED),
        reception_href="" if page.is_planned_only or page.is_beside else station_reception.href(page.key, ""),
        wrong=wrong,
    )


@router.get(ROUND_PLAN.path)
def plan_page(visit: Planning) -> Response:
    """Show the form of a round: one that is planned, a copy of one, or a new one."""
    key, copied = visit.value("cle")[:LONGEST_KEY], visit.value("copie")[:LONGEST_KEY]
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
        if key:
            form = form_of(find_round(book, key, visit.now_ms), book)
        elif copied:
            form = _copy(connection, visit, book, copied)
        else:
            form = RoundForm(day=visit.value("jour"), stops=[StopForm()]).padded()
        return _form(connection, visit, book, form)


@router.post(ROUND_PLAN.path)
def plan_save(posted: Planned) -> Response:
    """Do what a button of the form says: change the form, or save the round as its next version."""
    visit, form = posted.visit, read_form(posted.fields)
    act = posted.fields.value("do") or SAVE
    if act != SAVE:
        with visit.server.database.reading() as connection:
            book = load_book(connection, visit.who.org)
            return _form(connection, visit, book, changed(form, act), is_changed=True)

    form_id = id_of(posted)

    def write(connection: Connection) -> str:
        if again := recorded(connection, visit, form_id):
            event = event_with(connection, visit.who.org, again[0])
            return str(event.body["key"]) if event else ""
        return _save(connection, visit, form, once=form_id)

    key = visit.server.door.write(visit.who.org, write)
    if not key:
        with visit.server.database.reading() as connection:
            return _form(connection, visit, load_book(connection, visit.who.org), form, status=422)
    return redirect(ONE, done="web.round_saved_done", cle=key)


@router.post(ROUND_PLAN.path + "/annuler")
def cancel(posted: Planned) -> Response:
    """Cancel a round, or take that back: the next version says so, and what was scanned stays."""
    visit = posted.visit
    key, off = posted.fields.value("cle")[:LONGEST_KEY], posted.fields.value("do") != "restore"

    def write(connection: Connection) -> None:
        book = load_book(connection, visit.who.org)
        of = find_round(book, key, visit.now_ms)
        if of.cancelled != off:
            _state(connection, visit, replace(of, cancelled=off))

    visit.server.door.write(visit.who.org, write)
    return redirect(ONE, done="web.round_cancelled_done" if off else "web.round_restored_done", cle=key)


@router.post(ROUND_PLAN.path + "/clore")
def end(posted: Planned) -> Response:
    """Say why no more stop of a round will be made, or take that back; what was scanned stays."""
    visit = posted.visit
    key, again = posted.fields.value("cle")[:LONGEST_KEY], posted.fields.value("do") == "again"
    reason = checked_text(posted.fields.value("reason"), "reason", longest=LONGEST_REASON, empty=True)

    def write(connection: Connection) -> bool:
        book = load_book(connection, visit.who.org)
        of = find_round(book, key, visit.now_ms)
        if not again and not reason:
            return False
        if of.ended != ("" if again else reason):
            _state(connection, visit, replace(of, ended="" if again else reason))
        return True

    if not visit.server.door.write(visit.who.org, write):
        return _round(visit, key, wrong=say("web.inbox_needs_reason", visit.lang), status=422)
    return redirect(ONE, done="web.round_again_done" if again else "web.round_ended_done", cle=key)


def _copy(connection: Connection, visit: Visit, book: Book, key: str) -> RoundForm:
    """Give the form of a copy, where it is asked for with the stops alone that nobody validated, tomorrow."""
    of = find_round(book, key, visit.now_ms)
    if not visit.value("reste"):
        return copy_of(of, visit.value("jour"))
    (found,) = driven(connection, visit.who.org, [of], zone=visit.who.zone, now_ms=visit.now_ms)
    left = tuple(each.stop for each in found.stops if each.stop is not None and each.last is None)
    tomorrow = date.fromisoformat(day_of(visit.now_ms, visit.who.zone)) + timedelta(days=1)
    return copy_of(replace(of, stops=left), visit.value("jour") or tomorrow.isoformat())


def _save(connection: Connection, visit: Visit, form: RoundForm, *, once: str) -> str:
    """Save a round as its next version, and give its key; `""` where the form says why it is not saved."""
    book = load_book(connection, visit.who.org)
    before = find_round(book, form.key, visit.now_ms) if form.key else None
    newest = version_of(book, form.key) if form.key else ""
    made = checked(form, _known(connection, visit, book, before))
    if newest != form.seen:
        form.seen = newest
        form.wrong[""] = say("web.round_changed_meanwhile", visit.lang)
        form.padded()
        return ""
    if made is None:
        return ""
    if before is not None:
        made = replace(made, cancelled=before.cancelled, ended=before.ended)
    if made != before:
        _state(connection, visit, made, once=once)
    return made.key


def _state(connection: Connection, visit: Visit, of: Round, *, once: str = "") -> None:
    """State the next version of a round, by the door that an import goes through too."""
    body = {"table": TABLE, "key": of.key, "valid_from": 0, "row": of.row}
    record(connection, visit, [Draft(kind="reference.set", fields={"body": body})], once=once)


def _known(connection: Connection, visit: Visit, book: Book, before: Round | None) -> Known:
    """Give what a form may name; who and what a round names already stays, even if it is gone since."""
    org = visit.who.org
    people = {
        row.person: row.name
        for row in connection.execute(
            sa.select(PERSON.c.person, PERSON.c.name, PERSON.c.role, PERSON.c.active).where(PERSON.c.org == org)
        )
        if (row.active and Capability.COLLECT in capabilities_of(row.role))
        or (before is not None and row.person == before.person)
    }
    devices = {
        row.dev: row.name
        for row in connection.execute(
            sa.select(DEVICE.c.dev, DEVICE.c.name, DEVICE.c.status).where(DEVICE.c.org == org)
        )
        if row.status == "active" or (before is not None and row.dev == before.device)
    }
    return Known(book=book, people=people, devices=devices, lang=visit.lang)


def _form(
    connection: Connection, visit: Visit, book: Book, form: RoundForm, *, status: int = 200, is_changed: bool = False
) -> Response:
    before = find_round(book, form.key, visit.now_ms) if form.key else None
    known = _known(connection, visit, book, before)
    now_ms, day = visit.now_ms, day_of_form(form)
    places = [stop.place for stop in form.stops]
    closed = closed_places(book, (form.home, *places), day, now_ms=now_ms) if day else ""
    sites = [(key, planned_place(book, key, now_ms), book.site(key, now_ms).partner) for key in book.keys("site")]
    types = [(key, book.item_type(key, now_ms).name or key) for key in book.keys("item_type")]
    return render(
        visit,
        "round_plan.html",
        status=status,
        place=ROUNDS,
        form_=form.padded(),
        title=say("web.round_edit", visit.lang, name=title_of(before)) if before else say("web.round_new", visit.lang),
        is_changed=is_changed,
        homes=_sorted((key, name) for key, name, partner in sites if not partner),
        sites=_sorted((key, name) for key, name, _ in sites),
        types=_sorted(types),
        people=_sorted(known.people.items()),
        devices=_sorted(known.devices.items()),
        hints={key: " · ".join(_hints(book, key, day, visit)) for key in set(places)},
        closed=say("web.round_closed_form", visit.lang, day=long_day(day, visit.lang), places=closed)
        if day and closed
        else "",
    )


def _hints(book: Book, place: str, day: date | None, visit: Visit) -> list[str]:
    site = book.site(place, visit.now_ms)
    hours = open_words(site, day, lang=visit.lang) if day else ""
    return [text for text in (hours, site.address, site.access, site.reminder) if text]


def _sorted(options: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(options, key=lambda pair: (pair[1].casefold(), pair[0]))


def _may_plan(visit: Visit) -> bool:
    return ROUND_PLAN.allows(visit.who.capabilities)
