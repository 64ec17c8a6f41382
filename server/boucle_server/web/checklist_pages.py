"""The pages of checklists: which there are, and one with its editor, what the phone shows, and every version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.checklists import TABLE, Asks, Checklist, Moment, Step, checklists_in, read_checklist
from boucle.clock import instant_of
from boucle.qualifications import Act, qualifications
from boucle.reference import Book
from boucle.words import say
from boucle_server import ingest, reports
from boucle_server.errors import NotFoundError
from boucle_server.imports import cells
from boucle_server.imports.planned import Plan, RowOutcome
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.web import checklist_form, details, register
from boucle_server.web.checklist_form import Row
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.item_words import moment
from boucle_server.web.places import ADMIN, CHECKLISTS
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import Table, format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

ONE: Final = CHECKLISTS.path + "/liste"
_ACTS: Final = {
    Moment.CONTROL: {Act.CONTROL},
    Moment.TEST: {Act.TEST},
    Moment.QUALITY: {Act.REQUALIFY, Act.RELEASE},
    Moment.ENTRY: set[Act](),
}
"""The acts that are held to a list of each moment."""
Reading = Annotated[Visit, Depends(visits(CHECKLISTS))]


@router.get(CHECKLISTS.path)
def checklists_page(visit: Reading) -> Response:
    """List every checklist as it holds now, or as it last was."""
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
    held = {each.key for each in checklists_in(book, at_ms=visit.now_ms) if each.steps}
    listed = [(key, known[-1]) for key in book.keys(TABLE) if (known := _versions(book, key))]
    listed.sort(key=lambda pair: (list(Moment).index(pair[1].moment), pair[1].say(visit.lang).casefold()))
    lines = [(key, of.say(visit.lang), _when(of, visit), _types(of, book, visit), key in held) for key, of in listed]
    if format_of(visit):
        return table_file(visit, "listes", [_listed(visit, lines)])
    return render(visit, "checklists.html", place=ADMIN, lines=lines)


def _listed(visit: Visit, lines: Sequence[tuple[str, str, str, str, bool]]) -> Table:
    """Give the list as a table: the key of each checklist beside what the page shows."""
    heads = [
        say(f"web.{name}", visit.lang) for name in ("checklist_name", "checklist_moment", "reg_types", "people_state")
    ]
    states = {held: say("web.register_holds" if held else "web.checklist_idle", visit.lang) for held in (True, False)}
    rows = [(key, name, when, types, states[holds]) for key, name, when, types, holds in lines]
    return Table(key="checklists", title=say(CHECKLISTS.words, visit.lang), heads=["id", *heads], rows=rows)


@router.get(ONE)
def checklist_page(visit: Reading) -> Response:
    """Show a checklist with its editor, or an empty editor for a new one."""
    return _page(visit, visit.value("cle"))


@router.post(ONE)
def checklist_save(posted: Annotated[Posted, Depends(posts(CHECKLISTS))]) -> Response:
    """State a version; or give more steps to fill in, or withdraw the checklist from now on."""
    visit, typed = posted.visit, posted.fields
    key = typed.value("cle")
    if typed.value("act") == "more":
        rows = checklist_form.with_blank(checklist_form.typed_rows(typed), checklist_form.MORE)
        return _page(visit, key, typed=typed, rows=rows)
    if typed.value("act") == "withdraw":
        return _withdraw(visit, key)
    if not typed.value("sure") and _is_back_dated(visit, typed):
        return _page(visit, key, typed=typed, rows=checklist_form.typed_rows(typed), ask=True)

    def write(connection: Connection) -> tuple[Plan, list[Row]]:
        book = load_book(connection, visit.who.org)
        now_ms = visit.server.clock.now_ms()
        made, steps = checklist_form.planned(typed, book, now_ms=now_ms, zone=visit.who.zone)
        if made.drafts and not made.faults and (key or not book.has(TABLE, typed.value("key"))):
            ingest.accept_own(
                connection, visit.who.org, made.drafts, actor=visit.who.person, now_ms=now_ms, zone=visit.who.zone
            )
        return made, steps

    made, steps = visit.server.door.write(visit.who.org, write)
    wrong, steps = checklist_form.faults_of(made, steps, visit.lang)
    if not steps:
        wrong[""] = say("web.checklist_no_steps", visit.lang)
    elif not key and not made.faults and not made.counts[RowOutcome.CREATED]:
        wrong["key"] = say("web.register_exists", visit.lang)
    if wrong or made.faults:
        return _page(visit, key, typed=typed, rows=steps or checklist_form.typed_rows(typed), wrong=wrong)
    done = "web.register_same_done" if made.counts[RowOutcome.UNCHANGED] else "web.checklist_saved_done"
    return redirect(ONE, done=done, cle=key or typed.value("key"))


def _withdraw(visit: Visit, key: str) -> Response:
    """Let a checklist ask nothing from now on, nor what was to begin later; answers keep what they answered."""

    def write(connection: Connection) -> None:
        known = _versions(load_book(connection, visit.who.org), key)
        if not known:
            raise NotFoundError("web.register_gone")
        now_ms = visit.server.clock.now_ms()
        starts = [now_ms, *(each.valid_from for each in known if each.valid_from > now_ms)]
        row = {**known[-1].row, "steps": []}
        drafts = [
            Draft(
                kind="reference.set",
                fields={"body": {"table": TABLE, "key": key, "valid_from": at_ms, "row": row}},
            )
            for at_ms in starts
        ]
        ingest.accept_own(connection, visit.who.org, drafts, actor=visit.who.person, now_ms=now_ms, zone=visit.who.zone)

    visit.server.door.write(visit.who.org, write)
    return redirect(CHECKLISTS.path, done="web.checklist_withdrawn_done")


def _is_back_dated(visit: Visit, typed: Fields) -> bool:
    try:
        start = cells.instant(typed.value("valid_from")) if typed.value("valid_from") else None
    except cells.CellError:
        return False
    return isinstance(start, datetime) and instant_of(start, visit.who.zone) < visit.now_ms


def _page(
    visit: Visit,
    key: str,
    *,
    typed: Fields | None = None,
    rows: list[Row] | None = None,
    wrong: dict[str, str] | None = None,
    ask: bool = False,
) -> Response:
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
        known = _versions(book, key)
        if key and not known:
            raise NotFoundError("web.register_gone")
        past = _past(connection, visit, book, key)
    asking = [each for each in known if each.steps]
    last = asking[-1] if asking else known[-1] if known else None
    shown = next((each for each in known if each.ref == visit.value("version")), last)
    head = checklist_form.head_of(last)
    chosen = set(typed.values("types") if typed else head["types"].split(","))
    types = [(each, reports.name_of(book, "item_type", each, visit.now_ms), each in chosen) for each in _keys(book)]
    is_wrong = bool(wrong) or any(each.wrong for each in rows or ())
    return render(
        visit,
        "checklist.html",
        status=422 if is_wrong else 200,
        place=ADMIN,
        key=key,
        title=last.say(visit.lang) if last else say("web.checklist_new", visit.lang),
        values={name: typed.value(name) for name in (*head, "valid_from")} if typed else {**head, "valid_from": ""},
        moments=[("", say("web.choose", visit.lang)), *((str(each), _moment(each, visit)) for each in Moment)],
        types=types,
        rows=rows if rows is not None else checklist_form.rows_of(last, visit.lang),
        units=checklist_form.units(visit.lang),
        ways=checklist_form.ways(visit.lang),
        wrong=wrong or {},
        is_wrong=is_wrong,
        ask=ask,
        shown=_preview(shown, book, visit) if shown else None,
        past=past,
        is_held=any(each.key == key and each.steps for each in checklists_in(book, at_ms=visit.now_ms)),
    )


def _preview(of: Checklist, book: Book, visit: Visit) -> dict[str, Any]:
    """Say a version as the phone shows it, with who signs for it."""
    lang = visit.lang
    signs = [say("web.checklist_signs_quality", lang)] if of.moment is Moment.QUALITY else []
    signs += [
        say("web.checklist_signs_qualified", lang, name=rule.name)
        for rule in qualifications(book, at_ms=visit.now_ms)
        if rule.acts & _ACTS[of.moment] and (not rule.types or not of.types or rule.types & set(of.types))
    ]
    return {
        "ref": of.ref.rpartition("@")[2],
        "name": of.say(lang),
        "moment": _moment(of.moment, visit),
        "steps": [_asked(each, lang) for each in of.steps],
        "signs": signs,
    }


def _asked(step: Step, lang: str) -> dict[str, Any]:
    match step.asks:
        case Asks.YES_NO:
            offered = [say("web.yes", lang), say("web.no", lang)]
        case Asks.CHOICE:
            fails = say("web.checklist_fails", lang)
            offered = [
                (each.words.get(lang) or each.words.get("fr") or each.id) + ("" if each.passes else f" ({fails})")
                for each in step.choices
            ]
        case _:
            offered = [details.limits_text(step.low, step.high, step.unit, lang) or say("web.checklist_any", lang)]
    return {"says": step.say(lang), "blocking": step.blocking, "photo": step.photo, "offered": offered}


def _past(connection: Connection, visit: Visit, book: Book, key: str) -> list[tuple[str, str, str, int, str]]:
    """Give every version, the latest first: since when, its name, its reference, how many steps, who stated it."""
    versions = book.versions_of(TABLE, key)
    by = register.stated_by(connection, visit.who.org, [each.order[4] for each in versions])
    found = []
    for version in reversed(versions):
        of = read_checklist(version)
        if of is not None:
            since = moment(version.valid_from, visit.who.zone, visit.lang) if version.valid_from else ""
            who = by.get(version.order[4], ("", 0))[0] or say("web.register_import", visit.lang)
            found.append(
                (since or say("web.reg_always", visit.lang), of.ref.rpartition("@")[2], of.ref, len(of.steps), who)
            )
    return found


def _versions(book: Book, key: str) -> list[Checklist]:
    return [of for each in book.versions_of(TABLE, key) if (of := read_checklist(each)) is not None]


def _keys(book: Book) -> list[str]:
    return book.keys("item_type")


def _moment(of: Moment, visit: Visit) -> str:
    said = say(f"checklist.moment.{of}", visit.lang)
    return said[:1].upper() + said[1:]


def _when(of: Checklist, visit: Visit) -> str:
    return _moment(of.moment, visit)


def _types(of: Checklist, book: Book, visit: Visit) -> str:
    names = [reports.name_of(book, "item_type", each, visit.now_ms) for each in of.types]
    return ", ".join(names) or say("web.checklist_all_types", visit.lang)
