"""What wants a person on the rounds, at the desk of returns, in the workshop, and what people have to renew."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.events import Event
from boucle.lifecycle import BUSY, ReturnStage, WorkStage
from boucle.reference import Book
from boucle.return_counts import Return
from boucle.words import LANGUAGES, say
from boucle.words.sentences import uncapital
from boucle_server import repairs, reports, returns
from boucle_server.driven import planned_place
from boucle_server.repairs import Ticket
from boucle_server.returns import Product
from boucle_server.unserved import unserved
from boucle_server.web import numbers, people_list, qualified_list
from boucle_server.web.details import coded
from boucle_server.web.return_words import act_href, return_href, return_number
from boucle_server.web.rounds_list import ENDING, href_of_round, title_of
from boucle_server.web.workshop import barrier_name, fault_name, step_href, ticket_href


class Waiting(NamedTuple):
    """One thing that waits: `key` names it, `day` is a promised day, `name` a return or a round, `n` how many.

    Of a round `n` stops of `before` were not made; `stops` names them.
    """

    key: str
    at_ms: int | None = None
    day: str = ""
    item: str = ""
    code: str = ""
    type: str = ""
    partner: str = ""
    name: str = ""
    reason: str = ""
    n: int = 0
    before: int = 0
    stops: str = ""


_NAMED: Final = 3
"""So many stops of a round are told by name."""
_BUSY: Final = tuple(sorted(BUSY))


def rounds_incomplete(connection: Connection, org: str, book: Book, now_ms: int) -> list[Waiting]:
    """Give the rounds that are over with stops that nobody validated."""
    found = []
    for of, stops in unserved(connection, org, book, now_ms):
        places = [planned_place(book, stop.place, now_ms) for stop in stops[:_NAMED]]
        more = [f"+ {len(stops) - _NAMED}"] if len(stops) > _NAMED else []
        named = ", ".join([*places, *more])
        day, n = of.day.isoformat(), len(stops)
        found.append(Waiting(key=of.key, day=day, name=title_of(of), n=n, before=len(of.stops), stops=named))
    return found


def returns_asked(connection: Connection, org: str, book: Book, now_ms: int) -> list[Waiting]:
    """Give the returns that wait for a yes or a no."""
    del book, now_ms
    listed = reversed(returns.returns(connection, org))
    return [Waiting(key=one.rma, name=one.rma, partner=one.partner, n=one.to_answer) for one in listed if one.to_answer]


def products_at(*stages: str) -> Callable[[Connection, str, Book, int], list[Waiting]]:
    """Make the question for the numbered products whose return stands at some stages, the longest here first."""

    def gather(connection: Connection, org: str, book: Book, now_ms: int) -> list[Waiting]:
        del book, now_ms
        waiting = [each for each in returns.waiting(connection, org, stages) if not each.back.asked]
        found = sorted(waiting, key=lambda one: (one.back.received_ms, one.code))
        return [_product(one) for one in found]

    return gather


def returns_valued(connection: Connection, org: str, book: Book, now_ms: int) -> list[Waiting]:
    """Give what somebody decided about products that are worth more than they may decide about, the oldest first."""
    del now_ms
    asked = [each for each in returns.waiting(connection, org, [ReturnStage.GRADED]) if each.back.asked]
    found = [_product(each)._replace(reason=each.back.asked) for each in asked]
    zone = reports.zone_of(connection, org)
    for one in returns.returns(connection, org):
        if any(each.to_confirm for each in one.counts):
            said = returns.said_of(connection, org, one, zone, book)
            found += [_decision(event, one) for event in said.settled.waits]
    return sorted(found, key=lambda each: (each.at_ms or 0, each.key))


def _decision(event: Event, of: Return) -> Waiting:
    chosen = event.text("disposition")
    return Waiting(
        key=event.id,
        at_ms=event.teff,
        type=event.item_type,
        partner=of.partner,
        name=of.rma,
        reason=chosen,
        n=event.qty,
    )


def _product(of: Product) -> Waiting:
    back = of.back
    return Waiting(
        key=of.code,
        at_ms=back.received_ms or None,
        item=of.item.id,
        code=of.code,
        type=of.item.type,
        partner=back.partner,
        name=back.rma,
        reason=of.item.grade,
    )


def repairs_late(connection: Connection, org: str, book: Book, now_ms: int) -> list[Waiting]:
    """Give the open repairs whose day has passed, the latest first."""
    found = [
        each
        for each in repairs.tickets(connection, org, _BUSY)
        if "" < each.job.due < day_of(now_ms, book.site(each.item.site, now_ms).zone)
    ]
    return [_ticket(each) for each in sorted(found, key=lambda each: (each.job.due, each.code))]


def repairs_at(stage: str) -> Callable[[Connection, str, Book, int], list[Waiting]]:
    """Make the question for the repairs at a stage, the oldest first."""

    def gather(connection: Connection, org: str, book: Book, now_ms: int) -> list[Waiting]:
        del book, now_ms
        found = repairs.tickets(connection, org, (stage,))
        return [_ticket(each) for each in sorted(found, key=lambda each: (each.job.start_ms, each.code))]

    return gather


def _ticket(of: Ticket) -> Waiting:
    job = of.job
    return Waiting(
        key=of.code,
        at_ms=job.start_ms or None,
        day=job.due,
        item=of.item.id,
        code=of.code,
        type=of.item.type,
        name=job.task,
        reason=job.barrier or job.fault,
    )


def qualifications_ending(connection: Connection, org: str, book: Book, now_ms: int) -> list[Waiting]:
    """Give the qualifications that end soon, or have just ended, and that nothing follows."""
    zone = reports.zone_of(connection, org)
    people = [each for each in people_list.everybody(connection, org) if each.active]
    listed = qualified_list.lines(book, people, now_ms=now_ms, zone=zone, lang=LANGUAGES[0])
    return [
        Waiting(key=each.person, day=each.ends, name=each.name, reason=each.qualification)
        for each in listed
        if qualified_list.wants_renewal(each, day_of(now_ms, zone))
    ]


Gather = Callable[[Connection, str, Book, int], list[Waiting]]
GATHERED: Final[Mapping[str, Gather]] = {
    "round": rounds_incomplete,
    "return_asked": returns_asked,
    "return_received": products_at(ReturnStage.RECEIVED),
    "return_graded": products_at(ReturnStage.GRADED),
    "return_valued": returns_valued,
    "repair_late": repairs_late,
    "repair_check": repairs_at(WorkStage.QUALITY_CONTROL),
    "repair_end": repairs_at(WorkStage.NOT_REPAIRABLE),
    "qualification": qualifications_ending,
}
"""The heaps of rounds, returns and the workshop, by name."""


def told(heap: str, case: Any, lang: str, *, partner: str) -> dict[str, str]:
    """Say a case of one of these heaps, and where its one main action is."""
    what: dict[str, object] = {
        "n": case.n,
        "before": case.before,
        "stops": case.stops,
        "rma": return_number(case.name, lang),
        "partner": partner or say("web.without", lang),
        "day": numbers.day_name(case.day, lang) if case.day else "",
        "grade": case.reason,
        "chosen": coded("disposition", case.reason, lang),
        "barrier": uncapital(barrier_name(case.reason, lang)),
        "fault": fault_name(case.reason, lang),
    }
    said = {
        "what": _what(f"web.inbox_what_{heap}", lang, what),
        "todo": say(f"web.inbox_todo_{heap}", lang, stops=case.stops),
        "act_href": _action(heap, case),
    }
    if heap == "round":
        return {**said, "about": case.name, "href": href_of_round(case.key)}
    if heap == "qualification":
        return {**said, "about": case.name, "href": said["act_href"]}
    if heap == "return_asked":
        return {**said, "about": case.name, "href": return_href(case.name)}
    if heap == "return_valued" and not case.code:
        key = "web.inbox_what_return_valued_n"
        return {
            **said,
            "what": _what(key, lang, what),
            "about": return_number(case.name, lang),
            "href": return_href(case.name),
        }
    return {**said, "href": ticket_href(case.code) if heap.startswith("repair") else return_href(case.name)}


def _what(key: str, lang: str, values: dict[str, object]) -> str:
    return say(key, lang, **values)


def _action(heap: str, case: Any) -> str:
    match heap:
        case "round":
            return f"{href_of_round(case.key)}#{ENDING}"
        case "qualification":
            return qualified_list.person_href(case.key)
        case "return_asked":
            return act_href("autoriser", case.name)
        case "return_received":
            return act_href("classer", case.name, objet=case.code)
        case "return_graded":
            return act_href("affecter", case.name, objet=case.code)
        case "return_valued" if case.code:
            return act_href("confirmer", case.name, objet=case.code)
        case "return_valued":
            return act_href("confirmer", case.name, type=case.type, decision=case.key)
        case "repair_late":
            return step_href("planifier", case.code)
        case "repair_check":
            return step_href("requalifier", case.code)
        case _:
            return step_href("reformer", case.code)
