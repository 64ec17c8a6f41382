"""Movements: what each physical event about a numbered item does, from its commissioning to its last count.

None is refused: where the item is not where the scan presumes it, the legs in between are inferred.
"""

from collections.abc import Callable, Mapping

from boucle.answers import names_no_checklist
from boucle.explaining import check_partner, explain, infer
from boucle.legs import Act, Leg
from boucle.lifecycle import HOME, Stage, Verdict, target
from boucle.parts import recovered
from boucle.photo_guards import lacks_photo
from boucle.qualifications import is_unqualified
from boucle.reasons import Outcome, Reason
from boucle.reference import Site
from boucle.turn import Turn


def _commissioned(turn: Turn) -> Outcome:
    item, event = turn.item, turn.event
    if not turn.book.item_type(item.type, turn.at).known:
        turn.say(Reason.UNKNOWN_TYPE)
    turn.put(commissioned_ms=turn.at)
    turn.enter_pool("commissioned")
    if item.opening_uses and not item.nature:
        turn.month(turn.place, "", "opening_uses", n=item.opening_uses, loop="")
        turn.month(turn.place, "", "opening_n", loop="")
    if event.text("origin") == "recovered":
        recovered(turn)
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
    if not explain(turn, Act.SHIP, turn.place):
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
    if not explain(turn, Act.DELIVER, place):
        return Outcome.REPEAT
    if turn.item.stage == Stage.OUTBOUND:
        check_partner(turn, turn.book.site(turn.item.place, turn.at), place)
        turn.hand_over(place)
    turn.match("delivered", turn.event.task)
    return Outcome.APPLIED


def _emptied(turn: Turn) -> Outcome:
    if turn.item.stage in HOME:
        return present(turn)
    again = turn.item.stage == Stage.RETURN_READY and turn.item.place == turn.place.key
    explain(turn, Act.BE_THERE, turn.place)
    turn.put(stage=Stage.RETURN_READY, parent="")
    return Outcome.REPEAT if again else Outcome.APPLIED


def _transferred(turn: Turn) -> Outcome:
    destination = turn.book.site(turn.event.text("to"), turn.at)
    if turn.item.is_held and turn.item.place == destination.key:
        turn.say(Reason.SAME_AGAIN)
        return Outcome.REPEAT
    explain(turn, Act.BE_THERE, turn.place)
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
        return present(turn)
    if not explain(turn, Act.COLLECT, place):
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
        infer(turn, Leg.TRANSFER, giver)
    if turn.item.stage == Stage.OUTBOUND and event.against:
        # It comes from a stop at the partner's, so it was delivered there.
        infer(turn, Leg.DELIVER, turn.book.site(turn.item.place, turn.at))
    explain(turn, Act.RECEIVE, place)
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
        turn.put(stage=Stage.RECEIVED, site=place.key, came_by=turn.event.id, came_ms=turn.event.teff)
        turn.month(place, "", "return_unmatched", loop="")
        turn.collected(place, "")
        return Outcome.APPLIED
    if item.site != place.key:
        turn.say(Reason.MOVED_UNSEEN)
        turn.put(site=place.key)
    turn.say(Reason.SAME_AGAIN)
    return Outcome.REPEAT


def present(turn: Turn) -> Outcome:
    """Take a scan as proof of where the item is: at one of our sites, or at a partner's."""
    place = turn.place
    if place.partner:
        explain(turn, Act.BE_THERE, place)
        return Outcome.APPLIED
    explain(turn, Act.BE_HOME, place)
    if place.known and turn.item.site != place.key:
        if turn.item.site and turn.event.kind != "item.moved":
            turn.say(Reason.MOVED_UNSEEN)
        turn.put(site=place.key)
    return Outcome.APPLIED


def _sorted(turn: Turn) -> Outcome:
    event = turn.event
    verdict = event.text("verdict")
    outcome = present(turn)
    turn.put(grade=event.text("grade") or turn.item.grade)
    turn.month(turn.place, "", "sorted", verdict)
    if lacks_photo(event.kind, event.body, event.photos, turn.place):
        turn.say(Reason.NO_PHOTO)
    if verdict == Verdict.OK:
        _let_serve(turn)
    stage = target("container", turn.item.stage, event.kind, verdict)
    if stage is not None:
        turn.put(stage=stage)
    if verdict == Verdict.SCRAP:
        turn.hold("scrap")
    return outcome


def _let_serve(turn: Turn) -> None:
    """Say what a good verdict lacks. It was given and has its effect; a person looks."""
    if names_no_checklist(turn.event, turn.item.type, turn.book):
        turn.say(Reason.NO_CHECKLIST)
    if is_unqualified(turn.event, turn.item.type, turn.place, turn.book):
        turn.say(Reason.UNQUALIFIED)


def _cleaned(turn: Turn) -> Outcome:
    outcome = present(turn)
    must = turn.event.body.get("requalify") is True or turn.book.item_type(turn.item.type, turn.at).requalify
    stage = target("container", turn.item.stage, turn.event.kind, "requalify" if must else "")
    if stage is not None:
        turn.put(stage=stage)
    turn.month(turn.place, "", "cleaned")
    return outcome


def _moved(turn: Turn) -> Outcome:
    outcome = present(turn)
    to = turn.event.text("to")
    if to and turn.item.stage in HOME:
        turn.put(site=turn.book.site(to, turn.at).key)
    turn.put(zone=turn.event.text("zone"))
    return outcome


def _loaded(turn: Turn) -> Outcome:
    outcome = present(turn)
    if turn.event.other:
        turn.put(parent=turn.event.other if turn.event.kind == "item.loaded" else "")
        return outcome
    stage = target("container", turn.item.stage, turn.event.kind)
    if stage is not None:
        turn.put(stage=stage)
    return outcome


ACTS: Mapping[str, Callable[[Turn], Outcome]] = {
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
    "item.counted": present,
    "item.found": present,
}
"""What each kind of movement does."""
