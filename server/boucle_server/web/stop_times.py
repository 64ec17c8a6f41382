"""When a stop can be driven to: by its own plan, and by the opening hours of its place on that day."""

from datetime import date

from boucle.opening_words import day_words
from boucle.reference import Site
from boucle.rounds import Stop
from boucle.words import say


def times_of_stop(stop: Stop, site: Site, day: date, *, lang: str) -> str:
    """Say when a stop can be driven to; that its place is closed on that day, whatever was planned."""
    return " · ".join(filter(None, (_window(stop, lang), day_words(site, day, stop, lang=lang))))


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
