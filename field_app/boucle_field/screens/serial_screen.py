"""A product by its maker's serial number, where its label is gone or never was: typed, or read by a scanner."""

from functools import partial
from typing import TYPE_CHECKING

from boucle.meaning import Meaning, Nothing, Thing
from boucle.telling import Outcome
from boucle_field import serials
from boucle_field.screens.arranging import beside
from boucle_field.screens.label_screens import LONGEST_SERIAL
from boucle_field.screens.pads import TextPad
from boucle_field.screens.screen import Screen
from boucle_field.serials import Numbered

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class FindBySerialScreen(Screen):
    """The number; of several things that have it, which."""

    def __init__(self, face: "Face", found: tuple[Numbered, ...] = ()) -> None:
        super().__init__(face)
        self.found = found

    def build(self) -> None:
        """Lay the screen out."""
        if self.found:
            self.fill(
                self.title("screen.serial"),
                self.text("screen.serial_several"),
                *(self.plain(self.face.describe(each.code), partial(self._chosen, each.code)) for each in self.found),
                bottom=(self.other("screen.back", self.face.back_to_returns),),
            )
            return
        pad = TextPad(self.look, self.entered, longest=LONGEST_SERIAL, asked=self.say("screen.serial"))
        self.face.wedge.typing = pad
        self.fill(
            pad,
            self.text("screen.serial_how"),
            bottom=(beside(self.other("screen.back", self.face.back_to_returns), pad.done_apart()),),
        )

    def entered(self, text: str) -> None:
        """Take a number as it was typed."""
        found = serials.find(self.face.at, text)
        if len(found) == 1:
            self._chosen(found[0].code)
        elif found:
            self.face.open(FindBySerialScreen, tuple(found))
        else:
            self.face.told(Outcome.REFUSED, self.say("told.serial_unknown", serial=text))
            self.face.signal(Outcome.REFUSED)

    def _chosen(self, code: str) -> None:
        self.face.back_to_returns()
        self.face.take(Thing(code=code))

    def take(self, meant: Meaning) -> bool:
        """Take a label after all; a code that is none of ours may be the maker's."""
        match meant:
            case Thing(code=code):
                self._chosen(code)
            case Nothing(raw=raw) if raw:
                self.entered(raw)
            case _:
                return False
        return True
