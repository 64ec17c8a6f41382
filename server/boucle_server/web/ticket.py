"""One repair in words: how it stands, what may be done next, parts, tests, its history and the earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy.engine import Connection

from boucle.consent import is_owed
from boucle.events import Event
from boucle.holds import said_after as held_why
from boucle.item import Item, Job
from boucle.lifecycle import Stage, WorkStage
from boucle.reasons import Reason
from boucle.reference import Book
from boucle.words import say
from boucle_server import histories, repairs, reports
from boucle_server.histories import Known
from boucle_server.repairs import Repair
from boucle_server.web import item_page, numbers, qualified, quote_words, state_labels, work_steps
from boucle_server.web.figures import Badge
from boucle_server.web.harvest_words import HarvestView, harvest_view
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.measured import Test, tests_of
from boucle_server.web.part_lines import PartLine, awaited, parts_of
from boucle_server.web.quote_words import QuoteView
from boucle_server.web.visit import Visit
from boucle_server.web.workshop import (
    age_badge,
    barrier_name,
    certificate_href,
    due_badge,
    fault_name,
    priority_badge,
    step_href,
    step_words,
    ticket_href,
    zone_of,
)

_KINDS: Final = {
    WorkStage.REQUALIFIED: "good",
    WorkStage.RETURNED_TO_USE: "good",
    WorkStage.WAITING: "warn",
    WorkStage.AWAITING_APPROVAL: "warn",
    WorkStage.APPROVED: "good",
    WorkStage.NOT_REPAIRABLE: "bad",
    WorkStage.CANCELLED: "plain",
    WorkStage.HARVESTED: "plain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """A step that may be done now; `hindrance` says why this person cannot, `direct` that one press does it."""

    key: str
    words: str
    href: str
    direct: bool
    hindrance: str
    last_resort: bool
    quiet: bool
    """Whether something else comes first: it stands there, and nobody is led to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Another repair of the same thing."""

    href: str
    when: str
    outcome: str
    fault: str
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """All that the page of a repair shows."""

    code: str
    title: str
    number: str
    type: str
    stage: Badge
    badges: tuple[Badge, ...]
    hold: str
    on_hold: str
    proposal: str
    consent: str
    """Says, before any hands are laid on it, that the owner has to be asked or to answer."""
    quote: QuoteView | None
    pairs: tuple[tuple[str, str], ...]
    waits: tuple[str, ...]
    tasks: tuple[tuple[str, str], ...]
    next: tuple[NextStep, ...]
    parts: tuple[PartLine, ...]
    harvest: HarvestView | None
    tests: tuple[Test, ...]
    steps: tuple[item_page.Step, ...]
    earlier: tuple[Earlier, ...]
    certificate: tuple[str, str] | None
    is_past: bool
    is_retired: bool
    item_href: str
    labels: tuple[tuple[str, str], ...]
    """The state label in each of its sizes: the size in words, where the file is."""


def ticket_page(connection: Connection, visit: Visit, book: Book, text: str) -> TicketPage:
    """Gather the page of a repair by any form of any code of its thing; NotFoundError."""
    org = visit.who.org
    known = histories.find(connection, org, text)
    every = repairs.repairs_of(histories.history(connection, org, text))
    item, code = known.item, known.codes[0]
    asked = visit.value("reparation")
    shown = next((each for each in every if each.id == asked), every[-1] if every else None)
    is_past = shown is not None and bool(every) and shown.id != every[-1].id
    job = _job(item) if not is_past else Job()
    zone = zone_of(item, book, visit.now_ms)
    return TicketPage(
        code=code,
        title=printed(code),
        number=job.task,
        type=reports.name_of(book, "item_type", item.type, visit.now_ms) if item.type else "",
        stage=_stage(item, visit.lang) if not is_past else _ended(shown, visit.lang),
        badges=tuple(_badges(item, job, visit, zone)) if not is_past else (),
        hold=held_why(item.hold, visit.lang),
        on_hold=held_why(job.hold, visit.lang),
        proposal=quote_words.proposal(item, job, visit, book),
        consent=quote_words.consent_owed(item, job, visit, book),
        quote=quote_words.quote_view(connection, visit, item, shown, job),
        pairs=tuple(_pairs(item, job, shown, visit, book, past=is_past)),
        waits=tuple(_waits(item, shown, visit, book)) if not is_past else (),
        tasks=tuple((say(f"reason.{why}", visit.lang), say(f"todo.{why}", visit.lang)) for why in _tasks(known, shown)),
        next=tuple(_next(connection, item, code, visit, book)) if not is_past else (),
        parts=tuple(parts_of(shown, visit, book)) if shown else (),
        harvest=harvest_view(shown, item, visit, book),
        tests=tuple(tests_of(shown, visit, book)) if shown else (),
        steps=tuple(reversed(item_page.steps_of(connection, visit, book, shown.told))) if shown else (),
        earlier=tuple(_earlier(every, shown, visit, zone, code=code)),
        certificate=_certificate(shown, code),
        is_past=is_past,
        is_retired=_is_retired(item),
        item_href=href_of(code),
        labels=tuple(
            (state_labels.words(size, visit.lang), state_labels.href(code, size)) for size in state_labels.SIZES
        ),
    )


def bench_of(known: Known) -> tuple[Item, str]:
    """Give the item and the code under which its repair goes on."""
    return known.item, known.codes[0]


def opening_of(connection: Connection, org: str, code: str) -> Event | None:
    """Give the event that opened the last repair of a thing, None where its opening was inferred."""
    every = repairs.repairs_of(histories.history(connection, org, code))
    return every[-1].last("work.opened") if every else None


def _job(item: Item) -> Job:
    return item.job if isinstance(item.job, Job) else Job()


def _is_retired(item: Item) -> bool:
    """Tell whether the thing is there no more: it stands nowhere, and no other repair begins."""
    return item.stage == Stage.RETIRED


def _tasks(known: Known, shown: Repair | None) -> list[str]:
    """Give why somebody should look at the thing; a photo is asked for in its own repair, while that can still take it.

    *To do* goes on asking about it, until a person says that it is right without.
    """
    own = {told.event.id for told in shown.told} if shown and repairs.is_open(known.item) else set[str]()
    return list(dict.fromkeys(why for event, why in known.tasks if why != Reason.NO_PHOTO or event in own))


def _stage(item: Item, lang: str) -> Badge:
    if not item.work_stage:
        return "plain", say("web.no_repair", lang)
    return _KINDS.get(WorkStage(item.work_stage), "info"), say(f"state.work.{item.work_stage}", lang)


def _badges(item: Item, job: Job, visit: Visit, zone: str) -> list[Badge]:
    if _is_retired(item):
        return [("plain", say(f"state.container.{item.stage}", visit.lang))]
    if not repairs.is_open(item):
        return []
    owed = ("warn", say("web.consent_owed", visit.lang)) if is_owed(job) and not job.consent else None
    found = [owed, priority_badge(job, visit.lang), age_badge(job.start_ms, visit), due_badge(job, visit, zone)]
    return [each for each in found if each is not None]


def _pairs(
    item: Item, job: Job, shown: Repair | None, visit: Visit, book: Book, *, past: bool
) -> list[tuple[str, str]]:
    lang = visit.lang
    zone = zone_of(item, book, visit.now_ms)
    opening = shown.last("work.opened") if shown else None
    fault = shown.last("work.diagnosed") if shown else None
    barrier = shown.last("work.not_repairable") if shown else None
    found = fault.body.get("found") if fault else None
    given = {
        "number": (opening.task if opening else "") or job.task,
        "reason": opening.text("reason") if opening else "",
        "opened": moment(shown.begun_ms, zone, lang) if shown else "",
        "fault": say("web.no_fault", lang)
        if found is False
        else fault_name(fault.text("fault"), lang)
        if fault
        else "",
        "barrier": barrier_name(barrier.text("barrier"), lang) if barrier else "",
        "reworks": numbers.number(job.reworks, 0, lang) if job.reworks else "",
        "uses": "" if past or item.nature else numbers.number(item.uses + item.opening_uses, 0, lang),
        "place": book.site(item.site, visit.now_ms).name or item.site,
        "zone": "" if _is_retired(item) else item.zone,
        "donor": printed(item.part.donor) if item.part and item.part.donor else "",
    }
    given |= quote_words.pairs(job, shown, visit, book)
    return [(say(f"web.ticket_{name}", lang), value) for name, value in given.items() if value]


def _waits(item: Item, shown: Repair | None, visit: Visit, book: Book) -> list[str]:
    if shown is None or item.work_stage != WorkStage.WAITING:
        return []
    return awaited(shown.last("work.paused"), visit, book)


def _next(connection: Connection, item: Item, code: str, visit: Visit, book: Book) -> list[NextStep]:
    def hindrance(offer: work_steps.Offer) -> str:
        if offer.hindrance is Reason.UNQUALIFIED:
            return " ".join(qualified.sentences(connection, visit, book, item, offer.step.kind))
        return say(f"todo.{offer.hindrance}", visit.lang) if offer.hindrance else ""

    lacks = partial(qualified.lacks_of, visit, book, item)
    return [
        NextStep(
            key=offer.step.key,
            words=step_words(offer.step.key, visit.lang),
            href=step_href(offer.step.key, code),
            direct=not offer.step.asks,
            hindrance=hindrance(offer),
            last_resort=offer.step.is_last_resort,
            quiet=offer.lacks_consent or offer.step.key == "planifier",
        )
        for offer in work_steps.offers(item, visit.who.capabilities, visit.who.person, lacks=lacks)
    ]


def _ended(shown: Repair | None, lang: str) -> Badge:
    for kind, badge in (
        ("work.requalified", "good"),
        ("work.not_repairable", "bad"),
        ("work.harvested", "plain"),
        ("work.cancelled", "plain"),
        ("work.declined", "plain"),
        ("item.released", "good"),
    ):
        if shown is not None and shown.last(kind):
            return badge, say(f"web.ended_{kind.partition('.')[2]}", lang)
    return "plain", say("web.ended_open", lang)


def _earlier(every: Sequence[Repair], shown: Repair | None, visit: Visit, zone: str, *, code: str) -> list[Earlier]:
    found = []
    for number, each in enumerate(every):
        latest = number == len(every) - 1
        fault = each.last("work.diagnosed")
        href = ticket_href(code) + ("" if latest else f"?reparation={each.id}")
        found.append(
            Earlier(
                href=href,
                when=moment(each.begun_ms, zone, visit.lang),
                outcome=_ended(each, visit.lang)[1],
                fault=fault_name(fault.text("fault"), visit.lang) if fault else "",
                is_shown=shown is not None and each.id == shown.id,
            )
        )
    return list(reversed(found)) if len(found) > 1 else []


def _certificate(shown: Repair | None, code: str) -> tuple[str, str] | None:
    event = shown.last("work.requalified") if shown else None
    number = event.text("certificate") if event else ""
    return (number, certificate_href(code, number)) if number else None
