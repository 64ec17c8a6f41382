"""The card of the first five minutes: four things to try, in a demonstration only."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.lifecycle import Stage
from boucle.roles import Capability
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.web import places
from boucle_server.web.inbox_case import Heap
from boucle_server.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to try: the end of its keys, where it leads to on the web, if anywhere, and where to go after it."""

    key: str
    href: str = ""
    then: tuple[tuple[str, str], ...] = ()
    """Further ways: the end of the key of its words, and where it leads."""


def first_steps(connection: Connection, visit: Visit, month: str) -> tuple[Step, ...]:
    """Give the four steps of a demonstration, each one that this role can do; none for a real company."""
    if not visit.who.is_demo:
        return ()
    held = visit.who.capabilities
    devices = places.DEVICES.path if places.DEVICES.allows(held) else ""
    then = [("figures", f"{places.DASHBOARD.path}/chiffres?month={month}")]
    then += [("import", places.IMPORT.path)] if places.IMPORT.allows(held) else []
    return (
        Step(key="scan", href=_label(connection, visit.who.org)),
        Step(key="phone", href=devices),
        _own_step(held),
        Step(key="report", href=f"{places.DASHBOARD.path}/rapport.pdf?month={month}", then=tuple(then)),
    )


def _own_step(held: frozenset[Capability]) -> Step:
    """Give the third step: what this role does all day."""
    if places.INBOX.allows(held):
        return Step(key="decide", href=f"{places.INBOX.path}?kind={Heap.CONTRADICTION}")
    if held & {Capability.REPAIR, Capability.TEST}:
        return Step(key="bench", href=places.WORKSHOP.path)
    if Capability.RECEIVE in held:
        return Step(key="receive", href=places.STATION.path)
    if Capability.COLLECT in held:
        return Step(key="round", href=places.ROUNDS.path)
    return Step(key="look", href=places.ITEMS.path)


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
