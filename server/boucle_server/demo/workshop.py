"""The shared workshop of the demonstration: one repair from its opening to the shelf, or to what stands in its way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from boucle.answers import body_of
from boucle.checklists import Checklist
from boucle.workshop_codes import Barrier, Fault
from boucle_server.demo import checklists
from boucle_server.demo.chance import Chance
from boucle_server.demo.ground import Crate, Ground
from boucle_server.demo.people import INSPECTOR
from boucle_server.demo.pictures import Scene, photo
from boucle_server.demo.seasons import instant

WORKSHOP: Final = "schiltigheim"
_OWNER: Final = "vosges-mecanique"
MOTOR_PERCENT: Final = 60
"""A motor is repaired up to so many per cent of the price of a new one, as a rule."""
_ANSWERS_LATE: Final = 0.2
_HELD: Final = 0.05
_BEYOND_REPAIR: Final = {False: 0.17, True: 0.4}
"""Of containers, and of motors."""
_FAILS_FIRST_TEST: Final = 0.11
_SENT_BACK: Final = 0.04
_WAITS_FOR_PARTS: Final = 0.22
_VALID_DAYS: Final = 182
"""For so long the certificate of a motor holds: it wants to be tested again twice a year."""
_CRATE_FAULTS: Final = (Fault.CRACKED, Fault.CRACKED, Fault.BROKEN, Fault.DEFORMED, Fault.SEIZED, Fault.MISSING_PART)
_MOTOR_FAULTS: Final = (Fault.NOISE, Fault.NOISE, Fault.INSULATION, Fault.SEIZED, Fault.DEAD, Fault.OVERHEATING)
_BARRIERS: Final = (
    *(Barrier.TOO_DAMAGED,) * 4,
    *(Barrier.NO_PART,) * 3,
    *(Barrier.TOO_DEAR,) * 3,
    Barrier.NOT_OPENABLE,
    Barrier.CONTAMINATED,
    Barrier.OBSOLETE,
)
_PASSES_CRATE: Final[Mapping[str, int]] = {"charge": 60_000, "empile": True}
_FAILS_CRATE: Final = {"charge": 41_000, "empile": True}
PASSES_MOTOR: Final[Mapping[str, int | str]] = {"isolement": 4_800, "courant": 1_900, "bruit": "1"}
_FAILS_MOTOR: Final[Mapping[str, int | str]] = {"isolement": 640, "courant": 1_900, "bruit": "1"}
GOOD: Final = {"aspect": True, "etiquette": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One repair: of what, opened on which day, what follows when it is done and when it cannot be."""

    thing: Crate
    day: date
    done: Callable[[date], None]
    failed: Callable[[date], None]

    @property
    def task(self) -> str:
        """Its number, as it stands on its order."""
        return repair_number(self.thing, self.day)

    @property
    def luck(self) -> str:
        """Name its stream of chance, by its thing and day and by no number: written otherwise it were another year."""
        return f"or-{self.thing.code.chars[:6].lower()}-{self.day:%y%m%d}"

    @property
    def is_motor(self) -> bool:
        """Whether it is a motor, with tests and parts of its own."""
        return self.thing.model.key == checklists.MOTOR


def repair_number(thing: Crate, day: date) -> str:
    """Give the number of a repair that is opened on a day, as it stands on its order."""
    return f"OR-{thing.code.chars[:6]}-{day:%y%m%d}"


