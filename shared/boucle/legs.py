"""Inferred legs: what must have happened, unscanned, for a physical scan to be true.

Physical facts are never refused. Where an item is not where a scan presumes it, this table names the legs that
explain it; the fold runs each leg like a scanned one and marks it inferred.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Position(StrEnum):
    """Where an item is, seen from the place of a scan."""

    HOME = "home"
    TRANSIT = "transit"
    HELD_HERE = "held_here"
    HELD_ELSEWHERE = "held_elsewhere"
    INBOUND_FROM_HERE = "inbound_from_here"
    INBOUND_FROM_ELSEWHERE = "inbound_from_elsewhere"


class Act(StrEnum):
    """What a scan proves."""

    SHIP = "ship"
    DELIVER = "deliver"
    COLLECT = "collect"
    RECEIVE = "receive"
    BE_HOME = "be_home"
    """Seen at one of our sites: sorted, cleaned, moved, counted, found, loaded."""
    BE_THERE = "be_there"
    """Seen at a partner's site: emptied, counted, found, transferred from."""


class Leg(StrEnum):
    """One unscanned movement."""

    SHIP = "ship"
    DELIVER = "deliver"
    TRANSFER = "transfer"
    COLLECT = "collect"
    RETURN = "return"


REPEAT = None
"""The scan says again what is already so."""

Legs = tuple[Leg, ...]
_P, _A, _L = Position, Act, Leg

LEGS: Mapping[Act, Mapping[Position, Legs | None]] = MappingProxyType(
    {
        _A.SHIP: {
            _P.HOME: (),
            _P.TRANSIT: REPEAT,
            _P.HELD_HERE: (_L.RETURN,),
            _P.HELD_ELSEWHERE: (_L.RETURN,),
            _P.INBOUND_FROM_HERE: (_L.RETURN,),
            _P.INBOUND_FROM_ELSEWHERE: (_L.RETURN,),
        },
        _A.DELIVER: {
            _P.HOME: (_L.SHIP,),
            _P.TRANSIT: (),
            _P.HELD_HERE: REPEAT,
            _P.HELD_ELSEWHERE: (_L.TRANSFER,),
            _P.INBOUND_FROM_HERE: (_L.TRANSFER,),
            _P.INBOUND_FROM_ELSEWHERE: (_L.TRANSFER,),
        },
        _A.COLLECT: {
            _P.HOME: (_L.SHIP, _L.DELIVER),
            _P.TRANSIT: (_L.DELIVER,),
            _P.HELD_HERE: (),
            _P.HELD_ELSEWHERE: (_L.TRANSFER,),
            _P.INBOUND_FROM_HERE: REPEAT,
            _P.INBOUND_FROM_ELSEWHERE: (_L.TRANSFER,),
        },
        _A.RECEIVE: {
            _P.HOME: (),
            _P.TRANSIT: (),
            _P.HELD_HERE: (_L.COLLECT,),
            _P.HELD_ELSEWHERE: (_L.COLLECT,),
            _P.INBOUND_FROM_HERE: (),
            _P.INBOUND_FROM_ELSEWHERE: (),
        },
        _A.BE_HOME: {
            _P.HOME: (),
            _P.TRANSIT: (_L.RETURN,),
            _P.HELD_HERE: (_L.RETURN,),
            _P.HELD_ELSEWHERE: (_L.RETURN,),
            _P.INBOUND_FROM_HERE: (_L.RETURN,),
            _P.INBOUND_FROM_ELSEWHERE: (_L.RETURN,),
        },
        _A.BE_THERE: {
            _P.HOME: (_L.SHIP, _L.DELIVER),
            _P.TRANSIT: (_L.DELIVER,),
            _P.HELD_HERE: (),
            _P.HELD_ELSEWHERE: (_L.TRANSFER,),
            _P.INBOUND_FROM_HERE: (_L.TRANSFER,),
            _P.INBOUND_FROM_ELSEWHERE: (_L.TRANSFER,),
        },
    }
)
