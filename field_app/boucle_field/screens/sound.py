"""The five tones and the five vibrations: what happened, without looking."""

import math
import tempfile
import wave
from array import array
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from boucle.telling import Outcome
from boucle_field.screens.hardware import hardware

RATE: Final = 22_050
_FADE_S: Final = 0.005
"""A tone that begins or ends at once clicks."""
_LOUDNESS: Final = 0.8
_SILENCE_HZ: Final = 0


class Beep(NamedTuple):
    """One stretch of a tone, gliding from one pitch to another."""

    from_hz: int
    to_hz: int
    ms: int


TONES: Final = {
    Outcome.ACCEPTED: (Beep(1760, 1760, 70),),
    Outcome.REPEAT: (Beep(880, 880, 60), Beep(_SILENCE_HZ, _SILENCE_HZ, 40), Beep(880, 880, 60)),
    Outcome.UNEXPECTED: (Beep(880, 1320, 140),),
    Outcome.UNKNOWN: (Beep(880, 660, 140),),
    Outcome.KEPT: (Beep(330, 330, 120), Beep(_SILENCE_HZ, _SILENCE_HZ, 60), Beep(330, 330, 120)),
    Outcome.REFUSED: (Beep(220, 220, 350),),
}
VIBRATIONS_MS: Final = {
    Outcome.ACCEPTED: (40,),
    Outcome.REPEAT: (40, 60, 40),
    Outcome.UNEXPECTED: (80,),
    Outcome.UNKNOWN: (80,),
    Outcome.KEPT: (150, 60, 150),
    Outcome.REFUSED: (300,),
}
"""Milliseconds of vibration, then of rest, then of vibration."""


class Signal(Protocol):
    """What tells an outcome to somebody who does not look."""

    def play(self, outcome: Outcome) -> None:
        """Sound and vibrate."""
        ...


class Speaker:
    """The loudspeaker and the vibration motor, as far as this machine has them."""

    def __init__(self) -> None:
        self._hardware = hardware()
        self._folder = tempfile.TemporaryDirectory(prefix="boucle-tones-")
        self._sounds = {outcome: _loaded(_written(Path(self._folder.name), outcome)) for outcome in Outcome}

    def play(self, outcome: Outcome) -> None:
        """Sound and vibrate."""
        sound = self._sounds[outcome]
        if sound is not None:
            sound.stop()
            sound.play()
        self._hardware.vibrate(VIBRATIONS_MS[outcome])

    def close(self) -> None:
        """Take the files of the tones away."""
        for sound in self._sounds.values():
            if sound is not None:
                sound.unload()
        self._folder.cleanup()


def samples(beeps: tuple[Beep, ...]) -> "array[int]":
    """Give a tone as signed 16-bit samples."""
    out: array[int] = array("h")
    for beep in beeps:
        count = beep.ms * RATE // 1000
        phase = 0.0
        for at in range(count):
            pitch = beep.from_hz + (beep.to_hz - beep.from_hz) * at / count
            phase += 2 * math.pi * pitch / RATE
            edge = min(at, count - at) / (RATE * _FADE_S)
            out.append(round(32_767 * _LOUDNESS * min(1.0, edge) * math.sin(phase)))
    return out


def _written(folder: Path, outcome: Outcome) -> Path:
    file = folder / f"{outcome}.wav"
    with wave.open(str(file), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        target.writeframes(samples(TONES[outcome]).tobytes())
    return file


def _loaded(file: Path) -> Any:
    from kivy.core.audio import SoundLoader  # noqa: PLC0415 - opens the sound card

    return SoundLoader.load(str(file))
