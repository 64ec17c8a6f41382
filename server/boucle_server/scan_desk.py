"""The desk of whoever scans on a page: a scan becomes an event of the server's own, and is told as a phone tells it.

First the record, in the transaction of the caller, then the telling. A physical scan is never refused: it happened. A
decision that would have no effect is refused beforehand, with the reason, and nothing is recorded.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.actions import Act, Context
from boucle.binding import is_claim, owner, via_of
from boucle.clock import day_of, month_of
from boucle.correction import VOID, Fix, corrected, with_photos
from boucle.events import KINDS, Event, Family
from boucle.fold import Mark, born, step
from boucle.ids import uuid7
from boucle.item import Item
from boucle.push import Status
from boucle.reasons import Outcome as Fate
from boucle.reference import Book
from boucle.roles import Capability, may_record
from boucle.rounds import TABLE, Round, read_round, round_under, rounds_in
from boucle.telling import Outcome, Told, has_no_effect, is_decided, mark_of_pieces, outcome_of, reasons_of
from boucle.unplanned import begun
from boucle.visiting import DIRECTIONS
from boucle.wire import subject_of
from boucle_server import amending, ingest
from boucle_server.errors import ConflictError, ForbiddenError
from boucle_server.foretelling import event_of_draft
from boucle_server.organisations import SERVER_DEV
from boucle_server.projections import SqlStore
from boucle_server.server_device import Draft
from boucle_server.stops_beside import under_way
from boucle_server.tables import RECORD

_SLOTS: Final = ("code", "item_type", "qty", "other", "task", "place", "against")
_LONGEST_AHEAD_MS: Final = 60_000
"""An event follows the last one of its item; one whose clock is further ahead than this is not waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who scans: the pseudonym that events carry, the rights, the zone that times are said in."""

    id: str
    held: frozenset[Capability]
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which visit is meant: what is done, where, under which task."""

    action: str
    place: str
    task: str


