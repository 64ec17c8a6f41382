"""The pages of returned products: the list, one return, its announcement, what came unannounced, every act."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.codes import Label, read_label
from boucle.events import Event
from boucle.item import Back
from boucle.proposing import KIND_OF
from boucle.reference import Book
from boucle.return_counts import Return
from boucle.roles import may_record
from boucle.words import say
from boucle_server import histories, reports, returns
from boucle_server.errors import ConflictError, ForbiddenError, NotFoundError
from boucle_server.projections import load_book
from boucle_server.returns import Product
from boucle_server.server_device import Draft
from boucle_server.web import acts, return_acts, return_inputs, return_words, returns_list
from boucle_server.web.acts import UNDO, Acted
from boucle_server.web.details import coded
from boucle_server.web.floor_tables import returns_table
from boucle_server.web.forms import Fields, Posted, brings, posts
from boucle_server.web.inputs import filled
from boucle_server.web.item_words import moment, printed
from boucle_server.web.once import id_of, sent_before
from boucle_server.web.photo_field import with_photo
from boucle_server.web.places import RETURNS
from boucle_server.web.rendering import redirect, render
from boucle_server.web.return_desk import ABOUT_ONE, ACTS, Desk
from boucle_server.web.return_form import form
from boucle_server.web.return_words import act_href, act_words, return_href
from boucle_server.web.rounds_list import people_of
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import format_of, table_file
from boucle_server.web.typed import today
from boucle_server.web.visit import Visit, visits
from boucle_server.web.work_bench import CHECKLIST

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
    """Do an act; nothing is recorded, and what was typed stays, where it would have no effect.

    Of two managers who confirm the same the second is told so, and what that one decided is kept without effect.
    """
    visit, typed = posted.visit, with_photo(posted.fields)
    if again := sent_before(posted):
        return redirect(return_href(rma), done="web.step_done", **{UNDO: acts.named(again)})
    with visit.server.database.reading() as connection:
        desk = _desk(connection, visit, act, rma, late=True)
    made = return_acts.drafts(act, desk, typed)
    if made.wrong:
        return _act_page(visit, act, rma, typed=typed, wrong=made.wrong, status=422)
    sure = bool(typed.value("sure"))
    if made.asks and not sure:
        return _act_page(visit, act, rma, typed=typed, asks=made.asks, status=409)

    asks: list[str] = []

    def make(connection: Connection) -> list[Draft]:
        """Make the acts again where nobody else writes: what was counted above may have been decided about since."""
        now = return_acts.drafts(act, _desk(connection, visit, act, rma, late=True), typed)
        asks.extend([] if sure else now.asks)
        return [] if asks or now.wrong else made.drafts

    def keep(connection: Connection) -> None:
        if made.photo:
            made.photo.keep(connection, visit.who.org, now_ms=visit.server.clock.now_ms())

    def decided_ms(connection: Connection) -> int:
        return _decided_ms(connection, visit, desk)

    confirms = act == "confirmer"
    after = decided_ms if confirms else None
    came = acts.act(visit, make, sure=sure, then=keep, keeps=confirms, after=after, once=id_of(posted))
    if not came.done:
        return _act_page(visit, act, rma, typed=typed, asks=asks, came=came, status=409)
    done = "web.return_late_done" if _is_late(visit, desk, came) else "web.step_done"
    return redirect(return_href(rma), done=done, **{UNDO: acts.named(came.ids)})


def _decided_ms(connection: Connection, visit: Visit, desk: Desk) -> int:
    """Give when what is to be confirmed was decided about last, as it stands where nobody else writes."""
    if desk.waits is None:
        return max(
            (each.item.order[0] for each in returns.products(connection, visit.who.org, desk.back.rma)), default=0
        )
    said = returns.said_of(connection, visit.who.org, desk.back, visit.who.zone, desk.book)
    return said.settled.by.get(desk.waits.id, desk.waits).teff


def _is_late(visit: Visit, desk: Desk, came: Acted) -> bool:
    """Tell whether what was recorded came too late to count; of a quantity as the fold has judged it by now."""
    if desk.waits is None:
        return bool(came.refused)
    with visit.server.database.reading() as connection:
        said = returns.said_of(connection, visit.who.org, desk.back, visit.who.zone, desk.book)
    return not said.settled.late.keys().isdisjoint(came.ids)


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


def _desk(connection: Connection, visit: Visit, act: str, rma: str, *, late: bool = False) -> Desk:
    """Find what an act is about; NotFoundError, ForbiddenError for another role, ConflictError when it is decided.

    `late` also takes a confirmation of what somebody else has confirmed by now.
    """
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
    if act == "confirmer":
        waits = _waiting(connection, visit, book, back, product, late=late)
    desk = Desk(visit=visit, book=book, back=back, numbered=numbered, product=product, line=line, waits=waits)
    held = visit.who.capabilities
    kinds = set(KIND_OF.values()) if act == "executer" else {ACTS[act]}
    if not any(may_record(held, each) for each in kinds):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
    return desk


def _waiting(
    connection: Connection, visit: Visit, book: Book, back: Return, product: Product | None, *, late: bool
) -> Event | None:
    """Find what is to be confirmed: the decision about a quantity, None for what a product itself says."""
    if product is not None:
        if not product.back.asked and not product.back.disposition:
            raise NotFoundError("web.return_gone")
        if not product.back.asked and not late:
            raise ConflictError("web.return_decided", what=_becomes(product.back.disposition, visit))
        return None
    said = returns.said_of(connection, visit.who.org, back, visit.who.zone, book)
    decision = said.decision(visit.value("decision"))
    if decision is None:
        raise NotFoundError("web.return_gone")
    if decision not in said.settled.waits and not late:
        by = said.settled.by.get(decision.id, decision)
        when = moment(by.teff, visit.who.zone, visit.lang)
        who = people_of(connection, visit, {by.actor}).get(by.actor) or say("web.somebody", visit.lang)
        what = _becomes(by.text("disposition"), visit)
        raise ConflictError("web.return_decided_by", what=what, who=who, when=when)
    return decision


def _becomes(disposition: str, visit: Visit) -> str:
    return coded("disposition", disposition, visit.lang)


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
        desk = replace(_desk(connection, visit, act, rma), answers=typed.value(CHECKLIST))
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
