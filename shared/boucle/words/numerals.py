"""Numbers as a language writes them: the one place that sets thousands apart and a sign of money beside its amount."""

from typing import Final

_BETWEEN: Final = {"fr": "\u202f"}
"""Between the thousands: French has the narrow space that cannot break, all others a comma."""
_ELSE: Final = ","


def grouped(n: int, lang: str) -> str:
    """Write a whole number, thousands apart, with the minus sign of print."""
    return f"{n:,}".replace("-", "−").replace(",", _BETWEEN.get(lang, _ELSE))


def signed(n: int, lang: str) -> str:
    """Write a difference with its sign."""
    return f"+{grouped(n, lang)}" if n > 0 else grouped(n, lang)


def times(n: int, what: str, lang: str) -> str:
    """Write so many of something."""
    return f"{grouped(n, lang)} × {what}"


def euros(cents: int, lang: str) -> str:
    """Write an amount: its sign of money stands behind it in French, else before it."""
    whole, rest = divmod(abs(cents), 100)
    sign = "−" if cents < 0 else ""
    if lang == "fr":
        return f"{sign}{grouped(whole, lang)},{rest:02d}\u202f€"
    return f"{sign}€{grouped(whole, lang)}.{rest:02d}"
