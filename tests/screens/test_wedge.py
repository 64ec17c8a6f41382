"""The keyboard-wedge scanner through the window's own events: every code, at any speed, on any screen."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from boucle import wedge
from boucle.codes import Kind, mint
from boucle_field.screens.wedge import Wedge
from boucle_field.screens.work_screens import CodeScreen
from tests.campaign import examples
from tests.screens.hand import Hand
from tests.screens.scenes import scenes
from tests.screens.stock import enrolled, staff
from tests.world import SimServer

FRAME_MS = 16
SPEEDS_MS = [0, 2, 8]
NO_ADDRESS = "00340123450000000018-LOT-2026-A47"
"""The beginning of an address would be waited for; of anything else a short silence is the end."""


def labels(count: int) -> list[str]:
    random = Random(11)
    bases = ("HTTPS://BOUCLE.EXAMPLE", "https://Boucle.Example/Est", "http://10.0.0.5:8000")
    return [f"{random.choice(bases)}/{mint(Kind.CONTAINER, random.randbytes).text}" for _ in range(count)]


@pytest.fixture
def heard(hand: Hand) -> list[str]:
    """Give the texts that come out of the scanner."""
    texts: list[str] = []
    hand.face.wedge._scanned = texts.append
    return texts


@pytest.mark.parametrize("speed_ms", SPEEDS_MS)
@pytest.mark.story(6)
def test_every_code_is_read_at_every_speed(hand: Hand, heard: list[str], speed_ms: int) -> None:
    texts = labels(examples(ci=1_000, night=5_000))
    for text in texts:
        hand.scan(text, per_frame=FRAME_MS // speed_ms if speed_ms else 0)
    assert heard == texts


def test_a_screen_that_stalls_cuts_no_code_in_two(hand: Hand, heard: list[str]) -> None:
    texts = [*labels(3), NO_ADDRESS]
    for text in texts:
        hand.scan(text, per_frame=12, stall_s=0.1)
    assert heard == texts


def test_a_clock_that_counts_stalls_would_cut_codes(
    hand: Hand, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def _tick(self: Wedge, dt: float) -> None:
        self._now_ms += dt * 1000
        self._hand_on(self._stream.silence(round(self._now_ms)))

    monkeypatch.setattr(Wedge, "_tick", _tick)
    hand.face.wedge.rest()
    hand.face.wedge.listen()
    hand.scan(NO_ADDRESS, per_frame=12, stall_s=0.1)
    assert NO_ADDRESS not in heard


@pytest.mark.parametrize("end", ["enter", "tab", "silence"])
@pytest.mark.story(6)
def test_enter_tab_or_a_silence_ends_a_code(hand: Hand, heard: list[str], end: str) -> None:
    texts = labels(20)
    for number, text in enumerate(texts, 1):
        hand.scan(text, end=end)
        hand.wait(lambda number=number: len(heard) == number)
    assert heard == texts


@pytest.mark.story(6)
def test_twenty_scans_without_an_enter_are_twenty_events(hand: Hand) -> None:
    hand.face.begin("collect", "mulhouse")
    outbox = hand.face.at.outbox
    before = outbox.counts().unsent
    for number, text in enumerate(labels(20), 1):
        hand.scan(text, end="silence")
        hand.wait(lambda number=number: outbox.counts().unsent == before + number)


def test_a_scanner_set_to_another_keyboard_is_understood_and_it_is_said(hand: Hand) -> None:
    hand.face.begin("collect", "mulhouse")
    (text,) = labels(1)
    garbled = wedge.scramble(text)
    assert garbled is not None
    hand.scan(garbled)
    hand.frames()
    assert hand.sees("Clavier du lecteur corrigé")
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 1


def test_the_scanner_is_heard_on_every_screen(open_app: Callable[..., Hand], tmp_path: Path, server: SimServer) -> None:
    staff(server)
    enrolled(tmp_path / "phone", server)
    hand = open_app(tmp_path / "phone")
    (text,) = labels(1)
    deaf = []
    for scene in scenes(hand):
        texts: list[str] = []
        before, hand.face.wedge._scanned = hand.face.wedge._scanned, texts.append
        hand.scan(text)
        hand.face.wedge._scanned = before
        if texts != [text]:
            deaf.append(scene)
    assert deaf == []


def test_no_widget_has_the_focus_and_a_typed_field_gives_it_back(hand: Hand, heard: list[str]) -> None:
    hand.face.open(CodeScreen)
    hand.face.back()
    assert hand.face.wedge.typing is None
    (text,) = labels(1)
    hand.scan(text)
    assert heard == [text]


def test_a_scanner_on_the_typing_screen_is_read_too(hand: Hand) -> None:
    hand.face.begin("collect", "mulhouse")
    hand.face.open(CodeScreen)
    (text,) = labels(1)
    hand.scan(text)
    hand.frames()
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 1
