"""Chance: every random draw of the demonstration, from one seed, in streams that do not disturb each other.

A stream has a name, so that one more draw in a story changes nothing of what the other phones record.
"""

from collections.abc import Sequence
from math import floor
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """One stream of draws; the same seed and name give the same draws on every machine."""

    def __init__(self, seed: int, name: str) -> None:
        self._seed = seed
        self._random = Random(f"boucle demo/{seed}/{name}")

    def stream(self, name: str) -> "Chance":
        """Give another stream of the same seed."""
        return Chance(self._seed, name)

    def bytes(self, count: int) -> bytes:
        """Draw that many bytes; the shape that identifiers and codes ask for."""
        return self._random.randbytes(count)

    def happens(self, share: float) -> bool:
        """Tell whether something that happens in this share of all cases happens now."""
        return self._random.random() < share

    def between(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return self._random.randint(low, high)

    def one_of(self, things: Sequence[T]) -> T:
        """Draw one of several."""
        return things[self._random.randrange(len(things))]

    def sample(self, things: Sequence[T], count: int) -> list[T]:
        """Draw several different ones of many."""
        return self._random.sample(things, count)

    def spread(self, median: float, sigma: float) -> float:
        """Draw a duration: half of all below the median, a long tail above (log-normal)."""
        return self._random.lognormvariate(0.0, sigma) * median

    def rounded(self, amount: float) -> int:
        """Round up or down so that the mean of many draws is the amount."""
        whole = floor(amount)
        return whole + self.happens(amount - whole)

    def some(self, things: Sequence[T], share: float) -> list[T]:
        """Draw a part of several, each with the same chance, in their order."""
        return [thing for thing in things if self.happens(share)]
