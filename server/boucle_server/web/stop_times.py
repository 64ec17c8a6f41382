"""When a stop can be driven to: by its own plan, and by the opening hours of its place on that day."""

from collections.abc import Iterable
from datetime import date

from boucle.opening_hours import is_closed_on
from boucle.opening_words import day_words
from boucle.reference import Book, Site
from boucle.rounds import Stop
from boucle.words import say
from boucle_server.driven import planned_place


def times_of_stop(stop: Stop, site: Site, day: date, *, lang: str) -> str:
    """Say when a stop can be driven to; that its place is closed on that day, whatever was planned."""
    return " · ".join(filter(None, (_window(stop, lang), day_words(site, day, stop, lang=lang))))


def closed_places(book: Book, places: Iterable[str], day: date, *, now_ms: int) -> str:
    """Name the places, each once, that are closed on a day by their opening hours; `""` where none is known to be."""
    asked = dict.fromkeys(place for place in places if place)
    closed = [place for place in asked if is_closed_on(book.site(place, now_ms), day)]
    return ", ".join(planned_place(book, place, now_ms) for place in closed)


def _window(stop: Stop, lang: str) -> str:
    """Say when a stop can be driven to."""
    match stop.opens, stop.closes:
        case "", "":
            return ""
        case opens, "":
            return say("web.round_from", lang, opens=opens)
        case "", closes:
            return say("web.round_until", lang, closes=closes)
        case opens, closes:
            return say("web.round_between", lang, opens=opens, closes=closes)
