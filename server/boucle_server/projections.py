"""The read tables as the projection's store: read by keys in a few statements a batch, written where changed.

What the rows say is `boucle.projection`'s business. The reference book is remembered between batches under a mark
that is drawn anew whenever it changes, so that the hot path does not load it again.
"""

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from boucle import answering, donor_parts, qualifications, repair, return_rules, returning, stop_rows
from boucle.amend import Edge
from boucle.binding import Binding, owner
from boucle.checklists import MOMENT_OF, read_checklist
from boucle.checklists import TABLE as CHECKLIST
from boucle.events import Event
from boucle.facts import Cell
from boucle.item import Item, dump, load
from boucle.lifecycle import GONE
from boucle.projection import Changes, project
from boucle.qualifications import ACT_OF
from boucle.reference import ANY_TYPE, Book, Version
from boucle.wire import Unreadable, read, subject_of
from boucle_server import case_answers, cell_sums, rows
from boucle_server.errors import DatabaseDamagedError
from boucle_server.read_tables import AMENDMENT, BINDING, CELL, ITEM, REFERENCE, TASK
from boucle_server.tables import ORG_COUNTER, RECORD

RETURNS: Final = "return"
STOCK: Final = "stock"
"""The tables under which phones pull the counts of a return, and the pieces without labels of a site."""
"""The table under which phones are told how many of a return came how far."""
FETCH: Final = 1000
"""Rows that a scan of the ledger holds at a time."""
# Made once, for they run with every batch, and making them costs more than running them.
_MARK: Final = sa.select(ORG_COUNTER.c.reference_mark).where(ORG_COUNTER.c.org == sa.bindparam("of"))
_NO_ZERO: Final = sa.delete(CELL).where(CELL.c.org == sa.bindparam("of"), CELL.c.n == sa.literal_column("0"))
_BOOKS: WeakKeyDictionary[Engine, dict[str, tuple[int, Book]]] = WeakKeyDictionary()

ITEM_COLUMNS: Final = (
    "org",
    "item",
    "type",
    "stage",
    "site",
    "partner",
    "zone",
    "out_since",
    "due",
    "loss",
    "last_teff",
    "held_since",
    "work",
    "back",
    "rma",
    "donor",
    "host",
    "state",
)
BINDING_COLUMNS: Final = ("org", "code", "item", "claim", "via")
CELL_COLUMNS: Final = ("org", "cell", "month", "site", "partner", "loop", "type", "material", "measure", "bucket", "n")
TASK_COLUMNS: Final = ("org", "item", "event", "reason", "teff")
EDGE_COLUMNS: Final = ("org", "target", "id")
REFERENCE_COLUMNS: Final = ("org", "tbl", "key", "valid_from", "id", "teff", "dev", "epoch", "seq", "row")

Feed = list[tuple[str, str]]
"""`(table, key)` of what phones may want to pull again."""


