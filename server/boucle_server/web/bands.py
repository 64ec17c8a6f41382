"""Parts of a whole as lengths of a drawing, each with its number beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from boucle_server.web import numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A part of a whole: its name, how many, its length of 1000."""

    name: str
    n: str
    length: int
    exact: int


def bands_of(parts: Mapping[str, int], lang: str) -> tuple[Band, ...]:
    """Give the parts by their names, in their order; nothing where all of them are nil."""
    most = max([1, *parts.values()])
    return tuple(
        Band(name=name, n=numbers.number(n, 0, lang), length=1000 * max(0, n) // most, exact=n)
        for name, n in parts.items()
        if any(parts.values())
    )
