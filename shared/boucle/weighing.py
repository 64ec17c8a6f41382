"""Weighing: what a person or a scale says in kilograms, as whole grams, and what is asked before it is believed.

A scale that types like a keyboard sends a line such as `ST,GS,+  12,345 kg`; a person types `12,5`. Grams are the
smallest unit, so a fourth decimal is rounded by nobody: it is not understood.
"""

import re
from enum import StrEnum
from typing import Final

GRAMS: Final = 1_000
TOO_HEAVY_G: Final = 40_000_000
"""Forty tonnes: more than a lorry may carry; nobody weighs that at a dock."""
MOST_G: Final = 2**53 - 1
_NUMBER: Final = re.compile(
    r"([+-]?)[ \u00a0\u202f]*(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)(?:[.,](\d{1,3}))?", re.ASCII
)
_SCALE: Final = re.compile(r"^[A-Z]{2},[A-Z]{2},", re.ASCII)
"""How a scale begins its line: stable or not, gross or net (the format most makers share)."""
_UNITS: Final = {"kg": GRAMS, "g": 1, "t": 1_000_000}


class Doubt(StrEnum):
    """Why a mass is asked about before it is recorded; the words are `told.mass.<value>`."""

    ZERO = "zero"
    HEAVY = "heavy"
    LIGHTER_THAN_TARE = "lighter_than_tare"
    UNSTABLE = "unstable"


def grams(text: str) -> int | None:
    """Read a mass in kilograms, with a decimal comma or point, or with its own unit; None for anything else."""
    plain = _SCALE.sub("", text.strip())
    unit = next((name for name in _UNITS if re.search(rf"\d\s*{name}$", plain, re.IGNORECASE)), "kg")
    number = re.sub(r"\s*(kg|g|t)$", "", plain, flags=re.IGNORECASE)
    found = _NUMBER.fullmatch(number)
    if found is None or (unit == "g" and found[3]):
        return None
    digits = found[2].translate({ord(space): None for space in " \u00a0\u202f"})
    thousandths = int(digits) * 1_000 + int((found[3] or "").ljust(3, "0"))
    value = thousandths * _UNITS[unit] // 1_000
    return None if found[1] == "-" and value else min(value, MOST_G)


def is_unstable(text: str) -> bool:
    """Tell whether a scale says that it has not come to rest."""
    return text.strip().upper().startswith(("US,", "OL,"))


def doubt(mass_g: int, *, tare_g: int = 0) -> Doubt | None:
    """Give why a gross mass should be asked about, None when it can be believed."""
    if mass_g == 0:
        return Doubt.ZERO
    if mass_g > TOO_HEAVY_G:
        return Doubt.HEAVY
    return Doubt.LIGHTER_THAN_TARE if tare_g and mass_g <= tare_g else None


def said_kg(mass_g: int, lang: str) -> str:
    """Say a mass in kilograms, with the decimal sign of a language and no idle zeros."""
    whole, rest = divmod(mass_g, GRAMS)
    grouped = f"{whole:,}".replace(",", "\u202f" if lang == "fr" else ",")
    decimals = f"{rest:03}".rstrip("0")
    sign = "," if lang == "fr" else "."
    return f"{grouped}{sign + decimals if decimals else ''}\u00a0kg"


def words_of(doubted: Doubt) -> str:
    """Give the key of the words that ask about a mass."""
    return f"told.mass.{doubted}"
