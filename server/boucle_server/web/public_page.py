"""The page of a label for whoever scans it: what this is, where it goes back to, no person, no partner, no place.

A code that nobody minted, one of another company's system and one that was voided get the same answer, made by the
same work, so that a label tells nothing but what its owner wants to tell.
"""

from dataclasses import dataclass
from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.codes import Kind, Label, read_label
from boucle.item import Item, load
from boucle.lifecycle import Stage
from boucle.words import say
from boucle_server.projections import load_book
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.tables import ORG
from boucle_server.web.item_words import href_of, printed
from boucle_server.web.places import PUBLIC
from boucle_server.web.rendering import render
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

NOBODY: Final = "C/00000000000000"
"""Looked up for a text that is no label at all, so that it costs the same."""
NOT_HERE: Final = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What everybody may know of a container."""

    code: str
    org_name: str
    type: str
    state: str
    uses: int
    href: str
    """Where staff who are signed in open it; `""` for everybody else."""


@router.get(PUBLIC.path + "/{code:path}")
def label_page(visit: Annotated[Visit, Depends(visits(PUBLIC))], code: str) -> Response:
    """Tell a stranger what he holds in his hands."""
    with visit.server.database.reading() as connection:
        shown = _shown(connection, visit, code[:1024])
    if shown is None:
        return render(visit, "label_unknown.html", status=NOT_HERE)
    return render(visit, "label.html", shown=shown)


def _shown(connection: Connection, visit: Visit, code: str) -> Shown | None:
    label = read_label(f"{Kind.CONTAINER}/{code}")
    key = label.key if isinstance(label, Label) and label.code is not None else NOBODY
    query = (
        sa.select(ORG.c.org, ORG.c.name, ITEM.c.state)
        .select_from(ORG)
        .join(BINDING, sa.and_(BINDING.c.org == ORG.c.org, BINDING.c.code == key))
        .join(ITEM, sa.and_(ITEM.c.org == BINDING.c.org, ITEM.c.item == BINDING.c.item))
        .order_by(ORG.c.created_ms, ORG.c.org)
    )
    # A code stands for one thing; should two organisations of a server claim it, the older one has it.
    row = connection.execute(query).first()
    if row is None:
        return None
    item = load(row.state)
    if not item.known or key in item.revoked:
        return None
    book = load_book(connection, row.org)
    is_staff = visit.session is not None and visit.session.org == row.org
    return Shown(
        code=printed(key),
        org_name=row.name,
        type=book.item_type(item.type, visit.now_ms).name or item.type,
        state=say(f"web.public_{_state(item)}", visit.lang),
        uses=item.uses + item.opening_uses,
        href=href_of(key) if is_staff else "",
    )


def _state(item: Item) -> str:
    """Say only whether it serves: where it is, and with whom, is nobody else's business."""
    match item.stage:
        case Stage.RETIRED:
            return "retired"
        case Stage.LOST:
            return "sought"
        case _:
            return "serving"
