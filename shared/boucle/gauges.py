"""Gauges: the units of what is measured at a bench, kept as integers of the smallest unit, shown as people write them.

An event says the kept unit (`mV`); a person reads and types the shown one (`V`), with at most so many decimals.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, NamedTuple

from boucle.units import MAX_INT
from boucle.words.numerals import grouped


class Gauge(NamedTuple):
    """How a kept unit is shown: its sign in French and English, and the decimals that one kept unit is of it."""

    fr: str
    en: str
    decimals: int

    def sign(self, lang: str) -> str:
        """Give the sign in a language."""
        return self.en if lang == "en" else self.fr


GAUGES: Final[Mapping[str, Gauge]] = MappingProxyType(
    {
        "um": Gauge("mm", "mm", 3),
        "g": Gauge("kg", "kg", 3),
        "mV": Gauge("V", "V", 3),
        "mA": Gauge("A", "A", 3),
        "mohm": Gauge("Ω", "Ω", 3),
        "kohm": Gauge("MΩ", "MΩ", 3),
        "W": Gauge("W", "W", 0),
        "dHz": Gauge("Hz", "Hz", 1),
        "mbar": Gauge("bar", "bar", 3),
        "mL": Gauge("L", "L", 3),
        "dC": Gauge("°C", "°C", 1),
        "N": Gauge("N", "N", 0),
        "mNm": Gauge("N·m", "N·m", 3),
        "rpm": Gauge("tr/min", "rpm", 0),
        "ms": Gauge("s", "s", 3),
        "dB": Gauge("dB", "dB", 0),
        "permille": Gauge("%", "%", 1),
    }
)
"""Every unit that can be measured, by its kept name."""
_PLAIN: Final = Gauge("", "", 0)


def gauge(unit: str) -> Gauge:
    """Give how a kept unit is shown; one that we do not know is shown as it stands, without decimals."""
    return GAUGES.get(unit) or _PLAIN._replace(fr=unit, en=unit)


_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ohm": "mohm",
        "Ohm": "mohm",
        "Mohm": "kohm",
        "MOhm": "kohm",
        "l": "mL",
        "C": "dC",
        "°": "dC",
        "Nm": "mNm",
        "N.m": "mNm",
    }
)
"""Other ways to write a sign. Large and small letters are never the same: MΩ and mΩ are a thousand million apart."""


def kept_unit(text: str) -> str | None:
    """Give the kept unit for a sign that a person wrote, or for its own name; None for any other text."""
    wanted = text.strip()
    if wanted in GAUGES:
        return wanted
    return next((unit for unit, how in GAUGES.items() if wanted in (how.fr, how.en)), _ALIASES.get(wanted))


def read_measure(text: str, unit: str) -> int | None:
    """Read a number in the shown unit, `12,5` or `12.5`, as kept units; None when it is none or finer than we keep."""
    plain = "".join(text.split()).replace(",", ".").replace("−", "-")
    try:
        kept = Decimal(plain).scaleb(gauge(unit).decimals)
    except InvalidOperation:
        return None
    if not kept.is_finite() or kept != kept.to_integral_value() or abs(kept) > MAX_INT:
        return None
    return int(kept)


def write_measure(value: int, unit: str, lang: str) -> str:
    """Write kept units in the shown unit with its sign, thousands apart: `1 012,5 V`."""
    whole, point, decimals = write_number(abs(value), unit, lang).partition("," if lang == "fr" else ".")
    number, how = f"{'−' if value < 0 else ''}{grouped(int(whole), lang)}{point}{decimals}", gauge(unit)
    space = "\u202f" if how.sign(lang) == "%" and lang == "fr" else "" if how.sign(lang) == "%" else "\u00a0"
    return f"{number}{space}{how.sign(lang)}" if how.sign(lang) else number


def write_number(value: int, unit: str, lang: str) -> str:
    """Write kept units in the shown unit without its sign, as a person types it."""
    shown = format(Decimal(value).scaleb(-gauge(unit).decimals), "f")
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown.replace(".", "," if lang == "fr" else ".")
