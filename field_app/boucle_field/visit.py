"""One visit: an action at a place, what is scanned in it, and what a person makes of each line.

What its lines come to is made from what the desk told of each scan. A visit survives the app: which one is open is
kept in the store, its lines are read back from the outbox and from what was told of them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Self

from boucle.actions import ACTIONS, Amount, Question
from boucle.fields import Fault
from boucle.ids import uuid7
from boucle.item import Item
from boucle.lines import Line
from boucle.telling import Outcome, Told
from boucle.visiting import CLAIMING, ONCE, PAIRS, PHOTOGRAPHED, again, answers_of, line_aboard, line_of, line_of_pieces
from boucle.wire import subject_of
from boucle_field import arrivals, correcting, driving, return_receipt, sorting
from boucle_field.blank_labels import ARRIVALS, is_blank
from boucle_field.hand import Hand
from boucle_field.kept_lines import KeptLines
from boucle_field.names import name_of_type
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import About, Step
from boucle_field.stop_events import VOID
from boucle_field.store import put
from boucle_field.undoing import amended, closed_events, said_since
from boucle_field.visit_lines import VisitLines
from boucle_field.work import draft

_OPEN: Final = "visit"


class Visit(VisitLines):
    """An open visit."""

    def __init__(
        self,
        phone: Phone,
        *,
        action: str,
        place: str,
        task: str,
        said: Mapping[str, Any] | None = None,
        lines: Iterable[Line] = (),
    ) -> None:
        super().__init__(phone, action=action, place=place, task=task, lines=lines)
        self.said = dict(said or {})
        """What was said once for all scans of the visit: answers to the action's fields, the verdict of a receipt."""
        self._closed_at, self._closed_events = "", frozenset[str]()
        self.hand = Hand(phone, About(Step.VISIT, task, place, action))
        """Photos that go along with what is recorded next."""

    @classmethod
    def begin(
        cls, phone: Phone, *, action: str, place: str, task: str = "", said: Mapping[str, Any] | None = None
    ) -> Self:
        """Open a visit, and keep that it is open; what was done under the task here before is part of it."""
        now = phone.ticks.reading().wall_ms
        lines = KeptLines(phone, action=action, place=place, task=task).read() if task else []
        task = task or uuid7(min(max(now, 0), 2**48 - 1), phone.randomness)
        visit = cls(phone, action=action, place=place, task=task, said=said, lines=lines)
        visit._keep_open()
        return visit

    @classmethod
    def resume(cls, phone: Phone) -> Self | None:
        """Give the visit that was open when the app ended, None when there was none."""
        kept = phone.store.get(_OPEN)
        if not kept:
            return None
        fields = json.loads(kept)
        where = {name: fields[name] for name in ("action", "place", "task")}
        return cls(phone, **fields, lines=KeptLines(phone, **where).read())

    def _keep_open(self) -> None:
        fields = {"action": self.action, "place": self.place, "task": self.task, "said": self.said}
        with self.phone.store.writing() as db:
            put(db, _OPEN, json.dumps(fields))

    def reopen(self) -> Self:
        """Give this visit anew, open again after it was closed."""
        self._keep_open()
        again = type(self).resume(self.phone)
        assert again is not None
        return again

    def close(self, *, goes_on: bool = False) -> int:
        """End the visit: what it recorded stands. Give how many photos are left over, unless it `goes_on` later."""
        with self.phone.store.writing() as db:
            put(db, _OPEN, "")
        self._kept.close()
        return 0 if goes_on else self.hand.let_go()

    def say_along(self, said: Mapping[str, Any], *, instead_of: Iterable[str] = ()) -> None:
        """Say something once for all the scans that follow."""
        gone = set(instead_of)
        self.said = {name: value for name, value in self.said.items() if name not in gone} | dict(said)
        self._keep_open()

    # ---- what is scanned

    def scan(self, code: str) -> Line:
        """Record one item; when this returns a line with an event, that is durable. A `FieldError` otherwise."""
        now = self.phone.desk.now_ms()
        before = next((each for each in self.lines if each.subject == code and each.counts), None)
        if before is not None and self.action not in PAIRS:
            return again(before)
        if self.action == "collect" and (aboard := self._aboard(code)) is not None:
            return aboard
        if self.action in CLAIMING and (bound := self.phone.mirror.look(subject_of(code, "", ""))).claimed:
            name = name_of_type(self.phone.mirror.book(), bound.item.type, now) or code
            return self.refuse(code, "told.bound_already", {"type": name}, taken=True)
        return self._record(code, now)

    def _aboard(self, code: str) -> Line | None:
        """Give the line of an item that an earlier stop of this round took into the vehicle; None for any other."""
        at = driving.stop_of(self.phone, self.task)
        return line_aboard(code, self._known(code), at[0] if at else None, self.task, self.phone.desk.context())

    def pair(self, code: str, other: str) -> Line:
        """Record that a code now names what another one names; as `scan`."""
        self.say_along({PAIRS[self.action]: other})
        line = self.scan(code)
        self.say_along({}, instead_of=PAIRS.values())
        return line

    def judge(self, code: str, said: Mapping[str, Any]) -> Line:
        """Record what a control came to, said of this one item; refused beforehand, it has no event and no place."""
        return self._record(code, self.phone.desk.now_ms(), beside=dict(said))

    def count(self, amount: Amount, *, stop: tuple[str, str] | None = None) -> Line:
        """Record so many pieces of a type that carries no labels; `stop` is where they come from: place and task."""
        return self._record(amount, self.phone.desk.now_ms(), stop=stop)

    def sources(self, item_type: str) -> list[tuple[str, str]]:
        """Give the stops that pieces of a type may come from, as place and task: those of the round received."""
        return arrivals.sources(self.phone, self.task, item_type) if self.action == "receive" else []

    def refuse(
        self, subject: str, key: str, values: Mapping[str, object], *, raw: str = "", taken: bool = False
    ) -> Line:
        """Keep in sight what could not be used; nothing is recorded. `raw` is a foreign text that may be kept later."""
        line = Line(
            subject=subject,
            outcome=Outcome.REFUSED,
            at_ms=self.phone.desk.now_ms(),
            why=((key, dict(values)),),
            raw=raw,
            taken=taken,
        )
        return self.add(line)

    def _record(
        self,
        subject: str | Amount,
        now: int,
        *,
        stop: tuple[str, str] | None = None,
        beside: dict[str, Any] | None = None,
    ) -> Line:
        named = subject.item_type if isinstance(subject, Amount) else subject
        before = Item(id="") if isinstance(subject, Amount) else self._known(subject)
        made = self._draft(subject, (beside or {}) | self._against(subject, before, stop))
        if isinstance(made, Question):
            key = "told.verdict_first" if made.field.name == "verdict" else "told.no_home"
            return self.refuse(named, key, {})
        if isinstance(made, Fault):
            return self.refuse(named, made.key, made.values)
        sorts_along = self.action == "receive" and bool(sorting.answers(self))
        photos = len(self.hand)
        # What a photo shows is what sorting finds, where both are recorded.
        told = self.phone.desk.record(made) if sorts_along else self.hand.record(self.phone.desk, made)
        line = self._line(subject, told, now, before)
        if self.action == "receive" and line.event_id and line.outcome is not Outcome.KEPT:
            line = sorting.sort_along(self, subject, line) if sorting.answers(self) else line
        elif self.action == "sort":
            line = replace(line, found=self.said["verdict"])
            sorting.after_one(self)
        elif self.action == "return":
            line = return_receipt.judged(self, line, before)
        elif self.action == "control" and beside:
            line = replace(line, found=beside["verdict"])
        if ONCE & self.said.keys():
            self.say_along({}, instead_of=ONCE)
        return self.add(replace(line, photos=photos if line.event_id else 0))

    def _against(self, subject: str | Amount, before: Item, stop: tuple[str, str] | None) -> dict[str, str]:
        """Give what a receipt answers: the stop of an item, the one that pieces come from where it is known."""
        if self.action != "receive":
            return {}
        if not isinstance(subject, Amount):
            task = arrivals.answered(self.phone, before, task=self.task)
            return {"against": task} if task else {}
        stops = [stop] if stop else self.sources(subject.item_type)
        return {"from": stops[0][0], "against": stops[0][1]} if len(stops) == 1 else {}

    def _draft(self, subject: str | Amount, beside: dict[str, Any]) -> Draft | Question | Fault:
        action = ACTIONS[self.action]
        said = self.said | (sorting.answers(self) if self.action == "sort" else {})
        answers = answers_of(self.action, self.place, said)
        return draft(action, subject, answers | beside, context=self.phone.desk.context(task=self.task))

    def sort(self, verdict: str, grade: str = "") -> Line | None:
        """Record what sorting found of the last item; None when there is none. A `FieldError` records nothing."""
        return sorting.sort_last(self, verdict, grade)

    def _known(self, code: str) -> Item:
        return self.phone.mirror.look(subject_of(code, "", "")).item

    def _line(self, subject: str | Amount, told: Told, now: int, before: Item) -> Line:
        if isinstance(subject, Amount):
            return line_of_pieces(subject, told, at_ms=now)
        item = self._known(subject)
        line = line_of(
            subject,
            told,
            before,
            item,
            action=self.action,
            place=self.place,
            unlisted=self.is_unlisted(item),
            context=self.phone.desk.context(),
        )
        return replace(line, blank=self.action in ARRIVALS and is_blank(self.phone, subject))

    # ---- what a person makes of a line

    def undo(self) -> Line | None:
        """Void the last recorded line that stands; None when there is none. A `FieldError` keeps it as it was."""
        last = self.last
        return None if last is None else self.ignore(last)

    def ignore(self, line: Line) -> Line:
        """Take a line out of the visit: what was recorded is voided, what was not only stops asking.

        With it goes all that sorting found of it, also what was found instead since: a verdict alone would say that
        the thing came in.
        """
        for verdict in self.verdicts_of(line)[::-1]:
            self.phone.desk.undo(verdict.event_id)
            self.change(verdict, replace(verdict, undone=True))
        for event_id in (*said_since(self.phone.store, line.found_event), line.event_id):
            if event_id and amended(self.phone.store).get(event_id) != VOID:
                self.phone.desk.undo(event_id)
        return self.change(line, replace(line, undone=bool(line.event_id), decided=True))

    def keep(self, line: Line) -> Line:
        """Let a line stand as it was recorded: it asks no more."""
        return self.change(line, replace(line, decided=True))

    def ask_again(self, line: Line) -> Line:
        """Take a choice back that recorded nothing: the line asks as before."""
        return self.change(line, replace(line, decided=False))

    def keep_foreign(self, line: Line) -> Line:
        """Record a foreign code all the same, so that whoever links it to an item later gives that item this scan."""
        recorded = self._record(line.raw, self.phone.desk.now_ms())
        self.change(line, replace(line, decided=True))
        return recorded

    def takes_photo(self, line: Line) -> bool:
        """Tell whether a photo can still come to a line: it is recorded, stands, and was not validated."""
        if self.action not in PHOTOGRAPHED:
            return False
        return bool(line.event_id) and not line.undone and not self.is_closed(line)

    def is_closed(self, line: Line) -> bool:
        """Tell whether a line was validated with its stop, here or by others: it is corrected, no more undone."""
        return line.event_id in self._closed

    def add_photo(self, line: Line, photo: Photo) -> Line:
        """Add a photo to a line that is recorded: to what sorting found, where it found anything. RefusedError."""
        told = correcting.add_photo(self.phone, line.found_event or line.event_id, photo)
        shown = replace(line, photos=line.photos + 1)
        if line.found_event:
            return self.change(line, replace(shown, found_event=told.event_id))
        return self.change(line, replace(shown, event_id=told.event_id))

    @property
    def last(self) -> Line | None:
        """The last recorded line that stands: what an undo takes back."""
        standing = (line for line in reversed(self.lines) if line.event_id and not line.undone)
        return next((line for line in standing if not self.is_closed(line)), None)

    @property
    def _closed(self) -> frozenset[str]:
        """What was validated of the stop: of ours before this visit began, of others' as of the last pull.

        It is found by reading the whole stop, which no scan can wait for.
        """
        at = self.phone.mirror.cursor
        if at != self._closed_at:
            self._closed_at, self._closed_events = at, closed_events(self.phone.store, self.task)
        return self._closed_events