class SqlStore:
    """The read tables of one organisation in one transaction, before a batch is written.

    `versions` are the reference rows that the batch states: what they concern is found in one scan for all.
    """

    def __init__(self, connection: Connection, org: str, *, versions: Sequence[Version] = ()) -> None:
        self.connection = connection
        self.org = org
        self._book: Book | None = None
        self._versions = versions
        self._mentions: dict[str, set[str]] | None = None

    def _loaded(self) -> Book:
        if self._book is None:
            self._book = load_book(self.connection, self.org)
        return self._book

    def book(self) -> Book:
        """Give the reference data."""
        return self._loaded()

    def bindings(self, codes: Iterable[str]) -> Mapping[str, Binding]:
        """Give the bindings of those codes that have one."""
        found = rows.select(
            self.connection, BINDING, ("code", "item", "claim", "via"), org=self.org, key="code", keys=codes
        )
        return {code: Binding(item, claim, via) for code, item, claim, via in found}

    def codes_of(self, items: Iterable[str]) -> Iterable[str]:
        """Give every code bound to any of the items."""
        found = rows.select(self.connection, BINDING, ("code",), org=self.org, key="item", keys=items)
        return [code for (code,) in found]

    def codes_via(self, codes: Iterable[str]) -> Iterable[str]:
        """Give every code bound through any of the codes."""
        wanted = [code for code in codes if code]
        found = rows.select(
            self.connection, BINDING, ("code",), org=self.org, key="via", keys=wanted, extra="via <> ''"
        )
        return [code for (code,) in found]

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """Give the states of those items that exist."""
        found = rows.select(self.connection, ITEM, ("item", "state"), org=self.org, key="item", keys=ids)
        return {item: load(state) for item, state in found}

    def events(self, ids: Iterable[str]) -> Iterable[Event]:
        """Give the accepted events with those ids."""
        return self._events("id", ids)

    def events_of(self, subjects: Iterable[str]) -> Iterable[Event]:
        """Give every accepted event about any of the subjects, amendments included."""
        return self._events("subject", subjects)

    def _events(self, key: str, keys: Iterable[str]) -> list[Event]:
        found = rows.select(
            self.connection,
            RECORD,
            ("payload", "teff", "tq"),
            org=self.org,
            key=key,
            keys=keys,
            extra="status = 'accepted'",
        )
        return [event_of(payload, teff, tq) for payload, teff, tq in found]

    def edges(self, ids: Iterable[str]) -> Iterable[Edge]:
        """Give every edge of which the target or the amender is among the ids."""
        wanted = list(ids)
        both = {
            Edge(target, amender)
            for key in ("target", "id")
            for target, amender in rows.select(
                self.connection, AMENDMENT, ("target", "id"), org=self.org, key=key, keys=wanted
            )
        }
        return both

    def subjects_of(self, version: Version) -> Iterable[str]:
        """Give every subject whose history may read a version: those that mention its row and reach its time.

        A history reads reference data at the instants of its own events, of a site's opening hours between them too,
        and for names that these mention. The first version of a row also speaks for the time before it, so it concerns
        every history that mentions it.
        """
        asked = _concerned(version, self._loaded())
        if not asked:
            return set()
        if self._mentions is None:
            several = (*self._versions, version)
            needles = {text for one in several for texts in _concerned(one, self._loaded()) for text in texts}
            self._mentions = mentions(self.connection, self.org, needles)
        subjects = set.union(*(self._mentions.get(needle, set()) for needle in asked[0]))
        bound = self.bindings(subject for subject in subjects if not subject.startswith("qty:"))
        for alternatives in asked[1:]:
            others = set.union(*(self._mentions.get(needle, set()) for needle in alternatives))
            bound = {**bound, **self.bindings(subject for subject in others if not subject.startswith("qty:"))}
            owners = {owner(subject, bound) for subject in others}
            subjects = {subject for subject in subjects if owner(subject, bound) in owners}
        return self._reaching(subjects, bound, _speaks_from(version, self._loaded()))

    def _reaching(self, subjects: set[str], bound: Mapping[str, Binding], from_ms: int | None) -> set[str]:
        """Keep the subjects of items that have an event at `from_ms` or later."""
        if from_ms is None:
            return subjects
        owners = {owner(subject, bound) for subject in subjects}
        found = rows.select(self.connection, ITEM, ("item", "last_teff"), org=self.org, key="item", keys=owners)
        over = {item for item, last_teff in found if last_teff < from_ms}
        return {subject for subject in subjects if owner(subject, bound) not in over}


def event_of(payload: bytes, teff: int, tq: int) -> Event:
    """Read a stored event again; DatabaseDamagedError when it is none, because it was one when it was stored."""
    event = read(bytes(payload), teff, tq)
    if isinstance(event, Unreadable):
        raise DatabaseDamagedError("api.event_unreadable", flaw=event.flaw)
    return event


# Reference data


def load_book(connection: Connection, org: str) -> Book:
    """Give the reference book, from memory when nothing changed since it was last read."""
    mark: int | None = connection.execute(_MARK, {"of": org}).scalar()
    known = _BOOKS.setdefault(connection.engine, {})
    if mark is None:
        return Book()
    if org not in known or known[org][0] != mark:
        known[org] = (mark, Book(versions_of(connection, org)))
    return known[org][1]


def versions_of(connection: Connection, org: str) -> Iterator[Version]:
    """Give every version of reference data as stored."""
    columns = (REFERENCE.c[name] for name in REFERENCE_COLUMNS[1:])
    for row in connection.execute(sa.select(*columns).where(REFERENCE.c.org == org)):
        yield Version(
            table=row.tbl,
            key=row.key,
            valid_from=row.valid_from,
            order=(row.teff, row.dev, row.epoch, row.seq, row.id),
            row=json.loads(row.row),
        )


