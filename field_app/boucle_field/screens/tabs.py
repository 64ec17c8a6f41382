"""Tabs: which of several lists is shown below, in one frame so that they are no row of actions."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from kivy.metrics import dp
from kivy.uix.gridlayout import GridLayout

from boucle_field.screens import theme
from boucle_field.screens.controls import Plate, ground
from boucle_field.screens.theme import Theme

_BORDER_DP: Final = 1.5
_ROUND_DP: Final = 3
_INNER_DP: Final = 4
_COLUMNS: Final = 2
"""As many as have room for their words on the narrowest phone."""


class Tab(Plate):
    """One cell."""

    rounding = _ROUND_DP


class Tabs(GridLayout):
    """One cell a list, in rows of two; the chosen one is filled and bold, `choose` is told the key of another."""

    def __init__(self, look: Theme, words: Mapping[str, str], chosen: str, *, choose: Callable[[str], object]) -> None:
        super().__init__(
            cols=_COLUMNS, spacing=dp(_BORDER_DP), padding=dp(_BORDER_DP), size_hint_y=None, row_force_default=False
        )
        self.bind(minimum_height=self.setter("height"))
        ground(self, look.soft.ink, radius=_ROUND_DP)
        self.cells = {key: self._cell(look, key, text, chosen, choose) for key, text in words.items()}
        for cell in self.cells.values():
            cell.bind(texture_size=self._level)
            self.add_widget(cell)

    def _cell(self, look: Theme, key: str, text: str, chosen: str, choose: Callable[[str], object]) -> Tab:
        return Tab(
            text,
            look.main if key == chosen else look.page,
            act=partial(choose, key),
            least=theme.TOUCH,
            bold=key == chosen,
            padding_dp=_INNER_DP,
        )

    def _level(self, *_: object) -> None:
        high = max(dp(theme.TOUCH), *(cell.texture_size[1] + cell.inner for cell in self.cells.values()))
        for cell in self.cells.values():
            cell.least = cell.height = high
