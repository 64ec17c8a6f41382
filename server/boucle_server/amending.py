"""What was said of events later: whether they stand as recorded, what stands in their place, what they stood in for."""

from collections.abc import Iterable

from boucle import correction
from boucle.amend import REVIEWED, edges_of, root_of, standing_of, voided
from boucle.correction import VOID
from boucle.events import Event
from boucle.projection import joined_ids
from boucle_server.projections import SqlStore


def closed(store: SqlStore, events: Iterable[Event]) -> dict[str, Event]:
    """Give some events with all that amends them, or is amended by them, however often: what `effective` asks for."""
    known = {event.id: event for event in events}
    return known | {event.id: event for event in store.events(joined_ids(set(known), (), store) - known.keys())}


def standing(store: SqlStore, events: Iterable[Event]) -> list[Event]:
    """Give what stands of some events, or in their place, in order."""
    known = {event.id: event for event in events}
    return standing_of(known, closed(store, known.values()))


def is_amended(store: SqlStore, event_id: str) -> bool:
    """Tell whether an event was voided or corrected: neither who looked at it nor a correction taken back did so."""
    known = closed(store, store.events([event_id]))
    gone = voided(known)
    later = (each for each in known.values() if each.kind not in (REVIEWED, VOID) and each.id not in gone)
    return event_id in gone or any(edge.target == event_id for each in later for edge in edges_of(each))


def said_before(store: SqlStore, event: Event, *, photos_only: bool = False) -> list[Event]:
    """Give the events in whose place a correction stands, as `boucle.correction.said_before`, without what is void."""
    known = closed(store, [event])
    gone = voided(known)
    return [each for each in correction.said_before(event, known.get, photos_only=photos_only) if each.id not in gone]


def other_words(store: SqlStore, event: Event) -> list[Event]:
    """Give every other event that says the same happening and is not void: those before it, and corrections beside it.

    Two devices may have corrected one event without knowing of each other. The latest comes first.
    """
    known = closed(store, [event])
    gone, root = voided(known) | {event.id}, root_of(event.id, known)
    found = [each for each in known.values() if each.id not in gone and root_of(each.id, known) == root]
    return sorted(found, key=lambda each: each.order, reverse=True)
