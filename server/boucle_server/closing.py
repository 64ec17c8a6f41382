"""Closing a month: a person freezes its figures; what comes later never rewrites them, the difference is shown.

A closing is a row with the canonical bytes of the month's figures, and an event `month.closed` that carries their
digest into the event log. Closing again makes the next revision and leaves the earlier one as it is.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.amend import REVIEWED
from boucle.clock import month_end_ms
from boucle.events import KINDS
from boucle.kpi import Maturity, NoValue, View
from boucle.tally import Slice
from boucle_server import eventlog, figures_document, ingest, reports
from boucle_server.errors import ConflictError, InvalidInputError, NotFoundError
from boucle_server.months import Closing, last_closings
from boucle_server.read_tables import AMENDMENT
from boucle_server.server_device import Draft
from boucle_server.tables import MONTH_CLOSING, RECORD, STATUS_CHANGE

MAX_LISTED: Final = 200
"""Late events listed with a closed month; the count is always whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A figure of a closed month, as it was reported and as it is known now."""

    definition_id: str
    scope: Mapping[str, str]
    reported: Mapping[str, Any] | None
    known: Mapping[str, Any] | None

    @property
    def expected(self) -> bool:
        """Whether the reported value was said to be provisional, so that time alone explains it."""
        return self.reported is not None and self.reported["maturity"] == Maturity.PROVISIONAL.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """An event of a closed month that came after the closing."""

    id: str
    kind: str
    subject: str
    teff: int
    received_ms: int


def close(connection: Connection, org: str, month: str, *, by: str, now_ms: int, reason: str = "") -> Closing:
    """Close a month, or close it again as the next revision, which needs a reason.

    InvalidInputError while the month runs, before anything was known, or for a revision without a reason; ConflictError
    when nothing has changed since the last closing.
    """
    if now_ms < month_end_ms(month, reports.zone_of(connection, org)):
        raise InvalidInputError("month.still_runs", month=month)
    known = reports.months_with_data(connection, org)
    if not known:
        raise InvalidInputError("month.nothing_known", month=month)
    if month < known[0]:
        raise InvalidInputError("month.before_first", month=month, first=known[0])
    last = last_closings(connection, org).get(month)
    if last is not None and not any(differences(connection, org, month, now_ms=now_ms)):
        raise ConflictError("month.nothing_new", month=month, revision=last.revision)
    if last is not None and not reason.strip():
        raise InvalidInputError("month.needs_reason", month=month, revision=last.revision)
    content = figures_document.document(connection, org, as_of_ms=now_ms, months=[month])
    snapshot = figures_document.canonical(content)
    found = Closing(
        revision=1 if last is None else last.revision + 1,
        closed_ms=now_ms,
        by=by,
        digest=sha256(snapshot).hexdigest(),
        reason=reason.strip(),
    )
    body = {"month": month, "digest": found.digest, "revision": found.revision, "reason": found.reason}
    ingest.accept_own(connection, org, [Draft(kind="month.closed", fields={"body": body})], actor=by, now_ms=now_ms)
    connection.execute(
        sa.insert(MONTH_CLOSING).values(
            org=org,
            month=month,
            revision=found.revision,
            closed_ms=now_ms,
            by=by,
            snapshot=snapshot,
            digest=found.digest,
            size=eventlog.head(connection, org).size,
            reason=found.reason,
        )
    )
    return found


def reported(connection: Connection, org: str, month: str) -> dict[str, Any]:
    """Give the document of a month's last closing; NotFoundError when it was never closed."""
    query = (
        sa.select(MONTH_CLOSING.c.snapshot)
        .where(MONTH_CLOSING.c.org == org, MONTH_CLOSING.c.month == month)
        .order_by(MONTH_CLOSING.c.revision.desc())
        .limit(1)
    )
    snapshot = connection.execute(query).scalar()
    if snapshot is None:
        raise NotFoundError("month.not_closed", month=month)
    content: dict[str, Any] = json.loads(bytes(snapshot))
    return content


def reported_figures(connection: Connection, org: str, month: str, narrowed: Slice) -> dict[str, dict[str, Any]]:
    """Give the figures of a closed month as they were reported, for the whole or for one filter.

    What was not kept, for want of data or because two filters meet, has no value and says so.
    """
    scope = narrowed.narrowed
    rows = {row["definition_id"]: row for row in reported(connection, org, month)["values"] if row["scope"] == scope}
    found: dict[str, dict[str, Any]] = {}
    for id_ in (*figures_document.OF_MONTHS, *figures_document.OF_NOW):
        row = {key: value for key, value in rows.get(id_, {}).items() if key != "scope"}
        found[id_] = {**row, "view": View.AS_REPORTED.value} if row else _missing(id_, month)
    return found


