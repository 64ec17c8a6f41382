"""Events: what may be recorded, the one list of kinds, and an event as the fold sees it.

Kinds are `subject.past_participle`. A *physical* event is never refused: it happened. A *decision* has effect
only when its guard holds, and the guard is judged in the fold, never at the door, so that the order of arrival
changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Family(StrEnum):
    """What kind of statement an event makes."""

    PHYSICAL = "physical"
    DECISION = "decision"
    LABEL = "label"
    RETURN = "return"
    WORK = "work"
    MONEY = "money"
    RECORD = "record"
    """About other events or months, never about one item's whereabouts."""
    REFERENCE = "reference"


class Subject(StrEnum):
    """What an event is about."""

    CODE = "code"
    QUANTITY = "quantity"
    """A type with a quantity."""
    EITHER = "either"
    """A code, or a type with a quantity."""
    ANY = "any"
    """A code, a type with a quantity, or nothing."""
    NONE = "none"


class Kind(NamedTuple):
    """One row of the catalogue: family, subject, and the body fields with their types.

    A field's type is `text`, `int`, `bool`, `map` or `list`; a name that ends in `!` is required. Fields that are
    not listed are kept and ignored, because fields are only ever added.
    """

    name: str
    family: Family
    subject: Subject
    fields: Mapping[str, str]


_P, _D, _L, _R = Family.PHYSICAL, Family.DECISION, Family.LABEL, Family.RETURN
_W, _M, _X, _REF = Family.WORK, Family.MONEY, Family.RECORD, Family.REFERENCE
_MASS = {"mass_g": "int"}
_EVIDENCE = {"evidence": "text"}
_DOCUMENT = {"document": "map"}
_ANSWERS = {"checklist": "text", "answers": "map", "checks": "map", "measures": "map", "limits": "map"}
"""Answers to a checklist, as `boucle.answers` keeps them."""

