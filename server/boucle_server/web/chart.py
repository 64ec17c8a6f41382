"""The chart of twelve months: two bars a month, as SVG that is drawn, read aloud and printed in black alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 250
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 14, 34
_STEPS: Final = (1, 2, 5)
TICKS: Final = 4


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
class Tick:
    """One line across: where, and the number it stands for."""

    y: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All that is drawn: bars, lines across, and where each month's name stands."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[tuple[int, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def chart(months: Sequence[str], series: Sequence[Sequence[int]]) -> Chart:
    """Lay out bars for each month, the series side by side; the scale begins at nil."""
    top = max([1, *(value for one in series for value in one)])
    step = _step(top)
    ceiling = -(-top // step) * step
    room = HEIGHT - TOP - BOTTOM
    slot = (WIDTH - LEFT - RIGHT) // max(1, len(months))
    wide = slot * 4 // (5 * max(1, len(series)))
    bars = [
        Bar(
            x=LEFT + at * slot + (slot - wide * len(series)) // 2 + number * wide,
            y=HEIGHT - BOTTOM - room * max(0, one[at]) // ceiling,
            width=wide - 1,
            height=room * max(0, one[at]) // ceiling,
            series=number,
            value=one[at],
        )
        for at in range(len(months))
        for number, one in enumerate(series)
    ]
    return Chart(
        bars=tuple(bars),
        ticks=tuple(
            Tick(y=HEIGHT - BOTTOM - room * value // ceiling, value=value) for value in range(0, ceiling + 1, step)
        ),
        labels=tuple((LEFT + at * slot + slot // 2, month) for at, month in enumerate(months)),
    )


def _step(top: int) -> int:
    """Give a round step between the lines, so that there are about four."""
    size = 1
    while True:
        for each in _STEPS:
            if each * size * TICKS >= top:
                return each * size
        size *= 10
