"""The end of an item: it leaves the pool, its mass waits for its final treatment, and is booked at that.

Waste is counted when it is finally treated (`item.treated`), never when it is set aside for it.
"""

from boucle.clock import month_of
from boucle.explaining import infer
from boucle.legs import Leg
from boucle.lifecycle import OUT, Stage
from boucle.movements import present
from boucle.reasons import Outcome, Reason
from boucle.repair import abandon
from boucle.treatment import is_intermediate
from boucle.turn import Turn


def treated(turn: Turn) -> Outcome:
    """Book the final treatment of an item: what it weighed, by treatment code. Destruction proves retirement."""
    event = turn.event
    if turn.item.stage != Stage.RETIRED:
        present(turn)
        if turn.item.stage in OUT:
            infer(turn, Leg.RETURN, turn.place)
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
    if turn.item.job:
        abandon(turn)
    if turn.item.ship_month:
        turn.cohort("retired", "")
    turn.enter_pool("retired", -1)


def retired(turn: Turn) -> None:
    """Take the item out of the pool by decision; its mass is treated at once, resold, or waits."""
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
