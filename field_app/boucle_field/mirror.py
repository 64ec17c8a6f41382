"""The mirror: what the server last said, with what was recorded here since folded on top of it.

The screen shows `server's fold + local events`, by the same `step` that the server runs, so that what came down
never hides what has not gone up yet. It is a prediction: the server knows what other devices did.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from boucle.amend import effective, in_order
from boucle.anchor import Reading
from boucle.binding import PROVISIONAL, is_claim, via_of
from boucle.events import CLAIMS, KINDS, Event, Family
from boucle.fold import Mark, born, run, step
from boucle.item import Item, load
from boucle.quantity import DECLARED
from boucle.reasons import Outcome, Reason
from boucle.reference import Book, Site, Version
from boucle.replay import belongs
from boucle_field import timekeeper
from boucle_field.outbox import as_event
from boucle_field.store import Store, put

REFERENCE = frozenset({"site", "partner", "item_type", "lane", "loop"})
_LOCAL = (
    "SELECT payload, teff, tq, wall_ms, boot, mono_ms FROM outbox"
    " WHERE folded = 0 AND state IN ('new', 'acked', 'held') AND "
)
_DOWN = ("reference", "item", "item_code", "operator")
_BINDINGS = tuple(sorted(CLAIMS - {"item.commissioned"}))
_LATEST = 2**62
"""An instant after every version."""


class Row(NamedTuple):
    """One pulled row: its table, its key, its content, None for what is gone."""

    table: str
    key: str
    row: Any


class Page(NamedTuple):
    """One page of the server's changes; `next` is the cursor after it, `reset` forgets everything before it."""

    rows: tuple[Row, ...]
    next: int
    more: bool
    reset: bool

    @classmethod
    def read(cls, answer: Mapping[str, Any] | None) -> "Page | None":
        """Read the answer to a pull; None for anything else, whole or in part."""
        try:
            rows = [Row(each["table"], each["key"], _content(each["table"], each["row"])) for each in answer["rows"]]  # type: ignore[index]
            return cls(tuple(rows), int(answer["next"]), answer["more"] is True, answer.get("reset") is True)  # type: ignore[index, union-attr]
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


class Seen(NamedTuple):
    """What this device knows of a subject: the item, as it should be now."""

    item: Item
    known: bool


