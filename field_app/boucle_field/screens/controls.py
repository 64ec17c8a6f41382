"""The small widgets that every screen is made of: text that wraps, buttons for gloves, chips and rows.

Colours and sizes come from the theme. A text takes the height that it needs: nothing is ever cut off.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import kivy
from kivy.core.text import LabelBase
from kivy.graphics import Color, Line, RoundedRectangle
from kivy.metrics import dp, sp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.stacklayout import StackLayout
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

from boucle_field.screens import theme
from boucle_field.screens.theme import Pair

FONT_FILE: Final = Path(kivy.__file__).parent / "data" / "fonts" / "DejaVuSans.ttf"
"""Kivy's own default lacks the narrow space of French numbers and every sign of ours; this one has them all."""
BOLD_FILE: Final = Path(__file__).parent / "fonts" / "DejaVuSans-Bold.ttf"
"""Its bold cut, which Kivy does not bring along: as much of it as we write."""
_HELD: Final = re.compile(r"(?<=«) | (?=[:;?!»%€])|(?<=\d) (?=× )|(?<=\d ×) (?=\w)")
"""The spaces that French sets before and after its signs, and those that hold a number to what it counts."""
_CROSS: Final = "×"
_PRESSED: Final = 0.75
_BORDER: Final = 1.5


def use_font() -> None:
    """Make the font that has every glyph the one that every widget takes."""
    LabelBase.register("Roboto", str(FONT_FILE), fn_bold=str(BOLD_FILE))


class Box(BoxLayout):
    """A row or a column; a column may take its own height."""

    def __init__(self, *children: Widget, upright: bool = True, own_height: bool = True, **options: Any) -> None:
        super().__init__(orientation="vertical" if upright else "horizontal", **{"spacing": dp(theme.GAP), **options})
        if own_height:
            self.size_hint_y = None
            self.bind(minimum_height=self.setter("height"))
        for child in children:
            self.add_widget(child)


def column(*children: Widget, **options: Any) -> Box:
    """Stand widgets above each other, as high as they are."""
    return Box(*children, **options)


def row(*children: Widget, **options: Any) -> Box:
    """Stand widgets beside each other, as high as the highest."""
    return Box(*children, upright=False, **options)


def ground(widget: Widget, colour: str, *, radius: float = 0, line: str = "") -> None:
    """Paint what lies behind a widget, and keep it there when the widget moves."""
    with widget.canvas.before:
        tint = Color(*get_color_from_hex(colour))
        shape = RoundedRectangle(radius=[dp(radius)])
        if line:
            Color(*get_color_from_hex(line))
            border = Line(width=dp(_BORDER) / 2)

    def follow(*_: object) -> None:
        shape.pos, shape.size = widget.pos, widget.size
        if line:
            border.rounded_rectangle = (*widget.pos, *widget.size, dp(radius) or 0.01)

    widget.bind(pos=follow, size=follow)
    widget.tint = tint
    follow()


class Lettering(Label):
    """A label that never leaves a French sign, or the × of a number, alone at the beginning of a line."""

    def texture_update(self, *largs: Any) -> None:
        """Draw the text with its signs held to their words; the text itself stays as it is."""
        self._label.text = _HELD.sub("\u00a0", self.text)
        super().texture_update(*largs)


class Text(Lettering):
    """Text that wraps at its width and is as high as its lines."""

    def __init__(
        self,
        text: str,
        pair: Pair,
        *,
        size: float = theme.TEXT,
        bold: bool = False,
        align: str = "left",
        **options: Any,
    ) -> None:
        super().__init__(
            text=text,
            font_size=sp(size),
            color=get_color_from_hex(pair.ink),
            halign=align,
            valign="middle",
            size_hint_y=None,
            height=0,
            bold=bold,
            **options,
        )
        self.bind(width=self._wrap, texture_size=self._grow)
        self._wrap()

    def _wrap(self, *_: object) -> None:
        self.text_size = (max(self.width, dp(theme.TOUCH)), None)

    def _grow(self, *_: object) -> None:
        self.height = self.texture_size[1]


