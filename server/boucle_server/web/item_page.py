"""One item in words: what it is now, and its whole history with who, where, when and how that is known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.amend import REVIEWED
from boucle.clock import day_of
from boucle.correction import fixes
from boucle.events import Event
from boucle.holds import said_after as held_why
from boucle.item import Item, Job
from boucle.reference import Book
from boucle.roles import Capability, may_record
from boucle.words import say
from boucle_server import certificates, documents, histories, photos, problem_reports, repairs, rows
from boucle_server.api import reasons
from boucle_server.certificates import Standing
from boucle_server.errors import NotFoundError
from boucle_server.histories import Known, Told
from boucle_server.photos import Shown
from boucle_server.tables import DEVICE, PERSON
from boucle_server.web import numbers
from boucle_server.web.details import details
from boucle_server.web.document_field import PageDocument, page_document
from boucle_server.web.figures import Badge
from boucle_server.web.item_words import moment, printed
from boucle_server.web.items import days_late, days_out, place_name, stage_badge
from boucle_server.web.photo_words import PagePhoto, page_photos
from boucle_server.web.places import CORRECT, INBOX
from boucle_server.web.visit import Visit
from boucle_server.web.work_steps import RELEASED, awaits_release
from boucle_server.web.workshop import certificate_href, ticket_href

PAGE: Final = 60
"""Events on one page of a history."""
NAMES: Final = frozenset({Capability.MANAGE, Capability.DECIDE, Capability.ADMINISTER})
"""Who reads the names of people in a history; everybody else reads their role."""
_QUALITY: Final = ("", "interval", "wall")


Way = tuple[str, str]
"""Words, and the address that they lead to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of the history in words; `off` when something took its place or it has no effect."""

    id: str
    what: str
    when: str
    known: str
    where: str
    who: str
    code: str
    details: tuple[tuple[str, str], ...]
    photos: tuple[PagePhoto, ...]
    document: PageDocument | None
    badges: tuple[Badge, ...]
    reasons: tuple[str, ...]
    amended_by: tuple[str, ...]
    amends: str
    case_href: str
    """Where the contradiction that a review is about can be opened again."""
    certificate: Way | None
    """The certificate that it gave."""
    correct_href: str
    """Where it can be corrected, `""` when it cannot be any more, or by somebody else."""
    off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """All that the page of an item shows; `pairs` are its state, name by value."""

    title: str
    type: str
    stage: Badge | None
    late: str
    hold: str
    pairs: tuple[tuple[str, str], ...]
    codes: tuple[tuple[str, bool], ...]
    """Its labels as printed, and whether each still counts."""
    tasks: tuple[tuple[str, str, str], ...]
    """What contradicts it or was reported: what, what to do, and the reason of a contradiction."""
    repair: Way | None
    """The repair that is open."""
    certificate: Way | None
    """The certificate that holds."""
    release_href: str
    """Where somebody decides whether it may serve again, `""` where nothing waits for that or this one may not."""
    steps: tuple[Step, ...]
    next: int
    total: int


def item_page(connection: Connection, visit: Visit, book: Book, text: str, *, after: int, most: int = PAGE) -> ItemPage:
    """Gather the page of an item by any form of any of its labels; NotFoundError."""
    org, lang = visit.who.org, visit.lang
    told = histories.history(connection, org, text)
    known = _known(connection, org, text)
    shown = list(reversed(told))[after : after + most]
    steps = steps_of(connection, visit, book, shown)
    paging: dict[str, Any] = {
        "steps": steps,
        "next": after + most if len(told) > after + most else 0,
        "total": len(told),
    }
    if known is None:
        return ItemPage(
            title=printed(told[0].event.subject), type="", stage=None, late="", hold="", pairs=(), codes=(), tasks=(),
            repair=None, certificate=None, release_href="", **paging,
        )  # fmt: skip
    item = known.item
    zone = book.site(item.ship_site or item.site, visit.now_ms).zone
    late = days_late(item, day_of(visit.now_ms, zone))
    return ItemPage(
        title=printed(known.codes[0]),
        type=book.item_type(item.type, visit.now_ms).name or item.type,
        stage=stage_badge(item, lang),
        late=_late(item, late, day_of(visit.now_ms, zone), lang),
        hold=held_why(item.hold, lang),
        pairs=tuple(_pairs(item, book, visit, zone)),
        codes=tuple((printed(code), code not in item.revoked) for code in known.codes),
        repair=_repair(item, known.codes[0], lang),
        certificate=_certificate(connection, visit, told, known.codes[0]),
        release_href=_release_href(item, known.codes[0], visit),
        tasks=(*_tasks(known, lang), *_reported(connection, visit, item, zone)),
        **paging,
    )


def _release_href(item: Item, code: str, visit: Visit) -> str:
    may = may_record(visit.who.capabilities, RELEASED)
    return ticket_href(code) if may and awaits_release(item) else ""


def _repair(item: Item, code: str, lang: str) -> Way | None:
    if not repairs.is_open(item):
        return None
    number = item.job.task if isinstance(item.job, Job) else ""
    words = say("web.item_repair_n", lang, number=number) if number else say("web.item_repair", lang)
    return words, ticket_href(code)


def _certificate(connection: Connection, visit: Visit, told: Sequence[Told], code: str) -> Way | None:
    """Give the certificate that holds; each takes the place of those before it."""
    given = [event.text("certificate") for each in repairs.repairs_of(told) if (event := each.last("work.requalified"))]
    number = given[-1] if given else ""
    found = certificates.find(connection, visit.who.org, code, number) if number else None
    if found is None or found.standing(visit.now_ms) is not Standing.VALID:
        return None
    return say("web.item_certificate", visit.lang, number=number), certificate_href(code, number)


def _late(item: Item, days: int, today: str, lang: str) -> str:
    """Say that an item is overdue; of one that is past the day of its presumed loss, that instead."""
    if days and item.loss and item.loss < today:
        return say("web.presumed_lost_since", lang, day=numbers.day_name(item.loss, lang), n=days)
    return say("web.late_by", lang, n=days) if days else ""


def _known(connection: Connection, org: str, text: str) -> Known | None:
    try:
        return histories.find(connection, org, text)
    except NotFoundError:
        return None


def _tasks(known: Known, lang: str) -> list[tuple[str, str, str]]:
    whys = dict.fromkeys(why for _, why in known.tasks)
    return [(say(f"reason.{why}", lang), say(f"todo.{why}", lang), why) for why in whys]


def _reported(connection: Connection, visit: Visit, item: Item, zone: str) -> list[tuple[str, str, str]]:
    """Say what strangers reported about an item and nobody has dealt with."""
    return [
        (
            say(f"web.reported_{each.problem}", visit.lang),
            say("web.reported_on", visit.lang, when=moment(each.created_ms, zone, visit.lang)),
            "",
        )
        for each in problem_reports.of_item(connection, visit.who.org, item.id)
    ]


def _pairs(item: Item, book: Book, visit: Visit, zone: str) -> list[tuple[str, str]]:
    lang = visit.lang
    out = days_out(item, zone, visit.now_ms)
    given = {
        "where": place_name(item, book, visit.now_ms, lang),
        "zone": item.zone,
        "out_for": "" if out is None else say("web.days", lang, n=out),
        "due": numbers.day_name(item.due, lang) if item.loan_open and item.due else "",
        "uses": numbers.number(item.uses + item.opening_uses, 0, lang) if item.known else "",
        "mass": numbers.mass(item.tare_g, lang) if item.tare_g else "",
        "grade": item.grade,
        "parent": printed(item.parent) if item.parent else "",
        "last": moment(item.order[0], zone, lang) if item.order[0] > 0 else "",
    }
    return [(say(f"web.item_{name}", lang), value) for name, value in given.items() if value]


def _step(
    told: Told,
    book: Book,
    lang: str,
    *,
    people: Mapping[str, str],
    devices: Mapping[str, str],
    pictures: Sequence[Shown],
    kept: Collection[str],
    visit: Visit,
) -> Step:
    event, mark = told.event, told.mark
    site = book.site(event.place, event.teff)
    badges: list[Badge] = []
    if event.text("evidence") == "declared":
        badges.append(("warn", say("web.declared", lang)))
    if told.superseded:
        badges.append(("plain", say("web.superseded", lang)))
    elif told.status != histories.ACCEPTED:
        badges.append(("warn", say("web.set_aside", lang)))
    elif mark is not None and mark.outcome != "applied":
        kind = {"refused": "bad", "ignored": "bad", "repeat": "warn"}.get(mark.outcome, "plain")
        badges.append((kind, say(f"outcome.{mark.outcome}", lang)))
    why = [say(f"reason.{each}", lang) for each in (mark.reasons if mark else ())]
    if told.status != histories.ACCEPTED:
        aside = reasons.why(told.reason, lang)
        why = [reasons.status_text(told.status, lang), *([aside.text] if aside else [])]
    has_effect = told.status == histories.ACCEPTED and (mark is None or mark.outcome in ("applied", "noted"))
    quality = _quality(event, devices)
    return Step(
        id=event.id,
        what=reasons.kind_text(event.kind, lang),
        when=moment(event.teff, site.zone, lang),
        known=say(f"web.time_{quality}", lang) if quality else "",
        where=site.name or site.key,
        who=" · ".join(
            each
            for each in (people.get(event.actor, ""), devices.get(event.dev, say("web.on_the_server", lang)))
            if each
        ),
        code=printed(event.subject) if event.code else "",
        details=tuple(details(event, book, lang)),
        photos=page_photos(
            pictures, lang, what=reasons.kind_text(event.kind, lang), when=moment(event.teff, site.zone, lang)
        ),
        document=page_document(event, kept, lang),
        badges=tuple(badges),
        reasons=tuple(why),
        amended_by=told.amended_by,
        amends=event.text("target") if event.kind == "event.voided" else event.corrects,
        case_href=_case_href(event)
        if INBOX.allows(visit.who.capabilities) and event.kind == REVIEWED and not told.superseded
        else "",
        certificate=_given(event, lang) if has_effect else None,
        correct_href=_correct_href(told, visit),
        off=told.superseded or not has_effect,
    )


def _case_href(event: Event) -> str:
    return f"{INBOX.path}/contradiction/{event.text('target')}.{quote(event.text('contradiction'), safe='')}"


def _given(event: Event, lang: str) -> Way | None:
    number = event.text("certificate") if event.kind == "work.requalified" else ""
    if not number:
        return None
    return say("web.certificate_n", lang, number=number), certificate_href(event.subject, number)


def _correct_href(told: Told, visit: Visit) -> str:
    if told.superseded or told.status != histories.ACCEPTED or not fixes(told.event):
        return ""
    return f"{CORRECT.path}/{told.event.id}" if CORRECT.allows(visit.who.capabilities) else ""


def _quality(event: Event, devices: Mapping[str, str]) -> str:
    """Give the key of how the time is known; what no device recorded has the time that somebody wrote down."""
    quality = _QUALITY[event.tq]
    return "written" if quality == "wall" and event.dev not in devices else quality


def _people(connection: Connection, visit: Visit, actors: set[str]) -> dict[str, str]:
    """Give the people of a history: by name to who has to know it, else by role."""
    found = rows.select(
        connection, PERSON, ("person", "name", "role"), org=visit.who.org, key="person", keys=actors - {""}
    )
    by_name = not NAMES.isdisjoint(visit.who.capabilities)
    return {row.person: row.name if by_name else say(f"role.{row.role}", visit.lang) for row in found}


def _devices(connection: Connection, org: str, ids: set[str]) -> dict[str, str]:
    """Give the names of devices that people hold; the server, on which files are imported, is none of them."""
    query = sa.select(DEVICE.c.dev, DEVICE.c.name).where(
        DEVICE.c.org == org, DEVICE.c.dev.in_(sorted(ids)), DEVICE.c.status != "server"
    )
    return {row.dev: row.name or row.dev for row in connection.execute(query)}


def steps_of(connection: Connection, visit: Visit, book: Book, told: Sequence[Told]) -> tuple[Step, ...]:
    """Say some events of a history, with who recorded them and on what."""
    people = _people(connection, visit, {each.event.actor for each in told})
    devices = _devices(connection, visit.who.org, {each.event.dev for each in told})
    pictures = photos.shown(connection, visit.who.org, [each.event for each in told])
    named = {found.sha256 for each in told if (found := documents.announced(each.event))}
    kept = documents.kept(connection, visit.who.org, named) if named else frozenset[str]()
    return tuple(
        _step(
            each,
            book,
            visit.lang,
            people=people,
            devices=devices,
            pictures=pictures.get(each.event.id, ()),
            kept=kept,
            visit=visit,
        )
        for each in told
    )
