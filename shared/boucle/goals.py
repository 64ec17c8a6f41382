"""Goals: what a figure is wanted to reach, and whether a value does.

A goal is reference data of the table `goal`, under a key of figure, loop and type. Like all reference data it has
versions: a month is held to the goal that stood at its end. Its number is kept in millionths of the unit in which
people read the figure (per cent, kilograms, euros, days), exactly as it was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from boucle.catalogue import CATALOGUE
from boucle.clock import month_end_ms
from boucle.kpi import Definition, Question, Span, Unit
from boucle.reference import ANY_TYPE, Book
from boucle.units import DAY_MS

TABLE: Final = "goal"
MICRO: Final = 1_000_000
FEWEST: Final = 20
"""With fewer cases nothing is judged: a share of a handful misses a goal by chance."""
MOST_MICRO: Final = 10**15
"""A thousand million of any unit: more is a slip of the decimal point."""
_GRAMS_A_KILO: Final = 1_000


class Sense(StrEnum):
    """Which way is better; the words are `goal.<value>`."""

    LEAST = "least"
    """At least so much is wanted."""
    MOST = "most"
    """At most so much is wanted."""


class Verdict(StrEnum):
    """What a value says of its goal; the words are `goal.<value>`."""

    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    """Too early: the month still runs, or its cohort is young."""
    FEW = "few"
    """Too few cases to judge by."""


_LEAST: Final = (
    *("K1", "K1-90", "K1-180", "K4", "K4-stock", "K5", "K6", "K7", "K20", "K20-mass", "K20-weighed"),
    *("K21-reuse", "K21-repaired", "K21-preparation", "K21-recycling", "K22", "K22-material", "K23", "evidence"),
    *("K30", "K30-all", "K31", "K33", "K33-units", "K36", "K36-mass", "K36-yield", "K36-installed"),
    *("K37", "K37-net"),
)
_MOST: Final = (
    *("K3", "K3-p90", "K10", "K10-return", "K10-little", "K11", "K11-median", "K11-open", "K13", "K14", "K15"),
    *("K21-energy", "K21-disposal", "K21-pending", "K24"),
    *("K32", "K32-median", "K32-p90", "K32-hours", "K32-hours-median", "K32-hours-p90", "K34", "K34-late", "K35"),
)
SENSES: Final[Mapping[str, Sense]] = MappingProxyType(
    dict.fromkeys(_LEAST, Sense.LEAST) | dict.fromkeys(_MOST, Sense.MOST)
)
"""Figures that can have a goal: not the flow rate, which follows season and growth, nor what has no better way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure is wanted to reach; `value` is in the unit of the figure itself (a share, grams, cents, days)."""

    figure: str
    sense: Sense
    value: Fraction

    def judge(self, value: Fraction | None, *, cases: int | None, asked: Question) -> Verdict | None:
        """Say what a value says of this goal; `cases` are those of a share or a mean. None for no value."""
        if value is None:
            return None
        if self._is_early(asked):
            return Verdict.OPEN
        if cases is not None and cases < FEWEST:
            return Verdict.FEW
        reached = value >= self.value if self.sense is Sense.LEAST else value <= self.value
        return Verdict.MET if reached else Verdict.MISSED

    def _is_early(self, asked: Question) -> bool:
        definition = CATALOGUE[self.figure]
        if definition.span is Span.NOW:
            return False
        ripe_ms = month_end_ms(asked.last, asked.zone) + (definition.horizon_days or 0) * DAY_MS
        return asked.as_of_ms < ripe_ms


def goal_key(figure: str, loop: str, item_type: str) -> str:
    """Give the key under which a goal's versions are kept; no loop means all of them, `*` every type."""
    return f"{figure}>{loop}>{item_type or ANY_TYPE}"


def parts_of_key(key: str) -> tuple[str, str, str]:
    """Give the figure, the loop and the type of a key."""
    figure, _, rest = key.partition(">")
    loop, _, item_type = rest.rpartition(">")
    return figure, loop, item_type or ANY_TYPE


def goal_of(book: Book, figure: str, asked: Question) -> Goal | None:
    """Give the goal of a figure for the last month asked for, under its filters; None where nobody set one.

    A loop or a type is held to its own goal alone, never to that of the whole; a partner or a site to none. What adds
    up over several months is held to none either: its goal is that of one month.
    """
    narrowed = asked.narrowed
    if len(asked.months) > 1 and figure in CATALOGUE and _adds_up(CATALOGUE[figure]):
        return None
    if narrowed.partner is not None or narrowed.site is not None or narrowed.loop == "" or figure not in SENSES:
        return None
    at_ms = min(month_end_ms(asked.last, asked.zone) - 1, max(asked.as_of_ms, 0))
    key = goal_key(figure, narrowed.loop or "", narrowed.type or "")
    first = book.first_start(TABLE, key)
    row = book.row(TABLE, key, at_ms)
    if row is None or first is None or first > at_ms:
        return None
    micro = row.get("goal_micro")
    if not isinstance(micro, int) or isinstance(micro, bool) or not 0 <= micro <= MOST_MICRO:
        return None
    return Goal(figure=figure, sense=SENSES[figure], value=_in_unit(Fraction(micro, MICRO), CATALOGUE[figure].unit))


def held_to(book: Book, figure: str, asked: Question, written: Mapping[str, Any]) -> tuple[Goal, Verdict | None] | None:
    """Give the goal of a written value with what the value says of it; None where nobody set one."""
    goal = goal_of(book, figure, asked)
    if goal is None:
        return None
    micro = written["value_micro"]
    cases = written.get("n") if written.get("denominator") is not None else None
    return goal, goal.judge(None if micro is None else Fraction(micro, MICRO), cases=cases, asked=asked)


def _adds_up(definition: Definition) -> bool:
    return definition.span is Span.MONTH and definition.unit in (Unit.GRAMS, Unit.UNITS, Unit.CENTS)


def _in_unit(said: Fraction, unit: Unit) -> Fraction:
    match unit:
        case Unit.RATIO:
            return said / 100
        case Unit.GRAMS:
            return said * _GRAMS_A_KILO
        case Unit.CENTS:
            return said * 100
        case _:
            return said


def loops_known(book: Book) -> list[str]:
    """Give the loops that anything names: described ones, and those of lanes."""
    named = {str(each.row.get("loop") or "") for each in book.standing if each.table == "lane"}
    return sorted({*book.keys("loop"), *named} - {""})


def has_goals(book: Book) -> bool:
    """Tell whether any goal was ever set."""
    return bool(book.keys(TABLE))
