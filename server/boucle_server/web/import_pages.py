"""The pages of imports: a table is brought, its columns are chosen, it is tried, recorded, taken back."""

import io
from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from boucle.words import say
from boucle_server.errors import ConflictError, InvalidInputError, NotFoundError
from boucle_server.exports.sheets import EXCEL_IN_FRANCE, Sheet, write_csv, write_xlsx
from boucle_server.imports import runs, tried
from boucle_server.imports.fault import Fault
from boucle_server.imports.runs import State
from boucle_server.imports.sheet_file import template_rows
from boucle_server.imports.tried import Report
from boucle_server.web import import_acts, import_reading, import_words, sample_table
from boucle_server.web.forms import Posted, posts
from boucle_server.web.import_reading import BRING, known_kind
from boucle_server.web.import_words import Line
from boucle_server.web.item_words import moment
from boucle_server.web.places import ADMIN, IMPORT
from boucle_server.web.rendering import LIVE_POLICY, redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import MOST_ROWS, Table, format_of, table_file
from boucle_server.web.visit import CSV, FILE_TYPES, XLSX, Visit, visits

router = pages_router()

PAGE: Final = 20
LOOK_AGAIN_S: Final = 3
_FOLLOW: Final = f"{IMPORT.path}/suivi"
Reading = Annotated[Visit, Depends(visits(IMPORT))]
Sent = Annotated[Posted, Depends(posts(IMPORT))]


@router.get(IMPORT.path)
def imports_page(visit: Reading) -> Response:
    """Offer what can be imported, and list what was."""
    page = visit.value("page")
    first = (int(page) - 1) * PAGE if page.isdecimal() and 0 < int(page[:6]) == int(page) else 0
    form = format_of(visit)
    with visit.server.database.reading() as connection:
        most = MOST_ROWS if form else PAGE
        known = runs.listed(connection, visit.who.org, first=0 if form else first, most=most + 1)
        lines = import_words.lines(connection, visit, known[:most])
    if form:
        return table_file(visit, "imports", [_past(visit, lines)])
    return render(
        visit,
        "imports.html",
        place=ADMIN,
        kinds=import_words.kinds(visit, import_reading.may_import),
        lines=lines,
        first=visit.here(page="") if first else "",
        next=visit.here(page=str(first // PAGE + 2)) if len(known) > PAGE else "",
    )


def _past(visit: Visit, lines: list[Line]) -> Table:
    """Give the list of imports as a table."""
    heads = [say(f"web.import_{name}", visit.lang) for name in ("file", "kind", "when", "who", "state", "counts")]
    rows = [(each.name, each.title, each.when, each.who, each.badge[1], each.counts) for each in lines]
    return Table(key="imports", title=say("web.import_past", visit.lang), heads=heads, rows=rows)


@router.get(IMPORT.path + "/modele/{kind}")
def template(visit: Reading, kind: str) -> Response:
    """Give the empty table of a kind, with an example."""
    known_kind(visit, kind)
    return _file(f"modele-{kind}", template_rows(kind, visit.lang), visit)


@router.get(IMPORT.path + "/exemple")
def sample(visit: Reading) -> Response:
    """Give a table of the demonstration of which three rows are wrong."""
    if not visit.who.is_demo:
        raise NotFoundError("web.no_page")
    with visit.server.database.reading() as connection:
        rows = sample_table.rows(connection, visit.who.org, visit.lang)
    return _file("exemple-sites", rows, visit)


def _file(name: str, rows: list[list[str]], visit: Visit) -> Response:
    form = format_of(visit) or XLSX
    file = io.BytesIO()
    sheet = Sheet(name=name[:31], columns=rows[0], rows=rows[1:])
    if form == XLSX:
        write_xlsx(file, [sheet], at_ms=visit.now_ms)
    else:
        write_csv(file, sheet, for_excel="" if form == CSV else EXCEL_IN_FRANCE)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form.partition("-")[0]}"',
        "Cache-Control": "private, no-store",
    }
    return Response(file.getvalue(), media_type=FILE_TYPES[form], headers=headers)


@router.get(BRING + "/{kind}")
def bring_form(visit: Reading, kind: str) -> Response:
    """Ask for a file, or for cells that are pasted."""
    known_kind(visit, kind)
    return _bring(visit, kind)


@router.post(BRING + "/{kind}")
def bring_pasted(posted: Sent, kind: str) -> Response:
    """Take cells that were pasted."""
    visit, pasted = posted.visit, posted.fields.value("cells")
    known_kind(visit, kind)
    if not pasted:
        return _bring(visit, kind, wrong=InvalidInputError("web.import_empty").said(visit.lang))
    try:
        run = import_reading.bring(visit, kind, "", pasted.encode(errors="replace"))
    except InvalidInputError as refused:
        return _bring(visit, kind, pasted=pasted, wrong=refused.said(visit.lang))
    return redirect(import_words.href(run))


def _bring(visit: Visit, kind: str, *, pasted: str = "", wrong: str = "") -> Response:
    return render(
        visit,
        "import_bring.html",
        status=422 if wrong else 200,
        place=ADMIN,
        headers={"Content-Security-Policy": LIVE_POLICY},
        kind=kind,
        title=import_words.title(kind, visit.lang),
        meaning=import_words.meaning(kind, visit.lang),
        columns=import_words.asked(kind, visit.lang),
        pasted=pasted,
        wrong=wrong,
        most_rows=import_reading.MOST_ROWS,
        most_bytes=import_reading.MOST_BYTES,
        example=visit.who.is_demo and kind == "sites",
    )


