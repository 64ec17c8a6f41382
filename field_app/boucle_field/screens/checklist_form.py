"""A checklist on a screen: each step with its question, what can be answered, and whether the thing passes with it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget

from boucle.checklists import Answer, Asks, Checklist, Step
from boucle.gauges import gauge, read_measure, write_measure, write_number
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import BigButton, Text, column, row
from boucle_field.screens.pads import DECIMAL_MARKS, Pad, decimal_keys, marked
from boucle_field.screens.screen import Screen
from boucle_field.screens.theme import Theme

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

LONGEST_MEASURE: Final = 12
_MEASURE_COLUMNS: Final = 4
Answered = Callable[[str, Answer], object]


class ChecklistForm:
    """Makes the widgets of a checklist; `answered` is told the id of a step and its answer, `measure` opens the pad."""

    def __init__(
        self, screen: Screen, checklist: Checklist, *, answered: Answered, measure: Callable[[Step], object]
    ) -> None:
        self.screen, self.checklist = screen, checklist
        self._answered, self._measure = answered, measure

    def widgets(self, answers: dict[str, Answer], *, under: str = "") -> list[Widget]:
        """Give the title, unless it stands above already, and the steps with what was answered so far."""
        look, lang = self.screen.look, self.screen.face.lang
        name = self.checklist.say(lang)
        return [
            *([] if name == under else [Text(name, look.page, size=theme.TITLE, bold=True)]),
            *(column(*self._step(step, answers.get(step.id))) for step in self.checklist.steps),
        ]

    def _step(self, step: Step, answer: Answer | None) -> list[Widget]:
        look, lang = self.screen.look, self.screen.face.lang
        asked = step.say(lang) + (f" · {self.screen.say('screen.check.required')}" if step.blocking else "")
        told: list[Widget] = [Text(asked, look.page, bold=True)]
        if step.photo:
            told.append(Text(self.screen.say("screen.check.photo"), look.soft))
        match step.asks:
            case Asks.YES_NO:
                told.append(row(*(self._offer(step, each, answer, self._yes_no(each)) for each in (True, False))))
            case Asks.CHOICE:
                told += [
                    self._offer(step, each.id, answer, each.words.get(lang) or each.words.get("fr") or each.id)
                    for each in step.choices
                ]
            case Asks.MEASURE:
                told += [Text(limit_words(self.screen, step), look.page), self._gauge(step, answer)]
        if step.takes(answer) and not step.passes(answer):
            told.append(Text(f"⚠ {self.screen.say(self._fails(step))}", look.page))
        return told

    @staticmethod
    def _fails(step: Step) -> str:
        return "screen.check.fails_blocking" if step.blocking else "screen.check.fails"

    def _yes_no(self, answer: bool) -> str:  # noqa: FBT001 - it is the answer itself
        return self.screen.say("screen.check.yes" if answer else "screen.check.no")

    def _offer(self, step: Step, offered: Answer, answer: Answer | None, words: str) -> BigButton:
        chosen = answer == offered and isinstance(answer, type(offered))
        look = self.screen.look
        return BigButton(
            f"● {words}" if chosen else words,
            look.main if chosen else look.tile,
            act=partial(self._answered, step.id, offered),
            line=look.line,
        )

    def _gauge(self, step: Step, answer: Answer | None) -> BigButton:
        look, lang = self.screen.look, self.screen.face.lang
        measured = isinstance(answer, int) and not isinstance(answer, bool)
        words = write_measure(answer, step.unit, lang) if measured else self.screen.say("screen.check.measure")  # type: ignore[arg-type]
        return BigButton(
            words,
            look.main if measured else look.tile,
            act=partial(self._measure, step),
            line=look.line,
        )


def limit_words(screen: Screen, step: Step) -> str:
    """Say between what a measure has to be."""
    lang = screen.face.lang
    low, high = (None if end is None else write_measure(end, step.unit, lang) for end in (step.low, step.high))
    if low and high:
        return screen.say("screen.check.between", low=low, high=high)
    if low:
        return screen.say("screen.check.least", low=low)
    if high:
        return screen.say("screen.check.most", high=high)
    sign = gauge(step.unit).sign(lang)
    return screen.say("screen.check.in_unit", unit=sign) if sign else screen.say("screen.check.number")


class MeasurePad(Pad):
    """The pad for a measure: digits, the decimal mark, a minus unless it is an amount.

    What it has to be stands there until it is typed; a gauge may type a point or a comma.
    """

    def __init__(
        self, look: Theme, lang: str, entered: Callable[[str], object], *, asked: str, has_minus: bool = True
    ) -> None:
        self._mark = DECIMAL_MARKS[lang]
        super().__init__(
            look,
            keys=[*decimal_keys(lang), *("-" if has_minus else "")],
            columns=_MEASURE_COLUMNS,
            key_dp=theme.GLOVE,
            longest=LONGEST_MEASURE,
            entered=entered,
            asked=asked,
        )
        self.add_done(look)

    def typed(self, text: str) -> None:
        """Take digits and the mark."""
        super().typed(marked(text, self._mark))


class MeasureScreen(Screen):
    """One measure, typed; a gauge that types like a keyboard does the same."""

    def __init__(self, face: "Face", step: Step, taken: Callable[[int | None], object]) -> None:
        super().__init__(face)
        self.step, self.taken = step, taken

    def build(self) -> None:
        """Lay the screen out."""
        pad = MeasurePad(self.look, self.face.lang, self._entered, asked=limit_words(self, self.step))
        self.face.wedge.typing = pad
        sign = gauge(self.step.unit).sign(self.face.lang)
        asked = f"{self.step.say(self.face.lang)} ({sign})" if sign else self.step.say(self.face.lang)
        self.fill(
            Text(asked, self.look.page, bold=True),
            pad,
            bottom=(beside(self.other("screen.back", partial(self.taken, None)), pad.done_apart()),),
        )

    def _entered(self, text: str) -> None:
        value = read_measure(text, self.step.unit)
        if value is None:
            example = write_number(1500, self.step.unit, self.face.lang)
            self.face.told(None, self.say("screen.check.bad_measure", typed=text, example=example))
            return
        self.taken(value)
