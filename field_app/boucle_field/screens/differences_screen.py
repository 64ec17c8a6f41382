"""The differences of a receipt or a count: what was expected and not seen, what was seen and not expected."""

from typing import Final

from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle.lines import Line
from boucle_field.differences import MOST_SHOWN, Missing, missing, unexpected
from boucle_field.names import name_of_place, name_of_type
from boucle_field.screens import theme
from boucle_field.screens.controls import Text, column, ground
from boucle_field.screens.screen import Screen
from boucle_field.visit import Visit

TOLD: Final = frozenset({"receive", "count"})
"""The actions after which somebody asks what is missing."""


class DifferencesScreen(Screen):
    """Item by item; numbers without labels stand on the summary."""

    def build(self) -> None:
        """Lay the screen out."""
        visit = self.face.visit
        lost, extra = (missing(visit), unexpected(visit)) if visit else ([], [])
        self.fill(
            self.title("screen.differences"),
            *self._missing(visit, lost),
            *self._unexpected(extra),
            *([] if lost or extra else [self.text("screen.differences_none")]),
            bottom=(self.other("screen.back", self.face.summary),),
        )

    def _missing(self, visit: Visit | None, found: list[Missing]) -> list[Widget]:
        if not found or visit is None:
            return []
        todo = "screen.missing_count_todo" if visit.action == "count" else "screen.missing_todo"
        listed = [self._tile("−", self._lost(each)) for each in found[:MOST_SHOWN]]
        return [self.title("screen.missing_n", n=len(found)), self.text(todo), *listed]

    def _unexpected(self, lines: list[Line]) -> list[Widget]:
        if not lines:
            return []
        listed = [self._tile("+", self._extra(each)) for each in lines[:MOST_SHOWN]]
        return [self.title("screen.unexpected_n", n=len(lines)), self.text("screen.unexpected_todo"), *listed]

    def _lost(self, each: Missing) -> list[str]:
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        place = name_of_place(book, each.place, now)
        where = f"{place} · {each.zone}" if each.zone else place
        kind = name_of_type(book, each.item_type, now) or self.say("screen.unknown_type")
        return [self.face.named(each.code), kind, where]

    def _extra(self, line: Line) -> list[str]:
        phone = self.face.at
        kind = name_of_type(phone.mirror.book(), line.item_type, phone.desk.now_ms())
        why = [self.face.reason(key, values) for key, values in line.why]
        return [self.face.named(line.subject), kind or self.say("screen.unknown_type"), *why]

    def _tile(self, sign: str, lines: list[str]) -> Widget:
        head, *rest = lines
        tile = column(
            Text(f"{sign} {head}", self.look.tile, bold=True),
            *(Text(each, self.look.tile) for each in rest if each),
            padding=dp(theme.GAP),
            spacing=dp(2),
        )
        ground(tile, self.look.tile.ground, radius=theme.ROUND, line=self.look.line)
        return tile
