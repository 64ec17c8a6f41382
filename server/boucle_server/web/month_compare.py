"""The main figures of a month beside those of the month before and of the same month a year earlier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import next_month
from boucle.kpi import Value
from boucle.words import say
from boucle_server.exports.sheets import Cell
from boucle_server.web import numbers
from boucle_server.web.figures import change, period
from boucle_server.web.goal_words import ToldGoal, told_goal
from boucle_server.web.month_ground import Ground

BACK: Final = (1, 12)
"""By how many months the months compared with lie before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure over the months; `exact` are its values as numbers, `changes` beside each earlier one.

    `of` names the times that its values speak of where those are not the months of the columns.
    """

    id: str
    name: str
    of: str
    unit: str
    values: tuple[str, ...]
    changes: tuple[tuple[str, str, str] | None, ...]
    exact: tuple[Cell, ...]
    goal: ToldGoal | None
    """What was wanted of the first value."""


def main_figures(on: Ground) -> tuple[str, ...]:
    """Give the figures that a month begins with; losses of the pool, or per dispatch where the pool knows no filter."""
    losses = "K14" if set(on.asked.narrowed.narrowed) - CATALOGUE["K15"].by else "K15"
    return ("K1", "K7", "K20-mass", "K22", "K12", losses)


def compared(on: Ground, values: Mapping[str, Value], frozen: Mapping[str, Value], cohort: str) -> tuple[Compared, ...]:
    """Compare the main figures; the return rate is that of the newest cohort that is old enough."""
    return tuple(
        _compared(on, id_, frozen.get(id_, values[id_]), since=cohort if id_ == "K1" else on.asked.month)
        for id_ in main_figures(on)
    )


def _compared(on: Ground, id_: str, value: Value, *, since: str) -> Compared:
    lang = on.lang
    if since != on.asked.month:
        value = answers(on.tally, on.of(since), [id_])[id_]
    earlier = [_of_month(on, id_, str(next_month(since, -back))) for back in BACK]
    shown = [None if _has_no_stock(on, each) else each for each in (value, *earlier)]
    return Compared(
        id=id_,
        name=say(CATALOGUE[id_].words("name"), lang),
        of="" if since == on.asked.month else " / ".join(period(each, lang) for each in (value, *earlier) if each),
        unit=say(value.unit.words, lang),
        values=tuple(numbers.DASH if each is None else numbers.shown(each, lang) for each in shown),
        changes=tuple(None if shown[0] is None else change(shown[0], each, lang) for each in shown[1:]),
        exact=tuple(None if each is None else numbers.exact(each) for each in shown),
        goal=None if shown[0] is None else told_goal(on.asked.book, shown[0], on.of(since), lang),
    )


def _of_month(on: Ground, id_: str, month: str) -> Value | None:
    """Give a figure of another month; None for one before anything was known."""
    return answers(on.tally, on.of(month), [id_])[id_] if month >= on.asked.known[0] else None


def _has_no_stock(on: Ground, value: Value | None) -> bool:
    return value is None or (value.definition_id == "K12" and not on.has_numbered)
