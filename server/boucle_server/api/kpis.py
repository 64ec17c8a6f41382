"""Figures over HTTP: the values of a month, their definitions, and the events behind each."""

import re
from fractions import Fraction
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, find
from boucle.clock import iso, months_between
from boucle.goals import Sense, Verdict, held_to
from boucle.kpi import MICRO, Definition, Question, View
from boucle.reference import Book
from boucle.tally import Slice
from boucle.words import LANGUAGES, say
from boucle_server import behind, closing, months, reports
from boucle_server.api.filters import TEXT, Filters
from boucle_server.api.months import Month, month_of
from boucle_server.api.parameters import ONLY_KNOWN
from boucle_server.api.problems import language
from boucle_server.api.rights import Reader
from boucle_server.api.running import Server
from boucle_server.errors import InvalidInputError, NotFoundError
from boucle_server.exports.sheets import decimal
from boucle_server.projections import load_book

router = APIRouter(prefix="/v1/kpis", tags=["figures"], dependencies=[ONLY_KNOWN])

LONGEST: Final = 24
"""Months of one period."""
_PAGE: Final = 100
_Period = Annotated[
    str | None,
    Query(max_length=15, description="`2026-10`, or `2026-08/2026-10`; the last complete month when left out"),
]


class QualityOf(BaseModel):
    """What to know about the data under a value; `late` counts events that came more than a day late."""

    implied: int
    inferred: int | None
    duplicates: int | None
    refused: int | None
    ignored: int | None
    unknown: int | None
    unweighed_share_micro: int | None
    late: int | None


class GoalOf(BaseModel):
    """What is wanted of a value, in the unit of the value, and what the value says of it."""

    value: str
    value_micro: int
    sense: Annotated[Sense, Field(description="`least` or `most`: which way is better")]
    verdict: Annotated[
        Verdict | None,
        Field(description="`open` is too early to say, `few` fewer than 20 cases; null where there is no value"),
    ]


class ValueOf(BaseModel):
    """One figure with all it must carry. Values are exact; `*_micro` are whole millionths."""

    definition_id: str
    name: Annotated[str, Field(description="in the language of Accept-Language, French first")]
    value: Annotated[str | None, Field(description="decimal; null with a reason, never 0 for want of data")]
    value_micro: int | None
    unit: str | None = None
    numerator: int | None = None
    denominator: int | None = None
    n: int | None = None
    period: str
    timezone: str | None = None
    as_of: str | None = None
    view: str
    maturity: str | None = None
    ci_low_micro: int | None = None
    ci_high_micro: int | None = None
    quality: QualityOf | None = None
    reason: str | None = None
    reason_text: str | None = None
    bands: dict[str, int] = Field(default_factory=dict)
    factor_set_id: str | None = None
    goal: Annotated[GoalOf | None, Field(description="null where nobody set one for what was asked")] = None


class Figures(BaseModel):
    """The figures of a period, narrowed to what was asked, with where its months stand."""

    period: str
    timezone: str
    as_of: str
    view: View
    filters: dict[str, str]
    reference: Annotated[str, Field(description="SHA-256 of the reference data that they rest on")]
    months: list[Month]
    values: list[ValueOf]


class DefinitionOf(BaseModel):
    """A definition; `scale` is what the quotient of its parts is multiplied by."""

    id: str
    slug: str
    unit: str
    span: str
    by: list[str]
    measures: list[str]
    scale: str
    name: dict[str, str]
    means: dict[str, str]
    formula: dict[str, str]


class Added(BaseModel):
    """What one event added to one measure."""

    cell: str
    measure: str
    month: str
    bucket: str
    n: int


class EventBehind(BaseModel):
    """An event behind a figure."""

    id: str
    kind: str
    at: str
    code: str
    item_type: str
    qty: int
    place: str
    task: str
    counts: list[Added]


class EventsBehind(BaseModel):
    """A page of events, by code; `next` is the `after` of the following page."""

    definition_id: str
    period: str
    events: list[EventBehind]
    next: str | None


def _months(text: str | None, zone: str, now_ms: int) -> list[str]:
    if text is None:
        return [reports.last_complete_month(zone, now_ms)]
    first, _, last = text.partition("/")
    found = months_between(reports.checked_month(first), reports.checked_month(last or first))
    if not 0 < len(found) <= LONGEST:
        raise InvalidInputError("month.bad_period", longest=LONGEST)
    return [str(month) for month in found]


def _definition(name: str) -> Definition:
    found = find(name)
    if found is None:
        raise NotFoundError("api.no_figure", name=re.sub(r"[^\w-]", "", name)[:40])
    return found


def question(connection: Connection, org: str, asked: list[str], *, now_ms: int, narrowed: Slice) -> Question:
    """Put a question with all that the server knows of its months."""
    zone = reports.zone_of(connection, org)
    behind_them = reports.spoken_of(connection, org, asked)
    causes = months.causes_of(connection, org, behind_them, zone=zone, now_ms=now_ms)
    late = None if narrowed.narrowed else reports.late_events(connection, org, behind_them, zone)
    return reports.question(
        connection,
        org,
        asked,
        as_of_ms=now_ms,
        narrowed=narrowed,
        reasons=months.reasons_of(causes),
        late=late,
    )