class Mirror:
    """Reads the store; holds nothing but the reference data, as long as they are the newest."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._book = Book()
        self._book_at = ""

    @property
    def cursor(self) -> str:
        """How far the server's changes were taken in, as the server counts them."""
        return self.store.get("cursor", "0")

    def apply(self, page: Page) -> None:
        """Take in one page with its cursor, in one transaction."""
        with self.store.writing() as db:
            if page.reset or self.store.get("afresh"):
                for table in _DOWN:
                    db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own table names
            for row in page.rows:
                _take(db, row)
            put(db, "cursor", str(page.next))
            put(db, "afresh", "")
        self._book_at = ""

    def begin_afresh(self) -> None:
        """Take everything in again at the next pull: the changes of a restored server are counted anew.

        What is here stays until the first page comes, so that a phone that goes offline now still knows its sites.
        """
        with self.store.writing() as db:
            put(db, "cursor", "0")
            put(db, "afresh", "1")

    def settled(self, upto: int) -> None:
        """Note that what the server has of the first `upto` recorded events is part of what it last said."""
        with self.store.writing() as db:
            db.execute("UPDATE outbox SET folded = 1 WHERE folded = 0 AND state != 'new' AND n <= ?", (upto,))

    def book(self) -> Book:
        """Give the reference data."""
        at = self.cursor
        if at != self._book_at:
            with self.store.reading() as db:
                rows = db.execute("SELECT tbl, key, versions FROM reference").fetchall()
            self._book = Book(version for table, key, text in rows for version in _versions(table, key, text))
            self._book_at = at
        return self._book

    def own_sites(self) -> list[Site]:
        """Give our own sites, those of no partner, as they are described now."""
        book = self.book()
        sites = (book.site(key, _LATEST) for key in book.keys("site"))
        return [site for site in sites if not site.partner]

    def look(self, subject: str, *, without: str = "") -> Seen:
        """Give what a code names as it should be now, by the server's last word and our own events since.

        `without` names an event of ours that is left out: the state before it.
        """
        item_id = self._owner(subject, without)
        with self.store.reading() as db:
            row = db.execute("SELECT state FROM item WHERE item = ?", (item_id,)).fetchone()
            codes = {code for (code,) in db.execute("SELECT code FROM item_code WHERE item = ?", (item_id,))}
            codes |= {code for (code,) in db.execute("SELECT subject FROM outbox WHERE id = ?", (item_id,))}
        codes |= {code for code in self._bound_here(without) if self._owner(code, without) == item_id}
        codes.add(subject)
        local, _ = effective({event.id: event for event in self._local_about(codes) if event.id != without})
        birth = next((event for event in local if event.id == item_id), None)
        start = load(row[0]) if row else born(item_id, birth, self.book())
        item, _, _ = run(start, in_order(event for event in local if belongs(event)), self.book())
        return Seen(item, item.known)

    def predict(self, event: Event) -> Mark:
        """Give what the fold should make of an event that was just recorded here, or is about to be."""
        kind = KINDS[event.kind]
        if kind.family in (Family.RECORD, Family.REFERENCE) or not event.subject:
            return Mark(event.id, event.teff, event.kind, Outcome.NOTED)
        book = self.book()
        if event.subject.startswith("qty:"):
            return Mark(event.id, event.teff, event.kind, Outcome.APPLIED, _quantity_reasons(event, book))
        item = self.look(event.subject, without=event.id).item
        if event.kind == "item.commissioned" and item.id.startswith(PROVISIONAL):
            item = born(event.id, event, book)
        elif event.kind in CLAIMS and item.id.startswith(PROVISIONAL):
            item = self.look(via_of(event), without=event.id).item
        elif event.kind in CLAIMS and event.kind != "item.commissioned":
            return Mark(event.id, event.teff, event.kind, Outcome.REFUSED, (Reason.ALREADY_BOUND,))
        return step(item, event, book).mark

    def last_scan(self, subject: str, kind: str, *, before: int) -> int | None:
        """Give when (ms) this device recorded this kind of event of a subject before place `before`, else None."""
        with self.store.reading() as db:
            row = db.execute(
                "SELECT payload, teff, tq, wall_ms, boot, mono_ms FROM outbox"
                " WHERE subject = ? AND kind = ? AND n < ? ORDER BY n DESC LIMIT 1",
                (subject, kind, before),
            ).fetchone()
        return None if row is None else self._events([row])[0].teff

    def _bound_here(self, without: str) -> set[str]:
        """Give the codes that were bound here to an item with another code, as the server may not know yet."""
        bound = self._local(f"kind IN ({_marks(_BINDINGS)})", _BINDINGS)
        return {event.subject for event in bound if event.id != without}

    def _claim_of(self, code: str, without: str) -> Event | None:
        """Give the first claim of a code that was made here, unless it is voided."""
        kinds = (*CLAIMS, "event.voided")
        events = self._local(f"kind IN ({_marks(kinds)}) AND subject = ?", (*kinds, code))
        standing, _ = effective({event.id: event for event in events if event.id != without})
        return next((event for event in standing if is_claim(event)), None)

    def _owner(self, code: str, without: str) -> str:
        """Give the item that a code names: by the server's word, else by what was bound here since."""
        passed: set[str] = set()
        while code not in passed:
            claim = self._claim_of(code, without)
            with self.store.reading() as db:
                bound = db.execute("SELECT item FROM item_code WHERE code = ?", (code,)).fetchone()
            if bound is not None and not (claim is not None and bound[0].startswith(PROVISIONAL)):
                return str(bound[0])
            if claim is None:
                break
            if claim.kind == "item.commissioned":
                return claim.id
            passed.add(code)
            code = via_of(claim)
        return PROVISIONAL + code

    def _local_about(self, codes: set[str]) -> list[Event]:
        return self._local(f"subject IN ({_marks(codes)})", tuple(codes))

    def _local(self, condition: str, values: tuple[str, ...]) -> list[Event]:
        with self.store.reading() as db:
            return self._events(db.execute(f"{_LOCAL}{condition} ORDER BY n", values).fetchall())

    def _events(self, rows: Iterable[tuple[Any, ...]]) -> list[Event]:
        known = timekeeper.samples(self.store)
        events = []
        for payload, teff, tq, wall, boot, mono in rows:
            reading = Reading(wall_ms=wall, boot=boot, mono_ms=mono)
            at = teff if teff is not None else timekeeper.server_ms(reading, known)
            events.append(as_event(payload, at, tq))
        return events


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _quantity_reasons(event: Event, book: Book) -> tuple[Reason, ...]:
    reasons = []
    if not book.item_type(event.item_type, event.teff).known:
        reasons.append(Reason.UNKNOWN_TYPE)
    places = (event.place, event.text("to") if event.kind in DECLARED else "")
    if any(place and not book.site(place, event.teff).known for place in places):
        reasons.append(Reason.UNKNOWN_PLACE)
    return tuple(reasons)


def _content(table: str, row: Any) -> Any:
    """Give what is stored of a row, as it is stored; what is not as it should be raises TypeError or KeyError."""
    match table:
        case _ if row is None:
            return None
        case "item":
            state = row["state"] if isinstance(row["state"], str) else _text(row["state"])
            load(state)
            return state, [str(code) for code in row["codes"]]
        case "operator":
            return [str(row.get(name) or "") for name in ("name", "badge", "pin", "role", "site")]
        case _ if table in REFERENCE:
            _versions(table, "", _text(row))
            return _text(row) if row else None
        case _:
            return _text(row)


def _take(db: sqlite3.Connection, row: Row) -> None:
    """Write one pulled row; a table of a newer server is passed over."""
    match row.table:
        case "item":
            db.execute("DELETE FROM item_code WHERE item = ?", (row.key,))
            db.execute("DELETE FROM item WHERE item = ?", (row.key,))
            if row.row is not None:
                state, codes = row.row
                db.execute("INSERT INTO item VALUES (?, ?)", (row.key, state))
                db.executemany("INSERT OR REPLACE INTO item_code VALUES (?, ?)", [(code, row.key) for code in codes])
        case "operator":
            db.execute("DELETE FROM operator WHERE person = ?", (row.key,))
            if row.row is not None:
                db.execute("INSERT INTO operator VALUES (?, ?, ?, ?, ?, ?)", (row.key, *row.row))
        case "org" if row.row is not None:
            put(db, "org_row", row.row)
        case table if table in REFERENCE:
            db.execute("DELETE FROM reference WHERE tbl = ? AND key = ?", (table, row.key))
            if row.row is not None:
                db.execute("INSERT INTO reference VALUES (?, ?, ?)", (table, row.key, row.row))
        case _:
            pass


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _versions(table: str, key: str, text: str) -> list[Version]:
    return [
        Version(
            table=table,
            key=key,
            valid_from=int(each.get("valid_from", 0)),
            # The server lists versions in their order; of two that begin together the later one holds.
            order=(0, "", "", place, str(each.get("id", ""))),
            row=each.get("row") or {},
        )
        for place, each in enumerate(json.loads(text))
    ]
