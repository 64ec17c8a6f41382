"""The photo of a thing as it comes in for repair, where its site asks for one; without it the repair is opened too."""

from functools import partial
from typing import TYPE_CHECKING, Final

from boucle_field.photos import Photo
from boucle_field.screens import asked_photo
from boucle_field.screens.arranging import beside
from boucle_field.screens.screen import Screen
from boucle_field.screens.viewfinder import Viewfinder

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_VIEW_DP: Final = 240


class EntryPhotoScreen(Screen):
    """What the camera sees, one button that takes it and opens the repair, one that opens it without."""

    reads_codes = False

    def __init__(self, face: "Face", code: str, priority: str = "") -> None:
        super().__init__(face)
        self.code, self.priority = code, priority

    def build(self) -> None:
        """Lay the screen out, and begin to look."""
        self.view = Viewfinder(_VIEW_DP)
        back = self.other("screen.back", partial(self.face.open_ticket, self.code))
        main = asked_photo.photo_button(self, self._taken)
        self.fill(
            self.title("screen.entry_photo"),
            self.text("screen.entry_photo_why"),
            asked_photo.how(self),
            self.view,
            self.other("screen.entry_no_photo", self.leave_out),
            bottom=(beside(back, *main),),
        )

    def _taken(self, photo: Photo) -> None:
        self.face.repair_opened(self.code, self.priority, (photo,))

    def leave_out(self) -> None:
        """Open the repair without its photo: it counts, and a person looks."""
        self.face.eye.close()
        self.face.repair_opened(self.code, self.priority)
