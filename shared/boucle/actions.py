"""The work that can be recorded: every action with its kind and its fields, and what answers make of it.

An action is what a person says (`collect`), a kind what the ledger keeps (`item.collected`). A missing answer is a
question, never a guess; a wrong one a fault, and nothing is recorded. The words are `action.<name>`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from boucle.events import KINDS, Family, Subject
from boucle.fields import Fault, Field, parse
from boucle.lifecycle import Verdict
from boucle.reference import Book, Site
from boucle.roles import NEEDED
from boucle.words import LANGUAGES, say


class Where(StrEnum):
    """Where an action happens, and so what stands in for a place that nobody named."""

    HOME = "home"
    """At a site of ours: this device's, or the only one there is."""
    AWAY = "away"
    """At a partner's site: it must be said, a guess would go to a balance."""
    ANYWHERE = "anywhere"
    """This device's site where it has one; it need not be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a person can do with a scan."""

    name: str
    kind: str
    where: Where
    fields: tuple[Field, ...]

    @property
    def family(self) -> Family:
        """Whether it states a fact or takes a decision, and about what."""
        return KINDS[self.kind].family

    @property
    def takes_quantity(self) -> bool:
        """Whether it can be said of a number of pieces without codes."""
        return KINDS[self.kind].subject is not Subject.CODE

    @property
    def takes_code(self) -> bool:
        """Whether it can be said of one thing with a code."""
        return KINDS[self.kind].subject is not Subject.QUANTITY

    @property
    def needs(self) -> tuple[str, ...]:
        """The capabilities of which one is enough."""
        return tuple(sorted(NEEDED.get(self.kind, ())))

    def word(self, lang: str) -> str:
        """Say what a person does, in one language."""
        return say(f"action.{self.name.replace('-', '_')}", lang)

    def field(self, name: str) -> Field | None:
        """Give a field by its name."""
        return next((each for each in self.fields if each.name == name), None)


_COMMON = (
    Field(name="place", type="place", slot="place"),
    Field(name="task", slot="task"),
    Field(name="note"),
)
_MASS = Field(name="mass_g", type="int")
_GRADE, _REASON = Field(name="grade"), Field(name="reason")
_WHY = Field(name="reason", required=True)
_AGAINST = Field(name="against", slot="against")
_EVIDENCE = Field(name="evidence", choices={"scanned": ("scanné",), "declared": ("déclaré", "declare")})
_TO = Field(name="to", type="place", required=True)
_TREATMENT = (
    Field(name="mode", choices=dict.fromkeys(("reuse", "recycling", "other", "energy", "disposal"), ())),
    Field(name="outlet"),
    _MASS,
)
_ANSWERS = (
    Field(name="checklist"),
    *(Field(name=name, type="map") for name in ("answers", "checks", "measures", "limits")),
)
_PART = Field(name="part", type="code", slot="other")
_HOST = Field(name="host", type="code", slot="other", required=True)
_VERDICTS = {
    Verdict.OK.value: ("bon",),
    Verdict.DIRTY.value: ("sale", "laver", "à laver"),
    Verdict.DAMAGED.value: ("abîmé", "abime", "réparer", "à réparer"),
    Verdict.SCRAP.value: ("rebut",),
}
_SORTING = (Field(name="verdict", required=True, choices=_VERDICTS), _GRADE, Field(name="criteria"), _REASON, _MASS)
_H, _A, _E = Where.HOME, Where.AWAY, Where.ANYWHERE

