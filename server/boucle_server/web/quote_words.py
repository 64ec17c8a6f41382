"""What a repair waits for or costs, in words: its quote and the answer, the limit of its type, time on it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote as quoted

from sqlalchemy.engine import Connection

from boucle.consent import How, is_owed
from boucle.item import Item, Job
from boucle.lasting import lasted
from boucle.lifecycle import BUSY
from boucle.proposing import limit_cents
from boucle.reference import Book
from boucle.roles import may_record
from boucle.words import say
from boucle_server import quotes, reports
from boucle_server.projections import load_book
from boucle_server.quotes import APPROVED, DECLINED, QUOTED, TAKES_ANSWER, Standing
from boucle_server.repairs import Repair
from boucle_server.web import numbers
from boucle_server.web.figures import Badge
from boucle_server.web.item_words import moment
from boucle_server.web.places import QUOTE
from boucle_server.web.visit import Visit

KINDS: Final = {
    Standing.GIVEN: "good",
    Standing.AGREED: "good",
    Standing.DECLINED: "bad",
    Standing.MISSED: "bad",
    Standing.WITHDRAWN: "plain",
}
_MINUTE_S: Final = 60
_HOUR_MIN: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """A quote as the workshop sees it; `link` is empty where nobody can answer by it."""

    badge: Badge
    pairs: tuple[tuple[str, str], ...]
    answered: str
    link: str
    mail: str


def quote_view(connection: Connection, visit: Visit, item: Item, shown: Repair | None, job: Job) -> QuoteView | None:
    """Gather the quote of the repair that is under way, or was the last; None without any."""
    if shown is None or not job.quote:
        return None
    event, lang, book = shown.last(QUOTED), visit.lang, load_book(connection, visit.who.org)
    standing = quotes.standing_of(item, job, book, visit.now_ms)
    link = ""
    if standing in TAKES_ANSWER:
        code = quotes.code_of(connection, visit.who.org, job.quote)
        link = f"{visit.server.settings.address}{QUOTE.path}/{code}"
    return QuoteView(
        badge=badge(standing, lang),
        pairs=tuple(terms(job.quote_cents, job.quote_until, event.text("covers") if event else "", lang)),
        answered=_answered(connection, visit, shown, book, job),
        link=link,
        mail=_mail(visit, item, job, book, link) if link else "",
    )


def badge(standing: Standing, lang: str) -> Badge:
    """Say how far a quote is."""
    return KINDS.get(standing, "warn"), say(f"web.quote_{standing}", lang)


def terms(cents: int, until: str, covers: str, lang: str) -> list[tuple[str, str]]:
    """Say what a quote offers."""
    given = {"amount": numbers.money(cents, lang), "until": _day(until, lang), "covers": covers}
    return [(say(f"web.quote_{name}", lang), value) for name, value in given.items() if value]


def _day(day: str, lang: str) -> str:
    return numbers.day_name(day, lang) if day.count("-") == 2 else day  # noqa: PLR2004 - a day has two


def _answered(connection: Connection, visit: Visit, shown: Repair, book: Book, job: Job) -> str:
    found = [each for each in shown.every(APPROVED, DECLINED) if each.text("quote") == job.quote]
    if not found:
        return ""
    event, lang = found[-1], visit.lang
    who = quotes.signers(connection, visit.who.org, [event.id]).get(event.id, "")
    values = {
        "what": say(f"kind.{event.kind}", lang),
        "how": say(f"consent.how.{how}", lang) if (how := event.text("how")) in _WAYS else how,
        "when": moment(event.teff, book.site(job.site, visit.now_ms).zone, lang),
    }
    said = say("web.quote_answered_by", lang, **values, who=who) if who else say("web.quote_answered", lang, **values)
    return said[:1].upper() + said[1:]


_WAYS: Final = frozenset(str(each) for each in How)


def _mail(visit: Visit, item: Item, job: Job, book: Book, link: str) -> str:
    lang = visit.lang
    subject = say("web.quote_subject", lang, number=job.task)
    text = say(
        "web.quote_message",
        lang,
        what=reports.name_of(book, "item_type", item.type, visit.now_ms),
        amount=numbers.money(job.quote_cents, lang),
        until=_day(job.quote_until, lang),
        link=link,
        org=visit.who.org_name,
    )
    return f"mailto:?subject={quoted(subject)}&body={quoted(text)}"


def proposal(item: Item, job: Job, visit: Visit, book: Book) -> str:
    """Say what the rule proposes about a repair that is dearer than the limit of its type, until somebody decides."""
    if not job.dear or job.explained or job.outcome:
        return ""
    lang = visit.lang
    limit = limit_cents(book.item_type(item.type, visit.now_ms))
    return say(
        "web.ticket_dear",
        lang,
        estimate=numbers.money(job.estimate_cents, lang),
        limit=numbers.money(limit, lang),
    )


def consent_owed(item: Item, job: Job, visit: Visit, book: Book) -> str:
    """Say that the owner has to be asked, by whom, or to answer, before hands are laid on the thing."""
    if item.work_stage not in BUSY or not is_owed(job):
        return ""
    able = may_record(visit.who.capabilities, QUOTED)
    key = "web.consent_waits" if job.consent else "web.consent_owed_how" if able else "web.consent_owed_tell"
    return say(key, visit.lang, owner=reports.name_of(book, "partner", job.owner, visit.now_ms))


def pairs(job: Job, shown: Repair | None, visit: Visit, book: Book) -> dict[str, str]:
    """Say whose the thing is, what the repair was estimated at, how long hands were on it, how long it stood idle."""
    lang = visit.lang
    found = shown.last("work.diagnosed") if shown else None
    why = found.text("reason") if found else ""
    idle_ms = job.idle_s * 1000 + (visit.now_ms - job.idle_ms if job.idle_ms else 0)
    return {
        "owner": reports.name_of(book, "partner", job.owner, visit.now_ms) if job.owner else "",
        "estimate": numbers.money(job.estimate_cents, lang) if job.estimate_cents else "",
        "dear_reason": why if job.dear else "",
        "worked": _worked(job, visit),
        "idle": lasted(idle_ms, lang) if idle_ms else "",
    }


def _worked(job: Job, visit: Visit) -> str:
    """Say for how long hands were on a thing; whose hands is nobody's business."""
    since_s = (visit.now_ms - job.clock_ms) // 1000 if job.clock_ms else 0
    minutes = (job.worked_s + max(0, since_s)) // _MINUTE_S
    if not minutes and not job.clock_ms:
        return ""
    time = f"{minutes // _HOUR_MIN} h {minutes % _HOUR_MIN:02d}"
    return say("web.ticket_running", visit.lang, time=time) if job.clock_ms else time
