"""Numbers as people read them: grouped, rounded once, with their unit, in French or in English.

This is the only place where a figure is rounded for a page.
"""

from fractions import Fraction
from typing import Final

from boucle.clock import Month
from boucle.kpi import Definition, Unit, Value
from boucle.words import say
from boucle.words.numerals import euros, grouped

THIN: Final = "\u202f"
"""The narrow space that cannot break, between the thousands and before a unit, as French writes it."""
UNBROKEN: Final = "\u00a0"
"""The space that cannot break."""
DASH: Final = "–"
_DECIMALS: Final = {Unit.TRIPS: 1, Unit.PER_YEAR: 2, Unit.DAYS: 1, Unit.HOURS: 1, Unit.CONTAINERS: 0, Unit.UNITS: 0}
_KILO_G: Final = 1_000
_TONNE_G: Final = 1_000_000
_LARGE_G: Final = 10 * _TONNE_G
_SMALL_G: Final = 10_000
_GRAMS: Final = {"large": (_TONNE_G, 1, "t"), "usual": (_KILO_G, 0, "kg"), "small": (_KILO_G, 2, "kg")}
"""How a mass is written by its size: grams of one unit, decimals, its word."""
_DAY_S: Final = 86_400
_HOUR_S: Final = 3_600
_IN_SECONDS: Final = {Unit.DAYS: "seconds", Unit.HOURS: "hours"}
"""Units of a mean of seconds, and how the sum of these seconds is written."""
_IN_WORDS: Final = {
    "seconds": "page.container_days",
    "repair_seconds": "page.repair_days",
    "hours": Unit.HOURS.words,
}
"""The words behind a sum of seconds: whose days they are."""


def number(value: Fraction | int, decimals: int, lang: str) -> str:
    """Write a number with so many decimals, rounded half to even."""
    scaled = round(Fraction(value) * 10**decimals)
    whole, rest = divmod(abs(scaled), 10**decimals)
    point = "," if lang == "fr" else "."
    return f"{'−' if scaled < 0 else ''}{grouped(whole, lang)}" + (f"{point}{rest:0{decimals}d}" if decimals else "")


def rounded(value: Fraction | int, unit: Unit) -> Fraction:
    """Give a value as it is shown: a difference is one of these, so that whoever subtracts what is shown finds it."""
    step = _step(Fraction(value), unit)
    return round(Fraction(value) / step) * step


def _step(value: Fraction, unit: Unit) -> Fraction:
    match unit:
        case Unit.RATIO:
            return Fraction(1, 1000)
        case Unit.GRAMS:
            return Fraction(_GRAMS[_size_of(value)][0], 10 ** _GRAMS[_size_of(value)][1])
        case Unit.CENTS:
            return Fraction(1)
        case _:
            return Fraction(1, 10 ** _DECIMALS[unit])


def percent(value: Fraction, lang: str, decimals: int = 1) -> str:
    """Write a share in per cent."""
    return f"{number(value * 100, decimals, lang)}{THIN if lang == 'fr' else ''}%"


def mass(grams: Fraction | int, lang: str) -> str:
    """Write a mass in kilograms, a large one in tonnes."""
    each, decimals, unit = _GRAMS[_size_of(Fraction(grams))]
    return f"{number(Fraction(grams) / each, decimals, lang)}{THIN}{unit}"


def _size_of(grams: Fraction) -> str:
    if not -_LARGE_G < grams < _LARGE_G:
        return "large"
    return "small" if -_SMALL_G < grams < _SMALL_G else "usual"


def money(cents: Fraction | int, lang: str) -> str:
    """Write an amount in euros, to the cent."""
    return euros(round(cents), lang)


def quantity(value: Fraction, unit: Unit, lang: str) -> str:
    """Write a value with its unit."""
    word = unit_word(unit, lang)
    return f"{bare(value, unit, lang)}{THIN}{word}" if word else bare(value, unit, lang)


def bare(value: Fraction, unit: Unit, lang: str) -> str:
    """Write a value without the word of its unit; a sign of one stays with it."""
    match unit:
        case Unit.RATIO:
            return percent(value, lang)
        case Unit.GRAMS:
            return mass(value, lang)
        case Unit.CENTS:
            return money(value, lang)
        case _:
            return number(value, _DECIMALS[unit], lang)


