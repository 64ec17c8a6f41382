"""Undoing what a French AZERTY host makes of a scanner that types on a US keyboard.

A keyboard-wedge scanner sends key positions, not characters. Set to a US layout and plugged into a
host set to French (AZERTY, the layout of Windows), it turns `HTTPS://` into `HTTPSM!!` and `2026`
into `éàé-`. Every key gives one character in both layouts, so the garbling is a permutation and can
be undone exactly.
Not here: whether the repaired text is a label; `boucle.codes.read_label` accepts a repair only when
the text as it came is no label, the repaired one is.
Not here: putting keystrokes together into a text, which is the field application's work.
"""

from __future__ import annotations

import unicodedata

# The same physical keys, row after row from the top: as a US host reads them, then as a French host does.
# The 102nd key (< >) is left out: a US scanner never sends it. `~` is left out: its key
# gives nothing on a French host when shifted.
_US_PLAIN = "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./"
_FR_PLAIN = "²&é\"'(-è_çà)=azertyuiop^$*qsdfghjklmùwxcvbn,;:!"
_US_SHIFT = '!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?'
_FR_SHIFT = "1234567890°+AZERTYUIOP¨£µQSDFGHJKLM%WXCVBN?./§"

AZERTY_OF_US: dict[str, str] = dict(zip(_US_PLAIN + _US_SHIFT + " ", _FR_PLAIN + _FR_SHIFT + " ", strict=True))
"""What a French host shows for each character that a US scanner types."""

US_OF_AZERTY: dict[str, str] = {french: us for us, french in AZERTY_OF_US.items()}


def scramble(text: str) -> str | None:
    """What a French host receives of this text, or None when a key gives it nothing."""
    return _replaced(text, AZERTY_OF_US)


def unscramble(text: str) -> str | None:
    """What the scanner meant, if the text came through a French host; None when it cannot have.

    Exact inverse of `scramble`. Composed and decomposed accents are read alike.
    """
    return _replaced(unicodedata.normalize("NFC", text), US_OF_AZERTY)


def _replaced(text: str, table: dict[str, str]) -> str | None:
    if any(character not in table for character in text):
        return None
    return "".join(table[character] for character in text)
