"""What lies open as the year ends: of everything that waits for a person at least one, so that no list is empty."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from boucle.answers import body_of
from boucle.codes import Kind, mint
from boucle.repair import Priority
from boucle.workshop_codes import Barrier, Fault
from boucle_server.demo import checklists, pictures
from boucle_server.demo.ground import Crate, Ground
from boucle_server.demo.people import INSPECTOR
from boucle_server.demo.phone import HOUR_MS, Spell
from boucle_server.demo.pictures import Scene
from boucle_server.demo.returned import FILTER
from boucle_server.demo.seasons import CLOSING_HOUR, closed_months, closing_day, instant
from boucle_server.demo.sorting import find_damaged
from boucle_server.demo.workshop import GOOD, PASSES_MOTOR, WORKSHOP, Job, record

NEWER: Final = "item.disinfected"
"""A kind of event that only the next version of the app knows."""
UPDATED: Final = "quai-molsheim"
"""The phone that was given the next version a week too soon."""
_CUSTOMER: Final = "vosges-mecanique"
_BLANKS: Final = 24


def plan_open_matters(ground: Ground) -> None:
    """Put on the agenda what is left open, so many working days before the end."""
    first, worked = ground.span.first, ground.span.worked
    for days, begin in OPEN:
        day = worked[-min(days, len(worked))]
        ground.later(first, (day - first).days, lambda then, begin=begin: begin(ground, then))  # type: ignore[misc]
    _go_silent_over_a_closing(ground)


def _go_silent_over_a_closing(ground: Ground) -> None:
    """Leave a dock without network from the last days of a month until after its closing: its events come late."""
    for month in closed_months(ground.span)[-1:]:
        day = closing_day(month)
        before_ms = instant(day.replace(day=1) - timedelta(days=6), 0.0)
        after_ms = instant(day, CLOSING_HOUR) + 3 * HOUR_MS
        ground.phones[UPDATED].offline.append(Spell(from_ms=before_ms, to_ms=after_ms))


def _mint_labels(ground: Ground, day: date) -> None:
    """Have a batch of blank labels made, of which a few still hang on nothing."""
    chance = ground.chance.stream("blank labels")
    ground.blanks = [mint(Kind.CONTAINER, chance.bytes) for _ in range(_BLANKS)]
    codes = [code.chars for code in ground.blanks]
    body = {"count": _BLANKS, "letter": Kind.CONTAINER.value, "name": "Bac 600×400", "owner": "", "codes": codes}
    ground.act(day, 11.6, "label.minted", body=body)


def _hope(ground: Ground, day: date) -> None:
    """Have a partner mislay a crate, and promise that it will turn up: long presumed lost, it is not written off."""
    out = [crate for key in sorted(ground.out) for crate in ground.out[key] if crate.shipped and not crate.written_off]
    if out:
        crate = max(out, key=lambda each: each.shipped or day)
        crate.back, crate.hoped_for = None, True


def _sell_two_motors(ground: Ground, day: date) -> None:
    """Send two motors to the customer; both come back without a word: one waits for its grade, one for a decision."""
    dock = ground.dock(WORKSHOP)
    for grade in ("", "B"):
        motor = ground.new_crate(checklists.MOTOR, WORKSHOP)
        ground.begin(dock, day, 7.2)
        ground.note(dock, "item.commissioned", motor, place=WORKSHOP, body={"type": checklists.MOTOR})
        ground.note(dock, "item.shipped", motor, place=WORKSHOP, body={"to": _CUSTOMER})
        ground.later(day, 8, lambda then, motor=motor, grade=grade: _take_back(ground, motor, then, grade=grade))  # type: ignore[misc]


def _take_back(ground: Ground, motor: Crate, day: date, *, grade: str) -> None:
    dock = ground.dock(WORKSHOP)
    ground.begin(dock, day, 13.6)
    ground.note(dock, "item.received", motor, place=WORKSHOP, body={"from": _CUSTOMER})
    if grade:
        ground.note(dock, "item.graded", motor, place=WORKSHOP, body={"grade": grade, "criteria": "v1"})


def _ask_to_send_back(ground: Ground, day: date) -> None:
    """Have a customer ask whether six filters may come back; nobody has answered yet."""
    about: dict[str, Any] = {"place": _CUSTOMER, "task": f"RT-{day:%y%m%d}-Q6D4", "item_type": FILTER, "qty": 6}
    ground.act(day, 14.1, "return.announced", **about, body={"reason": "commande en double"})


def _fill_the_bench(ground: Ground, day: date) -> None:
    """Open a repair for each column of the board: late, in want of parts, of control, ready."""
    promised = {"due_ms": instant(day + timedelta(days=4), 17.0), "priority": str(Priority.URGENT)}
    late = _opened(ground, day, photos=pictures.never_sent(), **promised)
    seized = pictures.photo(Scene.MOTOR, ground.chance.stream("seized"))
    _diagnosed(ground, late, fault=Fault.SEIZED, photos=seized)
    record(ground, late, "work.started")
    waits = _opened(ground, day)
    _diagnosed(ground, waits, fault=Fault.NOISE)
    record(ground, waits, "work.paused", reason="parts", parts=["stator"])
    mended = _opened(ground, day)
    _diagnosed(ground, mended, fault=Fault.INSULATION)
    record(ground, mended, "work.repaired")
    tested = _opened(ground, day)
    _diagnosed(ground, tested, fault=Fault.NOISE)
    record(ground, tested, "work.repaired")
    passed = body_of(checklists.MOTOR_TEST, PASSES_MOTOR)
    record(ground, tested, "work.tested", passed=True, **passed)
    ready = _opened(ground, day)
    _diagnosed(ground, ready, fault=Fault.NOISE)
    record(ground, ready, "work.repaired")
    record(ground, ready, "work.tested", passed=True, **passed)
    certificate, seen = f"CR-{day:%y%m%d}-{ready.thing.code.chars[:4]}", body_of(checklists.QUALITY, GOOD)
    record(ground, ready, "work.requalified", actor=INSPECTOR, certificate=certificate, **seen)
    beyond = _opened(ground, day)
    _diagnosed(ground, beyond, fault=Fault.OVERHEATING)
    record(ground, beyond, "work.not_repairable", barrier=str(Barrier.NO_PART))


def _quote_two_repairs(ground: Ground, day: date) -> None:
    """Quote two repairs: the owner of one has not answered in time, the other was agreed to and waits for hands."""
    _quoted(ground, day, cents=25_200, days=3)
    job, quote = _quoted(ground, day, cents=19_400, days=30)
    ground.later(day, 3, lambda then: _agree(ground, job, quote, then))


def _agree(ground: Ground, job: Job, quote: str, day: date) -> None:
    about: dict[str, Any] = {"place": WORKSHOP, "task": job.task, "body": {"quote": quote, "how": "phone"}}
    ground.act(day, 8.6, "work.approved", job.thing, signer="Mme Haffner", **about)


def _quoted(ground: Ground, day: date, *, cents: int, days: int) -> tuple[Job, str]:
    # The board shows first what still can be answered.
    job = _opened(ground, day, owner=_CUSTOMER, priority=str(Priority.LOW))
    _diagnosed(ground, job, fault=Fault.DEAD, estimate_cents=cents * 5 // 6)
    until = (day + timedelta(days=days)).isoformat()
    body = {"cents": cents, "until": until, "covers": "Rebobinage, essai et certificat"}
    return job, ground.act(day, 15.8, "work.quoted", job.thing, place=WORKSHOP, task=job.task, body=body)


def _open_one_more(ground: Ground, day: date) -> None:
    """Bring a motor to the bench that nobody has looked at yet."""
    _opened(ground, day, priority=str(Priority.LOW))


def _opened(ground: Ground, day: date, *, photos: list[dict[str, Any]] | None = None, **body: Any) -> Job:
    motor = ground.new_crate(checklists.MOTOR, WORKSHOP)
    job = Job(thing=motor, day=day, done=_wait, failed=_wait)
    ground.begin("atelier", day, 10.4)
    ground.note("atelier", "item.commissioned", motor, place=WORKSHOP, body={"type": checklists.MOTOR})
    record(ground, job, "work.opened", photos=photos, reason="S’arrête en pleine charge", **body)
    return job


def _diagnosed(
    ground: Ground, job: Job, *, fault: Fault, photos: list[dict[str, Any]] | None = None, **body: Any
) -> None:
    answers = body_of(checklists.ENTRY, {"complet": True, "propre": True})
    record(ground, job, "work.diagnosed", photos=photos, fault=str(fault), found=True, **body, **answers)


def _wait(day: date) -> None:
    """Do nothing: what follows is decided by whoever looks at the demonstration."""


def _fail_a_control(ground: Ground, day: date) -> None:
    """Find a box on the shelf that does not lead charges away any more: it goes to the workshop."""
    shelf = ground.shelf[("molsheim", "bac-esd")]
    if shelf:
        find_damaged(ground, shelf.pop(), "molsheim", day)


def _note_something_new(ground: Ground, day: date) -> None:
    """Record what the next version of the app can, and this server cannot read yet."""
    shelf = ground.shelf[("molsheim", "bac-esd")]
    ground.begin(UPDATED, day, 9.7)
    ground.note(UPDATED, NEWER, shelf[-1] if shelf else None, place="molsheim", body={"method": "uv"})


OPEN: Final[tuple[tuple[int, Callable[[Ground, date], None]], ...]] = (
    (82, _hope),
    (30, _mint_labels),
    (16, _sell_two_motors),
    (9, _fill_the_bench),
    (8, _quote_two_repairs),
    (6, _fail_a_control),
    (5, _note_something_new),
    (2, _ask_to_send_back),
    (2, _open_one_more),
)
"""How many working days before the end each begins."""
