"""Lifecycles: the stages of a container, a returned product and a repair, as tables.

A row says which event leads from which stages to which stage, and its CBV business step and disposition; who may
record it is `boucle.roles.NEEDED`. The fold asks `target`; docs/lifecycle.md is written from both.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Stage(StrEnum):
    """Where a container stands in its loop."""

    ENCODED = "encoded"
    AVAILABLE = "available"
    LOADED = "loaded"
    OUTBOUND = "outbound"
    AT_PARTNER = "at_partner"
    RETURN_READY = "return_ready"
    INBOUND = "inbound"
    RECEIVED = "received"
    CLEANING = "cleaning"
    IN_REPAIR = "in_repair"
    REQUALIFYING = "requalifying"
    LOST = "lost"
    RETIRED = "retired"


HOME = frozenset(
    {
        Stage.ENCODED,
        Stage.AVAILABLE,
        Stage.LOADED,
        Stage.RECEIVED,
        Stage.CLEANING,
        Stage.IN_REPAIR,
        Stage.REQUALIFYING,
    }
)
"""Stages in which the item stands at one of our own sites. A hold is a flag beside the stage, not a stage."""
HELD = frozenset({Stage.AT_PARTNER, Stage.RETURN_READY})
OUT = frozenset({Stage.OUTBOUND, Stage.AT_PARTNER, Stage.RETURN_READY, Stage.INBOUND})
GONE = frozenset({Stage.RETIRED, Stage.LOST})
"""Stages in which the item is not in the pool any more."""


class Verdict(StrEnum):
    """What sorting decided."""

    OK = "ok"
    DIRTY = "dirty"
    DAMAGED = "damaged"
    SCRAP = "scrap"


class Transition(NamedTuple):
    """One row: from any of `sources`, `kind` (with `qualifier`) leads to `target`, `""` when the stage stays."""

    sources: tuple[str, ...]
    kind: str
    qualifier: str
    target: str
    biz_step: str = ""
    disposition: str = ""


def _stages(*stages: Stage) -> tuple[str, ...]:
    return tuple(stages)


_HOME = tuple(sorted(HOME))
_S = Stage

CONTAINER: tuple[Transition, ...] = (
    Transition(_stages(_S.ENCODED), "item.commissioned", "", _S.AVAILABLE, "commissioning", "active"),
    Transition(_stages(_S.AVAILABLE, _S.LOADED), "item.loaded", "", _S.LOADED, "packing", "in_progress"),
    Transition(_stages(_S.LOADED), "item.unloaded", "", _S.AVAILABLE, "unpacking", "in_progress"),
    Transition(_HOME, "item.shipped", "", _S.OUTBOUND, "shipping", "in_transit"),
    Transition(_stages(_S.OUTBOUND), "item.delivered", "", _S.AT_PARTNER, "receiving", "in_progress"),
    Transition(_stages(_S.AT_PARTNER, _S.RETURN_READY), "item.emptied", "", _S.RETURN_READY, "unpacking"),
    Transition(_stages(*HELD), "item.transferred", "", _S.AT_PARTNER, "shipping", "in_transit"),
    Transition(_stages(*HELD), "item.collected", "", _S.INBOUND, "collecting", "in_transit"),
    Transition(_stages(_S.INBOUND, _S.OUTBOUND), "item.received", "", _S.RECEIVED, "receiving", "returned"),
    Transition(_HOME, "item.sorted", Verdict.OK, _S.AVAILABLE, "inspecting", "conformant"),
    Transition(_HOME, "item.sorted", Verdict.DIRTY, _S.CLEANING, "inspecting", "non_conformant"),
    Transition(_HOME, "item.sorted", Verdict.DAMAGED, _S.IN_REPAIR, "inspecting", "damaged"),
    Transition(_HOME, "item.sorted", Verdict.SCRAP, _S.RECEIVED, "inspecting", "needs_replacement"),
    Transition(_HOME, "item.cleaned", "", _S.AVAILABLE),
    Transition(_HOME, "item.cleaned", "requalify", _S.REQUALIFYING),
    Transition(_stages(_S.IN_REPAIR), "work.repaired", "", _S.REQUALIFYING, "repairing", "in_progress"),
    Transition(_stages(_S.REQUALIFYING), "item.released", "", _S.AVAILABLE, "inspecting", "available"),
    Transition(
        _stages(_S.REQUALIFYING, _S.RECEIVED),
        "item.rejected",
        "",
        _S.IN_REPAIR,
        "inspecting",
        "non_conformant",
    ),
    Transition(_HOME, "item.retired", "", _S.RETIRED, "decommissioning", "inactive"),
    Transition((*_HOME, *sorted(OUT)), "item.written_off", "", _S.LOST, "", "unknown"),
)


class ReturnStage(StrEnum):
    """Where a returned product stands, from its announcement to its disposition."""

    REQUESTED = "requested"
    AUTHORISED = "authorised"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    GRADED = "graded"
    DISPOSED_TO = "disposed_to"
    IN_TREATMENT = "in_treatment"
    CLOSED = "closed"


class Disposition(StrEnum):
    """What becomes of a returned product."""

    RESTOCK = "restock"
    REPAIR = "repair"
    REFURBISH = "refurbish"
    HARVEST = "harvest"
    SUPPLIER = "supplier"
    RESALE = "resale"
    DONATE = "donate"
    RECYCLE = "recycle"
    ENERGY = "energy"
    DISPOSE = "dispose"
    SEND_BACK = "send_back"


_R = ReturnStage

RETURNED_PRODUCT: tuple[Transition, ...] = (
    Transition(("",), "return.announced", "", _R.REQUESTED),
    Transition((_R.REQUESTED, _R.AUTHORISED), "return.authorised", "", _R.AUTHORISED),
    Transition((_R.REQUESTED,), "return.refused", "", _R.REFUSED),
    Transition((_R.REQUESTED, _R.AUTHORISED), "return.cancelled", "", _R.CANCELLED),
    Transition((_R.REQUESTED, _R.AUTHORISED), "item.collected", "", _R.IN_TRANSIT, "collecting"),
    Transition((_R.REQUESTED, _R.AUTHORISED, _R.IN_TRANSIT), "item.received", "", _R.RECEIVED, "receiving"),
    Transition(("",), "item.received", "blind", _R.RECEIVED, "receiving", "returned"),
    Transition((_R.RECEIVED, _R.GRADED), "item.graded", "", _R.GRADED, "inspecting"),
    Transition((_R.GRADED,), "item.disposition_decided", "", _R.DISPOSED_TO),
    Transition((_R.GRADED,), "item.disposition_decided", "above_value", _R.GRADED),
    Transition((_R.GRADED,), "item.disposition_confirmed", "", _R.DISPOSED_TO),
    Transition((_R.DISPOSED_TO,), "work.opened", "", _R.IN_TREATMENT, "repairing"),
    Transition((_R.DISPOSED_TO,), "item.moved", "", _R.CLOSED, "stocking", "available"),
    Transition((_R.DISPOSED_TO,), "item.shipped", "", _R.CLOSED, "shipping"),
    Transition((_R.DISPOSED_TO,), "item.shipped", "supplier", _R.IN_TREATMENT, "shipping", "returned"),
    Transition((_R.IN_TREATMENT,), "item.delivered", "", _R.CLOSED, "receiving"),
    Transition((_R.DISPOSED_TO, _R.IN_TREATMENT), "work.harvested", "", _R.CLOSED, "disassembling"),
    Transition((_R.DISPOSED_TO, _R.IN_TREATMENT), "item.retired", "", _R.CLOSED, "decommissioning", "inactive"),
    Transition((_R.DISPOSED_TO,), "item.treated", "", _R.CLOSED, "destroying", "disposed"),
    Transition((_R.IN_TREATMENT,), "work.requalified", "", _R.CLOSED),
    Transition((_R.IN_TREATMENT,), "work.not_repairable", "", _R.GRADED),
    Transition((_R.IN_TREATMENT,), "work.cancelled", "", _R.GRADED),
    Transition((_R.IN_TREATMENT,), "work.declined", "", _R.GRADED),
)


class WorkStage(StrEnum):
    """Where a repair stands."""

    OPEN = "open"
    DIAGNOSED = "diagnosed"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    IN_REPAIR = "in_repair"
    TESTING = "testing"
    WAITING = "waiting"
    QUALITY_CONTROL = "quality_control"
    REQUALIFIED = "requalified"
    RETURNED_TO_USE = "returned_to_use"
    NOT_REPAIRABLE = "not_repairable"
    HARVESTED = "harvested"
    CANCELLED = "cancelled"


_W = WorkStage
_TO_START = (_W.OPEN, _W.DIAGNOSED, _W.AWAITING_APPROVAL, _W.APPROVED)
_AT_WORK = (*_TO_START[1:], _W.IN_REPAIR, _W.WAITING)
_BUSY = (*_TO_START, _W.IN_REPAIR, _W.WAITING, _W.TESTING, _W.QUALITY_CONTROL)
_OVER = ("", _W.REQUALIFIED, _W.RETURNED_TO_USE, _W.NOT_REPAIRABLE, _W.HARVESTED, _W.CANCELLED)
BUSY: frozenset[str] = frozenset(_BUSY)
"""Stages of a repair that is not over. That it is on hold is a flag beside its stage, to which it goes back."""

WORK: tuple[Transition, ...] = (
    Transition(_OVER, "work.opened", "", _W.OPEN, "repairing"),
    Transition((_W.OPEN, _W.DIAGNOSED), "work.diagnosed", "", _W.DIAGNOSED, "inspecting"),
    Transition((_W.AWAITING_APPROVAL, _W.APPROVED), "work.diagnosed", "", "", "inspecting"),
    Transition(_AT_WORK, "work.quoted", "", _W.AWAITING_APPROVAL),
    Transition(_TO_START[1:], "work.quoted", "agreed", _W.APPROVED),
    Transition((_W.IN_REPAIR, _W.WAITING), "work.quoted", "agreed", ""),
    Transition((_W.AWAITING_APPROVAL,), "work.quote_withdrawn", "", _W.DIAGNOSED),
    Transition(tuple(each for each in _BUSY if each != _W.AWAITING_APPROVAL), "work.quote_withdrawn", "", ""),
    Transition((_W.AWAITING_APPROVAL, _W.DIAGNOSED), "work.approved", "", _W.APPROVED),
    Transition((_W.APPROVED, _W.IN_REPAIR, _W.WAITING, _W.TESTING, _W.QUALITY_CONTROL), "work.approved", "", ""),
    Transition(_BUSY, "work.declined", "", _W.CANCELLED),
    Transition((*_TO_START, _W.IN_REPAIR, _W.WAITING), "work.started", "", _W.IN_REPAIR, "repairing"),
    Transition(_BUSY, "work.stopped", "", ""),
    Transition((_W.OPEN, _W.DIAGNOSED, _W.APPROVED, _W.IN_REPAIR), "work.paused", "", _W.WAITING),
    Transition((_W.WAITING,), "work.resumed", "", _W.IN_REPAIR, "repairing"),
    Transition(_AT_WORK, "work.part_used", "", _W.IN_REPAIR, "installing"),
    Transition(_AT_WORK, "work.part_removed", "", _W.IN_REPAIR, "removing"),
    Transition((*_TO_START, _W.IN_REPAIR, _W.WAITING), "work.repaired", "", _W.TESTING, "repairing"),
    Transition((_W.TESTING,), "work.tested", "passed", _W.QUALITY_CONTROL, "inspecting"),
    Transition((_W.TESTING, _W.QUALITY_CONTROL), "work.tested", "failed", _W.IN_REPAIR, "inspecting"),
    Transition((_W.QUALITY_CONTROL,), "work.requalified", "", _W.REQUALIFIED, "inspecting", "available"),
    Transition((_W.QUALITY_CONTROL,), "work.rejected", "", _W.IN_REPAIR, "inspecting"),
    Transition(_BUSY, "work.held", "", "", "holding"),
    Transition(_BUSY, "work.unheld", "", ""),
    Transition(_BUSY, "work.not_repairable", "", _W.NOT_REPAIRABLE, "inspecting"),
    Transition(_BUSY, "work.cancelled", "", _W.CANCELLED),
    Transition((*_BUSY, "", _W.NOT_REPAIRABLE, _W.CANCELLED), "work.harvested", "", _W.HARVESTED, "disassembling"),
    Transition((*_BUSY, _W.REQUALIFIED), "item.released", "", _W.RETURNED_TO_USE, "inspecting", "available"),
    Transition((_W.REQUALIFIED,), "item.moved", "", _W.RETURNED_TO_USE, "stocking", "available"),
    Transition((_W.REQUALIFIED,), "item.shipped", "", _W.RETURNED_TO_USE, "shipping"),
    Transition((_W.REQUALIFIED,), "part.installed", "", _W.RETURNED_TO_USE, "installing"),
)


def _index(rows: tuple[Transition, ...]) -> Mapping[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for row in rows:
        for source in row.sources:
            address = (str(source), row.kind, str(row.qualifier))
            if address in found:
                raise ValueError(f"two rows for {address}")
            found[address] = str(row.target or source)
    return MappingProxyType(found)


MACHINES: Mapping[str, tuple[Transition, ...]] = MappingProxyType(
    {"container": CONTAINER, "return": RETURNED_PRODUCT, "work": WORK}
)
_INDEX = {name: _index(rows) for name, rows in MACHINES.items()}
_KINDS = {name: frozenset(row.kind for row in rows) for name, rows in MACHINES.items()}


def target(machine: str, stage: str, kind: str, qualifier: str = "") -> str | None:
    """Give the stage that an event leads to, None when the table has no such row."""
    return _INDEX[machine].get((stage, kind, qualifier))


def concerns(machine: str, kind: str) -> bool:
    """Tell whether a kind appears in a machine at all."""
    return kind in _KINDS[machine]
