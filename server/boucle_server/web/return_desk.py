"""What an act about a return is about: who asks, the return, and the one product or line where there is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from boucle.checklists import Checklist, Moment, checklist_for, find_checklist
from boucle.events import Event
from boucle.proposing import propose
from boucle.reference import Book
from boucle.return_counts import Counts, Return
from boucle.return_rules import needs_manager
from boucle.roles import may_record
from boucle_server import reports
from boucle_server.projections import load_book
from boucle_server.returns import Product
from boucle_server.web.asking import Option
from boucle_server.web.visit import Visit

ACTS: Final[Mapping[str, str]] = {
    "autoriser": "return.authorised",
    "prolonger": "return.authorised",
    "refuser": "return.refused",
    "abandonner": "return.cancelled",
    "recevoir": "item.received",
    "classer": "item.graded",
    "affecter": "item.disposition_decided",
    "confirmer": "item.disposition_confirmed",
    "executer": "item.moved",
    "fournisseur": "item.delivered",
}
"""Every act with the kind of event that it records; what is carried out depends on what was decided."""
ABOUT_ONE: Final = frozenset({"classer", "affecter", "confirmer", "executer", "fournisseur"})
"""Acts about one product, or about one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an act is about: who asks, the return, and the one product or line where there is one."""

    visit: Visit
    book: Book
    back: Return
    numbered: tuple[Product, ...]
    product: Product | None = None
    line: Counts | None = None
    waits: Event | None = None
    """The decision about a quantity that waits for a manager."""
    answers: str = ""
    """The version of a checklist that was answered, where a form is shown again."""

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.visit.lang

    @property
    def decided(self) -> str:
        """What was decided about the product; of a line each quantity may be decided otherwise."""
        return self.product.back.disposition if self.product else ""

    @property
    def place(self) -> str:
        """Where the product stands."""
        return self.product.item.site if self.product else ""

    def sites(self, *, ours: bool) -> list[Option]:
        """Give our sites, or those of partners."""
        known = self.book.keys("site")
        wanted = [key for key in known if bool(self.book.site(key, self.visit.now_ms).partner) is not ours]
        named = [(key, reports.name_of(self.book, "site", key, self.visit.now_ms)) for key in wanted]
        return sorted(named, key=lambda one: one[1].casefold())

    @property
    def type(self) -> str:
        """The type of the product, or of the line."""
        return self.product.item.type if self.product else self.line.line.type if self.line else ""

    def checklist(self, ref: str = "") -> Checklist | None:
        """Give the checklist of the control, in the version of some answers where they name one."""
        found = find_checklist(self.book, ref or self.answers) if ref or self.answers else None
        return found or checklist_for(self.book, self.type, Moment.CONTROL, at_ms=self.visit.now_ms)

    def proposed(self, grade: str = "") -> str:
        """Give what the rule proposes for the product, or for a line of that grade; `""` for nothing."""
        grade = self.product.item.grade if self.product else grade
        return str(propose(self.book, self.type, grade, at_ms=self.visit.now_ms) or "") if grade else ""

    def above(self, n: int = 1) -> bool:
        """Tell whether it is for a manager to say what becomes of so many."""
        return needs_manager(self.book, self.type, n, at_ms=self.visit.now_ms)

    @property
    def confirms(self) -> bool:
        """Whether who asks may decide whatever the value."""
        return may_record(self.visit.who.capabilities, ACTS["confirmer"])

    def senders(self) -> list[Option]:
        """Give the sites from which it may come, those of its partner first."""
        sites = self.sites(ours=False)
        mine = [each for each in sites if self.book.site(each[0], self.visit.now_ms).partner == self.back.partner]
        return [*mine, *(each for each in sites if each not in mine)]


def type_name(desk: Desk, key: str) -> str:
    """Give the name of a type."""
    return reports.name_of(desk.book, "item_type", key, desk.visit.now_ms)


def bare_desk(connection: Connection, visit: Visit) -> Desk:
    """Give the desk of what belongs to no return yet."""
    book = load_book(connection, visit.who.org)
    nothing = Return(rma="", partner="", month="", last="", counts=())
    return Desk(visit=visit, book=book, back=nothing, numbered=())
