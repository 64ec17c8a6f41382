"""The plan of an import: what is there already, and what each row would change in it."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from boucle.binding import Binding
from boucle.clock import DEFAULT_ZONE
from boucle.donor_parts import TABLE as EXPECTED_PART
from boucle.events import Event
from boucle.goals import TABLE as GOAL
from boucle.ids import uuid7
from boucle.item import Item
from boucle.reference import Book
from boucle.shape import Flaw
from boucle_server.imports.fault import Fault
from boucle_server.server_device import Draft, refusal

TABLES: Mapping[str, str] = {
    "sites": "site",
    "partners": "partner",
    "item-types": "item_type",
    "lanes": "lane",
    "return-rules": "return_rule",
    "donor-parts": EXPECTED_PART,
    "qualifications": "qualification",
    "goals": GOAL,
}
"""Kinds of import whose rows are versions of reference data."""


class RowOutcome(StrEnum):
    """What becomes of one row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person to add, or with `person` to change; people are not made of events because they must be erasable."""

    row: int
    values: Mapping[str, Any]
    person: str = ""


class Bindings(Protocol):
    """Where the bound codes are found."""

    def bindings(self, codes: Iterable[str]) -> Mapping[str, Binding]:
        """Give the bindings of those codes that have one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What is there already: the reference data, the bound codes, the people, the events."""

    book: Book
    bindings: Bindings
    operators: Mapping[str, str]
    """The pseudonym of each person by the folded name."""
    now_ms: int
    zone: str = DEFAULT_ZONE
    """The organisation's: of what has no place, and of a site that says none."""
    people: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What is known of each person, by pseudonym."""
    recorded: Callable[[Iterable[str]], Collection[str]] = lambda _: ()
    """Which of these event ids are stored already."""
    events: Callable[[Iterable[str]], Iterable[Event]] = lambda _: ()
    """The stored events with these ids."""
    items: Callable[[Iterable[str]], Mapping[str, Item]] = lambda _: {}
    """The items with these ids, as they are now."""

    def home_of(self, place: str, said: str) -> str:
        """Give the site of ours from which an item at a partner's went out: as said, else the only one, else `""`."""
        ours = [said] if said else self.book.keys("site")
        ours = [each for each in ours if each != place and not self.book.site(each, self.now_ms).partner]
        return ours[0] if len(ours) == 1 else ""


@dataclass(slots=True, kw_only=True)
class Plan:
    """What an import would do: a count by outcome, the faults, the drafts and people of the good rows.

    `notes` are about rows that are taken: what of them is not, and why.
    """

    counts: dict[RowOutcome, int] = field(default_factory=lambda: dict.fromkeys(RowOutcome, 0))
    outcomes: dict[int, RowOutcome] = field(default_factory=dict)
    """What becomes of each row, by its number as a spreadsheet shows it."""
    sources: dict[str, Sequence[int]] = field(default_factory=dict)
    """The rows that each draft says something of, by the draft's id."""
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)

    def take(self, drafts: Sequence[Draft], outcome: RowOutcome, *, rows: Sequence[int], register: Register) -> None:
        """Plan the events that say what `rows` say; one that the door would set aside makes all of them faulty."""
        reasons = (refusal(draft, now_ms=register.now_ms, zone=register.zone) for draft in drafts)
        reason = next(filter(None, reasons), "")
        if reason:
            key = "import.door_too_large" if reason == Flaw.TOO_LARGE else "import.door"
            self.faults += [Fault(row=row, column="", key=key, values={"reason": str(reason)}) for row in rows]
            self.settle(RowOutcome.FAULTY, rows)
            return
        for draft in drafts:
            named = draft if draft.id else replace(draft, id=str(uuid7(register.now_ms, secrets.token_bytes)))
            self.drafts.append(named)
            self.sources[named.id] = rows
        self.settle(outcome, rows)

    def refuse(self, row: int, faults: Sequence[Fault]) -> None:
        """Count one row as faulty."""
        self.faults += faults
        self.settle(RowOutcome.FAULTY, [row])

    def settle(self, outcome: RowOutcome, rows: Iterable[int]) -> None:
        """Say what becomes of rows, whatever was said of them before."""
        for row in rows:
            before = self.outcomes.get(row)
            if before is not None:
                self.counts[before] -= 1
            self.outcomes[row] = outcome
            self.counts[outcome] += 1
