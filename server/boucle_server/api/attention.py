"""What wants a person over HTTP: the list of what was set aside, and all that somebody should look at."""

import re
from base64 import b64encode
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Connection

from boucle.words import say
from boucle_server import attention, deciding, problem_reports, set_aside
from boucle_server.api.parameters import ONLY_KNOWN
from boucle_server.api.problems import Problem, language
from boucle_server.api.reasons import Why, status_text, why
from boucle_server.api.rights import Manager, Reader
from boucle_server.api.running import Running, Server
from boucle_server.auth import Principal
from boucle_server.deciding import MAX_REASON, Decided, Verdict
from boucle_server.errors import InvalidInputError
from boucle_server.set_aside import SetAside

router = APIRouter(prefix="/v1", tags=["attention"], dependencies=[ONLY_KNOWN])
_PAGE: Final = 100
_SHOWN: Final = 16 * 1024
_PLACE: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,16})", re.ASCII)
_TASK: Final = re.compile(r"(-?[0-9]{1,16})\.([0-9a-f-]{1,36})\.([a-z_]{1,40})", re.ASCII)

_Key = Annotated[str, Path(max_length=64, pattern="^[0-9a-f-]+$")]
_UNDECIDED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "It cannot be decided so; nothing was recorded, and the answer says why."}
}


class Waiting(BaseModel):
    """A record, or bytes, that the door set aside."""

    id: Annotated[str, Field(description="empty for bytes that say none")]
    dev: str
    seq: Annotated[int, Field(description="its number in the device's chain; 0 where nobody knows")]
    kind: str
    subject: str
    status: Annotated[str, Field(description="quarantined, fork, conflict, held, or unreadable for bytes")]
    status_text: str
    why: Why | None
    hash: str
    teff: int | None
    received_ms: int
    size: int
    text: Annotated[str | None, Field(description="what was received, when it is UTF-8; cut at 16 KiB")]
    base64: Annotated[str | None, Field(description="what was received, when it is not; cut at 16 KiB")]
    log_generation: int
    log_index: int


class Quarantine(BaseModel):
    """A page of what waits, in the order of receipt; `next` is the `after` of the following page."""

    records: list[Waiting]
    next: str | None


