"""Qualifications: which acts ask for one, who holds it until which day, and what somebody lacks for an act.

Both are reference data, in versions like all of it. A row of `qualification` says how one is called and which acts, on
which types, ask for it. A row of `qualified`, under `person>qualification`, says that a person holds it from the start
of the version to the end of a day, or from then on no longer. An act is judged by what held at its own time, on the
calendar day of its place. Nothing is asked before the first version, and nobody holds anything before theirs.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias, TypeVar

from boucle.clock import day_of
from boucle.events import Event
from boucle.reference import Book, Site, Version

TABLE: Final = "qualification"
HOLDERS: Final = "qualified"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Act(StrEnum):
    """What may ask for a qualification; the words are `qualification.act.<value>`."""

    CONTROL = "control"
    REPAIR = "repair"
    TEST = "test"
    REQUALIFY = "requalify"
    RELEASE = "release"


ACT_OF: Final[Mapping[str, Act]] = {
    "item.sorted": Act.CONTROL,
    "work.repaired": Act.REPAIR,
    "work.tested": Act.TEST,
    "work.requalified": Act.REQUALIFY,
    "item.released": Act.RELEASE,
}
"""The act of each kind of event that may ask for one. What lets a thing serve again is held back without; what hands
did has happened, and a person looks."""


class Qualification(NamedTuple):
    """One version of a qualification: how it is called, which acts ask for it, on which types (none: on every type)."""

    key: str
    name: str
    acts: frozenset[str]
    types: frozenset[str]


class Holding(NamedTuple):
    """That somebody holds a qualification from an instant to the end of a day, `""`: for ever, or no longer does."""

    person: str
    key: str
    from_ms: int
    until: str
    withdrawn: bool = False

    def is_valid_on(self, day: str) -> bool:
        """Tell whether it has not ended by a calendar day."""
        return not self.withdrawn and (not self.until or day <= self.until)


class Lack(NamedTuple):
    """A qualification that somebody lacks for an act: the last one of theirs, None when they never held it."""

    qualification: Qualification
    last: Holding | None


def holder_key(person: str, key: str) -> str:
    """Give the key under which it is kept what a person holds."""
    return f"{person}>{key}"


def acts_in(text: object) -> frozenset[str]:
    """Read the acts that a row names, parted by blanks; what is none says nothing."""
    return frozenset(text.split()) & frozenset(Act) if isinstance(text, str) else frozenset()


def qualifications(book: Book, *, at_ms: int) -> list[Qualification]:
    """Give every qualification in the version that holds at an instant, by key."""
    found = (_begun(line, at_ms) for line in book.derive(_rules))
    return [rule for rule in found if rule is not None]


def asked(book: Book, kind: str, item_type: str, *, at_ms: int) -> list[Qualification]:
    """Give the qualifications that an event of a kind asks for, on a type, at an instant."""
    act = ACT_OF.get(kind)
    if act is None:
        return []
    rules = qualifications(book, at_ms=at_ms)
    return [rule for rule in rules if act in rule.acts and (not rule.types or item_type in rule.types)]


def held(book: Book, person: str, key: str, *, at_ms: int) -> Holding | None:
    """Give the last word on what a person holds at an instant; None before the first."""
    line = book.derive(_holders).get((person, key))
    return None if line is None else _begun(line, at_ms)


def lacks(book: Book, kind: str, item_type: str, person: str, *, at_ms: int, zone: str) -> list[Lack]:
    """Give what a person lacks for an act at an instant; nobody in particular holds nothing."""
    found = []
    for rule in asked(book, kind, item_type, at_ms=at_ms):
        last = held(book, person, rule.key, at_ms=at_ms)
        if last is None or not last.is_valid_on(day_of(at_ms, zone)):
            found.append(Lack(rule, last))
    return found


def is_unqualified(event: Event, item_type: str, place: Site, book: Book) -> bool:
    """Tell whether an event is an act for which whoever did it lacked a qualification at that time."""
    return bool(lacks(book, event.kind, item_type, event.actor, at_ms=event.teff, zone=place.zone))


def who_may(book: Book, kind: str, item_type: str, *, at_ms: int, zone: str) -> list[str]:
    """Give the persons who hold all that an act asks for, by pseudonym."""
    people = sorted({person for person, _ in book.derive(_holders)})
    return [each for each in people if not lacks(book, kind, item_type, each, at_ms=at_ms, zone=zone)]


def periods(book: Book) -> dict[tuple[str, str], list[Holding]]:
    """Give what was ever said of each person and qualification, by its start; of one start what holds."""
    return {address: list({each.from_ms: each for each in said}.values()) for address, (_, said) in _known(book)}


def acts_of(book: Book, version: Version) -> frozenset[str]:
    """Give the acts that any version of a qualification names, a new one included."""
    versions = [*book.versions_of(TABLE, version.key), version]
    return frozenset(act for each in versions for act in acts_in(each.row.get("acts")))


_Said = TypeVar("_Said")
_Line: TypeAlias = tuple[list[int], list[_Said]]
"""The versions of one row: their starts, and what each says."""


def _begun(line: _Line[_Said], at_ms: int) -> _Said | None:
    starts, said = line
    at = bisect_right(starts, at_ms)
    return said[at - 1] if at else None


def _rules(book: Book) -> list[_Line[Qualification]]:
    lines = []
    for key in book.keys(TABLE):
        versions = book.versions_of(TABLE, key)
        lines.append(([each.valid_from for each in versions], [_qualification(each) for each in versions]))
    return lines


def _qualification(version: Version) -> Qualification:
    row = version.row
    name, types = row.get("name"), row.get("types")
    return Qualification(
        key=version.key,
        name=name if isinstance(name, str) and name else version.key,
        acts=acts_in(row.get("acts")),
        types=frozenset(each for each in types if isinstance(each, str)) if isinstance(types, list) else frozenset(),
    )


def _holders(book: Book) -> dict[tuple[str, str], _Line[Holding]]:
    lines: dict[tuple[str, str], _Line[Holding]] = {}
    for address in book.keys(HOLDERS):
        person, _, key = address.partition(">")
        versions = book.versions_of(HOLDERS, address)
        said = [_holding(person, key, each) for each in versions]
        lines[person, key] = ([each.valid_from for each in versions], said)
    return lines


def _known(book: Book) -> list[tuple[tuple[str, str], _Line[Holding]]]:
    return sorted(book.derive(_holders).items())


def _holding(person: str, key: str, version: Version) -> Holding:
    """Read one version; an end that is no day, or a row that was taken back, is no right."""
    until = version.row.get("until", "")
    is_day = isinstance(until, str) and (not until or _DAY.fullmatch(until) is not None)
    withdrawn = version.row.get("withdrawn") is True or not is_day or not version.row
    return Holding(person, key, version.valid_from, until if is_day else "", withdrawn)
