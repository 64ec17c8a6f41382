"""A picture of this computer instead of the camera that it has not: chosen from a folder or dropped on the window."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget
from PIL import Image

from boucle_field import picture_files
from boucle_field.errors import FieldError, UsageError
from boucle_field.photos import Photo
from boucle_field.picture import photo_of_file
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import Text
from boucle_field.screens.screen import Screen
from boucle_field.screens.viewfinder import Viewfinder

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_VIEW_DP: Final = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a picture is chosen for: `taken` is given the photo once somebody has seen it, `back` leads back."""

    taken: Callable[[Photo], object]
    back: Callable[[], object]


class PictureFileScreen(Screen):
    """The pictures of a folder, then the photo that one of them makes: the same small and bare photo as of a camera."""

    def __init__(
        self, face: "Face", wanted: Wanted, *, folder: Path | None = None, chosen: tuple[Path, Photo] | None = None
    ) -> None:
        super().__init__(face)
        self.wanted, self.chosen = wanted, chosen
        self.folder = folder or picture_files.folder(face.at.store)

    def build(self) -> None:
        """Lay the screen out."""
        if self.chosen is not None:
            self._show(*self.chosen)
            return
        found = picture_files.listed(self.folder)
        self.fill(
            self.title("screen.file.title"),
            self.text("screen.file.no_camera"),
            self.text("screen.file.how"),
            Text(str(self.folder), self.look.page, bold=True),
            *self._told(found),
            *(self.plain(each.name, partial(self.choose, each)) for each in found.pictures),
            *self._parent(),
            *(self.plain(f"{each.name}/", partial(self._open, each)) for each in found.folders),
            bottom=(self.other("screen.back", self.wanted.back),),
        )

    def _told(self, found: picture_files.Listed) -> list[Widget]:
        if not found.is_readable:
            return [self.text("screen.file.unreadable_folder")]
        return [] if found.pictures else [self.text("screen.file.none")]

    def _parent(self) -> list[Widget]:
        if self.folder.parent == self.folder:
            return []
        return [self.other("screen.file.up", partial(self._open, self.folder.parent))]

    def _show(self, file: Path, photo: Photo) -> None:
        """Show the photo before it is taken: the name of a file says little of what it shows."""
        view = Viewfinder(_VIEW_DP)
        view.show(Image.open(BytesIO(photo.content)))
        others = self.other("screen.file.other", partial(self._open, self.folder))
        self.fill(
            self.title("screen.file.this"),
            Text(file.name, self.look.page),
            view,
            bottom=(beside(others, self.main("screen.file.take", partial(self.wanted.taken, photo))),),
        )

    def _open(self, folder: Path) -> None:
        self.face.open(partial(PictureFileScreen, folder=folder), self.wanted)

    def choose(self, file: Path) -> None:
        """Make a photo of a file and show it; what is none is said, and another can be chosen."""
        try:
            photo = Photo(photo_of_file(file))
            picture_files.remember(self.face.at.store, file.parent)
        except UsageError as error:  # by its name alone: its folder stands on the screen
            self.face.fail(UsageError(error.key, **{**error.values, "path": file.name}))
            return
        except FieldError as error:
            self.face.fail(error)
            return
        self.face.open(partial(PictureFileScreen, folder=file.parent, chosen=(file, photo)), self.wanted)

    def dropped(self, file: Path) -> None:
        """Take a file that was dropped on the window."""
        self.choose(file)
