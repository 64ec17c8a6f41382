"""Slow frames: a phone that is busy draws seldom, and what is touched then still stands where the finger was."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kivy.effects.dampedscroll import DampedScrollEffect
from kivy.tests.common import UnitTestTouch

from boucle_field.screens import arranging, face
from boucle_field.screens.work_screens import AmountScreen
from tests.screens.hand import SETTLED, Hand

STALL_S = 0.3
LONG_STALL_S = 0.9
"""What a spring at the ends of a view does not survive, however quick the machine is."""


def touched(hand: Hand, *, stall_s: float = STALL_S) -> tuple[bool, float]:
    """Touch two keys while each frame takes long; tell whether both were typed, and where the view stands."""
    hand.face.begin("count", "strasbourg")
    hand.face.open(AmountScreen, "film")
    hand.frames(SETTLED)
    typing: Any = hand.face.wedge.typing
    view = hand.face.screen.scroller
    for key in "12":
        button = hand.button(key)
        view.scroll_to(button, animate=False)
        touch = UnitTestTouch(*button.to_window(*button.center))
        touch.touch_down()
        touch.touch_up()
        for _ in range(6):
            time.sleep(stall_s)
            hand.frames(1)
    return typing.text == "12", view.scroll_y


def test_a_touch_in_slow_frames_is_taken_and_moves_nothing_away(hand: Hand) -> None:
    for stall_s in (STALL_S, LONG_STALL_S):
        typed, where = touched(hand, stall_s=stall_s)
        assert typed
        assert 0 <= where <= 1


def test_a_view_with_a_spring_at_its_ends_would_be_found(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arranging, "ScrollEffect", DampedScrollEffect)
    hand.face.home()
    typed, where = touched(hand, stall_s=LONG_STALL_S)
    assert not (typed and 0 <= where <= 1)


def test_a_message_stands_from_the_frame_that_shows_it(
    open_app: Callable[..., Hand], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "STRIP_S", STALL_S)
    hand = open_app(data)
    hand.face.told(None, "Gardé sur cet appareil.")
    time.sleep(2 * STALL_S)  # as a card that writes slowly holds one frame up
    hand.frames(1)
    assert hand.sees("Gardé sur cet appareil.")
    hand.wait(lambda: not hand.sees("Gardé sur cet appareil."))
