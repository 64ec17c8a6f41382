"""One line of a visit: what was scanned, what was told of it, and what a person can make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from boucle.telling import Outcome

WANTING: Final = frozenset({Outcome.KEPT, Outcome.REFUSED})
"""What a person has to look at once."""
COUNTED: Final = frozenset({Outcome.ACCEPTED, Outcome.UNEXPECTED, Outcome.UNKNOWN})
"""What is one of the pieces of a counter."""
IN_STOCK: Final = "told.in_stock"
SORTED_ALL_THE_SAME: Final = "told.sorted_all_the_same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One scan of a visit: `subject` as seen, pieces, what was told of it; `why` are keys of words with values."""

    subject: str
    outcome: Outcome
    at_ms: int
    qty: int = 1
    item: str = ""
    item_type: str = ""
    event_id: str = ""
    why: tuple[tuple[str, Mapping[str, object]], ...] = ()
    undone: bool = False
    again: bool = False
    """Seen once more in this visit: nothing was recorded for it."""
    elsewhere: str = ""
    """The partner's place where it was expected instead, as far as this phone knows."""
    raw: str = ""
    """The whole text of a code that is not ours, where it may be kept to be linked later."""
    taken: bool = False
    """A label that names another item already."""
    verdict: str = ""
    """What sorting found: such a line is about an item that has its own line, and is no piece of the counter."""
    found: str = ""
    """What sorting found of it in the same scan, and the event that says so."""
    found_event: str = ""
    grade: str = ""
    """The grade that was said with the verdict."""
    photos: int = 0
    """How many photos of it were taken, as far as the recording side counts them."""
    blank: bool = False
    """A label of ours that no item carries yet, met where things arrive: a person can say what it is."""
    decided: bool = False
    """A person has chosen what becomes of it."""

    @property
    def is_in_stock(self) -> bool:
        """Whether it was received and stood in stock already, so that it is no return."""
        return any(key == IN_STOCK for key, _ in self.why)

    @property
    def heading(self) -> str:
        """The words over what was told of it, where it was not simply done: what stood here was not scanned."""
        return "screen.outcome.in_stock" if self.is_in_stock else f"screen.outcome.{self.outcome}"

    def with_verdict(self, verdict: str, event_id: str, grade: str = "") -> "Line":
        """Give it with what sorting found in the same scan; of what is no return that is said, for it counts."""
        why = (*self.why, (SORTED_ALL_THE_SAME, {})) if self.is_in_stock else self.why
        return replace(self, found=verdict, found_event=event_id, grade=grade, why=why)

    @property
    def counts(self) -> bool:
        """Whether it is one of the pieces of the counter."""
        return self.outcome in COUNTED and bool(self.event_id) and not self.undone and not self.verdict


class Choice(StrEnum):
    """What a person can make of a line; the words are `screen.choice.<value>`."""

    ADD = "add"
    """Let it count here."""
    SWITCH = "switch"
    """Go on at the place where it is expected, with this item."""
    TYPED = "typed"
    """Type the code that is printed on it."""
    KEEP = "keep"
    """Record the foreign code, to be linked to an item later."""
    LEAVE = "leave"
    """It cannot be; what was seen goes to whoever decides."""
    SHOW = "show"
    """See what it is, and do something else with it."""
    NEW = "new"
    """The label is that of a new item: say its type."""
    BIND = "bind"
    """The label is stuck to an item that is known by another one: say which."""
    IGNORE = "ignore"
    """It is not to be recorded."""


def choices(line: Line) -> tuple[Choice, ...]:
    """Give what a person can make of a line now, nothing where nothing is asked."""
    if line.decided or line.undone or line.verdict or line.again:
        return ()
    match line.outcome:
        case Outcome.UNEXPECTED if line.elsewhere:
            return Choice.ADD, Choice.SWITCH, Choice.IGNORE
        case Outcome.UNEXPECTED:
            return Choice.ADD, Choice.IGNORE
        case Outcome.UNKNOWN if line.blank:
            return Choice.NEW, Choice.BIND, Choice.IGNORE
        case Outcome.KEPT:
            return Choice.LEAVE, Choice.IGNORE
        case Outcome.REFUSED if line.taken:
            return Choice.SHOW, Choice.IGNORE
        case Outcome.REFUSED if line.raw:
            return Choice.TYPED, Choice.KEEP, Choice.IGNORE
        case _:
            return ()
