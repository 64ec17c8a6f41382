"""The board of the workshop: what waits at which stage, how old it is, when it is due, what it waits for.

It speaks of things, never of people: nobody's speed, nobody's pauses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import urlencode

from sqlalchemy.engine import Connection

from boucle.board import COLUMNS, limits_of
from boucle.clock import day_of
from boucle.consent import is_owed
from boucle.events import Event
from boucle.holds import said_after as held_why
from boucle.item import Item, Job
from boucle.lasting import days_of, lasted
from boucle.lifecycle import WorkStage
from boucle.reference import Book
from boucle.repair import Priority
from boucle.words import say
from boucle_server import repairs, reports
from boucle_server.repairs import Ticket
from boucle_server.web import numbers, qualified, work_steps
from boucle_server.web.asking import Option
from boucle_server.web.details import coded
from boucle_server.web.figures import Badge
from boucle_server.web.item_words import href_path, printed
from boucle_server.web.items import valid
from boucle_server.web.part_lines import awaited
from boucle_server.web.places import WORKSHOP
from boucle_server.web.visit import Visit

_W = WorkStage
CARDS: Final = 30
"""Cards of a column; the list has them all."""
YOUNG_DAYS: Final = 7
"""A repair is recent up to so many days ..."""
OLD_DAYS: Final = 21
"""... and old from so many on; between, it is to be watched."""
_RANK: Final = {Priority.URGENT.value: 0, Priority.LOW.value: 2}
_FILTERS: Final = ("stage", "type", "site", "priority")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One repair on the board: what it is, how it stands, where it may go."""

    code: str
    href: str
    type: str
    stage: str
    fault: str
    age: Badge
    days: int
    due: Badge | None
    due_day: str
    priority: Badge | None
    hold: str
    on_hold: str
    waits: str
    consent: str
    """Says that an owner has to be asked, and was not."""
    place: str
    moves: tuple[tuple[str, str, bool], ...]
    """`(words, address, whether one press does it)` of each step on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One stage of the board: how many stand there, the first of them, the age of the oldest."""

    key: str
    name: str
    total: int
    cards: tuple[Card, ...]
    oldest: str
    limits: tuple[Badge, ...]
    """How many stand there beside how many each site wants at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The whole workshop under the filters of an address."""

    columns: tuple[Column, ...]
    cards: tuple[Card, ...]
    total: int
    to_leave: int
    """Of them those whose repair has ended, and that have not left yet."""
    late: int
    chosen: Mapping[str, str]
    options: Mapping[str, list[Option]]
    problems: tuple[str, ...]


def board(connection: Connection, visit: Visit, book: Book) -> Board:
    """Gather what waits."""
    org, lang = visit.who.org, visit.lang
    options = _options(book, lang, visit.now_ms)
    problems: list[str] = []
    chosen = {name: valid(visit, name, options[name], problems) for name in _FILTERS}
    chosen["late"] = "1" if visit.value("late") else ""
    chosen["held"] = "1" if visit.value("held") else ""
    everything = repairs.tickets(connection, org)
    found = [each for each in everything if _wanted(each, chosen, book, visit)]
    found.sort(key=lambda each: _order(each, book, visit))
    waiting = [each.code for each in found if each.item.work_stage == _W.WAITING]
    waits = repairs.waiting_for(connection, org, waiting)
    cards = [_card(each, visit, book, waits=_waits(waits.get(each.code), visit, book)) for each in found]
    return Board(
        columns=tuple(
            replace(each, limits=_limits(each.key, everything, chosen["site"], book, visit))
            for each in (_column(key, stages, found, cards, visit) for key, stages in COLUMNS.items())
        ),
        cards=tuple(cards),
        total=len(found),
        to_leave=sum(1 for each in found if each.item.work_stage in COLUMNS["to_leave"]),
        late=sum(1 for each in found if _is_late(each, book, visit)),
        chosen=chosen,
        options=options,
        problems=tuple(problems),
    )


