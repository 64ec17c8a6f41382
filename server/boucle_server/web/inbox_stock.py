"""Cases about where things are: loans past their day, counts that disagree with the stock, balances that drift."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from boucle.clock import month_of, next_month
from boucle_server import rows, stock_counts
from boucle_server.read_tables import CELL, ITEM
from boucle_server.web import inbox_late
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.inbox_precedence import free

DRIFT_MONTHS: Final = 6
"""A balance drifts that stands at its highest of so many ends of months ..."""
DRIFT_SHARE: Final = 5
"""... when the later half of them lies on average a fifth above the earlier half ..."""
DRIFT_LEAST: Final = 5
"""... and by at least so many containers. Halves, because one quiet August would hide a rise from month to month."""


def loan(asker: Asker, item: str, *, anyway: bool = False) -> Case | None:
    """Give the loan of an item that is past its day, None when it is not, or `anyway` while a heap before has it."""
    query = _loans(asker).where(ITEM.c.item == item, ITEM.c.due < asker.today)
    if not anyway:
        query = query.where(waiting(asker))
    found = [_case_of_loan(asker, row) for row in asker.connection.execute(query)]
    return next(iter(found), None)


def count(asker: Asker, event: str) -> Case | None:
    """Give a count that disagrees with the stock, None when it does not any more."""
    found = stock_counts.find(asker.connection, asker.org, event)
    return _case_of_count(found) if found else None


def miscounted(asker: Asker) -> list[Case]:
    """Give the counts that disagree with the stock."""
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


# Loans past their day


def _loans(asker: Asker) -> sa.Select[Any]:
    columns = (ITEM.c.item, ITEM.c.type, ITEM.c.partner, ITEM.c.due, ITEM.c.loss, ITEM.c.out_since, ITEM.c.stage)
    return sa.select(*columns).where(ITEM.c.org == asker.org)


def _past(asker: Asker, heap: Heap) -> sa.ColumnElement[bool]:
    past = inbox_late.is_past(asker, heap)
    return sa.and_(past, ~inbox_late.followed(asker, heap), free(asker, heap))


def waiting(asker: Asker, partner: str = "") -> sa.ColumnElement[bool]:
    """Give the condition under which a loan is late and waits for somebody, at one partner where one is named."""
    late = sa.or_(*(_past(asker, heap) for heap in inbox_late.LOANS))
    return sa.and_(late, ITEM.c.partner == partner) if partner else late


def late_at(asker: Asker, partner: str, limit: int) -> list[Case]:
    """Give what is late at a partner and waits for somebody, the longest past its day first."""
    query = _loans(asker).where(waiting(asker, partner)).order_by(ITEM.c.due, ITEM.c.item).limit(limit)
    return [_case_of_loan(asker, row) for row in asker.connection.execute(query)]


def followed_loans(asker: Asker, heap: Heap) -> list[Case]:
    """Give the late items that somebody follows up one by one, and none that waits."""
    items = inbox_late.answered_items(asker, heap)
    found = rows.select(
        asker.connection, ITEM, ("item", "type", "partner", "due", "loss", "out_since", "stage"),
        org=asker.org, key="item", keys=items,
    )  # fmt: skip
    late = [_case_of_loan(asker, row) for row in found if row.due is not None and row.due < asker.today]
    return [case for case in late if case.heap is heap and items[case.key].at_ms >= (case.at_ms or 0)]


def count_loans(heap: Heap) -> Callable[[Asker], int]:
    """Make the count of a heap of loans."""

    def count(asker: Asker) -> int:
        query = sa.select(sa.func.count()).select_from(ITEM).where(ITEM.c.org == asker.org, _past(asker, heap))
        return int(asker.connection.execute(query).scalar_one())

    return count


def list_loans(heap: Heap) -> Callable[[Asker, str, int], list[Case]]:
    """Make the list of a heap of loans, the longest past its day first."""

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
        status=row.stage,
    )
