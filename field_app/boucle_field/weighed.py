"""What is weighed: volumes that arrive, and what leaves for its treatment, step by step until one mass completes it.

What was said stays for the next weighing: the type and who gave it, or the treatment and its outlet.
"""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from boucle import leaving
from boucle.actions import ACTIONS, Amount, Question
from boucle.clock import month_of
from boucle.fields import Fault
from boucle.leaving import Treatment
from boucle.roles import Capability
from boucle.telling import Told
from boucle_field.phone import Phone
from boucle_field.store import put
from boucle_field.work import draft

MOST_OUTLETS: Final = 8
_OUTLETS: Final = "recent_outlets"


class Job(StrEnum):
    """What a mass is of; the words are `screen.weigh.<value>`."""

    ARRIVAL = "arrival"
    """Volumes without labels that come in."""
    TREATMENT = "treatment"
    """What leaves for good: scrapped items, and waste by type."""


class Ask(StrEnum):
    """What still has to be said before a mass can be recorded."""

    SUBJECT = "subject"
    GIVER = "giver"
    TREATMENT = "treatment"
    MODE = "mode"
    OUTLET = "outlet"
    MASS = "mass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """One weighing as far as it was said; `giver` is None until it was asked, `""` when nobody knows."""

    job: Job
    code: str = ""
    item_type: str = ""
    pieces: int = 1
    giver: str | None = None
    treatment: Treatment | None = None
    outlet: str | None = None
    tare_g: int = 0
    against: str = ""
    """The return that it belongs to, where what becomes of it was decided there."""

    @property
    def next(self) -> "Weighing":
        """Give what stays said for the next mass: an item is weighed once."""
        return replace(self, code="", pieces=1)


def asked(phone: Phone, weighing: Weighing) -> Ask:
    """Give what has to be said next."""
    if not weighing.code and not weighing.item_type:
        return Ask.SUBJECT
    if weighing.job is Job.ARRIVAL:
        return Ask.GIVER if weighing.giver is None else Ask.MASS
    if weighing.treatment is None:
        return Ask.TREATMENT
    if weighing.treatment.code and not weighing.treatment.mode and len(modes(phone, weighing.treatment.code)) > 1:
        return Ask.MODE
    return Ask.OUTLET if weighing.outlet is None else Ask.MASS


def modes(phone: Phone, code: str) -> tuple[str, ...]:
    """Give the modes that a code allows now, none for an intermediate one."""
    return leaving.modes(code, _month(phone))


def treatment_of(phone: Phone, text: str) -> Treatment | None:
    """Give the treatment of a typed D/R code, None for one that nobody knows."""
    return leaving.treatment_of(text, _month(phone))


def known_mass_g(phone: Phone, weighing: Weighing) -> int:
    """Give what the thing should weigh by what is known of it, 0 when nobody knows."""
    if weighing.code:
        return phone.mirror.look(weighing.code).item.tare_g
    kind = phone.mirror.book().item_type(weighing.item_type, phone.desk.now_ms())
    return kind.tare_g * weighing.pieces


def record(phone: Phone, weighing: Weighing, net_g: int | None) -> Told | Fault | Question:
    """Record a weighing with its net mass; None lets the known mass stand. A `FieldError` records nothing."""
    subject: str | Amount = weighing.code or Amount(weighing.item_type, weighing.pieces)
    said: dict[str, object] = {} if net_g is None else {"mass_g": net_g}
    said |= {"against": weighing.against} if weighing.against else {}
    action = "receive"
    if weighing.job is Job.TREATMENT:
        # What was decided about is treated: nobody has to retire it first.
        item = phone.mirror.look(weighing.code).item if weighing.code else None
        action = "treat" if weighing.against else leaving.action_of(item)
        said |= leaving.answers(action, weighing.treatment or Treatment(), weighing.outlet or "")
        _remember(phone, weighing.outlet or "")
    elif weighing.giver:
        said["from"] = weighing.giver
    made = draft(ACTIONS[action], subject, said, context=phone.desk.context())
    return made if isinstance(made, Fault | Question) else phone.desk.record(made)


def may_retire(phone: Phone) -> bool:
    """Tell whether who is here may decide that something leaves for good."""
    return Capability.DECIDE in phone.desk.capabilities


def outlets(phone: Phone) -> list[str]:
    """Give the outlets named here lately, the latest first."""
    kept = phone.store.get(_OUTLETS)
    return list(json.loads(kept)) if kept else []


def _remember(phone: Phone, outlet: str) -> None:
    if outlet:
        kept = [outlet, *(each for each in outlets(phone) if each != outlet)]
        with phone.store.writing() as db:
            put(db, _OUTLETS, json.dumps(kept[:MOST_OUTLETS]))


def _month(phone: Phone) -> str:
    return month_of(phone.desk.now_ms(), phone.identity.zone)
