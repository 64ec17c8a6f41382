"""Roles: what a person, a device or a program may do, as bundles of capabilities.

A role never stops a physical scan: what happened is recorded, whoever saw it. Screens offer what the role
allows, routes ask for a capability, and a decision that the role of its maker does not cover waits at the door for
somebody whose role does (docs/decisions/0013); the fold judges what was decided, never who decided it.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Capability(StrEnum):
    """One right. The text is stored, in tokens and in scopes, and never changes."""

    COLLECT = "collect"
    """Load, deliver, pick up: what happens on a round."""
    RECEIVE = "receive"
    """Receive, ship, store, count and label at a site of ours."""
    SORT = "sort"
    REPAIR = "repair"
    TEST = "test"
    CERTIFY = "certify"
    """Release what was requalified; never one's own work."""
    DECIDE = "decide"
    """Hold, write off, retire, refund: what costs money or ends a life."""
    MANAGE = "manage"
    """Reference data, imports, quarantine, months, devices of roles that are within one's own."""
    ADMINISTER = "administer"
    """People, tokens, every device."""
    READ = "read"


class Role(StrEnum):
    """A bundle of capabilities under the name that people use; its words are `role.<value>`."""

    DRIVER = "driver"
    WAREHOUSE = "warehouse"
    TECHNICIAN = "technician"
    INSPECTOR = "inspector"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    READER = "reader"
    PARTNER = "partner"


_C = Capability

CAPABILITIES: Mapping[Role, frozenset[Capability]] = MappingProxyType(
    {
        Role.DRIVER: frozenset({_C.COLLECT, _C.READ}),
        Role.WAREHOUSE: frozenset({_C.RECEIVE, _C.SORT, _C.READ}),
        Role.TECHNICIAN: frozenset({_C.REPAIR, _C.TEST, _C.READ}),
        Role.INSPECTOR: frozenset({_C.SORT, _C.TEST, _C.CERTIFY, _C.READ}),
        Role.MANAGER: frozenset(_C) - {_C.ADMINISTER},
        Role.ADMINISTRATOR: frozenset({_C.DECIDE, _C.MANAGE, _C.ADMINISTER, _C.READ}),
        Role.READER: frozenset({_C.READ}),
        # A partner sees what is shared with it and nothing else; `read` would show the whole organisation.
        Role.PARTNER: frozenset(),
    }
)
"""What each role may do."""

_TRANSPORT = frozenset({_C.COLLECT, _C.RECEIVE})
_STOCK = frozenset({_C.RECEIVE})
_ANYBODY = frozenset(_C) - {_C.READ, _C.ADMINISTER}
_DECIDE, _MANAGE = frozenset({_C.DECIDE}), frozenset({_C.MANAGE})
_REPAIR, _TEST, _CERTIFY = frozenset({_C.REPAIR}), frozenset({_C.TEST}), frozenset({_C.CERTIFY})

