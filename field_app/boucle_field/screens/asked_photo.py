"""A photo that a site asks for before something is recorded: by the camera, of a file where it is missing, or none."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from boucle_field.photos import Photo
from boucle_field.screens.hardware import hardware
from boucle_field.screens.picture_file_screen import PictureFileScreen, Wanted

if TYPE_CHECKING:
    from boucle_field.screens.controls import BigButton, Text
    from boucle_field.screens.eye import Eye
    from boucle_field.screens.face import Face
    from boucle_field.screens.screen import Screen


def can_show(eye: "Eye") -> bool:
    """Tell whether a photo can come from anywhere here; that a camera is missing is known once it was tried."""
    return not eye.missing or hardware().picks_files


def photo_button(screen: "Screen", taken: Callable[[Photo], object]) -> "list[BigButton]":
    """Begin to look, and give the main action that leads to a photo; none where nothing can give one."""
    face = screen.face
    face.eye.open(is_quiet=True)
    if not face.eye.missing:
        return [screen.main("screen.photo", partial(_shoot, face, taken))]
    if hardware().picks_files:
        return [screen.main("screen.file.choose", partial(choose_file, face, taken, face.reopening()))]
    return []


def how(screen: "Screen") -> "Text":
    """Say how the photo is taken, once it was tried: aimed at, chosen, or not at all."""
    if not screen.face.eye.missing:
        return screen.text("screen.photo_aim")
    return screen.text("screen.file.no_camera" if hardware().picks_files else "screen.no_camera_photo")


def choose_file(face: "Face", taken: Callable[[Photo], object], back: Callable[[], Any]) -> None:
    """Let a picture of this computer be the photo."""
    face.open(PictureFileScreen, Wanted(taken=taken, back=back))


def _shoot(face: "Face", taken: Callable[[Photo], object]) -> None:
    """Take what the camera sees; look again where it is off."""
    if (photo := face.eye.shoot()) is not None:
        taken(photo)
