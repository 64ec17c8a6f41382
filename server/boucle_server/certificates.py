"""Certificates of requalification: what one says, made of the history alone, its digest, and whether it still holds.

A certificate is no document that is kept: it is what the events of one repair say up to the decision that the thing may
serve again. The decision's event carries the digest of it, so that whoever makes it anew from the same events gets
the same, and whoever changed one of them does not. It names people by pseudonym, which can be forgotten.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from sqlalchemy.engine import Connection

from boucle.events import Event
from boucle.item import Item
from boucle.lifecycle import Stage
from boucle.wire import subject_of
from boucle_server import histories, repairs
from boucle_server.errors import NotFoundError
from boucle_server.histories import Told
from boucle_server.repairs import Repair, has_effect

DIGEST: Final = "certificate_sha256"
"""The field of the decision's event that carries the digest."""
VERSIONS: Final = (2, 1)
"""The ways to write what a certificate says, the newest first."""
_SAYS_ENTRY: Final = 2
"""The first of them that says the control at the entry; whoever is bound to one before prints none."""
SHORT: Final = 16
"""Digits of a digest that a printed page carries in its QR code."""
_ANSWERS: Final = ("checklist", "answers", "checks", "measures", "limits")
_NEXT: Final = {"work.opened", "work.requalified", "work.harvested"}
"""What takes the place of a certificate."""
_PARTS: Final = ("work.part_used", "work.part_removed")


class Standing(StrEnum):
    """Whether a certificate holds; the words are `web.certificate_is_<value>`."""

    VALID = "valid"
    SUPERSEDED = "superseded"
    """A later certificate, another repair or the end of the thing has taken its place."""
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate: the decision, what it says, the digest of that, and what came after."""

    event: Event
    code: str
    item: Item
    documents: Sequence[Mapping[str, Any]]
    """What it says in each of the ways to write it, the newest first."""
    repair: Repair
    superseded_ms: int | None
    """When a later certificate, another repair or the end of the thing took its place; None where nothing did."""

    @property
    def number(self) -> str:
        """Its number, unlike any other of the same thing."""
        return self.event.text("certificate")

    @property
    def document(self) -> Mapping[str, Any]:
        """What it says, written in the way that its decision is bound to, else in the newest."""
        return self.documents[self._digests.index(self._bound) if self._bound in self._digests else 0]

    @property
    def digest(self) -> str:
        """The SHA-256 of what it says."""
        return digest_of(self.document)

    @property
    def fits(self) -> bool:
        """Whether the decision's event carries this digest; one that carries none is bound by its own hash alone."""
        return self._bound in ("", self.digest)

    @property
    def _bound(self) -> str:
        return self.event.text(DIGEST)

    @property
    def _digests(self) -> list[str]:
        return [digest_of(each) for each in self.documents]

    def is_named_by(self, digest: str) -> bool:
        """Tell whether digits on a document are the first ones of what this certificate says, or said when decided."""
        return any(each.startswith(digest) for each in (*self._digests, self._bound) if each)

    @property
    def entry(self) -> Event | None:
        """The control at the entry of the thing, where a checklist asked and the certificate says what it found."""
        if self.document["v"] < _SAYS_ENTRY:
            return None
        return entry_of([each.event for each in self.repair.told if has_effect(each)], self.event)

    @property
    def valid_until_ms(self) -> int:
        """Until when it holds, 0 for ever."""
        return self.event.number("valid_until_ms")

    def standing(self, now_ms: int) -> Standing:
        """Say whether it holds."""
        if self.superseded_ms is not None or not self.fits:
            return Standing.SUPERSEDED
        if 0 < self.valid_until_ms <= now_ms:
            return Standing.EXPIRED
        return Standing.VALID


def digest_of(document: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a document in its one way of writing."""
    said = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()


def find(connection: Connection, org: str, text: str, number: str) -> Certificate | None:
    """Give the certificate of a thing by its number, None where there is none that has effect."""
    try:
        known = histories.find(connection, org, text)
        told = histories.history(connection, org, text)
    except NotFoundError:
        return None
    for repair in repairs.repairs_of(told):
        event = repair.last("work.requalified")
        if number and event is not None and event.text("certificate") == number:
            return Certificate(
                event=event,
                code=known.codes[0],
                item=known.item,
                documents=[document(event, repair.told, known.item.type, version=each) for each in VERSIONS],
                repair=repair,
                superseded_ms=_superseded_ms(event, told, known.item),
            )
    return None


def entry_of(events: Sequence[Event], decision: Event) -> Event | None:
    """Give the last diagnosis before a decision that answers a checklist."""
    found = [each for each in events if each.kind == "work.diagnosed" and each.order < decision.order]
    return found[-1] if found and found[-1].text("checklist") else None


def document(decision: Event, told: Sequence[Told], item_type: str, *, version: int = VERSIONS[0]) -> dict[str, Any]:
    """Give what a certificate says: the repair up to the decision, in keys and numbers, in no language."""
    before = [each.event for each in told if has_effect(each) and each.event.order < decision.order]
    entry = entry_of(before, decision) if version >= _SAYS_ENTRY else None
    tests = [_test(each) for each in told if each.event.kind == "work.tested" and each.event in before]
    said = {
        "v": version,
        "number": decision.text("certificate"),
        "code": decision.subject,
        "type": item_type,
        "decided": _said(decision, _ANSWERS),
        "decided_ms": decision.teff,
        "valid_until_ms": decision.number("valid_until_ms"),
        "place": decision.place,
        "task": decision.task,
        "opened_ms": before[0].teff if before else decision.teff,
        "fault": next((each.text("fault") for each in reversed(before) if each.kind == "work.diagnosed"), ""),
        "entry": _said(entry, _ANSWERS) if entry else {},
        "parts": [_part(each) for each in before if each.kind in _PARTS],
        "tests": tests,
        "people": _people(decision, before),
    }
    return {name: value for name, value in said.items() if value not in ("", 0, [], {})}


def _test(told: Told) -> dict[str, Any]:
    event = told.event
    return {"at_ms": event.teff, "passed": event.body.get("passed") is True, **_said(event, _ANSWERS)}


def _said(event: Event, names: Sequence[str]) -> dict[str, Any]:
    return {name: event.body[name] for name in names if event.body.get(name)}


def _part(event: Event) -> dict[str, Any]:
    said = {
        "what": event.kind.removeprefix("work."),
        "code": subject_of(event.other, "", ""),
        "type": event.text("type"),
        "origin": event.text("origin"),
    }
    return {name: value for name, value in said.items() if value}


def _people(decision: Event, before: Sequence[Event]) -> list[dict[str, str]]:
    kinds = {"work.repaired": "repaired", "work.tested": "tested"}
    listed = [(kinds[each.kind], each.actor) for each in before if each.kind in kinds and each.actor]
    listed += [("decided", decision.actor)] if decision.actor else []
    return [{"did": did, "person": person} for did, person in dict.fromkeys(listed)]


def _superseded_ms(decision: Event, told: Sequence[Told], item: Item) -> int | None:
    after = [each.event for each in told if has_effect(each) and each.event.order > decision.order]
    kinds = _NEXT | ({"item.retired"} if item.stage == Stage.RETIRED else set())
    return next((event.teff for event in after if event.kind in kinds), None)
