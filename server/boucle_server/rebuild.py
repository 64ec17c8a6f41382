"""The read tables made again from the events, or compared with what the events give.

The history is replayed in closed parts (with a code all codes of its item, with an event all that amends it), so
that memory does not grow with the ledger. What a part gives is `boucle.replay`, the definition.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import answering, stock
from boucle.amend import Edge, edges_of
from boucle.binding import is_claim, via_of
from boucle.events import Event
from boucle.facts import Cells, Fact, add
from boucle.reference import Book, Version
from boucle.replay import World, replay
from boucle_server import case_answers, cell_sums, kept_bytes, photos, projections, rows, stop_feed, watermarks
from boucle_server.feed import note_changes
from boucle_server.organisations import SERVER_DEV
from boucle_server.projections import SqlStore, event_of
from boucle_server.read_tables import (
    AMENDMENT,
    BINDING,
    CASE_ANSWER,
    CELL,
    CELL_SUM,
    ITEM,
    PHOTO_PROMISE,
    REFERENCE,
    SETTLED,
    TASK,
    WATERMARK,
)
from boucle_server.schema import empty_read_tables, mark_filled
from boucle_server.tables import RAW, RECORD

PART: Final = 2_000
"""Subjects replayed at a time."""
_AMENDING: Final = (
    *(b'"corrects"', b'"confirms"', b'"event.voided/', b'"event.reviewed/'),
    *(b'"label.bound/', b'"label.replaced/'),
)
"""What a payload has to hold for its event to join two subjects."""


class Difference(NamedTuple):
    """A row that is not as the events give it: `missing`, `extra` or `other`."""

    table: str
    what: str
    row: tuple[Any, ...]


def rebuild(connection: Connection, org: str, *, now_ms: int) -> int:
    """Make the read tables of an organisation anew, in its writing transaction; give how many events were read."""
    empty_read_tables(connection, org)
    joins = _joins(connection, org)
    cells: Cells = {}
    for world in worlds(connection, org, joins):
        add(cells, (Fact(at, n) for at, n in world.cells.items()))
        for table, columns, found in _rows_of(org, world):
            rows.insert(connection, table, columns, found)
    rows.insert(connection, CELL, projections.CELL_COLUMNS, [(org, *at, n) for at, n in cells.items()])
    cell_sums.add(connection, org, cells)
    counted = [(projections.RETURNS, rma) for rma in projections.returns_in(cells)]
    counted += [(projections.STOCK, site) for site in sorted(stock.sites_in(cells, Book(joins.versions)))]
    note_changes(connection, org, [*counted, *stop_feed.recent(connection, org, now_ms=now_ms)])
    rows.insert(connection, AMENDMENT, projections.EDGE_COLUMNS, [(org, *edge) for edge in joins.edges])
    rows.insert(connection, CASE_ANSWER, case_answers.ANSWER_COLUMNS, _answers(connection, org, joins))
    projections.write_versions(connection, org, joins.versions)
    rows.insert(connection, WATERMARK, watermarks.WATERMARK_COLUMNS, list(_watermarks(connection, org)))
    rows.insert(connection, SETTLED, kept_bytes.SETTLED_COLUMNS, list(kept_bytes.settled(connection, org)))
    rows.insert(connection, PHOTO_PROMISE, photos.PROMISE_COLUMNS, sorted(photos.promised(connection, org)))
    mark_filled(connection, now_ms)
    return joins.events


def differences(connection: Connection, org: str, *, part: int = PART) -> Iterator[Difference]:
    """Give every row of the read tables that is not as the events give it, replayed `part` subjects at a time."""
    joins = _joins(connection, org)
    cells: Cells = {}
    counts = dict.fromkeys((ITEM.name, BINDING.name, TASK.name), 0)
    for world in worlds(connection, org, joins, part=part):
        add(cells, (Fact(at, n) for at, n in world.cells.items()))
        for table, columns, found in _rows_of(org, world):
            counts[table.name] += len(found)
            yield from _compare_part(connection, org, table, columns=columns, wanted=found)
    for table in (ITEM, BINDING, TASK):
        stored: int = connection.execute(sa.select(sa.func.count()).where(table.c.org == org)).scalar_one()
        if stored > counts[table.name]:
            yield Difference(table.name, "extra", (stored - counts[table.name],))
    whole: list[tuple[sa.Table, tuple[str, ...], Iterable[tuple[Any, ...]]]] = [
        (CELL, projections.CELL_COLUMNS, [(org, *at, n) for at, n in cells.items()]),
        (CELL_SUM, ("org", "cell", "month", "n"), cell_sums.rows_of(org, cells)),
        (AMENDMENT, projections.EDGE_COLUMNS, [(org, *edge) for edge in joins.edges]),
        (CASE_ANSWER, case_answers.ANSWER_COLUMNS, _answers(connection, org, joins)),
        (REFERENCE, projections.REFERENCE_COLUMNS, [projections.version_row(org, one) for one in joins.versions]),
        (WATERMARK, watermarks.WATERMARK_COLUMNS, _watermarks(connection, org)),
        (SETTLED, kept_bytes.SETTLED_COLUMNS, kept_bytes.settled(connection, org)),
        (PHOTO_PROMISE, photos.PROMISE_COLUMNS, photos.promised(connection, org)),
    ]
    for table, columns, wanted in whole:
        yield from _compare(table, set(wanted), _stored(connection, org, table, columns))


def worlds(connection: Connection, org: str, joins: "_Joins", *, part: int = PART) -> Iterator[World]:
    """Replay the whole history, closed part by closed part."""
    book = Book(joins.versions)
    for subjects in _parts(joins, part):
        found = rows.select(
            connection,
            RECORD,
            ("payload", "teff", "tq"),
            org=org,
            key="subject",
            keys=subjects,
            extra="status = 'accepted'",
        )
        yield replay([event_of(payload, teff, tq) for payload, teff, tq in found], book)


class _Joins(NamedTuple):
    subjects: list[str]
    root: dict[str, str]
    edges: list[Edge]
    versions: list[Version]
    answers: list[Event]
    events: int


def _joins(connection: Connection, org: str) -> _Joins:
    """Read the ledger once: which subjects there are, which belong together, and what is stated about the register."""
    root: dict[str, str] = {}
    subjects: dict[str, None] = {}
    joining: dict[str, Event] = {}
    edges: list[Edge] = []
    versions: list[Version] = []
    answers: list[Event] = []
    read = 0
    columns = (RECORD.c.subject, RECORD.c.payload, RECORD.c.teff, RECORD.c.tq, RECORD.c.kind)
    query = sa.select(*columns).where(RECORD.c.org == org, RECORD.c.status == "accepted").order_by(RECORD.c.rid)
    with connection.execute(query, execution_options={"yield_per": projections.FETCH}) as found:
        for row in found:
            read += 1
            if row.subject:
                subjects[row.subject] = None
            payload = bytes(row.payload)
            if row.kind == "reference.set/1":
                versions.append(Version.of(event_of(payload, row.teff, row.tq)))
            elif b"\\" in payload or any(mark in payload for mark in _AMENDING):
                event = event_of(payload, row.teff, row.tq)
                joining[event.id] = event
            if row.kind == f"{answering.ANSWERED}/1":
                answers.append(event_of(payload, row.teff, row.tq))
    for event in joining.values():
        if is_claim(event) and via_of(event):
            _join(root, event.subject, via_of(event))
            subjects |= {via_of(event): None}
        edges += edges_of(event)
    if _join_amended(connection, org, edges, joining, root=root):
        subjects[""] = None
    return _Joins(list(subjects), root, edges, versions, answers, read)


def _join_amended(
    connection: Connection, org: str, edges: Sequence[Edge], joining: dict[str, Event], *, root: dict[str, str]
) -> bool:
    """Join with each target, there or not, all that amends it; tell whether one that names no subject amends any.

    Amendments of one target compete, even where the target itself never came or does not count.
    """
    targets = {edge.target for edge in edges}
    about = rows.select(
        connection, RECORD, ("id", "subject"), org=org, key="id", keys=targets, extra="status = 'accepted'"
    )
    subject_of = dict(tuple(row) for row in about)
    without_subject = False
    for edge in edges:
        other = subject_of.get(edge.target) or f"\0{edge.target}"  # no subject begins so: it only joins
        subject = joining[edge.amender].subject
        without_subject |= not subject
        _join(root, subject, other)
    return without_subject


def _join(root: dict[str, str], one: str, other: str) -> None:
    root[_root(root, one)] = _root(root, other)


def _root(root: dict[str, str], subject: str) -> str:
    while (above := root.get(subject, subject)) != subject:
        root[subject] = root.get(above, above)
        subject = above
    return subject


def _parts(joins: _Joins, size: int) -> Iterator[list[str]]:
    families: dict[str, list[str]] = {}
    for subject in joins.subjects:
        families.setdefault(_root(joins.root, subject), []).append(subject)
    part: list[str] = []
    for family in families.values():
        part += family
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part


_Rows = tuple[sa.Table, tuple[str, ...], list[tuple[Any, ...]]]


def _rows_of(org: str, world: World) -> list[_Rows]:
    items = [projections.item_row(org, item) for item in world.items.values()]
    bindings = [(org, code, one.item, one.claim, one.via) for code, one in world.bindings.items()]
    tasks = [(org, item, event, str(reason), teff) for (item, event, reason), teff in world.tasks.items()]
    return [
        (ITEM, projections.ITEM_COLUMNS, items),
        (BINDING, projections.BINDING_COLUMNS, bindings),
        (TASK, projections.TASK_COLUMNS, tasks),
    ]


def _answers(connection: Connection, org: str, joins: _Joins) -> Sequence[tuple[Any, ...]]:
    """Give the rows of the answers that stand; what amends them is told by the table of amendments."""
    return case_answers.rows_of(org, answering.changed(joins.answers, SqlStore(connection, org)).standing)


def _watermarks(connection: Connection, org: str) -> Iterator[tuple[Any, ...]]:
    epochs = {
        (row.dev, row.epoch)
        for table in (RECORD, RAW)
        for row in connection.execute(sa.select(table.c.dev, table.c.epoch).where(table.c.org == org).distinct())
    }
    for dev, epoch in sorted(epochs):
        found = watermarks.from_ledger(connection, org, dev, epoch=epoch)
        if dev != SERVER_DEV and epoch and found.ranges:
            yield watermarks.row_of(org, dev, epoch, found)


def _compare_part(
    connection: Connection, org: str, table: sa.Table, *, columns: tuple[str, ...], wanted: list[tuple[Any, ...]]
) -> Iterator[Difference]:
    keys = {row[1] for row in wanted}
    stored = rows.select(connection, table, columns, org=org, key=columns[1], keys=keys)
    yield from _compare(table, set(wanted), {tuple(row) for row in stored})


def _compare(table: sa.Table, wanted: set[tuple[Any, ...]], stored: set[tuple[Any, ...]]) -> Iterator[Difference]:
    width = len(table.primary_key.columns)
    there = {row[:width] for row in stored}
    asked = {row[:width] for row in wanted}
    for row in sorted(wanted - stored, key=repr):
        yield Difference(table.name, "other" if row[:width] in there else "missing", row)
    for row in sorted(stored - wanted, key=repr):
        if row[:width] not in asked:
            yield Difference(table.name, "extra", row)


def _stored(connection: Connection, org: str, table: sa.Table, columns: Sequence[str]) -> set[tuple[Any, ...]]:
    query = sa.select(*(table.c[name] for name in columns)).where(table.c.org == org)
    return {tuple(row) for row in connection.execute(query)}
