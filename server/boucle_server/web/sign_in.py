"""Signing in and out: a name, a password, the same answer for whatever is wrong with either."""

from typing import Annotated, Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import RedirectResponse, Response

from boucle.roles import capabilities_of
from boucle.words import say
from boucle_server.db import Database
from boucle_server.demo.people import PASSWORD, PEOPLE
from boucle_server.errors import UnauthenticatedError
from boucle_server.people import sign_in
from boucle_server.tables import ORG, PERSON
from boucle_server.web import sessions
from boucle_server.web.attempts import Attempts
from boucle_server.web.forms import KEPT, Fields, Posted, Typed, posts, safe_path
from boucle_server.web.places import HELP, HOME, SIGN_IN, SIGN_OUT, home_of
from boucle_server.web.rendering import redirect, remember_language, render
from boucle_server.web.routing import pages_router, resume
from boucle_server.web.visit import Visit, cookie_name, visits

router = pages_router()

_ATTEMPTS: WeakKeyDictionary[Database, Attempts] = WeakKeyDictionary()
_MINUTE_MS: Final = 60_000
_NOTHING: Final = ("", "/")


@router.get(HOME.path)
def home(visit: Annotated[Visit, Depends(visits(HOME))]) -> Response:
    """Lead to where this person begins; to signing in when nobody is signed in."""
    path = SIGN_IN.path if visit.session is None else home_of(visit.session.capabilities).path
    answer = redirect(path)
    remember_language(visit, answer)
    return answer


@router.get(SIGN_IN.path)
def show(visit: Annotated[Visit, Depends(visits(SIGN_IN))]) -> Response:
    """Show the form; whoever is signed in already is led on."""
    back = safe_path(visit.value("retour"))
    if visit.session is not None:
        answer: Response = RedirectResponse(back or home_of(visit.session.capabilities).path, 303)
        remember_language(visit, answer)
        return answer
    return _form(visit, back=back)


@router.post(SIGN_IN.path)
def take(visit: Annotated[Visit, Depends(visits(SIGN_IN))], typed: Typed) -> Response:
    """Begin a session for the right password, and go on where somebody wanted to go, or had typed something."""
    login, tries = typed.value("login"), _attempts(visit)
    wait_ms = tries.wait_ms(visit.client, login, now_ms=visit.now_ms)
    if wait_ms:
        wrong = say("web.sign_in_wait", visit.lang, n=-(-wait_ms // _MINUTE_MS))
        return _form(visit, typed=typed, wrong=wrong, status=429)
    if typed.mended:
        return _form(visit, typed=typed, wrong=say("web.form_mended", visit.lang), status=422)
    try:
        with visit.server.database.reading() as connection:
            org, person = sign_in(connection, login, typed.value("password"))
    except UnauthenticatedError:
        tries.note(visit.client, login, now_ms=visit.now_ms)
        return _form(visit, typed=typed, wrong=say("web.sign_in_wrong", visit.lang), status=401)
    tries.forget(visit.client, login)
    with visit.server.database.writing() as connection:
        if visit.session is not None:
            sessions.end(connection, visit.session.token)
        token = sessions.begin(connection, org, person, now_ms=visit.now_ms)
        found = sessions.find(connection, token, now_ms=visit.now_ms)
    assert found is not None
    action = safe_path(typed.value("action"))
    answer: Response
    if action and typed.kept:
        answer = resume(visit.entered(found), action, typed.kept)
    else:
        back = safe_path(typed.value("retour"))
        answer = RedirectResponse(back if back not in _NOTHING else home_of(capabilities_of(found.role)).path, 303)
    answer.set_cookie(
        cookie_name(visit.server),
        token,
        max_age=sessions.LONGEST_MS // 1000,
        path="/",
        secure=visit.is_secure,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post(SIGN_OUT.path)
def leave(posted: Annotated[Posted, Depends(posts(SIGN_OUT))]) -> Response:
    """End the session."""
    with posted.visit.server.database.writing() as connection:
        sessions.end(connection, posted.visit.who.token)
    answer = redirect(SIGN_IN.path, done="web.sign_out_done")
    answer.delete_cookie(
        cookie_name(posted.visit.server), path="/", secure=posted.visit.is_secure, httponly=True, samesite="lax"
    )
    return answer


@router.get(HELP.path)
def assist(visit: Annotated[Visit, Depends(visits(HELP))]) -> Response:
    """Show the help."""
    return render(visit, "help.html", place=HELP)


def _form(visit: Visit, *, typed: Fields | None = None, wrong: str = "", back: str = "", status: int = 200) -> Response:
    given = typed or Fields(pairs=())
    with visit.server.database.reading() as connection:
        accounts = _demo_accounts(connection, visit.lang)
    return render(
        visit,
        "sign_in.html",
        status=status,
        back=back or safe_path(given.value("retour")),
        action=safe_path(given.value("action")),
        kept=given.kept,
        login=given.value("login"),
        wrong=wrong,
        ended=bool(given.kept),
        accounts=accounts,
        password=PASSWORD if accounts else "",
        prefix=KEPT,
    )


def _demo_accounts(connection: Connection, lang: str) -> list[dict[str, Any]]:
    """Give the accounts of a database that holds one demonstration and nothing else, by role; else none."""
    orgs = connection.execute(sa.select(ORG.c.org, ORG.c.demo)).all()
    if len(orgs) != 1 or not orgs[0].demo:
        return []
    logins = [person.login for person in PEOPLE if person.login]
    query = sa.select(PERSON.c.login, PERSON.c.name, PERSON.c.role).where(
        PERSON.c.org == orgs[0].org, PERSON.c.login.in_(logins), PERSON.c.active.is_(True)
    )
    found = {row.login: row for row in connection.execute(query)}
    return [
        {"login": login, "name": found[login].name, "role": say(f"role.{found[login].role}", lang)}
        for login in logins
        if login in found
    ]


def _attempts(visit: Visit) -> Attempts:
    return _ATTEMPTS.setdefault(visit.server.database, Attempts())
