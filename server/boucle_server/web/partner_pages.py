"""The pages of partners: what each holds at a date, one of them in full."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from boucle_server.projections import load_book
from boucle_server.web.item_tables import partner_tables, partners_table
from boucle_server.web.partners import balances_of_all, partner
from boucle_server.web.places import PARTNERS
from boucle_server.web.rendering import render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import format_of, table_file
from boucle_server.web.visit import Visit, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(PARTNERS))]


@router.get(PARTNERS.path)
def list_page(visit: Reading) -> Response:
    """Show what every partner holds."""
    with visit.server.database.reading() as connection:
        found = balances_of_all(connection, visit, load_book(connection, visit.who.org))
    if format_of(visit) and not found.problem:
        return table_file(visit, f"partenaires-{found.day}", [partners_table(found, visit.lang)])
    told = visit.noting(found.problem) if found.problem else visit
    return render(told, "partners.html", place=PARTNERS, page=found)


@router.get(PARTNERS.path + "/{key:path}")
def one_page(visit: Reading, key: str) -> Response:
    """Show one partner."""
    with visit.server.database.reading() as connection:
        found = partner(connection, visit, load_book(connection, visit.who.org), key[:200])
    if format_of(visit) and not found.balances.problem:
        return table_file(visit, f"partenaire-{found.key}-{found.balances.day}", partner_tables(found, visit.lang))
    told = visit.noting(found.balances.problem) if found.balances.problem else visit
    return render(told, "partner.html", place=PARTNERS, page=found)
