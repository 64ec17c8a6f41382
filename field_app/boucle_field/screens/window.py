"""The window's settings, which Kivy reads before it opens one; importing this opens it."""

import logging
from pathlib import Path

import kivy
from kivy.config import Config

kivy.require("2.3.1")

PHONE_WIDTH, PHONE_HEIGHT = 400, 780
"""The window on a desktop, in dp: a phone's."""

Config.set("graphics", "width", str(PHONE_WIDTH))
Config.set("graphics", "height", str(PHONE_HEIGHT))
Config.set("input", "mouse", "mouse,disable_multitouch")
Config.set("kivy", "exit_on_escape", "0")
# Kivy opens the log for everybody; the library of pictures tells each part of each file.
logging.getLogger("PIL").setLevel(logging.INFO)

from boucle_field.screens.face import Face  # noqa: E402 - the settings come first


def opened_face(directory: Path, *, lang: str, frames: Path | None = None, labels: Path | None = None) -> Face:
    """Give the app on a data directory, not yet running."""
    return Face(directory, lang=lang, frames=frames, labels=labels)
