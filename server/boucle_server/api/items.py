"""Items over HTTP: what one is now, and every event of its history with what became of it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from boucle.clock import day_of
from boucle.codes import Code, Label, read_label
from boucle.words import say
from boucle_server import histories, photos
from boucle_server.api import reasons
from boucle_server.api.filters import TEXT
from boucle_server.api.parameters import ONLY_KNOWN
from boucle_server.api.photos import PhotoOf
from boucle_server.api.problems import language
from boucle_server.api.reasons import Why, why
from boucle_server.api.rights import Reader
from boucle_server.api.running import Server
from boucle_server.errors import NotFoundError
from boucle_server.histories import Told
from boucle_server.photos import Shown
from boucle_server.projections import load_book

router = APIRouter(prefix="/v1/items", tags=["items"], dependencies=[ONLY_KNOWN])
_PAGE: Final = 200
_Code = Annotated[
    str,
    Path(
        max_length=1024,
        pattern=TEXT,
        description="any form of a label (`C/7K3M…`, `7K3M-9QX2-T4HD-C8`, its address, GS1 keys), or an item's id",
    ),
]


class ItemCode(BaseModel):
    """A code that names the item; `printed` is how people read it."""

    key: str
    printed: str


class ItemTask(BaseModel):
    """A contradiction in the item's history that somebody should look at."""

    event: str
    reason: str
    text: str
    todo: str


class ItemOf(BaseModel):
    """An item as the order of all events gives it. Instants are milliseconds of UTC, days local to the site it left."""

    item: str
    known: Annotated[bool, Field(description="false while nobody commissioned it")]
    type: str
    type_name: str
    stage: str
    stage_text: str
    site: str
    site_name: str
    place: Annotated[str, Field(description="the partner's site that holds it, or to or from which it travels")]
    place_name: str
    partner: Annotated[str, Field(description="who answers for it now; empty when nobody does")]
    zone: str
    hold: Annotated[str, Field(description="why it is held back; empty when it is not")]
    grade: str
    parent: str
    uses: int
    tare_g: int
    out_since_ms: int | None
    due: str | None
    overdue: bool
    presumed_lost: bool
    last_ms: int
    codes: list[ItemCode]
    tasks: list[ItemTask]


class EventOf(BaseModel):
    """One event of a history: what was said, what became of it, and where it stands in the log."""

    id: str
    kind: str
    kind_text: str
    code: str
    teff: int
    quality: Annotated[str, Field(description="how the time is known: anchored, interval or wall")]
    place: str
    place_name: str
    task: str
    against: str
    other: str
    body: dict[str, Any]
    photos: list[PhotoOf]
    actor: str
    dev: str
    seq: int
    evidence: Annotated[str, Field(description="scanned or declared")]
    status: str
    status_text: str
    why: Why | None = Field(description="why the door set it aside")
    outcome: str | None = Field(
        description="what it did: applied, repeat, refused, ignored, noted; null when set aside"
    )
    outcome_text: str | None
    reasons: list[Why]
    amends: str
    amended_by: list[str]
    superseded: Annotated[bool, Field(description="voided, or replaced by a correction")]
    received_ms: int
    log_generation: int
    log_index: int


class History(BaseModel):
    """A page of an item's events in their order; `next` is the `after` of the following page."""

    code: str
    events: list[EventOf]
    next: int | None


_QUALITIES: Final = ("anchored", "interval", "wall")


@router.get("/{code:path}/events")
def events(
    *,
    who: Reader,
    server: Server,
    request: Request,
    code: _Code,
    after: Annotated[int, Query(ge=0, le=10**9, description="events already shown")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
) -> History:
    """Give every event about an item, by any form of any of its labels."""
    lang = language(request)
    with server.database.reading() as connection:
        told = histories.history(connection, who.org, code)
        book = load_book(connection, who.org)
        shown = told[after : after + limit]
        pictures = photos.shown(connection, who.org, [each.event for each in shown])
    given = [
        _event(each, book.site(each.event.place, each.event.teff).name, lang, pictures=pictures.get(each.event.id, ()))
        for each in shown
    ]
    return History(code=code, events=given, next=after + limit if len(told) > after + limit else None)


@router.get("/{code:path}")
def item(who: Reader, server: Server, request: Request, code: _Code) -> ItemOf:
    """Give an item by any form of any of its labels."""
    lang, now_ms = language(request), server.clock.now_ms()
    if not code:
        raise NotFoundError("api.no_item")
    with server.database.reading() as connection:
        known = histories.find(connection, who.org, code)
        book = load_book(connection, who.org)
    found = known.item
    origin = book.site(found.ship_site or found.site, now_ms)
    today = day_of(now_ms, origin.zone)
    return ItemOf(
        item=found.id,
        known=found.known,
        type=found.type,
        type_name=book.item_type(found.type, now_ms).name,
        stage=found.stage,
        stage_text=say(f"state.container.{found.stage}", lang),
        site=found.site,
        site_name=book.site(found.site, now_ms).name,
        place=found.place,
        place_name=book.site(found.place, now_ms).name,
        partner=found.loan_partner if found.loan_open else "",
        zone=found.zone,
        hold=found.hold,
        grade=found.grade,
        parent=found.parent,
        uses=found.uses + found.opening_uses,
        tare_g=found.tare_g,
        out_since_ms=found.ship_ms if found.loan_open else None,
        due=found.due if found.loan_open else None,
        overdue=found.overdue_on(today),
        presumed_lost=found.presumed_lost_on(today),
        last_ms=found.order[0],
        codes=[ItemCode(key=each, printed=_printed(each)) for each in known.codes],
        tasks=[
            ItemTask(event=event, reason=reason, text=say(f"reason.{reason}", lang), todo=say(f"todo.{reason}", lang))
            for event, reason in known.tasks
        ],
    )


def _printed(key: str) -> str:
    label = read_label(key)
    return label.code.grouped if isinstance(label, Label) and isinstance(label.code, Code) else key


def _event(told: Told, place_name: str, lang: str, *, pictures: Sequence[Shown]) -> EventOf:
    event, mark = told.event, told.mark
    return EventOf(
        id=event.id,
        kind=f"{event.kind}/{event.major}",
        kind_text=reasons.kind_text(event.kind, lang),
        code=event.code,
        teff=event.teff,
        quality=_QUALITIES[event.tq],
        place=event.place,
        place_name=place_name,
        task=event.task,
        against=event.against,
        other=event.other,
        body=dict(event.body),
        photos=[PhotoOf(**each._asdict()) for each in pictures],
        actor=event.actor,
        dev=event.dev,
        seq=event.seq,
        evidence="declared" if event.text("evidence") == "declared" else "scanned",
        status=told.status,
        status_text=reasons.status_text(told.status, lang),
        why=why(told.reason, lang),
        outcome=None if mark is None else mark.outcome,
        outcome_text=None if mark is None else say(f"outcome.{mark.outcome}", lang),
        reasons=[Why(reason=each, text=say(f"reason.{each}", lang)) for each in (mark.reasons if mark else ())],
        amends=event.text("target") if event.kind == "event.voided" else event.corrects,
        amended_by=list(told.amended_by),
        superseded=told.superseded,
        received_ms=told.received_ms,
        log_generation=told.generation,
        log_index=told.leaf,
    )
