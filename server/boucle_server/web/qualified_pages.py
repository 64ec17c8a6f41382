"""The pages of who is qualified for what: everybody's, those that end first on top, and one person's with its form."""

from typing import Annotated, Any, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.clock import day_of, parse_instant
from boucle.qualifications import HOLDERS, held, holder_key, periods
from boucle.reference import Book
from boucle.words import say
from boucle_server import ingest
from boucle_server.errors import NotFoundError
from boucle_server.imports import cells
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.web import people_list, qualified_list
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.people_list import Somebody
from boucle_server.web.places import ADMIN, PEOPLE, QUALIFIED
from boucle_server.web.qualified_list import Line, Standing
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import Table, format_of, table_file
from boucle_server.web.typed import Answers, today
from boucle_server.web.visit import Visit, visits

router = pages_router()

PAGE: Final = 100
ONE: Final = QUALIFIED.path + "/personne"
_NOTHING: Final = Fields(pairs=())
_HEADS: Final = ("people_name", "qualified_what", "qualified_since", "qualified_until", "people_state")
Reading = Annotated[Visit, Depends(visits(QUALIFIED))]


@router.get(QUALIFIED.path)
def qualified_page(visit: Reading) -> Response:
    """List who is qualified for what, those whose qualification ends first; or lead to the person who was chosen."""
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
        everybody = [each for each in people_list.everybody(connection, visit.who.org) if each.active]
    wanted = visit.value("etat")
    shown = [each for each in _lines(visit, book, everybody) if each.is_last and wanted in ("", each.standing)]
    if format_of(visit):
        return table_file(visit, "habilitations", [_table(visit, shown)])
    page = visit.value("page")
    first = (int(page) - 1) * PAGE if page.isdecimal() and 0 < int(page[:6]) == int(page) else 0
    return render(
        visit,
        "qualified.html",
        place=ADMIN,
        lines=shown[first : first + PAGE],
        total=len(shown),
        wanted=wanted,
        states=[("", say("web.qualified_all", visit.lang)), *((each, _state(each, visit.lang)) for each in Standing)],
        people=[(each.person, each.name) for each in everybody],
        has_rules=bool(book.keys("qualification")),
        first=visit.here(page="") if first else "",
        next=visit.here(page=str(first // PAGE + 2)) if len(shown) > first + PAGE else "",
    )


@router.get(ONE)
def person_page(visit: Reading) -> Response:
    """Show what a person holds and held, with the form for a new period."""
    return _one(visit, visit.value("personne"), _NOTHING)


@router.post(ONE)
def person_save(posted: Annotated[Posted, Depends(posts(QUALIFIED))]) -> Response:
    """State a period, or take a qualification back from now on; what was decided until then stands."""
    visit, typed = posted.visit, posted.fields
    person = typed.value("personne")
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
        people_list.somebody(connection, visit.who.org, person)
    if typed.value("act") == "withdraw":
        rows = _withdrawn(visit, book, person, typed.value("qualification"))
        _state_rows(visit, rows)
        return redirect(ONE, done="web.qualified_withdrawn_done", personne=person)
    answers = Answers(typed, visit.lang)
    key, from_ms, row = _read(visit, book, answers)
    if answers.wrong:
        return _one(visit, person, typed, wrong=answers.wrong)
    if not typed.value("sure") and _shortens(visit, book, holder_key(person, key), from_ms, row["until"]):
        return _one(visit, person, typed, ask=True)
    _state_rows(visit, [(holder_key(person, key), from_ms, row)])
    return redirect(ONE, done="web.qualified_saved_done", personne=person)


def _read(visit: Visit, book: Book, answers: Answers) -> tuple[str, int, dict[str, str]]:
    """Read a period that was typed; what is wrong is kept in the answers."""
    key = answers.fields.value("qualification")
    if not book.has("qualification", key):
        answers.fault("qualification", "web.field_choose")
    days = {}
    for name in ("from", "until"):
        try:
            days[name] = cells.day(answers.fields.value(name)) if answers.fields.value(name) else ""
        except cells.CellError as error:
            answers.fault(name, error.key, **error.values)
            days[name] = ""
    if not days["from"]:
        answers.fault("from", "web.field_needed")
    elif days["until"] and days["until"] < days["from"]:
        answers.fault("until", "import.ends_before")
    elif not "2000" < days["from"] < "2200":
        answers.fault("from", "import.bad_day")
    from_ms = parse_instant(f"{days['from']}T00:00", visit.who.zone) if not answers.wrong else 0
    return key, from_ms, {"until": days["until"]}


def _shortens(visit: Visit, book: Book, address: str, from_ms: int, until: str) -> bool:
    """Tell whether a period takes days away that have passed: decisions of those days are judged anew."""
    person, _, key = address.partition(">")
    before = held(book, person, key, at_ms=from_ms)
    if before is None or not before.is_valid_on(day_of(from_ms, visit.who.zone)):
        return False
    return bool(until) and until < min(before.until or "9999", today(visit))


def _withdrawn(visit: Visit, book: Book, person: str, key: str) -> list[tuple[str, int, dict[str, Any]]]:
    """Give the versions that end what a person holds from now on, and what was to begin later."""
    said = periods(book).get((person, key))
    if not said:
        raise NotFoundError("web.register_gone")
    now_ms = visit.server.clock.now_ms()
    later = [each.from_ms for each in said if each.from_ms > now_ms and not each.withdrawn]
    return [(holder_key(person, key), at_ms, {"withdrawn": True}) for at_ms in (now_ms, *later)]


def _state_rows(visit: Visit, rows: list[tuple[str, int, dict[str, Any]]]) -> None:
    def write(connection: Connection) -> None:
        drafts = [
            Draft(
                kind="reference.set",
                fields={"body": {"table": HOLDERS, "key": key, "valid_from": from_ms, "row": row}},
            )
            for key, from_ms, row in rows
        ]
        now_ms = visit.server.clock.now_ms()
        ingest.accept_own(connection, visit.who.org, drafts, actor=visit.who.person, now_ms=now_ms, zone=visit.who.zone)

    visit.server.door.write(visit.who.org, write)


def _one(
    visit: Visit, person: str, typed: Fields, *, wrong: dict[str, str] | None = None, ask: bool = False
) -> Response:
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
        who = people_list.somebody(connection, visit.who.org, person)
    rules = sorted(qualified_list.names_of(book, visit.now_ms).items(), key=lambda pair: pair[1].casefold())
    return render(
        visit,
        "qualified_person.html",
        status=422 if wrong else 200,
        place=ADMIN,
        who=who,
        role=say(f"role.{who.role}", visit.lang),
        may_edit=PEOPLE.allows(visit.who.capabilities),
        lines=list(reversed(_lines(visit, book, [who]))),
        rules=[("", say("web.choose", visit.lang)), *rules],
        has_rules=bool(rules),
        typed=typed,
        today=today(visit),
        wrong=wrong or {},
        ask=ask,
    )


def _lines(visit: Visit, book: Book, people: list[Somebody]) -> list[Line]:
    return qualified_list.lines(book, people, now_ms=visit.now_ms, zone=visit.who.zone, lang=visit.lang)


def _state(standing: Standing, lang: str) -> str:
    return say(f"web.qualified_state_{standing}", lang)


def _table(visit: Visit, shown: list[Line]) -> Table:
    rows = [(each.name, each.qualification, each.since, each.until, each.badge[1]) for each in shown]
    heads = [say(f"web.{key}", visit.lang) for key in _HEADS]
    return Table(key="qualified", title=say(QUALIFIED.words, visit.lang), heads=heads, rows=rows)
