"""The shared workshop of the demonstration: one repair from its opening to the shelf, or to what stands in its way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from boucle.answers import body_of
from boucle.checklists import Checklist
from boucle.workshop_codes import Barrier, Fault
from boucle_server.demo import checklists
from boucle_server.demo.ground import Crate, Ground
from boucle_server.demo.people import INSPECTOR
from boucle_server.demo.pictures import Scene, photo

WORKSHOP: Final = "schiltigheim"
_BEYOND_REPAIR: Final = {False: 0.17, True: 0.4}
"""Of containers, and of motors."""
_FAILS_FIRST_TEST: Final = 0.11
_SENT_BACK: Final = 0.04
_WAITS_FOR_PARTS: Final = 0.22
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
_PASSES_CRATE: Final = {"charge": 60_000, "empile": True}
_FAILS_CRATE: Final = {"charge": 41_000, "empile": True}
_PASSES_MOTOR: Final = {"isolement": 4_800, "courant": 1_900, "bruit": "1"}
_FAILS_MOTOR: Final = {"isolement": 640, "courant": 1_900, "bruit": "1"}
_GOOD: Final = {"aspect": True, "etiquette": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One repair: of what, under which task, what follows when it is done and when it cannot be."""

    thing: Crate
    task: str
    done: Callable[[date], None]
    failed: Callable[[date], None]

    @property
    def is_motor(self) -> bool:
        """Whether it is a motor, with tests and parts of its own."""
        return self.thing.model.key == checklists.MOTOR


def open_repair(
    ground: Ground, thing: Crate, day: date, *, done: Callable[[date], None], failed: Callable[[date], None]
) -> None:
    """Open a repair and diagnose it; what cannot be repaired is said at once."""
    job = Job(thing=thing, task=f"or-{thing.code.chars[:6].lower()}-{day:%y%m%d}", done=done, failed=failed)
    ground.begin("atelier", day, 8.2)
    shown = photo(Scene.MOTOR if job.is_motor else Scene.CRATE, ground.chance.stream(f"photo/{job.task}"))
    _note(ground, job, "work.opened", photos=shown, reason="casse" if not job.is_motor else "retour")
    faults = _MOTOR_FAULTS if job.is_motor else _CRATE_FAULTS
    answers = body_of(checklists.ENTRY, {"complet": ground.chance.happens(0.9), "propre": True})
    _note(ground, job, "work.diagnosed", fault=str(ground.chance.one_of(faults)), found=True, **answers)
    if ground.chance.happens(_BEYOND_REPAIR[job.is_motor]):
        _note(ground, job, "work.not_repairable", barrier=str(ground.chance.one_of(_BARRIERS)))
        ground.later(day, 2, failed)
    elif ground.chance.happens(_WAITS_FOR_PARTS):
        _note(ground, job, "work.paused", reason="parts", parts=[ground.chance.one_of(checklists.PARTS)])
        ground.later(day, ground.chance.between(5, 16), lambda then: _resume(ground, job, then))
    else:
        ground.later(day, ground.chance.between(1, 6), lambda then: _repair(ground, job, then))


def _note(
    ground: Ground,
    job: Job,
    kind: str,
    *,
    actor: str = "",
    other: str = "",
    photos: list[dict[str, Any]] | None = None,
    **body: Any,
) -> None:
    about = {"place": WORKSHOP, "task": job.task, "other": other, "photos": photos}
    ground.note("atelier", kind, job.thing, actor=actor, body=body, **about)


def _resume(ground: Ground, job: Job, day: date) -> None:
    ground.begin("atelier", day, 9.1)
    _note(ground, job, "work.resumed")
    _repair(ground, job, day)


def _repair(ground: Ground, job: Job, day: date) -> None:
    ground.begin("atelier", day, 9.5)
    if job.is_motor:
        _build_in(ground, job)
    _note(ground, job, "work.repaired")
    if ground.chance.happens(_FAILS_FIRST_TEST):
        _test(ground, job, _FAILS_MOTOR if job.is_motor else _FAILS_CRATE, passed=False)
        _note(ground, job, "work.repaired")
    _test(ground, job, _PASSES_MOTOR if job.is_motor else _PASSES_CRATE, passed=True)
    ground.later(day, 1, lambda then: _control(ground, job, then))


def _build_in(ground: Ground, job: Job) -> None:
    """Build a part in: a reclaimed one from the shelf where there is one, else a new bearing without a label."""
    if not ground.spares:
        _note(ground, job, "work.part_used", origin="new", type="roulement")
        return
    part = ground.spares.pop(0)
    _note(ground, job, "work.part_used", other=part.code.text, origin="reclaimed")
    host = {"place": WORKSHOP, "task": job.task, "other": job.thing.code.text}
    ground.note("atelier", "part.installed", part, **host)


def _test(ground: Ground, job: Job, answers: dict[str, Any], *, passed: bool) -> None:
    listed = _test_list(job)
    _note(ground, job, "work.tested", passed=passed, **(body_of(listed, answers) if listed else {}))


def _test_list(job: Job) -> Checklist | None:
    if job.is_motor:
        return checklists.MOTOR_TEST
    return checklists.CRATE_TEST if job.thing.model.key in checklists.CRATES else None


def _control(ground: Ground, job: Job, day: date) -> None:
    """Have the inspector look: nearly all pass, a few go back to the bench for a day."""
    ground.begin("atelier", day, 14.2)
    if ground.chance.happens(_SENT_BACK):
        _note(ground, job, "work.rejected", actor=INSPECTOR, reason="quality")
        ground.later(day, 1, lambda then: _repair(ground, job, then))
        return
    certificate = f"CR-{day:%y%m%d}-{job.thing.code.chars[:4]}"
    body = body_of(checklists.QUALITY, _GOOD) if job.thing.model.key in checklists.QUALITY.types else {}
    _note(ground, job, "work.requalified", actor=INSPECTOR, certificate=certificate, **body)
    job.done(day)
