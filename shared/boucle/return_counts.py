"""A return in counts: how many of each type came how far, those without a number apart, made of cells and items.

Nothing here is stored: a desk and a phone make the same counts of the same cells.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from boucle.facts import Cell
from boucle.item import Back, Item
from boucle.lifecycle import ReturnStage
from boucle.returning import NOT_SENT
from boucle.rma import UNTIL, ReturnLine, ReturnState, lines_of, past_of, state_of

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
        return max(0, min(self.line.announced - self.authorised, self.line.coming))

    @property
    def to_grade(self) -> int:
        """How many without a number came in and have no grade yet."""
        return max(0, self.loose.received - self.loose.graded)

    @property
    def to_decide(self) -> int:
        """How many without a number have a grade and no decision, not even one that waits for a manager."""
        return max(0, self.loose.graded - self.loose.disposed_to - self.to_confirm)

    @property
    def to_confirm(self) -> int:
        """How many without a number are decided about, and wait for a manager."""
        return max(0, min(self.loose.awaiting, self.loose.graded - self.loose.disposed_to))

    @property
    def to_do(self) -> int:
        """How many without a number wait for what was decided."""
        return max(0, self.loose.disposed_to - self.loose.closed - self.at_supplier)

    @property
    def at_supplier(self) -> int:
        """How many without a number are on their way back to their maker."""
        return max(0, self.loose.at_supplier)


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
    until: str = ""
    """The first of the last days on which something may be sent back that has not come."""
    loose_until: tuple[tuple[str, str, int], ...] = ()
    """Of what is authorised without numbers: the type, the last day, how many."""
    came_to: frozenset[str] = frozenset()
    """The places where something of it was received."""

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

    @property
    def expired(self) -> int:
        """How many are past their last day, as of the day of asking."""
        return sum(each.line.expired for each in self.counts)

    def of_type(self, type_key: str) -> Counts | None:
        """Give the line of a type."""
        return next((each for each in self.counts if each.line.type == type_key), None)


def gather(rma: str, cells: Iterable[tuple[Cell, int]], items: Iterable[Item], *, today: str = "") -> Return:
    """Make a return of its cells, of which there is at least one, and of its numbered products.

    `today` is the day of asking: what was to be sent back before it is past its time; `""` lets nothing be so.
    """
    told, numbered = [(at, n) for at, n in cells if at.cell == "return" and at.bucket == rma], list(items)
    past = past_of(told, rma, today)
    lines = [_expired(line, numbered, past.get(line.type, 0)) for line in lines_of(told, rma)]
    months = sorted(at.month for at, _ in told)
    asked = [at for at, n in told if at.measure == ReturnStage.REQUESTED and n > 0 and at.partner]
    partners = sorted({at.partner for at in asked} or {at.partner for at, _ in told if at.partner})
    sites = {at.site for at in asked}
    authorised = {
        line.type: sum(n for at, n in told if at.type == line.type and at.measure == ReturnStage.AUTHORISED)
        for line in lines
    }
    days = [day for item in numbered if item.return_stage in NOT_SENT and (day := back_of(item).until)]
    loose = _loose_until(told, numbered, lines)
    counts = tuple(Counts(line=line, authorised=authorised[line.type], loose=_loose(line, numbered)) for line in lines)
    return Return(
        rma=rma,
        partner=partners[0] if partners else "",
        month=months[0],
        last=months[-1],
        counts=counts,
        site=sites.pop() if len(sites) == 1 else "",
        until=min([*days, *(day for _, day, _ in loose)], default=""),
        loose_until=loose,
        came_to=frozenset(at.site for at, n in told if at.measure == ReturnStage.RECEIVED and n > 0),
    )


def _expired(line: ReturnLine, items: Iterable[Item], past: int) -> ReturnLine:
    """Say how many of a line are past their last day and neither came nor are on their way."""
    moving = sum(1 for item in items if item.type == line.type and item.return_stage == ReturnStage.IN_TRANSIT)
    return line._replace(expired=max(0, min(line.coming, past - line.received) - moving))


def _loose_until(
    cells: Iterable[tuple[Cell, int]], items: Iterable[Item], lines: Iterable[ReturnLine]
) -> tuple[tuple[str, str, int], ...]:
    """Give how many without numbers may come until which day, where some of their type have not come."""
    open_types = {line.type for line in lines if line.coming}
    told: Counter[tuple[str, str]] = Counter()
    for at, n in cells:
        if at.measure.startswith(UNTIL) and at.type in open_types:
            told[at.type, at.measure.removeprefix(UNTIL)] += n
    told.subtract((item.type, day) for item in items if (day := back_of(item).until))
    return tuple((type_key, day, n) for (type_key, day), n in sorted(told.items()) if n > 0)


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
