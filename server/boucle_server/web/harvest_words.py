"""What came of taking a donor apart, in words: the parts beside those that were expected, and its masses."""

from collections.abc import Mapping
from dataclasses import dataclass

from boucle import donor_parts
from boucle.events import Event
from boucle.item import Item
from boucle.reference import Book
from boucle.weighing import said_kg
from boucle.words import say
from boucle_server import reports
from boucle_server.repairs import Repair
from boucle_server.web.figures import Badge
from boucle_server.web.part_lines import listed
from boucle_server.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestView:
    """A harvest: `rows` are `(part, how many expected, how many taken, verdict)`, `masses` what was weighed."""

    rows: tuple[tuple[str, str, str, Badge | None], ...]
    masses: tuple[tuple[str, str], ...]
    balance: Badge | None
    notes: tuple[str, ...]


def harvest_view(shown: Repair | None, item: Item, visit: Visit, book: Book) -> HarvestView | None:
    """Gather what came of the harvest of a repair; None where nothing was taken apart in it."""
    event = shown.last("work.harvested") if shown is not None else None
    if event is None:
        return None
    expected = donor_parts.expected_of(book, item.type, at_ms=event.teff)
    parts = listed(event)
    taken = donor_parts.compared(expected, [str(part.get("type") or "") for part in parts])
    lang = visit.lang
    unweighed = sum(1 for part in parts if not _mass_g(part))
    notes = [] if expected else [say("web.harvest_none_expected", lang)]
    notes += [say("web.harvest_unweighed", lang, n=unweighed)] if unweighed else []
    masses, balance = _balance(event, item, [_mass_g(part) for part in parts if _mass_g(part)], lang)
    return HarvestView(
        rows=tuple(_row(each, visit, book, any_expected=bool(expected)) for each in taken),
        masses=masses,
        balance=balance,
        notes=tuple(notes),
    )


def _row(
    each: donor_parts.Compared, visit: Visit, book: Book, *, any_expected: bool
) -> tuple[str, str, str, Badge | None]:
    lang = visit.lang
    name = reports.name_of(book, "item_type", each.type, visit.now_ms) if each.type else say("web.unknown_type", lang)
    if not any_expected:
        return name, "–", str(each.taken), None
    return name, str(each.expected), str(each.taken), _verdict(each.taken - each.expected, lang)


def _verdict(beyond: int, lang: str) -> Badge:
    if not beyond:
        return "good", say("web.harvest_complete", lang)
    if beyond > 0:
        return "info", say("web.harvest_extra", lang, n=beyond)
    return "warn", say("web.harvest_missing", lang, n=-beyond)


def _balance(
    event: Event, item: Item, masses_g: list[int], lang: str
) -> tuple[tuple[tuple[str, str], ...], Badge | None]:
    """Say what the donor, its parts and the rest weighed, and whether that agrees."""
    whole_g, rest_g = event.number("mass_g") or item.tare_g, event.number("rest_g")
    weighed = {"whole": whole_g, "parts": sum(masses_g), "rest": rest_g}
    told = [(say(f"web.harvest_{name}", lang), said_kg(mass_g, lang)) for name, mass_g in weighed.items() if mass_g]
    if not whole_g or not masses_g:
        return tuple(told), None
    gap_g = donor_parts.gap_g(whole_g, masses_g, rest_g)
    if donor_parts.is_off(whole_g, masses_g, rest_g):
        sign = "−" if gap_g < 0 else "+"
        told.append((say("web.harvest_gap", lang), f"{sign}{said_kg(abs(gap_g), lang)}"))
        return tuple(told), ("bad", say("reason.mass_mismatch", lang))
    if not rest_g:
        return tuple(told), ("warn", say("web.harvest_no_rest", lang))
    return tuple(told), ("good", say("web.harvest_balanced", lang))


def _mass_g(part: Mapping[str, object]) -> int:
    mass_g = part.get("mass_g")
    return mass_g if isinstance(mass_g, int) and not isinstance(mass_g, bool) and mass_g > 0 else 0
