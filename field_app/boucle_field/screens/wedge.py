"""The keyboard-wedge scanner: live on every screen, without any field that has the focus.

Characters come by the window's text events, which know shift and layout; key events give only the end of a text and
what a person does with a keyboard. Time is counted by frames: a screen that stalls cuts no code in two.
"""

from collections.abc import Callable
from typing import Any, Final

from kivy.clock import Clock
from kivy.core.clipboard import Clipboard
from kivy.core.window import Window

from boucle_field.scan import KeyStream

_ENTER: Final = frozenset({13, 271})
_TAB: Final = 9
_BACKSPACE: Final = 8
_PASTE: Final = ord("v")
LONGEST_FRAME_MS: Final = 20
"""A frame that took longer counts as this: what was typed meanwhile waits in the window's queue."""
LONGEST_TYPED: Final = 24
"""More characters in one go are a scanner's, also while somebody types."""


class Wedge:
    """Puts together what a scanner types; hands typing on while a screen asks for it."""

    def __init__(self, scanned: Callable[[str], None]) -> None:
        self._scanned = scanned
        self._stream = KeyStream()
        self._now_ms = 0.0
        self.typing: Typing | None = None
        """Who takes what is typed by hand, while somebody does."""

    def listen(self) -> None:
        """Take the window's keys from now on."""
        Window.bind(on_textinput=self._text, on_key_down=self._key)
        Clock.schedule_interval(self._tick, 0)

    def rest(self) -> None:
        """Take no keys any more."""
        Window.unbind(on_textinput=self._text, on_key_down=self._key)
        Clock.unschedule(self._tick)

    def _tick(self, dt: float) -> None:
        self._now_ms += min(dt * 1000, LONGEST_FRAME_MS)
        self._hand_on(self._stream.silence(round(self._now_ms)))

    def _text(self, _window: Any, text: str) -> None:
        if self.typing is not None:
            self.typing.typed(text)
        self._hand_on(self._stream.feed(text, round(self._now_ms)))

    def _key(self, _window: Any, key: int, _scancode: int, _text: str | None, modifiers: list[str]) -> bool:
        if key == _PASTE and "ctrl" in modifiers:
            self._paste()
        elif key in _ENTER or key == _TAB:
            self._end()
        elif key == _BACKSPACE and self.typing is not None:
            self.typing.erased()
        else:
            return False
        return True

    def _paste(self) -> None:
        text = str(Clipboard.paste() or "").strip()
        if text and self.typing is not None:
            self.typing.typed(text)
        elif text:
            self._scanned(text)

    def _end(self) -> None:
        ended = self._stream.feed("\n", round(self._now_ms))
        if self.typing is not None and all(len(text) <= LONGEST_TYPED for text in ended):
            self.typing.entered()
        else:
            self._hand_on(ended)

    def _hand_on(self, texts: list[str]) -> None:
        for text in texts:
            if self.typing is None:
                self._scanned(text)
            elif len(text) > LONGEST_TYPED:
                self.typing.scanned()
                self._scanned(text)


class Typing:
    """Who takes what a person types: each method is one thing that a keyboard says."""

    def typed(self, text: str) -> None:
        """Take characters."""
        raise NotImplementedError

    def erased(self) -> None:
        """Take the last character away."""
        raise NotImplementedError

    def entered(self) -> None:
        """Take the text as it stands."""
        raise NotImplementedError

    def scanned(self) -> None:
        """Forget what was typed last: it was a scanner's, and is on its way to where scans go."""
        raise NotImplementedError
