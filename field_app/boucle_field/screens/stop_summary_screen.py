"""The summary of a stop (D5): expected, found, why they differ, who signed; then it is validated."""

from functools import partial
from typing import TYPE_CHECKING

from kivy.uix.widget import Widget

from boucle.commands import Command
from boucle.rounds import Ending, Found, Gap, Round, Stop
from boucle_field import driving
from boucle_field.meaning import Meaning, Thing
from boucle_field.screens import theme
from boucle_field.screens.controls import BigButton, Chip, Text, chips
from boucle_field.screens.pads import NamePad
from boucle_field.screens.panels import ExpectedList, ListRow
from boucle_field.screens.screen import Screen
from boucle_field.screens.signing_pad import SigningPad
from boucle_field.visit import name_of_place, name_of_type
from boucle_field.work import ACTIONS

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class StopSummaryScreen(Screen):
    """What the stop comes to; the partner signs what he sees here."""

    def __init__(self, face: "Face", of: Round, stop: Stop, gap: Gap | None = None, signer: str = "") -> None:
        super().__init__(face)
        self.round, self.stop, self.gap, self.signer = of, stop, gap, signer

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        place = name_of_place(phone.mirror.book(), self.stop.place, phone.desk.now_ms())
        self.found = driving.standing(phone, self.round, self.stop).found
        listed = ExpectedList(self.look, self.face.lang)
        listed.show([ListRow(self._name(row), row.total, row.expected, 0) for row in self.found])
        self.signing = SigningPad(self.look)
        signer = (
            self.say("screen.stop_signer_named", name=self.signer) if self.signer else self.say("screen.stop_signer")
        )
        self.fill(
            self.title("screen.stop_summary", place=place),
            *self._undecided(),
            listed,
            *self._gaps(),
            self.text("screen.summary_kept"),
            BigButton(signer, self.look.tile, act=self._ask_name, line=self.look.line),
            self.other("screen.stop_sign_again", self.signing.clear),
            self.other("screen.go_on", self._go_on),
            bottom=(self.text("screen.stop_sign"), self.signing, self.main("screen.validate", self.validate)),
        )

    def _name(self, row: Found) -> str:
        phone = self.face.at
        name = name_of_type(phone.mirror.book(), row.item_type, phone.desk.now_ms()) or self.say("screen.unknown_type")
        return f"{ACTIONS[row.direction].word(self.face.lang)} · {name}"

    def _undecided(self) -> list[Widget]:
        visit = self.face.visit
        undecided = [each for each in visit.asking if each.event_id] if visit else []
        if not undecided:
            return []
        return [self.other("screen.undecided", partial(self.face.red_lines, undecided), n=len(undecided))]

    def _gaps(self) -> list[Widget]:
        planned = bool(self.stop.collect or self.stop.deliver)
        if not any(row.difference for row in self.found):
            return [self.text("screen.stop_no_gap")] if planned else []
        offered = [
            Chip(
                f"{'✓ ' if gap is self.gap else ''}{self.say(f'round.gap.{gap}')}",
                self.look.main if gap is self.gap else self.look.tile,
                act=partial(self._because, gap),
                line=self.look.line,
            )
            for gap in Gap
        ]
        title = Text(self.say("screen.stop_gap_why"), self.look.page, size=theme.TITLE, bold=True)
        return [title, chips(*offered)] if planned else []

    def _because(self, gap: Gap) -> None:
        self._open(gap=None if gap is self.gap else gap, signer=self.signer)

    def _ask_name(self) -> None:
        self.face.open(SignerScreen, self.round, self.stop, self.gap)

    def _open(self, *, gap: Gap | None, signer: str) -> None:
        """Make the screen anew with what was chosen; what was signed stays signed."""
        strokes = self.signing.strokes
        self.face.open(StopSummaryScreen, self.round, self.stop, gap, signer)
        self.face.screen.signing.draw(strokes)

    def _go_on(self) -> None:
        if self.face.visit is not None:
            self.face.back()
        else:
            self.face.open_stop(self.round, self.stop)

    def validate(self) -> None:
        """Record that the stop is done."""
        differing = [row for row in self.found if row.difference]
        reasons = {f"{row.direction}:{row.item_type}": self.gap for row in differing} if self.gap else {}
        self.face.validate_stop(
            self.round,
            self.stop,
            ending=Ending.DONE,
            reasons=reasons,
            signer=self.signer,
            signature=self.signing.strokes,
        )

    def take(self, meant: Meaning) -> bool:
        """Take the word to validate; anything else that can be scanned goes on with the stop."""
        match meant:
            case Command.VALIDATE | Command.FINISH:
                self.validate()
            case Thing() | Command.UNDO:
                self._go_on()
                return self.face.screen.take(meant)
            case _:
                return False
        return True


class SignerScreen(Screen):
    """The name of who signs."""

    def __init__(self, face: "Face", of: Round, stop: Stop, gap: Gap | None) -> None:
        super().__init__(face)
        self.round, self.stop, self.gap = of, stop, gap

    def build(self) -> None:
        """Lay the screen out."""
        pad = NamePad(self.look, self._entered)
        self.face.wedge.typing = pad
        self.fill(self.title("screen.stop_signer"), pad, self.other("screen.back", partial(self._entered, "")))

    def _entered(self, name: str) -> None:
        self.face.open(StopSummaryScreen, self.round, self.stop, self.gap, name)
