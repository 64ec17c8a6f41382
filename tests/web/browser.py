"""A browser without scripts: it opens pages, takes them apart, fills in forms and follows where they lead."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

from boucle.roles import Role
from boucle_server import people
from boucle_server.web import places
from tests.api.serving import Served
from tests.server.people import NOW

PASSWORD = "correct horse battery"
VOID = {"meta", "br", "input", "link", "rect", "path", "circle", "img"}

Attributes = dict[str, str | None]


@dataclass
class Form:
    """A form of a page: where it goes, how, and what it says as it stands."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """A page taken apart: its text, its elements, its forms, and whether every element is closed in its place."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer = answer
        self.open: list[str] = []
        self.tags: list[tuple[str, Attributes]] = []
        self.texts: list[str] = []
        self.forms: list[Form] = []
        self.feed(answer.text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "form":
            self.forms.append(Form(action=given.get("action") or "", method=given.get("method") or "get"))
        is_left = given.get("type") in ("checkbox", "radio") and "checked" not in given
        if tag == "input" and "form" in self.open and given.get("name") and not is_left:
            self.forms[-1].values.append((given["name"] or "", given.get("value") or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.replace("\u202f", " ").split()))

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def attributes(self, tag: str, name: str) -> list[str]:
        return [given[name] or "" for each, given in self.tags if each == tag and name in given]

    def form(self, action: str) -> Form:
        return next(each for each in self.forms if each.action == action)


def a_person(served: Served, role: Role, *, org: str = "acme", login: str = "") -> str:
    """Let in somebody with this role; give the login."""
    name = login or role.value
    with served.database.writing(org) as connection:
        people.add_user(
            connection, org, login=name, password=PASSWORD, role=role, now_ms=NOW, name=f"Test {role.value}"
        )
    return name


async def opened(served: Served, path: str, **more: str) -> Page:
    """Open a page as it is, without following where it leads."""
    return Page(await served.client.get(path, headers={"Accept": "text/html", **more}))


def is_unlisted(answer: httpx.Response) -> bool:
    """Tell whether an answer says, once each, that no search engine lists it and its address goes to no other site."""
    names = ("x-robots-tag", "referrer-policy")
    return [answer.headers.get_list(name) for name in names] == [["noindex, nofollow"], ["no-referrer"]]


async def sent(served: Served, form: Form, /, **typed: str) -> httpx.Response:
    """Send a form with what was typed into it."""
    values = {**dict(form.values), **typed}
    return await served.client.post(form.action, data=values)


async def sign_in(served: Served, login: str, password: str = PASSWORD) -> httpx.Response:
    """Fill in the form of signing in."""
    page = await opened(served, places.SIGN_IN.path)
    return await sent(served, page.form(places.SIGN_IN.path), login=login, password=password)


async def signed_in(served: Served, role: Role = Role.MANAGER, *, org: str = "acme") -> None:
    """Let in somebody with this role, and sign in."""
    answer = await sign_in(served, a_person(served, role, org=org))
    assert answer.status_code == 303, answer.text
