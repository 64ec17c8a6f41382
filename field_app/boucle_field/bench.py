"""The repair bench: which repairs wait here, how each stands, and what may be done with it next.

A repair is what the item's own history makes of it, on this phone as on the server. Nothing here tells how much
anybody did.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from boucle import workshop_codes
from boucle.checklists import Checklist, Moment, checklist_for
from boucle.consent import HANDS, is_owed
from boucle.item import Back, Item, Job, Part, load
from boucle.lifecycle import BUSY, Disposition, ReturnStage, Stage, WorkStage, target
from boucle.roles import may_record
from boucle.wire import subject_of
from boucle_field import bench_site, people
from boucle_field.phone import Phone
from boucle_field.qualified import lacks_of, sentences

URGENT: Final = "urgent"
"""The priority that comes before all others."""
_REPAIRED: Final = frozenset({Disposition.REPAIR, Disposition.REFURBISH})
_ITEMS: Final = "SELECT item, state FROM item WHERE state LIKE '%\"work_stage\"%' OR state LIKE ? OR state LIKE ?"
_REPAIRED_ITEMS: Final = "SELECT state FROM item WHERE state LIKE ? AND state LIKE '%\"job\"%'"
_TOUCHED: Final = "SELECT DISTINCT subject FROM outbox WHERE folded = 0 AND subject <> ''"
_CODES: Final = "SELECT code FROM item_code WHERE item = ? ORDER BY code"


class Next(StrEnum):
    """What can be done with a repair; the words are `screen.bench.<value>`."""

    OPEN = "open"
    DIAGNOSE = "diagnose"
    QUOTE = "quote"
    START = "start"
    STOP = "stop"
    PARTS = "parts"
    PAUSE = "pause"
    RESUME = "resume"
    REPAIRED = "repaired"
    TEST = "test"
    CONTROL = "control"
    RELEASE = "release"
    STORE = "store"
    NOT_REPAIRABLE = "not_repairable"
    HARVEST = "harvest"
    HOLD = "hold"
    UNHOLD = "unhold"
    CANCEL = "cancel"


_KINDS: Final = {
    Next.OPEN: "work.opened",
    Next.DIAGNOSE: "work.diagnosed",
    Next.QUOTE: "work.quoted",
    Next.START: "work.started",
    Next.STOP: "work.stopped",
    Next.HOLD: "work.held",
    Next.UNHOLD: "work.unheld",
    Next.PARTS: "work.part_used",
    Next.PAUSE: "work.paused",
    Next.RESUME: "work.resumed",
    Next.REPAIRED: "work.repaired",
    Next.TEST: "work.tested",
    Next.CONTROL: "work.requalified",
    Next.RELEASE: "item.released",
    Next.STORE: "item.moved",
    Next.NOT_REPAIRABLE: "work.not_repairable",
    Next.HARVEST: "work.harvested",
    Next.CANCEL: "work.cancelled",
}
"""The kind of event of each, which says when it may be done and by whom."""
_W = WorkStage
_FIRST: Final[dict[str, tuple[Next, ...]]] = {
    "": (Next.OPEN,),
    _W.OPEN: (Next.DIAGNOSE,),
    _W.DIAGNOSED: (Next.START, Next.REPAIRED),
    _W.APPROVED: (Next.START, Next.REPAIRED),
    _W.WAITING: (Next.RESUME,),
    _W.IN_REPAIR: (Next.REPAIRED,),
    _W.TESTING: (Next.TEST,),
    _W.QUALITY_CONTROL: (Next.CONTROL,),
    _W.REQUALIFIED: (Next.RELEASE, Next.STORE),
    _W.RETURNED_TO_USE: (Next.OPEN,),
    _W.CANCELLED: (Next.OPEN,),
}
"""What leads on from each stage."""
_PASSING: Final = frozenset({Next.CONTROL, Next.RELEASE})
"""What lets a thing serve again: by other hands than those that worked on it, who are qualified where that is asked."""
_ASIDE: Final = frozenset({Next.QUOTE, Next.NOT_REPAIRABLE, Next.HARVEST, Next.CANCEL, Next.PAUSE, Next.HOLD})
"""What ends or stops a repair: never the first thing offered."""
_ON_HOLD: Final = frozenset({Next.UNHOLD, Next.NOT_REPAIRABLE, Next.HARVEST, Next.CANCEL})
"""What somebody is led to while a repair is on hold."""


_WAITS: Final = frozenset({WorkStage.WAITING, WorkStage.AWAITING_APPROVAL})


class Ticket(NamedTuple):
    """One thing at the bench as it stands now: the code it is known by, and its state."""

    code: str
    item: Item

    @property
    def job(self) -> Job:
        """Its last repair, open or not."""
        return self.item.job if isinstance(self.item.job, Job) else Job()

    @property
    def stage(self) -> str:
        """How far the repair has come, `""` without any."""
        return self.item.work_stage

    @property
    def is_open(self) -> bool:
        """Whether a repair is under way."""
        return self.item.work_stage in BUSY

    @property
    def part(self) -> Part:
        """What it saves where it serves as a part."""
        return self.item.part if isinstance(self.item.part, Part) else Part()


class Bench(NamedTuple):
    """What waits here: for the hands of who looks, for parts, for somebody else; and what has no ticket yet.

    `elsewhere` is how many wait at the other sites.
    """

    mine: list[Ticket]
    waiting: list[Ticket]
    others: list[Ticket]
    unopened: list[Ticket]
    elsewhere: list[Ticket]


def ticket_of(phone: Phone, code: str) -> Ticket:
    """Give how the thing that a code names stands at the bench."""
    return Ticket(code, phone.mirror.look(subject_of(code, "", "")).item)


def bench(phone: Phone) -> Bench:
    """Give what waits at the site of the bench; each pile by urgency and age."""
    piles = Bench([], [], [], [], [])
    here = bench_site.site(phone)
    for ticket in _wanted(phone):
        if here not in ("", ticket.item.site, ticket.job.site if ticket.is_open else ""):
            piles.elsewhere.append(ticket)
        elif not ticket.is_open:
            piles.unopened.append(ticket)
        elif ticket.stage in _WAITS or ticket.job.hold or waits_for_owner(ticket):
            piles.waiting.append(ticket)
        elif first_step(phone, ticket) is not None:
            piles.mine.append(ticket)
        else:
            piles.others.append(ticket)
    for pile in piles:
        pile.sort(key=lambda ticket: (ticket.job.priority != URGENT, _since_ms(ticket), ticket.code))
    return piles


def steps(phone: Phone, ticket: Ticket) -> list[Next]:
    """Give what may be done next by who is here; what stops or ends the repair comes last."""
    held = phone.desk.capabilities
    found = [step for step in Next if _leads_on(ticket, step) and may_record(held, _KINDS[step])]
    mine = own_work(phone, ticket)
    found = [step for step in found if step not in _PASSING or not (mine or lacks_of(phone, ticket.item, _KINDS[step]))]
    return sorted(found, key=lambda step: step in _ASIDE)


def first_step(phone: Phone, ticket: Ticket) -> Next | None:
    """Give the step that leads on; None when only somebody else has it, or nothing does."""
    offered = steps(phone, ticket)
    if ticket.job.hold and ticket.is_open:
        return Next.UNHOLD if Next.UNHOLD in offered else None
    leads = (step for step in _FIRST.get(ticket.stage, ()) if step in offered and not wants_consent(ticket, step))
    quote = Next.QUOTE if waits_for_owner(ticket) and not ticket.job.consent and Next.QUOTE in offered else None
    return next(leads, quote)


def wants_consent(ticket: Ticket, step: Next) -> bool:
    """Tell whether a step lays hands on a thing whose owner was not asked, or has not answered."""
    return ticket.is_open and is_owed(ticket.job) and _KINDS[step] in HANDS


def waits_for_owner(ticket: Ticket) -> bool:
    """Tell whether nothing but the owner's word is missing: what is wrong is known, and no hands were laid on it."""
    return is_owed(ticket.job) and ticket.stage in (WorkStage.DIAGNOSED, WorkStage.AWAITING_APPROVAL)


