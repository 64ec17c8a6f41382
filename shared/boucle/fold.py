"""The fold: what one event does to one item. `step(item, event)` is the definition of every figure.

An item's history is the left fold of its events in their one order. Physical events always have effect, or are
explained by inferred legs; decisions have effect when their guard holds; each event gets exactly one mark.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from boucle.clock import month_of
from boucle.events import KINDS, MOVEMENTS, Event, Family
from boucle.facts import Fact
from boucle.item import Item
from boucle.legs import LEGS, Act, Leg, Position
from boucle.lifecycle import HOME, OUT, Stage, Verdict, concerns, target
from boucle.reasons import TASKS, Outcome, Reason
from boucle.reference import Book, Site
from boucle.treatment import is_intermediate
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
        tare_g=birth.number("tare_g") or kind.tare_g,
        known=True,
        opening_uses=birth.number("opening_uses"),
        pool_site=book.site(birth.place, birth.teff).key,
    )


def step(item: Item, event: Event, book: Book, *, lost_claim: bool = False) -> Step:
    """Apply one event, which must follow the item's last one in order.

    `lost_claim` says that the event claimed a code which an earlier claim owns; it then has no effect.
    """
    turn = Turn(item, event, book)
    family = KINDS[event.kind].family
    if lost_claim:
        turn.say(Reason.ALREADY_BOUND)
        outcome = Outcome.REFUSED
    elif family is Family.PHYSICAL:
        outcome = _physical(turn)
    elif family is Family.DECISION:
        outcome = _decide(turn)
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
    if outcome is Outcome.APPLIED and concerns("return", event.kind):
        _follow(turn, "return")
    return outcome


def _position(turn: Turn, place: Site) -> Position:
    item = turn.item
    if item.stage in HOME:
        return Position.HOME
    if item.stage == Stage.OUTBOUND:
        return Position.TRANSIT
    here = item.place == place.key
    if item.stage == Stage.INBOUND:
        return Position.INBOUND_FROM_HERE if here else Position.INBOUND_FROM_ELSEWHERE
    return Position.HELD_HERE if here else Position.HELD_ELSEWHERE


_LEG_REASONS: Mapping[Leg, Reason] = {
    Leg.SHIP: Reason.INFERRED_SHIPPED,
    Leg.DELIVER: Reason.INFERRED_DELIVERED,
    Leg.TRANSFER: Reason.INFERRED_TRANSFERRED,
    Leg.COLLECT: Reason.INFERRED_COLLECTED,
    Leg.RETURN: Reason.INFERRED_RETURNED,
}


def _explain(turn: Turn, act: Act, place: Site) -> bool:
    """Run the legs that must have happened for `act` at `place`; False when the scan only repeats."""
    legs = LEGS[act][_position(turn, place)]
    if legs is None:
        turn.say(Reason.SAME_AGAIN)
        return False
    for leg in legs:
        _infer(turn, leg, place)
    return True


_DECLARED_AS: Mapping[Leg, str] = {Leg.SHIP: "shipped", Leg.DELIVER: "delivered", Leg.COLLECT: "collected"}
_LEG_BEFORE: Mapping[str, Leg] = {
    "item.delivered": Leg.SHIP,
    "item.collected": Leg.DELIVER,
    "item.received": Leg.COLLECT,
}
"""The movement whose task an event may name in `against`."""


def _infer(turn: Turn, leg: Leg, place: Site) -> None:
    item, book, at = turn.item, turn.book, turn.at
    turn.say(_LEG_REASONS[leg])
    if leg in _DECLARED_AS:
        _answer_declaration(turn, leg, place)
    match leg:
        case Leg.SHIP:
            if item.hold:
                turn.say(Reason.SHIPPED_ON_HOLD)
            origin = book.site(item.site or item.pool_site, at)
            turn.depart(origin, place, inferred=True)
        case Leg.DELIVER:
            _check_partner(turn, book.site(item.place, at), place)
            turn.hand_over(place)
        case Leg.TRANSFER:
            _check_partner(turn, book.site(item.place, at), place)
            turn.hand_over(place)
        case Leg.COLLECT:
            turn.pick_up(book.site(item.place, at))
        case Leg.RETURN:
            hub = place if not place.partner else book.site(item.ship_site, at)
            turn.come_home(hub, Stage.RECEIVED, scanned=False)


def _answer_declaration(turn: Turn, leg: Leg, place: Site) -> None:
    """Let an inferred leg answer the declaration that spoke of it: the one named in `against`, else one made there."""
    if turn.event.against and leg is _LEG_BEFORE.get(turn.event.kind):
        turn.match(_DECLARED_AS[leg], turn.event.against)
    else:
        there = turn.book.site(turn.item.place, turn.at) if leg is Leg.COLLECT else place
        turn.match_unnamed(_DECLARED_AS[leg], there)


def _check_partner(turn: Turn, booked: Site, seen: Site) -> None:
    if booked.partner != seen.partner:
        turn.say(Reason.OTHER_PARTNER)


def _commissioned(turn: Turn) -> Outcome:
    item, event = turn.item, turn.event
    if not turn.book.item_type(item.type, turn.at).known:
        turn.say(Reason.UNKNOWN_TYPE)
    turn.put(commissioned_ms=turn.at)
    turn.enter_pool("commissioned")
    if item.opening_uses:
        turn.month(turn.place, "", "opening_uses", n=item.opening_uses, loop="")
        turn.month(turn.place, "", "opening_n", loop="")
    if item.stage == Stage.ENCODED:
        stage = target("container", item.stage, event.kind)
        assert stage is not None
        turn.put(stage=stage, site=turn.place.key)
    return Outcome.APPLIED


def _shipped(turn: Turn) -> Outcome:
    item, event = turn.item, turn.event
    destination = turn.book.site(event.text("to"), turn.at)
    if not destination.known:
        turn.say(Reason.UNKNOWN_PLACE)
    if item.stage == Stage.OUTBOUND and item.place != destination.key:
        return _reroute(turn, destination)
    if not _explain(turn, Act.SHIP, turn.place):
        return Outcome.REPEAT
    if turn.item.hold:
        turn.say(Reason.SHIPPED_ON_HOLD)
    elif turn.item.stage in (Stage.IN_REPAIR, Stage.REQUALIFYING):
        turn.say(Reason.SHIPPED_UNRELEASED)
    turn.depart(turn.place, destination)
    turn.match("shipped", turn.event.task)
    return Outcome.APPLIED


def _reroute(turn: Turn, destination: Site) -> Outcome:
    turn.say(Reason.REROUTED)
    turn.vacate()
    turn.put(place=destination.key, custody_ms=turn.at)
    turn.answer(destination.partner)
    turn.stock("transit", 1, site=destination, partner=destination.partner, loop=turn.item.ship_loop)
    return Outcome.REPEAT


def _delivered(turn: Turn) -> Outcome:
    place = turn.place
    if place.known and not place.partner:
        return _received(turn)
    if not _explain(turn, Act.DELIVER, place):
        return Outcome.REPEAT
    if turn.item.stage == Stage.OUTBOUND:
        _check_partner(turn, turn.book.site(turn.item.place, turn.at), place)
        turn.hand_over(place)
    turn.match("delivered", turn.event.task)
    return Outcome.APPLIED


def _emptied(turn: Turn) -> Outcome:
    if turn.item.stage in HOME:
        return _present(turn)
    again = turn.item.stage == Stage.RETURN_READY and turn.item.place == turn.place.key
    _explain(turn, Act.BE_THERE, turn.place)
    turn.put(stage=Stage.RETURN_READY, parent="")
    return Outcome.REPEAT if again else Outcome.APPLIED


def _transferred(turn: Turn) -> Outcome:
    destination = turn.book.site(turn.event.text("to"), turn.at)
    if turn.item.is_held and turn.item.place == destination.key:
        turn.say(Reason.SAME_AGAIN)
        return Outcome.REPEAT
    _explain(turn, Act.BE_THERE, turn.place)
    if turn.event.body.get("refilled") is True:
        origin = turn.place
        turn.come_home(origin, Stage.RECEIVED, scanned=False)
        turn.depart(origin, destination)
    turn.hand_over(destination)
    return Outcome.APPLIED


def _collected(turn: Turn) -> Outcome:
    place = turn.place
    if place.known and not place.partner:
        turn.say(Reason.COLLECTED_AT_HOME)
        return _present(turn)
    if not _explain(turn, Act.COLLECT, place):
        return Outcome.REPEAT
    turn.pick_up(place)
    turn.match("collected", turn.event.task)
    return Outcome.APPLIED


def _received(turn: Turn) -> Outcome:
    place, event = turn.place, turn.event
    if place.partner:
        return _delivered(turn)
    if turn.item.stage in HOME:
        return _received_at_home(turn)
    giver = turn.book.site(event.text("from"), turn.at)
    if giver.key and giver.partner and turn.book.site(turn.item.place, turn.at).partner != giver.partner:
        _infer(turn, Leg.TRANSFER, giver)
    if turn.item.stage == Stage.OUTBOUND and event.against:
        # It comes from a stop at the partner's, so it was delivered there.
        _infer(turn, Leg.DELIVER, turn.book.site(turn.item.place, turn.at))
    _explain(turn, Act.RECEIVE, place)
    partner = turn.item.loan_partner
    stage = target("container", turn.item.stage, "item.received")
    assert stage is not None
    turn.come_home(place, stage, scanned=True)
    turn.collected(place, partner)
    return Outcome.APPLIED


def _received_at_home(turn: Turn) -> Outcome:
    """Receive what is not out: a container never dispatched by us counts as collected, anything else repeats."""
    item, place = turn.item, turn.place
    if item.uses == 0 and item.stage != Stage.RECEIVED:
        turn.say(Reason.UNMATCHED_RETURN)
        turn.put(stage=Stage.RECEIVED, site=place.key)
        turn.month(place, "", "return_unmatched", loop="")
        turn.collected(place, "")
        return Outcome.APPLIED
    if item.site != place.key:
        turn.say(Reason.MOVED_UNSEEN)
        turn.put(site=place.key)
    turn.say(Reason.SAME_AGAIN)
    return Outcome.REPEAT


def _present(turn: Turn) -> Outcome:
    """Take a scan as proof of where the item is: at one of our sites, or at a partner's."""
    place = turn.place
    if place.partner:
        _explain(turn, Act.BE_THERE, place)
        return Outcome.APPLIED
    _explain(turn, Act.BE_HOME, place)
    if place.known and turn.item.site != place.key:
        if turn.item.site and turn.event.kind != "item.moved":
            turn.say(Reason.MOVED_UNSEEN)
        turn.put(site=place.key)
    return Outcome.APPLIED


