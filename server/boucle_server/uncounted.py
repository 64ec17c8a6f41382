"""Labelled items that a stock count did not meet: booked at one of our sites, and not seen since the count began.

A count speaks of the types of which it met a labelled item, for a shelf of something else may be counted another day.
Of each type at each site the last count speaks, once nobody has scanned for it for a while. Whatever is seen of an item
afterwards, anywhere, takes it off; a count at a partner's speaks of a balance and is none of these.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.binding import owner
from boucle.events import Event
from boucle.item import Item, load
from boucle.lifecycle import HOME
from boucle.reference import Book
from boucle.units import DAY_MS
from boucle_server.projections import SqlStore
from boucle_server.read_tables import ITEM
from boucle_server.standing import standing
from boucle_server.stock_counts import COUNTED
from boucle_server.tables import RECORD

ASKED_DAYS: Final = 60
"""A count is looked at for so many days; after that a site is counted again."""
REST_MS: Final = 2 * 60 * 60 * 1000
"""So long after its last scan a count is over: who counts may have lunch."""


class Uncounted(NamedTuple):
    """What one count did not meet of one type: `met` items were, `items` were not; `at_ms` is its last scan."""

    site: str
    item_type: str
    task: str
    met: int
    items: tuple[str, ...]
    at_ms: int
    event: str
    actor: str

    @property
    def key(self) -> str:
        """What names it: one type of one count at one site."""
        return f"missing/{self.site}/{self.task}/{self.item_type}"


@dataclass(slots=True, kw_only=True)
class _Count:
    """One type of one count, as its scans come in."""

    task: str
    first_ms: int
    last: Event
    met: set[str] = field(default_factory=set)


def uncounted(connection: Connection, org: str, book: Book, now_ms: int) -> list[Uncounted]:
    """Give what the last counts did not meet, the oldest first."""
    found = []
    for (site, item_type), of in _last_counts(connection, org, book, now_ms).items():
        if of.last.teff <= now_ms - REST_MS:
            missing = _unseen(connection, org, site, item_type, since_ms=of.first_ms)
            if missing:
                found.append(_uncounted(site, item_type, of, missing))
    return sorted(found, key=lambda each: (each.at_ms, each.key))


def _uncounted(site: str, item_type: str, of: _Count, missing: list[Item]) -> Uncounted:
    return Uncounted(
        site=site,
        item_type=item_type,
        task=of.task,
        met=len(of.met),
        items=tuple(item.id for item in sorted(missing, key=lambda item: (item.zone, item.id))),
        at_ms=of.last.teff,
        event=of.last.id,
        actor=of.last.actor,
    )


def _last_counts(connection: Connection, org: str, book: Book, now_ms: int) -> dict[tuple[str, str], _Count]:
    """Give the last count of each type at each of our sites; what one person scans under one task is one count."""
    since_ms = now_ms - ASKED_DAYS * DAY_MS
    labelled = RECORD.c.subject.not_like("qty:%")
    scans = [event for event in standing(connection, org, COUNTED, labelled, since_ms=since_ms) if event.code]
    store = SqlStore(connection, org)
    bound = store.bindings({event.subject for event in scans})
    owners = {event.id: owner(event.subject, bound) for event in scans}
    types = {key: item.type for key, item in store.items(set(owners.values())).items()}
    counts: dict[tuple[str, str, str], _Count] = {}
    last: dict[tuple[str, str], _Count] = {}
    for event in scans:
        site, item_type = book.site(event.place, event.teff), types.get(owners[event.id], "")
        if site.partner or not site.known or not item_type or not event.task:
            continue
        of = counts.setdefault(
            (site.key, item_type, event.task), _Count(task=event.task, first_ms=event.teff, last=event)
        )
        of.last = event
        of.met.add(owners[event.id])
        last[site.key, item_type] = of
    return last


def _unseen(connection: Connection, org: str, site: str, item_type: str, *, since_ms: int) -> list[Item]:
    """Give the items of a type that stand at a site, as far as is known, and were not seen since an instant."""
    query = sa.select(ITEM.c.state).where(
        ITEM.c.org == org,
        ITEM.c.site == site,
        ITEM.c.type == item_type,
        ITEM.c.stage.in_(sorted(str(each) for each in HOME)),
    )
    items = (load(state) for (state,) in connection.execute(query))
    return [item for item in items if item.known and item.seen_ms < since_ms]
