"""What wants a person, heap by heap: how many cases there are, a page of them, the oldest first, and any one."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from boucle.answering import Answer
from boucle.binding import PROVISIONAL
from boucle_server import rows
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.web import (
    inbox_answers,
    inbox_devices,
    inbox_differences,
    inbox_held,
    inbox_late,
    inbox_month,
    inbox_precedence,
    inbox_received,
    inbox_stock,
    inbox_things,
    inbox_work,
)
from boucle_server.web.inbox_case import Asker, Case, Heap

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
    return with_codes(asker, found)


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
        case _ if heap in _ANSWERED:
            found = next((case for case in _waiting(asker)(heap) if case.key == key), None)
        case _:
            pass
    return next(iter(with_codes(asker, [found])), None) if found else None


def also(asker: Asker, case: Case) -> list[Case]:
    """Give the other cases that the item of a case would be, were it not this one: what its page says besides."""
    if not case.item or case.heap not in inbox_precedence.ORDER:
        return []
    found: list[Case | None] = []
    for heap in inbox_precedence.ORDER[inbox_precedence.ORDER.index(case.heap) + 1 :]:
        if heap in inbox_work.GATHERED:
            found += [each for each in inbox_precedence.gathered(asker, heap) if each.item == case.item]
        elif heap is Heap.HELD:
            found.append(inbox_held.find(asker, case.item, anyway=True))
        elif heap is Heap.LOST:
            found.append(inbox_stock.loan(asker, case.item, anyway=True))
    return [each for each in found if each is not None]


def beside(asker: Asker, case: Case) -> list[Case]:
    """Give what else waits about the device or the stop of a case: its row says it, and leads there."""
    return inbox_things.beside(case, _waiting(asker))


def answered(asker: Asker, heap: Heap, key: str) -> tuple[Case, Answer] | None:
    """Give a case that somebody answered, with the answer that closed it; None when it is open, or is none."""
    if heap in inbox_late.LOANS:
        return _followed(asker, heap, key)
    if heap not in _ANSWERED:
        return None
    return next((pair for pair in all_answered(asker, heap) if pair[0].key == key), None)


def all_answered(asker: Asker, heap: Heap) -> list[tuple[Case, Answer]]:
    """Give the cases of a heap that an answer keeps closed, with that answer, the last answered first."""
    if heap in inbox_late.LOANS:
        items = inbox_late.answered_items(asker, heap)
        late = [(case, items[case.key]) for case in with_codes(asker, inbox_stock.followed_loans(asker, heap))]
        return sorted(late, key=lambda pair: -pair[1].at_ms)
    if heap not in _ANSWERED:
        return []
    known = _covering(asker, heap)
    found = [(case, known[case.key]) for case in _gathered_once(asker, heap) if case.key in known]
    if heap is Heap.PHOTO:
        found += inbox_devices.given_up(asker)
    return sorted(found, key=lambda pair: -pair[1].at_ms)


def _followed(asker: Asker, heap: Heap, item: str) -> tuple[Case, Answer] | None:
    """Give a late item that somebody follows up, by itself or with all that is late at its partner."""
    case = inbox_stock.loan(asker, item, anyway=True)
    if case is None or case.heap is not heap or inbox_stock.loan(asker, item) is not None:
        return None
    answer = inbox_late.item_answer(asker, case)
    return (with_codes(asker, [case])[0], answer) if answer else None


_ANSWERED: Final[Mapping[Heap, Callable[[Asker], list[Case]]]] = {
    Heap.DIFFERENCE: inbox_differences.gather,
    Heap.DRIFT: inbox_stock.drifting,
    Heap.GAP: inbox_devices.gaps,
    Heap.UNSENT: inbox_devices.unsent,
    Heap.PHOTO: inbox_devices.photos_missing,
}
"""The heaps of which no single event opened a case, so that what closes one is an answer to it."""


def _gathered_once(asker: Asker, heap: Heap) -> list[Case]:
    return asker.once(heap, _ANSWERED[heap])


def _covering(asker: Asker, heap: Heap) -> Mapping[str, Answer]:
    """Give the answers that keep cases of a heap closed, read once for a look and for these cases alone."""
    return asker.once(f"{heap} answered", lambda of: inbox_answers.covering(of, heap, _gathered_once(of, heap)))


def _waiting(asker: Asker) -> inbox_things.Waiting:
    """Give what gives the cases of a heap that no answer covers."""

    def waiting(heap: Heap) -> list[Case]:
        known = _covering(asker, heap)
        return [case for case in _gathered_once(asker, heap) if case.key not in known]

    return waiting


def _asked(heap: Heap) -> Callable[[Asker], list[Case]]:
    return lambda asker: inbox_things.first(heap, _waiting(asker))


def _whole(gather: Callable[[Asker], list[Case]]) -> tuple[Count, List]:
    """Make both questions of a heap that is never long; its places are numbers."""

    def listed(asker: Asker, after: str, limit: int) -> list[Case]:
        first = int(after) if after.isdecimal() and len(after) < 9 else 0  # noqa: PLR2004 - digits of a count
        numbered = [case._replace(place=str(number)) for number, case in enumerate(gather(asker), 1)]
        return numbered[first : first + limit]

    return lambda asker: len(gather(asker)), listed


def _gathered(heap: Heap) -> Callable[[Asker], list[Case]]:
    return lambda asker: inbox_precedence.first(asker, heap)


_HEAPS: Final[Mapping[Heap, tuple[Count, List]]] = {
    Heap.UNKNOWN: (inbox_received.count_tasks(Heap.UNKNOWN), inbox_received.list_tasks(Heap.UNKNOWN)),
    Heap.CONTRADICTION: (inbox_received.count_tasks(Heap.CONTRADICTION), inbox_received.list_tasks(Heap.CONTRADICTION)),
    Heap.REPORTED: (inbox_received.count_reports, inbox_received.list_reports),
    Heap.ASIDE: (inbox_received.count_aside, inbox_received.list_aside),
    Heap.OVERDUE: (inbox_stock.count_loans(Heap.OVERDUE), inbox_stock.list_loans(Heap.OVERDUE)),
    Heap.LOST: (inbox_stock.count_loans(Heap.LOST), inbox_stock.list_loans(Heap.LOST)),
    Heap.HELD: (inbox_held.count, inbox_held.listed),
    Heap.COUNT: _whole(inbox_stock.miscounted),
    **{heap: _whole(_asked(heap)) for heap in _ANSWERED},
    Heap.LATE: _whole(inbox_month.late),
    Heap.MONTH: _whole(inbox_month.unclosed),
    **{Heap(name): _whole(_gathered(Heap(name))) for name in inbox_work.GATHERED},
}


def with_codes(asker: Asker, found: Iterable[Case]) -> list[Case]:
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
            code=case.code or codes.get(case.item, _own_code(case.item)),
            type=case.type or types.get(case.item, ""),
        )
        if case.item
        else case
        for case in listed
    ]


def _own_code(item: str) -> str:
    """Give the code that an item is where no label is bound to it; what is about a quantity has none."""
    return "" if item.startswith("qty:") else item.removeprefix(PROVISIONAL)
