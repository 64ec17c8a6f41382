"""W2, the control of a checklist, and the gate back into service: one item, its questions, then what it comes to.

Answers keep the version of their checklist. What would have no effect is refused here, with a network or without.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from kivy.uix.widget import Widget

from boucle.answers import failed_steps
from boucle.checklists import Answer, Moment, Step, checklist_for
from boucle.lifecycle import Verdict
from boucle.lines import Line
from boucle.meaning import Meaning, Thing
from boucle.telling import Outcome
from boucle_field.bench_acts import Form, begin_form, drop_form, keep_form
from boucle_field.errors import FieldError
from boucle_field.outbox import Draft
from boucle_field.qualified import sentences
from boucle_field.screens.arranging import beside
from boucle_field.screens.checklist_form import ChecklistForm, MeasureScreen
from boucle_field.screens.controls import Text
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.screen import Screen
from boucle_field.screens.verdict_tiles import VerdictTiles

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

MOMENTS: Final = {"control": Moment.CONTROL, "release": Moment.QUALITY}
"""Which checklist is gone through in which visit."""
_KINDS: Final = {"control": "item.sorted", "release": "item.released"}
"""Which kind of event comes of it."""
_ASKED: Final = "photo_asked"
"""What the visit remembers of the item for which a photo was asked."""


class ControlScreen(ScanScreen):
    """One item after the other is scanned, or picked, and gone through."""

    def head_more(self) -> list[Text]:
        """Say what happens with a scan."""
        return [self.text(f"screen.{self.visit.action}_how")]

    def scan(self, code: str) -> None:
        """Open the questions about an item; one that was gone through already says so."""
        if any(line.subject == code and line.counts for line in self.visit.lines):
            self.tell(self.visit.scan(code))
        else:
            self.face.open(CheckScreen, code)


class CheckScreen(Screen):
    """The questions about one item, and what they come to."""

    def __init__(self, face: "Face", code: str) -> None:
        super().__init__(face)
        self.code = code
        phone = face.at
        assert face.visit is not None
        self.visit = face.visit
        self.moment = MOMENTS[self.visit.action]
        now = phone.desk.now_ms()
        item = phone.mirror.look(code).item
        self.lacking = sentences(phone, item, _KINDS[self.visit.action], face.lang)
        listed = checklist_for(phone.mirror.book(), item.type, self.moment, at_ms=now)
        self.form: Form = begin_form(phone, code, listed, self.moment)

    def build(self) -> None:
        """Lay the screen out."""
        is_gate = self.visit.action == "release"
        self.fill(
            Text(self.face.describe(self.code), self.look.page, bold=True),
            *(Text(f"⚠ {line}" if at == 0 else line, self.look.page) for at, line in enumerate(self.lacking)),
            *self._questions(),
            *([] if is_gate else [self.title("screen.control_verdict"), self._verdicts()]),
            *([self.other("screen.reject", self.reject)] if is_gate else []),
            bottom=(
                beside(
                    self.other("screen.back", self.face.back),
                    *([self.main("screen.release", self.release)] if is_gate else []),
                ),
            ),
        )

    def _questions(self) -> list[Widget]:
        if self.form.checklist is None:
            return [self.text("screen.no_checklist")]
        form = ChecklistForm(self, self.form.checklist, answered=self.answer, measure=self._measure)
        return form.widgets(self.form.answers)

    def _verdicts(self) -> VerdictTiles:
        tiles = VerdictTiles(self.look, self.face.lang, chosen=self.judge)
        tiles.show("", "")
        return tiles

    # ---- what is answered

    def answer(self, step_id: str, answer: Answer) -> None:
        """Keep an answer; the same again takes it back."""
        self.form.answer(step_id, answer)
        keep_form(self.face.at, self.form)
        self.face.again()

    def _measure(self, step: Step) -> None:
        self.face.open(MeasureScreen, step, partial(self._measured, step.id))

    def _measured(self, step_id: str, value: int | None) -> None:
        if value is not None:
            self.form.answers[step_id] = value
            keep_form(self.face.at, self.form)
        self.face.open(CheckScreen, self.code)

    def take(self, meant: Meaning) -> bool:
        """Take another item: the answers given so far are kept for this one only as long as no other is begun."""
        match meant:
            case Thing(code=code) if code != self.code:
                self.face.open(CheckScreen, code)
            case Thing():
                pass
            case _:
                return False
        return True

    # ---- what it comes to

    @property
    def objection(self) -> str:
        """What speaks against letting the item serve, in words, `""` when nothing does."""
        if self.form.checklist is None or self.form.passes:
            return ""
        failed = failed_steps(self.form.checklist, self.form.answers)
        steps = failed or [step for step in self.form.checklist.steps if step.id in self.form.open_steps]
        named = "\n".join(f"· {step.say(self.face.lang)}" for step in steps)
        return self.say("told.check_failed" if failed else "told.check_open", steps=named)

    def judge(self, verdict: str) -> None:
        """Record a verdict; good is refused while a blocking step is open or failed."""
        if verdict == Verdict.OK and self.objection:
            self._refuse(self.objection)
        elif not self._wants_photo(verdict):
            self._record({"verdict": verdict, **self.form.body})

    def _wants_photo(self, verdict: str) -> bool:
        """Tell whether a verdict first wants a photo, and lead to the camera; it is asked for once, answers stay."""
        visit, desk = self.visit, self.face.at.desk
        asked = Draft(kind="item.sorted", place=visit.place, body={"verdict": verdict})
        if len(visit.hand) or visit.said.get(_ASKED) == self.code or not desk.asks_photo(asked):
            return False
        visit.say_along({_ASKED: self.code})
        self.face.open_visit()
        screen = self.face.scan_screen
        assert screen is not None
        screen.photos.wants(Verdict(verdict), about_last=False)
        return not self.face.eye.missing

    def release(self) -> None:
        """Let the item serve again."""
        against = self.objection or "\n".join(self.lacking)
        if against:
            self._refuse(against)
            return
        self._record(self.form.body)

    def reject(self) -> None:
        """Send the item back to its repair."""
        draft = Draft(
            kind="item.rejected", code=self.code, place=self.visit.place, task=self.visit.task, body=self.form.body
        )
        try:
            told = self.face.at.desk.record(draft)
        except FieldError as error:
            self.face.fail(error)
            return
        if not told.event_id:
            self._refuse(self._unrecorded([(key, {}) for key in told.reasons]))
            return
        now = self.face.at.desk.now_ms()
        self._leave(
            Line(subject=self.code, outcome=told.outcome, at_ms=now, event_id=told.event_id, verdict=Verdict.DAMAGED)
        )

    def _record(self, said: dict[str, Any]) -> None:
        try:
            line = self.visit.judge(self.code, said)
        except FieldError as error:
            self.face.fail(error)
            return
        if not line.event_id:
            self.visit.drop(line)
            self._refuse(self._unrecorded(line.why))
            return
        self._leave(None)
        if (screen := self.face.scan_screen) is not None:
            screen.tell(line)

    def _leave(self, line: Line | None) -> None:
        drop_form(self.face.at)
        if line is not None:
            self.visit.add(line)
        self.face.open_visit()
        if line is not None and (screen := self.face.scan_screen) is not None:
            screen.tell(line)

    def _unrecorded(self, why: Iterable[tuple[str, Mapping[str, object]]]) -> str:
        return "\n".join([self.say("screen.not_recorded"), *(self.face.reason(key, values) for key, values in why)])

    def _refuse(self, words: str) -> None:
        self.face.signal(Outcome.REFUSED)
        self.face.told(Outcome.REFUSED, words)
