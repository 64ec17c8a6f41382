"""The lines of a visit as the ledger has them: what was scanned on a page under one task, and what it was told.

Nothing of a visit is stored beside its events. What was told of a line follows from the history of its item; the last
ones are remembered, because the page is shown again after every scan.
"""

import json
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from boucle.actions import ACTIONS, Amount
from boucle.events import Event
from boucle.ids import is_uuid7
from boucle.lines import Line
from boucle.projection import closed_history
from boucle.receiving import VALIDATED as RECEPTION_VALIDATED
from boucle.replay import walk
from boucle.rounds import VALIDATED, stop_of_task
from boucle.telling import Outcome, Told, mark_of_pieces, outcome_of, reasons_of
from boucle.units import DAY_MS
from boucle.unplanned import unplanned
from boucle.visiting import line_of, line_of_pieces
from boucle_server import amending
from boucle_server.organisations import SERVER_DEV
from boucle_server.projections import event_of
from boucle_server.scan_desk import Desk, Scope
from boucle_server.scan_expected import RETOLD, is_unlisted
from boucle_server.tables import RECORD

SORTED: Final = ACTIONS["sort"].kind
ALONG_MS: Final = 50
"""A verdict that was recorded so soon after its item went along with the scan."""
MOST_LINES: Final = 500
_REMEMBERED: Final = 4_000
_NEVER: Final = (-(2**62), "", "", 0, "")
_BEFORE: Final = timedelta(days=1)
_AFTER: Final = timedelta(days=7)


class Remembered:
    """What was told of the lines recorded last, by their events; forgetting any costs a replay and nothing else."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._lines: OrderedDict[tuple[str, str], Line] = OrderedDict()
        self._most = most
        self._lock = Lock()

    def keep(self, org: str, line: Line) -> None:
        """Remember a line of an event."""
        with self._lock:
            self._lines[org, line.event_id] = line
            while len(self._lines) > self._most:
                self._lines.popitem(last=False)

    def find(self, org: str, event_id: str) -> Line | None:
        """Give what was told of an event, None where that was long ago or elsewhere."""
        with self._lock:
            return self._lines.get((org, event_id))


def kinds_of(action: str) -> tuple[str, ...]:
    """Give the kinds that a visit records: what is retired already leaves by its treatment."""
    also = (ACTIONS["treat"].kind,) if action == "retire" else ()
    return ACTIONS[action].kind, *also


def lines_of(desk: Desk, scope: Scope, memory: Remembered) -> list[Line]:
    """Give the standing lines of a visit in their order; what sorting found stands with its item."""
    kinds = kinds_of(scope.action)
    events = events_under(desk, scope.task, {*kinds, SORTED})
    here = [event for event in events if (event.text("to") or event.place) == scope.place or event.kind == SORTED]
    moves = [event for event in here if event.kind in kinds][-MOST_LINES:]
    verdicts = found_of(here, kinds)
    retold = {event.id for event in moves[-RETOLD:]}
    lines: list[Line] = []
    for event in moves:
        line = memory.find(desk.org, event.id)
        if line is None and event.id in retold:
            line = retell(desk, event, scope, lines)
            memory.keep(desk.org, line)
        lines.append(_found(line or _plain(desk, event), event, verdicts.get(event.id, [])))
    return lines


def found_of(events: Iterable[Event], kinds: Collection[str]) -> dict[str, list[Event]]:
    """Give what sorting found of each line, by its event: all that was said of it before its subject is counted again.

    Pieces without labels have no name: what was found of some speaks of those of their type that were counted last.
    """
    found: dict[str, list[Event]] = {}
    last: dict[str, str] = {}
    for event in events:
        about = event.code or event.item_type
        if event.kind in kinds:
            last[about] = event.id
        elif event.kind == SORTED and about in last:
            found.setdefault(last[about], []).append(event)
    return found


def _found(line: Line, event: Event, verdicts: Sequence[Event]) -> Line:
    if event.kind == SORTED:
        return replace(line, found=event.text("verdict"))
    if not verdicts:
        return replace(line, found="", found_event="")
    return replace(line, found=verdicts[-1].text("verdict"), found_event=verdicts[-1].id)


def _plain(desk: Desk, event: Event) -> Line:
    item = desk.look(event.code) if event.code else None
    line = Line(subject=event.code or event.item_type, outcome=Outcome.ACCEPTED, at_ms=event.teff, event_id=event.id)
    return replace(
        line,
        qty=event.qty or 1,
        item=item.id if item else "",
        item_type=item.type if item else event.item_type,
    )


def retell(desk: Desk, event: Event, scope: Scope, lines: Sequence[Line]) -> Line:
    """Tell again what an event was when it was recorded after some lines, by the history of its item as it stands."""
    context = replace(desk.context(), now_ms=event.teff)
    if event.item_type:
        mark = mark_of_pieces(event, desk.book)
        told = Told(outcome_of(mark), event.id, reasons_of(mark))
        return line_of_pieces(Amount(event.item_type, event.qty), told, at_ms=event.teff)
    for before, each, stepped in walk(closed_history([event.subject], desk.store), desk.book):
        if each.id == event.id:
            told = Told(outcome_of(stepped.mark), event.id, reasons_of(stepped.mark))
            return line_of(
                event.code,
                told,
                before,
                stepped.item,
                action=scope.action,
                place=scope.place,
                unlisted=is_unlisted(desk, scope, before, lines),
                context=context,
            )
    return _plain(desk, event)


def events_under(desk: Desk, task: str, kinds: Iterable[str], *, own: bool = True) -> list[Event]:
    """Give the standing events of some kinds under a task, in their order; `own` leaves out what phones recorded."""
    since, until = _window(desk, task)
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == desk.org,
        RECORD.c.kind.in_([f"{kind}/1" for kind in kinds]),
        RECORD.c.teff.between(since, until),
        RECORD.c.status == "accepted",
        *([RECORD.c.dev == SERVER_DEV] if own else []),
    )
    needle = json.dumps(task, ensure_ascii=False).encode()
    raw = [
        event_of(payload, teff, tq) for payload, teff, tq in desk.connection.execute(query) if needle in bytes(payload)
    ]
    return amending.standing(desk.store, [event for event in raw if event.task == task])


def closed_before(desk: Desk, task: str) -> tuple[int, str, str, int, str]:
    """Give the place in the order up to which a stop or a reception is closed: what is validated has no free undo."""
    if stop_of_task(task) is None and desk.round_of(task) is None:
        return _NEVER
    kinds = (VALIDATED, RECEPTION_VALIDATED)
    return max((event.order for event in events_under(desk, task, kinds, own=False)), default=_NEVER)


def _window(desk: Desk, task: str) -> tuple[int, int]:
    """Give the time in which events of a task can be: from its beginning, or around the day of its round."""
    if is_uuid7(task):
        return int(task[:8] + task[9:13], 16) - 60_000, desk.now_ms + DAY_MS
    beside = unplanned(task)
    of = beside.round if beside else desk.round_under(task)
    if of is None:
        return desk.now_ms - 2 * DAY_MS, desk.now_ms + DAY_MS
    return _instant(desk, of.day - _BEFORE), _instant(desk, of.day + _AFTER)


def _instant(desk: Desk, day: date) -> int:
    return round(datetime.combine(day, time(), ZoneInfo(desk.who.zone)).timestamp() * 1000)
