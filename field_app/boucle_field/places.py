"""Places to choose from: those that fit an action, the recent ones first, found by a few letters."""

import json
from collections.abc import Iterable
from typing import Final, NamedTuple

from boucle.actions import ACTIONS, Where
from boucle.finding import is_found, plain
from boucle_field.phone import Phone
from boucle_field.store import put

MOST_RECENT: Final = 20
_RECENT: Final = "recent_places"
_LATEST: Final = 2**62


class Place(NamedTuple):
    """A place by its key and its name; whether work was begun there on this phone lately."""

    key: str
    name: str
    is_recent: bool = False


def fitting(phone: Phone, action: str) -> list[Place]:
    """Give the places where an action can be: partners' for what happens there, else our own; recent ones first."""
    context = phone.desk.context()
    sites = [context.book.site(key, _LATEST) for key in context.book.keys("site")]
    match action:
        case "ship":
            fit = [site for site in sites if site.key != context.home]
        case "count":
            fit = sites
        case _ if ACTIONS[action].where is Where.AWAY:
            fit = [site for site in sites if site.partner]
        case _:
            fit = [site for site in sites if not site.partner]
    lately = {key: at for at, key in enumerate(recent(phone))}
    named = [Place(site.key, site.name or site.key, site.key in lately) for site in fit]
    return sorted(named, key=lambda each: (lately.get(each.key, MOST_RECENT), plain(each.name)))


def recent(phone: Phone) -> list[str]:
    """Give the keys of the places where work was begun lately, the latest first."""
    kept = phone.store.get(_RECENT)
    return list(json.loads(kept)) if kept else []


def remember(phone: Phone, place: str) -> None:
    """Note that work was begun at a place."""
    others = [key for key in recent(phone) if key != place]
    with phone.store.writing() as db:
        put(db, _RECENT, json.dumps([place, *others][:MOST_RECENT]))


def found(places: Iterable[Place], typed: str) -> list[Place]:
    """Give the places of which some word begins with each typed word; accents and capitals do not matter."""
    return [place for place in places if is_found(place.name, typed)]
