"""The summary of a stop (D5): expected, found, why they differ, who signed; then it is validated."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from kivy.metrics import sp
from kivy.uix.widget import Widget

from boucle.commands import Command
from boucle.meaning import Meaning, Thing
from boucle.receiving import way
from boucle.rounds import Ending, Round, Stop
from boucle.unplanned import is_unplanned
from boucle_field import driving
from boucle_field.driving import Signed
from boucle_field.names import name_of_place
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside, is_low
from boucle_field.screens.controls import BigButton, Text
from boucle_field.screens.gap_asking import GapAsking, Reasons, name_of_row
from boucle_field.screens.pads import NamePad
from boucle_field.screens.panels import ExpectedList, ListRow
from boucle_field.screens.proof import Proof
from boucle_field.screens.screen import Screen
from boucle_field.screens.signing_pad import SigningPad
from boucle_field.screens.stop_words import already_told

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said of a stop before it is validated: why rows differ, and who signs."""

    reasons: Reasons = field(default_factory=Reasons)
    signer: str = ""
    strokes: list[list[int]] = field(default_factory=list)
    """What is drawn: one list for every screen that is made anew with it, whatever makes it."""


class StopSummaryScreen(Screen):
    """What the stop comes to; the partner signs what he sees here."""

    def __init__(self, face: "Face", of: Round, stop: Stop, said: "Said | None" = None) -> None:
        super().__init__(face)
        self.now = driving.standing(face.at, of, stop)
        self.found = self.now.found
        self.round, self.stop, self.said = of, stop, said or Said(reasons=Reasons(self.now.reasons))

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        place = name_of_place(phone.mirror.book(), self.stop.place, phone.desk.now_ms())
        now = self.now
        self.signing = SigningPad(self.look, self.say("screen.stop_sign"), changed=self._tell_lack)
        self.validating = self.main("screen.validate", self.validate)
        whole = Text(self.say("screen.stop_summary", place=place), self.look.page, bold=True)
        asked, numbered = self._gaps()
        listed = ExpectedList(self.look, self.face.lang)
        listed.show(
            [
                ListRow(name_of_row(self, row), row.total, row.expected, 0)
                for row in self.found
                if row.name not in numbered
            ]
        )
        self.proof = Proof(self, driving.photos_about(self.round, self.stop), reopen=lambda: self._open(self.said))
        signer = (
            self.say("screen.stop_signer_named", name=self.said.signer)
            if self.said.signer
            else self.say("screen.stop_signer")
        )
        self.fill(
            *already_told(self, now),
            # What is asked comes before what is only told: on the lowest phone it is in sight at once.
            *([*asked, whole] if is_low() else [whole, *asked]),
            *self._untouched(),
            *self._undecided(),
            listed,
            *self._still_there(),
            self.proof,
            self.text("screen.summary_kept"),
            BigButton(signer, self.look.tile, act=self._ask_name, line=self.look.line),
            self.other("screen.stop_sign_again", self.signing.clear),
            bottom=(
                self.signing,
                beside(
                    self.other("screen.scan_more", self._go_on),
                    self.validating,
                    least=theme.GLOVE if is_low() else theme.MAIN,
                ),
            ),
        )
        self.signing.draw(self.said.strokes)

    def _tell_lack(self) -> None:
        """Say on the button what does not go along, reasons of what differs and a signature, without asking for it."""
        is_planned = bool(self.stop.collect or self.stop.deliver)
        differing = sum(bool(row.difference) for row in self.found) if is_planned else 0
        lacking = differing - len(self.said.reasons.of(self.found)) if differing else 0
        is_signed = bool(self.signing.strokes or self.said.signer)
        match (lacking, is_signed):
            case (0, True):
                words = self.say("screen.validate")
            case (0, False):
                words = self.say("screen.validate_unsigned")
            case (_, True):
                words = self.say("screen.validate_lacking", n=lacking)
            case _ if lacking == differing:
                words = self.say("screen.validate_bare")
            case _:
                words = self.say("screen.validate_both", n=lacking)
        self.validating.text = words
        self.validating.font_size = sp(theme.TITLE if is_signed and not lacking else theme.TEXT)

    def _untouched(self) -> list[Widget]:
        """Lead to the other way of an exchange, where nothing of it was done yet: it is no difference to explain."""
        visit = self.face.visit
        other = {"collect": "deliver", "deliver": "collect"}.get(visit.action if visit else "", "")
        rows = [row for row in self.found if row.direction == other]
        left = sum(row.expected for row in rows)
        if not left or any(row.total for row in rows):
            return []
        words = self.say("screen.stop_untouched", n=left, way=way(other, self.face.lang).lower())
        turn = self.say("screen.turn_to", action=way(other, self.face.lang))
        return [self.plain(f"{words}\n{turn}", partial(self.face.turn, other))]

    def _undecided(self) -> list[Widget]:
        visit = self.face.visit
        undecided = [each for each in visit.asking if each.event_id] if visit else []
        if not undecided:
            return []
        return [self.other("screen.undecided", partial(self.face.red_lines, undecided), n=len(undecided))]

    def _still_there(self) -> list[Widget]:
        """Say how many more are thought to be here, where no plan says how many of them are to be taken."""
        visit = self.face.visit
        if visit is None or not is_unplanned(visit.task):
            return []
        missing = sum(max(0, each.expected - each.counted) for each in visit.rows())
        return [self.text("screen.summary_missing", n=missing)] if missing else []

    def _gaps(self) -> tuple[list[Widget], frozenset[str]]:
        """Ask why numbers differ, where the plan has numbers; give the rows too whose numbers stand in the question."""
        if not (self.stop.collect or self.stop.deliver):
            return [], frozenset()
        asking = GapAsking(self, self.found, self.said.reasons, self._because)
        return asking.widgets(), asking.numbered

    def _because(self, reasons: Reasons) -> None:
        self._open(replace(self.said, reasons=reasons))

    def _ask_name(self) -> None:
        self.face.open(SignerScreen, self.round, self.stop, self.said)

    def _open(self, said: Said) -> None:
        """Make the screen anew with what was chosen; what was signed stays signed."""
        self.face.open(StopSummaryScreen, self.round, self.stop, said)

    def _go_on(self) -> None:
        if self.face.visit is not None:
            self.face.back()
        else:
            self.face.open_stop(self.round, self.stop)

    def validate(self) -> None:
        """Record that the stop is done."""
        self.face.validate_stop(
            self.round,
            self.stop,
            ending=Ending.DONE,
            reasons=self.said.reasons.of(self.found),
            signed=Signed(self.said.signer, self.said.strokes),
            photos=self.proof.photos,
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

    def __init__(self, face: "Face", of: Round, stop: Stop, said: "Said | None" = None) -> None:
        super().__init__(face)
        self.round, self.stop, self.said = of, stop, said or Said()

    def build(self) -> None:
        """Lay the screen out."""
        pad = NamePad(self.look, self.face.lang, self._entered)
        self.face.wedge.typing = pad
        self.fill(
            self.title("screen.stop_signer"),
            pad,
            bottom=(beside(self.other("screen.back", partial(self._entered, self.said.signer)), *pad.ends_apart()),),
        )

    def _entered(self, name: str) -> None:
        self.face.open(StopSummaryScreen, self.round, self.stop, replace(self.said, signer=name))
