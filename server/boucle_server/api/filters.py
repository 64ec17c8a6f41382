"""Filters of figures in a request: to which loop, partner, type or site they are narrowed."""

from typing import Annotated, Final

from fastapi import Depends, Query

from boucle.tally import Slice

TEXT: Final = r"^[^\x00-\x1f\x7f]*$"
"""A name as reference data may give it: no control characters."""
_Name = Annotated[str | None, Query(max_length=200, pattern=TEXT)]


def place(partner: _Name = None, type: _Name = None, site: _Name = None) -> Slice:
    """Read a partner, a type and a site."""
    return Slice(partner=partner, site=site, type=type)


def filters(narrowed: Annotated[Slice, Depends(place)], loop: _Name = None) -> Slice:
    """Read every filter; an empty one asks for what has none, such as movements outside every loop."""
    return Slice(loop=loop, partner=narrowed.partner, site=narrowed.site, type=narrowed.type)


Place = Annotated[Slice, Depends(place)]
Filters = Annotated[Slice, Depends(filters)]
