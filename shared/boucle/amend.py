"""Amendments: which events a void removes and which a correction replaces, before anything is put in order.

A void removes its target and cannot itself be voided; what did nothing but add photos to the target goes with it. A
correction removes its target and takes its place in the order, unless it states another time (`body.at_ms`), which may
not be later than the correction itself. Of several corrections of one event the last in the order of events counts; the
others open a task.

Reference data is amended by a newer version only: it is neither voided nor corrected, and corrects nothing. Nor does
an event about nothing, which belongs to no history that its target could be missing from.

A review says that somebody looked at a contradiction and found its event right: the task closes, and nothing else. It
amends nothing, but is tied to its target like an amendment, so that whichever of the two comes later finds the other.
So is the confirmation of a decision about a quantity, which `boucle.confirming` holds against what it names.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from boucle.clock import EARLIEST_MS
from boucle.correction import adds_only_photos
from boucle.events import Event
from boucle.reasons import Reason

REVIEWED = "event.reviewed"
CONFIRMED = "item.disposition_confirmed"


class Edge(NamedTuple):
    """`amender` voids, corrects, reviews or confirms `target`."""

    target: str
    amender: str


class Dispute(NamedTuple):
    """A task that amendments open: on which subject, by which event, why."""

    subject: str
    event: str
    teff: int
    reason: Reason


def edges_of(event: Event) -> list[Edge]:
    """Give the edges that an event draws, none for one that amends nothing and is tied to nothing."""
    if event.kind in ("event.voided", REVIEWED):
        return [Edge(event.text("target"), event.id)]
    targets = dict.fromkeys((_corrected(event), confirmed_by(event)))
    return [Edge(target, event.id) for target in targets if target]


def confirmed_by(event: Event) -> str:
    """Give the id of the decision about a quantity that an event confirms, `""` when it confirms none."""
    return event.text("confirms") if event.kind == CONFIRMED and event.subject.startswith("qty:") else ""


_CORRECT_NOTHING = frozenset({"event.voided", REVIEWED, "reference.set"})


def reviewed(standing: Iterable[Event], known: Mapping[str, Event]) -> set[tuple[str, str]]:
    """Give the contradictions that standing reviews close: the event and the reason of each.

    A review counts for an event of its own subject alone, as a void does.
    """
    return {
        (target.id, event.text("contradiction"))
        for event in standing
        if event.kind == REVIEWED
        and (target := known.get(event.text("target"))) is not None
        and target.subject == event.subject
    }


def _corrected(event: Event) -> str:
    """Give the id of the event that this one corrects, `""` when it corrects none."""
    return event.corrects if event.subject and event.kind not in _CORRECT_NOTHING else ""


def effective(accepted: Mapping[str, Event]) -> tuple[list[Event], list[Dispute]]:
    """Give the events that stand after all amendments, each in its place, with the tasks this opens.

    `accepted` must be closed: with an event, everything that amends it and everything it amends, where known.
    """
    events = {event_id: event for event_id, event in accepted.items() if event.kind != "reference.set"}
    gone, disputes = voided(events), _mismatched(events)
    families: dict[str, list[Event]] = {}
    standing: list[Event] = []
    for event in events.values():
        if _corrected(event):
            families.setdefault(root_of(event.id, events), []).append(event)
    for event in events.values():
        if event.kind == "event.voided" or _corrected(event) or event.id in gone:
            continue
        if not any(member.id not in gone for member in families.get(event.id, ())):
            standing.append(event)
    for root_id, members in families.items():
        live = sorted((one for one in members if one.id not in gone), key=lambda one: one.order)
        if not live:
            continue
        winner = live[-1]
        standing.append(_placed(winner, events.get(root_id)))
        ancestors = _ancestors(winner, events)
        disputes.extend(
            Dispute(one.subject, one.id, one.teff, Reason.CORRECTION_SUPERSEDED)
            for one in live[:-1]
            if one.id not in ancestors
        )
    return standing, disputes


def standing_of(ids: Iterable[str], known: Mapping[str, Event]) -> list[Event]:
    """Give what stands of some events, or in their place, in order; `known` is closed, as `effective` wants it."""
    roots = {root_of(event_id, known) for event_id in ids}
    return in_order(event for event in effective(known)[0] if root_of(event.id, known) in roots)


def voided(known: Mapping[str, Event]) -> set[str]:
    """Give the events that voids took away; `known` is closed, as `effective` wants it.

    With an event goes what did nothing but add photos to it: whoever voided it may not have heard of that yet.
    """
    gone = {target.id for void, target in _aimed(known) if target.subject == void.subject}
    photographed = [event for event in known.values() if event.photos and _corrected(event) in known]
    while more := {event.id for event in photographed if event.id not in gone and _says_again(event, gone, known)}:
        gone |= more
    return gone


def _says_again(event: Event, gone: set[str], known: Mapping[str, Event]) -> bool:
    before = known[event.corrects]
    return before.id in gone and len(event.photos) > len(before.photos) and adds_only_photos(event, before)


def _aimed(events: Mapping[str, Event]) -> Iterator[tuple[Event, Event]]:
    """Give each void with its target; nothing voids a void."""
    for event in events.values():
        if event.kind == "event.voided":
            target = events.get(event.text("target"))
            if target is not None and target.kind != "event.voided":
                yield event, target


def _mismatched(events: Mapping[str, Event]) -> list[Dispute]:
    """Give the voids that name an event of another subject."""
    wrong = (void for void, target in _aimed(events) if target.subject != void.subject)
    return [Dispute(void.subject, void.id, void.teff, Reason.VOID_MISMATCH) for void in wrong]


def root_of(event_id: str, events: Mapping[str, Event]) -> str:
    """Follow corrections back to the event first recorded; a circle ends at the smallest id in it."""
    seen = [event_id]
    current = _corrected(events[event_id]) if event_id in events else ""
    while current in events and _corrected(events[current]) and current not in seen:
        seen.append(current)
        current = _corrected(events[current])
    return (min(seen[seen.index(current) :]) if current in seen else current) or event_id


def _ancestors(event: Event, events: Mapping[str, Event]) -> set[str]:
    found: set[str] = set()
    current = _corrected(event)
    while current in events and current not in found:
        found.add(current)
        current = _corrected(events[current])
    return found


def _placed(event: Event, root: Event | None) -> Event:
    stated = event.number("at_ms")
    if EARLIEST_MS <= stated <= event.teff:
        return replace(event, teff=stated)
    if root is None:
        return event
    return replace(event, teff=root.teff, tq=root.tq, dev=root.dev, epoch=root.epoch, seq=root.seq)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Sort events by their one order."""
    return sorted(events, key=lambda event: event.order)
