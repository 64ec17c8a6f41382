"""The steps of a repair that are forms: the diagnosis (R3), the test and the quality control (R5)."""

from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget

from boucle.checklists import Answer, Moment, Step
from boucle.commands import Command
from boucle.meaning import Meaning, Thing
from boucle.telling import Told
from boucle.words.numerals import euros
from boucle.workshop_codes import Fault, fault_words
from boucle_field import bench, bench_acts
from boucle_field.bench_acts import Form
from boucle_field.qualified import sentences
from boucle_field.screens.arranging import beside
from boucle_field.screens.bench_screens import type_words
from boucle_field.screens.checklist_form import ChecklistForm, MeasureScreen
from boucle_field.screens.controls import BigButton, Text, row
from boucle_field.screens.proof import Proof
from boucle_field.screens.quote_screens import EuroScreen, WordsScreen
from boucle_field.screens.screen import Screen
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


FEWEST_SEEN: Final = 3
MOST_SEEN: Final = 8
"""So many faults of a type are offered first; fewer than that many say too little of the type."""


class FormScreen(Screen):
    """A step with a checklist; what was answered outlives the app until it is recorded or left."""

    moment: Moment
    kind = ""
    """The kind of event that the step records, where it may ask for a qualification."""

    def __init__(self, face: "Face", code: str) -> None:
        super().__init__(face)
        self.code = code
        self.ticket = bench.ticket_of(face.at, code)
        held = bench.checklist(face.at, self.ticket, self.moment)
        self.form: Form = bench_acts.begin_form(face.at, code, held, self.moment)

    def head(self, key: str) -> list[Widget]:
        """Give the title of the step and the thing that it is about."""
        name = f"{type_words(self, self.ticket)} · {named(self.code)}"
        lacking = sentences(self.face.at, self.ticket.item, self.kind, self.face.lang)
        return [
            self.title(key),
            Text(name, self.look.page),
            *(Text(f"⚠ {line}" if at == 0 else line, self.look.page) for at, line in enumerate(lacking)),
        ]

    def asked(self, title: str) -> list[Widget]:
        """Give the checklist, if there is one, below the title of the step."""
        if self.form.checklist is None:
            return []
        made = ChecklistForm(self, self.form.checklist, answered=self.answered, measure=self._measure)
        return made.widgets(self.form.answers, under=self.say(title))

    def answered(self, step: str, answer: Answer) -> None:
        """Take an answer and show it."""
        self.form.answers[step] = answer
        self.keep()

    def keep(self) -> None:
        """Keep what was answered, and show it."""
        bench_acts.keep_form(self.face.at, self.form)
        self.face.again()

    def _measure(self, step: Step) -> None:
        self.face.open(MeasureScreen, step, partial(self._measured, step))

    def _measured(self, step: Step, value: int | None) -> None:
        if value is not None:
            self.form.answers[step.id] = value
            bench_acts.keep_form(self.face.at, self.form)
        self.face.open(type(self), self.code)

    def is_whole(self) -> bool:
        """Tell whether nothing that has to be answered is left; say what, otherwise."""
        if not self.form.open_steps:
            return True
        listed = self.form.checklist
        step = listed.step(self.form.open_steps[0]) if listed else None
        left = step.say(self.face.lang) if step else ""
        self.face.told(None, self.say("screen.check.left", n=len(self.form.open_steps), step=left))
        return False

    def _leaving(self) -> BigButton:
        return self.other("screen.bench.back_to_ticket", self.leave)

    def leave(self) -> None:
        """Go back to the ticket; what was answered waits there."""
        self.face.open_ticket(self.code)

    def done(self) -> None:
        """Record the step."""
        raise NotImplementedError

    def take(self, meant: Meaning) -> bool:
        """Take the word to record, and another thing."""
        match meant:
            case Command.VALIDATE | Command.FINISH:
                self.done()
            case Thing(code=code):
                self.face.open_ticket(code)
            case _:
                return False
        return True


