"""A photo of a line that is scanned already: what the camera sees, one button that takes it, and back to the scans."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from boucle.lines import Line
from boucle.telling import Outcome
from boucle.words.numerals import times
from boucle_field.errors import FieldError
from boucle_field.photos import Photo
from boucle_field.screens import asked_photo
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import Text
from boucle_field.screens.screen import Screen
from boucle_field.screens.viewfinder import Viewfinder
from boucle_field.visit import Visit

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_VIEW_DP: Final = 240


class LinePhotoScreen(Screen):
    """One photo for one line of the open visit. A label in the picture is no scan; one that a reader sends is."""

    reads_codes = False

    def __init__(self, face: "Face", event_id: str, back: Callable[[], object]) -> None:
        super().__init__(face)
        assert face.visit is not None
        self.visit: Visit = face.visit
        self.event_id, self.leave = event_id, back

    @property
    def line(self) -> Line | None:
        """The line, as long as it stands."""
        lines = (each for each in self.visit.lines if self.event_id in (each.event_id, each.found_event))
        return next((each for each in lines if self.visit.takes_photo(each)), None)

    def build(self) -> None:
        """Lay the screen out, and begin to look."""
        line = self.line
        back = self.other("screen.back", self.leave)
        if line is None:
            self.fill(self.title("screen.line_photo_title"), self.text("screen.line_photo_gone"), bottom=(back,))
            return
        self.view = Viewfinder(_VIEW_DP)
        main = asked_photo.photo_button(self, self._taken)
        self.fill(
            self.title("screen.line_photo_title"),
            Text(self.name_of(line), self.look.page, bold=True),
            *([self.text("screen.line_photos", n=line.photos)] if line.photos else []),
            asked_photo.how(self),
            self.view,
            bottom=(beside(back, *main),),
        )

    def name_of(self, line: Line) -> str:
        """Give a line as a person knows it: its type and its code, of pieces without labels how many."""
        name = self.visit.type_name(line.item_type)
        if line.item_type and line.subject == line.item_type:
            return times(line.qty, name, self.face.lang)
        code = self.face.named(line.subject)
        return f"{name} · {code}" if name and name != code else code

    def _taken(self, photo: Photo) -> None:
        """Add the photo; it is durable before anybody is told so."""
        line, face = self.line, self.face
        try:
            added = self.visit.add_photo(line, photo) if line is not None else None
        except FieldError as error:
            self.leave()
            face.fail(error)
            return
        self.leave()
        if added is None:
            face.told(None, self.say("screen.line_photo_gone"))
            return
        face.recorded()
        face.told(Outcome.ACCEPTED, self.say("screen.line_photo_added", what=self.name_of(added)))
