"""Parts of a whole as lengths of a drawing, each with its number beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boucle_server.web import numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A part of a whole: its name, how many, its length of 1000, the part of a figure by which its events are found."""

    name: str
    n: str
    length: int
    exact: int
    part: str = ""


def bands_of(parts: Mapping[str, int], lang: str, asked_by: Sequence[str] = ()) -> tuple[Band, ...]:
    """Give the parts by their names, in their order; nothing where all of them are nil.

    `asked_by` says for each, in the same order, how its events are asked for; a nil one has none.
    """
    most = max([1, *parts.values()])
    keys = asked_by or [""] * len(parts)
    return tuple(
        Band(
            name=name,
            n=numbers.number(n, 0, lang),
            length=1000 * max(0, n) // most,
            exact=n,
            part=key if n else "",
        )
        for (name, n), key in zip(parts.items(), keys, strict=True)
        if any(parts.values())
    )