@router.get(_FOLLOW + "/{run}")
def import_page(visit: Reading, run: str) -> Response:
    """Show where an import stands: what would become, or became, of its rows."""
    org = visit.who.org
    with visit.server.database.reading() as connection:
        known = runs.find(connection, org, run)
        known_kind(visit, known.kind)
        rows = runs.packed(connection, org, run, "content") or []
        kept = runs.packed(connection, org, run, "report")
        report = Report.from_json(kept) if kept else Report(counts=known.told.get("counts", {}))
        earlier = runs.same(connection, org, known)
        people = import_words.people_named(connection, org)
    if format_of(visit) and rows:
        return table_file(visit, f"import-{known.kind}", [_annotated(visit, known, report, rows)])
    works = known.state in (State.WRITING, State.UNDOING)
    waits = works and not visit.value("attente")
    lang, zone = visit.lang, visit.who.zone
    return render(
        visit,
        "import_run.html",
        headers={"Refresh": str(LOOK_AGAIN_S)} if waits else None,
        place=ADMIN,
        run=known,
        title=import_words.title(known.kind, lang),
        works=works,
        waits=waits,
        stuck=works and visit.now_ms - max(known.decided_ms or 0, known.undone_ms or 0) > import_acts.STUCK_MS,
        badge=import_words.badge(known, lang),
        brought=(people.get(known.person, known.person), moment(known.made_ms, zone, lang)),
        decided=_when(known.decided_by, known.decided_ms, people, visit),
        undone=_when(known.undone_by, known.undone_ms, people, visit),
        until=moment((known.decided_ms or 0) + runs.UNDO_MS, zone, lang),
        can_undo=known.can_be_undone(visit.now_ms),
        earlier=(import_words.href(earlier.run), moment(earlier.decided_ms or 0, zone, lang)) if earlier else None,
        counts=import_words.counts(known, lang),
        takes=sum(known.told.get("counts", {}).get(each, 0) for each in ("created", "changed")),
        headings=import_words.headings(known, rows),
        fields=import_words.fields(known.kind, lang),
        missing=import_words.names(known.kind, report.missing, lang),
        faults=import_words.faults(known, report, rows, lang),
        notes=import_words.notes(known, report, rows, lang),
        kept=import_words.kept(known, lang),
        shown=import_words.SHOWN,
    )


def _when(person: str, at_ms: int | None, people: dict[str, str], visit: Visit) -> tuple[str, str] | None:
    return None if at_ms is None else (people.get(person, person), moment(at_ms, visit.who.zone, visit.lang))


def _annotated(visit: Visit, run: runs.Run, report: Report, rows: list[list[str]]) -> Table:
    """Give the rows as they came, each with what would become or became of it."""
    said = tried.rows_of_faults([*report.faults, *report.notes])
    width = len(rows[0])
    taken_back = dict(import_words.kept(run, visit.lang))
    lines = []
    for number, row in enumerate(rows[1:], 2):
        outcome, is_kept = report.outcomes.get(number, ""), number in taken_back
        words = import_words.became_one(outcome, run.state, visit.lang, is_kept=is_kept)
        why = [_why(visit, run, each, rows) for each in said.get(number, ())]
        why += [taken_back[number]] if is_kept else []
        lines.append([*row, *[""] * (width - len(row)), words, " ; ".join(why)])
    heads = [*rows[0], *import_words.annotation(visit.lang)]
    return Table(key=run.kind, title=import_words.title(run.kind, visit.lang), heads=heads, rows=lines)


def _why(visit: Visit, run: runs.Run, fault: Fault, rows: list[list[str]]) -> str:
    wrong = import_words.wrong(run, fault, rows, visit.lang)
    return f"{wrong.column} : {wrong.why}" if wrong.column else wrong.why


@router.post(_FOLLOW + "/{run}")
def import_decide(posted: Sent, run: str) -> Response:
    """Choose columns, record, begin again, or forget."""
    visit, typed = posted.visit, posted.fields
    with visit.server.database.reading() as connection:
        known = runs.find(connection, visit.who.org, run)
    known_kind(visit, known.kind)
    match typed.value("act"):
        case "columns":
            asked = [typed.value(f"c{place}") for place in range(len(known.mapping))]
            import_acts.choose(visit, run, tried.chosen(known.kind, asked, len(known.mapping)))
        case "valid" | "whole" as act:
            import_acts.record(visit, run, whole=act == "whole")
        case "again":
            import_acts.again(visit, run)
        case "drop":
            import_acts.drop(visit, run)
            return redirect(IMPORT.path, done="web.import_dropped_done")
        case _:
            raise InvalidInputError("web.no_form")
    return redirect(import_words.href(run))


@router.get(_FOLLOW + "/{run}/annuler")
def import_undo_form(visit: Reading, run: str) -> Response:
    """Ask whether a whole import is to be taken back, and say what that does."""
    with visit.server.database.reading() as connection:
        known = runs.find(connection, visit.who.org, run)
    known_kind(visit, known.kind)
    if not known.can_be_undone(visit.now_ms):
        raise ConflictError("web.import_too_late")
    takes = sum(known.told.get("counts", {}).get(each, 0) for each in ("created", "changed"))
    title = import_words.title(known.kind, visit.lang)
    return render(visit, "import_undo.html", place=ADMIN, run=known, title=title, takes=takes)


@router.post(_FOLLOW + "/{run}/annuler")
def import_undo(posted: Sent, run: str) -> Response:
    """Take a whole import back."""
    visit = posted.visit
    with visit.server.database.reading() as connection:
        known_kind(visit, runs.find(connection, visit.who.org, run).kind)
    import_acts.undo(visit, run)
    return redirect(import_words.href(run))