_ROWS: tuple[tuple[str, str, Where, tuple[Field, ...]], ...] = (
    (
        "commission",
        "item.commissioned",
        _H,
        (
            Field(name="type", type="type", required=True),
            Field(name="serial"),
            Field(name="tare_g", type="int"),
            Field(name="opening_uses", type="int"),
            Field(name="origin", choices={"recovered": ("récupérée",)}),
            Field(name="donor", type="code", slot="other"),
        ),
    ),
    ("bind", "label.bound", _E, (Field(name="item", type="code", slot="other", required=True),)),
    ("replace", "label.replaced", _E, (Field(name="old", type="code", slot="other", required=True), _REASON)),
    ("void-label", "label.voided", _E, (_REASON,)),
    ("load", "item.loaded", _H, (Field(name="into", type="code", slot="other"), _EVIDENCE)),
    ("unload", "item.unloaded", _H, (Field(name="out_of", type="code", slot="other"), _EVIDENCE)),
    ("ship", "item.shipped", _H, (_TO, _MASS, _EVIDENCE)),
    ("deliver", "item.delivered", _A, (_EVIDENCE,)),
    ("empty", "item.emptied", _A, (_EVIDENCE,)),
    ("transfer", "item.transferred", _A, (_TO, Field(name="refilled", type="bool"), _EVIDENCE)),
    ("collect", "item.collected", _A, (_MASS, _EVIDENCE)),
    (
        "receive",
        "item.received",
        _H,
        (Field(name="from", type="place"), _AGAINST, _MASS, _EVIDENCE),
    ),
    ("return", "item.received", _H, (Field(name="from", type="place"), _AGAINST, _EVIDENCE)),
    ("sort", "item.sorted", _H, _SORTING),
    ("control", "item.sorted", _H, (*_SORTING, *_ANSWERS)),
    ("clean", "item.cleaned", _H, (Field(name="requalify", type="bool"), Field(name="method"))),
    (
        "move",
        "item.moved",
        _H,
        (Field(name="to", type="place", required=True, unless="zone"), Field(name="zone")),
    ),
    ("count", "item.counted", _E, ()),
    ("find", "item.found", _E, ()),
    ("treat", "item.treated", _E, (Field(name="code", required=True), _AGAINST, *_TREATMENT)),
    (
        "open-repair",
        "work.opened",
        _H,
        (_REASON, Field(name="priority"), Field(name="due_ms", type="int"), Field(name="owner")),
    ),
    (
        "diagnose",
        "work.diagnosed",
        _H,
        (
            Field(name="fault"),
            Field(name="found", type="bool"),
            Field(name="estimate_cents", type="int"),
            _REASON,
            *_ANSWERS,
        ),
    ),
    ("start-repair", "work.started", _H, ()),
    ("stop-repair", "work.stopped", _H, ()),
    ("hold-repair", "work.held", _H, (_WHY,)),
    ("unhold-repair", "work.unheld", _H, (_REASON,)),
    ("await-parts", "work.paused", _H, (_REASON, Field(name="parts", type="list"))),
    ("resume-repair", "work.resumed", _H, ()),
    ("use-part", "work.part_used", _H, (_PART, Field(name="origin", choices={"new": ("neuve",), "reclaimed": ()}))),
    ("remove-part", "work.part_removed", _H, (_PART, Field(name="type", type="type"), _MASS)),
    ("install", "part.installed", _H, (_HOST, Field(name="needed", type="bool"))),
    ("take-out", "part.removed", _H, (_HOST, _REASON)),
    ("repaired", "work.repaired", _H, ()),
    ("test", "work.tested", _H, (Field(name="passed", type="bool", required=True), *_ANSWERS)),
    ("requalify", "work.requalified", _H, (Field(name="certificate"), Field(name="cost_cents", type="int"), *_ANSWERS)),
    ("send-back", "work.rejected", _H, (_REASON, *_ANSWERS)),
    ("give-up", "work.not_repairable", _H, (Field(name="barrier", required=True),)),
    ("call-off", "work.cancelled", _H, (_REASON,)),
    ("harvest", "work.harvested", _H, (Field(name="parts", type="list"), Field(name="rest_g", type="int"), _MASS)),
    ("hold", "item.held", _E, (_WHY,)),
    ("unhold", "item.unheld", _E, (_REASON,)),
    ("write-off", "item.written_off", _E, (_REASON, Field(name="charge_cents", type="int"))),
    (
        "retire",
        "item.retired",
        _H,
        (
            _REASON,
            Field(name="route", choices=dict.fromkeys(("recycling", "disposal", "resale", "donate"), ())),
            Field(name="code"),
            *_TREATMENT,
        ),
    ),
    ("release", "item.released", _E, (_GRADE, *_ANSWERS)),
    ("reject", "item.rejected", _E, (_REASON, *_ANSWERS)),
    ("adjust", "stock.adjusted", _H, (_WHY,)),
    ("note", "scan.noted", _E, (_REASON,)),
)

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {name: Action(name=name, kind=kind, where=where, fields=(*_COMMON, *fields)) for name, kind, where, fields in _ROWS}
)
"""Every action by its name."""


