"""The receipt of returned products: one scan after the other, beside what the return comes to as a whole."""

from functools import partial
from typing import TYPE_CHECKING

from boucle.lines import Line
from boucle.meaning import Meaning, Spot, Thing
from boucle.return_counts import Counts, Return
from boucle.telling import Outcome
from boucle_field import return_receipt, returns
from boucle_field.names import name_of_place
from boucle_field.screens import theme
from boucle_field.screens.controls import Chip, Text
from boucle_field.screens.panels import ListRow, Shown
from boucle_field.screens.place_list import PlaceList
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.screen import Screen
from boucle_field.screens.serial_screen import FindBySerialScreen

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class ReturnScanScreen(ScanScreen):
    """A visit that receives a return; its counts are those of the return, not of the visit."""

    of: Return | None = None

    def head_words(self) -> str:
        """Say whose return it is."""
        phone = self.face.at
        of = returns.find(phone, return_receipt.rma_of(self.visit))
        if of is not None and of.partner:
            return self.say("screen.return.at", partner=return_receipt.partner_name(phone, of.partner))
        return self.say("screen.return.blind")

    def head_more(self) -> list[Text]:
        """Say its number."""
        return [Text(return_receipt.rma_of(self.visit), self.look.page)]

    def tools_more(self) -> list[Chip]:
        """Offer to say who brings what is scanned next."""
        phone, giver = self.face.at, str(self.visit.said.get("from", ""))
        name = name_of_place(phone.mirror.book(), giver, phone.desk.now_ms())
        words = self.say("screen.return.brought_by", place=name) if giver else self.say("screen.return.who_brings")
        offers = [
            (words, partial(self.face.open, WhoBringsScreen)),
            (self.say("screen.serial"), partial(self.face.open, FindBySerialScreen)),
        ]
        return [Chip(text, self.look.tile, act=act, line=self.look.line) for text, act in offers]

    def take(self, meant: Meaning) -> bool:
        """Take a product; the place of a partner says who brings what follows."""
        match meant:
            case Spot(key=key) if self.face.at.desk.context().is_partner(key):
                self.face.brought_by(key)
            case _:
                return super().take(meant)
        return True

    def scan(self, code: str) -> None:
        """Receive a product; a container is received elsewhere, and led there."""
        if return_receipt.is_container(self.face.at, code):
            self.tell(self.visit.refuse(code, "told.return_container", {}, taken=True))
            return
        super().scan(code)

    def _word(self, line: Line) -> str:
        if line.outcome is Outcome.UNEXPECTED:
            return self.say("screen.return.received_but")
        return super()._word(line)

    def show_counts(self) -> None:
        """Show the return as it comes to: by type what came of what is expected, and what came beyond."""
        of = self.of = returns.find(self.face.at, return_receipt.rma_of(self.visit))
        super().show_counts()
        if of is None:
            return
        came = sum(each.line.received for each in of.counts)
        self.panel.show(self.shown, counted=came, expected=sum(each.line.expected for each in of.counts))
        rows = []
        for each in of.counts:
            line, beyond = each.line, self._beyond(each)
            name = self.visit.type_name(line.type) or self.say("screen.unknown_type")
            rows.append(ListRow(name, line.received - beyond, line.expected, beyond))
        self.listed.show(rows)

    def extra(self) -> int:
        """Give how many came beyond what was announced."""
        return sum(self._beyond(each) for each in self.of.counts) if self.of else 0

    def _beyond(self, of: Counts) -> int:
        if return_receipt.is_blind(self.visit):
            return 0
        return of.line.excess if of.line.requested else of.line.received

    def show(self, shown: Shown, *, ask: Line | None = None) -> None:
        """Show what was just done; the first scan of a return tells whose it is."""
        self.head.text = self.head_words()
        super().show(shown, ask=ask)


class WhoBringsScreen(Screen):
    """Who brings products back: a place of a partner, or nobody knows, and the last sending says it."""

    def __init__(self, face: "Face", code: str = "") -> None:
        super().__init__(face)
        self.code = code

    def build(self) -> None:
        """Lay the screen out."""
        begun = self.face.visit is not None and self.face.visit.action == "return"
        what = [Text(self.face.describe(self.code), self.look.page, bold=True)] if self.code else []
        self.fill(
            Text(self.say("screen.return.who_brings"), self.look.page, size=theme.TITLE, bold=True),
            *what,
            self.text("screen.return.who_brings_how"),
            self.other("screen.return.who_unknown", partial(self.face.brought_by, "", self.code)),
            PlaceList(self.face, "collect", lambda key: self.face.brought_by(key, self.code)),
            bottom=(self.other("screen.back", self.face.open_visit if begun else self.face.open_returns),),
        )

    def take(self, meant: Meaning) -> bool:
        """Take the label of a partner's place, or a product that was scanned too early."""
        match meant:
            case Spot(key=key) if self.face.at.desk.context().is_partner(key):
                self.face.brought_by(key, self.code)
            case Thing(code=code):
                self.face.brought_by("", code)
            case _:
                return False
        return True
