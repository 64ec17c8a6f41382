"""Charts as SVG that is drawn, read aloud and printed in black alike: bars or a line of months, steps over days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

WIDTH: Final = 480
HEIGHT: Final = 220
LEFT, RIGHT, TOP, BOTTOM = 46, 6, 14, 30
SIGN: Final = 8
"""The width of a digit of the scale."""
GAP: Final = 12
_STEPS: Final = (1, 2, 5)
TICKS: Final = 4
_PERMILLE: Final = 1000
_DAYS: Final = (1, 2, 7, 14, 30, 60, 90, 180)
_MOST_DAYS: Final = 8
"""Days between two names below a chart of days, and how many such lengths there are at most."""
DAY_RIGHT: Final = 16
"""Room for half of the last number below a chart of days."""


Goals = Sequence[Fraction | None]
"""What is wanted in each month, in the unit of the chart; None where nobody set a goal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar, in the units of the drawing."""

    x: int
    y: int
    width: int
    height: int
    series: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One point of a line; an open one may still change."""

    x: int
    y: int
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One line across: where, and the number it stands for."""

    y: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All that is drawn: bars or dots with the pieces of line between them, lines across, the names below.

    `faint` are pieces of line that few cases carry, `goals` those of what is wanted.
    """

    ticks: tuple[Tick, ...]
    labels: tuple[tuple[int, str], ...]
    bars: tuple[Bar, ...] = ()
    dots: tuple[Dot, ...] = ()
    paths: tuple[str, ...] = ()
    faint: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def chart(months: Sequence[str], series: Sequence[Sequence[int]], goals: Goals = ()) -> Chart:
    """Lay out bars for each month, the series side by side, and what is wanted of each; the scale begins at nil."""
    ceiling, step = _scale(max([1, *(value for one in series for value in one), *_highest(goals)]))
    left, slot = _slots(months, ceiling)
    wide = slot * 4 // (5 * max(1, len(series)))
    bars = [
        Bar(
            x=left + at * slot + (slot - wide * len(series)) // 2 + number * wide,
            y=_y(max(0, one[at]), ceiling),
            width=max(1, wide - 1),
            height=HEIGHT - BOTTOM - _y(max(0, one[at]), ceiling),
            series=number,
            value=one[at],
        )
        for at in range(len(months))
        for number, one in enumerate(series)
    ]
    return Chart(
        bars=tuple(bars),
        goals=_goal_lines(goals, left, slot, ceiling),
        ticks=_ticks(ceiling, step),
        labels=_labels(months, left, slot),
        left=left,
    )


def line(months: Sequence[str], values: Sequence[int | None], unsettled: Sequence[bool], goals: Goals = ()) -> Chart:
    """Lay out a line through the months that have a value, broken where there is none; the scale begins at nil."""
    ceiling, step = _scale(max([1, *(value for value in values if value is not None), *_highest(goals)]))
    left, slot = _slots(months, ceiling)
    dots: list[Dot | None] = [
        None
        if value is None
        else Dot(x=left + at * slot + slot // 2, y=_y(max(0, value), ceiling), is_open=unsettled[at])
        for at, value in enumerate(values)
    ]
    return Chart(
        dots=tuple(dot for dot in dots if dot is not None),
        paths=tuple(_pieces(dots)),
        goals=_goal_lines(goals, left, slot, ceiling),
        ticks=_ticks(ceiling, step),
        labels=_labels(months, left, slot),
        left=left,
    )


def steps(corners: Sequence[tuple[int, Fraction]], *, until: int, sure_until: int, marks: Sequence[int]) -> Chart:
    """Lay out a share that changes at some days and stands between them, in per cent, from nil until a day.

    Beyond `sure_until` the line is faint; a dot stands on it at each day of `marks`.
    """
    step = next((each for each in _DAYS if until <= each * _MOST_DAYS), -(-until // _MOST_DAYS))
    last = -(-max(1, until) // step) * step

    def at(day: int, value: Fraction) -> tuple[int, int]:
        return LEFT + (WIDTH - DAY_RIGHT - LEFT) * day // last, _y(round(value * _PERMILLE), _PERMILLE)

    sure = min(sure_until, until)
    dots = [at(day, _value_on(corners, day)) for day in marks if day <= until]
    return Chart(
        dots=tuple(Dot(x=x, y=y, is_open=False) for x, y in dots),
        paths=(_stairs(corners, 0, sure, at),),
        faint=(_stairs(corners, sure, until, at),) if sure < until else (),
        ticks=tuple(Tick(y=_y(each, 100), value=each) for each in range(0, 101, 20)),
        labels=tuple((at(day, Fraction(0))[0], str(day)) for day in range(0, last + 1, step)),
        left=LEFT,
    )


def _stairs(
    corners: Sequence[tuple[int, Fraction]], first: int, end: int, at: Callable[[int, Fraction], tuple[int, int]]
) -> str:
    """Draw the steps after `first` until `end`, from where the share stands at `first`."""
    x, y = at(first, _value_on(corners, first))
    said = [f"M{x} {y}"]
    for day, value in corners:
        if first < day <= end:
            x, y = at(day, value)
            said.append(f"H{x}V{y}")
    return "".join([*said, f"H{at(end, Fraction(0))[0]}"])


def _value_on(corners: Sequence[tuple[int, Fraction]], day: int) -> Fraction:
    return next((value for since, value in reversed(corners) if since <= day), Fraction(0))


def _highest(goals: Goals) -> list[int]:
    return [-(-goal.numerator // goal.denominator) for goal in goals if goal is not None]


def _goal_lines(goals: Goals, left: int, slot: int, ceiling: int) -> tuple[str, ...]:
    """Draw a level across each month that has a goal, joined where it stays the same."""
    pieces: list[tuple[int, int, int]] = []
    for at, goal in enumerate(goals):
        if goal is None:
            continue
        first, y = left + at * slot, _y(round(goal * _PERMILLE), ceiling * _PERMILLE)
        if pieces and pieces[-1][1:] == (first, y):
            pieces[-1] = (pieces[-1][0], first + slot, y)
        else:
            pieces.append((first, first + slot, y))
    return tuple(f"M{first} {y}H{end}" for first, end, y in pieces)


def _pieces(dots: Sequence[Dot | None]) -> list[str]:
    pieces: list[list[str]] = [[]]
    for dot in dots:
        if dot is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{dot.x} {dot.y}")
    return [f"M{'L'.join(piece)}" for piece in pieces if len(piece) > 1]


def _slots(months: Sequence[str], ceiling: int) -> tuple[int, int]:
    """Give where the first month begins, so that the largest number of the scale stands beside it, and their width."""
    left = max(LEFT, SIGN * len(f"{ceiling:,}") + GAP)
    return left, (WIDTH - left - RIGHT) // max(1, len(months))


def _y(value: int, ceiling: int) -> int:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value // ceiling


def _scale(top: int) -> tuple[int, int]:
    step = _step(top)
    return -(-top // step) * step, step


def _ticks(ceiling: int, step: int) -> tuple[Tick, ...]:
    return tuple(Tick(y=_y(value, ceiling), value=value) for value in range(0, ceiling + 1, step))


def _labels(months: Sequence[str], left: int, slot: int) -> tuple[tuple[int, str], ...]:
    return tuple((left + at * slot + slot // 2, month) for at, month in enumerate(months))


def _step(top: int) -> int:
    """Give a round step between the lines, so that there are about four."""
    size = 1
    while True:
        for each in _STEPS:
            if each * size * TICKS >= top:
                return each * size
        size *= 10
