"""Recording at the scan station: a scan becomes an event, with its verdict, and the line that tells of it."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from boucle import leaving, sticky
from boucle.actions import ACTIONS, Act, Amount, Question, act
from boucle.events import Event
from boucle.fields import Fault
from boucle.leaving import COMMON, Treatment
from boucle.lines import Line
from boucle.meaning import Nothing, Thing, meaning
from boucle.photo_guards import lacks_photo
from boucle.telling import Outcome, Told
from boucle.visiting import (
    CLAIMING,
    ONCE,
    PAIRS,
    PHOTOGRAPHED,
    again,
    answers_of,
    line_aboard,
    line_of,
    line_of_pieces,
    sources_of,
    stop_answered,
)
from boucle_server.scan_desk import Desk
from boucle_server.scan_expected import is_unlisted
from boucle_server.scan_lines import Remembered, lines_of
from boucle_server.web.photo_field import FormPhoto
from boucle_server.web.station_state import State
from boucle_server.web.visit import LONGEST_SHOWN


def treatment_said(said: Mapping[str, str], month: str) -> Treatment | None:
    """Give the treatment that was said once, with its mode where the code allows several; None for none."""
    key = said.get("treatment", "")
    common = next((each for each in COMMON if key and key in (each.code, each.code or each.route)), None)
    found = common or leaving.treatment_of(key, month)
    mode = said.get("mode", "")
    return found._replace(mode=mode) if found and mode in leaving.modes(found.code, month) else found


class Recording:
    """One visit that records; `state` is what its address says afterwards."""

    def __init__(self, desk: Desk, state: State, memory: Remembered) -> None:
        self.desk, self.state, self.memory = desk, state, memory
        self.lines = lines_of(desk, state.scope, memory)
        self.photo: FormPhoto | None = None
        """A photo in hand: it goes with whatever is recorded next."""
        self._events: dict[str, Event] = {}

    @property
    def first(self) -> str:
        """The code that was scanned first, where two are joined; `""` while it is wanted."""
        return self.state.said.get("first", "")

    def tell(self, line: Line, text: str = "") -> None:
        """Show a line as the last one; what recorded nothing and is no repetition stays in sight."""
        if line.event_id:
            self.state = replace(self.state, last=line.event_id, note="")
        elif line.again:
            self.state = replace(self.state, last=text[:400], note="")
        else:
            self.state = self.state.seeing(text or line.subject)

    def say(self, note: str) -> None:
        """Let the page say something once."""
        self.state = replace(self.state, note=note)

    def unused(self, text: str) -> Line:
        """Say why a text recorded nothing, as it stands now; it may name something that was counted before."""
        meant = meaning(text, book=self.desk.book, is_linked=self.desk.is_known)
        match meant:
            case Nothing(key=key, code=code, type=type_key, raw=raw):
                return replace(self._refused(code, key, {"type": type_key}), raw=raw)
            case Thing(code=code):
                return self._unused_thing(code)
            case _:
                return self._refused(text[:LONGEST_SHOWN], "web.station_no_use")

    def _unused_thing(self, code: str) -> Line:
        met = self._met_before(code)
        if met is not None:
            return met
        if self.state.job.action in CLAIMING and self.desk.is_claimed(code):
            return self._refused(code, "told.bound_already", {"type": self._type_of(code) or code}, taken=True)
        made = self._made(code)
        if isinstance(made, Question | Fault):
            return self._unfit(code, made)
        told = self.desk.preview(made)
        item = self.desk.look(code)
        why: tuple[tuple[str, Mapping[str, object]], ...] = tuple((key, {}) for key in told.reasons)
        return replace(self._refused(code, ""), why=why, item=item.id, item_type=item.type)

    def _met_before(self, code: str) -> Line | None:
        """Give the line of an item that was counted in this visit or at an earlier stop of its round; None else."""
        action, task = self.state.job.action, self.state.task
        before = next((line for line in self.lines if line.subject == code and line.counts), None)
        if before is not None and action not in PAIRS:
            return again(before)
        if action != "collect":
            return None
        return line_aboard(code, self.desk.look(code), self.desk.round_under(task), task, self.desk.context())

    # ---- photos

    def event_of(self, line: Line) -> Event | None:
        """Give the event of a line that a photo can be added to: what sorting found of it, else the line's own."""
        key = line.found_event or line.event_id
        if not key or self.state.job.action not in PHOTOGRAPHED:
            return None
        if key not in self._events:
            self._events |= {event.id: event for event in self.desk.store.events({key})}
        return self._events.get(key)

    def lacks_photo(self, event: Event) -> bool:
        """Tell whether an event lacks the photo that its place asks for."""
        place = self.desk.book.site(event.place, event.teff)
        return lacks_photo(event.kind, event.body, event.photos, place)

    # ---- what is recorded

    def scan(self, code: str) -> Line:
        """Record one item, or tell why nothing was."""
        met = self._met_before(code)
        if met is not None:
            return met
        if self.state.job.action in CLAIMING and self.desk.is_claimed(code):
            return self._refused(code, "told.bound_already", {"type": self._type_of(code) or code}, taken=True)
        return self._record(code)

    def count(self, amount: Amount, *, stop: tuple[str, str] | None = None) -> Line:
        """Record so many pieces of a type that carries no labels; `stop` is where they come from: place and task."""
        return self._record(amount, stop=stop)

    def judge(self, code: str, said: Mapping[str, Any], photo: FormPhoto | None) -> Line:
        """Record what a control came to of one item."""
        self.photo = photo
        return self._record(code, beside=said)

    def keep_foreign(self, text: str) -> Line:
        """Record a foreign code all the same, so that whoever links it to an item later gives that item this scan."""
        self.state = self.state.without(text)
        return self._record(text.strip())

    def sources(self, item_type: str) -> list[tuple[str, str]]:
        """Give the stops that pieces of a type may come from, as place and task: those of the round received."""
        if self.state.job.action != "receive":
            return []
        return sources_of(self.desk.round_of(self.state.task), item_type)

    def _made(
        self,
        subject: str | Amount,
        stop: tuple[str, str] | None = None,
        beside: Mapping[str, Any] = MappingProxyType({}),
    ) -> Act | Question | Fault:
        state = self.state
        if state.job.action == "retire":
            return self._leaving(subject)
        said: Mapping[str, Any] = dict(state.said) | (sticky.answers(state.said) if state.job.action == "sort" else {})
        answers = answers_of(state.job.action, state.place, said) | self._against(subject, stop) | dict(beside)
        context = self.desk.context(task=state.task)
        return act(ACTIONS[state.job.action], subject, answers, context=context)

    def _leaving(self, subject: str | Amount) -> Act | Question | Fault:
        """Say that something leaves for good, by the treatment and the outlet that were said once."""
        said, desk = self.state.said, self.desk
        action = leaving.action_of(desk.look(subject) if isinstance(subject, str) else None)
        what = treatment_said(said, desk.month) or Treatment()
        answers = leaving.answers(action, what, said.get("outlet", "")) | {"place": self.state.place}
        return act(ACTIONS[action], subject, answers, context=desk.context(task=self.state.task))

    def _unfit(self, named: str, made: Question | Fault) -> Line:
        if isinstance(made, Fault):
            return self._refused(named, made.key, made.values)
        return self._refused(named, "told.verdict_first" if made.field.name == "verdict" else "told.no_home")

    def _record(
        self,
        subject: str | Amount,
        *,
        stop: tuple[str, str] | None = None,
        beside: Mapping[str, Any] = MappingProxyType({}),
    ) -> Line:
        state, desk = self.state, self.desk
        made = self._made(subject, stop, beside)
        if isinstance(made, Question | Fault):
            return self._unfit(subject.item_type if isinstance(subject, Amount) else subject, made)
        line = self._line(subject, made)
        along = sticky.answers(state.said)
        if state.job.action == "receive" and along and line.event_id and line.outcome is not Outcome.KEPT:
            told = self._sorted(subject, along)
            line = line.with_verdict(along["verdict"], told.event_id)
        elif state.job.action == "sort":
            line = replace(line, found=along["verdict"])
        elif state.job.asks_each:
            line = replace(line, found=str(beside.get("verdict", "")))
        if along and state.job.sorts:
            self.state = replace(self.state, said=sticky.after_one(self.state.said))
        self.state = replace(
            self.state, said={name: value for name, value in self.state.said.items() if name not in ONCE}
        )
        if line.event_id:
            self.memory.keep(desk.org, line)
            self.lines.append(line)
        return line

    def _line(self, subject: str | Amount, made: Act) -> Line:
        desk, scope = self.desk, self.state.scope
        if isinstance(subject, Amount):
            return line_of_pieces(subject, desk.record(made), at_ms=desk.now_ms)
        before = desk.look(subject)
        unlisted = is_unlisted(desk, scope, before, self.lines)
        told = desk.record(made, photos=[self.photo.announced] if self.photo else ())
        if self.photo and told.event_id:
            self.photo.keep(desk.connection, desk.org, now_ms=desk.now_ms)
            self.photo = None
        after = desk.look(subject)
        where = {"action": scope.action, "place": scope.place}
        return line_of(subject, told, before, after, **where, unlisted=unlisted, context=desk.context())

    def _against(self, subject: str | Amount, stop: tuple[str, str] | None) -> dict[str, str]:
        """Give what a receipt answers: the stop of an item, the one that pieces come from where it is known."""
        if self.state.job.action != "receive":
            return {}
        if not isinstance(subject, Amount):
            task = stop_answered(self.desk.look(subject), self.desk.round_of(self.state.task))
            return {"against": task} if task else {}
        stops = [stop] if stop else self.sources(subject.item_type)
        return {"from": stops[0][0], "against": stops[0][1]} if len(stops) == 1 else {}

    def _refused(
        self, subject: str, key: str, values: Mapping[str, object] = MappingProxyType({}), *, taken: bool = False
    ) -> Line:
        now = self.desk.now_ms
        return Line(subject=subject, outcome=Outcome.REFUSED, at_ms=now, why=((key, values),), taken=taken)

    def _type_of(self, code: str) -> str:
        item = self.desk.look(code)
        return self.desk.book.item_type(item.type, self.desk.now_ms).name or item.type

    def _count_more(self, pieces: int, text: str) -> None:
        """Count so many pieces of the type counted last, else of the only one that carries no labels."""
        types = self.bulk_types()
        last = next((line for line in reversed(self.lines) if line.counts and not line.item), None)
        chosen = last.subject if last and last.subject in types else types[0] if len(types) == 1 else ""
        if not chosen or not ACTIONS[self.state.job.action].takes_quantity:
            self.say("choose_type")
        elif len(self.sources(chosen)) > 1:
            self.say("choose_stop")
        else:
            self.tell(self.count(Amount(chosen, pieces)), text)

    def bulk_types(self) -> list[str]:
        """Give the types that carry no labels."""
        book, now = self.desk.book, self.desk.now_ms
        return [key for key in book.keys("item_type") if not book.item_type(key, now).serialised]

    # ---- sorting

    def choose(self, verdict: str, grade: str = "") -> None:
        """Let a verdict go along with the scans that follow, or take it off."""
        said = sticky.chosen(self.state.said, verdict, grade)
        self.state = replace(self.state, said=said, note=f"verdict.{verdict}" if said.get("verdict") else "no_verdict")

    def sort(self, verdict: str) -> None:
        """Take a verdict about the item scanned last; before any item, or said twice, for all that follow."""
        if not self.state.job.sorts:
            self.say("sort_at_home")
            return
        last = next((line for line in reversed(self.lines) if line.counts), None)
        stays = last is not None and last.found == verdict and verdict != "scrap"
        if last is None or (stays and self.state.said.get("verdict") != verdict):
            self.choose(verdict)
        elif last.found == verdict:
            self.say("sorted_so")
        else:
            self._sort_again(last, verdict)

    def _sort_again(self, line: Line, verdict: str) -> None:
        """Record what sorting found of an item, instead of what it found before."""
        subject = line.subject if line.item else Amount(line.item_type, line.qty)
        before = line.found_event or (line.event_id if self.state.job.action == "sort" else "")
        told = self._sorted(subject, {"verdict": verdict}, corrects=before)
        changed = replace(line, found=verdict, found_event=told.event_id)
        self.lines[next(at for at, each in enumerate(self.lines) if each is line)] = changed
        self.memory.keep(self.desk.org, changed)
        self.state = replace(self.state, last=line.event_id, note=f"sorted.{verdict}")

    def _sorted(self, subject: str | Amount, said: Mapping[str, str], *, corrects: str = "") -> Told:
        context = self.desk.context(task=self.state.task)
        made = act(ACTIONS["sort"], subject, {**said, "place": self.state.place}, context=context)
        assert isinstance(made, Act)
        return self.desk.record(made, corrects=corrects)
