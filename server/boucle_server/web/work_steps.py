"""The steps of a repair: which there are, what each asks, who is offered it, and what stops it beforehand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from boucle.board import COLUMNS
from boucle.consent import HANDS, Consent, is_owed
from boucle.item import Item, Job
from boucle.lifecycle import BUSY, Disposition, Stage, WorkStage, target
from boucle.reasons import Reason
from boucle.roles import Capability, may_record


class Step(NamedTuple):
    """One step: its name in an address, the kind of event it records, the stage that the board shows it under.

    `asks` are the names of its fields (`boucle_server.web.work_forms`); a step that asks nothing is one button.
    """

    key: str
    kind: str
    to: str
    asks: tuple[str, ...] = ()
    is_last_resort: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A step that a person is offered; `hindrance` says why it would have no effect for this one."""

    step: Step
    hindrance: Reason | None = None
    lacks_consent: bool = False
    """Whether it lays hands on a thing whose owner was not asked, or has not answered."""


_W = WorkStage
RELEASED: Final = "item.released"
STEPS: Final = (
    Step("lever", "work.unheld", ""),
    Step("diagnostiquer", "work.diagnosed", _W.DIAGNOSED, ("found", "fault", "estimate", "entry", "photos")),
    Step("devis", "work.quoted", _W.AWAITING_APPROVAL, ("owner", "amount", "until", "covers")),
    Step("accord", "work.approved", _W.APPROVED, ("how", "by")),
    Step("demarrer", "work.started", _W.IN_REPAIR),
    Step("arreter", "work.stopped", _W.IN_REPAIR),
    Step("attendre", "work.paused", _W.WAITING, ("reason", "parts")),
    Step("reprendre", "work.resumed", _W.IN_REPAIR),
    Step("poser", "work.part_used", _W.IN_REPAIR, ("origin", "part", "needed")),
    Step("deposer", "work.part_removed", _W.IN_REPAIR, ("part_type", "label", "mass", "photo")),
    Step("repare", "work.repaired", _W.TESTING),
    Step("tester", "work.tested", _W.QUALITY_CONTROL, ("test", "passed", "photos", "document")),
    Step("requalifier", "work.requalified", _W.REQUALIFIED, ("quality", "valid_until", "cost", "photo", "document")),
    Step("refuser", "work.rejected", _W.IN_REPAIR, ("reason", "photo")),
    Step("remettre", "item.released", _W.RETURNED_TO_USE, ("quality", "grade", "photo")),
    Step("ecarter", "item.rejected", "", ("quality", "reason", "photo")),
    Step("ranger", "item.moved", _W.RETURNED_TO_USE, ("zone",)),
    Step("planifier", "work.opened", "", ("due", "priority", "owner")),
    Step("retirer", "work.quote_withdrawn", "", ("withdrawn",), is_last_resort=True),
    Step("suspendre", "work.held", "", ("hold",), is_last_resort=True),
    Step("refus", "work.declined", _W.CANCELLED, ("how", "by", "reason"), is_last_resort=True),
    Step("non-reparable", "work.not_repairable", _W.NOT_REPAIRABLE, ("barrier", "photo"), is_last_resort=True),
    Step("demonter", "work.harvested", _W.HARVESTED, ("harvest", "photos"), is_last_resort=True),
    Step("reformer", "item.retired", "", ("scrap", "reason", "mass", "photo"), is_last_resort=True),
    Step("abandonner", "work.cancelled", _W.CANCELLED, ("reason",), is_last_resort=True),
)
"""Every step, in the order in which a repair goes; the last ones stop it, or end it without the thing."""
BY_KEY: Final = {step.key: step for step in STEPS}
_ON_HOLD: Final = frozenset({"work.unheld", "work.approved", "work.opened"})
"""What somebody is led to while a repair is on hold, beside what ends it."""
_ORDER: Final = tuple(stage for stages in COLUMNS.values() for stage in stages)
"""The stages of a repair as it goes on."""


