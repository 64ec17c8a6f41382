"""What a person does about a case: each an event of the server's device, checked beforehand, with a way back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.amend import REVIEWED
from boucle.answering import ANSWERED
from boucle.clock import day_of
from boucle.correction import VOID, Fix, corrected, subject_fields
from boucle.events import Event
from boucle.push import Status
from boucle.roles import may_record
from boucle.wire import subject_of
from boucle.words import say
from boucle_server import amending, deciding, problem_reports, stock_counts
from boucle_server.deciding import Verdict
from boucle_server.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from boucle_server.organisations import SERVER_DEV, checked_text
from boucle_server.problem_reports import Outcome
from boucle_server.projections import SqlStore, event_of, load_book
from boucle_server.server_device import Draft
from boucle_server.tables import RECORD
from boucle_server.web import inbox_answers, inbox_differences, inbox_held, once
from boucle_server.web.forms import Fields
from boucle_server.web.inbox_case import Case, Heap
from boucle_server.web.places import STATION
from boucle_server.web.station_jobs import BY_ACTION, offered
from boucle_server.web.visit import Visit

LONGEST: Final = 500
_ENDINGS: Final[Mapping[str, str]] = {
    "write_off": "item.written_off",
    inbox_held.FREE: "item.unheld",
    inbox_held.END: "item.retired",
}
"""Decisions about the item of a case that want nothing but, perhaps, a reason."""


_OF_ONE: Final[Mapping[str, str]] = {"found": "item.found", "write_off": "item.written_off"}
"""What can be said of one of the items that a count did not meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done: the text that says it, and the event that can be voided to undo it, if any."""

    words: str
    event: str = ""
    dismissed: str = ""
    report: str = ""
    """The report of a stranger that can be opened again."""


def offers(visit: Visit, case: Case, event: Event | None) -> list[str]:
    """Give what can be done about a case by this person, the main action first."""
    held = visit.who.capabilities
    found: list[str] = []
    match case.heap:
        case Heap.UNKNOWN | Heap.CONTRADICTION:
            if case.reason == "unknown_item" and may_record(held, "item.commissioned"):
                found.append("commission")
            if event is not None and is_voidable(event) and may_record(held, VOID):
                found.append("void")
            if event is not None and _is_reviewable(event) and may_record(held, REVIEWED):
                found.append("review")
        case Heap.REPORTED:
            found += ["settle", *(["hold"] if may_record(held, "item.held") else [])]
        case Heap.ASIDE:
            # What this server does not know yet counts by itself after an update.
            found += ["dismiss"] if case.status == "held" else ["admit", "dismiss"]
            if not may_record(held, "event.admitted"):
                found = []
        case Heap.COUNT:
            found += [
                act for act, kind in (("adjust", stock_counts.ADJUSTED), ("void", VOID)) if may_record(held, kind)
            ]
        case Heap.OVERDUE | Heap.LOST:
            # Somebody is called first; a loss comes second.
            ways = {inbox_answers.FOLLOW_UP: ANSWERED, "write_off": _ENDINGS["write_off"]}
            found += [act for act, kind in ways.items() if may_record(held, kind)]
        case Heap.HELD:
            found += [act for act in inbox_held.acts(case) if may_record(held, _ENDINGS[act])]
        case _:
            found += [act for act, kind in _answers(case).items() if may_record(held, kind)]
    return found


def link_href(visit: Visit, case: Case) -> str:
    """Give where a code that is bound to nothing is linked to a thing, for whoever may; nothing for another case."""
    job = BY_ACTION["bind"]
    may = case.reason == "unknown_item" and job in offered(visit.who.capabilities)
    return f"{STATION.path}/{job.slug}" if may else ""


def _answers(case: Case) -> dict[str, str]:
    """Give what can be answered to a case that no single event opened, each with the kind of its event."""
    given = {act: ANSWERED for heap, act in inbox_answers.ACTS.items() if heap is case.heap}
    return given | (dict(_OF_ONE) if case.reason == inbox_differences.MISSING else {})


def is_voidable(event: Event) -> bool:
    """Tell whether a person can void an event: one about a code or a quantity, or an answer, and no void itself."""
    return event.kind == ANSWERED or (bool(event.subject) and event.kind not in (VOID, "reference.set"))


def _is_reviewable(event: Event) -> bool:
    """Tell whether a review can repeat what an event is about: a void of a quantity is known by another's id."""
    return bool(event.code) or event.subject == subject_of("", event.id, event.item_type)


