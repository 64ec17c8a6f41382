"""The eye: the camera as the screens use it, switched on by a tap and off by itself."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kivy.clock import Clock

from boucle_field.photos import Photo
from boucle_field.screens.camera import FolderFrames, FrameSource, Reader, opened_camera
from boucle_field.screens.controls import BigButton, Chip
from boucle_labels.photo import photo_of

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from boucle_field.screens.face import Face


class Eye:
    """One camera, or the lack of one."""

    def __init__(self, face: "Face", frames: Path | None) -> None:
        self._face = face
        self._frames = frames
        self._source: FrameSource | None = None
        self._reader: Reader | None = None
        self._many = self._lit = False
        self.newest: Picture | None = None
        """What the camera sees, while it runs."""
        self.missing = False
        """Whether this machine turned out to have no camera."""

    @property
    def is_open(self) -> bool:
        """Whether the camera runs."""
        return self._reader is not None

    def open(self, *, is_quiet: bool = False) -> None:
        """Begin to look; say calmly that there is no camera where there is none, unless the screen says so itself."""
        if self._reader is not None:
            return
        self._source = FolderFrames(self._frames) if self._frames else opened_camera()
        self.missing = self._source is None
        if self._source is None:
            if not is_quiet:
                self._face.told(None, self._face.say("screen.no_camera"))
            return
        self._reader = Reader(self._source, found=self._found, seen=self._seen, idle=self._idle)
        self._reader.many = self._many
        self._reader.start()
        self._face.screen.refresh()

    def close(self) -> None:
        """Stop looking."""
        reader, self._reader = self._reader, None
        self.newest = None
        if reader is not None:
            reader.close()
            self._lit = False

    def shoot(self) -> Photo | None:
        """Take what the camera sees, and look no more; None where it was off: it looks from now on."""
        if self.newest is None:
            self.open()
            return None
        photo = Photo(photo_of(self.newest))
        self.close()
        return photo

    def chips(self) -> list[Chip]:
        """Give what can be done with the camera now."""
        say, look = self._face.say, self._face.look
        offers: list[tuple[str, Callable[[], object], bool]] = [
            ("screen.camera_off" if self.is_open else "screen.camera", self._turn, False),
            ("screen.many", self._turn_many, self._many),
        ]
        if self._source is not None and self._source.has_torch and self.is_open:
            offers.append(("screen.torch", self._turn_torch, self._lit))
        return [Chip(say(key), look.main if on else look.tile, act=act, line=look.line) for key, act, on in offers]

    def button(self) -> BigButton:
        """Give the button that opens the camera."""
        look = self._face.look
        return BigButton(self._face.say("screen.camera"), look.tile, act=self.open, line=look.line)

    def _turn(self) -> None:
        if self.is_open:
            self.close()
        else:
            self.open()
        self._face.screen.refresh()

    def _turn_many(self) -> None:
        self._many = not self._many
        if self._reader is not None:
            self._reader.many = self._many
        self._face.screen.refresh()

    def _turn_torch(self) -> None:
        self._lit = not self._lit
        if self._source is not None:
            self._source.torch(on=self._lit)
        self._face.screen.refresh()

    # ---- what the camera's thread says, told on the screen's

    def _found(self, texts: list[str]) -> None:
        Clock.schedule_once(partial(self._hand_over, texts))

    def _hand_over(self, texts: list[str], _dt: float) -> None:
        if self._face.screen.reads_codes:
            for text in texts:
                self._face.scanned(text)

    def _seen(self, picture: "Picture") -> None:
        Clock.schedule_once(partial(self._show, picture))

    def _show(self, picture: "Picture", _dt: float) -> None:
        if self.is_open:
            self.newest = picture
        self._face.screen.preview(picture)

    def _idle(self) -> None:
        Clock.schedule_once(self._rest)

    def _rest(self, _dt: float) -> None:
        self.close()
        self._face.screen.refresh()
