"""The camera: frames of a folder through the decoder's thread to the counter; no camera is a calm state."""

from collections.abc import Callable
from pathlib import Path
from threading import enumerate as threads

import pytest

from boucle.telling import Outcome
from boucle_field.screens.camera import FolderFrames, KivyFrames
from boucle_field.screens.hardware import Android, Desktop, hardware
from boucle_field.screens.viewfinder import Viewfinder
from tests.builders import code
from tests.field_app.pictures import picture
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.serving import serving
from tests.screens.stock import BADGE, MULHOUSE, PIN, enrolled, staff
from tests.world import SimServer


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Give a folder with a frame of one label, one of six, one of nothing, and a file that is no picture."""
    folder = tmp_path / "frames"
    folder.mkdir()
    picture(folder / "1.png", [LABEL + code(1)])
    picture(folder / "2.png", [LABEL + code(number) for number in range(2, 8)])
    picture(folder / "3.png", ["NOTHING OF OURS"])
    (folder / "4.png").write_bytes(b"no picture")
    return folder


def test_the_camera_counts_the_code_that_is_aimed_at(open_app: Callable[..., Hand], data: Path, frames: Path) -> None:
    hand = open_app(data, frames=frames)
    hand.scan(MULHOUSE.url("https://boucle.example"))
    hand.tap("Caméra")
    hand.wait(lambda: len(hand.ear.heard) == 3)
    visit = hand.face.visit
    assert visit is not None
    assert visit.counted == 2
    assert visit.lines[0].subject == code(1)
    assert len(visit.to_look) == 1


def test_several_codes_of_one_view_are_counted_at_once(open_app: Callable[..., Hand], data: Path, frames: Path) -> None:
    hand = open_app(data, frames=frames)
    hand.scan(MULHOUSE.url("https://boucle.example"))
    hand.tap("Plusieurs codes")
    hand.tap("Caméra")
    hand.wait(lambda: len(hand.ear.heard) == 8)
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 7
    assert hand.taps == 2


def test_two_equal_symbols_in_one_picture_are_one_scan(
    open_app: Callable[..., Hand], data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "twins"
    folder.mkdir()
    picture(folder / "1.png", [LABEL + code(1), LABEL + code(1), LABEL + code(2)])
    hand = open_app(data, frames=folder)
    hand.scan(MULHOUSE.url("https://boucle.example"))
    hand.tap("Plusieurs codes")
    hand.tap("Caméra")
    hand.wait(lambda: hand.face.visit is not None and hand.face.visit.counted == 2)
    hand.frames(10)
    assert hand.ear.heard == [Outcome.ACCEPTED] * 2


def test_a_code_that_stays_in_view_is_one_scan(open_app: Callable[..., Hand], data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "still"
    folder.mkdir()
    for number in range(5):
        picture(folder / f"{number}.png", [LABEL + code(1)], turned=number)
    hand = open_app(data, frames=folder)
    hand.scan(MULHOUSE.url("https://boucle.example"))
    hand.tap("Caméra")
    reader = hand.face.eye
    hand.wait(lambda: reader._source is not None and isinstance(reader._source, FolderFrames))
    hand.wait(lambda: not reader._source._waiting)  # type: ignore[union-attr]
    reader.close()
    hand.wait(lambda: "camera" not in {each.name for each in threads()})
    hand.frames(10)
    assert hand.ear.heard == [Outcome.ACCEPTED]


def test_the_camera_reads_the_code_that_enrols(
    open_app: Callable[..., Hand], tmp_path: Path, server: SimServer
) -> None:
    with serving(server) as served:
        picture(tmp_path / "1.png", [served.invitation().uri], turned=0)
        hand = open_app(tmp_path / "new", frames=tmp_path)
        hand.tap("Caméra")
        hand.wait(lambda: hand.face.phone is not None)
    assert hand.taps == 1


def test_the_camera_reads_a_badge_and_then_the_label_of_a_place(
    open_app: Callable[..., Hand], tmp_path: Path, server: SimServer
) -> None:
    staff(server)
    enrolled(tmp_path / "phone", server)
    for name, label in (("badge", BADGE), ("place", MULHOUSE)):
        (tmp_path / name).mkdir()
        picture(tmp_path / name / "1.png", [label.url("https://boucle.example")])
    hand = open_app(tmp_path / "phone", frames=tmp_path / "badge")
    hand.tap("Caméra")
    hand.wait(lambda: hand.sees("Karim") and hand.face.wedge.typing is not None)
    for digit in (*PIN, "OK"):
        hand.tap(digit)
    hand.face.eye.close()
    hand.face.eye._frames = tmp_path / "place"
    hand.tap("Caméra")
    hand.wait(lambda: hand.face.visit is not None)
    assert hand.face.visit.place == "mulhouse"  # type: ignore[union-attr]


def test_what_the_camera_sees_is_shown_on_screens_of_any_kind(
    open_app: Callable[..., Hand], data: Path, tmp_path: Path
) -> None:
    picture(tmp_path / "1.png", ["NOTHING OF OURS"])
    hand = open_app(data, frames=tmp_path)
    hand.tap("Caméra")
    hand.wait(lambda: hand.face.eye.newest is not None)
    hand.frames()
    (view,) = [each for each in hand.widgets() if isinstance(each, Viewfinder)]
    assert view.height > 0


def test_no_camera_is_said_calmly_and_the_scanner_goes_on(hand: Hand) -> None:
    hand.scan(MULHOUSE.url("https://boucle.example"))
    hand.tap("Caméra")
    assert hand.sees("Pas de caméra ici")
    assert hand.ear.heard == []
    hand.scan(LABEL + code(1))
    assert hand.ear.heard == [Outcome.ACCEPTED]


def test_the_camera_s_thread_ends_with_it(open_app: Callable[..., Hand], data: Path, frames: Path) -> None:
    hand = open_app(data, frames=frames)
    hand.scan(MULHOUSE.url("https://boucle.example"))
    hand.tap("Caméra")
    assert "camera" in {each.name for each in threads()}
    hand.wait(lambda: len(hand.ear.heard) == 3)
    hand.button("Éteindre la caméra").dispatch("on_release")
    hand.wait(lambda: "camera" not in {each.name for each in threads()})


class Lamp:
    """A platform's camera with a lamp, as far as Kivy shows it."""

    def __init__(self, *modes: str) -> None:
        self.modes = modes
        self.mode = "off"
        self.stopped = False

    def __call__(self, **_: object) -> "Lamp":
        return self

    @property
    def _android_camera(self) -> "Lamp":
        return self

    def bind(self, **_: object) -> None:
        """Show nothing."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        self.stopped = True

    def getParameters(self) -> "Lamp":  # noqa: N802 - the platform's name
        return self

    def setParameters(self, _: object) -> None:  # noqa: N802 - the platform's name
        """Take the mode over."""

    def getSupportedFlashModes(self) -> "Lamp":  # noqa: N802 - the platform's name
        return self

    def contains(self, mode: str) -> bool:
        return mode in self.modes

    def setFlashMode(self, mode: str) -> None:  # noqa: N802 - the platform's name
        self.mode = mode


def test_the_lamp_is_offered_where_the_camera_has_one_and_goes_out_with_it() -> None:
    lamp = Lamp("off", "torch")
    frames = KivyFrames(lamp, Android())
    assert frames.has_torch
    frames.torch(on=True)
    assert lamp.mode == "torch"
    frames.close()
    assert (lamp.mode, lamp.stopped) == ("off", True)
    assert not KivyFrames(Lamp("off"), Android()).has_torch
    assert not KivyFrames(Lamp("torch"), Desktop()).has_torch


def test_a_platform_that_fails_is_a_machine_without(hand: Hand) -> None:
    # Nothing of Android is here, so every call of it fails.
    phone = Android()
    phone.vibrate((40,))
    phone.torch(None, on=True)
    assert not phone.has_torch(None)
    assert not phone.may_look()
    assert not phone.picks_files
    assert not phone.open_file("/nowhere")
    assert isinstance(hardware(), Desktop)
    assert hand.ear.heard == []
