"""The pages of the workshop: the board and its equal list, one repair, each step of it, a new one."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.codes import Label, read_label
from boucle.item import Item
from boucle.roles import may_record
from boucle.words import say
from boucle_server import documents, histories, reports
from boucle_server.errors import ConflictError, ForbiddenError, NotFoundError
from boucle_server.projections import SqlStore, load_book
from boucle_server.repairs import faults_seen
from boucle_server.server_device import Draft
from boucle_server.web import acts, certificate_acts, qualified, ticket, work_acts, work_inputs, work_steps
from boucle_server.web.acts import UNDO, Acted
from boucle_server.web.floor_tables import repairs_table
from boucle_server.web.forms import Fields, Posted, brings, posts
from boucle_server.web.inputs import Input, choice, filled
from boucle_server.web.item_words import href_of, printed
from boucle_server.web.items import look_up
from boucle_server.web.once import id_of, sent_before
from boucle_server.web.photo_field import FIELD, read_photo, with_photo
from boucle_server.web.places import WORKSHOP
from boucle_server.web.rendering import LIVE_POLICY, redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import format_of, table_file
from boucle_server.web.typed import Answers, number_of, today
from boucle_server.web.visit import Visit, visits
from boucle_server.web.work_bench import CHECKLIST, Bench, owner_field, partners, priorities
from boucle_server.web.work_steps import BY_KEY, Step
from boucle_server.web.workshop import board, step_href, step_words, ticket_href

router = pages_router()

OPEN: Final = f"{WORKSHOP.path}/ouvrir"
_NOTHING: Final = Fields(pairs=())
Reading = Annotated[Visit, Depends(visits(WORKSHOP))]
Sending = Annotated[Posted, Depends(posts(WORKSHOP))]
Bringing = Annotated[Posted, Depends(brings(WORKSHOP))]


@router.get(WORKSHOP.path)
def board_page(visit: Reading) -> Response:
    """Show what waits in the workshop, as columns or as a list; or lead to the repair of a code that was typed."""
    typed, wrong = visit.value("code"), ""
    with visit.server.database.reading() as connection:
        if typed:
            href, wrong = look_up(connection, visit.who.org, typed, visit.lang)
            label = read_label(typed)
            if href and isinstance(label, Label):
                return redirect(ticket_href(label.key))
        shown = board(connection, visit, load_book(connection, visit.who.org))
        undo = acts.undoable(connection, visit)
    if format_of(visit) and not shown.problems and not wrong:
        return table_file(visit, "atelier", [repairs_table(shown, visit.lang)])
    as_list = visit.value("vue") == "liste"
    return render(
        visit.noting(*shown.problems),
        "workshop_list.html" if as_list else "workshop.html",
        place=WORKSHOP,
        board=shown,
        as_list=as_list,
        typed=typed[:200],
        wrong=wrong,
        undo=undo,
        may_open=may_record(visit.who.capabilities, "work.opened"),
    )


@router.get(OPEN)
def open_form(visit: Reading) -> Response:
    """Show the form that opens a repair."""
    return _open_page(visit, Fields(pairs=(("code", visit.value("code")),) if visit.value("code") else ()), {})


@router.post(OPEN)
def open_repair(posted: Bringing) -> Response:
    """Open a repair of the thing that a code names."""
    visit, typed = posted.visit, with_photo(posted.fields)
    answers = Answers(typed, visit.lang)
    code = answers.code("code")
    if not code:
        answers.fault("code", "web.field_needed")
    body = {
        "reason": answers.text("reason"),
        "due_ms": answers.day_ms("due", visit.who.zone),
        "priority": answers.chosen("priority", priorities(visit.lang)),
    }
    photo = read_photo(answers)
    with visit.server.database.reading() as connection:
        store = SqlStore(connection, visit.who.org)
        sites = _sites(visit, connection)
        body["owner"] = answers.chosen("owner", partners(visit, store.book()))
        item = _item(connection, visit, code) if code else None
        if code and not store.bindings([code]):
            answers.fault("code", "web.code_unknown", asked=printed(code))
    site = answers.chosen("site", sites, required=not (item and item.site)) or (item.site if item else "")
    if answers.wrong:
        return _open_page(visit, typed, answers.wrong, status=422)
    draft = Draft(
        kind="work.opened",
        fields={
            "code": code,
            "place": site,
            "task": number_of("OR", today(visit)),
            "body": {name: value for name, value in body.items() if value},
            **({"photos": [dict(photo.announced)]} if photo else {}),
        },
    )

    def keep(connection: Connection) -> None:
        if photo:
            photo.keep(connection, visit.who.org, now_ms=visit.server.clock.now_ms())

    came = acts.act(visit, lambda _: [draft], sure=bool(typed.value("sure")), then=keep, once=id_of(posted))
    if not came.done:
        return _open_page(visit, typed, {}, came=came, status=409)
    return redirect(ticket_href(code), done="web.work_opened_done", **{UNDO: acts.named(came.ids)})


@router.post(WORKSHOP.path + "/annuler")
def undo_step(posted: Sending) -> Response:
    """Void what was just done."""
    visit = posted.visit
    acts.undo(visit, posted.fields.value("events"))
    code = posted.fields.value("code")
    label = read_label(code) if code else None
    href = ticket_href(label.key) if isinstance(label, Label) else WORKSHOP.path
    return redirect(href, done="web.undone_done")


@router.get(WORKSHOP.path + "/fiche/{code:path}")
def repair_page(visit: Reading, code: str) -> Response:
    """Show one repair."""
    with visit.server.database.reading() as connection:
        page = ticket.ticket_page(connection, visit, load_book(connection, visit.who.org), code[:1024])
        undo = acts.undoable(connection, visit)
    may_open = not page.is_past and not page.is_retired and may_record(visit.who.capabilities, "work.opened")
    return render(visit, "ticket.html", place=WORKSHOP, page=page, undo=undo, may_open=may_open)


@router.get(WORKSHOP.path + "/etape/{step}/{code:path}")
def step_form(visit: Reading, step: str, code: str) -> Response:
    """Show what a step asks."""
    return _step_page(visit, _step(step), code, typed=_NOTHING)


@router.post(WORKSHOP.path + "/etape/{step}/{code:path}")
def do_step(posted: Bringing, step: str, code: str) -> Response:
    """Do a step; nothing is recorded, and what was typed stays, where it would have no effect."""
    visit, known = posted.visit, _step(step)
    brought = posted.fields
    typed = with_photo(brought)
    if again := sent_before(posted):
        return redirect(ticket_href(code), done="web.step_done", **{UNDO: acts.named(again)})
    with visit.server.database.reading() as connection:
        bench = _bench(connection, visit, known, code)
    made = work_acts.drafts(known, bench, replace(typed, files=brought.files))
    if made.wrong:
        return _step_page(visit, known, code, typed=typed, wrong=made.wrong, status=422)
    now_ms = visit.server.clock.now_ms()

    def make(connection: Connection) -> list[Draft]:
        settled = _settled(connection, visit, made.drafts)
        return certificate_acts.sealed(connection, visit, settled, now_ms=now_ms)

    def keep(connection: Connection) -> None:
        for photo in made.photos:
            photo.keep(connection, visit.who.org, now_ms=now_ms)
        if made.document:
            documents.keep(connection, visit.who.org, made.document, now_ms=now_ms)

    came = acts.act(visit, make, sure=bool(typed.value("sure")), now_ms=now_ms, then=keep, once=id_of(posted))
    if not came.done:
        return _step_page(visit, known, code, typed=typed, came=came, status=409)
    return redirect(ticket_href(bench.code), done="web.step_done", **{UNDO: acts.named(came.ids)})


def _settled(connection: Connection, visit: Visit, drafts: list[Draft]) -> list[Draft]:
    """Let a part that has a life already come out of its host, instead of beginning another."""
    store = SqlStore(connection, visit.who.org)
    taken = [str(each.fields["code"]) for each in drafts if each.kind == "item.commissioned"]
    bound = store.bindings(taken)

    def settle(draft: Draft) -> Draft:
        if draft.kind != "item.commissioned" or draft.fields["code"] not in bound:
            return draft
        kept = {name: draft.fields[name] for name in ("code", "place", "task", "other") if name in draft.fields}
        return Draft(kind="part.removed", fields=kept)

    return [settle(each) for each in drafts]


def _step(key: str) -> Step:
    if key not in BY_KEY:
        raise NotFoundError("web.no_page")
    return BY_KEY[key]


def _item(connection: Connection, visit: Visit, code: str) -> Item | None:
    try:
        return histories.find(connection, visit.who.org, code).item
    except NotFoundError:
        return None


def _bench(connection: Connection, visit: Visit, step: Step, code: str) -> Bench:
    """Find what a step is about; ForbiddenError for another role, ConflictError where it does not fit now."""
    known = histories.find(connection, visit.who.org, code[:1024])
    item, key = ticket.bench_of(known)
    if not may_record(visit.who.capabilities, step.kind):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
    if not work_steps.may_go(step, item):
        stage = (
            say(f"state.work.{item.work_stage}", visit.lang) if item.work_stage else say("web.no_repair", visit.lang)
        )
        raise ConflictError("web.step_early" if work_steps.is_early(step, item) else "web.step_gone", stage=stage)
    opening = ticket.opening_of(connection, visit.who.org, key) if step.key == "planifier" else None
    if step.key == "planifier" and opening is None:
        raise ConflictError("web.no_opening")
    return Bench(
        visit=visit,
        book=load_book(connection, visit.who.org),
        item=item,
        code=key,
        place=item.site,
        step=step.key,
        opening=opening.id if opening else "",
        reason=opening.text("reason") if opening else "",
        faults_seen=tuple(faults_seen(connection, visit.who.org, item.type)) if "fault" in step.asks else (),
    )


def _step_page(
    visit: Visit,
    step: Step,
    code: str,
    *,
    typed: Fields,
    wrong: dict[str, str] | None = None,
    came: Acted | None = None,
    status: int = 200,
) -> Response:
    with visit.server.database.reading() as connection:
        bench = replace(_bench(connection, visit, step, code), answers=typed.value(CHECKLIST))
        book = bench.book
        lacking = qualified.sentences(connection, visit, book, bench.item, step.kind)
        lacks = partial(qualified.lacks_of, visit, book, bench.item)
        offers = work_steps.offers(bench.item, visit.who.capabilities, visit.who.person, lacks=lacks)
    asked = filled(work_inputs.inputs(step, bench), typed, wrong or {})
    hindrance = next((each.hindrance for each in offers if each.step == step), None)
    return render(
        visit,
        "step.html",
        status=status,
        headers={"Content-Security-Policy": LIVE_POLICY} if any(each.kind == "photo" for each in asked) else None,
        place=WORKSHOP,
        title=step_words(step.key, visit.lang),
        means=say(f"web.step_means_{step.key.replace('-', '_')}", visit.lang),
        about=printed(bench.code),
        item_href=href_of(bench.code),
        type=reports.name_of(book, "item_type", bench.item.type, visit.now_ms) if bench.item.type else "",
        back=ticket_href(bench.code),
        action=step_href(step.key, bench.code),
        inputs=[each for each in asked if each.kind != "hidden"],
        hidden=[each for each in asked if each.kind == "hidden"],
        wrong=bool(wrong),
        hindrance=hindrance,
        lacking=lacking,
        danger=step.is_last_resort,
        **acts.told(came),
    )


def _sites(visit: Visit, connection: Connection) -> list[tuple[str, str]]:
    book = load_book(connection, visit.who.org)
    ours = [key for key in book.keys("site") if not book.site(key, visit.now_ms).partner]
    return sorted(((key, reports.name_of(book, "site", key, visit.now_ms)) for key in ours), key=lambda one: one[1])


def _open_page(
    visit: Visit, typed: Fields, wrong: dict[str, str], *, came: Acted | None = None, status: int = 200
) -> Response:
    with visit.server.database.reading() as connection:
        sites = _sites(visit, connection)
        owners = partners(visit, load_book(connection, visit.who.org))
    lang = visit.lang
    asked = [
        Input(
            name="code", label=say("web.work_code", lang), kind="code", required=True, help=say("web.search_help", lang)
        ),
        Input(name="reason", label=say("web.work_symptom", lang), kind="long", help=say("web.work_symptom_help", lang)),
        Input(name="due", label=say("web.work_due", lang), kind="date"),
        choice("priority", say("web.work_priority", lang), priorities(lang), value="normal"),
        owner_field(owners, lang),
        choice("site", say("web.work_site", lang), sites, help=say("web.work_site_help", lang)),
        Input(name=FIELD, label=say("web.work_photo", lang), kind="photo", help=say("web.work_photo_help", lang)),
    ]
    return render(
        visit,
        "step.html",
        status=status,
        headers={"Content-Security-Policy": LIVE_POLICY},
        place=WORKSHOP,
        title=say("web.work_open", lang),
        means=say("web.work_open_means", lang),
        about="",
        item_href="",
        type="",
        back=WORKSHOP.path,
        action=OPEN,
        inputs=filled(asked, typed, wrong),
        hidden=[],
        wrong=bool(wrong),
        hindrance=None,
        lacking=[],
        danger=False,
        **acts.told(came),
    )
