"""The tones: no two alike, each as long as it says, and as loud as somebody has chosen, never silent."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from boucle.telling import Outcome
from boucle_field.screens.sound import RATE, TONES, VIBRATIONS_MS, Speaker, Volume, samples, volume_of
from tests.screens.hand import Hand
from tests.screens.stock import MULHOUSE

AUDIBLE = 3_000
"""A tone whose peak is lower than this is lost in a cab."""


def test_no_two_outcomes_sound_or_feel_alike_but_for_the_two_that_are_told_apart_by_tone() -> None:
    assert len(set(TONES.values())) == len(Outcome)
    assert set(VIBRATIONS_MS) == set(TONES) == set(Outcome)
    assert VIBRATIONS_MS[Outcome.ACCEPTED] != VIBRATIONS_MS[Outcome.REFUSED] != VIBRATIONS_MS[Outcome.REPEAT]


@pytest.mark.parametrize("outcome", Outcome)
def test_a_tone_lasts_as_long_as_it_says_and_is_never_clipped(outcome: Outcome) -> None:
    made = samples(TONES[outcome])
    assert len(made) == sum(beep.ms * RATE // 1000 for beep in TONES[outcome])
    assert 20_000 < max(made) < 32_767
    assert abs(made[0]) < 1_000


@pytest.mark.parametrize("volume", Volume)
def test_the_loudspeaker_plays_every_tone_at_every_volume(volume: Volume) -> None:
    speaker = Speaker()
    speaker.turn(volume)
    for outcome in Outcome:
        speaker.play(outcome)
        sound = speaker._sounds[outcome]
        assert sound is not None
        assert sound.length == pytest.approx(sum(beep.ms for beep in TONES[outcome]) / 1000, abs=0.01)
    speaker.close()


@pytest.mark.parametrize("outcome", Outcome)
def test_each_step_is_half_as_loud_or_less_and_the_lowest_is_no_silence(outcome: Outcome) -> None:
    peaks = [max(samples(TONES[outcome], volume)) for volume in Volume]
    assert all(below < above / 2 for above, below in pairwise(peaks))
    assert peaks[-1] > AUDIBLE


def test_a_volume_of_another_version_is_the_loudest() -> None:
    assert [volume_of(kept) for kept in ("quiet", "", "deafening")] == [Volume.QUIET, Volume.LOUD, Volume.LOUD]


def test_a_chosen_volume_is_heard_at_once_and_is_that_of_the_next_start(
    open_app: Callable[..., Hand], data: Path
) -> None:
    hand = open_app(data)
    hand.tap("Son : fort")
    assert (hand.ear.volume, hand.ear.heard) == (Volume.MIDDLE, [Outcome.ACCEPTED])
    hand.tap("Son : moyen")
    assert hand.sees("Son : faible")
    again = open_app(data)
    assert again.sees("Son : faible")
    assert again.face.volume is Volume.QUIET
    again.scan(MULHOUSE.url("https://boucle.example"))
    again.face.home()
    again.tap("Son : faible")
    assert again.sees("Son : fort")


def test_somebody_who_practises_keeps_the_volume_of_the_device(hand: Hand) -> None:
    hand.tap("S’entraîner")
    hand.tap("Son : fort")
    hand.tap("Finir l’entraînement")
    assert hand.sees("Son : moyen")
