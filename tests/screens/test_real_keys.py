"""A scanner's keys through the window system's own queue, in real time: shift, pauses and a busy screen included."""

import ctypes
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import kivy
import pytest
from kivy.core.window import Window

from tests.screens.hand import Hand
from tests.screens.test_wedge import labels

_KEY_DOWN: Final = 0x300
_KEY_UP: Final = 0x301
_TEXT: Final = 0x303
_LEFT_SHIFT: Final = (1_073_742_049, 225)
_ENTER: Final = (13, 40)


class _Key(ctypes.Structure):
    """SDL_KeyboardEvent, padded to the size of SDL_Event."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("timestamp", ctypes.c_uint32),
        ("window", ctypes.c_uint32),
        ("state", ctypes.c_uint8),
        ("repeat", ctypes.c_uint8),
        ("padding", ctypes.c_uint8 * 2),
        ("scancode", ctypes.c_int32),
        ("symbol", ctypes.c_int32),
        ("modifiers", ctypes.c_uint16),
        ("unused", ctypes.c_uint32),
        ("rest", ctypes.c_char * 64),
    )


class _Text(ctypes.Structure):
    """SDL_TextInputEvent, padded to the size of SDL_Event."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("timestamp", ctypes.c_uint32),
        ("window", ctypes.c_uint32),
        ("text", ctypes.c_char * 32),
        ("rest", ctypes.c_char * 64),
    )


class Scanner:
    """Types into the queue of the window that is open."""

    def __init__(self, library: Path) -> None:
        self._sdl = ctypes.CDLL(str(library))

    def type(self, character: str) -> None:
        """Send what one character of a scanner is: shift where it needs it, the key, the text it makes."""
        shifted = character.isupper() or character == ":"
        if shifted:
            self._key(*_LEFT_SHIFT, down=True)
        self._key(ord(character.lower()), 0, down=True, shifted=shifted)
        self._push(_Text(type=_TEXT, window=1, text=character.encode()))
        self._key(ord(character.lower()), 0, down=False, shifted=shifted)
        if shifted:
            self._key(*_LEFT_SHIFT, down=False)

    def enter(self) -> None:
        """Send the end of a code."""
        self._key(*_ENTER, down=True)
        self._key(*_ENTER, down=False)

    def _key(self, symbol: int, scancode: int, *, down: bool, shifted: bool = False) -> None:
        self._push(
            _Key(
                type=_KEY_DOWN if down else _KEY_UP,
                window=1,
                state=int(down),
                scancode=scancode,
                symbol=symbol,
                modifiers=int(shifted),
            )
        )

    def _push(self, event: ctypes.Structure) -> None:
        assert self._sdl.SDL_PushEvent(ctypes.byref(event)) == 1, "the queue is full"


@pytest.fixture
def scanner(hand: Hand) -> Iterator[Scanner]:
    """Give a scanner that is plugged in beside the window of `hand`."""
    libraries = list(Path(kivy.__file__).parents[1].glob("[Kk]ivy.libs/libSDL2-2*"))
    assert libraries, "the window's own library is not where Kivy brings it"
    yield Scanner(libraries[0])
    look(hand)


def look(hand: Hand) -> None:
    """Let the app take what waits in the queue, and draw."""
    Window.mainloop()
    hand.frames(1)


@pytest.fixture
def heard(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the texts that come out of the scanner."""
    texts: list[str] = []
    monkeypatch.setattr(hand.face.wedge, "_scanned", texts.append)
    return texts


def until(hand: Hand, true: Callable[[], bool], seconds: float = 60) -> None:
    """Draw until something is so; AssertionError when it does not become so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        look(hand)


@pytest.mark.parametrize("key_ms", [0, 2, 8])
@pytest.mark.story(6)
def test_every_code_comes_through_the_queue_of_the_window(
    hand: Hand, scanner: Scanner, heard: list[str], key_ms: int
) -> None:
    texts = labels(20)
    for text in texts:
        due = time.monotonic()
        for character in text:
            scanner.type(character)
            due += key_ms / 1000
            while time.monotonic() < due:
                look(hand)
        scanner.enter()
        look(hand)
    until(hand, lambda: len(heard) >= len(texts))
    assert heard == texts


@pytest.mark.story(6)
def test_twenty_codes_in_two_seconds_that_wait_for_nothing_are_twenty_events(hand: Hand, scanner: Scanner) -> None:
    hand.face.begin("collect", "mulhouse")
    outbox = hand.face.at.outbox
    before = outbox.counts().unsent
    due = time.monotonic()
    for text in labels(20):
        for character in text:
            scanner.type(character)
        scanner.enter()
        due += 0.1
        look(hand)
        while time.monotonic() < due:
            look(hand)
    until(hand, lambda: outbox.counts().unsent >= before + 20)
    assert outbox.counts().unsent == before + 20
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 20


def test_a_reader_that_pauses_in_real_time_is_not_cut(hand: Hand, scanner: Scanner, heard: list[str]) -> None:
    (text,) = labels(1)
    for part in (text[:12], text[12:20], text[20:]):
        for character in part:
            scanner.type(character)
        due = time.monotonic() + 0.3
        while time.monotonic() < due:
            look(hand)
    scanner.enter()
    until(hand, lambda: bool(heard))
    assert heard == [text]
