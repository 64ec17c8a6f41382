"""What a repair costs (R3): an amount in euros, whose the thing is, how long the quote is open."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from kivy.uix.widget import Widget

from boucle.telling import Told
from boucle.words.numerals import euros
from boucle_field import bench, quoting
from boucle_field.screens.arranging import beside
from boucle_field.screens.checklist_form import MeasurePad
from boucle_field.screens.controls import Text
from boucle_field.screens.pads import WordsPad, tiles
from boucle_field.screens.part_screens import OfTicket

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class EuroScreen(OfTicket):
    """One amount, typed."""

    def __init__(self, face: "Face", code: str, title: str, taken: Callable[[int | None], object]) -> None:
        super().__init__(face, code)
        self.title_key, self.taken = title, taken

    def build(self) -> None:
        """Lay the screen out."""
        asked = self.say("screen.quote.in_euros")
        pad = MeasurePad(self.look, self.face.lang, self._entered, asked=asked, has_minus=False)
        self.face.wedge.typing = pad
        back = self.other("screen.back", partial(self.taken, None))
        self.fill(self.title(self.title_key), pad, bottom=(beside(back, pad.done_apart()),))

    def _entered(self, text: str) -> None:
        cents = quoting.read_cents(text)
        if cents is None:
            self.face.told(None, self.say("screen.quote.bad_amount", typed=text))
            return
        self.taken(cents)


class WordsScreen(OfTicket):
    """A few words about a repair, typed; what was said before stands there to be kept by going back."""

    def __init__(self, face: "Face", code: str, asks: tuple[str, str], taken: Callable[[str | None], object]) -> None:
        """`asks` are the keys of the question, and of what it is for."""
        super().__init__(face, code)
        self.asks, self.taken = asks, taken

    def build(self) -> None:
        """Lay the screen out."""
        pad = WordsPad(self.look, self.face.lang, self.taken)
        self.face.wedge.typing = pad
        back = self.other("screen.back", partial(self.taken, None))
        title, how = self.asks
        self.fill(self.title(title), pad, self.text(how), bottom=(beside(back, *pad.ends_apart()),))


class Quoting(NamedTuple):
    """What was said of a quote so far; `owner` is `""` for what is ours, None before anybody said it."""

    cents: int | None = None
    owner: str | None = None
    covers: str = ""


class QuoteScreen(OfTicket):
    """A quote, question by question: how much, whose the thing is where nobody said it, until when."""

    def __init__(self, face: "Face", code: str, said: Quoting | None = None) -> None:
        super().__init__(face, code)
        self.said = said or Quoting()

    def build(self) -> None:
        """Lay the screen out."""
        known = bench.ticket_of(self.face.at, self.code).job.owner
        if known and self.said.owner is None:
            self.said = self.said._replace(owner=known)
        self.fill(self.title("screen.quote.title"), self.about, *self._told(), *self._question(), bottom=(self.back(),))

    def _told(self) -> list[Widget]:
        told = []
        if self.said.cents is not None:
            told.append(self.say("screen.quote.amount_is", amount=euros(self.said.cents, self.face.lang)))
        if self.said.owner:
            names = dict(quoting.owners(self.face.at))
            told.append(self.say("screen.quote.owner_is", name=names.get(self.said.owner, self.said.owner)))
        if self.said.covers:
            told.append(self.say("screen.quote.covers_is", text=self.said.covers))
        return [Text(line, self.look.page, bold=True) for line in told]

    def _question(self) -> list[Widget]:
        if self.said.cents is None:
            return [self.text("screen.quote.how"), self.other("screen.quote.amount", self._amount)]
        if self.said.owner is None:
            offered = [("", self.say("screen.quote.ours")), *quoting.owners(self.face.at)]
            return [self.text("screen.quote.whose"), *tiles(self.look, offered, self._owned)]
        days = [(str(each), self._day(each)) for each in quoting.DAYS]
        covers = self.other("screen.quote.covers_again" if self.said.covers else "screen.quote.covers", self._covers)
        return [covers, self.text("screen.quote.until"), *tiles(self.look, days, self._until)]

    def _covers(self) -> None:
        asks = ("screen.quote.covers_what", "screen.quote.covers_what_how")
        self.face.open(WordsScreen, self.code, asks, self._covered)

    def _covered(self, text: str | None) -> None:
        self.face.open(QuoteScreen, self.code, self.said if text is None else self.said._replace(covers=text))

    def _day(self, days: int) -> str:
        day = "/".join(reversed(quoting.last_day(self.face.at, days).split("-")))
        return self.say("screen.quote.days", n=days, day=day)

    def _amount(self) -> None:
        self.face.open(EuroScreen, self.code, "screen.quote.amount", self._priced)

    def _priced(self, cents: int | None) -> None:
        self.face.open(QuoteScreen, self.code, self.said._replace(cents=cents))

    def _owned(self, owner: str) -> None:
        self.face.open(QuoteScreen, self.code, self.said._replace(owner=owner))

    def _until(self, days: str) -> None:
        self.face.quoted(self.code, partial(self._record, quoting.last_day(self.face.at, int(days))))

    def _record(self, until: str) -> Told:
        assert self.said.cents is not None
        phone, owner = self.face.at, self.said.owner or ""
        said = self.said
        return quoting.quote(phone, self.code, cents=self.said.cents, owner=owner, until=until, covers=said.covers)
