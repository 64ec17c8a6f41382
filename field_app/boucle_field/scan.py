"""Scanning: from what a camera or a keyboard-wedge scanner gives to a code, once. No window, no camera here."""

from pathlib import Path

from boucle.codes import may_go_on

HOLD_MS = 1_500
"""A code that stays in view is the same scan; it counts again after it was out of view for this long."""
SILENCE_MS = 60
"""A scanner types a character every few milliseconds; a longer pause ends its text."""
PAUSE_MS = 1_200
"""A reader may be set to wait a second between two characters: the rest of a label is awaited longer."""
SHORTEST_BURST = 8
"""Fewer characters that end in silence were typed by a person into nothing."""
LONGEST_TEXT = 4_096
_ENDS = frozenset("\r\n\t")


class Debounce:
    """Lets each code through once for as long as it stays in view."""

    def __init__(self, hold_ms: int = HOLD_MS) -> None:
        self.hold_ms = hold_ms
        self._seen_ms: dict[str, int] = {}

    def see(self, key: str, now_ms: int) -> bool:
        """Tell whether this sighting of a code is a new scan; `now_ms` never goes back (milliseconds since boot)."""
        last = self._seen_ms.get(key)
        self._seen_ms[key] = now_ms
        if len(self._seen_ms) > LONGEST_TEXT:
            self._seen_ms = {each: at for each, at in self._seen_ms.items() if now_ms - at <= self.hold_ms}
        return last is None or now_ms - last > self.hold_ms


class KeyStream:
    """Puts the keystrokes of a keyboard-wedge scanner together: Enter, Tab or a silence ends a text.

    The silence is short, but where a label's address has begun and may go on.

    What the text means is `boucle.codes.read_label`'s business, a wrong keyboard layout included.
    """

    def __init__(self) -> None:
        self._characters: list[str] = []
        self._last_ms = 0

    def feed(self, typed: str, now_ms: int) -> list[str]:
        """Take what was typed at an instant (ms since boot); give the texts that this ends."""
        ended = self.silence(now_ms)
        for character in typed:
            if character in _ENDS:
                ended += self._take()
            elif len(self._characters) < LONGEST_TEXT:
                self._characters.append(character)
        self._last_ms = now_ms
        return ended

    def silence(self, now_ms: int) -> list[str]:
        """Give the text that a pause has ended, if one has; a short one was typed by hand and is dropped."""
        paused_ms = now_ms - self._last_ms
        if not self._characters or paused_ms <= SILENCE_MS:
            return []
        if paused_ms <= PAUSE_MS and may_go_on("".join(self._characters)):
            return []
        long_enough = len(self._characters) >= SHORTEST_BURST
        return [text for text in self._take() if long_enough]

    def _take(self) -> list[str]:
        text = "".join(self._characters)
        self._characters.clear()
        return [text] if text else []


def codes_in(picture: Path) -> list[str]:
    """Give what a scanner would send for every code of a picture, each once, from the top down.

    RefusedError of `boucle_labels` when it is no picture.
    """
    from boucle_labels.reading import ZxingDecoder, open_picture  # noqa: PLC0415 - the decoder is large

    return list(dict.fromkeys(found.scanned for found in ZxingDecoder().decode(open_picture(picture))))
