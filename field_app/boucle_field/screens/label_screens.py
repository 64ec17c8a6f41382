"""W5, labelling: a blank label for a new item, a damaged one replaced, another code linked, a pile printed again."""

import webbrowser
from functools import partial
from typing import TYPE_CHECKING, Final

from boucle.commands import Command
from boucle.meaning import Meaning, Nothing, Thing
from boucle.reprinting import printable
from boucle.shape import MAX_TARE_G
from boucle.telling import Outcome
from boucle.weighing import grams, said_kg
from boucle_field import reprinting
from boucle_field.errors import FieldError
from boucle_field.identity import Identity
from boucle_field.names import name_of_type
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.cards import Card
from boucle_field.screens.controls import Chip, Text, chips
from boucle_field.screens.pads import MassPad, TextPad, tiles
from boucle_field.screens.panels import OutcomePanel, Shown
from boucle_field.screens.pick_screen import PickScreen
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.screen import Screen
from boucle_field.screens.work_screens import CodeScreen

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

LONGEST_SERIAL: Final = 40


class LabelScreen(Screen):
    """What is done with a label."""

    def build(self) -> None:
        """Lay the screen out."""
        jobs = [
            ("commission", partial(self.face.open, TypeScreen)),
            ("replace", partial(self.face.begin_here, "replace")),
            ("bind", partial(self.face.begin_here, "bind")),
            ("reprint", partial(self.face.open, ReprintScreen)),
        ]
        self.fill(
            self.title("screen.job.label"),
            *(
                Card(self.look, self.say(f"screen.label.{name}"), (self.say(f"screen.label.{name}_how"),), act=act)
                for name, act in jobs
            ),
            bottom=(self.other("screen.back", self.face.open_warehouse),),
        )

    def take(self, meant: Meaning) -> bool:
        """Take a label: a blank one begins a new item, one that names an item is asked about as anywhere."""
        match meant:
            case Thing(code=code) if not self.face.at.mirror.look(code).claimed:
                self.face.pending = [code]
                self.face.open(TypeScreen)
            case Thing(code=code):
                self.face.hold(code)
            case _:
                return False
        return True


class TypeScreen(Screen):
    """Which type the new items are of; then every blank label that is scanned is one of them."""

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        keys = [key for key in book.keys("item_type") if book.item_type(key, now).serialised]
        named = sorted(((key, name_of_type(book, key, now)) for key in keys), key=lambda pair: pair[1].casefold())
        waiting = [Text(self.face.named(code), self.look.page, bold=True) for code in self.face.pending]
        self.fill(
            self.title("screen.label_type"),
            *waiting,
            self.text("screen.label_type_how" if named else "screen.label_no_type"),
            *tiles(self.look, named, self._chosen),
            bottom=(self.other("screen.back", self._back),),
        )

    def _back(self) -> None:
        self.face.pending = []
        if self.face.visit is not None:
            self.face.back()
        else:
            self.face.open(LabelScreen)

    def _chosen(self, key: str) -> None:
        self.face.begin_here("commission", {"type": key})

    def take(self, meant: Meaning) -> bool:
        """Take blank labels that were scanned too early."""
        match meant:
            case Thing(code=code):
                if code not in self.face.pending:
                    self.face.pending.append(code)
                self.face.again()
            case _:
                return False
        return True


class CommissionScreen(ScanScreen):
    """Blank labels, one after the other; a serial number or a tare goes with the next one."""

    def head_words(self) -> str:
        """Say of which type the next label is."""
        phone = self.face.at
        name = name_of_type(phone.mirror.book(), self.visit.said.get("type", ""), phone.desk.now_ms())
        return self.say("screen.label_next", type=name)

    def head_more(self) -> list[Text]:
        """Say what goes with the next label alone."""
        said, told = self.visit.said, []
        if "serial" in said:
            told.append(self.say("screen.label_serial_is", serial=said["serial"]))
        if "tare_g" in said:
            told.append(self.say("screen.label_tare_is", mass=said_kg(said["tare_g"], self.face.lang)))
        return [Text("\n".join(told), self.look.page)] if told else []

    def tools_more(self) -> list[Chip]:
        """Offer what can be said of the next label."""
        offers = [
            ("screen.label_serial", partial(self.face.open, SerialScreen)),
            ("screen.label_tare", partial(self.face.open, TareScreen)),
            ("screen.label_other_type", partial(self.face.open, TypeScreen)),
        ]
        return [Chip(self.say(key), self.look.tile, act=act, line=self.look.line) for key, act in offers]


