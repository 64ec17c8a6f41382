"""What is late at a partner in words: how many wait, who follows it up, where all of it is answered at once."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from boucle.words import say
from boucle_server import reports
from boucle_server.web import inbox_late, inbox_stock, numbers
from boucle_server.web.inbox_case import Asker, Case
from boucle_server.web.places import INBOX
from boucle_server.web.visit import Visit

LATE_PATH: Final = f"{INBOX.path}/retards"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePartner:
    """A partner with late items: how many wait, until when those that wait for nobody are followed up."""

    name: str
    n: int
    href: str
    until: str = ""


def late_href(partner: str) -> str:
    """Give the page of all that is late at a partner."""
    return f"{LATE_PATH}/{quote(partner, safe='')}"


def partner_name(asker: Asker, partner: str) -> str:
    """Give the name of a partner."""
    return reports.name_of(asker.book, "partner", partner, asker.now_ms)


def until_words(day: str, lang: str) -> str:
    """Say on which day what is followed up comes back."""
    return say("web.inbox_until", lang, day=numbers.day_name(day, lang))


def late_partners(visit: Visit, asker: Asker) -> list[LatePartner]:
    """Give the partners at which items are late, the most first, then those that are followed up as a whole."""
    open_ = inbox_late.by_partner(asker, inbox_stock.waiting(asker))
    followed = {answer.key: until_words(answer.until, visit.lang) for answer in inbox_late.partners_followed(asker)}
    waiting = {each.partner for each in open_}
    listed = [(each.partner, each.n) for each in open_] + [(key, 0) for key in sorted(followed.keys() - waiting)]
    return [
        LatePartner(name=partner_name(asker, key), n=n, href=late_href(key), until=followed.get(key, ""))
        for key, n in listed
    ]


def late_partner(asker: Asker, case: Case) -> LatePartner | None:
    """Give the partner of a late item where more than this item waits there."""
    found = inbox_late.by_partner(asker, inbox_stock.waiting(asker, case.partner)) if case.partner else []
    if not found or found[0].n < 2:  # noqa: PLR2004 - of one the case itself is the page
        return None
    return LatePartner(name=partner_name(asker, case.partner), n=found[0].n, href=late_href(case.partner))
