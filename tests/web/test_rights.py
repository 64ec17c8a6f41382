"""Who sees which page: every route has its permission, every role sees its pages and no other."""

import pytest
from fastapi.routing import APIRoute

from boucle.roles import CAPABILITIES, Role
from boucle_server.api.rights import permissions, walk
from boucle_server.app import create_app
from boucle_server.settings import Settings
from boucle_server.web import places
from boucle_server.web.forms import fields
from boucle_server.web.places import APP_LABELS, PLACES, PUBLIC, QUOTE, SIGN_IN, Place
from boucle_server.web.public_form import sent
from boucle_server.web.routing import PageRoute
from tests.api.serving import Served
from tests.server.people import an_org
from tests.web.browser import opened, signed_in


def routes() -> list[PageRoute]:
    return [route for route in walk(create_app(Settings()).routes) if isinstance(route, PageRoute)]


def place_of(route: APIRoute) -> Place:
    """Give the place that a route belongs to: the one with the longest path that begins its own."""
    fitting = [
        place
        for place in PLACES
        if route.path == place.path or (place.path != "/" and route.path.startswith(f"{place.path}/"))
    ]
    return max(fitting, key=lambda place: len(place.path))


def test_every_page_has_the_permission_of_its_place() -> None:
    assert len(routes()) > 5
    for route in routes():
        assert permissions(route) == [place_of(route).permission], route.path


def test_every_form_that_changes_something_carries_the_token_of_its_session() -> None:
    for route in routes():
        if "POST" not in (route.methods or ()):
            continue
        called = {dependency.call for dependency in route.dependant.dependencies}
        inner = {inner.call for dependency in route.dependant.dependencies for inner in dependency.dependencies}
        checked = any(getattr(call, "__qualname__", "").startswith(("posts.", "brings.")) for call in called)
        # Nobody has a session where one is begun, nor on a public page; such a form is only held to come from here.
        without = route.path == SIGN_IN.path or place_of(route) in (PUBLIC, QUOTE)
        assert checked or (without and {fields, sent} & (called | inner)), route.path


def test_only_these_pages_answer_to_everybody() -> None:
    assert {place.key for place in PLACES if place.public} == {
        "home",
        "sign_in",
        "static",
        "public",
        *(place.key for place in APP_LABELS),
        "help",
        "certificates",
        "slip",
        "quote",
    }


@pytest.mark.parametrize("role", Role)
async def test_a_role_sees_its_menu_and_is_told_why_it_does_not_see_the_rest(served: Served, role: Role) -> None:
    an_org(served.database)
    await signed_in(served, role)
    shown = await opened(served, places.HELP.path)
    expected = [place.path for place in PLACES if place.in_menu and place.allows(CAPABILITIES[role])]
    linked = [href for href in shown.attributes("a", "href") if href in {place.path for place in PLACES[1:]}]
    assert linked == expected
    for place in PLACES:
        if place.in_menu:
            page = await opened(served, place.path)
            assert page.status == (200 if place.path in expected else 403)
            assert page.status == 200 or "n’ouvre pas cette page" in page.text


async def test_the_first_page_leads_everybody_to_where_the_work_is(served: Served) -> None:
    an_org(served.database)
    assert (await served.client.get("/")).headers["location"] == "/connexion"
    await signed_in(served, Role.PARTNER)
    assert (await served.client.get("/")).headers["location"] == "/aide"
    served.client.cookies.clear()
    await signed_in(served, Role.READER)
    assert (await served.client.get("/")).headers["location"] == "/tableau"
