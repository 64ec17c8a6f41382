"""Parts: recovered from a donor, requalified, built in; a purchase is avoided when the part serves again, not before.

Only the part's own history speaks here: what a repair used is the host's. An event names the other one in `other`.
"""

from boucle.item import Part
from boucle.lifecycle import Stage
from boucle.reasons import Outcome, Reason
from boucle.turn import Turn


def recovered(turn: Turn) -> None:
    """Count a part that was commissioned as recovered from a donor."""
    turn.put(part=Part(donor=turn.event.other, recovered=True, credit=True))
    turn.month(turn.place, "", "harvested_n", loop="")
    turn.month(turn.place, "", "harvested_g", n=turn.item.tare_g, loop="")


def advance(turn: Turn) -> Outcome:
    """Build a part into the host that `other` names, or take it out of it."""
    if turn.item.stage == Stage.RETIRED:
        turn.say(Reason.RETIRED_SCAN)
        return Outcome.IGNORED
    part = turn.item.part if isinstance(turn.item.part, Part) else Part()
    host = turn.event.other
    if turn.event.kind == "part.removed":
        if not part.host:
            turn.say(Reason.SAME_AGAIN)
            return Outcome.REPEAT
        # Put back where it was, it saves nothing.
        turn.put(part=Part(donor=part.host, recovered=True, credit=True))
        return Outcome.APPLIED
    if part.host and part.host == host:
        turn.say(Reason.SAME_AGAIN)
        return Outcome.REPEAT
    if part.host:
        turn.say(Reason.PART_USED_ELSEWHERE)
    if part.recovered and not part.requalified:
        turn.say(Reason.PART_NOT_REQUALIFIED)
    turn.put(part=part._replace(host=host or "?"))
    if host and part.donor == host:
        turn.put(part=turn.item.part._replace(credit=False, cents=0))  # type: ignore[union-attr]
    book(turn)
    return Outcome.APPLIED


def book(turn: Turn) -> None:
    """Book what serves again instead of a new one: once for each requalification or recovery, at today's price."""
    part, event = turn.item.part, turn.event
    if not isinstance(part, Part) or not part.credit:
        return
    if event.body.get("needed") is False:
        # Nobody would have bought one for this.
        turn.month(turn.place, "", "installed_extra", loop="")
    else:
        price = event.number("avoided_cents") or turn.book.item_type(turn.item.type, turn.at).price_cents
        turn.month(turn.place, "", "avoided_n", "installed" if event.kind == "part.installed" else "shipped", loop="")
        turn.month(turn.place, "", "avoided_cents", n=price, loop="")
        turn.month(turn.place, "", "requal_cents", n=part.cents, loop="")
        turn.month(turn.place, "", "repaired_g", n=turn.item.tare_g, loop="")
    turn.put(part=part._replace(credit=False, cents=0))
