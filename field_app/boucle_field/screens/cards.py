"""What is chosen from a list that says more than a name: a card with its head, lines below, and how it stands."""

from collections.abc import Callable, Iterable
from typing import Any

from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.gridlayout import GridLayout

from boucle_field.screens import theme
from boucle_field.screens.arranging import is_low
from boucle_field.screens.controls import BigButton, Box, Text, ground
from boucle_field.screens.theme import Theme


class Card(ButtonBehavior, Box):
    """A head that is read first, the lines that explain it, and at last how it stands."""

    def __init__(
        self,
        look: Theme,
        head: str,
        lines: Iterable[str] = (),
        *,
        act: Callable[[], object],
        stands: str = "",
        **options: Any,
    ) -> None:
        told = [line for line in lines if line]
        self.text = "\n".join(each for each in (head, *told, stands) if each)
        super().__init__(padding=dp(theme.MARGIN), spacing=dp(2), **options)
        self.add_widget(Text(head, look.tile, bold=True))
        for line in told:
            self.add_widget(Text(line, look.tile))
        if stands:
            self.add_widget(Text(stands, look.tile, bold=True))
        ground(self, look.tile.ground, radius=theme.ROUND, line=look.line)
        self.bind(on_release=lambda _: act())


def job_grid(look: Theme, jobs: Iterable[tuple[str, Callable[[], object]]]) -> GridLayout:
    """Stand what can be done beside each other, so that all of it is seen at once: two to a row, three on a tablet."""
    grid = GridLayout(cols=3 if Window.width >= dp(theme.WIDE) else 2, spacing=dp(theme.GAP), size_hint_y=None)
    grid.bind(minimum_height=grid.setter("height"))
    least = theme.GLOVE * theme.LOW_SHARE if is_low() else theme.GLOVE
    for words, act in jobs:
        tile = BigButton(words, look.tile, act=act, least=least, line=look.line, padding_dp=4)
        grid.add_widget(tile)
    return grid
