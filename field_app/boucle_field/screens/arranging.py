"""How the parts of a screen stand: what scrolls and says so, the row that ends a screen, what a low window changes."""

from typing import Any, Final

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.effects.scroll import ScrollEffect
from kivy.metrics import dp
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from boucle_field.screens import theme
from boucle_field.screens.controls import Box, Plate, row
from boucle_field.screens.theme import Pair

_LESSER_SHARES: Final = {0: 0.0, 1: 0.4, 2: 0.28}
"""How much of the last row each action has that is not the main one."""
_INNER_DP: Final = 4


def is_low() -> bool:
    """Whether the window is so low that keys and tiles have to be smaller, so that all of them are seen."""
    return bool(Window.height < dp(theme.LOW))


def scroll(content: Widget, **options: Any) -> ScrollView:
    """Let a column be longer than the screen; it stops at its ends, for a spring there flies off in slow frames."""
    view = ScrollView(
        do_scroll_x=False,
        bar_width=dp(5),
        bar_margin=-dp(theme.GAP),
        scroll_type=["bars", "content"],
        effect_cls=ScrollEffect,
        **options,
    )
    view.add_widget(content)
    return view


class Below(Plate):
    """The sign that a scrolling part goes on below what is seen; a tap turns the page. It is gone at the end."""

    def __init__(self, view: ScrollView, pair: Pair) -> None:
        super().__init__("▼", pair, act=self._turn, least=theme.TOUCH, padding_dp=2, line=pair.ink, size_hint_x=None)
        self.width = dp(theme.TOUCH)
        self.view = view

    @property
    def is_needed(self) -> bool:
        """Whether so much lies below that it would be missed."""
        return bool(self._hidden * max(0.0, self.view.scroll_y) > dp(theme.MARGIN))

    @property
    def _hidden(self) -> float:
        return max(0.0, self.view.children[0].height - self.view.height) if self.view.children else 0.0

    def _turn(self) -> None:
        if self._hidden:
            page = max(dp(theme.GLOVE), self.view.height - dp(theme.GLOVE))
            self.view.scroll_y = max(0.0, self.view.scroll_y - page / self._hidden)


def with_more(view: ScrollView, pair: Pair) -> FloatLayout:
    """Say at the lower right corner of a scrolling part that there is more of it, so that nothing hides unnoticed."""
    around = FloatLayout()
    below = Below(view, pair)
    around.add_widget(view)

    def follow(*_: object) -> None:
        view.pos, view.size = around.pos, around.size
        below.pos = (around.right - below.width, around.y)

    def tell(*_: object) -> None:
        if below.is_needed == (below.parent is None):
            (around.add_widget if below.is_needed else around.remove_widget)(below)

    later = Clock.create_trigger(tell)
    around.bind(pos=follow, size=follow)
    view.size_hint = (None, None)
    view.children[0].bind(height=later)
    view.bind(height=later, scroll_y=later)
    follow()
    return around


def beside(*plates: Plate, least: float = theme.MAIN) -> Box:
    """Stand the way back, or the undo, beside the main action, which comes last: all as high as the highest."""
    *lesser, main = plates
    share = _LESSER_SHARES[len(lesser)]
    for each in lesser:
        each.size_hint_x, each.inner = share, dp(_INNER_DP)
    main.size_hint_x, main.inner = 1 - share * len(lesser), dp(_INNER_DP)

    def level(*_: object) -> None:
        high = max(dp(least), *(each.texture_size[1] + each.inner for each in plates))
        for each in plates:
            each.least = each.height = high

    for each in plates:
        each.bind(texture_size=level)
    level()
    return row(*plates)
