"""The four verdicts as tiles: the one that goes along with the scans is lit, and one tap chooses another."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from kivy.metrics import dp
from kivy.uix.gridlayout import GridLayout

from boucle.lifecycle import Verdict
from boucle.words import say
from boucle_field.screens import theme
from boucle_field.screens.arranging import is_low
from boucle_field.screens.controls import BigButton
from boucle_field.screens.theme import Theme

_COLUMNS: Final = 2
_INNER_DP: Final = 4


class VerdictTiles(GridLayout):
    """Which verdict goes along with the scans that follow."""

    def __init__(self, look: Theme, lang: str, *, chosen: Callable[[str], object], **options: Any) -> None:
        super().__init__(cols=_COLUMNS, spacing=dp(theme.GAP), size_hint_y=None, **options)
        self.bind(minimum_height=self.setter("height"))
        self.look, self.lang, self._chosen = look, lang, chosen
        self._now: tuple[str, str] | None = None

    def show(self, verdict: str, grade: str) -> None:
        """Light the verdict that goes along, with its grade where it has one."""
        if self._now == (verdict, grade):
            return
        self._now = (verdict, grade)
        self.clear_widgets()
        for each in Verdict:
            self.add_widget(self._tile(each, lit=each == verdict, grade=grade if each == verdict else ""))

    def _tile(self, verdict: Verdict, *, lit: bool, grade: str) -> BigButton:
        words = say(f"screen.verdict.{verdict}", self.lang)
        return BigButton(
            f"{'✓ ' if lit else ''}{words}{f' · {grade}' if grade else ''}",
            self.look.main if lit else self.look.tile,
            act=partial(self._chosen, str(verdict)),
            least=theme.GLOVE if is_low() else theme.MAIN,
            line="" if lit else self.look.line,
            padding_dp=_INNER_DP,
        )