def open_repair(
    ground: Ground, thing: Crate, day: date, *, done: Callable[[date], None], failed: Callable[[date], None]
) -> None:
    """Open a repair and diagnose it; what cannot be repaired is said at once."""
    job = Job(thing=thing, day=day, done=done, failed=failed)
    ground.begin("atelier", day, 8.2)
    shown = photo(Scene.MOTOR if job.is_motor else Scene.CRATE, ground.chance.stream(f"photo/{job.luck}"))
    asked = {"owner": _OWNER} if job.is_motor else {}
    why = "renvoyé en panne" if job.is_motor else "cassé en tournée"
    record(ground, job, "work.opened", photos=shown, reason=why, **asked)
    faults = _MOTOR_FAULTS if job.is_motor else _CRATE_FAULTS
    answers = body_of(checklists.ENTRY, {"complet": ground.chance.happens(0.9), "propre": True})
    fault = str(ground.chance.one_of(faults))
    record(ground, job, "work.diagnosed", fault=fault, found=True, **_estimate(ground, job), **answers)
    if ground.chance.happens(_BEYOND_REPAIR[job.is_motor]):
        record(ground, job, "work.not_repairable", barrier=str(ground.chance.one_of(_BARRIERS)))
        ground.later(day, 2, failed)
    elif job.is_motor:
        _ask_the_owner(ground, job, day)
    else:
        _go_on(ground, job, day)


def _estimate(ground: Ground, job: Job) -> dict[str, Any]:
    """Say what the repair of a motor will cost; above the limit of its type, why it is done all the same."""
    if not job.is_motor:
        return {}
    cents = 100 * _chance(ground, job).between(70, 270)
    dear = cents * 100 > MOTOR_PERCENT * job.thing.model.price_cents
    return {"estimate_cents": cents, **({"reason": "client historique"} if dear else {})}


def _chance(ground: Ground, job: Job) -> Chance:
    return ground.chance.stream(f"quote/{job.luck}")


def _ask_the_owner(ground: Ground, job: Job, day: date) -> None:
    """Quote the repair of a motor to whose it is; the answer comes by phone within days, sometimes only after weeks."""
    chance = _chance(ground, job)
    cents = 120 * chance.between(70, 270)
    about = {"place": WORKSHOP, "task": job.task}
    until = (day + timedelta(days=30)).isoformat()
    body = {"cents": cents, "until": until, "covers": "Démontage, roulements neufs, essai et certificat"}
    quote = ground.act(day, 16.2, "work.quoted", job.thing, **about, body=body)

    def answered(then: date) -> None:
        body = {"quote": quote, "how": "phone"}
        ground.act(then, 8.4, "work.approved", job.thing, signer="Mme Haffner", **about, body=body)
        ground.later(then, 1, lambda last: _go_on(ground, job, last))

    ground.later(day, chance.between(16, 24) if chance.happens(_ANSWERS_LATE) else chance.between(1, 3), answered)


def leave_waiting(ground: Ground, day: date) -> None:
    """Bring two motors of a customer of ours: the quote of one has no answer yet, the other is on hold."""
    for hold in (False, True):
        motor = ground.new_crate(checklists.MOTOR, WORKSHOP)
        job = Job(thing=motor, day=day, done=_ignored, failed=_ignored)
        ground.begin("atelier", day, 11.2)
        ground.note("atelier", "item.commissioned", motor, place=WORKSHOP, body={"type": checklists.MOTOR})
        record(ground, job, "work.opened", reason="Bruit au démarrage", owner=_OWNER)
        record(ground, job, "work.diagnosed", fault=str(Fault.NOISE), found=True, estimate_cents=18_000)
        if hold:
            record(ground, job, "work.held", reason="doubt")
            continue
        until = (day + timedelta(days=30)).isoformat()
        body = {"cents": 21_600, "until": until, "covers": "Démontage, roulements neufs, essai et certificat"}
        ground.act(day, 16.3, "work.quoted", motor, place=WORKSHOP, task=job.task, body=body)


def _ignored(day: date) -> None:
    """Do nothing: whoever looks at the demonstration decides what follows."""


def _go_on(ground: Ground, job: Job, day: date) -> None:
    """Repair what may be repaired: at once, after its parts have come, or after a doubt has been settled."""
    if _chance(ground, job).happens(_HELD):
        ground.begin("atelier", day, 8.4)
        record(ground, job, "work.held", reason="doubt")
        ground.later(day, 9, lambda then: _let_go_on(ground, job, then))
    elif ground.chance.happens(_WAITS_FOR_PARTS):
        ground.begin("atelier", day, 8.4)
        record(ground, job, "work.paused", reason="parts", parts=[ground.chance.one_of(checklists.PARTS)])
        ground.later(day, ground.chance.between(5, 16), lambda then: _resume(ground, job, then))
    else:
        ground.later(day, ground.chance.between(1, 6), lambda then: _repair(ground, job, then))