def event_with(connection: Connection, org: str, event_id: str) -> Event | None:
    """Give the accepted event with an id."""
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == org, RECORD.c.id == event_id, RECORD.c.status == "accepted"
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else event_of(row.payload, row.teff, row.tq)


def can_undo(connection: Connection, org: str, event_id: str) -> bool:
    """Tell whether an event of the server's own can be voided, and nothing has done so yet."""
    event = event_with(connection, org, event_id)
    if event is None or event.dev != SERVER_DEV or not is_voidable(event):
        return False
    return not amending.is_amended(SqlStore(connection, org), event_id)


def act(visit: Visit, find: Callable[[Connection], Case], fields: Fields) -> Done:
    """Do what a form says about a case; InvalidInputError, ForbiddenError or ConflictError when it cannot be.

    The case is found where nobody else writes: of two people who do the same at once the second finds none.
    """
    reason = checked_text(fields.value("reason"), "reason", longest=LONGEST, empty=True)
    wanted = fields.value("act")

    def write(connection: Connection) -> Done:
        case = find(connection)
        event = event_with(connection, visit.who.org, case.event) if case.event else None
        if wanted not in offers(visit, case, event):
            raise ForbiddenError("web.inbox_not_offered")
        match wanted:
            case "commission":
                return _commission(connection, visit, case, fields)
            case "void":
                return void(connection, visit, case.event, reason=reason, whole=True)
            case "review":
                return _review(connection, visit, case, event, reason=reason)
            case "settle" | "hold":
                return _answer_report(connection, visit, case, wanted, reason=reason)
            case "adjust":
                return _adjust(connection, visit, case, reason=reason)
            case answer if answer in inbox_answers.ACTS.values():
                return _answer(connection, visit, case, fields, reason=reason)
            case one if one in _OF_ONE and case.reason == inbox_differences.MISSING:
                return _about_one(connection, visit, case, fields, reason=reason)
            case ending if ending in _ENDINGS:
                return _end(connection, visit, case, ending, reason=reason)
            case _:
                return _decide(connection, visit, case, wanted, reason=reason)

    return visit.server.door.write(visit.who.org, write)


def void(connection: Connection, visit: Visit, event_id: str, *, reason: str, whole: bool = False) -> Done:
    """Void an event; NotFoundError, ForbiddenError, ConflictError when somebody has voided it before.

    A correction leaves what it corrected standing again, unless the `whole` of it did not happen.
    """
    event = event_with(connection, visit.who.org, event_id)
    if event is None:
        raise NotFoundError("web.inbox_no_event")
    if not is_voidable(event) or not may_record(visit.who.capabilities, VOID):
        raise ForbiddenError("web.inbox_not_offered")
    store = SqlStore(connection, visit.who.org)
    if amending.is_amended(store, event_id):
        raise ConflictError("web.inbox_voided_before")
    more = amending.other_words(store, event) if whole else amending.said_before(store, event, photos_only=True)
    for each in (event, *more):
        kind, fields = corrected(each, Fix.VOID, because=reason)
        record(connection, visit, Draft(kind=kind, fields=fields))
        # Whatever a stranger had reported waits again when what was done about it is taken back.
        problem_reports.reopen(connection, visit.who.org, event=each.id)
    return Done(words="web.inbox_voided_done")


def _review(connection: Connection, visit: Visit, case: Case, event: Event | None, *, reason: str) -> Done:
    """Say that somebody looked at a contradiction and found its event right: the case closes, no figure moves."""
    if event is None:
        raise NotFoundError("web.inbox_no_event")
    if not reason:
        raise InvalidInputError("web.inbox_needs_reason")
    body = {"target": event.id, "contradiction": case.reason, "reason": reason}
    draft = Draft(kind=REVIEWED, fields={**subject_fields(event), "body": body})
    return Done(words="web.inbox_reviewed_done", event=record(connection, visit, draft))


def _commission(connection: Connection, visit: Visit, case: Case, fields: Fields) -> Done:
    book = load_book(connection, visit.who.org)
    type_key, site = fields.value("type"), fields.value("site")
    if not book.has("item_type", type_key):
        raise InvalidInputError("web.inbox_choose_type")
    if not book.has("site", site):
        raise InvalidInputError("web.inbox_choose_site")
    code = case.code.removeprefix("raw:")
    draft = Draft(kind="item.commissioned", fields={"code": code, "place": site, "body": {"type": type_key}})
    return Done(words="web.inbox_commissioned_done", event=record(connection, visit, draft))


