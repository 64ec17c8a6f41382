"""The pages of people: who works here, with which role, letting somebody in, changing, stopping."""

from typing import Annotated, Any, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.pin import is_pin
from boucle.reference import Book
from boucle.roles import CAPABILITIES, Role
from boucle.words import say
from boucle_server import people, people_changes, reports
from boucle_server.errors import ConflictError, InvalidInputError
from boucle_server.projections import load_book
from boucle_server.web import people_list
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.people_list import Somebody
from boucle_server.web.places import ADMIN, PEOPLE
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import Table, format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

PAGE: Final = 50
_FIELD: Final = {
    "api.login_taken": "login",
    "api.badge_taken": "badge",
    "api.bad_pin": "pin",
    "api.bad_password": "password",
    "api.last_administrator": "role",
}
"""Beside which field an error is said."""
Reading = Annotated[Visit, Depends(visits(PEOPLE))]
Sent = Annotated[Posted, Depends(posts(PEOPLE))]


@router.get(PEOPLE.path)
def people_page(visit: Reading) -> Response:
    """List everybody, or those whose name, login or badge has the letters that are sought."""
    sought = visit.value("q")
    with visit.server.database.reading() as connection:
        found = people_list.everybody(connection, visit.who.org)
        book = load_book(connection, visit.who.org)
    wanted = sought.casefold()
    chosen = [each for each in found if wanted in f"{each.name} {each.login} {each.badge}".casefold()]
    if format_of(visit):
        return table_file(visit, "personnes", [_table(visit, book, chosen)])
    page = visit.value("page")
    first = (int(page) - 1) * PAGE if page.isdecimal() and 0 < int(page[:6]) == int(page) else 0
    return render(
        visit,
        "people.html",
        place=ADMIN,
        sought=sought,
        lines=[
            (each, say(f"role.{each.role}", visit.lang), reports.name_of(book, "site", each.site, visit.now_ms))
            for each in chosen[first : first + PAGE]
        ],
        total=len(chosen),
        first=visit.here(page="") if first else "",
        next=visit.here(page=str(first // PAGE + 2)) if len(chosen) > first + PAGE else "",
    )


def _table(visit: Visit, book: Book, chosen: list[Somebody]) -> Table:
    """Give people without any secret, and without their badges, by which one signs in."""
    rows = [
        (
            each.name,
            say(f"role.{each.role}", visit.lang),
            reports.name_of(book, "site", each.site, visit.now_ms) if each.site else "",
            each.login,
            say("web.people_active" if each.active else "web.people_stopped", visit.lang),
        )
        for each in chosen
    ]
    keys = ("people_name", "role", "where", "login", "people_state")
    heads = [say(f"web.{key}", visit.lang) for key in keys]
    return Table(key="people", title=say(PEOPLE.words, visit.lang), heads=heads, rows=rows)


@router.get(PEOPLE.path + "/nouveau")
def person_new_form(visit: Reading) -> Response:
    """Ask who comes in."""
    return _form(visit, None, Fields(pairs=()))


@router.post(PEOPLE.path + "/nouveau")
def person_new(posted: Sent) -> Response:
    """Let somebody in: by login and password, by name and PIN on phones, or both."""
    visit, typed = posted.visit, posted.fields
    wrong = _wrong(visit, typed)
    if not typed.value("login") and not typed.value("pin"):
        wrong.setdefault("login", say("web.people_one_way", visit.lang))
    if bool(typed.value("login")) != bool(typed.value("password")):
        wrong.setdefault("login", say("web.people_both", visit.lang))
    if wrong:
        return _form(visit, None, typed, wrong=wrong)

    def write(connection: Connection) -> None:
        org, now_ms = visit.who.org, visit.server.clock.now_ms()
        role, site = Role(typed.value("role")), _site(connection, org, typed)
        if typed.value("pin"):
            person = people.add_operator(
                connection,
                org,
                name=typed.value("name"),
                role=role,
                pin=typed.value("pin"),
                now_ms=now_ms,
                badge=typed.value("badge"),
                site=site,
            )
            if typed.value("login"):
                more = {"login": typed.value("login"), "password": typed.value("password")}
                people_changes.change(connection, org, person, more, now_ms=now_ms)
            return
        login, password = typed.value("login"), typed.value("password")
        person = people.add_user(
            connection, org, login=login, password=password, role=role, now_ms=now_ms, name=typed.value("name")
        )
        rest = {"site": site, "badge": typed.value("badge")}
        people_changes.change(connection, org, person, rest, now_ms=now_ms)

    return _written(visit, typed, write, None, done="web.people_added_done")


@router.get(PEOPLE.path + "/{person}")
def person_form(visit: Reading, person: str) -> Response:
    """Show somebody with the form to change what is known of them."""
    return _form(visit, _somebody(visit, person), None)


@router.post(PEOPLE.path + "/{person}")
def person_change(posted: Sent, person: str) -> Response:
    """Change somebody; an empty password or PIN leaves it as it is."""
    visit, typed = posted.visit, posted.fields
    who = _somebody(visit, person)
    wrong = _wrong(visit, typed)
    if typed.value("login") and not who.has_password and not typed.value("password"):
        wrong["password"] = say("api.bad_password", visit.lang)
    if typed.value("password") and not (typed.value("login") or who.login):
        wrong["login"] = say("web.people_one_way", visit.lang)
    if wrong:
        return _form(visit, who, typed, wrong=wrong)

    def write(connection: Connection) -> None:
        wanted: dict[str, Any] = {
            "name": typed.value("name"),
            "role": Role(typed.value("role")),
            "site": _site(connection, visit.who.org, typed),
            "badge": typed.value("badge"),
        }
        wanted |= {name: typed.value(name) for name in ("login", "password", "pin") if typed.value(name)}
        now_ms = visit.server.clock.now_ms()
        people_changes.change(connection, visit.who.org, person, wanted, now_ms=now_ms)

    return _written(visit, typed, write, who, done="web.people_changed_done")


@router.get(PEOPLE.path + "/{person}/acces")
def person_access_form(visit: Reading, person: str) -> Response:
    """Ask whether somebody is to be stopped, or let in again."""
    return render(visit, "person_access.html", place=ADMIN, who=_somebody(visit, person))


@router.post(PEOPLE.path + "/{person}/acces")
def person_access(posted: Sent, person: str) -> Response:
    """Stop somebody, or let them in again; what they recorded stands."""
    visit = posted.visit
    _somebody(visit, person)
    # The form says what it wants: sent twice, or from an old page, it does not undo itself.
    wanted = {"active": posted.fields.value("wanted") == "in"}
    visit.server.door.write(
        visit.who.org,
        lambda connection: people_changes.change(
            connection, visit.who.org, person, wanted, now_ms=visit.server.clock.now_ms()
        ),
    )
    return redirect(PEOPLE.path, done="web.people_back_done" if wanted["active"] else "web.people_stopped_done")


def _written(visit: Visit, typed: Fields, write: Any, who: Somebody | None, *, done: str) -> Response:
    try:
        visit.server.door.write(visit.who.org, write)
    except (ConflictError, InvalidInputError) as refused:
        field = _FIELD.get(refused.key, str(refused.values.get("field", "name")))
        return _form(visit, who, typed, wrong={field: refused.said(visit.lang)})
    return redirect(PEOPLE.path, done=done)


def _somebody(visit: Visit, person: str) -> Somebody:
    with visit.server.database.reading() as connection:
        return people_list.somebody(connection, visit.who.org, person)


def _site(connection: Connection, org: str, typed: Fields) -> str:
    site = typed.value("site")
    if site and not load_book(connection, org).has("site", site):
        raise InvalidInputError("web.devices_no_site")
    return site


def _wrong(visit: Visit, typed: Fields) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not typed.value("name"):
        wrong["name"] = say("web.needs_name", visit.lang)
    if typed.value("role") not in {role.value for role in Role}:
        wrong["role"] = say("web.choose_role", visit.lang)
    if typed.value("pin") and not is_pin(typed.value("pin")):
        wrong["pin"] = say("api.bad_pin", visit.lang)
    if typed.value("password") and not people.is_password(typed.value("password")):
        wrong["password"] = say("api.bad_password", visit.lang)
    return wrong


def _form(visit: Visit, who: Somebody | None, typed: Fields | None, *, wrong: dict[str, str] | None = None) -> Response:
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
    names = ("name", "role", "site", "login", "badge")
    values = {name: typed.value(name) if typed else str(getattr(who, name)) for name in names}
    sites = [(key, reports.name_of(book, "site", key, visit.now_ms)) for key in book.keys("site")]
    ours = [pair for pair in sites if not book.site(pair[0], visit.now_ms).partner]
    return render(
        visit,
        "person.html",
        status=422 if wrong else 200,
        place=ADMIN,
        who=who,
        values=values,
        wrong=wrong or {},
        roles=[(role.value, say(f"role.{role.value}", visit.lang)) for role in _roles(who)],
        sites=[("", say("web.people_any_site", visit.lang)), *sorted(ours, key=lambda pair: pair[1].casefold())],
    )


def _roles(who: Somebody | None) -> list[Role]:
    """Give the roles that can be chosen: those that may do something, and the one that is held already."""
    return [role for role in Role if CAPABILITIES[role] or (who is not None and who.role == role.value)]
