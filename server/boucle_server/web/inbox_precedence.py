"""Which heap an item stands in when several could have it: the one whose step comes first; its case says the others.

An item is asked about once: who is told to write it off and to go and receive it does neither. What an event
contradicts comes first, for all the rest may follow from it; then what a stranger saw, then the step that is due at
the desk of returns or at the bench, then its hold, then where it should be by now.
"""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from boucle.lifecycle import ReturnStage, WorkStage
from boucle.reasons import Reason
from boucle_server import rows
from boucle_server.read_tables import ITEM, TASK
from boucle_server.tables import PROBLEM_REPORT
from boucle_server.web import inbox_work
from boucle_server.web.inbox_case import Asker, Case, Heap

ORDER: Final = (
    *(Heap.UNKNOWN, Heap.CONTRADICTION, Heap.REPORTED),
    *(Heap.RETURN_VALUED, Heap.RETURN_RECEIVED, Heap.RETURN_GRADED),
    *(Heap.REPAIR_CHECK, Heap.REPAIR_LATE, Heap.REPAIR_END),
    *(Heap.HELD, Heap.LOST, Heap.OVERDUE),
)
"""The heaps of single items, the first to speak first. Other heaps are about rounds, counts, partners, devices."""
UNKNOWN: Final = (Reason.UNKNOWN_ITEM.value, Reason.UNKNOWN_PLACE.value, Reason.UNKNOWN_TYPE.value)
"""The contradictions by which something is not known at all."""
_AT_DESK: Final = (str(ReturnStage.RECEIVED), str(ReturnStage.GRADED))
_AT_BENCH: Final = (str(WorkStage.QUALITY_CONTROL), str(WorkStage.NOT_REPAIRABLE))


def gathered(asker: Asker, heap: Heap) -> list[Case]:
    """Give every case of a heap of rounds, returns or the workshop, whatever other heap has its item."""

    def gather(of: Asker) -> list[Case]:
        found = inbox_work.GATHERED[heap](of.connection, of.org, of.book, of.now_ms)
        return [Case(heap=heap, **each._asdict()) for each in found]

    return asker.once(f"every {heap}", gather)


def first(asker: Asker, heap: Heap) -> list[Case]:
    """Give the cases of such a heap whose item stands in no heap that comes first."""
    found = gathered(asker, heap)
    if heap not in ORDER:
        return found
    before = [each for each in ORDER[: ORDER.index(heap)] if each in inbox_work.GATHERED]
    taken = {case.item for each in before for case in gathered(asker, each)}
    taken |= _asked_about(asker, {case.item for case in found if case.item})
    return [case for case in found if not case.item or case.item not in taken]


def free(asker: Asker, heap: Heap) -> sa.ColumnElement[bool]:
    """Give the condition under which an item that could stand in a heap stands in none that comes first."""
    late = sorted({case.item for case in gathered(asker, Heap.REPAIR_LATE)})
    taken = [
        sa.exists().where(TASK.c.org == ITEM.c.org, TASK.c.item == ITEM.c.item),
        sa.exists().where(_is_reported(), PROBLEM_REPORT.c.org == ITEM.c.org, PROBLEM_REPORT.c.item == ITEM.c.item),
        ITEM.c.back.in_(_AT_DESK),
        ITEM.c.work.in_(_AT_BENCH),
        *([ITEM.c.item.in_(late)] if late else []),
        *([ITEM.c.held_since.is_not(None)] if heap is not Heap.HELD else []),
    ]
    return ~sa.or_(*taken)


def of_heap(heap: Heap) -> sa.ColumnElement[bool]:
    """Give the condition under which a contradiction stands in a heap: what is not known at all comes first."""
    if heap is Heap.UNKNOWN:
        return TASK.c.reason.in_(UNKNOWN)
    other = TASK.alias()
    unknown = sa.exists().where(
        other.c.org == TASK.c.org, other.c.item == TASK.c.item, other.c.reason.in_(UNKNOWN), TASK.c.item != ""
    )
    return sa.and_(TASK.c.reason.not_in(UNKNOWN), ~unknown)


def unasked() -> sa.ColumnElement[bool]:
    """Give the condition under which the report of a stranger is about an item that no event contradicts."""
    return ~sa.exists().where(TASK.c.org == PROBLEM_REPORT.c.org, TASK.c.item == PROBLEM_REPORT.c.item)


def _is_reported() -> sa.ColumnElement[bool]:
    return PROBLEM_REPORT.c.settled_ms.is_(None)


def _asked_about(asker: Asker, items: Iterable[str]) -> set[str]:
    """Give which of some items an event contradicts, or a stranger reported."""
    wanted = list(items)
    connection, org = asker.connection, asker.org
    found = {row.item for row in rows.select(connection, TASK, ("item",), org=org, key="item", keys=wanted)}
    columns = ("item", "settled_ms")
    reported = rows.select(connection, PROBLEM_REPORT, columns, org=org, key="item", keys=wanted)
    return found | {row.item for row in reported if row.settled_ms is None}
