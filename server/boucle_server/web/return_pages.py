"""The pages of returned products: the list, one return, its announcement, what came unannounced, every act."""

from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.codes import Label, read_label
from boucle.item import Back
from boucle.proposing import KIND_OF
from boucle.return_counts import Return
from boucle.roles import may_record
from boucle.words import say
from boucle_server import histories, reports, returns
from boucle_server.errors import ForbiddenError, NotFoundError
from boucle_server.projections import load_book
from boucle_server.web import acts, return_acts, return_inputs, return_words, returns_list
from boucle_server.web.acts import UNDO, Acted
from boucle_server.web.floor_tables import returns_table
from boucle_server.web.forms import Fields, Posted, brings, posts
from boucle_server.web.inputs import filled
from boucle_server.web.item_words import printed
from boucle_server.web.photo_field import with_photo
from boucle_server.web.places import RETURNS
from boucle_server.web.rendering import redirect, render
from boucle_server.web.return_desk import ABOUT_ONE, ACTS, Desk
from boucle_server.web.return_form import form
from boucle_server.web.return_words import act_href, act_words, return_href
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import format_of, table_file
from boucle_server.web.typed import today
from boucle_server.web.visit import Visit, visits

router = pages_router()

ANNOUNCE: Final = f"{RETURNS.path}/annoncer"
BLIND: Final = f"{RETURNS.path}/sans-annonce"
_NOTHING: Final = Fields(pairs=())
Reading = Annotated[Visit, Depends(visits(RETURNS))]
Sending = Annotated[Posted, Depends(posts(RETURNS))]
Bringing = Annotated[Posted, Depends(brings(RETURNS))]


