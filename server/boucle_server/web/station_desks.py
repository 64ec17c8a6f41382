"""The desk of whoever is at the scan station, for one request, and the transaction in which something is recorded."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.engine import Connection

from boucle_server.scan_desk import Desk, Person
from boucle_server.web.visit import Visit

T = TypeVar("T")


def desk_of(connection: Connection, visit: Visit, *, site: str = "", once: str = "") -> Desk:
    """Give the desk of whoever visits."""
    who = Person(id=visit.who.person, held=visit.who.capabilities, zone=visit.who.zone)
    return Desk(connection, visit.who.org, who, now_ms=visit.server.clock.now_ms(), site=site, once=once)


def written(visit: Visit, work: Callable[[Connection], T]) -> T:
    """Do something in the writing transaction of the organisation."""
    return visit.server.door.write(visit.who.org, work)
