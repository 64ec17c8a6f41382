"""Photos as a proof: what the camera sees, the chip that takes it, the photos in hand until they are recorded."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from boucle_field.errors import FieldError
from boucle_field.hand import Hand
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import About, Taking
from boucle_field.screens.asked_photo import choose_file
from boucle_field.screens.controls import Box, Chip, chips
from boucle_field.screens.hardware import hardware
from boucle_field.screens.viewfinder import Viewfinder
from boucle_labels.photo import photo_of

if TYPE_CHECKING:
    from boucle_field.screens.screen import Screen


class Proof(Box):
    """The photos of what is recorded next on a screen; `taken` is told of each.

    They stay in hand when the screen is left for another and come back with it; no camera is a normal state.
    """

    def __init__(
        self,
        screen: "Screen",
        about: About,
        *,
        asked: int = 0,
        taken: Callable[[], object] = lambda: None,
        reopen: Callable[[], object] | None = None,
    ) -> None:
        """`reopen` opens the screen again, where what stands on it would be lost by making it anew."""
        self._screen, self._asked, self._taken = screen, asked, taken
        self._reopen = reopen or screen.face.reopening()
        self._hand = Hand(screen.face.at, about)
        self.view = screen.view = Viewfinder()
        self._chips = chips()
        super().__init__(self.view, self._chips)
        self._show()

    @property
    def photos(self) -> tuple[Photo, ...]:
        """The photos in hand."""
        return self._hand.photos

    @property
    def lacks(self) -> int:
        """How many photos are still asked for; none where there is no camera to take them with."""
        return 0 if self._screen.face.eye.missing else max(0, self._asked - len(self._hand))

    def take(self) -> None:
        """Take what the camera sees; begin to look where it is off, and choose a file where there is none."""
        face = self._screen.face
        picture = face.eye.newest
        if picture is not None:
            self.keep(Photo(photo_of(picture)))
            return
        self.aim()
        if face.eye.missing and hardware().picks_files:
            choose_file(face, self._chosen, self._reopen)

    def _chosen(self, photo: Photo) -> None:
        """Take a photo that was chosen on another screen: this one was made anew meanwhile."""
        self._reopen()
        self._screen.face.screen.proof.keep(photo)

    def keep(self, photo: Photo) -> None:
        """Take a photo in hand; it is durable before anybody is told that it is taken."""
        face = self._screen.face
        if photo in self.photos:
            face.told(None, face.say("screen.photo_aim"))
            return
        try:
            became = self._hand.take(photo)
        except FieldError as error:
            face.fail(error)
            return
        if became is not Taking.TAKEN:
            face.told(None, face.say(became))
            return
        face.told(None, face.say("screen.proof_taken", n=len(self._hand)))
        self._show()
        self._taken()

    def aim(self) -> None:
        """Begin to look, and say what to do."""
        face = self._screen.face
        face.eye.open()
        face.told(None, face.say("screen.no_camera_photo" if face.eye.missing else "screen.photo_aim"))

    def done(self) -> None:
        """Look no more: the photos are recorded."""
        self._screen.face.eye.close()

    def _show(self) -> None:
        screen, many = self._screen, len(self._hand)
        if self._asked:
            words = screen.say("screen.proof_asked", n=many, asked=self._asked)
        elif many:
            words = screen.say("screen.photos_in_hand", n=many)
        else:
            words = screen.say("screen.photo")
        self._chips.clear_widgets()
        is_due = many < self._asked
        self._chips.add_widget(
            Chip(words, screen.look.main if many or is_due else screen.look.tile, act=self.take, line=screen.look.line)
        )