def _concerned(version: Version, book: Book) -> list[list[str]]:
    """Give what a history must mention to read a row: of each list at least one text; nothing: none reads it."""
    match version.table:
        case "item_type":
            return [[version.key]]
        case "site":
            return [[version.key, *book.site_codes(version.key), *_stated_code(version)]]
        case "lane":
            origin, _, rest = version.key.partition(">")
            destination, _, kind = rest.partition(">")
            ends = [[end, *book.site_codes(end)] for end in (origin, destination) if end]
            return ends if kind == ANY_TYPE else [*ends, [kind]]
        case donor_parts.TABLE:
            return [[version.key.partition(">")[0]], list(_written(["work.harvested"]))]
        case table if table == CHECKLIST:
            versions = [*book.versions_of(CHECKLIST, version.key), version]
            read = [each for each in map(read_checklist, versions) if each is not None]
            moments = {each.moment for each in read}
            return [[*{each.ref for each in read}, *_written(kind for kind, at in MOMENT_OF.items() if at in moments)]]
        case qualifications.TABLE:
            acts = qualifications.acts_of(book, version)
            return [list(_written(kind for kind, act in ACT_OF.items() if act in acts))] if acts else []
        case return_rules.TABLE:
            decided = list(_written(["item.disposition_decided"]))
            return [decided] if version.key == ANY_TYPE else [[version.key], decided]
        case qualifications.HOLDERS:
            return [[version.key.partition(">")[0]], list(_written(ACT_OF))]
        case _:
            return []


def _written(kinds: Iterable[str]) -> Iterator[str]:
    """Give kinds of events as payloads name them."""
    return (f"{kind}/1" for kind in kinds)


def _stated_code(version: Version) -> list[str]:
    code = version.row.get("code")
    return [code] if isinstance(code, str) and code else []


def _speaks_from(version: Version, book: Book) -> int | None:
    """Give the instant from which a new version changes what is read, None when it may change all of it."""
    if not version.row:
        return None  # what is withdrawn may have given a label another place at any time
    if version.table in (qualifications.TABLE, qualifications.HOLDERS, return_rules.TABLE):
        return version.valid_from  # they say nothing of the time before
    first = book.first_start(version.table, version.key)
    if first is None or version.valid_from <= first:
        return None
    if version.table == CHECKLIST:  # answers may name any version, whenever they were given
        return None
    if version.table == "site" and any(book.site(code, first).key != version.key for code in _stated_code(version)):
        return None
    return version.valid_from


_STRING: Final = re.compile(rb'"([^"]*)"')
"""A JSON string in which nothing is escaped."""


def mentions(connection: Connection, org: str, needles: set[str]) -> dict[str, set[str]]:
    """Give, for each text, the subjects of the accepted events that mention it as a JSON string.

    One pass over the ledger, for the rare day on which reference data changes.
    """
    found: dict[str, set[str]] = {needle: set() for needle in needles}
    if not needles:
        return found
    written = {json.dumps(needle, ensure_ascii=False).encode()[1:-1]: needle for needle in needles}
    for subject, payload in _subjects_and_payloads(connection, org):
        if b"\\" in payload:  # some other way to write the same text
            for needle in needles.intersection(_texts(json.loads(payload))):
                found[needle].add(subject)
        else:
            # Looked up one by one: a pattern of thousands of texts would be tried at every place.
            for text in written.keys() & set(_STRING.findall(payload)):
                found[written[text]].add(subject)
    return found


def _subjects_and_payloads(connection: Connection, org: str) -> Iterator[tuple[str, bytes]]:
    columns = (RECORD.c.subject, RECORD.c.payload)
    query = sa.select(*columns).where(RECORD.c.org == org, RECORD.c.subject > "", RECORD.c.status == "accepted")
    with connection.execute(query, execution_options={"yield_per": FETCH}) as found:
        for row in found:
            yield row.subject, row.payload


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


# Writing


