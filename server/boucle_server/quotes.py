"""Quotes to the owner of what is repaired: the link that opens one, how far it is, and who answered.

A link takes an answer as long as its quote holds: a newer quote, taking it back and its last day end that, and its page
then says which, until the next repair of the thing. A quote that was recorded by mistake and voided opens nothing.
"""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.consent import WITHDRAWN, Consent, How
from boucle.events import Event
from boucle.item import Item, Job
from boucle.lifecycle import BUSY
from boucle.reference import Book
from boucle_server import histories, link_codes, repairs
from boucle_server.projections import SqlStore, load_book
from boucle_server.server_device import Draft
from boucle_server.tables import RECORD

QUOTED: Final = "work.quoted"
APPROVED: Final = "work.approved"
DECLINED: Final = "work.declined"
_SEED: Final = b"boucle link of a quote 1"


class Standing(StrEnum):
    """How far a quote is; the words are `web.quote_<value>`."""

    ASKED = "asked"
    EXPIRED = "expired"
    MISSED = "missed"
    GIVEN = "given"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """The workshop took it back before anybody answered."""
    REPLACED = "replaced"
    """A newer quote of the same repair stands in its place."""
    OVER = "over"
    """The repair ended before anybody answered."""


TAKES_ANSWER: Final = frozenset({Standing.ASKED, Standing.MISSED})


class Quote(NamedTuple):
    """A quote: whose, the event that made it, the thing and its repair, how far it is, why it was taken back."""

    org: str
    event: Event
    item: Item
    job: Job
    standing: Standing
    why: str = ""


def standing_of(item: Item, job: Job, book: Book, now_ms: int) -> Standing:
    """Tell how far the quote of a repair is at a time."""
    if job.consent in (Consent.GIVEN, Consent.AGREED, Consent.DECLINED):
        return Standing(job.consent)
    if item.work_stage not in BUSY:
        return Standing.OVER
    zone = book.site(job.site, now_ms).zone
    if day_of(now_ms, zone) > job.quote_until:
        return Standing.EXPIRED
    return Standing.MISSED if job.consent == Consent.MISSED else Standing.ASKED


def code_of(connection: Connection, org: str, event_id: str) -> str:
    """Give what stands in the address of a quote's link."""
    return link_codes.code_of(connection, org, event_id, seed=_SEED)


def opened(connection: Connection, code: str, *, now_ms: int) -> Quote | None:
    """Give the quote that a code opens, None where it opens nothing (more)."""
    named = link_codes.opened(connection, code, seed=_SEED)
    if named is None:
        return None
    (event,) = (*SqlStore(connection, named.org).events([named.event]), None)[:1]
    if event is None or event.kind != QUOTED:
        return None
    item = histories.find(connection, named.org, event.code).item
    job = item.job if isinstance(item.job, Job) else Job()
    if job.quote != event.id:
        return _ended(connection, named.org, event, item, job)
    standing = standing_of(item, job, load_book(connection, named.org), now_ms)
    return Quote(named.org, event, item, job, standing)


def _ended(connection: Connection, org: str, event: Event, item: Item, job: Job) -> Quote | None:
    """Give a quote that was taken back or replaced in its repair, None for one that opens nothing any more.

    What is repaired anew is nothing to who was asked about the repair before: the thing may be somebody else's by now.
    """
    (of,) = (*repairs.repairs_of(histories.history(connection, org, event.code))[-1:], None)[:1]
    if of is None or event.id not in {quote.id for quote in of.every(QUOTED)}:
        return None
    back = next((each for each in of.every(WITHDRAWN) if each.text("quote") == event.id), None)
    if back is not None:
        return Quote(org, event, item, job, Standing.WITHDRAWN, back.text("reason"))
    newer = any(each.order > event.order for each in of.every(QUOTED))
    return Quote(org, event, item, job, Standing.REPLACED) if newer else None


def answer(of: Quote, kind: str, *, by: str, reason: str) -> Draft:
    """Give the event by which whoever holds the link answers; their name can be erased later."""
    event = of.event
    body = {"quote": event.id, "how": str(How.LINK), **({"reason": reason} if reason else {})}
    fields = {"code": event.code, "place": event.place, "task": event.task, "body": body}
    return Draft(kind=kind, fields={name: value for name, value in fields.items() if value}, private={"signer": by})


def signers(connection: Connection, org: str, ids: Iterable[str]) -> dict[str, str]:
    """Give who answered, by event, where that was not erased."""
    query = sa.select(RECORD.c.id, RECORD.c.priv).where(RECORD.c.org == org, RECORD.c.id.in_(list(ids)[:100]))
    found = {}
    for row in connection.execute(query):
        said = json.loads(bytes(row.priv)) if row.priv else {}
        if isinstance(said, dict) and isinstance(said.get("signer"), str):
            found[row.id] = said["signer"]
    return found