_ROWS: tuple[tuple[str, Family, Subject, dict[str, str]], ...] = (
    (
        "item.commissioned",
        _P,
        Subject.EITHER,
        {"type": "text", "serial": "text", "tare_g": "int", "opening_uses": "int", "origin": "text"},
    ),
    ("item.loaded", _P, Subject.EITHER, {**_EVIDENCE}),
    ("item.unloaded", _P, Subject.EITHER, {**_EVIDENCE}),
    (
        "item.shipped",
        _P,
        Subject.EITHER,
        {"to": "text", "disposition": "text", "supplier_ref": "text", **_MASS, **_EVIDENCE},
    ),
    ("item.delivered", _P, Subject.EITHER, {"disposition": "text", **_EVIDENCE}),
    ("item.emptied", _P, Subject.EITHER, {**_EVIDENCE}),
    ("item.transferred", _P, Subject.EITHER, {"to": "text", "refilled": "bool", **_EVIDENCE}),
    ("item.collected", _P, Subject.EITHER, {**_MASS, **_EVIDENCE}),
    ("item.received", _P, Subject.EITHER, {"from": "text", **_MASS, **_EVIDENCE}),
    (
        "item.sorted",
        _P,
        Subject.EITHER,
        {"verdict!": "text", "grade": "text", "criteria": "text", "reason": "text", **_MASS, **_ANSWERS},
    ),
    ("item.cleaned", _P, Subject.EITHER, {"requalify": "bool", "method": "text"}),
    ("item.moved", _P, Subject.EITHER, {"to": "text", "zone": "text"}),
    ("item.counted", _P, Subject.EITHER, {}),
    ("item.found", _P, Subject.EITHER, {}),
    ("item.treated", _P, Subject.EITHER, {"code!": "text", "mode": "text", "outlet": "text", **_MASS}),
    ("item.held", _D, Subject.CODE, {"reason!": "text"}),
    ("item.unheld", _D, Subject.CODE, {"reason": "text"}),
    ("item.presumed_lost", _D, Subject.CODE, {"cycle": "int"}),
    ("item.written_off", _D, Subject.CODE, {"reason": "text", "charge_cents": "int"}),
    (
        "item.retired",
        _D,
        Subject.EITHER,
        {
            "reason": "text",
            "route": "text",
            "code": "text",
            "mode": "text",
            "outlet": "text",
            **_MASS,
        },
    ),
    ("item.released", _D, Subject.CODE, {"grade": "text", **_ANSWERS}),
    ("item.rejected", _D, Subject.CODE, {"reason": "text", **_ANSWERS}),
    ("stock.adjusted", _D, Subject.QUANTITY, {"reason!": "text"}),
    ("label.minted", _L, Subject.ANY, {"count": "int", "batch": "text"}),
    ("label.bound", _L, Subject.CODE, {}),
    ("label.replaced", _L, Subject.CODE, {"reason": "text"}),
    ("label.voided", _L, Subject.CODE, {"reason": "text"}),
    ("return.announced", _R, Subject.EITHER, {"reason": "text"}),
    ("return.authorised", _R, Subject.EITHER, {"until": "text", "extends": "text"}),
    ("return.refused", _R, Subject.EITHER, {"reason": "text"}),
    ("return.cancelled", _R, Subject.EITHER, {"reason": "text"}),
    ("item.graded", _R, Subject.EITHER, {"grade!": "text", "criteria": "text", **_ANSWERS}),
    (
        "item.disposition_decided",
        _R,
        Subject.EITHER,
        {"disposition!": "text", "proposed": "text", "reason": "text"},
    ),
    (
        "item.disposition_confirmed",
        _R,
        Subject.EITHER,
        {"disposition!": "text", "proposed": "text", "reason": "text", "confirms": "text"},
    ),
    ("work.opened", _W, Subject.CODE, {"reason": "text", "due_ms": "int", "priority": "text", "owner": "text"}),
    (
        "work.diagnosed",
        _W,
        Subject.CODE,
        {"fault": "text", "found": "bool", "estimate_cents": "int", "reason": "text", **_ANSWERS},
    ),
    ("work.quoted", _W, Subject.CODE, {"cents!": "int", "until!": "text", "covers": "text", "owner": "text"}),
    ("work.quote_withdrawn", _W, Subject.CODE, {"quote!": "text", "reason!": "text"}),
    ("work.approved", _W, Subject.CODE, {"quote!": "text", "how": "text"}),
    ("work.declined", _W, Subject.CODE, {"quote!": "text", "how": "text", "reason": "text"}),
    ("work.started", _W, Subject.CODE, {}),
    ("work.stopped", _W, Subject.CODE, {}),
    ("work.held", _W, Subject.CODE, {"reason!": "text"}),
    ("work.unheld", _W, Subject.CODE, {"reason": "text"}),
    ("work.paused", _W, Subject.CODE, {"reason": "text", "parts": "list"}),
    ("work.resumed", _W, Subject.CODE, {}),
    ("work.part_used", _W, Subject.CODE, {"origin": "text"}),
    ("work.part_removed", _W, Subject.CODE, {"type": "text", **_MASS}),
    ("work.repaired", _W, Subject.CODE, {}),
    ("work.not_repairable", _W, Subject.CODE, {"barrier": "text"}),
    ("work.tested", _W, Subject.CODE, {"passed!": "bool", **_DOCUMENT, **_ANSWERS}),
    (
        "work.requalified",
        _W,
        Subject.CODE,
        {
            "certificate": "text",
            "cost_cents": "int",
            "valid_until_ms": "int",
            "certificate_sha256": "text",
            **_DOCUMENT,
            **_ANSWERS,
        },
    ),
    ("work.rejected", _W, Subject.CODE, {"reason": "text", **_ANSWERS}),
    ("work.cancelled", _W, Subject.CODE, {"reason": "text"}),
    ("work.harvested", _W, Subject.CODE, {"parts": "list", "rest_g": "int", **_MASS}),
    ("part.installed", _W, Subject.CODE, {"avoided_cents": "int", "needed": "bool"}),
    ("part.removed", _W, Subject.CODE, {"reason": "text"}),
    ("deposit.charged", _M, Subject.EITHER, {"cents!": "int"}),
    ("deposit.refunded", _M, Subject.EITHER, {"cents!": "int"}),
    ("deposit.forfeited", _M, Subject.EITHER, {"cents!": "int"}),
    ("month.closed", _X, Subject.NONE, {"month!": "text", "digest!": "text", "revision": "int"}),
    ("event.voided", _X, Subject.ANY, {"target!": "text", "reason": "text"}),
    ("event.reviewed", _X, Subject.ANY, {"target!": "text", "contradiction!": "text", "reason!": "text"}),
    ("event.admitted", _X, Subject.NONE, {"target!": "text", "hash": "text", "reason": "text"}),
    ("event.dismissed", _X, Subject.NONE, {"target!": "text", "hash": "text", "reason": "text"}),
    ("scan.noted", _X, Subject.ANY, {"text": "text", "reason": "text"}),
    (
        "stop.validated",
        _X,
        Subject.NONE,
        {"ending!": "text", "version": "int", "counts": "map", "reasons": "map", "note": "text"},
    ),
    ("reception.validated", _X, Subject.NONE, {"version": "int", "counts": "map", "reasons": "map", "note": "text"}),
    (
        "case.answered",
        _X,
        Subject.NONE,
        {"case!": "text", "key!": "text", "n!": "int", "because": "text", "reason": "text", "until": "text"},
    ),
    ("slip.shared", _X, Subject.NONE, {"target!": "text", "until!": "text"}),
    (
        "reference.set",
        _REF,
        Subject.NONE,
        {"table!": "text", "key!": "text", "valid_from!": "int", "row!": "map"},
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({row[0]: Kind(*row) for row in _ROWS})
"""Every kind of major version 1, by name."""

CLAIMS = frozenset({"item.commissioned", "label.bound", "label.replaced"})
"""Kinds by which a code comes to name an item."""

MOVEMENTS = frozenset({"item.shipped", "item.delivered", "item.transferred", "item.collected", "item.received"})
"""Kinds that move custody; the evidence share is taken over them."""

_EMPTY: Mapping[str, Any] = MappingProxyType({})


class Quality:
    """How an event's effective time is known; the byte that is sealed and logged."""

    ANCHORED = 0
    INTERVAL = 1
    WALL = 2


Order = tuple[int, str, str, int, str]
"""`(t_eff, device, epoch, seq, id)`, the one total order of events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as the fold sees it: the payload's keys, its effective time and the key of its subject.

    `subject` is the canonical key of what it is about: a label key such as `C/7K3M…`, `raw:…` for a code that is
    no label, `qty:<event id>` for a type with a quantity, `""` for nothing. `teff` is the frozen effective time
    in milliseconds; `tq` one of `Quality`.
    """

    id: str
    org: str
    dev: str
    epoch: str
    seq: int
    kind: str
    major: int
    teff: int
    tq: int
    subject: str
    code: str = ""
    item_type: str = ""
    qty: int = 0
    other: str = ""
    task: str = ""
    place: str = ""
    against: str = ""
    corrects: str = ""
    body: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    seen: str = ""
    actor: str = ""
    prev: str = ""
    priv: str = ""
    wall: int = 0
    boot: str = ""
    mono: int = 0
    tz: str = ""
    app: str = ""
    photos: tuple[Mapping[str, Any], ...] = ()

    @property
    def order(self) -> Order:
        """The event's own place in the one order of events."""
        return (self.teff, self.dev, self.epoch, self.seq, self.id)

    def text(self, name: str) -> str:
        """Give a text of the body, `""` when it is absent."""
        value = self.body.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Give an integer of the body, 0 when it is absent."""
        value = self.body.get(name, 0)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0


def family_of(kind: str) -> Family:
    """Give the family of a known kind; KeyError for an unknown one."""
    return KINDS[kind].family