class Desk:
    """Where one person records within one writing transaction of an organisation."""

    def __init__(
        self, connection: Connection, org: str, who: Person, *, now_ms: int, site: str = "", once: str = ""
    ) -> None:
        self.connection, self.org, self.who = connection, org, who
        self.now_ms = now_ms
        self.site = site
        """The site of ours where work happens."""
        self.once = once
        """The id of the first event that is recorded here, where its form gives one."""
        self.store = SqlStore(connection, org)

    @property
    def book(self) -> Book:
        """The reference data."""
        return self.store.book()

    @property
    def month(self) -> str:
        """The month that it is where this person works."""
        return month_of(self.now_ms, self.who.zone)

    def context(self, *, task: str = "") -> Context:
        """Give what is known before a scan."""
        sites = (self.book.site(key, self.now_ms) for key in self.book.keys("site"))
        own = tuple(site for site in sites if not site.partner)
        return Context(book=self.book, now_ms=self.now_ms, task=task, site=self.site, own_sites=own)

    def task_at(self, action: str, place: str) -> str:
        """Give the task of a visit that begins: the stop planned there today for this person, else one of its own.

        At a partner's that is a stop that no round plans, and goes on with the one that is under way there.
        """
        today = day_of(self.now_ms, self.who.zone)
        if action in DIRECTIONS:
            for of in rounds_in(self.book, at_ms=self.now_ms):
                if of.day.isoformat() == today and not of.cancelled and of.person in ("", self.who.id):
                    stop = next((each for each in of.stops if each.place == place), None)
                    if stop is not None:
                        return of.task(stop)
            mine = {"person": self.who.id, "zone": self.who.zone}
            beside = under_way(self.connection, self.org, place, **mine, now_ms=self.now_ms)
            if task := beside or begun(date.fromisoformat(today), place, secrets.token_bytes):
                return task
        return uuid7(self.now_ms, secrets.token_bytes)

    def round_of(self, key: str) -> Round | None:
        """Give a round as it is planned now, None for one that nobody planned."""
        row = self.book.row(TABLE, key, self.now_ms) if key else None
        return read_round(key, row) if row is not None else None

    def round_under(self, task: str) -> Round | None:
        """Give the round that a task names, itself or by one of its stops."""
        return round_under(self.book, task, at_ms=self.now_ms)

    def look(self, code: str) -> Item:
        """Give what a code names as it is now; an item that nobody knows where nothing was ever recorded of it."""
        return self._item(subject_of(code, "", ""))

    def is_known(self, subject: str) -> bool:
        """Tell whether a subject names an item that somebody put into service."""
        return self._item(subject).known

    def is_claimed(self, code: str) -> bool:
        """Tell whether a code names an item by somebody's word."""
        subject = subject_of(code, "", "")
        return subject in self.store.bindings([subject])

    def record(
        self,
        act: Act,
        *,
        corrects: str = "",
        private: Mapping[str, Any] = MappingProxyType({}),
        photos: Sequence[Mapping[str, Any]] = (),
    ) -> Told:
        """Record what happened and tell what it means; ForbiddenError for what is not this person's to record."""
        if not may_record(self.who.held, act.kind):
            raise ForbiddenError("web.station_not_yours")
        draft = replace(_draft_of(act, corrects, photos), private=private)
        self._follow(draft)
        event = self._trial(draft)
        mark = self.foresee(event)
        if is_decided(act.kind) and has_no_effect(mark):
            return Told(Outcome.REFUSED, "", reasons_of(mark))
        since = self._last(event) if event.code else None
        return Told(outcome_of(mark), self._accept(draft), reasons_of(mark), since)

    def preview(self, act: Act) -> Told:
        """Tell what recording would tell; nothing is recorded."""
        mark = self.foresee(self._trial(_draft_of(act, "", ())))
        return Told(outcome_of(mark), "", reasons_of(mark))

    def _trial(self, draft: Draft) -> Event:
        return event_of_draft(self.org, draft, 1, actor=self.who.id, now_ms=self.now_ms, zone=self.who.zone)

    def foresee(self, event: Event) -> Mark:
        """Give what the fold makes of an event that comes last."""
        if KINDS[event.kind].family in (Family.RECORD, Family.REFERENCE) or not event.subject:
            return Mark(event.id, event.teff, event.kind, Fate.APPLIED)
        if event.item_type:
            return mark_of_pieces(event, self.book)
        lost = is_claim(event) and event.subject in self.store.bindings([event.subject])
        item = self._item(event.subject)
        if is_claim(event) and not lost:
            through = via_of(event)
            item = self._item(through) if through else born(event.id, event, self.book)
        return step(item, event, self.book, lost_claim=lost).mark

    def void(self, event: Event) -> str:
        """Take an event back that stands; give the id of the void. ConflictError where somebody did before.

        With one that only added a photo goes what it was added to: a line is gone as a whole.
        """
        if not may_record(self.who.held, VOID):
            raise ForbiddenError("web.station_not_yours")
        if amending.is_amended(self.store, event.id):
            raise ConflictError("web.inbox_voided_before")
        before = amending.said_before(self.store, event, photos_only=True)
        voids = [self._void(each) for each in (event, *before)]
        return voids[0]

    def void_before(self, event: Event) -> None:
        """Take back all in whose place a correction stands: with what it said, none of it happened."""
        for before in amending.other_words(self.store, event):
            self._void(before)

    def _void(self, event: Event) -> str:
        kind, fields = corrected(event, Fix.VOID)
        draft = Draft(kind=kind, fields=fields)
        self._follow(draft)
        return self._accept(draft)

    def add_photo(self, event: Event, photo: Mapping[str, Any]) -> str:
        """Say an event again with one photo more; give the id of what now stands in its place."""
        if not may_record(self.who.held, event.kind):
            raise ForbiddenError("web.station_not_yours")
        if amending.is_amended(self.store, event.id):
            raise ConflictError("web.inbox_voided_before")
        kind, fields = with_photos(event, [photo])
        draft = Draft(kind=kind, fields=fields)
        self._follow(draft)
        return self._accept(draft)

    def _accept(self, draft: Draft) -> str:
        draft, self.once = replace(draft, id=self.once), ""
        (result,) = ingest.accept_own(
            self.connection, self.org, [draft], actor=self.who.id, now_ms=self.now_ms, zone=self.who.zone
        )
        if result.status is not Status.ACCEPTED:
            raise ConflictError("web.not_recorded")
        self.now_ms += 1
        return result.id

    def _follow(self, draft: Draft) -> None:
        """Let an event come after the last one of its item, also where both are of one millisecond."""
        code = str(draft.fields.get("code", ""))
        last = self.look(code).order[0] if code else 0
        if self.now_ms <= last <= self.now_ms + _LONGEST_AHEAD_MS:
            self.now_ms = last + 1

    def _item(self, subject: str) -> Item:
        item_id = owner(subject, self.store.bindings([subject]))
        return self.store.items([item_id]).get(item_id) or Item(id=item_id)

    def _last(self, event: Event) -> int | None:
        """Give when (ms) a page last recorded this kind of event of a subject, None for never."""
        query = sa.select(sa.func.max(RECORD.c.teff)).where(
            RECORD.c.org == self.org,
            RECORD.c.subject == event.subject,
            RECORD.c.kind == f"{event.kind}/1",
            RECORD.c.dev == SERVER_DEV,
            RECORD.c.status == "accepted",
        )
        return self.connection.execute(query).scalar()


def _draft_of(act: Act, corrects: str, photos: Sequence[Mapping[str, Any]]) -> Draft:
    slots = {name: value for name in _SLOTS if (value := getattr(act, name)) not in ("", None)}
    more = {
        **({"corrects": corrects} if corrects else {}),
        **({"photos": [dict(each) for each in photos]} if photos else {}),
    }
    return Draft(kind=act.kind, fields={**slots, **more, "body": act.body})