def _sorted(turn: Turn) -> Outcome:
    event = turn.event
    verdict = event.text("verdict")
    outcome = _present(turn)
    turn.put(grade=event.text("grade") or turn.item.grade)
    turn.month(turn.place, "", "sorted", verdict)
    stage = target("container", turn.item.stage, event.kind, verdict)
    if stage is not None:
        turn.put(stage=stage)
    if verdict == Verdict.SCRAP:
        turn.put(hold="scrap")
    return outcome


def _cleaned(turn: Turn) -> Outcome:
    outcome = _present(turn)
    must = turn.event.body.get("requalify") is True or turn.book.item_type(turn.item.type, turn.at).requalify
    stage = target("container", turn.item.stage, turn.event.kind, "requalify" if must else "")
    if stage is not None:
        turn.put(stage=stage)
    turn.month(turn.place, "", "cleaned")
    return outcome


def _moved(turn: Turn) -> Outcome:
    outcome = _present(turn)
    to = turn.event.text("to")
    if to and turn.item.stage in HOME:
        turn.put(site=turn.book.site(to, turn.at).key)
    turn.put(zone=turn.event.text("zone"))
    return outcome


def _loaded(turn: Turn) -> Outcome:
    outcome = _present(turn)
    if turn.event.other:
        turn.put(parent=turn.event.other if turn.event.kind == "item.loaded" else "")
        return outcome
    stage = target("container", turn.item.stage, turn.event.kind)
    if stage is not None:
        turn.put(stage=stage)
    return outcome


