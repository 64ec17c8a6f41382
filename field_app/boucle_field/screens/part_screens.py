"""Parts of a repair (R4): built in, new or reclaimed; taken out under a fresh label; waited for."""

from functools import partial
from typing import TYPE_CHECKING

from kivy.uix.widget import Widget

from boucle import donor_parts
from boucle.commands import Command
from boucle.gauges import write_measure
from boucle.meaning import Meaning, Thing
from boucle.words.numerals import euros
from boucle_field import bench, bench_acts
from boucle_field.bench_acts import PartFound
from boucle_field.names import name_of_type
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.bench_screens import type_words
from boucle_field.screens.controls import BigButton, Text
from boucle_field.screens.pads import tiles
from boucle_field.screens.screen import Screen
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


def part_types(screen: Screen) -> list[tuple[str, str]]:
    """Give the types of parts with their names, by name."""
    book, now = screen.face.at.mirror.book(), screen.face.at.desk.now_ms()
    found = [key for key in book.keys("item_type") if book.item_type(key, now).nature == "part"]
    return sorted(((key, name_of_type(book, key, now)) for key in found), key=lambda pair: pair[1].casefold())


def expected_types(screen: Screen, code: str) -> list[tuple[str, str]]:
    """Give the types of parts that a thing of this type is known to have, with their names, by name."""
    phone = screen.face.at
    item_type = bench.ticket_of(phone, code).item.type
    expected = donor_parts.expected_of(phone.mirror.book(), item_type, at_ms=phone.desk.now_ms()) if item_type else {}
    return [(key, name) for key, name in part_types(screen) if key in expected]


def saving_words(screen: Screen, part: PartFound) -> str:
    """Say what a reclaimed part saves: the price of a new one, and the mass that is not made again."""
    saved = []
    if part.price_cents:
        saved.append(euros(part.price_cents, screen.face.lang))
    if part.mass_g:
        saved.append(write_measure(part.mass_g, "g", screen.face.lang))
    return screen.say("screen.part.saves", what=" · ".join(saved)) if saved else ""


class OfTicket(Screen):
    """A screen about one thing at the bench."""

    def __init__(self, face: "Face", code: str) -> None:
        super().__init__(face)
        self.code = code

    @property
    def about(self) -> Text:
        """The thing in one line."""
        return Text(
            f"{type_words(self, bench.ticket_of(self.face.at, self.code))} · {named(self.code)}", self.look.page
        )

    def back(self) -> BigButton:
        """Give the way back to the ticket."""
        return self.other("screen.bench.back_to_ticket", partial(self.face.open_ticket, self.code))