def ticket_href(code: str) -> str:
    """Give the address of a repair's page."""
    return href_path(f"{WORKSHOP.path}/fiche", code)


def certificate_href(code: str, number: str) -> str:
    """Give the address of a certificate of a thing by its number."""
    return f"{href_path(f'{WORKSHOP.path}/certificat', code)}?{urlencode({'numero': number})}"


def step_href(step: str, code: str) -> str:
    """Give the address of a step of a repair."""
    return href_path(f"{WORKSHOP.path}/etape/{step}", code)


def age_badge(start_ms: int, visit: Visit) -> Badge:
    """Say for how long something has been here, and whether that is long."""
    days = days_of(visit.now_ms - start_ms)
    kind, word = ("good", "young") if days <= YOUNG_DAYS else ("warn", "watched") if days < OLD_DAYS else ("bad", "old")
    return kind, say(f"web.age_is_{word}", visit.lang, time=lasted(visit.now_ms - start_ms, visit.lang))


def due_badge(job: Job, visit: Visit, zone: str) -> Badge | None:
    """Say when a repair is promised for, and whether that day has passed."""
    if not job.due:
        return None
    left = (date.fromisoformat(job.due) - date.fromisoformat(day_of(visit.now_ms, zone))).days
    if left < 0:
        return "bad", say("web.late_by", visit.lang, n=-left)
    if left == 0:
        return "warn", say("web.due_today", visit.lang)
    return "plain", say("web.due_on", visit.lang, day=numbers.day_name(job.due, visit.lang))


def priority_badge(job: Job, lang: str) -> Badge | None:
    """Say how soon a repair is wanted, where that is not as usual."""
    if job.priority not in set(Priority) - {Priority.NORMAL}:
        return None
    return ("bad" if job.priority == Priority.URGENT else "plain"), say(f"web.priority_{job.priority}", lang)


def fault_name(code: str, lang: str) -> str:
    """Give the words of a fault; an organisation's own code as it stands."""
    return coded("fault", code, lang)


def barrier_name(code: str, lang: str) -> str:
    """Give the words of a barrier; an organisation's own code as it stands."""
    return coded("barrier", code, lang)


def zone_of(item: Item, book: Book, now_ms: int) -> str:
    """Give the zone of the site where a thing stands."""
    return book.site(item.site, now_ms).zone


def _is_late(each: Ticket, book: Book, visit: Visit) -> bool:
    today = day_of(visit.now_ms, zone_of(each.item, book, visit.now_ms))
    return repairs.is_open(each.item) and "" < each.job.due < today


def _wanted(each: Ticket, chosen: Mapping[str, str], book: Book, visit: Visit) -> bool:
    item, job = each.item, each.job
    return (
        (not chosen["stage"] or item.work_stage in COLUMNS[chosen["stage"]])
        and (not chosen["type"] or item.type == chosen["type"])
        and (not chosen["site"] or item.site == chosen["site"])
        and (not chosen["priority"] or (job.priority or Priority.NORMAL) == chosen["priority"])
        and (not chosen["held"] or bool(job.hold))
        and (not chosen["late"] or _is_late(each, book, visit))
    )


def _order(each: Ticket, book: Book, visit: Visit) -> tuple[int, int, str, int, str]:
    job = each.job
    late = 0 if _is_late(each, book, visit) else 1
    return _RANK.get(job.priority, 1), late, job.due or "9999", job.start_ms, each.code


def _waits(event: Event | None, visit: Visit, book: Book) -> str:
    told = awaited(event, visit, book)
    return say("web.waits_for", visit.lang, parts=", ".join(told)) if told else ""


