"""Expected parts: which parts that can serve again a donor of a type holds, and whether the masses of a harvest agree.

A row of reference data of the table `expected_part` speaks for one type of donor and one type of part; a harvest is
held beside the rows of its day, and nothing of it is refused.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from boucle.reference import Book
from boucle.shape import MAX_QTY

TABLE: Final = "expected_part"
TOLERANCE: Final = 20
"""The masses of the parts and the rest may differ from the donor's by one part in so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Parts of one type: how many are expected in a donor, how many were taken out of it."""

    type: str
    expected: int
    taken: int


def expected_key(donor: str, part: str) -> str:
    """Give the key under which it is kept how many parts of a type are expected in a donor of a type."""
    return f"{donor}>{part}"


def expected_of(book: Book, donor: str, *, at_ms: int) -> dict[str, int]:
    """Give how many parts of each type are expected in a donor of a type, none of which are not."""
    found = {part: _count(book.row(TABLE, expected_key(donor, part), at_ms)) for part in _parts(book).get(donor, ())}
    return {part: n for part, n in found.items() if n}


def compared(expected: Mapping[str, int], taken: Iterable[str]) -> list[Compared]:
    """Hold what was taken, one type for each part, beside what was expected: expected ones first, each type once."""
    counted = Counter(taken)
    types = [*expected, *(each for each in sorted(counted) if each not in expected)]
    return [Compared(type=each, expected=expected.get(each, 0), taken=counted[each]) for each in types]


def found_again(expected: Mapping[str, int], taken: Iterable[str]) -> int:
    """Give how many of the expected parts were taken: one beyond stands for no other that was missing."""
    return sum(min(each.taken, each.expected) for each in compared(expected, taken))


def gap_g(whole_g: int, masses_g: Sequence[int], rest_g: int) -> int:
    """Give what is missing of a donor's mass in its parts and the rest; negative where there is more than there was."""
    return whole_g - sum(masses_g) - rest_g


def is_off(whole_g: int, masses_g: Sequence[int], rest_g: int) -> bool:
    """Tell whether masses contradict each other; without a rest only parts that weigh more than their donor do."""
    if not whole_g or not masses_g:
        return False
    gap = gap_g(whole_g, masses_g, rest_g)
    return (abs(gap) if rest_g else -gap) * TOLERANCE > whole_g


def _parts(book: Book) -> Mapping[str, Sequence[str]]:
    """Give the types of parts of which a row speaks, by the type of the donor."""
    return book.derive(_by_donor)


def _by_donor(book: Book) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in book.keys(TABLE):
        donor, _, part = key.partition(">")
        found.setdefault(donor, []).append(part)
    return found


def _count(row: Mapping[str, Any] | None) -> int:
    n = (row or {}).get("expected_n")
    return n if isinstance(n, int) and not isinstance(n, bool) and 0 < n <= MAX_QTY else 0
