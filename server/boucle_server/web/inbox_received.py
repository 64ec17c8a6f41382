"""Cases that something received opened: contradictions, records that were set aside, what strangers reported."""

from collections.abc import Callable
from typing import Any, NamedTuple

import sqlalchemy as sa

from boucle.amend import effective, reviewed
from boucle_server import amending, problem_reports, set_aside
from boucle_server.kept_bytes import first
from boucle_server.problem_reports import ProblemReport
from boucle_server.projections import SqlStore
from boucle_server.read_tables import TASK
from boucle_server.set_aside import UNREADABLE
from boucle_server.tables import RECORD
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.inbox_precedence import UNKNOWN, of_heap, unasked


def task(asker: Asker, event: str, reason: str) -> Case | None:
    """Give the contradiction that an event opened, None when there is none any more."""
    query = _tasks(asker).where(TASK.c.event == event, TASK.c.reason == reason).limit(1)
    found = [_case_of_task(row) for row in asker.connection.execute(query)]
    return next(iter(found), None)


class Review(NamedTuple):
    """Somebody looked at a contradiction and found its event right: by which event, when, who, why."""

    event: str
    at_ms: int
    actor: str
    reason: str


def review(asker: Asker, event_id: str, reason: str) -> tuple[Case, Review] | None:
    """Give a contradiction that a standing review closed, with that review; the last one where there are several."""
    store = SqlStore(asker.connection, asker.org)
    known = amending.closed(store, store.events([event_id]))
    standing = [event for event in effective(known)[0] if (event_id, reason) in reviewed([event], known)]
    if not standing:
        return None
    last, of = max(standing, key=lambda event: event.order), known[event_id]
    heap = Heap.UNKNOWN if reason in UNKNOWN else Heap.CONTRADICTION
    key = f"{event_id}.{reason}"
    case = Case(heap=heap, key=key, at_ms=of.teff, reason=reason, code=of.subject if of.code else "", event=of.id)
    return case, Review(event=last.id, at_ms=last.teff, actor=last.actor, reason=last.text("reason"))


def reported(asker: Asker, id: str) -> Case | None:
    """Give the report of a stranger that waits, None when it is not there or was dealt with."""
    found = problem_reports.find(asker.connection, asker.org, id)
    return _case_of_report(found) if found and found.is_open else None


def aside(asker: Asker, content_hash: str) -> Case | None:
    """Find what was set aside by the hash of its bytes, decided about or not."""
    names = ("id", "hash", "dev", "kind", "subject", "status", "reason", "received_ms")
    query = sa.select(*(RECORD.c[name] for name in names)).where(
        RECORD.c.org == asker.org, RECORD.c.hash == content_hash, set_aside.is_set_aside()
    )
    row = asker.connection.execute(query.order_by(RECORD.c.rid).limit(1)).one_or_none()
    if row is not None:
        return Case(
            heap=Heap.ASIDE,
            key=row.hash,
            at_ms=row.received_ms,
            reason=row.reason,
            status=row.status,
            code="" if row.subject.startswith("qty:") else row.subject,
            dev=row.dev,
            name=row.kind,
        )
    raw = first(asker.connection, asker.org, content_hash)
    if raw is None:
        return None
    return Case(heap=Heap.ASIDE, key=raw.hash, at_ms=raw.received_ms, reason=raw.reason, status=UNREADABLE, dev=raw.dev)


# Contradictions


def _tasks(asker: Asker) -> sa.Select[Any]:
    return sa.select(TASK.c.item, TASK.c.event, TASK.c.reason, TASK.c.teff).where(TASK.c.org == asker.org)


def count_tasks(heap: Heap) -> Callable[[Asker], int]:
    """Make the count of a heap of contradictions."""

    def count(asker: Asker) -> int:
        query = sa.select(sa.func.count()).select_from(TASK).where(TASK.c.org == asker.org, of_heap(heap))
        return int(asker.connection.execute(query).scalar_one())

    return count


def list_tasks(heap: Heap) -> Callable[[Asker, str, int], list[Case]]:
    """Make the list of a heap of contradictions."""

    def listed(asker: Asker, after: str, limit: int) -> list[Case]:
        query = _tasks(asker).where(of_heap(heap))
        if after:
            teff, _, rest = after.partition(".")
            event, _, reason = rest.partition(".")
            if not teff.lstrip("-").isdecimal() or len(teff) > 16:  # noqa: PLR2004 - digits of a time
                return []
            same = sa.and_(TASK.c.teff == int(teff), TASK.c.event == event, TASK.c.reason > reason)
            later = sa.or_(TASK.c.teff > int(teff), sa.and_(TASK.c.teff == int(teff), TASK.c.event > event), same)
            query = query.where(later)
        ordered = query.order_by(TASK.c.teff, TASK.c.event, TASK.c.reason).limit(limit)
        return [_case_of_task(row) for row in asker.connection.execute(ordered)]

    return listed


def _case_of_task(row: Any) -> Case:
    return Case(
        heap=Heap.UNKNOWN if row.reason in UNKNOWN else Heap.CONTRADICTION,
        key=f"{row.event}.{row.reason}",
        place=f"{row.teff}.{row.event}.{row.reason}",
        at_ms=row.teff,
        reason=row.reason,
        item=row.item,
        event=row.event,
    )


# Records that were set aside


def count_aside(asker: Asker) -> int:
    """Count what was set aside."""
    return sum(set_aside.counted(asker.connection, asker.org).values())


def list_aside(asker: Asker, after: str, limit: int) -> list[Case]:
    """Give what was set aside, in the order of receipt."""
    place = (0, -1)
    if after:
        generation, _, leaf = after.partition(".")
        if not (generation.isdecimal() and leaf.isdecimal() and len(after) < 30):  # noqa: PLR2004 - of two numbers
            return []
        place = (int(generation), int(leaf))
    return [
        Case(
            heap=Heap.ASIDE,
            key=one.hash,
            place="{}.{}".format(*one.place),
            at_ms=one.received_ms,
            reason=one.reason,
            status=one.status,
            code="" if one.subject.startswith("qty:") else one.subject,
            event=one.id,
            dev=one.dev,
            name=one.kind,
            n=one.size,
            begins="" if one.kind else set_aside.summary(one),
        )
        for one in set_aside.listed(asker.connection, asker.org, after=place, limit=limit, shown=4 * set_aside.SUMMARY)
    ]


# What strangers reported


def count_reports(asker: Asker) -> int:
    """Count the reports of strangers that wait."""
    return problem_reports.waiting(asker.connection, asker.org, unasked())


def list_reports(asker: Asker, after: str, limit: int) -> list[Case]:
    """Give the reports of strangers that wait."""
    at, _, last = after.partition(".")
    if after and not (at.isdecimal() and len(at) < 17):  # noqa: PLR2004 - digits of a time
        return []
    place = (int(at), last) if after else (-1, "")
    found = problem_reports.listed(asker.connection, asker.org, unasked(), after=place, limit=limit)
    return [_case_of_report(each) for each in found]


def _case_of_report(report: ProblemReport) -> Case:
    return Case(
        heap=Heap.REPORTED,
        key=report.id,
        place=f"{report.created_ms}.{report.id}",
        at_ms=report.created_ms,
        reason=report.problem,
        item=report.item,
        code=report.code,
        words=report.words,
    )
