"""The page of a quote for the owner of what is repaired: what is asked, and the answer, by a link, no account."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.push import Status
from boucle.words import say
from boucle_server import ingest, quotes, reports
from boucle_server.errors import ConflictError
from boucle_server.projections import load_book
from boucle_server.quotes import APPROVED, DECLINED, TAKES_ANSWER, Quote
from boucle_server.tables import ORG
from boucle_server.web.details import coded
from boucle_server.web.forms import Fields, Typed
from boucle_server.web.item_words import printed
from boucle_server.web.places import QUOTE
from boucle_server.web.quote_words import badge, terms
from boucle_server.web.rendering import UNLISTED, redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.typed import Answers
from boucle_server.web.visit import Visit, visits

router = pages_router()

Anybody = Annotated[Visit, Depends(visits(QUOTE))]
GONE: Final = 404
_CODE: Final = 200
_KINDS: Final = {"yes": APPROVED, "no": DECLINED}
_NOTHING: Final = Fields(pairs=())


@router.get(QUOTE.path + "/{code}")
def quote_page(visit: Anybody, code: str) -> Response:
    """Show a quote to whoever holds its link; a wrong link and one that has ended get the same answer."""
    with visit.server.database.reading() as connection:
        of = quotes.opened(connection, code[:_CODE], now_ms=visit.now_ms)
        return _gone(visit) if of is None else _page(connection, visit, of)


@router.post(QUOTE.path + "/{code}")
def answer(visit: Anybody, typed: Typed, code: str) -> Response:
    """Take the owner's answer, once, a refusal after it was confirmed; what was typed stays in the form."""
    answers = Answers(typed, visit.lang)
    by, reason = answers.text("by", required=True), answers.text("reason")
    chosen = answers.chosen("answer", [(key, "") for key in _KINDS], required=True)
    now_ms = visit.server.clock.now_ms()
    with visit.server.database.reading() as connection:
        of = quotes.opened(connection, code[:_CODE], now_ms=now_ms)
        if of is None:
            return _gone(visit)
        if of.standing not in TAKES_ANSWER:
            return _page(connection, visit, of, status=409)
        if typed.mended:
            answers.fault("answer", "web.form_mended")
        if answers.wrong:
            return _page(connection, visit, of, typed=typed, wrong=answers.wrong, status=422)
        if chosen == "no" and not typed.value("sure"):
            return _page(connection, visit, of, typed=typed, declines=True)

    def write(connection: Connection) -> bool:
        again = quotes.opened(connection, code[:_CODE], now_ms=now_ms)
        if again is None or again.standing not in TAKES_ANSWER:
            return False
        draft = quotes.answer(again, _KINDS[chosen], by=by, reason=reason if chosen == "no" else "")
        zone = reports.zone_of(connection, again.org)
        (result,) = ingest.accept_own(connection, again.org, [draft], actor="", now_ms=now_ms, zone=zone)
        if result.status is not Status.ACCEPTED:
            raise ConflictError("web.not_recorded")
        return True

    done = visit.server.door.write(of.org, write)
    return redirect(visit.path, done=f"web.quote_{'thanks' if done else 'too_late'}_done")


def _page(
    connection: Connection,
    visit: Visit,
    of: Quote,
    *,
    typed: Fields = _NOTHING,
    wrong: dict[str, str] | None = None,
    declines: bool = False,
    status: int = 200,
) -> Response:
    lang, event, book = visit.lang, of.event, load_book(connection, of.org)
    about: dict[str, Any] = {
        "item": printed(event.code),
        "type": reports.name_of(book, "item_type", of.item.type, visit.now_ms) if of.item.type else "",
        "number": event.task,
        "fault": coded("fault", of.job.fault, lang),
    }
    return render(
        visit,
        "quote.html",
        status=status,
        headers=UNLISTED,
        action=visit.path,
        org=connection.execute(sa.select(ORG.c.name).where(ORG.c.org == of.org)).scalar_one(),
        about=[(say(f"web.quote_{name}", lang), value) for name, value in about.items() if value],
        terms=terms(event.number("cents"), event.text("until"), event.text("covers"), lang),
        badge=badge(of.standing, lang),
        standing=of.standing,
        why=of.why,
        takes_answer=of.standing in TAKES_ANSWER,
        declines=declines or (bool(wrong) and typed.value("sure") == "1"),
        typed=typed,
        wrong=wrong or {},
    )


def _gone(visit: Visit) -> Response:
    return render(visit, "quote_gone.html", status=GONE, headers=UNLISTED)
