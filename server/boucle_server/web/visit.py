"""A visit: one request as a page sees it, with the person, the language and what the address asks for."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import Request

from boucle.words import LANGUAGES, PUBLIC_LANGUAGES, say
from boucle_server.api.problems import language
from boucle_server.api.rights import states
from boucle_server.api.running import Running, running
from boucle_server.errors import ForbiddenError, UnauthenticatedError
from boucle_server.web import sessions
from boucle_server.web.places import APP_LABELS, PUBLIC, Place
from boucle_server.web.sessions import Session

LANG: Final = "lang"
DONE: Final = "fait"
MARK: Final = "fois"
"""The name of a form's own mark (`boucle_server.web.once`)."""
LANG_COOKIE: Final = "boucle_lang"
SESSION_COOKIE: Final = "boucle_session"
FILE: Final = "fichier"
XLSX, CSV, CSV_EXCEL = "xlsx", "csv", "csv-excel"
FILE_TYPES: Final = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv; charset=utf-8",
    CSV_EXCEL: "text/csv; charset=utf-8",
}
"""The files that a page with tables can be asked for."""
LONGEST_SHOWN: Final = 20
_LABELS: Final = tuple(f"{each.path}/" for each in (PUBLIC, *APP_LABELS))
"""Where strangers read, who may be of the other side of the border."""
_ONCE: Final = frozenset({LANG, DONE})
_MARK_BYTES: Final = 8


class SignInNeededError(UnauthenticatedError):
    """A page needs somebody who is signed in; the route answers with the way there."""

    def __init__(self) -> None:
        super().__init__("api.unauthenticated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request; `session` is None for somebody who is not signed in.

    `notices` are sentences about what the address asked for and did not get.
    """

    server: Running
    path: str
    query: tuple[tuple[str, str], ...]
    lang: str
    languages: tuple[str, ...]
    """Those in which this page is written."""
    chose_language: bool
    is_secure: bool
    client: str
    now_ms: int
    session: Session | None
    notices: tuple[str, ...] = ()

    @property
    def who(self) -> Session:
        """The person; only where the place asks for one."""
        if self.session is None:
            raise SignInNeededError
        return self.session

    def value(self, name: str) -> str:
        """Give what the address says under a name, `""` when it says nothing."""
        return next((value.strip() for key, value in self.query if key == name), "")

    def here(self, **other: str) -> str:
        """Give the address of this page with some values exchanged, an empty one left out."""
        kept = [(key, value) for key, value in self.query if key not in other and key not in _ONCE and value]
        return address(self.path, [*kept, *((key, value) for key, value in other.items() if value)])

    def mark(self) -> str:
        """Give a mark for a form, which no other form has, with the time when it was shown."""
        return f"{self.now_ms}.{secrets.token_hex(_MARK_BYTES)}"

    def entered(self, session: Session) -> "Visit":
        """Give this visit by somebody who has just signed in."""
        return replace(self, session=session)

    def noting(self, *sentences: str) -> "Visit":
        """Give this visit with sentences more."""
        return replace(self, notices=(*self.notices, *sentences))


def address(path: str, query: Iterable[tuple[str, str]] = ()) -> str:
    """Write the address of a page of ours."""
    listed = urlencode(list(query))
    return quote(path, safe="/-._~") + (f"?{listed}" if listed else "")


@lru_cache
def visits(place: Place) -> Callable[[Request], Visit]:
    """Let in whoever may see a place, and give the visit.

    SignInNeededError when somebody has to sign in first, ForbiddenError when the role does not see it.
    """

    def visit(request: Request) -> Visit:
        found = visit_of(request)
        check(found, place)
        return found

    states(visit, place.permission)
    return visit


def check(visit: Visit, place: Place) -> None:
    """Go on only for whoever may see a place."""
    if place.public:
        return
    if not place.allows(visit.who.capabilities):
        raise ForbiddenError("web.forbidden", role=say(f"role.{visit.who.role}", visit.lang).lower())


def visit_of(request: Request) -> Visit:
    """Read a request, once: what else asks for it in the same request is given the same."""
    known: Visit | None = getattr(request.state, "visit", None)
    if known is None:
        server = running(request)
        known = replace(stranger(request), server=server, session=_session(request, server))
        request.state.visit = known
    return known


def stranger(request: Request) -> Visit:
    """Read a request without looking up who sends it."""
    server = running(request)
    query = tuple(request.query_params.multi_items())
    asked = next((value for key, value in query if key == LANG), "")
    kept = request.cookies.get(LANG_COOKIE, "")
    languages = PUBLIC_LANGUAGES if request.url.path.startswith(_LABELS) else LANGUAGES
    lang = next((each for each in (asked, kept) if each in languages), language(request, languages))
    form = next((value for key, value in query if key == FILE), "")
    wrong = [
        say(key, lang, asked=text[:LONGEST_SHOWN])
        for key, text, known in (("web.bad_language", asked, languages), ("web.bad_file", form, FILE_TYPES))
        if text and text not in known
    ]
    return Visit(
        server=server,
        path=request.url.path,
        query=query,
        lang=lang,
        languages=languages,
        chose_language=asked in languages,
        is_secure=is_secure(server),
        client=request.client.host if request.client else "",
        now_ms=server.clock.now_ms(),
        session=None,
        notices=tuple(wrong),
    )


def is_secure(server: Running) -> bool:
    """Tell whether people reach this server through TLS, so that cookies may demand it."""
    return server.settings.address.lower().startswith("https://")


def cookie_name(server: Running) -> str:
    """Give the name of the session's cookie; the prefix lets browsers refuse one that another host has set."""
    return f"__Host-{SESSION_COOKIE}" if is_secure(server) else SESSION_COOKIE


def _session(request: Request, server: Running) -> Session | None:
    token = request.cookies.get(cookie_name(server), "")
    if not token:
        return None
    now_ms = server.clock.now_ms()
    with server.database.reading() as connection:
        found = sessions.find(connection, token, now_ms=now_ms)
    if found is not None and found.is_to_be_noted:
        with server.database.writing() as connection:
            sessions.note(connection, found, now_ms=now_ms)
    return found
