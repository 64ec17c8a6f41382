"""`make phone-check`: the app with a camera of label pictures, online and off; a picture of every screen is kept."""

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from kivy.core.window import Window
from PIL import Image

import tests.conftest
import tests.screens.conftest  # noqa: F401 - the window's settings come before the window
from boucle.codes import Code, Kind
from boucle_field.courier import Line
from boucle_labels.label import Face as LabelFace
from boucle_labels.label import layout
from boucle_labels.png import render
from tests.builders import code
from tests.screens.hand import Hand, closed, opened
from tests.screens.scenes import scenes
from tests.screens.serving import serving
from tests.screens.stock import MULHOUSE, enrolled, staff, stocked_server
from tests.world import World

logging.getLogger("PIL").setLevel(logging.INFO)
WINDOWS = {"phone": (360, 640), "small": (320, 568), "tablet": (800, 1280)}
LABEL_MM = (70.0, 37.0)
DPI = 200
IN_VIEW = 6


def now_ms() -> int:
    """Give this machine's time, which the pictures' phone and server share."""
    return time.time_ns() // 1_000_000


def label_frames(folder: Path) -> Path:
    """Make what a camera sees: two labels alone, then six in one view."""
    folder.mkdir(parents=True)
    printed = [_label(number) for number in range(1, 9)]
    for at in (0, 1):
        _on_a_crate([printed[at]], columns=1).save(folder / f"{at + 1}.png")
    _on_a_crate(printed[2:], columns=2).save(folder / "3.png")
    return folder


def _label(number: int) -> Image.Image:
    made = Code(kind=Kind.CONTAINER, chars=code(number).removeprefix("C/"))
    face = LabelFace(code=made, base="https://boucle.example", name="Bac 600×400", owner="Éco-Retour Grand Est")
    return render(layout(face, width_mm=LABEL_MM[0], height_mm=LABEL_MM[1]), width_mm=LABEL_MM[0],
                  height_mm=LABEL_MM[1], dpi=DPI)  # fmt: skip


def _on_a_crate(labels: list[Image.Image], *, columns: int) -> Image.Image:
    gap, (width, height) = 60, labels[0].size
    rows = -(-len(labels) // columns)
    view = Image.new("L", (columns * (width + gap) + gap, rows * (height + gap) + gap), 120)
    for at, each in enumerate(labels):
        view.paste(each, (gap + at % columns * (width + gap), gap + at // columns * (height + gap)))
    return view.rotate(4, expand=True, fillcolor=120)


@contextmanager
def the_app(directory: Path, **options: object):  # type: ignore[no-untyped-def]
    """Open the app for the length of a block."""
    hand = opened(directory, **options)  # type: ignore[arg-type]
    try:
        yield hand
    finally:
        closed(hand)


def a_day(data: Path, folder: Path, lang: str, *, by_night: bool = False) -> int:
    """Keep a picture of every scene; give how many."""
    kept = 0
    with the_app(data, lang=lang) as hand:
        if by_night:
            hand.face.next_theme()
        for kept, scene in enumerate(scenes(hand), 1):
            hand.picture(folder / f"{kept:02}-{scene}.png")
    return kept


def with_camera(data: Path, frames: Path, keep: Callable[[Hand, str], None]) -> None:
    """Scan by camera, be offline, come back: each state with its picture."""
    with the_app(data, frames=frames) as hand:
        hand.wait(lambda: hand.face.news.line is Line.ONLINE)
        hand.scan(MULHOUSE.url("https://boucle.example"))
        hand.face.toggle_line()
        hand.tap("Plusieurs codes")
        hand.tap("Caméra")
        hand.wait(lambda: hand.face.visit is not None and hand.face.visit.counted == IN_VIEW + 2)
        hand.frames(4)
        keep(hand, "camera-offline")
        hand.face.toggle_line()
        hand.wait(lambda: hand.face.at.outbox.counts().unsent == 0)
        hand.wait(lambda: hand.sees("⇅ 0"))
        keep(hand, "camera-sent")


def main(target: Path) -> int:
    """Make all pictures; exit 1 by whatever does not work on the way."""
    shutil.rmtree(target, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix="boucle-phone-"))
    kept = 0
    try:
        for name, size in WINDOWS.items():
            for lang in ("fr", "en"):
                server = stocked_server(World(now_ms=now_ms()))
                staff(server)
                data = work / f"{name}-{lang}"
                enrolled(data, server)
                Window.size = size
                kept += a_day(data, target / f"{name}-{lang}", lang)
        Window.size = WINDOWS["small"]
        server = stocked_server(World(now_ms=now_ms()))
        staff(server)
        enrolled(work / "dark", server)
        kept += a_day(work / "dark", target / "dark-fr", "fr", by_night=True)
        Window.size = WINDOWS["phone"]
        with the_app(work / "new") as hand:
            hand.picture(target / "phone-fr" / "00-enrol.png")
        with serving(stocked_server(World(now_ms=now_ms()))) as served:
            enrolled(work / "camera", served.server, at=served.url)
            with_camera(
                work / "camera",
                label_frames(work / "frames"),
                lambda hand, scene: hand.picture(target / "phone-fr" / f"90-{scene}.png"),
            )
        kept += 3
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.stdout.write(f"{kept} pictures of screens in {os.path.relpath(target)}\n")
    return 0


if __name__ == "__main__":
    sys.stderr = sys.__stderr__  # Kivy took it for its log: what goes wrong here would be said nowhere
    code_of_exit = main(Path(sys.argv[1]))
    sys.stdout.flush()
    # The reader of codes counts what it leaves to the end of the interpreter, at length; nothing here waits for an end.
    os._exit(code_of_exit)
