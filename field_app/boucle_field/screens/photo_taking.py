"""Taking a photo in a visit: a chip, the picture that the camera sees, and where a photo is asked for."""

from typing import TYPE_CHECKING

from kivy.uix.widget import Widget

from boucle.lifecycle import Verdict
from boucle.lines import Line
from boucle_field.errors import FieldError
from boucle_field.outbox import Draft
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import MOST, Taking
from boucle_field.screens.asked_photo import choose_file
from boucle_field.screens.controls import Chip
from boucle_field.screens.hardware import hardware
from boucle_field.screens.line_photo_screen import LinePhotoScreen
from boucle_field.screens.panels import Shown
from boucle_labels.photo import photo_of

if TYPE_CHECKING:
    from boucle_field.screens.scan_screen import ScanScreen


class PhotoTaking:
    """The photos of one scan screen. No camera is a normal state: then nothing is taken, and nothing is held up."""

    def __init__(self, screen: "ScanScreen") -> None:
        self._screen = screen
        self._waits: Verdict | None = None
        """A verdict about the item scanned last that waits for its photo."""
        self.last: Line | None = None
        """The line recorded last that still stands, as the screen last looked."""
        self._shown = self._state

    @property
    def is_near(self) -> bool:
        """Whether the chip belongs beside what the camera sees."""
        return self._screen.face.eye.is_open or len(self._screen.visit.hand) > 0

    @property
    def is_stale(self) -> bool:
        """Whether the chip says something that is not so any more."""
        return self._shown != self._state

    @property
    def of_last(self) -> Line | None:
        """The line that a photo can still come to: what was recorded last, and would be taken back first."""
        last = self.last
        return last if last is not None and last.photos < MOST and self._screen.visit.takes_photo(last) else None

    @property
    def _state(self) -> tuple[int, bool, int | None]:
        last = self.of_last
        return len(self._screen.visit.hand), self._waits is not None, None if last is None else last.photos

    def stand_in(self, row: Widget) -> None:
        """Add the chips to a row: of what is scanned next, and of what was recorded last."""
        row.add_widget(self._chip())
        if self.of_last is not None:
            row.add_widget(self._chip_of_last())

    def _chip(self) -> Chip:
        """Give the chip that takes a photo, and says how many are in hand."""
        screen, look = self._screen, self._screen.look
        many, self._shown = len(screen.visit.hand), self._state
        words = screen.say("screen.photos_in_hand", n=many) if many else screen.say("screen.photo")
        return Chip(words, look.main if many or self._waits else look.tile, act=self.take, line=look.line)

    def _chip_of_last(self) -> Chip:
        """Give the chip that adds a photo to the line recorded last, and says how many it has."""
        screen, last = self._screen, self.of_last
        many = last.photos if last is not None else 0
        words = screen.say("screen.line_photo_more", n=many) if many else screen.say("screen.line_photo")
        return Chip(words, screen.look.tile, act=self.open_last, line=screen.look.line)

    def open_last(self) -> None:
        """Aim at the photo of the line recorded last."""
        face, last = self._screen.face, self.of_last
        if last is not None:
            face.open(LinePhotoScreen, last.found_event or last.event_id, face.open_visit)

    def take(self) -> None:
        """Take what the camera sees; begin to look where it is off, and choose a file where there is none."""
        face, screen = self._screen.face, self._screen
        picture = face.eye.newest
        if picture is not None:
            self.keep(Photo(photo_of(picture)))
            return
        face.eye.open()
        if face.eye.missing and hardware().picks_files:
            choose_file(face, self._chosen, face.open_visit)
        else:
            face.told(None, screen.say("screen.no_camera_photo" if face.eye.missing else "screen.photo_aim"))

    def _chosen(self, photo: Photo) -> None:
        """Take a photo that was chosen on another screen: the visit's was made anew meanwhile."""
        face = self._screen.face
        face.open_visit()
        if face.scan_screen is not None:
            face.scan_screen.photos.keep(photo)

    def keep(self, photo: Photo) -> None:
        """Take a photo in hand; it is durable before anybody is told that it is taken."""
        face, screen = self._screen.face, self._screen
        try:
            became = screen.visit.hand.take(photo)
        except FieldError as error:
            face.fail(error)
            return
        if became is not Taking.TAKEN:
            face.told(None, screen.say(became))
            return
        waits, self._waits = self._waits, None
        screen.show(Shown(None, screen.say("screen.photo_taken")))
        if waits is not None:
            screen.sort(waits)
        screen.refresh()

    def forget(self) -> None:
        """Let no verdict wait any more: something else was recorded."""
        self._waits = None

    def wants(self, verdict: Verdict, *, about_last: bool) -> bool:
        """Tell whether a verdict first wants a photo; it is asked for once, and what happened is never held up."""
        screen = self._screen
        asked = Draft(kind="item.sorted", place=screen.visit.place, body={"verdict": str(verdict)})
        said = screen.say(f"verdict.{verdict}")
        if len(screen.visit.hand) or self._waits is verdict or not screen.face.at.desk.asks_photo(asked):
            self._waits = None
            return False
        self._waits = verdict if about_last else None
        screen.face.eye.open(is_quiet=True)
        if screen.face.eye.missing:
            self._waits = None
            words = screen.say("screen.no_camera_photo")
            if hardware().picks_files:
                words = screen.say("screen.photo_of_file", verdict=said)
            screen.face.told(None, words)
            return False
        screen.show(Shown(None, screen.say("screen.photo_asked", verdict=said)))
        screen.refresh()
        return about_last