class Decision(BaseModel):
    """A person's decision: why. A dismissal needs a reason."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=MAX_REASON)] = ""


class DecidedOf(BaseModel):
    """What came of a decision about one content."""

    id: Annotated[str, Field(description="of the event; empty for bytes that are none")]
    hash: str
    before: str
    status: str
    status_text: str
    event: Annotated[str, Field(description="id of the decision; empty when it had been decided so before")]


class Decisions(BaseModel):
    """What came of a decision, for each content that it was about."""

    decided: list[DecidedOf]


class Counted(BaseModel):
    """How many there are, and why."""

    reason: str
    text: str
    todo: str
    count: int


class TaskOf(BaseModel):
    """A contradiction: the event, the item, why."""

    item: str
    event: str
    reason: str
    text: str
    todo: str
    teff: int


class CountedAside(BaseModel):
    """How many the door set aside, by status and reason."""

    status: str
    status_text: str
    why: Why | None
    count: int


class GapOf(BaseModel):
    """Numbers of one epoch of a device that never came; at most twenty holes are listed."""

    dev: str
    epoch: str
    missing: list[tuple[int, int]]
    count: int


class UnsentOf(BaseModel):
    """A device that still held events when it was last heard."""

    dev: str
    name: str
    unsent: int
    last_seen_ms: int | None


class Attention(BaseModel):
    """All that somebody should look at. `next` is the `after` of the following page of tasks."""

    tasks: list[Counted]
    latest: list[TaskOf]
    next: str | None
    quarantine: list[CountedAside]
    gaps: list[GapOf]
    unsent: list[UnsentOf]
    overdue: int
    presumed_lost: int
    reported: Annotated[int, Field(description="reports of problems from public pages that wait for a person")]


@router.get("/quarantine")
def quarantine(
    who: Manager,
    server: Server,
    request: Request,
    after: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
) -> Quarantine:
    """List what was received and has no effect until somebody decides."""
    lang = language(request)
    place = _place(after)
    with server.database.reading() as connection:
        found = set_aside.listed(connection, who.org, after=place, limit=limit + 1, shown=_SHOWN)
    shown = found[:limit]
    following = "{}.{}".format(*shown[-1].place) if len(found) > limit else None
    return Quarantine(records=[_waiting(each, lang) for each in shown], next=following)


@router.post("/quarantine/{key}/admit", responses=_UNDECIDED)
def admit(who: Manager, server: Server, request: Request, key: _Key, asked: Decision) -> Decisions:
    """Let a record, or bytes that read as an event by now, count after all; `key` is an id or begins a hash."""
    return _decide(server, who, Verdict.ADMIT, request=request, key=key, asked=asked)


@router.post("/quarantine/{key}/dismiss", responses=_UNDECIDED)
def dismiss(who: Manager, server: Server, request: Request, key: _Key, asked: Decision) -> Decisions:
    """Decide that a record, or bytes, stay without effect for good; `key` is an id or begins a hash."""
    return _decide(server, who, Verdict.DISMISS, request=request, key=key, asked=asked)


@router.get("/attention")
def all_attention(
    who: Reader,
    server: Server,
    request: Request,
    after: Annotated[str, Query(max_length=90)] = "",
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
) -> Attention:
    """Tell what wants a person: contradictions, what was set aside, gaps, devices with unsent events, late loans."""
    lang, now_ms = language(request), server.clock.now_ms()
    last = _shown(after)
    with server.database.reading() as connection:
        latest = attention.tasks(connection, who.org, after=last, limit=limit + 1)
        by_reason = attention.tasks_by_reason(connection, who.org)
        aside = set_aside.counted(connection, who.org)
        gaps = list(attention.all_gaps(connection, who.org))
        unsent = attention.unsent(connection, who.org)
        loans = attention.loans(connection, who.org, now_ms=now_ms)
        reported = problem_reports.waiting(connection, who.org)
    shown = latest[:limit]
    return Attention(
        tasks=[
            Counted(reason=reason, text=say(f"reason.{reason}", lang), todo=say(f"todo.{reason}", lang), count=n)
            for reason, n in sorted(by_reason.items())
        ],
        latest=[_task(each, lang) for each in shown],
        next=f"{shown[-1].teff}.{shown[-1].event}.{shown[-1].reason}" if len(latest) > limit else None,
        quarantine=[
            CountedAside(
                status=status,
                status_text=status_text(status, lang),
                why=why(reason, lang),
                count=n,
            )
            for (status, reason), n in sorted(aside.items())
        ],
        gaps=[GapOf(dev=gap.dev, epoch=gap.epoch, missing=list(gap.missing), count=gap.count) for gap in gaps],
        unsent=[
            UnsentOf(dev=each.dev, name=each.name, unsent=each.unsent, last_seen_ms=each.last_seen_ms)
            for each in unsent
        ],
        overdue=loans.overdue,
        presumed_lost=loans.presumed_lost,
        reported=reported,
    )


def _decide(
    server: Running, who: Principal, verdict: Verdict, *, request: Request, key: str, asked: Decision
) -> Decisions:
    def write(connection: Connection) -> list[Decided]:
        now_ms = server.clock.now_ms()
        return deciding.decide(connection, who.org, key, verdict, reason=asked.reason, actor=who.id, now_ms=now_ms)

    lang = language(request)
    return Decisions(
        decided=[
            DecidedOf(
                id=one.id,
                hash=one.hash,
                before=one.before,
                status=one.status,
                status_text=status_text(one.status, lang),
                event=one.event,
            )
            for one in server.door.write(who.org, write)
        ]
    )


def _place(text: str) -> set_aside.Place:
    if not text:
        return (0, -1)
    found = _PLACE.fullmatch(text)
    if found is None:
        raise InvalidInputError(field="after")
    return int(found[1]), int(found[2])


def _shown(text: str) -> attention.Shown | None:
    if not text:
        return None
    found = _TASK.fullmatch(text)
    if found is None:
        raise InvalidInputError(field="after")
    return int(found[1]), found[2], found[3]


def _task(task: attention.Task, lang: str) -> TaskOf:
    return TaskOf(
        item=task.item,
        event=task.event,
        reason=task.reason,
        text=say(f"reason.{task.reason}", lang),
        todo=say(f"todo.{task.reason}", lang),
        teff=task.teff,
    )


def _waiting(one: SetAside, lang: str) -> Waiting:
    text = set_aside.text_of(one.content, one.size)
    return Waiting(
        id=one.id,
        dev=one.dev,
        seq=one.seq,
        kind=one.kind,
        subject=one.subject,
        status=one.status,
        status_text=status_text(one.status, lang),
        why=why(one.reason, lang),
        hash=one.hash,
        teff=one.teff,
        received_ms=one.received_ms,
        size=one.size,
        text=text,
        base64=b64encode(one.content).decode() if text is None else None,
        log_generation=one.place[0],
        log_index=one.place[1],
    )
