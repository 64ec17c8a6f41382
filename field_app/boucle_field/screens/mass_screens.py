"""The mass of a weighing: typed or from a scale, asked about where nobody should believe it, taken back in one tap."""

from functools import partial
from typing import TYPE_CHECKING

from boucle.actions import Question
from boucle.commands import Command
from boucle.fields import Fault
from boucle.meaning import Meaning, Nothing
from boucle.telling import Outcome, Told
from boucle.weighing import Doubt, doubt, grams, is_unstable, said_kg, words_of
from boucle.words.numerals import times
from boucle_field import weighed
from boucle_field.errors import FieldError
from boucle_field.names import name_of_place, name_of_type
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import BigButton, Chip, Text, chips
from boucle_field.screens.pads import MassPad
from boucle_field.screens.panels import Shown
from boucle_field.screens.weigh_steps import PiecesStep, SubjectStep, WeighStep, WeighTareStep, refuse
from boucle_field.weighed import Weighing

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class MassStep(WeighStep):
    """The mass itself; after it the next one, with all that stays said."""

    def __init__(self, face: "Face", weighing: Weighing, event_id: str = "", done: Shown | None = None) -> None:
        super().__init__(face, weighing)
        self.event_id, self.done = event_id, done

    def build(self) -> None:
        """Lay the screen out."""
        self.pad = MassPad(self.look, self.face.lang, self.entered)
        self.face.wedge.typing = self.pad
        known = weighed.known_mass_g(self.face.at, self.weighing)
        said_known = said_kg(known, self.face.lang)
        self.fill(
            *([] if self.done is None else [Text(f"✓ {self.done.word}", self.look.page, size=theme.TITLE, bold=True)]),
            Text(described(self.face, self.weighing), self.look.page),
            self.pad,
            *([self.other("screen.weigh_known", self.let_known, mass=said_known)] if known else []),
            chips(*self._chips()),
            self.text("screen.kg"),
            bottom=(beside(*self._bottom(), self.pad.done_apart()),),
        )

    def _bottom(self) -> list[BigButton]:
        back = self.again()
        return [back, self.other("screen.undo_short", self.undo)] if self.event_id else [back]

    def _chips(self) -> list[Chip]:
        tare = said_kg(self.weighing.tare_g, self.face.lang)
        offers = [(self.say("screen.label_tare_is", mass=tare), WeighTareStep)]
        if self.weighing.item_type:
            offers.append((self.say("screen.weigh_pieces_are", n=self.weighing.pieces), PiecesStep))
        return [
            Chip(words, self.look.tile, act=partial(self.face.open, step, self.weighing), line=self.look.line)
            for words, step in offers
        ]

    def take(self, meant: Meaning) -> bool:
        """Take what a scale says that a scanner would, the word to undo, another item."""
        match meant:
            case Command.UNDO:
                self.undo()
            case Nothing(raw=raw) if grams(raw) is not None:
                self.entered(raw)
            case _:
                return super().take(meant)
        return True

    def entered(self, text: str) -> None:
        """Take a mass as it was typed; what is none may be a code."""
        gross = grams(text)
        if is_unstable(text):
            refuse(self.face, "told.mass.unstable")
        elif gross is None:
            refuse(self.face, "told.mass.unread")
        elif (doubted := doubt(gross, tare_g=self.weighing.tare_g)) is not None:
            self.face.signal(Outcome.UNEXPECTED)
            self.face.open(DoubtScreen, self.weighing, gross, doubted)
        else:
            record(self.face, self.weighing, gross - self.weighing.tare_g)

    def let_known(self) -> None:
        """Let the known mass stand."""
        record(self.face, self.weighing, None)

    def undo(self) -> None:
        """Take the last mass back."""
        if not self.event_id:
            self.face.told(None, self.say("screen.nothing_to_undo"))
            return
        try:
            self.face.at.desk.undo(self.event_id)
        except FieldError as error:
            self.face.fail(error)
            return
        self.face.signal(Outcome.REPEAT)
        self.face.recorded()
        self.face.open(MassStep if self.weighing.item_type else SubjectStep, self.weighing)
        self.face.told(Outcome.REPEAT, self.say("screen.undone"))


