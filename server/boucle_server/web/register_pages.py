"""The pages of reference data: sites, partners, types and lanes, each row with all that was ever stated of it."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.clock import instant_of
from boucle.reference import Book
from boucle.words import say
from boucle_server import ingest
from boucle_server.errors import NotFoundError
from boucle_server.imports.cells import CellError
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.planned import TABLES, Plan, RowOutcome
from boucle_server.projections import load_book
from boucle_server.web import register, register_inputs
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.places import ADMIN, REGISTER
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import Table, format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

PAGE: Final = 50
Reading = Annotated[Visit, Depends(visits(REGISTER))]


@router.get(REGISTER.path + "/{kind}")
def register_list(visit: Reading, kind: str) -> Response:
    """List the rows of a kind as they hold now."""
    _known(kind)
    sought = visit.value("q")
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
    keys = register.keys(book, kind, sought)
    if format_of(visit):
        return table_file(visit, kind, [_table(visit, book, kind, keys)])
    page = visit.value("page")
    first = (int(page) - 1) * PAGE if page.isdecimal() and 0 < int(page[:6]) == int(page) else 0
    return render(
        visit,
        "register.html",
        place=ADMIN,
        kind=kind,
        title=register.title(kind, visit.lang),
        sought=sought,
        heads=[
            (register.label(each, visit.lang), False)
            for each in ("name", *(one.field for one in register.headed(kind)))
        ],
        rows=[
            (
                key,
                register.name_of(book, kind, key, now_ms=visit.now_ms, lang=visit.lang),
                register.named(book, kind, key, now_ms=visit.now_ms, lang=visit.lang),
            )
            for key in keys[first : first + PAGE]
        ],
        total=len(keys),
        first=visit.here(page="") if first else "",
        next=visit.here(page=str(first // PAGE + 2)) if len(keys) > first + PAGE else "",
    )


def _table(visit: Visit, book: Book, kind: str, keys: list[str]) -> Table:
    heads = [register.label(each, visit.lang) for each in ("key", *(one.field for one in register.shown(kind)))]
    rows = [(key, *register.listed(book, kind, key, now_ms=visit.now_ms, lang=visit.lang)) for key in keys]
    return Table(key=kind, title=register.title(kind, visit.lang), heads=heads, rows=rows)


@router.get(REGISTER.path + "/{kind}/ligne")
def register_form(visit: Reading, kind: str) -> Response:
    """Show a row with its form and its versions, or an empty form for a new one."""
    _known(kind)
    return _form(visit, kind, visit.value("cle"))


@router.post(REGISTER.path + "/{kind}/ligne")
def register_save(posted: Annotated[Posted, Depends(posts(REGISTER))], kind: str) -> Response:
    """State a version of a row, or say beside each field what is wrong with it."""
    _known(kind)
    visit, typed = posted.visit, posted.fields
    key = typed.value("cle")
    cell = register_inputs.reader(kind, typed)

    def write(connection: Connection) -> Plan:
        book = load_book(connection, visit.who.org)
        now_ms = visit.server.clock.now_ms()
        made = register.planned(kind, cell, book, now_ms=now_ms, zone=visit.who.zone)
        if made.drafts and not (not key and made.counts[RowOutcome.CHANGED]):
            ingest.accept_own(
                connection, visit.who.org, made.drafts, actor=visit.who.person, now_ms=now_ms, zone=visit.who.zone
            )
        return made

    if not typed.value("sure") and (asks := _asks(visit, kind, key, typed)):
        return _form(visit, kind, key, typed=typed, asks=asks)
    made = visit.server.door.write(visit.who.org, write)
    if made.faults:
        return _form(visit, kind, key, typed=typed, wrong=register.faults_of(made, kind, visit.lang))
    if made.counts[RowOutcome.UNCHANGED] and key:
        return redirect(f"{REGISTER.path}/{kind}", done="web.register_same_done")
    if not key and not made.counts[RowOutcome.CREATED]:
        return _form(visit, kind, key, typed=typed, wrong={"": say("web.register_exists", visit.lang)})
    return redirect(f"{REGISTER.path}/{kind}", done="web.register_saved_done")


def _known(kind: str) -> None:
    if kind not in register.KINDS:
        raise NotFoundError("web.no_page")


def _asks(visit: Visit, kind: str, key: str, typed: Fields) -> list[str]:
    """Say what should be looked at once more before it is recorded; nothing while something is wrong."""
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
    cell = register_inputs.reader(kind, typed)
    if register.planned(kind, cell, book, now_ms=visit.now_ms, zone=visit.who.zone).faults:
        return []
    late = [say("web.register_back_dated", visit.lang)] if key and _is_back_dated(visit, kind, typed) else []
    return late + register_inputs.doubts(kind, key, book, typed, now_ms=visit.now_ms, lang=visit.lang)


def _is_back_dated(visit: Visit, kind: str, typed: Fields) -> bool:
    """Tell whether a version would hold from a time that has passed."""
    (column,) = [column for column in COLUMNS[kind] if column.field == "valid_from"]
    try:
        start = column.read(typed.value("valid_from")) if typed.value("valid_from") else None
    except CellError:
        return False
    return isinstance(start, datetime) and instant_of(start, visit.who.zone) < visit.now_ms


def _form(
    visit: Visit,
    kind: str,
    key: str,
    *,
    typed: Fields | None = None,
    wrong: dict[str, str] | None = None,
    asks: list[str] | None = None,
) -> Response:
    late = say("web.register_back_dated", visit.lang)
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
        if key and not book.has(TABLES[kind], key):
            raise NotFoundError("web.register_gone")
        past = register.history(connection, visit, book, kind=kind, key=key) if key else []
    return render(
        visit,
        "register_row.html",
        status=422 if wrong else 200,
        place=ADMIN,
        kind=kind,
        key=key,
        name=register.name_of(book, kind, key, now_ms=visit.now_ms, lang=visit.lang) if key else "",
        list_title=register.title(kind, visit.lang),
        fields=register_inputs.asked(kind, key, book, now_ms=visit.now_ms, lang=visit.lang, typed=typed),
        past=past,
        wrong=wrong or {},
        asks=asks or [],
        sure=say("web.register_sure" if late in (asks or []) else "web.reg_sure", visit.lang),
    )
