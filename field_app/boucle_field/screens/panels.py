"""The panel of an outcome with the big counter, and the list of what is expected."""

from typing import Any, Final, NamedTuple

from kivy.graphics import Color, Ellipse, Line, Mesh, Rectangle, RoundedRectangle
from kivy.metrics import dp, sp
from kivy.uix.label import Label
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

from boucle.telling import Outcome
from boucle.words import say
from boucle.words.numerals import grouped
from boucle_field.screens import theme
from boucle_field.screens.arranging import is_low
from boucle_field.screens.controls import Box, Text, Word, ground, row
from boucle_field.screens.theme import BADGE_SIGNS, FRAMED, OUTCOMES, SHAPES, Pair, Shape, Theme

_BAR_HEIGHT: Final = 12
_BADGE: Final = 60
_BADGE_SIGN: Final = 40
_FRAME: Final = 5
_CLEAR: Final = 11
"""What keeps the last line of a panel clear of its frame."""
_EM: Final = 0.64
"""How wide a digit is, in shares of its size; nothing beside it is wider."""
_COUNTER_SIZES: Final = (theme.COUNTER, 56, 44, 32, theme.TEXT)
_CORNERS: Final = {
    Shape.DIAMOND: ((0.5, -0.08), (1.08, 0.5), (0.5, 1.08), (-0.08, 0.5)),
    Shape.TRAY: ((0.0, 1.0), (0.0, 0.3), (0.2, 0.0), (0.8, 0.0), (1.0, 0.3), (1.0, 1.0)),
    Shape.TRIANGLE: ((0.5, 1.05), (1.1, 0.0), (-0.1, 0.0)),
}
"""The corners of a plate, in shares of its side from its lower left."""
_LOWER: Final = {Shape.TRIANGLE: 0.12}
"""How much lower the sign stands on a plate that is broad below."""


class Shown(NamedTuple):
    """What the panel says: the outcome (None where nothing was scanned), its word, what was scanned, why."""

    outcome: Outcome | None
    word: str
    what: str = ""
    why: str = ""


class Badge(Widget):
    """The sign of an outcome on a plate of its own shape."""

    def __init__(self, **options: Any) -> None:
        super().__init__(size_hint=(None, None), size=(0, dp(_BADGE)), **options)
        self._outcome: Outcome | None = None
        self.sign = Label(font_size=sp(_BADGE_SIGN), bold=True, size_hint=(None, None))
        self.bind(pos=self._draw, size=self._draw)

    def show(self, outcome: Outcome | None) -> None:
        """Show the sign of an outcome; none takes no room."""
        self._outcome = outcome
        self.width = dp(_BADGE) if outcome else 0
        self._draw()

    def _draw(self, *_: object) -> None:
        self.clear_widgets()
        self.canvas.clear()
        if self._outcome is None:
            return
        pair, shape = OUTCOMES[self._outcome], SHAPES[self._outcome]
        plate, ink = (pair.ground, pair.ink) if shape is Shape.RING else (pair.ink, pair.ground)
        x, y, side = self.x, self.center_y - dp(_BADGE) / 2, dp(_BADGE)
        with self.canvas:
            Color(*get_color_from_hex(pair.ink))
            match shape:
                case Shape.DISC:
                    Ellipse(pos=(x, y), size=(side, side))
                case Shape.RING:
                    broad = dp(_FRAME)
                    Line(circle=(x + side / 2, y + side / 2, side / 2 - broad / 2), width=broad / 2)
                case Shape.SQUARE:
                    Rectangle(pos=(x, y), size=(side, side))
                case _:
                    Mesh(mode="triangle_fan", indices=[*range(len(_CORNERS[shape]))],
                         vertices=[each for along, up in _CORNERS[shape]
                                   for each in (x + along * side, y + up * side, 0, 0)])  # fmt: skip
        self.sign.text = BADGE_SIGNS[self._outcome]
        self.sign.color = get_color_from_hex(ink)
        self.sign.tint = Tint(get_color_from_hex(plate))
        self.sign.size = (side, side)
        self.sign.pos = (x, y - side * _LOWER.get(shape, 0))
        self.add_widget(self.sign)


class Tint(NamedTuple):
    """What lies behind a sign, for whoever asks how well it stands out."""

    rgba: list[float]


class Counter(Box):
    """The sign of the last outcome and how many, very large, of how many; smaller where that has no room."""

    def __init__(self, pair: Pair, lang: str, **options: Any) -> None:
        super().__init__(upright=False, own_height=False, size_hint_y=None, height=sp(theme.COUNTER) * 1.18, **options)
        self.lang = lang
        ink = get_color_from_hex(pair.ink)
        self.badge = Badge(pos_hint={"center_y": 0.5})
        self.counted = Label(font_size=sp(theme.COUNTER), color=ink, size_hint_x=None, width=0)
        self.of = Label(font_size=sp(theme.WORD), color=ink, size_hint_x=None, width=0)
        for label in (self.counted, self.of):
            label.bind(texture_size=lambda label, size: setattr(label, "width", size[0]))
        for each in (Widget(size_hint_x=0.5), self.badge, self.counted, self.of, Widget(size_hint_x=0.5)):
            self.add_widget(each)
        self.bind(width=self._fit)

    def show(self, shown: "Shown", counted: int, expected: int, pair: Pair) -> None:
        """Show the count, of the expected number where there is one."""
        self.badge.show(shown.outcome)
        self.counted.text = grouped(counted, self.lang)
        self.of.text = f" / {grouped(expected, self.lang)}" if expected else ""
        self.counted.color = self.of.color = get_color_from_hex(pair.ink)
        self._fit()

    def _fit(self, *_: object) -> None:
        """Take the largest size at which everything stands beside each other."""
        room = self.width - self.badge.width - 4 * self.spacing
        fitting = (size for size in _COUNTER_SIZES if self._width_at(size) <= room)
        size = next(fitting, _COUNTER_SIZES[-1])
        self.counted.font_size, self.of.font_size = sp(size), sp(min(theme.WORD, size))

    def _width_at(self, size: float) -> float:
        many, of = len(self.counted.text), len(self.of.text)
        return float(_EM * (many * sp(size) + of * sp(min(theme.WORD, size))))


