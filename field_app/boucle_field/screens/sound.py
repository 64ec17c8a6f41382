"""The five tones and the five vibrations: what happened, without looking."""

import math
import tempfile
import wave
from array import array
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from boucle.telling import Outcome
from boucle_field.screens.hardware import hardware

RATE: Final = 22_050
_FADE_S: Final = 0.005
"""A tone that begins or ends at once clicks."""
_SILENCE_HZ: Final = 0


class Volume(StrEnum):
    """How loud the tones are beside the loudness of the device; the words are `screen.volume.<value>`.

    None of them is silence: where nothing vibrates a tone is all that tells what happened without a look.
    """

    LOUD = "loud"
    MIDDLE = "middle"
    QUIET = "quiet"

    @property
    def next(self) -> "Volume":
        """The step below; after the lowest the loudest."""
        steps = list(Volume)
        return steps[(steps.index(self) + 1) % len(steps)]


PEAKS: Final = {Volume.LOUD: 0.8, Volume.MIDDLE: 0.32, Volume.QUIET: 0.13}
"""The highest point of a tone, in shares of full scale: 8 dB a step, which everybody hears as clearly less."""


def volume_of(kept: str) -> Volume:
    """Give the volume that was kept; where none was, or one of another version, the loudest."""
    return Volume(kept) if kept in set(Volume) else Volume.LOUD


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

    def turn(self, volume: Volume) -> None:
        """Be so loud from now on."""
        ...


class Speaker:
    """The loudspeaker and the vibration motor, as far as this machine has them."""

    def __init__(self, volume: Volume = Volume.LOUD) -> None:
        self._hardware = hardware()
        self._folder = tempfile.TemporaryDirectory(prefix="boucle-tones-")
        self._sounds: dict[Outcome, Any] = {}
        self.turn(volume)

    def turn(self, volume: Volume) -> None:
        """Be so loud from now on."""
        self._unload()
        folder = Path(self._folder.name)
        self._sounds = {outcome: _loaded(_written(folder, outcome, volume)) for outcome in Outcome}

    def play(self, outcome: Outcome) -> None:
        """Sound and vibrate."""
        sound = self._sounds[outcome]
        if sound is not None:
            sound.stop()
            sound.play()
        self._hardware.vibrate(VIBRATIONS_MS[outcome])

    def close(self) -> None:
        """Take the files of the tones away."""
        self._unload()
        self._folder.cleanup()

    def _unload(self) -> None:
        for sound in self._sounds.values():
            if sound is not None:
                sound.unload()


def samples(beeps: tuple[Beep, ...], volume: Volume = Volume.LOUD) -> "array[int]":
    """Give a tone as signed 16-bit samples."""
    out: array[int] = array("h")
    for beep in beeps:
        count = beep.ms * RATE // 1000
        phase = 0.0
        for at in range(count):
            pitch = beep.from_hz + (beep.to_hz - beep.from_hz) * at / count
            phase += 2 * math.pi * pitch / RATE
            edge = min(at, count - at) / (RATE * _FADE_S)
            out.append(round(32_767 * PEAKS[volume] * min(1.0, edge) * math.sin(phase)))
    return out


def _written(folder: Path, outcome: Outcome, volume: Volume) -> Path:
    file = folder / f"{outcome}-{volume}.wav"
    with wave.open(str(file), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        target.writeframes(samples(TONES[outcome], volume).tobytes())
    return file


def _loaded(file: Path) -> Any:
    from kivy.core.audio import SoundLoader  # noqa: PLC0415 - opens the sound card

    return SoundLoader.load(str(file))
