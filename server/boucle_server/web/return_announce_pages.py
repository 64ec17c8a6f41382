"""The pages of what is announced, and of what comes without an announcement: lines by number, by quantity, or both."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Depends
from starlette.responses import Response

from boucle.reference import Book
from boucle.words import say
from boucle_server import reports, returns
from boucle_server.imports import cells
from boucle_server.server_device import Draft
from boucle_server.web import acts
from boucle_server.web.acts import UNDO, Acted
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.inbox_acts import event_with
from boucle_server.web.inputs import Input, choice, filled
from boucle_server.web.once import id_of
from boucle_server.web.places import RETURNS
from boucle_server.web.rendering import redirect
from boucle_server.web.return_acts import codes_in
from boucle_server.web.return_desk import Desk, bare_desk
from boucle_server.web.return_form import form
from boucle_server.web.return_inputs import ROWS
from boucle_server.web.return_words import return_href
from boucle_server.web.routing import pages_router
from boucle_server.web.typed import Answers, number_of, today
from boucle_server.web.visit import Visit, visits

router = pages_router()

ANNOUNCE: Final = f"{RETURNS.path}/annoncer"
BLIND: Final = f"{RETURNS.path}/sans-annonce"
_NOTHING: Final = Fields(pairs=())
Reading = Annotated[Visit, Depends(visits(RETURNS))]
Sending = Annotated[Posted, Depends(posts(RETURNS))]


@router.get(ANNOUNCE)
def announce_form(visit: Reading) -> Response:
    """Show the form that announces a return."""
    return _announce_page(visit, _NOTHING, {})


@router.post(ANNOUNCE)
def announce(posted: Sending) -> Response:
    """Announce a return: by number, by quantity, or both."""
    visit, typed = posted.visit, posted.fields
    answers = Answers(typed, visit.lang)
    with visit.server.database.reading() as connection:
        desk = bare_desk(connection, visit)
    site = answers.chosen("from", desk.sites(ours=False), required=True)
    body = {"reason": reason} if (reason := answers.text("reason")) else {}
    rma = number_of("RT", today(visit))
    fields: dict[str, Any] = {"place": site, "task": rma, "body": body}
    drafts = _lines("return.announced", answers, desk, fields, rows=ROWS)
    if answers.wrong:
        return _announce_page(visit, typed, answers.wrong, status=422)
    came = acts.act(visit, lambda _: drafts, sure=bool(typed.value("sure")), once=id_of(posted))
    if not came.done:
        return _announce_page(visit, typed, {}, came=came, status=409)
    rma = _number(visit, came.ids) or rma
    return redirect(return_href(rma), done="web.return_announced_done", **{UNDO: acts.named(came.ids)})


@router.get(BLIND)
def blind_form(visit: Reading) -> Response:
    """Show the form for what comes without an announcement."""
    return _blind_page(visit, _NOTHING, {})


@router.post(BLIND)
def receive_blind(posted: Sending) -> Response:
    """Receive what nobody announced; its last way out says from whom it should come."""
    visit, typed = posted.visit, posted.fields
    answers = Answers(typed, visit.lang)
    with visit.server.database.reading() as connection:
        desk = bare_desk(connection, visit)
    site = answers.chosen("site", desk.sites(ours=True), required=True)
    giver = answers.chosen("from", desk.sites(ours=False))
    rma = number_of("RT", today(visit))
    fields: dict[str, Any] = {"place": site, "task": rma, "body": {"from": giver} if giver else {}}
    drafts = _lines("item.received", answers, desk, fields, rows=1)
    if answers.wrong:
        return _blind_page(visit, typed, answers.wrong, status=422)
    came = acts.act(visit, lambda _: drafts, sure=bool(typed.value("sure")), once=id_of(posted))
    if not came.done:
        return _blind_page(visit, typed, {}, came=came, status=409)
    rma = _number(visit, came.ids) or rma
    with visit.server.database.reading() as connection:
        known = bool(returns.returns(connection, visit.who.org, rma))
    href = return_href(rma) if known else RETURNS.path
    return redirect(href, done="web.return_received_done", **{UNDO: acts.named(came.ids)})


def _number(visit: Visit, ids: Sequence[str]) -> str:
    """Give the number under which lines were recorded; it is an earlier one where the form was sent before."""
    with visit.server.database.reading() as connection:
        event = event_with(connection, visit.who.org, ids[0])
    return event.task if event else ""


def _lines(kind: str, answers: Answers, desk: Desk, fields: dict[str, Any], *, rows: int) -> list[Draft]:
    """Give what was typed as events: one for each number, one for each type with its quantity; faults beside fields."""
    drafts = [Draft(kind=kind, fields={"code": code, **fields}) for code in codes_in(answers, "codes")]
    types = _types(desk)
    for row in range(1, rows + 1):
        item_type, n = answers.chosen(f"l{row}.type", types), answers.number(f"l{row}.n", cells.count)
        if bool(item_type) != bool(n):
            answers.fault(f"l{row}.n" if item_type else f"l{row}.type", "web.field_needed")
        if item_type and n:
            drafts.append(Draft(kind=kind, fields={"item_type": item_type, "qty": n, **fields}))
    if not drafts:
        answers.fault("codes", "web.return_no_lines")
    return drafts


def _announce_page(
    visit: Visit, typed: Fields, wrong: dict[str, str], *, came: Acted | None = None, status: int = 200
) -> Response:
    lang = visit.lang
    with visit.server.database.reading() as connection:
        desk = bare_desk(connection, visit)
    asked = [
        choice("from", say("web.return_from", lang), desk.sites(ours=False), required=True),
        Input(name="reason", label=say("web.return_reason", lang)),
        Input(name="codes", label=say("web.return_codes", lang), kind="long", help=say("web.return_codes_help", lang)),
    ]
    for row in range(1, ROWS + 1):
        asked += _line_inputs(row, desk)
    return form(
        visit,
        title=say("web.return_announce", lang),
        means=say("web.return_announce_means", lang),
        back=RETURNS.path,
        action=ANNOUNCE,
        inputs=filled(asked, typed, wrong),
        wrong=wrong,
        came=came,
        status=status,
    )


def _line_inputs(row: int, desk: Desk) -> list[Input]:
    group = say("web.return_line_n", desk.lang, n=row)
    return [
        choice(f"l{row}.type", say("web.filter_type", desk.lang), _types(desk), group=group),
        Input(name=f"l{row}.n", label=say("web.return_n", desk.lang), kind="number", group=group),
    ]


def _types(desk: Desk) -> list[tuple[str, str]]:
    book: Book = desk.book
    named = [(key, reports.name_of(book, "item_type", key, desk.visit.now_ms)) for key in book.keys("item_type")]
    return sorted(
        named, key=lambda one: (book.item_type(one[0], desk.visit.now_ms).nature != "product", one[1].casefold())
    )


def _blind_page(
    visit: Visit, typed: Fields, wrong: dict[str, str], *, came: Acted | None = None, status: int = 200
) -> Response:
    lang = visit.lang
    with visit.server.database.reading() as connection:
        desk = bare_desk(connection, visit)
    asked = [
        choice("site", say("web.return_at", lang), desk.sites(ours=True), required=True),
        choice(
            "from",
            say("web.return_brought_by", lang),
            desk.sites(ours=False),
            help=say("web.return_brought_help", lang),
        ),
        Input(name="codes", label=say("web.return_codes", lang), kind="long", help=say("web.return_codes_help", lang)),
        *_line_inputs(1, desk),
    ]
    return form(
        visit,
        title=say("web.return_blind", lang),
        means=say("web.return_blind_means", lang),
        back=RETURNS.path,
        action=BLIND,
        inputs=filled(asked, typed, wrong),
        wrong=wrong,
        came=came,
        status=status,
    )