def _answer(connection: Connection, visit: Visit, case: Case, fields: Fields, *, reason: str) -> Done:
    """Answer a case: it waits no more, until its day or until it is more than it is now. No figure moves."""
    act = fields.value("act")
    known = [code for code, _ in inbox_differences.because_of(case)]
    today = day_of(visit.server.clock.now_ms(), visit.who.zone)
    draft = inbox_answers.draft(case, act, fields, known=known, reason=reason, today=today)
    return Done(words=f"web.inbox_{act}_done", event=record(connection, visit, draft))


def _about_one(connection: Connection, visit: Visit, case: Case, fields: Fields, *, reason: str) -> Done:
    """Say of one item that a count did not meet where it was found, or that it is lost."""
    act, item = fields.value("act"), fields.value("item")
    if item not in case.items:
        raise InvalidInputError("web.inbox_choose_item")
    code = inbox_differences.codes(connection, visit.who.org, [item]).get(item)
    place = fields.value("site") if act == "found" else case.name
    if code is None:
        raise ConflictError("web.inbox_gone")
    if not load_book(connection, visit.who.org).has("site", place):
        raise InvalidInputError("web.inbox_choose_found")
    body = {"body": {"reason": reason}} if reason and act == "write_off" else {}
    event = record(connection, visit, Draft(kind=_OF_ONE[act], fields={"code": code, "place": place, **body}))
    return Done(words=f"web.inbox_{act}_done", event=event)


def _end(connection: Connection, visit: Visit, case: Case, wanted: str, *, reason: str) -> Done:
    """Decide about the item of a case, where it stands or last stood."""
    fields = {"code": case.code, "body": {"reason": reason} if reason else {}}
    place = {"place": case.name} if case.name else {}
    event = record(connection, visit, Draft(kind=_ENDINGS[wanted], fields={**fields, **place}))
    return Done(words=f"web.inbox_{wanted}_done", event=event)


def _adjust(connection: Connection, visit: Visit, case: Case, *, reason: str) -> Done:
    """Make the stock what was counted; the count is looked at again, for the stock may have been set right since."""
    found = stock_counts.find(connection, visit.who.org, case.event)
    if found is None:
        raise ConflictError("web.inbox_gone")
    draft = found.adjustment(reason or say(f"kind.{stock_counts.COUNTED}", visit.lang))
    return Done(words="web.inbox_adjusted_done", event=record(connection, visit, draft))


def _answer_report(connection: Connection, visit: Visit, case: Case, wanted: str, *, reason: str) -> Done:
    """Deal with what a stranger reported: nothing more to do, or nobody ships the item until it was looked at."""
    event = ""
    if wanted == "hold":
        because = reason or say(f"web.reported_{case.reason}", visit.lang)
        event = record(
            connection, visit, Draft(kind="item.held", fields={"code": case.code, "body": {"reason": because}})
        )
    outcome = Outcome.HELD if event else Outcome.SETTLED
    who, now_ms = visit.who, visit.server.clock.now_ms()
    problem_reports.settle(connection, who.org, case.key, outcome, by=who.person, now_ms=now_ms, event=event)
    if event:
        return Done(words="web.inbox_held_done", event=event)
    return Done(words="web.inbox_settled_done", report=case.key)


def _decide(connection: Connection, visit: Visit, case: Case, wanted: str, *, reason: str) -> Done:
    verdict = Verdict(wanted)
    if verdict is Verdict.DISMISS and not reason:
        raise InvalidInputError("web.inbox_needs_reason")
    told: list[Any] = deciding.decide(
        connection,
        visit.who.org,
        case.key,
        verdict,
        reason=reason,
        actor=visit.who.person,
        now_ms=visit.server.clock.now_ms(),
    )
    if verdict is Verdict.DISMISS:
        return Done(words="web.inbox_dismissed_done", dismissed=case.key)
    counts = any(one.status == Status.ACCEPTED for one in told)
    return Done(words="web.inbox_admitted_done" if counts else "web.inbox_kept_done")


def record(connection: Connection, visit: Visit, draft: Draft) -> str:
    """Record what a person did, give its event; ConflictError where it does not count."""
    (event,) = once.record(connection, visit, [draft])
    return event
