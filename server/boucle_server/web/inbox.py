"""What wants a person, heap by heap: how many cases there are, and a page of them, the oldest first."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.binding import PROVISIONAL
from boucle.clock import day_of, month_of, next_month
from boucle.reasons import Reason
from boucle.reference import Book
from boucle_server import attention, closing, months, problem_reports, rows, set_aside, stock_counts
from boucle_server.problem_reports import ProblemReport
from boucle_server.projections import load_book
from boucle_server.read_tables import BINDING, CELL, ITEM, TASK
from boucle_server.web import inbox_work

UNKNOWN: Final = (Reason.UNKNOWN_ITEM.value, Reason.UNKNOWN_PLACE.value, Reason.UNKNOWN_TYPE.value)
DRIFT_MONTHS: Final = 6
"""A balance drifts that stands at its highest of so many ends of months ..."""
DRIFT_SHARE: Final = 5
"""... when the later half of them lies on average a fifth above the earlier half ..."""
DRIFT_LEAST: Final = 5
"""... and by at least so many containers. Halves, because one quiet August would hide a rise from month to month."""


class Heap(StrEnum):
    """A kind of case."""

    UNKNOWN = "unknown"
    CONTRADICTION = "contradiction"
    REPORTED = "reported"
    ASIDE = "aside"
    OVERDUE = "overdue"
    LOST = "lost"
    COUNT = "count"
    DRIFT = "drift"
    GAP = "gap"
    UNSENT = "unsent"
    LATE = "late"
    RETURN_ASKED = "return_asked"
    RETURN_RECEIVED = "return_received"
    RETURN_GRADED = "return_graded"
    REPAIR_LATE = "repair_late"
    REPAIR_CHECK = "repair_check"
    REPAIR_END = "repair_end"


class Case(NamedTuple):
    """One case. `key` names it in an address, `place` is where a list goes on after it.

    `item` is the item's id, `event` the event's, `partner`, `dev` and `month` what else it is about; `reason` says
    why it is here; `day` is a local day, `n` counts where the case counts.
    """

    heap: Heap
    key: str
    place: str = ""
    at_ms: int | None = None
    day: str = ""
    reason: str = ""
    item: str = ""
    code: str = ""
    type: str = ""
    event: str = ""
    partner: str = ""
    dev: str = ""
    name: str = ""
    month: str = ""
    n: int = 0
    before: int = 0
    status: str = ""
    words: str = ""
    """What a stranger typed."""
    begins: str = ""
    """How bytes begin that are no event; `n` is then how many they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and when: all that the heaps need to be found. `devices` are names by id."""

    connection: Connection
    org: str
    zone: str
    now_ms: int
    devices: Mapping[str, str]

    @property
    def today(self) -> str:
        """Give the local day of the organisation."""
        return day_of(self.now_ms, self.zone)

    @property
    def book(self) -> Book:
        """Give the reference data."""
        return load_book(self.connection, self.org)


def counted(asker: Asker) -> dict[Heap, int]:
    """Count the cases of every heap."""
    return {heap: count(asker) for heap, (count, _) in _HEAPS.items()}


def cases(asker: Asker, heap: Heap, *, after: str = "", limit: int) -> list[Case]:
    """Give cases of a heap, the oldest first, those after the `place` of another one; none for a wrong place."""
    found = _HEAPS[heap][1](asker, after, limit)
    return _with_codes(asker, found)


def task(asker: Asker, event: str, reason: str) -> Case | None:
    """Give the contradiction that an event opened, None when there is none any more."""
    query = _tasks(asker).where(TASK.c.event == event, TASK.c.reason == reason).limit(1)
    found = [_case_of_task(row) for row in asker.connection.execute(query)]
    return next(iter(_with_codes(asker, found)), None)


def loan(asker: Asker, item: str) -> Case | None:
    """Give the loan of an item that is past its day, None when it is not."""
    query = _loans(asker).where(ITEM.c.item == item, ITEM.c.due < asker.today)
    found = [_case_of_loan(asker, row) for row in asker.connection.execute(query)]
    return next(iter(_with_codes(asker, found)), None)


def reported(asker: Asker, id: str) -> Case | None:
    """Give the report of a stranger that waits, None when it is not there or was dealt with."""
    found = problem_reports.find(asker.connection, asker.org, id)
    return next(iter(_with_codes(asker, [_case_of_report(found)])), None) if found and found.is_open else None


def count(asker: Asker, event: str) -> Case | None:
    """Give a count that disagrees with the stock, None when it does not any more."""
    found = stock_counts.find(asker.connection, asker.org, event)
    return _case_of_count(found) if found else None


def _miscounted(asker: Asker) -> list[Case]:
    return [_case_of_count(each) for each in stock_counts.differences(asker.connection, asker.org)]


def _case_of_count(found: stock_counts.Difference) -> Case:
    return Case(
        heap=Heap.COUNT,
        key=found.event,
        at_ms=found.at_ms,
        type=found.type,
        event=found.event,
        name=found.site,
        n=found.n,
        before=found.booked,
    )


def drifting(asker: Asker) -> list[Case]:
    """Give the partners whose balance grew month after month, the fastest first.

    A balance is what the partner holds, with what is on its way there and not yet received back.
    """
    query = (
        sa.select(CELL.c.partner, CELL.c.month, sa.func.sum(CELL.c.n).label("n"))
        .where(
            CELL.c.org == asker.org,
            CELL.c.cell == "day",
            CELL.c.measure.in_(("held", "transit", "inbound")),
            CELL.c.partner != "",
        )
        .group_by(CELL.c.partner, CELL.c.month)
    )
    moves: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in asker.connection.execute(query):
        moves[row.partner][row.month] = int(row.n)
    running = month_of(asker.now_ms, asker.zone)
    ends = [str(next_month(running, -back)) for back in range(DRIFT_MONTHS, 0, -1)]
    found = []
    for partner, by_month in moves.items():
        levels = [sum(n for month, n in by_month.items() if month <= end) for end in ends]
        if drifts(levels):
            found.append(
                Case(heap=Heap.DRIFT, key=partner, partner=partner, n=levels[-1], before=levels[0], month=ends[0])
            )
    return sorted(found, key=lambda case: (case.before - case.n, case.partner))


def drifts(levels: Sequence[int]) -> bool:
    """Tell whether balances at the ends of months, the oldest first, grew from half to half, by enough to matter."""
    half = len(levels) // 2
    before, after = sum(levels[:half]), sum(levels[half:])
    grew = after - before
    return levels[-1] == max(levels) and grew >= DRIFT_LEAST * half and grew * DRIFT_SHARE >= before


# Contradictions


def _tasks(asker: Asker) -> sa.Select[Any]:
    return sa.select(TASK.c.item, TASK.c.event, TASK.c.reason, TASK.c.teff).where(TASK.c.org == asker.org)


def _of_heap(heap: Heap) -> sa.ColumnElement[bool]:
    return TASK.c.reason.in_(UNKNOWN) if heap is Heap.UNKNOWN else TASK.c.reason.not_in(UNKNOWN)


def _count_tasks(heap: Heap) -> Callable[[Asker], int]:
    def count(asker: Asker) -> int:
        query = sa.select(sa.func.count()).select_from(TASK).where(TASK.c.org == asker.org, _of_heap(heap))
        return int(asker.connection.execute(query).scalar_one())

    return count


def _list_tasks(heap: Heap) -> Callable[[Asker, str, int], list[Case]]:
    def listed(asker: Asker, after: str, limit: int) -> list[Case]:
        query = _tasks(asker).where(_of_heap(heap))
        if after:
            teff, _, rest = after.partition(".")
            event, _, reason = rest.partition(".")
            if not teff.lstrip("-").isdecimal() or len(teff) > 16:  # noqa: PLR2004 - digits of a time
                return []
            same = sa.and_(TASK.c.teff == int(teff), TASK.c.event == event, TASK.c.reason > reason)
            later = sa.or_(TASK.c.teff > int(teff), sa.and_(TASK.c.teff == int(teff), TASK.c.event > event), same)
            query = query.where(later)
        ordered = query.order_by(TASK.c.teff, TASK.c.event, TASK.c.reason).limit(limit)
        return [_case_of_task(row) for row in asker.connection.execute(ordered)]

    return listed


def _case_of_task(row: Any) -> Case:
    return Case(
        heap=Heap.UNKNOWN if row.reason in UNKNOWN else Heap.CONTRADICTION,
        key=f"{row.event}.{row.reason}",
        place=f"{row.teff}.{row.event}.{row.reason}",
        at_ms=row.teff,
        reason=row.reason,
        item=row.item,
        event=row.event,
    )


# Records that were set aside


def _count_aside(asker: Asker) -> int:
    return sum(set_aside.counted(asker.connection, asker.org).values())


def _list_aside(asker: Asker, after: str, limit: int) -> list[Case]:
    place = (0, -1)
    if after:
        generation, _, leaf = after.partition(".")
        if not (generation.isdecimal() and leaf.isdecimal() and len(after) < 30):  # noqa: PLR2004 - of two numbers
            return []
        place = (int(generation), int(leaf))
    return [
        Case(
            heap=Heap.ASIDE,
            key=one.hash,
            place="{}.{}".format(*one.place),
            at_ms=one.received_ms,
            reason=one.reason,
            status=one.status,
            code="" if one.subject.startswith("qty:") else one.subject,
            event=one.id,
            dev=one.dev,
            name=one.kind,
            n=one.size,
            begins="" if one.kind else set_aside.summary(one),
        )
        for one in set_aside.listed(asker.connection, asker.org, after=place, limit=limit, shown=4 * set_aside.SUMMARY)
    ]


# What strangers reported


def _count_reports(asker: Asker) -> int:
    return problem_reports.waiting(asker.connection, asker.org)


def _list_reports(asker: Asker, after: str, limit: int) -> list[Case]:
    at, _, last = after.partition(".")
    if after and not (at.isdecimal() and len(at) < 17):  # noqa: PLR2004 - digits of a time
        return []
    place = (int(at), last) if after else (-1, "")
    return [
        _case_of_report(each) for each in problem_reports.listed(asker.connection, asker.org, after=place, limit=limit)
    ]


def _case_of_report(report: ProblemReport) -> Case:
    return Case(
        heap=Heap.REPORTED,
        key=report.id,
        place=f"{report.created_ms}.{report.id}",
        at_ms=report.created_ms,
        reason=report.problem,
        item=report.item,
        code=report.code,
        words=report.words,
    )


# Loans past their day


def _loans(asker: Asker) -> sa.Select[Any]:
    columns = (ITEM.c.item, ITEM.c.type, ITEM.c.partner, ITEM.c.due, ITEM.c.loss, ITEM.c.out_since)
    return sa.select(*columns).where(ITEM.c.org == asker.org)


def _past(asker: Asker, heap: Heap) -> sa.ColumnElement[bool]:
    if heap is Heap.LOST:
        return ITEM.c.loss < asker.today
    return sa.and_(ITEM.c.due < asker.today, sa.or_(ITEM.c.loss.is_(None), ITEM.c.loss >= asker.today))


def _count_loans(heap: Heap) -> Callable[[Asker], int]:
    def count(asker: Asker) -> int:
        query = sa.select(sa.func.count()).select_from(ITEM).where(ITEM.c.org == asker.org, _past(asker, heap))
        return int(asker.connection.execute(query).scalar_one())

    return count


def _list_loans(heap: Heap) -> Callable[[Asker, str, int], list[Case]]:
    def listed(asker: Asker, after: str, limit: int) -> list[Case]:
        query = _loans(asker).where(_past(asker, heap))
        if after:
            day, _, item = after.partition(".")
            query = query.where(sa.or_(ITEM.c.due > day, sa.and_(ITEM.c.due == day, ITEM.c.item > item)))
        ordered = query.order_by(ITEM.c.due, ITEM.c.item).limit(limit)
        return [_case_of_loan(asker, row) for row in asker.connection.execute(ordered)]

    return listed


def _case_of_loan(asker: Asker, row: Any) -> Case:
    is_lost = row.loss is not None and row.loss < asker.today
    return Case(
        heap=Heap.LOST if is_lost else Heap.OVERDUE,
        key=row.item,
        place=f"{row.due}.{row.item}",
        day=row.due,
        at_ms=row.out_since,
        item=row.item,
        type=row.type,
        partner=row.partner,
    )


# Devices, months


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


def _late(asker: Asker) -> list[Case]:
    found = []
    for month, closed in sorted(months.last_closings(asker.connection, asker.org).items()):
        n, _ = closing.late_events(asker.connection, asker.org, month, closed)
        if n:
            found.append(Case(heap=Heap.LATE, key=month, month=month, n=n, at_ms=closed.closed_ms))
    return found


def _whole(
    gather: Callable[[Asker], list[Case]],
) -> tuple[Callable[[Asker], int], Callable[[Asker, str, int], list[Case]]]:
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


_HEAPS: Final[Mapping[Heap, tuple[Callable[[Asker], int], Callable[[Asker, str, int], list[Case]]]]] = {
    Heap.UNKNOWN: (_count_tasks(Heap.UNKNOWN), _list_tasks(Heap.UNKNOWN)),
    Heap.CONTRADICTION: (_count_tasks(Heap.CONTRADICTION), _list_tasks(Heap.CONTRADICTION)),
    Heap.REPORTED: (_count_reports, _list_reports),
    Heap.ASIDE: (_count_aside, _list_aside),
    Heap.OVERDUE: (_count_loans(Heap.OVERDUE), _list_loans(Heap.OVERDUE)),
    Heap.LOST: (_count_loans(Heap.LOST), _list_loans(Heap.LOST)),
    Heap.COUNT: _whole(_miscounted),
    Heap.DRIFT: _whole(drifting),
    Heap.GAP: _whole(_gaps),
    Heap.UNSENT: _whole(_unsent),
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
