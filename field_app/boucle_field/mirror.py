"""The mirror: what the server last said, with what was recorded here since folded on top of it.

The screen shows `server's fold + local events`, by the same `step` that the server runs, so that what came down
never hides what has not gone up yet. It is a prediction: the server knows what other devices did.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from boucle.amend import effective, in_order
from boucle.anchor import Reading
from boucle.binding import PROVISIONAL, Binding, first_claims, is_claim, owner, resolve, via_of
from boucle.events import CLAIMS, KINDS, Event, Family
from boucle.facts import Fact
from boucle.fold import Mark, born, run, step
from boucle.item import Item, load
from boucle.reasons import Outcome
from boucle.reference import Book, Site
from boucle.replay import belongs
from boucle.telling import mark_of_pieces
from boucle_field import timekeeper, undoing
from boucle_field.outbox import as_event
from boucle_field.pages import Page, take, versions
from boucle_field.store import Store, put

_LOCAL = (
    "SELECT payload, teff, tq, wall_ms, boot, mono_ms FROM outbox"
    " WHERE folded = 0 AND state IN ('new', 'acked', 'held') AND "
)
_DOWN = ("reference", "item", "item_code", "item_serial", "operator", "returned", "stock", "stop_event")
_HOLDS = "SELECT id FROM outbox WHERE folded = 0 AND state = 'acked' AND n <= ?"
_CODES_OF = "SELECT code FROM item_code WHERE item IN (?, ?)"
_BINDINGS = tuple(sorted(CLAIMS - {"item.commissioned"}))
_LATEST = 2**62
"""An instant after every version."""


class Seen(NamedTuple):
    """What this device knows of a subject: the item as it should be now, whether somebody claimed the code for it."""

    item: Item
    known: bool
    claimed: bool


class _Past(NamedTuple):
    """A thing by the server's last word, what was recorded here since, and which of it claims a code too late."""

    start: Item
    events: list[Event]
    lost: set[str]
    claimed: bool


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

    def apply(self, page: Page, *, upto: int = 0) -> None:
        """Take in one page with its cursor, in one transaction; it knows what it has of the first `upto` events."""
        with self.store.writing() as db:
            if page.reset or self.store.get("afresh"):
                for table in _DOWN:
                    db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own table names
            holds = [row[0] for row in db.execute(_HOLDS, (upto,))]
            for row in page.rows:
                take(db, row, holds=holds)
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
            self._book = Book(version for table, key, text in rows for version in versions(table, key, text))
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
        past = self._past(subject, without)
        now, _, _ = run(past.start, past.events, self.book(), lost_claims=past.lost)
        return Seen(now, now.known, past.claimed)

    def counted(self, subject: str) -> Iterable[tuple[str, tuple[Fact, ...]]]:
        """Give what each event of ours about a thing, since the server's last word, adds to the counts."""
        past = self._past(subject, "")
        item = past.start
        for event in past.events:
            item, facts, _ = step(item, event, self.book(), lost_claim=event.id in past.lost)
            yield event.id, facts

    def _past(self, subject: str, without: str) -> "_Past":
        """Give where the server's last word leaves a thing, with our own events since, in their order."""
        codes = self._around(subject, without)
        standing, _ = effective({event.id: event for event in self._local_about(codes) if event.id != without})
        claims = first_claims(standing)
        bound = {code: item for code in codes if (item := self._bound(code))}
        local = resolve({code: claim for code, claim in claims.items() if code not in bound})
        item_id = _owner(subject, bound, local)
        with self.store.reading() as db:
            row = db.execute("SELECT state FROM item WHERE item = ?", (item_id,)).fetchone()
        birth = next((event for event in standing if event.id == item_id), None)
        start = load(row[0]) if row else born(item_id, birth, self.book())
        own = {code for code in codes if _owner(code, bound, local) == item_id}
        history = in_order(event for event in standing if event.subject in own and belongs(event))
        lost = {event.id for event in history if is_claim(event) and _is_lost(event, bound, claims)}
        return _Past(start, history, lost, subject in bound or subject in claims)

    def predict(self, event: Event) -> Mark:
        """Give what the fold should make of an event that was just recorded here, or is about to be."""
        kind = KINDS[event.kind]
        if kind.family in (Family.RECORD, Family.REFERENCE) or not event.subject:
            return Mark(event.id, event.teff, event.kind, Outcome.NOTED)
        book = self.book()
        if event.subject.startswith("qty:"):
            return mark_of_pieces(event, book)
        seen = self.look(event.subject, without=event.id)
        lost = is_claim(event) and seen.claimed
        item = seen.item
        if is_claim(event) and not lost:
            through = via_of(event)
            item = self.look(through, without=event.id).item if through else born(event.id, event, book)
        return step(item, event, book, lost_claim=lost).mark

    def last_scan(self, subject: str, kind: str, *, before: int) -> int | None:
        """Give when (ms) this device recorded this kind of event of a subject before place `before`, else None."""
        with self.store.reading() as db:
            row = db.execute(
                "SELECT payload, teff, tq, wall_ms, boot, mono_ms FROM outbox"
                " WHERE subject = ? AND kind = ? AND n < ? ORDER BY n DESC LIMIT 1",
                (subject, kind, before),
            ).fetchone()
        return None if row is None else self._events([row])[0].teff

    def _around(self, subject: str, without: str) -> set[str]:
        """Give every code that may name the same item as `subject`, by the server's word and by what was bound here."""
        bound = [event for event in self._local(f"kind IN ({_marks(_BINDINGS)})", _BINDINGS) if event.id != without]
        codes, ahead = {subject}, [subject]
        while ahead:
            code = ahead.pop()
            item = self._bound(code)
            with self.store.reading() as db:
                same = {row[0] for row in db.execute(_CODES_OF, (item, PROVISIONAL + code))}
            same |= {item.removeprefix(PROVISIONAL)} if item.startswith(PROVISIONAL) else set()
            same |= {via_of(event) for event in bound if event.subject == code}
            same |= {event.subject for event in bound if via_of(event) == code}
            ahead += sorted(same - codes)
            codes |= same
        return codes

    def _bound(self, code: str) -> str:
        """Give the item that a code is bound to by the server's word, `""` when nobody claimed it there."""
        with self.store.reading() as db:
            row = db.execute("SELECT item FROM item_code WHERE code = ?", (code,)).fetchone()
        return str(row[0]) if row else ""

    def _local_about(self, codes: set[str]) -> list[Event]:
        found = self._local(f"subject IN ({_marks(codes)})", tuple(codes))
        return [event for event in found if not (event.corrects and self._is_known_but_for_photos(event))]

    def _is_known_but_for_photos(self, event: Event) -> bool:
        """Tell whether an event says again, with a photo more, what the server's last word has as it was."""
        before = undoing.said_before(self.store, event, photos_only=True)
        with self.store.reading() as db:
            query = f"SELECT 1 FROM outbox WHERE folded = 1 AND id IN ({_marks(before)})"  # noqa: S608
            return db.execute(query, [each.id for each in before]).fetchone() is not None

    def _local(self, condition: str, values: tuple[str, ...]) -> list[Event]:
        with self.store.reading() as db:
            return self._events(db.execute(f"{_LOCAL}{condition} ORDER BY n", values).fetchall())

    def _events(self, rows: Iterable[tuple[Any, ...]]) -> list[Event]:
        known = timekeeper.samples(self.store)
        events: list[Event] = []
        for payload, teff, tq, wall, boot, mono in rows:
            reading = Reading(wall_ms=wall, boot=boot, mono_ms=mono)
            at = teff if teff is not None else timekeeper.server_ms(reading, known)
            # As when they are stamped: after a restart nobody knows the time, and yet what came later is later.
            events.append(as_event(payload, max(at, events[-1].teff) if events and teff is None else at, tq))
        return events


def _owner(code: str, bound: Mapping[str, str], local: Mapping[str, Binding]) -> str:
    """Give the item that a code names: by the server's word (`bound`), else by what was bound here since."""
    item, passed = bound.get(code) or owner(code, local), set[str]()
    while item.startswith(PROVISIONAL) and item not in passed:
        # Nobody had claimed the code at the end of this way when one side last looked: the other may know more.
        passed.add(item)
        end = item.removeprefix(PROVISIONAL)
        item = bound.get(end) or owner(end, local)
    return item


def _is_lost(event: Event, bound: Mapping[str, str], claims: Mapping[str, Event]) -> bool:
    """Tell whether a claim made here came too late: the server knows an owner, or we made an earlier claim."""
    first = claims.get(event.subject)
    return event.subject in bound or (first is not None and first.id != event.id)


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
