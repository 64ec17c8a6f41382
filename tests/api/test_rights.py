"""The permission of every route: written out, and kept."""

from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from boucle.roles import Capability, Role
from boucle_server import devices, tokens
from boucle_server.api.rights import permissions, public, walk
from boucle_server.app import create_app
from boucle_server.settings import Settings
from tests.api.serving import Served
from tests.server.people import NOW, a_phone, an_org

PUBLIC = {
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/v1/time"),
    ("POST", "/v1/enrol"),
}
"""The only routes that answer to everybody."""


ANY_TOKEN = {
    ("POST", "/v1/sync/push"),
    ("POST", "/v1/sync/raw"),
    ("GET", "/v1/sync/pull"),
    ("GET", "/v1/log/checkpoint"),
    ("GET", "/v1/log/consistency"),
    ("OPTIONS", "/v1/uploads"),
    ("POST", "/v1/uploads"),
    ("HEAD", "/v1/uploads/{sha256}"),
    ("PATCH", "/v1/uploads/{sha256}"),
    ("DELETE", "/v1/uploads/{sha256}"),
    ("POST", "/v1/uploads/{sha256}"),
}
"""The only routes that answer to every valid token: what a device syncs by, and its questions as a witness."""


def table_of(app: FastAPI) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for route in walk(app.routes):
        if isinstance(route, APIRoute):
            found |= {(method, route.path): permissions(route) for method in route.methods or ()}
        else:
            assert route.path == "/openapi.json", f"{route.path} is no route that can have a permission"
    return found


def interface_of(app: FastAPI) -> dict[tuple[str, str], list[str]]:
    """Give the routes for programs; those of pages are proven in `tests/web/test_rights.py`."""
    pages = {route.path for route in walk(app.routes) if not route.include_in_schema}
    return {where: written for where, written in table_of(app).items() if where[1] not in pages}


def unwritten(app: FastAPI) -> list[tuple[str, str]]:
    return [where for where, written in table_of(app).items() if len(written) != 1]


def test_every_route_has_exactly_one_permission_of_its_own() -> None:
    assert unwritten(create_app(Settings())) == []


def test_a_route_without_a_permission_is_found_however_deep_it_is_included() -> None:
    app, inner, outer = create_app(Settings()), APIRouter(), APIRouter(dependencies=[Depends(public)])

    @inner.get("/forgotten")
    def forgotten() -> None: ...

    outer.include_router(inner)
    app.include_router(outer)
    assert unwritten(app) == [("GET", "/forgotten")]


def test_only_these_routes_are_public() -> None:
    open_to_all = {where for where, written in interface_of(create_app(Settings())).items() if written == ["public"]}
    assert open_to_all == PUBLIC


def test_only_these_routes_are_open_to_any_token() -> None:
    open_to_tokens = {
        where for where, written in interface_of(create_app(Settings())).items() if written == ["signed in"]
    }
    assert open_to_tokens == ANY_TOKEN


def test_the_description_for_programs_names_the_page_that_it_leaves_out() -> None:
    described = create_app(Settings()).openapi()
    assert "`/C/{code}`" in described["info"]["description"]
    assert not [path for path in described["paths"] if path.startswith("/C/")]
    pages = [route.path for route in walk(create_app(Settings()).routes) if not route.include_in_schema]
    assert "/C/{code:path}" in pages or "/C/{code}" in pages


async def test_a_device_that_may_read_nothing_is_a_witness_all_the_same(served: Served) -> None:
    org = an_org(served.database)
    partner = a_phone(served.database, org, Role.PARTNER)
    for address in ("/v1/log/checkpoint", "/v1/log/consistency?from=0&to=1"):
        assert (await served.client.get(address, headers=partner.header)).status_code == 200
    assert (await served.client.get("/v1/log/key", headers=partner.header)).status_code == 403


async def test_every_other_route_asks_for_a_token_and_for_the_right_that_it_names(served: Served) -> None:
    org = an_org(served.database)
    with served.database.writing(org) as connection:
        made = {
            held: tokens.add(connection, org, name=held.value, scopes=[held], now_ms=NOW).secret for held in Capability
        }
    closed = {where: written for where, written in interface_of(served.app).items() if where not in PUBLIC}
    assert closed
    for (method, path), (needed,) in closed.items():
        address = path.replace("{event_id}", "e")
        assert (await served.client.request(method, address)).status_code == 401, path
        for held, secret in made.items():
            headers = {"Authorization": f"Bearer {secret}"}
            answer = await served.client.request(method, address, headers=headers)
            may = needed in ("signed in", held.value)
            assert (answer.status_code != 403) is may, (path, held, answer.text)
            assert answer.status_code != 500


async def test_a_revoked_device_is_refused_at_the_very_next_request(served: Served) -> None:
    org = an_org(served.database)
    phone = a_phone(served.database, org)
    assert (await served.client.get("/v1/log/key", headers=phone.header)).status_code == 200
    with served.database.writing(org) as connection:
        devices.revoke(connection, org, phone.enrolled.dev, now_ms=NOW)
    answer = await served.client.get("/v1/log/key", headers=phone.header)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:boucle:problem:device-revoked")


async def test_what_belongs_to_another_organisation_is_answered_like_what_does_not_exist(
    served: Served,
) -> None:
    mine, theirs = an_org(served.database), an_org(served.database, "other")
    me = a_phone(served.database, mine, Role.MANAGER)
    them = a_phone(served.database, theirs, Role.MANAGER)
    listed = (await served.client.get("/v1/devices", headers=me.header)).json()
    assert [device["dev"] for device in listed["devices"]] == [me.enrolled.dev]
    other: dict[str, Any] = (await served.client.get("/v1/log/key", headers=them.header)).json()
    assert other["vkey"] == them.enrolled.vkey != me.enrolled.vkey


@pytest.mark.parametrize("path", ["/openapi.json"])
async def test_the_description_covers_every_route_and_says_how_errors_look(served: Served, path: str) -> None:
    description = (await served.client.get(path)).json()
    described = {(method.upper(), address) for address, methods in description["paths"].items() for method in methods}
    assert described == {(method, path.replace(":path", "")) for method, path in interface_of(served.app)}
    for methods in description["paths"].values():
        for operation in methods.values():
            assert {"400", "401", "403", "404", "413", "422", "503"} <= operation["responses"].keys()
            assert set(operation["responses"]["422"]["content"]) == {"application/problem+json"}
