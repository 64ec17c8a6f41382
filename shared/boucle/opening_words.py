"""Opening hours of one day in words, for whoever drives there; nothing where they are unknown."""

from datetime import date

from boucle.opening_hours import is_closed_on, opening_of, spans_on, time_of
from boucle.reference import Site
from boucle.rounds import Stop
from boucle.words import say


def day_words(site: Site, day: date, stop: Stop, *, lang: str) -> str:
    """Say when the site of a stop is open on a day: that it is closed always, its hours where the stop has no own."""
    if (stop.opens or stop.closes) and not is_closed_on(site, day):
        return ""
    return open_words(site, day, lang=lang)


def open_words(site: Site, day: date, *, lang: str) -> str:
    """Say when a site is open on a day, or that it is closed then."""
    opening = opening_of(site)
    if opening is None:
        return ""
    spans = spans_on(opening, day)
    if not spans:
        return say("hours.closed_on_day", lang)
    return say(
        "hours.open_on_day", lang, spans=", ".join(f"{time_of(one.opens)}–{time_of(one.closes)}" for one in spans)
    )
