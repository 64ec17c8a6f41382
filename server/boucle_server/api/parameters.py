"""The parameters that a question may have: a misspelt one is refused, never answered as if it were not there.

Only questions about figures, items and what waits are held to it. Phones of any version go on syncing.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import Depends, Request

from boucle_server.errors import InvalidInputError

SHOWN = 3
"""Parameters that are named of those that nobody knows."""


def no_others(request: Request) -> None:
    """Refuse a request with a parameter that its route does not have, or has twice; InvalidInputError names it."""
    known = sorted(set(_names(request.scope["route"].dependant)))
    strange = sorted(set(request.query_params) - set(known))
    if strange:
        names = ", ".join(name[:40] for name in strange[:SHOWN])
        if known:
            raise InvalidInputError("api.unknown_parameter", names=names, known=", ".join(known))
        raise InvalidInputError("api.no_parameter", names=names)
    for name in known:
        if len(request.query_params.getlist(name)) > 1:
            raise InvalidInputError("api.twice", name=name)


ONLY_KNOWN = Depends(no_others)


def _names(dependant: Any) -> Iterator[str]:
    """Give every query parameter of a route and of what it depends on."""
    for field in dependant.query_params:
        yield field.alias
    for inner in dependant.dependencies:
        yield from _names(inner)
