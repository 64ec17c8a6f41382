"""The fold: what one event does to one item. `step(item, event)` is the definition of every figure.

An item's history is the left fold of its events in their one order. Physical events always have effect, or are
explained by inferred legs; decisions have effect when their guard holds; each event gets exactly one mark.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from boucle import parts, repair, returning
from boucle.decisions import decide
from boucle.ending import treated
from boucle.events import KINDS, MOVEMENTS, Event, Family
from boucle.facts import Fact
from boucle.goods import GoodsTurn
from boucle.item import Item
from boucle.lifecycle import Stage, concerns, target
from boucle.movements import ACTS
from boucle.reasons import TASKS, Outcome, Reason
from boucle.reference import Book
from boucle.turn import Turn


class Mark(NamedTuple):
    """What became of one event: its outcome, why, and whether a person must look."""

    event: str
    teff: int
    kind: str
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()

    @property
    def tasks(self) -> tuple[Reason, ...]:
        """The reasons that open a task."""
        return tuple(reason for reason in self.reasons if reason in TASKS)


class Step(NamedTuple):
    """The item after an event, the facts it added, and the event's mark."""

    item: Item
    facts: tuple[Fact, ...]
    mark: Mark


def born(item_id: str, birth: Event | None, book: Book) -> Item:
    """Give the state before the first event: type, material and mass of a commissioned item are those of its birth."""
    if birth is None:
        return Item(id=item_id)
    type_key = birth.text("type")
    kind = book.item_type(type_key, birth.teff)
    return Item(
        id=item_id,
        type=type_key,
        material=kind.material,
        nature=kind.nature,
        tare_g=birth.number("tare_g") or kind.tare_g,
        known=True,
        opening_uses=birth.number("opening_uses"),
        pool_site=book.site(birth.place, birth.teff).key,
    )


def step(item: Item, event: Event, book: Book, *, lost_claim: bool = False) -> Step:
    """Apply one event, which must follow the item's last one in order.

    `lost_claim` says that the event claimed a code which an earlier claim owns; it then has no effect.
    """
    turn = GoodsTurn(item, event, book) if item.nature else Turn(item, event, book)
    family = KINDS[event.kind].family
    if lost_claim:
        turn.say(Reason.ALREADY_BOUND)
        outcome = Outcome.REFUSED
    elif family is Family.PHYSICAL:
        outcome = _physical(turn)
    elif family is Family.DECISION:
        outcome = decide(turn)
        if outcome is Outcome.APPLIED:
            _after(turn)
    elif family is Family.LABEL:
        outcome = _label(turn)
    else:
        outcome = _advance(turn)
    turn.put(order=event.order, seen_ms=max(item.seen_ms, event.teff) if family is Family.PHYSICAL else item.seen_ms)
    facts = turn.facts
    if not turn.item.known:
        turn.reasons.append(Reason.UNKNOWN_ITEM)
        facts = [_quality(turn, "unknown_scan")]
    elif outcome in (Outcome.REPEAT, Outcome.REFUSED, Outcome.IGNORED):
        facts.append(_quality(turn, outcome.value))
    elif event.kind in MOVEMENTS:
        facts.append(_quality(turn, "evidence", _evidence(event)))
    mark = Mark(event.id, event.teff, event.kind, outcome, tuple(dict.fromkeys(turn.reasons)))
    return Step(turn.item, tuple(facts), mark)


def _evidence(event: Event) -> str:
    return "declared" if event.text("evidence") == "declared" else "scanned"


def _quality(turn: Turn, measure: str, bucket: str = "") -> Fact:
    turn.month(turn.place, turn.place.partner, measure, bucket, loop="")
    return turn.facts.pop()


def run(
    item: Item, events: Iterable[Event], book: Book, *, lost_claims: AbstractSet[str] = frozenset()
) -> tuple[Item, list[Fact], list[Mark]]:
    """Fold events, already in order, over a starting state; `lost_claims` are ids as in `step`."""
    facts: list[Fact] = []
    marks: list[Mark] = []
    for event in events:
        item, added, mark = step(item, event, book, lost_claim=event.id in lost_claims)
        facts.extend(added)
        marks.append(mark)
    return item, facts, marks


def _physical(turn: Turn) -> Outcome:
    item, event = turn.item, turn.event
    if item.stage == Stage.RETIRED and event.kind != "item.treated":
        turn.say(Reason.RETIRED_SCAN)
        return Outcome.IGNORED
    if event.subject in item.revoked:
        turn.say(Reason.REVOKED_LABEL)
        return Outcome.IGNORED
    if item.known and not item.commissioned_ms and event.kind != "item.commissioned":
        turn.say(Reason.BEFORE_COMMISSION)
    if item.stage == Stage.LOST:
        turn.find()
    outcome = _PHYSICAL[event.kind](turn)
    if outcome is not Outcome.APPLIED:
        return outcome
    if (turn.item.return_stage or turn.item.nature) and concerns("return", event.kind):
        returning.moved(turn)
    if turn.item.job:
        repair.served(turn)
    if turn.item.part and event.kind == "item.shipped":
        parts.book(turn)
    return outcome


_PHYSICAL: Mapping[str, Callable[[Turn], Outcome]] = {**ACTS, "item.treated": treated}


def _label(turn: Turn) -> Outcome:
    event = turn.event
    if event.kind == "label.voided" and event.subject not in turn.item.revoked:
        turn.put(revoked=tuple(sorted((*turn.item.revoked, event.subject))))
    return Outcome.APPLIED


def _after(turn: Turn) -> None:
    """Let a decision that had effect end the repair or the return that it ends."""
    if turn.event.kind == "item.released" and turn.item.job:
        repair.served(turn)
    if turn.event.kind == "item.retired" and turn.item.return_stage:
        returning.moved(turn)


def _advance(turn: Turn) -> Outcome:
    """Move the return and the repair by their tables; what is only noted has no effect."""
    event = turn.event
    if event.kind.startswith("part."):
        outcome = parts.advance(turn)
        if outcome is Outcome.APPLIED and turn.item.job:
            repair.served(turn)
        return outcome
    if concerns("work", event.kind):
        return _work(turn)
    return returning.advance(turn) if concerns("return", event.kind) else Outcome.NOTED


def _work(turn: Turn) -> Outcome:
    outcome = repair.advance(turn)
    if outcome is not Outcome.APPLIED:
        return outcome
    if concerns("return", turn.event.kind):
        returning.moved(turn)
    if turn.event.kind == "work.repaired":
        turn.put(repaired_by=turn.event.actor)
        stage = target("container", turn.item.stage, turn.event.kind)
        if stage is not None:
            turn.put(stage=stage)
    return outcome
