"""The lines of one stop that were recorded on this phone: seen again, and corrected, after its validation too."""

from functools import partial
from typing import TYPE_CHECKING

from boucle.rounds import Round, Stop
from boucle_field import driving
from boucle_field.names import name_of_place
from boucle_field.screens.controls import Text
from boucle_field.screens.line_tile import line_tile
from boucle_field.screens.screen import Screen
from boucle_field.screens.stop_words import elsewhere_words
from boucle_field.sends import MOST, lines_at

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class StopLinesScreen(Screen):
    """What was taken and left at a stop, line by line, the latest first."""

    def __init__(self, face: "Face", of: Round, stop: Stop) -> None:
        super().__init__(face)
        self.round, self.stop = of, stop

    def build(self) -> None:
        """Lay the screen out."""
        phone, task = self.face.at, self.round.task(self.stop)
        place = name_of_place(phone.mirror.book(), self.stop.place, phone.desk.now_ms())
        others = elsewhere_words(self, driving.standing(phone, self.round, self.stop))
        found = lines_at(phone.store, task)
        self.fill(
            self.title("screen.stop_lines_title"),
            Text(place, self.look.page, bold=True),
            *(Text(line, self.look.page) for line in others),
            *([self.text("screen.stop_lines_here")] if others else []),
            *(
                line_tile(self, each, partial(self.face.correct, each.event_id, each.pile.value, task))
                for each in found
            ),
            *([self.text("screen.stop_lines_more", n=MOST)] if len(found) == MOST else []),
            bottom=(self.other("screen.back", partial(self.face.open_stop, self.round, self.stop)),),
        )
