"""What is recorded about returned products after their receipt: grades, decisions, what is carried out, refusals.

Every act names its return. What an act is about is one numbered product, or so many of a type without numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from boucle.checklists import Moment, checklist_for
from boucle.clock import day_after, day_of
from boucle.events import Event
from boucle.grades import CRITERIA
from boucle.lifecycle import OUT, Disposition, ReturnStage
from boucle.proposing import KIND_OF, propose
from boucle.return_counts import Return, back_of
from boucle.return_rules import needs_manager, rule_for
from boucle.roles import may_record
from boucle.telling import Told
from boucle_field.bench_acts import Form, begin_form, drop_form
from boucle_field.outbox import Draft, as_event
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.returns import Product
from boucle_field.stop_events import VOID
from boucle_field.undoing import amended

_OF_RETURN: Final = (
    "SELECT payload, teff, tq, wall_ms FROM outbox WHERE instr(CAST(payload AS TEXT), :rma) > 0"
    " AND :rma IN (json_extract(CAST(payload AS TEXT), '$.against'), json_extract(CAST(payload AS TEXT), '$.task'))"
    " ORDER BY n DESC"
)
CONFIRMED: Final = "item.disposition_confirmed"
BY_REPAIR: Final = frozenset({Disposition.REPAIR, Disposition.REFURBISH})


class Step(StrEnum):
    """What is done next with what came back; the words are `screen.return.step.<value>`."""

    RECEIVE = "receive"
    GRADE = "grade"
    DECIDE = "decide"
    CARRY_OUT = "carry_out"
    SUPPLIER = "supplier"
    """Its maker has what was sent back to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an act is about: a product by its code, or `n` of a type; of a quantity its grade and its end."""

    rma: str
    code: str = ""
    item_type: str = ""
    n: int = 1
    most: int = 1
    grade: str = ""
    disposition: str = ""


def step_of(phone: Phone, product: Product) -> Step | None:
    """Give what a product waits for that who is here may do; None when somebody else has it, or nobody."""
    stage = product.stage
    if product.comes:
        wanted, kind = Step.RECEIVE, "item.received"
    elif stage == ReturnStage.RECEIVED:
        wanted, kind = Step.GRADE, "item.graded"
    elif stage == ReturnStage.GRADED:
        wanted, kind = Step.DECIDE, CONFIRMED if product.back.asked else "item.disposition_decided"
    elif stage == ReturnStage.IN_TREATMENT and product.back.disposition == Disposition.SUPPLIER:
        wanted, kind = Step.SUPPLIER, "item.delivered"
    elif stage == ReturnStage.DISPOSED_TO and product.item.stage not in OUT:
        wanted, kind = Step.CARRY_OUT, kind_of(product.back.disposition)
    else:
        return None
    return wanted if may_record(phone.desk.capabilities, kind) else None


def loose_steps(phone: Phone, of: Return) -> list[tuple[Step, About]]:
    """Give what waits of each line without numbers, and how many of it."""
    found = []
    for each in of.counts:
        waits = (
            (Step.GRADE, "item.graded", each.to_grade),
            (Step.DECIDE, "item.disposition_decided", each.to_decide),
            (Step.CARRY_OUT, "item.moved", each.to_do),
            (Step.SUPPLIER, "item.delivered", each.at_supplier),
        )
        if not is_loose(phone, each.line.type):
            continue
        for step, kind, n in waits:
            if n and may_record(phone.desk.capabilities, kind):
                found.append((step, About(rma=of.rma, item_type=each.line.type, n=n, most=n)))
    return found


def is_loose(phone: Phone, item_type: str) -> bool:
    """Tell whether things of a type carry no numbers."""
    kind = phone.mirror.book().item_type(item_type, phone.desk.now_ms())
    return not (kind.known and kind.serialised)


def kind_of(disposition: str) -> str:
    """Give the kind of event by which a decision is carried out."""
    if disposition in BY_REPAIR:
        return "work.opened"
    return "work.harvested" if disposition == Disposition.HARVEST else KIND_OF.get(disposition, "item.moved")


def proposed(phone: Phone, about: About) -> str:
    """Give what the rule proposes, `""` for nothing."""
    item = phone.mirror.look(about.code).item if about.code else None
    grade, key = (item.grade, item.type) if item else (about.grade, about.item_type)
    return str(propose(phone.mirror.book(), key, grade, at_ms=phone.desk.now_ms()) or "")


def is_above(phone: Phone, about: About) -> bool:
    """Tell whether it is for a manager to say what becomes of it: it is worth more than the rule of its type says."""
    key = phone.mirror.look(about.code).item.type if about.code else about.item_type
    return needs_manager(phone.mirror.book(), key, about.n, at_ms=phone.desk.now_ms())


def may_confirm(phone: Phone) -> bool:
    """Tell whether who is here may decide whatever the value."""
    return may_record(phone.desk.capabilities, CONFIRMED)


def form_of(phone: Phone, about: About) -> Form:
    """Give the control that the type is held to, with what was answered so far of this product, or this quantity."""
    item_type = phone.mirror.look(about.code).item.type if about.code else about.item_type
    listed = checklist_for(phone.mirror.book(), item_type, Moment.CONTROL, at_ms=phone.desk.now_ms())
    return begin_form(phone, about.code or f"{about.rma}:{about.item_type}", listed, Moment.CONTROL)


def grade(phone: Phone, about: About, said: str, photos: tuple[Photo, ...] = ()) -> Told:
    """Record a grade under the written criteria, with the answers to the control and the photo that shows why."""
    body = {"grade": said, "criteria": CRITERIA, **form_of(phone, about).body}
    told = _record(phone, about, "item.graded", body, photos=photos)
    if told.event_id:
        drop_form(phone)
    return told


def wants_photo(phone: Phone, about: About, said: str) -> bool:
    """Tell whether the site asks for a photo of what is graded so; without it the grade counts, and a person looks."""
    return bool(about.code) and phone.desk.asks_photo(_draft(phone, about, "item.graded", {"grade": said}))


def decide(phone: Phone, about: About, chosen: str, *, reason: str = "") -> Told:
    """Record what becomes of it, what was proposed, and why it is something else.

    What a manager says of what is worth more than others may decide about counts at once; else it waits for one.
    """
    body = {"disposition": chosen, "proposed": before(phone, about), "reason": reason}
    last_word = may_confirm(phone) and is_above(phone, about)
    kind = CONFIRMED if last_word else "item.disposition_decided"
    return _record(phone, about, kind, {name: value for name, value in body.items() if value})


def before(phone: Phone, about: About) -> str:
    """Give what stands there to be confirmed: for a manager what somebody decided, else what the rule proposes."""
    asked = back_of(phone.mirror.look(about.code).item).asked if about.code else ""
    return asked if asked and may_confirm(phone) else proposed(phone, about)


def store_away(phone: Phone, about: About, zone: str) -> Told:
    """Put it back into stock, in a zone."""
    return _record(phone, about, "item.moved", {"zone": zone})


def send(phone: Phone, about: About, place: str, *, supplier_ref: str = "") -> Told:
    """Send it where it was decided to go; to its maker with the number of their agreement, where they gave one."""
    to_supplier = goes_to_supplier(phone, about)
    body = {"to": place, "disposition": str(Disposition.SUPPLIER) if to_supplier else "", "supplier_ref": supplier_ref}
    return _record(phone, about, "item.shipped", {name: value for name, value in body.items() if value})


def goes_to_supplier(phone: Phone, about: About) -> bool:
    """Tell whether something goes back to its maker."""
    decided = back_of(phone.mirror.look(about.code).item).disposition if about.code else about.disposition
    return decided == Disposition.SUPPLIER


def supplier_has(phone: Phone, about: About, place: str = "") -> Told:
    """Say that its maker has received it, which ends the return; of a product it is known where that is."""
    where = phone.mirror.look(about.code).item.place if about.code else place
    draft = _draft(phone, about, "item.delivered", {"disposition": str(Disposition.SUPPLIER)})
    return phone.desk.record(replace(draft, place=where))


def answer(phone: Phone, about: About, kind: str, *, reason: str = "", until: str = "") -> Told:
    """Record a yes, a no or a calling off of what was announced."""
    body = {name: value for name, value in (("reason", reason), ("until", until)) if value}
    return _record(phone, about, kind, body, answers=True)


def authorise(phone: Phone, of: Return, products: list[Product]) -> list[Told]:
    """Record a yes to all that waits for an answer."""
    asked = [each for each in products if each.stage == ReturnStage.REQUESTED]
    told = [
        answer(phone, About(rma=of.rma, code=each.code), "return.authorised", until=last_day(phone, each.item.type))
        for each in asked
    ]
    for each in of.counts:
        loose = each.to_answer - sum(1 for one in asked if one.item.type == each.line.type)
        if loose > 0:
            about = About(rma=of.rma, item_type=each.line.type, n=loose)
            told.append(answer(phone, about, "return.authorised", until=last_day(phone, each.line.type)))
    return told


def last_day(phone: Phone, item_type: str) -> str:
    """Give the last day to send something back, if it is authorised now, `""` for none: by the rule of its type."""
    now = phone.desk.now_ms()
    days = rule_for(phone.mirror.book(), item_type, at_ms=now).days
    return day_after(day_of(now, phone.identity.zone), days) if days else ""


def to_refuse(of: Return, products: list[Product]) -> list[About]:
    """Give what can still be refused, or called off: so many of each type, those with a number apart."""
    found = []
    for each in of.counts:
        numbered = sum(1 for one in products if one.comes and one.item.type == each.line.type)
        if (loose := each.line.coming - numbered) > 0:
            found.append(About(rma=of.rma, item_type=each.line.type, n=loose, most=loose))
    return found


def last_act(phone: Phone, rma: str, code: str = "") -> Event | None:
    """Give the last act of this phone about a return, or a product in it, that still stands."""
    return next((event for event in acts_of(phone, rma) if code in ("", event.code)), None)


def acts_of(phone: Phone, rma: str) -> Iterator[Event]:
    """Give the acts of this phone about a return that still stand, the last first."""
    gone = amended(phone.store)
    with phone.store.reading() as db:
        rows = db.execute(_OF_RETURN, {"rma": rma}).fetchall()
    for payload, teff, tq, wall in rows:
        event = as_event(payload, wall if teff is None else teff, tq)
        if event.kind != VOID and event.id not in gone:
            yield event


def undo(phone: Phone, rma: str, code: str = "") -> Told | None:
    """Take the last act back; None when there is none of this phone's."""
    last = last_act(phone, rma, code)
    return None if last is None else phone.desk.undo(last.id)[1]


def _record(
    phone: Phone,
    about: About,
    kind: str,
    body: Mapping[str, Any],
    *,
    answers: bool = False,
    photos: tuple[Photo, ...] = (),
) -> Told:
    return phone.desk.record(_draft(phone, about, kind, body, answers=answers, photos=photos))


def _draft(
    phone: Phone,
    about: About,
    kind: str,
    body: Mapping[str, Any],
    *,
    answers: bool = False,
    photos: tuple[Photo, ...] = (),
) -> Draft:
    item = phone.mirror.look(about.code).item if about.code else None
    return Draft(
        kind=kind,
        code=about.code,
        item_type="" if about.code else about.item_type,
        qty=None if about.code else about.n,
        place=(item.site if item else "") or phone.desk.context().home,
        task=about.rma if answers else "",
        against="" if answers else about.rma,
        body=body,
        photos=photos,
    )
