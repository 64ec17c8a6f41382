"""The summary of a stop (D5): expected, found, why they differ, who signed; then it is validated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle.actions import ACTIONS
from boucle.commands import Command
from boucle.meaning import Meaning, Thing
from boucle.rounds import Ending, Found, Gap, Round, Stop, gaps_for
from boucle_field import driving
from boucle_field.driving import Signed
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside, is_low
from boucle_field.screens.controls import BigButton, Chip, Text, chips, column
from boucle_field.screens.pads import NamePad
from boucle_field.screens.panels import ExpectedList, ListRow
from boucle_field.screens.proof import Proof
from boucle_field.screens.screen import Screen
from boucle_field.screens.signing_pad import SigningPad
from boucle_field.screens.top_bar import grouped
from boucle_field.visit import name_of_place, name_of_type

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_CLOSE: Final = 2
"""Numbers that are read together, and reasons on the lowest phone, stand closer than other things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said of a stop before it is validated: why each row differs, who signs, whether rows are asked apart."""

    gaps: Mapping[str, Gap] = field(default_factory=dict)
    signer: str = ""
    apart: bool = False


class StopSummaryScreen(Screen):
    """What the stop comes to; the partner signs what he sees here."""

    def __init__(self, face: "Face", of: Round, stop: Stop, said: "Said | None" = None) -> None:
        super().__init__(face)
        self.round, self.stop, self.said = of, stop, said or Said()

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        place = name_of_place(phone.mirror.book(), self.stop.place, phone.desk.now_ms())
        self.found = driving.standing(phone, self.round, self.stop).found
        listed = ExpectedList(self.look, self.face.lang)
        listed.show([ListRow(self._name(row), row.total, row.expected, 0) for row in self.found])
        self.signing = SigningPad(self.look, self.say("screen.stop_sign"))
        whole = Text(self.say("screen.stop_summary", place=place), self.look.page, bold=True)
        asked = self._gaps()
        self.proof = Proof(self, self.round.task(self.stop))
        signer = (
            self.say("screen.stop_signer_named", name=self.said.signer)
            if self.said.signer
            else self.say("screen.stop_signer")
        )
        self.fill(
            # What is asked comes before what is only told: on the lowest phone it is in sight at once.
            *([*asked, whole] if is_low() else [whole, *asked]),
            *self._undecided(),
            listed,
            self.proof,
            self.text("screen.summary_kept"),
            BigButton(signer, self.look.tile, act=self._ask_name, line=self.look.line),
            self.other("screen.stop_sign_again", self.signing.clear),
            bottom=(
                self.signing,
                beside(
                    self.other("screen.go_on", self._go_on),
                    self.main("screen.validate", self.validate),
                    least=theme.GLOVE if is_low() else theme.MAIN,
                ),
            ),
        )

    def _name(self, row: Found) -> str:
        return f"{ACTIONS[row.direction].word(self.face.lang)} · {self._type(row)}"

    def _type(self, row: Found) -> str:
        phone = self.face.at
        name = name_of_type(phone.mirror.book(), row.item_type, phone.desk.now_ms())
        return name or self.say("screen.unknown_type")

    def _undecided(self) -> list[Widget]:
        visit = self.face.visit
        undecided = [each for each in visit.asking if each.event_id] if visit else []
        if not undecided:
            return []
        return [self.other("screen.undecided", partial(self.face.red_lines, undecided), n=len(undecided))]

    def _gaps(self) -> list[Widget]:
        """Ask why numbers differ: once for all of them, or of each type where the driver wants to."""
        if not (self.stop.collect or self.stop.deliver):
            return []
        differing = [row for row in self.found if row.difference]
        if not differing:
            return [self.text("screen.stop_no_gap")]
        why = self.say("screen.stop_gap_why")
        title = Text(why, self.look.page, size=theme.TEXT if is_low() else theme.TITLE, bold=True)
        if not self.said.apart and len({self.said.gaps.get(row.name) for row in differing}) == 1:
            fitting = tuple(gap for gap in Gap if any(gap in gaps_for(row.difference) for row in differing))
            more = [self.other("screen.stop_gap_apart", self._apart)] if len(differing) > 1 else []
            told = column(title, *(self._told(row) for row in differing), spacing=dp(_CLOSE))
            return [told, self._chips(differing, fitting), *more]
        asked: list[Widget] = [title]
        for row in differing:
            asked += [self._told(row), self._chips([row], gaps_for(row.difference))]
        return asked

    def _told(self, row: Found) -> Text:
        """Say the numbers of one row: which way it goes only where the stop has both."""
        both_ways = len({each.direction for each in self.found}) > 1
        words = self.say(
            "screen.stop_gap_line",
            name=self._name(row) if both_ways else self._type(row),
            scanned=self.say("screen.stop_gap_scanned", n=row.scanned),
            declared=self.say("screen.stop_gap_declared", n=row.declared),
            expected=grouped(row.expected),
            difference=f"{'+' if row.difference > 0 else '−'}{grouped(abs(row.difference))}",
        )
        return Text(words, self.look.page)

    def _chips(self, rows: Sequence[Found], offered: Sequence[Gap]) -> Widget:
        made = []
        for gap in offered:
            fitting = [row for row in rows if gap in gaps_for(row.difference)]
            is_chosen = all(self.said.gaps.get(row.name) is gap for row in fitting)
            made.append(
                Chip(
                    f"{'✓ ' if is_chosen else ''}{self.say(f'round.gap.{gap}')}",
                    self.look.main if is_chosen else self.look.tile,
                    act=partial(self._because, rows, None if is_chosen else gap),
                    line=self.look.line,
                )
            )
        return chips(*made, spacing=dp(_CLOSE if is_low() else theme.GAP))

    def _because(self, rows: Sequence[Found], gap: Gap | None) -> None:
        """Give differences this reason, or none any more; one that it cannot explain keeps none."""
        names = {row.name for row in rows}
        kept = {name: each for name, each in self.said.gaps.items() if name not in names}
        given = {row.name: gap for row in rows if gap is not None and gap in gaps_for(row.difference)}
        self._open(replace(self.said, gaps=kept | given))

    def _apart(self) -> None:
        self._open(replace(self.said, apart=True))

    def _ask_name(self) -> None:
        self.face.open(SignerScreen, self.round, self.stop, self.said)

    def _open(self, said: Said) -> None:
        """Make the screen anew with what was chosen; what was signed stays signed."""
        strokes = self.signing.strokes
        self.face.open(StopSummaryScreen, self.round, self.stop, said)
        self.face.screen.signing.draw(strokes)

    def _go_on(self) -> None:
        if self.face.visit is not None:
            self.face.back()
        else:
            self.face.open_stop(self.round, self.stop)

    def validate(self) -> None:
        """Record that the stop is done."""
        differing = {row.name for row in self.found if row.difference}
        reasons = {name: gap for name, gap in self.said.gaps.items() if name in differing}
        self.face.validate_stop(
            self.round,
            self.stop,
            ending=Ending.DONE,
            reasons=reasons,
            signed=Signed(self.said.signer, self.signing.strokes),
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
        pad = NamePad(self.look, self._entered)
        self.face.wedge.typing = pad
        self.fill(
            self.title("screen.stop_signer"),
            pad,
            bottom=(beside(self.other("screen.back", partial(self._entered, self.said.signer)), pad.done_apart()),),
        )

    def _entered(self, name: str) -> None:
        self.face.open(StopSummaryScreen, self.round, self.stop, replace(self.said, signer=name))
