"""Balances over HTTP: what each partner holds of each type at a date."""

import re
from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from boucle.clock import day_of, parse_instant
from boucle_server import partner_balances, reports
from boucle_server.api.filters import Place
from boucle_server.api.parameters import ONLY_KNOWN
from boucle_server.api.rights import Reader
from boucle_server.api.running import Server
from boucle_server.errors import InvalidInputError
from boucle_server.projections import load_book

router = APIRouter(prefix="/v1/balances", tags=["figures"], dependencies=[ONLY_KNOWN])

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class BalanceOf(BaseModel):
    """What stands at one place of one type."""

    partner: Annotated[str, Field(description="empty for one of our own sites")]
    partner_name: str
    site: str
    site_name: str
    type: str
    type_name: str
    held: Annotated[int, Field(description="in the partner's hands, what was only declared included")]
    transit: Annotated[int, Field(description="on its way there")]
    inbound: Annotated[int, Field(description="collected, in our vehicle, not yet received")]
    stock: Annotated[int, Field(description="a quantity without serial numbers at one of our own sites")]
    unscanned: Annotated[int, Field(description="declared and answered by no scan (non scanné)")]


class Balances(BaseModel):
    """Every balance that is not nil at the end of a local day."""

    day: str
    timezone: str
    balances: list[BalanceOf]


@router.get("")
def list_balances(
    who: Reader,
    server: Server,
    narrowed: Place,
    at: Annotated[
        str | None, Query(max_length=40, description="a local day `2026-10-31` or an instant; now when left out")
    ] = None,
) -> Balances:
    """Give the balances at a date, which can be asked again years later."""
    now_ms = server.clock.now_ms()
    with server.database.reading() as connection:
        zone = reports.zone_of(connection, who.org)
        day = _day(at, zone, now_ms)
        found = partner_balances.at_day(connection, who.org, day, narrowed)
        book = load_book(connection, who.org)
    named = [
        BalanceOf(
            **asdict(each),
            partner_name=reports.name_of(book, "partner", each.partner, now_ms),
            site_name=reports.name_of(book, "site", each.site, now_ms),
            type_name=reports.name_of(book, "item_type", each.type, now_ms),
        )
        for each in found
    ]
    return Balances(day=day, timezone=zone, balances=named)


def _day(text: str | None, zone: str, now_ms: int) -> str:
    """Read a date; InvalidInputError names the field."""
    if not text:
        return day_of(now_ms, zone)
    try:
        instant = parse_instant(text, zone)
        return text if _DAY.fullmatch(text) else day_of(instant, zone)
    except (ValueError, OverflowError):
        raise InvalidInputError(field="at") from None
