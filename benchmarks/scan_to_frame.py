"""From a keyboard-wedge scan to the frame that shows it, beside an empty redraw; and whether every code counts."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks import disk
from benchmarks.figures import Figure, at_share, median, seconds
from benchmarks.scan_to_ack import stocked_phone
from boucle.codes import Kind, mint

SCANS = 300
GOAL_MS = 100
TYPED = 1_000
SPEEDS_MS = (0, 2, 8)
FRAME_MS = 16
"""Between two frames of a screen that draws sixty a second a scanner at 2 ms a key types eight characters."""
MOST_FRAMES = 5
PLACE = "mulhouse"
_OFF_SCREEN = {
    "SDL_VIDEODRIVER": "offscreen",
    "SDL_AUDIODRIVER": "dummy",
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_CONFIG": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_NO_CONSOLELOG": "1",
}


def measure() -> list[Figure]:
    """Measure a collection at a partner's with ten thousand items, on a window off screen."""
    os.environ.update(_OFF_SCREEN)
    with disk.directory() as directory:
        phone, codes = stocked_phone(directory / "phone")
        phone.store.close()
        return [*_frames(directory / "phone", codes[:SCANS]), *(_counted(directory / "phone", ms) for ms in SPEEDS_MS)]


def _frames(data: Path, codes: list[str]) -> list[Figure]:
    from tests.screens.hand import closed, opened  # noqa: PLC0415 - Kivy reads its settings when it is imported

    hand = opened(data)
    hand.face.begin("collect", PLACE)
    hand.frames(10)
    scans, redraws, frames = [], [], []
    for number, text in enumerate(codes, 1):
        # One of each in turn, so that whatever else the machine does meets both alike.
        redraws.append(1000 * seconds(lambda: _redraw(hand)))
        scans.append(1000 * seconds(lambda text=text, number=number: frames.append(_scan(hand, text, number))))  # type: ignore[misc]
        hand.frames(2)
    closed(hand)
    note = (
        f"{len(codes)} scans in one visit, from the first key to the end of the frame with the new count, the durable "
        f"record included; {max(frames)} frame at most. Drawn by software, without a graphics card; no phone was tried."
    )
    return [
        _beside("wedge scan to frame, p50", median(scans), median(redraws), note=note),
        _beside("wedge scan to frame, p95", at_share(scans, 0.95), at_share(redraws, 0.95), goal=True),
    ]


def _redraw(hand: object) -> None:
    from kivy.core.window import Window  # noqa: PLC0415 - as above
    from kivy.graphics.opengl import glFinish  # noqa: PLC0415 - as above

    Window.canvas.ask_update()
    hand.frames(1)  # type: ignore[attr-defined]
    glFinish()


def _scan(hand: object, text: str, number: int) -> int:
    """Type one code and draw until the counter shows the number; give how many frames that took."""
    from kivy.core.window import Window  # noqa: PLC0415 - as above
    from kivy.graphics.opengl import glFinish  # noqa: PLC0415 - as above

    for character in text:
        Window.dispatch("on_textinput", character)
    Window.dispatch("on_key_down", 13, 40, "\r", [])
    counter = hand.face.screen.panel.counter.counted  # type: ignore[attr-defined]
    for frame in range(1, MOST_FRAMES + 1):
        hand.frames(1)  # type: ignore[attr-defined]
        # The text that stands in the label's picture, not the one that it was told.
        if counter._label.text == str(number):  # noqa: SLF001 - nothing else says what is drawn
            glFinish()
            return frame
    raise RuntimeError(f"scan {number} was not shown within {MOST_FRAMES} frames")


def _beside(job: str, value: float, baseline: float, *, goal: bool = False, note: str = "") -> Figure:
    return Figure(
        job=job,
        value=value,
        unit="ms",
        baseline="the same screen drawn again with nothing new",
        baseline_value=baseline,
        ratio=value / baseline,
        goal=f"< {GOAL_MS} ms on the desktop" if goal else "",
        met=value < GOAL_MS if goal else None,
        note=note,
    )


def _counted(data: Path, key_ms: int) -> Figure:
    from tests.screens.hand import closed, opened  # noqa: PLC0415 - as above

    # Codes that the phone does not know, others at each speed: what was collected once is no piece the next time.
    random = Random(1_000 + key_ms)
    codes = [mint(Kind.CONTAINER, random.randbytes) for _ in range(TYPED)]
    hand = opened(data)
    hand.face.begin("collect", PLACE)
    hand.frames(4)
    visit = hand.face.visit
    assert visit is not None
    before = len(visit.lines)  # what was done at this place today is part of its stop
    type_one = _typist(hand.scan, FRAME_MS // key_ms if key_ms else 0)
    for code in codes:
        type_one(code.url("https://boucle.example"))
    added = [line.subject for line in visit.lines[before:] if line.counts]
    right, counted = added == [code.text for code in codes], len(added)
    visit.close()
    closed(hand)
    return Figure(
        job=f"codes of {TYPED} counted, once each and in order, at {key_ms} ms a key",
        value=counted,
        unit="codes",
        goal=f"{TYPED} of {TYPED}",
        met=right and counted == TYPED,
        note="all keys within one frame" if not key_ms else f"{FRAME_MS // key_ms} keys a frame",
    )


def _typist(scan: Callable[..., None], per_frame: int) -> Callable[[str], None]:
    return lambda text: scan(text, per_frame=per_frame)
