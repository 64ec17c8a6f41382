"""The pages of what wants a person: the heaps, one case with what can be done about it, the way back."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.words import say
from boucle_server import problem_reports
from boucle_server.errors import NotFoundError, RefusedError
from boucle_server.web import (
    inbox,
    inbox_acts,
    inbox_answers,
    inbox_differences,
    inbox_words,
)
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.inbox_facts import an_asker, content_of, facts_of, named, unqualified
from boucle_server.web.inbox_late import LOANS
from boucle_server.web.inbox_late_words import late_partner, late_partners
from boucle_server.web.inbox_photo_pages import photos_of
from boucle_server.web.inbox_seen import answered_list, answered_page, reviewed_page
from boucle_server.web.places import INBOX
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import MOST_ROWS, Table, format_of, table_file
from boucle_server.web.visit import LONGEST_SHOWN, Visit, visits

router = pages_router()

PAGE: Final = 50
GLANCE: Final = 4
"""Cases of each heap on the first page."""
_ID: Final = 64
_CONTRADICTIONS: Final = (Heap.UNKNOWN, Heap.CONTRADICTION)
_NOTHING: Final = Fields(pairs=())
Reading = Annotated[Visit, Depends(visits(INBOX))]
Sending = Annotated[Posted, Depends(posts(INBOX))]


@router.get(INBOX.path)
def inbox_page(visit: Reading) -> Response:
    """Show every heap with its oldest cases, or one heap page by page."""
    asked = visit.value("kind")
    heap = next((each for each in Heap if each == asked), None)
    if asked and heap is None:
        visit = visit.noting(say("web.inbox_bad_kind", visit.lang, asked=asked[:LONGEST_SHOWN]))
    with visit.server.database.reading() as connection:
        asker = an_asker(visit, connection)
        counts = inbox.counted(asker)
        heaps = [heap] if heap else [each for each in Heap if counts[each]]
        if format_of(visit):
            return _file(visit, asker, heaps)
        limit, after = (PAGE, visit.value("after")[:120]) if heap else (GLANCE, "")
        listed = {each: inbox.cases(asker, each, after=after, limit=limit + 1) for each in heaps}
        told = {each: [_told(asker, case, visit.lang) for case in found[:limit]] for each, found in listed.items()}
        answered = answered_list(visit, asker, heap) if heap else []
        partners = late_partners(visit, asker) if heap in LOANS else []
        undo = visit.value("evenement")
        undo = undo if undo and inbox_acts.can_undo(connection, visit.who.org, undo) else ""
    following = listed[heap][PAGE - 1].place if heap and len(listed[heap]) > PAGE else ""
    return render(
        visit,
        "inbox.html",
        place=INBOX,
        heap=heap,
        counts=counts,
        total=sum(counts.values()),
        cases=told,
        answered=answered,
        partners=partners,
        names={each: inbox_words.heap_name(each, visit.lang) for each in Heap},
        undo=undo,
        dismissed=visit.value("ecarte"),
        settled=visit.value("signalement")[:_ID],
        first=visit.here(after="") if after else "",
        next=visit.here(after=following) if following else "",
    )


def _file(visit: Visit, asker: Asker, heaps: list[Heap]) -> Response:
    """Give every case of the heaps as one table."""
    lang = visit.lang
    heads = [say(f"web.{key}", lang) for key in ("inbox_kinds", "what", "item", "filter_type", "when", "inbox_todo")]
    cases = [(heap, case) for heap in heaps for case in inbox.cases(asker, heap, limit=MOST_ROWS)]
    told = [(heap, _told(asker, case, lang)) for heap, case in cases]
    rows = [
        (inbox_words.heap_name(heap, lang), _whole(each), each.about, each.more or each.words, each.when, each.todo)
        for heap, each in told
    ]
    return table_file(visit, "a-traiter", [Table(key="cases", title=say(INBOX.words, lang), heads=heads, rows=rows)])


def _told(asker: Asker, case: Case, lang: str) -> inbox_words.Told:
    """Say a case, with what else waits about its device or stop."""
    also = [
        (inbox_words.told(asker, each, lang).what, inbox_words.case_href(each)) for each in inbox.beside(asker, case)
    ]
    return replace(inbox_words.told(asker, case, lang), also=tuple(also))


def _whole(told: inbox_words.Told) -> str:
    return " · ".join((told.what, *(what for what, _ in told.also)))


@router.get(INBOX.path + "/{heap}/{key:path}")
def case_page(visit: Reading, heap: Heap, key: str) -> Response:
    """Show one case, and what can be done about it."""
    with visit.server.database.reading() as connection:
        if heap in _CONTRADICTIONS and inbox.find(an_asker(visit, connection), heap, key) is None:
            return reviewed_page(visit, connection, key)
        if heap in inbox_answers.ACTS and inbox.find(an_asker(visit, connection), heap, key) is None:
            return answered_page(visit, connection, heap, key)
        return _case_page(visit, connection, heap, key, typed=_NOTHING)


@router.post(INBOX.path + "/annuler")
def undo(posted: Sending) -> Response:
    """Void what was just done."""
    visit = posted.visit

    def write(connection: Connection) -> inbox_acts.Done:
        event = posted.fields.value("event")
        if not inbox_acts.can_undo(connection, visit.who.org, event):
            raise NotFoundError("web.inbox_no_undo")
        return inbox_acts.void(connection, visit, event, reason="")

    visit.server.door.write(visit.who.org, write)
    return redirect(INBOX.path, done="web.inbox_undone_done")


@router.post(INBOX.path + "/rouvrir")
def reopen(posted: Sending) -> Response:
    """Let the report of a stranger that was just dealt with wait again."""
    visit = posted.visit

    def write(connection: Connection) -> None:
        if not problem_reports.reopen(connection, visit.who.org, id=posted.fields.value("report")[:_ID]):
            raise NotFoundError("web.inbox_no_undo")

    visit.server.door.write(visit.who.org, write)
    return redirect(INBOX.path, done="web.inbox_reopened_done")


@router.post(INBOX.path + "/{heap}/{key:path}")
def decide(posted: Sending, heap: Heap, key: str) -> Response:
    """Do what the form says; what was typed stays when it cannot be."""
    visit = posted.visit
    try:
        done = inbox_acts.act(visit, lambda connection: _case(an_asker(visit, connection), heap, key), posted.fields)
    except RefusedError as refused:
        with visit.server.database.reading() as connection:
            wrong = refused.said(visit.lang)
            return _case_page(visit, connection, heap, key, typed=posted.fields, wrong=wrong, status=refused.status)
    ways_back = {"evenement": done.event, "ecarte": done.dismissed, "signalement": done.report}
    more = {name: value for name, value in ways_back.items() if value}
    return redirect(INBOX.path, done=done.words, **more)


def _case_page(
    visit: Visit, connection: Connection, heap: Heap, key: str, *, typed: Fields, wrong: str = "", status: int = 200
) -> Response:
    asker = an_asker(visit, connection)
    case = _case(asker, heap, key)
    event = inbox_acts.event_with(connection, visit.who.org, case.event) if case.event else None
    facts = [] if event is None else facts_of(visit, connection, asker.book, case)
    return render(
        visit,
        "inbox_case.html",
        status=status,
        place=INBOX,
        case=case,
        told=_told(asker, case, visit.lang),
        name=inbox_words.heap_name(heap, visit.lang),
        also=[inbox_words.told(asker, each, visit.lang).what for each in inbox.also(asker, case)],
        action=inbox_words.case_href(case),
        offers=inbox_acts.offers(visit, case, event),
        link=inbox_acts.link_href(visit, case),
        facts=facts,
        photos=photos_of(connection, visit, case),
        content=content_of(connection, visit.who.org, case) if heap is Heap.ASIDE else "",
        types=named(asker, "item_type"),
        sites=named(asker, "site"),
        typed=typed,
        site=typed.value("site") or (event.place if event else ""),
        wrong=wrong,
        reasons=[(code, say(words, visit.lang)) for code, words in inbox_differences.because_of(case)],
        items=inbox_differences.listed(asker, case, visit.lang),
        unlisted=max(0, len(case.items) - inbox_differences.MOST_LISTED),
        day=typed.value("until") or inbox_answers.usual_day(asker.today, heap),
        tomorrow=inbox_answers.day_after(asker.today, 1),
        last_day=inbox_answers.day_after(asker.today, inbox_answers.MOST_DAYS),
        person=unqualified(visit, connection, case, event),
        partner=late_partner(asker, case) if heap in LOANS else None,
    )


def _case(asker: Asker, heap: Heap, key: str) -> Case:
    """Find a case by what an address says; NotFoundError when it is not there, or done already."""
    found = inbox.find(asker, heap, key)
    if found is None:
        raise NotFoundError("web.inbox_gone")
    return found