def record(
    ground: Ground,
    job: Job,
    kind: str,
    *,
    actor: str = "",
    other: str = "",
    photos: list[dict[str, Any]] | None = None,
    **body: Any,
) -> None:
    """Record one step of a repair on the phone of the workshop."""
    about = {"place": WORKSHOP, "task": job.task, "other": other, "photos": photos}
    ground.note("atelier", kind, job.thing, actor=actor, body=body, **about)


def _let_go_on(ground: Ground, job: Job, day: date) -> None:
    ground.begin("atelier", day, 8.9)
    record(ground, job, "work.unheld")
    _repair(ground, job, day)


def _resume(ground: Ground, job: Job, day: date) -> None:
    ground.begin("atelier", day, 9.1)
    record(ground, job, "work.resumed")
    _repair(ground, job, day)


def _repair(ground: Ground, job: Job, day: date) -> None:
    ground.begin("atelier", day, 9.5)
    if job.is_motor:
        _build_in(ground, job)
    record(ground, job, "work.repaired")
    if ground.chance.happens(_FAILS_FIRST_TEST):
        _test(ground, job, _FAILS_MOTOR if job.is_motor else _FAILS_CRATE, passed=False)
        record(ground, job, "work.repaired")
    _test(ground, job, PASSES_MOTOR if job.is_motor else _PASSES_CRATE, passed=True)
    ground.later(day, 1, lambda then: _control(ground, job, then))


def _build_in(ground: Ground, job: Job) -> None:
    """Build a part in: a reclaimed one from the shelf where there is one, else a new bearing without a label.

    A reclaimed part that was in the motor already comes out first.
    """
    host = {"place": WORKSHOP, "task": job.task, "other": job.thing.code.text}
    worn = ground.fitted.pop(job.thing.code.text, None)
    if worn is not None:
        ground.note("atelier", "part.removed", worn, **host, body={"reason": "usée"})
        ground.worn.append(worn)
    if not ground.spares:
        record(ground, job, "work.part_used", origin="new", type="roulement")
        return
    part = ground.spares.pop(0)
    record(ground, job, "work.part_used", other=part.code.text, origin="reclaimed")
    ground.note("atelier", "part.installed", part, **host)
    ground.fitted[job.thing.code.text] = part


def _test(ground: Ground, job: Job, answers: Mapping[str, int | str], *, passed: bool) -> None:
    listed = _test_list(job)
    record(ground, job, "work.tested", passed=passed, **(body_of(listed, answers) if listed else {}))


def _test_list(job: Job) -> Checklist | None:
    if job.is_motor:
        return checklists.MOTOR_TEST
    return checklists.CRATE_TEST if job.thing.model.key in checklists.CRATES else None


def _control(ground: Ground, job: Job, day: date) -> None:
    """Have the inspector look: nearly all pass, a few go back to the bench for a day."""
    ground.begin("atelier", day, 14.2)
    if ground.chance.happens(_SENT_BACK):
        record(ground, job, "work.rejected", actor=INSPECTOR, reason="quality")
        ground.later(day, 1, lambda then: _repair(ground, job, then))
        return
    certificate = f"CR-{day:%y%m%d}-{job.thing.code.chars[:4]}"
    body = body_of(checklists.QUALITY, GOOD) if job.thing.model.key in checklists.QUALITY.types else {}
    if job.is_motor:
        body["valid_until_ms"] = instant(day + timedelta(days=_VALID_DAYS), 23.0)
    record(ground, job, "work.requalified", actor=INSPECTOR, certificate=certificate, **body)
    job.done(day)
