"""The permission of a route: `needs(capability)`, `signed_in`, or `public`, always written out.

A test walks every route of the application and fails for one without a permission of its own.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.routing import BaseRoute

from boucle.roles import Capability
from boucle_server.api.running import Running, running
from boucle_server.auth import Principal, authenticate

PUBLIC = "public"
SIGNED_IN = "signed in"
_PERMISSION = "boucle_permission"
_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="An opaque token of a device or of a program, as `Authorization: Bearer <token>`.",
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)]


def public() -> None:
    """Let everybody in, on purpose."""


setattr(public, _PERMISSION, PUBLIC)


def identify(server: Running, request: Request) -> Principal:
    """Give who asks; UnauthenticatedError or DeviceRevokedError. Reads the database, so not on the event loop."""
    header = request.headers.get("authorization")
    with server.database.reading() as connection:
        return authenticate(connection, header, now_ms=server.clock.now_ms())


def signed_in(request: Request, _credentials: _Credentials) -> Principal:
    """Let in whoever has a valid token, whatever it may do."""
    return identify(running(request), request)


setattr(signed_in, _PERMISSION, SIGNED_IN)


async def identified_inside(_credentials: _Credentials) -> None:
    """Say that a route lets in whoever has a valid token, and looks itself: in the same thread as its work."""


setattr(identified_inside, _PERMISSION, SIGNED_IN)


def states(dependency: Callable[..., Any], permission: str) -> None:
    """Say that a dependency looks itself for a permission, because it has another way to answer who lacks it."""
    setattr(dependency, _PERMISSION, str(permission))


@lru_cache
def needs(capability: Capability) -> Callable[..., Principal]:
    """Let in whoever has this capability, and give the principal; ForbiddenError to others."""

    def permitted(request: Request, credentials: _Credentials) -> Principal:
        who = signed_in(request, credentials)
        who.demand(capability)
        return who

    setattr(permitted, _PERMISSION, capability.value)
    return permitted


SignedIn = Annotated[Principal, Depends(signed_in)]
Reader = Annotated[Principal, Depends(needs(Capability.READ))]
Manager = Annotated[Principal, Depends(needs(Capability.MANAGE))]
Administrator = Annotated[Principal, Depends(needs(Capability.ADMINISTER))]


def permissions(route: APIRoute) -> list[str]:
    """Give the permissions that a route asks for; a route of ours has exactly one."""
    return [
        getattr(dependency.call, _PERMISSION)
        for dependency in route.dependant.dependencies
        if hasattr(dependency.call, _PERMISSION)
    ]


def walk(routes: list[BaseRoute]) -> Iterator[Any]:
    """Give every route under `routes`, those of included routers too."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from walk(inner.routes)