@router.get("")
def list_figures(
    *,
    request: Request,
    who: Reader,
    server: Server,
    narrowed: Filters,
    month: _Period = None,
    view: View = View.AS_KNOWN,
) -> Figures:
    """Give every figure of a month or of a period, as known now or as reported when the month was closed."""
    now_ms, lang = server.clock.now_ms(), language(request)
    with server.database.reading() as connection:
        zone = reports.zone_of(connection, who.org)
        asked = _months(month, zone, now_ms)
        put = question(connection, who.org, asked, now_ms=now_ms, narrowed=narrowed)
        if view is View.AS_REPORTED:
            if len(asked) > 1:
                raise InvalidInputError("month.one_only")
            rows = closing.reported_figures(connection, who.org, asked[0], narrowed)
            reference = closing.reported(connection, who.org, asked[0])["reference"]
        else:
            found = reports.figures(connection, who.org, put)
            rows = {id_: value.as_json() for id_, value in found.items()}
            reference = reports.reference_digest(connection, who.org)
        lives = months.lives(connection, who.org, asked, now_ms=now_ms)
        book = load_book(connection, who.org)
    return Figures(
        period=asked[0] if len(asked) == 1 else f"{asked[0]}/{asked[-1]}",
        timezone=zone,
        as_of=iso(now_ms),
        view=view,
        filters=narrowed.narrowed,
        reference=reference,
        months=[month_of(life) for life in lives],
        values=[value_of(id_, row, lang, goal=_goal(book, id_, put, row)) for id_, row in rows.items()],
    )


def _goal(book: Book, definition_id: str, asked: Question, row: dict[str, Any]) -> GoalOf | None:
    held = held_to(book, definition_id, asked, row)
    if held is None:
        return None
    goal, verdict = held
    wanted = round(goal.value * MICRO)
    return GoalOf(value=decimal_of(wanted), value_micro=wanted, sense=goal.sense, verdict=verdict)


def value_of(definition_id: str, row: dict[str, Any], lang: str, *, goal: GoalOf | None = None) -> ValueOf:
    """Give a written value with its words."""
    reason = row.get("reason")
    micro = row["value_micro"]
    return ValueOf(
        name=say(CATALOGUE[definition_id].words("name"), lang),
        value=None if micro is None else decimal_of(micro),
        goal=goal,
        reason_text=None if reason is None else say(f"novalue.{reason}", lang),
        **row,
    )


def decimal_of(micro: int) -> str:
    """Write millionths as a decimal."""
    return decimal(Fraction(micro, 10**6))


@router.get("/{name}")
def definition(_who: Reader, name: Annotated[str, Path(max_length=64)]) -> DefinitionOf:
    """Give a definition by its id or its slug, in both languages."""
    each = _definition(name)
    return DefinitionOf(
        id=each.id,
        slug=each.slug,
        unit=each.unit.value,
        span=each.span.value,
        by=sorted(each.by),
        measures=list(each.measures),
        scale=str(each.scale),
        name={lang: say(each.words("name"), lang) for lang in LANGUAGES},
        means={lang: say(each.words("means"), lang) for lang in LANGUAGES},
        formula={lang: say(each.words("formula"), lang) for lang in LANGUAGES},
    )


@router.get("/{name}/events")
def events_behind(
    *,
    who: Reader,
    server: Server,
    name: Annotated[str, Path(max_length=64)],
    narrowed: Filters,
    month: _Period = None,
    after: Annotated[str, Query(max_length=200, pattern=TEXT)] = "",
    limit: Annotated[int, Query(ge=1, le=_PAGE, description="codes a page")] = 50,
) -> EventsBehind:
    """Give the events behind a figure, a page of codes at a time, each with what it added to which measure."""
    each, now_ms = _definition(name), server.clock.now_ms()
    refused = sorted(narrowed.narrowed.keys() - each.by)
    if refused:
        raise InvalidInputError(f"novalue.not_by_{refused[0]}")
    with server.database.reading() as connection:
        asked = _months(month, reports.zone_of(connection, who.org), now_ms)
        put = reports.question(connection, who.org, asked, as_of_ms=now_ms, narrowed=narrowed)
        page = behind.behind(connection, who.org, each, put, after=after, limit=limit)
    return EventsBehind(
        definition_id=each.id,
        period=asked[0] if len(asked) == 1 else f"{asked[0]}/{asked[-1]}",
        events=[_event_of(row) for row in page.rows],
        next=page.next,
    )


def _event_of(row: behind.Counted) -> EventBehind:
    event = row.event
    return EventBehind(
        id=event.id,
        kind=event.kind,
        at=iso(event.teff),
        code=event.code,
        item_type=event.item_type,
        qty=event.qty,
        place=event.place,
        task=event.task,
        counts=[Added(cell=at.cell, measure=at.measure, month=at.month, bucket=at.bucket, n=n) for at, n in row.facts],
    )
