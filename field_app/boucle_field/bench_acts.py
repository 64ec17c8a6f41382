"""What is recorded at the bench: each act as the events that it is, kept before anybody is told.

A repair's events carry one task from its opening on. A part is two events, one in the history of what is repaired and
one in its own; both are undone together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from boucle.answers import body_of, open_steps, passes
from boucle.checklists import Answer, Checklist, Moment, find_checklist
from boucle.codes import Kind, mint
from boucle.events import Event
from boucle.ids import random_characters
from boucle.item import Item, Part
from boucle.lifecycle import OUT, Stage
from boucle.proposing import is_too_dear
from boucle.reasons import Reason
from boucle.telling import Told
from boucle.wire import subject_of
from boucle_field.bench import Ticket, ticket_of, today
from boucle_field.bench_site import place_of
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import About, Step
from boucle_field.stop_events import VOID
from boucle_field.store import put
from boucle_field.undoing import amended, of_task

_FORM: Final = "bench_form"
_CERTIFICATE_CHARACTERS: Final = 6


class PartFound(NamedTuple):
    """A part that was scanned for a repair: what speaks against it, and what it saves if nothing does."""

    code: str
    item: Item
    reasons: tuple[Reason, ...]
    price_cents: int
    mass_g: int

    @property
    def is_reclaimed(self) -> bool:
        """Whether it served before: then a purchase is avoided."""
        part = self.item.part
        return isinstance(part, Part) and (part.recovered or part.requalified)


@dataclass(slots=True)
class Form:
    """What was answered so far of one step of a repair; kept on the phone until it is recorded or left."""

    code: str
    moment: Moment
    checklist: Checklist | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    fault: str = ""
    found: bool | None = None
    estimate_cents: int | None = None
    reason: str = ""
    """Why a thing is repaired whose estimate passes the limit of its type."""

    def answer(self, step_id: str, answer: Answer) -> None:
        """Take an answer; the same again takes it back."""
        before = self.answers.pop(step_id, None)
        if before != answer or isinstance(before, bool) != isinstance(answer, bool):
            self.answers[step_id] = answer

    @property
    def open_steps(self) -> list[str]:
        """The ids of the blocking steps without an answer."""
        return [step.id for step in open_steps(self.checklist, self.answers)] if self.checklist else []

    @property
    def body(self) -> dict[str, Any]:
        """What an event keeps of the answers."""
        return body_of(self.checklist, self.answers) if self.checklist else {}

    @property
    def passes(self) -> bool:
        """Whether nothing in the answers speaks against the thing."""
        return self.checklist is None or passes(self.checklist, self.answers)


def begin_form(phone: Phone, code: str, checklist: Checklist | None, moment: Moment) -> Form:
    """Take up a step where it was left when the app ended, under the version that was answered; else begin it."""
    try:
        kept = json.loads(phone.store.get(_FORM) or "{}")
    except ValueError:
        kept = {}
    if (kept.get("code"), kept.get("moment")) != (code, str(moment)):
        return Form(code=code, moment=moment, checklist=checklist)
    listed = find_checklist(phone.mirror.book(), kept.get("ref", "")) or checklist
    answers = kept.get("answers", {}) if listed is not None and listed.ref == kept.get("ref") else {}
    said = {name: kept[name] for name in ("fault", "found", "estimate_cents", "reason") if name in kept}
    return Form(code, moment, listed, answers, **said)


def keep_form(phone: Phone, form: Form) -> None:
    """Keep what was answered so far."""
    said = {
        "code": form.code,
        "moment": str(form.moment),
        "ref": form.checklist.ref if form.checklist else "",
        "answers": form.answers,
        "fault": form.fault,
        "found": form.found,
        "estimate_cents": form.estimate_cents,
        "reason": form.reason,
    }
    with phone.store.writing() as db:
        put(db, _FORM, json.dumps(said, ensure_ascii=False))


def drop_form(phone: Phone) -> None:
    """Forget what was answered: it is recorded, or was left on purpose."""
    with phone.store.writing() as db:
        put(db, _FORM, "")


def wants_entry_photo(phone: Phone, code: str) -> bool:
    """Tell whether a photo of the thing as it came in is asked for before a repair is opened here."""
    return phone.desk.asks_photo(Draft(kind="work.opened", place=place_of(phone, code)))


def open_ticket(
    phone: Phone, code: str, *, priority: str = "", reason: str = "", photos: tuple[Photo, ...] = ()
) -> Told:
    """Open a repair under a task of its own."""
    body = {name: value for name, value in (("priority", priority), ("reason", reason)) if value}
    task = mint(Kind.TICKET, phone.outbox.randomness).text
    return phone.desk.record(
        Draft(kind="work.opened", code=code, task=task, place=place_of(phone, code), body=body, photos=photos)
    )


def photos_about(phone: Phone, code: str) -> About:
    """Give what the photos of a thing at the bench are taken for: its diagnosis."""
    return About(Step.DIAGNOSIS, code, place_of(phone, code))


def photos_of_diagnosis(phone: Phone, code: str) -> int:
    """Give how many photos are asked for with a diagnosis here."""
    return phone.desk.photos_asked(Draft(kind="work.diagnosed", place=place_of(phone, code)))


def is_dear(phone: Phone, form: Form) -> bool:
    """Tell whether the estimate passes the limit of the type, so that why it is repaired all the same is asked."""
    kind = phone.mirror.book().item_type(ticket_of(phone, form.code).item.type, phone.desk.now_ms())
    return is_too_dear(form.estimate_cents or 0, kind)


def diagnose(phone: Phone, form: Form, photos: tuple[Photo, ...] = ()) -> Told:
    """Record what is wrong, or that nothing is, with the answers of the entry."""
    body: dict[str, Any] = {"found": form.found is not False, **form.body}
    if form.fault:
        body["fault"] = form.fault
    if form.estimate_cents is not None:
        body["estimate_cents"] = form.estimate_cents
        if form.reason and is_dear(phone, form):
            body["reason"] = form.reason
    return _done(phone, _record(phone, form.code, "work.diagnosed", body, photos=photos))


def pause(phone: Phone, code: str, parts: Sequence[str]) -> Told:
    """Let a repair wait for parts, named by their types."""
    return _record(phone, code, "work.paused", {"reason": "parts", **({"parts": list(parts)} if parts else {})})


def resume(phone: Phone, code: str) -> Told:
    """Go on with a repair whose parts are here."""
    return _record(phone, code, "work.resumed")


def look_at_part(phone: Phone, host: str, part: str) -> PartFound:
    """Tell what a part is and what speaks against building it in, before anything is recorded."""
    item = phone.mirror.look(subject_of(part, "", "")).item
    trial = Draft(kind="part.installed", code=part, other=host, place=place_of(phone, host))
    mark = phone.desk.foresee(trial)
    kind = phone.mirror.book().item_type(item.type, phone.desk.now_ms())
    speaks = tuple(reason for reason in mark.reasons if reason is not Reason.UNKNOWN_PLACE)
    return PartFound(part, item, speaks, kind.price_cents, item.tare_g or kind.tare_g)


def use_part(phone: Phone, host: str, part: PartFound) -> Told:
    """Build a part with a number in: the host's history says what was used, its own where it went."""
    origin = "reclaimed" if part.is_reclaimed else "new"
    _record(phone, host, "work.part_used", {"origin": origin}, other=part.code)
    return _record(phone, part.code, "part.installed", {}, other=host, task=_task(phone, host))


