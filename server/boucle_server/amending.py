"""What was said of an event later: whether it stands as it was recorded, and the events in whose place it stands."""

from collections.abc import Iterable

from boucle import correction
from boucle.amend import REVIEWED
from boucle.correction import VOID
from boucle.events import Event
from boucle_server.projections import SqlStore


def is_amended(store: SqlStore, event_id: str) -> bool:
    """Tell whether an event was voided or corrected: neither who looked at it nor a correction taken back did so."""
    amenders = store.events({edge.amender for edge in store.edges([event_id]) if edge.target == event_id})
    later = [event for event in amenders if event.kind not in (REVIEWED, VOID)]
    gone = _voided(store, [*later, *store.events([event_id])])
    return event_id in gone or any(event.id not in gone for event in later)


def said_before(store: SqlStore, event: Event, *, photos_only: bool = False) -> list[Event]:
    """Give the events in whose place a correction stands, as `boucle.correction.said_before`, without what is void."""
    found = correction.said_before(event, lambda key: next(iter(store.events([key])), None), photos_only=photos_only)
    gone = _voided(store, found)
    return [each for each in found if each.id not in gone]


def other_words(store: SqlStore, event: Event) -> list[Event]:
    """Give every other event that says the same happening and is not void: those before it, and corrections beside it.

    Two devices may have corrected one event without knowing of each other.
    """
    found = {each.id: each for each in (event, *said_before(store, event))}
    ahead = list(found)
    while ahead:
        amenders = store.events({edge.amender for edge in store.edges(ahead) if edge.target in ahead})
        new = {each.id: each for each in amenders if each.corrects in ahead and each.id not in found}
        found |= new
        ahead = list(new)
    gone = _voided(store, found.values())
    return [each for each in found.values() if each.id not in gone and each.id != event.id]


def _voided(store: SqlStore, events: Iterable[Event]) -> set[str]:
    """Give those of some events that a void took away, as `boucle.amend` judges it."""
    about = {event.id: event.subject for event in events if event.kind != VOID}
    amenders = {edge.amender for edge in store.edges(about) if edge.target in about}
    voids = [(event.text("target"), event.subject) for event in store.events(amenders) if event.kind == VOID]
    return {target for target, subject in voids if about.get(target) == subject}
