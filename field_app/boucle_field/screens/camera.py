"""The camera: where frames come from, and the thread that reads the codes in them. "No camera" is a normal state."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic_ns
from typing import Any, Final, Protocol

from PIL import Image

from boucle_field.scan import Debounce
from boucle_field.screens.hardware import Hardware, hardware
from boucle_labels.errors import RefusedError
from boucle_labels.reading import Effort, Found, ZxingDecoder, open_picture

IDLE_S: Final = 20
"""A camera that saw no code for this long is switched off: it costs more battery than anything else."""
_PAUSE_S: Final = 0.03
PICTURES: Final = frozenset({".png", ".jpg", ".jpeg"})


class FrameSource(Protocol):
    """Gives pictures; whatever platform it stands on."""

    has_torch: bool

    def frame(self) -> Image.Image | None:
        """Give the newest picture that was not given yet, None while there is none."""
        ...

    def torch(self, *, on: bool) -> None:
        """Light the scene, where `has_torch`."""
        ...

    def close(self) -> None:
        """Give the camera back."""
        ...


class FolderFrames:
    """A camera whose view is the pictures of a folder, one after the other: for checks and demonstrations."""

    has_torch = False

    def __init__(self, folder: Path) -> None:
        self._waiting = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)

    def frame(self) -> Image.Image | None:
        """Give the next picture of the folder, None after the last; what is no picture is passed over."""
        while self._waiting:
            with suppress(RefusedError):
                return open_picture(self._waiting.pop(0))
        return None

    def torch(self, *, on: bool) -> None:
        """Do nothing: there is no lamp."""

    def close(self) -> None:
        """Show nothing more."""
        self._waiting = []


class KivyFrames:
    """The platform's camera as Kivy finds it. Tried on no phone yet."""

    def __init__(self, provider: Any, machine: Hardware) -> None:
        self._machine = machine
        self._camera = provider(index=0, resolution=(1280, 720), stopped=True)
        self.has_torch = machine.has_torch(self._camera)
        self._newest: Image.Image | None = None
        self._camera.bind(on_texture=self._take)
        self._camera.start()

    def _take(self, camera: Any, *_: object) -> None:
        texture = camera.texture
        self._newest = Image.frombytes("RGBA", texture.size, texture.pixels)

    def frame(self) -> Image.Image | None:
        """Give the newest picture that was not given yet."""
        newest, self._newest = self._newest, None
        return newest

    def torch(self, *, on: bool) -> None:
        """Switch the lamp of the camera, where it has one."""
        self._machine.torch(self._camera, on=on)

    def close(self) -> None:
        """Give the camera back, its lamp out."""
        self.torch(on=False)
        self._camera.stop()


def opened_camera() -> FrameSource | None:
    """Open the camera of this machine; None where there is none, which is normal."""
    from kivy.core.camera import Camera  # noqa: PLC0415 - asks the platform for its providers

    machine = hardware()
    if Camera is None or not machine.may_look():
        return None
    try:
        return KivyFrames(Camera, machine)
    except Exception:  # noqa: BLE001 - each platform fails in its own way, and the answer is always the same
        return None


class Reader:
    """Reads codes from frames on a thread of its own and hands each over once."""

    def __init__(
        self,
        source: FrameSource,
        *,
        found: Callable[[list[str]], None],
        seen: Callable[[Image.Image], None] = lambda _: None,
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._found, self._seen, self._idle = found, seen, idle
        self._debounce = Debounce()
        self._stop = Event()
        self.many = False
        """Whether every code in view counts, instead of the one in the middle."""
        self._thread = Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking; the thread gives the camera back once it has done with its frame."""
        self._stop.set()

    def _run(self) -> None:
        try:
            self._look()
        finally:
            self._source.close()

    def _look(self) -> None:
        light, full = ZxingDecoder(Effort.LIGHT), ZxingDecoder(Effort.FULL)
        last_s = _now_ms() / 1000
        while not self._stop.is_set():
            frame = self._source.frame()
            if frame is None:
                if _now_ms() / 1000 - last_s > IDLE_S:
                    self._idle()
                    return
                self._stop.wait(_PAUSE_S)
                continue
            self._seen(frame)
            symbols = (full if self.many else light).decode(frame)
            chosen = symbols if self.many else _in_the_middle(symbols, frame)
            if self._stop.is_set():
                return
            fresh = [each.scanned for each in chosen if self._debounce.see(each.scanned, _now_ms())]
            if fresh:
                last_s = _now_ms() / 1000
                self._found(list(dict.fromkeys(fresh)))


def _in_the_middle(symbols: list[Found], frame: Image.Image) -> list[Found]:
    """Give the code that somebody aims at: the one nearest to the middle."""
    x, y = frame.width / 2, frame.height / 2
    return sorted(symbols, key=lambda each: (each.centre[0] - x) ** 2 + (each.centre[1] - y) ** 2)[:1]


def _now_ms() -> int:
    return monotonic_ns() // 1_000_000
