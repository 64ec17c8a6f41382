"""The scan station at work: what each text that was scanned or typed does, one after the other, and what is told.

Each scan is recorded at once, as an event of its own. What could not be used stays in the address and in sight.
"""

import re
from dataclasses import replace
from typing import Final

from boucle.codes import Label, read_label
from boucle.commands import QUANTITIES, VERDICTS, Command
from boucle.events import Event
from boucle.lines import Choice, choices
from boucle.meaning import Nothing, Spot, Task, Thing, meaning
from boucle.rounds import stop_of_task
from boucle.visiting import (
    PAIRS,
    fits,
)
from boucle_server.errors import NotFoundError
from boucle_server.scan_desk import Desk
from boucle_server.scan_lines import (
    ALONG_MS,
    SORTED,
    Remembered,
    closed_before,
    events_under,
    found_of,
    kinds_of,
    lines_of,
)
from boucle_server.web.station_jobs import BY_ACTION, offered
from boucle_server.web.station_recording import Recording
from boucle_server.web.station_state import State, control_href

MOST_TEXTS: Final = 500
"""Codes of one paste: more are no hand's work, and belong into an import."""
_ADDRESS: Final = re.compile(r"(?i)(?<=.)(?=https?://)")
_BETWEEN: Final = re.compile(r"[\s,;]+")


def texts_in(typed: str) -> list[str]:
    """Give the codes of what was scanned, typed or pasted at once, each as it stands there.

    Lines and tabs end a code. A field of one line loses them, so whole addresses that follow each other are told apart
    too, and words of which each is a code.
    """
    found: list[str] = []
    for line in re.split(r"[\r\n\t]+", typed):
        for text in _ADDRESS.split(line):
            words = [word for word in _BETWEEN.split(text) if word]
            several = len(words) > 1 and not isinstance(read_label(text), Label)
            each_reads = several and all(isinstance(read_label(word), Label) for word in words)
            found += words if each_reads else [text.strip()] if text.strip() else []
    return found[:MOST_TEXTS]


