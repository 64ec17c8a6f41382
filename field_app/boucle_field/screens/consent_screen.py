"""Before hands are laid on a thing of somebody else: its owner has not agreed, and what can be done about it."""

from functools import partial
from typing import TYPE_CHECKING

from boucle_field.bench import Next
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import Text
from boucle_field.screens.part_screens import OfTicket

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class ConsentScreen(OfTicket):
    """The owner was not asked, or has not answered. What is done all the same counts, and a person looks at it."""

    def __init__(self, face: "Face", code: str, step: Next) -> None:
        super().__init__(face, code)
        self.step = step

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.consent.title"),
            self.about,
            Text(f"⚠ {self.say('screen.consent.why')}", self.look.page, bold=True),
            self.text("screen.consent.how"),
            self.other("screen.consent.anyway", self._anyway),
            bottom=(beside(self.main("screen.bench.back_to_ticket", partial(self.face.open_ticket, self.code))),),
        )

    def _anyway(self) -> None:
        self.face.bench_step(self.code, self.step, is_sure=True)
