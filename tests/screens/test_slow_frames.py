"""Slow frames: a phone that is busy draws seldom, and what is touched then still stands where the finger was."""

import time
from typing import Any

import pytest
from kivy.effects.dampedscroll import DampedScrollEffect
from kivy.tests.common import UnitTestTouch

from boucle_field.screens import controls
from boucle_field.screens.work_screens import AmountScreen
from tests.screens.hand import SETTLED, Hand

STALL_S = 0.3


def touched(hand: Hand) -> tuple[bool, float]:
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
            time.sleep(STALL_S)
            hand.frames(1)
    return typing.text == "12", view.scroll_y


def test_a_touch_in_slow_frames_is_taken_and_moves_nothing_away(hand: Hand) -> None:
    typed, where = touched(hand)
    assert typed
    assert 0 <= where <= 1


def test_a_view_with_a_spring_at_its_ends_would_be_found(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "ScrollEffect", DampedScrollEffect)
    hand.face.home()
    typed, where = touched(hand)
    assert not (typed and 0 <= where <= 1)