class Station(Recording):
    """One visit while texts are taken in."""

    def __init__(self, desk: Desk, state: State, memory: Remembered) -> None:
        super().__init__(desk, state, memory)
        self.ended = False
        """Whether the visit is over."""
        self.asked = ""
        """The item about which questions are asked now: nothing else is taken in before they are answered."""
        self.left = 0
        """How many texts of one paste were not taken in."""

    # ---- a text

    @property
    def href(self) -> str:
        """The page that comes next."""
        if self.ended:
            return self.state.end_href
        return control_href(self.state, self.asked, left=self.left) if self.asked else self.state.href

    def take(self, text: str) -> None:
        """Do what a text means; while something is asked first, it stays in sight and is scanned again."""
        if self.asked or not self.state.place:
            self.left += 1
            self.state = self.state.seeing(text)
            return
        meant = meaning(text, book=self.desk.book, is_linked=self.desk.is_known)
        match meant:
            case Nothing(raw=raw) if raw and self.state.job.action == "bind" and self.first:
                self._pair(raw, text)
            case Thing(code=code) if self.state.job.pairs:
                self._pair(code, text)
            case Thing(code=code) if self.state.job.asks_each:
                self._ask(code, text)
            case Thing(code=code, repaired=repaired):
                self.tell(self.scan(code), text)
                if repaired:
                    self.say("keyboard")
            case Command() as command if self._obey(command, text):
                pass
            case Spot(key=key):
                self._arrive(key, text)
            case Task(key=key) if self._take_round(key):
                pass
            case _:
                self.state = self.state.seeing(text)

    def _obey(self, command: Command, text: str) -> bool:
        """Do what a label of a command says; False for one that says nothing here."""
        match command:
            case Command.UNDO if self.first:
                self._forget()
            case Command.UNDO:
                self.undo()
            case Command.FINISH | Command.VALIDATE:
                self.ended = True
            case _ if command.value in BY_ACTION:
                self._turn(command.value)
            case _ if command in QUANTITIES:
                self._count_more(QUANTITIES[command], text)
            case _ if command in VERDICTS:
                self.sort(str(VERDICTS[command]))
            case _:
                return False
        return True

    def _pair(self, code: str, text: str) -> None:
        """Take one of two codes: the first, or the second that completes the pair."""
        action, first = self.state.job.action, self.first
        new, known = (first, code) if action == "replace" else (code, first)
        if first and code == first:
            self.state = self.state.seeing(text)
            self.say("same_code")
        elif (first or action == "replace") and self.desk.is_claimed(new or code):
            self.state = self.state.seeing(new or code)
        elif not first:
            self.state = replace(self.state, said={**self.state.said, "first": code}, last="", note="")
        else:
            self._forget()
            self.tell(self._record(new, beside={PAIRS[action]: known}), text)

    def _ask(self, code: str, text: str) -> None:
        """Lead to the questions about an item; one that was gone through in this visit says so."""
        if any(line.subject == code and line.counts for line in self.lines):
            self.tell(self.scan(code), text)
        else:
            self.asked = code

    def _forget(self) -> None:
        said = {name: value for name, value in self.state.said.items() if name != "first"}
        self.state = replace(self.state, said=said, note="first_forgotten", last="")

    def _arrive(self, place: str, text: str) -> None:
        """Go on at another place; where this job cannot be done there, what is usual there."""
        if place == self.state.place:
            self.say("already_here")
            return
        is_partner = self.desk.context().is_partner(place)
        job = self.state.job
        if not fits(job.action, is_partner=is_partner):
            job = BY_ACTION["collect" if is_partner else "receive"]
        if job not in offered(self.desk.who.held):
            self.state = self.state.seeing(text)
            return
        self._switch(replace(self.state, job=job).at(place))

    def _turn(self, action: str) -> None:
        """Do something else at the same place, if it can be done there; else its place is asked."""
        job = BY_ACTION[action]
        if job not in offered(self.desk.who.held):
            self.say("not_yours")
            return
        is_partner = self.desk.context().is_partner(self.state.place)
        stays = fits(action, is_partner=is_partner) and not job.asks
        self._switch(State(job=job, site=self.state.site).at(self.state.place if stays else ""))

    def _take_round(self, key: str) -> bool:
        """Receive against a round whose label was scanned."""
        if self.state.job.action != "receive" or self.desk.round_of(key) is None:
            return False
        self._switch(replace(self.state.at(self.state.place, task=key), said=self.state.said))
        return True

    def _switch(self, state: State) -> None:
        self.state = state
        if state.place:
            if not state.task:
                self.state = replace(state, task=self.desk.task_at(state.job.action, state.place))
            self.lines = lines_of(self.desk, self.state.scope, self.memory)

    # ---- what a person makes of a line

    def undo(self, event_id: str = "") -> None:
        """Take the last line back, or the one named, with the verdict that went along."""
        standing = self._own_events()
        last = next((each for each in reversed(standing) if not event_id or each.id == event_id), None)
        if last is None:
            self.say(self._why_no_undo(event_id))
            return
        found = found_of(standing, kinds_of(self.state.job.action))
        line = last.id if event_id else next((key for key, verdicts in found.items() if last in verdicts), last.id)
        along = [each for each in standing if each.id == line or each in found.get(line, [])]
        if not event_id:  # a line that is named goes with all that was found of it, else what went along
            along = [each for each in along if abs(each.teff - last.teff) <= ALONG_MS]
        gone = {each.id: each for each in (*along, last)}
        for event in sorted(gone.values(), key=lambda each: each.order)[::-1]:
            self.desk.void(event)
            if event.id != line and line in gone:  # no verdict before it comes back for what was not here
                self.desk.void_before(event)
        self.lines = lines_of(self.desk, self.state.scope, self.memory)
        self.state = replace(self.state, last="", note=f"undone.{last.code or last.item_type}"[:80])

    def own_event(self, event_id: str) -> Event | None:
        """Give an event of this visit that its person may still change, None for any other."""
        return next((event for event in self._own_events() if event.id == event_id), None)

    def _why_no_undo(self, event_id: str) -> str:
        """Give the note that says why nothing was taken back."""
        standing = [line for line in self.lines if line.event_id and not line.undone]
        asked = [line for line in standing if event_id in ("", line.event_id)]
        if asked and stop_of_task(self.state.task) is not None:
            return "validated"
        if asked and self.state.job.action == "receive" and self.desk.round_of(self.state.task) is not None:
            return "received"
        return "undo_gone" if event_id else "nothing_to_undo"

    def _own_events(self) -> list[Event]:
        """Give what this person recorded in this visit and can still take back, in its order."""
        found = events_under(self.desk, self.state.task, {*kinds_of(self.state.job.action), SORTED})
        closed = closed_before(self.desk, self.state.task)
        return [event for event in found if event.actor == self.desk.who.id and event.order > closed]

    def choose_about(self, choice: Choice, key: str) -> None:
        """Do what was chosen about a line: of an event by its id, of what recorded nothing by its text."""
        line = next((each for each in self.lines if each.event_id == key and key), None)
        if line is None and key not in self.state.seen:
            raise NotFoundError("web.undo_gone")
        match choice:
            case Choice.ADD | Choice.LEAVE if line:
                self.state = self.state.deciding(key)
                self.say(f"chosen.{choice}")
            case Choice.IGNORE if line:
                self.undo(key)
            case Choice.SWITCH if line and choice in choices(line):
                self.undo(key)
                self._switch(replace(self.state, decided=()).at(line.elsewhere))
                self.tell(self.scan(line.subject), line.subject)
            case Choice.KEEP if not line:
                self.tell(self.keep_foreign(key), key)
            case _:
                self.state = self.state.without(key)
