"""What somebody reads before closing a month: what is missing, what waits for a person, what will be frozen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import day_of, month_end_ms, month_start_ms
from boucle.kpi import Value
from boucle.words import say
from boucle_server import closing
from boucle_server.months import Cause, Closing, MonthState, Why
from boucle_server.web import inbox, inbox_words, numbers
from boucle_server.web.asking import Asked
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.item_words import moment
from boucle_server.web.month_ground import ground, month_badge
from boucle_server.web.month_since import FROZEN, Since, frozen_figures, since_closing
from boucle_server.web.month_trust import Trust, trust_of
from boucle_server.web.places import DEVICES, INBOX
from boucle_server.web.table_files import MOST_ROWS

CONCERNED: Final = (Heap.UNKNOWN, Heap.CONTRADICTION, Heap.ASIDE, Heap.COUNT, Heap.DIFFERENCE, Heap.ROUND)
"""Heaps of which a decision may still change what a month says."""
GLANCE: Final = 3
"""Cases of each heap that are named."""
_WHERE: Final = {
    Why.UNSYNCED: DEVICES.path,
    Why.GAP: f"{INBOX.path}?kind={Heap.GAP}",
    Why.LOST: f"{DEVICES.path}?state=revoked",
}
"""Where something can be done about what a month waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Cases of one heap that concern the month: how many, where all are, and the first of them `(words, address)`."""

    name: str
    n: int
    href: str
    first: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthClosing:
    """All that the page shows; `may_close` where the act is offered."""

    month: str
    name: str
    state: MonthState
    badge: tuple[str, str]
    from_day: str
    """The first day on which the month can be closed."""
    causes: tuple[tuple[str, str], ...] = ()
    """Why it may still change: `(sentence, where to go)`."""
    cases: tuple[Open, ...] = ()
    trust: Trust | None = None
    ageing: tuple[str, ...] = ()
    """Names of the figures that go on changing with age alone."""
    figures: tuple[tuple[str, str, str], ...] = ()
    """What will be frozen: `(id, name, value)`."""
    closing: Closing | None = None
    closed: str = ""
    """By whom and when it was closed last."""
    since: Since = ()
    changed: int = 0
    """Figures of a closed month that are known otherwise now, filters included."""
    grown: int = 0
    """How many of them were said to be provisional then, so that time alone explains it."""

    @property
    def lacks(self) -> int:
        """How much is missing or waits."""
        return len(self.causes) + sum(each.n for each in self.cases)

    @property
    def revision(self) -> int:
        """The revision that closing it now would make."""
        return self.closing.revision + 1 if self.closing else 1

    @property
    def may_close(self) -> bool:
        """Whether closing it would do something."""
        return self.state is not MonthState.OPEN and (self.closing is None or self.changed > 0)


def month_closing(asker: Asker, asked: Asked, *, person: Callable[[str], str]) -> MonthClosing:
    """Gather the page; `person` gives the name of whoever closed the month."""
    connection, org, lang = asker.connection, asker.org, asked.lang
    on = ground(connection, org, asked)
    life = on.life
    from_day = day_of(month_end_ms(asked.month, asked.zone), asked.zone)
    running = MonthClosing(
        month=asked.month,
        name=numbers.month_name(asked.month, lang),
        state=life.state,
        badge=month_badge(on),
        from_day=numbers.day_name(from_day, lang),
    )
    if life.state is MonthState.OPEN:
        return running
    frozen = frozen_figures(connection, org, on)
    values = answers(on.tally, on.question, (*FROZEN, "evidence"))
    last = life.closing
    moved = list(closing.differences(connection, org, asked.month, now_ms=asked.now_ms)) if last else []
    return replace(
        running,
        causes=tuple((_sentence(cause, lang), _WHERE.get(cause.why, "")) for cause in life.causes),
        cases=tuple(_open(asker, asked, heap) for heap in CONCERNED if _concerning(asker, asked, heap)),
        trust=trust_of(connection, org, on, values["evidence"]),
        ageing=tuple(say(CATALOGUE[id_].words("name"), lang) for id_ in life.ageing),
        figures=_figures(values, lang),
        closing=last,
        closed=closed_by(last, asked.zone, lang, person=person),
        since=since_closing(on, frozen),
        changed=len(moved),
        grown=sum(each.expected for each in moved),
    )


def closed_by(last: Closing | None, zone: str, lang: str, *, person: Callable[[str], str]) -> str:
    """Say by whom and when a month was closed; nothing where nobody did."""
    if last is None:
        return ""
    who = person(last.by) or say("web.month_closed_console", lang)
    return say("web.month_closed_by", lang, who=who, when=moment(last.closed_ms, zone, lang))


def _sentence(cause: Cause, lang: str) -> str:
    return say(cause.why.words, lang, device=cause.device, n=cause.n)


def _figures(values: dict[str, Value], lang: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((id_, say(CATALOGUE[id_].words("name"), lang), numbers.shown(values[id_], lang)) for id_ in FROZEN)


def _concerning(asker: Asker, asked: Asked, heap: Heap) -> list[Case]:
    """Give the cases of a heap that are of this month, read once for a look."""

    def read(of: Asker) -> list[Case]:
        start, end = month_start_ms(asked.month, asked.zone), month_end_ms(asked.month, asked.zone)
        found = inbox.cases(of, heap, limit=MOST_ROWS)
        return [case for case in found if _is_of(case, asked.month, start, end)]

    return asker.once(f"{heap} of {asked.month}", read)


def _is_of(case: Case, month: str, start: int, end: int) -> bool:
    """Tell whether a case is of a month: what was set aside may say any time before it came."""
    if case.heap is Heap.ASIDE:
        return case.at_ms is not None and case.at_ms >= start
    if case.day:
        return case.day[: len(month)] == month
    return case.at_ms is not None and start <= case.at_ms < end


def _open(asker: Asker, asked: Asked, heap: Heap) -> Open:
    found: Sequence[Case] = _concerning(asker, asked, heap)
    told = [inbox_words.told(asker, case, asked.lang) for case in found[:GLANCE]]
    return Open(
        name=inbox_words.heap_name(heap, asked.lang),
        n=len(found),
        href=f"{INBOX.path}?kind={heap}",
        first=tuple((" · ".join(text for text in (each.what, each.about) if text), each.act_href) for each in told),
    )
