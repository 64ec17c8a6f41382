"""The curve of return times (K3) as people see it: steps, the same in a table, what open loans and losses do to it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from boucle.catalogue import answers
from boucle.estimate import Rung, quantile
from boucle.kpi_loop import HALF, NINE_IN_TEN, return_curve
from boucle.words import say
from boucle_server.exports.sheets import Cell
from boucle_server.web import numbers
from boucle_server.web.chart import Chart, steps
from boucle_server.web.figures import period
from boucle_server.web.month_ground import Ground

FIGURES: Final = ("K3", "K3-p90")
"""Figures that are read off the curve."""
FEW: Final = 20
"""Fewer loans under observation carry no sure share: the line is faint there, and the table says so."""
AGES: Final = (1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 42, 60, 90, 120, 180, 270, 365)
"""Days of the table on the page; the file has every day on which something happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is known at an age in days; `back + left + watched` is always every dispatch."""

    age: int
    back: int
    """Came back by then."""
    left: int
    """Open loans that are younger, and losses: watched no longer."""
    watched: int
    """Still out beyond that age, and known to be."""
    share: Fraction
    """The share of returns by then, as the curve has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCurve:
    """All that the page shows of the curve."""

    chart: Chart
    text: str
    told: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Of each age of the table: days, returned, no longer watched, still watched, share."""
    exact: tuple[tuple[Cell, ...], ...]
    """The same as numbers, for every age at which something happened."""


def drawn_curve(on: Ground, name: str) -> ReturnCurve | None:
    """Draw the curve behind a figure; None for one that is not read off it, or where nothing was sent."""
    if name not in FIGURES:
        return None
    rungs = return_curve(on.tally, on.question)
    known = steps_of(rungs)
    if not known:
        return None
    until = max([7, *(rung.duration for rung in rungs if rung.ended)])
    sure = next((step.age for step in known if step.watched < FEW), until)
    marks = [quantile([(step.age, 1 - step.share) for step in known], rank) for rank in (HALF, NINE_IN_TEN)]
    return ReturnCurve(
        chart=steps(
            [(step.age, step.share) for step in known],
            until=until,
            sure_until=sure,
            marks=[mark for mark in marks if mark is not None],
        ),
        text=_text(on, known, marks),
        told=tuple(_told(on, sure=sure, until=until)),
        rows=tuple(_row(age, step, on.lang) for age, step in _shown(known, until)),
        exact=tuple(_exact(step) for step in known),
    )


def steps_of(rungs: Sequence[Rung]) -> list[Step]:
    """Add up a life table: what came back and what is watched no longer, until each age."""
    back = left = 0
    found = []
    for rung in rungs:
        back += rung.ended
        left += rung.censored - rung.entered
        watched = rung.at_risk - rung.ended - rung.censored
        found.append(Step(age=rung.duration, back=back, left=left, watched=watched, share=1 - rung.lasting))
    return found


def _at(known: Sequence[Step], age: int) -> Step:
    """Give what is known at an age: what the last step until then left."""
    before = bisect_right(known, age, key=lambda step: step.age)
    if before:
        return known[before - 1]
    whole = known[0].back + known[0].left + known[0].watched
    return Step(age=age, back=0, left=0, watched=whole, share=Fraction(0))


def _shown(known: Sequence[Step], until: int) -> list[tuple[int, Step]]:
    """Give what is known at the ages of the table, from the last one before anything happened on."""
    found = [(age, _at(known, age)) for age in [*(age for age in AGES if age < until), until]]
    idle = sum(not step.back and not step.left for _, step in found)
    return found[max(0, idle - 1) :]


def _row(age: int, step: Step, lang: str) -> tuple[str, ...]:
    counts = (numbers.number(n, 0, lang) for n in (step.back, step.left, step.watched))
    return say("web.curve_days", lang, n=age), *counts, numbers.percent(step.share, lang)


def _exact(step: Step) -> tuple[Cell, ...]:
    return step.age, step.back, step.left, step.watched, step.share * 100


def _text(on: Ground, known: Sequence[Step], marks: Sequence[int | None]) -> str:
    """Say the curve in one sentence, for whoever does not see it."""
    lang = on.lang
    reached = [
        say("web.curve_never", lang, share=numbers.percent(rank, lang, 0))
        if mark is None
        else say("web.curve_reached", lang, share=numbers.percent(rank, lang, 0), n=mark)
        for mark, rank in zip(marks, (HALF, NINE_IN_TEN), strict=True)
    ]
    last = numbers.percent(known[-1].share, lang)
    return say("web.curve_text", lang, reached=" ; ".join(reached) if lang == "fr" else "; ".join(reached), last=last)


def _told(on: Ground, *, sure: int, until: int) -> list[str]:
    """Say what the curve is made of, and how open loans and losses count in it."""
    lang, median = on.lang, answers(on.tally, on.question, ["K3"])["K3"]
    back, still, lost = (numbers.number(median.bands.get(each, 0), 0, lang) for each in ("returned", "open", "lost"))
    total, day = median.denominator or 0, numbers.day_name(on.question.today, lang)
    sent = numbers.number(total, 0, lang)
    told = [say("web.curve_of", lang, n=total, sent=sent, period=period(median, lang), back=back)]
    told.append(say("web.curve_open", lang, n=median.bands.get("open", 0), still=still, day=day))
    if median.bands.get("lost", 0):
        told.append(say("web.curve_lost", lang, n=median.bands["lost"], lost=lost))
    if sure < until:
        told.append(say("web.curve_few", lang, n=FEW, days=sure))
    return told
