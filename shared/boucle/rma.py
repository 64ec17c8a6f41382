"""The whole of a return: its state, made of its lines and never set by hand.

A line is a type; it holds numbered products and quantities alike. What was refused or called off is not waited for.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from boucle.facts import Cell
from boucle.lifecycle import ReturnStage


class ReturnState(StrEnum):
    """Where a return stands as a whole."""

    OPEN = "open"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    PROCESSING = "processing"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ReturnLine(NamedTuple):
    """How many of one type came to each stage, ever."""

    type: str
    requested: int = 0
    refused: int = 0
    cancelled: int = 0
    received: int = 0
    graded: int = 0
    disposed_to: int = 0
    closed: int = 0
    awaiting: int = 0
    """Of what has no numbers: decided, and waiting for a manager."""
    at_supplier: int = 0
    """Of what has no numbers: on its way back to its maker, whose receipt ends it."""
    expired: int = 0
    """Past the last day to send it back, as of the day of asking. Never stored: no event says so."""

    @property
    def announced(self) -> int:
        """How many may still come beside those that came, too late or not."""
        return max(0, self.requested - self.refused - self.cancelled)

    @property
    def coming(self) -> int:
        """How many may still come, too late or not."""
        return max(0, self.announced - self.received)

    @property
    def expected(self) -> int:
        """How many should come; what is past its last day is not waited for."""
        return max(0, self.announced - self.expired)

    @property
    def remaining(self) -> int:
        """How many are still to come."""
        return max(0, self.expected - self.received)

    @property
    def excess(self) -> int:
        """How many came beyond what was announced; nothing where nothing was."""
        return max(0, self.received - self.expected) if self.requested else 0

    @property
    def is_void(self) -> bool:
        """Whether nothing came and nothing is waited for."""
        return not self.expected and self.received <= 0


_STAGES = frozenset(ReturnLine._fields) - {"type", "expired"}
UNTIL = "until:"
"""How the measure begins that says how many may come until which day."""


def lines_of(cells: Mapping[Cell, int] | Iterable[tuple[Cell, int]], rma: str) -> list[ReturnLine]:
    """Gather the lines of one return from its cells, by type."""
    found: dict[str, dict[str, int]] = {}
    for at, n in cells.items() if isinstance(cells, Mapping) else cells:
        if at.cell == "return" and at.bucket == rma and at.measure in _STAGES:
            line = found.setdefault(at.type, {})
            line[at.measure] = line.get(at.measure, 0) + n
    return [ReturnLine(type_key, **found[type_key]) for type_key in sorted(found)]


def past_of(cells: Iterable[tuple[Cell, int]], rma: str, today: str) -> dict[str, int]:
    """Give how many of each type of a return had to be sent back before a day."""
    found: dict[str, int] = {}
    for at, n in cells:
        is_past = at.measure.startswith(UNTIL) and at.measure.removeprefix(UNTIL) < today
        if is_past and at.cell == "return" and at.bucket == rma:
            found[at.type] = found.get(at.type, 0) + n
    return found


def state_of(lines: Iterable[ReturnLine]) -> ReturnState:
    """Give the state of a return: as far behind as its last line, as far on as its first."""
    live = [line for line in lines if not line.is_void]
    if not live:
        return ReturnState.CANCELLED
    if all(line.received <= 0 for line in live):
        return ReturnState.OPEN
    if any(line.remaining for line in live):
        return ReturnState.PARTLY_RECEIVED
    if all(line.closed >= line.received for line in live):
        return ReturnState.CLOSED
    if any(line.graded or line.disposed_to or line.closed for line in live):
        return ReturnState.PROCESSING
    return ReturnState.RECEIVED


STAGE_OF: Mapping[str, ReturnStage] = {
    "return.announced": ReturnStage.REQUESTED,
    "return.authorised": ReturnStage.AUTHORISED,
    "return.refused": ReturnStage.REFUSED,
    "return.cancelled": ReturnStage.CANCELLED,
    "item.received": ReturnStage.RECEIVED,
    "item.graded": ReturnStage.GRADED,
    "item.disposition_decided": ReturnStage.DISPOSED_TO,
    "item.disposition_confirmed": ReturnStage.DISPOSED_TO,
    "item.moved": ReturnStage.CLOSED,
    "item.shipped": ReturnStage.CLOSED,
    "item.delivered": ReturnStage.CLOSED,
    "item.treated": ReturnStage.CLOSED,
    "item.retired": ReturnStage.CLOSED,
}
"""The stage to which an event about a quantity brings it, where it speaks of a return."""
