"""The pages of items: the list with its search, one item's history, the proof of one event."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends
from starlette.responses import RedirectResponse, Response

from boucle_server.api.eventlog import Inclusion, proof
from boucle_server.auth import Principal
from boucle_server.projections import load_book
from boucle_server.web import acts
from boucle_server.web.chain import chain
from boucle_server.web.item_cases import item_cases
from boucle_server.web.item_page import PAGE as STEPS
from boucle_server.web.item_page import item_page
from boucle_server.web.item_tables import history_table, items_table
from boucle_server.web.items import PAGE, items, look_up
from boucle_server.web.places import ITEMS, PROOFS
from boucle_server.web.rendering import render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import MOST_ROWS, format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(ITEMS))]
Proving = Annotated[Visit, Depends(visits(PROOFS))]
MOST_STEPS: Final = 10**6


@router.get(ITEMS.path)
def list_page(visit: Reading) -> Response:
    """Show items, or lead to the one of which a code was typed."""
    typed, wrong = visit.value("code"), ""
    with visit.server.database.reading() as connection:
        if typed:
            href, wrong = look_up(connection, visit.who.org, typed, visit.lang)
            if href:
                return RedirectResponse(href, 303)
        most = MOST_ROWS if format_of(visit) else PAGE
        found = items(connection, visit, load_book(connection, visit.who.org), most=most)
    if format_of(visit) and not found.problems and not wrong:
        return table_file(visit, "objets", [items_table(found, visit.lang)])
    return render(
        visit.noting(*found.problems),
        "items.html",
        place=ITEMS,
        found=found,
        typed=typed[:200],
        wrong=wrong,
    )


@router.get(ITEMS.path + "/{code:path}")
def one_page(visit: Reading, code: str) -> Response:
    """Show one item."""
    after = visit.value("after")
    skipped = (
        min(int(after), MOST_STEPS) if after.isascii() and after.isdigit() and len(after) < len(str(MOST_STEPS)) else 0
    )
    with visit.server.database.reading() as connection:
        book, most = load_book(connection, visit.who.org), MOST_ROWS if format_of(visit) else STEPS
        page = item_page(connection, visit, book, code[:1024], after=skipped, most=most)
        waiting = item_cases(connection, visit, code[:1024])
        parts = chain(connection, visit, book, code[:1024])
        undo = acts.undoable(connection, visit)
    if format_of(visit):
        return table_file(visit, f"objet-{page.title}", [history_table(page, visit.lang)])
    return render(visit, "item.html", place=ITEMS, page=page, cases=waiting, after=skipped, chain=parts, undo=undo)


@router.get(PROOFS.path + "/{event_id}.txt")
def proof_file(visit: Proving, event_id: str) -> Response:
    """Give the proof of an event as a file that anybody can check."""
    content = _proof(visit, event_id).tlog_proof
    name = f"boucle-{quote(event_id[:64], safe='')}.tlog-proof"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type="text/plain; charset=utf-8", headers=headers)


@router.get(PROOFS.path + "/{event_id}")
def proof_page(visit: Proving, event_id: str) -> Response:
    """Show the proof of an event."""
    return render(visit, "proof.html", place=ITEMS, proof=_proof(visit, event_id))


def _proof(visit: Visit, event_id: str) -> Inclusion:
    who = Principal(org=visit.who.org, kind="person", id=visit.who.person, capabilities=visit.who.capabilities)
    return proof(who, visit.server, event_id[:64])
