"""What wants a person, heap by heap: how many cases there are, a page of them, the oldest first, and any one."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import sqlalchemy as sa

from boucle.binding import PROVISIONAL
from boucle.units import DAY_MS
from boucle_server import attention, closing, months, photos, rows
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.tables import DEVICE
from boucle_server.web import inbox_held, inbox_received, inbox_stock, inbox_work
from boucle_server.web.inbox_case import Asker, Case, Heap

PHOTO_DAYS: Final = 3
"""A photo may wait so many days for a good line before somebody is asked to look."""
_LONGEST: Final = 64
"""No key of one event, report or hash is longer."""

Count = Callable[[Asker], int]
List = Callable[[Asker, str, int], list[Case]]


def counted(asker: Asker) -> dict[Heap, int]:
    """Count the cases of every heap."""
    return {heap: count(asker) for heap, (count, _) in _HEAPS.items()}


def cases(asker: Asker, heap: Heap, *, after: str = "", limit: int) -> list[Case]:
    """Give cases of a heap, the oldest first, those after the `place` of another one; none for a wrong place."""
    found = _HEAPS[heap][1](asker, after, limit)
    return _with_codes(asker, found)


def find(asker: Asker, heap: Heap, key: str) -> Case | None:
    """Give the case that has a page of its own by its key; None when it is not there, or done already."""
    found: Case | None = None
    match heap:
        case Heap.UNKNOWN | Heap.CONTRADICTION:
            event, _, reason = key.partition(".")
            found = inbox_received.task(asker, event, reason)
        case Heap.OVERDUE | Heap.LOST:
            found = inbox_stock.loan(asker, key)
        case Heap.HELD:
            found = inbox_held.find(asker, key[:_LONGEST])
        case Heap.COUNT:
            found = inbox_stock.count(asker, key[:_LONGEST])
        case Heap.REPORTED:
            found = inbox_received.reported(asker, key[:_LONGEST])
        case Heap.ASIDE:
            found = inbox_received.aside(asker, key)
        case _:
            pass
    return next(iter(_with_codes(asker, [found])), None) if found else None


def _gaps(asker: Asker) -> list[Case]:
    return [
        Case(heap=Heap.GAP, key=f"{gap.dev}.{gap.epoch}", dev=gap.dev, n=gap.count)
        for gap in attention.all_gaps(asker.connection, asker.org)
    ]


def _unsent(asker: Asker) -> list[Case]:
    return [
        Case(heap=Heap.UNSENT, key=each.dev, dev=each.dev, name=each.name, n=each.unsent, at_ms=each.last_seen_ms)
        for each in attention.unsent(asker.connection, asker.org)
    ]


def _owed(asker: Asker) -> list[Case]:
    """Give the devices that owe photos for days; one that was cut off sends nothing any more."""
    query = sa.select(DEVICE.c.dev).where(DEVICE.c.org == asker.org, DEVICE.c.status == "active")
    active = set(asker.connection.execute(query).scalars())
    return [
        Case(heap=Heap.PHOTO, key=each.dev, dev=each.dev, n=each.n, at_ms=each.since_ms)
        for each in photos.owed(asker.connection, asker.org)
        if each.dev in active and each.since_ms <= asker.now_ms - PHOTO_DAYS * DAY_MS
    ]


def _late(asker: Asker) -> list[Case]:
    found = []
    for month, closed in sorted(months.last_closings(asker.connection, asker.org).items()):
        n, _ = closing.late_events(asker.connection, asker.org, month, closed)
        if n:
            found.append(Case(heap=Heap.LATE, key=month, month=month, n=n, at_ms=closed.closed_ms))
    return found


def _whole(gather: Callable[[Asker], list[Case]]) -> tuple[Count, List]:
    """Make both questions of a heap that is never long; its places are numbers."""

    def listed(asker: Asker, after: str, limit: int) -> list[Case]:
        first = int(after) if after.isdecimal() and len(after) < 9 else 0  # noqa: PLR2004 - digits of a count
        numbered = [case._replace(place=str(number)) for number, case in enumerate(gather(asker), 1)]
        return numbered[first : first + limit]

    return lambda asker: len(gather(asker)), listed


def _gathered(heap: Heap) -> Callable[[Asker], list[Case]]:
    def gather(asker: Asker) -> list[Case]:
        found = inbox_work.GATHERED[heap](asker.connection, asker.org, asker.book, asker.now_ms)
        return [Case(heap=heap, **each._asdict()) for each in found]

    return gather


_HEAPS: Final[Mapping[Heap, tuple[Count, List]]] = {
    Heap.UNKNOWN: (inbox_received.count_tasks(Heap.UNKNOWN), inbox_received.list_tasks(Heap.UNKNOWN)),
    Heap.CONTRADICTION: (inbox_received.count_tasks(Heap.CONTRADICTION), inbox_received.list_tasks(Heap.CONTRADICTION)),
    Heap.REPORTED: (inbox_received.count_reports, inbox_received.list_reports),
    Heap.ASIDE: (inbox_received.count_aside, inbox_received.list_aside),
    Heap.OVERDUE: (inbox_stock.count_loans(Heap.OVERDUE), inbox_stock.list_loans(Heap.OVERDUE)),
    Heap.LOST: (inbox_stock.count_loans(Heap.LOST), inbox_stock.list_loans(Heap.LOST)),
    Heap.HELD: (inbox_held.count, inbox_held.listed),
    Heap.COUNT: _whole(inbox_stock.miscounted),
    Heap.DRIFT: _whole(inbox_stock.drifting),
    Heap.GAP: _whole(_gaps),
    Heap.UNSENT: _whole(_unsent),
    Heap.PHOTO: _whole(_owed),
    Heap.LATE: _whole(_late),
    **{Heap(name): _whole(_gathered(Heap(name))) for name in inbox_work.GATHERED},
}


def _with_codes(asker: Asker, found: Iterable[Case]) -> list[Case]:
    """Add a code by which each item is known, and its type."""
    listed = list(found)
    items = {case.item for case in listed if case.item and not case.item.startswith(PROVISIONAL)}
    codes = {row.item: row.code for row in rows.select(
        asker.connection, BINDING, ("item", "code"), org=asker.org, key="item", keys=items
    )}  # fmt: skip
    types = {row.item: row.type for row in rows.select(
        asker.connection, ITEM, ("item", "type"), org=asker.org, key="item", keys=items
    )}  # fmt: skip
    return [
        case._replace(
            code=case.code or codes.get(case.item, case.item.removeprefix(PROVISIONAL)),
            type=case.type or types.get(case.item, ""),
        )
        if case.item
        else case
        for case in listed
    ]