NEEDED: Mapping[str, frozenset[Capability]] = MappingProxyType(
    {
        "item.commissioned": frozenset({_C.RECEIVE, _C.REPAIR}),
        "item.loaded": _TRANSPORT,
        "item.unloaded": _TRANSPORT,
        "item.shipped": _TRANSPORT,
        "item.delivered": _TRANSPORT,
        "item.emptied": _TRANSPORT,
        "item.transferred": _TRANSPORT,
        "item.collected": _TRANSPORT,
        "item.received": _TRANSPORT,
        "item.sorted": frozenset({_C.SORT}),
        "item.cleaned": frozenset({_C.RECEIVE, _C.SORT, _C.REPAIR}),
        "item.moved": frozenset({_C.RECEIVE, _C.SORT, _C.REPAIR}),
        "item.counted": _TRANSPORT,
        "item.found": _ANYBODY,
        "item.treated": frozenset({_C.SORT, _C.DECIDE}),
        "item.held": frozenset({_C.SORT, _C.TEST, _C.DECIDE}),
        "item.unheld": _DECIDE,
        "item.presumed_lost": _DECIDE,
        "item.written_off": _DECIDE,
        "item.retired": _DECIDE,
        "item.released": _CERTIFY,
        "item.rejected": frozenset({_C.TEST, _C.CERTIFY}),
        "stock.adjusted": _DECIDE,
        "label.minted": frozenset({_C.RECEIVE, _C.MANAGE}),
        "label.bound": _STOCK,
        "label.replaced": _STOCK,
        "label.voided": frozenset({_C.RECEIVE, _C.MANAGE}),
        "return.announced": _TRANSPORT,
        "return.authorised": _DECIDE,
        "return.refused": _DECIDE,
        "return.cancelled": frozenset({_C.COLLECT, _C.RECEIVE, _C.DECIDE}),
        "item.graded": frozenset({_C.SORT, _C.TEST}),
        "item.disposition_decided": frozenset({_C.SORT, _C.DECIDE}),
        "item.disposition_confirmed": _DECIDE,
        "work.opened": frozenset({_C.SORT, _C.REPAIR}),
        "work.diagnosed": _REPAIR,
        "work.quoted": _DECIDE,
        "work.quote_withdrawn": _DECIDE,
        "work.approved": _DECIDE,
        "work.declined": _DECIDE,
        "work.started": _REPAIR,
        "work.stopped": _REPAIR,
        "work.held": frozenset({_C.REPAIR, _C.TEST, _C.DECIDE}),
        "work.unheld": frozenset({_C.REPAIR, _C.DECIDE}),
        "work.paused": _REPAIR,
        "work.resumed": frozenset({_C.REPAIR, _C.RECEIVE}),
        "work.part_used": _REPAIR,
        "work.part_removed": _REPAIR,
        "work.repaired": _REPAIR,
        "work.not_repairable": _REPAIR,
        "work.tested": _TEST,
        "work.requalified": _CERTIFY,
        "work.rejected": frozenset({_C.TEST, _C.CERTIFY}),
        "work.cancelled": frozenset({_C.REPAIR, _C.DECIDE}),
        "work.harvested": _REPAIR,
        "part.installed": _REPAIR,
        "part.removed": _REPAIR,
        "deposit.charged": _DECIDE,
        "deposit.refunded": _DECIDE,
        "deposit.forfeited": _DECIDE,
        "month.closed": _MANAGE,
        "event.voided": _ANYBODY,
        "event.reviewed": _DECIDE,
        "case.answered": _DECIDE,
        "event.admitted": _MANAGE,
        "event.dismissed": _MANAGE,
        "scan.noted": _ANYBODY,
        "stop.validated": _TRANSPORT,
        "reception.validated": _TRANSPORT,
        "slip.shared": frozenset({_C.COLLECT, _C.RECEIVE, _C.DECIDE, _C.MANAGE}),
        "reference.set": _MANAGE,
    }
)
"""The capabilities of which any one is enough to record each kind of event; a test holds it complete."""

DECISIONS = frozenset(kind for kind, needed in NEEDED.items() if needed <= _DECIDE | _MANAGE | _CERTIFY)
"""Kinds that nobody sees happen: somebody with the right decides them, and without it they have no effect."""

_NAMES: Mapping[str, Role] = MappingProxyType(
    {
        **{role.value: role for role in Role},
        "chauffeur": Role.DRIVER,
        "magasinier": Role.WAREHOUSE,
        "technicien": Role.TECHNICIAN,
        "controleur": Role.INSPECTOR,
        "responsable": Role.MANAGER,
        "administrateur": Role.ADMINISTRATOR,
        "admin": Role.ADMINISTRATOR,
        "lecteur": Role.READER,
        "partenaire": Role.PARTNER,
    }
)


def capabilities_of(role: str) -> frozenset[Capability]:
    """Give what a stored role may do; nothing for a role of a version that we are not."""
    return next((held for known, held in CAPABILITIES.items() if known == role), frozenset())


def may_record(held: Iterable[Capability], kind: str) -> bool:
    """Tell whether somebody with these capabilities is offered to record an event of this kind."""
    return not NEEDED.get(kind, _MANAGE).isdisjoint(held)


def may_give(held: Iterable[Capability], role: str) -> bool:
    """Tell whether somebody may let in a device of this role, and cut it off (docs/decisions/0023).

    A device acts by its role for whoever did not sign in, so nobody makes one of a role above their own.
    """
    known = frozenset(held)
    if Capability.ADMINISTER in known:
        return True
    return Capability.MANAGE in known and capabilities_of(role) <= known


def parse_role(text: str) -> Role | None:
    """Read a role as a person writes it, by its key or its French name, with or without accents."""
    plain = unicodedata.normalize("NFD", text.strip().casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return _NAMES.get(plain)


def parse_scopes(text: str) -> frozenset[Capability]:
    """Read capabilities separated by spaces or commas; ValueError names the first that is none."""
    return frozenset(Capability(word) for word in text.replace(",", " ").split())
