"""Rendering: a template with what every page shows, and the headers that every page has."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from boucle.words import say
from boucle_server.web import numbers, places
from boucle_server.web.cards import as_cards
from boucle_server.web.item_words import moment
from boucle_server.web.places import Place
from boucle_server.web.visit import DONE, LANG_COOKIE, Visit, address

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
LIVE_POLICY: Final = f"{POLICY}; script-src 'self'; connect-src 'self'"
"""Of the few pages that a script of ours speeds up; they are whole without it."""
UNLISTED: Final = {"X-Robots-Tag": "noindex, nofollow"}
"""Of the pages that whoever has the address opens without an account; that it goes to no other site holds for all."""
REFUSED: Final = 422
"""The status of a form that is shown again with what is wrong with it."""
LANG_S: Final = 365 * 86_400
STYLE: Final = "boucle.css"
MARK: Final = "boucle.svg"
STATION: Final = "station.js"
UPLOAD: Final = "upload.js"
SNAPSHOT: Final = "snapshot.js"
SIGNING: Final = "signing.js"


def render(
    visit: Visit,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    place: Place | None = None,
    **values: Any,
) -> Response:
    """Give a page; `place` is the one of the menu that it belongs to."""
    lang = visit.lang
    held = visit.session.capabilities if visit.session else frozenset()
    text = (
        _templates()
        .get_template(template)
        .render(
            visit=visit,
            lang=lang,
            t=lambda key, /, **more: _typeset(say(key, lang, **more), lang),
            n=lambda value, decimals=0: numbers.number(value, decimals, lang),
            place=place,
            menu=places.menu(held) if visit.session else [],
            places=places,
            others=[each for each in visit.languages if each != lang],
            done=_done(visit),
            printed_on=moment(visit.now_ms, visit.session.zone, lang) if visit.session else "",
            style=static_href(STYLE),
            mark=static_href(MARK),
            static=static_href,
            is_refused=status == REFUSED,
            **values,
        )
    )
    added = {
        "Content-Security-Policy": POLICY,
        "Content-Language": lang,
        "Cache-Control": "private, no-store",
        "Vary": "Cookie, Accept-Language",
    }
    answer = HTMLResponse(text, status, {**added, **(headers or {})})
    remember_language(visit, answer)
    return answer


def redirect(path: str, *, done: str = "", **query: str) -> Response:
    """Send the browser to another page after a form; `done` is the key of what that page says once."""
    given = {**query, **({DONE: done.removeprefix("web.")} if done else {})}
    return RedirectResponse(address(path, given.items()), 303, {"Cache-Control": "no-store"})


def remember_language(visit: Visit, answer: Response) -> None:
    """Keep the language that the address chose for the next pages."""
    if visit.chose_language:
        answer.set_cookie(
            LANG_COOKIE, visit.lang, max_age=LANG_S, httponly=True, samesite="lax", secure=visit.is_secure
        )


def static_href(name: str) -> str:
    """Give the address of a file, which changes with its content."""
    return f"{places.STATIC.path}/{name}?v={static_digest(name)}"


@cache
def static_content(name: str) -> bytes:
    """Give a file of the folder `static`."""
    return files("boucle_server.web").joinpath("static", name).read_bytes()


@cache
def static_digest(name: str) -> str:
    """Give the short digest by which browsers know whether they have a file already."""
    return sha256(static_content(name)).hexdigest()[:16]


def _typeset(text: str, lang: str) -> str:
    """Keep the signs that French sets apart on the line of their word."""
    return _thin(text) if lang == "fr" else text


def sentence(text: str) -> str:
    """Make a sentence of what an import or a command says after a colon."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!", "…", ":")) else ".")


def _thin(text: str) -> str:
    for sign in ":;?!»":
        text = text.replace(f" {sign}", f"{numbers.THIN}{sign}")
    return text.replace("« ", f"«{numbers.THIN}")


def _done(visit: Visit) -> str:
    """Say what the form before did; only texts that end in `_done` can be asked for by an address."""
    key = f"web.{visit.value(DONE)}"
    try:
        return say(key, visit.lang) if key.endswith("_done") else ""
    except KeyError:
        return ""


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("boucle_server.web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["thin"] = _thin
    found.filters["sentence"] = sentence
    found.filters["as_cards"] = as_cards
    found.globals["numbers"] = numbers
    found.filters["typeset"] = _typeset
    found.globals["address"] = address
    return found