def use_new_part(phone: Phone, host: str, item_type: str) -> Told:
    """Build a new part without a number in; it saves nothing."""
    return _record(phone, host, "work.part_used", {"origin": "new", "type": item_type})


def remove_part(phone: Phone, host: str, label: str, item_type: str) -> Told:
    """Take a part out. With a fresh label it begins a life of its own; one that has a number leaves its host."""
    task = _task(phone, host)
    body = {"type": item_type} if item_type else {}
    if phone.mirror.look(subject_of(label, "", "")).known:
        told = _record(phone, label, "part.removed", {}, other=host, task=task)
    else:
        told = _record(phone, label, "item.commissioned", {**body, "origin": "recovered"}, other=host, task=task)
    _record(phone, host, "work.part_removed", body, other=label)
    return told


def start(phone: Phone, code: str) -> Told:
    """Say that hands are on the thing; for how long is the repair's, never a person's."""
    return _record(phone, code, "work.started")


def stop(phone: Phone, code: str) -> Told:
    """Say that hands are off the thing for now."""
    return _record(phone, code, "work.stopped")


def hold(phone: Phone, code: str, reason: str) -> Told:
    """Put a repair on hold; it stays at its stage."""
    return _record(phone, code, "work.held", {"reason": reason})


def unhold(phone: Phone, code: str) -> Told:
    """Let a repair that is on hold go on where it was."""
    return _record(phone, code, "work.unheld")


