"""The app: the window of the field app on a data directory. Kivy is loaded when it is opened, not before."""

import argparse
import os
import sys

from boucle.words import say


def run(args: argparse.Namespace) -> int:
    """Open the screens until the window is closed; exit 1 where they are not installed."""
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_NO_CONSOLELOG", "1")
    try:
        from boucle_field.screens.window import opened_face  # noqa: PLC0415 - Kivy is large, and may be missing
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "kivy":
            raise
        sys.stderr.write(say("phone.no_screens", args.lang) + "\n")
        return 1
    opened_face(args.data, lang=args.lang, frames=args.frames, labels=args.labels).run()
    return 0