class OutcomePanel(Box):
    """Colour, shape, sign, word: what the last scan was, around the counter."""

    def __init__(self, look: Theme, lang: str, **options: Any) -> None:
        super().__init__(padding=[dp(theme.MARGIN), dp(6), dp(theme.MARGIN), dp(_CLEAR)], spacing=0, **options)
        self.look = look
        ground(self, look.tile.ground, radius=theme.ROUND, line=look.line)
        with self.canvas.before:
            self._frame_ink = Color(0, 0, 0, 0)
            self._frame = Line(width=dp(_FRAME) / 2)
        self.counter = Counter(look.tile, lang)
        self.word = Text("", look.tile, size=theme.TITLE if is_low() else theme.WORD, bold=True, align="center")
        self.what = Text("", look.tile, align="center")
        self.why = Text("", look.tile, align="center")
        for each in (self.counter, self.word, self.what, self.why):
            self.add_widget(each)
        self.bind(pos=self._follow, size=self._follow)

    @property
    def is_framed(self) -> bool:
        """Whether the panel has the broad frame of what does not count."""
        return bool(self._frame_ink.a)

    def show(self, shown: Shown, *, counted: int, expected: int) -> None:
        """Show one outcome and the counts after it."""
        pair = self.look.tile if shown.outcome is None else OUTCOMES[shown.outcome]
        self.tint.rgba = get_color_from_hex(pair.ground)
        self._frame_ink.rgba = get_color_from_hex(pair.ink)
        self._frame_ink.a = float(shown.outcome in FRAMED)
        self.counter.show(shown, counted, expected, pair)
        for label, text in ((self.word, shown.word), (self.what, shown.what), (self.why, shown.why)):
            label.text = text
            label.color = get_color_from_hex(pair.ink)

    def _follow(self, *_: object) -> None:
        edge = dp(_FRAME)
        self._frame.rounded_rectangle = (
            self.x + edge, self.y + edge, self.width - 2 * edge, self.height - 2 * edge, dp(theme.ROUND)
        )  # fmt: skip


class ListRow(NamedTuple):
    """One line of the expected list."""

    name: str
    counted: int
    expected: int
    extra: int


class ExpectedList(Box):
    """What is expected, type by type, with how much of it is there."""

    def __init__(self, look: Theme, lang: str, **options: Any) -> None:
        super().__init__(**options)
        self.look, self.lang = look, lang
        self._lines: dict[str, _ListLine] = {}

    def show(self, rows: list[ListRow]) -> None:
        """Show these lines; those that stand there already are kept and only change their numbers."""
        wanted: dict[str, tuple[int, int]] = {}
        for each in rows:
            if each.expected or each.counted:
                wanted[each.name] = (each.counted, each.expected)
            if each.extra:
                wanted[say("screen.extra_of", self.lang, type=each.name)] = (each.extra, 0)
        if list(wanted) != list(self._lines):
            self.clear_widgets()
            self._lines = {name: _ListLine(name, self.look, self.lang, full=bool(wanted[name][1])) for name in wanted}
            for line in self._lines.values():
                self.add_widget(line)
        for name, (counted, expected) in wanted.items():
            self._lines[name].show(counted, expected)


class _ListLine(Box):
    """A name, how many of how many, and a bar that says the same where something is expected."""

    def __init__(self, name: str, look: Theme, lang: str, *, full: bool) -> None:
        super().__init__(spacing=dp(2))
        self.lang = lang
        self.many = Word("", look.page)
        self.bar = _Progress(look)
        self.add_widget(row(Text(name, look.page), self.many))
        if full:
            self.add_widget(self.bar)

    def show(self, counted: int, expected: int) -> None:
        """Show the numbers."""
        many = [grouped(n, self.lang) for n in ((counted, expected) if expected else (counted,))]
        self.many.text = " / ".join(many)
        self.bar.share(counted / expected if expected else 0)


class _Progress(Widget):
    """A bar that fills; the numbers beside it say the same."""

    def __init__(self, look: Theme) -> None:
        super().__init__(size_hint_y=None, height=dp(_BAR_HEIGHT))
        self._share = 0.0
        ground(self, look.line, radius=_BAR_HEIGHT / 2)
        with self.canvas:
            Color(*get_color_from_hex(look.main.ground))
            self.filled = RoundedRectangle(radius=[dp(_BAR_HEIGHT / 2)])
        self.bind(pos=self._fill, size=self._fill)

    def share(self, share: float) -> None:
        """Fill this share of the bar, at most all of it."""
        self._share = min(1.0, share)
        self._fill()

    def _fill(self, *_: object) -> None:
        self.filled.pos = self.pos
        self.filled.size = (self.width * self._share, self.height if self._share else 0)
