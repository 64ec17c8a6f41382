"""The summary of a reception of a round (W1): what it brings, what was unloaded, why they differ, its validation."""

from typing import TYPE_CHECKING

from kivy.uix.widget import Widget

from boucle.rounds import BESIDE, Round
from boucle_field.screens.controls import Text
from boucle_field.screens.gap_asking import GapAsking, Reasons, name_of_row, type_of_row
from boucle_field.screens.panels import ListRow
from boucle_field.screens.top_bar import local_time
from boucle_field.screens.work_screens import SummaryScreen
from boucle_field.unloading import unloading

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class ReceptionSummaryScreen(SummaryScreen):
    """What was unloaded of a round, beside what was taken up for it."""

    def __init__(self, face: "Face", of: Round, said: Reasons | None = None) -> None:
        super().__init__(face)
        self.round, self.said = of, said or Reasons()
        self.stands = unloading(face.at, of, self.visit.place)
        self.numbered: frozenset[str] = frozenset()
        """The rows whose numbers stand in what is asked: the list leaves them out."""

    def asked(self) -> list[Widget]:
        """Ask why numbers differ, and say what was validated already."""
        told: list[Widget] = [Text(self.round.name or self.round.key, self.look.page, bold=True)]
        if self.stands.validated is not None:
            at = local_time(self.stands.validated.wall, self.face.at.identity.zone)
            told.append(self.text("screen.reception_validated", time=at, version=self.stands.version))
        if not self.stands.found:
            return [*told, self.text("screen.reception_none")]
        asking = GapAsking(self, self.stands.found, self.said, self._because)
        asked = asking.widgets()
        self.numbered = asking.numbered
        return [*told, *asked]

    def listed(self) -> list[ListRow]:
        """Give what was unloaded by type."""
        return [
            ListRow(name_of_row(self, row), 0, 0, row.total)
            if row.direction == BESIDE
            else ListRow(type_of_row(self, row), row.total, row.expected, 0)
            for row in self.stands.found
            if row.name not in self.numbered
        ]

    def _because(self, said: Reasons) -> None:
        self.face.open(ReceptionSummaryScreen, self.round, said)

    def validate(self) -> None:
        """Record that the round is unloaded; where nothing came and nobody said why, the visit ends and no more."""
        reasons = self.said.of(self.stands.found)
        if reasons or any(row.total for row in self.stands.found):
            self.face.validate_reception(self.round, reasons)
        else:
            self.face.validate()