def _treated(turn: Turn) -> Outcome:
    """Book the final treatment of an item: what it weighed, by treatment code. Destruction proves retirement."""
    event = turn.event
    if turn.item.stage != Stage.RETIRED:
        _present(turn)
        if turn.item.stage in OUT:
            _infer(turn, Leg.RETURN, turn.place)
        turn.say(Reason.INFERRED_RETIRED)
        _leave_pool(turn)
        turn.put(stage=Stage.RETIRED, retired_ms=turn.at)
    elif not turn.item.pending_g:
        turn.say(Reason.SAME_AGAIN)
        return Outcome.REPEAT
    mass_g = event.number("mass_g") or turn.item.pending_g or turn.item.tare_g
    _wait(turn, -turn.item.pending_g)
    if _is_intermediate(turn):
        _wait(turn, mass_g)
    else:
        _treat(turn, mass_g)
    return Outcome.APPLIED


def _is_intermediate(turn: Turn) -> bool:
    return is_intermediate(turn.event.text("code"), month_of(turn.at, turn.place.zone))


def _wait(turn: Turn, mass_g: int) -> None:
    """Let a mass wait for its final treatment (or, negative, wait no longer), where the item last stood."""
    there = turn.book.site(turn.item.site, turn.at)
    turn.month(there, "", "pending_g", n=mass_g, loop="")
    turn.put(pending_g=turn.item.pending_g + mass_g)


def _treat(turn: Turn, mass_g: int) -> None:
    code, mode = turn.event.text("code"), turn.event.text("mode")
    turn.month(turn.place, "", "treated_g", f"{code}|{mode}", n=mass_g, loop="")
    if turn.event.number("mass_g"):
        turn.month(turn.place, "", "treated_weighed_g", n=mass_g, loop="")


