"""A hand on the screens: it sees the words, taps, types like a scanner, and lets frames pass. Nothing is simulated."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.tests.common import UnitTestTouch
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.label import Label
from kivy.uix.scrollview import ScrollView

from boucle.telling import Outcome
from boucle_field.screens.face import Face
from boucle_field.screens.sound import Volume

PATIENCE_S = 20.0
ENTER = 13
SETTLED = 8
"""Frames after which a change of text has reached every height that depends on it."""


class Ear:
    """Hears the tones instead of a loudspeaker."""

    def __init__(self) -> None:
        self.heard: list[Outcome] = []
        self.volume = Volume.LOUD

    def play(self, outcome: Outcome) -> None:
        self.heard.append(outcome)

    def turn(self, volume: Volume) -> None:
        self.volume = volume


class Hand:
    """Somebody who uses the app, and counts the taps."""

    def __init__(self, face: Face, ear: Ear) -> None:
        self.face = face
        self.ear = ear
        self.taps = 0

    # ---- frames

    def frames(self, count: int = 2) -> None:
        for _ in range(count):
            EventLoop.idle()

    def wait(self, ready: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while not ready():
            assert time.monotonic() < end, f"still waiting; on the screen: {self.words()}"
            EventLoop.idle()

    # ---- what is seen

    def widgets(self) -> Iterator[Any]:
        waiting = [self.face.root]
        while waiting:
            widget = waiting.pop()
            yield widget
            waiting += widget.children

    def words(self) -> list[str]:
        return [each.text for each in self.widgets() if isinstance(each, Label) and each.text.strip()]

    def sees(self, words: str) -> bool:
        return any(words in text for text in self.words())

    def button(self, words: str) -> Any:
        found = [
            each for each in self.widgets() if isinstance(each, ButtonBehavior) and words in getattr(each, "text", "")
        ]
        assert found, f"no button says {words!r}: {self.words()}"
        return min(found, key=lambda each: len(each.text))

    def picture(self, file: Path) -> None:
        self.frames(4)
        file.parent.mkdir(parents=True, exist_ok=True)
        self.face.root.export_to_png(str(file))

    # ---- what is done

    def tap(self, words: str) -> None:
        """Put a finger on the button that says this, scrolling it into view first, once nothing moves any more."""
        self.frames(SETTLED)
        button = self.button(words)
        view = next((each for each in _ancestors(button) if isinstance(each, ScrollView)), None)
        if view is not None:
            view.scroll_to(button, animate=False)
            self.frames(SETTLED)
            button = self.button(words)  # what came in meanwhile may have drawn it anew
        self._touch(button)

    def tap_bar(self) -> None:
        """Put a finger on the bar at the top, which opens the sends."""
        self.frames(SETTLED)
        self._touch(self.face.bar)

    def _touch(self, button: Any) -> None:
        fired: list[object] = []
        button.bind(on_release=fired.append)
        x, y = button.to_window(*button.center)
        touch = UnitTestTouch(x, y)
        touch.touch_down()
        touch.touch_up()
        self.taps += 1
        # A touch in a scrolling part is held back until it is clear that it was no scroll. When the part is drawn anew
        # in that moment the touch falls on the new button, of which nobody here knows.
        self.wait(lambda: fired or self.face.root not in _ancestors(button))
        self.frames()

    def sign(self, strokes: Sequence[Sequence[tuple[float, float]]]) -> None:
        """Draw in the frame for a signature, in shares of it from its upper left corner."""
        self.frames(SETTLED)
        pad = self.face.screen.signing
        left, bottom = pad.to_window(pad.x, pad.y)
        for stroke in strokes:
            (x, y), *rest = [(left + pad.width * across, bottom + pad.height * (1 - down)) for across, down in stroke]
            touch = UnitTestTouch(x, y)
            touch.touch_down()
            for x, y in rest:
                touch.touch_move(x, y)
            touch.touch_up()

    def scan(self, text: str, *, per_frame: int = 0, end: str = "enter", stall_s: float = 0.0) -> None:
        """Type as a keyboard-wedge scanner does: all at once, or so many characters a frame."""
        size = per_frame or len(text)
        for start in range(0, len(text), size):
            for character in text[start : start + size]:
                Window.dispatch("on_textinput", character)
            EventLoop.idle()
            if stall_s:
                time.sleep(stall_s)
        if end == "enter":
            Window.dispatch("on_key_down", ENTER, 40, "\r", [])
        elif end == "tab":
            Window.dispatch("on_key_down", 9, 43, "\t", [])
        EventLoop.idle()


def _ancestors(widget: Any) -> Iterator[Any]:
    while widget is not None and widget is not Window:
        widget = widget.parent
        yield widget


def opened(directory: Path, *, frames: Path | None = None, labels: Path | None = None, lang: str = "fr") -> Hand:
    """Open the app on a data directory, without its own loop."""
    ear = Ear()
    face = Face(directory, lang=lang, frames=frames, labels=labels, signal=ear)
    face._run_prepare()
    hand = Hand(face, ear)
    hand.frames(3)
    return hand


def closed(hand: Hand) -> None:
    """End the app as the window's end does, and leave the window to the next one."""
    hand.face.dispatch("on_stop")
    Window.remove_widget(hand.face.root)
    for event in list(Clock.get_events()):
        event.cancel()