class DoubtScreen(WeighStep):
    """A mass that nobody should believe at once."""

    def __init__(self, face: "Face", weighing: Weighing, gross_g: int, doubted: Doubt) -> None:
        super().__init__(face, weighing)
        self.gross_g, self.doubted = gross_g, doubted

    def build(self) -> None:
        """Lay the screen out."""
        lang = self.face.lang
        net_g = max(0, self.gross_g - self.weighing.tare_g)
        values = {"mass": said_kg(self.gross_g, lang), "tare": said_kg(self.weighing.tare_g, lang)}
        self.fill(
            Text(described(self.face, self.weighing), self.look.page),
            Text(self.say(words_of(self.doubted), **values), self.look.page, size=theme.TITLE, bold=True),
            bottom=(
                beside(
                    self.other("screen.weigh_all_the_same", partial(record, self.face, self.weighing, net_g)),
                    self.main("screen.weigh_again", partial(self.face.weigh, self.weighing)),
                ),
            ),
        )


def record(face: "Face", weighing: Weighing, net_g: int | None) -> None:
    """Record one mass, say so, and go on with the next."""
    try:
        told = weighed.record(face.at, weighing, net_g)
    except FieldError as error:
        face.fail(error)
        return
    if isinstance(told, Fault):
        refuse(face, told.key, **told.values)
        return
    if isinstance(told, Question):
        refuse(face, "told.no_home")
        return
    _tell(face, weighing, told, net_g)


def _tell(face: "Face", weighing: Weighing, told: Told, net_g: int | None) -> None:
    face.signal(told.outcome)
    if not told.event_id:
        face.told(Outcome.REFUSED, "\n".join(face.reason(key, {}) for key in told.reasons))
        return
    mass = weighed.known_mass_g(face.at, weighing) if net_g is None else net_g
    what = described(face, weighing)
    after = weighing.next
    done = Shown(told.outcome, said_kg(mass, face.lang), what)
    if weighing.against:
        face.return_done(weighing.against, told, f"{done.word}\n{what}")
        return
    if after.item_type:
        face.open(MassStep, after, told.event_id, done)
    else:
        face.open(LeftScreen, after, told.event_id, done)
    face.recorded()
    if told.reasons:
        face.told(told.outcome, "\n".join(face.reason(key, {}) for key in told.reasons))


class LeftScreen(WeighStep):
    """An item has left; the next one may be scanned, with the same treatment and outlet."""

    def __init__(self, face: "Face", weighing: Weighing, event_id: str, done: Shown) -> None:
        super().__init__(face, weighing)
        self.event_id, self.done = event_id, done

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            Text(f"✓ {self.done.word}\n{self.done.what}", self.look.page, size=theme.TITLE, bold=True),
            self.text("screen.weigh_next"),
            bottom=(
                beside(self.other("screen.undo", self.undo), self.main("screen.finish", self.face.open_warehouse)),
            ),
        )

    def undo(self) -> None:
        """Take the last one back."""
        MassStep(self.face, self.weighing, self.event_id, self.done).undo()

    def take(self, meant: Meaning) -> bool:
        """Take the next item, or the word to undo."""
        match meant:
            case Command.UNDO:
                self.undo()
            case Command.FINISH | Command.VALIDATE:
                self.face.open_warehouse()
            case _:
                return super().take(meant)
        return True


def described(face: "Face", weighing: Weighing) -> str:
    """Say what is weighed, how many, from whom or whereto."""
    phone = face.at
    book, now = phone.mirror.book(), phone.desk.now_ms()
    if weighing.code:
        kind = phone.mirror.look(weighing.code).item.type
        head = "\n".join(each for each in (name_of_type(book, kind, now), face.named(weighing.code)) if each)
    else:
        head = times(weighing.pieces, name_of_type(book, weighing.item_type, now), face.lang)
    told = [head]
    if weighing.giver:
        told.append(name_of_place(book, weighing.giver, now))
    if weighing.treatment:
        named = weighing.treatment.code or face.say(f"screen.treatment.{weighing.treatment.route}")
        told.append(" → ".join(each for each in (named, weighing.outlet or "") if each))
    return "\n".join(told)
