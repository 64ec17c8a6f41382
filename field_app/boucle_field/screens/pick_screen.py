"""A list of items to pick one from, where its label cannot be read, or where it is quicker than to look for it."""

from functools import partial
from typing import Final

from boucle.expecting import WAITING
from boucle_field.differences import MOST_SHOWN, Missing, standing_here
from boucle_field.names import name_of_type
from boucle_field.screens.cards import Card
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.screen import Screen

_WORDS: Final = {"replace": "replace_pick", **dict.fromkeys(WAITING, "waiting_pick")}


class PickScreen(Screen):
    """The items that should stand here, or that wait here for what is being done."""

    def build(self) -> None:
        """Lay the screen out."""
        visit = self.face.visit
        assert visit is not None
        words = f"screen.{_WORDS[visit.action]}"
        action = visit.action if visit.action in WAITING else "count"
        seen = {line.item for line in visit.lines if line.counts}
        found = [
            each for each in standing_here(self.face.at, visit.place, action) if each.code and each.item not in seen
        ]
        self.fill(
            self.title(words),
            self.text(f"{words}_how" if found else f"{words}_none"),
            *(self._tile(each) for each in found[:MOST_SHOWN]),
            bottom=(self.other("screen.back", self.face.back),),
        )

    def _tile(self, each: Missing) -> Card:
        phone = self.face.at
        kind = name_of_type(phone.mirror.book(), each.item_type, phone.desk.now_ms())
        return Card(self.look, self.face.named(each.code), (kind, each.zone), act=partial(self._chosen, each.code))

    def _chosen(self, code: str) -> None:
        self.face.back()
        if isinstance(self.face.screen, ScanScreen):
            self.face.screen.picked(code)