class SerialScreen(Screen):
    """The maker's serial number of the next item, typed or scanned."""

    def build(self) -> None:
        """Lay the screen out."""
        pad = TextPad(self.look, self._entered, longest=LONGEST_SERIAL, asked=self.say("screen.label_serial"))
        self.face.wedge.typing = pad
        self.fill(pad, bottom=(beside(self.other("screen.back", self.face.back), pad.done_apart()),))

    def _entered(self, text: str) -> None:
        assert self.face.visit is not None
        self.face.visit.say_along({"serial": text})
        self.face.back()

    def take(self, meant: Meaning) -> bool:
        """Take a maker's code as the number."""
        match meant:
            case Nothing(raw=raw) if raw:
                self._entered(raw[:LONGEST_SERIAL])
            case _:
                return False
        return True


class TareScreen(Screen):
    """What the next item weighs empty."""

    def build(self) -> None:
        """Lay the screen out."""
        pad = MassPad(self.look, self.face.lang, self._entered)
        self.face.wedge.typing = pad
        self.fill(
            self.title("screen.label_tare"),
            self.text("screen.kg"),
            pad,
            bottom=(beside(self.other("screen.back", self.face.back), pad.done_apart()),),
        )

    def _entered(self, text: str) -> None:
        mass_g = grams(text)
        if mass_g is None or not 0 < mass_g <= MAX_TARE_G:
            self.face.told(Outcome.REFUSED, self.say("told.mass.unread"))
            self.face.signal(Outcome.REFUSED)
            return
        assert self.face.visit is not None
        self.face.visit.say_along({"tare_g": mass_g})
        self.face.back()


class PairScreen(ScanScreen):
    """Two codes of one item: which it carries from now on, then which it was known by."""

    def head_more(self) -> list[Text]:
        """Say which code is wanted now."""
        action = self.visit.action
        if self.first:
            words = self.say(f"screen.{action}_second", code=self.face.named(self.first))
        else:
            words = self.say(f"screen.{action}_first")
        return [Text(words, self.look.page, size=theme.TITLE)]

    @property
    def first(self) -> str:
        """The code that was scanned first, `""` while it is wanted."""
        return str(self.visit.said.get("first", ""))

    def tools_more(self) -> list[Chip]:
        """Offer the items that stand here, where the old code cannot be read."""
        if self.visit.action != "replace" or not self.first:
            return []
        return [
            Chip(
                self.say("screen.replace_pick"),
                self.look.tile,
                act=partial(self.face.open, PickScreen),
                line=self.look.line,
            )
        ]

    def take(self, meant: Meaning) -> bool:
        """Take the two codes; a foreign one too, where one is being linked."""
        match meant:
            case Nothing(raw=raw) if raw and self.visit.action == "bind" and self.first:
                self.second(raw)
            case Thing(code=code):
                self.scan(code)
            case Command.UNDO if self.first:
                self.forget()
            case _:
                return super().take(meant)
        return True

    def scan(self, code: str) -> None:
        """Take one code: the first, or the second that completes the pair."""
        if self.first:
            self.second(code)
        elif self.visit.action == "replace" and self.face.at.mirror.look(code).claimed:
            self.tell(self.visit.scan(code))  # which refuses it, and says what it names already
        else:
            self.visit.say_along({"first": code})
            self.face.again()

    def picked(self, code: str) -> None:
        """Take the old code from the list."""
        self.second(code)

    def second(self, code: str) -> None:
        """Join the second code with the first."""
        first = self.first
        if code == first:
            self.tell(self.visit.refuse(code, "told.same_code", {}))
            return
        new, known = (first, code) if self.visit.action == "replace" else (code, first)
        self.visit.say_along({}, instead_of=("first",))
        try:
            line = self.visit.pair(new, known)
        except FieldError as error:
            self.visit.say_along({"first": first})
            self.not_kept(code, error)
            return
        self.face.again()
        screen = self.face.scan_screen
        assert screen is not None
        screen.tell(line)

    def forget(self) -> None:
        """Take the first code back."""
        self.visit.say_along({}, instead_of=("first",))
        self.face.again()

    def undo(self) -> None:
        """Take the first code back, else the last pair."""
        if self.first:
            self.forget()
        else:
            super().undo()