class DiagnosisScreen(FormScreen):
    """What is wrong, by tiles, and how the thing came in."""

    moment = Moment.ENTRY

    def __init__(self, face: "Face", code: str, *, shows_all: bool = False) -> None:
        super().__init__(face, code)
        self.shows_all = shows_all

    def build(self) -> None:
        """Lay the screen out."""
        asked = bench_acts.photos_of_diagnosis(self.face.at, self.code)
        self.proof = Proof(self, bench_acts.photos_about(self.face.at, self.code), asked=asked)
        self.fill(
            *self.head("screen.bench.diagnose_title"),
            *([self.proof] if asked else []),
            *self.asked("screen.bench.diagnose_title"),
            self.title("screen.bench.what_is_wrong"),
            *(self._pairs()),
            self.plain(self._estimate_words(), self._estimate),
            *self._dear(),
            *([] if asked else [self.proof]),
            bottom=(beside(self._leaving(), self.main("screen.bench.keep_diagnosis", self.done)),),
        )

    def _pairs(self) -> list[Widget]:
        """Give the symptoms two by two, so that they are seen without much scrolling; at last that nothing is wrong."""
        tiles = [self._tile(fault, fault_words(fault, self.face.lang)) for fault in self._faults()]
        tiles.append(self._tile("", self.say("screen.bench.nothing_wrong")))
        if len(tiles) <= len(Fault):
            tiles.append(self.other("screen.bench.other_faults", self._show_all))
        return [row(*tiles[at : at + 2]) for at in range(0, len(tiles), 2)]

    def _faults(self) -> list[str]:
        """Give the faults to choose from: those that things of this type had before; all where that is too few."""
        seen = bench.faults_seen(self.face.at, self.ticket.item.type)[:MOST_SEEN]
        if self.shows_all or len(seen) < FEWEST_SEEN or self.form.fault not in ("", *seen):
            return [*seen, *(fault for fault in Fault if fault not in seen)]
        return seen

    def _show_all(self) -> None:
        self.face.open(partial(DiagnosisScreen, shows_all=True), self.code)

    def _tile(self, fault: str, words: str) -> BigButton:
        chosen = self.form.found is not None and self.form.fault == fault
        return BigButton(
            f"✓ {words}" if chosen else words,
            self.look.main if chosen else self.look.tile,
            act=partial(self._chosen, fault),
            line=self.look.line,
        )

    def _estimate_words(self) -> str:
        cents = self.form.estimate_cents
        if cents is None:
            return self.say("screen.quote.estimate")
        return self.say("screen.quote.estimate_is", amount=euros(cents, self.face.lang))

    def _dear(self) -> list[Widget]:
        """Ask why a thing is repaired that is too dear by the rule; nobody is held up by it."""
        if not bench_acts.is_dear(self.face.at, self.form):
            return []
        why = self.form.reason
        words = self.say("screen.quote.dear_is", reason=why) if why else self.say("screen.quote.dear_why")
        return [Text(f"⚠ {self.say('screen.bench.too_dear')}", self.look.page, bold=True), self.plain(words, self._why)]

    def _why(self) -> None:
        asks = ("screen.quote.dear_why", "screen.quote.dear_why_how")
        self.face.open(WordsScreen, self.code, asks, self._explained)

    def _explained(self, reason: str | None) -> None:
        if reason is not None:
            self.form.reason = reason
            bench_acts.keep_form(self.face.at, self.form)
        self.face.open(DiagnosisScreen, self.code)

    def _estimate(self) -> None:
        self.face.open(EuroScreen, self.code, "screen.quote.estimate", self._estimated)

    def _estimated(self, cents: int | None) -> None:
        if cents is not None:
            self.form.estimate_cents = cents
            bench_acts.keep_form(self.face.at, self.form)
        if cents is not None and not self.form.reason and bench_acts.is_dear(self.face.at, self.form):
            self._why()
        else:
            self.face.open(DiagnosisScreen, self.code)

    def _chosen(self, fault: str) -> None:
        self.form.fault, self.form.found = fault, bool(fault)
        self.keep()

    def done(self) -> None:
        """Record the diagnosis, once something is said."""
        if self.form.found is None:
            self.face.told(None, self.say("screen.bench.say_what_is_wrong"))
            return
        if self.proof.lacks:
            self.proof.aim()
        # Only now is it known whether there is a camera.
        if self.proof.lacks:
            self.face.told(None, self.say("screen.bench.photos_lack", n=self.proof.lacks))
        elif self.is_whole():
            self.face.bench_done(self.code, self._record)

    def _record(self) -> Told:
        told = bench_acts.diagnose(self.face.at, self.form, self.proof.photos)
        if told.event_id:
            self.proof.done()
        return told


class BenchTestScreen(FormScreen):
    """The test: measures within limits, then what it came to."""

    moment = Moment.TEST
    kind = "work.tested"

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            *self.head("screen.bench.test_title"),
            *(self.asked("screen.bench.test_title") or [self.text("screen.bench.no_test_list")]),
            self.other("screen.bench.test_failed", self.failed),
            bottom=(beside(self._leaving(), self.main("screen.bench.test_passed", self.done)),),
        )

    def done(self) -> None:
        """Record a test that the thing passed; answers that say otherwise make it a failed one, and that is told."""
        if not self.is_whole():
            return
        if not self.form.passes:
            self.face.told(None, self.say("screen.bench.test_contradicts"))
            return
        self.face.bench_done(self.code, partial(bench_acts.tested, self.face.at, self.form, passed=True))

    def failed(self) -> None:
        """Record a test that failed, however much of it was done."""
        self.face.bench_done(self.code, partial(bench_acts.tested, self.face.at, self.form, passed=False))


class ControlScreen(FormScreen):
    """The quality control, by somebody else than the hands: requalified, back to the bench, or not repairable."""

    moment = Moment.QUALITY
    kind = "work.requalified"

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            *self.head("screen.bench.control_title"),
            *(self.asked("screen.bench.control_title") or [self.text("screen.bench.no_quality_list")]),
            self.other("screen.bench.send_back", self.send_back),
            self.other(
                "screen.bench.not_repairable", partial(self.face.bench_step, self.code, bench.Next.NOT_REPAIRABLE)
            ),
            bottom=(beside(self._leaving(), self.main("screen.bench.requalify", self.done)),),
        )

    def done(self) -> None:
        """Requalify; a failed check or one's own work is refused, here as by the server."""
        if self.is_whole():
            self.face.bench_done(self.code, partial(bench_acts.requalify, self.face.at, self.form))

    def send_back(self) -> None:
        """Send the thing back to the bench."""
        self.face.bench_done(self.code, partial(bench_acts.reject, self.face.at, self.form, "quality"))
