"""A return in counts: how many of each type came how far, those without a number apart, made of cells and items.

Nothing here is stored: a desk and a phone make the same counts of the same cells.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from boucle.facts import Cell
from boucle.item import Back, Item
from boucle.lifecycle import ReturnStage
from boucle.rma import ReturnLine, ReturnState, lines_of, state_of

COMES = frozenset({ReturnStage.REQUESTED, ReturnStage.AUTHORISED, ReturnStage.IN_TRANSIT})
"""The stages of a product that is announced and not here yet."""
_PASSED = {
    "received": (ReturnStage.RECEIVED, ReturnStage.GRADED, ReturnStage.DISPOSED_TO, ReturnStage.IN_TREATMENT),
    "graded": (ReturnStage.GRADED, ReturnStage.DISPOSED_TO, ReturnStage.IN_TREATMENT),
    "disposed_to": (ReturnStage.DISPOSED_TO, ReturnStage.IN_TREATMENT),
}
"""The stages that come after each count of a line, closing left out."""


class Counts(NamedTuple):
    """How many of one type came to each stage of a return, those without a number apart."""

    line: ReturnLine
    authorised: int
    loose: ReturnLine
    """The part of the line that has no numbers."""

    @property
    def to_answer(self) -> int:
        """How many wait for a yes or a no."""
        return max(0, min(self.line.expected - self.authorised, self.line.remaining))

    @property
    def to_grade(self) -> int:
        """How many without a number came in and have no grade yet."""
        return max(0, self.loose.received - self.loose.graded)

    @property
    def to_decide(self) -> int:
        """How many without a number have a grade and no decision."""
        return max(0, self.loose.graded - self.loose.disposed_to)

    @property
    def to_do(self) -> int:
        """How many without a number wait for what was decided."""
        return max(0, self.loose.disposed_to - self.loose.closed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One return: from whom, since which month, its lines, and its state made of them."""

    rma: str
    partner: str
    month: str
    last: str
    counts: tuple[Counts, ...]
    site: str = ""
    """The place of a partner from which it was announced, where it is one place."""

    @property
    def state(self) -> ReturnState:
        """Where it stands as a whole."""
        return state_of(each.line for each in self.counts)

    @property
    def to_answer(self) -> int:
        """How many wait for a yes or a no."""
        return sum(each.to_answer for each in self.counts)

    @property
    def remaining(self) -> int:
        """How many are still to come."""
        return sum(each.line.remaining for each in self.counts)

    def of_type(self, type_key: str) -> Counts | None:
        """Give the line of a type."""
        return next((each for each in self.counts if each.line.type == type_key), None)


def gather(rma: str, cells: Iterable[tuple[Cell, int]], items: Iterable[Item]) -> Return:
    """Make a return of its cells, of which there is at least one, and of its numbered products."""
    told, numbered = [(at, n) for at, n in cells if at.cell == "return" and at.bucket == rma], list(items)
    lines = lines_of(told, rma)
    months = sorted(at.month for at, _ in told)
    asked = [at for at, n in told if at.measure == ReturnStage.REQUESTED and n > 0 and at.partner]
    partners = sorted({at.partner for at in asked} or {at.partner for at, _ in told if at.partner})
    sites = {at.site for at in asked}
    authorised = {
        line.type: sum(n for at, n in told if at.type == line.type and at.measure == ReturnStage.AUTHORISED)
        for line in lines
    }
    counts = tuple(Counts(line=line, authorised=authorised[line.type], loose=_loose(line, numbered)) for line in lines)
    return Return(
        rma=rma,
        partner=partners[0] if partners else "",
        month=months[0],
        last=months[-1],
        counts=counts,
        site=sites.pop() if len(sites) == 1 else "",
    )


def back_of(item: Item) -> Back:
    """Give the way back of a product, an empty one where it has none."""
    return item.back if isinstance(item.back, Back) else Back()


def _loose(line: ReturnLine, items: Iterable[Item]) -> ReturnLine:
    """Take what has numbers off a line; what a repair sent back to its grade is counted once."""
    mine = [item for item in items if item.type == line.type]
    closed = sum(1 for item in mine if item.return_stage == ReturnStage.CLOSED)
    taken = {name: closed + sum(1 for item in mine if item.return_stage in stages) for name, stages in _PASSED.items()}
    left = {name: max(0, getattr(line, name) - n) for name, n in {**taken, "closed": closed}.items()}
    return line._replace(**left)