def take_effect(connection: Connection, org: str, events: Sequence[Event]) -> Feed:
    """Let newly accepted events take effect; none of them is stored as accepted yet."""
    if not events:
        return []
    versions = [Version.of(event) for event in events if event.kind == "reference.set"]
    store = SqlStore(connection, org, versions=versions)
    stops = [(stop_rows.TABLE, key) for key in stop_rows.touched(events, store)]
    case_answers.write(connection, org, answering.changed(events, store))
    return [*write(connection, org, project(events, store)), *stops]


def write(connection: Connection, org: str, changes: Changes) -> Feed:
    """Write what a batch changes, changed rows only; give what phones may want to pull again."""
    _write_cells(connection, org, changes)
    _write_items(connection, org, changes)
    _write_bindings(connection, org, changes)
    rows.delete(connection, TASK, TASK_COLUMNS[:4], [(org, *key) for key in changes.tasks_gone])
    rows.upsert(connection, TASK, TASK_COLUMNS, [(org, *key, teff) for key, teff in changes.tasks.items()])
    rows.upsert(connection, AMENDMENT, EDGE_COLUMNS, [(org, edge.target, edge.amender) for edge in changes.edges])
    write_versions(connection, org, changes.versions)
    touched = changes.items.keys() | changes.items_gone
    touched |= {binding.item for binding in changes.bindings.values()}
    stated = {(version.table, version.key) for version in changes.versions}
    back = returns_in(changes.cells)
    counted = [*((RETURNS, rma) for rma in back), *((STOCK, site) for site in sorted(changes.stocked))]
    return [*sorted(stated), *(("item", item) for item in sorted(touched)), *counted]


def returns_in(cells: Iterable[Cell]) -> list[str]:
    """Give the returns of which some cells speak."""
    return sorted({at.bucket for at in cells if at.cell == "return"})


def _write_cells(connection: Connection, org: str, changes: Changes) -> None:
    if not changes.cells:
        return
    rows.upsert(connection, CELL, CELL_COLUMNS, [(org, *at, n) for at, n in changes.cells.items()], add="n")
    # The partial index holds nothing but the cells that have just come to zero.
    connection.execute(_NO_ZERO, {"of": org})
    cell_sums.add(connection, org, changes.cells)


def _write_items(connection: Connection, org: str, changes: Changes) -> None:
    rows.delete(connection, ITEM, ("org", "item"), [(org, item) for item in changes.items_gone])
    rows.upsert(connection, ITEM, ITEM_COLUMNS, [item_row(org, item) for item in changes.items.values()])


def item_row(org: str, item: Item) -> tuple[Any, ...]:
    """Give the row of an item: its state, and the parts of it that are searched."""
    out = item.loan_open
    back, part = item.back, item.part
    return (
        org,
        item.id,
        item.type,
        str(item.stage),
        item.site,
        item.loan_partner if out else "",
        item.zone,
        item.ship_ms if out else None,
        item.due if out else None,
        item.loss if out else None,
        item.order[0],
        item.hold_ms if item.hold and item.stage not in GONE else None,
        item.work_stage if repair.waits(item) else "",
        item.return_stage if item.return_stage not in returning.ENDED else "",
        back.rma if back else "",
        subject_of(part.donor, "", "") if part else "",
        subject_of(part.host, "", "") if part else "",
        dump(item),
    )


def _write_bindings(connection: Connection, org: str, changes: Changes) -> None:
    rows.delete(connection, BINDING, ("org", "code"), [(org, code) for code in changes.bindings_gone])
    written = [(org, code, one.item, one.claim, one.via) for code, one in changes.bindings.items()]
    rows.upsert(connection, BINDING, BINDING_COLUMNS, written)


def write_versions(connection: Connection, org: str, versions: Sequence[Version]) -> None:
    """Write versions of reference data, under a new mark so that no remembered book outlives them."""
    if not versions:
        return
    rows.upsert(connection, REFERENCE, REFERENCE_COLUMNS, [version_row(org, version) for version in versions])
    mark = secrets.randbits(62)
    connection.execute(sa.update(ORG_COUNTER).where(ORG_COUNTER.c.org == org).values(reference_mark=mark))


def version_row(org: str, version: Version) -> tuple[Any, ...]:
    """Give the row of a version of reference data."""
    teff, dev, epoch, seq, event = version.order
    row = json.dumps(dict(version.row), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return (org, version.table, version.key, version.valid_from, event, teff, dev, epoch, seq, row)
