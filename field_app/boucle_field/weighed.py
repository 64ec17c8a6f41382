"""What is weighed: volumes that arrive, and what leaves for its treatment, step by step until one mass completes it.

What was said stays for the next weighing: the type and who gave it, or the treatment and its outlet.
"""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from boucle.actions import ACTIONS, Amount, Question
from boucle.clock import month_of
from boucle.fields import Fault
from boucle.lifecycle import Stage
from boucle.roles import Capability
from boucle.telling import Told
from boucle.treatment import Route, code_map, normal, route
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


class Treatment(NamedTuple):
    """What becomes of a mass: the D/R code with its mode, or a resale or gift that is no waste."""

    code: str = ""
    mode: str = ""
    route: str = ""


COMMON: Final = (
    Treatment("R3", "recycling", "recycling"),
    Treatment("R4", "", "recycling"),
    Treatment("R1", "", "recycling"),
    Treatment("R12", "", "recycling"),
    Treatment("D10", "", "disposal"),
    Treatment("D5", "", "disposal"),
    Treatment("", "", "resale"),
    Treatment("", "", "donate"),
)
"""What is chosen most; the words are `screen.treatment.<code or route>`. Any other code is typed."""


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
    return code_map(_month(phone)).modes.get(normal(code), ())


def treatment_of(phone: Phone, text: str) -> Treatment | None:
    """Give the treatment of a typed D/R code, None for one that nobody knows."""
    code = normal(text)
    if code not in code_map(_month(phone)).modes:
        return None
    return Treatment(code, "", "disposal" if route(code, "", _month(phone)) is Route.DISPOSAL else "recycling")


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
    action = "receive"
    if weighing.job is Job.TREATMENT:
        action = _leaving(phone, weighing)
        what = weighing.treatment or Treatment()
        said |= {name: value for name in ("code", "mode") if (value := getattr(what, name))}
        said |= {"outlet": weighing.outlet} if weighing.outlet else {}
        said |= {"route": what.route} if action == "retire" else {}
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


def _leaving(phone: Phone, weighing: Weighing) -> str:
    """Give the action: what is retired already is treated, anything else is retired by the same act."""
    stage = phone.mirror.look(weighing.code).item.stage if weighing.code else ""
    return "treat" if stage == Stage.RETIRED else "retire"


def _remember(phone: Phone, outlet: str) -> None:
    if outlet:
        kept = [outlet, *(each for each in outlets(phone) if each != outlet)]
        with phone.store.writing() as db:
            put(db, _OUTLETS, json.dumps(kept[:MOST_OUTLETS]))


def _month(phone: Phone) -> str:
    return month_of(phone.desk.now_ms(), phone.identity.zone)