def repaired(phone: Phone, code: str) -> Told:
    """Say that the hands are done: the thing goes to its test."""
    return _record(phone, code, "work.repaired")


def tested(phone: Phone, form: Form, *, passed: bool) -> Told:
    """Record a test with its measures; one whose limits are broken has failed, whatever was said."""
    return _done(phone, _record(phone, form.code, "work.tested", {"passed": passed and form.passes, **form.body}))


def requalify(phone: Phone, form: Form) -> Told:
    """Let a thing serve again under a certificate; refused here as by the server where it may not."""
    day = today(phone)
    number = random_characters(_CERTIFICATE_CHARACTERS, phone.outbox.randomness)
    body = {"certificate": f"CR-{day[2:].replace('-', '')}-{number}", **form.body}
    return _done(phone, _record(phone, form.code, "work.requalified", body))


def reject(phone: Phone, form: Form, reason: str) -> Told:
    """Send a thing back to the bench from its quality control."""
    return _done(phone, _record(phone, form.code, "work.rejected", {"reason": reason, **form.body}))


def give_up(phone: Phone, code: str, barrier: str) -> Told:
    """Say that a thing is not repaired, and what stands in the way."""
    return _record(phone, code, "work.not_repairable", {"barrier": barrier})


def cancel(phone: Phone, code: str, reason: str) -> Told:
    """Call a repair off; nobody says how it would have ended."""
    return _record(phone, code, "work.cancelled", {"reason": reason})


def harvest(phone: Phone, code: str, parts: Sequence[tuple[str, str, int]], rest_g: int) -> Told:
    """Take a donor apart: `parts` are label, type and grams of each; what has a label begins a life of its own."""
    task = _task(phone, code)
    whole = ticket_of(phone, code).item.tare_g
    listed = [{"type": kind, "mass_g": mass_g, **({"code": label} if label else {})} for label, kind, mass_g in parts]
    told = _record(phone, code, "work.harvested", {"parts": listed, "rest_g": rest_g, "mass_g": whole})
    for label, kind, mass_g in parts:
        if label:
            body = {"type": kind, "origin": "recovered", **({"tare_g": mass_g} if mass_g else {})}
            _record(phone, label, "item.commissioned", body, other=code, task=task)
    return told


def in_service(item: Item) -> bool:
    """Tell whether a thing serves, so that taking it apart or putting it elsewhere wants a second thought."""
    return item.stage in OUT or item.stage in (Stage.AVAILABLE, Stage.LOADED)


def release(phone: Phone, code: str) -> Told:
    """Put a container that was requalified back into service."""
    return _record(phone, code, "item.released")


def store_away(phone: Phone, code: str, place: str) -> Told:
    """Put a product or a part that was requalified away at a site of ours."""
    return _record(phone, code, "item.moved", {"to": place})


def last_act(phone: Phone, ticket: Ticket) -> list[Event]:
    """Give the last act that stands of a repair, as recorded here: one event, or both of a part; none: nothing."""
    gone = amended(phone.store)
    recorded = [event for _, event in of_task(phone.store, ticket.job.task)] if ticket.job.task else []
    standing = [event for event in recorded if event.kind != VOID and event.id not in gone]
    if not standing:
        return []
    last = standing[-1]
    pair = [event for event in standing[-2:-1] if _mirrors(event, last)]
    return [last, *pair]


def undo(phone: Phone, ticket: Ticket) -> Told | None:
    """Take the last act of a repair back, with both its events; None when there is none of this phone's."""
    told = None
    for event in last_act(phone, ticket):
        _, told = phone.desk.undo(event.id)
    return told


def _mirrors(one: Event, other: Event) -> bool:
    return (one.subject, subject_of(one.other, "", "")) == (subject_of(other.other, "", ""), other.subject)


def _record(
    phone: Phone,
    code: str,
    kind: str,
    body: Mapping[str, Any] | None = None,
    *,
    other: str = "",
    task: str = "",
    photos: tuple[Photo, ...] = (),
) -> Told:
    host = code if kind.startswith("work.") else other or code
    return phone.desk.record(
        Draft(
            kind=kind,
            code=code,
            other=other,
            task=task or _task(phone, code),
            place=place_of(phone, host),
            body=dict(body or {}),
            photos=photos,
        )
    )


def _task(phone: Phone, code: str) -> str:
    return ticket_of(phone, code).job.task


def _done(phone: Phone, told: Told) -> Told:
    if told.event_id:
        drop_form(phone)
    return told
