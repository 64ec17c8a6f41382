"""The frame in which somebody signs with a finger; strokes are kept in thousandths, whatever the phone."""

from collections.abc import Callable
from typing import Any, Final

from kivy.graphics import Color, Line
from kivy.metrics import dp
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

from boucle_field.screens import theme
from boucle_field.screens.arranging import is_low
from boucle_field.screens.controls import Text, ground
from boucle_field.screens.theme import Theme

HEIGHT_DP: Final = 110
_LOW_DP: Final = 60
MOST_POINTS: Final = 1_000
"""Points of a signature: more than any hand draws, and well within what an event may hold beside it."""
_THOUSAND: Final = 1_000
_STEP_DP: Final = 3
_WIDTH_DP: Final = 2


class SigningPad(Widget):
    """A frame that draws what a finger draws in it."""

    def __init__(
        self, look: Theme, asked: str = "", *, changed: Callable[[], object] = lambda: None, **options: Any
    ) -> None:
        super().__init__(size_hint_y=None, height=dp(_LOW_DP if is_low() else HEIGHT_DP), **options)
        ground(self, look.tile.ground, line=look.line)
        self._ink = get_color_from_hex(look.tile.ink)
        self._asked = Text(asked, look.tile, align="center")
        self._asked.color = get_color_from_hex(look.soft.ink)
        self.strokes: list[list[int]] = []
        self._points = 0
        self._changed = changed
        self.bind(pos=self._place, size=self._place)
        self._asked.bind(height=self._place)
        self._ask()

    def _ask(self) -> None:
        """Say in the empty frame what it is for; the first touch takes the words away."""
        self.clear_widgets()
        if not self.strokes:
            self.add_widget(self._asked)

    def _place(self, *_: object) -> None:
        self._asked.width = self.width - 2 * dp(theme.GAP)
        self._asked.center = self.center

    def clear(self) -> None:
        """Take the signature away."""
        self.strokes.clear()
        self._points = 0
        self._draw_all()
        self._changed()

    def draw(self, strokes: list[list[int]]) -> None:
        """Show a signature that was drawn before, once the frame has its place; the list is the one drawn on."""
        self.strokes = strokes
        self._points = sum(len(stroke) // 2 for stroke in strokes)
        self.bind(pos=self._draw_all, size=self._draw_all)
        self._draw_all()
        self._changed()

    def _draw_all(self, *_: object) -> None:
        self.clear_widgets()
        self.canvas.clear()
        self._ask()
        with self.canvas:
            Color(*self._ink)
            for stroke in self.strokes:
                pairs = zip(stroke[::2], stroke[1::2], strict=True)
                points = [
                    along
                    for x, y in pairs
                    for along in (self.x + self.width * x / _THOUSAND, self.top - self.height * y / _THOUSAND)
                ]
                Line(points=points, width=dp(_WIDTH_DP))

    def on_touch_down(self, touch: Any) -> bool:
        """Begin a stroke."""
        if not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        self.clear_widgets()
        with self.canvas:
            Color(*self._ink)
            line = Line(points=[*touch.pos], width=dp(_WIDTH_DP))
        touch.ud["stroke"] = (line, stroke := [*self._thousandths(touch)])
        self.strokes.append(stroke)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Go on with it."""
        if touch.grab_current is not self:
            return False
        line, stroke = touch.ud["stroke"]
        last = line.points[-2:]
        moved = abs(touch.x - last[0]) + abs(touch.y - last[1])
        if moved >= dp(_STEP_DP) and self._points < MOST_POINTS and self.collide_point(*touch.pos):
            self._points += 1
            line.points = [*line.points, *touch.pos]
            stroke += self._thousandths(touch)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """End it; a touch without a movement is no signature."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        line, stroke = touch.ud["stroke"]
        if len(stroke) <= 2:  # noqa: PLR2004 - one point
            self.strokes.remove(stroke)
            self.canvas.remove(line)
            self._ask()
        self._changed()
        return True

    def _thousandths(self, touch: Any) -> tuple[int, int]:
        """Give a point in thousandths of the frame, from its upper left corner."""
        across = (touch.x - self.x) / max(1, self.width)
        down = 1 - (touch.y - self.y) / max(1, self.height)
        return round(across * _THOUSAND), round(down * _THOUSAND)