def _leave_pool(turn: Turn) -> None:
    if turn.item.ship_month:
        turn.cohort("retired", "")
    turn.enter_pool("retired", -1)


_PHYSICAL: Mapping[str, Callable[[Turn], Outcome]] = {
    "item.commissioned": _commissioned,
    "item.loaded": _loaded,
    "item.unloaded": _loaded,
    "item.shipped": _shipped,
    "item.delivered": _delivered,
    "item.emptied": _emptied,
    "item.transferred": _transferred,
    "item.collected": _collected,
    "item.received": _received,
    "item.sorted": _sorted,
    "item.cleaned": _cleaned,
    "item.moved": _moved,
    "item.counted": _present,
    "item.found": _present,
    "item.treated": _treated,
}


def _decide(turn: Turn) -> Outcome:
    if turn.event.kind == "item.presumed_lost":
        return Outcome.NOTED
    refusal = _guard(turn)
    if refusal is not None:
        turn.say(refusal)
        return Outcome.REFUSED
    _DECISIONS[turn.event.kind](turn)
    return Outcome.APPLIED


def _guard(turn: Turn) -> Reason | None:
    """Give the reason for which a decision has no effect, None when its guard holds."""
    item, event = turn.item, turn.event
    if item.stage == Stage.RETIRED:
        return Reason.ALREADY_RETIRED
    if item.stage == Stage.LOST:
        return Reason.ALREADY_LOST
    match event.kind:
        case "item.held" if item.hold:
            return Reason.ALREADY_HELD
        case "item.unheld" if not item.hold:
            return Reason.NOT_HELD
        case "item.retired" if item.stage in OUT:
            return Reason.WHILE_OUT
        case "item.released":
            return _release_guard(item, event)
        case "item.rejected" if target("container", item.stage, event.kind) is None:
            return Reason.NOT_REQUALIFYING
        case _:
            return None


def _release_guard(item: Item, event: Event) -> Reason | None:
    if target("container", item.stage, event.kind) is None:
        return Reason.NOT_REQUALIFYING
    checks = event.body.get("checks", {})
    if any(answer is not True for answer in checks.values()):
        return Reason.CHECK_FAILED
    if item.repaired_by and item.repaired_by == event.actor:
        return Reason.SAME_PERSON
    return None


def _held(turn: Turn) -> None:
    turn.put(hold=turn.event.text("reason"))


def _unheld(turn: Turn) -> None:
    turn.put(hold="")


def _retired(turn: Turn) -> None:
    event = turn.event
    _leave_pool(turn)
    mass_g = event.number("mass_g") or turn.item.tare_g
    if event.text("code") and not _is_intermediate(turn):
        _treat(turn, mass_g)
    elif event.text("route") in ("resale", "donate"):
        turn.month(turn.place, "", "resold_g", n=mass_g, loop="")
    else:
        _wait(turn, mass_g)
    turn.put(stage=Stage.RETIRED, retired_ms=turn.at)


def _released(turn: Turn) -> None:
    turn.put(stage=Stage.AVAILABLE, repaired_by="", grade=turn.event.text("grade") or turn.item.grade)


def _rejected(turn: Turn) -> None:
    turn.put(stage=Stage.IN_REPAIR)


_DECISIONS: Mapping[str, Callable[[Turn], None]] = {
    "item.held": _held,
    "item.unheld": _unheld,
    "item.retired": _retired,
    "item.written_off": Turn.lose,
    "item.released": _released,
    "item.rejected": _rejected,
}


def _label(turn: Turn) -> Outcome:
    event = turn.event
    if event.kind == "label.voided" and event.subject not in turn.item.revoked:
        turn.put(revoked=tuple(sorted((*turn.item.revoked, event.subject))))
    return Outcome.APPLIED


def _follow(turn: Turn, machine: str) -> bool:
    item, event = turn.item, turn.event
    axis = f"{machine}_stage"
    qualifier = ""
    if event.kind == "work.tested":
        qualifier = "passed" if event.body.get("passed") is True else "failed"
    stage = target(machine, getattr(item, axis), event.kind, qualifier)
    if stage is None:
        return False
    turn.put(**{axis: stage})
    return True


def _advance(turn: Turn) -> Outcome:
    """Move the return and work axes by their tables; an event out of step has no effect and opens a task."""
    event = turn.event
    moved = [_follow(turn, machine) for machine in ("return", "work") if concerns(machine, event.kind)]
    if event.kind == "work.repaired":
        turn.put(repaired_by=event.actor)
        stage = target("container", turn.item.stage, event.kind)
        if stage is not None:
            turn.put(stage=stage)
            moved.append(True)
    if moved and not any(moved):
        turn.say(Reason.OUT_OF_STEP)
        return Outcome.REFUSED
    return Outcome.APPLIED if moved else Outcome.NOTED
