"""Months as cases: what came after one was closed, and the month before while nobody has closed it."""

from typing import Final

from boucle.clock import day_of, month_end_ms, next_month
from boucle.words import say
from boucle_server import closing, reports
from boucle_server.months import last_closings
from boucle_server.web import numbers
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.item_words import moment
from boucle_server.web.places import DASHBOARD, MONTH_END
from boucle_server.web.visit import address

FROM_DAY: Final = 5
"""The day of a month from which the month before is asked about: phones have been heard of by then."""


def unclosed(asker: Asker) -> list[Case]:
    """Give the month before as a case, where it has figures, nobody has closed it, and who asks may."""
    month = str(next_month(asker.today[:7], -1))
    if not MONTH_END.allows(asker.capabilities) or int(asker.today[8:]) < FROM_DAY:
        return []
    if month in last_closings(asker.connection, asker.org):
        return []
    if not any(known <= month for known in reports.months_with_data(asker.connection, asker.org)[:1]):
        return []
    return [Case(heap=Heap.MONTH, key=month, month=month, at_ms=month_end_ms(month, asker.zone))]


def late(asker: Asker) -> list[Case]:
    """Give the closed months of which something came later."""
    found = []
    for month, closed in sorted(last_closings(asker.connection, asker.org).items()):
        n, _ = closing.late_events(asker.connection, asker.org, month, closed)
        if n:
            found.append(Case(heap=Heap.LATE, key=month, month=month, n=n, at_ms=closed.closed_ms))
    return found


def told(asker: Asker, case: Case, lang: str) -> dict[str, str]:
    """Say of which month it is, and lead to where it is looked at, or closed."""
    return _late_told(asker, case, lang) if case.heap is Heap.LATE else _unclosed_told(asker, case, lang)


def _late_told(asker: Asker, case: Case, lang: str) -> dict[str, str]:
    month = numbers.month_name(case.month, lang)
    where = f"{DASHBOARD.path}?month={case.month}#since"
    return {
        "what": say("web.inbox_what_late", lang, month=month, n=case.n),
        "todo": say("web.inbox_todo_late", lang),
        "about": month,
        "href": where,
        "act_href": where,
        "when": say("web.inbox_closed", lang, day=moment(case.at_ms or 0, asker.zone, lang)),
    }


def _unclosed_told(asker: Asker, case: Case, lang: str) -> dict[str, str]:
    month = numbers.month_name(case.month, lang)
    href = address(MONTH_END.path, [("month", case.month)])
    ended = numbers.day_name(day_of((case.at_ms or 0) - 1, asker.zone), lang)
    return {
        "what": say("web.inbox_what_month", lang, month=month),
        "todo": say("web.inbox_todo_month", lang),
        "about": month,
        "href": href,
        "act_href": href,
        "label": "page.month",
        "when": say("web.inbox_month_ended", lang, day=ended),
    }
