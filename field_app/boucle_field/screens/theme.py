"""The looks of the field app: colours with their contrast, and sizes. No window is needed to read it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from boucle.telling import Outcome

LEAST_CONTRAST: Final = 7.0
"""Every text stands out from its ground by this much (WCAG 2.2, 1.4.6): phones are read in the sun."""

# In dp: the least for a bare finger, for a glove or in a cab, and for the main action at the bottom.
TOUCH: Final = 48
GLOVE: Final = 76
MAIN: Final = 88
PIN_KEY: Final = 80
LOW: Final = 620
"""A window lower than this shows keys and tiles smaller, so that none of them is out of sight."""
WIDE: Final = 600
"""A window wider than this is a tablet's."""
LOW_SHARE: Final = 0.8
LOW_BACK: Final = 56
GAP: Final = 8
MARGIN: Final = 12
ROUND: Final = 10

# In sp: nothing is smaller than TEXT.
TEXT: Final = 18
TITLE: Final = 22
WORD: Final = 26
COUNTER: Final = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A ground and the ink of what is written on it, as `#rrggbb`."""

    ground: str
    ink: str

    @property
    def contrast(self) -> float:
        """How much the ink stands out, from 1 to 21."""
        return contrast(self.ground, self.ink)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One set of colours: `page` for what lies on the ground, `soft` for what matters less, `main` for the main act."""

    name: str
    page: Pair
    soft: Pair
    tile: Pair
    bar: Pair
    main: Pair
    line: str


LIGHT: Final = Theme(
    name="light",
    page=Pair(ground="#f4f6f8", ink="#16212b"),
    soft=Pair(ground="#f4f6f8", ink="#434f5a"),
    tile=Pair(ground="#ffffff", ink="#16212b"),
    bar=Pair(ground="#16212b", ink="#ffffff"),
    main=Pair(ground="#0b5563", ink="#ffffff"),
    line="#b9c4cd",
)
DARK: Final = Theme(
    name="dark",
    page=Pair(ground="#0d1318", ink="#f1f4f6"),
    soft=Pair(ground="#0d1318", ink="#b9c4cd"),
    tile=Pair(ground="#1d2831", ink="#f1f4f6"),
    bar=Pair(ground="#000000", ink="#f1f4f6"),
    main=Pair(ground="#9cd3dc", ink="#06232a"),
    line="#4a5762",
)
THEMES: Final = {each.name: each for each in (LIGHT, DARK)}

TRAINING: Final = Pair(ground="#4a2a7b", ink="#ffffff")
"""The frame around everything while nothing counts."""

OUTCOMES: Final = {
    Outcome.ACCEPTED: Pair(ground="#005a2b", ink="#ffffff"),
    Outcome.REPEAT: Pair(ground="#ffb000", ink="#000000"),
    Outcome.UNEXPECTED: Pair(ground="#003b73", ink="#ffffff"),
    Outcome.UNKNOWN: Pair(ground="#4a2a7b", ink="#ffffff"),
    Outcome.KEPT: Pair(ground="#3a4650", ink="#ffffff"),
    Outcome.REFUSED: Pair(ground="#a30015", ink="#ffffff"),
}
"""The same by day and by night: what a colour means is never learnt twice."""


class Shape(StrEnum):
    """The plate that the sign of an outcome stands on: told apart where glare leaves no colour."""

    DISC = "disc"
    RING = "ring"
    SQUARE = "square"
    DIAMOND = "diamond"
    TRAY = "tray"
    TRIANGLE = "triangle"


SHAPES: Final = {
    Outcome.ACCEPTED: Shape.DISC,
    Outcome.REPEAT: Shape.RING,
    Outcome.UNEXPECTED: Shape.SQUARE,
    Outcome.UNKNOWN: Shape.DIAMOND,
    Outcome.KEPT: Shape.TRAY,
    Outcome.REFUSED: Shape.TRIANGLE,
}
FRAMED: Final = frozenset({Outcome.REPEAT, Outcome.KEPT, Outcome.REFUSED})
"""What does not count has a broad frame: the counter in it stands still."""

SIGNS: Final = {
    Outcome.ACCEPTED: "✓",
    Outcome.REPEAT: "↻",
    Outcome.UNEXPECTED: "+",
    Outcome.UNKNOWN: "?",
    Outcome.KEPT: "●",
    Outcome.REFUSED: "⚠",
}
BADGE_SIGNS: Final = SIGNS | {Outcome.KEPT: "…", Outcome.REFUSED: "!"}
"""The same on a plate whose shape says a part of it already."""


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the norm's
