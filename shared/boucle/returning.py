"""Returned products: from the announcement, or the door, to what becomes of the product.

A line is one product in its own history; what has no number is counted by `boucle.quantity`. Both add to the same
cells of the return (`return` by stage), of which `boucle.rma` makes the state of the whole. What came in is never
refused: unannounced it begins a line of its own, and where it was last sent says whom it came from.
"""

from collections.abc import Mapping

from boucle.clock import month_of
from boucle.item import Back
from boucle.lifecycle import OUT, Disposition, ReturnStage, target
from boucle.photo_guards import lacks_photo
from boucle.reasons import Outcome, Reason
from boucle.turn import Turn

ENDED = frozenset({"", ReturnStage.REFUSED, ReturnStage.CANCELLED, ReturnStage.CLOSED})
"""Stages after which an announcement, or a receipt, begins a new line."""
_D = Disposition
_DONE_BY: Mapping[str, frozenset[str]] = {
    "item.moved": frozenset({_D.RESTOCK}),
    "work.opened": frozenset({_D.REPAIR, _D.REFURBISH}),
    "work.harvested": frozenset({_D.HARVEST, _D.REPAIR, _D.REFURBISH}),
    "item.shipped": frozenset({_D.SUPPLIER, _D.RESALE, _D.DONATE, _D.SEND_BACK}),
    "item.treated": frozenset({_D.RECYCLE, _D.ENERGY, _D.DISPOSE}),
    "item.retired": frozenset({_D.RECYCLE, _D.ENERGY, _D.DISPOSE}),
}
"""What carries out which decision."""


def advance(turn: Turn) -> Outcome:
    """Apply an announcement, an answer to it, a grade or a decision."""
    event = turn.event
    if event.kind == "return.announced" and turn.item.return_stage in ENDED:
        _announce(turn)
    if not follow(turn):
        turn.say(Reason.OUT_OF_STEP)
        return Outcome.REFUSED
    back = _back(turn)
    match event.kind:
        case "item.graded":
            turn.put(grade=event.text("grade"), back=back._replace(criteria=event.text("criteria")))
            turn.month(turn.place, "", "graded", event.text("grade"), loop="")
            if lacks_photo(event.kind, event.body, event.photos, turn.place):
                turn.say(Reason.NO_PHOTO)
        case "item.disposition_decided":
            _decide(turn)
        case _:
            pass
    return Outcome.APPLIED


def moved(turn: Turn) -> None:
    """Let a movement, a repair or a retirement that had effect move the line along."""
    kind = turn.event.kind
    if kind == "item.received" and turn.item.nature and turn.item.return_stage in ENDED and not turn.place.partner:
        _come_unannounced(turn)
        return
    decided = turn.item.return_stage == ReturnStage.DISPOSED_TO
    if not follow(turn):
        return
    back = _back(turn)
    if kind == "item.received":
        turn.put(back=back._replace(received_ms=turn.at, origin=turn.item.ship_partner))
    elif decided and back.disposition not in _DONE_BY.get(kind, frozenset()):
        turn.say(Reason.NOT_AS_DECIDED)


def follow(turn: Turn, qualifier: str = "") -> bool:
    """Move the line by its table and count the stage it comes to; tell whether the table has a row."""
    event = turn.event
    if event.kind == "item.shipped" and _back(turn).disposition == Disposition.SUPPLIER:
        qualifier = "supplier"
    before = turn.item.return_stage
    stage = target("return", before, event.kind, qualifier)
    if stage is None:
        return False
    turn.put(return_stage=stage)
    if stage != before:
        back, place = _back(turn), turn.place
        month = month_of(turn.at, place.zone)
        where = {"site": place.key, "partner": back.partner, "loop": ""}
        turn.fact("return", month, **where, measure=str(stage), bucket=back.rma, n=1)
    return True


def _back(turn: Turn) -> Back:
    back = turn.item.back
    return back if isinstance(back, Back) else Back()


def _announce(turn: Turn) -> None:
    event, item = turn.event, turn.item
    who = turn.place.partner
    holder = turn.book.site(item.place, turn.at).partner if item.stage in OUT else ""
    if who and holder != who:
        turn.say(Reason.ANNOUNCED_ELSEWHERE)
    back = Back(rma=event.task or event.id, partner=who or holder, reason=event.text("reason"))
    turn.put(return_stage="", back=back)


def _come_unannounced(turn: Turn) -> None:
    """Begin a line at the door; with a return named in `against`, it is one of those announced by number only."""
    event, item = turn.event, turn.item
    giver = turn.book.site(event.text("from"), turn.at).partner
    if not item.ship_ms:
        turn.say(Reason.UNKNOWN_ORIGIN)
    back = Back(
        rma=event.against or event.task or event.id,
        partner=giver or item.ship_partner,
        origin=item.ship_partner,
        blind=not event.against,
        received_ms=turn.at,
    )
    turn.put(return_stage="", back=back)
    follow(turn, "blind")
    if back.blind:
        turn.month(turn.place, back.partner, "return_blind", loop="")


def _decide(turn: Turn) -> None:
    event = turn.event
    chosen, proposed = event.text("disposition"), event.text("proposed")
    if proposed and proposed != chosen and not event.text("reason"):
        turn.say(Reason.OVERRIDE_UNEXPLAINED)
    turn.put(back=_back(turn)._replace(disposition=chosen))
    bucket = chosen if chosen in set(Disposition) else "other"
    turn.month(turn.place, "", "disposed", bucket, loop="")
    turn.month(turn.place, "", "disposed_g", bucket, n=turn.item.tare_g, loop="")
