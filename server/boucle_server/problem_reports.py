"""What strangers say about a container on its public page, until a person has dealt with it.

It is a message and no event: nobody vouches for it, it changes no state and no figure, and what somebody typed must be
erasable, so that it stays out of the log. What a person then does about it is an event. Who wrote is not kept: no
name, no address of a network.
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.photo import Picture
from boucle.units import DAY_MS
from boucle_server import problem_photos
from boucle_server.errors import ConflictError
from boucle_server.tables import PROBLEM_REPORT

LONGEST: Final = 500
"""Characters of what somebody types."""
MOST_OF_ITEM: Final = 5
"""Reports of one item that wait for a person; more say nothing new."""
MOST_WAITING: Final = 1_000
"""Reports of an organisation that wait: whoever floods it fills a list, not a disk."""
KEPT_MS: Final = 90 * DAY_MS
"""How long a report that was dealt with is kept, so that it can be opened again."""
_BYTES: Final = 12


class Problem(StrEnum):
    """What a stranger can say with one touch."""

    TAKE_BACK = "take_back"
    DAMAGED = "damaged"
    DIRTY = "dirty"
    LABEL = "label"
    OTHER = "other"


class Filing(StrEnum):
    """What became of a report."""

    KEPT = "kept"
    BARE = "bare"
    """Kept without its photo: enough of them wait."""
    KNOWN = "known"
    """The item has enough of them waiting."""
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody reports; `once` is the id that its form gives it (`id_of`), `""` where the form has no mark."""

    code: str
    item: str
    problem: Problem
    words: str
    photo: tuple[bytes, Picture] | None = None
    once: str = ""


class Outcome(StrEnum):
    """How a person dealt with a report."""

    SETTLED = "settled"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReport:
    """A report; `event` is the one that a person recorded because of it, `""` while none was."""

    id: str
    code: str
    item: str
    problem: Problem
    words: str
    created_ms: int
    is_open: bool
    event: str


def file(connection: Connection, org: str, said: Said, *, now_ms: int) -> Filing:
    """Keep a report for a person, with its photo where it has one, in the organisation's writing transaction.

    Of one that was sent before it tells what became of it then.
    """
    forget(connection, org, now_ms=now_ms)
    item, photo = said.item, said.photo
    if (before := filed(connection, org, said.once, with_photo=photo is not None)) is not None:
        return before
    if _waiting(connection, org, PROBLEM_REPORT.c.item == item) >= MOST_OF_ITEM:
        return Filing.KNOWN
    if waiting(connection, org) >= MOST_WAITING:
        return Filing.FULL
    report = said.once or secrets.token_hex(_BYTES)
    connection.execute(
        sa.insert(PROBLEM_REPORT).values(
            org=org, id=report, code=said.code, item=item, problem=said.problem, words=said.words, created_ms=now_ms
        )
    )
    if photo is None or problem_photos.keep(connection, org, report, photo[0], picture=photo[1]):
        return Filing.KEPT
    return Filing.BARE


def id_of(said: bytes) -> str:
    """Give the id of a report by the digest of the form that brought it."""
    return said[:_BYTES].hex()


def filed(connection: Connection, org: str, id: str, *, with_photo: bool) -> Filing | None:
    """Tell what became of a report that was sent before, None for one that was not."""
    if not id or find(connection, org, id) is None:
        return None
    return Filing.BARE if with_photo and problem_photos.shown(connection, org, id) is None else Filing.KEPT


def waiting(connection: Connection, org: str, *also: sa.ColumnElement[bool]) -> int:
    """Count the reports that nobody has dealt with."""
    return _waiting(connection, org, *also)


def listed(
    connection: Connection, org: str, *also: sa.ColumnElement[bool], after: tuple[int, str], limit: int
) -> list[ProblemReport]:
    """Give the reports that wait, the oldest first, those after a `(created_ms, id)`."""
    at_ms, last = after
    later = sa.or_(
        PROBLEM_REPORT.c.created_ms > at_ms,
        sa.and_(PROBLEM_REPORT.c.created_ms == at_ms, PROBLEM_REPORT.c.id > last),
    )
    query = _open(org).where(later, *also).order_by(PROBLEM_REPORT.c.created_ms, PROBLEM_REPORT.c.id).limit(limit)
    return [_report(row) for row in connection.execute(query)]


def of_item(connection: Connection, org: str, item: str) -> list[ProblemReport]:
    """Give the reports of an item that wait, the oldest first."""
    query = _open(org).where(PROBLEM_REPORT.c.item == item).order_by(PROBLEM_REPORT.c.created_ms, PROBLEM_REPORT.c.id)
    return [_report(row) for row in connection.execute(query)]


def find(connection: Connection, org: str, id: str) -> ProblemReport | None:
    """Give one report, whether it waits or not."""
    row = connection.execute(sa.select(PROBLEM_REPORT).where(*_is(org, id))).one_or_none()
    return None if row is None else _report(row)


def settle(
    connection: Connection, org: str, id: str, outcome: Outcome, *, by: str, now_ms: int, event: str = ""
) -> None:
    """Note that a person dealt with a report; ConflictError when somebody did before."""
    values = {"settled_ms": now_ms, "settled_by": by, "outcome": outcome.value, "event": event}
    query = sa.update(PROBLEM_REPORT).where(*_is(org, id), PROBLEM_REPORT.c.settled_ms.is_(None))
    if connection.execute(query.values(**values)).rowcount != 1:
        raise ConflictError("web.reported_settled_before")


def reopen(connection: Connection, org: str, *, id: str = "", event: str = "") -> bool:
    """Let a report wait again, named by its id or by the event that dealt with it; False when there is none."""
    if not id and not event:
        return False
    which = PROBLEM_REPORT.c.id == id if id else PROBLEM_REPORT.c.event == event
    query = sa.update(PROBLEM_REPORT).where(
        PROBLEM_REPORT.c.org == org, which, PROBLEM_REPORT.c.settled_ms.is_not(None)
    )
    cleared = {"settled_ms": None, "settled_by": None, "outcome": None, "event": ""}
    return bool(connection.execute(query.values(**cleared)).rowcount)


def forget(connection: Connection, org: str, *, now_ms: int) -> int:
    """Erase the reports that were dealt with long ago, with their photos; tell how many reports."""
    gone = PROBLEM_REPORT.c.settled_ms <= now_ms - KEPT_MS
    problem_photos.forget(connection, org, gone)
    return connection.execute(sa.delete(PROBLEM_REPORT).where(PROBLEM_REPORT.c.org == org, gone)).rowcount


def _open(org: str) -> sa.Select[Any]:
    return sa.select(PROBLEM_REPORT).where(PROBLEM_REPORT.c.org == org, PROBLEM_REPORT.c.settled_ms.is_(None))


def _waiting(connection: Connection, org: str, *also: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(_open(org).where(*also).subquery())
    return int(connection.execute(query).scalar_one())


def _is(org: str, id: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return PROBLEM_REPORT.c.org == org, PROBLEM_REPORT.c.id == id


def _report(row: Any) -> ProblemReport:
    return ProblemReport(
        id=row.id,
        code=row.code,
        item=row.item,
        problem=Problem(row.problem),
        words=row.words,
        created_ms=row.created_ms,
        is_open=row.settled_ms is None,
        event=row.event,
    )
