"""The lines of a visit that want looking at, each with what can be made of it."""

from functools import partial
from typing import TYPE_CHECKING

from kivy.metrics import dp

from boucle.lines import Choice, Line, choices
from boucle_field.screens import theme
from boucle_field.screens.controls import Box, Text, column, ground
from boucle_field.screens.screen import Screen

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class RedScreen(Screen):
    """The lines that want looking at, each with what happened, what was kept and what to do."""

    def __init__(self, face: "Face", lines: list[Line]) -> None:
        super().__init__(face)
        self.lines = lines

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.red"),
            *(self._tile(line) for line in reversed(self.lines)),
            bottom=(self.other("screen.back", self.face.back),),
        )

    def _tile(self, line: Line) -> Box:
        why = [self.face.reason(key, values) for key, values in line.why]
        tile = column(
            Text(f"{theme.SIGNS[line.outcome]} {self.face.named(line.subject)}", self.look.tile, bold=True),
            *(Text(each, self.look.tile) for each in why),
            padding=dp(theme.GAP),
        )
        if choices(line):
            tile.add_widget(self.face.chooser.buttons(line, then=lambda: self._next(line)))
        elif not line.event_id:
            tile.add_widget(self.other("screen.choice.ignore", partial(self._ignore, line)))
        ground(tile, self.look.tile.ground, radius=theme.ROUND, line=self.look.line)
        return tile

    def _ignore(self, line: Line) -> None:
        """Take away what was never recorded: it asks for nothing but to be seen."""
        if self.face.chooser.take(line, Choice.IGNORE):
            self._next(line)

    def _next(self, decided: Line) -> None:
        left = [line for line in self.lines if line is not decided]
        if left:
            self.face.open(RedScreen, left)
        else:
            self.face.back()