def _card(each: Ticket, visit: Visit, book: Book, *, waits: str) -> Card:
    item, job, lang = each.item, each.job, visit.lang
    zone = zone_of(item, book, visit.now_ms)
    over = not repairs.is_open(item)
    lacks = partial(qualified.lacks_of, visit, book, item)
    moves = [
        (step_words(offer.step.key, lang), step_href(offer.step.key, each.code), not offer.step.asks)
        for offer in work_steps.offers(item, visit.who.capabilities, visit.who.person, lacks=lacks)
        if offer.hindrance is None and offer.step.key != "planifier"
    ]
    return Card(
        code=printed(each.code),
        href=ticket_href(each.code),
        type=reports.name_of(book, "item_type", item.type, visit.now_ms)
        if item.type
        else say("web.unknown_type", lang),
        stage=say(f"state.work.{item.work_stage}", lang),
        fault=fault_name(job.fault, lang),
        age=age_badge(job.start_ms, visit),
        days=days_of(visit.now_ms - job.start_ms),
        due=None if over else due_badge(job, visit, zone),
        due_day=job.due or "",
        priority=priority_badge(job, lang),
        hold=held_why(item.hold, lang),
        on_hold=held_why(job.hold, lang),
        waits=waits,
        consent=say("web.consent_owed", lang) if not over and is_owed(job) and not job.consent else "",
        place=book.site(item.site, visit.now_ms).name or item.site,
        moves=tuple(moves),
    )


def step_words(key: str, lang: str) -> str:
    """Give the words of a step, as what somebody does."""
    return say(f"web.step_of_{key.replace('-', '_')}", lang)


def _column(key: str, stages: Sequence[str], found: Sequence[Ticket], cards: Sequence[Card], visit: Visit) -> Column:
    here = [(each, card) for each, card in zip(found, cards, strict=True) if each.item.work_stage in stages]
    start_ms = min((each.job.start_ms for each, _ in here), default=0)
    return Column(
        key=key,
        name=column_name(key, visit.lang),
        total=len(here),
        cards=tuple(card for _, card in here[:CARDS]),
        oldest=say("web.oldest", visit.lang, time=lasted(visit.now_ms - start_ms, visit.lang)) if here else "",
        limits=(),
    )


def _limits(key: str, everything: Sequence[Ticket], site: str, book: Book, visit: Visit) -> tuple[Badge, ...]:
    """Say of each site that limits a column how many repairs stand in it, whatever else was filtered."""
    wanted = {
        each: limit
        for each in ([site] if site else book.keys("site"))
        if (limit := limits_of(book.site(each, visit.now_ms).limits).get(key))
    }
    found = []
    for each, limit in sorted(wanted.items()):
        n = sum(1 for one in everything if one.item.site == each and one.item.work_stage in COLUMNS[key])
        kind, word = ("bad", "over") if n > limit else ("warn", "full") if n == limit else ("plain", "within")
        where = "" if len(wanted) == 1 else f"{book.site(each, visit.now_ms).name or each} : "
        found.append((kind, where + say(f"web.limit_{word}", visit.lang, n=n, limit=limit)))
    return tuple(found)


def column_name(key: str, lang: str) -> str:
    """Give the name of a column."""
    return say(f"web.column_{key}", lang)


def _options(book: Book, lang: str, now_ms: int) -> dict[str, list[Option]]:
    def named(table: str, everything: str) -> list[Option]:
        keys = [(key, reports.name_of(book, table, key, now_ms)) for key in book.keys(table)]
        return [("", say(everything, lang)), *sorted(keys, key=lambda pair: pair[1].casefold())]

    ours = [key for key in book.keys("site") if not book.site(key, now_ms).partner]
    return {
        "stage": [("", say("web.all_columns", lang)), *((key, column_name(key, lang)) for key in COLUMNS)],
        "type": named("item_type", "web.all_type"),
        "site": [each for each in named("site", "web.all_sites") if not each[0] or each[0] in ours],
        "priority": [
            ("", say("web.all_priorities", lang)),
            *((each.value, say(f"web.priority_{each}", lang)) for each in Priority),
        ],
    }
