"""The steps of a returned product after its receipt: its grade, what becomes of it and why, where it goes."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget

from boucle.answers import failed_steps, open_steps
from boucle.checklists import Answer
from boucle.checklists import Step as Question
from boucle.grades import CRITERIA, GOOD, Grade
from boucle.lifecycle import Disposition
from boucle.proposing import KIND_OF
from boucle.telling import Outcome
from boucle.words.numerals import times
from boucle_field import return_acts, returns
from boucle_field.bench_acts import keep_form
from boucle_field.photos import Photo
from boucle_field.return_acts import About
from boucle_field.screens import asked_photo
from boucle_field.screens.arranging import beside
from boucle_field.screens.checklist_form import ChecklistForm, MeasureScreen
from boucle_field.screens.controls import BigButton, Text
from boucle_field.screens.pads import TextPad, number_pad, tiles
from boucle_field.screens.return_screens import type_words
from boucle_field.screens.screen import Screen
from boucle_field.screens.viewfinder import Viewfinder
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from collections.abc import Callable

    from boucle_field.screens.face import Face

WHY_OTHER: Final = ("asked", "demand", "means", "cost", "safety", "other")
"""Why something else becomes of a product than the rule proposes; the words are `screen.return.why.<value>`."""
LONGEST_ZONE: Final = 20
_VIEW_DP: Final = 240


class ReturnStep(Screen):
    """One step about a product, or so many of a type."""

    def __init__(self, face: "Face", about: About) -> None:
        super().__init__(face)
        self.about = about

    def subject(self) -> list[Widget]:
        """Say what the step is about, and let another number be said of what has no numbers."""
        about = self.about
        if about.code:
            item = returns.product_of(self.face.at, about.code).item
            return [Text(f"{type_words(self, item.type)}\n{named(about.code)}", self.look.page, bold=True)]
        words = times(about.n, type_words(self, about.item_type), self.face.lang)
        again = partial(self.face.open, HowManyStep, about, type(self))
        return [
            Text(words, self.look.page, bold=True),
            *([self.other("screen.return.other_number", again)] if about.most > 1 else []),
        ]

    def again(self) -> BigButton:
        """Give the way back."""
        return self.other("screen.back", self.leave)

    def leave(self) -> None:
        """Go back to the product, or to its return."""
        if self.about.code:
            self.face.open_product(self.about.code)
        else:
            self.face.open_return(self.about.rma)


class HowManyStep(ReturnStep):
    """How many of a type without numbers."""

    def __init__(self, face: "Face", about: About, then: "Callable[..., Screen]") -> None:
        super().__init__(face, about)
        self.then = then

    def build(self) -> None:
        """Lay the screen out."""
        pad = number_pad(self.look, self._entered, asked=self.say("screen.return.how_many"))
        self.face.wedge.typing = pad
        kind = type_words(self, self.about.item_type)
        self.fill(
            Text(kind, self.look.page, bold=True),
            self.text("screen.return.at_most", n=self.about.most),
            pad,
            bottom=(beside(self.again(), pad.done_apart()),),
        )

    def _entered(self, text: str) -> None:
        n = int(text)
        if not 0 < n <= self.about.most:
            self.face.refuse_return_step("told.return_too_many", n=n, most=self.about.most)
        else:
            self.face.open(self.then, replace(self.about, n=n))


class GradeStep(ReturnStep):
    """Each grade with its written criterion; one tap records it."""

    def build(self) -> None:
        """Lay the screen out."""
        self.form = return_acts.form_of(self.face.at, self.about)
        named_grades = [(str(each), f"{each} · {self.say(f'grade.{each}_means')}") for each in Grade]
        self.fill(
            self.title("screen.return.step.grade"),
            *self.subject(),
            *self._questions(),
            *(self.plain(words, partial(self._chosen, grade)) for grade, words in named_grades),
            self.text("screen.grade_version", version=CRITERIA),
            bottom=(self.again(),),
        )

    def _questions(self) -> list[Widget]:
        if self.form.checklist is None:
            return []
        asked = ChecklistForm(self, self.form.checklist, answered=self.answer, measure=self._measure)
        return asked.widgets(self.form.answers)

    def answer(self, step_id: str, answer: Answer) -> None:
        """Keep an answer; the same again takes it back."""
        self.form.answer(step_id, answer)
        keep_form(self.face.at, self.form)
        self.face.again()

    def _measure(self, step: Question) -> None:
        self.face.open(MeasureScreen, step, partial(self._measured, step.id))

    def _measured(self, step_id: str, value: int | None) -> None:
        if value is not None:
            self.form.answers[step_id] = value
            keep_form(self.face.at, self.form)
        self.face.open(type(self), self.about)

    @property
    def objection(self) -> str:
        """What in the control speaks against a good grade, in words, `""` when nothing does."""
        if self.form.checklist is None or self.form.passes:
            return ""
        failed = failed_steps(self.form.checklist, self.form.answers)
        steps = failed or open_steps(self.form.checklist, self.form.answers)
        named_steps = "\n".join(f"· {step.say(self.face.lang)}" for step in steps)
        return self.say("told.check_failed" if failed else "told.check_open", steps=named_steps)

    def _chosen(self, grade: str) -> None:
        if grade in GOOD and self.objection:
            self.face.signal(Outcome.REFUSED)
            self.face.told(Outcome.REFUSED, self.objection)
            return
        about = replace(self.about, grade=grade)
        if asked_photo.can_show(self.face.eye) and return_acts.wants_photo(self.face.at, about, grade):
            self.face.open(GradePhotoStep, about)
        else:
            self.face.graded(about)


class GradePhotoStep(ReturnStep):
    """The photo that shows why, where the site asks for one of this grade; it holds nobody up."""

    def build(self) -> None:
        """Lay the screen out, and begin to look."""
        self.view = Viewfinder(_VIEW_DP)
        main = asked_photo.photo_button(self, self._taken)
        self.fill(
            self.title("screen.return.photo", grade=self.about.grade),
            *self.subject(),
            self.text("screen.return.photo_why"),
            asked_photo.how(self),
            self.view,
            self.other("screen.return.no_photo", partial(self.face.graded, self.about)),
            bottom=(beside(self.again(), *main),),
        )

    def _taken(self, photo: Photo) -> None:
        """Record the grade with its photo."""
        self.face.graded(self.about, (photo,))


class DecideStep(ReturnStep):
    """What becomes of it: what the rule proposes first, then all else, which wants a reason."""

    def build(self) -> None:
        """Lay the screen out."""
        proposed = return_acts.before(self.face.at, self.about)
        asked = self._asked
        others = [each for each in Disposition if each != proposed]
        first = (
            [self.main(f"screen.return.become.{proposed}", partial(self._chosen, proposed))]
            if proposed
            else [self.text("screen.return.no_proposal")]
        )
        self.fill(
            self.title("screen.return.step.decide"),
            *self.subject(),
            *self._last_word(),
            *([self.text("screen.return.asked" if asked else "screen.return.proposed")] if proposed else []),
            *first,
            *([self.text("screen.return.or_else")] if proposed else []),
            *(self.other(f"screen.return.become.{each}", partial(self._chosen, str(each))) for each in others),
            bottom=(self.again(),),
        )

    @property
    def _asked(self) -> bool:
        """Whether somebody decided, and it waits for whoever is here."""
        code = self.about.code
        return bool(code and returns.product_of(self.face.at, code).back.asked)

    def _last_word(self) -> list[Widget]:
        """Say that a manager confirms it afterwards, where it is so."""
        phone = self.face.at
        above = return_acts.is_above(phone, self.about) and not return_acts.may_confirm(phone)
        return [self.text("screen.return.above")] if above else []

    def _chosen(self, chosen: str) -> None:
        proposed = return_acts.before(self.face.at, self.about)
        if proposed and chosen != proposed:
            self.face.open(WhyStep, self.about, chosen)
            return
        self.face.return_kept(self.about, partial(return_acts.decide, self.face.at, self.about, chosen))


class WhyStep(ReturnStep):
    """Why something else becomes of it than the rule proposes."""

    def __init__(self, face: "Face", about: About, chosen: str) -> None:
        super().__init__(face, about)
        self.chosen = chosen

    def build(self) -> None:
        """Lay the screen out."""
        proposed = return_acts.before(self.face.at, self.about)
        told = [self.say(f"disposition.{each}") for each in (proposed, self.chosen)]
        self.fill(
            self.title("screen.return.why"),
            Text(self.say("screen.return.instead", proposed=told[0], chosen=told[1]), self.look.page),
            *tiles(self.look, [(each, self.say(f"screen.return.why.{each}")) for each in WHY_OTHER], self._said),
            bottom=(self.again(),),
        )

    def _said(self, why: str) -> None:
        reason = self.say(f"screen.return.why.{why}")
        act = partial(return_acts.decide, self.face.at, self.about, self.chosen, reason=reason)
        self.face.return_kept(self.about, act)


class ZoneStep(ReturnStep):
    """Where it is put away: the zone as it is written on the shelf."""

    def build(self) -> None:
        """Lay the screen out."""
        pad = TextPad(self.look, self._entered, longest=LONGEST_ZONE, asked=self.say("screen.return.zone"))
        self.face.wedge.typing = pad
        self.fill(
            pad,
            *self.subject(),
            self.text("screen.return.zone_how"),
            bottom=(beside(self.again(), pad.done_apart()),),
        )

    def _entered(self, text: str) -> None:
        self.face.return_kept(self.about, partial(return_acts.store_away, self.face.at, self.about, text.strip()))


class CarryOutStep(ReturnStep):
    """Of what has no numbers: which decision is carried out, for several may wait at once."""

    def build(self) -> None:
        """Lay the screen out."""
        offered = [each for each in Disposition if each in KIND_OF]
        self.fill(
            self.title("screen.return.step.carry_out"),
            *self.subject(),
            *(
                self.other(f"screen.return.do.{each}", partial(self.face.carry_out, self.about, str(each)))
                for each in offered
                if self.face.may(return_acts.kind_of(each))
            ),
            bottom=(self.again(),),
        )