class ReprintScreen(Screen):
    """A pile of labels to be printed again, scanned one after the other."""

    def build(self) -> None:
        """Lay the screen out."""
        self.panel = OutcomePanel(self.look, self.face.lang)
        self.undoing = self.other("screen.undo", self.undo)
        tools = chips(
            Chip(
                self.say("screen.typed"),
                self.look.tile,
                act=partial(self.face.open, CodeScreen, ReprintScreen),
                line=self.look.line,
            ),
            *self.face.camera_chips(),
        )
        self.fill(
            self.title("screen.label.reprint"),
            self.text("screen.reprint_how"),
            self.panel,
            self.undoing,
            tools,
            bottom=(beside(self.other("screen.back", self._leave), self.main("screen.reprint_ask", self.ask)),),
        )
        self.show(Shown(None, self.say("screen.ready")))

    def show(self, shown: Shown) -> None:
        """Show what was just scanned, and how many lie on the pile."""
        self.panel.show(shown, counted=len(reprinting.pile(self.face.at)), expected=0)

    def take(self, meant: Meaning) -> bool:
        """Put a label on the pile."""
        match meant:
            case Thing(code=code) if printable(code):
                is_new = reprinting.add(self.face.at, code)
                outcome = Outcome.ACCEPTED if is_new else Outcome.REPEAT
                self._tell(outcome, "screen.reprint_added" if is_new else "screen.outcome.repeat", code)
            case Thing(code=code):
                self._tell(Outcome.REFUSED, "screen.reprint_foreign", code)
            case Command.UNDO:
                self.undo()
            case Command.FINISH | Command.VALIDATE:
                self.ask()
            case _:
                return False
        return True

    def _tell(self, outcome: Outcome, key: str, code: str) -> None:
        self.face.signal(outcome)
        self.show(Shown(outcome, self.say(key), self.face.named(code)))

    def undo(self) -> None:
        """Take the last label off the pile."""
        last = reprinting.take_back(self.face.at)
        words = self.say("screen.undone" if last else "screen.nothing_to_undo")
        self.show(Shown(Outcome.REPEAT if last else None, words, self.face.named(last)))

    def ask(self) -> None:
        """Ask for the pile to be printed."""
        n = len(reprinting.pile(self.face.at))
        if not n:
            self._tell(Outcome.REFUSED, "screen.reprint_empty", "")
            return
        try:
            told = reprinting.ask(self.face.at, self.say("screen.reprint_name"))
        except FieldError as error:
            self.face.fail(error)
            return
        self.face.signal(Outcome.ACCEPTED)
        self.face.open(AskedScreen, told.event_id, n)
        self.face.recorded()

    def _leave(self) -> None:
        self.face.open(LabelScreen)


class AskedScreen(Screen):
    """Where the sheet of a pile is printed, once it is sent."""

    def __init__(self, face: "Face", event_id: str, count: int) -> None:
        super().__init__(face)
        self.event_id, self.count = event_id, count

    def build(self) -> None:
        """Lay the screen out."""
        # Who trains has no server; the page is that of the real device.
        server = Identity.of(self.face.store).server.rstrip("/")
        self.address = f"{server}{reprinting.PAGE.format(id=self.event_id)}"
        self.fill(
            self.title("screen.label.reprint"),
            self.text("screen.reprint_asked", n=self.count),
            self.text("screen.reprint_where"),
            Text(self.address, self.look.page, bold=True),
            self.other("screen.reprint_open", self._open),
            bottom=(self.other("screen.back", self.face.home),),
        )

    def _open(self) -> None:
        if not webbrowser.open(self.address):
            self.face.told(None, self.say("screen.help_no_browser"))
