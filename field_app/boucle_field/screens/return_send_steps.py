"""Sending a returned product away: to whom, under which number of its maker, and that the maker has it."""

from functools import partial
from typing import TYPE_CHECKING, Final

from boucle_field import return_acts
from boucle_field.return_acts import About
from boucle_field.screens.arranging import beside
from boucle_field.screens.pads import TextPad
from boucle_field.screens.place_list import PlaceList
from boucle_field.screens.return_steps import ReturnStep

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

LONGEST_REF: Final = 30


class SendStep(ReturnStep):
    """To whom it is sent."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.return.send"),
            *self.subject(),
            PlaceList(self.face, "collect", self._chosen),
            bottom=(self.again(),),
        )

    def _chosen(self, place: str) -> None:
        if return_acts.goes_to_supplier(self.face.at, self.about):
            self.face.open(SupplierRefStep, self.about, place)
        else:
            self.face.return_kept(self.about, partial(return_acts.send, self.face.at, self.about, place))


class SupplierRefStep(ReturnStep):
    """The number of the maker's agreement, where they gave one."""

    def __init__(self, face: "Face", about: About, place: str) -> None:
        super().__init__(face, about)
        self.place = place

    def build(self) -> None:
        """Lay the screen out."""
        pad = TextPad(self.look, self._entered, longest=LONGEST_REF, asked=self.say("screen.return.supplier_ref"))
        self.face.wedge.typing = pad
        self.fill(
            pad,
            *self.subject(),
            bottom=(
                beside(
                    self.again(),
                    self.other("screen.return.no_supplier_ref", partial(self._entered, "")),
                    pad.done_apart(),
                ),
            ),
        )

    def _entered(self, text: str) -> None:
        act = partial(return_acts.send, self.face.at, self.about, self.place, supplier_ref=text.strip())
        self.face.return_kept(self.about, act)


class SupplierHasStep(ReturnStep):
    """Where the maker is that has received a quantity."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.return.step.supplier"),
            *self.subject(),
            PlaceList(self.face, "collect", self._chosen),
            bottom=(self.again(),),
        )

    def _chosen(self, place: str) -> None:
        self.face.return_kept(self.about, partial(return_acts.supplier_has, self.face.at, self.about, place))