def unqualified(phone: Phone, ticket: Ticket, lang: str) -> list[str]:
    """Say what who is here lacks to pass a thing that waits for it, and who may; nothing where nothing is lacking."""
    waits = [step for step in (Next.CONTROL, Next.RELEASE) if step in _FIRST.get(ticket.stage, ())]
    wanted = [_KINDS[step] for step in waits if _leads_on(ticket, step)]
    able = [kind for kind in wanted if may_record(phone.desk.capabilities, kind)]
    return sentences(phone, ticket.item, able[0], lang) if able else []


def own_work(phone: Phone, ticket: Ticket) -> bool:
    """Tell whether who is here repaired or tested the thing, so that somebody else has to pass it."""
    who = people.present(phone.store)
    return who is not None and not ticket.job.back_ms and who.person in ticket.job.hands


def checklist(phone: Phone, ticket: Ticket, moment: Moment) -> Checklist | None:
    """Give the checklist that holds now for a thing."""
    return checklist_for(phone.mirror.book(), ticket.item.type, moment, at_ms=phone.desk.now_ms())


def age_ms(phone: Phone, ticket: Ticket) -> int:
    """Give for how long a thing has been waiting."""
    return phone.desk.now_ms() - _since_ms(ticket)


def faults_seen(phone: Phone, item_type: str) -> list[str]:
    """Give the faults that things of a type had, as far as is known here, most frequent first."""
    with phone.store.reading() as db:
        states = [load(row[0]) for row in db.execute(_REPAIRED_ITEMS, (f'%"type":{json.dumps(item_type)}%',))]
    return workshop_codes.faults_seen(states, item_type)