class PartsScreen(OfTicket):
    """Scan the part that is built in; one that nothing speaks against is recorded at once."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.part.title"),
            self.about,
            self.text("screen.part.how"),
            *self.face.camera_button(),
            self.other("screen.part.new_unlabelled", partial(self.face.open, NewPartScreen, self.code)),
            self.other("screen.part.take_out", partial(self.face.open, RemoveScreen, self.code)),
            self.other("screen.bench.pause", partial(self.face.open, PauseScreen, self.code)),
            self.other("screen.bench.undo", partial(self.face.undo_at_bench, self.code)),
            bottom=(self.back(),),
        )

    def take(self, meant: Meaning) -> bool:
        """Take a part."""
        match meant:
            case Thing(code=code) if code == self.code:
                self.face.told(None, self.say("screen.part.same"))
            case Thing(code=code):
                self._scanned(code)
            case Command.UNDO:
                self.face.undo_at_bench(self.code)
            case Command.FINISH | Command.VALIDATE:
                self.face.open_ticket(self.code)
            case _:
                return False
        return True

    def _scanned(self, code: str) -> None:
        self.face.part_scanned(self.code, code)


class PartChoiceScreen(OfTicket):
    """Something speaks against a part: what, and what can be done."""

    def __init__(self, face: "Face", code: str, part: PartFound) -> None:
        super().__init__(face, code)
        self.part = part

    def build(self) -> None:
        """Lay the screen out."""
        part = self.part
        said = [self.say(f"reason.{reason}") for reason in part.reasons]
        why = [Text(f"⚠ {each[:1].upper()}{each[1:]}", self.look.page, bold=True) for each in said]
        if part.item.known and part.item.nature != "part":
            why.append(Text(f"⚠ {self.say('screen.part.no_part')}", self.look.page, bold=True))
        host = part.item.part.host if part.item.part else ""
        told: list[Widget] = [Text(self.say("screen.part.is_in", code=named(host)), self.look.page)] if host else []
        self.fill(
            self.title("screen.part.look"),
            Text(f"{self._type(part)} · {named(part.code)}", self.look.page),
            *why,
            *told,
            self.text("screen.part.choice_how"),
            self.other("screen.part.use_anyway", partial(self.face.use_part, self.code, part)),
            *(
                [self.other("screen.part.its_ticket", partial(self.face.open_ticket, part.code))]
                if part.item.known
                else []
            ),
            bottom=(self.main("screen.part.leave", partial(self.face.open, PartsScreen, self.code)),),
        )

    def take(self, meant: Meaning) -> bool:
        """Take another part instead of this one, and the word to leave it."""
        match meant:
            case Thing(code=code) if code == self.code:
                self.face.told(None, self.say("screen.part.same"))
            case Thing(code=code) if code == self.part.code:
                self.face.told(None, self.say("screen.part.choice_how"))
            case Thing(code=code):
                self.face.part_scanned(self.code, code, left_out=self.part.code)
            case Command.UNDO | Command.FINISH:
                self.face.open(PartsScreen, self.code)
            case _:
                return False
        return True

    def _type(self, part: PartFound) -> str:
        book, now = self.face.at.mirror.book(), self.face.at.desk.now_ms()
        return name_of_type(book, part.item.type, now) or self.say("screen.unknown_type")


class NewPartScreen(OfTicket):
    """A new part that carries no label: of which type."""

    def build(self) -> None:
        """Lay the screen out."""
        types = part_types(self)
        self.fill(
            self.title("screen.part.which_type"),
            self.text("screen.part.new_how" if types else "screen.part.no_types"),
            *tiles(self.look, types, self._chosen),
            bottom=(self.other("screen.back", partial(self.face.open, PartsScreen, self.code)),),
        )

    def _chosen(self, item_type: str) -> None:
        act = partial(bench_acts.use_new_part, self.face.at, self.code, item_type)
        self.face.bench_kept(act, "screen.part.used_new", back=partial(self.face.open, PartsScreen, self.code))


class RemoveScreen(OfTicket):
    """A part that is taken out: its type, then the fresh label that it gets."""

    def __init__(self, face: "Face", code: str, item_type: str = "") -> None:
        super().__init__(face, code)
        self.item_type = item_type

    def build(self) -> None:
        """Lay the screen out."""
        back = self.other("screen.back", partial(self.face.open, PartsScreen, self.code))
        if not self.item_type:
            types = part_types(self)
            self.fill(
                self.title("screen.part.take_out"),
                self.text("screen.part.out_type" if types else "screen.part.no_types"),
                *tiles(self.look, types, partial(self.face.open, RemoveScreen, self.code)),
                bottom=(back,),
            )
            return
        book, now = self.face.at.mirror.book(), self.face.at.desk.now_ms()
        self.fill(
            self.title("screen.part.take_out"),
            Text(name_of_type(book, self.item_type, now), self.look.page, size=theme.TITLE, bold=True),
            self.text("screen.part.out_label"),
            bottom=(back,),
        )

    def take(self, meant: Meaning) -> bool:
        """Take the label of the part."""
        match meant:
            case Thing(code=code) if code == self.code:
                self.face.told(None, self.say("screen.part.same"))
            case Thing(code=code):
                self._labelled(code)
            case _:
                return False
        return True

    def _labelled(self, label: str) -> None:
        ticket = bench.ticket_of(self.face.at, label)
        if ticket.item.known and ticket.part.host != self.code:
            self.face.told(None, self.say("screen.part.label_taken", code=named(label)))
        elif not ticket.item.known and not self.item_type:
            self.face.told(None, self.say("screen.part.out_type"))
        else:
            act = partial(bench_acts.remove_part, self.face.at, self.code, label, self.item_type or ticket.item.type)
            self.face.bench_kept(act, "screen.part.removed", back=partial(self.face.open, PartsScreen, self.code))


class PauseScreen(OfTicket):
    """A repair that waits for parts: which; several can be named."""

    def __init__(self, face: "Face", code: str, wanted: tuple[str, ...] = (), *, shows_all: bool = False) -> None:
        super().__init__(face, code)
        self.wanted, self.shows_all = wanted, shows_all

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.part.waiting_for"),
            self.about,
            *self._offered(),
            bottom=(beside(self.back(), self.main("screen.part.wait", self._wait)),),
        )

    def _offered(self) -> list[Widget]:
        """Give the parts that the type is known to have first; all others behind one button, none of them hidden."""
        expected, every = expected_types(self, self.code), part_types(self)
        others = [pair for pair in every if pair not in expected]
        shown = [*expected, *(pair for pair in others if self.shows_all or not expected or pair[0] in self.wanted)]
        tiles_shown: list[Widget] = [self._tile(key, name) for key, name in shown]
        if len(shown) < len(every):
            tiles_shown.append(self.other("screen.part.others", self._show_all))
        return tiles_shown

    def _show_all(self) -> None:
        self.face.open(partial(PauseScreen, shows_all=True), self.code, self.wanted)

    def _tile(self, key: str, name: str) -> BigButton:
        chosen = key in self.wanted
        return BigButton(
            f"✓ {name}" if chosen else name,
            self.look.main if chosen else self.look.tile,
            act=partial(self._turn, key),
            line=self.look.line,
        )

    def _turn(self, key: str) -> None:
        others = tuple(each for each in self.wanted if each != key)
        wanted = others if key in self.wanted else (*self.wanted, key)
        self.face.open(partial(PauseScreen, shows_all=self.shows_all), self.code, wanted)

    def _wait(self) -> None:
        self.face.bench_done(self.code, partial(bench_acts.pause, self.face.at, self.code, self.wanted))
