"""What the fold would make of acts that nobody has recorded yet, so that a page can refuse or warn beforehand.

The fold judges again when the act is recorded: what came in between counts, and this is no promise.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy.engine import Connection

from boucle.amend import confirmed_by, effective
from boucle.binding import PROVISIONAL, is_claim, owner, via_of
from boucle.confirming import settle
from boucle.events import Event, Quality
from boucle.fold import born, step
from boucle.item import Item
from boucle.projection import closed_history
from boucle.reasons import TASKS, Outcome, Reason
from boucle.wire import FIRST_PREV, Unreadable, read, write
from boucle_server.errors import InvalidInputError
from boucle_server.organisations import SERVER_DEV
from boucle_server.projections import SqlStore
from boucle_server.server_device import Draft, envelope

_EPOCH = "0" * 16


class Foretold(NamedTuple):
    """What acts would come to: the reasons why one would have no effect, and those for which a person would look."""

    refused: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()
    about: Mapping[Reason, tuple[str, ...]] = MappingProxyType({})
    """The codes of which each reason speaks."""


def foretell(
    connection: Connection, org: str, drafts: Sequence[Draft], *, actor: str, now_ms: int, zone: str
) -> Foretold:
    """Say what these acts, one after the other, would come to; InvalidInputError for one that is no event.

    A void or a correction changes what was before, which only a replay could tell: nothing is foretold of it.
    """
    store = SqlStore(connection, org)
    states: dict[str, Item] = {}
    refused: list[Reason] = []
    doubts: list[Reason] = []
    about: defaultdict[Reason, list[str]] = defaultdict(list)
    for number, draft in enumerate(drafts, 1):
        event = event_of_draft(org, draft, number, actor=actor, now_ms=now_ms, zone=zone)
        if confirmed_by(event):
            late = _late(store, event)
            refused += [late] if late else []
        if not event.code or event.corrects or event.kind == "event.voided":
            continue
        outcome, reasons = _step(store, event, states)
        for reason in reasons:
            about[reason].append(event.subject)
        if outcome in (Outcome.REFUSED, Outcome.REPEAT):
            refused += reasons
        else:
            doubts += [reason for reason in reasons if reason in TASKS]
    codes = {reason: tuple(dict.fromkeys(listed)) for reason, listed in about.items()}
    return Foretold(tuple(dict.fromkeys(refused)), tuple(dict.fromkeys(doubts)), codes)


def event_of_draft(org: str, draft: Draft, number: int, *, actor: str, now_ms: int, zone: str) -> Event:
    """Give the event that a draft would be as the fold sees it; InvalidInputError where it is none."""
    place = {"org": org, "dev": SERVER_DEV, "epoch": _EPOCH, "seq": number, "prev": FIRST_PREV}
    found = read(write(envelope(draft, place, actor=actor, now_ms=now_ms, zone=zone)), now_ms, Quality.ANCHORED)
    if isinstance(found, Unreadable):
        raise InvalidInputError("web.act_unreadable")
    return found


def _late(store: SqlStore, event: Event) -> Reason | None:
    """Say why the confirmation of a decision about a quantity would count nothing, None when it counts."""
    known = {each.id: each for each in closed_history([f"qty:{confirmed_by(event)}"], store)} | {event.id: event}
    return settle(effective(known)[0], known, store.book()).late.get(event.id)


def _step(store: SqlStore, event: Event, states: dict[str, Item]) -> tuple[Outcome, tuple[Reason, ...]]:
    bindings = store.bindings([event.subject])
    item_id = owner(event.subject, bindings)
    lost = is_claim(event) and event.subject in bindings
    if item_id not in states:
        known = store.items([item_id]).get(item_id)
        birth = event if is_claim(event) and not via_of(event) and not lost else None
        if birth is None and known is None and item_id.startswith(PROVISIONAL):
            known = Item(id=item_id)
        states[item_id] = born(event.id, birth, store.book()) if birth is not None or known is None else known
    item, _, mark = step(states[item_id], event, store.book(), lost_claim=lost)
    states[item_id] = item
    return mark.outcome, mark.reasons