@router.get(RETURNS.path)
def list_page(visit: Reading) -> Response:
    """Show returns; or lead to the one that a number or a label names."""
    sought = visit.value("q")
    with visit.server.database.reading() as connection:
        found_rma = _sought(connection, visit, sought) if sought else ""
        if found_rma:
            return redirect(return_href(found_rma))
        book = load_book(connection, visit.who.org)
        found = returns_list.listed(connection, visit, book)
        undo = acts.undoable(connection, visit)
    if format_of(visit) and not found.problems and not sought:
        return table_file(visit, "retours", [returns_table(found.every, book, visit)])
    held = visit.who.capabilities
    return render(
        visit.noting(*found.problems),
        "returns.html",
        place=RETURNS,
        found=found,
        sought=sought[:200],
        wrong=say("web.return_not_found", visit.lang, asked=sought[:20]) if sought else "",
        undo=undo,
        may_announce=may_record(held, "return.announced"),
        may_receive=may_record(held, "item.received"),
        first=visit.here(page="") if found.first else "",
        next=visit.here(page=str(found.first // returns_list.PAGE + 2))
        if len(found.every) > found.first + returns_list.PAGE
        else "",
    )


@router.get(RETURNS.path + "/dossier/{rma:path}")
def return_page(visit: Reading, rma: str) -> Response:
    """Show one return."""
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
        page = return_words.return_page(connection, visit, book, _return(connection, visit, rma))
        undo = acts.undoable(connection, visit)
    return render(visit, "return.html", place=RETURNS, page=page, undo=undo)


@router.post(RETURNS.path + "/annuler")
def undo_act(posted: Sending) -> Response:
    """Void what was just done."""
    visit = posted.visit
    acts.undo(visit, posted.fields.value("events"))
    rma = posted.fields.value("code")
    with visit.server.database.reading() as connection:
        known = rma and returns.returns(connection, visit.who.org, rma)
    return redirect(return_href(rma) if known else RETURNS.path, done="web.undone_done")


@router.get(RETURNS.path + "/acte/{act}/{rma:path}")
def act_form(visit: Reading, act: str, rma: str) -> Response:
    """Show what an act asks."""
    return _act_page(visit, act, rma, typed=_NOTHING)


@router.post(RETURNS.path + "/acte/{act}/{rma:path}")
def do_act(posted: Bringing, act: str, rma: str) -> Response:
    """Do an act; nothing is recorded, and what was typed stays, where it would have no effect."""
    visit, typed = posted.visit, with_photo(posted.fields)
    with visit.server.database.reading() as connection:
        desk = _desk(connection, visit, act, rma)
    made = return_acts.drafts(act, desk, typed)
    if made.wrong:
        return _act_page(visit, act, rma, typed=typed, wrong=made.wrong, status=422)
    sure = bool(typed.value("sure"))
    if made.asks and not sure:
        return _act_page(visit, act, rma, typed=typed, asks=made.asks, status=409)

    def keep(connection: Connection) -> None:
        if made.photo:
            made.photo.keep(connection, visit.who.org, now_ms=visit.server.clock.now_ms())

    came = acts.act(visit, lambda _: made.drafts, sure=sure, then=keep)
    if not came.done:
        return _act_page(visit, act, rma, typed=typed, came=came, status=409)
    return redirect(return_href(rma), done="web.step_done", **{UNDO: acts.named(came.ids)})


def _sought(connection: Connection, visit: Visit, text: str) -> str:
    """Give the number of the return that a text names, by itself or by the label of a product in it."""
    if returns.returns(connection, visit.who.org, text[:200]):
        return text[:200]
    if not isinstance(read_label(text), Label):
        return ""
    try:
        item = histories.find(connection, visit.who.org, text).item
    except NotFoundError:
        return ""
    return item.back.rma if isinstance(item.back, Back) else ""


def _return(connection: Connection, visit: Visit, rma: str) -> Return:
    found = returns.returns(connection, visit.who.org, rma[:200], today=today(visit))
    if not found:
        raise NotFoundError("web.return_gone")
    return found[0]


def _desk(connection: Connection, visit: Visit, act: str, rma: str) -> Desk:
    """Find what an act is about; NotFoundError, or ForbiddenError for another role."""
    if act not in ACTS:
        raise NotFoundError("web.no_page")
    back = _return(connection, visit, rma)
    numbered = tuple(returns.products(connection, visit.who.org, back.rma))
    code, kind = visit.value("objet"), visit.value("type")
    product = next((each for each in numbered if each.code == code), None)
    line = next((each for each in back.counts if kind and each.line.type == kind), None)
    if act in ABOUT_ONE and product is None and line is None:
        raise NotFoundError("web.return_gone")
    book, waits = load_book(connection, visit.who.org), None
    if act == "confirmer" and product is None:
        said = returns.events_of(connection, visit.who.org, back, visit.who.zone)
        pending = returns.waiting_decisions(said, book)
        waits = next((each for each in pending if each.id == visit.value("decision")), None)
    if act == "confirmer" and waits is None and not (product and product.back.asked):
        raise NotFoundError("web.return_gone")
    desk = Desk(visit=visit, book=book, back=back, numbered=numbered, product=product, line=line, waits=waits)
    held = visit.who.capabilities
    kinds = set(KIND_OF.values()) if act == "executer" else {ACTS[act]}
    if not any(may_record(held, each) for each in kinds):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
    return desk


def _act_page(
    visit: Visit,
    act: str,
    rma: str,
    *,
    typed: Fields,
    wrong: dict[str, str] | None = None,
    asks: list[str] | None = None,
    came: Acted | None = None,
    status: int = 200,
) -> Response:
    with visit.server.database.reading() as connection:
        desk = _desk(connection, visit, act, rma)
    about = {name: visit.value(name) for name in ("objet", "type", "decision")}
    name = printed(desk.product.code) if desk.product else desk.back.rma
    kind = desk.product.item.type if desk.product else desk.line.line.type if desk.line else ""
    asked = filled(return_inputs.inputs(act, desk), typed, wrong or {})
    return form(
        visit,
        title=act_words(act, visit.lang),
        means=say(f"web.return_means_{act}", visit.lang),
        about=name,
        type=reports.name_of(desk.book, "item_type", kind, visit.now_ms) if kind else "",
        back=return_href(desk.back.rma),
        action=act_href(act, desk.back.rma, **{key: value for key, value in about.items() if value}),
        inputs=[each for each in asked if each.kind != "hidden"],
        hidden=[each for each in asked if each.kind == "hidden"],
        wrong=wrong or {},
        came=came,
        more_doubts=asks or [],
        danger=act in ("refuser", "abandonner"),
        status=status,
    )
