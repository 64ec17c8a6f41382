"""Months over HTTP: where each stands and why, and what a closed one would say today."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from boucle.clock import iso
from boucle.words import say
from boucle_server import closing, months, reports
from boucle_server.api.parameters import ONLY_KNOWN
from boucle_server.api.problems import language
from boucle_server.api.rights import Reader
from boucle_server.api.running import Server
from boucle_server.months import Life, MonthState, Why

router = APIRouter(prefix="/v1/months", tags=["figures"], dependencies=[ONLY_KNOWN])


class CauseOf(BaseModel):
    """One reason why a month may still change; `n` is 0 where nobody can know how many events it concerns."""

    why: Why
    device: str
    n: int


class ClosingOf(BaseModel):
    """The last time a month was closed."""

    revision: int
    closed: str
    by: str
    digest: Annotated[str, Field(description="SHA-256 of the canonical figures that were frozen")]
    reason: str


class Month(BaseModel):
    """A month: where it stands, why it may still change, and which figures still wait for its dispatches to age."""

    month: str
    state: MonthState
    reasons: list[CauseOf]
    ageing: list[str]
    closing: ClosingOf | None


class Months(BaseModel):
    """Every month from the first with data to the one that runs, the newest first."""

    months: list[Month]


class DifferenceOf(BaseModel):
    """A figure as it was reported and as it is known now; `expected` when it was said to be provisional."""

    definition_id: str
    scope: dict[str, str]
    reported: dict[str, Any] | None
    known: dict[str, Any] | None
    expected: bool


class LateEvent(BaseModel):
    """An event of a closed month that came after the closing."""

    id: str
    kind: str
    subject: str
    at: str
    received: str


class MonthInFull(Month):
    """A month with, once closed, every figure that is known otherwise now, and the events that came late."""

    state_text: str
    reason_texts: list[str]
    differences: list[DifferenceOf]
    late: int
    late_events: list[LateEvent]


def month_of(life: Life) -> Month:
    """Give the life of a month as it is answered."""
    return Month(
        month=life.month,
        state=life.state,
        reasons=[CauseOf(why=cause.why, device=cause.device, n=cause.n) for cause in life.causes],
        ageing=list(life.ageing),
        closing=_closing_of(life.closing),
    )


def _closing_of(found: months.Closing | None) -> ClosingOf | None:
    if found is None:
        return None
    return ClosingOf(
        revision=found.revision,
        closed=iso(found.closed_ms),
        by=found.by,
        digest=found.digest,
        reason=found.reason,
    )


@router.get("")
def list_months(who: Reader, server: Server) -> Months:
    """List every month with where it stands."""
    with server.database.reading() as connection:
        known = reports.months_until(connection, who.org, server.clock.now_ms())
        found = months.lives(connection, who.org, known, now_ms=server.clock.now_ms())
    return Months(months=[month_of(life) for life in reversed(found)])


@router.get("/{month}")
def one_month(request: Request, who: Reader, server: Server, month: Annotated[str, Path(max_length=7)]) -> MonthInFull:
    """Tell where a month stands and, once closed, what is known otherwise now."""
    now_ms, lang = server.clock.now_ms(), language(request)
    asked = reports.checked_month(month)
    with server.database.reading() as connection:
        (life,) = months.lives(connection, who.org, [asked], now_ms=now_ms)
        found: list[closing.Difference] = []
        late: tuple[int, list[closing.Late]] = (0, [])
        if life.closing is not None:
            found = list(closing.differences(connection, who.org, asked, now_ms=now_ms))
            late = closing.late_events(connection, who.org, asked, life.closing)
    revision = life.closing.revision if life.closing else 0
    return MonthInFull(
        **month_of(life).model_dump(),
        state_text=say(life.state.words, lang, revision=revision),
        reason_texts=[say(cause.why.words, lang, device=cause.device, n=cause.n) for cause in life.causes],
        differences=[
            DifferenceOf(
                definition_id=each.definition_id,
                scope=dict(each.scope),
                reported=None if each.reported is None else dict(each.reported),
                known=None if each.known is None else dict(each.known),
                expected=each.expected,
            )
            for each in found
        ],
        late=late[0],
        late_events=[
            LateEvent(
                id=each.id,
                kind=each.kind,
                subject=each.subject,
                at=iso(each.teff),
                received=iso(each.received_ms),
            )
            for each in late[1]
        ],
    )
