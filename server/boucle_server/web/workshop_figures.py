"""The workshop's part of the dashboard: how repairs end, how long they take, what they save; nobody's own figures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from boucle.catalogue import answers
from boucle.job_figures import Ending
from boucle.kpi import Value
from boucle.kpi_pool import DAY_S
from boucle.words import say
from boucle_server.web import numbers
from boucle_server.web.bands import Band, bands_of
from boucle_server.web.figures import Figure, figure
from boucle_server.web.month_ground import Ground
from boucle_server.web.workshop import barrier_name

FIGURES: Final = ("K30", "K31", "K32-median", "K32-hours-median", "K33-units", "K34", "K36-installed", "K37")
BESIDE: Final = ("K30-all", "K32", "K32-p90", "K32-hours-p90", "K33", "K34-late", "K36", "K36-yield", "K37-net")
BY: Final = frozenset({"site", "type"})
"""A repair is of no partner and no loop: under such a filter there is nothing to say."""
STARTED: Final = ("repair_opened", "repair_closed", "harvested_n", "avoided_n")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkshopFigures:
    """What the section shows."""

    tiles: tuple[Figure, ...]
    endings: tuple[Band, ...]
    barriers: tuple[Band, ...]


def workshop_figures(on: Ground) -> WorkshopFigures | None:
    """Gather the section; None where no repair was ever recorded, or under a filter that repairs know nothing of."""
    if set(on.asked.narrowed.narrowed) - BY or not any(on.tally.months("month", each) for each in STARTED):
        return None
    values = answers(on.tally, on.question, (*FIGURES, *BESIDE))
    before = answers(on.tally, on.of(on.asked.against), FIGURES) if on.asked.against else {}
    lang = on.lang
    ended = values["K30-all"].bands
    barriers = on.tally.by_bucket("month", "barrier", [on.asked.month])
    return WorkshopFigures(
        tiles=tuple(_tile(on, values, before.get(id_), id_) for id_ in FIGURES),
        endings=bands_of(
            {say(f"web.ending_{ending}", lang): ended.get(ending, 0) for ending in Ending},
            lang,
            [f"repair_closed:{ending}" for ending in Ending],
        ),
        barriers=_barriers(barriers, lang),
    )


def _most(barriers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(barriers.items(), key=lambda pair: (-pair[1], pair[0]))


def _barriers(found: Mapping[str, int], lang: str) -> tuple[Band, ...]:
    """Give the barriers; of one in somebody's own words the events are found among all that was not repairable."""
    of_any = f"repair_closed:{Ending.NOT_FIXED}"
    keys = [f"barrier:{key}" if barrier_name(key, lang) != key else of_any for key, _ in _most(found)]
    return bands_of({_barrier(key, lang): n for key, n in _most(found)}, lang, keys)


def _barrier(key: str, lang: str) -> str:
    return barrier_name(key, lang) or say("web.no_barrier", lang)


def _tile(on: Ground, values: Mapping[str, Value], before: Value | None, id_: str) -> Figure:
    told = figure(values[id_], on.lang, asked=on.question, before=before, book=on.asked.book)
    return replace(told, more=(*told.more, *_beside(on, values, id_)))


def _beside(on: Ground, values: Mapping[str, Value], id_: str) -> list[str]:
    """Say beside a figure what must not be read without it: the other denominator, what is open, what is net."""
    lang = on.lang
    match id_:
        case "K30":
            return _success(values["K30-all"], lang)
        case "K32-median":
            still = say("web.beside_open", lang, n=numbers.number(values["K34"].numerator, 0, lang))
            if values["K32-p90"].value is None:
                return [still]
            return [
                say("web.beside_p90", lang, days=numbers.shown(values["K32-p90"], lang)),
                *_waited(values["K32"], lang),
                still,
            ]
        case "K32-hours-median":
            p90 = values["K32-hours-p90"]
            return [] if p90.value is None else [say("web.beside_p90_hours", lang, hours=numbers.shown(p90, lang))]
        case "K33-units":
            return [say("web.beside_yield", lang, share=numbers.shown(values["K33"], lang))]
        case "K34":
            return _late_today(on, values["K34-late"])
        case "K36-installed":
            return [say("web.beside_harvested", lang, n=numbers.shown(values["K36"], lang)), *_yield(values, lang)]
        case "K37":
            return [say("web.beside_net", lang, net=numbers.shown(values["K37-net"], lang))]
        case _:
            return []


def _late_today(on: Ground, late: Value) -> list[str]:
    """Say how many are late of those that are open now: of the end of a past month that is not known."""
    if not late.numerator:
        return []
    n, still = (numbers.number(each or 0, 0, on.lang) for each in (late.numerator, late.denominator))
    if not on.question.is_over(on.asked.month):
        return [say("web.beside_late", on.lang, n=n)]
    return [say("web.late_repairs_today", on.lang, day=numbers.day_name(on.question.today, on.lang), open=still, n=n)]


def _yield(values: Mapping[str, Value], lang: str) -> list[str]:
    """Say how much of what donors were expected to hold was taken; nothing where nobody said what they hold."""
    found = values["K36-yield"]
    return [] if found.value is None else [say("web.beside_harvest_yield", lang, share=numbers.shown(found, lang))]


def _waited(mean: Value, lang: str) -> list[str]:
    """Say how long those repairs stood still on average; nothing where none did."""
    waited_s = mean.bands.get("idle_s", 0)
    if not waited_s or not mean.denominator:
        return []
    days = numbers.number(Fraction(waited_s, mean.denominator * DAY_S), 1, lang)
    return [say("web.beside_waited", lang, days=days)]


def _success(of_all: Value, lang: str) -> list[str]:
    whole = of_all.denominator or 0
    unknown = of_all.bands.get(Ending.UNKNOWN, 0)
    said = [say("web.beside_all", lang, share=numbers.shown(of_all, lang))]
    if whole:
        said.append(
            say("web.beside_unknown", lang, n=numbers.number(unknown, 0, lang), of=numbers.number(whole, 0, lang))
        )
    return said
