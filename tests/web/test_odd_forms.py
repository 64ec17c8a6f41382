"""Every form of every page, the ones of tomorrow too, filled in with odd things: never a failure, nothing lost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, urlencode, urlsplit

import pytest

from boucle.roles import CAPABILITIES, Role
from boucle_server.web.places import SIGN_IN, SIGN_OUT
from boucle_server.web.routing import PageRoute
from boucle_server.web.visit import MARK
from tests.api.serving import Served
from tests.builders import code
from tests.server.figures_world import draft, record
from tests.server.people import a_phone
from tests.server.workshop_world import NOW, label
from tests.web.browser import PASSWORD, a_person, opened, sign_in
from tests.web.rounds_world import PLAN
from tests.web.test_rights import place_of, routes
from tests.web.test_workshop import a_bench

PAGES = 400
"""So many pages are looked at for forms, at most."""
OF_A_KIND = 3
"""So many pages of one shape: one item's is like the next one's."""
OURS = 500
BUSY = frozenset({503, 507})
TOO_LONG = "é" * 300_000
BAD_BYTES = "%ED%A0%80"
"""A lone surrogate, as no browser sends it."""
TEXTS = (
    "", "-1", "0", "1,5", "1.5", "²", "1e3", "1 000", "9" * 30, str(10**30), "-" + "9" * 400, "NaN", "x" * 600,
    "É" * 400, "\u202egnp.exe", "\U0001f4a9", "a\r\nb\tc", "<script>alert(1)</script>", "'; DROP TABLE record; --",
    "{{7*7}}", "2026-02-30", "0001-01-01", "9999-12-31", "../../etc/passwd", "C/7K3M9QX2T4HDC9", "rhin", "T-1#1",
)  # fmt: skip
"""Numbers, days, codes and texts as they are mistyped, pasted into the wrong field, or meant to hurt."""
ASKED_AGAIN = 422
SHOWN_CUT = 500
"""Characters that a field takes; what is longer came from no page of ours."""
FILLED = re.compile(r"\{[^}]+\}")


@dataclass
class Found:
    """A form of a page: where it goes, its fields, and what its lists offer."""

    action: str
    page: str
    fields: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    """The fields that somebody types into."""


class Looked(HTMLParser):
    """A page as far as forms and ways go: its links, its forms that change something, all that fields hold."""

    def __init__(self, page: str, text: str) -> None:
        super().__init__()
        self.page, self.ways, self.forms, self.held = page, list[str](), list[Found](), list[str]()
        self._form: Found | None = None
        self._list, self._area = "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "a" and given.get("href", "").startswith("/"):
            self.ways.append(given["href"])
        elif tag == "form" and given.get("method", "").lower() == "post":
            self._form = Found(action=given["action"], page=self.page)
            self.forms.append(self._form)
        elif tag == "input":
            self.held.append(given.get("value", ""))
        elif tag == "option" and self._list and self._form:
            self._form.lists[self._list].append(given.get("value", ""))
        if self._form is None or not name:
            return
        if tag == "select":
            self._list = name
            self._form.lists[name] = []
        if tag in ("input", "textarea", "button"):
            self._form.fields.setdefault(name, given.get("value", ""))
        if tag == "textarea" or (tag == "input" and given.get("type", "text") == "text"):
            self._form.written.add(name)
        self._area = name if tag == "textarea" else self._area

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select":
            self._list = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.held.append(data)


async def a_busy_house(served: Served) -> None:
    """Give an organisation that has something of everything, and its manager and administrator their accounts."""
    await a_bench(served, Role.TECHNICIAN)
    a_phone(served.database, "acme")
    plan = {**PLAN, "day": "2026-02-10"}
    about = {"table": "round", "key": "T-1", "valid_from": 0, "row": plan}
    steps = [{"id": "son", "asks": "yes_no", "words": {"fr": "Bruit normal"}, "blocking": True}]
    listed = {"moment": "test", "words": {"fr": "Test"}, "types": ["moteur"], "steps": steps}
    more = [
        draft("reference.set", at=-1, body=about),
        draft("reference.set", at=-1, body={"table": "checklist", "key": "m", "valid_from": 0, "row": listed}),
        draft("item.commissioned", code(1), at=39, place="strasbourg", body={"type": "bac"}),
        draft("item.commissioned", label(30), at=39, place="strasbourg", body={"type": "moteur"}),
        draft("item.shipped", label(30), at=39.1, place="strasbourg", body={"to": "mulhouse"}),
        draft("return.announced", label(30), at=39.2, place="mulhouse", task="RT-1", body={}),
        draft("return.announced", at=39.2, place="mulhouse", task="RT-1", item_type="film", qty=4, body={}),
        draft("item.received", label(30), at=39.3, place="strasbourg", task="RT-1", body={"from": "mulhouse"}),
        draft("item.counted", code(77), at=39.4, place="strasbourg"),
    ]
    record(served.database, "acme", more, now_ms=NOW)
    for role in (Role.MANAGER, Role.ADMINISTRATOR):
        a_person(served, role)


async def come_in(served: Served, role: Role) -> None:
    served.client.cookies.clear()
    answer = await sign_in(served, role.value, PASSWORD)
    assert answer.status_code == 303, answer.text


def shape(href: str) -> str:
    """Give what pages of one kind have in common: the path without its codes, the names that the address says."""
    parts = urlsplit(href)
    names = sorted({each.partition("=")[0] for each in parts.query.split("&")})
    return re.sub(r"[0-9A-Z%][0-9A-Za-z%.:-]{5,}|[0-9a-f-]{16,}", "…", parts.path) + "?" + "&".join(names)


async def look_around(served: Served) -> list[Found]:
    """Follow every way from the first page, a few of each shape; give the forms that change something."""
    waiting, known, shapes, forms = ["/"], {"/"}, dict[str, int](), list[Found]()
    while waiting and len(known) < PAGES:
        href = waiting.pop(0)
        answer = await served.client.get(href, headers={"Accept": "text/html"}, follow_redirects=True)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status_code < OURS, href
        page = Looked(href, answer.text)
        forms += page.forms
        for way in (each.partition("#")[0] for each in page.ways):
            if way in known or "fichier=" in way or "lang=" in way:
                continue
            known.add(way)
            shapes[shape(way)] = shapes.get(shape(way), 0) + 1
            if shapes[shape(way)] <= OF_A_KIND:
                waiting.append(way)
    return forms


def matches(route: PageRoute, form: Found) -> bool:
    pattern = FILLED.sub("(.+)", re.escape(route.path).replace(r"\{", "{").replace(r"\}", "}"))
    return re.fullmatch(pattern, urlsplit(form.action).path) is not None


def best(route: PageRoute, forms: list[Found]) -> list[Found]:
    """Give the forms of a route, one of each set of fields."""
    fitting = {tuple(sorted({*form.fields, *form.lists})): form for form in forms if matches(route, form)}
    return list(fitting.values())[:4]


def fillings(form: Found, token: str, odd: str) -> Iterator[dict[str, str]]:
    """Give a form with something odd in every field, then with what its lists offer and the odd thing elsewhere."""
    names = {*form.fields, *form.lists} - {"jeton", MARK}
    yield {**dict.fromkeys(names, odd), "jeton": token}
    chosen = {name: next((each for each in reversed(options) if each), "") for name, options in form.lists.items()}
    kept = {name: value for name, value in form.fields.items() if name in ("checklist", "do", "verdict")}
    yield {**dict.fromkeys(names, odd), **chosen, **kept, "jeton": token}


@pytest.mark.slow
@pytest.mark.timeout(1_800)
async def test_no_form_filled_in_with_odd_things_fails_and_what_was_typed_stays(served: Served) -> None:
    await a_busy_house(served)
    faults, tried, reached = list[str](), 0, set[str]()
    for role in (Role.MANAGER, Role.ADMINISTRATOR):
        await come_in(served, role)
        forms = await look_around(served)
        every = {name for form in forms for name in (*form.fields, *form.lists)}
        for route in routes():
            if "POST" not in (route.methods or ()) or route.path in (SIGN_IN.path, SIGN_OUT.path):
                continue
            if not place_of(route).allows(CAPABILITIES[role]) or (route.path in reached and role is Role.ADMINISTRATOR):
                continue
            reached.add(route.path)
            blank = Found(action=FILLED.sub(quote("É'\"<>"), route.path), page="", fields=dict.fromkeys(every, ""))
            for form in best(route, forms) or [blank]:
                for odd in TEXTS:
                    token = await form_token(served, role)
                    for typed in fillings(form, token, odd):
                        tried += 1
                        faults += await answered(served, form, typed, odd)
    assert {route.path for route in routes() if "POST" in (route.methods or ())} - reached == {
        SIGN_IN.path,
        SIGN_OUT.path,
    }
    assert tried > 2_000
    assert faults == []


async def form_token(served: Served, role: Role) -> str:
    """Give the token of the session, which an odd form may have ended."""
    answer = await served.client.get("/aide", headers={"Accept": "text/html"})
    found = re.search(r'name="jeton" value="([^"]+)"', answer.text)
    if found is None:
        await come_in(served, role)
        return await form_token(served, role)
    return found[1]


async def answered(served: Served, form: Found, typed: dict[str, str], odd: str) -> list[str]:
    """Send a form; say what is wrong with the answer."""
    about = f"{form.action} ({form.page}) {odd[:20]!r}"
    answer = await served.client.post(form.action, data=typed, headers={"Accept": "text/html"})
    status = answer.status_code
    if status >= OURS and status not in BUSY:
        return [f"{about}: {status}"]
    if status in (303, 200, 204):
        return []
    page = Looked(form.action, answer.text)
    if "text/html" not in answer.headers.get("content-type", "") or len(answer.text) < SHOWN_CUT:
        return [f"{about}: {status} says nothing to a person"]
    path = urlsplit(form.action).path
    asked = {name for each in page.forms if urlsplit(each.action).path == path for name in each.written}
    can_be_held = odd.strip() and len(odd) <= SHOWN_CUT and odd.isprintable()
    if status == ASKED_AGAIN and can_be_held and asked & form.written and odd not in page.held:
        return [f"{about}: {status} lost what was typed"]
    return []


@pytest.mark.parametrize("body", [
    "jeton=x&name=" + BAD_BYTES, "name=%00", "name=" + quote(TOO_LONG), "&".join(f"a{n}=1" for n in range(2_100)),
    "%", "=", "name=%ZZ", "name=\u00e9",
])  # fmt: skip
async def test_bytes_that_are_no_form_are_told_on_a_page_of_every_form(served: Served, body: str) -> None:
    await a_busy_house(served)
    await come_in(served, Role.ADMINISTRATOR)
    token = await form_token(served, Role.ADMINISTRATOR)
    for route in routes():
        if "POST" not in (route.methods or ()) or route.path in (SIGN_IN.path, SIGN_OUT.path):
            continue
        answer = await served.client.post(
            FILLED.sub("x", route.path),
            content=f"{urlencode({'jeton': token})}&{body}".encode(),
            headers={"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code < OURS, route.path
        assert "text/html" in answer.headers.get("content-type", "") or answer.status_code == 303, route.path
    assert (await opened(served, "/aide")).status == 200
