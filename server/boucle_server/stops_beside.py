"""Stops that no round plans, as the ledger tells of them: those of some days, one by its task, one under way.

What the task says is when the stop began by the clock that was there; when it was is what its events say.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.events import Event
from boucle.rounds import MOVES, VALIDATED
from boucle.unplanned import MARK, Unplanned, is_unplanned, unplanned
from boucle_server.driven import FIRST_DAY, LAST_DAY, DrivenRound, Progress, driven
from boucle_server.projections import FETCH, event_of
from boucle_server.tables import RECORD

_KINDS: Final = tuple(f"{kind}/1" for kind in (*MOVES, VALIDATED))
_DAY: Final = timedelta(days=1)


class Days(NamedTuple):
    """Some days in a zone, the last one included."""

    first: date
    last: date
    zone: str

    @property
    def ms(self) -> tuple[int, int]:
        """When they begin and end."""
        first, last = (min(max(day, FIRST_DAY), LAST_DAY) for day in (self.first, self.last))
        begins, ends = (datetime.combine(day, time(), ZoneInfo(self.zone)) for day in (first, last + _DAY))
        return round(begins.timestamp() * 1000), round(ends.timestamp() * 1000) - 1


def driven_beside(connection: Connection, org: str, days: Days, *, now_ms: int) -> list[DrivenRound]:
    """Give the stops of some days that no round plans, each as the round that stands for it, by their beginning."""
    found: dict[str, Unplanned] = {}
    for event in _events(connection, org, days, f'"task":"{MARK}'):
        read = unplanned(event.task)
        if read is not None and event.task not in found:
            day = date.fromisoformat(day_of(event.teff, days.zone))
            found[event.task] = read._replace(round=replace(read.round, day=day))
    made = driven(connection, org, [each.round for each in found.values()], zone=days.zone, now_ms=now_ms)
    return [each for each in made if any(stop.progress is not Progress.TO_DO for stop in each.stops)]


def stop_beside(connection: Connection, org: str, task: str, *, zone: str) -> Unplanned | None:
    """Give the stop that a task names and no round plans, on the day of its events; None for any other task."""
    read = unplanned(task)
    if read is None:
        return None
    about = f'"task":{json.dumps(task, ensure_ascii=False)}'
    near = Days(read.round.day - _DAY, read.round.day + _DAY, zone)
    # A clock that was wrong when the stop began says another day than the events that were put right since.
    ever = Days(FIRST_DAY, LAST_DAY, zone)
    for days, kinds in ((near, _KINDS), (ever, (f"{VALIDATED}/1",))):
        event = next(_events(connection, org, days, about, kinds), None)
        if event is not None:
            return read._replace(round=replace(read.round, day=date.fromisoformat(day_of(event.teff, zone))))
    return read


def under_way(connection: Connection, org: str, place: str, *, person: str, zone: str, now_ms: int) -> str:
    """Give the task of the stop that a person began at a place today and that is not validated; `""` where none is."""
    today = date.fromisoformat(day_of(now_ms, zone))
    about = f'"task":"{MARK}{today.isoformat()}'
    mine = [
        event.task
        for event in _events(connection, org, Days(today, today, zone), about)
        if event.actor == person and event.place == place and is_unplanned(event.task)
    ]
    read = unplanned(mine[-1]) if mine else None
    if read is None:
        return ""
    (found,) = driven(connection, org, [read.round], zone=zone, now_ms=now_ms)
    return mine[-1] if found.stops[0].progress is not Progress.DONE else ""


def _events(
    connection: Connection, org: str, days: Days, about: str, kinds: tuple[str, ...] = _KINDS
) -> Iterator[Event]:
    """Give the accepted events of some days in whose bytes a text stands, in the order of their times."""
    query = (
        sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq)
        .where(
            RECORD.c.org == org,
            RECORD.c.kind.in_(kinds),
            RECORD.c.teff.between(*days.ms),
            RECORD.c.status == "accepted",
        )
        .order_by(RECORD.c.teff)
    )
    needle = about.encode()
    with connection.execute(query, execution_options={"yield_per": FETCH}) as found:
        for payload, teff, tq in found:
            if needle in bytes(payload):
                yield event_of(payload, teff, tq)
