"""The unloading of rounds: what a round brings, what was received of it by anybody, its validations.

Read from the ledger each time, like rounds as they were driven; nothing of it is stored.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.binding import owner
from boucle.events import Event
from boucle.item import Item, load
from boucle.lifecycle import Stage
from boucle.receiving import KIND, VALIDATED, answers, expected_of, known_at, unloaded
from boucle.reference import Book
from boucle.rounds import VALIDATED as STOP_VALIDATED
from boucle.rounds import Found, Gap, Round, counts_of, reasons_of, stop_of_task
from boucle_server import amending
from boucle_server.driven import FIRST_DAY, LAST_DAY
from boucle_server.projections import SqlStore, event_of
from boucle_server.read_tables import ITEM
from boucle_server.tables import RECORD

_BEFORE: Final = timedelta(days=1)
_AFTER: Final = timedelta(days=30)
"""So long after its day what a round brought can still be received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """One validation: what was seen then, and why it differed. `version` counts from 1."""

    event: Event
    version: int
    found: tuple[Found, ...]
    reasons: Mapping[str, Gap]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """A round beside what was received of it. `added` is how many receipts came after the last validation."""

    round: Round
    found: tuple[Found, ...]
    moves: tuple[Event, ...]
    types: Mapping[str, str]
    validations: tuple[Witnessed, ...]
    added: int

    @property
    def last(self) -> Witnessed | None:
        """The validation that holds."""
        return self.validations[-1] if self.validations else None

    @property
    def is_done(self) -> bool:
        """Whether it is validated, with nothing received since."""
        return bool(self.validations) and not self.added


def reception(connection: Connection, org: str, of: Round, book: Book, *, zone: str, now_ms: int) -> Reception:
    """Give a round as it was unloaded so far."""
    store = SqlStore(connection, org)
    events = _events(store, of, zone, (KIND, VALIDATED, STOP_VALIDATED))
    moves = [event for event in events if answers(event, of)]
    items = items_of(store, {event.subject for event in moves if event.code})
    types = {subject: item.type for subject, item in items.items()}
    known = known_at(of, on_the_way(connection, org), moves, types)
    validated = [event for event in events if event.kind == VALIDATED and event.task == of.key]
    last = validated[-1].order if validated else None
    return Reception(
        round=of,
        found=tuple(unloaded(of, expected_of(of, known, _signed(events, of), book, now_ms), known, moves, items)),
        moves=tuple(moves),
        types=types,
        validations=tuple(
            Witnessed(event=each, version=n, found=tuple(counts_of(each)), reasons=reasons_of(each))
            for n, each in enumerate(validated, 1)
        ),
        added=sum(event.order > last for event in moves) if last else 0,
    )


def pieces_coming(store: SqlStore, of: Round, book: Book, *, zone: str, now_ms: int) -> dict[str, int]:
    """Give the pieces without labels that a round brings, by type: as signed at its stops, else as planned."""
    signed = _signed(_events(store, of, zone, (STOP_VALIDATED,)), of)
    brought = expected_of(of, {}, signed, book, now_ms)
    return {key: n for key, n in brought.items() if n and not book.item_type(key, now_ms).serialised}


def on_the_way(connection: Connection, org: str) -> list[Item]:
    """Give the items on their way to a site of ours."""
    query = sa.select(ITEM.c.state).where(ITEM.c.org == org, ITEM.c.stage == str(Stage.INBOUND))
    return [load(state) for (state,) in connection.execute(query)]


def _signed(events: Iterable[Event], of: Round) -> dict[str, Sequence[Found]]:
    named = ((event, stop_of_task(event.task)) for event in events if event.kind == STOP_VALIDATED)
    return {event.task: counts_of(event) for event, stop in named if stop is not None and stop[0] == of.key}


def _events(store: SqlStore, of: Round, zone: str, kinds: Sequence[str]) -> list[Event]:
    """Give the standing events of some kinds that name a round, in their order."""
    day = min(max(of.day, FIRST_DAY), LAST_DAY)
    first, last = (
        round(datetime.combine(each, time(), ZoneInfo(zone)).timestamp() * 1000)
        for each in (day - _BEFORE, day + _AFTER)
    )
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(
        RECORD.c.org == store.org,
        RECORD.c.kind.in_([f"{kind}/1" for kind in kinds]),
        RECORD.c.teff.between(first, last),
        RECORD.c.status == "accepted",
    )
    # The key stands in the payload as JSON writes it: alone as a task, in front of `#` as a stop.
    needle = json.dumps(of.key, ensure_ascii=False)[:-1].encode()
    found = store.connection.execute(query)
    raw = [event_of(*row) for row in found if needle in bytes(row.payload)]
    return [event for event in amending.standing(store, raw) if event.kind in kinds]


def items_of(store: SqlStore, subjects: set[str]) -> dict[str, Item]:
    """Give the item of each subject that names one, as it is now."""
    bound = store.bindings(subjects)
    owners = {subject: owner(subject, bound) for subject in subjects}
    items = store.items(set(owners.values()))
    return {subject: items[item] for subject, item in owners.items() if item in items}
