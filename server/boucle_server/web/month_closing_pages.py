"""The page on which a person closes a month, or closes it again after what came later."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.words import say
from boucle_server import closing, reports
from boucle_server.errors import ConflictError, InvalidInputError, RefusedError
from boucle_server.months import last_closings
from boucle_server.organisations import checked_text
from boucle_server.projections import load_book
from boucle_server.web.asking import Asked, asked
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.inbox_facts import an_asker, name_of
from boucle_server.web.month_closing import MonthClosing, month_closing
from boucle_server.web.numbers import month_name
from boucle_server.web.places import DASHBOARD, MONTH_END
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

LONGEST: Final = 500
MOST_DIGITS: Final = 9
_NOTHING: Final = Fields(pairs=())
_WORDS: Final = {
    "month.still_runs": "web.close_runs",
    "month.needs_reason": "web.close_needs_reason",
    "month.nothing_new": "web.close_nothing_new",
    "month.before_first": "web.close_before_first",
    "month.nothing_known": "web.close_before_first",
}
"""How this page says why a month is not closed: there are no options of a command here."""
Reading = Annotated[Visit, Depends(visits(MONTH_END))]
Sending = Annotated[Posted, Depends(posts(MONTH_END))]


@router.get(MONTH_END.path)
def close_form(visit: Reading) -> Response:
    """Show what is missing of a month, what closing it does, and the one act."""
    return _page(visit, visit.value("month"), typed=_NOTHING)


@router.post(MONTH_END.path)
def close(posted: Sending) -> Response:
    """Close the month; a form that is sent twice closes it once."""
    typed = posted.fields
    month = reports.checked_month(typed.value("month"))
    visit = replace(posted.visit, query=(("month", month),))
    try:
        reason = checked_text(typed.value("reason"), "reason", longest=LONGEST, empty=True)
        with visit.server.database.reading() as connection:
            _check_read(connection, visit, month, typed)

        def write(connection: Connection) -> None:
            if _is_done(connection, visit.who.org, month, typed):
                return
            now_ms = visit.server.clock.now_ms()
            closing.close(connection, visit.who.org, month, by=visit.who.person, now_ms=now_ms, reason=reason)

        visit.server.door.write(visit.who.org, write)
    except RefusedError as refused:
        return _page(visit, month, typed=typed, wrong=_said(visit, month, refused), status=refused.status)
    return redirect(MONTH_END.path, done="web.month_closed_done", month=month)


def _is_done(connection: Connection, org: str, month: str, typed: Fields) -> bool:
    """Tell whether what a form asks for is there: it was sent before, or a colleague has just closed what it shows."""
    last = last_closings(connection, org).get(month)
    return last is not None and typed.value("revision") == str(last.revision)


def _check_read(connection: Connection, visit: Visit, month: str, typed: Fields) -> None:
    """InvalidInputError where something is missing and nobody said that it is known; ConflictError where more is."""
    question = _asked(visit, connection, month)
    if question is None or question.month != month or _is_done(connection, visit.who.org, month, typed):
        return  # closing it says why it cannot be
    content = _content(visit, connection, question)
    if not content.may_close:
        return
    shown = typed.value("lacks")
    if content.lacks > (int(shown) if shown.isdecimal() and len(shown) < MOST_DIGITS else 0):
        raise ConflictError("web.close_more", n=content.lacks)
    if content.lacks and not typed.value("anyway"):
        raise InvalidInputError("web.close_lacks", n=content.lacks)


def _said(visit: Visit, month: str, refused: RefusedError) -> str:
    key = _WORDS.get(refused.key)
    return say(key, visit.lang, month=month_name(month, visit.lang)) if key else refused.said(visit.lang)


def _asked(visit: Visit, connection: Connection, month: str) -> Asked | None:
    """Read the month alone: a month is closed whole, whatever a page was narrowed to."""
    return asked(replace(visit, query=(("month", month),)), connection, load_book(connection, visit.who.org))


def _content(visit: Visit, connection: Connection, question: Asked) -> MonthClosing:
    asker = an_asker(visit, connection)
    return month_closing(asker, question, person=lambda person: name_of(visit, connection, person))


def _page(visit: Visit, month: str, *, typed: Fields, wrong: str = "", status: int = 200) -> Response:
    with visit.server.database.reading() as connection:
        question = _asked(visit, connection, month)
        if question is None:
            return render(visit, "no_data.html", place=DASHBOARD)
        content = _content(visit, connection, question)
    return render(
        visit.noting(*question.problems),
        "month_close.html",
        status=status,
        place=DASHBOARD,
        page=content,
        asked=question,
        typed=typed,
        wrong=wrong,
    )
