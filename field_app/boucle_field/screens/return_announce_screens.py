"""Announcing a return on the phone, offline: who sends it back, which products, how many of what, and why."""

from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget

from boucle.meaning import Meaning, Spot, Thing
from boucle.words.numerals import times
from boucle_field import return_announce
from boucle_field.names import name_of_place
from boucle_field.return_announce import WHY, Announcement
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import Text
from boucle_field.screens.pads import number_pad, tiles
from boucle_field.screens.place_list import PlaceList
from boucle_field.screens.return_screens import type_words
from boucle_field.screens.screen import Screen
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

MOST: Final = 1_000_000
"""More pieces of one type than this are a slip of the finger."""


class WhoAnnouncesScreen(Screen):
    """Who sends something back: a place of a partner."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.return.announce"),
            self.text("screen.return.who_announces"),
            PlaceList(self.face, "collect", self._chosen),
            bottom=(self.other("screen.back", self.face.open_returns),),
        )

    def _chosen(self, place: str) -> None:
        self.face.announcing(Announcement(place))

    def take(self, meant: Meaning) -> bool:
        """Take the label of a partner's place."""
        match meant:
            case Spot(key=key) if self.face.at.desk.context().is_partner(key):
                self._chosen(key)
            case _:
                return False
        return True


class AnnounceStep(Screen):
    """One screen about an announcement that was begun."""

    def __init__(self, face: "Face", of: Announcement) -> None:
        super().__init__(face)
        self.of = of

    def again(self) -> Widget:
        """Give the way back to the announcement."""
        return self.other("screen.back", partial(self.face.announcing, self.of))


class AnnounceScreen(AnnounceStep):
    """What is announced so far: products by their labels, pieces by their type."""

    def build(self) -> None:
        """Lay the screen out."""
        of, phone = self.of, self.face.at
        reason = of.reason or self.say("screen.return.no_reason")
        self.fill(
            self.title("screen.return.announce"),
            Text(name_of_place(phone.mirror.book(), of.place, phone.desk.now_ms()), self.look.page, bold=True),
            self.text("screen.return.announce_how"),
            *(self.plain(f"× {named(code)}", partial(self._without, code)) for code in of.codes),
            *(
                self.plain(f"× {times(n, type_words(self, key), self.face.lang)}", partial(self._without_type, key))
                for key, n in of.pieces.items()
            ),
            self.other("screen.return.announce_pieces", partial(self.face.open, WhatPiecesScreen, of)),
            self.plain(
                self.say("screen.return.announce_reason", reason=reason),
                partial(self.face.open, WhyAnnouncedScreen, of),
            ),
            self.other("screen.return.announce_drop", self.face.drop_announcement),
            bottom=(
                beside(
                    self.other("screen.back", self.face.open_returns),
                    self.main("screen.return.announce_done", partial(self.face.announced, of)),
                ),
            ),
        )

    def _without(self, code: str) -> None:
        self.of.codes.remove(code)
        self.face.announcing(self.of)

    def _without_type(self, key: str) -> None:
        del self.of.pieces[key]
        self.face.announcing(self.of)

    def take(self, meant: Meaning) -> bool:
        """Take a product; the same again changes nothing."""
        match meant:
            case Thing(code=code):
                self.face.announce_product(self.of, code)
            case _:
                return False
        return True


class WhatPiecesScreen(AnnounceStep):
    """Of which type so many are announced."""

    def build(self) -> None:
        """Lay the screen out."""
        known = return_announce.types(self.face.at)
        self.fill(
            self.title("screen.return.announce_pieces"),
            *tiles(self.look, [(key, type_words(self, key)) for key in known], self._chosen),
            bottom=(self.again(),),
        )

    def _chosen(self, key: str) -> None:
        self.face.open(HowManyAnnouncedScreen, self.of, key)


class HowManyAnnouncedScreen(AnnounceStep):
    """How many of a type are announced."""

    def __init__(self, face: "Face", of: Announcement, item_type: str) -> None:
        super().__init__(face, of)
        self.item_type = item_type

    def build(self) -> None:
        """Lay the screen out."""
        pad = number_pad(self.look, self._entered, asked=self.say("screen.return.how_many"))
        self.face.wedge.typing = pad
        self.fill(
            Text(type_words(self, self.item_type), self.look.page, bold=True),
            pad,
            bottom=(beside(self.again(), pad.done_apart()),),
        )

    def _entered(self, text: str) -> None:
        n = int(text)
        if not 0 < n <= MOST:
            self.face.refuse_return_step("told.return_too_many", n=n, most=MOST)
            return
        self.of.pieces[self.item_type] = n
        self.face.announcing(self.of)


class WhyAnnouncedScreen(AnnounceStep):
    """Why it is sent back."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.return.because"),
            *tiles(self.look, [(each, self.say(f"screen.return.because.{each}")) for each in WHY], self._said),
            bottom=(self.again(),),
        )

    def _said(self, why: str) -> None:
        self.of.reason = self.say(f"screen.return.because.{why}")
        self.face.announcing(self.of)
