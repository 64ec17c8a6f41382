"""The steps of a weighing before its mass: what, from whom, what becomes of it, who takes it, how many, the tare."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from boucle.leaving import COMMON, Treatment
from boucle.meaning import Meaning, Thing
from boucle.telling import Outcome
from boucle.weighing import grams
from boucle_field import weighed
from boucle_field.names import name_of_type
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import BigButton
from boucle_field.screens.pads import MassPad, NamePad, TextPad, number_pad, tiles
from boucle_field.screens.place_list import PlaceList
from boucle_field.screens.screen import Screen
from boucle_field.weighed import Job, Weighing

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

LONGEST_CODE: Final = 4


class WeighStep(Screen):
    """One step of a weighing."""

    def __init__(self, face: "Face", weighing: Weighing) -> None:
        super().__init__(face)
        self.weighing = weighing

    def next(self, **said: object) -> None:
        """Go on with something more said."""
        self.face.weigh(replace(self.weighing, **said))  # type: ignore[arg-type]

    def again(self) -> BigButton:
        """Give the way back to the beginning."""
        return self.other("screen.back", self.leave)

    def leave(self) -> None:
        """Go back to where the weighing came from."""
        if self.weighing.against:
            self.face.open_return(self.weighing.against)
        else:
            self.face.choose("weigh")

    def take(self, meant: Meaning) -> bool:
        """Take an item that is to leave; what arrives here carries no label."""
        match meant:
            case Thing(code=code) if self.weighing.job is Job.TREATMENT:
                self.next(code=code, item_type="")
            case _:
                return False
        return True


class SubjectStep(WeighStep):
    """What stands on the scale: a type, or an item that is scanned."""

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        by_type = self.weighing.job is Job.ARRIVAL or weighed.may_retire(phone)
        named = [(key, name_of_type(book, key, now)) for key in self.face.bulk_types()] if by_type else []
        leaves = self.weighing.job is Job.TREATMENT
        how = ("screen.weigh_scan" if leaves else "screen.amount_how") if named else ""
        nothing = "screen.weigh_scan_only" if leaves else "screen.amount_none"
        self.fill(
            self.title(f"screen.weigh.{self.weighing.job}"),
            self.text(how or nothing),
            *tiles(self.look, named, lambda key: self.next(item_type=key)),
            bottom=(self.again(),),
        )


class GiverStep(WeighStep):
    """Whose volume it is."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.weigh_from"),
            PlaceList(self.face, "collect", lambda key: self.next(giver=key)),
            bottom=(beside(self.again(), self.other("screen.weigh_from_unknown", partial(self.next, giver=""))),),
        )


class TreatmentStep(WeighStep):
    """What becomes of it."""

    def build(self) -> None:
        """Lay the screen out."""
        # What leaves a return for nobody's use was decided: only its code is left to be said.
        fit = [each for each in COMMON if each.code or not self.weighing.against]
        named = [(each, self.say(f"screen.treatment.{each.code or each.route}")) for each in fit]
        self.fill(
            self.title("screen.treatment"),
            *(
                BigButton(words, self.look.tile, act=partial(self.next, treatment=each), line=self.look.line)
                for each, words in named
            ),
            self.other("screen.treatment_other", partial(self.face.open, TreatmentCodeStep, self.weighing)),
            bottom=(self.again(),),
        )


class TreatmentCodeStep(WeighStep):
    """Another D/R code, typed."""

    def build(self) -> None:
        """Lay the screen out."""
        pad = TextPad(self.look, self._entered, longest=LONGEST_CODE, asked=self.say("screen.treatment_other"))
        self.face.wedge.typing = pad
        self.fill(
            pad,
            self.text("screen.treatment_code_how"),
            bottom=(beside(self.again(), pad.done_apart()),),
        )

    def _entered(self, text: str) -> None:
        found = weighed.treatment_of(self.face.at, text)
        if found is None:
            refuse(self.face, "told.treatment_unknown", code=text)
        else:
            self.next(treatment=found)


class ModeStep(WeighStep):
    """Which of the routes that a code allows."""

    def build(self) -> None:
        """Lay the screen out."""
        said = self.weighing.treatment or Treatment()
        named = [(mode, self.say(f"screen.mode.{mode}")) for mode in weighed.modes(self.face.at, said.code)]
        self.fill(
            self.title("screen.mode", code=said.code),
            *tiles(self.look, named, lambda mode: self.next(treatment=said._replace(mode=mode))),
            bottom=(self.again(),),
        )


class OutletStep(WeighStep):
    """Who takes it."""

    def build(self) -> None:
        """Lay the screen out."""
        pad = NamePad(self.look, self.face.lang, lambda text: self.next(outlet=text))
        self.face.wedge.typing = pad
        recent = [(each, each) for each in weighed.outlets(self.face.at)]
        self.fill(
            self.title("screen.outlet"),
            *tiles(self.look, recent, lambda text: self.next(outlet=text)),
            self.text("screen.outlet_how"),
            pad,
            bottom=(beside(self.other("screen.outlet_unknown", partial(self.next, outlet="")), *pad.ends_apart()),),
        )


class PiecesStep(WeighStep):
    """How many pieces or containers of it stand on the scale."""

    def build(self) -> None:
        """Lay the screen out."""
        pad = number_pad(self.look, lambda text: self.next(pieces=max(1, int(text))))
        self.face.wedge.typing = pad
        self.fill(
            self.title("screen.weigh_pieces"),
            pad,
            bottom=(beside(self.other("screen.back", partial(self.face.weigh, self.weighing)), pad.done_apart()),),
        )


class WeighTareStep(WeighStep):
    """What the scale shows of the empty carrier: it is taken off every mass that follows."""

    def build(self) -> None:
        """Lay the screen out."""
        pad = MassPad(self.look, self.face.lang, self._entered)
        self.face.wedge.typing = pad
        self.fill(
            self.title("screen.label_tare"),
            self.text("screen.weigh_tare_how"),
            pad,
            bottom=(beside(self.other("screen.back", partial(self.face.weigh, self.weighing)), pad.done_apart()),),
        )

    def _entered(self, text: str) -> None:
        mass_g = grams(text)
        if mass_g is None:
            refuse(self.face, "told.mass.unread")
        else:
            self.next(tare_g=mass_g)


def refuse(face: "Face", key: str, /, **values: object) -> None:
    """Say why nothing was recorded."""
    face.told(Outcome.REFUSED, face.say(key, **values))
    face.signal(Outcome.REFUSED)
