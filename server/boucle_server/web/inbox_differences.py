"""Cases of differences: at a stop, at the receipt of what it took up, between a count and what should stand there."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy.engine import Connection

from boucle.answering import Because
from boucle.reference import Book
from boucle.rounds import BESIDE, RECEIVED, Gap, gaps_for, round_under
from boucle.words import say
from boucle.words.numerals import signed
from boucle_server import reports, rows
from boucle_server.driven import planned_place
from boucle_server.projections import SqlStore
from boucle_server.read_tables import BINDING
from boucle_server.stop_differences import Difference, Why, differences
from boucle_server.uncounted import Uncounted, uncounted
from boucle_server.web import numbers
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.places import STATION
from boucle_server.web.rounds_list import href_of_round, title_of
from boucle_server.web.visit import address

MISSING: Final = "missing"
"""Which way a count differs; the others are those of `Why`."""
MOST_LISTED: Final = 200


def gather(asker: Asker) -> list[Case]:
    """Give every difference, the oldest first, whatever somebody answered."""
    connection, org, book, now_ms = asker.connection, asker.org, asker.book, asker.now_ms
    found = [
        *(_of_stop(each) for each in differences(connection, org, book, zone=asker.zone, now_ms=now_ms)),
        *(_of_count(each) for each in uncounted(connection, org, book, now_ms)),
    ]
    return sorted(found, key=lambda case: (case.at_ms or 0, case.key))


def _of_stop(found: Difference) -> Case:
    return Case(
        heap=Heap.DIFFERENCE,
        key=found.key,
        reason=str(found.why),
        at_ms=found.at_ms,
        type=found.item_type,
        event=found.event,
        name=found.place,
        n=found.n,
        before=found.before,
        task=found.task,
        status=found.row.partition(":")[0],
        items=found.items,
    )


def _of_count(found: Uncounted) -> Case:
    return Case(
        heap=Heap.DIFFERENCE,
        key=found.key,
        reason=MISSING,
        at_ms=found.at_ms,
        type=found.item_type,
        event=found.event,
        name=found.site,
        n=found.met,
        before=found.met + len(found.items),
        task=found.task,
        items=found.items,
    )


def codes(connection: Connection, org: str, items: Sequence[str]) -> dict[str, str]:
    """Give one code of each item that carries any."""
    found = rows.select(connection, BINDING, ("item", "code"), org=org, key="item", keys=items)
    return {row.item: row.code for row in sorted(found, key=lambda row: row.code, reverse=True)}


class Listed(NamedTuple):
    """One missing item: its id, its code and page, where in the site it was last known to be, when it was last seen."""

    item: str
    code: str
    href: str
    zone: str
    seen: str


def listed(asker: Asker, case: Case, lang: str) -> list[Listed]:
    """Give the items of a case that carry a label, so many as one page can show."""
    shown = case.items[:MOST_LISTED]
    known = codes(asker.connection, asker.org, shown)
    states = SqlStore(asker.connection, asker.org).items(shown)
    return [
        Listed(
            item=each,
            code=printed(known[each]),
            href=href_of(known[each]),
            zone=states[each].zone,
            seen=moment(states[each].seen_ms, asker.zone, lang) if states[each].seen_ms else "",
        )
        for each in shown
        if each in known and each in states
    ]


def because_of(case: Case) -> list[tuple[str, str]]:
    """Give the codes that can explain a case, each with the key of its words; none where nothing differs."""
    if case.heap is not Heap.DIFFERENCE:
        return []
    if case.reason == MISSING:
        return [(str(each), f"answer.because.{each}") for each in Because]
    direction = case.status if case.reason == Why.STOP else RECEIVED
    return [(str(gap), f"round.gap.{gap}") for gap in gaps_for(case.n - case.before, direction)]


def because_words(because: str, lang: str) -> str:
    """Say the code of an explanation, `""` for one that a later version knows."""
    if because in set(Because):
        return say(f"answer.because.{because}", lang)
    return say(f"round.gap.{because}", lang) if because in set(Gap) else ""


def told(asker: Asker, case: Case, lang: str) -> dict[str, str]:
    """Say what differs, by how much, where."""
    book, now_ms = asker.book, asker.now_ms
    place = planned_place(book, case.name, now_ms) if case.name else say("web.without", lang)
    said = {
        "place": place,
        "type": reports.name_of(book, "item_type", case.type, now_ms) or say("web.unknown_type", lang),
        "n": numbers.number(case.n, 0, lang),
        "before": numbers.number(case.before, 0, lang),
        "difference": signed(case.n - case.before, lang),
    }
    way = f"{case.reason}_{case.status}" if case.reason == Why.STOP or case.status == BESIDE else case.reason
    about, href = _about(book, case, now_ms)
    return {
        "what": say(f"web.inbox_what_difference_{way}", lang, **said),
        "todo": say(f"web.inbox_todo_difference_{case.reason}", lang),
        "about": about or place,
        "href": href,
        "label": "web.fact_where" if case.reason == MISSING else "web.fact_round",
    }


def _about(book: Book, case: Case, now_ms: int) -> tuple[str, str]:
    """Give what a case leads to: its round, or counting again at its site."""
    if case.reason == MISSING:
        return "", address(f"{STATION.path}/inventaire", [("lieu", case.name)])
    of = round_under(book, case.task, at_ms=now_ms)
    return (title_of(of), href_of_round(of.key)) if of else ("", "")
