"""How the parts of a screen stand: what scrolls and says so, the row that ends a screen, what a low window changes."""

from typing import Any, Final

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.effects.scroll import ScrollEffect
from kivy.metrics import dp, sp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

from boucle_field.screens import theme
from boucle_field.screens.controls import Box, Lettering, Plate, gap, ground, row
from boucle_field.screens.theme import Theme

_LESSER_SHARES: Final = {0: 0.0, 1: 0.4, 2: 0.28}
"""How much of the last row each action has that is not the main one."""
_INNER_DP: Final = 4
_SIGN_DP: Final = 20
"""As high as the sign that more lies below, which is no higher than its letter wants."""
_UNDER_DP: Final = 4
"""What is left free under it, of what is free under a scrolling part anyway."""
LEAST_BELOW_DP: Final = 6
"""Less than this below the edge is the empty foot of a line."""


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


class Below(ButtonBehavior, Box):
    """The sign that a scrolling part goes on below what is seen; a tap turns the page. It is gone at the end.

    It is slim, for it takes its room from what it speaks of. A finger finds it from a little above and below as well,
    where it does not press a button that is seen there.
    """

    def __init__(self, view: ScrollView, look: Theme) -> None:
        super().__init__(own_height=False, spacing=0, height=dp(theme.TOUCH), size_hint=(None, None))
        self.text = "▼"
        self.view = view
        self.sign = Lettering(text=self.text, font_size=sp(theme.TEXT), color=get_color_from_hex(look.tile.ink))
        self.sign.size_hint_y, self.sign.height = None, dp(_SIGN_DP)
        ground(self.sign, look.tile.ground, radius=theme.GAP, line=look.line)
        for each in (Widget(), self.sign, gap(_UNDER_DP)):
            self.add_widget(each)
        self.bind(on_release=lambda _: self._turn())

    def collide_point(self, x: float, y: float) -> bool:
        """Tell whether a finger means the sign."""
        return bool(super().collide_point(x, y)) and (y <= self.sign.top + 1 or not self._is_pressed(x, y))

    def _is_pressed(self, x: float, y: float) -> bool:
        """Tell whether a button of the scrolling part lies under a finger."""
        at = self.to_window(x, y)
        buttons = (each for each in self.view.walk(restrict=True) if isinstance(each, ButtonBehavior))
        return any(each.collide_point(*each.to_widget(*at)) for each in buttons)

    @property
    def is_needed(self) -> bool:
        """Whether so much lies below that it would be missed."""
        return bool(self._hidden * max(0.0, self.view.scroll_y) > dp(LEAST_BELOW_DP))

    @property
    def _hidden(self) -> float:
        return max(0.0, self.view.children[0].height - self.view.height) if self.view.children else 0.0

    def _turn(self) -> None:
        if self._hidden:
            page = max(dp(theme.GLOVE), self.view.height - dp(theme.GLOVE))
            self.view.scroll_y = max(0.0, self.view.scroll_y - page / self._hidden)


def with_more(view: ScrollView, look: Theme) -> FloatLayout:
    """Say below a scrolling part that there is more of it, so that nothing hides unnoticed.

    The sign covers nothing: what is longer than the room ends above it, and its room stays when the end is in sight, so
    that nothing moves under a finger.
    """
    around = FloatLayout()
    below = Below(view, look)
    around.add_widget(view)
    under = dp(theme.GAP - _UNDER_DP)

    def follow(*_: object) -> None:
        is_longer = view.children[0].height - around.height > dp(LEAST_BELOW_DP)
        kept = dp(_SIGN_DP) - under if is_longer else 0
        view.size = (around.width, max(0.0, around.height - kept))
        view.pos = (around.x, around.y + kept)
        below.width, below.pos = around.width, (around.x, around.y - dp(theme.GAP))
        later()

    def tell(*_: object) -> None:
        if below.is_needed == (below.parent is None):
            (around.add_widget if below.is_needed else around.remove_widget)(below)

    later = Clock.create_trigger(tell)
    around.bind(pos=follow, size=follow)
    view.size_hint = below.size_hint = (None, None)
    view.children[0].bind(height=follow)
    view.bind(scroll_y=later)
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
