"""The card of the first five minutes: four things to try, in a demonstration only."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.lifecycle import Stage
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.web import places
from boucle_server.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to try: the end of its keys, where it leads to on the web, if anywhere, and where to go after it."""

    key: str
    href: str = ""
    then: str = ""


def first_steps(connection: Connection, visit: Visit) -> tuple[Step, ...]:
    """Give the four steps of a demonstration, those that this role can open as links; none for a real company."""
    if not visit.who.is_demo:
        return ()
    at_hand = {place.key: place.path for place in places.menu(visit.who.capabilities)}
    then = places.IMPORT.path if places.IMPORT.allows(visit.who.capabilities) else ""
    return (
        Step(key="scan", href=_label(connection, visit.who.org)),
        Step(key="phone", href=at_hand.get("devices", "")),
        Step(key="decide", href=at_hand.get("inbox", "")),
        Step(key="export", href=f"{places.DASHBOARD.path}/chiffres", then=then),
    )


def _label(connection: Connection, org: str) -> str:
    """Give the public page of some container that a partner holds."""
    query = (
        sa.select(BINDING.c.code)
        .join(ITEM, sa.and_(ITEM.c.org == BINDING.c.org, ITEM.c.item == BINDING.c.item))
        .where(ITEM.c.org == org, ITEM.c.stage == Stage.AT_PARTNER, BINDING.c.code.startswith("C/"))
        .limit(1)
    )
    code = connection.execute(query).scalar()
    return f"/{code}" if code else ""
