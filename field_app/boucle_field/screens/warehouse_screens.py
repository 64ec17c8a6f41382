"""The warehouse: what is done at a site of ours beside arrivals and departures, and what is asked before it."""

from functools import partial
from typing import TYPE_CHECKING, Final

from boucle.actions import ACTIONS, Amount
from boucle.holds import Hold, said
from boucle.meaning import Meaning, Thing
from boucle.roles import may_record
from boucle_field.names import name_of_place
from boucle_field.screens import theme
from boucle_field.screens.cards import job_grid
from boucle_field.screens.controls import BigButton, Text
from boucle_field.screens.label_screens import LabelScreen
from boucle_field.screens.pads import tiles
from boucle_field.screens.return_screens import ReturnsScreen
from boucle_field.screens.screen import Screen
from boucle_field.screens.weigh_screens import WeighScreen

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

JOBS: Final = {
    "returns": "item.received",
    **{name: ACTIONS[name].kind for name in ("count", "sort", "control", "clean")},
    "label": "label.bound",
    "weigh": "item.moved",
    **{name: ACTIONS[name].kind for name in ("hold", "unhold", "release")},
}
"""What is offered, each with the kind of event that shows who may do it."""


class WarehouseScreen(Screen):
    """What can be done here; what nobody here may decide is not offered."""

    def build(self) -> None:
        """Lay the screen out."""
        offered = [name for name, kind in JOBS.items() if may_record(self.face.at.desk.capabilities, kind)]
        self.fill(
            self.title("screen.warehouse"),
            job_grid(
                self.look, ((self.say(f"screen.job.{name}"), partial(self.face.choose, name)) for name in offered)
            ),
            *(
                Text(f"{self.say(f'screen.job.{name}')} — {self.say(f'screen.job.{name}_how')}", self.look.page)
                for name in offered
            ),
            bottom=(self.other("screen.back", self.face.home),),
        )

    def take(self, meant: Meaning) -> bool:
        """Take an item: what is done with it is asked, as anywhere."""
        match meant:
            case Thing(code=code):
                self.face.hold(code)
            case _:
                return False
        return True


class HoldScreen(Screen):
    """Why things are put into quarantine; then they are scanned one after the other."""

    def build(self) -> None:
        """Lay the screen out."""
        named = [(str(each), said(each, self.face.lang)) for each in Hold if each is not Hold.SCRAP]
        self.fill(
            self.title("screen.hold_why"),
            self.text("screen.hold_how"),
            *tiles(self.look, named, self._chosen),
            bottom=(self.other("screen.back", self.face.open_warehouse),),
        )

    def _chosen(self, reason: str) -> None:
        self.face.begin_here("hold", {"reason": reason})


class SourceScreen(Screen):
    """From which stop of the round pieces without labels come."""

    def __init__(self, face: "Face", amount: Amount) -> None:
        super().__init__(face)
        self.amount = amount

    def build(self) -> None:
        """Lay the screen out."""
        visit = self.face.visit
        stops = visit.sources(self.amount.item_type) if visit else []
        book, now = self.face.at.mirror.book(), self.face.at.desk.now_ms()
        self.fill(
            self.title("screen.from_which_stop"),
            *(
                BigButton(
                    name_of_place(book, place, now),
                    self.look.tile,
                    act=partial(self._chosen, (place, task)),
                    size=theme.TITLE,
                    line=self.look.line,
                )
                for place, task in stops
            ),
            bottom=(self.other("screen.back", self.face.back),),
        )

    def _chosen(self, stop: tuple[str, str]) -> None:
        self.face.back()
        if (screen := self.face.scan_screen) is not None:
            screen.count(self.amount, stop=stop)


ASKED: Final[dict[str, type[Screen]]] = {
    "returns": ReturnsScreen,
    "hold": HoldScreen,
    "label": LabelScreen,
    "weigh": WeighScreen,
}
"""What a person is asked before an action begins."""
