"""The pages of tokens: what programs may do here, a new one shown once, cutting one off."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.clock import parse_instant
from boucle.roles import Capability
from boucle.words import say
from boucle_server import tokens
from boucle_server.errors import NotFoundError
from boucle_server.tokens import NewToken
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.item_words import moment
from boucle_server.web.places import ADMIN, TOKENS
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import Table, format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

LONGEST_NAME: Final = 200
LASTS: Final = timedelta(days=365)
"""How long a token lasts when nobody says otherwise."""
Reading = Annotated[Visit, Depends(visits(TOKENS))]
Sent = Annotated[Posted, Depends(posts(TOKENS))]


@router.get(TOKENS.path)
def tokens_page(visit: Reading) -> Response:
    """List the tokens without their secrets."""
    with visit.server.database.reading() as connection:
        known = tokens.listed(connection, visit.who.org)
    lines = [_line(visit, row) for row in reversed(known)]
    if format_of(visit):
        return table_file(visit, "jetons", [_table(visit, lines)])
    return render(visit, "tokens.html", place=ADMIN, lines=lines)


def _table(visit: Visit, lines: list[dict[str, object]]) -> Table:
    keys = ("tokens_name", "tokens_may", "tokens_made", "tokens_expires", "people_state")
    rows = [[str(line[name]) for name in ("id", "name", "scopes", "made", "expires", "state")] for line in lines]
    heads = ["id", *(say(f"web.{key}", visit.lang) for key in keys)]
    return Table(key="tokens", title=say(TOKENS.words, visit.lang), heads=heads, rows=rows)


@router.get(TOKENS.path + "/nouveau")
def token_form(visit: Reading) -> Response:
    """Ask what a program is called, and what it may do."""
    until = datetime.fromtimestamp(visit.now_ms // 1000, UTC).date() + LASTS
    return _form(visit, Fields(pairs=(("expires", until.isoformat()),)))


@router.post(TOKENS.path + "/nouveau")
def token_new(posted: Sent) -> Response:
    """Make a token and show it: the only moment when it can be read."""
    visit, typed = posted.visit, posted.fields
    wrong: dict[str, str] = {}
    scopes = [each for each in Capability if each.value in typed.values("scope")]
    if not 0 < len(typed.value("name")) <= LONGEST_NAME:
        wrong["name"] = say("web.needs_name", visit.lang)
    if not scopes:
        wrong["scope"] = say("web.tokens_no_scope", visit.lang)
    expires_ms = _expires(typed)
    if expires_ms is None or expires_ms <= visit.now_ms:
        wrong["expires"] = say("web.tokens_bad_day", visit.lang)
    if wrong:
        return _form(visit, typed, wrong=wrong)

    def write(connection: Connection) -> NewToken:
        return tokens.add(
            connection,
            visit.who.org,
            name=typed.value("name"),
            scopes=scopes,
            now_ms=visit.server.clock.now_ms(),
            expires_ms=expires_ms,
        )

    made = visit.server.door.write(visit.who.org, write)
    return render(visit, "token_made.html", place=ADMIN, name=typed.value("name"), secret=made.secret)


@router.get(TOKENS.path + "/retirer/{token}")
def token_revoke_form(visit: Reading, token: str) -> Response:
    """Ask whether a program is to be cut off."""
    with visit.server.database.reading() as connection:
        known = tokens.listed(connection, visit.who.org)
    row = next((row for row in known if row["id"] == token and row["revoked_ms"] is None), None)
    if row is None:
        raise NotFoundError("api.no_token")
    return render(visit, "token_revoke.html", place=ADMIN, name=row["name"], token=token)


@router.post(TOKENS.path + "/retirer/{token}")
def token_revoke(posted: Sent, token: str) -> Response:
    """Cut a program off at its next request."""
    visit = posted.visit
    visit.server.door.write(
        visit.who.org,
        lambda connection: tokens.revoke(connection, visit.who.org, token, now_ms=visit.server.clock.now_ms()),
    )
    return redirect(TOKENS.path, done="web.tokens_revoked_done")


def _expires(typed: Fields) -> int | None:
    """Give the end of the last day of a token; None for no day."""
    try:
        day = date.fromisoformat(typed.value("expires"))
        return parse_instant((day + timedelta(days=1)).isoformat())
    except (ValueError, OverflowError):
        return None


def _line(visit: Visit, row: dict[str, object]) -> dict[str, object]:
    def at(value: object) -> str:
        return moment(value, visit.who.zone, visit.lang) if isinstance(value, int) else say("web.never", visit.lang)

    expires = row["expires_ms"]
    if row["revoked_ms"] is not None:
        kind, state = "bad", "revoked"
    elif isinstance(expires, int) and expires <= visit.now_ms:
        kind, state = "warn", "expired"
    else:
        kind, state = "good", "valid"
    return {
        "id": row["id"],
        "name": row["name"],
        "scopes": ", ".join(say(f"web.can_{scope}", visit.lang) for scope in str(row["scopes"]).split()),
        "made": at(row["created_ms"]),
        # The last day that counts, as it was typed.
        "expires": at(expires - 1 if isinstance(expires, int) else expires),
        "kind": kind,
        "state": say(f"web.token_{state}", visit.lang),
        "is_valid": state == "valid",
    }


def _form(visit: Visit, typed: Fields, *, wrong: dict[str, str] | None = None) -> Response:
    return render(
        visit,
        "token_new.html",
        status=422 if wrong else 200,
        place=ADMIN,
        typed=typed,
        wrong=wrong or {},
        chosen=typed.values("scope"),
        scopes=[(each.value, say(f"web.can_{each.value}", visit.lang)) for each in Capability],
    )