def offers(item: Item, held: Iterable[Capability], person: str, *, lacks: Callable[[str], object]) -> list[Offer]:
    """Give the steps that the item's repair may go now and that this person may record, those it goes by first.

    `lacks` tells of a kind of event whether the person is not qualified for it.
    """
    known = frozenset(held)
    return [
        Offer(
            step=step,
            hindrance=_hindrance(step, item, person, lacks),
            lacks_consent=step.kind in HANDS and item.work_stage in BUSY and is_owed(_job(item)),
        )
        for step in STEPS
        if _fits(step, item) and may_record(known, step.kind) and _is_led_to(step, _job(item))
    ]


def _is_led_to(step: Step, job: Job) -> bool:
    return not job.hold or step.kind in _ON_HOLD or (step.is_last_resort and step.kind != "work.held")


def may_go(step: Step, item: Item) -> bool:
    """Tell whether a step fits an item's repair as it stands, also where nobody is led to it."""
    return _fits(step, item) or (
        step.kind == "work.harvested" and target("work", item.work_stage, step.kind) is not None
    )


def is_early(step: Step, item: Item) -> bool:
    """Tell whether a step comes later in a repair than where the item's stands: it is possible, only not yet."""
    if item.work_stage not in _ORDER:
        return False
    qualifier = "passed" if step.kind == "work.tested" else ""
    later = _ORDER[_ORDER.index(item.work_stage) + 1 :]
    return any(target("work", stage, step.kind, qualifier) is not None for stage in later)


def _fits(step: Step, item: Item) -> bool:
    match step.kind:
        case "work.opened":
            return item.work_stage != "" and _job(item).outcome == ""
        case "work.tested":
            return target("work", item.work_stage, step.kind, "passed") is not None
        case "work.approved" | "work.declined" | "work.quote_withdrawn":
            waits = _job(item).consent in (Consent.ASKED, Consent.MISSED) and bool(_job(item).quote)
            return waits and target("work", item.work_stage, step.kind) is not None
        case "work.held" | "work.unheld":
            return item.work_stage in BUSY and bool(_job(item).hold) == (step.kind == "work.unheld")
        case "work.started" | "work.stopped":
            runs = bool(_job(item).clock_ms) == (step.kind == "work.stopped")
            return runs and target("work", item.work_stage, step.kind) is not None
        case "item.released":
            return awaits_release(item)
        case "item.rejected":
            # What stands before its release and is in no repair: a repair is sent back by a step of its own.
            return awaits_release(item) and item.work_stage not in BUSY
        case "item.moved":
            return bool(item.nature) and item.work_stage == WorkStage.REQUALIFIED
        case "item.retired":
            return (
                item.work_stage == WorkStage.NOT_REPAIRABLE and target("container", item.stage, step.kind) is not None
            )
        case "work.harvested":
            # What nobody has given up yet may be taken apart as well, but nobody is led to it by accident.
            decided = item.back.disposition if item.back else ""
            is_there = item.stage != Stage.RETIRED and item.work_stage != WorkStage.HARVESTED
            return is_there and (item.work_stage == WorkStage.NOT_REPAIRABLE or decided == Disposition.HARVEST)
        case _:
            return target("work", item.work_stage, step.kind) is not None


def awaits_release(item: Item) -> bool:
    """Tell whether somebody has to decide that an item may serve again."""
    return not item.nature and target("container", item.stage, RELEASED) is not None


def _hindrance(step: Step, item: Item, person: str, lacks: Callable[[str], object]) -> Reason | None:
    job = _job(item)
    hands = {*job.hands, item.repaired_by} if not job.back_ms else {item.repaired_by}
    if step.kind not in ("work.requalified", "item.released"):
        return None
    if person in hands:
        return Reason.SAME_PERSON
    return Reason.UNQUALIFIED if lacks(step.kind) else None


def _job(item: Item) -> Job:
    return item.job if isinstance(item.job, Job) else Job()
