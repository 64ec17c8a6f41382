"""The page of all that is late at one partner: somebody calls once, and answers for all of it."""

from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.answering import ANSWERED
from boucle.clock import day_of
from boucle.roles import may_record
from boucle.words import say
from boucle_server.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from boucle_server.organisations import checked_text
from boucle_server.web import inbox, inbox_acts, inbox_answers, inbox_late, inbox_stock, inbox_words, once
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.inbox_case import Heap
from boucle_server.web.inbox_facts import an_asker, name_of
from boucle_server.web.inbox_late_words import LATE_PATH, late_href, partner_name, until_words
from boucle_server.web.item_words import moment
from boucle_server.web.places import INBOX
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

MOST_LISTED: Final = 50
_NOTHING: Final = Fields(pairs=())
Reading = Annotated[Visit, Depends(visits(INBOX))]
Sending = Annotated[Posted, Depends(posts(INBOX))]


@router.get(LATE_PATH + "/{partner:path}")
def late_page(visit: Reading, partner: str) -> Response:
    """Show what is late at a partner and waits, and what is followed up already."""
    return _page(visit, partner, typed=_NOTHING)


@router.post(LATE_PATH + "/{partner:path}")
def follow_up(posted: Sending, partner: str) -> Response:
    """Answer for all that is late at a partner, until a day; what was typed stays when it cannot be."""
    visit, typed, form_id = posted.visit, posted.fields, once.id_of(posted)

    def write(connection: Connection) -> str:
        if not may_record(visit.who.capabilities, ANSWERED):
            raise ForbiddenError("web.inbox_not_offered")
        if again := once.recorded(connection, visit, form_id):
            return again[0]
        reason = checked_text(typed.value("reason"), "reason", longest=inbox_acts.LONGEST, empty=True)
        asker = an_asker(visit, connection)
        waiting = inbox_late.by_partner(asker, inbox_stock.waiting(asker, partner))
        if not waiting and inbox_late.partner_answer(asker, partner) is not None:
            raise ConflictError("web.inbox_late_meanwhile", words=reason)
        if not waiting:
            raise NotFoundError("web.inbox_gone")
        today = day_of(visit.server.clock.now_ms(), visit.who.zone)
        draft = inbox_answers.draft_late(partner, waiting[0].n, typed, reason=reason, today=today)
        (event,) = once.record(connection, visit, [draft], once=form_id)
        return event

    try:
        event = visit.server.door.write(visit.who.org, write)
    except NotFoundError:
        raise
    except RefusedError as refused:
        return _page(visit, partner, typed=typed, wrong=refused.said(visit.lang), status=refused.status)
    return redirect(INBOX.path, done="web.inbox_late_done", kind=str(Heap.OVERDUE), evenement=event)


def _page(visit: Visit, partner: str, *, typed: Fields, wrong: str = "", status: int = 200) -> Response:
    lang = visit.lang
    with visit.server.database.reading() as connection:
        asker = an_asker(visit, connection)
        answer = inbox_late.partner_answer(asker, partner)
        found = inbox_late.by_partner(asker, inbox_stock.waiting(asker, partner)) if partner else []
        if not found and answer is None:
            raise NotFoundError("web.inbox_gone")
        cases = inbox.with_codes(asker, inbox_stock.late_at(asker, partner, MOST_LISTED))
        told = [inbox_words.told(asker, case, lang) for case in cases]
        name = partner_name(asker, partner)
        who = name_of(visit, connection, answer.actor) or say("web.somebody", lang) if answer else ""
        undo = answer.event if answer and inbox_acts.can_undo(connection, visit.who.org, answer.event) else ""
    said = say("web.inbox_answered_by", lang, who=who, when=moment(answer.at_ms, asker.zone, lang)) if answer else ""
    return render(
        visit,
        "inbox_late.html",
        status=status,
        place=INBOX,
        name=name,
        n_late=found[0].n if found else 0,
        cases=[(each, inbox_words.heap_name(case.heap, lang)) for each, case in zip(told, cases, strict=True)],
        action=late_href(partner),
        may_answer=may_record(visit.who.capabilities, ANSWERED),
        typed=typed,
        wrong=wrong,
        day=typed.value("until") or inbox_answers.usual_day(asker.today, Heap.OVERDUE),
        tomorrow=inbox_answers.day_after(asker.today, 1),
        last_day=inbox_answers.day_after(asker.today, inbox_answers.MOST_DAYS),
        said=said,
        why=answer.reason if answer else "",
        answered=answer.n if answer else 0,
        until=until_words(answer.until, lang) if answer else "",
        undo=undo,
    )
