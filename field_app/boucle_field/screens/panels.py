"""The panel of an outcome with the big counter, and the list of what is expected."""

from typing import Any, Final, NamedTuple

from kivy.graphics import Color, RoundedRectangle
from kivy.metrics import dp, sp
from kivy.uix.label import Label
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

from boucle.telling import Outcome
from boucle.words import say
from boucle_field.screens import theme
from boucle_field.screens.controls import Box, Text, Word, ground, row
from boucle_field.screens.theme import OUTCOMES, SIGNS, Pair, Theme
from boucle_field.screens.top_bar import grouped

_BAR_HEIGHT: Final = 12


class Shown(NamedTuple):
    """What the panel says: the outcome (None where nothing was scanned), its word, what was scanned, why."""

    outcome: Outcome | None
    word: str
    what: str = ""
    why: str = ""


class Counter(Box):
    """How many, very large, and of how many."""

    def __init__(self, pair: Pair, **options: Any) -> None:
        super().__init__(upright=False, own_height=False, size_hint_y=None, height=sp(theme.COUNTER) * 1.2, **options)
        self.counted = Label(font_size=sp(theme.COUNTER), color=get_color_from_hex(pair.ink))
        self.of = Label(font_size=sp(theme.WORD), color=get_color_from_hex(pair.ink), size_hint_x=None, width=0)
        self.of.bind(texture_size=lambda label, size: setattr(label, "width", size[0]))
        self.add_widget(Widget(size_hint_x=0.5))
        self.counted.size_hint_x = None
        self.counted.bind(texture_size=lambda label, size: setattr(label, "width", size[0]))
        self.add_widget(self.counted)
        self.add_widget(self.of)
        self.add_widget(Widget(size_hint_x=0.5))

    def show(self, counted: int, expected: int, pair: Pair) -> None:
        """Show the count, of the expected number where there is one."""
        self.counted.text = grouped(counted)
        self.of.text = f" / {grouped(expected)}" if expected else ""
        self.counted.color = self.of.color = get_color_from_hex(pair.ink)


class OutcomePanel(Box):
    """Colour, sign, word: what the last scan was, around the counter."""

    def __init__(self, look: Theme, **options: Any) -> None:
        super().__init__(padding=[dp(theme.MARGIN), dp(6)], spacing=0, **options)
        self.look = look
        ground(self, look.tile.ground, radius=theme.ROUND, line=look.line)
        self.counter = Counter(look.tile)
        self.word = Text("", look.tile, size=theme.WORD, bold=True, align="center")
        self.what = Text("", look.tile, align="center")
        self.why = Text("", look.tile, align="center")
        for each in (self.counter, self.word, self.what, self.why):
            self.add_widget(each)

    def show(self, shown: Shown, *, counted: int, expected: int) -> None:
        """Show one outcome and the counts after it."""
        pair = self.look.tile if shown.outcome is None else OUTCOMES[shown.outcome]
        self.tint.rgba = get_color_from_hex(pair.ground)
        self.counter.show(counted, expected, pair)
        sign = "" if shown.outcome is None else f"{SIGNS[shown.outcome]} "
        for label, text in ((self.word, f"{sign}{shown.word}"), (self.what, shown.what), (self.why, shown.why)):
            label.text = text
            label.color = get_color_from_hex(pair.ink)


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
            self._lines = {name: _ListLine(name, self.look, full=bool(wanted[name][1])) for name in wanted}
            for line in self._lines.values():
                self.add_widget(line)
        for name, (counted, expected) in wanted.items():
            self._lines[name].show(counted, expected)


class _ListLine(Box):
    """A name, how many of how many, and a bar that says the same where something is expected."""

    def __init__(self, name: str, look: Theme, *, full: bool) -> None:
        super().__init__(spacing=dp(2))
        self.many = Word("", look.page)
        self.bar = _Progress(look)
        self.add_widget(row(Text(name, look.page), self.many))
        if full:
            self.add_widget(self.bar)

    def show(self, counted: int, expected: int) -> None:
        """Show the numbers."""
        self.many.text = f"{grouped(counted)} / {grouped(expected)}" if expected else grouped(counted)
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
