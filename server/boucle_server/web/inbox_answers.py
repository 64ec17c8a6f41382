"""What people answered to cases that no single event opened: which answer holds, and how one is given."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from boucle.answering import ANSWERED, Answer, Because
from boucle_server.case_answers import answers
from boucle_server.errors import InvalidInputError
from boucle_server.server_device import Draft
from boucle_server.web.forms import Fields
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.inbox_late import AT_PARTNER, LOANS

EXPLAIN, FOLLOW_UP, GIVE_UP = "explain", "follow_up", "give_up"
"""What can be answered; each is also how words and forms call it."""
ACTS: Final = {
    Heap.DIFFERENCE: EXPLAIN,
    Heap.DRIFT: FOLLOW_UP,
    Heap.GAP: FOLLOW_UP,
    Heap.UNSENT: FOLLOW_UP,
    Heap.PHOTO: GIVE_UP,
    **dict.fromkeys(LOANS, FOLLOW_UP),
}
USUAL_DAYS: Final = 30
"""A case that is followed up comes back after so many days, unless somebody says another day."""
LATE_DAYS: Final = 7
"""What is late is asked about again after a week."""
MOST_DAYS: Final = 366


def given(asker: Asker, heap: Heap, keys: Iterable[str]) -> Mapping[str, Answer]:
    """Give the answer that speaks for each of these cases of a heap, whatever they came to since."""
    return answers(asker.connection, asker.org, str(heap), keys)


def covering(asker: Asker, heap: Heap, cases: Sequence[Case]) -> Mapping[str, Answer]:
    """Give, by the keys of cases of a heap, the answers by which they wait for nobody; one that waits has none."""
    known = given(asker, heap, (case.key for case in cases if not _by_day_announced(case)))
    return {
        case.key: answer
        for case in cases
        if (answer := known.get(case.key)) is not None and answer.covers(case.amount, asker.today)
    }


def _by_day_announced(case: Case) -> bool:
    """Tell whether a case is of a device's photos, which are given up by the day on which they were announced."""
    return case.heap is Heap.PHOTO and not case.reason


def usual_day(today: str, heap: Heap) -> str:
    """Give the day on which a case comes back where nobody says another one."""
    return day_after(today, LATE_DAYS if heap in LOANS else USUAL_DAYS)


def day_after(today: str, days: int) -> str:
    """Give the day so many days later."""
    return (date.fromisoformat(today) + timedelta(days=days)).isoformat()


def draft_late(partner: str, n: int, fields: Fields, *, reason: str, today: str) -> Draft:
    """Give the event of an answer about all that is late at a partner; InvalidInputError as `draft`."""
    if not reason:
        raise InvalidInputError("web.inbox_say_why")
    until = _day(fields.value("until"), today)
    body = {"case": AT_PARTNER, "key": partner, "n": n, "reason": reason, "until": until}
    return Draft(kind=ANSWERED, fields={"body": body})


def draft(case: Case, act: str, fields: Fields, *, known: list[str], reason: str, today: str) -> Draft:
    """Give the event of an answer; InvalidInputError for a form that does not say enough."""
    because = fields.value("because") if act == EXPLAIN else ""
    if act == EXPLAIN and because not in known:
        raise InvalidInputError("web.inbox_choose_because")
    if not reason and (act != EXPLAIN or because == Because.OTHER):
        raise InvalidInputError("web.inbox_say_why")
    until = _day(fields.value("until"), today) if act == FOLLOW_UP else ""
    said = {"because": because, "reason": reason, "until": until}
    body = {"case": str(case.heap), "key": case.key, "n": case.amount, **{k: v for k, v in said.items() if v}}
    return Draft(kind=ANSWERED, fields={"body": body})


def _day(text: str, today: str) -> str:
    """Read the day on which a case comes back: a later one than today, within a year."""
    first = date.fromisoformat(today)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError("web.inbox_bad_until") from None
    if not first < day <= first + timedelta(days=MOST_DAYS):
        raise InvalidInputError("web.inbox_bad_until")
    return day.isoformat()
