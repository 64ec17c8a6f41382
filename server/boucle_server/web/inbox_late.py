"""Late items that somebody follows up: one by one, or all that are late at a partner at once, until a day.

An answer about one item is of its heap, so that an item that is presumed lost since waits again; it holds for the loan
that was late then, not for the next one. An answer about a partner holds for what was late there on its day.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from boucle.answering import Answer, last_answers
from boucle.clock import day_of
from boucle_server.read_tables import CASE_ANSWER, ITEM
from boucle_server.web.inbox_case import Asker, Case, Heap

AT_PARTNER: Final = "late_at"
"""The kind of an answer about all that is late at a partner; its key is the partner's."""
LOANS: Final = (Heap.OVERDUE, Heap.LOST)


class AtPartner(NamedTuple):
    """What is late at a partner and waits for somebody: how many."""

    partner: str
    n: int


def is_past(asker: Asker, heap: Heap, day: str = "") -> sa.ColumnElement[bool]:
    """Give the condition under which a loan is late, or so late that it is presumed lost; `day` is today by default."""
    at = day or asker.today
    if heap is Heap.LOST:
        return ITEM.c.loss < at
    return sa.and_(ITEM.c.due < at, sa.or_(ITEM.c.loss.is_(None), ITEM.c.loss >= at))


def followed(asker: Asker, heap: Heap) -> sa.ColumnElement[bool]:
    """Give the condition under which a late loan of a heap waits for nobody, for an answer holds."""
    since = sa.func.coalesce(ITEM.c.out_since, 0)
    of_item = sa.exists().where(
        CASE_ANSWER.c.org == ITEM.c.org,
        CASE_ANSWER.c.key == ITEM.c.item,
        CASE_ANSWER.c.case == str(heap),
        CASE_ANSWER.c.until > asker.today,
        CASE_ANSWER.c.at_ms >= since,
    )
    of_partner = [
        sa.and_(
            ITEM.c.partner == answer.key,
            since <= answer.at_ms,
            ITEM.c.loss < day if heap is Heap.LOST else ITEM.c.due < day,
        )
        for answer in partners_followed(asker)
        for day in (day_of(answer.at_ms, asker.zone),)
    ]
    return sa.or_(of_item, *of_partner)


def partners_followed(asker: Asker) -> list[Answer]:
    """Give the answers that hold about all that is late at a partner, one for each partner, read once for a look."""

    def read(of: Asker) -> list[Answer]:
        last = last_answers(_answers(of, CASE_ANSWER.c.case == AT_PARTNER))
        return [answer for answer in last.values() if answer.until > of.today]

    return asker.once(AT_PARTNER, read)


def partner_answer(asker: Asker, partner: str) -> Answer | None:
    """Give the answer that holds about all that is late at a partner."""
    return next((answer for answer in partners_followed(asker) if answer.key == partner), None)


def item_answer(asker: Asker, case: Case) -> Answer | None:
    """Give the last answer that holds about a late item, its own or that of its partner."""
    wanted = (CASE_ANSWER.c.key == case.key, CASE_ANSWER.c.case == str(case.heap), CASE_ANSWER.c.until > asker.today)
    own = next(iter(last_answers(_answers(asker, *wanted)).values()), None)
    if own is not None and own.at_ms >= (case.at_ms or 0):
        return own
    return partner_answer(asker, case.partner)


def answered_items(asker: Asker, heap: Heap) -> dict[str, Answer]:
    """Give the answers about single items of a heap of which the day has not come, by item."""
    found = last_answers(_answers(asker, CASE_ANSWER.c.case == str(heap), CASE_ANSWER.c.until > asker.today))
    return {key: answer for (_, key), answer in found.items()}


def by_partner(asker: Asker, waits: sa.ColumnElement[bool]) -> list[AtPartner]:
    """Give how many late items wait at each partner, the most first."""
    n = sa.func.count().label("n")
    query = sa.select(ITEM.c.partner, n).where(ITEM.c.org == asker.org, ITEM.c.partner != "", waits)
    ordered = query.group_by(ITEM.c.partner).order_by(n.desc(), ITEM.c.partner)
    return [AtPartner(row.partner, int(row.n)) for row in asker.connection.execute(ordered)]


def _answers(asker: Asker, *wanted: Any) -> Iterable[Answer]:
    query = sa.select(*(CASE_ANSWER.c[name] for name in Answer._fields)).where(CASE_ANSWER.c.org == asker.org, *wanted)
    return [Answer(*row) for row in asker.connection.execute(query)]
