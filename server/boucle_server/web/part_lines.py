"""The parts of a repair in words: built in, taken out, or harvested from the thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from boucle.events import Event
from boucle.reference import Book
from boucle.repair import parts_wanted
from boucle.wire import subject_of
from boucle.words import say
from boucle_server import reports
from boucle_server.repairs import Repair
from boucle_server.web import numbers
from boucle_server.web.details import coded
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.visit import Visit

_OWN: Final = frozenset({"work.part_used", "work.part_removed", "work.harvested"})
"""Kinds of which the parts are told in a table of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """A part that was built in, taken out, or came of a donor."""

    what: str
    code: str
    href: str
    more: str
    when: str


def parts_of(shown: Repair, visit: Visit, book: Book) -> list[PartLine]:
    """Give what was built in, taken out and harvested in a repair, in order."""
    found = []
    for event in shown.every(*_OWN):
        kind = event.kind.removeprefix("work.")
        zone = book.site(event.place, event.teff).zone
        when = moment(event.teff, zone, visit.lang)
        if event.kind == "work.harvested":
            found += [_harvested(part, when, visit, book) for part in listed(event)]
            continue
        origin = event.text("origin")
        name = reports.name_of(book, "item_type", event.text("type"), visit.now_ms) if event.text("type") else ""
        more = say(f"web.work_origin_{origin}", visit.lang) if origin in ("new", "reclaimed") else origin
        code = subject_of(event.other, "", "")
        found.append(
            PartLine(
                what=say(f"web.part_{kind}", visit.lang),
                code=printed(code) if code else "",
                href=_href(code),
                more=" · ".join(each for each in (name, more, _mass(event.number("mass_g"), visit.lang)) if each),
                when=when,
            )
        )
    return found


def listed(event: Event) -> list[Mapping[str, Any]]:
    """Give the parts of a harvest as its event names them."""
    listed = event.body.get("parts")
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def awaited(event: Event | None, visit: Visit, book: Book) -> list[str]:
    """Say what a repair was paused for: its parts, types by their names; else the reason that somebody gave."""
    if event is None:
        return []
    named = [reports.name_of(book, "item_type", each, visit.now_ms) for each in parts_wanted(event)]
    return named or [coded("pause", why, visit.lang) for why in [event.text("reason")] if why]


def _href(code: str) -> str:
    return href_of(code) if code else ""


def _harvested(part: Mapping[str, Any], when: str, visit: Visit, book: Book) -> PartLine:
    code = subject_of(str(part.get("code") or ""), "", "")
    kind, mass_g = str(part.get("type") or ""), part.get("mass_g")
    name = reports.name_of(book, "item_type", kind, visit.now_ms) if kind else ""
    mass = _mass(mass_g, visit.lang) if isinstance(mass_g, int) else ""
    return PartLine(
        what=say("web.part_harvested", visit.lang),
        code=printed(code) if code else "",
        href=_href(code),
        more=" · ".join(each for each in (name, mass) if each),
        when=when,
    )


def _mass(mass_g: int, lang: str) -> str:
    return numbers.mass(mass_g, lang) if mass_g else ""
