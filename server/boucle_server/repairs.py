"""Repairs as the workshop asks for them: what waits, the repairs of one item, what each of them was made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import workshop_codes
from boucle.binding import PROVISIONAL
from boucle.events import Event
from boucle.item import Item, Job, load
from boucle.lifecycle import BUSY, WorkStage
from boucle.reasons import Outcome, Reason
from boucle_server import rows
from boucle_server.histories import ACCEPTED, Told
from boucle_server.projections import event_of
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.tables import RECORD

TO_LEAVE: Final = (WorkStage.REQUALIFIED, WorkStage.NOT_REPAIRABLE)
"""Stages of a repair that is over while the thing still stands in the workshop."""
DIAGNOSES: Final = 500
"""So many of the last diagnoses say which faults are frequent; more would cost a look and say the same."""
_OVER: Final = frozenset({"work.requalified", "work.not_repairable", "work.cancelled", "work.harvested"})
_SERVES: Final = frozenset({"item.released", "item.moved", "item.shipped", "part.installed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A repair that wants somebody: the item as it is, and a code by which it is known."""

    item: Item
    code: str

    @property
    def job(self) -> Job:
        """The repair itself."""
        return self.item.job if isinstance(self.item.job, Job) else Job()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One repair of an item, with what was recorded in it, in order; `id` is that of the event that began it."""

    id: str
    told: tuple[Told, ...] = field(default=())

    @property
    def begun_ms(self) -> int:
        """When it was opened, or seen for the first time."""
        return min(each.event.teff for each in self.told)

    def last(self, kind: str) -> Event | None:
        """Give the last event of a kind that had effect."""
        found = [each.event for each in self.told if each.event.kind == kind and has_effect(each)]
        return found[-1] if found else None

    def every(self, *kinds: str) -> list[Event]:
        """Give the events of some kinds that had effect, in order."""
        return [each.event for each in self.told if each.event.kind in kinds and has_effect(each)]


def has_effect(told: Told) -> bool:
    """Tell whether an event counts: accepted, standing, and neither refused nor ignored."""
    counts = told.status == ACCEPTED and not told.superseded and told.mark is not None
    return counts and told.mark is not None and told.mark.outcome is Outcome.APPLIED


def tickets(connection: Connection, org: str, stages: Iterable[str] = ()) -> list[Ticket]:
    """Give the repairs that want somebody, those at some stages alone where any are named."""
    where = [ITEM.c.org == org, ITEM.c.work != ""]
    wanted = list(stages)
    if wanted:
        where.append(ITEM.c.work.in_(wanted))
    items = [load(row.state) for row in connection.execute(sa.select(ITEM.c.state).where(*where))]
    codes = codes_of(connection, org, [item.id for item in items])
    return [Ticket(item=item, code=codes.get(item.id, item.id.removeprefix(PROVISIONAL))) for item in items]


def counted(connection: Connection, org: str) -> dict[str, int]:
    """Count the repairs that want somebody, by stage."""
    query = sa.select(ITEM.c.work, sa.func.count().label("n")).where(ITEM.c.org == org, ITEM.c.work != "")
    return {row.work: int(row.n) for row in connection.execute(query.group_by(ITEM.c.work))}


def codes_of(connection: Connection, org: str, items: Iterable[str]) -> dict[str, str]:
    """Give one code for each item, the first by its bytes."""
    found: dict[str, str] = {}
    for item, code in rows.select(connection, BINDING, ("item", "code"), org=org, key="item", keys=items):
        found[item] = min(code, found.get(item, code))
    return found


def waiting_for(connection: Connection, org: str, codes: Iterable[str]) -> dict[str, Event]:
    """Give the last pause of each code: what its repair waits for."""
    last: dict[str, Event] = {}
    columns = ("payload", "teff", "tq", "subject")
    extra = "status = 'accepted' AND kind = 'work.paused/1'"
    for payload, teff, tq, subject in rows.select(
        connection, RECORD, columns, org=org, key="subject", keys=codes, extra=extra
    ):
        event = event_of(payload, teff, tq)
        if subject not in last or last[subject].order < event.order:
            last[subject] = event
    return last


def repairs_of(told: Sequence[Told]) -> list[Repair]:
    """Cut a history into its repairs, the oldest first, each up to where the thing serves again."""
    found: list[list[Told]] = []
    amended: list[Told] = []
    is_over = is_closed = True
    for each in told:
        kind, counts = each.event.kind, has_effect(each)
        if counts and (kind == "work.opened" or Reason.INFERRED_OPENED in _reasons(each)):
            found.append(amended)
            amended = []
            is_over = is_closed = False
        serves = counts and kind in _SERVES and (is_over or kind == "item.released")
        if found and not is_closed and (kind.startswith("work.") or serves):
            found[-1].append(each)
            is_over = is_over or (counts and kind in _OVER)
            is_closed = serves
        elif kind.startswith("work.") and not counts:
            amended.append(each)  # an opening that was corrected stands before the one that holds
    return [_repair(group) for group in found]


def _repair(told: Sequence[Told]) -> Repair:
    first = next((each for each in told if has_effect(each)), told[0])
    return Repair(id=first.event.id, told=tuple(told))


def _reasons(told: Told) -> tuple[Reason, ...]:
    return told.mark.reasons if told.mark is not None else ()


def parts_of(connection: Connection, org: str, column: str, code: str) -> list[Ticket]:
    """Give the things that were taken from a code (`donor`) or are built into it (`host`)."""
    query = sa.select(ITEM.c.state).where(ITEM.c.org == org, ITEM.c[column] != "", ITEM.c[column] == code)
    items = [load(row.state) for row in connection.execute(query)]
    codes = codes_of(connection, org, [item.id for item in items])
    return [Ticket(item=item, code=codes.get(item.id, "")) for item in items]


def faults_seen(connection: Connection, org: str, item_type: str) -> list[str]:
    """Give the faults that things of a type had, by the last diagnoses of the workshop, most frequent first."""
    last = (
        sa.select(RECORD.c.subject)
        .where(RECORD.c.org == org, RECORD.c.kind == "work.diagnosed/1", RECORD.c.status == "accepted")
        .order_by(RECORD.c.teff.desc())
        .limit(DIAGNOSES)
    )
    codes = connection.execute(last).scalars()
    items = {row.item for row in rows.select(connection, BINDING, ("item",), org=org, key="code", keys=codes)}
    states = rows.select(connection, ITEM, ("type", "state"), org=org, key="item", keys=items)
    return workshop_codes.faults_seen((load(row.state) for row in states if row.type == item_type), item_type)


def is_open(item: Item) -> bool:
    """Tell whether an item has a repair that is not over."""
    return item.work_stage in BUSY
