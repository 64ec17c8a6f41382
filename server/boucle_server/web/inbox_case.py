"""A case: one thing that wants a person, of which kind it is, and who asks for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.reference import Book
from boucle.roles import Capability
from boucle_server.projections import load_book

_Read = TypeVar("_Read")


class Heap(StrEnum):
    """A kind of case."""

    UNKNOWN = "unknown"
    CONTRADICTION = "contradiction"
    REPORTED = "reported"
    ASIDE = "aside"
    OVERDUE = "overdue"
    LOST = "lost"
    HELD = "held"
    COUNT = "count"
    DIFFERENCE = "difference"
    DRIFT = "drift"
    GAP = "gap"
    UNSENT = "unsent"
    PHOTO = "photo"
    LATE = "late"
    MONTH = "month"
    ROUND = "round"
    RETURN_ASKED = "return_asked"
    RETURN_RECEIVED = "return_received"
    RETURN_GRADED = "return_graded"
    RETURN_VALUED = "return_valued"
    REPAIR_LATE = "repair_late"
    REPAIR_CHECK = "repair_check"
    REPAIR_END = "repair_end"
    QUALIFICATION = "qualification"


class Case(NamedTuple):
    """One case. `key` names it in an address, `place` is where a list goes on after it.

    `item` is the item's id, `event` the event's, `partner`, `dev` and `month` what else it is about; `reason` says
    why it is here; `day` is a local day, `n` counts where the case counts. Of a count and of what
    is held `name` is the site; of what is held `status` is the stage. Of a difference `name` is the place, `reason`
    which way it differs and `task` the stop or the count; `items` are those that are missing.
    """

    heap: Heap
    key: str
    place: str = ""
    at_ms: int | None = None
    day: str = ""
    reason: str = ""
    item: str = ""
    code: str = ""
    type: str = ""
    event: str = ""
    partner: str = ""
    dev: str = ""
    name: str = ""
    month: str = ""
    n: int = 0
    before: int = 0
    status: str = ""
    task: str = ""
    items: tuple[str, ...] = ()
    stops: str = ""
    """Which stops of a round were not made."""
    words: str = ""
    """What a stranger typed."""
    begins: str = ""
    """How bytes begin that are no event; `n` is then how many they are."""

    @property
    def amount(self) -> int:
        """How much it comes to, for an answer that holds until it is more."""
        return abs(self.n - self.before) if self.heap is Heap.DIFFERENCE else self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and when: all that the heaps need to be found. `devices` are names by id, `read` what was read once.

    What only some may do waits for them alone: `capabilities` are those of whoever asks.
    """

    connection: Connection
    org: str
    zone: str
    now_ms: int
    devices: Mapping[str, str]
    capabilities: frozenset[Capability] = frozenset()
    read: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, read: Callable[["Asker"], _Read]) -> _Read:
        """Read something once for this look, however many heaps and counts ask for it."""
        if name not in self.read:
            self.read[name] = read(self)
        return cast("_Read", self.read[name])

    @property
    def today(self) -> str:
        """Give the local day of the organisation."""
        return day_of(self.now_ms, self.zone)

    @property
    def book(self) -> Book:
        """Give the reference data."""
        return load_book(self.connection, self.org)
