"""Explaining a scan: the legs that nobody scanned and that must have happened for it to be true."""

from collections.abc import Mapping

from boucle.legs import LEGS, Act, Leg, Position
from boucle.lifecycle import HOME, Stage
from boucle.reasons import Reason
from boucle.reference import Site
from boucle.turn import Turn


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


def explain(turn: Turn, act: Act, place: Site) -> bool:
    """Run the legs that must have happened for `act` at `place`; False when the scan only repeats."""
    legs = LEGS[act][_position(turn, place)]
    if legs is None:
        turn.say(Reason.SAME_AGAIN)
        return False
    for leg in legs:
        infer(turn, leg, place)
    return True


_DECLARED_AS: Mapping[Leg, str] = {Leg.SHIP: "shipped", Leg.DELIVER: "delivered", Leg.COLLECT: "collected"}
_LEG_BEFORE: Mapping[str, Leg] = {
    "item.delivered": Leg.SHIP,
    "item.collected": Leg.DELIVER,
    "item.received": Leg.COLLECT,
}
"""The movement whose task an event may name in `against`."""


def infer(turn: Turn, leg: Leg, place: Site) -> None:
    """Run one leg that nobody scanned, for a scan at `place`."""
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
            check_partner(turn, book.site(item.place, at), place)
            turn.hand_over(place)
        case Leg.TRANSFER:
            check_partner(turn, book.site(item.place, at), place)
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


def check_partner(turn: Turn, booked: Site, seen: Site) -> None:
    """Have a person look when another partner holds the item than the one it was booked at."""
    if booked.partner != seen.partner:
        turn.say(Reason.OTHER_PARTNER)
