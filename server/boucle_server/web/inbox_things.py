"""Which heap a device or a stop stands in when several could have it; its row says the others.

One row a thing: whoever opens a device and sends, or brings its rescue file, for the numbers that are missing, sends
what it still holds and its photos too; who is asked for the photo of a stop is asked why its numbers differ in the same
breath. What was followed up or explained waits no more, and what it did not settle stands by itself then. Items have an
order of their own (`boucle_server.web.inbox_precedence`).
"""

from collections.abc import Callable, Iterable
from typing import Final

from boucle_server.web.inbox_case import Case, Heap
from boucle_server.web.inbox_devices import STOP
from boucle_server.web.inbox_differences import MISSING

ORDER: Final = (Heap.GAP, Heap.UNSENT, Heap.DIFFERENCE, Heap.PHOTO)
"""The heaps of devices and stops, the first to speak first."""

Waiting = Callable[[Heap], Iterable[Case]]
"""Gives every case of a heap that waits for somebody."""


def thing_of(case: Case) -> str:
    """Give the device or the stop that a case is about, `""` where it is about something else."""
    if case.heap not in ORDER or case.reason == MISSING:
        return ""
    of_stop = case.heap is Heap.DIFFERENCE or case.reason == STOP
    return f"stop {case.task}" if of_stop else f"device {case.dev}"


def first(heap: Heap, waiting: Waiting) -> list[Case]:
    """Give the cases of a heap whose device or stop waits in no heap that comes first."""
    found = list(waiting(heap))
    before = ORDER[: ORDER.index(heap)] if heap in ORDER else ()
    taken = {thing_of(case) for each in before for case in waiting(each)} - {""}
    return [case for case in found if thing_of(case) not in taken]


def beside(case: Case, waiting: Waiting) -> list[Case]:
    """Give what else waits about the device or the stop of a case, in other heaps than its own."""
    thing = thing_of(case)
    if not thing:
        return []
    return [each for heap in ORDER if heap is not case.heap for each in waiting(heap) if thing_of(each) == thing]