def is_late(phone: Phone, ticket: Ticket) -> bool:
    """Tell whether the day for which a repair is promised is over."""
    return ticket.is_open and bool(ticket.job.due) and ticket.job.due < today(phone)


def today(phone: Phone) -> str:
    """Give the local day, `2026-11-29`."""
    now = datetime.fromtimestamp(phone.desk.now_ms() / 1000, UTC)
    return now.astimezone(ZoneInfo(phone.identity.zone)).date().isoformat()


def _leads_on(ticket: Ticket, step: Next) -> bool:
    item, kind, job = ticket.item, _KINDS[step], ticket.job
    if ticket.is_open and job.hold and step not in _ON_HOLD:
        return False
    match step:
        case Next.HOLD | Next.UNHOLD:
            return ticket.is_open and bool(job.hold) == (step is Next.UNHOLD)
        case Next.START | Next.STOP:
            runs = bool(job.clock_ms) == (step is Next.STOP)
            return runs and target("work", item.work_stage, kind) is not None
        case Next.RELEASE:
            return item.work_stage == WorkStage.REQUALIFIED and _wants_release(item)
        case Next.STORE:
            return item.work_stage == WorkStage.REQUALIFIED and not _wants_release(item)
        case Next.OPEN:
            return item.stage != Stage.RETIRED and target("work", item.work_stage, kind) is not None
        case Next.HARVEST:
            return item.work_stage == WorkStage.NOT_REPAIRABLE or item.work_stage in BUSY
        case Next.TEST:
            return target("work", item.work_stage, kind, "passed") is not None
        case _:
            return target("work", item.work_stage, kind) is not None


def _wants_release(item: Item) -> bool:
    return not item.nature and item.stage == Stage.REQUALIFYING


def _since_ms(ticket: Ticket) -> int:
    return ticket.job.start_ms if ticket.is_open else ticket.item.custody_ms or ticket.item.seen_ms


def _wanted(phone: Phone) -> Iterator[Ticket]:
    """Give every thing with an open repair, or that should have one: damaged, or sent to repair by a decision."""
    seen: set[str] = set()
    for code in _candidates(phone):
        ticket = ticket_of(phone, code)
        if ticket.item.id in seen or not ticket.item.known:
            continue
        seen.add(ticket.item.id)
        if ticket.is_open or _needs_opening(ticket.item):
            yield ticket


def _needs_opening(item: Item) -> bool:
    back = item.back
    decided = isinstance(back, Back) and item.return_stage == ReturnStage.DISPOSED_TO and back.disposition in _REPAIRED
    return item.stage == Stage.IN_REPAIR or decided


def _candidates(phone: Phone) -> list[str]:
    """Give a code of each item that the server's word or this phone's own record may bring to the bench."""
    found: list[str] = []
    with phone.store.reading() as db:
        damaged = (f'%"stage":"{Stage.IN_REPAIR}"%', f'%"return_stage":"{ReturnStage.DISPOSED_TO}"%')
        for item_id, state in db.execute(_ITEMS, damaged).fetchall():
            item = load(state)
            if item.work_stage in BUSY or _needs_opening(item):
                codes = [row[0] for row in db.execute(_CODES, (item_id,)).fetchall()]
                found += codes[:1]
        found += [row[0] for row in db.execute(_TOUCHED).fetchall() if not row[0].startswith("qty:")]
    return list(dict.fromkeys(found))
