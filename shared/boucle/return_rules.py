"""Rules of returns: days to send something back, what each grade becomes, above which value a manager decides.

A rule is a row of reference data of the table `return_rule`, for one type or, under `*`, for every type; what the row
of a type leaves out the row for every type says, else what stands here. Nothing is said of the time before a row's
first version: what was decided before stands.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from boucle.grades import Grade
from boucle.lifecycle import Disposition
from boucle.reference import ANY_TYPE, MAX_DAYS, Book, Version
from boucle.shape import MAX_AMOUNT

TABLE: Final = "return_rule"
DAYS: Final = 30
"""Days to send something back where no rule says another number."""
FIELD_OF: Final[Mapping[str, str]] = MappingProxyType({grade: f"grade_{grade.lower()}" for grade in Grade})
"""The field of a row that says what a grade becomes."""
_NOTHING_DECIDED: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRule:
    """What holds for a type: `days` to send it back (0: without an end), `most_cents` that anybody may decide about.

    `becomes` gives the disposition of each grade of which a row speaks. None: nobody says anything.
    """

    days: int | None = None
    most_cents: int | None = None
    becomes: Mapping[str, str] = field(default_factory=lambda: _NOTHING_DECIDED)


def rule_for(book: Book, item_type: str, *, at_ms: int) -> ReturnRule:
    """Give the rule of a type at an instant: its own row over the one for every type."""
    lines = book.derive(_lines)
    own, every = (_begun(lines.get(key), at_ms) for key in (item_type, ANY_TYPE))
    return ReturnRule(
        days=next((each for each in (own.days, every.days) if each is not None), DAYS),
        most_cents=next((each for each in (own.most_cents, every.most_cents) if each is not None), None),
        becomes={**every.becomes, **own.becomes},
    )


def needs_manager(book: Book, item_type: str, n: int, *, at_ms: int) -> bool:
    """Tell whether what becomes of so many of a type is for a manager to say: new they cost more than the rule."""
    most = rule_for(book, item_type, at_ms=at_ms).most_cents
    return most is not None and book.item_type(item_type, at_ms).price_cents * n > most


def deadline(text: str) -> str:
    """Give the day that an event names as the last one, `""` for what is no day: it then has no end."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


_Line: TypeAlias = tuple[list[int], list[ReturnRule]]
_SILENT: Final = ReturnRule()


def _begun(line: _Line | None, at_ms: int) -> ReturnRule:
    if line is None:
        return _SILENT
    starts, said = line
    at = bisect_right(starts, at_ms)
    return said[at - 1] if at else _SILENT


def _lines(book: Book) -> dict[str, _Line]:
    versions = {key: book.versions_of(TABLE, key) for key in book.keys(TABLE)}
    return {
        key: ([each.valid_from for each in known], [_rule(each) for each in known]) for key, known in versions.items()
    }


def _rule(version: Version) -> ReturnRule:
    row = version.row
    said = {grade: row.get(name) for grade, name in FIELD_OF.items()}
    return ReturnRule(
        days=_count(row.get("return_days"), MAX_DAYS),
        most_cents=_count(row.get("most_cents"), MAX_AMOUNT),
        becomes={grade: str(value) for grade, value in said.items() if value in set(Disposition)},
    )


def _count(value: Any, most: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None