class Word(Label):
    """A short text on one line, as wide as it is."""

    def __init__(self, text: str, pair: Pair, *, size: float = theme.TEXT) -> None:
        super().__init__(text=text, font_size=sp(size), color=get_color_from_hex(pair.ink), size_hint=(None, None))
        self.bind(texture_size=self.setter("size"))


class Room(Lettering):
    """A text on one line that takes the room that is left, and ends in an ellipsis where there is too little."""

    def __init__(self, text: str, pair: Pair) -> None:
        super().__init__(
            text=text,
            font_size=sp(theme.TEXT),
            color=get_color_from_hex(pair.ink),
            size_hint_y=None,
            height=0,
            halign="right",
            shorten=True,
            shorten_from="right",
            max_lines=1,
        )
        self.bind(width=self._keep, texture_size=self._grow)

    def _keep(self, *_: object) -> None:
        self.text_size = (self.width, None)

    def _grow(self, *_: object) -> None:
        self.height = self.texture_size[1]


class Plate(ButtonBehavior, Lettering):
    """What can be pressed: a rounded plate with a text that wraps, never lower than its least height."""

    rounding: float = theme.ROUND

    def __init__(
        self,
        text: str,
        pair: Pair,
        *,
        act: Callable[[], object],
        least: float = theme.GLOVE,
        size: float = theme.TEXT,
        bold: bool = False,
        line: str = "",
        padding_dp: float = theme.MARGIN,
        **options: Any,
    ) -> None:
        self.least = dp(least)
        self.inner = dp(padding_dp)
        super().__init__(
            text=text,
            font_size=sp(size),
            color=get_color_from_hex(pair.ink),
            halign="center",
            valign="middle",
            size_hint_y=None,
            height=self.least,
            bold=bold,
            **options,
        )
        self.pair = pair
        ground(self, pair.ground, radius=self.rounding, line=line)
        self.bind(width=self._wrap, texture_size=self._grow, state=self._sink)
        self.bind(on_release=lambda _: act())
        self._wrap()

    def _wrap(self, *_: object) -> None:
        self.text_size = (max(self.width - 2 * self.inner, dp(theme.TOUCH) - self.inner), None)

    def _grow(self, *_: object) -> None:
        self.height = max(self.least, self.texture_size[1] + self.inner)

    def _sink(self, *_: object) -> None:
        self.tint.a = _PRESSED if self.state == "down" else 1


class BigButton(Plate):
    """The button for a glove, or the main action at the bottom."""

    def low(self) -> None:
        """Be lower, where the window is: what leads back alone leaves the room to what is worked with."""
        if self.least == dp(theme.GLOVE):
            self.least = dp(theme.LOW_BACK)
            self._grow()


class Chip(Plate):
    """A small button that sits in a row with others, as wide as its word."""

    def __init__(self, text: str, pair: Pair, *, act: Callable[[], object], line: str = "") -> None:
        super().__init__(text, pair, act=act, least=theme.TOUCH, line=line, size_hint_x=None)

    def _wrap(self, *_: object) -> None:
        self.text_size = (None, None)

    def _grow(self, *_: object) -> None:
        self.width = max(dp(theme.TOUCH), self.texture_size[0] + 2 * self.inner)
        super()._grow()


class Notice(ButtonBehavior, Box):
    """A message over a screen; one that stays has a cross, and goes away when it is touched anywhere."""

    def __init__(self, text: str, pair: Pair, *, act: Callable[[], object] | None) -> None:
        super().__init__(upright=False, padding=dp(theme.GAP), spacing=dp(theme.GAP))
        self.add_widget(Text(text, pair))
        ground(self, pair.ground, radius=theme.ROUND)
        if act is not None:
            cross = Word(_CROSS, pair)
            cross.pos_hint = {"top": 1}
            self.add_widget(cross)
            self.bind(on_release=lambda _: act())


def chips(*content: Widget, **options: Any) -> StackLayout:
    """Stand small buttons beside each other, in as many rows as they need."""
    stack = StackLayout(size_hint_y=None, height=0, **{"spacing": dp(theme.GAP), **options})
    stack.bind(minimum_height=stack.setter("height"))
    for each in content:
        stack.add_widget(each)
    return stack


def gap(height: float = theme.GAP) -> Widget:
    """Leave some room."""
    return Widget(size_hint_y=None, height=dp(height))
