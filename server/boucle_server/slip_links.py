"""Links of slips: each made by an event, opened by a code that only this server's key makes, taken back by a void.

The event says which slip, and until when; how its code is made is told in `link_codes`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.events import Event
from boucle_server import amending, link_codes
from boucle_server.projections import SqlStore, event_of
from boucle_server.server_device import Draft
from boucle_server.slips import Slip, slips_of
from boucle_server.tables import ORG, RECORD

SHARED: Final = "slip.shared"
LINK_DAYS: Final = 60
"""A link is for the next statement, not for ever."""
_SEED: Final = b"boucle link of a slip 2"


class Standing(StrEnum):
    """What a link does now; the words are `web.slip_link_<value>`."""

    OPENS = "opens"
    ENDED = "ended"
    TAKEN_BACK = "taken_back"


class Link(NamedTuple):
    """A link that somebody made: by which event, of which validation, when, who, its last day."""

    event: str
    validation: str
    made_ms: int
    actor: str
    until: date
    standing: Standing


def sharing(validated: Event, now_ms: int, zone: str) -> Draft:
    """Give the event that makes a link of a validation's slip, from now until its last day."""
    until = date.fromisoformat(day_of(now_ms, zone)) + timedelta(days=LINK_DAYS)
    body = {"target": validated.id, "until": until.isoformat()}
    return Draft(kind=SHARED, fields={"task": validated.task, "body": body})


def taking_back(event_id: str) -> Draft:
    """Give the event that takes a link back."""
    return Draft(kind="event.voided", fields={"body": {"target": event_id}})


def links_of(connection: Connection, versions: Sequence[Slip], *, now_ms: int) -> list[Link]:
    """Give every link that was made of the versions of one stop, the latest first."""
    if not versions:
        return []
    org = versions[0].org
    zone: str = connection.execute(sa.select(ORG.c.zone).where(ORG.c.org == org)).scalar_one()
    known = {each.validation.event.id for each in versions}
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == org,
        RECORD.c.kind == f"{SHARED}/1",
        RECORD.c.teff >= min(each.at_ms for each in versions),
        RECORD.c.status == "accepted",
    )
    events = [event_of(*row) for row in connection.execute(query)]
    mine = [event for event in events if event.text("target") in known]
    standing = {event.id for event in amending.standing(SqlStore(connection, org), mine)}
    found = [_link(event, day_of(now_ms, zone), stands=event.id in standing) for event in mine]
    return sorted((each for each in found if each), key=lambda each: (each.made_ms, each.event), reverse=True)


def code_of(connection: Connection, org: str, link: Link) -> str:
    """Give what stands in the address of a link."""
    return link_codes.code_of(connection, org, link.event, seed=_SEED)


def opened(connection: Connection, code: str, *, now_ms: int) -> tuple[list[Slip], date] | None:
    """Give the slip that a code opens with its later versions, and its last day; None where it opens nothing (more)."""
    found = link_codes.opened(connection, code, seed=_SEED)
    return None if found is None else _opened(connection, found.org, found.event, now_ms=now_ms)


def _opened(connection: Connection, org: str, event_id: str, *, now_ms: int) -> tuple[list[Slip], date] | None:
    (event,) = (*SqlStore(connection, org).events([event_id]), None)[:1]
    if event is None or event.kind != SHARED:
        return None
    versions = slips_of(connection, org, event.task, now_ms=now_ms)
    link = next((each for each in links_of(connection, versions, now_ms=now_ms) if each.event == event_id), None)
    if link is None or link.standing is not Standing.OPENS:
        return None
    first = next(at for at, each in enumerate(versions) if each.validation.event.id == link.validation)
    return versions[first:], link.until


def _link(event: Event, today: str, *, stands: bool) -> Link | None:
    try:
        until = date.fromisoformat(event.text("until"))
    except ValueError:
        return None
    ended = Standing.ENDED if today > until.isoformat() else Standing.OPENS
    standing = ended if stands else Standing.TAKEN_BACK
    return Link(event.id, event.text("target"), event.teff, event.actor, until, standing)
