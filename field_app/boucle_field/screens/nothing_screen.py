"""A stop that is not made, or where nothing is to be taken: why, and what becomes of what was to be left."""

from functools import partial
from typing import TYPE_CHECKING, Final

from boucle.rounds import Ending, Found, Gap, Round, Stop, ending_of
from boucle.words.numerals import times
from boucle_field import driving
from boucle_field.names import name_of_type
from boucle_field.screens.controls import Text
from boucle_field.screens.pads import tiles
from boucle_field.screens.proof import Proof
from boucle_field.screens.screen import Screen
from boucle_field.screens.stop_words import already_told

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_NOT_LEFT: Final = {Ending.CLOSED: Gap.PLACE_CLOSED, Ending.REFUSED: Gap.DECLINED, Ending.OTHER: Gap.OTHER}
"""Why nothing was left where a stop was not made: the same reason, in the words of what is left."""


class NothingScreen(Screen):
    """Nothing to take at a stop: why, and a photo of it where the place asks for one.

    What was to be left is never passed over: it has the same reason, or it is still to be left.
    """

    def __init__(self, face: "Face", of: Round, stop: Stop) -> None:
        super().__init__(face)
        self.round, self.stop = of, stop
        self._waits: Ending | None = None
        """What the stop ended with, while it waits for its photo."""

    def build(self) -> None:
        """Lay the screen out."""
        now = driving.standing(self.face.at, self.round, self.stop)
        self._unleft: list[Found] = [row for row in now.found if row.direction == "deliver" and row.difference < 0]
        endings = [each for each in Ending if each is not Ending.DONE]
        if self.stop.deliver and not self.stop.collect:
            endings.remove(Ending.NOTHING)
        named = [(str(each), self._words(each)) for each in endings]
        self.proof = Proof(self, driving.photos_about(self.round, self.stop), taken=self._taken)
        self.fill(
            self.title("screen.stop_why"),
            *already_told(self, now),
            *self._to_leave(),
            self.proof,
            *tiles(self.look, named, self._chosen),
            bottom=(self.other("screen.back", partial(self.face.open_stop, self.round, self.stop)),),
        )

    def _words(self, ending: Ending) -> str:
        if self._unleft and ending is Ending.NOTHING:
            return self.say("screen.stop_only_leave")
        return self.say(f"round.ending.{ending}")

    def _to_leave(self) -> list[Text]:
        """Say what is still to be left here, and that a reason is given for it too."""
        if not self._unleft:
            return []
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        lang = self.face.lang
        pieces = [times(-row.difference, name_of_type(book, row.item_type, now), lang) for row in self._unleft]
        what = ", ".join(pieces)
        to_leave = Text(self.say("screen.stop_to_leave", what=what), self.look.page, bold=True)
        return [to_leave, self.text("screen.stop_same_reason")]

    def _chosen(self, ending: str) -> None:
        """Record why; where a photo is asked for and none is in hand, that is said once, and what happened waits."""
        said = Ending(ending)
        if said is Ending.NOTHING and self._unleft:
            self.face.begin("deliver", self.stop.place, self.round.task(self.stop))
            return
        wants = not self.proof.photos and driving.asks_photo(self.face.at, self.stop, said)
        if wants and self._waits is not said:
            self._waits = said
            self.proof.aim()
            if not self.face.eye.missing:
                self.face.told(None, self.say("screen.stop_photo_asked", why=self.say(f"round.ending.{said}")))
                return
        self._record(said)

    def _taken(self) -> None:
        if self._waits is not None:
            self._record(self._waits)

    def _record(self, ending: Ending) -> None:
        reasons = {row.name: _NOT_LEFT[ending] for row in self._unleft if ending in _NOT_LEFT}
        photos = self.proof.photos
        self.face.validate_stop(self.round, self.stop, ending=ending, reasons=reasons, photos=photos)


def ended_words(screen: Screen, of: Round, stop: Stop) -> list[str]:
    """Say why a stop that is validated was not made, where it was not."""
    last = driving.standing(screen.face.at, of, stop).validated
    ending = ending_of(last) if last is not None else Ending.DONE
    if ending is Ending.DONE:
        return []
    return [screen.say("screen.stop_ended", why=screen.say(f"round.ending.{ending}"))]