def unit_word(unit: Unit, lang: str) -> str:
    """Give the word of a unit; nothing for one that is a sign beside the number."""
    return "" if unit in (Unit.RATIO, Unit.GRAMS, Unit.CENTS) else say(unit.words, lang)


def shown(value: Value, lang: str) -> str:
    """Write the value of a figure without its unit's word; a dash where there is none."""
    return DASH if value.value is None else bare(value.value, value.unit, lang)


def exact(value: Value) -> Fraction | None:
    """Give the value of a figure in the unit that its word names: per cent, kilograms, euros; None without one."""
    if value.value is None:
        return None
    match value.unit:
        case Unit.RATIO | Unit.CENTS:
            return value.value * 100 if value.unit is Unit.RATIO else value.value / 100
        case Unit.GRAMS:
            return value.value / 1000
        case _:
            return value.value


def day_name(day: str, lang: str) -> str:
    """Write a day: `23/11/2026`, or `23 Nov 2026`."""
    year, month, number_ = day.split("-")
    return f"{number_}/{month}/{year}" if lang == "fr" else f"{int(number_)} {month_short(day[:7], lang)} {year}"


def interval(value: Value, lang: str) -> str:
    """Write the interval of an estimate, its lower bound alone where only that is sound; nothing without one."""
    if value.ci_low is None:
        return ""
    if value.ci_high is None:
        return say("page.at_least", lang, low=quantity(value.ci_low, value.unit, lang))
    low, high = (quantity(bound, value.unit, lang) for bound in (value.ci_low, value.ci_high))
    return say("page.between", lang, low=low, high=high)


def parts(definition: Definition, value: Value, lang: str) -> str:
    """Write the two parts of a figure, seconds as days; nothing for a plain count."""
    if value.denominator is None or value.value is None or not value.denominator:
        return ""
    kinds = _numerator_of(definition), _denominator_of(definition)
    above, below = _part(value.numerator, kinds[0], lang), _part(value.denominator, kinds[1], lang)
    days = _days_of(value) if kinds == ("count", "seconds") else None
    if days is not None:
        above = f"{above}{UNBROKEN}×{UNBROKEN}{number(days, 0, lang)}{THIN}{say('page.days_short', lang)}"
    # Two plain numbers stay on one line; with the words of their units they may be too long for one.
    return f"{above}{' ' if set(_IN_WORDS) & set(kinds) else UNBROKEN}÷{UNBROKEN}{below}"


def month_name(month: str | Month, lang: str) -> str:
    """Write a month: `octobre 2026`."""
    year, at = month.split("-")
    return f"{say(f'page.month_{at}', lang)} {year}"


def month_short(month: str | Month, lang: str) -> str:
    """Write a month in three or four letters."""
    return say(f"page.mon_{month[5:]}", lang)


def _days_of(value: Value) -> Fraction | None:
    """Give by how many days what was counted is multiplied, where the two parts are not the whole of the formula."""
    if not value.value or not value.numerator or value.denominator is None:
        return None
    return value.value * value.denominator / value.numerator / _DAY_S


def _numerator_of(definition: Definition) -> str:
    if definition.unit in _IN_SECONDS and definition.scale != 1:
        return "repair_seconds" if definition.measures[0] == "month:turnaround_s" else _IN_SECONDS[definition.unit]
    return "grams" if _is_of_mass(definition) else "count"


def _denominator_of(definition: Definition) -> str:
    if "month:pool_s" in definition.measures:
        return "seconds"
    return "grams" if _is_of_mass(definition) else "count"


def _is_of_mass(definition: Definition) -> bool:
    return definition.measures[0] in ("month:treated_g", "month:weighed_g")


def _part(n: int, kind: str, lang: str) -> str:
    match kind:
        case "seconds" | "repair_seconds":
            return f"{number(Fraction(n, _DAY_S), 0, lang)} {say(_IN_WORDS[kind], lang)}"
        case "hours":
            return f"{number(Fraction(n, _HOUR_S), 0, lang)}{THIN}{say(_IN_WORDS[kind], lang)}"
        case "grams":
            return mass(n, lang)
        case _:
            return number(n, 0, lang)
