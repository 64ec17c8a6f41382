"""The pages of cases that somebody took off the list, by an answer or a review, with the way back."""

from typing import Any, Final

from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.answering import Answer
from boucle.words import say
from boucle_server.errors import NotFoundError
from boucle_server.web import inbox, inbox_acts, inbox_differences, inbox_received, inbox_words, numbers
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.inbox_facts import an_asker, facts_of, name_of
from boucle_server.web.item_words import moment
from boucle_server.web.places import INBOX
from boucle_server.web.rendering import render
from boucle_server.web.visit import Visit

MOST_LISTED: Final = 50


def answered_list(visit: Visit, asker: Asker, heap: Heap) -> list[tuple[str, str, str]]:
    """Give what somebody answered of a heap and when it comes back, each with its page."""
    return [
        (inbox_words.told(asker, case, visit.lang).what, inbox_words.case_href(case), _returns(visit, answer))
        for case, answer in inbox.all_answered(asker, heap)[:MOST_LISTED]
    ]


def _returns(visit: Visit, answer: Answer) -> str:
    if not answer.until:
        return ""
    return say("web.inbox_until", visit.lang, day=numbers.day_name(answer.until, visit.lang))


def answered_page(visit: Visit, connection: Connection, heap: Heap, key: str) -> Response:
    """Show a case that somebody answered: by whom, why, until when, with the way back."""
    asker = an_asker(visit, connection)
    found = inbox.answered(asker, heap, key)
    if found is None:
        raise NotFoundError("web.inbox_gone")
    case, answer = found
    because = inbox_differences.because_words(answer.because, visit.lang)
    who = name_of(visit, connection, answer.actor) or say("web.somebody", visit.lang)
    return _seen(
        visit,
        asker,
        case,
        answer.event,
        title=say("web.inbox_answered", visit.lang),
        said=say("web.inbox_answered_by", visit.lang, who=who, when=moment(answer.at_ms, asker.zone, visit.lang)),
        why=" · ".join(text for text in (because, answer.reason) if text),
        until=_returns(visit, answer),
    )


def reviewed_page(visit: Visit, connection: Connection, key: str) -> Response:
    """Show a contradiction that somebody found right, by whom and why, with the way back."""
    asker = an_asker(visit, connection)
    event, _, reason = key.partition(".")
    found = inbox_received.review(asker, event, reason)
    if found is None:
        raise NotFoundError("web.inbox_gone")
    case, review = found
    who = name_of(visit, connection, review.actor) or say("web.somebody", visit.lang)
    return _seen(
        visit,
        asker,
        case,
        review.event,
        title=say("web.inbox_seen_right", visit.lang),
        said=say("web.inbox_seen", visit.lang, who=who, when=moment(review.at_ms, asker.zone, visit.lang)),
        why=review.reason,
        until="",
    )


def _seen(visit: Visit, asker: Asker, case: Case, event: str, **words: Any) -> Response:
    """Show a case that an event took off the list: the words of who and why, the way back while there is one."""
    return render(
        visit,
        "inbox_seen.html",
        place=INBOX,
        case=case,
        told=inbox_words.told(asker, case, visit.lang),
        name=inbox_words.heap_name(case.heap, visit.lang),
        facts=facts_of(visit, asker.connection, asker.book, case),
        undo=event if inbox_acts.can_undo(asker.connection, asker.org, event) else "",
        **words,
    )