def _missing(definition_id: str, month: str) -> dict[str, Any]:
    return {
        "definition_id": definition_id,
        "value_micro": None,
        "period": month,
        "view": View.AS_REPORTED.value,
        "reason": NoValue.NOT_IN_SNAPSHOT.value,
    }


def differences(connection: Connection, org: str, month: str, *, now_ms: int) -> Iterator[Difference]:
    """Give every figure of a closed month of which the parts are known otherwise now.

    What only speaks of the moment it was asked is left out, and what no version knew yet when the month was closed.
    """
    content = figures_document.document(connection, org, as_of_ms=now_ms, months=[month])
    was = _by_address(reported(connection, org, month))
    now = _by_address(content)
    defined = {definition_id for definition_id, _, _ in was}
    for address in sorted(each for each in was.keys() | now.keys() if each[0] in defined):
        before, after = was.get(address), now.get(address)
        if _parts(before) != _parts(after):
            yield Difference(
                definition_id=address[0],
                scope={address[1]: address[2]} if address[1] else {},
                reported=before,
                known=after,
            )


def _by_address(content: Mapping[str, Any]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    found = {}
    for row in content["values"]:
        if row["definition_id"] not in figures_document.OF_NOW:
            ((dimension, value),) = row["scope"].items() or (("", ""),)
            found[row["definition_id"], dimension, value] = row
    return found


def _parts(row: Mapping[str, Any] | None) -> tuple[Any, ...] | None:
    return None if row is None else tuple(row[name] for name in ("value_micro", "numerator", "denominator", "bands"))


def late_events(connection: Connection, org: str, month: str, closing: Closing) -> tuple[int, list[Late]]:
    """Give how many events came after the closing of a month that they are of, or amend, and the first by time.

    After is after in the log, whatever a clock said; what waited for a person and was accepted later counts too.
    """
    place = _place_of(connection, org, month, closing)
    accepted_later = sa.select(STATUS_CHANGE.c.record).where(
        STATUS_CHANGE.c.org == org, STATUS_CHANGE.c.status == "accepted", _after(STATUS_CHANGE, place)
    )
    from_ms, until_ms = reports.bounds(month, reports.zone_of(connection, org))
    names = ("id", "kind", "subject", "teff", "received_ms")
    of_month = sa.and_(RECORD.c.teff >= from_ms, RECORD.c.teff < until_ms)
    amends = sa.and_(~of_month, RECORD.c.kind != f"{REVIEWED}/1", RECORD.c.id.in_(_amending(org, from_ms, until_ms)))
    came_late = (
        RECORD.c.org == org,
        RECORD.c.kind.in_([f"{kind}/1" for kind in KINDS]),
        sa.or_(_after(RECORD, place), RECORD.c.rid.in_(accepted_later)),
        RECORD.c.status == "accepted",
    )
    count, found = 0, []
    for those in (of_month, amends):
        count += connection.execute(
            sa.select(sa.func.count()).select_from(RECORD).where(*came_late, those)
        ).scalar_one()
        query = sa.select(*(RECORD.c[name] for name in names)).where(*came_late, those)
        rows = connection.execute(query.order_by(RECORD.c.teff, RECORD.c.rid).limit(MAX_LISTED))
        found += [Late(**row._mapping) for row in rows]  # noqa: SLF001
    return count, sorted(found, key=lambda each: each.teff)[:MAX_LISTED]


def _amending(org: str, from_ms: int, until_ms: int) -> sa.Select[tuple[str]]:
    """Give the ids of the voids and corrections of the events of some time, and of what corrects these."""
    target = RECORD.alias("target")
    named = sa.and_(target.c.org == AMENDMENT.c.org, target.c.id == AMENDMENT.c.target, target.c.status == "accepted")
    amends = sa.select(AMENDMENT.c.id).where(AMENDMENT.c.org == org)
    of_time = amends.join(target, named).where(target.c.teff >= from_ms, target.c.teff < until_ms)
    reached = of_time.cte("reached", recursive=True)
    reached = reached.union(amends.where(AMENDMENT.c.target == reached.c.id))
    return sa.select(reached.c.id)


def _place_of(connection: Connection, org: str, month: str, closing: Closing) -> tuple[int, int]:
    """Give the generation and the leaf of the event by which a month was closed."""
    wanted = (month, closing.revision, closing.digest)
    columns = (RECORD.c.generation, RECORD.c.leaf, RECORD.c.payload)
    for row in connection.execute(sa.select(*columns).where(RECORD.c.org == org, RECORD.c.kind == "month.closed/1")):
        body = json.loads(bytes(row.payload))["body"]
        if (body["month"], body["revision"], body["digest"]) == wanted:
            return row.generation, row.leaf
    raise NotFoundError("month.not_closed", month=month)


def _after(table: sa.Table, place: tuple[int, int]) -> sa.ColumnElement[bool]:
    generation, leaf = place
    later = sa.and_(table.c.generation == generation, table.c.leaf > leaf)
    return sa.or_(table.c.generation > generation, later)
