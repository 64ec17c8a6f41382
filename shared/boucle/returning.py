"""Returned products: from the announcement, or the door, to what becomes of the product.

A line is one product in its own history; what has no number is counted by `boucle.quantity`. Both add to the same
cells of the return (`return` by stage), of which `boucle.rma` makes the state of the whole. What came in is never
refused: unannounced it begins a line of its own, and where it was last sent says whom it came from.
"""

from collections.abc import Mapping

from boucle.answers import names_no_checklist, objections
from boucle.clock import day_of, month_of
from boucle.grades import GOOD
from boucle.item import Back
from boucle.lifecycle import OUT, Disposition, ReturnStage, target
from boucle.photo_guards import lacks_photo
from boucle.reasons import Outcome, Reason
from boucle.return_rules import deadline, needs_manager
from boucle.rma import UNTIL
from boucle.turn import Turn

ENDED = frozenset({"", ReturnStage.REFUSED, ReturnStage.CANCELLED, ReturnStage.CLOSED})
"""Stages after which an announcement, or a receipt, begins a new line."""
NOT_SENT = frozenset({ReturnStage.REQUESTED, ReturnStage.AUTHORISED})
"""Stages of what is announced and has not been handed over: a deadline speaks of these."""
_ABOVE = "above_value"
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
    if event.kind == "item.disposition_confirmed" and _is_decided(turn):
        turn.say(Reason.SAME_AGAIN)
        return Outcome.REPEAT
    waits = event.kind == "item.disposition_decided" and needs_manager(turn.book, turn.item.type, 1, at_ms=turn.at)
    if not follow(turn, _ABOVE if waits else ""):
        turn.say(Reason.OUT_OF_STEP)
        return Outcome.REFUSED
    match event.kind:
        case "return.authorised":
            _authorise(turn)
        case "item.graded":
            _grade(turn)
        case "item.disposition_decided" if waits:
            _explained(turn)
            turn.say(Reason.NEEDS_MANAGER)
            turn.put(back=_back(turn)._replace(asked=event.text("disposition")))
        case "item.disposition_decided" | "item.disposition_confirmed":
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
    before = turn.item.return_stage
    if not follow(turn):
        return
    back = _back(turn)
    if before in NOT_SENT and back.until and day_of(turn.at, turn.place.zone) > back.until:
        turn.say(Reason.AFTER_DEADLINE)
        back = back._replace(late=True)
        turn.put(back=back)
    if kind == "item.received":
        turn.put(back=back._replace(received_ms=turn.at, origin=turn.item.ship_partner))
    elif before == ReturnStage.DISPOSED_TO:
        if back.disposition not in _DONE_BY.get(kind, frozenset()):
            turn.say(Reason.NOT_AS_DECIDED)
        if kind == "item.shipped" and turn.event.text("supplier_ref"):
            turn.put(back=back._replace(supplier_ref=turn.event.text("supplier_ref")))


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


def _authorise(turn: Turn) -> None:
    """Say until when it may be sent back; another day that is said later takes the place of the first."""
    back, until = _back(turn), deadline(turn.event.text("until"))
    if until in ("", back.until):
        return
    turn.put(back=back._replace(until=until))
    month = month_of(turn.at, turn.place.zone)
    where = {"site": turn.place.key, "partner": back.partner, "loop": ""}
    for day, sign in ((back.until, -1), (until, 1)):
        if day:
            turn.fact("return", month, **where, measure=f"{UNTIL}{day}", bucket=back.rma, n=sign)


def _grade(turn: Turn) -> None:
    """Take a grade over. What a good one lacks is said: it was given and has its effect; a person looks."""
    event, grade = turn.event, turn.event.text("grade")
    turn.put(grade=grade, back=_back(turn)._replace(criteria=event.text("criteria"), asked=""))
    turn.month(turn.place, "", "graded", grade, loop="")
    if lacks_photo(event.kind, event.body, event.photos, turn.place):
        turn.say(Reason.NO_PHOTO)
    if grade in GOOD:
        for reason in objections(event, turn.book):
            turn.say(reason)
        if names_no_checklist(event, turn.item.type, turn.book):
            turn.say(Reason.NO_CHECKLIST)


def _is_decided(turn: Turn) -> bool:
    """Tell whether the very same was decided already and not done yet: to confirm it then changes nothing."""
    chosen = turn.event.text("disposition")
    return turn.item.return_stage == ReturnStage.DISPOSED_TO and _back(turn).disposition == chosen


def _explained(turn: Turn) -> None:
    event = turn.event
    if event.text("proposed") not in ("", event.text("disposition")) and not event.text("reason"):
        turn.say(Reason.OVERRIDE_UNEXPLAINED)


def _decide(turn: Turn) -> None:
    chosen = turn.event.text("disposition")
    _explained(turn)
    turn.put(back=_back(turn)._replace(disposition=chosen, asked=""))
    bucket = chosen if chosen in set(Disposition) else "other"
    turn.month(turn.place, "", "disposed", bucket, loop="")
    turn.month(turn.place, "", "disposed_g", bucket, n=turn.item.tare_g, loop="")
