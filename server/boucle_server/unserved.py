"""Rounds whose day is over with stops that nobody validated, and that nobody ended: what was planned and not made.

Only validations are read, not the scans of every round there ever was; so this is asked with each look at what waits.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.reference import Book
from boucle.rounds import VALIDATED, Round, Stop, rounds_in
from boucle_server.driven import FIRST_DAY
from boucle_server.standing import standing
from boucle_server.tables import ORG

_BEFORE: Final = timedelta(days=1)
"""A stop may be validated the day before it was planned, by who drives ahead of the plan."""


class Unserved(NamedTuple):
    """A round that is over, with its stops that nobody validated, in the planned order."""

    round: Round
    stops: tuple[Stop, ...]


def unserved(connection: Connection, org: str, book: Book, now_ms: int) -> list[Unserved]:
    """Give the rounds that are over and incomplete, the oldest first."""
    zone: str = connection.execute(sa.select(ORG.c.zone).where(ORG.c.org == org)).scalar_one()
    today = day_of(now_ms, zone)
    over = [
        each
        for each in rounds_in(book, at_ms=now_ms)
        if each.stops and each.day.isoformat() < today and not each.cancelled and not each.ended
    ]
    done = _validated(connection, org, over, zone)
    found = [Unserved(of, tuple(stop for stop in of.stops if of.task(stop) not in done)) for of in over]
    return [each for each in found if each.stops]


def _validated(connection: Connection, org: str, rounds: Sequence[Round], zone: str) -> set[str]:
    """Give the stops of which a validation stands, by their task."""
    if not rounds:
        return set()
    first = max(min(each.day for each in rounds), FIRST_DAY) - _BEFORE
    since_ms = round(datetime.combine(first, time(), ZoneInfo(zone)).timestamp() * 1000)
    return {event.task for event in standing(connection, org, VALIDATED, since_ms=since_ms)}