class Amount(NamedTuple):
    """So many pieces of a type, where there is no code to scan."""

    item_type: str
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known before a scan: the reference data, the place and the task that it stands in, our own sites."""

    book: Book
    now_ms: int
    place: str = ""
    task: str = ""
    site: str = ""
    own_sites: tuple[Site, ...] = ()

    @property
    def home(self) -> str:
        """The site of ours where work happens: this device's own, else the only one there is."""
        if self.site:
            return self.site
        return self.own_sites[0].key if len(self.own_sites) == 1 else ""

    def is_partner(self, place: str) -> bool:
        """Tell whether a place is known to be a partner's."""
        return bool(self.book.site(place, self.now_ms).partner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What happened, before anybody records it: a kind, its subject (a code, or a type with a quantity), its body."""

    kind: str
    code: str = ""
    item_type: str = ""
    qty: int | None = None
    other: str = ""
    task: str = ""
    place: str = ""
    against: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    """What a person wrote beside it; it may be erased later."""


class Question(NamedTuple):
    """The field that must be answered before the action can be recorded."""

    field: Field


def find_action(text: str) -> Action | None:
    """Give an action by its name, or by its word in either language, with or without accents."""
    wanted = _plain(text)
    for action in ACTIONS.values():
        names = (action.name, *(action.word(lang) for lang in LANGUAGES))
        if wanted in map(_plain, names):
            return action
    return None


def act(
    action: Action, subject: str | Amount, answers: Mapping[str, object], *, context: Context
) -> Act | Question | Fault:
    """Give what an action with these answers says of a code or an amount; a question or a fault otherwise."""
    fault = _unfit(action, subject)
    if fault is not None:
        return fault
    unknown = next((name for name in answers if action.field(name) is None), None)
    if unknown is not None:
        names = ", ".join(each.name for each in action.fields)
        return Fault("phone.no_field", {"field": unknown[:40], "action": action.name, "fields": names})
    values: dict[str, Any] = {}
    for wanted in action.fields:
        if wanted.name in answers:
            value = parse(wanted, answers[wanted.name], context.book)
            if isinstance(value, Fault):
                return value
            values[wanted.name] = value
    _fill(action, values, context)
    missing = _missing(action, values, by_amount=isinstance(subject, Amount))
    return Question(missing) if missing is not None else _made(action, subject, values)


def _unfit(action: Action, subject: str | Amount) -> Fault | None:
    if not isinstance(subject, Amount):
        return None if action.takes_code else Fault("phone.needs_quantity", {"action": action.name})
    if not action.takes_quantity:
        return Fault("phone.needs_code", {"action": action.name})
    if subject.qty < 1 and action.name not in ("count", "adjust"):
        return Fault("phone.bad_value", {"field": "qty", "value": str(subject.qty)})
    return None


def _fill(action: Action, values: dict[str, Any], context: Context) -> None:
    """Complete the answers with what the context knows; a place that is a partner's tells where a shipment goes."""
    if context.place:
        values.setdefault("place", context.place)
    if context.task:
        values.setdefault("task", context.task)
    if action.name == "ship" and "to" not in values and context.is_partner(values.get("place", "")):
        values["to"] = values.pop("place")
    if action.where is not Where.AWAY and context.home:
        values.setdefault("place", context.home)


def _missing(action: Action, values: Mapping[str, Any], *, by_amount: bool) -> Field | None:
    for wanted in action.fields:
        if wanted.name in values or wanted.unless in values or (by_amount and wanted.type == "type"):
            continue
        if wanted.required or (wanted.name == "place" and action.where is not Where.ANYWHERE):
            return wanted
    return None


def _made(action: Action, subject: str | Amount, values: dict[str, Any]) -> Act:
    note = values.pop("note", "")
    slots = {each.slot: values.pop(each.name) for each in action.fields if each.slot and each.name in values}
    amount = subject if isinstance(subject, Amount) else None
    return Act(
        kind=action.kind,
        code="" if isinstance(subject, Amount) else subject,
        item_type=amount.item_type if amount else "",
        qty=amount.qty if amount else None,
        body=values,
        note=str(note),
        **slots,
    )


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.strip().casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).replace("_", "-")
