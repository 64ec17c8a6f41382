"""Recording what a person does on a page: foretold by the fold, asked about where it doubts, undone in one step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.engine import Connection

from boucle.push import Status
from boucle.reasons import TASKS, Reason
from boucle.roles import may_record
from boucle.words import knows, say
from boucle_server import ingest
from boucle_server.errors import ConflictError, ForbiddenError, NotFoundError
from boucle_server.foretelling import event_of_draft, foretell
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.web import inbox_acts
from boucle_server.web.item_words import printed
from boucle_server.web.measured import failed_of
from boucle_server.web.once import recorded
from boucle_server.web.visit import Visit

UNDO: str = "evenement"
"""What an address says of the events that the page offers to undo."""
MOST_UNDONE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What came of it: the ids of the events, or else why nothing was recorded."""

    ids: tuple[str, ...] = ()
    refused: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()
    about: Mapping[Reason, tuple[str, ...]] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    """What was asked in a check and failed, in its words."""

    @property
    def done(self) -> bool:
        """Whether anything was recorded."""
        return bool(self.ids)


def act(
    visit: Visit,
    make: Callable[[Connection], Sequence[Draft]],
    *,
    sure: bool,
    now_ms: int | None = None,
    then: Callable[[Connection], None] | None = None,
    keeps: bool = False,
    after: Callable[[Connection], int] | None = None,
    once: str = "",
) -> Acted:
    """Record acts that the person may record; nothing where one would have no effect, or doubts were not answered.

    `make` is called where nobody else writes, and gives no act where there is nothing to record any more.

    `after` gives an instant that the acts come after, also within one millisecond: what stood then was there first.
    `now_ms` is given where the acts say themselves when they happen; `then` is done in the transaction of acts that
    were recorded; `keeps` records a decision that comes too late as well; `once` is the id of the first event, and
    where that is recorded the same form was sent before (`boucle_server.web.once`). ForbiddenError for what the role
    may not.
    """
    org = visit.who.org
    now_ms = visit.server.clock.now_ms() if now_ms is None else now_ms

    def write(connection: Connection) -> Acted:
        if ids := recorded(connection, visit, once):
            return Acted(ids=ids)
        at_ms = now_ms if after is None else max(now_ms, after(connection) + 1)
        drafts = list(make(connection))
        if not drafts:
            return Acted()
        drafts[0] = replace(drafts[0], id=once or drafts[0].id)
        for draft in drafts:
            if not may_record(visit.who.capabilities, draft.kind):
                raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
        told = foretell(connection, org, drafts, actor=visit.who.person, now_ms=at_ms, zone=visit.who.zone)
        if (told.refused and not keeps) or (told.doubts and not sure):
            steps = _stopping(connection, visit, drafts, at_ms) if Reason.CHECK_FAILED in told.refused else ()
            return Acted(refused=told.refused, doubts=told.doubts, about=told.about, steps=steps)
        results = ingest.accept_own(connection, org, drafts, actor=visit.who.person, now_ms=at_ms, zone=visit.who.zone)
        if any(result.status is not Status.ACCEPTED for result in results):
            raise ConflictError("web.not_recorded")
        if then is not None:
            then(connection)
        return Acted(ids=tuple(result.id for result in results), refused=told.refused)

    return visit.server.door.write(org, write)


def _stopping(connection: Connection, visit: Visit, drafts: Sequence[Draft], at_ms: int) -> tuple[str, ...]:
    """Name what was asked in these acts, and failed."""
    org, book = visit.who.org, load_book(connection, visit.who.org)
    named: list[str] = []
    for number, draft in enumerate(drafts, 1):
        event = event_of_draft(org, draft, number, actor=visit.who.person, now_ms=at_ms, zone=visit.who.zone)
        named += failed_of(event, book, visit.lang)
    return tuple(dict.fromkeys(named))


def told(came: Acted | None) -> dict[str, Any]:
    """Give what a page says of acts that were not recorded: why not, or what it asks about, and which codes that is."""
    about = {} if came is None else {reason: [printed(code) for code in codes] for reason, codes in came.about.items()}
    doubts = came.doubts if came and not came.refused else ()
    return {
        "refused": came.refused if came else (),
        "doubts": doubts,
        "advice": {each: f"web.before_{each}" for each in doubts if knows(f"web.before_{each}")},
        "about_reasons": about,
        "stopping": came.steps if came else (),
        "tasks": TASKS,
    }


def undo(visit: Visit, ids: str) -> None:
    """Void what this person has just done on a page, all of it; NotFoundError when it cannot be any more."""

    def write(connection: Connection) -> None:
        for event_id in reversed(ids.split(".")[:MOST_UNDONE]):
            event = inbox_acts.event_with(connection, visit.who.org, event_id)
            if event is None or event.actor != visit.who.person or not _can(connection, visit, event_id):
                raise NotFoundError("web.undo_gone")
            inbox_acts.void(connection, visit, event_id, reason="")

    visit.server.door.write(visit.who.org, write)


def undoable(connection: Connection, visit: Visit) -> str:
    """Give what the address says can be undone, `""` when nothing of it can."""
    asked = visit.value(UNDO)
    ids = asked.split(".") if asked else []
    return asked if ids and all(_can(connection, visit, each) for each in ids[:MOST_UNDONE]) else ""


def _can(connection: Connection, visit: Visit, event_id: str) -> bool:
    return inbox_acts.can_undo(connection, visit.who.org, event_id[:36])


def named(ids: Sequence[str]) -> str:
    """Write the ids of events for an address."""
    return ".".join(ids)
