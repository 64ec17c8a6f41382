"""Consent: what the owner of a repaired thing is asked for, and answers, before hands are laid on it.

What is ours, and what is quoted at no more than the type's agreed amount, needs nobody's answer. Work that began
without one happened all the same; a person looks. An answer is to one quote: to another, or after its last day, it has
no effect.
"""

from enum import StrEnum

from boucle.clock import day_of
from boucle.item import Job
from boucle.job_figures import job_of, site_of, stop_clock
from boucle.proposing import is_too_dear
from boucle.reasons import Reason
from boucle.turn import Turn

WITHDRAWN = "work.quote_withdrawn"
ANSWERS = frozenset({"work.approved", "work.declined"})
HANDS = frozenset({"work.started", "work.resumed", "work.part_used", "work.part_removed", "work.repaired"})
"""What is work on the thing, for which consent is needed."""
_TOUCHING = HANDS | {"work.diagnosed", "work.tested"}


class Consent(StrEnum):
    """How far the owner's consent is."""

    ASKED = "asked"
    GIVEN = "given"
    AGREED = "agreed"
    """Nobody has to be asked: it is ours, or costs no more than was agreed for the type."""
    MISSED = "missed"
    """Work began without an answer."""
    DECLINED = "declined"


class How(StrEnum):
    """By which way an answer came; the words are `consent.how.<value>`."""

    LINK = "link"
    PHONE = "phone"
    PAPER = "paper"
    MAIL = "mail"
    PRESENCE = "presence"


def qualifier(turn: Turn) -> str:
    """Tell whether a quote needs no answer: the thing is ours, or the amount is within what was agreed for its type."""
    event = turn.event
    owner = event.text("owner") or job_of(turn).owner
    agreed_cents = turn.book.item_type(turn.item.type, turn.at).agreed_cents
    return "agreed" if not owner or event.number("cents") <= agreed_cents else ""


def quote(turn: Turn, *, agreed: bool) -> None:
    """Put a quote in the place of any before; hands rest until it is answered."""
    if not agreed:
        stop_clock(turn)
    event, job = turn.event, job_of(turn)
    turn.put(
        job=job._replace(
            owner=event.text("owner") or job.owner,
            quote=event.id,
            quote_cents=event.number("cents"),
            quote_until=event.text("until"),
            consent=str(Consent.AGREED if agreed else Consent.ASKED),
        )
    )


def withdraw(turn: Turn) -> None:
    """Take a quote back that nobody has answered: the repair stands as if none had been made."""
    turn.put(job=job_of(turn)._replace(quote="", quote_cents=0, quote_until="", consent=""))


def gate(turn: Turn) -> Reason | None:
    """Give why an answer, or taking the quote back, has no effect, None when it has."""
    event, job = turn.event, job_of(turn)
    if not job.quote and event.kind == WITHDRAWN:
        return Reason.SAME_AGAIN
    if not job.quote or event.text("quote") != job.quote:
        return Reason.QUOTE_REPLACED
    if job.consent not in (Consent.ASKED, Consent.MISSED):
        return Reason.SAME_AGAIN
    if event.kind == "work.approved" and day_of(turn.at, site_of(turn).zone) > job.quote_until:
        return Reason.QUOTE_EXPIRED
    return None


def take(turn: Turn, said: Consent) -> None:
    """Keep what the owner answered."""
    turn.put(job=job_of(turn)._replace(consent=str(said)))


def is_owed(job: Job) -> bool:
    """Tell whether an owner has to be asked, or to answer, before hands are laid on the thing."""
    return bool(job.owner) and not job.faultless and job.consent in ("", Consent.ASKED)


def mind_hands(turn: Turn) -> None:
    """Say, once, that work began without consent or beyond what is worth it; each time, that the repair is on hold."""
    job, kind = job_of(turn), turn.event.kind
    if job.hold and kind in _TOUCHING:
        turn.say(Reason.WORKED_ON_HOLD)
    if kind not in HANDS:
        return
    if is_owed(job):
        turn.say(Reason.NOT_APPROVED)
        job = job._replace(consent=str(Consent.MISSED))
    if job.dear and not job.explained:
        turn.say(Reason.TOO_DEAR)
        job = job._replace(explained=True)
    turn.put(job=job)


def diagnose(turn: Turn) -> None:
    """Keep what was found, and whether its estimate passes the limit of the type without a word of explanation."""
    event, job = turn.event, job_of(turn)
    estimate_cents = event.number("estimate_cents")
    kind = turn.book.item_type(turn.item.type, turn.at)
    turn.put(
        job=job._replace(
            fault=event.text("fault"),
            faultless=event.body.get("found") is False,
            estimate_cents=estimate_cents,
            dear=is_too_dear(estimate_cents, kind),
            explained=bool(event.text("reason")),
        )
    )
